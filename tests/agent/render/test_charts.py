"""Pictures: what they say, what they refuse to carry, and that they are the same every time."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import combinations

import pytest

from agent.analyse.flow import FlowStep, Transition
from agent.analyse.funnels import Funnel, FunnelStage
from agent.analyse.graph import Graph, GraphEdge, GraphNode
from agent.analyse.retention import Retention, RetentionPoint
from agent.analyse.statistics import quantity, wilson
from agent.analyse.waiting import StageTime, quantile_of, survival_of
from agent.events.counted import Level
from agent.events.waiting import Spell
from agent.render.charts import (
    funnel_picture,
    retention_picture,
    sankey_picture,
    stay_picture,
    transition_picture,
)
from agent.render.diagrams import Box, crossed
from agent.render.durations import duration_text, shift_text, span_text
from agent.render.frame import Picture, png_of, short, svg_of
from agent.render.transitions import graph_diagram

_NASTY = "</text><script>alert(1)</script>&'\"{{x}} datum.y\x1b[31m\u202e" + "long " * 40


def _edge(source: str, target: str, n: int, leaving: int, *, back: bool = False) -> GraphEdge:
    bounds = wilson(n, leaving)
    move = Transition(
        source=source, target=target, n=n, persons=n, share=n / leaving, low=bounds.low, high=bounds.high,
        leaving=leaving,
    )  # fmt: skip
    return GraphEdge(move=move, back=back)


def _graph(level: Level, first: str = "look") -> Graph:
    names = [first, "compare", "buy", "keep"]
    nodes = [
        GraphNode(name=name, layer=k, share=quantity(90 - 10 * k, 100, "customers"), starts=20)
        for k, name in enumerate(names)
    ]
    edges = [_edge(first, "compare", 60, 80), _edge("compare", "buy", 50, 70), _edge("buy", "keep", 40, 60)]
    edges += [_edge(first, "buy", 20, 80), _edge("buy", first, 15, 60, back=True)]
    return Graph(level=level, n_persons=100, nodes=tuple(nodes), edges=tuple(edges), n_hidden=2)


def _funnel(first: str = "look") -> Funnel:
    def step(name: str, n: int, before: int) -> FunnelStage:
        return FunnelStage(
            step=name, n=n, of_previous=quantity(n, before, "x"), of_first=quantity(n, 100, "x"), stopped=0,
            still_open=0, median_s=None, p90_s=None, total_median_s=None, next=(),
        )  # fmt: skip

    steps = (step(first, 100, 100), step("buy", 40, 100))
    return Funnel(
        mode="loose", within_s=604_800, n_persons=200, steps=steps, conversion=quantity(40, 100, "x")
    )


def _retention(since: str | None = None) -> Retention:
    points = tuple(
        RetentionPoint(period=k, active=quantity(100 // (k + 1), 100, "customers")) for k in range(5)
    )
    return Retention(period_s=604_800, since=since, n_persons=100, points=points, n_left_out=0)


def _stays(name: str = "look") -> list[StageTime]:
    curve = survival_of(
        [Spell(86_400.0 * k, 3, went=True) for k in range(1, 9)] + [Spell(8e5, 5, went=False)]
    )
    return [
        StageTime(
            stage=stage, n=29, n_moved=24, n_censored=5, q25=quantile_of(curve, 0.25), median=quantile_of(curve, 0.5),
            q75=quantile_of(curve, 0.75), curve=curve, drop_off=None, skipped=None,
        )
        for stage in (name, "buy")
    ]  # fmt: skip


def _sankey(name: str = "look") -> Picture:
    steps = (
        FlowStep(visit=0, source=name, target="buy", persons=60),
        FlowStep(visit=0, source=name, target=None, persons=40),
        FlowStep(visit=1, source="buy", target=None, persons=60),
    )
    return sankey_picture(steps, (name, "buy"))


_PICTURES: dict[str, Callable[[str], Picture]] = {
    "stage graph": lambda name: transition_picture(_graph("stage", name)),
    "event graph": lambda name: transition_picture(_graph("event", name)),
    "sankey": _sankey,
    "funnel": lambda name: funnel_picture(_funnel(name)),
    "retention": lambda name: retention_picture(_retention(name), unit="week"),
    "stays": lambda name: stay_picture(_stays(name)),
}


@pytest.mark.parametrize("kind", _PICTURES)
def test_picture_is_whole_and_the_same_every_time(kind: str) -> None:
    """Each picture is an SVG with words and a paper of its own, equal when drawn again, and a PNG."""
    made = _PICTURES[kind]("look")
    svg = svg_of(made)
    assert svg == svg_of(_PICTURES[kind]("look"))
    root = ET.fromstring(svg.decode())  # noqa: S314 - our own
    assert float(root.attrib["width"].removesuffix("px")) < 2_000
    text = "".join(root.itertext())
    assert "look" in text
    assert b'fill="#ffffff"' in svg or b"fill='#ffffff'" in svg
    assert png_of(made).startswith(b"\x89PNG")


@pytest.mark.parametrize("kind", _PICTURES)
def test_picture_of_a_nasty_name_carries_no_markup(kind: str) -> None:
    """A customer's name for an event is words: no tag, no link, no control character, and not too long."""
    svg = svg_of(_PICTURES[kind](_NASTY)).decode()
    root = ET.fromstring(svg)  # noqa: S314 - our own
    tags = {element.tag.rpartition("}")[2].lower() for element in root.iter()}
    assert not tags & {"script", "a", "image", "foreignobject", "style"}
    assert "<script" not in svg
    assert "\x1b" not in svg
    assert "\u202e" not in svg
    assert "long long long long" not in svg


