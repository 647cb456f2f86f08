"""Geometry of the two diagrams that are no charts: the transition graph and the flow over stages."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.analyse.flow import FlowStep
from agent.analyse.graph import Graph, GraphEdge, GraphNode
from agent.render.figures import interval_text, share_text

Row = dict[str, Any]
Name = Callable[[str], str]
_Point = tuple[float, float]

_INK, _PALE_INK, _FORWARD, _BACK = "#1b1f24", "#57606a", "#0072b2", "#d55e00"
_BOX, _FOLDED_BOX = "#eaf2f8", "#eeeeee"
_LETTER = 6.7
"""Width of a letter of eleven points, on average."""
_BOX_HEIGHT, _LINE = 40.0, 14.0
_COLUMN_GAP = 190.0
_LAYER_GAP, _SIDE_GAP, _LANE = 104.0, 70.0, 34.0
_LEAST_WIDTH, _MOST_WIDTH = 1.2, 13.0
_N_POINTS = 28
_TALL, _GAP, _WIDE = 420.0, 20.0, 200.0
"""Height of all persons in the flow over stages, gap between its bars, width of a visit."""


@dataclass(slots=True)
class Diagram:
    """What to draw, in units of the picture, y downwards; rows are given to marks as they are."""

    width: float
    height: float
    lines: list[Row] = field(default_factory=list[Row])
    areas: list[Row] = field(default_factory=list[Row])
    heads: list[Row] = field(default_factory=list[Row])
    boxes: list[Row] = field(default_factory=list[Row])
    words: list[Row] = field(default_factory=list[Row])


@dataclass(frozen=True, slots=True)
class _Box:
    x: float
    y: float
    width: float
    height: float = _BOX_HEIGHT

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2

    def overlap(self, other: "_Box") -> float:
        across = min(self.right, other.right) - max(self.x, other.x)
        down = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        return max(across, 0.0) * max(down, 0.0)


def graph_diagram(graph: Graph, *, name: Name) -> Diagram:
    """Return the transition graph: stages in a row, events in layers from the top down; moves back bow out at one side."""
    across = graph.level == "stage"
    boxes = _row_of_boxes(graph.nodes, name) if across else _layers_of_boxes(graph.nodes, graph.edges, name)
    lanes = _Lanes.of(boxes.values())
    paths = [
        _path_across(edge, boxes) if across else _path_down(edge, boxes, lanes)
        for edge in sorted(graph.edges, key=lambda edge: _reach(edge, boxes))
    ]
    edges = sorted(graph.edges, key=lambda edge: _reach(edge, boxes))
    xs = [x for path in paths for x, _ in path] + [x for box in boxes.values() for x in (box.x, box.right)]
    ys = [y for path in paths for _, y in path] + [
        y for box in boxes.values() for y in (box.y, box.y + box.height)
    ]
    left, top = min(xs, default=0.0) - 60, min(ys, default=0.0) - 24
    diagram = Diagram(width=max(xs, default=300.0) - left + 60, height=max(ys, default=100.0) - top + 24)
    boxes = {key: _Box(box.x - left, box.y - top, box.width) for key, box in boxes.items()}
    paths = [[(x - left, y - top) for x, y in path] for path in paths]
    for k, (edge, path) in enumerate(zip(edges, paths, strict=True)):
        _add_edge(diagram, edge, path, k)
    # What stands above a box is kept free as well.
    taken = [_Box(box.x, box.y - _LINE, box.width, box.height + _LINE) for box in boxes.values()]
    for edge, path in zip(edges, paths, strict=True):
        taken.append(_add_label(diagram, edge, path, taken))
    for node in graph.nodes:
        _add_node(diagram, node, boxes[node.name], name)
    return diagram


@dataclass(slots=True)
class _Lanes:
    """Where the next bow beside all boxes may run, on either side."""

    left: float
    right: float

    @classmethod
    def of(cls, boxes: Iterable[_Box]) -> "_Lanes":
        placed = list(boxes)
        return cls(
            min((box.x for box in placed), default=0.0) - 20,
            max((box.right for box in placed), default=0.0) + 20,
        )


def _reach(edge: GraphEdge, boxes: Mapping[str, _Box]) -> tuple[float, str, str]:
    source, target = boxes[edge.move.source], boxes[edge.move.target]
    return abs(source.x - target.x) / 1e6 + abs(source.y - target.y), edge.move.source, edge.move.target


def _row_of_boxes(nodes: Sequence[GraphNode], name: Name) -> dict[str, _Box]:
    boxes: dict[str, _Box] = {}
    x = 0.0
    for node in nodes:
        boxes[node.name] = _Box(x, 0.0, _box_width(node, name))
        x = boxes[node.name].right + _COLUMN_GAP
    return boxes


def _layers_of_boxes(nodes: Sequence[GraphNode], edges: Sequence[GraphEdge], name: Name) -> dict[str, _Box]:
    """Return a box for each node: a layer in a row, ordered by where its moves come from."""
    layers: dict[int, list[GraphNode]] = defaultdict(list)
    for node in nodes:
        layers[node.layer].append(node)
    boxes: dict[str, _Box] = {}
    for layer in sorted(layers):
        ordered = _by_neighbours(layers[layer], edges, boxes)
        widths = [_box_width(node, name) for node in ordered]
        x = -(sum(widths) + _SIDE_GAP * (len(widths) - 1)) / 2
        for node, width in zip(ordered, widths, strict=True):
            boxes[node.name] = _Box(x, layer * _LAYER_GAP, width)
            x += width + _SIDE_GAP
    return boxes


def _by_neighbours(
    column: Sequence[GraphNode], edges: Sequence[GraphEdge], boxes: dict[str, _Box]
) -> list[GraphNode]:
    def centre(node: GraphNode) -> tuple[float, str]:
        into = [
            (boxes[edge.move.source].middle[0], edge.move.persons)
            for edge in edges
            if edge.move.target == node.name and edge.move.source in boxes
        ]
        weight = sum(persons for _, persons in into)
        return (sum(x * persons for x, persons in into) / weight if weight else 0.0), node.name

    return sorted(column, key=centre)


def _box_width(node: GraphNode, name: Name) -> float:
    return max(len(name(node.name)), len(_node_figures(node))) * _LETTER + 18


def _node_figures(node: GraphNode) -> str:
    return f"n={node.share.n:,} ({share_text(node.share.share)})"


def _path_across(edge: GraphEdge, boxes: Mapping[str, _Box]) -> list[_Point]:
    """Return a curve in a row of boxes: to the next one straight, further on above them, back below."""
    source, target = boxes[edge.move.source], boxes[edge.move.target]
    if target.x > source.x:
        start, end = (source.right, source.middle[1]), (target.x - 7, target.middle[1])
        span = end[0] - start[0]
        bow = -0.34 * span if span > 1.5 * _COLUMN_GAP else 0.0
        return _curve(
            start, (start[0] + span / 2.5, start[1] + bow), (end[0] - span / 2.5, end[1] + bow), end
        )
    start, end = (source.middle[0], source.height), (target.middle[0], target.height + 7)
    depth = _BOX_HEIGHT + 54 + 0.14 * (source.x - target.x)
    return _curve(start, (start[0] - 20, depth), (end[0] + 20, depth), end)


def _path_down(edge: GraphEdge, boxes: Mapping[str, _Box], lanes: _Lanes) -> list[_Point]:
    """Return a curve between layers: to the next one straight, further on at the right, back at the left."""
    source, target = boxes[edge.move.source], boxes[edge.move.target]
    if source.y == target.y:
        over = min(source.y, target.y) - 46
        start, end = (source.middle[0], source.y), (target.middle[0], target.y - 7)
        return _curve(start, (start[0], over), (end[0], over), end)
    if 0 < target.y - source.y < 1.5 * _LAYER_GAP:
        start, end = (source.middle[0], source.y + source.height), (target.middle[0], target.y - 7)
        half = (end[1] - start[1]) / 2
        return _curve(start, (start[0], start[1] + half), (end[0], end[1] - half), end)
    if target.y < source.y:
        lanes.left -= _LANE
        lane, side = lanes.left, -1
    else:
        lanes.right += _LANE
        lane, side = lanes.right, 1
    down = 1 if target.y > source.y else -1
    start, start_y = _side_of(source, boxes, side=side, towards=down, gap=0.0)
    end, end_y = _side_of(target, boxes, side=side, towards=-down, gap=7.0)
    # Such a curve goes three quarters of the way to its control points.
    pull = (lane - (start[0] + end[0]) / 8) / 0.75
    return _curve(start, (pull, start_y), (pull, end_y), end)


def _side_of(
    box: _Box, boxes: Mapping[str, _Box], *, side: int, towards: int, gap: float
) -> tuple[_Point, float]:
    """Return where a bow meets a box and the height it leaves at: at the side, or past a neighbour over or under it."""
    beyond = [other for other in boxes.values() if other.y == box.y and (other.x - box.x) * side > 0]
    if not beyond:
        x = box.right + gap if side > 0 else box.x - gap
        return (x, box.middle[1]), box.middle[1]
    x = box.middle[0] + side * box.width / 4
    y = box.y + box.height + gap if towards > 0 else box.y - gap
    return (x, y), y + towards * 34


def _curve(a: _Point, b: _Point, c: _Point, d: _Point) -> list[_Point]:
    return [_bezier(a, b, c, d, t / _N_POINTS) for t in range(_N_POINTS + 1)]


def _bezier(a: _Point, b: _Point, c: _Point, d: _Point, t: float) -> _Point:
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    points = (a, b, c, d)
    return (
        sum(w * p[0] for w, p in zip(weights, points, strict=True)),
        sum(w * p[1] for w, p in zip(weights, points, strict=True)),
    )


def _add_edge(diagram: Diagram, edge: GraphEdge, path: Sequence[_Point], k: int) -> None:
    color = _BACK if edge.back else _FORWARD
    width = _LEAST_WIDTH + (_MOST_WIDTH - _LEAST_WIDTH) * edge.move.share
    for order, (x, y) in enumerate(path):
        diagram.lines.append(
            {
                "key": f"e{k}",
                "order": order,
                "x": x,
                "y": y,
                "color": color,
                "width": width,
                "dashed": edge.back,
            }
        )
    (x0, y0), (x1, y1) = path[-4], path[-1]
    angle = math.degrees(math.atan2(y1 - y0, x1 - x0)) + 90
    diagram.heads.append({"x": x1, "y": y1, "angle": angle, "color": color})


def _add_label(diagram: Diagram, edge: GraphEdge, path: Sequence[_Point], taken: Sequence[_Box]) -> _Box:
    """Write a move's figures where they cover least of what is there already; return the place they take."""
    move = edge.move
    lines = [f"{share_text(move.share)} ({interval_text(move.low, move.high)})", f"n={move.persons:,}"]
    width, height = max(map(len, lines)) * _LETTER * 0.93, _LINE * len(lines)
    places = [_Box(x - width / 2, y - height / 2, width, height) for x, y in path[5:-5]]
    middle = len(places) / 2
    best = min(range(len(places)), key=lambda k: (_covered(places[k], taken), abs(k - middle)))
    place = places[best]
    for k, text in enumerate(lines):
        y = place.y + _LINE * (k + 0.5)
        color = "#8a3c00" if edge.back else "#004a75"
        diagram.words.append({"x": place.middle[0], "y": y, "text": text, "align": "center", "color": color})
    return place


