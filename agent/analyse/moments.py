"""Finds the moments that matter: experiences that go along with another outcome than like persons have.

An experience is a pain point that persons told of, an event that happened to them, or a wait that was longer than most. Each
is followed from the moment it happened, beside persons at a comparable moment of their own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

import numpy as np

from agent.analyse.behaviour import (
    MIN_LINKED,
    Compared,
    Experience,
    Speakers,
    Told,
    compare,
    effect_of,
    is_enough,
)
from agent.analyse.landmarks import FollowUp, Landmarks
from agent.analyse.statistics import benjamini_hochberg, quantity, risk_difference
from agent.events.experiences import Ints
from agent.events.steps import SESSION_GAP
from agent.schemas.insight import Moment

SIGNIFICANT = 0.03
"""Adjusted p-value below which an association is reported; under 0.05, since p-values of small tables are approximate and
the promise is that one search in twenty at most finds a moment where there is none."""
LONG_WAIT = 0.75
"""A wait is long where so large a share of the persons waited less."""
MAX_OF_KIND = 10
"""Events and waits that are reported: those with the largest reach x effect. Pain points are reported all."""

Kind = Literal["pain_point", "event", "wait"]
_ORDER: tuple[Kind, ...] = ("pain_point", "event", "wait")


@dataclass(frozen=True, slots=True)
class MomentScope:
    """Whose moments are looked for."""

    speakers: Speakers
    told: FollowUp
    """What those who said something did."""
    everyone: FollowUp
    """What all did."""
    population: str
    """Who said something, as a sentence part."""
    event_population: str
    """Who did something, as a sentence part."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An experience, and who had it and who did not at a comparable moment."""

    kind: Kind
    experience_id: str
    name: str
    stage: str | None
    landmarks: Landmarks
    followed: Landmarks
    follow_up: FollowUp
    population: str
    n_reached: int
    """Persons who could have had the experience and have events."""
    own_names: frozenset[str] = frozenset()
    """Event names that are the experience itself: what they mean is no later outcome of it."""
    n_unlinked: int = 0


@dataclass(frozen=True, slots=True)
class _Tested:
    candidate: _Candidate
    outcome: str
    found: Compared
    p_value: float


def find_moments(experiences: Sequence[Experience], scope: MomentScope) -> tuple[Moment, ...]:
    """Return the experiences that go along with another outcome, first those told of, then events, then waits.

    Within each kind the largest reach x adjusted effect comes first. What customers tell of and what they do are not
    ranked against each other: most events are steps that customers take by themselves, so that what goes along with them
    says as much about who takes them. An event that soon leads to the outcome is a step on the way to it and no moment. All
    pairs of experience and outcome are tested together, and those of a kind by themselves (Benjamini-Hochberg).

    Args:
        experiences: What persons told of.
        scope: Whose moments are looked for.
    """
    tested = [
        pair
        for candidate in _candidates(experiences, scope)
        if is_enough(candidate.followed)
        for pair in _tests(candidate)
    ]
    moments = [
        _moment(pair, p_value)
        for pair, p_value in zip(tested, _adjusted(tested), strict=True)
        if p_value < SIGNIFICANT and not _is_on_the_way(pair)
    ]
    ranked = sorted(
        moments, key=lambda moment: (_ORDER.index(moment.kind), -weight_of(moment), moment.moment_id)
    )
    return tuple(
        moment
        for kind in _ORDER
        for moment in [one for one in ranked if one.kind == kind][
            : None if kind == "pain_point" else MAX_OF_KIND
        ]
    )


def _adjusted(tested: Sequence[_Tested]) -> list[float]:
    """Return p-values adjusted over all pairs, and over the pairs of the same kind where that is more.

    The second keeps true moments of one kind, which there may be many of, from letting false ones of another pass.
    """
    over_all = benjamini_hochberg([pair.p_value for pair in tested])
    worst = over_all.copy()
    for kind in _ORDER:
        rows = [row for row, pair in enumerate(tested) if pair.candidate.kind == kind]
        of_kind = benjamini_hochberg([tested[row].p_value for row in rows])
        worst[rows] = np.maximum(over_all[rows], of_kind)
    return worst.tolist()


def weight_of(moment: Moment) -> float:
    """Return what moments are ranked by: persons reached times the adjusted difference, as persons."""
    if moment.reach is None or moment.adjusted is None:
        return 0.0
    return moment.reach.n * abs(moment.adjusted.risk_difference)


def _tests(candidate: _Candidate) -> Iterator[_Tested]:
    for outcome, names in candidate.follow_up.outcomes.items():
        if not candidate.own_names.isdisjoint(names):
            continue
        found = compare(outcome, candidate.followed, candidate.follow_up)
        adjusted = found.adjusted
        if adjusted is None or adjusted.p_value is None:
            continue
        if min(adjusted.n_exposed, adjusted.n_compared) >= MIN_LINKED:
            yield _Tested(candidate, outcome, found, adjusted.p_value)


def _is_on_the_way(pair: _Tested) -> bool:
    """Tell whether the experience is but a step towards the outcome: more have it, and most of them at once."""
    adjusted = pair.found.adjusted
    if adjusted is None or adjusted.risk_difference.value <= 0 or not len(pair.found.delays_s):
        return False
    return float(np.median(pair.found.delays_s)) <= SESSION_GAP.total_seconds()


def _candidates(experiences: Sequence[Experience], scope: MomentScope) -> Iterator[_Candidate]:
    for experience in experiences:
        yield _told(experience, scope)
    if scope.everyone.outcomes:
        yield from _events(scope)
        yield from _waits(scope)


