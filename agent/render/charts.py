"""Pictures of what customers did: transitions, flow over stages, funnel, retention, time in stage."""

# Altair's builders take what Vega-Lite's schema takes, which its types do not say in full.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence
from typing import Any

import altair as alt

from agent.analyse.flow import FlowStep
from agent.analyse.funnels import Funnel
from agent.analyse.graph import Graph
from agent.analyse.retention import Retention
from agent.analyse.waiting import StageTime
from agent.render.diagrams import Diagram
from agent.render.durations import duration_text, span_text, unit_of
from agent.render.figures import interval_text, share_text
from agent.render.frame import (
    BLUE,
    INK,
    PALE_INK,
    PALETTE,
    SMALL_PX,
    Picture,
    framed,
    haloed,
    literal,
    rows_chart,
    short,
    without_rows,
)
from agent.render.sankey import sankey_diagram
from agent.render.transitions import graph_diagram

_WIDTH, _HEIGHT = 760, 380
_FUNNEL_WIDTH = 520
_DASHES = ([1, 0], [7, 3], [2, 2], [10, 3, 2, 3], [5, 5], [1, 3], [12, 4], [4, 2, 1, 2])
"""Of lines, so that they are told apart without colours as well."""
_MOST_LABELS = 10
_NO_STAGE = "No event of these customers has a stage."
_STAY_READING = (
    "Share who have entered no other stage yet, by time since their first entry (Kaplan-Meier, 95 % band);",
    "who is still there when the data ends counts for as long as they are seen.",
)


def transition_picture(graph: Graph) -> Picture:
    """Return the transition graph: width by share, n and interval at each move, moves back in orange and dashed."""
    what = "stages" if graph.level == "stage" else "events"
    reading = [
        "Of the customers leaving a node, the share who go there next (95 % interval) and how many they are."
    ]
    looks = ["orange and dashed: back"] if any(edge.back for edge in graph.edges) else []
    if any(node.is_folded for node in graph.nodes):
        looks.append(f"grey: all rarer {what} together, their moves not drawn")
    if graph.n_hidden:
        looks.append(f"{graph.n_hidden} rarer kinds of moves not drawn")
    if looks:
        reading.append("; ".join(looks).capitalize() + ".")
    told = [
        f"{short(edge.move.source)} to {short(edge.move.target)}: {share_text(edge.move.share)}, n={edge.move.persons:,}"
        for edge in graph.edges
    ]
    return _drawn(
        graph_diagram(graph, name=short),
        title=f"What {graph.n_persons:,} customers did: moves between {what}",
        subtitle=reading,
        told=told,
    )


def sankey_picture(steps: Sequence[FlowStep], stages: Sequence[str]) -> Picture:
    """Return the flow over stages, one column a visit; whose journey ends at a stage is written there."""
    if not steps:
        return without_rows("Flow of customers over stages, visit by visit", [], words=_NO_STAGE)
    n = sum(step.persons for step in steps if step.visit == 0)
    last = max((step.visit for step in steps), default=0)
    beyond = sum(step.persons for step in steps if step.visit == last and step.target is not None)
    reading = [f"Shares are of all {n:,} (95 % interval). A customer may come back to a stage;"]
    reading.append("those who go no further have entered no other stage since.")
    if beyond:
        reading[-1] += f" Visits after the {last + 1}th, of {beyond:,} customers, are not drawn."
    return _drawn(
        sankey_diagram(steps, stages, name=short, palette=PALETTE),
        title=f"Flow of {n:,} customers over stages, visit by visit",
        subtitle=reading,
        told=[
            f"Visit {step.visit + 1}: {step.persons:,} from {short(step.source)} to {short(step.target)}"
            for step in steps
            if step.target is not None
        ],
    )