def _covered(place: _Box, taken: Iterable[_Box]) -> float:
    return sum(place.overlap(other) for other in taken)


def _add_node(diagram: Diagram, node: GraphNode, box: _Box, name: Name) -> None:
    color = _FOLDED_BOX if node.is_folded else _BOX
    diagram.boxes.append({"x": box.x, "y": box.y, "x2": box.right, "y2": box.y + box.height, "color": color})
    x, y = box.middle
    words = [(name(node.name), y - 8, _INK), (_node_figures(node), y + 8, _PALE_INK)]
    if node.starts:
        words.append((f"{node.starts:,} begin here", box.y - 8, _PALE_INK))
    for text, at, ink in words:
        diagram.words.append({"x": x, "y": at, "text": text, "align": "center", "color": ink})


def sankey_diagram(
    steps: Sequence[FlowStep], stages: Sequence[str], *, name: Name, palette: Sequence[str]
) -> Diagram:
    """Return the flow over stages: one column a visit, bars by stage, bands between them by persons."""
    bars: dict[tuple[int, str], int] = defaultdict(int)
    ends: dict[tuple[int, str], int] = defaultdict(int)
    for step in steps:
        bars[step.visit, step.source] += step.persons
        ends[step.visit, step.source] += step.persons if step.target is None else 0
    n_columns = 1 + max((visit for visit, _ in bars), default=0)
    scale = _TALL / max(sum(n for (visit, _), n in bars.items() if visit == 0), 1)
    colors = {stage: palette[k % len(palette)] for k, stage in enumerate(stages)}
    diagram = Diagram(width=_WIDE * n_columns - 20, height=_TALL + _GAP * len(stages) + 40)
    tops: dict[tuple[int, str], float] = {}
    for visit in range(n_columns):
        y = 34.0
        at = {"x": _WIDE * visit + 10, "y": 12}
        diagram.words.append({**at, "text": f"visit {visit + 1}", "align": "left", "color": _PALE_INK})
        for stage in stages:
            if n := bars.get((visit, stage), 0):
                tops[visit, stage] = y
                texts = (f"{name(stage)} {n:,}", f"{ends[visit, stage]:,} go no further")
                _add_bar(diagram, (_WIDE * visit + 10, y, scale * n), texts, colors[stage])
                y += scale * n + _GAP
    _add_bands(diagram, steps, tops, colors, scale=scale)
    return diagram


