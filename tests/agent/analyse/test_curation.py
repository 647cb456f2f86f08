"""Decisions about themes: applied to what is found, kept over re-runs, reported where their subject is gone."""

from datetime import UTC, datetime
from itertools import chain

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.analyse.curation import apply_edits
from agent.analyse.decisions import in_force, pins_in_force
from agent.analyse.followers import followers
from agent.analyse.lineage import lineage_of
from agent.analyse.themes import ThemeSet
from agent.ports import Vectors
from agent.schemas.curation import CurationEntry, Edit, Merge, Move, Pin, Rename, Split, Undo, Unpin
from agent.schemas.insight import Theme
from agent.schemas.records import Passage
from agent.testing import HashEncoder
from tests.agent.analyse.theme_corpus import corpus, passage, reading

NOW = datetime(2026, 7, 1, tzinfo=UTC)
PASSAGES, READINGS, VECTORS, TOPICS = corpus(12)
KEYS = [item.passage_id for item in PASSAGES]
IDS = ("late", "code", "app", "phone")


def _keys(topic: str) -> tuple[str, ...]:
    return tuple(key for key, name in zip(KEYS, TOPICS, strict=True) if name == topic)


def _sha(key: str) -> str:
    return PASSAGES[KEYS.index(key)].text_sha256


def _theme(name: str, keys: tuple[str, ...], label: str | None = None) -> Theme:
    return Theme(
        theme_id=name,
        label=label or f"Label of {name}",
        definition="d",
        stage=None,
        terms=(name,),
        passage_ids=keys,
        core_passage_ids=keys[:1],
    )


def _found(**members: tuple[str, ...]) -> ThemeSet:
    """Return what a run found: by default one theme a topic."""
    given_ = members or {name: _keys(name) for name in IDS}
    themes = tuple(_theme(name, keys) for name, keys in given_.items())
    return ThemeSet(themes, {key: name for name, keys in given_.items() for key in keys}, 0.0)


def _log(*edits: Edit) -> list[CurationEntry]:
    return [
        CurationEntry(number=number, at=NOW, by="anna", reason="", theme_set=1, edit=edit)
        for number, edit in enumerate(edits, start=1)
    ]


def _apply(found: ThemeSet, *edits: Edit) -> tuple[dict[str, Theme], ThemeSet, list[str]]:
    made = apply_edits(found, _log(*edits), passages=PASSAGES, vectors=VECTORS, readings=READINGS)
    return (
        {theme.theme_id: theme for theme in made.themes.themes},
        made.themes,
        [note.message for note in made.notes],
    )


def _at(found: ThemeSet, name: str) -> Theme:
    return next(theme for theme in found.themes if theme.theme_id == name)


FOUND = _found()
LATE, CODE, APP, PHONE = (_at(FOUND, name) for name in IDS)
SPLIT = Split(source=LATE, theme=_theme("lost", LATE.passage_ids[:4], "Lost"))


def test_no_decision_leaves_what_was_found_as_it_is() -> None:
    """Without a decision in force the themes are the found ones themselves."""
    assert apply_edits(FOUND, [], passages=PASSAGES, vectors=VECTORS, readings=READINGS).themes is FOUND
    assert _apply(FOUND, Pin(theme=LATE), Undo(number=1))[1] is FOUND


def test_rename_changes_the_words_and_nothing_else() -> None:
    """Members, order and ids stay; the other themes are the same."""
    themes, _, notes = _apply(FOUND, Rename(theme=LATE, label="Parcels come late", definition="e"))
    assert themes["late"] == LATE.model_copy(update={"label": "Parcels come late", "definition": "e"})
    assert themes["code"] == CODE
    assert not notes


def test_merge_of_two_found_again_apart_stays_one() -> None:
    """What is found apart again goes together again, also members that came in since."""
    merge = Merge(into=LATE, others=(CODE,))
    later = _found(late=_keys("late"), code=(*_keys("code"), *_keys("praise")[:2]), app=_keys("app"))
    themes, whole, notes = _apply(later, merge)
    assert set(themes["late"].passage_ids) == {*_keys("late"), *_keys("code"), *_keys("praise")[:2]}
    assert "code" not in themes
    assert set(whole.assignments.values()) == {"late", "app"}
    assert not notes


def test_merge_into_a_theme_not_found_any_more_keeps_its_name() -> None:
    """Where only the merged one is found, it is shown under the name that a person kept."""
    themes, _, notes = _apply(_found(code=_keys("code"), app=_keys("app")), Merge(into=LATE, others=(CODE,)))
    assert themes["late"].label == LATE.label
    assert set(themes["late"].passage_ids) == set(_keys("code"))
    assert not notes


