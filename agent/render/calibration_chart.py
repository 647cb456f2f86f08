"""Draws how well probabilities hold: told against observed, a point a group of customers, beside the base rate."""

# Altair is typed only in part.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence

import altair as alt

from agent.analyse.calibration import CalibrationBin
from agent.analyse.prediction import Prediction
from agent.render.figures import interval_text, share_text
from agent.render.frame import (
    BLUE,
    INK,
    ORANGE,
    PALE_INK,
    SMALL_PX,
    Picture,
    framed,
    haloed,
    rows_chart,
    short,
)

_WIDTH, _HEIGHT = 520, 460
_STEP = 0.1
_LEAST_GAP = 0.06
"""Part of the axis that a point has to be away from all others to bear its own figure."""


def calibration_picture(found: Prediction) -> Picture | None:
    """Return the calibration of what is shown; None where nothing is, or where there is no yes and no of it."""
    if found.verdict != "shown" or found.skill is None or not found.skill.calibration:
        return None
    bins = found.skill.calibration
    n, total = sum(one.observed.n for one in bins), sum(one.observed.total for one in bins)
    rows = [
        {
            "told": one.predicted,
            "share": one.observed.share or 0.0,
            "low": one.observed.low or 0.0,
            "high": one.observed.high or 0.0,
            "n": f"n={one.observed.total:,}",
        }
        for one in bins
    ]
    most = max(max(one.predicted, one.observed.high or 0.0) for one in bins)
    end = min(1.0, (int(most / _STEP) + 1) * _STEP)
    gain = found.skill.brier
    return framed(
        alt.layer(*_lines(n / total, end), *_bins(rows, end)),
        f"Told and observed: {total:,} customers that nothing was fitted on",
        [
            f"{short(found.question, 110).capitalize()}.",
            f"A point is {_sizes(bins)} with alike probabilities; line: 95 % interval.",
            f"Brier score {gain.model:.3f}, of the base rate {gain.baseline:.3f}: better by {gain.difference:.4f} ({gain.low:.4f} to {gain.high:.4f}).",
        ],
        width=_WIDTH,
        height=_HEIGHT,
        told=[
            f"Told {share_text(one.predicted)}: {share_text(one.observed.share)} "
            f"({interval_text(one.observed.low, one.observed.high)}) did, n={one.observed.total:,}"
            for one in bins
        ],
    )


def _sizes(bins: Sequence[CalibrationBin]) -> str:
    least, most = (of(one.observed.total for one in bins) for of in (min, max))
    return f"{least:,} customers" if least == most else f"{least:,} to {most:,} customers"


def _lines(base_rate: float, end: float) -> list[alt.Chart]:
    """Return where told and observed are the same, and what the base rate tells everybody."""
    x, y = _x("x", end), _y("y", end)
    diagonal = rows_chart([{"x": 0.0, "y": 0.0}, {"x": end, "y": end}])
    flat = rows_chart([{"x": 0.0, "y": base_rate}, {"x": end, "y": base_rate}])
    words = [
        {"x": end, "y": base_rate, "text": f"base rate {share_text(base_rate)}", "color": "#8a3c00"},
        {"x": end, "y": end, "text": "as told", "color": PALE_INK},
    ]
    named = rows_chart(words).mark_text(align="left", dx=7, baseline="middle", fontSize=SMALL_PX + 1)
    return [
        diagonal.mark_line(color=PALE_INK, strokeDash=[5, 4]).encode(x=x, y=y),
        flat.mark_line(color=ORANGE, strokeWidth=2).encode(x=x, y=y),
        named.encode(x=x, y=y, text="text:N", color=alt.Color("color:N", scale=None, legend=None)),
    ]


def _bins(rows: list[dict[str, float | str]], end: float) -> list[alt.Chart]:
    base = rows_chart(rows)
    x = _x("told", end)
    bounds = base.mark_rule(color=INK, strokeWidth=1.8).encode(x=x, y=_y("low", end), y2="high:Q")
    points = base.mark_point(filled=True, size=85, color=BLUE, opacity=1).encode(x=x, y=_y("share", end))
    told = [float(row["told"]) for row in rows]
    apart = [
        row
        for row, here in zip(rows, told, strict=True)
        if all(here == other or abs(here - other) >= _LEAST_GAP * end for other in told)
    ]
    return [bounds, points, *haloed(
        rows_chart(apart),
        {"x": x, "y": _y("high", end), "text": "n:N"}, dy=-9, fontSize=SMALL_PX, color=PALE_INK,
    )]  # fmt: skip


def _x(field: str, end: float) -> alt.X:
    title = "probability that was told"
    return alt.X(f"{field}:Q", title=title, axis=_axis(), scale=alt.Scale(domain=[0, end], nice=False))


def _y(field: str, end: float) -> alt.Y:
    title = "share who did it, with 95 % interval"
    return alt.Y(f"{field}:Q", title=title, axis=_axis(), scale=alt.Scale(domain=[0, end], nice=False))


def _axis() -> alt.Axis:
    return alt.Axis(format=".0%", tickCount=6, domain=False)
