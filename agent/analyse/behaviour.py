"""Joins what persons said to what the same persons did afterwards.

Nobody is dropped in silence: persons who said something and have no events, no date, or too little time after it are
counted apart. The comparison is with persons who said something else, from their own first words on, so that both groups
are of the same kind; it is given as counted, and within strata of persons who were in the same state at that time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from agent.analyse.adjustment import Adjusted, adjusted_effect, e_values
from agent.analyse.landmarks import FollowUp, Landmarks
from agent.analyse.statistics import Estimate, odds_ratio, quantity
from agent.schemas.insight import AdjustedEffect, Behaviour, Linkage, Overlap, OverlapRow

MIN_LINKED = 10
"""Fewer followed persons than this on either side are not compared: the interval would span nearly everything."""

FirstTimes = Mapping[str, datetime]
"""Person to the time they first said something."""


@dataclass(frozen=True, slots=True)
class Experience:
    """Something persons went through, as far as their words tell."""

    experience_id: str
    name: str
    stage: str | None
    persons: FirstTimes
    """Those who told of it, with when they first did."""
    undated: frozenset[str] = frozenset()
    """Those who told of it at a time nobody knows."""

    @property
    def everyone(self) -> frozenset[str]:
        """All who told of it."""
        return frozenset(self.persons) | self.undated


@dataclass(frozen=True, slots=True)
class Speakers:
    """All who said something."""

    persons: FirstTimes
    """With when they first did."""
    undated: frozenset[str] = frozenset()
    """Those of whom nobody knows when."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Who had an outcome, of two groups that could be followed to the end."""

    n: int
    total: int
    other_n: int
    other_total: int
    adjusted: Adjusted | None
    delays_s: NDArray[np.float64]
    """Seconds to the outcome, of those of the first group who had it."""


@dataclass(frozen=True, slots=True)
class Told:
    """Two groups from their words on: those who told of an experience, and those who told of other things."""

    landmarks: Landmarks
    followed: Landmarks
    """Those of them whom the data follows to the end of the window."""

    @classmethod
    def of(cls, experience: Experience, speakers: Speakers, follow_up: FollowUp) -> "Told":
        """Return both groups, as far as they have events and a date."""
        voiced = experience.everyone
        others = {person: at for person, at in speakers.persons.items() if person not in voiced}
        landmarks = follow_up.told(experience.persons, others)
        return cls(landmarks, landmarks.where(follow_up.is_complete(landmarks)))

    @property
    def is_enough(self) -> bool:
        """Whether both groups are large enough to be compared."""
        return is_enough(self.followed)


def is_enough(followed: Landmarks) -> bool:
    """Tell whether both groups are large enough to be compared."""
    return min(followed.count(exposed=True), followed.count(exposed=False)) >= MIN_LINKED


def compare(outcome: str, followed: Landmarks, follow_up: FollowUp) -> Compared:
    """Count who had an outcome in both groups, as they are and within strata of like persons."""
    delay = follow_up.delay_s(outcome, followed)
    had_it, exposed = np.isfinite(delay), followed.exposed
    return Compared(
        n=int(np.count_nonzero(had_it & exposed)),
        total=int(np.count_nonzero(exposed)),
        other_n=int(np.count_nonzero(had_it & ~exposed)),
        other_total=int(np.count_nonzero(~exposed)),
        adjusted=adjusted_effect(follow_up.strata(outcome, followed), exposed, had_it),
        delays_s=delay[had_it & exposed],
    )


def behaviour_of(
    experience: Experience, speakers: Speakers, follow_up: FollowUp, *, population: str
) -> tuple[Behaviour, ...]:
    """Return what those who told of an experience did afterwards, beside those who did not, one an outcome.

    Args:
        experience: Whom to follow from when on.
        speakers: All who said something, with when they first did.
        follow_up: The same persons' events.
        population: Who they are, as a sentence part.
    """
    told = Told.of(experience, speakers, follow_up)
    if not told.is_enough:
        return ()
    groups = _groups(experience, speakers, told, follow_up)
    return tuple(
        _behaviour(
            outcome, compare(outcome, told.followed, follow_up), groups, population, follow_up.within_text()
        )
        for outcome in follow_up.outcomes
    )


