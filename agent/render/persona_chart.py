"""Draws groups of customers: how large and how stable each is, and what it does not share with the others."""

# Altair is typed only in part.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence
from typing import Any

import altair as alt

from agent.analyse.personas import Persona, Personas
from agent.render.figures import interval_text, points_text, share_text
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
from agent.render.moment_words import bare_points

_WIDTH, _ROW_PX = 420, 34
_CONTRAST_PX = 24
_MOST_CONTRASTS = 4
"""Contrasts shown of each group, the largest."""

_Row = dict[str, Any]


def personas_picture(found: Personas) -> Picture:
    """Return the groups: size with interval and stability above, below what each does not share."""
    groups = [(_label(number, one), one) for number, one in enumerate(found.personas, start=1)]
    title = _title(found)
    if not groups:
        return without_rows(title, _reading(found), words="There are no groups.")
    parts = [_sizes(groups)]
    contrasts = [row for label, one in groups for row in _contrast_rows(label, one)]
    if contrasts:
        parts.append(_contrasts(contrasts))
    return framed(
        alt.vconcat(*parts, spacing=34).resolve_scale(color="independent", shape="independent"),
        title,
        _reading(found),
        told=[f"{label}: {_size_text(one)}" for label, one in groups]
        + [f"{row['group']}, {row['feature']}: {row['text']}" for row in contrasts],
    )


def _title(found: Personas) -> str:
    n_named = sum(one.name is not None for one in found.personas)
    return f"{len(found.personas)} groups of {found.n_persons:,} customers who behave alike, {n_named} of them named"


def _label(number: int, one: Persona) -> str:
    return f"{number}. {short(one.name or 'unnamed group', 40)}"


def _size_text(one: Persona) -> str:
    bounds = interval_text(one.size.low, one.size.high)
    return f"{share_text(one.size.share)} ({bounds}), n={one.size.n:,}, stability {one.stability:.2f}"


def _sizes(groups: Sequence[tuple[str, Persona]]) -> alt.LayerChart | alt.FacetChart:
    rows = [
        {
            "group": label,
            "share": one.size.share or 0.0,
            "low": one.size.low or 0.0,
            "high": one.size.high or 0.0,
            "kind": "named" if one.name is not None else "under a threshold: no name",
            "text": _size_text(one),
        }
        for label, one in groups
    ]
    base = rows_chart(rows).encode(y=_y("group", [label for label, _ in groups]))
    most = max((row["high"] for row in rows), default=1.0)
    kinds = ["named", "under a threshold: no name"]
    x = alt.X(
        "share:Q", title="share of the customers, with its 95 % interval", scale=alt.Scale(domain=[0, most], nice=False),
        axis=alt.Axis(format=".0%", tickCount=5, domain=False, titleAnchor="start"),
    )  # fmt: skip
    legend = alt.Legend(title=None, orient="top", symbolType="square", symbolSize=130)
    colour = alt.Color("kind:N", legend=legend, scale=alt.Scale(domain=kinds, range=[BLUE, "#9aa4ae"]))
    bars = base.mark_bar(height=18, opacity=0.6).encode(x=x, color=colour)
    bounds = base.mark_rule(strokeWidth=2, color=INK).encode(x="low:Q", x2="high:Q")
    words = base.mark_text(align="left", baseline="middle", fontSize=WORDS_PX, color=INK)
    figures = words.encode(x=alt.value(_WIDTH + 16), text="text:N")
    return alt.layer(bars, bounds, figures).properties(width=_WIDTH, height=_ROW_PX * max(len(rows), 1))


def _contrast_rows(label: str, one: Persona) -> list[_Row]:
    return [
        {
            "group": label,
            "feature": f"{label.partition('.')[0]}. {short(each.feature)} ({each.what})",
            "inside": each.inside.share or 0.0,
            "outside": each.outside.share or 0.0,
            "text": f"{points_text(each.difference)} ({bare_points(each.low)} to {bare_points(each.high)}), n={each.inside.total:,}",
        }
        for each in one.contrasts[:_MOST_CONTRASTS]
    ]


def _contrasts(rows: Sequence[_Row]) -> alt.LayerChart | alt.FacetChart:
    base = rows_chart(rows).encode(y=_y("feature", [row["feature"] for row in rows]))
    scale = alt.Scale(domain=[0, 1])
    axis = alt.Axis(format=".0%", tickCount=5, domain=False, titleAnchor="start")
    x = alt.X("inside:Q", title="share who did it at least once", scale=scale, axis=axis)
    where = alt.Color(
        "where:N",
        scale=alt.Scale(domain=["in the group", "in the others"], range=[BLUE, ORANGE]),
        legend=alt.Legend(title=None, orient="top", symbolSize=110),
    )
    shape = alt.Shape(
        "where:N",
        scale=alt.Scale(domain=["in the group", "in the others"], range=["circle", "diamond"]),
        legend=alt.Legend(title=None, orient="top", symbolSize=110),
    )
    points = [
        base.transform_calculate(where=f"'{words}'")
        .mark_point(filled=True, size=95, opacity=1)
        .encode(
            x=alt.X(f"{side}:Q", scale=scale, axis=axis, title="share who did it at least once"),
            color=where,
            shape=shape,
        )
        for side, words in (("outside", "in the others"), ("inside", "in the group"))
    ]
    lines = base.mark_rule(color=PALE_INK, strokeWidth=1.6).encode(x=x, x2="outside:Q")
    words = base.mark_text(align="left", baseline="middle", fontSize=WORDS_PX, color=INK)
    figures = words.encode(x=alt.value(_WIDTH + 16), text="text:N")
    return alt.layer(lines, *points, figures).properties(
        width=_WIDTH,
        height=_CONTRAST_PX * len(rows),
        title=alt.TitleParams(
            "What each group does not share with the others (largest differences, points with 95 % interval)",
            anchor="start", fontSize=13, color=INK, fontWeight="normal", frame="bounds",
        ),
    )  # fmt: skip


def _y(field: str, order: Sequence[str]) -> alt.Y:
    axis = alt.Axis(ticks=False, domain=False, grid=False, labelLimit=330)
    return alt.Y(f"{field}:N", sort=list(order), title=None, axis=axis)


def _reading(found: Personas) -> list[str]:
    lines = [
        f"Of {found.population}.",
        "Stability: mean Jaccard overlap with the groups of resamples, 0 to 1; a name needs 0.75, and more.",
    ]
    if found.reason is not None:
        lines.append(f"No personas: {found.reason}.")
    left = [
        f"{n:,} customers {why}"
        for n, why in ((found.n_too_little, "did too little to be grouped"), (found.n_hidden, "are in groups too small to be shown"))
        if n
    ]  # fmt: skip
    if left:
        lines.append("; ".join(left) + ".")
    return lines
