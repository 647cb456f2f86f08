"""Geometry of the transition graph: where its boxes, arrows and figures stand, so that no figure lies on an arrow."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from agent.analyse.graph import Graph, GraphEdge, GraphNode
from agent.render.diagrams import LINE_PX, Box, Diagram, Name, Point, covered, crossed, curve
from agent.render.figures import interval_text, share_text

_INK, _PALE_INK = "#1b1f24", "#57606a"
_COLOURS = {False: "#0072b2", True: "#d55e00"}
_WORD_COLOURS = {False: "#004a75", True: "#8a3c00"}
_BOX, _FOLDED_BOX = "#eaf2f8", "#eeeeee"
_LETTER = 7.2
"""Width of a letter of twelve points, on average."""
_BOX_HEIGHT = 58.0
_COLUMN_GAP, _LAYER_GAP, _SIDE_GAP, _LANE = 138.0, 142.0, 84.0, 40.0
_LEAST_WIDTH, _MOST_WIDTH = 1.5, 11.0
_ARC, _ARC_STEP = 66.0, 46.0
_PORT = 13.0
"""Distance between arrows at one side of a box."""
_MARGIN = 26.0
_GAPS = (4.0, 9.0, 15.0)
"""How far beside its arrow a figure may stand; the nearer, the clearer which arrow it is of."""

_PAST = 26.0
"""How far under or over a row a bow passes the neighbours of its box."""

Side = Literal["left", "right", "top", "bottom"]
_Ends = tuple[GraphEdge, Side, Side]
_AWAY: Mapping[Side, Point] = {"right": (1, 0), "left": (-1, 0), "top": (0, -1), "bottom": (0, 1)}


@dataclass(frozen=True, slots=True)
class _Bow:
    """How an arrow that is not straight goes round: in an arc over its row, or in a lane beside all boxes."""

    arc: float | None
    lane: float | None


@dataclass(frozen=True, slots=True)
class _Arrow:
    edge: GraphEdge
    path: list[Point]

    @property
    def width(self) -> float:
        return _width_of(self.edge)


def graph_diagram(graph: Graph, *, name: Name) -> Diagram:
    """Return the transition graph: stages in a row, events in layers from the top down; moves back bow out at one side."""
    across = graph.level == "stage"
    boxes = _row_of_boxes(graph.nodes, name) if across else _layers_of_boxes(graph.nodes, graph.edges, name)
    ends = [(edge, *_sides(edge, boxes, across=across)) for edge in graph.edges]
    ports = _ports_of(ends, boxes)
    arcs, lanes = _arcs_of(ends, boxes), {} if across else _lanes_of(graph.edges, boxes)
    arrows = [
        _Arrow(
            edge,
            _path(
                (ports[k, "out"], ports[k, "in"]),
                (out, into),
                _Bow(arcs.get(k), lanes.get(k)),
                _head_px(edge),
            ),
        )
        for k, (edge, out, into) in enumerate(ends)
    ]
    boxes, arrows, size = _moved(boxes, arrows)
    diagram = Diagram(width=size[0], height=size[1])
    for k, arrow in enumerate(arrows):
        _add_arrow(diagram, arrow, k)
    _add_labels(diagram, arrows, list(boxes.values()))
    for node in graph.nodes:
        _add_node(diagram, node, boxes[node.name], name)
    _widen(diagram)
    return diagram


def _width_of(edge: GraphEdge) -> float:
    return _LEAST_WIDTH + (_MOST_WIDTH - _LEAST_WIDTH) * edge.move.share


def _head_px(edge: GraphEdge) -> float:
    return max(11.0, 1.5 * _width_of(edge) + 5)


def _row_of_boxes(nodes: Sequence[GraphNode], name: Name) -> dict[str, Box]:
    boxes: dict[str, Box] = {}
    x = 0.0
    for node in nodes:
        boxes[node.name] = Box(x, 0.0, _box_width(node, name), _BOX_HEIGHT)
        x = boxes[node.name].right + _COLUMN_GAP
    return boxes


def _layers_of_boxes(nodes: Sequence[GraphNode], edges: Sequence[GraphEdge], name: Name) -> dict[str, Box]:
    """Return a box for each node: a layer in a row, ordered by where its moves come from."""
    layers: dict[int, list[GraphNode]] = defaultdict(list)
    for node in nodes:
        layers[node.layer].append(node)
    boxes: dict[str, Box] = {}
    for layer in sorted(layers):
        ordered = _by_neighbours(layers[layer], edges, boxes)
        widths = [_box_width(node, name) for node in ordered]
        x = -(sum(widths) + _SIDE_GAP * (len(widths) - 1)) / 2
        for node, width in zip(ordered, widths, strict=True):
            boxes[node.name] = Box(x, layer * _LAYER_GAP, width, _BOX_HEIGHT)
            x += width + _SIDE_GAP
    return boxes


def _by_neighbours(
    column: Sequence[GraphNode], edges: Sequence[GraphEdge], boxes: Mapping[str, Box]
) -> list[GraphNode]:
    def centre(node: GraphNode) -> tuple[bool, float, str]:
        into = [
            (boxes[edge.move.source].middle[0], edge.move.persons)
            for edge in edges
            if edge.move.target == node.name and edge.move.source in boxes
        ]
        weight = sum(persons for _, persons in into)
        at = sum(x * persons for x, persons in into) / weight if weight else 0.0
        return node.is_folded, at, node.name

    return sorted(column, key=centre)


def _box_width(node: GraphNode, name: Name) -> float:
    return max(len(line) for line in (name(node.name), *_node_figures(node))) * _LETTER + 20


def _node_figures(node: GraphNode) -> tuple[str, ...]:
    figures = f"n={node.share.n:,} ({share_text(node.share.share)})"
    return (figures, f"{node.starts:,} begin here") if node.starts else (figures,)


def _sides(edge: GraphEdge, boxes: Mapping[str, Box], *, across: bool) -> tuple[Side, Side]:
    """Return at which sides of its boxes an arrow begins and ends."""
    source, target = boxes[edge.move.source], boxes[edge.move.target]
    if across:
        if 0 < target.x - source.right < 1.5 * _COLUMN_GAP:
            return "right", "left"
        return ("top", "top") if target.x > source.x else ("bottom", "bottom")
    lane = _lane(edge, boxes)
    if lane is None:
        return ("top", "top") if source.y == target.y else ("bottom", "top")
    down = target.y > source.y
    return (
        _free_side(source, boxes, lane, "bottom" if down else "top"),
        _free_side(target, boxes, lane, "top" if down else "bottom"),
    )


def _lane(edge: GraphEdge, boxes: Mapping[str, Box]) -> Side | None:
    """Return beside which side of all boxes an arrow between layers runs; None where it goes straight."""
    down = boxes[edge.move.target].y - boxes[edge.move.source].y
    if down == 0 or 0 < down < 1.5 * _LAYER_GAP:
        return None
    return "right" if down > 0 else "left"


def _free_side(box: Box, boxes: Mapping[str, Box], lane: Side, otherwise: Side) -> Side:
    """Return the side towards a lane, or another one where a neighbour stands between."""
    sign = 1 if lane == "right" else -1
    beyond = any(other.y == box.y and (other.x - box.x) * sign > 0 for other in boxes.values())
    return otherwise if beyond else lane


def _ports_of(ends: Sequence[_Ends], boxes: Mapping[str, Box]) -> dict[tuple[int, str], Point]:
    """Return where each arrow begins and ends: beside one another, in an order in which they cross least."""
    at: dict[tuple[str, Side], list[tuple[float, int, str]]] = defaultdict(list)
    for k, (edge, out, into) in enumerate(ends):
        source, target = boxes[edge.move.source], boxes[edge.move.target]
        at[edge.move.source, out].append((_order(source, target, out, begins=True), k, "out"))
        at[edge.move.target, into].append((_order(target, source, into, begins=False), k, "in"))
    ports: dict[tuple[int, str], Point] = {}
    for (node, side), found in at.items():
        for (_, k, end), point in zip(sorted(found), _along(boxes[node], side, len(found)), strict=True):
            ports[k, end] = point
    return ports


def _order(box: Box, other: Box, side: Side, *, begins: bool) -> float:
    """Return what arrows at a side are ordered by: to the right or downwards."""
    across = other.middle[0] - box.middle[0]
    if side in {"left", "right"}:
        return other.middle[1] - box.middle[1] + (0.5 if begins else 0.0)
    if box.y == other.y and across:
        # Arcs lie in one another: of those to one side the nearest one is outside.
        return math.copysign(1e6, across) - across
    return across


def _along(box: Box, side: Side, n: int) -> list[Point]:
    """Return so many places at a side, around its middle."""
    room = (box.height if side in {"left", "right"} else box.width) - 16
    step = min(_PORT * (1.0 if side in {"left", "right"} else 1.6), room / max(n - 1, 1))
    offsets = [(k - (n - 1) / 2) * step for k in range(n)]
    x, y = box.middle
    if side in {"left", "right"}:
        return [(box.x if side == "left" else box.right, y + offset) for offset in offsets]
    return [(x + offset, box.y if side == "top" else box.bottom) for offset in offsets]


def _arcs_of(ends: Sequence[_Ends], boxes: Mapping[str, Box]) -> dict[int, float]:
    """Return how far over or under its row an arc goes, the further the more boxes it passes."""
    rows: dict[float, list[str]] = defaultdict(list)
    for name in sorted(boxes, key=lambda name: boxes[name].x):
        rows[boxes[name].y].append(name)
    found: dict[int, float] = {}
    for k, (edge, out, into) in enumerate(ends):
        row = rows[boxes[edge.move.source].y]
        if out == into and edge.move.target in row:
            n_boxes = abs(row.index(edge.move.source) - row.index(edge.move.target))
            found[k] = _ARC + _ARC_STEP * (n_boxes - (2 if out == "top" and n_boxes > 1 else 1))
    return found


def _lanes_of(edges: Sequence[GraphEdge], boxes: Mapping[str, Box]) -> dict[int, float]:
    """Return where beside all boxes each bow runs: the longer, the further out."""
    left = min((box.x for box in boxes.values()), default=0.0)
    right = max((box.right for box in boxes.values()), default=0.0)

    def length(k: int) -> tuple[float, str, str]:
        move = edges[k].move
        return abs(boxes[move.source].y - boxes[move.target].y), move.source, move.target

    found: dict[int, float] = {}
    for side, edge_x, sign in (("left", left, -1.0), ("right", right, 1.0)):
        bows = sorted((k for k, edge in enumerate(edges) if _lane(edge, boxes) == side), key=length)
        for lane, k in enumerate(bows, start=1):
            found[k] = edge_x + sign * (_MARGIN + _LANE * lane)
    return found


def _path(ends: tuple[Point, Point], sides: tuple[Side, Side], bow: "_Bow", head: float) -> list[Point]:
    """Return an arrow's line; it ends inside the head, which ends at the box."""
    start, (x, y) = ends
    on, back = _AWAY[sides[0]], _AWAY[sides[1]]
    end = (x + back[0] * head / 2, y + back[1] * head / 2)
    # Such a curve goes three quarters of the way to its control points.
    if bow.lane is not None:
        out, into = _turn(start, on, bow.lane), _turn(end, back, bow.lane)
        pull = (bow.lane - (out[-1][0] + into[-1][0]) / 8) / 0.75
        return [
            *out[:-1],
            *curve(out[-1], (pull, out[-1][1]), (pull, into[-1][1]), into[-1]),
            *reversed(into[:-1]),
        ]
    if bow.arc is not None:
        tilt, height = (end[0] - start[0]) * 0.1, on[1] * bow.arc / 0.75
        return curve(start, (start[0] + tilt, start[1] + height), (end[0] - tilt, end[1] + height), end)
    half = abs(end[0] - start[0]) / 2 if on[0] else abs(end[1] - start[1]) / 2
    return curve(
        start,
        (start[0] + on[0] * half, start[1] + on[1] * half),
        (end[0] + back[0] * half, end[1] + back[1] * half),
        end,
    )


