"""Mermaid's state diagrams: a state is a touchpoint, a composite state a stage.

A state of the class `stage` is a stage, and one of the class `in_<id>` stands in the stage of that id; so a diagram can show
transitions between stages and between touchpoints of different stages, which composite states cannot.
"""

import re
from typing import Final

from agent.read.plans.building import PlanBuilder, PlanText
from agent.read.plans.graphs import END, START, Arrow, Graph, Line, unescaped

STAGE_CLASS: Final = "stage"
MEMBER_CLASS: Final = "in_"

_ID = r"[^\s:{}\"<>\[\]]+?"
_CLASS = r"(?::::[\w-]+)?"
_SOURCE, _TARGET = (rf"(?P<{end}>\[\*\]|{_ID}){_CLASS}" for end in ("source", "target"))
_MOVE = re.compile(rf"{_SOURCE}\s*-->\s*{_TARGET}\s*(?::(?P<label>.*))?")
_DECLARED = re.compile(
    rf'state\s+(?:"(?P<name>[^"]*)"(?:\s+as\s+(?P<as>{_ID}))?|(?P<id>{_ID}))'
    rf"\s*(?:<<(?P<kind>\w+)>>)?{_CLASS}\s*(?P<opens>\{{)?"
)
_DESCRIBED = re.compile(rf"(?P<id>{_ID})\s*:(?!::)\s*(?P<name>.*)")
_ALONE = re.compile(rf"(?P<id>{_ID}){_CLASS}")
_CLASSED = re.compile(r"class\s+(?P<ids>.+?)\s+(?P<name>[\w-]+)")
_SKIPPED = re.compile(r"(?:direction|classDef|style|click|hide|scale|accTitle|accDescr)\b|--$")
_NOTE = re.compile(r"note\s+(?:left|right)\s+of\s+\S+?\s*(?P<text>:.*)?$|note\s+\"")
_PASSAGES: Final = ("choice", "fork", "join")
_EXPECTED: Final = '`a --> b`, `a : words` or `state "words" as a`'


def read_states(source: PlanText, builder: PlanBuilder, lines: list[Line]) -> None:
    """Read the statements of a state diagram into a plan."""
    reader = _Reader(source)
    for line in lines:
        reader.read(line)
    reader.close()
    reader.graph.add_to(source, builder)


class _Reader:
    def __init__(self, source: PlanText) -> None:
        self.graph = Graph()
        self._source = source
        self._open: list[tuple[str, int]] = []
        self._in_note = 0
        self._classes: list[tuple[str, str]] = []

    def read(self, line: Line) -> None:
        if self._in_note:
            self._in_note = 0 if line.text == "end note" else self._in_note
        elif note := _NOTE.match(line.text):
            self._in_note = 0 if note["text"] or note[0].endswith('"') else line.number
        elif line.text == "}":
            if not self._open:
                raise self._source.wrong(line.number, "`}` closes nothing", _EXPECTED)
            self._open.pop()
        elif not _SKIPPED.match(line.text):
            self._read_statement(line)

    def close(self) -> None:
        if self._open or self._in_note:
            what = f"the state {self._open[-1][0]!r}" if self._open else "a note"
            number = self._open[-1][1] if self._open else self._in_note
            raise self._source.wrong(number, f"{what} is not closed", "`}`" if self._open else "`end note`")
        for node_id, name in self._classes:
            node = self.graph.nodes.get(node_id)
            if node is None:
                continue
            if name == STAGE_CLASS:
                node.is_stage = True
            elif name.startswith(MEMBER_CLASS):
                node.groups.append(name.removeprefix(MEMBER_CLASS))

    def _read_statement(self, line: Line) -> None:
        if found := _CLASSED.fullmatch(line.text):
            self._classes += [(one.strip(), found["name"]) for one in found["ids"].split(",")]
        elif found := _DECLARED.fullmatch(line.text):
            self._declare(found, line)
        elif found := _MOVE.fullmatch(line.text):
            self._move(found, line)
        elif found := _DESCRIBED.fullmatch(line.text):
            self._add(found["id"], line, unescaped(found["name"]) or None)
        elif found := _ALONE.fullmatch(line.text):
            self._add(found["id"], line)
        else:
            raise self._source.wrong(line.number, f"{line.text[:60]!r} cannot be read", _EXPECTED)

    @property
    def _group(self) -> str | None:
        return self._open[-1][0] if self._open else None

    def _declare(self, found: re.Match[str], line: Line) -> None:
        node_id = found["as"] or found["id"] or found["name"]
        name = None if found["name"] is None else unescaped(found["name"])
        if found["opens"]:
            known = self.graph.nodes.pop(node_id, None)
            told = name or (known.name if known else None)
            self.graph.groups.setdefault(node_id, (told or node_id, line.number))
            self._open.append((node_id, line.number))
            return
        self._add(node_id, line, name)
        if found["kind"] in _PASSAGES:
            self.graph.nodes[node_id].is_passage = True

    def _add(self, node_id: str, line: Line, name: str | None = None) -> None:
        if node_id in self.graph.groups and name is not None:
            self.graph.groups[node_id] = (name, self.graph.groups[node_id][1])
        self.graph.node(node_id, line.number, name=name, group=self._group)

    def _move(self, found: re.Match[str], line: Line) -> None:
        source, target = found["source"], found["target"]
        for node_id in (source, target):
            if node_id != "[*]":
                self._add(node_id, line)
        group = self._group
        if group is not None and "[*]" in (source, target):
            inner = self.graph.inner_starts if source == "[*]" else self.graph.inner_ends
            inner.setdefault(group, []).append(target if source == "[*]" else source)
            return
        source, target = (START if source == "[*]" else source), (END if target == "[*]" else target)
        label = unescaped(found["label"] or "") or None
        self.graph.arrows.append(Arrow(source, target, label, line.number))