def linkage_of(experience: Experience, speakers: Speakers, follow_up: FollowUp) -> Linkage:
    """Return how many of those who told of an experience have events too, and why nothing follows where it does not."""
    told = Told.of(experience, speakers, follow_up)
    voiced, _ = _groups(experience, speakers, told, follow_up)
    within = follow_up.within_text()
    reason = None
    if not told.is_enough:
        reason = f"fewer than {MIN_LINKED} of those who voice it, or of the others, can be followed {within}"
    elif not follow_up.outcomes:
        reason = "no event name means an outcome"
    return Linkage(
        n_voiced=voiced.linked + voiced.unlinked,
        n_linked=voiced.linked,
        n_unlinked=voiced.unlinked,
        n_undated=voiced.undated,
        n_cut_off=voiced.cut_off,
        within=within,
        reason=reason,
    )


def effect_of(adjusted: Adjusted | None) -> AdjustedEffect | None:
    """Return an adjusted effect as it is published; None where nobody was in a comparable state."""
    if adjusted is None:
        return None
    difference = adjusted.risk_difference
    odds, odds_low, odds_high = _bounds(adjusted.odds_ratio)
    risk, risk_low, risk_high = _bounds(adjusted.risk_ratio)
    needed = e_values(adjusted.risk_ratio)
    followed = adjusted.n_exposed + adjusted.exposed_left_out
    return AdjustedEffect(
        risk_difference=difference.value,
        low=difference.value if difference.low is None else difference.low,
        high=difference.value if difference.high is None else difference.high,
        odds_ratio=odds,
        odds_low=odds_low,
        odds_high=odds_high,
        risk_ratio=risk,
        risk_low=risk_low,
        risk_high=risk_high,
        e_value=None if needed is None else needed[0],
        e_value_limit=None if needed is None else needed[1],
        n_exposed=adjusted.n_exposed,
        n_compared=adjusted.n_compared,
        n_left_out=adjusted.n_left_out,
        share_left_out=adjusted.exposed_left_out / followed,
    )


def _bounds(estimate: Estimate | None) -> tuple[float | None, float | None, float | None]:
    return (None, None, None) if estimate is None else (estimate.value, estimate.low, estimate.high)


@dataclass(frozen=True, slots=True)
class _Group:
    """Persons of one group, and those of them who have no place in the fourfold table."""

    linked: int
    unlinked: int
    undated: int
    """Of the linked."""
    cut_off: int
    """Of the linked."""


def _groups(
    experience: Experience, speakers: Speakers, told: Told, follow_up: FollowUp
) -> tuple[_Group, _Group]:
    """Return those who voice it and the others."""
    voiced = experience.everyone
    others = (frozenset(speakers.persons) | speakers.undated) - voiced
    found = [
        _Group(
            linked=len(persons & follow_up.linked),
            unlinked=len(persons - follow_up.linked),
            undated=len(undated & follow_up.linked),
            cut_off=told.landmarks.count(exposed=exposed) - told.followed.count(exposed=exposed),
        )
        for persons, undated, exposed in (
            (voiced, experience.undated, True),
            (others, speakers.undated - voiced, False),
        )
    ]
    return found[0], found[1]


def _behaviour(
    outcome: str, found: Compared, groups: tuple[_Group, _Group], population: str, within: str
) -> Behaviour:
    value, low, high = _bounds(odds_ratio(found.n, found.total, found.other_n, found.other_total))
    voiced, others = groups
    return Behaviour(
        outcome=outcome,
        with_pain=quantity(found.n, found.total, f"{population} who voice it and have events, {within}"),
        without_pain=quantity(
            found.other_n, found.other_total, f"{population} who do not voice it and have events, {within}"
        ),
        odds_ratio=value,
        low=low,
        high=high,
        linked=voiced.linked,
        unlinked=voiced.unlinked,
        overlap=Overlap(
            voiced=_row(found.n, found.total, voiced),
            not_voiced=_row(found.other_n, found.other_total, others),
        ),
        adjusted=effect_of(found.adjusted),
    )


def _row(n: int, total: int, group: _Group) -> OverlapRow:
    return OverlapRow(
        n_with=n,
        n_without=total - n,
        n_cut_off=group.cut_off,
        n_unlinked=group.unlinked,
        n_undated=group.undated,
    )