def test_graph_labels_stand_apart_and_name_n_and_interval() -> None:
    """Each move has its share with interval and its n; moves back are dashed and in another colour."""
    diagram = graph_diagram(_graph("event"), name=short)
    shares = [word for word in diagram.words if "(" in word["text"] and "–" in word["text"]]
    assert len(shares) == 5
    assert {"n=60", "n=15"} <= {word["text"] for word in diagram.words}
    for one, other in combinations(shares, 2):
        assert abs(one["x"] - other["x"]) > 40 or abs(one["y"] - other["y"]) >= 14
    colours = {row["dashed"]: row["color"] for row in diagram.lines}
    assert colours[True] != colours[False]
    widths = {row["key"]: row["width"] for row in diagram.lines}
    assert len(set(widths.values())) > 1


@pytest.mark.parametrize("level", ["stage", "event"])
def test_graph_figures_lie_on_no_arrow_and_no_box(level: Level) -> None:
    """What says how many stands beside its arrow, where nothing else is drawn, and all of it inside the picture."""
    diagram = graph_diagram(_graph(level), name=short)
    boxes = [Box(b["x"], b["y"], b["x2"] - b["x"], b["y2"] - b["y"]) for b in diagram.boxes]
    lines: dict[str, tuple[list[tuple[float, float]], float]] = {}
    for row in diagram.lines:
        lines.setdefault(row["key"], ([], row["width"]))[0].append((row["x"], row["y"]))
    for word in diagram.words:
        half = 3.2 * len(word["text"])
        place = Box(word["x"] - half, word["y"] - 6, 2 * half, 12)
        assert place.x >= 0
        assert place.right <= diagram.width
        if any(box.holds((word["x"], word["y"]), 0) for box in boxes):
            continue
        assert not any(place.overlap(box) for box in boxes), word
        assert not crossed(place, list(lines.values())), word


def test_svg_tells_its_title_and_figures_to_who_cannot_see_it() -> None:
    """A screen reader finds a title, what is shown and the figures themselves."""
    root = ET.fromstring(svg_of(funnel_picture(_funnel())).decode())  # noqa: S314 - our own
    assert root.attrib["role"] == "img"
    title, described = root[0], root[1]
    assert root.attrib["aria-labelledby"] == f"{title.attrib['id']} {described.attrib['id']}"
    assert title.text == "Funnel of 100 customers: steps in order within 7\u00a0days".replace("\u00a0", " ")
    assert "n=40" in (described.text or "")


def test_picture_of_nothing_is_a_picture() -> None:
    """Without nodes, steps or curves a frame with its title is drawn."""
    empty = Graph(level="stage", n_persons=0, nodes=(), edges=(), n_hidden=0)
    for made in (transition_picture(empty), sankey_picture((), ()), stay_picture([])):
        assert b"<svg" in svg_of(made)


def test_short_keeps_what_fits() -> None:
    """Names are one line, and cut with a mark where they are too long."""
    assert short("order_completed") == "order completed"
    assert short("O_Sent__mail_ _x") == "O Sent mail_ _x"
    assert short("a\n b\t c") == "a b c"
    assert len(short("x" * 99)) == 32
    assert short("x" * 99).endswith("…")


def test_differences_of_time_have_their_sign() -> None:
    """Longer is plus, shorter is minus, and nothing is neither."""
    words = [shift_text(seconds).replace("\u00a0", " ") for seconds in (172_800, -90, 0)]
    assert words == ["+2 days", "−90 s", "0 s"]
    assert shift_text(None) == "-"


def test_durations_are_in_a_unit_that_reads_well() -> None:
    """Two of a unit are needed to speak in it."""
    words = [
        duration_text(seconds).replace("\u00a0", " ")
        for seconds in (0, 1.5, 119, 120, 7_200, 86_400, 172_800)
    ]
    assert words == ["0 s", "1.5 s", "119 s", "2 min", "2 h", "24 h", "2 days"]
    assert duration_text(None) == "-"
    assert span_text(172_800, 86_400, None).replace("\u00a0", " ") == "2 days (1–?)"
