"""Turns themes of complaint into ranked pain points: how many persons, how bad, where, and whether it grows.

Everything is counted over distinct persons; a person with fifty messages counts once.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from agent.analyse.quotes import choose_opposing, choose_quotes
from agent.analyse.statistics import Slope, benjamini_hochberg, monthly_slope, quantity, reach_quantity
from agent.analyse.themes import MIN_PERSONS, ThemeSet, plural_stage
from agent.errors import InputError
from agent.ports import Vectors
from agent.schemas.insight import SEVERITY_WEIGHT, PainPoint, RankTerms, Reading, Severity, Theme, Trend
from agent.schemas.records import Passage

_PERCENT = 100.0
_SIGNIFICANT = 0.05
_MIN_TREND_PERSONS = 20
_FLAT = 0.5
_ORDER = tuple(Severity)


@dataclass(frozen=True, slots=True)
class _Scope:
    """What the persons in scope said, and where each passage stands."""

    passages: Sequence[Passage]
    readings: Sequence[Reading]
    vectors: Vectors
    persons: frozenset[str]
    population: str
    row_of: dict[str, int]

    def members(self, theme: Theme) -> list[int]:
        """Return the rows of a theme's passages that persons in scope wrote."""
        rows = (self.row_of.get(passage_id) for passage_id in theme.passage_ids)
        return [row for row in rows if row is not None and self.passages[row].person_id in self.persons]


def rank_pain_points(
    themes: ThemeSet,
    passages: Sequence[Passage],
    readings: Sequence[Reading],
    vectors: Vectors,
    *,
    persons_in_scope: Collection[str],
    population: str,
    min_persons: int = MIN_PERSONS,
) -> list[PainPoint]:
    """Return the pain points, highest reach x severity first; `behaviour` stays empty here.

    Args:
        themes: What was found; passages outside the scope are passed over.
        passages: All passages in scope, complaints or not.
        readings: One a passage, in the same order.
        vectors: Unit rows, one a passage.
        persons_in_scope: Persons who said something: the total of every reach.
        population: Who they are, as a sentence part.
        min_persons: Distinct persons below which nothing is reported.

    Raises:
        InputError: Passages, readings and vectors differ in number, or nobody is in scope.
    """
    if not len(passages) == len(readings) == len(vectors):
        msg = f"{len(passages)} passages, {len(readings)} readings and {len(vectors)} vectors, expected one of each"
        raise InputError(msg, hint="Pass the readings and vectors of these passages, in their order.")
    row_of = {passage.passage_id: row for row, passage in enumerate(passages)}
    scope = _Scope(passages, readings, vectors, frozenset(persons_in_scope), population, row_of)
    kept = [
        (theme, rows)
        for theme in themes.themes
        if len(_persons(scope, rows := scope.members(theme))) >= min_persons
    ]
    trends = _trends(scope, [rows for _, rows in kept])
    points = [
        _pain_point(scope, theme, rows, trend) for (theme, rows), trend in zip(kept, trends, strict=True)
    ]
    return sorted(points, key=lambda point: (-point.rank.score, point.pain_point_id))


def _persons(scope: _Scope, rows: Sequence[int]) -> set[str]:
    return {scope.passages[row].person_id for row in rows}


def _pain_point(scope: _Scope, theme: Theme, rows: list[int], trend: Trend) -> PainPoint:
    persons = _persons(scope, rows)
    reach = reach_quantity(len(persons), len(scope.persons), scope.population)
    worst = _worst([scope.readings[row] for row in rows])
    counts = Counter(worst.values())
    weight = sum(SEVERITY_WEIGHT[severity] * n for severity, n in counts.items()) / max(len(worst), 1)
    members = scope.vectors[rows]
    return PainPoint(
        pain_point_id="pp_" + theme.theme_id.removeprefix("t_"),
        label=theme.label,
        definition=theme.definition,
        stage=plural_stage([scope.readings[row] for row in rows]),
        severity=max(_ORDER, key=lambda severity: (counts[severity], SEVERITY_WEIGHT[severity])),
        severity_shares={
            severity: quantity(
                counts[severity], len(worst), "customers with this pain point whose words tell how bad it is"
            )
            for severity in _ORDER
        },
        reach=reach,
        trend=trend,
        rank=RankTerms(reach=reach.share or 0.0, severity=weight, score=(reach.share or 0.0) * weight),
        evidence=choose_quotes([scope.passages[row] for row in rows], members, terms=theme.terms),
        opposing=choose_opposing(members, scope.passages, scope.vectors, scope.readings),
        theme_id=theme.theme_id,
    )


def _worst(readings: Sequence[Reading]) -> dict[str, Severity]:
    """Return for each person the worst that they say; persons whose words do not tell are left out."""
    worst: dict[str, Severity] = {}
    for reading in readings:
        if reading.severity is None:
            continue
        known = worst.get(reading.person_id)
        if known is None or SEVERITY_WEIGHT[reading.severity] > SEVERITY_WEIGHT[known]:
            worst[reading.person_id] = reading.severity
    return worst


def _trends(scope: _Scope, members: list[list[int]]) -> list[Trend]:
    """Return each theme's trend, with p-values adjusted for the number of themes tested."""
    spoke = sorted(
        {(p.person_id, _month(p.at)) for p in scope.passages if p.at and p.person_id in scope.persons}
    )
    names = (
        np.unique([person for person, _ in spoke], return_inverse=True)[1]
        if spoke
        else np.zeros(0, dtype=np.int64)
    )
    months = np.array([month for _, month in spoke], dtype=np.float64)
    slopes: list[Slope | None] = []
    for rows in members:
        said = {(p.person_id, _month(p.at)) for p in (scope.passages[row] for row in rows) if p.at}
        enough = len({person for person, _ in said}) >= _MIN_TREND_PERSONS
        hits = np.array([pair in said for pair in spoke], dtype=bool)
        slopes.append(monthly_slope(names, months, hits) if enough else None)
    adjusted = iter(benjamini_hochberg([slope.p_value for slope in slopes if slope is not None]).tolist())
    return [_trend(slope, next(adjusted) if slope is not None else 1.0) for slope in slopes]


def _month(at: datetime | None) -> int:
    return at.year * 12 + at.month if at is not None else 0


def _trend(slope: Slope | None, p_value: float) -> Trend:
    """Return a slope in words; without a proven change it is flat only where a large one can be ruled out."""
    if slope is None:
        reason = f"fewer than {_MIN_TREND_PERSONS} customers with a date, or fewer than three months"
        return Trend(direction="unknown", change_per_month=None, reason=reason)
    large = _FLAT * slope.share / (slope.n_months - 1)
    if p_value < _SIGNIFICANT:
        direction, reason = ("rising" if slope.per_month > 0 else "falling"), None
    elif max(-slope.low, slope.high) <= large:
        direction, reason = "flat", None
    else:
        direction, reason = "unknown", "too few customers to tell a change from chance"
    return Trend(
        direction=direction,
        change_per_month=_PERCENT * slope.per_month,
        low=_PERCENT * slope.low,
        high=_PERCENT * slope.high,
        p_value=p_value,
        reason=reason,
    )
