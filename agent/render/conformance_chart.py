"""A picture of a planned map beside what customers did: each planned and unplanned part with its share and interval."""

# Altair is typed only in part.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import altair as alt

from agent.analyse.conformance import Conformance, Coverage
from agent.render.charts import Picture
from agent.render.figures import interval_text, share_text

_MAX_UNPLANNED = 15
_WIDTH = 460
_COLOURS = {"planned": "#2f6f9f", "not planned": "#c4572e"}


def conformance_picture(found: Conformance) -> Picture:
    """Return the picture: of touchpoints where the plan has any, else of stages."""
    coverage = found.touchpoints or found.stages
    rows = [] if coverage is None else _rows(coverage)
    level = "touchpoint" if coverage is None else coverage.level
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y("name:N", sort=None, title=None, axis=alt.Axis(labelLimit=220)),
        color=alt.Color(
            "part:N",
            title=None,
            scale=alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values())),
            legend=alt.Legend(orient="bottom"),
        ),
    )
    bars = base.mark_bar(opacity=0.55).encode(
        x=alt.X("share:Q", title=f"share of customers at the {level}", axis=alt.Axis(format="%"))
    )
    bounds = base.mark_rule(size=2).encode(x="low:Q", x2="high:Q")
    return alt.layer(bars, bounds).properties(width=_WIDTH, title=_title(found, coverage), background="white")


def _rows(coverage: Coverage) -> list[dict[str, str | float | None]]:
    planned = [one for one in coverage.usage if one.planned]
    others = [one for one in coverage.usage if not one.planned][:_MAX_UNPLANNED]
    return [
        {
            "name": one.name,
            "part": "planned" if one.planned else "not planned",
            "share": one.reach.share,
            "low": one.reach.low,
            "high": one.reach.high,
        }
        for one in (*planned, *others)
    ]


def _title(found: Conformance, coverage: Coverage | None) -> str:
    name = found.name or "Planned map"
    if coverage is None:
        return f"{name}: nothing of it is in the data"
    fit = coverage.all
    bounds = f" ({interval_text(fit.low, fit.high)})" if fit.share is not None else ""
    return f"{name}: {share_text(fit.share)}{bounds} of {fit.total:,} customers fit it"
