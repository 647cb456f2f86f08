"""The picture of two sides of customers: by how much they differ in what they did."""

# Altair's builders take what Vega-Lite's schema takes, which its types do not say in full.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence

import altair as alt

from agent.analyse.value import ValueContrast, ValueDifference
from agent.render.figures import points_text, share_text
from agent.render.frame import BLUE, INK, ORANGE, PALE_INK, Picture, framed, rows_chart, short

_N_ROWS = 20
_WIDTH, _ROW_PX = 560, 26
_POINTS = "datum.value == 0 ? '0' : format(round(100 * datum.value), '+d')"
"""How Vega writes a difference of shares on the axis: in points, as one of 5 is not 5 % more."""
_WORDS = {
    "differs": "differs, also among equally active customers",
    "differs with activity": "differs, not shown among equally active customers",
    "not shown": "not shown to differ",
}
_LOOKS = {
    "differs": (BLUE, "circle"),
    "differs with activity": (ORANGE, "diamond"),
    "not shown": (PALE_INK, "cross"),
}


def contrast_picture(found: ValueContrast) -> Picture:
    """Return the first twenty differences between customers of high value and the rest, each with its interval."""
    shown = found.differences[:_N_ROWS]
    return framed(
        alt.layer(*_layers(shown)),
        f"What {found.n_top:,} customers of high value did, beside {found.n_valued - found.n_top:,} others",
        [
            "Share who did it at least once, high value against the rest; lines: 95 % interval of the difference.",
            "Associated with high value, not its cause: equally active are customers with about as many steps.",
        ],
        width=_WIDTH,
        height=_ROW_PX * len(shown),
        told=[f"{one.what} {short(one.name)}: {points_text(one.difference)}, {one.verdict}" for one in shown],
    )


def _layers(shown: Sequence[ValueDifference]) -> list[alt.Chart]:
    rows = [_row(one) for one in shown]
    # Room for the words to the right of the longest line.
    bounds = [bound for one in shown for bound in (one.low, one.high, 0.0) if bound is not None]
    span = max(bounds) - min(bounds)
    x = alt.Scale(domain=[min(bounds) - 0.03 * span, max(bounds) + 0.35 * span], nice=False)
    axis = alt.Axis(tickCount=6, labelExpr=_POINTS, title="percentage points, high value minus the rest")
    y = alt.Y("name:N", sort=None, title=None, axis=alt.Axis(domain=False, ticks=False))
    base = rows_chart(rows).encode(y=y)
    verdicts = [verdict for verdict in _WORDS if any(one.verdict == verdict for one in shown)]
    words = [_WORDS[verdict] for verdict in verdicts]
    legend = alt.Legend(title=None, orient="top", direction="vertical")
    colours, shapes = (
        alt.Scale(domain=words, range=[_LOOKS[one][part] for one in verdicts]) for part in (0, 1)
    )
    colour = alt.Color("verdict:N", scale=colours, legend=legend)
    shape = alt.Shape("verdict:N", scale=shapes, legend=legend)
    return [
        rows_chart([{"at": 0}]).mark_rule(color=INK, strokeDash=[4, 3]).encode(x=alt.X("at:Q", scale=x)),
        base.mark_rule(strokeWidth=2.5).encode(x=alt.X("low:Q", axis=axis), x2="high:Q", color=colour),
        base.mark_point(filled=True, size=90, opacity=1).encode(x="difference:Q", color=colour, shape=shape),
        base.mark_text(align="left", dx=8, fontSize=12, color=INK).encode(x="high:Q", text="label:N"),
    ]


def _row(one: ValueDifference) -> dict[str, str | float | None]:
    return {
        "name": f"{one.what}: {short(one.name)}",
        "difference": one.difference,
        "low": one.low,
        "high": one.high,
        "verdict": _WORDS[one.verdict],
        "label": f"{share_text(one.top.share)} against {share_text(one.rest.share)}",
    }
