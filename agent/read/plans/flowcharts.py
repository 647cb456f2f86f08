"""Mermaid's flowcharts: a node is a touchpoint, a subgraph a stage, a rhombus a branching point.

A round node called Start or End is where journeys begin or end.
"""

import re
from collections.abc import Iterator
from typing import Final

from agent.read.plans.building import MAX_MOVES, PlanBuilder, PlanText
from agent.read.plans.graphs import END, START, Arrow, Graph, Line, unescaped

_ID = re.compile(r"\w+(?:[-.]\w+)*")
_SHAPES: Final = (
    ("(((", (")))",)), ("([", ("])",)), ("((", ("))",)), ("(", (")",)), ("[[", ("]]",)), ("[(", (")]",)),
    ("[/", ("/]", "\\]")), ("[\\", ("\\]", "/]")), ("[", ("]",)), ("{{", ("}}",)), ("{", ("}",)), (">", ("]",)),
)  # fmt: skip
_ROUND: Final = ("(((", "([", "((")
_RHOMBUS: Final = "{"
_PLAIN = re.compile(r"(?P<back>[<ox](?=--|==|-\.))?(?:(?P<unseen>~~~+)|-{2,}[->ox]|={2,}[=>ox]|-\.+-[>ox]?)")
_WORDED = re.compile(
    r"(?P<back>[<ox](?=--|==|-\.))?(?:--\s*(?P<a>[^\s-].*?)\s*--+[->ox]|==\s*(?P<b>[^\s=].*?)\s*==+[=>ox]"
    r"|-\.\s*(?P<c>[^\s.].*?)\s*\.+-[>ox]?)"
)
_LABEL = re.compile(r'\s*\|\s*(?P<label>"[^"]*"|[^|]*)\s*\|')
_CLASS = re.compile(r":::[\w-]+")
_ATTRIBUTES = re.compile(r"@\{(?P<body>[^}]*)\}")
_ATTRIBUTE_LABEL = re.compile(r'label:\s*"(?P<label>[^"]*)"')
_SUBGRAPH = re.compile(r'subgraph\s+(?:(?P<id>\w[\w-]*)\s*\[(?P<name>.+)\]|"(?P<quoted>[^"]+)"|(?P<bare>.+))')
_SKIPPED = re.compile(r"(?:direction|classDef|class|style|linkStyle|click|accTitle|accDescr)\b")
_BEGINS, _ENDS = frozenset({"start", "begin"}), frozenset({"end", "stop", "finish"})
_EXPECTED: Final = "`A[words] --> B[words]`"


def read_flowchart(source: PlanText, builder: PlanBuilder, lines: list[Line]) -> None:
    """Read the statements of a flowchart into a plan."""
    reader = _Reader(source)
    for line in lines:
        for text in _split(line.text):
            reader.read(Line(line.number, text))
    reader.close()
    reader.graph.add_to(source, builder)


def _split(text: str) -> Iterator[str]:
    """Yield statements, which `;` parts outside of quotes and of `#58;`."""
    masked = re.sub(r'"[^"]*"|#\w+;', lambda match: "\x00" * len(match[0]), text)
    start = 0
    for end in [*(match.start() for match in re.finditer(";", masked)), len(text)]:
        if part := text[start:end].strip():
            yield part
        start = end + 1


