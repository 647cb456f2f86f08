"""Intercom conversations as JSON: the first message in `source`, the others in `conversation_parts`.

Notes and assignments are the team's own and left out. A contact's `external_id` is the brand's user id.
"""

from collections.abc import Iterator
from typing import Final

from agent.read import fields
from agent.read.formats import Format, SourceKind
from agent.read.jsons import Json, Row
from agent.read.markup import plain_text
from agent.read.rows import read_rows
from agent.read.source import Sample, Source
from agent.read.speakers import speaker_of
from agent.schemas.records import (
    Identifier,
    IdentifierKind,
    Kind,
    RawItem,
    RawRecord,
    RawTurn,
    RowReject,
    Speaker,
)

_NAME: Final = "intercom"
_SEEN_PARTS: Final = frozenset(("comment", "open", "close", "quick_reply", "message"))


def _is_intercom(sample: Sample, _kind: str) -> bool:
    return sample.is_json and any(
        "conversation_parts" in record
        or (record.get("type") == "conversation" and isinstance(record.get("source"), dict))
        for record in sample.records
    )


def _read(source: Source) -> Iterator[RawItem]:
    for item in read_rows(source):
        yield item if isinstance(item, RowReject) else _conversation(*item)


def _conversation(row: int, record: Row) -> RawRecord | RowReject:
    opening = _object(record.get("source"))
    turns = tuple(turn for part in (opening, *_parts(record)) if (turn := _turn(part, record)) is not None)
    if not turns:
        return RowReject(row, "no_text", "the conversation has no words")
    rating = fields.number_of(_object(record.get("conversation_rating")).get("rating"))
    return RawRecord(
        kind=Kind.TRANSCRIPT,
        source_format=_NAME,
        row=row,
        external_id=fields.id_of(record.get("id")),
        identifiers=_identifiers(record, opening),
        at=fields.time_of(record.get("created_at")) or turns[0].at,
        channel=fields.text_of(opening.get("type")),
        turns=turns,
        rating=rating,
        rating_max=None if rating is None else 5.0,
        attributes=fields.flatten(
            {
                "state": record.get("state"),
                "priority": record.get("priority"),
                "subject": plain_text(fields.text_of(opening.get("subject")) or ""),
                "tags": [_object(tag).get("name") for tag in _list(record.get("tags"), "tags")],
            }
        ),
    )


def _object(value: Json) -> Row:
    return value if isinstance(value, dict) else {}


def _list(value: Json, key: str) -> list[Json]:
    # A list comes bare or inside a list object of its own.
    inner = value.get(key) if isinstance(value, dict) else value
    return inner if isinstance(inner, list) else []


def _parts(record: Row) -> Iterator[Row]:
    for part in _list(record.get("conversation_parts"), "conversation_parts"):
        if isinstance(part, dict) and fields.text_of(part.get("part_type")) in _SEEN_PARTS:
            yield part


def _turn(part: Row, record: Row) -> RawTurn | None:
    text = plain_text(fields.text_of(part.get("body")) or "")
    author = _object(part.get("author"))
    if not text:
        return None
    at = part.get("created_at") or record.get("created_at")
    return RawTurn(_speaker(author), text, fields.time_of(at))


def _speaker(author: Row) -> Speaker:
    if author.get("from_ai_agent") is True:
        return Speaker.BOT
    # An author of a type nobody knows is never quoted as a customer.
    return speaker_of(fields.text_of(author.get("type")) or "") or Speaker.AGENT


def _identifiers(record: Row, opening: Row) -> tuple[Identifier, ...]:
    author = _object(opening.get("author"))
    contacts = [_object(one) for one in _list(record.get("contacts"), "contacts")]
    people = contacts[:1]
    if _speaker(author) is Speaker.CUSTOMER:
        # In a conversation of several contacts, the others are other people.
        people = [author, *(one for one in contacts if one.get("id") == author.get("id"))]
    found: list[Identifier] = []
    for person in people:
        external, email = fields.id_of(person.get("external_id")), fields.id_of(person.get("email"))
        found += fields.namespaced(_NAME, person.get("id"))
        found += [Identifier(IdentifierKind.USER_ID, external)] if external else []
        found += [Identifier(IdentifierKind.EMAIL, email)] if email else []
    return fields.unique(found)


FORMATS: Final = (
    Format(
        _NAME,
        (SourceKind.TRANSCRIPTS,),
        "Intercom conversations (`source`, `conversation_parts`)",
        _is_intercom,
        _read,
    ),
)
