"""Themes: found without a list, counted by person, stable from run to run."""

import itertools
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from agent.analyse import themes as themes_module
from agent.analyse.lineage import lineage_of
from agent.analyse.readings import PassageReader
from agent.analyse.themes import ThemeSet, find_themes
from agent.errors import InputError
from agent.ports import Vectors
from agent.schemas.insight import Reading
from agent.schemas.records import Passage
from agent.testing import HashEncoder
from tests.agent.analyse.theme_corpus import corpus, passage, reading


def _find(
    passages: list[Passage],
    vectors: Vectors,
    readings: list[Reading],
    *,
    previous: ThemeSet | None = None,
) -> ThemeSet:
    reader = PassageReader(HashEncoder(vectors.shape[1]))
    return find_themes(passages, vectors, readings, reader=reader, seed=0, previous=previous)


def _found(n_each: int = 40) -> tuple[ThemeSet, dict[str, str]]:
    passages, readings, vectors, topics = corpus(n_each)
    return _find(passages, vectors, readings), dict(
        zip((p.passage_id for p in passages), topics, strict=True)
    )


def test_find_themes_with_four_planted_complaints_finds_four_pure_themes() -> None:
    """Each planted complaint is one theme with nearly all its passages; praise is none."""
    themes, topic_of = _found()
    main = [Counter(topic_of[p] for p in theme.passage_ids).most_common(1)[0] for theme in themes.themes]
    assert sorted(topic for topic, _ in main) == ["app", "code", "late", "phone"]
    assert all(n >= 36 for _, n in main)
    assert sum(len(theme.passage_ids) for theme in themes.themes) <= 164


def test_find_themes_states_what_it_left_out() -> None:
    """The unassigned share is that of the complaining passages without a theme."""
    themes, topic_of = _found()
    complaining = [p for p, topic in topic_of.items() if topic != "praise"]
    left = sum(p not in themes.assignments for p in complaining)
    assert themes.unassigned_share == pytest.approx(left / len(complaining))


def test_find_themes_twice_gives_the_same() -> None:
    """Same input and seed, same bytes."""
    first, second = _found()[0], _found()[0]
    assert [t.model_dump_json() for t in first.themes] == [t.model_dump_json() for t in second.themes]


def test_find_themes_in_another_order_keeps_the_members() -> None:
    """The order of the passages does not decide who belongs together."""
    passages, readings, vectors, _ = corpus()
    order = [int(i) for i in np.random.default_rng(1).permutation(len(passages))]
    turned = _find([passages[i] for i in order], vectors[order], [readings[i] for i in order])
    straight = _find(passages, vectors, readings)
    sets = [{frozenset(t.passage_ids) for t in found.themes} for found in (straight, turned)]
    assert len(sets[0] & sets[1]) >= 3


def test_find_themes_with_a_previous_run_takes_over_its_ids() -> None:
    """A third more data changes members, not identities."""
    before = _find(*_three(corpus(30)))
    after = _find(*_three(corpus(40)), previous=before)
    assert {t.theme_id for t in before.themes} <= {t.theme_id for t in after.themes}
    assert {note.fate for note in after.lineage} == {"kept"}


def _after_a_twentieth_more() -> tuple[ThemeSet, tuple[list[Passage], Vectors, list[Reading]]]:
    """Return the themes of a corpus and a corpus of somewhat more of the same."""
    return _find(*_three(corpus(40))), _three(corpus(42))


def test_find_themes_keeps_the_names_of_themes_that_are_carried_on() -> None:
    """Names that the words would not give again stay, as a writer's do: label and definition, not what marks it now."""
    before, more = _after_a_twentieth_more()
    named = [
        theme.model_copy(update={"label": f"Written {mark}", "definition": f"Customers say {mark}."})
        for theme, mark in zip(before.themes, "abcd", strict=True)
    ]
    after = _find(*more, previous=replace(before, themes=tuple(named)))
    kept = {theme.theme_id: (theme.label, theme.definition) for theme in named}
    assert {theme.theme_id: (theme.label, theme.definition) for theme in after.themes} == kept


