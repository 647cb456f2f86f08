"""Segment's spec as JSON lines or JSON: identify, track, page, screen, group and alias calls, and batches of them.

Identifiers: `userId`, `anonymousId`, `email` (or its SHA-256) and `phone` of the traits (also `context.traits`), `properties.order_id`.
An alias's `previousId` may be either a user's or an anonymous one's id, so it counts as both. Properties or traits are
flattened one level; of the context only campaign, page and locale are kept: the rest is about the device.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from operator import itemgetter
from typing import Final, Literal

from agent.errors import InputError
from agent.read import fields, jsons
from agent.read.batches import EVENT_CHARS_AT_ONCE, Bounds
from agent.read.columns import IDENTITY_TYPES, Batch, EventBuilder
from agent.read.formats import Format, SourceKind
from agent.read.jsons import Json, Row
from agent.read.rows import lines_of, read_rows, rows_of_texts
from agent.read.segment_people import Lines, Named, line_blocks, named_in
from agent.read.source import Sample, Shape, Source
from agent.schemas.base import Scalar
from agent.schemas.records import Identifier, IdentifierKind, RawEvent, RawItem, RawTime, RowReject

NAME: Final = "segment"
_Type = Literal["track", "page", "screen", "identify", "group", "alias"]
_TYPES: Final[Mapping[str, _Type]] = {
    "track": "track",
    "page": "page",
    "screen": "screen",
    "identify": "identify",
    "group": "group",
    "alias": "alias",
}
_IDS: Final = frozenset(("userId", "anonymousId", "previousId", "messageId"))
_TIMES: Final = ("timestamp", "originalTimestamp", "sentAt", "receivedAt")
_EMAIL_DIGESTS: Final = (
    "email_sha256",
    "emailSha256",
    "hashed_email",
    "hashedEmail",
    "email_hash",
    "sha256_email",
)
_IDENTIFYING_TRAITS: Final = frozenset(("email", "phone", *_EMAIL_DIGESTS))
_NOTHING: Final[Row] = {}
_NO_PROPERTIES: Final[dict[str, Scalar]] = {}
_Parts = tuple[_Type, str, tuple[Identifier, ...], Row, Row]
"""Type, name, identifiers, properties or traits, context."""


def _is_segment(sample: Sample, _kind: str) -> bool:
    calls = (call for record in sample.records for call in calls_of(record))
    return sample.is_json and any(_type_of(call) and not _IDS.isdisjoint(call) for call in calls)


def _type_of(call: Row) -> _Type | None:
    raw = call.get("type")
    return _TYPES.get(raw) if isinstance(raw, str) else None


def calls_of(record: Row) -> list[Row]:
    """Return the calls a record holds: those of a batch, or itself."""
    batch = record.get("batch")
    return [call for call in batch if isinstance(call, dict)] if isinstance(batch, list) else [record]


def _read(source: Source) -> Iterator[RawItem]:
    for found in _numbered(read_rows(source)):
        yield found if isinstance(found, RowReject) else event_of(*found)


def read_calls(source: Source, bounds: Bounds, *, people_only: bool) -> Iterator[Batch]:
    """Yield the calls of a file in batches.

    Args:
        source: Calls as JSON lines or JSON.
        bounds: Of a batch.
        people_only: Leave out what steps say.

    Raises:
        UnreadableSourceError: The file breaks off; every call before the break has been yielded by then.
    """
    if people_only and source.sample.shape is Shape.LINES and source.sample.wrapper is None:
        yield from _people_of_lines(source, bounds)
        return
    gathered = _Gathered()
    number = 0
    broken: InputError | None = None
    try:
        for found in _numbered(read_rows(source)):
            if isinstance(found, RowReject):
                gathered.rejects.append(found)
                number = found.row + 1
            else:
                number = found[0] + 1
                gathered.add(*found, people_only=people_only)
            if number == bounds.ends_at or gathered.is_full(number, bounds):
                yield gathered.taken(number)
    except InputError as error:
        broken = error
    if number > gathered.first:
        yield gathered.taken(number)
    if broken is not None:
        raise broken


_CALLS_AT_ONCE = 25_000
"""A call is an object of many small values until it stands in columns; a row of a table never is."""


class _Gathered:
    """The calls of the next batch."""

    def __init__(self) -> None:
        self.first = 0
        """Number of its first row."""
        self.rejects: list[RowReject] = []
        self._builder = EventBuilder()
        self._n_chars = 0

    def add(self, row: int, call: Row, *, people_only: bool) -> None:
        """Add a call, or why it is none."""
        said = _gather(self._builder, row, call, people_only=people_only)
        if isinstance(said, RowReject):
            self.rejects.append(said)
        else:
            self._n_chars += said

    def is_full(self, end: int, bounds: Bounds) -> bool:
        """Tell whether the rows before `end` are enough for a batch."""
        most = min(bounds.n_events, _CALLS_AT_ONCE)
        return end - self.first == most or self._n_chars > EVENT_CHARS_AT_ONCE

    def taken(self, end: int) -> Batch:
        """Return the rows before `end` as a batch, nothing of which is held here any more."""
        builder, rejects, first = self._builder, self.rejects, self.first
        self._builder, self.rejects, self.first, self._n_chars = EventBuilder(), [], end, 0
        return _batch(end - first, builder, rejects)


def _batch(n_items: int, builder: EventBuilder, rejects: list[RowReject]) -> Batch:
    events = builder.build()
    return Batch(n_items, [], events if len(events.people) else None, rejects)


def _people_of_lines(source: Source, bounds: Bounds) -> Iterator[Batch]:
    """Yield who is named in lines of calls, each set of identifiers with the first line of its batch that has it."""
    first = 0
    for block in line_blocks(lines_of(source), bounds.n_events):
        n_rows, people = _people_of(block, first)
        yield people
        del block, people  # not held while the next ones are read
        first += n_rows


def _people_of(block: Lines, first: int) -> tuple[int, Batch]:
    builder = EventBuilder()
    named = named_in(block)
    n_rows = _see_each(builder, block, first) if named is None else len(block)
    if named is not None:
        _see_named(builder, block, first, named)
    return n_rows, _batch(n_rows, builder, [])


def _see_each(builder: EventBuilder, block: Lines, first: int) -> int:
    """See whose the calls of a block are, one by one, and return how many rows it has."""
    n_rows = 0
    for found in _numbered(rows_of_texts(block)):
        n_rows = (found.row if isinstance(found, RowReject) else found[0]) + 1
        if not isinstance(found, RowReject):
            _see(builder, first + found[0], found[1])
    return n_rows


def _see_named(builder: EventBuilder, block: Lines, first: int, named: Named) -> None:
    calls = ((line, jsons.parse(block[line] or b"")) for line in named.others)
    seen = [(line, _pair(*pair)) for line, pair in named.pairs]
    others = [(line, _parts(line, call)) for line, call in calls if isinstance(call, dict)]
    seen += [(line, parts[2]) for line, parts in others if not isinstance(parts, RowReject)]
    for line, identifiers in sorted(seen, key=itemgetter(0)):
        if identifiers:
            builder.see(first + line, identifiers)


def _see(builder: EventBuilder, row: int, call: Row) -> None:
    parts = _parts(row, call)
    if not isinstance(parts, RowReject):
        builder.see(row, parts[2])


def _numbered(rows: Iterator[tuple[int, Row] | RowReject]) -> Iterator[tuple[int, Row] | RowReject]:
    number = 0
    for item in rows:
        if isinstance(item, RowReject):
            yield RowReject(number, item.code, item.message)
            number += 1
            continue
        for call in calls_of(item[1]) if "batch" in item[1] else (item[1],):
            yield number, call
            number += 1


def _gather(builder: EventBuilder, row: int, call: Row, *, people_only: bool) -> RowReject | int:
    """Add a call to a batch, and return about how many characters it says, or why it is none."""
    parts = _parts(row, call)
    if isinstance(parts, RowReject):
        return parts
    kind, name, identifiers, values, context = parts
    builder.see(row, identifiers)
    if kind in IDENTITY_TYPES:
        builder.add_identity(_event(row, call, parts))
        return 0
    builder.add(row, kind, name)
    if people_only:
        builder.tell(None, None, None, _NO_PROPERTIES)
        return 0
    properties = _properties(kind, call, values, context)
    builder.tell(
        _time(call), fields.id_of(call.get("messageId")), _channel(call, values, context), properties
    )
    return sum([len(value) for value in properties.values() if isinstance(value, str)])


def event_of(row: int, call: Row) -> RawEvent | RowReject:
    """Return the event that one call is."""
    parts = _parts(row, call)
    return parts if isinstance(parts, RowReject) else _event(row, call, parts)


def _event(row: int, call: Row, parts: _Parts) -> RawEvent:
    kind, name, identifiers, values, context = parts
    return RawEvent(
        row=row,
        source_format=NAME,
        type=kind,
        name=name,
        identifiers=identifiers,
        at=_time(call),
        event_id=fields.id_of(call.get("messageId")),
        channel=_channel(call, values, context),
        properties=_properties(kind, call, values, context),
    )


def _parts(row: int, call: Row) -> _Parts | RowReject:
    """Return what every call must have, with its own and its context's objects."""
    kind = _type_of(call)
    if kind is None:
        return RowReject(
            row, "unknown_type", "the call's type is none of track, page, screen, identify, group, alias"
        )
    values = _object(call, "properties" if kind in ("track", "page", "screen") else "traits")
    context = _object(call, "context")
    identifiers = _identifiers(call, values, context)
    if not identifiers:
        return RowReject(row, "no_person", "the call has neither userId nor anonymousId")
    name = _name(kind, call)
    if name is None:
        return RowReject(row, "no_name", "the track call has no event name")
    return kind, name, identifiers, values, context


