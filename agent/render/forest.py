"""Draws moments as a forest plot: one line an effect with its interval, and the line of no effect."""

# Altair is typed only in part.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence

import altair as alt

from agent.render.frame import (
    INK,
    PALE_INK,
    PALETTE,
    WORDS_PX,
    Picture,
    framed,
    rows_chart,
    short,
    without_rows,
)
from agent.render.moment_words import bare_points
from agent.schemas.insight import Moment

_MAX_ROWS = 25
_ROW_HEIGHT = 28
_WIDTH = 420
_KINDS = {"pain_point": "told", "event": "event", "wait": "wait"}
_COLOURS = {"told": PALETTE[1], "event": PALETTE[0], "wait": PALETTE[2]}
_SHAPES = {"told": "diamond", "event": "square", "wait": "triangle-up"}


def forest_picture(moments: Sequence[Moment]) -> Picture:
    """Return the adjusted and the raw difference of each moment, in their order, with 95 % intervals.

    Args:
        moments: As they are ranked; the first twenty-five are drawn.
    """
    rows = [_row(number, moment) for number, moment in enumerate(moments[:_MAX_ROWS], start=1)]
    order = [str(row["label"]) for row in rows]
    hidden = f" The first {_MAX_ROWS} of {len(moments)} are drawn." if len(moments) > _MAX_ROWS else ""
    title = "Moments that matter: what goes along with a different later outcome"
    reading = [
        "Filled: beside customers in the same state at a comparable time (adjusted), with its 95 % interval; hollow: raw.",
        f"Associated with the later outcome, not the cause of it.{hidden}",
    ]
    if not rows:
        return without_rows(title, reading, words="No experience goes along with a different outcome.")
    y = alt.Y(
        "label:N",
        sort=order,
        title=None,
        axis=alt.Axis(ticks=False, domain=False, grid=False, labelLimit=420),
    )
    zero = rows_chart([{"zero": 0}]).mark_rule(color=PALE_INK, strokeDash=[4, 3]).encode(x="zero:Q")
    return framed(
        alt.layer(zero, *_effects(rows, y), _figures(rows, y)),
        title,
        reading,
        width=_WIDTH,
        height=len(rows) * _ROW_HEIGHT,
        told=[f"{row['label']}: {row['figures']}" for row in rows],
    )


def _effects(rows: Sequence[dict[str, str | float]], y: alt.Y) -> list[alt.Chart]:
    base = rows_chart(rows)
    kinds = [kind for kind in _COLOURS if any(row["kind"] == kind for row in rows)]
    legend = alt.Legend(title=None, orient="top", symbolSize=110)
    colour = alt.Color(
        "kind:N", legend=legend, scale=alt.Scale(domain=kinds, range=[_COLOURS[kind] for kind in kinds])
    )
    shape = alt.Shape(
        "kind:N", legend=legend, scale=alt.Scale(domain=kinds, range=[_SHAPES[kind] for kind in kinds])
    )
    signs = "datum.value == 0 ? '0' : datum.label"
    axis = alt.Axis(format="+d", tickCount=7, labelFlush=False, domain=False, labelExpr=signs)
    scale = alt.Scale(padding=12, nice=False)
    title = "difference in percentage points, with it against without"
    x = alt.X("adjusted:Q", title=title, axis=axis, scale=scale)
    return [
        base.mark_rule(strokeWidth=2.2).encode(
            x=alt.X("low:Q"), x2="high:Q", y=y, stroke=alt.Stroke("color:N", scale=None, legend=None)
        ),
        base.mark_point(filled=False, size=46, color=PALE_INK, strokeWidth=1.5).encode(x="raw:Q", y=y),
        base.mark_point(filled=True, size=95, opacity=1).encode(x=x, y=y, color=colour, shape=shape),
    ]


def _figures(rows: Sequence[dict[str, str | float]], y: alt.Y) -> alt.Chart:
    """Return the figures in a column of their own, right of the plot."""
    words = rows_chart(rows).mark_text(align="left", baseline="middle", fontSize=WORDS_PX, color=INK)
    return words.encode(y=y, x=alt.value(_WIDTH + 16), text="figures:N")


def _row(number: int, moment: Moment) -> dict[str, str | float]:
    shown = moment.adjusted or moment
    reach = "" if moment.reach is None else f", n={moment.reach.n:,} of {moment.reach.total:,}"
    bounds = f"{bare_points(shown.low)} to {bare_points(shown.high)}"
    return {
        "label": f"{number}. {short(moment.experience)} → {moment.outcome.replace('_', ' ')}",
        "kind": _KINDS[moment.kind],
        "color": _COLOURS[_KINDS[moment.kind]],
        "adjusted": _points(shown.risk_difference),
        "low": _points(shown.low),
        "high": _points(shown.high),
        "raw": _points(moment.risk_difference),
        "figures": f"{bare_points(shown.risk_difference)} ({bounds}){reach}",
    }


def _points(share: float) -> float:
    return round(100 * share, 3)
