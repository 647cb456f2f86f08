"""Puts two versions of a map side by side, customer by customer: what changed, what is not proven, what cannot be told.

Two versions of a map mostly have customers in common, as the later one is drafted from more of the same. A customer is
one voice in all that is compared here: whoever stands in both versions is followed from one to the other, so that what
they say again is no news, and fifty texts of one customer weigh as one. Everything is tested together.
"""

import importlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from agent.analyse.statistics import (
    CONFIDENCE,
    POWER,
    benjamini_hochberg,
    clustered_slope,
    persons_needed,
    two_proportion_test,
)
from agent.analyse.trends import MIN_TREND_PERSONS, SIGNIFICANT, WORTH_FINDING
from agent.schemas.base import Frozen

Verdict = Literal["changed", "not proven", "cannot tell"]
WORTH_MOOD = 2 * WORTH_FINDING
"""Change of a mood that is worth finding: as far on its scale, from -1 to 1, as one of a share is on its own."""
_FEW = 10
"""Customers expected to say something below whom exact tests have a say too."""
_MANY_TEXTS = 10.0

_Floats = NDArray[np.float64]


class Shift(Frozen):
    """What became of a mean over customers from one version to the other."""

    verdict: Verdict
    """`not proven`: a change worth finding would most likely have been seen; `cannot tell`: it would not."""
    difference: float | None
    """Later minus earlier; None where a version has nobody."""
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    """Adjusted over everything tested (Benjamini-Hochberg); None where too few customers were in a version."""
    needed: int | None = None
    """Where it cannot be told: customers in each version with whom a change worth finding would be found with a power of 0.8."""
    reason: str | None = None
    """Why it cannot be told, or why a difference whose own interval leaves out zero is not proven."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One value of each customer of a version: 1 or 0 for a share, else a mean over what they said."""

    before: Mapping[str, float]
    after: Mapping[str, float]
    kind: Literal["share", "mood"] = "share"

    @property
    def worth(self) -> float:
        """Difference that is worth finding."""
        return WORTH_FINDING if self.kind == "share" else WORTH_MOOD


@dataclass(frozen=True, slots=True)
class _Tested:
    difference: float
    error: float
    freedom: float
    p_value: float
    held: str | None = None
    """Why the p-value is larger than the difference and its error would make it."""


def compare_versions(
    measures: Sequence[Measure], n_texts: tuple[Mapping[str, int], Mapping[str, int]]
) -> list[Shift]:
    """Return what became of each measure, tested together.

    The difference is that of the two means. Its error comes from the sum that each customer adds to it, over both versions, so
    that customers in both are not taken as independent; degrees of freedom are as many as customers in fact decide it
    (Satterthwaite), which are few where a version differs by a few newcomers. The error is the larger one of with and without
    a difference. Of a share that few are behind, exact tests have a say too, and a share has to differ also at an equal number of
    texts a customer: who has had more time to write has said more.

    Args:
        measures: To compare; a measure's customers are those who could have been counted.
        n_texts: Texts of each customer in the earlier and in the later version.

    Source:
        Satterthwaite (1946), Biometrics Bulletin 2, 110-114; Carter, Schnepel and Steigerwald (2017), Rev. Econ. Stat. 99,
        698-709.
    """
    tested = [_test(measure, n_texts) for measure in measures]
    adjusted = iter(benjamini_hochberg([found.p_value for found in tested if found is not None]).tolist())
    n_tests = max(sum(found is not None for found in tested), 1)
    return [
        _untested(measure, n_tests) if found is None else _shift(measure, found, next(adjusted), n_tests)
        for measure, found in zip(measures, tested, strict=True)
    ]


def _test(measure: Measure, n_texts: tuple[Mapping[str, int], Mapping[str, int]]) -> _Tested | None:
    if min(len(measure.before), len(measure.after)) < MIN_TREND_PERSONS:
        return None
    plain = _difference(measure)
    if plain.error == 0 or measure.kind == "mood":
        return plain
    p_value, held = max(
        (plain.p_value, None),
        (_among_few(measure), "too few customers say it to tell a change from chance"),
        (_at_equal_texts(measure, n_texts), "not shown at an equal number of texts a customer"),
        key=lambda pair: pair[0],
    )
    return _Tested(plain.difference, plain.error, plain.freedom, p_value, held)


def _among_few(measure: Measure) -> float:
    """Return the least p-value of the ways in which a share can differ where few are behind one of them; else 0.

    The ways: customers of one version alone say it otherwise than those of the other version, or customers in both come to
    say it, or cease to, more often than the reverse.
    """
    before, after = measure.before, measure.after
    both = before.keys() & after.keys()
    rose = sum(after[person] > before[person] for person in both)
    fell = sum(after[person] < before[person] for person in both)
    ways = [((rose + fell) / 2, _sign_test(rose, fell))] if rose + fell else []
    for own, other in ((after, before), (before, after)):
        alone = [value for person, value in own.items() if person not in other]
        if alone:
            n, total, m, of = int(sum(alone)), len(alone), int(sum(other.values())), len(other)
            share = (n + m) / (total + of)
            expected = min(total, of) * min(share, 1 - share)
            ways.append((expected, two_proportion_test(n, total, m, of)))
    if min((expected for expected, _ in ways), default=_FEW) >= _FEW:
        return 0.0
    return min(p_value for _, p_value in ways)


