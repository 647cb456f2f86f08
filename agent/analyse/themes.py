"""Finds what customers complain about, without a given list, and keeps each finding's identity from run to run.

Counts rest on membership: a person has a theme if one of their passages is a member. A passage may be a member of two
themes when it says both; `assignments` names the one it says most.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from agent.analyse.clusters import Views, apply_views, fit_views, group, witnessed
from agent.analyse.identities import Lineage, all_gone, identify
from agent.analyse.membership import NONE, Chances, dissolve, settle, shares_of, teach, with_context
from agent.analyse.phrases import Naming, PhraseReader, name_groups
from agent.analyse.seeding import carried_on, new_matters
from agent.analyse.shapes import Labels, Matrix
from agent.analyse.subject_matter import is_about_something
from agent.analyse.voices import EarlierName
from agent.errors import InputError
from agent.ports import Vectors
from agent.schemas.insight import Reading, Theme
from agent.schemas.records import Passage

# Threadpoolctl ships no types.
_limit_threads: Any = threadpool_limits

THEMES_VERSION = "themes-6"
"""Version of the grouping and naming; themes that another version found are found again."""
MIN_PERSONS = 5
"""Below this many distinct persons nothing is called a theme: the interval of a share of four in a thousand spans a
factor of six, and a quote of so small a group may point to a person."""

_SAMPLE = 5000
_SAMPLE_SHARE = 0.004
_LONE_SHARE = 0.001
"""The least share of persons in a theme; less where nobody says two things, and only likeness makes a theme."""
_SURE = 0.3
_SURE_OUTSIDE = 0.5
_ALSO = 0.25
_MAX_SENTIMENT = -0.25
_CORE = 8
_CHUNK = 20_000
_NOISE = re.compile(r"\[[A-Z_]+-\w+\]|\d+")
_SENTENCE_END = re.compile(r"[.!?]+\s+\S|\n")


@dataclass(frozen=True, slots=True)
class ThemeSet:
    """All themes of one run. The earlier run's set needs only its themes to be taken over from."""

    themes: tuple[Theme, ...]
    assignments: Mapping[str, str]
    """Passage id to the id of the theme it says most."""
    unassigned_share: float
    """Share of the complaining passages that belong to no theme."""
    lineage: tuple[Lineage, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class _Found:
    """Chances over all rows of interest, and which rows those are."""

    rows: Labels
    chances: Chances
    complaint: Labels
    """1 where a row was read as a complaint."""


def find_themes(
    passages: Sequence[Passage],
    vectors: Vectors,
    readings: Sequence[Reading],
    *,
    reader: PhraseReader,
    seed: int,
    previous: ThemeSet | None = None,
    min_persons: int = MIN_PERSONS,
) -> ThemeSet:
    """Group the complaints into themes, name them and take over the earlier run's ids.

    Args:
        passages: All passages in scope.
        vectors: Unit rows, one a passage.
        readings: One a passage, in the same order; complaints are grouped, the rest of what does not sound good is
            only searched for missed ones.
        reader: Of the encoder that made the vectors; it helps to choose the names.
        seed: Seed of everything random; the same input and seed give the same themes on any number of cores.
        previous: The earlier run; a theme that shares most members takes over its id.
        min_persons: Distinct persons below which nothing is called a theme.

    Raises:
        InputError: Passages, vectors and readings differ in number.
    """
    if not len(passages) == len(vectors) == len(readings):
        msg = f"{len(passages)} passages, {len(vectors)} vectors and {len(readings)} readings, expected one of each"
        raise InputError(msg, hint="Pass the vectors and readings of these passages, in their order.")
    # One thread: sums in one order, and no waiting for busy cores over many small products.
    with _limit_threads(limits=1):
        found = _find(passages, vectors, readings, seed=seed, min_persons=min_persons, previous=previous)
        if found is None:
            n_complaints = sum(reading.complaint for reading in readings)
            return ThemeSet((), {}, 1.0 if n_complaints else 0.0, all_gone(_members_of(previous)))
        members = {
            group: rows
            for group, rows in _members(found, passages, vectors).items()
            if _is_theme(rows, passages, readings, min_persons=min_persons)
        }
        ids, lineage = identify(
            [[passages[i].passage_id for i in rows] for rows in members.values()], _members_of(previous)
        )
        namings = name_groups(
            list(members.values()),
            [passage.text for passage in passages],
            vectors,
            reader=reader,
            persons=[passage.person_id for passage in passages],
            earlier=_earlier_names(ids, lineage, previous),
        )
        themes = _assemble(found, members, (ids, namings), (passages, vectors, readings))
        return replace(themes, lineage=lineage)


def _find(
    passages: Sequence[Passage],
    vectors: Vectors,
    readings: Sequence[Reading],
    *,
    seed: int,
    min_persons: int,
    previous: ThemeSet | None,
) -> _Found | None:
    complaints = np.array([i for i, reading in enumerate(readings) if reading.complaint], dtype=np.int64)
    people = np.unique([passage.person_id for passage in passages], return_inverse=True)[1].astype(np.int64)
    if len(np.unique(people[complaints])) < min_persons:
        return None
    texts = [plain_text(passage.text) for passage in passages]
    by_wording = _by_wording(complaints, texts)
    sample = _sample(by_wording, people, seed=seed)
    views = fit_views([texts[i] for i in sample], vectors[sample], seed=seed)
    persons = np.unique(people[sample], return_inverse=True)[1].astype(np.int64)
    more = _further_speakers(sample, by_wording, people)
    groups = _drop_small(
        group(views.matrix, vectors[sample], persons), persons, more, min_persons=min_persons
    )
    if groups.max() == NONE:
        return None
    if witnessed(persons):
        groups = dissolve(views.matrix, groups, persons)
        settled = settle(views.matrix, groups, persons).argmax(axis=1).astype(np.int64)
        groups = _drop_small(settled, persons, more, min_persons=min_persons)
    before = _groups_before([passages[i].passage_id for i in _ints(sample)], previous)
    if before is not None:
        matters = new_matters(views.matrix, groups, before, persons)
        matters = _drop_small(matters, persons, more, min_persons=min_persons)
        groups = np.where(matters == NONE, groups, matters + groups.max() + 1)
        groups = _drop_small(carried_on(views.matrix, groups, before), persons, more, min_persons=min_persons)
    if groups.max() == NONE:
        return None
    outside = np.setdiff1d(np.arange(len(passages)), complaints)
    doubtful = np.array([row for row in _ints(outside) if readings[row].sentiment < 0], dtype=np.int64)
    return _spread(
        views, groups, (sample, complaints, outside, doubtful), (texts, vectors, people), seed=seed
    )


def _groups_before(passage_ids: Sequence[str], previous: ThemeSet | None) -> Labels | None:
    """Return which of the earlier themes each passage was in, `NONE` where in none; None without an earlier run."""
    if previous is None or not previous.themes:
        return None
    number = {theme.theme_id: i for i, theme in enumerate(previous.themes)}
    return np.array(
        [number.get(previous.assignments.get(key, ""), NONE) for key in passage_ids], dtype=np.int64
    )


def _members_of(previous: ThemeSet | None) -> dict[str, tuple[str, ...]]:
    themes = () if previous is None else previous.themes
    return {theme.theme_id: theme.passage_ids for theme in themes}


def _spread(
    views: Views,
    groups: Labels,
    which: tuple[Labels, Labels, Labels, Labels],
    data: tuple[list[str], Vectors, Labels],
    *,
    seed: int,
) -> _Found:
    """Judge complaints and what may be one though not read as such, against a class of what is none."""
    sample, complaints, outside, doubtful = which
    texts, vectors, people = data
    n_groups = int(groups.max()) + 1
    drawn = np.random.default_rng(seed).permutation(outside)[: len(sample)]
    taught = np.vstack([views.matrix, _matrix(views, texts, vectors, drawn)])
    labels = np.concatenate([groups, np.full(len(drawn), n_groups, dtype=np.int64)])
    rows = np.concatenate([complaints, doubtful])
    judge = teach(taught, labels, n_groups + (1 if len(drawn) else 0))
    alone = np.vstack([judge.chances(_matrix(views, texts, vectors, part)) for part in _chunks(rows)])
    persons = np.unique(people[rows], return_inverse=True)[1].astype(np.int64)
    chances = with_context(alone, persons, shares_of(labels, alone.shape[1]))
    complaint = (np.arange(len(rows)) < len(complaints)).astype(np.int64)
    return _Found(rows, chances[:, :n_groups], complaint)


def plain_text(text: str) -> str:
    """Return a text as its words are compared: lower case, without placeholders and digits."""
    return _NOISE.sub(" ", text).lower().replace("’", "'")


def _chunks(rows: Labels) -> list[Labels]:
    return [rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK)]


