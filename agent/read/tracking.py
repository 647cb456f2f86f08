"""What a tracker sent, before anything of it is put right: rows for checking how events are tracked."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import orjson

from agent.read import segment
from agent.read.jsons import Row
from agent.read.reading import identify_format, read_file
from agent.read.rows import read_rows
from agent.read.source import Source, take_sample
from agent.schemas.records import Identifier, RawEvent, RawTime, RowReject

_SENT = ("sentAt", "sent_at")
_RECEIVED = ("receivedAt", "received_at")


@dataclass(slots=True)
class TrackedRow:
    """One row as it was sent."""

    row: int
    name: str | None
    """None for calls that are no step, and where there is none."""
    at: RawTime
    event_id: str | None
    content: bytes
    """Digest of what the row says, apart from when it came in."""
    identifiers: tuple[Identifier, ...]
    sent_at: RawTime = None
    received_at: RawTime = None
    reject: str | None = None
    """Code of why the row cannot be read."""


def tracked_rows(path: Path, *, mapping: Path | None = None) -> Iterator[TrackedRow]:
    """Yield the events of a file as they were sent.

    Raises:
        InputError: As `read_file`.
    """
    if mapping is None and identify_format(path, kind="events") == segment.NAME:
        yield from _calls(path)
        return
    for item in read_file(path, kind="auto" if mapping else "events", mapping=mapping):
        if isinstance(item, RowReject):
            yield TrackedRow(item.row, None, None, None, b"", (), reject=item.code)
        elif isinstance(item, RawEvent):
            yield _tracked(item, dict(item.properties))


def _calls(path: Path) -> Iterator[TrackedRow]:
    number = 0
    for item in read_rows(Source(path, take_sample(path), kind="events")):
        if isinstance(item, RowReject):
            yield TrackedRow(number, None, None, None, b"", (), reject=item.code)
            number += 1
            continue
        for call in segment.calls_of(item[1]):
            found = segment.event_of(number, call)
            if isinstance(found, RowReject):
                yield TrackedRow(number, None, None, None, b"", (), reject=found.code)
            else:
                yield _tracked(found, call)
            number += 1


def _tracked(event: RawEvent, said: Row) -> TrackedRow:
    sent = next((said[key] for key in _SENT if key in said), None)
    received = next((said[key] for key in _RECEIVED if key in said), None)
    kept = {key: value for key, value in said.items() if key not in (*_SENT, *_RECEIVED)}
    text = orjson.dumps([kept, event.name, str(event.at)], option=orjson.OPT_SORT_KEYS, default=str)
    return TrackedRow(
        row=event.row,
        name=event.name if event.type == "track" else None,
        at=event.at,
        event_id=event.event_id,
        content=blake2b(text, digest_size=8).digest(),
        identifiers=event.identifiers,
        sent_at=sent if isinstance(sent, str | int | float) else None,
        received_at=received if isinstance(received, str | int | float) else None,
    )
