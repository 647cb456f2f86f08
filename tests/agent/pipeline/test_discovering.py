"""Themes of a file's texts: bad input, large files and headings."""

from collections import Counter, defaultdict

import pytest

from agent.analyse.readings import PassageReader
from agent.pipeline import discovering
from agent.pipeline.discovering import Discovery, discover_texts
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
        [f"my parcel is late {word}" for word in ("a", "bit", "very", "most", "so", "too", "how")] * 9,
        [str(n) for n in range(60)],
        ["a\x00b\u202e text"] * 20,
    ],
    ids=[
        "none",
        "empty",
        "one",
        "words",
        "emoji",
        "scripts",
        "markup",
        "copies",
        "slots",
        "numbers",
        "controls",
    ],
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
