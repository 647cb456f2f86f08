"""XES event logs (IEEE 1849): a trace is a person's case, its `concept:name` their id.

Attributes of the trace become properties named `case:...`. Entities and document types are refused: a log needs none.

Simulated and anonymised logs count their clock from 0, which is written as 1970. Such a log is told by the times in its
head, which all lie in the clock's first ten years. Its times are moved by one span, so that the clock's 0 is the start
of 2000; how long everything took stays as it was, and each event says so with the property `time:relative`.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from xml.etree.ElementTree import Element, ParseError

import structlog
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from agent.errors import UnreadableSourceError
from agent.read import streams
from agent.read.formats import Format, SourceKind
from agent.read.source import Sample, Shape, Source
from agent.schemas.base import Scalar
from agent.schemas.records import Identifier, IdentifierKind, RawEvent, RawItem, RowReject

_NAME: Final = "xes"
_CONCEPT, _TIME, _RELATIVE = "concept:name", "time:timestamp", "time:relative"
_CLOCK_START: Final = datetime(2000, 1, 1, tzinfo=UTC)
_SHIFT: Final = _CLOCK_START - datetime(1970, 1, 1, tzinfo=UTC)
_EVENT_YEAR: Final = re.compile(r"""time:timestamp["']\s+value=["'](\d{4})-""")
_RELATIVE_YEARS: Final = range(1969, 1980)
"""Of a clock counted from 0; west of Greenwich it starts in 1969."""


def _is_xes(sample: Sample, _kind: str) -> bool:
    head = sample.text[:20_000]
    return sample.shape is Shape.XML and "<log" in head and ("xes" in head or "<trace" in head)


class _Chunks:
    """A readable over chunks of bytes, as the parser wants one."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes, none at the end."""
        if not self._rest:
            self._rest = next(self._chunks, b"")
        out, self._rest = (self._rest, b"") if size < 0 else (self._rest[:size], self._rest[size:])
        return out


def _read(source: Source) -> Iterator[RawItem]:
    stream = _Chunks(streams.raw_chunks(source.path, on_bytes=source.on_bytes))
    moved = _has_relative_clock(source.sample)
    if moved:
        structlog.get_logger(__name__).warning(
            "relative_clock", file=source.path.name, zero_is_read_as=_CLOCK_START.date().isoformat()
        )
    try:
        for item in _events(stream):
            yield _moved(item) if moved and isinstance(item, RawEvent) else item
    except ParseError as exc:
        msg = f"{source.path.name!r} is broken XML ({exc}); every trace before that point was read"
        raise UnreadableSourceError(msg, hint="Export the log again.") from exc
    except DefusedXmlException as exc:
        msg = f"{source.path.name!r} declares XML entities or a document type, which no event log needs"
        raise UnreadableSourceError(msg, hint="Remove the declaration if you trust the file.") from exc


def _has_relative_clock(sample: Sample) -> bool:
    # Defaults for all events stand in front of the first trace; they are no times of anything.
    _, _, traces = sample.text.partition("<trace")
    years = [int(year) for year in _EVENT_YEAR.findall(traces)]
    return bool(years) and all(year in _RELATIVE_YEARS for year in years)


def _moved(event: RawEvent) -> RawEvent:
    try:
        at = datetime.fromisoformat(str(event.at)) + _SHIFT
    except (ValueError, OverflowError):
        return event  # whoever checks times says what is wrong with it
    return replace(event, at=at.isoformat(), properties={**event.properties, _RELATIVE: True})


def _events(stream: _Chunks) -> Iterator[RawItem]:
    number = 0
    parents: list[Element] = []
    for when, element in iterparse(stream, events=("start", "end"), forbid_dtd=True):
        if when == "start":
            parents.append(element)
            continue
        parents.pop()
        if len(parents) == 1:
            if _tag(element) == "trace":
                for item in _trace(element, number):
                    yield item
                    number += 1
            # What is done with goes, or the tree would grow to the size of the log.
            parents[0].clear()


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _case_id(case: str) -> str:
    """Return a case as the id of a customer: elsewhere 0 means that nobody is known, a log counts its cases from there."""
    return f"case {case}" if case == "0" else case


def _trace(trace: Element, first_row: int) -> Iterator[RawItem]:
    shared = _attributes(trace)
    case = shared.pop(_CONCEPT, None)
    person = () if case in (None, "") else (Identifier(IdentifierKind.USER_ID, _case_id(str(case))),)
    properties = {f"case:{key}": value for key, value in shared.items()}
    events = (child for child in trace if _tag(child) == "event")
    for row, event in enumerate(events, first_row):
        own = _attributes(event)
        name, at = own.pop(_CONCEPT, None), own.pop(_TIME, None)
        if not person:
            yield RowReject(row, "no_person", "the trace has no concept:name to tell whose case it is")
        elif not name:
            yield RowReject(row, "no_name", "the event has no concept:name")
        else:
            yield RawEvent(
                row, _NAME, "track", str(name), person, _as_text(at), properties={**properties, **own}
            )


def _as_text(value: Scalar | None) -> str | None:
    return None if value is None else str(value)


def _attributes(element: Element) -> dict[str, Scalar]:
    found: dict[str, Scalar] = {}
    for child in element:
        key, value = child.get("key"), child.get("value")
        if key is not None and value:
            found[key] = _typed(_tag(child), value)
    return found


def _typed(tag: str, value: str) -> Scalar:
    try:
        if tag == "int":
            return int(value)
        if tag == "float":
            return float(value)
    except ValueError:
        return value
    return value == "true" if tag == "boolean" else value


FORMATS: Final = (
    Format(_NAME, (SourceKind.EVENTS,), "an XES event log (`<log>` of `<trace>`s)", _is_xes, _read),
)
