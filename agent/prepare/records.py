"""Turn a row of text as read into a record fit to be stored."""

import math
from datetime import datetime

from agent.errors import RedactionError
from agent.identify import is_junk, keyed_hash
from agent.normalise import MAX_TEXT_CHARS, RejectCode, RowFault, clean_text, names_zone, parse_time
from agent.prepare.context import MAX_ID_CHARS, PrepareContext, channel_of, is_weak, properties_of, raw_time
from agent.schemas.records import RawRecord, RawTime, Record, RowReject, Speaker, Turn

_MAX_LOCALE_CHARS = 35
_LIKERT_TOP = 7
_SEPARATOR = "\x1f"


def lone_key(raw: RawRecord, *, context: PrepareContext) -> str:
    """Return the person key of a row without usable identifiers; call it once a row, in the order of rows.

    The n-th of several equal rows keeps its key when the file is read again, also when rows were added to it.
    """
    parts = (
        "lone",
        context.workspace,
        raw.kind.value,
        raw.source_format,
        raw.external_id or "",
        raw_time(_first_time(raw)),
    )
    if not is_weak(raw.external_id):
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


def _record(raw: RawRecord, person_id: str, context: PrepareContext) -> Record:
    at = parse_time(_first_time(raw), now=context.now)
    text, turns = _words(raw, person_id, context)
    record_id = _record_id(raw, person_id, context)
    attributes = properties_of(raw.attributes, person_id, context)
    if at is not None and not names_zone(_first_time(raw)):
        attributes["time_zone"] = "assumed UTC"
    return Record(
        record_id=record_id,
        kind=raw.kind,
        source_format=raw.source_format,
        external_id=_external_id(raw, person_id, context) or record_id,
        person_id=person_id,
        at=at,
        channel=channel_of(raw.channel, person_id, context),
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


def _locale(raw: str | None) -> str | None:
    if raw is None:
        return None
    tag = clean_text(raw).replace("_", "-")
    return tag if tag and len(tag) <= _MAX_LOCALE_CHARS and tag.replace("-", "").isalnum() else None


def _external_id(raw: RawRecord, person_id: str, context: PrepareContext) -> str:
    cleaned = clean_text(raw.external_id or "")[:MAX_ID_CHARS]
    return context.redactor.redact_id(cleaned, person_id=person_id) if cleaned else ""


def _record_id(raw: RawRecord, person_id: str, context: PrepareContext) -> str:
    parts = ["record", context.workspace, raw.kind.value, raw.source_format, raw.external_id or ""]
    if is_weak(raw.external_id):
        when = raw_time(_first_time(raw))
        parts += [person_id, when]
        if not raw.external_id:
            parts.append(_raw_content(raw))
    return "r_" + keyed_hash(*parts, salt=context.salt)[:24]


def _raw_content(raw: RawRecord) -> str:
    if not raw.turns:
        return raw.text or ""
    return _SEPARATOR.join(f"{turn.speaker.value}:{turn.text}" for turn in raw.turns)


def _canonical(raw: RawRecord) -> list[str]:
    turns = [part for turn in raw.turns for part in (turn.speaker.value, turn.text, raw_time(turn.at))]
    attributes = [f"{key}={raw.attributes[key]!r}" for key in sorted(raw.attributes)]
    facts = (raw.channel, raw.rating, raw.rating_max, raw.locale, raw.consent)
    return [raw.text or "", raw_time(raw.at), *map(repr, facts), *turns, *attributes]
