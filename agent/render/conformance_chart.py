"""A picture of a planned map beside what customers did: each planned and unplanned part with its share and interval."""

# Altair is typed only in part.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence

import altair as alt

from agent.analyse.conformance import Conformance, Coverage, Usage
from agent.render.figures import interval_text, share_text
from agent.render.frame import (
    BLUE,
    INK,
    ORANGE,
    Picture,
    framed,
    haloed,
    rows_chart,
    short,
    without_rows,
)

_MAX_UNPLANNED = 15
_MAX_NEVER_USED = 15
_WIDTH = 400
_ROW_HEIGHT = 26
_COLOURS = {"planned": BLUE, "not planned": ORANGE}
_NEVER = "planned, never seen"
"""Has no bar, and says so in words: no colour stands for it."""

_Row = dict[str, str | float]


def conformance_picture(found: Conformance) -> Picture:
    """Return the picture: of touchpoints where the plan has any, else of stages."""
    coverage = found.touchpoints or found.stages
    rows = [] if coverage is None else _rows(found, coverage)
    level = "touchpoint" if coverage is None else coverage.level
    if not rows:
        return without_rows(
            _title(found, coverage), _reading(found, coverage), words="There is nothing to draw."
        )
    order = [str(row["key"]) for row in rows]
    # Names of the plan and of the data may be the same: rows are apart by their number, which is not shown.
    axis = alt.Axis(ticks=False, domain=False, grid=False, labelExpr="slice(datum.label, 4)")
    base = rows_chart(rows).encode(y=alt.Y("key:N", sort=order, title=None, axis=axis))
    most = max((float(row["high"]) for row in rows), default=1.0)
    scale = alt.Scale(domain=[0, most], nice=False)
    ticks = [k / 10 for k in range(11) if k / 10 <= most] or [0]
    x_axis = alt.Axis(
        format=".0%",
        values=ticks,
        title=f"share of customers at the {level}",
        titleAnchor="start",
        domain=False,
    )
    seen = base.transform_filter(f"datum.part != '{_NEVER}'")
    bars = seen.mark_bar(opacity=0.6, height=17).encode(
        x=alt.X("share:Q", scale=scale, axis=x_axis), color=_colour(rows)
    )
    bounds = seen.mark_rule(size=2, color=INK).encode(x=alt.X("low:Q", scale=scale), x2="high:Q")
    words = haloed(base, {"x": alt.X("high:Q", scale=scale), "text": "figures:N"}, align="left", dx=9)
    return framed(
        alt.layer(bars, bounds, *words),
        _title(found, coverage),
        _reading(found, coverage),
        width=_WIDTH,
        height=_ROW_HEIGHT * len(rows),
        told=[f"{str(row['key'])[4:]}, {row['part']}: {row['figures']}" for row in rows],
    )


def _colour(rows: Sequence[_Row]) -> alt.Color:
    parts = [part for part in _COLOURS if any(row["part"] == part for row in rows)]
    return alt.Color(
        "part:N",
        scale=alt.Scale(domain=parts, range=[_COLOURS[part] for part in parts]),
        legend=alt.Legend(title=None, orient="top", symbolType="square", symbolSize=130),
    )


def _rows(found: Conformance, coverage: Coverage) -> list[_Row]:
    planned = [one for one in coverage.usage if one.planned]
    never = [one for one in found.never_used if one.level == coverage.level][:_MAX_NEVER_USED]
    others = [one for one in coverage.usage if not one.planned][:_MAX_UNPLANNED]
    rows = [_row(one, "planned") for one in planned]
    rows += [_unseen(one.name) for one in never if one.name not in {each.name for each in planned}]
    rows += [_row(one, "not planned") for one in others]
    return [{**row, "key": f"{number:03d} {row['key']}"} for number, row in enumerate(rows)]


def _row(one: Usage, part: str) -> _Row:
    reach = one.reach
    bounds = interval_text(reach.low, reach.high)
    return {
        "key": short(one.name),
        "part": part,
        "share": reach.share or 0.0,
        "low": reach.low or 0.0,
        "high": reach.high or 0.0,
        "figures": f"{share_text(reach.share)}{f' ({bounds})' if bounds else ''}, n={reach.n:,}",
    }


def _unseen(name: str) -> _Row:
    return {
        "key": short(name),
        "part": _NEVER,
        "share": 0.0,
        "low": 0.0,
        "high": 0.0,
        "figures": "never seen in the data",
    }


def _title(found: Conformance, coverage: Coverage | None) -> str:
    name = short(found.name) if found.name else "Planned map"
    if coverage is None:
        return f"{name}: nothing of it is in the data"
    fit = coverage.all
    bounds = f" ({interval_text(fit.low, fit.high)})" if fit.share is not None else ""
    return f"{name}: {share_text(fit.share)}{bounds} of {fit.total:,} customers fit it"


def _reading(found: Conformance, coverage: Coverage | None) -> list[str]:
    lines = [f"Share of {found.n_persons:,} customers with events who were there; line: 95 % interval."]
    if coverage is not None:
        n_more = sum(not one.planned for one in coverage.usage) - _MAX_UNPLANNED
        if n_more > 0:
            lines.append(f"{n_more:,} rarer {coverage.level}s that are not planned are not drawn.")
    return lines