def test_split_is_kept_over_a_run_that_finds_the_whole_again() -> None:
    """The named members are a theme of their own and the rest stays; no passage is lost or doubled."""
    themes, whole, _ = _apply(FOUND, SPLIT)
    assert set(themes["lost"].passage_ids) == set(LATE.passage_ids[:4])
    assert set(themes["late"].passage_ids) == set(LATE.passage_ids[4:])
    assert set(whole.assignments) == set(FOUND.assignments)


def test_move_is_kept_and_to_none_leaves_every_theme() -> None:
    """A moved passage is where the person put it, whatever the run says; one moved to none is open."""
    two = LATE.passage_ids[:2]
    themes, whole, _ = _apply(
        FOUND,
        Move(passage_ids=two, sources=(LATE,), target=CODE),
        Move(passage_ids=APP.passage_ids[:1], sources=(APP,), target=None),
    )
    assert set(two) <= set(themes["code"].passage_ids)
    assert not set(two) & set(themes["late"].passage_ids)
    assert APP.passage_ids[0] not in whole.assignments
    assert APP.passage_ids[0] not in themes["app"].passage_ids
    assert whole.unassigned_share > FOUND.unassigned_share


def test_pinned_theme_that_a_run_merges_away_stays_and_is_named() -> None:
    """Its passages come back out of the theme they were found in."""
    later = _found(late=(*_keys("late"), *_keys("code")), app=_keys("app"))
    themes, _, notes = _apply(later, Pin(theme=CODE))
    assert set(themes["code"].passage_ids) == set(_keys("code"))
    assert set(themes["late"].passage_ids) == set(_keys("late"))
    assert notes == ["theme 'Label of code' is not found any more; it stays because it is pinned"]
    assert "code" not in _apply(later, Pin(theme=CODE), Unpin(theme=CODE))[0]


def test_decision_whose_subject_is_gone_is_reported_and_counts_again_when_it_is_back() -> None:
    """Nothing is dropped in silence and nothing breaks."""
    later = _found(app=_keys("app"))
    gone = Passage("r_x:0-3", "r_x", "p_x", 0, 3, "abc", "", PASSAGES[0].kind, None, None, None).passage_id
    edits = (
        Rename(theme=LATE, label="Parcels come late", definition="e"),
        Merge(into=LATE, others=(CODE,)),
        Move(passage_ids=(gone, APP.passage_ids[0]), sources=(APP,), target=PHONE),
        Split(source=LATE, theme=_theme("lost", (gone,), "Lost")),
        Pin(theme=_theme("old", (gone,), "Old")),
    )
    themes, _, notes = _apply(later, *edits)
    assert set(themes) == {"app"}
    assert len(notes) == 6
    assert _apply(FOUND, edits[0])[0]["late"].label == "Parcels come late"


def test_new_passages_follow_what_was_moved_and_others_stay() -> None:
    """Of what comes into a theme later, what is like the moved passages goes where they went."""
    encoder = HashEncoder(256)
    said = {
        "old": [f"the parcel came {n} days late" for n in ("two", "three", "four", "five", "six", "seven")],
        "box": [f"the box was broken and wet on {n}" for n in ("monday", "tuesday", "friday")],
        "new": ["the parcel came nine days late", "the box was broken and wet on sunday"],
    }
    passages = [passage(f"r{i}", f"p{i}", text) for i, text in enumerate(chain(*said.values()))]
    keys = [item.passage_id for item in passages]
    vectors, readings = (
        encoder.encode([p.text for p in passages]),
        [reading(p, complaint=True) for p in passages],
    )
    before = _theme("late", tuple(keys[:9]))
    found = ThemeSet((_theme("late", tuple(keys)), _theme("other", ())), dict.fromkeys(keys, "late"), 0.0)
    move = Move(passage_ids=tuple(keys[6:9]), sources=(before,), target=_theme("other", ()))
    made = apply_edits(found, _log(move), passages=passages, vectors=vectors, readings=readings).themes
    assert made.assignments[keys[10]] == "other"
    assert made.assignments[keys[9]] == "late"


