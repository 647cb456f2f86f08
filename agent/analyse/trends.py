"""Tells whether what customers say becomes more or less frequent: month by month, and from one period to another.

A share is of the distinct persons who spoke in a month, so that volume alone is no trend, and a person who speaks in many
months is one voice. Over all themes of a map, changes that are none are reported in at most one map of twenty.
"""

from calendar import monthrange
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from agent.analyse.statistics import (
    Estimate,
    Slope,
    benjamini_hochberg,
    clustered_slope,
    monthly_slope,
    persons_needed,
    quantity,
    risk_difference,
    two_proportion_test,
)
from agent.schemas.evidence import Quantity
from agent.schemas.insight import Change, MonthShare, Trend
from agent.schemas.records import Passage

SIGNIFICANT = 0.03
"""Adjusted p-value below which a change is proven. Under 0.05, so that the share of maps with a false one stays under that
also where the p-values, which are approximate, come out a little small."""
WORTH_FINDING = 0.08
"""Change for which the customers that would be needed are stated."""
MIN_TREND_PERSONS = 20
"""Persons below which a change is not tested."""

_PERCENT = 100.0
_MIN_MONTH_PERSONS = 5
_MANY_TEXTS = 10
_LEAST_COVERED = 0.5
_MIN_MONTHS = 3
_FLAT = 0.5
_MIN_SAID = 40
"""Persons below which the exact test of two shares has a say too."""

_Ints = NDArray[np.int64]


@dataclass(frozen=True)
class SpokenMonths:
    """Who spoke in which month: one row for each person and month, in order; months count from year 0."""

    row_of: Mapping[tuple[str, int], int]
    persons: _Ints
    months: _Ints
    n_texts: NDArray[np.float64]
    covered: Mapping[int, float]
    """Month to the part of it that lies between the first and the last text."""

    @classmethod
    def of(cls, passages: Iterable[Passage], *, persons: Collection[str]) -> "SpokenMonths":
        """Return who spoke when, of the persons in scope; texts without a time are left out."""
        texts: dict[tuple[str, int], set[str]] = {}
        first: datetime | None = None
        last: datetime | None = None
        for passage in passages:
            if passage.at is None or passage.person_id not in persons:
                continue
            texts.setdefault((passage.person_id, month_of(passage.at)), set()).add(passage.record_id)
            first = passage.at if first is None else min(first, passage.at)
            last = passage.at if last is None else max(last, passage.at)
        pairs = sorted(texts)
        codes = {person: code for code, person in enumerate(sorted({person for person, _ in pairs}))}
        return cls(
            row_of={pair: row for row, pair in enumerate(pairs)},
            persons=np.array([codes[person] for person, _ in pairs], dtype=np.int64),
            months=np.array([month for _, month in pairs], dtype=np.int64),
            n_texts=np.array([len(texts[pair]) for pair in pairs], dtype=np.float64),
            covered={} if first is None or last is None else _covered(first, last),
        )

    def rows(self, passages: Iterable[Passage]) -> NDArray[np.bool_]:
        """Return in which rows the person said one of the passages, shape `(n_rows,)`."""
        hits = np.zeros(len(self.row_of), dtype=bool)
        for passage in passages:
            row = None if passage.at is None else self.row_of.get((passage.person_id, month_of(passage.at)))
            if row is not None:
                hits[row] = True
        return hits


def month_of(at: datetime) -> int:
    """Return the number of a month, counted from year 0."""
    return at.year * 12 + at.month - 1


def _covered(first: datetime, last: datetime) -> dict[int, float]:
    covered = {month_of(first): 1.0, month_of(last): 1.0}
    covered[month_of(first)] -= _elapsed(first)
    covered[month_of(last)] -= 1 - _elapsed(last)
    return covered


def _elapsed(at: datetime) -> float:
    """Return the part of its month that is over at a time, by the hour."""
    return (at.day - 1 + at.hour / 24) / monthrange(at.year, at.month)[1]