def funnel_picture(found: Funnel) -> Picture:
    """Return the funnel: share of the first step at each step, with its interval."""
    rows = _funnel_rows(found)
    base = rows_chart(rows).encode(
        y=alt.Y(
            "step:N",
            sort=None,
            title=None,
            axis=alt.Axis(labelLimit=300, domain=False, ticks=False, grid=False),
        )
    )
    scale = alt.Scale(domain=[0, 1], nice=False)
    axis = alt.Axis(
        format=".0%", values=[0, 0.25, 0.5, 0.75, 1.0], title="share of those who took the first step",
        titleAnchor="start", domain=False,
    )  # fmt: skip
    bars = base.mark_bar(color=BLUE, opacity=0.55, size=28).encode(x=alt.X("share:Q", scale=scale, axis=axis))
    bands = base.mark_rule(color=INK, strokeWidth=2).encode(x=alt.X("low:Q", scale=scale), x2="high:Q")
    ends = [
        base.mark_tick(color=INK, thickness=2, size=14, opacity=1).encode(x=f"{end}:Q")
        for end in ("low", "high")
    ]
    words = haloed(base, {"x": alt.X("high:Q", scale=scale), "text": "label:N"}, align="left", dx=10)
    within = "" if found.within_s is None else f" within {duration_text(found.within_s)}"
    n = found.steps[0].n if found.steps else 0
    how = "directly one after the other" if found.mode == "strict" else "in order"
    return framed(
        alt.layer(bars, bands, *ends, *words),
        f"Funnel of {n:,} customers: steps {how}{within}",
        "Bars: share of those who took the first step, with its 95 % interval; in words also the share of the step before.",
        width=_FUNNEL_WIDTH,
        height=50 * len(rows),
        told=[f"{row['step']}: {row['label']}" for row in rows],
    )


