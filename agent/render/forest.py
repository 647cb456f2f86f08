"""Draws moments as a forest plot: one line an effect with its interval, and the line of no effect."""

# Altair is typed only in part.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence

import altair as alt

from agent.render.charts import PALETTE, PAPER, Picture, short
from agent.schemas.insight import Moment

_MAX_ROWS = 25
_ROW_HEIGHT = 24
_WIDTH = 420
_LABEL_PX = 380
_KINDS = {"pain_point": "told", "event": "event", "wait": "wait"}
_COLOURS = {"told": PALETTE[1], "event": PALETTE[0], "wait": PALETTE[2]}


def forest_picture(moments: Sequence[Moment]) -> Picture:
    """Return the adjusted and the raw difference of each moment, in their order, with 95 % intervals.

    Args:
        moments: As they are ranked; the first twenty-five are drawn.
    """
    rows = [_row(number, moment) for number, moment in enumerate(moments[:_MAX_ROWS], start=1)]
    order = [str(row["label"]) for row in rows]
    base = alt.Chart(alt.Data(values=rows))
    y = alt.Y(
        "label:N",
        sort=order,
        title=None,
        axis=alt.Axis(labelLimit=_LABEL_PX, ticks=False, domain=False, labelFontSize=12),
    )
    colour = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values())),
        legend=alt.Legend(title=None, orient="top"),
    )
    axis = alt.Axis(format="+d", grid=True, labelFontSize=11)
    x = alt.X("adjusted:Q", title="difference in percentage points, adjusted (circle: raw)", axis=axis)
    layers = [
        alt.Chart(alt.Data(values=[{"zero": 0}]))
        .mark_rule(color="#555", strokeDash=[4, 3])
        .encode(x="zero:Q"),
        base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q"), x2="high:Q", y=y, color=colour),
        base.mark_point(shape="diamond", filled=True, size=90, opacity=1).encode(x=x, y=y, color=colour),
        base.mark_point(filled=False, size=40, color="#555").encode(x="raw:Q", y=y),
    ]
    title = alt.TitleParams(
        "Moments that matter",
        subtitle="Associated with the later outcome, not caused by it; lines are 95 % intervals",
        anchor="start",
        fontSize=15,
    )
    height = max(len(rows), 1) * _ROW_HEIGHT
    return alt.layer(*layers).properties(width=_WIDTH, height=height, title=title, background=PAPER)


def _row(number: int, moment: Moment) -> dict[str, str | float]:
    shown = moment.adjusted or moment
    return {
        "label": f"{number}. {short(moment.experience)} → {moment.outcome.replace('_', ' ')}",
        "kind": _KINDS[moment.kind],
        "adjusted": _points(shown.risk_difference),
        "low": _points(shown.low),
        "high": _points(shown.high),
        "raw": _points(moment.risk_difference),
    }


def _points(share: float) -> float:
    return round(100 * share, 3)