def _channel(call: Row, values: Row, context: Row) -> str | None:
    return fields.text_of(values.get("channel") or call.get("channel") or context.get("channel"))


def _object(call: Row, key: str) -> Row:
    value = call.get(key)
    return value if isinstance(value, dict) else _NOTHING


def _identifiers(call: Row, values: Row, context: Row) -> tuple[Identifier, ...]:
    user, anonymous = call.get("userId"), call.get("anonymousId")
    if (
        (user is None or isinstance(user, str))
        and (anonymous is None or isinstance(anonymous, str))
        and call.get("type") != "identify"
        and "previousId" not in call
        and "traits" not in context
        and "order_id" not in values
        and "orderId" not in values
    ):
        return _pair(user, anonymous)
    return _all_identifiers(call, values, context)


@lru_cache(maxsize=65_536)
def _pair(user: str | None, anonymous: str | None) -> tuple[Identifier, ...]:
    """Return the identifiers of a call that names nobody otherwise; a person's calls share one object."""
    named = ((IdentifierKind.USER_ID, user), (IdentifierKind.ANONYMOUS_ID, anonymous))
    return tuple(Identifier(kind, text) for kind, value in named if (text := fields.id_of(value)))


def _all_identifiers(call: Row, values: Row, context: Row) -> tuple[Identifier, ...]:
    named: list[tuple[IdentifierKind, Json]] = [
        (IdentifierKind.USER_ID, call.get("userId")),
        (IdentifierKind.ANONYMOUS_ID, call.get("anonymousId")),
    ]
    if "previousId" in call:
        named.append((IdentifierKind.USER_ID, call["previousId"]))
        named.append((IdentifierKind.ANONYMOUS_ID, call["previousId"]))
    if call.get("type") == "identify":
        named.extend(_of_traits(values))
    if "traits" in context:
        named.extend(_of_traits(_object(context, "traits")))
    if "order_id" in values or "orderId" in values:
        named.append((IdentifierKind.ORDER_ID, values.get("order_id") or values.get("orderId")))
    return tuple(
        Identifier(kind, text) for kind, value in named if value is not None and (text := fields.id_of(value))
    )