def _matrix(views: Views, texts: list[str], vectors: Vectors, rows: Labels) -> Matrix:
    return apply_views(views, [texts[i] for i in rows], vectors[rows]) if len(rows) else views.matrix[:0]


def _by_wording(complaints: Labels, texts: list[str]) -> dict[int, list[int]]:
    """Return the complaints' rows by the first row that has the same words."""
    first: dict[tuple[str, ...], int] = {}
    rows: dict[int, list[int]] = {}
    for row in _ints(complaints):
        rows.setdefault(first.setdefault(tuple(texts[row].split()), row), []).append(row)
    return rows


def _sample(by_wording: Mapping[int, Sequence[int]], people: Labels, *, seed: int) -> Labels:
    """Return complaints to group: each wording once, all of a person's or none, at most a few thousand."""
    distinct = np.array(sorted(by_wording), dtype=np.int64)
    if len(distinct) <= _SAMPLE:
        return distinct
    rank = np.random.default_rng(seed).permutation(int(people.max()) + 1)
    order = np.argsort(rank[people[distinct]], kind="stable")
    return np.sort(distinct[order[:_SAMPLE]])


def _further_speakers(sample: Labels, by_wording: Mapping[int, Sequence[int]], people: Labels) -> Labels:
    """Return for each sampled text how many persons beside its own wrote just the same."""
    return np.array(
        [len(np.unique(people[list(by_wording[row])])) - 1 for row in _ints(sample)], dtype=np.int64
    )


