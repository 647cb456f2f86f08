"""Pictures of journeys as Vega-Lite, drawn to SVG and PNG without a browser and without a network.

Names in them come from customers' data: they are data values, never expressions, and cut to a length that fits.
"""

# Altair's builders take what Vega-Lite's schema takes, which its types do not say in full.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import altair as alt
import vl_convert

from agent.analyse.flow import FlowStep
from agent.analyse.funnels import Funnel
from agent.analyse.graph import Graph
from agent.analyse.retention import Retention
from agent.analyse.waiting import StageTime
from agent.render.diagrams import Diagram, graph_diagram, sankey_diagram
from agent.render.durations import duration_text, unit_of
from agent.render.figures import interval_text, share_text

Picture = alt.LayerChart | alt.FacetChart
"""A picture that `svg_of` and `png_of` draw."""

INK, PALE_INK, PAPER, GRID = "#1b1f24", "#57606a", "#ffffff", "#e4e8ec"
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a6d00", "#444444")
"""Told apart by readers with any kind of colour vision (Okabe and Ito 2008), on the paper that every picture brings."""
_BLUE, _ORANGE = PALETTE[0], PALETTE[1]
_FONT = "DejaVu Sans, Verdana, Arial, sans-serif"
_WIDTH, _HEIGHT = 760, 380
_PNG_SCALE = 2.0
_LONGEST_NAME = 32
_VEGA_LITE = "v" + ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])


def svg_of(picture: Picture) -> bytes:
    """Return a picture as SVG; letters stay letters."""
    return vl_convert.vegalite_to_svg(picture.to_dict(), vl_version=_VEGA_LITE).encode()


def png_of(picture: Picture) -> bytes:
    """Return a picture as PNG, two dots to the pixel."""
    return vl_convert.vegalite_to_png(picture.to_dict(), vl_version=_VEGA_LITE, scale=_PNG_SCALE)


def short(name: str, longest: int = _LONGEST_NAME) -> str:
    """Return a name as one line of visible characters, cut where it is longer than fits."""
    seen = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in name)
    words = " ".join(seen.split())
    return words if len(words) <= longest else words[: longest - 1].rstrip() + "…"


def transition_picture(graph: Graph) -> Picture:
    """Return the transition graph: width by share, n and interval at each move, moves back in orange and dashed."""
    what = "stages" if graph.level == "stage" else "events"
    hidden = f"; {graph.n_hidden} rarer kinds of moves not shown" if graph.n_hidden else ""
    return _drawn(
        graph_diagram(graph, name=short),
        title=f"What {graph.n_persons:,} customers did: moves between {what}",
        subtitle=f"Share of the customers leaving a node (95 % interval), n customers; orange: back{hidden}",
    )


def sankey_picture(steps: Sequence[FlowStep], stages: Sequence[str]) -> Picture:
    """Return the flow over stages, one column a visit; whose journey ends at a stage is written there."""
    n = sum(step.persons for step in steps if step.visit == 0)
    return _drawn(
        sankey_diagram(steps, stages, name=short, palette=PALETTE),
        title=f"Flow of {n:,} customers over stages, visit by visit",
        subtitle="A customer may come back to a stage; those who go no further have entered no other stage since",
    )


def funnel_picture(found: Funnel) -> Picture:
    """Return the funnel: share of the first step at each step, with its interval."""
    rows = [
        {
            "step": f"{number}. {short(step.step)}",
            "share": step.of_first.share or 0.0,
            "low": step.of_first.low or 0.0,
            "high": step.of_first.high or 0.0,
            "label": f"{share_text(step.of_first.share)} · n={step.n:,}" + _from_before(found, number - 1),
        }
        for number, step in enumerate(found.steps, start=1)
    ]
    base = alt.Chart(alt.InlineData(rows)).encode(
        y=alt.Y("step:N", sort=None, title=None, axis=alt.Axis(labelLimit=300, domain=False, ticks=False))
    )
    scale = alt.Scale(domain=[0, 1.45])
    axis = alt.Axis(
        format=".0%", values=[0, 0.2, 0.4, 0.6, 0.8, 1.0], title="share of those who took the first step"
    )
    bars = base.mark_bar(color=_BLUE, opacity=0.75, size=26).encode(
        x=alt.X("share:Q", scale=scale, axis=axis)
    )
    bands = base.mark_rule(color=INK, strokeWidth=2).encode(x=alt.X("low:Q", scale=scale), x2="high:Q")
    ends = [base.mark_tick(color=INK, thickness=2, size=12).encode(x=f"{end}:Q") for end in ("low", "high")]
    words = base.mark_text(align="left", dx=10, fontSize=12, color=INK).encode(x="high:Q", text="label:N")
    within = "" if found.within_s is None else f" within {duration_text(found.within_s)}"
    title = f"Funnel, {'directly one after the other' if found.mode == 'strict' else 'in order'}{within}"
    return _framed(
        alt.layer(bars, bands, *ends, words), title, "Bars: share of the first step; lines: 95 % interval",
        height=46 * len(rows),
    )  # fmt: skip


