"""The plain reference for events: one row at a time, with nothing done in columns; what the product does must equal it."""

# PyArrow ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import math
from collections.abc import Sequence
from typing import Any

import orjson

from agent.errors import RedactionError
from agent.identify import keyed_hash
from agent.normalise import RejectCode, RowFault, channel_name, clean_text, parse_time
from agent.prepare import PrepareContext, PreparedEvents, prepare_events
from agent.read.columns import columns_of
from agent.schemas.base import Scalar
from agent.schemas.records import Event, RawEvent, RawTime, RowReject


def plain_event(raw: RawEvent, *, person_id: str, context: PrepareContext) -> Event | RowReject | None:
    """Return the event a row stands for; None for calls that are no step."""
    if raw.type in ("identify", "group", "alias"):
        return None
    try:
        at = parse_time(raw.at, now=context.now)
        if at is None:
            return RowReject(
                raw.row, str(RejectCode.EVENT_NO_TIME), "event has no time, so it has no place in a journey"
            )
        return Event(
            event_id=_event_id(raw, person_id, context),
            person_id=person_id,
            at=at,
            name=context.vocabulary.canonical(context.redactor.redact_name(raw.name, person_id=person_id)),
            type=raw.type,
            channel=None
            if raw.channel is None
            else channel_name(context.redactor.redact_name(raw.channel, person_id=person_id)),
            properties=_properties(raw, person_id, context),
            source_id=context.source_id,
            row=raw.row,
        )
    except RowFault as fault:
        return RowReject(raw.row, fault.reject_code, fault.message)
    except RedactionError as fault:
        return RowReject(raw.row, fault.code, fault.message)


def _properties(raw: RawEvent, person_id: str, context: PrepareContext) -> dict[str, Scalar]:
    cleaned: dict[str, Scalar] = {
        clean_text(key)[:300]: clean_text(value)[:2_000] if isinstance(value, str) else value
        for key, value in raw.properties.items()
        if not isinstance(value, float) or math.isfinite(value)
    }
    return context.redactor.redact_properties(cleaned, person_id=person_id)


def _event_id(raw: RawEvent, person_id: str, context: PrepareContext) -> str:
    if not raw.event_id:
        parts = ["event", context.workspace, context.source_id, str(raw.row)]
        if raw.event_id == "":
            parts = ["event", context.workspace, "", person_id, _time(raw.at), raw.name]
    elif len(raw.event_id) <= 6 and raw.event_id.isdecimal():
        parts = ["event", context.workspace, raw.event_id, person_id, _time(raw.at), raw.name]
    else:
        parts = ["event", context.workspace, raw.event_id]
    return "e_" + keyed_hash(*parts, salt=context.salt)[:24]


def _time(value: RawTime) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value if value is not None else "")  # type: ignore[union-attr]


def prepared(raws: Sequence[RawEvent], *, context: PrepareContext) -> tuple[PreparedEvents, list[RowReject]]:
    """Return what the product makes of rows; each distinct set of identifiers is a person of its own."""
    events = columns_of(raws)
    person_ids = [f"p_{place}" for place in range(len(events.people))]
    found = prepare_events(events, who=events.who, person_ids=person_ids, context=context)
    return found, found.rejects


def rows_of(found: PreparedEvents) -> list[dict[str, Any]]:
    """Return prepared events row by row, properties as objects."""
    columns = {name: column.to_pylist() for name, column in found.columns.items()}
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return [{**row, "properties": orjson.loads(row["properties"])} for row in rows]