class _Reader:
    def __init__(self, source: PlanText) -> None:
        self.graph = Graph()
        self._source = source
        self._open: list[tuple[str, int]] = []
        self._edges: dict[str, str] = {}

    def read(self, line: Line) -> None:
        if found := _SUBGRAPH.fullmatch(line.text):
            group = found["id"] or found["quoted"] or found["bare"]
            name = _words(found["name"] or group)
            self.graph.nodes.pop(group, None)
            self.graph.groups.setdefault(group, (name, line.number))
            self._open.append((group, line.number))
        elif line.text == "end":
            if not self._open:
                raise self._source.wrong(line.number, "`end` closes nothing", _EXPECTED)
            self._open.pop()
        elif not _SKIPPED.match(line.text):
            self._read_chain(line)

    def close(self) -> None:
        if self._open:
            group, number = self._open[-1]
            raise self._source.wrong(number, f"the subgraph {group!r} is not closed", "`end`")
        self.graph.arrows = [
            Arrow(
                self._edge(one.source, first=True), self._edge(one.target, first=False), one.label, one.line
            )
            for one in self.graph.arrows
        ]
        for key in self._edges:
            del self.graph.nodes[key]

    def _edge(self, key: str, *, first: bool) -> str:
        """Return where journeys begin or end for a node that stands for it; such a node the wrong way round is passed."""
        found = self._edges.get(key)
        if found is not None and (found == START) != first:
            raise self._source.wrong(
                self.graph.nodes[key].line,
                f"an arrow {'leaves the end' if first else 'leads to the start'}",
                "none",
            )
        return found or key

    def _read_chain(self, line: Line) -> None:
        text, place = line.text, 0
        sources, place = self._group_at(line, text, place)
        while text[place:].strip():
            rest = text[place:]
            skipped = len(rest) - len(rest.lstrip())
            link = _PLAIN.match(rest, skipped) or _WORDED.match(rest, skipped)
            if link is None:
                raise self._source.wrong(line.number, f"{rest.strip()[:60]!r} cannot be read", _EXPECTED)
            place += link.end()
            label = next(filter(None, (link.groupdict().get(key) for key in "abc")), None)
            if told := _LABEL.match(text, place):
                label, place = told["label"], told.end()
            targets, place = self._group_at(line, text, place)
            if not link.groupdict().get("unseen"):
                self._join(sources, targets, None if label is None else _words(label) or None, line)
                if link["back"] == "<":
                    self._join(targets, sources, None, line)
            sources = targets

    def _join(self, sources: list[str], targets: list[str], label: str | None, line: Line) -> None:
        self.graph.arrows += [Arrow(a, b, label, line.number) for a in sources for b in targets]
        if len(self.graph.arrows) > MAX_MOVES:
            raise self._source.wrong(line.number, f"there are more than {MAX_MOVES} arrows", "a planned map")

    def _group_at(self, line: Line, text: str, place: int) -> tuple[list[str], int]:
        """Return the ids of nodes joined by `&`, and where they end."""
        found: list[str] = []
        while True:
            node, place = self._node_at(line, text, place)
            found.append(node)
            more = re.compile(r"\s*&").match(text, place)
            if more is None:
                return found, place
            place = more.end()

    def _node_at(self, line: Line, text: str, place: int) -> tuple[str, int]:
        place += len(text[place:]) - len(text[place:].lstrip())
        found = _ID.match(text, place)
        if found is None:
            raise self._source.wrong(line.number, f"{text[place : place + 60]!r} cannot be read", _EXPECTED)
        node_id, place = found[0], found.end()
        group = self._open[-1][0] if self._open else None
        self.graph.node(node_id, line.number, group=group)
        shape = next(((opens, closes) for opens, closes in _SHAPES if text.startswith(opens, place)), None)
        if shape is not None:
            label, place = self._label_at(line, text, place + len(shape[0]), shape[1])
            self._name(node_id, line, _words(label), shape[0])
        elif attributes := _ATTRIBUTES.match(text, place):
            place = attributes.end()
            if told := _ATTRIBUTE_LABEL.search(attributes["body"]):
                self._name(node_id, line, _words(told["label"]), "")
        if classed := _CLASS.match(text, place):
            place = classed.end()
        return node_id, place

    def _label_at(self, line: Line, text: str, place: int, closes: tuple[str, ...]) -> tuple[str, int]:
        start = place
        if text.startswith('"', place):
            place = text.find('"', place + 1)
            place = len(text) if place < 0 else place
        ends = [(end, close) for close in closes if (end := text.find(close, place)) >= 0]
        if not ends:
            raise self._source.wrong(
                line.number, f"{text[start : start + 60]!r} is not closed", f"`{closes[0]}`"
            )
        end, close = min(ends)
        return text[start:end], end + len(close)

    def _name(self, node_id: str, line: Line, name: str, shape: str) -> None:
        if node_id in self.graph.groups:
            return
        self.graph.node(node_id, line.number, name=name or None)
        self.graph.nodes[node_id].is_passage = shape == _RHOMBUS
        if shape in _ROUND and name.lower() in _BEGINS | _ENDS:
            self._edges[node_id] = START if name.lower() in _BEGINS else END


def _words(label: str) -> str:
    text = label.strip()
    if len(text) > 1 and text.startswith('"') and text.endswith('"'):
        text = text[1:-1].strip().strip("`")
    return unescaped(text)