def _told(experience: Experience, scope: MomentScope) -> _Candidate:
    told = Told.of(experience, scope.speakers, scope.told)
    speakers = frozenset(scope.speakers.persons) | scope.speakers.undated
    return _Candidate(
        kind="pain_point",
        experience_id=experience.experience_id,
        name=experience.name,
        stage=experience.stage,
        landmarks=told.landmarks,
        followed=told.followed,
        follow_up=scope.told,
        population=f"{scope.population} who have events",
        n_reached=len(speakers & scope.told.linked),
        n_unlinked=len(experience.everyone - scope.told.linked),
    )


def _events(scope: MomentScope) -> Iterator[_Candidate]:
    """Yield each event that enough persons had, from the first time they had it."""
    follow_up = scope.everyone
    columns = follow_up.columns
    draws = np.array([_draw(person) for person in columns.persons])
    for code in sorted(range(len(columns.names)), key=columns.names.__getitem__):
        name = columns.names[code]
        first = columns.first_rows(columns.name == code)
        had_it = np.flatnonzero(first < len(columns.at))
        if len(had_it) < MIN_LINKED:
            continue
        landmarks = _beside_like_steps(follow_up, had_it, first, (draws + _draw(name)) % 1.0)
        yield _Candidate(
            kind="event",
            experience_id=f"event_{name}",
            name=name,
            stage=follow_up.stage_of(name),
            landmarks=landmarks,
            followed=landmarks.where(follow_up.is_complete(landmarks)),
            follow_up=follow_up,
            population=scope.event_population,
            n_reached=columns.n_persons,
            own_names=frozenset({name}),
        )


def _beside_like_steps(
    follow_up: FollowUp, had_it: Ints, first: Ints, draws: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> Landmarks:
    """Return persons at the event, and persons at a step before which they had not had it.

    For each person the number of the step is drawn from the numbers of the steps at which the event happened, knowing
    nothing of the person: who has not come as far, or had the event by then, is not compared. So nobody is chosen by what
    they did later. Who had the event at a later step is compared until then with those who have it, and followed from it.
    """
    columns = follow_up.columns
    places = np.sort(columns.places(had_it, first[had_it]))
    rows = columns.starts[:-1] + places[(draws * len(places)).astype(np.int64)]
    other = np.flatnonzero((rows < columns.starts[1:]) & (rows < first))
    row = np.concatenate([first[had_it], rows[other]])
    return Landmarks(
        person=np.concatenate([had_it, other]),
        state_row=row,
        row=row + 1,
        at=columns.at[row],
        exposed=np.arange(len(row)) < len(had_it),
    )


def _draw(text: str) -> float:
    """Return a number from 0 to 1 that a text fixes and that tells nothing about it."""
    return (
        int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).digest(), "big") / 2**48
    )


def _waits(scope: MomentScope) -> Iterator[_Candidate]:
    """Yield each stage that is left, from the first step after it: after a long wait, or a shorter one."""
    follow_up = scope.everyone
    columns = follow_up.columns
    staged = columns.rank >= 0
    for rank, stage in enumerate(follow_up.stages):
        entered = columns.first_rows(columns.rank == rank)
        elsewhere = np.flatnonzero(staged & (columns.rank != rank))
        left = np.append(elsewhere, len(columns.at))[np.searchsorted(elsewhere, entered)]
        person = np.flatnonzero(left < columns.starts[1:])
        if len(person) < 2 * MIN_LINKED:
            continue
        wait = columns.at[left[person]] - columns.at[entered[person]]
        landmarks = Landmarks(
            person=person,
            state_row=entered[person],
            row=left[person],
            at=columns.at[left[person]],
            exposed=wait > np.quantile(wait, LONG_WAIT),
        )
        yield _Candidate(
            kind="wait",
            experience_id=f"wait_{rank}",
            name=f"a long wait in {stage}",
            stage=stage,
            landmarks=landmarks,
            followed=landmarks.where(follow_up.is_complete(landmarks)),
            follow_up=follow_up,
            population=f"{scope.event_population} who went on from {stage}",
            n_reached=len(person),
        )


def _moment(pair: _Tested, p_value: float) -> Moment:
    candidate, found, within = pair.candidate, pair.found, pair.candidate.follow_up.within_text()
    population = candidate.population
    raw = risk_difference(found.n, found.total, found.other_n, found.other_total)
    adjusted = effect_of(found.adjusted)
    return Moment(
        moment_id=f"m_{candidate.experience_id}_{pair.outcome}",
        experience=candidate.name,
        outcome=pair.outcome,
        stage=candidate.stage,
        effect=quantity(found.n, found.total, f"{population} with the experience, {within}"),
        baseline=quantity(found.other_n, found.other_total, f"{population} without it, {within}"),
        risk_difference=raw.value,
        low=raw.value if raw.low is None else raw.low,
        high=raw.value if raw.high is None else raw.high,
        p_value=p_value,
        kind=candidate.kind,
        reach=quantity(candidate.landmarks.count(exposed=True), candidate.n_reached, population),
        adjusted=adjusted,
        e_value=None if adjusted is None else adjusted.e_value,
        n_compared=None if adjusted is None else adjusted.n_exposed + adjusted.n_compared,
        n_left_out=None if adjusted is None else adjusted.n_left_out,
        n_cut_off=len(candidate.landmarks.at) - len(candidate.followed.at),
        n_unlinked=candidate.n_unlinked,
    )