def trends_of(members: Sequence[Iterable[Passage]], spoken: SpokenMonths, *, population: str) -> list[Trend]:
    """Return each theme's trend, tested together.

    The share of the persons who spoke in a month and said it then is followed over the months. A month at either end of
    which the data covers less than half, and one in which fewer than five persons spoke, is shown and left out of the
    slope. The slope is at an equal number of texts a person and month: who writes more often says more.

    Args:
        members: Passages of each theme, of persons in scope.
        spoken: Who spoke when.
        population: Who the persons are, as a sentence part.
    """
    used = _used_months(spoken)
    in_slope = np.isin(spoken.months, sorted(used))
    hits = [spoken.rows(passages) for passages in members]
    slopes = [_slope(spoken, said, in_slope) for said in hits]
    adjusted = iter(benjamini_hochberg([slope.p_value for slope in slopes if slope is not None]).tolist())
    n_tests = max(len(slopes), 1)
    made: list[Trend] = []
    for said, slope in zip(hits, slopes, strict=True):
        months = _month_shares(spoken, said, used, population)
        if slope is None:
            made.append(_untested(said[in_slope], months, len(used), n_tests))
        else:
            made.append(_trend(slope, next(adjusted), months, n_tests))
    return made


def _used_months(spoken: SpokenMonths) -> set[int]:
    counted = dict(zip(*np.unique(spoken.months, return_counts=True), strict=True))
    return {
        int(month)
        for month, n in counted.items()
        if n >= _MIN_MONTH_PERSONS and spoken.covered.get(int(month), 1.0) >= _LEAST_COVERED
    }


def _slope(spoken: SpokenMonths, said: NDArray[np.bool_], in_slope: NDArray[np.bool_]) -> Slope | None:
    if len(np.unique(spoken.persons[said & in_slope])) < MIN_TREND_PERSONS:
        return None
    return monthly_slope(
        spoken.persons[in_slope],
        spoken.months[in_slope].astype(np.float64),
        said[in_slope],
        n_texts=np.minimum(spoken.n_texts[in_slope], _MANY_TEXTS),
    )


def _month_shares(
    spoken: SpokenMonths, said: NDArray[np.bool_], used: set[int], population: str
) -> tuple[MonthShare, ...]:
    if not len(spoken.months):
        return ()
    first = int(spoken.months.min())
    totals = np.bincount(spoken.months - first)
    counts = np.bincount(spoken.months - first, weights=said)
    return tuple(
        MonthShare(
            month=f"{(first + i) // 12:04d}-{(first + i) % 12 + 1:02d}",
            share=quantity(int(counts[i]), int(total), f"{population}, of whom those who spoke in the month"),
            used=first + i in used,
        )
        for i, total in enumerate(totals)
        if total
    )


def _untested(said: NDArray[np.bool_], months: tuple[MonthShare, ...], n_months: int, n_tests: int) -> Trend:
    share = float(said.mean()) if len(said) else 0.0
    needed = persons_needed(
        share, WORTH_FINDING, n_places=max(n_months, _MIN_MONTHS), n_tests=n_tests, level=SIGNIFICANT
    )
    reason = (
        f"fewer than {MIN_TREND_PERSONS} customers with a date, fewer than three whole months, "
        "or months that cannot be told from how much was written"
    )
    return Trend(
        direction="unknown", change_per_month=None, reason=reason, months=months, needed_per_month=needed
    )


def _trend(slope: Slope, p_value: float, months: tuple[MonthShare, ...], n_tests: int) -> Trend:
    """Return a slope in words; without a proven change it is flat only where a large one can be ruled out."""
    large = _FLAT * slope.share / (slope.n_months - 1)
    reason, needed = None, None
    if p_value < SIGNIFICANT:
        direction = "rising" if slope.per_month > 0 else "falling"
    elif max(-slope.low, slope.high) <= large:
        direction = "flat"
    else:
        direction, reason = "unknown", "too few customers to tell a change from chance"
        needed = persons_needed(
            slope.share,
            WORTH_FINDING,
            n_places=slope.n_months,
            n_tests=n_tests,
            level=SIGNIFICANT,
            design_effect=slope.design_effect,
        )
    return Trend(
        direction=direction,
        change_per_month=_PERCENT * slope.per_month,
        low=_PERCENT * slope.low,
        high=_PERCENT * slope.high,
        p_value=p_value,
        reason=reason,
        months=months,
        needed_per_month=needed,
    )


@dataclass(frozen=True, slots=True)
class Period:
    """Who spoke in a period, and who said what in it."""

    speakers: frozenset[str]
    said: Mapping[str, frozenset[str]]
    """Theme id to the persons who said it, all of them speakers."""
    population: str