def _drop_small(groups: Labels, persons: Labels, more: Labels, *, min_persons: int) -> Labels:
    """Renumber the groups that enough persons are in; the others' texts become open."""
    share = _SAMPLE_SHARE if witnessed(persons) else _LONE_SHARE
    least = max(min_persons, int(np.ceil(share * (int(persons.max()) + 1))))
    kept = [
        g
        for g in np.unique(groups[groups != NONE])
        if len(np.unique(persons[groups == g])) + more[groups == g].sum() >= least
    ]
    renumbered = np.full(len(groups), NONE, dtype=np.int64)
    for number, name in enumerate(kept):
        renumbered[groups == name] = number
    return renumbered


def _is_theme(
    rows: Sequence[int], passages: Sequence[Passage], readings: Sequence[Reading], *, min_persons: int
) -> bool:
    """Tell whether enough persons complain in a group, and of something."""
    return (
        len({passages[row].person_id for row in rows}) >= min_persons
        and _sounds_bad(rows, readings)
        and is_about_something([passages[row].text for row in rows])
    )


def _sounds_bad(rows: Sequence[int], readings: Sequence[Reading]) -> bool:
    """Tell whether a group complains on the whole; praise in words of trouble ("not a scratch") does not."""
    return sum(readings[row].sentiment for row in rows) < _MAX_SENTIMENT * len(rows)


def _earlier_names(
    ids: Sequence[str], lineage: Sequence[Lineage], previous: ThemeSet | None
) -> list[EarlierName | None]:
    """Return how the theme of each id was called in the earlier run, None where there was none."""
    before = {} if previous is None else {theme.theme_id: theme for theme in previous.themes}
    shared = {note.theme_id: note.shared for note in lineage}
    return [
        EarlierName(was.label, was.definition, was.terms, shared[theme_id])
        if (was := before.get(theme_id)) is not None
        else None
        for theme_id in ids
    ]


