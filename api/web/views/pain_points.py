"""Pain points as pages show them: the sorted table, one with all its evidence, and opportunities as impact by feasibility."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlencode

from agent.errors import NotFoundError
from agent.pipeline.correcting import ReviewedCorrection, corrections_of
from agent.pipeline.snapshot import Snapshot
from agent.render.joined import disagreement_text
from agent.render.page import (
    behaviour_text,
    followed,
    frictions_of,
    places_text,
    score_text,
    stability_text,
    trend_text,
)
from agent.schemas.insight import Opportunity, PainPoint, Severity, Trend
from agent.schemas.notes import PainPointNote
from agent.schemas.records import Record
from api.web.views.groups import told_trait
from api.web.views.variants import CHANNEL_NAMES

Sort = Literal["rank", "reach", "severity", "trend", "stage"]
Direction = Literal["", "rising", "falling", "flat", "unknown"]
SEVERITY_LOOKS: Mapping[Severity, str] = {
    Severity.BLOCKED: "bad",
    Severity.COSTS_EFFORT: "warn",
    Severity.ANNOYS: "",
}
TREND_WORDS = {"rising": "rising", "falling": "falling", "flat": "steady", "unknown": "not known"}
_WIDTH, _HEIGHT = 110.0, 26.0
_GRID_W, _GRID_H, _MARGIN = 560.0, 320.0, 44.0


@dataclass(frozen=True, slots=True)
class PainQuery:
    """How the table is sorted and filtered; it stands in the address."""

    sort: Sort = "rank"
    stage: str = ""
    severity: str = ""
    trend: Direction = ""
    trait: str = ""
    """`key=value`."""

    def address(self, **changes: str) -> str:
        """Return the query of an address, with some of it changed."""
        own = {name: getattr(self, name) for name in ("sort", "stage", "severity", "trend", "trait")}
        return "?" + urlencode({name: value for name, value in {**own, **changes}.items() if value})


@dataclass(frozen=True, slots=True)
class Spark:
    """A small picture of the months."""

    line: str
    """Points of the line."""
    end_x: float
    end_y: float
    told: str
    """What it shows, in words."""

    width = _WIDTH
    height = _HEIGHT


@dataclass(frozen=True, slots=True)
class PainRow:
    """A pain point in the table."""

    rank: int
    point: PainPoint
    note: PainPointNote
    spark: Spark | None
    """None where fewer than two months are known."""

    @property
    def trend(self) -> str:
        """The trend in words."""
        return TREND_WORDS[self.point.trend.direction]


@dataclass(frozen=True, slots=True)
class PainPoints:
    """The table."""

    query: PainQuery
    rows: tuple[PainRow, ...]
    n_all: int
    population: str
    stages: tuple[str, ...]

    severities = tuple(Severity)
    looks = SEVERITY_LOOKS
    trend_words = TREND_WORDS


@dataclass(frozen=True, slots=True)
class PainView:
    """One pain point with everything that belongs to it."""

    row: PainRow
    is_current: bool
    """False where the data of now does not give it any more."""
    sources: Mapping[str, Record]
    suggestions: tuple[Opportunity, ...]
    corrections: tuple[ReviewedCorrection, ...]
    behaviour: tuple[str, ...]
    variant_sets: tuple[tuple[str, str, int], ...]
    """Id, channel and number of variants."""

    looks = SEVERITY_LOOKS

    @property
    def point(self) -> PainPoint:
        """The pain point."""
        return self.row.point

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Further figures, with their names."""
        point = self.point
        kinds = ", ".join(
            f"{name} {q.n:,} of {q.total:,} customers" for name, q in frictions_of(point.friction_shares)
        )
        told = [
            ("Score", f"{score_text(point.rank)}: reach × severity × 100"),
            ("Stability", stability_text(point.rank)),
            ("Trend", trend_text(point.trend)),
            ("Kind of friction", kinds),
            ("Concentrated in", places_text(point.concentration)),
            ("Words and deeds", disagreement_text(point) or ""),
        ]
        return [(name, value) for name, value in told if value]


@dataclass(frozen=True, slots=True)
class Dot:
    """A pain point in the picture of impact by feasibility."""

    row: PainRow
    x: float
    y: float
    y_low: float
    y_high: float


@dataclass(frozen=True, slots=True)
class Opportunities:
    """Pain points by how much they matter and how feasible people hold it to be to do something about them."""

    dots: tuple[Dot, ...]
    unset: tuple[PainRow, ...]
    """Those whose feasibility nobody has said yet."""
    suggestions: Mapping[str, Opportunity] = field(default_factory=dict[str, Opportunity])

    width = _GRID_W
    height = _GRID_H
    margin = _MARGIN
    middle_x = _MARGIN + (_GRID_W - 2 * _MARGIN) / 2
    middle_y = _GRID_H / 2


def pain_points(snapshot: Snapshot, query: PainQuery) -> PainPoints:
    """Return the table.

    Raises:
        ScopeError: Nobody matches the filter.
        InputError: The filter cannot be read.
    """
    scope = snapshot.scope(told_trait(snapshot, query.trait))
    points = scope.pain_points if snapshot.records else ()
    rows = _rows(points, snapshot)
    kept = [row for row in rows if _is_kept(row.point, query)]
    return PainPoints(
        query=query,
        rows=tuple(sorted(kept, key=_KEYS[query.sort])),
        n_all=len(rows),
        population=scope.corpus.population if snapshot.records else "",
        stages=snapshot.stages,
    )


