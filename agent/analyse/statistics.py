"""Intervals, tests and trends over distinct persons.

Every count that enters here is a count of persons, never of messages: one person with many messages counts once.
"""

import importlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.errors import InputError
from agent.schemas.evidence import Quantity
from agent.schemas.insight import SEVERITY_WEIGHT

CONFIDENCE = 0.95
_Z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
MEMBERSHIP_ERROR = 0.3
"""Standard error of a found share of a theme, relative to the true one, beside chance; from simulated brands, where the
truth is known (suite `discovery`)."""
_MIN_EXPECTED = 5.0
_MIN_CLUSTERS = 2
_NO_SPREAD = 1e-12
POWER = 0.8
WEIGHTS = tuple(SEVERITY_WEIGHT.values())

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """Bounds of a 95 % interval."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval; both bounds are None where the data cannot bound it."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Slope:
    """Change of a share per month, as a share (0.01 is one percentage point), with its interval and test."""

    per_month: float
    low: float
    high: float
    p_value: float
    """Two-sided, not adjusted for other slopes."""
    n_persons: int
    n_months: int
    share: float
    """Mean share over all person-months."""
    design_effect: float = 1.0
    """Variance of the slope over what as many independent person-months would give; at least 1."""


def wilson(n: int, total: int) -> Interval:
    """Return the Wilson score interval of a share.

    Args:
        n: Persons counted.
        total: Persons who could have been counted; at least 1.

    Raises:
        InputError: The counts cannot be a share.

    Source:
        Wilson (1927), J. Am. Stat. Assoc. 22, 209-212; without continuity correction.
    """
    _check_share(n, total)
    if total == 0:
        msg = "a share of 0 persons has no interval, expected total >= 1"
        raise InputError(msg, hint="Use quantity(), which states an unknown share.")
    return _wilson(n / total, total)


def _wilson(share: float, total: float) -> Interval:
    scale = 1 + _Z**2 / total
    centre = (share + _Z**2 / (2 * total)) / scale
    half = _Z / scale * math.sqrt(share * (1 - share) / total + _Z**2 / (4 * total**2))
    # Rounding would leave 1e-17 where the bound is exactly 0 or 1.
    return Interval(low=0.0 if share == 0 else centre - half, high=1.0 if share == 1 else centre + half)


def quantity(n: int, total: int, population: str) -> Quantity:
    """Return a share of distinct persons with its Wilson interval; unknown where `total` is 0.

    Args:
        n: Distinct persons counted.
        total: Distinct persons who could have been counted.
        population: Who the total is, as a sentence part.

    Raises:
        InputError: The counts cannot be a share.
    """
    _check_share(n, total)
    if total == 0:
        return Quantity(n=0, total=0, share=None, low=None, high=None, population=population)
    bounds = wilson(n, total)
    return Quantity(
        n=n, total=total, share=n / total, low=bounds.low, high=bounds.high, population=population
    )


def reach_quantity(n: int, total: int, population: str) -> Quantity:
    """Return the share of persons with a theme, its interval widened by the doubt about who has it.

    Who belongs to a theme is decided by a model and not counted. Wilson's interval is taken for as many persons as would
    leave chance alone the error that chance and `MEMBERSHIP_ERROR` have together.

    Args:
        n: Distinct persons found to have the theme.
        total: Distinct persons who could have had it.
        population: Who the total is, as a sentence part.

    Raises:
        InputError: The counts cannot be a share.
    """
    plain = quantity(n, total, population)
    if plain.share is None or n in (0, total):
        return plain
    effective = total / (1 + total * MEMBERSHIP_ERROR**2 * plain.share / (1 - plain.share))
    bounds = _wilson(plain.share, effective)
    return plain.model_copy(update={"low": bounds.low, "high": bounds.high, "method": "wilson-95-membership"})


def risk_difference(n: int, total: int, other_n: int, other_total: int) -> Estimate:
    """Return the difference of two independent shares, first minus other; totals at least 1.

    Raises:
        InputError: The counts cannot be shares.

    Source:
        Newcombe (1998), Statist. Med. 17, 873-890, method 10 (hybrid score).
    """
    first, other = wilson(n, total), wilson(other_n, other_total)
    share, other_share = n / total, other_n / other_total
    difference = share - other_share
    down = math.hypot(share - first.low, other.high - other_share)
    up = math.hypot(first.high - share, other_share - other.low)
    return Estimate(difference, difference - down, difference + up)


def two_proportion_test(n: int, total: int, other_n: int, other_total: int) -> float:
    """Return the two-sided p-value that two independent shares are equal.

    Pooled z-test; Fisher's exact test where a cell would be expected to hold fewer than five persons.

    Raises:
        InputError: The counts cannot be shares.
    """
    _check_share(n, total)
    _check_share(other_n, other_total)
    if total == 0 or other_total == 0:
        return 1.0
    pooled = (n + other_n) / (total + other_total)
    if min(total, other_total) * min(pooled, 1 - pooled) < _MIN_EXPECTED:
        table = [[n, total - n], [other_n, other_total - other_n]]
        return float(_scipy("stats").fisher_exact(table)[1])
    error = math.sqrt(pooled * (1 - pooled) * (1 / total + 1 / other_total))
    return math.erfc(abs(n / total - other_n / other_total) / error / math.sqrt(2))


def odds_ratio(n: int, total: int, other_n: int, other_total: int) -> Estimate | None:
    """Return the odds ratio of an outcome, first group over other, with Woolf's interval.

    Half a person is added to all four cells where one of them is empty (Haldane and Anscombe).

    Args:
        n: Persons with the outcome in the first group.
        total: Persons in the first group.
        other_n: Persons with the outcome in the other group.
        other_total: Persons in the other group.

    Returns:
        The ratio, or None where a group is empty or nobody or everybody has the outcome.

    Raises:
        InputError: The counts cannot be shares.
    """
    _check_share(n, total)
    _check_share(other_n, other_total)
    n_outcomes = n + other_n
    if total == 0 or other_total == 0 or n_outcomes in (0, total + other_total):
        return None
    cells = np.array([n, total - n, other_n, other_total - other_n], dtype=np.float64)
    if (cells == 0).any():
        cells += 0.5
    log_ratio = float(np.log(cells[0]) - np.log(cells[1]) - np.log(cells[2]) + np.log(cells[3]))
    half = _Z * float(np.sqrt((1 / cells).sum()))
    return Estimate(
        float(np.exp(log_ratio)), float(np.exp(log_ratio - half)), float(np.exp(log_ratio + half))
    )


def benjamini_hochberg(p_values: Sequence[float] | Floats) -> Floats:
    """Return p-values adjusted for the false discovery rate, in the order given, shape `(n,)`.

    Raises:
        InputError: A p-value is outside 0 to 1.

    Source:
        Benjamini and Hochberg (1995), J. R. Stat. Soc. B 57, 289-300.
    """
    values = np.asarray(p_values, dtype=np.float64)
    if not ((values >= 0) & (values <= 1)).all():
        msg = "a p-value is outside 0 to 1"
        raise InputError(msg, hint="Leave out what could not be tested.")
    order = np.argsort(values, kind="stable")
    stepped = values[order] * (len(values) / np.arange(1, len(values) + 1))
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.minimum.accumulate(stepped[::-1])[::-1], 1.0)
    return adjusted


def mean_interval(values: Sequence[float] | Floats) -> Estimate | None:
    """Return the mean with Student's interval; None without values, no bounds for a single one.

    Args:
        values: One value a person; average a person's own values first.
    """
    array = np.asarray(values, dtype=np.float64)
    if not len(array):
        return None
    mean = float(array.mean())
    if len(array) == 1:
        return Estimate(mean, None, None)
    half = _t_quantile(len(array) - 1) * float(array.std(ddof=1)) / math.sqrt(len(array))
    return Estimate(mean, mean - half, mean + half)


def monthly_slope(
    persons: NDArray[np.integer], months: Floats, said: NDArray[np.bool_], *, n_texts: Floats | None = None
) -> Slope | None:
    """Return the linear change per month of the share of persons who said something.

    Least squares on person-months with a variance that is robust to unequal spread and clustered by person, so that
    a person who speaks in many months weighs as one voice. A linear model gives percentage points directly; its
    errors' unequal spread is what the robust variance is for. The error is the larger one of with and without the slope,
    because a month of few persons, far from the others, hides its own spread.

    Args:
        persons: Person of each person-month, any integers, shape `(n,)`.
        months: Month of each person-month, shape `(n,)`; one row for each person and month in which they spoke.
        said: Whether the person said it in that month, shape `(n,)`.
        n_texts: Texts of the person in that month, shape `(n,)`; where given, the slope is at an equal number of them, so
            that customers who write more often than they used to are no trend.

    Returns:
        The slope; None with fewer than three months, fewer than three persons, or no variation at all.

    Source:
        Liang and Zeger (1986), Biometrika 73, 13-22; small-sample factor as in Cameron and Miller (2015), CR1.
    """
    if len(np.unique(months)) <= _MIN_CLUSTERS:
        return None
    return clustered_slope(persons, months, said, control=n_texts)


def clustered_slope(
    persons: NDArray[np.integer], at: Floats, said: NDArray[np.bool_], *, control: Floats | None = None
) -> Slope | None:
    """Return the slope of a share over any scale, as `monthly_slope` does over months; two values of it are enough.

    Args:
        persons: Person of each row, any integers, shape `(n,)`.
        at: Where the row stands on the scale, shape `(n,)`.
        said: Whether the person said it there, shape `(n,)`.
        control: What is held equal, shape `(n,)`.
    """
    n_places = len(np.unique(at))
    _, cluster = np.unique(persons, return_inverse=True)
    n_clusters = int(cluster.max()) + 1 if len(cluster) else 0
    if n_places < _MIN_CLUSTERS or n_clusters <= _MIN_CLUSTERS:
        return None
    y = said.astype(np.float64)
    held = [] if control is None or np.ptp(control) == 0 else [control - control.mean()]
    centred = _residual(at - at.mean(), held)
    spread = float(centred @ centred)
    if spread <= _NO_SPREAD * len(y):
        return None
    without = _residual(y - y.mean(), held)
    slope = float(centred @ without) / spread
    factor = n_clusters / (n_clusters - 1) * (len(y) - 1) / max(len(y) - 2 - len(held), 1)
    error = max(
        _clustered_error(centred * residual, cluster, factor)
        for residual in (without, without - slope * centred)
    )
    error /= spread
    if error == 0.0:
        return None
    half = _t_quantile(n_clusters - 1) * error
    p_value = float(2 * _scipy("special").stdtr(n_clusters - 1, -abs(slope) / error))
    share = float(y.mean())
    chance = share * (1 - share) / spread
    return Slope(
        slope, slope - half, slope + half, p_value, n_clusters, n_places, share, max(error**2 / chance, 1.0)
    )


def _residual(values: Floats, held: list[Floats]) -> Floats:
    for other in held:
        values = values - other * (float(other @ values) / float(other @ other))
    return values


def _clustered_error(scores: Floats, cluster: NDArray[np.integer], factor: float) -> float:
    sums = np.bincount(cluster, weights=scores)
    return math.sqrt(factor * float(sums @ sums))


def persons_needed(
    share: float, change: float, *, n_places: int, n_tests: int, level: float, design_effect: float = 1.0
) -> int:
    """Return how many persons a place are needed to find a change of a share with a power of 0.8.

    Args:
        share: Before the change.
        change: From the first place to the last, linear; 0.08 is eight percentage points.
        n_places: Months or periods, equally far from each other and equally full; at least 2.
        n_tests: Shares that are tested together; each is asked for at `level / n_tests`, which is enough whatever the
            others show.
        level: Significance level, two-sided.
        design_effect: Variance of the slope over what independent rows would give.
    """
    normal = NormalDist()
    z = normal.inv_cdf(1 - level / (2 * n_tests)) + normal.inv_cdf(POWER)
    middle = min(max(share + change / 2, 0.0), 0.5)
    spread = n_places * (n_places**2 - 1) / 12 / (n_places - 1) ** 2
    return math.ceil(design_effect * z**2 * middle * (1 - middle) / (change**2 * spread))


def severity_weighted(reach: Quantity, weights: Sequence[float] | Floats) -> Estimate | None:
    """Return reach times mean severity weight, over persons, with its interval; None where the reach is unknown.

    The bounds of the share and of the mean weight are put together on the scale of logarithms, where their errors add up
    (method of variance estimates recovery). The mean of weights between the least and the greatest has Wilson's interval,
    which is at least as wide as theirs, as few persons' weights may all be equal by chance.

    Args:
        reach: Share of persons with the pain point; its bounds are kept.
        weights: Of the worst that each of them says, those left out whose words do not tell; within 0 to 1, positive.

    Source:
        Zou and Donner (2008), Statist. Med. 27, 1693-1702.
    """
    if reach.share is None or reach.low is None or reach.high is None:
        return None
    values = np.asarray(weights, dtype=np.float64)
    if not len(values) or reach.n == 0:
        return Estimate(0.0, 0.0, reach.high) if reach.n == 0 else None
    mean = float(values.mean())
    least, greatest = min(WEIGHTS), max(WEIGHTS)
    place = min(max((mean - least) / (greatest - least), 0.0), 1.0)
    bounds = _wilson(place, len(values))
    low, high = (least + (greatest - least) * bound for bound in (bounds.low, bounds.high))
    down = math.hypot(math.log(reach.share / reach.low), math.log(mean / low))
    up = math.hypot(math.log(reach.high / reach.share), math.log(high / mean))
    score = reach.share * mean
    return Estimate(score, score * math.exp(-down), min(score * math.exp(up), 1.0))


def _scipy(part: str) -> Any:  # noqa: ANN401 - SciPy ships no types
    # Most commands ask for none of it, and importing it takes as long as an answer.
    return importlib.import_module(f"scipy.{part}")


def _t_quantile(freedom: int) -> float:
    return float(_scipy("special").stdtrit(freedom, 0.5 + CONFIDENCE / 2))


def _check_share(n: int, total: int) -> None:
    if not 0 <= n <= total:
        msg = f"{n!r} of {total!r} persons is no share, expected 0 <= n <= total"
        raise InputError(msg, hint="Count distinct persons of the same population on both sides.")
