"""Applies people's decisions to themes that were found.

A decision is matched by theme id, which persists as long as most members do, and by passage ids. Passages that a person
placed belong where the person said, whatever is found later. They also teach: a passage that came in since, and that looks
like those a person took out of a theme and not like those left in it, follows them. A decision whose subject is not there
any more is reported and counts again as soon as the subject is back; so does one about a theme that a person split off, once
that split is taken back.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agent.analyse.decisions import in_force, pins_in_force, splits_taken_back
from agent.analyse.followers import followers
from agent.analyse.quotes import most_covering
from agent.analyse.themes import ThemeSet, plural_stage
from agent.ports import Vectors
from agent.schemas.curation import (
    CurationEntry,
    EditNote,
    Merge,
    Move,
    Pin,
    Rename,
    Split,
)
from agent.schemas.insight import Reading, Theme
from agent.schemas.records import Passage

_N_CORE = 8
_N_TERMS = 8

_Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Curated:
    """Themes with the decisions applied, and the decisions that could not be applied as they were meant."""

    themes: ThemeSet
    notes: tuple[EditNote, ...]


def themes_of_people(entries: Sequence[CurationEntry]) -> list[Theme]:
    """Return the themes that people pinned or split off, each as it was then; finding may come to find them by itself."""
    kept = {
        entry.edit.theme.theme_id: entry.edit.theme
        for entry in in_force(entries)
        if isinstance(entry.edit, Split)
    }
    for entry in pins_in_force(entries).values():
        if isinstance(entry.edit, Pin):
            kept[entry.edit.theme.theme_id] = entry.edit.theme
    return list(kept.values())


def apply_edits(
    found: ThemeSet,
    entries: Sequence[CurationEntry],
    *,
    passages: Sequence[Passage],
    vectors: Vectors,
    readings: Sequence[Reading],
) -> Curated:
    """Return found themes with the decisions in force applied in their order; without any, what was found.

    Args:
        found: As `find_themes` made it.
        entries: The whole log, oldest first.
        passages: What the themes were found among.
        vectors: Unit rows, one a passage.
        readings: One a passage.
    """
    edits = in_force(entries)
    if not edits:
        return Curated(found, ())
    row_of = {passage.passage_id: row for row, passage in enumerate(passages)}
    texts = {passage.passage_id: passage.text_sha256 for passage in passages}
    draft = _Draft(found, row_of, texts, vectors, splits_taken_back(entries))
    made = {entry.edit.theme.theme_id for entry in edits if isinstance(entry.edit, Split)}
    for theme_id, entry in pins_in_force(entries).items():
        if theme_id not in draft.members and isinstance(entry.edit, Pin):
            _bring_back(draft, entry.number, entry.edit.theme, is_made=theme_id in made)
    for entry in edits:
        _apply(draft, entry)
    _note_emptied_pins(draft, pins_in_force(entries))
    return Curated(_theme_set(draft, found, readings), tuple(draft.notes))


@dataclass
class _Draft:
    """Themes while decisions are applied to them; members keep the order in which they came."""

    found: ThemeSet
    row_of: Mapping[str, int]
    text_sha256_of: Mapping[str, str]
    vectors: Vectors
    taken_back: Mapping[str, int]
    """Themes that were split off by an entry that does not count any more."""
    heads: dict[str, Theme] = field(init=False)
    members: dict[str, dict[str, None]] = field(init=False)
    main: dict[str, str] = field(init=False)
    placed: set[str] = field(default_factory=set[str])
    touched: set[str] = field(default_factory=set[str])
    notes: list[EditNote] = field(default_factory=list[EditNote])

    def __post_init__(self) -> None:
        self.heads = {theme.theme_id: theme for theme in self.found.themes}
        self.members = {theme.theme_id: dict.fromkeys(theme.passage_ids) for theme in self.found.themes}
        self.main = dict(self.found.assignments)

    def note(self, number: int, message: str) -> None:
        self.notes.append(EditNote(number=number, message=message))

    def why_gone(self, theme: Theme) -> str:
        """Return why a theme is not there, as the end of a sentence."""
        number = self.taken_back.get(theme.theme_id)
        return (
            "is not found any more" if number is None else f"is no more, since entry {number} was taken back"
        )

    def is_unmade(self, theme: Theme) -> bool:
        """Tell whether a theme was there only by a split that was taken back."""
        return theme.theme_id in self.taken_back and theme.theme_id not in self.members

    def said(self, keys: Iterable[str]) -> list[str]:
        """Return the passages that are still there."""
        return [key for key in keys if key in self.row_of]

    def said_as_then(self, edit: Move) -> list[str]:
        """Return the moved passages that are still there, in texts that have not changed since."""
        if not edit.text_sha256s:
            return self.said(edit.passage_ids)
        then = zip(edit.passage_ids, edit.text_sha256s, strict=True)
        return [key for key, text_sha256 in then if self.text_sha256_of.get(key) == text_sha256]

    def open(self, theme: Theme) -> None:
        """Make a theme, without members, where it is not there."""
        if theme.theme_id not in self.members:
            self.members[theme.theme_id] = {}
            self.heads[theme.theme_id] = theme
        self.touched.add(theme.theme_id)

    def call(self, theme_id: str, label: str, definition: str) -> None:
        """Give a theme that is there a person's name."""
        named = {"label": label, "definition": definition}
        self.heads[theme_id] = self.heads[theme_id].model_copy(update=named)

    def place(self, keys: Iterable[str], target: str | None, sources: Collection[str] = ()) -> None:
        """Put passages into a theme, out of the one they say most and of `sources`; out of all where into none."""
        for key in keys:
            home = self.main.pop(key, None)
            leaves = list(self.members) if target is None else [*sources, *([home] if home else [])]
            for theme_id in leaves:
                if theme_id != target and key in self.members.get(theme_id, {}):
                    del self.members[theme_id][key]
                    self.touched.add(theme_id)
            if target is not None:
                self.members[target][key] = None
                self.main[key] = target
                self.touched.add(target)

    def take_out(self, keys: Iterable[str], source: str) -> None:
        """Take passages out of one theme; one that says it most says another theme most that it is in, if any."""
        for key in keys:
            if key not in self.members.get(source, {}):
                continue
            del self.members[source][key]
            self.touched.add(source)
            if self.main.get(key) == source:
                others = [theme_id for theme_id, inside in self.members.items() if key in inside]
                if others:
                    self.main[key] = others[0]
                else:
                    del self.main[key]

    def place_like(
        self, examples: Sequence[str], target: str | None, source: str, left: Iterable[str] | None = None
    ) -> None:
        """Put what came in since and follows the examples out of a theme where they are."""
        self.place(self.like(examples, source, left), target, (source,))

    def like(self, examples: Sequence[str], source: str, left: Iterable[str] | None = None) -> list[str]:
        """Return what came in since and follows the examples out of a theme: it is more like them than like the rest.

        What was `left` there stays; where nobody knows what was, all the others are judged, against each other.
        """
        inside = self.members.get(source, {})
        known = {*examples, *self.placed}
        others = [key for key in inside if key not in known]
        stayed = others if left is None else [key for key in left if key in inside]
        known.update(stayed)
        new = others if left is None else [key for key in others if key not in known]
        rows = [self._rows(keys) for keys in (examples, stayed, new)]
        return [new[i] for i in followers(self.vectors, *rows)]

    def _rows(self, keys: Iterable[str]) -> _Rows:
        return np.array([self.row_of[key] for key in keys], dtype=np.int64)


