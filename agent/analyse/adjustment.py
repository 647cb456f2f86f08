"""Effects within strata: persons are compared with persons who were in the same state at a comparable moment.

Mantel and Haenszel's estimates weigh the strata by what they can tell. A stratum that holds only one of the two groups
tells nothing; its persons are left out and counted.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from agent.analyse.statistics import CONFIDENCE, Estimate

MIN_EXPECTED = 5.0
"""Least number of persons that the table must be able to differ by, either way, for its test to hold (Mantel, Fleiss)."""

_Z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Adjusted:
    """What the strata together say of an effect; differences and ratios are first group over other."""

    risk_difference: Estimate
    risk_ratio: Estimate | None
    """None where one of the groups has the outcome in no stratum."""
    odds_ratio: Estimate | None
    """None where a cell that it is made of is empty in every stratum."""
    p_value: float | None
    """Two-sided, of no association in any stratum; None where the table is too small for the test."""
    n_exposed: int
    n_compared: int
    """Persons of the other group that were compared."""
    n_left_out: int
    """Persons of both groups whose stratum holds nobody of the other group."""
    exposed_left_out: int
    """Those of them who are of the first group."""
    n_strata: int


def adjusted_effect(
    strata: NDArray[np.int64], exposed: NDArray[np.bool_], outcome: NDArray[np.bool_]
) -> Adjusted | None:
    """Compare two groups within strata.

    Args:
        strata: Stratum of each person, any integers, shape `(n,)`.
        exposed: Whether the person is of the first group, shape `(n,)`.
        outcome: Whether the outcome followed, shape `(n,)`.

    Returns:
        None where no stratum holds both groups.

    Source:
        Mantel and Haenszel (1959), J. Natl. Cancer Inst. 22, 719-748. Variances: of the difference Sato (1989),
        Biometrics 45, 1323-1324, which holds for few large as for many small strata; of the ratio of risks Greenland and
        Robins (1985), Biometrics 41, 55-68; of the ratio of odds Robins, Breslow and Greenland (1986), Biometrics 42,
        311-323.
    """
    tables = _tables(strata, exposed, outcome)
    both = (tables.exposed > 0) & (tables.others > 0)
    if not both.any():
        return None
    kept = _Tables(*(column[both] for column in (tables.a, tables.c, tables.exposed, tables.others)))
    n_exposed, n_compared = int(kept.exposed.sum()), int(kept.others.sum())
    n_all_exposed = int(np.count_nonzero(exposed))
    return Adjusted(
        risk_difference=_risk_difference(kept),
        risk_ratio=_risk_ratio(kept),
        odds_ratio=_odds_ratio(kept),
        p_value=_p_value(kept),
        n_exposed=n_exposed,
        n_compared=n_compared,
        n_left_out=len(exposed) - n_exposed - n_compared,
        exposed_left_out=n_all_exposed - n_exposed,
        n_strata=int(np.count_nonzero(both)),
    )


def e_value(ratio: float) -> float:
    """Return how strongly something unmeasured would have to go along with both sides to explain a ratio of risks away.

    Both with the experience and with the outcome, as a ratio of risks, beyond what was adjusted for; 1 means that nothing
    is needed.

    Source:
        VanderWeele and Ding (2017), Ann. Intern. Med. 167, 268-274.
    """
    ratio = 1 / ratio if ratio < 1 else ratio
    return ratio + math.sqrt(ratio * (ratio - 1))


def e_values(ratio: Estimate | None) -> tuple[float, float] | None:
    """Return the E-values of a ratio of risks and of its limit nearer to no effect; None without a ratio."""
    if ratio is None or ratio.low is None or ratio.high is None:
        return None
    if ratio.low <= 1 <= ratio.high:
        return e_value(ratio.value), 1.0
    return e_value(ratio.value), e_value(ratio.low if ratio.value > 1 else ratio.high)


@dataclass(frozen=True, slots=True)
class _Tables:
    """One fourfold table a stratum, shape `(n_strata,)` each."""

    a: Floats
    """Of the first group, those with the outcome."""
    c: Floats
    """Of the other group, those with the outcome."""
    exposed: Floats
    others: Floats

    @property
    def total(self) -> Floats:
        return self.exposed + self.others


def _tables(strata: NDArray[np.int64], exposed: NDArray[np.bool_], outcome: NDArray[np.bool_]) -> _Tables:
    _, stratum = np.unique(strata, return_inverse=True)
    n = int(stratum.max()) + 1 if len(stratum) else 0

    def counted(of: NDArray[np.bool_]) -> Floats:
        return np.bincount(stratum[of], minlength=n).astype(np.float64)

    return _Tables(
        counted(exposed & outcome), counted(~exposed & outcome), counted(exposed), counted(~exposed)
    )


def _risk_difference(t: _Tables) -> Estimate:
    weight = float((t.exposed * t.others / t.total).sum())
    value = float(((t.a * t.others - t.c * t.exposed) / t.total).sum()) / weight
    p = t.exposed**2 * t.c - t.others**2 * t.a + t.exposed * t.others * (t.others - t.exposed) / 2
    q = (t.a * (t.others - t.c) + t.c * (t.exposed - t.a)) / (2 * t.total)
    # Rounding can leave a hair less than nothing where all of both groups are alike.
    variance = max(value * float((p / t.total**2).sum()) + float(q.sum()), 0.0) / weight**2
    half = _Z * math.sqrt(variance)
    return Estimate(value, max(value - half, -1.0), min(value + half, 1.0))


def _risk_ratio(t: _Tables) -> Estimate | None:
    above, below = float((t.a * t.others / t.total).sum()), float((t.c * t.exposed / t.total).sum())
    if above == 0 or below == 0:
        return None
    cases = t.a + t.c
    spread = float(((t.exposed * t.others * cases - t.a * t.c * t.total) / t.total**2).sum())
    return _on_logarithms(above / below, spread / (above * below))


def _odds_ratio(t: _Tables) -> Estimate | None:
    b, d = t.exposed - t.a, t.others - t.c
    r, s = t.a * d / t.total, b * t.c / t.total
    above, below = float(r.sum()), float(s.sum())
    if above == 0 or below == 0:
        return None
    p, q = (t.a + d) / t.total, (b + t.c) / t.total
    variance = (
        float((p * r).sum()) / (2 * above**2)
        + float((p * s + q * r).sum()) / (2 * above * below)
        + float((q * s).sum()) / (2 * below**2)
    )
    return _on_logarithms(above / below, variance)


def _on_logarithms(value: float, variance: float) -> Estimate:
    half = _Z * math.sqrt(max(variance, 0.0))
    return Estimate(value, value * math.exp(-half), value * math.exp(half))


def _p_value(t: _Tables) -> float | None:
    cases = t.a + t.c
    expected = cases * t.exposed / t.total
    least = np.maximum(0.0, cases - t.others)
    most = np.minimum(cases, t.exposed)
    if min(float((expected - least).sum()), float((most - expected).sum())) < MIN_EXPECTED:
        return None
    several = t.total > 1
    n, m = t.total[several], cases[several]
    variance = float((t.exposed[several] * t.others[several] * m * (n - m) / (n**2 * (n - 1))).sum())
    z = float((t.a - expected).sum()) / math.sqrt(variance)
    return math.erfc(abs(z) / math.sqrt(2))