def _turn(port: Point, away: Point, lane: float) -> list[Point]:
    """Return the way from a box into the direction of a lane: a quarter turn where the box is left upwards or downwards."""
    if not away[1]:
        return [port]
    x, y = port
    corner = (x + math.copysign(_PAST, lane - x), y + away[1] * _PAST)
    return curve(port, (x, y + away[1] * _PAST / 2), (x, corner[1]), corner)[::4]


def _moved(
    boxes: Mapping[str, Box], arrows: Sequence[_Arrow]
) -> tuple[dict[str, Box], list[_Arrow], tuple[float, float]]:
    """Return all of it with its upper left corner at the margin, and how large it is."""
    xs = [x for arrow in arrows for x, _ in arrow.path] + [x for b in boxes.values() for x in (b.x, b.right)]
    ys = [y for arrow in arrows for _, y in arrow.path] + [y for b in boxes.values() for y in (b.y, b.bottom)]
    left, top = min(xs, default=0.0) - _MARGIN, min(ys, default=0.0) - 2.6 * LINE_PX
    size = (max(xs, default=300.0) - left + _MARGIN, max(ys, default=100.0) - top + 2.6 * LINE_PX)
    moved = {key: Box(b.x - left, b.y - top, b.width, b.height) for key, b in boxes.items()}
    return moved, [_Arrow(one.edge, [(x - left, y - top) for x, y in one.path]) for one in arrows], size