def compare_periods(before: Period, after: Period) -> dict[str, Change]:
    """Return what became of each theme's share from one period to another, tested together.

    A person who speaks in both periods is one voice. Periods should be about as long: in a longer one, a person has more
    occasions to say something.

    Args:
        before: The earlier period.
        after: The later period; a theme that either one lacks was said by nobody there.

    Returns:
        Changes by theme id, of all themes of both, in the order of the ids.
    """
    themes = sorted(before.said.keys() | after.said.keys())
    rows = _TwoPeriods.of(before, after)
    found = {theme: rows.difference(theme) for theme in themes}
    p_values = [difference.p_value for difference in found.values() if difference is not None]
    adjusted = iter(benjamini_hochberg(p_values).tolist())
    return {
        theme: _change(
            rows, theme, difference, 1.0 if difference is None else next(adjusted), n_tests=len(themes)
        )
        for theme, difference in found.items()
    }


@dataclass(frozen=True, slots=True)
class _Difference:
    estimate: Estimate
    p_value: float
    design_effect: float


@dataclass(frozen=True, slots=True)
class _TwoPeriods:
    """Both periods, one row for each person and period."""

    before: Period
    after: Period
    persons: _Ints
    names: list[str]
    is_after: NDArray[np.float64]

    @classmethod
    def of(cls, before: Period, after: Period) -> "_TwoPeriods":
        names = [*sorted(before.speakers), *sorted(after.speakers)]
        codes = np.unique(names, return_inverse=True)[1].astype(np.int64) if names else np.zeros(0, np.int64)
        is_after = np.repeat([0.0, 1.0], [len(before.speakers), len(after.speakers)])
        return cls(before, after, codes, names, is_after)

    def counts(self, theme: str) -> tuple[Quantity, Quantity]:
        """Return how many of each period said it."""
        return _count(self.before, theme), _count(self.after, theme)

    def difference(self, theme: str) -> _Difference | None:
        """Return the tested difference of a theme; None where too few said it, or spoke at all."""
        voices = self.before.said.get(theme, frozenset()) | self.after.said.get(theme, frozenset())
        least = min(len(self.before.speakers), len(self.after.speakers))
        if len(voices) < MIN_TREND_PERSONS or least < MIN_TREND_PERSONS:
            return None
        n_before = len(self.before.speakers)
        said = np.array(
            [
                name in (self.before if row < n_before else self.after).said.get(theme, frozenset())
                for row, name in enumerate(self.names)
            ],
            dtype=bool,
        )
        slope = clustered_slope(self.persons, self.is_after, said)
        first, then = self.counts(theme)
        if slope is None:
            # Everybody in both periods says the same in both: no spread to judge by, so they are taken as different persons.
            apart = risk_difference(then.n, then.total, first.n, first.total)
            return _Difference(apart, two_proportion_test(then.n, then.total, first.n, first.total), 1.0)
        p_value, estimate = slope.p_value, Estimate(slope.per_month, slope.low, slope.high)
        if first.n + then.n < _MIN_SAID:
            p_value = max(p_value, two_proportion_test(then.n, then.total, first.n, first.total))
        if not self.before.speakers & self.after.speakers:
            estimate = risk_difference(then.n, then.total, first.n, first.total)
        return _Difference(estimate, p_value, slope.design_effect)


def _count(period: Period, theme: str) -> Quantity:
    n = len(period.said.get(theme, frozenset()) & period.speakers)
    return quantity(n, len(period.speakers), period.population)


def _change(
    rows: _TwoPeriods, theme: str, difference: _Difference | None, p_value: float, *, n_tests: int
) -> Change:
    before, after = rows.counts(theme)
    share = (before.n + after.n) / max(before.total + after.total, 1)
    effect = 1.0 if difference is None else difference.design_effect
    needed = persons_needed(
        share, WORTH_FINDING, n_places=2, n_tests=n_tests, level=SIGNIFICANT, design_effect=effect
    )
    if difference is None:
        reason = f"fewer than {MIN_TREND_PERSONS} customers said it or spoke"
        return Change(
            verdict="unknown", before=before, after=after, difference=None, needed=needed, reason=reason
        )
    low, high = difference.estimate.low or 0.0, difference.estimate.high or 0.0
    if p_value < SIGNIFICANT:
        verdict = "changed"
    else:
        verdict = "unchanged" if max(-low, high) <= min(_FLAT * share, WORTH_FINDING) else "unknown"
    is_open = verdict == "unknown"
    return Change(
        verdict=verdict,
        before=before,
        after=after,
        difference=difference.estimate.value,
        low=low,
        high=high,
        p_value=p_value,
        needed=needed if is_open else None,
        reason="too few customers to tell a change from chance" if is_open else None,
    )
