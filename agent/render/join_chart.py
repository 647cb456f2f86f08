"""Draws the join of words and deeds: what those who voice a pain point then did, beside those who do not."""

# Altair is typed only in part.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence
from typing import Any

import altair as alt

from agent.render.figures import share_text
from agent.render.frame import (
    BLUE,
    INK,
    ORANGE,
    PALE_INK,
    WORDS_PX,
    Picture,
    framed,
    rows_chart,
    short,
    without_rows,
)
from agent.render.joined import disagreement_text, strongest
from agent.schemas.insight import Behaviour, PainPoint

_WIDTH, _ROW_PX = 400, 32
_MOST_ROWS = 20
_KINDS = {"adjusted": (BLUE, "circle"), "not adjusted": (ORANGE, "diamond")}

_Row = dict[str, Any]


def join_picture(pain_points: Sequence[PainPoint], *, population: str) -> Picture:
    """Return the odds ratio of what followed each pain point, with its interval; those whose deeds are unknown are counted.

    Args:
        pain_points: As they are ranked; the first twenty that have one are drawn.
        population: Who they are of, as a sentence part.
    """
    known = [
        (number, pain, shown, figures)
        for number, pain in enumerate(pain_points, start=1)
        if pain.behaviour and (figures := _figures(shown := strongest(pain))) is not None
    ]
    rows = [_row(number, pain, shown, figures) for number, pain, shown, figures in known[:_MOST_ROWS]]
    unknown = len(pain_points) - len(known)
    title = f"What those who voice a pain point then did: {_how_many(len(rows), len(known))}"
    reading = [
        f"Of {short(population, 110)}.",
        "Odds of the outcome for those who voice it against those who do not, with 95 % interval: associated with, not caused by.",
        f"{_too_few(unknown)}! marks where words and deeds disagree.",
    ]
    if not rows:
        return without_rows(title, reading, words="What they did then is unknown.")
    y = alt.Y(
        "label:N", title=None, sort=[row["label"] for row in rows],
        axis=alt.Axis(ticks=False, domain=False, grid=False, labelLimit=420),
    )  # fmt: skip
    return framed(
        alt.layer(*_marks(rows, y)),
        title,
        reading,
        width=_WIDTH,
        height=_ROW_PX * len(rows),
        told=[f"{row['label']}: {row['text']}" for row in rows],
    )


def _too_few(unknown: int) -> str:
    if not unknown:
        return ""
    of = "pain point has" if unknown == 1 else "pain points have"
    return f"{unknown:,} {of} too few customers with events for it. "


def _how_many(drawn: int, known: int) -> str:
    named = "1 pain point" if known == 1 else f"{known} pain points"
    return named if drawn == known else f"the first {drawn} of {named}"


def _figures(shown: Behaviour) -> tuple[str, float, float, float] | None:
    """Return the odds ratio that is adjusted where there is one, with its bounds."""
    adjusted = shown.adjusted
    if adjusted is not None and adjusted.odds_ratio and adjusted.odds_low and adjusted.odds_high:
        return "adjusted", adjusted.odds_ratio, adjusted.odds_low, adjusted.odds_high
    if shown.odds_ratio and shown.low and shown.high:
        return "not adjusted", shown.odds_ratio, shown.low, shown.high
    return None


def _row(number: int, pain: PainPoint, shown: Behaviour, figures: tuple[str, float, float, float]) -> _Row:
    kind, ratio, low, high = figures
    warned = " !" if disagreement_text(pain) else ""
    beside = f"{share_text(shown.with_pain.share)} of n={shown.with_pain.total:,} against {share_text(shown.without_pain.share)}"
    return {
        "label": f"{number}. {short(pain.label, 36)} → {shown.outcome.replace('_', ' ')}{warned}",
        "kind": kind,
        "color": _KINDS[kind][0],
        "ratio": ratio,
        "low": low,
        "high": high,
        "text": f"{ratio:.2f} ({low:.2f}–{high:.2f}) · {beside}",
    }


def _marks(rows: Sequence[_Row], y: alt.Y) -> list[alt.Chart]:
    kinds = [kind for kind in _KINDS if any(row["kind"] == kind for row in rows)]
    legend = alt.Legend(title=None, orient="top", symbolSize=100)
    colour = alt.Color(
        "kind:N", legend=legend, scale=alt.Scale(domain=kinds, range=[_KINDS[kind][0] for kind in kinds])
    )
    shape = alt.Shape(
        "kind:N", legend=legend, scale=alt.Scale(domain=kinds, range=[_KINDS[kind][1] for kind in kinds])
    )
    axis = alt.Axis(
        values=[0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20], format="~g", domain=False, labelFlush=False
    )
    scale = alt.Scale(type="log", nice=False, padding=12)
    x = alt.X("ratio:Q", title="odds ratio (logarithmic)", axis=axis, scale=scale)
    base = rows_chart(rows)
    words = base.mark_text(align="left", baseline="middle", fontSize=WORDS_PX, color=INK)
    none = rows_chart([{"one": 1.0}]).mark_rule(color=PALE_INK, strokeDash=[4, 3])
    return [
        none.encode(x=alt.X("one:Q", scale=scale)),
        base.mark_rule(strokeWidth=2.2).encode(
            x=alt.X("low:Q", scale=scale), x2="high:Q", y=y, stroke=alt.Stroke("color:N", scale=None, legend=None)
        ),
        base.mark_point(filled=True, size=90, opacity=1).encode(x=x, y=y, color=colour, shape=shape),
        words.encode(y=y, x=alt.value(_WIDTH + 16), text="text:N"),
    ]  # fmt: skip