def retention_picture(found: Retention, *, unit: str) -> Picture:
    """Return the retention curve with its band."""
    rows = [
        {
            "period": point.period,
            "share": point.active.share,
            "low": point.active.low,
            "high": point.active.high,
            "label": f"{share_text(point.active.share)}",
            "n": f"n={point.active.total:,}",
        }
        for point in found.points
    ]
    since = "their first event" if found.since is None else f"'{short(found.since)}'"
    base = alt.Chart(alt.InlineData(rows)).encode(
        x=alt.X(
            "period:Q",
            title=f"{unit} since {since}",
            axis=alt.Axis(tickMinStep=1, format="d", titlePadding=24),
        )
    )
    scale = alt.Scale(domain=[0, 1])
    axis = alt.Axis(format=".0%", title="share active")
    band = base.mark_area(color=_BLUE, opacity=0.22).encode(
        y=alt.Y("low:Q", scale=scale, axis=axis), y2="high:Q"
    )
    line = base.mark_line(
        color=_BLUE, strokeWidth=2.5, point=alt.OverlayMarkDef(color=_BLUE, size=45)
    ).encode(y=alt.Y("share:Q", scale=scale))
    words = base.transform_filter(f"datum.period % {max(1, -(-len(rows) // 10))} == 0")
    shares = words.mark_text(dy=-14, fontSize=12, color=INK).encode(y="share:Q", text="label:N")
    counts = words.mark_text(fontSize=10, color=PALE_INK).encode(y=alt.value(_HEIGHT + 30), text="n:N")
    return _framed(
        alt.layer(band, line, shares, counts),
        f"Customers active by {unit} since {since}",
        "Band: 95 % interval; only customers for whom the period is over (n)",
    )


def stay_picture(stages: Sequence[StageTime]) -> Picture:
    """Return the share still in each stage over time, with bands; who is still there is censored."""
    seen = [stage for stage in stages if stage.curve]
    longest = max((_shown_until(stage) for stage in seen), default=1.0)
    scale_s, unit = unit_of(longest)
    rows = [row for stage in seen for row in _curve_rows(stage, longest, scale_s)]
    names = [_stage_label(stage) for stage in seen]
    colour = alt.Color(
        "stage:N", scale=alt.Scale(domain=names, range=list(PALETTE[: len(names)])),
        legend=alt.Legend(title=None, orient="right", labelLimit=320, symbolType="stroke", symbolStrokeWidth=4, symbolOpacity=1),
    )  # fmt: skip
    base = alt.Chart(alt.InlineData(rows)).encode(
        x=alt.X(
            "time:Q", title=f"{unit} since entering the stage", scale=alt.Scale(domain=[0, longest / scale_s])
        )
    )
    axis = alt.Axis(format=".0%", title="share still in the stage")
    band = base.mark_area(opacity=0.16, interpolate="step-after").encode(
        y=alt.Y("low:Q", scale=alt.Scale(domain=[0, 1]), axis=axis), y2="high:Q", color=colour
    )
    line = base.mark_line(interpolate="step-after", strokeWidth=2.2).encode(y="share:Q", color=colour)
    return _framed(
        alt.layer(band, line),
        "How long customers stay in a stage",
        "Until they enter another one (Kaplan-Meier, 95 % band); who is still there counts for as long as seen",
    )


def _from_before(found: Funnel, k: int) -> str:
    if k == 0:
        return ""
    step = found.steps[k]
    share = f"{share_text(step.of_previous.share)} of the step before"
    bounds = interval_text(step.of_previous.low, step.of_previous.high)
    return f" · {share} ({bounds})" if bounds else f" · {share}"


def _stage_label(stage: StageTime) -> str:
    half = "-" if stage.median.value_s is None else duration_text(stage.median.value_s)
    return f"{short(stage.stage, 20)}, n={stage.n:,}, half after {half}"