def pain_view(snapshot: Snapshot, pain_point_id: str) -> PainView:
    """Return one pain point: as the data of now gives it, else as it was stored last.

    Raises:
        NotFoundError: There never was one of that id.
    """
    workspace = snapshot.workspace
    current = {point.pain_point_id: rank for rank, point in enumerate(snapshot.pain_points, start=1)}
    rank = current.get(pain_point_id)
    point = (
        workspace.store.results.pain_point(pain_point_id) if rank is None else snapshot.pain_points[rank - 1]
    )
    quoted = {item.record_id for item in (*point.evidence, *point.opposing)}
    sets = [one for one in snapshot.variant_sets() if one.pain_point_id == pain_point_id]
    return PainView(
        row=PainRow(rank or 0, point, workspace.store.notes.pain_point(pain_point_id), _spark(point.trend)),
        is_current=rank is not None,
        sources=workspace.store.records.get_many(quoted),
        suggestions=tuple(_suggestions(snapshot, {pain_point_id})[:1]),
        corrections=tuple(corrections_of(workspace, theme_id=point.theme_id)),
        behaviour=tuple(f"{one.outcome.replace('_', ' ')}: {behaviour_text(one)}" for one in followed(point)),
        variant_sets=tuple(
            (one.variant_set_id, CHANNEL_NAMES[one.control.channel], len(one.variants)) for one in sets
        ),
    )


def current_point(snapshot: Snapshot, pain_point_id: str) -> PainPoint:
    """Return a pain point that the data of now gives.

    Raises:
        NotFoundError: It does not give it.
    """
    for point in snapshot.pain_points:
        if point.pain_point_id == pain_point_id:
            return point
    msg = f"pain point {pain_point_id!r} is not among those that the data gives now"
    raise NotFoundError(msg, hint="Choose another one of the list.")


def opportunities(snapshot: Snapshot) -> Opportunities:
    """Return pain points by impact, which is computed, and feasibility, which people state."""
    rows = _rows(snapshot.pain_points, snapshot)
    rated = [row for row in rows if row.note.feasibility is not None]
    most = max((row.point.rank.high or row.point.rank.score for row in rated), default=1.0) or 1.0
    found = _suggestions(snapshot, {row.point.pain_point_id for row in rows})
    return Opportunities(
        dots=tuple(_dots(rated, most)),
        unset=tuple(row for row in rows if row.note.feasibility is None),
        suggestions={one.pain_point_id: one for one in found},
    )


def _dots(rows: Sequence[PainRow], most: float) -> list[Dot]:
    """Place the dots; those of one feasibility stand beside each other."""
    dots: list[Dot] = []
    step = (_GRID_W - 2 * _MARGIN) / 5
    for value in range(1, 6):
        alike = [
            row for row in rows if row.note.feasibility is not None and row.note.feasibility.value == value
        ]
        for place, row in enumerate(alike, start=1):
            x = _MARGIN + step * (value - 1 + place / (len(alike) + 1))
            rank = row.point.rank
            low, high = rank.low or rank.score, rank.high or rank.score
            dots.append(Dot(row, round(x, 1), *(_impact_y(score, most) for score in (rank.score, low, high))))
    return sorted(dots, key=lambda dot: dot.row.rank)


def _impact_y(score: float, most: float) -> float:
    return round(_GRID_H - _MARGIN - score / most * (_GRID_H - 2 * _MARGIN), 1)


def _suggestions(snapshot: Snapshot, wanted: set[str]) -> list[Opportunity]:
    """Return what maps suggest about pain points, each once, of the map drafted last."""
    found: dict[str, Opportunity] = {}
    for one in snapshot.maps():
        for opportunity in one.opportunities:
            if opportunity.pain_point_id in wanted:
                found.setdefault(opportunity.pain_point_id, opportunity)
    return list(found.values())


def _rows(points: Sequence[PainPoint], snapshot: Snapshot) -> list[PainRow]:
    notes = snapshot.workspace.store.notes.pain_points()
    return [
        PainRow(
            rank,
            point,
            notes.get(point.pain_point_id) or PainPointNote(pain_point_id=point.pain_point_id),
            _spark(point.trend),
        )
        for rank, point in enumerate(points, start=1)
    ]


def _spark(trend: Trend) -> Spark | None:
    months = [one for one in trend.months if one.used and one.share.share is not None]
    if len(months) <= 1:
        return None
    shares = [one.share.share or 0.0 for one in months]
    most = max(*shares, 0.01)
    step = (_WIDTH - 8) / (len(shares) - 1)
    places = [
        (round(4 + step * at, 1), round(_HEIGHT - 4 - share / most * (_HEIGHT - 8), 1))
        for at, share in enumerate(shares)
    ]
    told = ", ".join(f"{one.month} {100 * (one.share.share or 0.0):.1f} %" for one in months)
    return Spark(" ".join(f"{x},{y}" for x, y in places), *places[-1], f"Share by month: {told}")


def _is_kept(point: PainPoint, query: PainQuery) -> bool:
    return (
        query.stage in {"", point.stage}
        and query.severity in {"", point.severity.value}
        and query.trend in {"", point.trend.direction}
    )


_DIRECTIONS = ("rising", "falling", "flat", "unknown")
_KEYS: Mapping[Sort, Callable[[PainRow], tuple[float | str, ...]]] = {
    "rank": lambda row: (row.rank,),
    "reach": lambda row: (-(row.point.reach.share or 0.0), row.rank),
    "severity": lambda row: (-row.point.rank.severity, row.rank),
    "trend": lambda row: (_DIRECTIONS.index(row.point.trend.direction), -(row.point.trend.change_per_month or 0.0), row.rank),
    "stage": lambda row: (row.point.stage or "~", row.rank),
}  # fmt: skip
