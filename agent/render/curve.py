"""Geometry of the emotion curve: a line through the stages with its 95 % band, in the page's own coordinates."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from agent.schemas.journey import EmotionPoint

HEIGHT = 220.0
COLUMN = 200.0
"""Width of a stage, in the units of the picture."""
NARROW_COLUMN = 72.0
"""The same where the picture is for a phone: five stages fit on it with letters that can be read."""
_TOP = 30.0
_BOTTOM = HEIGHT - 34.0
_STEP = 0.1
"""The scale ends at full steps, and reaches at least one to either side of zero."""


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
    """The picture: its size and scale, the zero line, points, and one path a run of known stages."""

    width: float
    height: float
    top: float
    """Mood at the upper end of the scale."""
    bottom: float
    y_top: float
    y_zero: float
    y_bottom: float
    points: tuple[CurvePoint, ...]
    lines: tuple[str, ...]
    bands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Scale:
    top: float
    bottom: float

    def y(self, valence: float) -> float:
        return round(_TOP + (self.top - valence) / (self.top - self.bottom) * (_BOTTOM - _TOP), 2)


def curve_of(points: Sequence[EmotionPoint], *, column: float = COLUMN) -> Curve:
    """Return the geometry of a curve.

    The scale goes as far as the intervals do, so that small differences are seen, and always includes zero; a reader is
    told where it ends.

    Args:
        points: One a stage.
        column: Width of a stage.
    """
    scale = _scale_of(points)
    placed = [_place(column * (number + 0.5), point, scale) for number, point in enumerate(points)]
    runs = _runs(placed)
    return Curve(
        width=column * max(1, len(placed)),
        height=HEIGHT,
        top=scale.top,
        bottom=scale.bottom,
        y_top=_TOP,
        y_zero=scale.y(0.0),
        y_bottom=_BOTTOM,
        points=tuple(placed),
        lines=tuple(_smooth([(point.x, point.y or 0.0) for point in run]) for run in runs),
        bands=tuple(_band(run) for run in runs),
    )


def _scale_of(points: Sequence[EmotionPoint]) -> _Scale:
    known = [point for point in points if _is_known(point)]
    if not known:
        return _Scale(1.0, -1.0)
    highest = max(max(point.high or 0.0, point.valence or 0.0) for point in known)
    lowest = min(min(point.low or 0.0, point.valence or 0.0) for point in known)
    return _Scale(_ended(highest), -_ended(-lowest))


def _ended(reach: float) -> float:
    """Return the full step at or after a reach, one step at least and the whole scale at most."""
    return round(min(1.0, max(_STEP, math.ceil(round(reach / _STEP, 6)) * _STEP)), 1)


def _is_known(point: EmotionPoint) -> bool:
    return point.valence is not None and point.low is not None and point.high is not None


def _place(x: float, point: EmotionPoint, scale: _Scale) -> CurvePoint:
    known = _is_known(point)
    return CurvePoint(
        stage=point.stage,
        x=x,
        y=scale.y(point.valence) if known and point.valence is not None else None,
        y_low=scale.y(max(-1.0, point.low)) if known and point.low is not None else None,
        y_high=scale.y(min(1.0, point.high)) if known and point.high is not None else None,
        valence=point.valence,
        low=point.low,
        high=point.high,
        n_persons=point.n_persons,
    )


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
