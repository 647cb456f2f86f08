"""Turn a row as read into a record or an event fit to be stored: right times, clean text, no personal data, stable ids.

Ids are keyed hashes, so that an id made of an e-mail address gives nothing away:

- a record's id stands for (workspace, kind, source format, external id); a file read twice, or one conversation exported
  twice in the same format, gives the same id. An external id of at most six digits is a row's number as often as an id:
  it counts together with who, when and, where both lack, what. Without an external id a record is its content, person
  and time.
- an event's id stands for the source's own event id, with person, time and name where that is a short number; without
  one it is the source's content and the row.

A row that names nobody stands for a person of its own: `lone_key`.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from agent.errors import RedactionError
from agent.identify import is_junk, keyed_hash
from agent.normalise import (
    MAX_TEXT_CHARS,
    RejectCode,
    RowFault,
    channel_name,
    clean_text,
    event_name,
    names_zone,
    parse_time,
)
from agent.redact import Redactor
from agent.schemas.base import Scalar
from agent.schemas.records import Event, RawEvent, RawRecord, RawTime, Record, RowReject, Speaker, Turn

_WEAK_ID_CHARS = 6
_MAX_EXTERNAL_ID_CHARS = 300
_MAX_VALUE_CHARS = 2_000
_MAX_LOCALE_CHARS = 35
_LIKERT_TOP = 7
_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class PrepareContext:
    """What preparing the rows of one source needs.

    Args:
        workspace: Name of the workspace.
        salt: Of the workspace.
        source_id: Of the source, derived from its content.
        now: Time of reading, aware.
        redactor: Made with the same salt.
        occurrences: How often rows without identity, id or time said the same so far in this source.
    """

    workspace: str
    salt: str
    source_id: str
    now: datetime
    redactor: Redactor
    occurrences: Counter[str] = field(default_factory=Counter[str])


def lone_key(raw: RawRecord | RawEvent, *, context: PrepareContext) -> str:
    """Return the person key of a row without usable identifiers; call it once a row, in the order of rows.

    The n-th of several equal rows keeps its key when the file is read again, also when rows were added to it.
    """
    if isinstance(raw, RawEvent):
        return keyed_hash("lone", context.workspace, context.source_id, str(raw.row), salt=context.salt)[:32]
    parts = (
        "lone",
        context.workspace,
        raw.kind.value,
        raw.source_format,
        raw.external_id or "",
        _raw_time(_first_time(raw)),
    )
    if not _is_weak(raw.external_id):
        return keyed_hash(*parts[:5], salt=context.salt)[:32]
    content = keyed_hash(*parts, _raw_content(raw), salt=context.salt)[:32]
    context.occurrences[content] += 1
    return keyed_hash(content, str(context.occurrences[content]), salt=context.salt)[:32]


def prepare_record(raw: RawRecord, *, person_id: str, context: PrepareContext) -> Record | RowReject:
    """Return the record a row stands for, redacted; a reject with a reason where it cannot be taken."""
    try:
        return _record(raw, person_id, context)
    except RowFault as fault:
        return RowReject(raw.row, fault.reject_code, fault.message)
    except RedactionError as fault:
        return RowReject(raw.row, fault.code, fault.message)


def prepare_event(raw: RawEvent, *, person_id: str, context: PrepareContext) -> Event | RowReject | None:
    """Return the event a row stands for, redacted; None for calls that carry identifiers and traits only."""
    if raw.type in ("identify", "group", "alias"):
        return None
    try:
        at = parse_time(raw.at, now=context.now)
        if at is None:
            return RowReject(
                raw.row, str(RejectCode.EVENT_NO_TIME), "event has no time, so it has no place in a journey"
            )
        name = event_name(context.redactor.redact_name(raw.name, person_id=person_id))
        return Event(
            event_id=_event_id(raw, person_id, context),
            person_id=person_id,
            at=at,
            name=name,
            type=raw.type,
            channel=_channel(raw.channel, person_id, context),
            properties=_properties(raw.properties, person_id, context) if raw.properties else {},
            source_id=context.source_id,
            row=raw.row,
        )
    except RowFault as fault:
        return RowReject(raw.row, fault.reject_code, fault.message)
    except RedactionError as fault:
        return RowReject(raw.row, fault.code, fault.message)


def _record(raw: RawRecord, person_id: str, context: PrepareContext) -> Record:
    at = parse_time(_first_time(raw), now=context.now)
    text, turns = _words(raw, person_id, context)
    record_id = _record_id(raw, person_id, context)
    attributes = _properties(raw.attributes, person_id, context)
    if at is not None and not names_zone(_first_time(raw)):
        attributes["time_zone"] = "assumed UTC"
    return Record(
        record_id=record_id,
        kind=raw.kind,
        source_format=raw.source_format,
        external_id=_external_id(raw, person_id, context) or record_id,
        person_id=person_id,
        at=at,
        channel=_channel(raw.channel, person_id, context),
        text=text,
        turns=turns,
        rating=scaled_rating(raw.rating, raw.rating_max),
        locale=_locale(raw.locale),
        attributes=attributes,
        consent=raw.consent,
        source_id=context.source_id,
        row=raw.row,
        content_key=keyed_hash(*_canonical(raw), salt=context.salt),
    )


def scaled_rating(rating: float | None, rating_max: float | None) -> float | None:
    """Return a rating on 0 to 1; None where it or its scale is missing or it lies outside its scale.

    Scales up to 7 begin at 1 (stars, Likert), longer ones at 0 (NPS, percent), a scale to 1 at 0.
    """
    if (
        rating is None
        or rating_max is None
        or not math.isfinite(rating)
        or not math.isfinite(rating_max)
        or rating_max <= 0
    ):
        return None
    low = 1.0 if 1 < rating_max <= _LIKERT_TOP else 0.0
    return (rating - low) / (rating_max - low) if low <= rating <= rating_max else None


def _words(raw: RawRecord, person_id: str, context: PrepareContext) -> tuple[str, tuple[Turn, ...]]:
    known = [identifier for identifier in raw.identifiers if not is_junk(identifier)]
    if not raw.turns:
        text = context.redactor.redact(clean_text(raw.text or ""), person_id=person_id, known=known)
        if not text:
            raise RowFault(RejectCode.TEXT_EMPTY, "row has no text")
        return text, ()
    said = [(turn, clean_text(turn.text)) for turn in raw.turns]
    said = [(turn, text) for turn, text in said if text]
    if not any(turn.speaker is Speaker.CUSTOMER for turn, _ in said):
        raise RowFault(RejectCode.TEXT_NO_CUSTOMER, "conversation has no words of the customer")
    texts = context.redactor.redact_turns([text for _, text in said], person_id=person_id, known=known)
    turns: list[Turn] = []
    start = 0
    for (turn, _), text in zip(said, texts, strict=True):
        at = _turn_time(turn.at, context.now)
        turns.append(Turn(speaker=turn.speaker, start=start, end=start + len(text), at=at))
        start += len(text) + 1
    if start > MAX_TEXT_CHARS:
        raise RowFault(
            RejectCode.TEXT_TOO_LONG,
            f"conversation has {start} characters; at most {MAX_TEXT_CHARS} are taken",
        )
    return "\n".join(texts), tuple(turns)


def _turn_time(value: RawTime, now: datetime) -> datetime | None:
    try:
        return parse_time(value, now=now)
    except RowFault:
        # One turn's broken clock does not cost a conversation whose own time is right.
        return None


def _first_time(raw: RawRecord) -> RawTime:
    if raw.at is not None and raw.at != "":
        return raw.at
    return next((turn.at for turn in raw.turns if turn.at is not None and turn.at != ""), None)


def _properties(values: Mapping[str, Scalar], person_id: str, context: PrepareContext) -> dict[str, Scalar]:
    # NaN and infinities are missing values; JSON and SQL cannot hold them.
    cleaned: dict[str, Scalar] = {
        _property_key(key): clean_text(value)[:_MAX_VALUE_CHARS] if isinstance(value, str) else value
        for key, value in values.items()
        if not isinstance(value, float) or math.isfinite(value)
    }
    return context.redactor.redact_properties(cleaned, person_id=person_id)


@lru_cache(maxsize=4096)
def _property_key(key: str) -> str:
    return clean_text(key)[:_MAX_EXTERNAL_ID_CHARS]


def _channel(raw: str | None, person_id: str, context: PrepareContext) -> str | None:
    if raw is None:
        return None
    return channel_name(context.redactor.redact_name(raw, person_id=person_id))


def _locale(raw: str | None) -> str | None:
    if raw is None:
        return None
    tag = clean_text(raw).replace("_", "-")
    return tag if tag and len(tag) <= _MAX_LOCALE_CHARS and tag.replace("-", "").isalnum() else None


def _external_id(raw: RawRecord, person_id: str, context: PrepareContext) -> str:
    cleaned = clean_text(raw.external_id or "")[:_MAX_EXTERNAL_ID_CHARS]
    return context.redactor.redact_id(cleaned, person_id=person_id) if cleaned else ""


def _is_weak(external_id: str | None) -> bool:
    return not external_id or (len(external_id) <= _WEAK_ID_CHARS and external_id.isdecimal())


def _record_id(raw: RawRecord, person_id: str, context: PrepareContext) -> str:
    parts = ["record", context.workspace, raw.kind.value, raw.source_format, raw.external_id or ""]
    if _is_weak(raw.external_id):
        when = _raw_time(_first_time(raw))
        parts += [person_id, when]
        if not raw.external_id:
            parts.append(_raw_content(raw))
    return "r_" + keyed_hash(*parts, salt=context.salt)[:24]


def _event_id(raw: RawEvent, person_id: str, context: PrepareContext) -> str:
    if raw.event_id is None:
        parts = ["event", context.workspace, context.source_id, str(raw.row)]
    elif _is_weak(raw.event_id):
        parts = ["event", context.workspace, raw.event_id, person_id, _raw_time(raw.at), raw.name]
    else:
        parts = ["event", context.workspace, raw.event_id]
    return "e_" + keyed_hash(*parts, salt=context.salt)[:24]


def _raw_time(value: RawTime) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value if value is not None else "")


def _raw_content(raw: RawRecord) -> str:
    if not raw.turns:
        return raw.text or ""
    return _SEPARATOR.join(f"{turn.speaker.value}:{turn.text}" for turn in raw.turns)


def _canonical(raw: RawRecord) -> list[str]:
    turns = [part for turn in raw.turns for part in (turn.speaker.value, turn.text, _raw_time(turn.at))]
    attributes = [f"{key}={raw.attributes[key]!r}" for key in sorted(raw.attributes)]
    facts = (raw.channel, raw.rating, raw.rating_max, raw.locale, raw.consent)
    return [raw.text or "", _raw_time(raw.at), *map(repr, facts), *turns, *attributes]
