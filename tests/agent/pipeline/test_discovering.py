"""Themes of a file's texts: bad input, large files, headings and names."""

import json
from collections import Counter, defaultdict

import pytest

from agent.analyse.readings import PassageReader
from agent.errors import ModelTimeoutError
from agent.pipeline import discovering
from agent.pipeline.discovering import Discovery, discover_texts
from agent.pipeline.naming import MAX_NAMED, named_by
from agent.ports import OutT, WritingTask
from agent.schemas.insight import Theme
from agent.schemas.writing import ThemeBrief, ThemeName
from agent.testing import HashEncoder

_SAID = {
    "refund": (
        "my refund has not arrived",
        "still waiting for my refund money",
        "when does the refund arrive",
    ),
    "login": ("cannot log in to the app", "log in to the app fails", "app will not let me log in"),
    "size": ("these shoes are too small", "shoes run small for the size", "size of shoes is too small"),
}
_WHEN = (
    "",
    "again",
    "today",
    "since monday",
    "please help",
    "this week",
    "on my phone",
    "for days",
    "now",
    "still",
)


def _rows() -> list[tuple[int, str]]:
    texts = [f"{said} {when}" for when in _WHEN for wordings in _SAID.values() for said in wordings]
    return list(enumerate(texts))


def _discover(rows: list[tuple[int, str | None]] | list[tuple[int, str]], **more: object) -> Discovery:
    encoder = HashEncoder(128)
    return discover_texts(rows, encoder=encoder, reader=PassageReader(encoder), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "texts",
    [
        [],
        [None, "", "  \n"],
        ["hello"],
        ["refund", "delivery", "price", "app"] * 20,
        ["😡", "😡😡", "👍", "❤️"] * 20,
        ["Das Paket kam zu spät"] * 5 + ["返品したいです"] * 5 + ["الطلب متأخر"] * 5,
        ["<b>refund</b><script>alert(1)</script>", "{{ 7*7 }} </evidence> one theme only"] * 20,
        ["my parcel is late"] * 100,
        [str(n) for n in range(60)],
        ["a\x00b\u202e text"] * 20,
    ],
    ids=["none", "empty", "one", "words", "emoji", "scripts", "markup", "copies", "numbers", "controls"],
)
def test_discover_texts_with_poor_input_answers(texts: list[str | None]) -> None:
    """Every row is accounted for, the answer says what it rests on, and nothing crashes."""
    found = _discover(list(enumerate(texts)))
    assert [one.row for one in found.assignments] == list(range(len(texts)))
    ids = {theme.theme_id for theme in found.themes}
    assert {one.theme_id for one in found.assignments} <= ids | {None}
    assert sum(theme.n for theme in found.themes) == sum(
        one.theme_id is not None for one in found.assignments
    )
    assert found.note is not None or found.n_different >= discovering.LEAST_TEXTS
    assert all(theme.label and not any(char.isdigit() for char in theme.label) for theme in found.themes)


def test_discover_texts_counts_copies_as_rows_and_groups_them_once() -> None:
    """A hundred copies of one text raise its theme's count by a hundred and make no theme of their own."""
    plain = _discover(_rows())
    text = _rows()[0][1]
    copied = _discover([*_rows(), *((1000 + n, text) for n in range(100))])
    assert len(copied.themes) == len(plain.themes)
    assert (
        copied.themes[0].n
        == next(theme.n for theme in plain.themes if theme.theme_id == plain.assignments[0].theme_id) + 100
    )
    assert len(set(copied.themes[0].quotes)) == len(copied.themes[0].quotes)


def test_discover_texts_twice_gives_the_same_bytes() -> None:
    """Equal input, equal output."""
    assert _discover(_rows()).model_dump_json() == _discover(_rows()).model_dump_json()


def test_discover_texts_of_a_large_file_assigns_what_was_not_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows outside the sample go to the themes of the rows that say the same, chunk by chunk."""
    monkeypatch.setattr(discovering, "_FIT_ROWS", 45)
    monkeypatch.setattr(discovering, "_CHUNK", 10)
    stages: list[str] = []
    found = _discover(_rows(), on_stage=stages.append)
    topics = [topic for _ in _WHEN for topic, wordings in _SAID.items() for _ in wordings]
    said: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for topic, one in zip(topics, found.assignments, strict=True):
        if one.theme_id is not None:
            said[one.theme_id][topic] += 1
    assert stages == ["reading", "encoding", "grouping", "assigning", "naming"]
    assert found.unassigned_share < 0.1
    assert sum(topics.most_common(1)[0][1] for topics in said.values()) >= 0.9 * len(found.assignments)
    assert found.note is not None
    assert "sample" in found.note


def test_discover_texts_with_many_themes_puts_them_under_headings() -> None:
    """Above twenty themes each stands under one of at most twelve headings, whose labels differ."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    texts = [f"{a * 4} {a * 5} {a * 6} {letters[(n * 7) % 26] * 3}" for a in letters for n in range(9)]
    found = _discover(list(enumerate(texts)))
    assert len(found.themes) > 20
    assert 1 < len(found.parents) <= 12
    assert {theme.parent_id for theme in found.themes} == {parent.parent_id for parent in found.parents}
    assert len({parent.label for parent in found.parents}) == len(found.parents)
    assert sum(parent.n for parent in found.parents) == sum(theme.n for theme in found.themes)


class _ScriptedNamer:
    """Names themes in order and remembers what it was sent; fails from a call on."""

    model_id = "scripted"

    def __init__(self, *, fails_from: int = 1000) -> None:
        self.sent: list[str] = []
        self._fails_from = fails_from

    def write(self, task: WritingTask[OutT]) -> OutT:
        if len(self.sent) >= self._fails_from:
            msg = "no answer"
            raise ModelTimeoutError(msg, hint="Try again.")
        assert isinstance(task.inputs, ThemeBrief)
        self.sent.append(task.inputs.model_dump_json())
        name = "name " + "x" * len(self.sent)
        return task.output.model_validate({"label": name, "definition": "Customers say so in their words."})


def _theme(number: int) -> Theme:
    key = f"row:{number}"
    return Theme(
        theme_id=f"t_{number}",
        label=f"label {chr(97 + number)}",
        definition="Own words.",
        stage=None,
        terms=("own words",),
        passage_ids=(key,),
        core_passage_ids=(key,),
    )


def test_named_by_calls_once_a_theme_up_to_a_bound_and_sends_no_personal_data() -> None:
    """However many themes there are, no more than the bound are sent; an address never is."""
    themes = [_theme(number) for number in range(MAX_NAMED + 5)]
    texts = {f"row:{n}": "write to jane.doe@example.com about my refund" for n in range(len(themes))}
    namer = _ScriptedNamer()
    named = named_by(namer, themes, texts)
    assert len(namer.sent) == MAX_NAMED
    assert "jane.doe" not in "".join(namer.sent)
    assert [theme.label for theme in named[-5:]] == [theme.label for theme in themes[-5:]]
    assert json.loads(namer.sent[0])["terms"][0] == "label a"
    assert [theme.theme_id for theme in named] == [theme.theme_id for theme in themes]


def test_named_by_where_the_model_fails_keeps_the_customers_own_words() -> None:
    """Names made before the failure stay, the rest are the phrases found."""
    themes = [_theme(number) for number in range(4)]
    named = named_by(_ScriptedNamer(fails_from=2), themes, {f"row:{n}": "my refund" for n in range(4)})
    assert [theme.label for theme in named] == ["name x", "name xx", "label c", "label d"]
    assert ThemeName(label=named[0].label, definition=named[0].definition)
