"""Turns themes of complaint into ranked pain points: how many persons, how bad, where, and whether it grows.

Everything is counted over distinct persons; a person with fifty messages counts once.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from agent.analyse.concentration import Segments, concentrations_of
from agent.analyse.plaints import is_complained_of
from agent.analyse.quotes import Spoken, choose_opposing, choose_quotes
from agent.analyse.stability import stabilities_of
from agent.analyse.statistics import quantity, reach_quantity, severity_weighted
from agent.analyse.themes import MIN_PERSONS, ThemeSet, plural_stage
from agent.analyse.trends import SpokenMonths, trends_of
from agent.errors import InputError
from agent.ports import Vectors
from agent.schemas.evidence import Quantity
from agent.schemas.insight import (
    SEVERITY_WEIGHT,
    Concentration,
    Friction,
    PainPoint,
    RankTerms,
    Reading,
    Severity,
    Theme,
    Trend,
)
from agent.schemas.records import Passage

_ORDER = tuple(Severity)
_SORE, _MID_SCALE = -0.3, 0.5


@dataclass(frozen=True)
class _Scope:
    """What the persons in scope said, and where each passage stands."""

    passages: Sequence[Passage]
    readings: Sequence[Reading]
    vectors: Vectors
    persons: frozenset[str]
    population: str
    row_of: dict[str, int]

    @cached_property
    def spoken(self) -> Spoken:
        """Everything in scope, to look for other voices in."""
        return Spoken(self.passages, self.vectors, self.readings)

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
    segments: Segments | None = None,
) -> list[PainPoint]:
    """Return the pain points, highest reach x severity first; `behaviour` stays empty here.

    A person counts once, whatever they wrote; copies of one text under several names are folded before (`find_copies`).
    A theme whose members are no complaints as a whole (`is_complained_of`) is no pain point.

    Args:
        themes: What was found; passages outside the scope are passed over.
        passages: All passages in scope, complaints or not.
        readings: One a passage, in the same order.
        vectors: Unit rows, one a passage.
        persons_in_scope: Persons who said something: the total of every reach.
        population: Who they are, as a sentence part.
        min_persons: Distinct persons below which nothing is reported.
        segments: Attributes of the persons, by which a pain point may be concentrated.

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
        if len(_persons(scope, rows := scope.members(theme))) >= min_persons and _is_complaint(scope, rows)
    ]
    members = [rows for _, rows in kept]
    spoken = SpokenMonths.of(passages, persons=scope.persons)
    trends = trends_of([[passages[row] for row in rows] for rows in members], spoken, population=population)
    points = [
        _pain_point(scope, theme, rows, trend) for (theme, rows), trend in zip(kept, trends, strict=True)
    ]
    places = concentrations_of(members, passages, readings, persons=scope.persons, segments=segments or {})
    return _ranked(points, places, [_worst_of(scope, rows) for rows in members], min_persons=min_persons)


def _is_complaint(scope: _Scope, rows: list[int]) -> bool:
    passages, readings = [scope.passages[row] for row in rows], [scope.readings[row] for row in rows]
    return is_complained_of(passages, readings, scope.vectors[rows])


def _persons(scope: _Scope, rows: Sequence[int]) -> set[str]:
    return {scope.passages[row].person_id for row in rows}


def _pain_point(scope: _Scope, theme: Theme, rows: list[int], trend: Trend) -> PainPoint:
    reach = reach_quantity(len(_persons(scope, rows)), len(scope.persons), scope.population)
    weights = [SEVERITY_WEIGHT[severity] for severity in _told(_worst_of(scope, rows))]
    counts = Counter(_told(_worst_of(scope, rows)))
    members, shown = scope.vectors[rows], _plain_complaints(scope, rows) or rows
    return PainPoint(
        pain_point_id="pp_" + theme.theme_id.removeprefix("t_"),
        label=theme.label,
        definition=theme.definition,
        stage=plural_stage([scope.readings[row] for row in rows]),
        severity=max(_ORDER, key=lambda severity: (counts[severity], SEVERITY_WEIGHT[severity])),
        severity_shares={
            severity: quantity(
                counts[severity],
                len(weights),
                "customers with this pain point whose words tell how bad it is",
            )
            for severity in _ORDER
        },
        friction_shares=_friction_shares(scope, rows),
        reach=reach,
        trend=trend,
        rank=_rank_terms(reach, weights),
        evidence=choose_quotes(
            [scope.passages[row] for row in shown], scope.vectors[shown], terms=theme.terms
        ),
        opposing=choose_opposing(members, scope.spoken),
        theme_id=theme.theme_id,
    )


def _plain_complaints(scope: _Scope, rows: Sequence[int]) -> list[int]:
    """Return the rows to quote: complaints by reading, tone and, where there is one, rating."""
    return [
        row
        for row in rows
        if scope.readings[row].complaint
        and scope.readings[row].sentiment <= _SORE
        and (scope.passages[row].rating or 0.0) <= _MID_SCALE
    ]


def _friction_shares(scope: _Scope, rows: Sequence[int]) -> dict[Friction, Quantity]:
    """Return how many of the customers with a pain point speak of each kind of hitch."""
    told = {
        kind: _persons(scope, [row for row in rows if scope.readings[row].friction is kind])
        for kind in Friction
    }
    n_customers = len(_persons(scope, rows))
    return {
        kind: quantity(len(persons), n_customers, "customers with this pain point")
        for kind, persons in told.items()
    }


def _rank_terms(reach: Quantity, weights: Sequence[float]) -> RankTerms:
    share, severity = reach.share or 0.0, sum(weights) / max(len(weights), 1)
    score = severity_weighted(reach, weights)
    return RankTerms(
        reach=share,
        severity=severity,
        score=share * severity,
        low=None if score is None else score.low,
        high=None if score is None else score.high,
    )


def _worst_of(scope: _Scope, rows: Sequence[int]) -> dict[str, Severity | None]:
    """Return for each person the worst that they say; None for persons whose words do not tell."""
    worst: dict[str, Severity | None] = {}
    for row in rows:
        reading, person_id = scope.readings[row], scope.passages[row].person_id
        known, said = worst.setdefault(person_id, None), reading.severity
        if said is not None and (known is None or SEVERITY_WEIGHT[said] > SEVERITY_WEIGHT[known]):
            worst[person_id] = said
    return worst


def _told(worst: Mapping[str, Severity | None]) -> list[Severity]:
    return [severity for severity in worst.values() if severity is not None]


def _ranked(
    points: Sequence[PainPoint],
    places: Sequence[tuple[Concentration, ...]],
    worst: Sequence[Mapping[str, Severity | None]],
    *,
    min_persons: int,
) -> list[PainPoint]:
    """Return the points by rank, each with where it is concentrated and whether it keeps its place."""
    order = sorted(range(len(points)), key=lambda i: (-points[i].rank.score, points[i].pain_point_id))
    kept = stabilities_of([worst[i] for i in order], min_persons=min_persons)
    return [
        points[i].model_copy(
            update={
                "concentration": places[i],
                "rank": points[i].rank.model_copy(update={"stability": stability}),
            }
        )
        for i, stability in zip(order, kept, strict=True)
    ]
