"""Google Analytics 4 export rows as JSON: parameters as lists of `{key, value: {string_value | int_value | ...}}`."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from agent.read import fields
from agent.read.formats import Format, SourceKind
from agent.read.jsons import Json, Row
from agent.read.rows import read_rows
from agent.read.source import Sample, Source
from agent.schemas.records import Identifier, IdentifierKind, RawEvent, RawItem, RowReject

_NAME: Final = "ga4"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_VALUES: Final = ("string_value", "int_value", "double_value", "float_value")
_CONTEXT: Final = ("device", "geo", "traffic_source", "app_info")


def _is_ga4(sample: Sample, _kind: str) -> bool:
    return (sample.is_json or sample.is_table) and {
        "event_name",
        "event_timestamp",
        "user_pseudo_id",
    } <= sample.keys


def _read(source: Source) -> Iterator[RawItem]:
    for item in read_rows(source):
        yield item if isinstance(item, RowReject) else _event(*item)


def _event(row: int, record: Row) -> RawEvent | RowReject:
    name = fields.text_of(record.get("event_name"))
    if name is None:
        return RowReject(row, "no_name", "the event has no event_name")
    identifiers = tuple(
        Identifier(kind, value)
        for kind, key in (
            (IdentifierKind.USER_ID, "user_id"),
            (IdentifierKind.ANONYMOUS_ID, "user_pseudo_id"),
        )
        if (value := fields.id_of(record.get(key))) is not None
    )
    if not identifiers:
        return RowReject(row, "no_person", "the event has neither user_id nor user_pseudo_id")
    at = _time(record.get("event_timestamp"))
    if at is None:
        return RowReject(row, "bad_time", "event_timestamp is no number of microseconds")
    properties = {
        **_parameters(record.get("event_params")),
        **_parameters(record.get("user_properties"), "user."),
    }
    context = {key: record[key] for key in _CONTEXT if isinstance(record.get(key), dict)}
    return RawEvent(
        row=row,
        source_format=_NAME,
        type=_type(name),
        name=name,
        identifiers=identifiers,
        at=at,
        channel=fields.text_of(record.get("platform")),
        properties=fields.flatten({**context, **properties}),
    )


def _type(name: str) -> Literal["track", "page", "screen"]:
    return "page" if name == "page_view" else "screen" if name == "screen_view" else "track"


def _time(value: Json) -> datetime | None:
    text = fields.id_of(value)
    try:
        return None if text is None else _EPOCH + timedelta(microseconds=int(text))
    except (ValueError, OverflowError):
        return None


def _parameters(value: Json, prefix: str = "") -> Row:
    found: Row = {}
    for one in value if isinstance(value, list) else []:
        key = one.get("key") if isinstance(one, dict) else None
        holder = one.get("value") if isinstance(one, dict) else None
        if isinstance(key, str) and isinstance(holder, dict):
            found[prefix + key] = next(
                (holder[kind] for kind in _VALUES if holder.get(kind) is not None), None
            )
    return found


FORMATS: Final = (
    Format(
        _NAME,
        (SourceKind.EVENTS,),
        "Google Analytics 4 rows (`event_name`, `event_timestamp`, `user_pseudo_id`)",
        _is_ga4,
        _read,
    ),
)