def _bring_back(draft: _Draft, number: int, theme: Theme, *, is_made: bool) -> None:
    """Make a pinned theme again that was not found, out of what it was."""
    keys = draft.said(theme.passage_ids)
    if not keys:
        draft.note(number, f"nobody says any more what pinned theme {theme.label!r} held")
        return
    homes = Counter(draft.main[key] for key in keys if key in draft.main)
    draft.open(theme)
    draft.place(keys, theme.theme_id)
    draft.placed.update(keys)
    for home in homes:
        draft.place_like(keys, theme.theme_id, home)
    if not is_made:
        draft.note(number, f"theme {theme.label!r} is not found any more; it stays because it is pinned")


def _note_emptied_pins(draft: _Draft, pins: Mapping[str, CurationEntry]) -> None:
    """Say which pinned themes lost all their members to other decisions."""
    noted = {note.number for note in draft.notes}
    for theme_id, entry in pins.items():
        if isinstance(entry.edit, Pin) and not draft.members.get(theme_id) and entry.number not in noted:
            label = entry.edit.theme.label
            draft.note(
                entry.number, f"pinned theme {label!r} is empty: other decisions took all its passages"
            )


def _apply(draft: _Draft, entry: CurationEntry) -> None:
    edit = entry.edit
    if isinstance(edit, Rename):
        _rename(draft, entry.number, edit)
    elif isinstance(edit, Merge):
        _merge(draft, entry.number, edit)
    elif isinstance(edit, Split):
        _split(draft, entry.number, edit)
    elif isinstance(edit, Move):
        _move(draft, entry.number, edit)


def _rename(draft: _Draft, number: int, edit: Rename) -> None:
    if edit.theme.theme_id not in draft.members:
        draft.note(
            number, f"the theme named {edit.label!r} {draft.why_gone(edit.theme)}; the name waits for it"
        )
        return
    draft.call(edit.theme.theme_id, edit.label, edit.definition)


def _without_unmade(draft: _Draft, number: int, edit: Merge) -> Merge | None:
    """Return a merge without the themes that a split no longer makes, and note them; None where nothing is left of it."""
    unmade = [theme for theme in (edit.into, *edit.others) if draft.is_unmade(theme)]
    others = tuple(theme for theme in edit.others if theme not in unmade)
    is_over = edit.into in unmade or not others
    what = "this merge" if is_over else "its part of this merge"
    for theme in unmade:
        draft.note(number, f"theme {theme.label!r} {draft.why_gone(theme)}; {what} has no effect now")
    return None if is_over else edit.model_copy(update={"others": others})


