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
    """Where moods take the whole scale, one is at the top, zero in the middle."""
    curve = curve_of([_point("a", -1.0), _point("b", 0.0), _point("c", 1.0)])
    low, middle, high = curve.points
    assert (curve.bottom, curve.top) == (-1.0, 1.0)
    assert low.y is not None
    assert high.y is not None
    assert high.y < (middle.y or 0.0) < low.y
    assert middle.y == curve_of([]).y_zero


@settings(deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=1, max_size=6), st.floats(0, 0.4))
def test_curve_scale_ends_just_after_the_intervals_and_holds_zero(
    valences: list[float], spread: float
) -> None:
    """What is drawn is no larger than it has to be, and every interval is in it."""
    curve = curve_of([_point(f"s{number}", valence, spread) for number, valence in enumerate(valences)])
    highest, lowest = min(1.0, max(valences) + spread), max(-1.0, min(valences) - spread)
    assert lowest - 0.1 - 1e-6 <= curve.bottom <= min(lowest, -0.1) + 1e-6 or curve.bottom == -0.1 <= lowest
    assert max(highest, 0.1) - 1e-6 <= curve.top <= max(highest, 0.0) + 0.1 + 1e-6
    assert curve.y_top < curve.y_zero < curve.y_bottom
    for point in curve.points:
        assert curve.y_top - 0.01 <= (point.y_high or 0.0) <= (point.y_low or 0.0) <= curve.y_bottom + 0.01


def test_curve_small_differences_are_seen() -> None:
    """A tenth of the scale is worth a fair part of the picture where moods are all near zero."""
    first, second = curve_of([_point("a", -0.1, 0.05), _point("b", -0.2, 0.05)]).points
    assert (second.y or 0.0) - (first.y or 0.0) > HEIGHT / 6


def test_curve_without_interval_is_unknown() -> None:
    """A single voice has no interval and draws no line."""
    lone = _point("a", 0.5).model_copy(update={"low": None, "high": None})
    assert curve_of([lone]).lines == ()
