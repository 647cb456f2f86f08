"""Tells whether what customers say about a pain point and what they do went the same way.

Fewer complaints are good news only where fewer leave: both are compared between the two halves of the time, each with its
own test, and a disagreement is called one only where both changes are proven.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from agent.analyse.behaviour import Experience, Speakers, Told, linkage_of
from agent.analyse.landmarks import LEAVING, FollowUp
from agent.analyse.statistics import (
    benjamini_hochberg,
    persons_needed,
    quantity,
    risk_difference,
    two_proportion_test,
)
from agent.analyse.trends import MIN_TREND_PERSONS, SIGNIFICANT, WORTH_FINDING, Period, compare_periods
from agent.events.experiences import milliseconds_of
from agent.schemas.insight import Agreement, Change, ExitChange, Linkage

_FLAT = 0.5

Words = Mapping[str, Sequence[datetime]]
"""Person to the times at which they said something, or said one thing."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A pain point's words, and the experience they tell of."""

    experience: Experience
    said: Words


@dataclass(frozen=True, slots=True)
class _Exit:
    """Who left, before and after the middle of the time."""

    measure: str
    of: str
    population: str
    is_after: NDArray[np.bool_]
    left: NDArray[np.bool_]

    def counts(self, *, after: bool) -> tuple[int, int]:
        """Return who left and how many there were."""
        there = self.is_after == after
        return int(np.count_nonzero(self.left & there)), int(np.count_nonzero(there))

    @property
    def is_enough(self) -> bool:
        return min(self.counts(after=False)[1], self.counts(after=True)[1]) >= MIN_TREND_PERSONS

    @property
    def p_value(self) -> float:
        return two_proportion_test(*self.counts(after=True), *self.counts(after=False))


def linkages_of(
    joined: Sequence[Joined], spoken: Words, speakers: Speakers, follow_up: FollowUp, *, population: str
) -> list[Linkage]:
    """Return for each pain point who has events too, and whether words and deeds agree; tested together.

    Args:
        joined: The pain points.
        spoken: When everyone said anything.
        speakers: All who said something.
        follow_up: The same persons' events.
        population: Who the speakers are, as a sentence part.
    """
    linkages = [linkage_of(one.experience, speakers, follow_up) for one in joined]
    middle = _middle(spoken)
    if middle is None:
        return [linkage.model_copy(update={"agreement": _agreement(None, None, ())}) for linkage in linkages]
    said = _said(joined, spoken, middle, population)
    exits = [list(_exits(one.experience, speakers, follow_up, middle)) for one in joined]
    tested = [exit_ for found in exits for exit_ in found if exit_.is_enough]
    p_values = iter(benjamini_hochberg([exit_.p_value for exit_ in tested]).tolist())
    changes = [
        tuple(
            _exit_change(exit_, next(p_values) if exit_.is_enough else None, len(tested)) for exit_ in found
        )
        for found in exits
    ]
    return [
        linkage.model_copy(
            update={"agreement": _agreement(middle, said[one.experience.experience_id], changed)}
        )
        for linkage, one, changed in zip(linkages, joined, changes, strict=True)
    ]


def _middle(spoken: Words) -> datetime | None:
    times = [at for said in spoken.values() for at in said]
    return min(times) + (max(times) - min(times)) / 2 if times else None


def _said(joined: Sequence[Joined], spoken: Words, middle: datetime, population: str) -> dict[str, Change]:
    def half(words: Words, *, after: bool) -> frozenset[str]:
        return frozenset(
            person for person, times in words.items() if any((at >= middle) == after for at in times)
        )

    first, second = (
        Period(
            speakers=half(spoken, after=after),
            said={one.experience.experience_id: half(one.said, after=after) for one in joined},
            population=f"{population}, of whom those who spoke in the {name} half",
        )
        for after, name in ((False, "first"), (True, "second"))
    )
    return compare_periods(first, second)