def _sign_test(rose: int, fell: int) -> float:
    n, most = rose + fell, max(rose, fell)
    return float(min(2 * _special().bdtrc(most - 1, n, 0.5), 1.0))


def _difference(measure: Measure) -> _Tested:
    """Return the difference of the means with its error over customers."""
    persons = sorted(measure.before.keys() | measure.after.keys())
    (before, is_before), (after, is_after) = (
        _column(side, persons) for side in (measure.before, measure.after)
    )
    means = float(before.sum() / is_before.sum()), float(after.sum() / is_after.sum())
    pooled = float((before.sum() + after.sum()) / (is_before.sum() + is_after.sum()))
    error, freedom = _expected_error(is_before, is_after, _variance(measure)), float(len(persons) - 1)
    for low, high in (means, (pooled, pooled)):
        parts = is_after * (after - high) / is_after.sum() - is_before * (before - low) / is_before.sum()
        squares = parts**2
        total = float(squares.sum())
        wider = math.sqrt(total * len(persons) / (len(persons) - 1))
        if wider > error:
            error, freedom = wider, max(total**2 / float((squares**2).sum()) - 1, 1.0)
    difference = means[1] - means[0]
    if error == 0:
        return _Tested(difference, 0.0, 1.0, 1.0)
    return _Tested(difference, error, freedom, float(2 * _special().stdtr(freedom, -abs(difference) / error)))


def _variance(measure: Measure) -> float:
    """Return the variance between customers, each once, as they are in the later version where they are in both."""
    return float(np.var(list({**measure.before, **measure.after}.values())))


def _expected_error(is_before: _Floats, is_after: _Floats, variance: float) -> float:
    """Return the error where nobody has changed: a few newcomers who happen to be alike do not hide how customers differ."""
    weights = is_after / is_after.sum() - is_before / is_before.sum()
    return math.sqrt(variance * float((weights**2).sum()))


def _column(values: Mapping[str, float], persons: Sequence[str]) -> tuple[_Floats, _Floats]:
    """Return a version's values, 0 for whoever is not in it, and who is in it."""
    found = np.array([values.get(person, 0.0) for person in persons], dtype=np.float64)
    return found, np.array([float(person in values) for person in persons], dtype=np.float64)


def _at_equal_texts(measure: Measure, n_texts: tuple[Mapping[str, int], Mapping[str, int]]) -> float:
    """Return the p-value of a share's change at an equal number of texts a customer; 0 where it has no say."""
    rows = [
        (person, at, value, min(float(n_texts[at].get(person, 1)), _MANY_TEXTS))
        for at, side in enumerate((measure.before, measure.after))
        for person, value in side.items()
    ]
    texts = np.array([row[3] for row in rows], dtype=np.float64)
    if np.ptp(texts) == 0:
        return 0.0
    slope = clustered_slope(
        np.unique([row[0] for row in rows], return_inverse=True)[1].astype(np.int64),
        np.array([row[1] for row in rows], dtype=np.float64),
        np.array([row[2] > 0 for row in rows], dtype=bool),
        control=texts,
    )
    return 0.0 if slope is None else slope.p_value


def _untested(measure: Measure, n_tests: int) -> Shift:
    difference = None
    if measure.before and measure.after:
        difference = _mean(measure.after) - _mean(measure.before)
    needed = MIN_TREND_PERSONS
    if measure.kind == "share":
        share = _mean({**measure.before, **measure.after}) if difference is not None else 0.0
        needed = persons_needed(share, measure.worth, n_places=2, n_tests=n_tests, level=SIGNIFICANT)
    return Shift(
        verdict="cannot tell",
        difference=difference,
        needed=max(needed, MIN_TREND_PERSONS),
        reason=f"fewer than {MIN_TREND_PERSONS} customers in a version",
    )


def _mean(values: Mapping[str, float]) -> float:
    return sum(values.values()) / len(values)


def _shift(measure: Measure, found: _Tested, p_value: float, n_tests: int) -> Shift:
    half = float(_special().stdtrit(found.freedom, 0.5 + CONFIDENCE / 2)) * found.error
    normal = NormalDist()
    seen = (normal.inv_cdf(1 - SIGNIFICANT / (2 * n_tests)) + normal.inv_cdf(POWER)) * found.error
    verdict: Verdict = "not proven" if seen <= measure.worth else "cannot tell"
    if p_value < SIGNIFICANT:
        verdict = "changed"
    low, high = found.difference - half, found.difference + half
    needed, reason = None, None
    if verdict == "cannot tell":
        least = min(len(measure.before), len(measure.after))
        needed = math.ceil(least * (seen / measure.worth) ** 2)
        reason = "too few customers to tell a change from chance"
    elif verdict == "not proven" and not low <= 0 <= high:
        reason = found.held or "may be chance among as many as are compared"
    return Shift(
        verdict=verdict,
        difference=found.difference,
        low=low,
        high=high,
        p_value=p_value,
        needed=needed,
        reason=reason,
    )


def _special() -> Any:  # noqa: ANN401 - SciPy ships no types
    return importlib.import_module("scipy.special")