def _add_arrow(diagram: Diagram, arrow: _Arrow, k: int) -> None:
    color = _COLOURS[arrow.edge.back]
    looks = {"key": f"e{k}", "color": color, "width": arrow.width, "dashed": arrow.edge.back}
    diagram.lines += [{"order": order, "x": x, "y": y, **looks} for order, (x, y) in enumerate(arrow.path)]
    (x0, y0), (x1, y1) = arrow.path[-3], arrow.path[-1]
    angle = math.degrees(math.atan2(y1 - y0, x1 - x0)) + 90
    diagram.heads.append(
        {"x": x1, "y": y1, "angle": angle, "color": color, "size": _head_px(arrow.edge) ** 2}
    )


def _add_labels(diagram: Diagram, arrows: Sequence[_Arrow], boxes: Sequence[Box]) -> None:
    """Write each move's figures beside its arrow, the widest arrows first, where nothing is yet."""
    lines = [(arrow.path, arrow.width) for arrow in arrows]
    taken = [Box(box.x - 3, box.y - 3, box.width + 6, box.height + 6) for box in boxes]
    for arrow in sorted(arrows, key=lambda one: (-one.width, one.edge.move.source, one.edge.move.target)):
        move = arrow.edge.move
        texts = [f"{share_text(move.share)} ({interval_text(move.low, move.high)})", f"n={move.persons:,}"]
        size = max(map(len, texts)) * _LETTER * 0.92, LINE_PX * len(texts)
        place = _free_place(arrow, size, taken, lines)
        taken.append(place)
        for k, text in enumerate(texts):
            at = {"x": place.middle[0], "y": place.y + LINE_PX * (k + 0.5)}
            looks = {"align": "center", "color": _WORD_COLOURS[arrow.edge.back]}
            diagram.words.append({**at, "text": text, **looks})