def test_followers_of_two_matters_mostly_follow_their_own() -> None:
    """On simulated vectors of two matters: most of the moved matter follows, hardly any of the other does."""
    rng = np.random.default_rng(5)
    centres = rng.normal(size=(2, 64))

    def drawn(which: int, n: int) -> Vectors:
        rows = centres[which] + 1.2 * rng.normal(size=(n, 64))
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    vectors = np.vstack([drawn(0, 10), drawn(1, 60), drawn(0, 100), drawn(1, 100)])
    examples, left, new = (np.arange(a, b, dtype=np.int64) for a, b in ((0, 10), (10, 70), (70, 270)))
    follows = np.zeros(200, dtype=bool)
    follows[followers(vectors, examples, left, new)] = True
    assert follows[:100].mean() >= 0.8
    assert follows[100:].mean() <= 0.05


def test_undo_of_an_undo_counts_again() -> None:
    """Whether an entry counts follows from the whole chain."""
    rename = Rename(theme=LATE, label="A", definition="d")
    log = _log(rename, Undo(number=1), Undo(number=2), Pin(theme=LATE))
    assert [entry.number for entry in in_force(log)] == [1, 4]
    assert list(pins_in_force(log)) == ["late"]
    assert [entry.number for entry in in_force(log[:2])] == []


_EDITS = st.sampled_from(
    [
        Rename(theme=LATE, label="A", definition="d"),
        Merge(into=LATE, others=(CODE,)),
        Merge(into=APP, others=(LATE, PHONE)),
        SPLIT,
        Move(passage_ids=CODE.passage_ids[:3], sources=(CODE,), target=PHONE),
        Move(passage_ids=PHONE.passage_ids[:3], sources=(PHONE,), target=None),
        Pin(theme=CODE),
        Unpin(theme=CODE),
        Undo(number=1),
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_EDITS, max_size=6), st.sets(st.sampled_from(IDS)))
def test_any_decisions_on_any_run_keep_every_passage_in_one_place(edits: list[Edit], gone: set[str]) -> None:
    """Whatever was decided and found: a passage has at most one home, which holds it, and none is made up."""
    later = _found(**{name: _keys(name) for name in IDS if name not in gone}, rest=_keys("praise"))
    themes, whole, _ = _apply(later, *edits)
    assert all(key in themes[home].passage_ids for key, home in whole.assignments.items())
    assert all(len(set(theme.passage_ids)) == len(theme.passage_ids) > 0 for theme in themes.values())
    assert {key for theme in themes.values() for key in theme.passage_ids} <= set(KEYS)
    assert 0 <= whole.unassigned_share <= 1


def test_lineage_names_what_became_of_each_theme() -> None:
    """Kept, renamed, split, merged, gone and new, each with what took it over."""
    said = set(KEYS)
    after = [
        LATE.model_copy(update={"passage_ids": LATE.passage_ids[:6]}),
        _theme("lost", LATE.passage_ids[6:]),
        APP.model_copy(update={"label": "Crashes", "passage_ids": (*APP.passage_ids, *CODE.passage_ids)}),
    ]
    fates = {fate.theme_id: fate for fate in lineage_of([LATE, CODE, APP, PHONE], after, said=said)}
    assert {name: fate.fate for name, fate in fates.items()} == {
        "late": "split",
        "code": "merged",
        "app": "renamed",
        "phone": "gone",
        "lost": "new",
    }
    assert fates["late"].into == ("lost",)
    assert (fates["late"].n_kept, fates["late"].n_before) == (6, 12)
    assert fates["code"].into == ("app",)
    assert fates["lost"].into == ("late",)
    assert [fate.fate for fate in lineage_of([LATE], [LATE], said=set())] == ["kept"]


def test_pinned_theme_emptied_by_other_decisions_is_noted() -> None:
    """A pin cannot keep what a person took away; that is said."""
    themes, _, notes = _apply(
        FOUND, Pin(theme=CODE), Move(passage_ids=CODE.passage_ids, sources=(CODE,), target=None)
    )
    assert "code" not in themes
    assert notes == ["pinned theme 'Label of code' is empty: other decisions took all its passages"]


def test_merge_of_a_split_off_part_has_no_effect_once_the_split_is_taken_back_and_says_so() -> None:
    """The part's passages are where they were found; the note names the decision and why; undoing the undo brings it back."""
    merge = Merge(into=CODE, others=(SPLIT.theme,))
    merged, _, notes = _apply(FOUND, SPLIT, merge)
    assert set(SPLIT.theme.passage_ids) <= set(merged["code"].passage_ids)
    assert not notes
    undone = apply_edits(
        FOUND, _log(SPLIT, merge, Undo(number=1)), passages=PASSAGES, vectors=VECTORS, readings=READINGS
    )
    assert {theme.theme_id: theme.passage_ids for theme in undone.themes.themes} == {
        theme.theme_id: theme.passage_ids for theme in FOUND.themes
    }
    assert [(note.number, note.message) for note in undone.notes] == [
        (2, "theme 'Lost' is no more, since entry 1 was taken back; this merge has no effect now")
    ]
    assert _apply(FOUND, SPLIT, merge, Undo(number=1), Undo(number=3))[0] == merged


