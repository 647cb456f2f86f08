"""Geometry of the emotion curve: a line through the stages with its 95 % band, in the page's own coordinates."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.schemas.journey import EmotionPoint

HEIGHT = 190.0
COLUMN = 200.0
"""Width of a stage, in the units of the picture."""
_TOP = 26.0
_BOTTOM = HEIGHT - 26.0


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One stage of the curve; `y` is None where the mood is unknown."""

    stage: str
    x: float
    y: float | None
    y_low: float | None
    y_high: float | None
    valence: float | None
    low: float | None
    high: float | None
    n_persons: int


@dataclass(frozen=True, slots=True)
class Curve:
    """The picture: its size, the zero line, points, and one path a run of known stages."""

    width: float
    height: float
    y_zero: float
    points: tuple[CurvePoint, ...]
    lines: tuple[str, ...]
    bands: tuple[str, ...]


def curve_of(points: Sequence[EmotionPoint]) -> Curve:
    """Return the geometry of a curve; the scale is fixed from minus one to one, so that maps compare."""
    placed = [_place(number, point) for number, point in enumerate(points)]
    runs = _runs(placed)
    return Curve(
        width=COLUMN * max(1, len(placed)),
        height=HEIGHT,
        y_zero=_y(0.0),
        points=tuple(placed),
        lines=tuple(_smooth([(point.x, point.y or 0.0) for point in run]) for run in runs),
        bands=tuple(_band(run) for run in runs),
    )


def _place(number: int, point: EmotionPoint) -> CurvePoint:
    known = point.valence is not None and point.low is not None and point.high is not None
    return CurvePoint(
        stage=point.stage,
        x=COLUMN * (number + 0.5),
        y=_y(point.valence) if known and point.valence is not None else None,
        y_low=_y(max(-1.0, point.low)) if known and point.low is not None else None,
        y_high=_y(min(1.0, point.high)) if known and point.high is not None else None,
        valence=point.valence,
        low=point.low,
        high=point.high,
        n_persons=point.n_persons,
    )


def _y(valence: float) -> float:
    return round(_TOP + (1 - valence) / 2 * (_BOTTOM - _TOP), 2)


def _runs(points: Sequence[CurvePoint]) -> list[list[CurvePoint]]:
    """Split at unknown stages, so that no line suggests a mood that nobody expressed."""
    runs: list[list[CurvePoint]] = [[]]
    for point in points:
        if point.y is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]


def _smooth(points: Sequence[tuple[float, float]]) -> str:
    """Return a path with horizontal tangents at the points, which never overshoots them."""
    (x, y), *rest = points
    path = [f"M{x:.1f},{y:.1f}"]
    for next_x, next_y in rest:
        middle = (x + next_x) / 2
        path.append(f"C{middle:.1f},{y:.1f} {middle:.1f},{next_y:.1f} {next_x:.1f},{next_y:.1f}")
        x, y = next_x, next_y
    return " ".join(path)


def _band(run: Sequence[CurvePoint]) -> str:
    upper = [(point.x, point.y_high or 0.0) for point in run]
    lower = [(point.x, point.y_low or 0.0) for point in reversed(run)]
    back = _smooth(lower).replace("M", "L", 1)
    return f"{_smooth(upper)} {back} Z"
