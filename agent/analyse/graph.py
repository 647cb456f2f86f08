"""The transition graph that a picture shows: few nodes, what is rare folded, each node in its layer."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from agent.analyse.flow import Transition, fold_label, supported, transition_of
from agent.analyse.statistics import quantity
from agent.events import flow
from agent.events.counted import Level
from agent.events.journeys import Journeys
from agent.schemas.base import Frozen
from agent.schemas.evidence import Quantity

_MOST_NODES = 12
_MOST_EDGES = 22
_MOST_OUT = 3
"""Moves shown from each node at most, the most frequent."""


class GraphNode(Frozen):
    """A node with its layer, counted from 0 at the left."""

    name: str
    layer: int
    share: Quantity
    starts: int
    """Customers who begin here."""
    is_folded: bool = False


class GraphEdge(Frozen):
    """A move between nodes; `back` where it goes to an earlier layer, or to an earlier node of the same."""

    move: Transition
    back: bool


class Graph(Frozen):
    """What a picture of transitions shows."""

    level: Level
    n_persons: int
    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    n_hidden: int
    """Kinds of moves between the named nodes that are left out for being rarer."""


def graph_of(journeys: Journeys, level: Level) -> Graph:
    """Return the transition graph of the persons of a scope; self-loops are left to the table."""
    walk = flow.walk_of(journeys.steps, level)
    starts = flow.firsts_of(walk)
    total = sum(starts.values())
    nodes = flow.nodes_of(walk)
    kept = supported(nodes.items(), total)[:_MOST_NODES]
    label = None
    if len(kept) < len(nodes):
        n = flow.n_outside(walk, kept)
        label = fold_label(n)
        walk = flow.folded(walk, kept, label)
        nodes, starts = flow.nodes_of(walk), flow.firsts_of(walk)
    found = [transition_of(move) for move in flow.moves_of(walk)]
    # What is folded is many things: where it leads says nothing.
    moves = [move for move in found if move.source != move.target and label not in {move.source, move.target}]
    shown = _shown(moves)
    order = (
        _stage_order(journeys.scope.stages, nodes)
        if level == "stage"
        else order_of({node: n for node, n in nodes.items() if node != label}, moves)
    )
    order += [node for node in nodes if node not in order]
    layer = _layers(order, shown, straight=level == "stage")
    place = {node: k for k, node in enumerate(order)}
    return Graph(
        level=level,
        n_persons=total,
        nodes=tuple(
            GraphNode(
                name=node,
                layer=layer[node],
                share=quantity(nodes[node], total, "customers with a journey"),
                starts=starts.get(node, 0),
                is_folded=node == label,
            )
            for node in order
        ),
        edges=tuple(
            GraphEdge(
                move=move,
                back=(layer[move.target], place[move.target]) < (layer[move.source], place[move.source]),
            )
            for move in shown
        ),
        n_hidden=len(moves) - len(shown),
    )


def _shown(moves: Sequence[Transition]) -> list[Transition]:
    """Return the most frequent moves from each node, and of those the most frequent."""
    n_out: dict[str, int] = defaultdict(int)
    found: list[Transition] = []
    for move in sorted(moves, key=lambda move: (-move.persons, move.source, move.target)):
        n_out[move.source] += 1
        if n_out[move.source] <= _MOST_OUT:
            found.append(move)
    return found[:_MOST_EDGES]


def _stage_order(stages: Sequence[str], nodes: Iterable[str]) -> list[str]:
    present = set(nodes)
    return [stage for stage in stages if stage in present] + sorted(present - set(stages))


def order_of(nodes: Mapping[str, int], moves: Sequence[Transition]) -> list[str]:
    """Return nodes in an order that few moves go against.

    Source:
        Eades, Lin and Smyth (1993), Inf. Process. Lett. 47, 319-323, weighted by persons; then
        improved one node at a time.
    """
    weight: dict[tuple[str, str], int] = {(move.source, move.target): move.persons for move in moves}
    left = set(nodes)
    head: list[str] = []
    tail: list[str] = []
    while left:
        net: dict[str, int] = dict.fromkeys(left, 0)
        into: dict[str, int] = dict.fromkeys(left, 0)
        out: dict[str, int] = dict.fromkeys(left, 0)
        for (source, target), persons in weight.items():
            if source in left and target in left:
                net[source] += persons
                net[target] -= persons
                out[source] += 1
                into[target] += 1
        sinks = sorted(
            (node for node in left if not out[node] and into[node]), key=lambda node: (nodes[node], node)
        )
        if sinks:
            tail.append(sinks[0])
            left.remove(sinks[0])
            continue
        first = max(sorted(left), key=lambda node: (not into[node], net[node]))
        head.append(first)
        left.remove(first)
    return _improved([*head, *reversed(tail)], weight)


def _improved(order: list[str], weight: Mapping[tuple[str, str], int]) -> list[str]:
    """Move single nodes to where fewest moves go back, until no such step helps."""
    best = _weight_back(order, weight)
    again = True
    while again:
        again = False
        for node in list(order):
            rest = [other for other in order if other != node]
            for k in range(len(order)):
                tried = [*rest[:k], node, *rest[k:]]
                against = _weight_back(tried, weight)
                if against < best:
                    order, best, again = tried, against, True
    return order


def _weight_back(order: Sequence[str], weight: Mapping[tuple[str, str], int]) -> int:
    place = {node: k for k, node in enumerate(order)}
    return sum(n for (source, target), n in weight.items() if place[source] > place[target])


def _layers(order: Sequence[str], moves: Sequence[Transition], *, straight: bool) -> dict[str, int]:
    """Return each node's layer: one a node where the order is given, else one after the main node before it."""
    if straight:
        return {node: k for k, node in enumerate(order)}
    place = {node: k for k, node in enumerate(order)}
    layer = dict.fromkeys(order, 0)
    for node in order:
        into = [move for move in moves if move.target == node and place[move.source] < place[node]]
        most = max((move.persons for move in into), default=0)
        before = [layer[move.source] for move in into if move.persons * 2 >= most]
        layer[node] = 1 + max(before) if before else 0
    entered = {move.target for move in moves if layer[move.source] < layer[move.target]}
    for node in order:
        targets = [layer[move.target] for move in moves if move.source == node]
        if node not in entered and targets:
            layer[node] = max(min(targets) - 1, 0)
    return layer