def test_find_themes_renames_a_theme_whose_words_nobody_says_any_more() -> None:
    """An erased customer's words go from the label, the id stays, and the lineage says that it was renamed."""
    before, more = _after_a_twentieth_more()
    first = before.themes[0]
    gone = first.model_copy(update={"label": "Courier was rude", "terms": ("courier was rude", *first.terms)})
    named = (gone, *before.themes[1:])
    after = _find(*more, previous=replace(before, themes=named))
    fates = {f.theme_id: f for f in lineage_of(named, after.themes, said={p.passage_id for p in more[0]})}
    assert fates[first.theme_id].fate == "renamed"
    assert "courier" not in str(fates[first.theme_id].label).lower()
    assert {fates[theme.theme_id].fate for theme in before.themes[1:]} == {"kept"}


def test_find_themes_twice_from_the_same_earlier_run_gives_the_same() -> None:
    """Same stored themes and same data, same bytes."""
    before, more = _after_a_twentieth_more()
    first, second = (_find(*more, previous=before) for _ in range(2))
    assert [t.model_dump_json() for t in first.themes] == [t.model_dump_json() for t in second.themes]


def test_find_themes_with_few_persons_finds_nothing() -> None:
    """Four complaining persons are no theme, however much they write."""
    passages = [passage(f"r{i}", f"p{i % 4}", "The parcel arrived late again.") for i in range(60)]
    vectors = HashEncoder(64).encode([p.text for p in passages])
    found = _find(passages, vectors, [reading(p, complaint=True) for p in passages])
    assert found.themes == ()
    assert found.unassigned_share == 1.0


def test_find_themes_without_complaints_is_empty() -> None:
    """Nothing to group: no themes, nothing unassigned, and the earlier ones are gone."""
    earlier = _found(20)[0]
    found = _find([], np.zeros((0, 8), dtype=np.float32), [], previous=earlier)
    assert (found.themes, found.unassigned_share) == ((), 0.0)
    assert {note.fate for note in found.lineage} == {"gone"}


def test_find_themes_with_uneven_input_refuses() -> None:
    """One reading and one vector a passage."""
    passages, readings, vectors, _ = corpus(5)
    with pytest.raises(InputError):
        _find(passages, vectors[:-1], readings)


def _three(
    made: tuple[list[Passage], list[Reading], Vectors, list[str]],
) -> tuple[list[Passage], Vectors, list[Reading]]:
    passages, readings, vectors, _ = made
    return passages, vectors, readings


def test_find_themes_where_everybody_says_the_same_counts_each_person() -> None:
    """One wording, copied or common, is grouped once and counted for everybody who wrote it."""
    said = ("The delivery was late and nobody told me.", "The delivery was late and nobody told me again.")
    passages = [passage(f"r{i}", f"p{i}", said[i % 2]) for i in range(60)]
    vectors = HashEncoder(64).encode([p.text for p in passages])
    found = _find(passages, vectors, [reading(p, complaint=True) for p in passages])
    assert sum(len(theme.passage_ids) for theme in found.themes) == 60


def test_find_themes_assigns_every_member_where_its_first_matter_is_no_theme(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who mostly says what is no theme, and also what is one, is a member of that one and assigned to it."""
    # In so small a corpus the second matter of a text has little chance.
    monkeypatch.setattr(themes_module, "_ALSO", 0.02)
    passages, readings, _, topics = corpus(12)
    parts = (
        (
            "Nobody answers the phone.",
            "The phone rings.",
            "Support never answers the phone.",
            "Nobody answers the phone at support.",
            "The phone at support rings.",
        ),
        (
            "The app crashes.",
            "App crashes every time.",
            "When i open it the app crashes.",
            "The app crashes when i open it.",
            "I open it.",
        ),
    )
    both = [
        passage(f"both{i}", f"p-both{i}", " ".join(said)) for i, said in enumerate(itertools.product(*parts))
    ]
    # Calm, so that what is said of the phone is dropped as no complaint.
    calm = [
        replace(one, sentiment=0.9) if topic == "phone" else one
        for one, topic in zip(readings, topics, strict=True)
    ]
    everything = [*passages, *both]
    vectors = HashEncoder(256).encode([one.text for one in everything])
    found = _find(everything, vectors, [*calm, *(reading(one, complaint=True) for one in both)])
    members = {key for theme in found.themes for key in theme.passage_ids}
    assert members & {one.passage_id for one in both}
    assert members == set(found.assignments)