def test_merge_of_several_of_which_one_is_unmade_keeps_the_rest() -> None:
    """Only the part of the merge that has nothing to act on is left out, with a note."""
    merge = Merge(into=CODE, others=(SPLIT.theme, APP))
    themes, _, notes = _apply(FOUND, SPLIT, merge, Undo(number=1))
    assert set(themes) == {"late", "code", "phone"}
    assert set(themes["late"].passage_ids) == set(LATE.passage_ids)
    assert set(APP.passage_ids) <= set(themes["code"].passage_ids)
    assert notes == [
        "theme 'Lost' is no more, since entry 1 was taken back; its part of this merge has no effect now"
    ]


def test_decisions_about_a_theme_that_is_unmade_say_which_entry_made_it() -> None:
    """A merge into it, a new name and a move to it do nothing, and each says why."""
    lost = SPLIT.theme
    edits = (
        Merge(into=lost, others=(CODE,)),
        Rename(theme=lost, label="Never came", definition="d"),
        Move(passage_ids=PHONE.passage_ids[:2], sources=(PHONE,), target=lost),
    )
    themes, _, notes = _apply(FOUND, SPLIT, *edits, Undo(number=1))
    assert themes == {theme.theme_id: theme for theme in FOUND.themes}
    assert len(notes) == len(edits)
    assert all("is no more, since entry 1 was taken back" in note for note in notes)


def test_take_out_of_one_theme_leaves_the_others_that_hold_a_passage() -> None:
    """What is not about one matter still is about the other it was found in, which it then says most."""
    both = _keys("late")[0]
    found = _found(late=_keys("late"), app=(*_keys("app"), both))
    found = ThemeSet(found.themes, {**found.assignments, both: "late"}, found.unassigned_share)
    taken = Move(
        passage_ids=(both,),
        sources=(_at(found, "late"),),
        target=None,
        keep_others=True,
        text_sha256s=(_sha(both),),
    )
    themes, made, notes = _apply(found, taken)
    assert both not in themes["late"].passage_ids
    assert both in themes["app"].passage_ids
    assert (made.assignments[both], notes) == ("app", [])
    alone = _keys("late")[1]
    _, without, _ = _apply(found, taken.model_copy(update={"passage_ids": (alone,), "text_sha256s": ()}))
    assert alone not in without.assignments


def test_move_of_a_text_that_changed_since_is_noted_and_not_applied() -> None:
    """Other words at the same place are not what a person moved."""
    same, other = _keys("late")[:2]
    move = Move(passage_ids=(same, other), sources=(LATE,), target=APP, text_sha256s=(_sha(same), "00" * 32))
    themes, _, notes = _apply(FOUND, move)
    assert same in themes["app"].passage_ids
    assert other in themes["late"].passage_ids
    assert notes == ["1 of 2 moved passages are not said any more"]


def test_passages_like_those_taken_out_follow_out_of_that_theme_alone() -> None:
    """What comes into a theme later and is like what a reader took out leaves it too, and stays in its other theme."""
    encoder = HashEncoder(256)
    said = {
        "late": [f"the parcel came {n} days late" for n in ("two", "three", "four", "five", "six", "seven")],
        "box": [f"the box was broken and wet on {n}" for n in ("monday", "tuesday", "friday")],
        "new": ["the parcel came nine days late", "the box was broken and wet on sunday"],
    }
    passages = [passage(f"r{i}", f"p{i}", text) for i, text in enumerate(chain(*said.values()))]
    keys = [item.passage_id for item in passages]
    vectors = encoder.encode([item.text for item in passages])
    readings = [reading(item, complaint=True) for item in passages]
    themes = (_theme("late", tuple(keys)), _theme("box", (keys[10],)))
    move = Move(
        passage_ids=tuple(keys[6:9]),
        sources=(_theme("late", tuple(keys[:9])),),
        target=None,
        keep_others=True,
    )
    made = apply_edits(
        ThemeSet(themes, dict.fromkeys(keys, "late"), 0.0),
        _log(move),
        passages=passages,
        vectors=vectors,
        readings=readings,
    ).themes
    assert set(_at(made, "late").passage_ids) == {*keys[:6], keys[9]}
    assert _at(made, "box").passage_ids == (keys[10],)
    assert made.assignments[keys[10]] == "box"
