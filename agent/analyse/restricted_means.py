"""How long customers stay on average, up to a time until which enough of them were followed; who is still there is censored."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from agent.analyse.statistics import CONFIDENCE, POWER, Estimate
from agent.events.waiting import Spell

_LEAST_AT_RISK = 5
"""Persons still followed, below whom the end of a curve says little."""


@dataclass(frozen=True, slots=True)
class RestrictedMean:
    """A mean time up to a horizon, and how sure it is."""

    n: int
    seconds: float
    variance: float
    """Of `seconds`."""


def horizon_of(*groups: Sequence[Spell], least: int) -> float | None:
    """Return until when the groups can be compared; None where one of them is too small for any time.

    Until then it is known of so many persons of each group whether they are still there, and `_LEAST_AT_RISK` are; where the
    last of a group is seen to go on, nothing is left to know and the other group decides.

    Args:
        groups: Spells of each.
        least: Persons of each group.

    Source:
        Tian et al. (2020), Biometrics 76, 1157-1166: the window may end where the shorter follow-up does.
    """
    limits = [_limit_of(spells, least) for spells in groups]
    known = [limit for limit in limits if limit is not None]
    if len(known) < len(groups) or not known:
        return None
    horizon = min(known)
    if math.isinf(horizon):
        horizon = max(spell.seconds for spells in groups for spell in spells)
    return horizon if horizon > 0 else None


def _limit_of(spells: Sequence[Spell], least: int) -> float | None:
    """Return until when a group's curve is known; infinite where it ends at nobody."""
    n = sum(spell.n for spell in spells)
    n_censored = sum(spell.n for spell in spells if not spell.went)
    if n < least:
        return None
    last = max(spell.seconds for spell in spells)
    if n - n_censored >= least and all(spell.went for spell in spells if spell.seconds == last):
        return math.inf
    for time in sorted({spell.seconds for spell in spells}, reverse=True):
        n_there = sum(spell.n for spell in spells if spell.seconds >= time)
        n_lost = sum(spell.n for spell in spells if spell.seconds < time and not spell.went)
        if n_there >= _LEAST_AT_RISK and n - n_lost >= least:
            return time
    return None


def restricted_mean(spells: Sequence[Spell], horizon_s: float) -> RestrictedMean:
    """Return the mean time in a stage, none counted for longer than a horizon.

    Args:
        spells: One a person, alike ones together; those who went on are events, the others censored.
        horizon_s: Until when; after the longest spell only where that one went on.

    Source:
        Area under the curve of Kaplan and Meier, with its variance: Klein and Moeschberger (2003), Survival Analysis, 4.5.
    """
    seconds = np.array([spell.seconds for spell in spells])
    persons = np.array([spell.n for spell in spells], dtype=np.float64)
    went = np.array([spell.went for spell in spells])
    times = np.unique(seconds[went & (seconds < horizon_s)])
    at_risk = np.array([persons[seconds >= time].sum() for time in times])
    moved = np.array([persons[went & (seconds == time)].sum() for time in times])
    share = np.concatenate([[1.0], np.cumprod(1 - moved / at_risk)]) if len(times) else np.ones(1)
    areas = share * np.diff(np.concatenate([[0.0], times, [horizon_s]]))
    left = np.cumsum(areas[::-1])[::-1][1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(at_risk > moved, left**2 * moved / (at_risk * (at_risk - moved)), 0.0)
    return RestrictedMean(int(persons.sum()), float(areas.sum()), float(terms.sum()))


def mean_difference(one: RestrictedMean, other: RestrictedMean) -> tuple[Estimate, float]:
    """Return by how many seconds one mean is above another, with its interval and the p-value that goes with it.

    Source:
        Royston and Parmar (2013), BMC Med. Res. Methodol. 13, 152.
    """
    difference = one.seconds - other.seconds
    error = math.sqrt(one.variance + other.variance)
    if error == 0.0:
        return Estimate(difference, difference, difference), 1.0 if difference == 0.0 else 0.0
    half = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2) * error
    p_value = math.erfc(abs(difference) / error / math.sqrt(2))
    return Estimate(difference, difference - half, difference + half), p_value


def persons_for(one: RestrictedMean, other: RestrictedMean, change_s: float, *, level: float) -> int:
    """Return how many persons a group are needed to find a change of a mean with a power of 0.8.

    Args:
        one: A group, whose spread is taken.
        other: The other one.
        change_s: The change in seconds.
        level: Significance level, two-sided.
    """
    normal = NormalDist()
    z = normal.inv_cdf(1 - level / 2) + normal.inv_cdf(POWER)
    spread = one.variance * one.n + other.variance * other.n
    return math.ceil(z**2 * spread / change_s**2)
