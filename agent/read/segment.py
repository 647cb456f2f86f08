"""Segment's spec as JSON lines or JSON: identify, track, page, screen, group and alias calls, and batches of them.

Identifiers: `userId`, `anonymousId`, `email` (or its SHA-256) and `phone` of the traits (also `context.traits`), `properties.order_id`.
An alias's `previousId` may be either a user's or an anonymous one's id, so it counts as both. Properties or traits are
flattened one level; of the context only campaign, page and locale are kept: the rest is about the device.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Literal

from agent.read import fields
from agent.read.formats import Format, SourceKind
from agent.read.jsons import Json, Row
from agent.read.rows import read_rows
from agent.read.source import Sample, Source
from agent.schemas.base import Scalar
from agent.schemas.records import Identifier, IdentifierKind, RawEvent, RawItem, RawTime, RowReject

_NAME: Final = "segment"
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


def _is_segment(sample: Sample, _kind: str) -> bool:
    calls = (call for record in sample.records for call in _calls(record))
    return sample.is_json and any(_type_of(call) and not _IDS.isdisjoint(call) for call in calls)


def _type_of(call: Row) -> _Type | None:
    raw = call.get("type")
    return _TYPES.get(raw) if isinstance(raw, str) else None


def _calls(record: Row) -> list[Row]:
    batch = record.get("batch")
    return [call for call in batch if isinstance(call, dict)] if isinstance(batch, list) else [record]


def _read(source: Source) -> Iterator[RawItem]:
    number = 0
    for item in read_rows(source):
        if isinstance(item, RowReject):
            yield RowReject(number, item.code, item.message)
            number += 1
            continue
        for call in _calls(item[1]) if "batch" in item[1] else (item[1],):
            yield _event(number, call)
            number += 1


def _event(row: int, call: Row) -> RawEvent | RowReject:
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
    return RawEvent(
        row=row,
        source_format=_NAME,
        type=kind,
        name=name,
        identifiers=identifiers,
        at=_time(call),
        event_id=fields.id_of(call.get("messageId")),
        channel=fields.text_of(values.get("channel") or call.get("channel") or context.get("channel")),
        properties=_properties(kind, call, values, context),
    )


def _object(call: Row, key: str) -> Row:
    value = call.get(key)
    return value if isinstance(value, dict) else _NOTHING


def _identifiers(call: Row, values: Row, context: Row) -> tuple[Identifier, ...]:
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
        _NAME,
        (SourceKind.EVENTS,),
        "JSON calls with `type` and `userId` or `anonymousId` (Segment's spec)",
        _is_segment,
        _read,
    ),
)
