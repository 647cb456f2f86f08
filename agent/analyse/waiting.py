"""How long customers stay in a stage, how many leave it for good, and which transitions became slower or faster.

Customers who are still in a stage when the data ends are censored: they count for as long as they were seen, and are no
drop-offs.
"""

# SciPy ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from agent.analyse.statistics import CONFIDENCE, Interval, benjamini_hochberg, quantity, wilson
from agent.analyse.trends import MIN_TREND_PERSONS, SIGNIFICANT
from agent.events import flow, waiting
from agent.events.counted import Level
from agent.events.journeys import Journeys, quiet_of
from agent.events.waiting import BINS_PER_E, Spell
from agent.schemas.base import Frozen
from agent.schemas.evidence import Quantity

_Z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
_MOST_POINTS = 200
_MOST_UNRESOLVED = 0.5
_LONGEST_PART = 4
"""Moves are followed for up to this part of the window when its halves are compared."""

Floats = NDArray[np.float64]


class TimeEstimate(Frozen):
    """A quantile of time with its interval; None where it lies beyond what was seen."""

    value_s: float | None
    low_s: float | None
    high_s: float | None


class CurvePoint(Frozen):
    """The share still in the stage after a time."""

    seconds: float
    share: float
    low: float
    high: float


class DropOff(Frozen):
    """Customers who reached a stage, never went on to a later one and are gone."""

    reached: int
    went_on: int
    left: int
    still_there: int
    """Have not gone on yet and were active lately: censored."""
    share: float | None
    """Of those who reach it, that leave; None where too few have had the time to show it."""
    low: float | None
    high: float | None
    method: Literal["wilson-95", "aalen-johansen-95"]
    unresolved: float
    """Share for whom the data ends too soon to tell."""


class StageTime(Frozen):
    """How long customers stay in a stage, and what becomes of them."""

    stage: str
    n: int
    """Customers who were in it; each counts by their first visit."""
    n_moved: int
    """Were seen to enter another stage, earlier or later."""
    n_censored: int
    q25: TimeEstimate
    median: TimeEstimate
    q75: TimeEstimate
    curve: tuple[CurvePoint, ...]
    drop_off: DropOff | None
    """None for the last stage, after which there is nothing to go on to."""
    skipped: Quantity | None
    """Of the customers who reached a later stage, those who were never in this one; None for the last stage."""


class Pace(Frozen):
    """How a transition's waiting time changed from the earlier half of the data to the later one."""

    source: str = Field(serialization_alias="from")
    target: str = Field(serialization_alias="to")
    verdict: Literal["stalled", "accelerated", "not proven", "cannot tell"]
    before: int
    """Customers in the earlier half; each counts by their first such move."""
    after: int
    median_before_s: float | None
    median_after_s: float | None
    ratio: float | None
    """Median of how many times longer a later wait is than an earlier one."""
    low: float | None
    high: float | None
    p_value: float | None
    """Adjusted over all transitions tested (Benjamini-Hochberg)."""
    needed: int | None = None
    """Where it cannot be told: customers a half below which nothing is tested."""


def stage_times_of(journeys: Journeys) -> tuple[StageTime, ...]:
    """Return how long the persons of a scope stay in each stage, in the order of the stages."""
    steps, scope = journeys.steps, journeys.scope
    quiet = quiet_of(steps)
    stays = waiting.stays_of(steps, as_of=scope.as_of)
    skips = {skip.stage: skip for skip in flow.skips_of(steps, scope.stages)}
    found: list[StageTime] = []
    for rank, stage in enumerate(scope.stages):
        skip = skips.get(stage)
        if skip is None:
            found.append(_stage_time(stage, stays.get(stage, []), None, None))
            continue
        fates = waiting.fates_of(steps, stage, rank, as_of=scope.as_of, quiet=quiet)
        skipped = quantity(skip.skipped, skip.later, f"customers who reached a stage after {stage!r}")
        found.append(_stage_time(stage, stays.get(stage, []), drop_off_of(fates), skipped))
    return tuple(found)


def _stage_time(
    stage: str, stays: Sequence[Spell], drop_off: DropOff | None, skipped: Quantity | None
) -> StageTime:
    curve = survival_of(stays)
    n, n_moved = sum(spell.n for spell in stays), sum(spell.n for spell in stays if spell.went)
    return StageTime(
        stage=stage,
        n=n,
        n_moved=n_moved,
        n_censored=n - n_moved,
        q25=quantile_of(curve, 0.25),
        median=quantile_of(curve, 0.5),
        q75=quantile_of(curve, 0.75),
        curve=_thinned(curve),
        drop_off=drop_off,
        skipped=skipped,
    )