def retention_picture(found: Retention, *, unit: str) -> Picture:
    """Return the retention curve with its band."""
    rows = _retention_rows(found)
    since = "their first event" if found.since is None else f"\u2018{short(found.since)}\u2019"
    last = max((point.period for point in found.points), default=1)
    every = max(1, -(-len(rows) // _MOST_LABELS))
    labelled = list(range(0, last + 1, every))
    x = alt.X(
        "period:Q", scale=alt.Scale(domain=[0, max(last, 1)], nice=False, padding=24), title=f"{unit}s since {since}",
        axis=alt.Axis(values=labelled, format="d", titlePadding=28, grid=False),
    )  # fmt: skip
    base = rows_chart(rows).encode(x=x)
    scale = alt.Scale(domain=[0, 1])
    axis = alt.Axis(format=".0%", title="share active", tickCount=5)
    band = base.mark_area(color=BLUE, opacity=0.25).encode(
        y=alt.Y("low:Q", scale=scale, axis=axis), y2="high:Q"
    )
    line = base.mark_line(color=BLUE, strokeWidth=2.5, point=alt.OverlayMarkDef(color=BLUE, size=45)).encode(
        y=alt.Y("share:Q", scale=scale)
    )
    words = base.transform_filter(f"datum.period % {every} == 0")
    shares = haloed(
        words, {"y": alt.Y("share:Q", scale=scale), "text": "label:N"}, align="left", dx=5, dy=-13
    )
    counts = words.mark_text(fontSize=SMALL_PX, color=PALE_INK).encode(y=alt.value(_HEIGHT + 32), text="n:N")
    first = found.points[0].active.total if found.points else 0
    return framed(
        alt.layer(band, line, *shares, counts),
        f"How many of {first:,} customers are active, by {unit} since {since}",
        f"Band: 95 % interval; each {unit} counts only the customers for whom it is over (n).",
        width=_WIDTH,
        height=_HEIGHT,
        told=[f"{unit} {row['period']}: {row['label']}, {row['n']}" for row in rows],
    )


def stay_picture(stages: Sequence[StageTime]) -> Picture:
    """Return the share still in each stage over time, with bands; who is still there is censored."""
    seen = [stage for stage in stages if stage.curve]
    if not seen:
        return without_rows("How long customers stay in a stage", [], words=_NO_STAGE)
    longest = max((_shown_until(stage) for stage in seen), default=1.0)
    scale_s, unit = unit_of(longest)
    rows = _stay_rows(seen, longest, scale_s)
    names = [_stage_label(stage) for stage in seen]
    legend = alt.Legend(
        title="stage, customers: half have left it after (95 %)", orient="bottom", columns=2, symbolType="stroke",
        symbolStrokeWidth=3, symbolSize=700, symbolOpacity=1, columnPadding=36,
    )  # fmt: skip
    colour = alt.Color("stage:N", legend=legend, scale=alt.Scale(domain=names, range=_cycled(PALETTE, names)))
    dashes = alt.StrokeDash(
        "stage:N", legend=legend, scale=alt.Scale(domain=names, range=_cycled(_DASHES, names))
    )
    x = alt.X(
        "time:Q",
        title=f"{unit} since entering the stage",
        scale=alt.Scale(domain=[0, longest / scale_s], nice=False),
    )
    base = rows_chart(rows).encode(x=x)
    axis = alt.Axis(format=".0%", title="share still in the stage", tickCount=5)
    band = base.mark_area(opacity=0.16, interpolate="step-after").encode(
        y=alt.Y("low:Q", scale=alt.Scale(domain=[0, 1]), axis=axis),
        y2="high:Q",
        detail="stage:N",
        fill=alt.Fill("color:N", scale=None, legend=None),
    )
    line = base.mark_line(interpolate="step-after", strokeWidth=2.4).encode(
        y="share:Q", color=colour, strokeDash=dashes
    )
    return framed(
        alt.layer(band, line),
        "How long customers stay in a stage",
        _STAY_READING,
        width=_WIDTH,
        height=_HEIGHT,
        told=names,
    )


def _funnel_rows(found: Funnel) -> list[dict[str, Any]]:
    return [
        {
            "step": f"{number}. {short(step.step)}",
            "share": step.of_first.share or 0.0,
            "low": step.of_first.low or 0.0,
            "high": step.of_first.high or 0.0,
            "label": _funnel_label(found, number - 1),
        }
        for number, step in enumerate(found.steps, start=1)
    ]


def _retention_rows(found: Retention) -> list[dict[str, Any]]:
    return [
        {
            "period": point.period,
            "share": point.active.share,
            "low": point.active.low,
            "high": point.active.high,
            "label": share_text(point.active.share),
            "n": f"n={point.active.total:,}",
        }
        for point in found.points
    ]


def _stay_rows(seen: Sequence[StageTime], longest: float, scale_s: float) -> list[dict[str, Any]]:
    return [
        {**row, "color": PALETTE[k % len(PALETTE)]}
        for k, stage in enumerate(seen)
        for row in _curve_rows(stage, longest, scale_s)
    ]


def _cycled(values: Sequence[Any], names: Sequence[str]) -> list[Any]:
    return [values[k % len(values)] for k in range(len(names))]


def _funnel_label(found: Funnel, k: int) -> str:
    step = found.steps[k]
    if k == 0:
        return f"n={step.n:,}"
    of_first = f"{share_text(step.of_first.share)} ({interval_text(step.of_first.low, step.of_first.high)})"
    before = f"{share_text(step.of_previous.share)} of the step before"
    bounds = interval_text(step.of_previous.low, step.of_previous.high)
    return f"{of_first}, n={step.n:,} · {before}" + (f" ({bounds})" if bounds else "")


def _stage_label(stage: StageTime) -> str:
    median = stage.median
    half = "unknown" if median.value_s is None else span_text(median.value_s, median.low_s, median.high_s)
    return f"{short(stage.stage, 20)}, n={stage.n:,}: {half}"


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


def _drawn(diagram: Diagram, *, title: str, subtitle: Sequence[str], told: Sequence[str]) -> Picture:
    """Return a diagram: its lines, areas, boxes and words, in its own coordinates."""
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, diagram.width], nice=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[diagram.height, 0], nice=False))
    layers: list[alt.Chart] = []
    if diagram.areas:
        areas = rows_chart(diagram.areas).mark_area(opacity=0.42)
        layers.append(areas.encode(x=x, y=y, y2="y2:Q", detail="key:N", color=literal("color")))
    layers += _line_layers(diagram, x, y)
    if diagram.heads:
        heads = rows_chart(diagram.heads).mark_point(shape="triangle", filled=True, opacity=1)
        size = alt.Size("size:Q", scale=None, legend=None)
        turned = alt.Angle("angle:Q", scale=None, legend=None)
        layers.append(heads.encode(x=x, y=y, angle=turned, size=size, color=literal("color")))
    if diagram.boxes:
        boxes = rows_chart(diagram.boxes).mark_rect(cornerRadius=4, stroke=INK, strokeWidth=1)
        layers.append(boxes.encode(x=x, y=y, x2="x2:Q", y2="y2:Q", color=literal("color")))
    for align in ("left", "center", "right"):
        if rows := [row for row in diagram.words if row["align"] == align]:
            encoding = {"x": x, "y": y, "text": "text:N"}
            layers += haloed(rows_chart(rows), encoding, color=literal("color"), align=align)
    return framed(alt.layer(*layers), title, subtitle, width=diagram.width, height=diagram.height, told=told)


def _line_layers(diagram: Diagram, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    layers: list[alt.Chart] = []
    for dashed in (False, True):
        lines = [row for row in diagram.lines if row["dashed"] is dashed]
        if lines:
            dash = [6, 4] if dashed else [1, 0]
            mark = rows_chart(lines).mark_line(strokeDash=dash, strokeCap="butt", opacity=0.7, clip=False)
            layers.append(
                mark.encode(
                    x=x, y=y, detail="key:N", order="order:Q", color=literal("color"),
                    strokeWidth=alt.StrokeWidth("width:Q", scale=None, legend=None),
                )
            )  # fmt: skip
    return layers
