"""What a diagram is made of: lines, areas, heads of arrows, boxes and words in its own coordinates."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]
Name = Callable[[str], str]
Point = tuple[float, float]

LINE_PX = 15.0
"""Height of a line of words."""
N_POINTS = 28
"""Straight parts of a curve."""


@dataclass(slots=True)
class Diagram:
    """What to draw, in units of the picture, y downwards; rows are given to marks as they are."""

    width: float
    height: float
    lines: list[Row] = field(default_factory=list[Row])
    areas: list[Row] = field(default_factory=list[Row])
    heads: list[Row] = field(default_factory=list[Row])
    boxes: list[Row] = field(default_factory=list[Row])
    words: list[Row] = field(default_factory=list[Row])


@dataclass(frozen=True, slots=True)
class Box:
    """A place in a diagram."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Return where it ends on the right."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Return where it ends below."""
        return self.y + self.height

    @property
    def middle(self) -> Point:
        """Return its centre."""
        return self.x + self.width / 2, self.y + self.height / 2

    def overlap(self, other: "Box") -> float:
        """Return the area it shares with another one."""
        across = min(self.right, other.right) - max(self.x, other.x)
        down = min(self.bottom, other.bottom) - max(self.y, other.y)
        return max(across, 0.0) * max(down, 0.0)

    def holds(self, point: Point, margin: float) -> bool:
        """Return whether a point is inside it, or no further than a margin outside."""
        x, y = point
        return self.x - margin < x < self.right + margin and self.y - margin < y < self.bottom + margin


def curve(a: Point, b: Point, c: Point, d: Point) -> list[Point]:
    """Return a cubic Bézier curve as points."""
    return [_bezier(a, b, c, d, t / N_POINTS) for t in range(N_POINTS + 1)]


def _bezier(a: Point, b: Point, c: Point, d: Point, t: float) -> Point:
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    points = (a, b, c, d)
    return (
        sum(w * p[0] for w, p in zip(weights, points, strict=True)),
        sum(w * p[1] for w, p in zip(weights, points, strict=True)),
    )


def covered(place: Box, taken: Iterable[Box]) -> float:
    """Return the area of a place that is taken already."""
    return sum(place.overlap(other) for other in taken)


def crossed(place: Box, lines: Sequence[tuple[Sequence[Point], float]]) -> int:
    """Return how many points of lines with their widths run through a place."""
    return sum(place.holds(point, width / 2 + 1) for points, width in lines for point in points)
