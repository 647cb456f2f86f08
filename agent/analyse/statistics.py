"""Intervals, tests and trends over distinct persons.

Every count that enters here is a count of persons, never of messages: one person with many messages counts once.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from agent.errors import InputError
from agent.schemas.evidence import Quantity

CONFIDENCE = 0.95
_Z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
MEMBERSHIP_ERROR = 0.3
"""Standard error of a found share of a theme, relative to the true one, beside chance; from simulated brands, where the
truth is known (suite `discovery`)."""
_MIN_EXPECTED = 5.0
_MIN_CLUSTERS = 2

# SciPy ships no types.
_scipy_stats: Any = stats
_special: Any = special

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
        return float(_scipy_stats.fisher_exact(table)[1])
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


def monthly_slope(persons: NDArray[np.integer], months: Floats, said: NDArray[np.bool_]) -> Slope | None:
    """Return the linear change per month of the share of persons who said something.

    Least squares on person-months with a variance that is robust to unequal spread and clustered by person, so that
    a person who speaks in many months weighs as one voice. A linear model gives percentage points directly; its
    errors' unequal spread is what the robust variance is for.

    Args:
        persons: Person of each person-month, any integers, shape `(n,)`.
        months: Month of each person-month, shape `(n,)`; one row for each person and month in which they spoke.
        said: Whether the person said it in that month, shape `(n,)`.

    Returns:
        The slope; None with fewer than three months, fewer than three persons, or no variation at all.

    Source:
        Liang and Zeger (1986), Biometrika 73, 13-22; small-sample factor as in Cameron and Miller (2015), CR1.
    """
    n_months = len(np.unique(months))
    _, cluster = np.unique(persons, return_inverse=True)
    n_clusters = int(cluster.max()) + 1 if len(cluster) else 0
    if n_months <= _MIN_CLUSTERS or n_clusters <= _MIN_CLUSTERS:
        return None
    y = said.astype(np.float64)
    centred = months - months.mean()
    spread = float(centred @ centred)
    slope = float(centred @ y) / spread
    residual = y - y.mean() - slope * centred
    scores = np.bincount(cluster, weights=centred * residual, minlength=n_clusters)
    factor = n_clusters / (n_clusters - 1) * (len(y) - 1) / (len(y) - 2)
    error = float(np.sqrt(factor * (scores @ scores))) / spread
    if error == 0.0:
        return None
    half = _t_quantile(n_clusters - 1) * error
    p_value = float(2 * _special.stdtr(n_clusters - 1, -abs(slope) / error))
    return Slope(slope, slope - half, slope + half, p_value, n_clusters, n_months, float(y.mean()))


def _t_quantile(freedom: int) -> float:
    return float(_special.stdtrit(freedom, 0.5 + CONFIDENCE / 2))


def _check_share(n: int, total: int) -> None:
    if not 0 <= n <= total:
        msg = f"{n!r} of {total!r} persons is no share, expected 0 <= n <= total"
        raise InputError(msg, hint="Count distinct persons of the same population on both sides.")
