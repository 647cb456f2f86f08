"""Pictures that answers show beside those of the command line: a share by month, the mood by stage, impact of what could be done."""

# Altair's builders take what Vega-Lite's schema takes, which its types do not say in full.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from agent.render.figures import interval_text, month_text, share_text, signed
from agent.render.frame import BLUE, INK, PALE_INK, WORDS_PX, Picture, framed, rows_chart, short, without_rows
from agent.schemas.evidence import Metric
from agent.schemas.insight import MonthShare, PainPoint

_WIDTH, _HEIGHT = 620, 300
_ROW_HEIGHT = 30
_MOST_BARS = 12


def month_picture(months: Sequence[MonthShare], label: str) -> Picture:
    """Return the share of customers who said something, month by month, with its band.

    Args:
        months: In order; a month in which nobody spoke is not drawn.
        label: What they said.
    """
    rows: list[dict[str, Any]] = [
        {
            "name": month_text(month.month, short=True),
            "value": month.share.share,
            "low": month.share.low,
            "high": month.share.high,
            "figures": f"{month.share.n:,} of {month.share.total:,}",
        }
        for month in months
        if month.share.share is not None
    ]
    title = f"Customers who say \u2018{short(label)}\u2019, month by month"
    reading = "Share of those who said something in the month; band: 95 % interval."
    if not rows:
        return without_rows(title, [reading], words="No text has a date.")
    told = [f"{row['name']}: {share_text(row['value'])}, {row['figures']}" for row in rows]
    chart = _band(rows, alt.Axis(format=".0%", title="share of customers", tickCount=5), None)
    return framed(chart, title, reading, width=_WIDTH, height=_HEIGHT, told=told)


def mood_picture(moods: Mapping[str, Metric]) -> Picture:
    """Return the mean mood of customers stage by stage, with its band.

    Args:
        moods: Stage to its mood, in the order of the stages; a stage without one is not drawn.
    """
    rows: list[dict[str, Any]] = [
        {"name": short(stage), "value": mood.value, "low": mood.low, "high": mood.high}
        for stage, mood in moods.items()
        if mood.value is not None
    ]
    title = "How customers feel, stage by stage"
    reading = "Mean over customers, from −1 (bad) to +1 (good); band: 95 % interval."
    if not rows:
        return without_rows(title, [reading], words="Too few customers speak of any stage.")
    told = [
        f"{row['name']}: {signed(row['value'])} ({signed(row['low'])} to {signed(row['high'])})"
        for row in rows
    ]
    chart = _band(rows, alt.Axis(format="+.1f", title="mood", tickCount=5), [-1, 1])
    return framed(chart, title, reading, width=_WIDTH, height=_HEIGHT, told=told)


def impact_picture(points: Sequence[PainPoint]) -> Picture:
    """Return the impact of what could be done, reach times severity, with intervals; the first twelve."""
    rows: list[dict[str, Any]] = [
        {
            "name": f"{number}. {short(point.label)}",
            "value": 100 * point.rank.score,
            "low": 100 * (point.rank.score if point.rank.low is None else point.rank.low),
            "high": 100 * (point.rank.score if point.rank.high is None else point.rank.high),
            "figures": f"{share_text(point.reach.share)} ({interval_text(point.reach.low, point.reach.high)}) of customers",
        }
        for number, point in enumerate(points[:_MOST_BARS], start=1)
    ]
    title = "Impact of what could be done"
    reading = "Reach times severity, of a hundred; line: 95 % interval. Feasibility is for people to judge."
    if not rows:
        return without_rows(title, [reading], words="No opportunity has been worded yet.")
    order = [row["name"] for row in rows]
    y = alt.Y("name:N", sort=order, title=None, axis=alt.Axis(ticks=False, domain=False, grid=False))
    base = rows_chart(rows)
    x = alt.X("value:Q", title="impact", scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=6))
    drawn = [
        base.mark_rule(color=BLUE, strokeWidth=2.2).encode(x=alt.X("low:Q"), x2="high:Q", y=y),
        base.mark_point(filled=True, size=95, opacity=1, color=BLUE).encode(x=x, y=y),
        base.mark_text(align="left", baseline="middle", fontSize=WORDS_PX, color=INK).encode(
            y=y, x=alt.value(_WIDTH + 16), text="figures:N"
        ),
    ]
    told = [f"{row['name']}: {row['value']:.1f}, {row['figures']}" for row in rows]
    return framed(alt.layer(*drawn), title, reading, width=_WIDTH, height=len(rows) * _ROW_HEIGHT, told=told)


def _band(rows: Sequence[Mapping[str, Any]], axis: alt.Axis, domain: list[float] | None) -> Picture:
    """Return values in order with their band; `domain` are the ends of the scale, from nothing on where None."""
    names = [row["name"] for row in rows]
    x = alt.X("name:N", sort=names, title=None, axis=alt.Axis(labelAngle=0, grid=False, labelColor=PALE_INK))
    scale = alt.Scale(zero=True) if domain is None else alt.Scale(domain=domain)
    base = rows_chart(rows).encode(x=x)
    return alt.layer(
        base.mark_area(color=BLUE, opacity=0.25).encode(
            y=alt.Y("low:Q", scale=scale, axis=axis), y2="high:Q"
        ),
        base.mark_errorbar(color=BLUE, thickness=1.4).encode(y=alt.Y("low:Q", title=""), y2="high:Q"),
        base.mark_line(color=BLUE, strokeWidth=2.5, point=alt.OverlayMarkDef(color=BLUE, size=60)).encode(
            y=alt.Y("value:Q", scale=scale)
        ),
    )
