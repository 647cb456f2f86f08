"""Draws a comparison as a forest plot: one line a difference with its interval, and the line of no difference."""

# Altair is typed only in part.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from agent.analyse.period_compare import Comparison, Difference, TimeDifference
from agent.render.durations import unit_of
from agent.render.figures import points_text
from agent.render.frame import (
    BLUE,
    INK,
    PALE_INK,
    WORDS_PX,
    Picture,
    framed,
    rows_chart,
    short,
    without_rows,
)

_MAX_ROWS = 25
_LONGEST_NAME = 52
_ROW_HEIGHT = 24
_WIDTH = 380


@dataclass(frozen=True, slots=True)
class _Row:
    label: str
    value: float
    low: float
    high: float
    is_proven: bool
    figures: str


def comparison_picture(found: Comparison) -> Picture:
    """Return the differences that were tested, in their order, with 95 % intervals; times in a plot of their own.

    Args:
        found: Of two periods or groups; the first twenty-five shares are drawn.
    """
    tested = [one for one in found.differences if one.p_value is not None and (one.before.n or one.after.n)]
    shares = [row for one in tested[:_MAX_ROWS] if (row := _share_row(one)) is not None]
    unit = unit_of(max((abs(one.difference_s or 0.0) for one in found.times), default=0.0))
    times = [row for one in found.times if (row := _time_row(one, *unit)) is not None]
    title = f"{short(found.after)} beside {short(found.before)}"
    proven = "Filled: differs" if found.between == "group" else "Filled: changed"
    reading = [
        f"A point is {short(found.after)} minus {short(found.before)}, the line its 95 % interval.",
        f"{proven}, tested together with all else; hollow: not proven, or too few customers to tell.",
    ]
    if len(tested) > _MAX_ROWS:
        reading.append(f"The first {_MAX_ROWS} of {len(tested):,} tested shares are drawn.")
    panels = [
        _panel(rows, axis)
        for rows, axis in (
            (shares, "difference in percentage points"),
            (times, f"difference of the mean time in a stage, {unit[1]}"),
        )
        if rows
    ]
    if not panels:
        return without_rows(
            title, reading, words="On one of the sides are too few customers to test anything."
        )
    told = [f"{row.label}: {row.figures}" for row in (*shares, *times)]
    return framed(alt.vconcat(*panels, spacing=28), title, reading, told=told)


def _share_row(one: Difference) -> _Row | None:
    if one.difference is None or one.low is None or one.high is None:
        return None
    low, high = (points_text(end).partition("\N{NO-BREAK SPACE}")[0] for end in (one.low, one.high))
    figures = (
        f"{points_text(one.difference)} ({low} to {high}), n={one.before.total:,} and {one.after.total:,}"
    )
    label = short(f"{one.kind}: {one.name}", _LONGEST_NAME)
    ends = (100 * one.difference, 100 * one.low, 100 * one.high)
    return _Row(label, *ends, one.verdict == "changed", figures)


def _time_row(one: TimeDifference, scale: float, unit: str) -> _Row | None:
    if one.difference_s is None or one.low_s is None or one.high_s is None:
        return None
    ends = (one.difference_s / scale, one.low_s / scale, one.high_s / scale)
    value, low, high = (f"{end:+,.1f}".replace("-", "−") for end in ends)
    figures = f"{value} {unit} ({low} to {high}), n={one.n_before:,} and {one.n_after:,}"
    return _Row(short(f"time in stage: {one.name}", _LONGEST_NAME), *ends, one.verdict == "changed", figures)


def _panel(rows: Sequence[_Row], title: str) -> Picture:
    # Two names that are cut alike are two rows all the same.
    base = rows_chart(
        [
            {"row": k, "label": row.label, "value": round(row.value, 3), "low": round(row.low, 3),
             "high": round(row.high, 3), "fill": BLUE if row.is_proven else "#ffffff", "figures": row.figures}
            for k, row in enumerate(rows)
        ]
    )  # fmt: skip
    y = alt.Y("row:O", title=None, axis=None)
    zero = rows_chart([{"zero": 0}]).mark_rule(color=PALE_INK, strokeDash=[4, 3]).encode(x="zero:Q")
    x = alt.X("value:Q", title=title, axis=alt.Axis(tickCount=7, domain=False), scale=alt.Scale(padding=12))
    names = base.mark_text(align="right", baseline="middle", fontSize=WORDS_PX, color=INK)
    words = base.mark_text(align="left", baseline="middle", fontSize=WORDS_PX, color=INK)
    return alt.layer(
        zero,
        base.mark_rule(strokeWidth=2.2, color=BLUE).encode(x=alt.X("low:Q"), x2="high:Q", y=y),
        base.mark_point(size=80, opacity=1, stroke=BLUE, strokeWidth=1.8).encode(
            x=x, y=y, fill=alt.Fill("fill:N", scale=None, legend=None)
        ),
        names.encode(y=y, x=alt.value(-12), text="label:N"),
        words.encode(y=y, x=alt.value(_WIDTH + 16), text="figures:N"),
    ).properties(width=_WIDTH, height=len(rows) * _ROW_HEIGHT)