def _add_bar(diagram: Diagram, place: tuple[float, float, float], texts: tuple[str, str], color: str) -> None:
    x, y, height = place
    diagram.boxes.append({"x": x, "y": y, "x2": x + 14, "y2": y + max(height, 1.5), "color": color})
    lines = texts if height > 2 * _LINE else texts[:1]
    top = y + max(height, 1.5) / 2 - _LINE * (len(lines) - 1) / 2
    for k, text in enumerate(lines):
        ink = _PALE_INK if k else _INK
        diagram.words.append({"x": x + 18, "y": top + _LINE * k, "text": text, "align": "left", "color": ink})


def _add_bands(
    diagram: Diagram,
    steps: Sequence[FlowStep],
    tops: Mapping[tuple[int, str], float],
    colors: Mapping[str, str],
    *,
    scale: float,
) -> None:
    out, into = dict(tops), dict(tops)
    rank = {stage: k for k, stage in enumerate(colors)}
    going = [
        (step.visit, rank[step.source], rank[step.target], step.source, step.target, scale * step.persons)
        for step in steps
        if step.target is not None and (step.visit + 1, step.target) in tops
    ]
    for visit, _, _, source, target, thick in sorted(going):
        y0, y1 = out[visit, source], into[visit + 1, target]
        out[visit, source] += thick
        into[visit + 1, target] += thick
        x0, x1 = _WIDE * visit + 24, _WIDE * (visit + 1) + 10
        for k in range(_N_POINTS + 1):
            t = k / _N_POINTS
            y = y0 + (y1 - y0) * t * t * (3 - 2 * t)
            at = {"x": x0 + (x1 - x0) * t, "y": y, "y2": y + thick}
            diagram.areas.append(
                {**at, "key": f"{visit} {rank[source]} {rank[target]}", "color": colors[source]}
            )