def survival_of(stays: Sequence[Spell]) -> tuple[CurvePoint, ...]:
    """Return the share still in a stage after each time at which somebody moved.

    Source:
        Kaplan and Meier (1958), J. Am. Stat. Assoc. 53, 457-481; interval on the scale of log(-log) with Greenwood's variance,
        Kalbfleisch and Prentice (2002), 1.4.
    """
    times, moved, at_risk = _counted(stays, [spell.went for spell in stays])
    if not len(times):
        return ()
    share = np.cumprod(1 - moved / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(moved / (at_risk * (at_risk - moved)))
        half = _Z * np.sqrt(greenwood) / np.abs(np.log(share))
        low, high = share ** np.exp(half), share ** np.exp(-half)
    points: list[CurvePoint] = []
    for k, time in enumerate(times):
        # Where nobody is left, nothing tells how sure that is; the bound before it still holds.
        bounds = (low[k], high[k]) if share[k] > 0 else (0.0, points[-1].high if points else 1.0)
        points.append(
            CurvePoint(
                seconds=float(time), share=float(share[k]), low=float(bounds[0]), high=float(bounds[1])
            )
        )
    return tuple(points)


def quantile_of(curve: Sequence[CurvePoint], part: float) -> TimeEstimate:
    """Return the time after which a part of the persons has moved on.

    Source:
        Brookmeyer and Crowley (1982), Biometrics 38, 29-41.
    """

    def first(values: Sequence[float]) -> float | None:
        found = (point.seconds for point, value in zip(curve, values, strict=True) if value <= 1 - part)
        return next(found, None)

    return TimeEstimate(
        value_s=first([point.share for point in curve]),
        low_s=first([point.low for point in curve]),
        high_s=first([point.high for point in curve]),
    )


def drop_off_of(fates: Sequence[Spell]) -> DropOff:
    """Return the share that leaves a stage for good, going on being the other way out of it.

    Leaving and going on compete; who is still there is censored at the end of the data. Where nobody is, this is the plain
    share with Wilson's interval.

    Source:
        Aalen and Johansen (1978), Scand. J. Statist. 5, 141-150; variance by the delta method, Marubini and Valsecchi (1995),
        and interval on the scale of the logit.
    """
    reached = sum(spell.n for spell in fates)
    went = sum(spell.n for spell in fates if spell.went)
    left = sum(spell.n for spell in fates if spell.left)
    still = reached - went - left
    share, variance, unresolved = _incidence(fates)
    bounds = None
    if reached and unresolved <= _MOST_UNRESOLVED:
        known = went + left
        bounds = wilson(left, known) if not still or left in (0, known) else _logit_bounds(share, variance)
    return DropOff(
        reached=reached,
        went_on=went,
        left=left,
        still_there=still,
        share=None if bounds is None else share,
        low=None if bounds is None else bounds.low,
        high=None if bounds is None else bounds.high,
        method="aalen-johansen-95" if still else "wilson-95",
        unresolved=unresolved,
    )


def _incidence(fates: Sequence[Spell]) -> tuple[float, float, float]:
    """Return the share that has left in the end, its variance, and the share of which nothing is known."""
    times, out, at_risk = _counted(fates, [spell.went or spell.left for spell in fates])
    if not len(times):
        return 0.0, 0.0, 1.0
    left = _at(times, fates, [spell.left for spell in fates])
    alive = np.cumprod(1 - out / at_risk)
    before = np.concatenate([[1.0], alive[:-1]])
    gone = np.cumsum(before * left / at_risk)
    to_come = gone[-1] - gone
    remaining = np.where(at_risk > out, at_risk - out, 1)
    terms = np.where(to_come > 0, to_come**2 * out / (at_risk * remaining), 0.0)
    terms += before**2 * (at_risk - left) * left / at_risk**3 - 2 * to_come * before * left / at_risk**2
    return float(gone[-1]), float(max(terms.sum(), 0.0)), float(alive[-1])


def _logit_bounds(share: float, variance: float) -> Interval:
    centre = math.log(share / (1 - share))
    half = _Z * math.sqrt(variance) / (share * (1 - share))
    return Interval(1 / (1 + math.exp(half - centre)), 1 / (1 + math.exp(-half - centre)))


def _counted(spells: Sequence[Spell], ended: Sequence[bool]) -> tuple[Floats, Floats, Floats]:
    """Return the times at which something ended, how often it did, and how many were still there just before."""
    seconds = np.array([spell.seconds for spell in spells], dtype=np.float64)
    n = np.array([spell.n for spell in spells], dtype=np.float64)
    times = np.unique(seconds[np.array(ended, dtype=bool)]) if len(spells) else seconds
    order = np.argsort(seconds, kind="stable")
    gone_before = np.concatenate([[0.0], np.cumsum(n[order])])
    at_risk = n.sum() - gone_before[np.searchsorted(seconds[order], times, side="left")]
    return times, _at(times, spells, ended), at_risk


def _at(times: Floats, spells: Sequence[Spell], ended: Sequence[bool]) -> Floats:
    """Return how many ended in one way at each of some times."""
    place = {float(time): k for k, time in enumerate(times)}
    found = np.zeros(len(times))
    for spell, has_ended in zip(spells, ended, strict=True):
        if has_ended:
            found[place[float(spell.seconds)]] += spell.n
    return found


def _thinned(curve: Sequence[CurvePoint]) -> tuple[CurvePoint, ...]:
    """Return as many points as a picture can show, the last one among them."""
    step = max(1, math.ceil(len(curve) / _MOST_POINTS))
    kept = list(curve[::step])
    return tuple(kept if not curve or kept[-1] == curve[-1] else [*kept, curve[-1]])


def paces_of(journeys: Journeys, level: Level) -> tuple[Pace, ...]:
    """Return which transitions take longer or shorter in the later half of the data, tested together.

    Both halves are followed for as long, and each person counts by their first move of a kind. The test is Mann and Whitney's
    over waits in bins of an eighth, and the ratio with its interval is the one that goes with it.
    """
    window = flow.window_of(journeys.steps)
    if window is None:
        return ()
    start, end = window
    longest = timedelta(seconds=int((end - start).total_seconds() / _LONGEST_PART))
    middle = start + (end - longest - start) / 2
    walk = flow.walk_of(journeys.steps, level)
    binned = waiting.binned_waits(walk, middle=middle, until=end, longest=longest)
    tested = {move: halves for move, halves in binned.items() if _least(halves) >= MIN_TREND_PERSONS}
    p_values = benjamini_hochberg([_mann_whitney(*halves) for halves in tested.values()])
    adjusted = dict(zip(tested, p_values.tolist(), strict=True))
    paces = [_pace(move, halves, adjusted.get(move)) for move, halves in binned.items()]
    return tuple(sorted(paces, key=_pace_order))


def _pace_order(pace: Pace) -> tuple[float, str, str]:
    return (2.0 if pace.p_value is None else pace.p_value, pace.source, pace.target)


def _least(halves: tuple[Mapping[int, int], Mapping[int, int]]) -> int:
    return min(sum(half.values()) for half in halves)


def _pace(
    move: tuple[str, str], halves: tuple[Mapping[int, int], Mapping[int, int]], p_value: float | None
) -> Pace:
    before, after = halves
    n_before, n_after = sum(before.values()), sum(after.values())
    if p_value is None:
        return Pace(
            source=move[0], target=move[1], verdict="cannot tell", before=n_before, after=n_after, p_value=None,
            median_before_s=None, median_after_s=None, ratio=None, low=None, high=None, needed=MIN_TREND_PERSONS,
        )  # fmt: skip
    shift, low, high = _shift(before, after)
    proven = p_value < SIGNIFICANT
    direction = "stalled" if shift > 0 else "accelerated"
    return Pace(
        source=move[0],
        target=move[1],
        verdict=direction if proven and shift else "not proven",
        before=n_before,
        after=n_after,
        median_before_s=_median_s(before),
        median_after_s=_median_s(after),
        ratio=math.exp(shift / BINS_PER_E),
        low=math.exp(low / BINS_PER_E),
        high=math.exp(high / BINS_PER_E),
        p_value=p_value,
    )


def _median_s(counts: Mapping[int, int]) -> float:
    bins = sorted(counts)
    cumulative = np.cumsum([counts[key] for key in bins])
    middle = bins[int(np.searchsorted(cumulative, cumulative[-1] / 2, side="left"))]
    return math.expm1((middle + 0.5) / BINS_PER_E)


def _shift(before: Mapping[int, int], after: Mapping[int, int]) -> tuple[float, float, float]:
    """Return by how many bins the later values lie above the earlier, with the interval that goes with the test.

    Source:
        Hodges and Lehmann (1963), Ann. Math. Statist. 34, 598-611; interval after Moses, as in Hollander and Wolfe (1999), 4.3.
    """
    pairs: dict[int, int] = defaultdict(int)
    for old, n_old in before.items():
        for new, n_new in after.items():
            pairs[new - old] += n_old * n_new
    shifts = np.array(sorted(pairs), dtype=np.float64)
    weights = np.array([pairs[int(shift)] for shift in shifts], dtype=np.float64)
    n_old, n_new = sum(before.values()), sum(after.values())
    half = _Z * math.sqrt(n_old * n_new * (n_old + n_new + 1) / 12)
    # A difference of bins stands for all those less than half a bin from it.
    edges = np.concatenate([[shifts[0] - 0.5], shifts + 0.5])
    cumulative = np.concatenate([[0.0], np.cumsum(weights)])
    total = cumulative[-1]
    low, middle, high = np.interp([total / 2 - half, total / 2, total / 2 + half], cumulative, edges)
    return float(middle), float(low), float(high)


def _mann_whitney(before: Mapping[int, int], after: Mapping[int, int]) -> float:
    """Return the two-sided p-value that binned values of two groups are alike, with the correction for ties."""
    bins = sorted(before.keys() | after.keys())
    old = np.array([before.get(key, 0) for key in bins], dtype=np.float64)
    new = np.array([after.get(key, 0) for key in bins], dtype=np.float64)
    n_old, n_new, ties = old.sum(), new.sum(), old + new
    total = n_old + n_new
    rank = np.cumsum(ties) - ties / 2 + 0.5
    u = float(new @ rank) - n_new * (n_new + 1) / 2
    spread = n_old * n_new / 12 * (total + 1 - float((ties**3 - ties).sum()) / (total * (total - 1)))
    if spread <= 0:
        return 1.0
    return math.erfc(abs(u - n_old * n_new / 2) / math.sqrt(2 * spread))
