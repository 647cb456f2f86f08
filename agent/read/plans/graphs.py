"""What state diagrams and flowcharts have in common: nodes, groups of nodes, and arrows between them."""

import html
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from agent.read.plans.building import MAX_MOVES, PlanBuilder, PlanText

START: Final = "\x00start"
END: Final = "\x00end"
"""Stand in no id: where journeys begin and end."""

_ENTITY = re.compile(r"#(?P<code>\d{1,7}|[A-Za-z][A-Za-z0-9]{1,30});")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_NO_CHARACTERS: Final = range(0xD800, 0xE000)


class Line(NamedTuple):
    """A statement and the number of its line, from 1."""

    number: int
    text: str


def unescaped(text: str) -> str:
    """Return a label's words: Mermaid writes what is syntax as `#58;` or `#quot;`."""
    return _ENTITY.sub(_character, _BREAK.sub(" ", text)).strip()


def _character(match: re.Match[str]) -> str:
    code = match["code"]
    if not code.isdigit():
        return html.unescape(f"&{code};")
    number = int(code)
    return chr(number) if number <= sys.maxunicode and number not in _NO_CHARACTERS else match[0]


@dataclass(slots=True)
class Node:
    """One node; `name` is its label, its id where it has none."""

    name: str
    line: int
    group: str | None = None
    is_passage: bool = False
    """A branching point that stands for no touchpoint: what comes before it may be followed by what comes after it."""
    is_stage: bool = False
    groups: list[str] = field(default_factory=list[str])
    """More groups it belongs to."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """One arrow between ids of nodes or groups."""

    source: str
    target: str
    label: str | None
    line: int


@dataclass(slots=True)
class Graph:
    """A diagram; `groups` are composite states and subgraphs, which are stages, by id."""

    nodes: dict[str, Node] = field(default_factory=dict[str, Node])
    groups: dict[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])
    arrows: list[Arrow] = field(default_factory=list[Arrow])
    inner_starts: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Where a group begins, by its id, where it says so."""
    inner_ends: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def node(self, node_id: str, line: int, *, name: str | None = None, group: str | None = None) -> None:
        """Add a node, or its name or group where it is known already; the first group holds."""
        if node_id in self.groups:
            return
        known = self.nodes.setdefault(node_id, Node(node_id, line))
        if name is not None:
            known.name = name
        if group is not None and known.group is None:
            known.group = group

    def add_to(self, source: PlanText, builder: PlanBuilder) -> None:
        """State everything in a plan."""
        _GraphPlan(self, source, builder).add()


class _GraphPlan:
    """Turns a graph into a plan: groups are stages, nodes touchpoints, passages are left out between their neighbours."""

    def __init__(self, graph: Graph, source: PlanText, builder: PlanBuilder) -> None:
        self._graph, self._source, self._builder = graph, source, builder
        self._stage_of = {
            **{group: builder.clean(name, line, "stage") for group, (name, line) in graph.groups.items()},
            **{
                key: builder.clean(one.name, one.line, "stage")
                for key, one in graph.nodes.items()
                if one.is_stage
            },
        }
        self._inner = {
            group: [key for key, one in graph.nodes.items() if one.group == group and not one.is_passage]
            for group in graph.groups
        }

    def add(self) -> None:
        for key, name in self._stage_of.items():
            line = self._graph.groups[key][1] if key in self._graph.groups else self._graph.nodes[key].line
            self._builder.stage(name, line)
        for key, node in self._graph.nodes.items():
            if not node.is_passage and not node.is_stage:
                self._add_touchpoint(key, node)
        contracted = self._contracted()
        has_moves = any(
            not self._on_stages(one) for one in contracted if one.source != START and one.target != END
        )
        for arrow in contracted:
            if self._on_stages(arrow):
                self._state(arrow, stages=True)
            if has_moves or not self._on_stages(arrow):
                for one in self._expanded(arrow):
                    self._state(one, stages=False)

    def _add_touchpoint(self, key: str, node: Node) -> None:
        name = self._builder.touchpoint(node.name, node.line)
        for group in [*filter(None, [node.group]), *node.groups]:
            stage = self._stage_of.get(group)
            if stage is None:
                raise self._source.wrong(node.line, f"{key!r} stands in {group!r}", "a stage of the diagram")
            self._builder.touchpoint(name, node.line, stage=stage)

    def _on_stages(self, arrow: Arrow) -> bool:
        ends = [end for end in (arrow.source, arrow.target) if end not in (START, END)]
        return bool(ends) and all(end in self._stage_of for end in ends)

    def _expanded(self, arrow: Arrow) -> Iterable[Arrow]:
        """Yield the arrows between nodes that an arrow from or to a group stands for."""
        for source in self._members(arrow.source, self._graph.inner_ends):
            for target in self._members(arrow.target, self._graph.inner_starts):
                yield Arrow(source, target, arrow.label, arrow.line)

    def _members(self, key: str, edges: dict[str, list[str]]) -> list[str]:
        if key in self._graph.groups:
            return edges.get(key) or self._inner[key]
        return [] if key in self._stage_of else [key]

    def _state(self, arrow: Arrow, *, stages: bool) -> None:
        if arrow.source == START and arrow.target == END:
            return
        if arrow.source == START:
            self._builder.edge(self._name(arrow.target), arrow.line, first=True, stages=stages)
        elif arrow.target == END:
            self._builder.edge(self._name(arrow.source), arrow.line, first=False, stages=stages)
        else:
            names = self._name(arrow.source), self._name(arrow.target)
            self._builder.move(*names, arrow.line, label=arrow.label, stages=stages)

    def _name(self, key: str) -> str:
        return self._stage_of.get(key) or self._graph.nodes[key].name

    def _contracted(self) -> list[Arrow]:
        """Return the arrows with passages left out: what comes before one is followed by what comes after it."""
        arrows = list(self._graph.arrows)
        for key in [key for key, node in self._graph.nodes.items() if node.is_passage]:
            into = [one for one in arrows if one.target == key and one.source != key]
            out = [one for one in arrows if one.source == key and one.target != key]
            if len(arrows) + len(into) * len(out) > 2 * MAX_MOVES:
                raise self._source.wrong(
                    out[0].line, "a branching point has too many arrows", "a planned map"
                )
            arrows = [one for one in arrows if key not in (one.source, one.target)]
            arrows += [Arrow(a.source, b.target, b.label or a.label, b.line) for a in into for b in out]
        return arrows