def _assemble(
    found: _Found,
    members: Mapping[int, list[int]],
    called: tuple[Sequence[str], Sequence[Naming]],
    said: tuple[Sequence[Passage], Vectors, Sequence[Reading]],
) -> ThemeSet:
    passages, vectors, readings = said
    ids, namings = called
    id_of = dict(zip(members, ids, strict=True))
    assignments = _said_most(found, members, id_of, passages)
    themes = [
        _theme(theme_id, naming, [passages[i] for i in rows], [readings[i] for i in rows], vectors[rows])
        for theme_id, naming, rows in zip(ids, namings, members.values(), strict=True)
    ]
    themes.sort(key=lambda theme: (-len(theme.passage_ids), theme.theme_id))
    complaining = [passages[row].passage_id for row in _ints(found.rows[found.complaint == 1])]
    unassigned = sum(passage_id not in assignments for passage_id in complaining) / len(complaining)
    return ThemeSet(tuple(themes), assignments, unassigned)


def _said_most(
    found: _Found, members: Mapping[int, list[int]], id_of: Mapping[int, str], passages: Sequence[Passage]
) -> dict[str, str]:
    """Return for each member the theme it says most among those it is in: what it says most may be no theme."""
    chances = {row: found.chances[place] for place, row in enumerate(_ints(found.rows))}
    best: dict[int, int] = {}
    for name, rows in members.items():
        for row in rows:
            if row not in best or chances[row][name] > chances[row][best[row]]:
                best[row] = name
    return {passages[row].passage_id: id_of[best[row]] for row in _ints(found.rows) if row in best}


def _is_member(found: _Found) -> Labels:
    """Return 1 where a row's best theme is sure enough; a passage not read as a complaint must be surer."""
    needed = np.where(found.complaint == 1, _SURE, _SURE_OUTSIDE)
    return (found.chances.max(axis=1) >= needed).astype(np.int64)


def _members(found: _Found, passages: Sequence[Passage], vectors: Vectors) -> dict[int, list[int]]:
    """Return the rows of each group that has any, nearest to its centre first."""
    main = found.chances.argmax(axis=1)
    holds = np.zeros(found.chances.shape, dtype=bool)
    sure = _is_member(found) == 1
    holds[np.flatnonzero(sure), main[sure]] = True
    both = np.array([_SENTENCE_END.search(passages[i].text) is not None for i in _ints(found.rows)])
    holds |= (found.chances >= _ALSO) & (sure & both)[:, None]
    members: dict[int, list[int]] = {}
    for name in map(int, np.flatnonzero(holds.any(axis=0))):
        rows = found.rows[holds[:, name]]
        nearness = vectors[rows] @ vectors[rows].mean(axis=0)
        members[name] = [int(rows[i]) for i in np.lexsort((rows, -nearness))]
    return members


def _theme(
    theme_id: str, naming: Naming, members: list[Passage], readings: list[Reading], vectors: Vectors
) -> Theme:
    return Theme(
        theme_id=theme_id,
        label=naming.label,
        definition=naming.definition,
        stage=plural_stage(readings),
        terms=naming.terms,
        passage_ids=tuple(passage.passage_id for passage in members),
        core_passage_ids=tuple(members[i].passage_id for i in _spread_out(vectors)),
    )


def _spread_out(vectors: Vectors) -> list[int]:
    """Return a few central rows that differ from each other, the most central first (rows come nearest first)."""
    chosen = [0]
    central = range(max(_CORE, len(vectors) // 2))
    while len(chosen) < min(_CORE, len(vectors)):
        likeness = (vectors @ vectors[chosen].T).max(axis=1)
        rest = [i for i in central if i < len(vectors) and i not in chosen]
        chosen.append(min(rest, key=lambda i: (round(float(likeness[i]), 6), i)))
    return chosen


_STAGE_SHARE = 0.4
_STAGE_PERSONS = 3


def plural_stage(readings: Sequence[Reading]) -> str | None:
    """Return the stage that most persons speak of, or None where too few say or they do not agree."""
    persons: dict[str, set[str]] = {}
    for reading in readings:
        if reading.stage is not None:
            persons.setdefault(reading.stage, set()).add(reading.person_id)
    said = len(set[str]().union(*persons.values()))
    ranked = sorted(persons, key=lambda stage: (-len(persons[stage]), stage))
    if not ranked or len(persons[ranked[0]]) < max(_STAGE_PERSONS, _STAGE_SHARE * said):
        return None
    if len(ranked) > 1 and len(persons[ranked[1]]) == len(persons[ranked[0]]):
        return None
    return ranked[0]


def _ints(values: Labels) -> list[int]:
    return [int(value) for value in values]