def _shown_until(stage: StageTime) -> float:
    """Return until when a curve is worth showing: where nearly all of its fall is over."""
    floor = stage.curve[-1].share
    return next(point.seconds for point in stage.curve if point.share - floor <= (1 - floor) * 0.03)


def _curve_rows(stage: StageTime, longest: float, scale_s: float) -> list[dict[str, Any]]:
    points = [(0.0, 1.0, 1.0, 1.0)]
    points += [(p.seconds, p.share, p.low, p.high) for p in stage.curve if p.seconds <= longest]
    points.append((longest, *points[-1][1:]))
    return [
        {"stage": _stage_label(stage), "time": time / scale_s, "share": share, "low": low, "high": high}
        for time, share, low, high in points
    ]


def _drawn(diagram: Diagram, *, title: str, subtitle: str) -> Picture:
    """Return a diagram: its lines, areas, boxes and words, in its own coordinates."""
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, diagram.width], nice=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[diagram.height, 0], nice=False))
    layers: list[alt.Chart] = []
    if diagram.areas:
        layers.append(
            _rows(diagram.areas)
            .mark_area(opacity=0.45)
            .encode(x=x, y=y, y2="y2:Q", detail="key:N", color=_literal("color"))
        )
    for dashed in (False, True):
        lines = [row for row in diagram.lines if row["dashed"] is dashed]
        if lines:
            dash = [6, 4] if dashed else [1, 0]
            mark = _rows(lines).mark_line(strokeDash=dash, strokeCap="butt", opacity=0.75, clip=False)
            layers.append(
                mark.encode(
                    x=x, y=y, detail="key:N", order="order:Q", color=_literal("color"),
                    strokeWidth=alt.StrokeWidth("width:Q", scale=None, legend=None),
                )
            )  # fmt: skip
    if diagram.heads:
        heads = _rows(diagram.heads).mark_point(shape="triangle", filled=True, size=130, opacity=1)
        layers.append(
            heads.encode(
                x=x, y=y, angle=alt.Angle("angle:Q", scale=None, legend=None), color=_literal("color")
            )
        )
    if diagram.boxes:
        boxes = _rows(diagram.boxes).mark_rect(cornerRadius=5, stroke=INK, strokeWidth=1)
        layers.append(boxes.encode(x=x, y=y, x2="x2:Q", y2="y2:Q", color=_literal("color")))
    layers += _word_layers(diagram.words, x, y)
    return _framed(alt.layer(*layers), title, subtitle, width=diagram.width, height=diagram.height)


def _word_layers(words: Sequence[Mapping[str, Any]], x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """Return words by alignment, each over a halo of paper where it stands on lines."""
    layers: list[alt.Chart] = []
    for align in ("left", "center", "right"):
        rows = [row for row in words if row["align"] == align]
        if not rows:
            continue
        base = _rows(rows)
        halo = base.mark_text(
            align=_align(align), fontSize=11, stroke=PAPER, strokeWidth=4, strokeJoin="round"
        )
        text = base.mark_text(align=_align(align), fontSize=11)
        layers.append(halo.encode(x=x, y=y, text="text:N"))
        layers.append(text.encode(x=x, y=y, text="text:N", color=_literal("color")))
    return layers


def _align(align: str) -> Literal["left", "center", "right"]:
    return "left" if align == "left" else "right" if align == "right" else "center"


def _rows(rows: Sequence[Mapping[str, Any]]) -> alt.Chart:
    return alt.Chart(alt.InlineData([dict(row) for row in rows]))


def _literal(field: str) -> alt.Color:
    return alt.Color(f"{field}:N", scale=None, legend=None)


def _framed(
    chart: Picture, title: str, subtitle: str, *, width: float = _WIDTH, height: float = _HEIGHT
) -> Picture:
    heading = alt.TitleParams(
        text=title, subtitle=subtitle, anchor="start", fontSize=17, subtitleFontSize=12, color=INK,
        subtitleColor=PALE_INK, offset=14, font=_FONT, subtitleFont=_FONT,
    )  # fmt: skip
    framed = chart.properties(width=width, height=height, title=heading, background=PAPER, padding=18)
    return (
        framed.configure(font=_FONT)
        .configure_view(stroke=None)
        .configure_axis(
            labelFontSize=12, titleFontSize=12, titleFontWeight="normal", labelColor=INK, titleColor=PALE_INK,
            gridColor=GRID, domainColor=GRID, tickColor=GRID,
        )
        .configure_legend(labelFontSize=12, labelColor=INK)
    )  # fmt: skip
