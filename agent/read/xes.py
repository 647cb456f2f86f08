"""XES event logs (IEEE 1849): a trace is a person's case, its `concept:name` their id.

Attributes of the trace become properties named `case:...`. Entities and document types are refused: a log needs none.
"""

from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from agent.errors import UnreadableSourceError
from agent.read import streams
from agent.read.formats import Format, SourceKind
from agent.read.source import Sample, Shape, Source
from agent.schemas.base import Scalar
from agent.schemas.records import Identifier, IdentifierKind, RawEvent, RawItem, RowReject

_NAME: Final = "xes"
_CONCEPT, _TIME = "concept:name", "time:timestamp"


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
    try:
        yield from _events(stream)
    except ParseError as exc:
        msg = f"{source.path.name!r} is broken XML ({exc}); every trace before that point was read"
        raise UnreadableSourceError(msg, hint="Export the log again.") from exc
    except DefusedXmlException as exc:
        msg = f"{source.path.name!r} declares XML entities or a document type, which no event log needs"
        raise UnreadableSourceError(msg, hint="Remove the declaration if you trust the file.") from exc


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


def _trace(trace: Element, first_row: int) -> Iterator[RawItem]:
    shared = _attributes(trace)
    case = shared.pop(_CONCEPT, None)
    person = (Identifier(IdentifierKind.USER_ID, str(case)),) if case not in (None, "") else ()
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