def _free_place(
    arrow: _Arrow,
    size: tuple[float, float],
    taken: Sequence[Box],
    lines: Sequence[tuple[Sequence[Point], float]],
) -> Box:
    width, height = size
    middle = (len(arrow.path) - 1) / 2

    def cost(found: tuple[Box, float]) -> float:
        place, effort = found
        return covered(place, taken) + 60.0 * crossed(place, lines) + effort

    places: list[tuple[Box, float]] = []
    for k in range(4, len(arrow.path) - 4):
        (x0, y0), (x, y), (x1, y1) = arrow.path[k - 1], arrow.path[k], arrow.path[k + 1]
        length = math.hypot(x1 - x0, y1 - y0) or 1.0
        across = (-(y1 - y0) / length, (x1 - x0) / length)
        for sign in (-1, 1):
            dx, dy = sign * across[0], sign * across[1]
            for gap in _GAPS:
                reach = arrow.width / 2 + gap + (abs(dx) * width + abs(dy) * height) / 2
                at = (x + dx * reach - width / 2, y + dy * reach - height / 2)
                places.append((Box(*at, width, height), 3.0 * abs(k - middle) + 4.0 * (gap - _GAPS[0])))
    return min(places, key=cost)[0]


def _add_node(diagram: Diagram, node: GraphNode, box: Box, name: Name) -> None:
    color = _FOLDED_BOX if node.is_folded else _BOX
    diagram.boxes.append({"x": box.x, "y": box.y, "x2": box.right, "y2": box.bottom, "color": color})
    x, y = box.middle
    lines = [(name(node.name), _INK), *((line, _PALE_INK) for line in _node_figures(node))]
    for k, (text, ink) in enumerate(lines):
        at = {"x": x, "y": y + (k - (len(lines) - 1) / 2) * (LINE_PX + 1)}
        diagram.words.append({**at, "text": text, "align": "center", "color": ink})


def _widen(diagram: Diagram) -> None:
    """Make room for words beside the outermost arrows."""
    left = min((word["x"] - len(word["text"]) * _LETTER / 2 for word in diagram.words), default=0.0)
    shift = max(0.0, 4.0 - left)
    for row in (*diagram.lines, *diagram.heads, *diagram.boxes, *diagram.words):
        row["x"] += shift
        if "x2" in row:
            row["x2"] += shift
    right = max((word["x"] + len(word["text"]) * _LETTER / 2 for word in diagram.words), default=0.0)
    diagram.width = max(diagram.width + shift, right + 4.0)