def _of_traits(traits: Row) -> Iterator[tuple[IdentifierKind, Json]]:
    yield IdentifierKind.EMAIL, traits.get("email")
    yield IdentifierKind.PHONE, traits.get("phone")
    for key in _EMAIL_DIGESTS:
        yield IdentifierKind.EMAIL, traits.get(key)


def _name(kind: _Type, call: Row) -> str | None:
    if kind == "track":
        return fields.text_of(call.get("event"))
    if kind in ("page", "screen"):
        # A page's path may hold ids and names, so an unnamed page is just a page; its path stays a property.
        return fields.text_of(call.get("name")) or fields.text_of(call.get("category")) or kind
    return kind


def _time(call: Row) -> RawTime:
    for key in _TIMES:
        if call.get(key) is not None:
            return fields.time_of(call[key])
    return None


def _properties(kind: _Type, call: Row, values: Row, context: Row) -> dict[str, Scalar]:
    flat = fields.flatten(values) if values else {}
    if kind == "identify":
        flat = {key: value for key, value in flat.items() if key not in _IDENTIFYING_TRAITS}
    elif kind == "group":
        _keep(flat, "groupId", call.get("groupId"))
    elif kind in ("page", "screen"):
        _keep(flat, "category", call.get("category"))
    for key in ("campaign", "page"):
        part = context.get(key)
        if isinstance(part, dict):
            flat.update(fields.flatten(part, prefix=f"{key}."))
    _keep(flat, "locale", context.get("locale"))
    return flat


def _keep(flat: dict[str, Scalar], key: str, value: Json) -> None:
    text = fields.text_of(value)
    if text is not None:
        flat.setdefault(key, text)


FORMATS: Final = (
    Format(
        NAME,
        (SourceKind.EVENTS,),
        "JSON calls with `type` and `userId` or `anonymousId` (Segment's spec)",
        _is_segment,
        _read,
    ),
)