def _exits(
    experience: Experience, speakers: Speakers, follow_up: FollowUp, middle: datetime
) -> Iterator[_Exit]:
    """Yield who left, of those who voice it and of all who reached its stage."""
    told = Told.of(experience, speakers, follow_up)
    voiced = told.followed.where(told.followed.exposed)
    reached = follow_up.reached(experience.stage)
    everyone = reached.where(follow_up.is_complete(reached))
    split_ms = int(milliseconds_of([middle])[0])
    within = follow_up.within_text()
    place = f"reached {experience.stage}" if experience.stage in follow_up.stages else "have events"
    for of, landmarks, population in (
        ("voiced", voiced, f"customers with events who voice it, {within}"),
        ("all", everyone, f"customers who {place}, {within}"),
    ):
        is_after = landmarks.at >= split_ms
        if LEAVING in follow_up.outcomes:
            left = np.isfinite(follow_up.delay_s(LEAVING, landmarks))
            yield _Exit(LEAVING, of, population, is_after, left)
        yield _Exit("silence", of, population, is_after, follow_up.is_silent(landmarks))


def _exit_change(exit_: _Exit, p_value: float | None, n_tests: int) -> ExitChange:
    (n, total), (then_n, then_total) = exit_.counts(after=False), exit_.counts(after=True)
    change = Change(
        verdict="unknown",
        before=quantity(n, total, f"{exit_.population}, first half"),
        after=quantity(then_n, then_total, f"{exit_.population}, second half"),
        difference=None,
        reason=f"fewer than {MIN_TREND_PERSONS} customers in a half",
    )
    if p_value is not None:
        change = change.model_copy(update=_tested(change, p_value, n_tests))
    return ExitChange.model_validate({"measure": exit_.measure, "of": exit_.of, "change": change})


def _tested(change: Change, p_value: float, n_tests: int) -> dict[str, object]:
    first, then = change.before, change.after
    apart = risk_difference(then.n, then.total, first.n, first.total)
    share = (first.n + then.n) / (first.total + then.total)
    low, high = apart.low or 0.0, apart.high or 0.0
    if p_value < SIGNIFICANT:
        verdict = "changed"
    else:
        verdict = "unchanged" if max(-low, high) <= min(_FLAT * share, WORTH_FINDING) else "unknown"
    is_open = verdict == "unknown"
    return {
        "verdict": verdict,
        "difference": apart.value,
        "low": low,
        "high": high,
        "p_value": p_value,
        "needed": persons_needed(share, WORTH_FINDING, n_places=2, n_tests=n_tests, level=SIGNIFICANT)
        if is_open
        else None,
        "reason": "too few customers to tell a change from chance" if is_open else None,
    }


_STATEMENTS = {
    "disagree": "Words and deeds disagree: fewer customers complain of it, and more leave.",
    "disagree_reversed": "Words and deeds disagree: more customers complain of it, and fewer leave.",
    "agree": "Words and deeds agree: complaints and exits went the same way.",
    "not_shown": "Whether words and deeds agree is not shown: one of them has no proven change.",
}


def _agreement(middle: datetime | None, said: Change | None, exits: tuple[ExitChange, ...]) -> Agreement:
    spoken = _sign(said)
    # An event says that somebody left; silence is looked at where no event has changed.
    signs = _signs(exits, "leaving") or _signs(exits, "silence")
    if not spoken or not signs:
        verdict = "not_shown"
    elif -spoken in signs:
        verdict = "disagree" if spoken < 0 else "disagree_reversed"
    else:
        verdict = "agree"
    return Agreement.model_validate(
        {
            "verdict": verdict,
            "statement": _STATEMENTS[verdict],
            "split_at": middle,
            "said": said,
            "exits": exits,
        }
    )


def _signs(exits: tuple[ExitChange, ...], measure: str) -> set[int]:
    return {_sign(one.change) for one in exits if one.measure == measure} - {0}


def _sign(change: Change | None) -> int:
    if change is None or change.verdict != "changed" or change.difference is None:
        return 0
    return 1 if change.difference > 0 else -1
