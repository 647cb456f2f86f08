"""The emotion curve's geometry."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.render.curve import COLUMN, HEIGHT, curve_of
from agent.schemas.journey import EmotionPoint
from tests.agent.maps import metric

_METRIC = metric("mood")


def _point(name: str, valence: float | None, spread: float = 0.3) -> EmotionPoint:
    low, high = (None, None) if valence is None else (valence - spread, valence + spread)
    return EmotionPoint(stage=name, valence=valence, low=low, high=high, n_persons=9, metric=_METRIC)


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(-1, 1)), max_size=9))
def test_curve_stays_inside_and_parts_at_unknown_stages(valences: list[float | None]) -> None:
    """Every coordinate is in the picture, and each run of known stages is one line of its own."""
    curve = curve_of([_point(f"s{number}", valence) for number, valence in enumerate(valences)])
    runs = "".join("x" if valence is None else "o" for valence in valences).split("x")
    lengths = [len(run) for run in runs if run]
    assert [line.count("C") + 1 for line in curve.lines] == lengths
    assert len(curve.bands) == len(lengths)
    for path in (*curve.lines, *curve.bands):
        for x, y in re.findall(r"([-\d.]+),([-\d.]+)", path):
            assert 0 <= float(x) <= curve.width
            assert 0 <= float(y) <= HEIGHT
    assert curve.width == COLUMN * max(1, len(valences))


def test_curve_is_higher_where_people_are_happier() -> None:
    """The scale is fixed: one is at the top, zero in the middle."""
    low, middle, high = curve_of([_point("a", -1.0), _point("b", 0.0), _point("c", 1.0)]).points
    assert low.y is not None
    assert high.y is not None
    assert high.y < (middle.y or 0.0) < low.y
    assert middle.y == curve_of([]).y_zero


def test_curve_without_interval_is_unknown() -> None:
    """A single voice has no interval and draws no line."""
    lone = _point("a", 0.5).model_copy(update={"low": None, "high": None})
    assert curve_of([lone]).lines == ()
