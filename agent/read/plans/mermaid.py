"""A planned map as Mermaid: a `journey`, a `stateDiagram` or a `flowchart`."""

import json
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from agent.read.plans.building import PlanBuilder, PlanText
from agent.read.plans.flowcharts import read_flowchart
from agent.read.plans.graphs import Line, unescaped
from agent.read.plans.states import read_states
from agent.schemas.planned import PlannedMap

KEYWORDS: Final = ("journey", "stateDiagram-v2", "stateDiagram", "flowchart-elk", "flowchart", "graph")
_SKIPPED = re.compile(r"(?:accTitle|accDescr|acctitle|accdescr)\b")
_TITLE = re.compile(r"title:\s*(?P<title>.+)")
_MAX_LINE_CHARS: Final = 5_000
_TASK: Final = "`name: score: actor`"


class _Diagram(NamedTuple):
    keyword: str
    title: str | None
    lines: list[Line]
    """The statements after the keyword."""


def read_mermaid(source: PlanText) -> PlannedMap:
    """Read the first diagram of a Mermaid text."""
    diagram = _diagram(source)
    builder = PlanBuilder(source)
    builder.name = diagram.title
    if diagram.keyword == "journey":
        _read_journey(source, builder, diagram.lines)
    elif diagram.keyword.startswith("state"):
        read_states(source, builder, diagram.lines)
    else:
        read_flowchart(source, builder, diagram.lines)
    return builder.build()


def _diagram(source: PlanText) -> _Diagram:
    lines = list(_statements(source))
    title: str | None = None
    if lines and lines[0].text == "---":
        ends = next((place for place, line in enumerate(lines[1:], 1) if line.text == "---"), None)
        if ends is None:
            raise source.wrong(lines[0].number, "the head between `---` has no end", "a second `---`")
        titles = (match for line in lines[1:ends] if (match := _TITLE.fullmatch(line.text)))
        title = next((_unquoted(match["title"]) for match in titles), None)
        lines = lines[ends + 1 :]
    if not lines:
        raise source.wrong(None, "there is no diagram in it", f"one of {', '.join(KEYWORDS)}")
    keyword = next((word for word in KEYWORDS if re.match(rf"{word}\b", lines[0].text)), None)
    if keyword is None:
        raise source.wrong(
            lines[0].number, f"{lines[0].text[:40]!r} is no diagram known here", ", ".join(KEYWORDS)
        )
    return _Diagram(keyword, title, lines[1:])


def _statements(source: PlanText) -> Iterator[Line]:
    """Yield what is not empty, no comment and no fence, each with the number of its line."""
    for number, raw in enumerate(source.text.split("\n"), start=1):
        text = raw.strip()
        if not text or text.startswith(("%%", "```")):
            continue
        if len(text) > _MAX_LINE_CHARS:
            raise source.wrong(
                number, f"the line has {len(text):,} characters", f"at most {_MAX_LINE_CHARS:,}"
            )
        yield Line(number, text)


def _unquoted(text: str) -> str:
    if text.startswith('"'):
        try:
            return str(json.loads(text))
        except ValueError:
            return text.strip('"')
    return text


def _read_journey(source: PlanText, builder: PlanBuilder, lines: list[Line]) -> None:
    """Read sections as stages and tasks as touchpoints; without a section the tasks are a sequence."""
    stage: str | None = None
    previous: str | None = None
    has_sections = any(line.text.startswith("section ") for line in lines)
    for line in lines:
        word, _, rest = line.text.partition(" ")
        if word == "title":
            builder.name = unescaped(rest)
        elif word == "section":
            stage = builder.stage(unescaped(rest), line.number)
        elif not _SKIPPED.match(line.text):
            name, colon, _score = line.text.partition(":")
            if not colon:
                raise source.wrong(line.number, f"{line.text[:60]!r} is no task", _TASK)
            name = builder.touchpoint(unescaped(name), line.number, stage=stage)
            if previous is not None and not has_sections:
                builder.move(previous, name, line.number)
            previous = name