def _merge(draft: _Draft, number: int, meant: Merge) -> None:
    edit = _without_unmade(draft, number, meant)
    if edit is None:
        return
    target = edit.into.theme_id
    there = [other for other in edit.others if other.theme_id in draft.members]
    if target not in draft.members and not there:
        draft.note(number, f"neither {edit.into.label!r} nor what was merged into it is found any more")
        return
    draft.open(edit.into)
    for other in edit.others:
        inside = draft.members.pop(other.theme_id, {})
        for key in inside:
            draft.members[target][key] = None
            if draft.main.get(key) == other.theme_id:
                draft.main[key] = target
        was = draft.said(other.passage_ids)
        draft.place([key for key in was if key not in draft.members[target]], target)
        draft.placed.update(was)
        draft.heads.pop(other.theme_id, None)
    terms = [term for theme in (draft.heads[target], *edit.others) for term in theme.terms]
    first = tuple(dict.fromkeys(terms))[:_N_TERMS]
    draft.heads[target] = draft.heads[target].model_copy(update={"terms": first})


def _split(draft: _Draft, number: int, edit: Split) -> None:
    source, target = edit.source, edit.theme
    keys = draft.said(target.passage_ids)
    if not keys:
        draft.note(number, f"nobody says any more what was split off as {target.label!r}")
        return
    if source.theme_id not in draft.members:
        draft.note(
            number, f"theme {source.label!r} {draft.why_gone(source)}; {target.label!r}, split from it, stays"
        )
    draft.open(target)
    # Found by itself in the meantime, it has a name of its own making; the person's stands.
    draft.call(target.theme_id, target.label, target.definition)
    draft.place(keys, target.theme_id, (source.theme_id,))
    draft.placed.update(keys)
    draft.place_like(keys, target.theme_id, source.theme_id, _left(source, target.passage_ids))


def _move(draft: _Draft, number: int, edit: Move) -> None:
    keys = draft.said_as_then(edit)
    target = None if edit.target is None else edit.target.theme_id
    if len(keys) < len(edit.passage_ids):
        gone = len(edit.passage_ids) - len(keys)
        draft.note(number, f"{gone} of {len(edit.passage_ids)} moved passages are not said any more")
    if edit.target is not None and target not in draft.members:
        message = f"theme {edit.target.label!r} {draft.why_gone(edit.target)}; what was moved there is where it was found"
        draft.note(number, message)
        return
    if edit.target is None and edit.keep_others:
        _take_out(draft, edit, keys)
        return
    draft.place(keys, target, [source.theme_id for source in edit.sources])
    draft.placed.update(keys)
    for source in edit.sources:
        own = frozenset(source.passage_ids)
        draft.place_like(
            [key for key in keys if key in own], target, source.theme_id, _left(source, edit.passage_ids)
        )


def _take_out(draft: _Draft, edit: Move, keys: Sequence[str]) -> None:
    for source in edit.sources:
        own = frozenset(source.passage_ids)
        examples = [key for key in keys if key in own]
        draft.take_out(examples, source.theme_id)
        draft.placed.update(examples)
        followed = draft.like(examples, source.theme_id, _left(source, edit.passage_ids))
        draft.take_out(followed, source.theme_id)


def _left(theme: Theme, taken: Iterable[str]) -> list[str]:
    gone = frozenset(taken)
    return [key for key in theme.passage_ids if key not in gone]


def _theme_set(draft: _Draft, found: ThemeSet, readings: Sequence[Reading]) -> ThemeSet:
    themes = [
        _rebuilt(draft, theme_id, readings) if theme_id in draft.touched else draft.heads[theme_id]
        for theme_id, keys in draft.members.items()
        if keys
    ]
    themes.sort(key=lambda theme: (-len(theme.passage_ids), theme.theme_id))
    complaining = [reading.passage_id for reading in readings if reading.complaint]
    open_share = sum(key not in draft.main for key in complaining) / max(len(complaining), 1)
    return ThemeSet(tuple(themes), draft.main, open_share, found.lineage)


def _rebuilt(draft: _Draft, theme_id: str, readings: Sequence[Reading]) -> Theme:
    """Return a theme with what follows from its members made again: their order, the central ones, the stage."""
    keys = list(draft.members[theme_id])
    rows = np.array([draft.row_of[key] for key in keys], dtype=np.int64)
    nearness = draft.vectors[rows] @ draft.vectors[rows].mean(axis=0)
    order = [int(i) for i in np.lexsort((rows, -nearness.round(6)))]
    ranked = [keys[i] for i in order]
    core = most_covering(draft.vectors[rows[order]], limit=_N_CORE)
    return draft.heads[theme_id].model_copy(
        update={
            "passage_ids": tuple(ranked),
            "core_passage_ids": tuple(ranked[i] for i in core),
            "stage": plural_stage([readings[int(row)] for row in rows]),
        }
    )
