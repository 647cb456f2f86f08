"""Puts two periods or two groups of customers side by side: what differs, what does not, and what cannot be told.

Everything that is compared is tested together, so that looking at many shares finds none by chance alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from agent.analyse.restricted_means import (
    RestrictedMean,
    horizon_of,
    mean_difference,
    persons_for,
    restricted_mean,
)
from agent.analyse.statistics import (
    Estimate,
    benjamini_hochberg,
    persons_needed,
    quantity,
    risk_difference,
    two_proportion_test,
)
from agent.analyse.trends import MIN_TREND_PERSONS, SIGNIFICANT, WORTH_FINDING
from agent.errors import InputError
from agent.events import flow
from agent.events.counted import Level
from agent.events.funnels import FunnelPlan, count_funnel
from agent.events.journeys import Journeys, quiet_of
from agent.events.retention import count_retention
from agent.events.slices import Slice, periods_around
from agent.events.waiting import Spell, fates_of, stays_of
from agent.figures import day_text
from agent.schemas.base import Frozen
from agent.schemas.evidence import Quantity

Kind = Literal["transition", "drop-off", "skip", "funnel step", "retention", "topic"]
Verdict = Literal["changed", "not proven", "cannot tell"]


class Difference(Frozen):
    """A share in two slices."""

    kind: Kind
    name: str
    verdict: Verdict
    """`not proven`: there were customers enough to find a change of eight points; `cannot tell`: there were not."""
    before: Quantity
    after: Quantity
    difference: float | None
    """After minus before, as a share; None where one side has nobody."""
    low: float | None
    high: float | None
    p_value: float | None
    """Adjusted over everything tested (Benjamini-Hochberg); None where fewer than twenty customers were on a side."""
    needed: int | None
    """Where it cannot be told: customers on each side with whom a change of eight points would be found with a power of 0.8."""


class TimeDifference(Frozen):
    """The time in a stage in two slices, until another stage is entered; who is still there is censored."""

    kind: Literal["time in stage"] = "time in stage"
    name: str
    verdict: Verdict
    """As of a share; a change worth finding is eight hundredths of the horizon."""
    horizon_s: float | None
    """Nobody is counted for longer: until then it is known of twenty customers of each side whether they are still there."""
    n_before: int
    n_after: int
    before_s: float | None
    """Mean seconds up to the horizon; None where fewer than twenty customers were on a side."""
    after_s: float | None
    difference_s: float | None
    """After minus before."""
    low_s: float | None
    high_s: float | None
    p_value: float | None
    """Adjusted over everything tested (Benjamini-Hochberg)."""
    needed: int | None
    """Where it cannot be told: customers on each side with whom such a change would be found with a power of 0.8."""


class Comparison(Frozen):
    """Two slices side by side."""

    before: str
    after: str
    between: Literal["period", "group"]
    """What is compared: a period with another, or a group of customers with another; groups have no before and after."""
    n_unknown: int = 0
    """Customers on neither side, because it is not known to which they belong."""
    n_tested: int
    differences: tuple[Difference, ...]
    """Proven ones first, by size; then the others."""
    times: tuple[TimeDifference, ...] = ()
    """Of the stages, in their order; tested together with the shares."""


@dataclass(frozen=True, slots=True)
class _Stay:
    """The time in a stage on both sides; a mean is None where too few were in it."""

    stage: str
    n: tuple[int, int]
    horizon_s: float | None
    means: tuple[RestrictedMean, RestrictedMean] | None


@dataclass(frozen=True, slots=True)
class _Pair:
    kind: Kind
    name: str
    before: Quantity
    after: Quantity

    @property
    def is_tested(self) -> bool:
        return min(self.before.total, self.after.total) >= MIN_TREND_PERSONS


def split_at(journeys: Journeys, at: datetime) -> tuple[Slice, Slice]:
    """Return the two equally long periods around a time.

    Raises:
        InputError: There is no event on one side.
    """
    found = periods_around(journeys, at)
    if found is None:
        window = flow.window_of(journeys.steps)
        seen = "there are no events"
        if window is not None:
            seen = f"events are from {day_text(window[0])} to {day_text(window[1])}"
        msg = f"nothing can be compared around {day_text(at)}: {seen}"
        raise InputError(msg, hint="Choose a day between the first and the last event.")
    return found


def compare_paths(before: Slice, after: Slice, level: Level) -> Comparison:
    """Compare transitions at a level, and drop-off and skips by stage."""
    pairs = [*_moves(before, after, level), *_drop_offs(before, after), *_skips(before, after)]
    return _compared(before, after, pairs)


def compare_funnels(before: Slice, after: Slice, plan: FunnelPlan) -> Comparison:
    """Compare how many got from step to step of a funnel, and through all of it."""
    counts = [count_funnel(side.steps, plan, as_of=side.as_of) for side in (before, after)]
    pairs: list[_Pair] = []
    last = len(plan.steps) - 1
    for k in range(1, last + 1):
        name = f"{plan.steps[k - 1].value} → {plan.steps[k].value}"
        who = f"customers who got to {plan.steps[k - 1].value!r}"
        pairs.append(_pair("funnel step", name, who, [(c[k].reached, c[k - 1].reached) for c in counts]))
    if last > 1:
        who = f"customers who took {plan.steps[0].value!r}"
        pairs.append(
            _pair("funnel step", "whole funnel", who, [(c[last].reached, c[0].reached) for c in counts])
        )
    return _compared(before, after, pairs)


def compare_retention(
    before: Slice, after: Slice, *, period: timedelta, unit: str, since: str | None = None
) -> Comparison:
    """Compare how many were active in each period after their beginning that is over for customers of both sides.

    Args:
        before: One side.
        after: The other side.
        period: Length of a period.
        unit: What a period is called.
        since: Event that a customer's time runs from; their first one where None.
    """
    counts = [
        count_retention(side.steps, period=period, as_of=side.as_of, since=since) for side in (before, after)
    ]
    pairs = [
        _pair(
            "retention",
            f"{unit} {first.period}",
            f"customers for whom the {unit} is over",
            [(first.active, first.persons), (then.active, then.persons)],
        )
        for first, then in zip(*counts, strict=False)
        if first.period > 0 and min(first.persons, then.persons) >= MIN_TREND_PERSONS
    ]
    return _compared(before, after, pairs)


def compare_stages(before: Slice, after: Slice) -> Comparison:
    """Compare the time in each stage, and drop-off and skips by stage."""
    stays = [stays_of(side.steps, as_of=side.as_of) for side in (before, after)]
    times = [_stay(stage, *(side.get(stage, []) for side in stays)) for stage in before.stages]
    pairs = [*_drop_offs(before, after), *_skips(before, after)]
    return _compared(before, after, pairs, times)


def compare_topics(
    topics: Mapping[str, tuple[Quantity, Quantity]],
    *,
    names: tuple[str, str],
    between: Literal["period", "group"],
) -> Comparison:
    """Compare which share of those who said something spoke of each topic.

    Args:
        topics: Name of a topic to who spoke of it on both sides.
        names: Who the sides are, as sentence parts.
        between: What the sides are.
    """
    pairs = [_Pair("topic", name, *sides) for name, sides in topics.items()]
    tested = [pair for pair in pairs if pair.is_tested]
    p_values = benjamini_hochberg(
        [two_proportion_test(one.after.n, one.after.total, one.before.n, one.before.total) for one in tested]
    ).tolist()
    adjusted: Mapping[str, float] = {pair.name: p for pair, p in zip(tested, p_values, strict=True)}
    made = [_difference(pair, adjusted.get(pair.name), n_tests=max(len(tested), 1)) for pair in pairs]
    return Comparison(
        before=names[0],
        after=names[1],
        between=between,
        n_tested=len(tested),
        differences=tuple(sorted(made, key=_order)),
    )


def _stay(stage: str, before: Sequence[Spell], after: Sequence[Spell]) -> _Stay:
    n = (sum(spell.n for spell in before), sum(spell.n for spell in after))
    horizon = horizon_of(before, after, least=MIN_TREND_PERSONS)
    if horizon is None:
        return _Stay(stage, n, None, None)
    return _Stay(stage, n, horizon, (restricted_mean(before, horizon), restricted_mean(after, horizon)))


def _pair(kind: Kind, name: str, who: str, counts: Sequence[tuple[int, int]]) -> _Pair:
    first, then = (quantity(n, total, who) for n, total in counts)
    return _Pair(kind, name, first, then)


def _moves(before: Slice, after: Slice, level: Level) -> list[_Pair]:
    moves = [flow.moves_of(flow.walk_of(side.steps, level)) for side in (before, after)]
    persons = [{(move.source, move.target): move.persons for move in side} for side in moves]
    leaving = [{move.source: move.leaving for move in side} for side in moves]
    return [
        _pair(
            "transition",
            f"{source} → {target}",
            f"customers after whose {source!r} something followed",
            [(n.get((source, target), 0), of.get(source, 0)) for n, of in zip(persons, leaving, strict=True)],
        )
        for source, target in sorted(persons[0].keys() | persons[1].keys())
    ]


def _drop_offs(before: Slice, after: Slice) -> list[_Pair]:
    quiet = max(quiet_of(side.steps) for side in (before, after))
    return [
        _pair(
            "drop-off",
            stage,
            f"customers who reached {stage!r} and are not still active there",
            [_known_fates(side, stage, rank, quiet) for side in (before, after)],
        )
        for rank, stage in enumerate(before.stages[:-1])
    ]


def _known_fates(side: Slice, stage: str, rank: int, quiet: timedelta) -> tuple[int, int]:
    fates = fates_of(side.steps, stage, rank, as_of=side.as_of, quiet=quiet)
    left = sum(fate.n for fate in fates if fate.left)
    return left, left + sum(fate.n for fate in fates if fate.went)


def _skips(before: Slice, after: Slice) -> list[_Pair]:
    skips = [flow.skips_of(side.steps, side.stages) for side in (before, after)]
    return [
        _pair(
            "skip",
            first.stage,
            f"customers who reached a stage after {first.stage!r}",
            [(first.skipped, first.later), (then.skipped, then.later)],
        )
        for first, then in zip(*skips, strict=True)
    ]


def _compared(before: Slice, after: Slice, pairs: Sequence[_Pair], stays: Sequence[_Stay] = ()) -> Comparison:
    tested = [pair for pair in pairs if pair.is_tested]
    p_values = [
        two_proportion_test(pair.after.n, pair.after.total, pair.before.n, pair.before.total)
        for pair in tested
    ]
    timed = [(stay.stage, *mean_difference(stay.means[1], stay.means[0])) for stay in stays if stay.means]
    together = benjamini_hochberg([*p_values, *(p for _, _, p in timed)]).tolist()
    adjusted: Mapping[tuple[str, str], float] = {
        (pair.kind, pair.name): p for pair, p in zip(tested, together[: len(tested)], strict=True)
    }
    shifts: Mapping[str, tuple[Estimate, float]] = {
        stage: (shift, p) for (stage, shift, _), p in zip(timed, together[len(tested) :], strict=True)
    }
    n_tests = max(len(together), 1)
    made = [_difference(pair, adjusted.get((pair.kind, pair.name)), n_tests=n_tests) for pair in pairs]
    return Comparison(
        before=before.name,
        after=after.name,
        between=before.kind,
        n_unknown=before.n_unknown + after.n_unknown,
        n_tested=len(together),
        differences=tuple(sorted(made, key=_order)),
        times=tuple(_time_difference(stay, shifts.get(stay.stage), n_tests=n_tests) for stay in stays),
    )


def _time_difference(stay: _Stay, found: tuple[Estimate, float] | None, *, n_tests: int) -> TimeDifference:
    if found is None or stay.means is None or stay.horizon_s is None:
        return TimeDifference(
            name=stay.stage, verdict="cannot tell", horizon_s=None, n_before=stay.n[0], n_after=stay.n[1],
            before_s=None, after_s=None, difference_s=None, low_s=None, high_s=None, p_value=None,
            needed=MIN_TREND_PERSONS,
        )  # fmt: skip
    shift, p_value = found
    needed = persons_for(*stay.means, WORTH_FINDING * stay.horizon_s, level=SIGNIFICANT / n_tests)
    verdict: Verdict = "not proven" if min(stay.n) >= needed else "cannot tell"
    if p_value < SIGNIFICANT:
        verdict = "changed"
    return TimeDifference(
        name=stay.stage,
        verdict=verdict,
        horizon_s=stay.horizon_s,
        n_before=stay.n[0],
        n_after=stay.n[1],
        before_s=stay.means[0].seconds,
        after_s=stay.means[1].seconds,
        difference_s=shift.value,
        low_s=shift.low,
        high_s=shift.high,
        p_value=p_value,
        needed=needed if verdict == "cannot tell" else None,
    )


def _difference(pair: _Pair, p_value: float | None, *, n_tests: int) -> Difference:
    before, after = pair.before, pair.after
    estimate = None
    if before.total and after.total:
        estimate = risk_difference(after.n, after.total, before.n, before.total)
    total = before.total + after.total
    share = (before.n + after.n) / total if total else 0.0
    needed = persons_needed(share, WORTH_FINDING, n_places=2, n_tests=n_tests, level=SIGNIFICANT)
    if p_value is not None and p_value < SIGNIFICANT:
        verdict = "changed"
    else:
        enough = p_value is not None and min(before.total, after.total) >= needed
        verdict = "not proven" if enough else "cannot tell"
    return Difference(
        kind=pair.kind,
        name=pair.name,
        verdict=verdict,
        before=before,
        after=after,
        difference=None if estimate is None else estimate.value,
        low=None if estimate is None else estimate.low,
        high=None if estimate is None else estimate.high,
        p_value=p_value,
        needed=needed if verdict == "cannot tell" else None,
    )


def _order(difference: Difference) -> tuple[bool, float, str]:
    size = abs(difference.difference or 0.0) if difference.verdict == "changed" else 0.0
    return difference.verdict != "changed", -size, difference.kind
