"""Draws credit by rule: the shares of the conversions that six rules give each touchpoint, side by side."""

# Altair is typed only in part.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Mapping, Sequence

import altair as alt

from agent.analyse.attribution import Attributed, Attribution
from agent.render.frame import (
    GRID,
    INK,
    PALETTE,
    WORDS_PX,
    Picture,
    framed,
    rows_chart,
    short,
    without_rows,
)

_WIDTH, _ROW_PX = 460, 30
_MOST_ROWS = 20
_RULES = {
    "first": "first touch",
    "last": "last touch",
    "linear": "linear",
    "position": "40/20/40",
    "time_decay": "time decay",
    "markov": "Markov removal",
}
_SHAPES = ("circle", "square", "diamond", "triangle-up", "cross", "triangle-down")


def credit_picture(found: Attribution) -> Picture:
    """Return each touchpoint's share of the conversions by every rule; the line spans what the rules say."""
    n_credited = found.n_conversions - found.n_untouched
    shown = found.credits[:_MOST_ROWS]
    names = [_label(number, one) for number, one in enumerate(shown, start=1)]
    points = [
        {"key": name, "rule": words, "share": float(value) / max(n_credited, 1)}
        for name, one in zip(names, shown, strict=True)
        for rule, words in _RULES.items()
        if (value := getattr(one, rule)) is not None
    ]
    spans = [
        {"key": name, "low": min(of), "high": max(of), "text": _figures(min(of), max(of), one)}
        for name, one in zip(names, shown, strict=True)
        if (of := [float(str(point["share"])) for point in points if point["key"] == name])
    ]
    title = f"Credit for {n_credited:,} conversions of {found.n_converting:,} customers, by six rules"
    if not spans:
        return without_rows(title, _reading(found), words="No touch is credited.")
    axis = alt.Axis(ticks=False, domain=False, grid=True, labelPadding=12)
    return framed(
        alt.layer(*_marks(points, spans, alt.Y("key:N", sort=names, title=None, axis=axis))),
        title,
        _reading(found),
        width=_WIDTH,
        height=_ROW_PX * len(names),
        told=[f"{row['key']}: {row['text']}" for row in spans],
    )


def _label(number: int, one: Attributed) -> str:
    return f"{number}. {short(one.key)}"


def _figures(low: float, high: float, one: Attributed) -> str:
    return f"{100 * low:.0f} to {100 * high:.0f} %, touched by n={one.n_converting:,}"


def _marks(
    points: Sequence[Mapping[str, object]], spans: Sequence[Mapping[str, object]], y: alt.Y
) -> list[alt.Chart]:
    rules = list(_RULES.values())
    legend = alt.Legend(title=None, orient="top", symbolSize=90, columns=6)
    colour = alt.Color(
        "rule:N", legend=legend, scale=alt.Scale(domain=rules, range=list(PALETTE[: len(rules)]))
    )
    shape = alt.Shape("rule:N", legend=legend, scale=alt.Scale(domain=rules, range=list(_SHAPES)))
    axis = alt.Axis(format=".0%", tickCount=6, domain=False)
    x = alt.X("share:Q", title="share of the credited conversions", axis=axis, scale=alt.Scale(zero=True))
    words = rows_chart(spans).mark_text(align="left", baseline="middle", fontSize=WORDS_PX, color=INK)
    return [
        rows_chart(spans).mark_rule(strokeWidth=7, color=GRID, strokeCap="round").encode(x="low:Q", x2="high:Q", y=y),
        rows_chart(points).mark_point(filled=True, size=75, opacity=0.9).encode(x=x, y=y, color=colour, shape=shape),
        words.encode(y=y, x=alt.value(_WIDTH + 16), text="text:N"),
    ]  # fmt: skip


def _reading(found: Attribution) -> list[str]:
    if found.reason is not None:
        return [f"Nothing is credited: {found.reason}."]
    names = ", ".join(short(name) for name in found.conversion)
    days = "at any time" if found.lookback_days is None else f"up to {found.lookback_days:g} days"
    lines = [
        f"Not causal: each rule shares out the conversions there were ({short(names, 60)}). Touches {days} before count.",
        f"{found.n_untouched:,} conversions had no {found.by} before them and are credited to none.",
        "These are sums by a rule, not estimates: they have no interval.",
    ]
    if len(found.credits) > _MOST_ROWS:
        lines.append(f"The first {_MOST_ROWS} of {len(found.credits)} are drawn.")
    return lines
