"""Zendesk: tickets with their comments inside, or tickets and comments in two files of one export.

A ticket object has no comments; exports keep them apart. Either file may be given, and gives the same transcripts: the
other one is looked for in the same folder, first by name (`tickets_1.json` beside `comments_1.json`), then by content.
They are joined by ticket id in a temporary database on disk, so neither need be sorted or fit into memory; a ticket's
comments must stand in one file. Tickets whose comments are nowhere give their description.

The customer is the ticket's requester, and whoever a comment calls an end user; without the ticket, the author of the
first public comment. Other authors count as agents, Zendesk's own as the bot. Private comments are notes and left out.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Final

import orjson

from agent.errors import InputError, UnreadableSourceError
from agent.read import fields
from agent.read.formats import Format, SourceKind
from agent.read.jsons import Json, Row, parse
from agent.read.markup import plain_text
from agent.read.rows import read_rows
from agent.read.source import Sample, Source, take_sample
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

_NAME: Final = "zendesk"
_SYSTEM_AUTHOR: Final = "-1"
_BODIES: Final = ("plain_body", "body", "html_body")
_ATTRIBUTES: Final = (
    "subject",
    "status",
    "priority",
    "type",
    "tags",
    "satisfaction_rating",
    "brand_id",
    "group_id",
)
_SUFFIXES: Final = (".json", ".jsonl", ".ndjson", ".gz")


class _Half(StrEnum):
    """Which part of an export a file holds."""

    WHOLE = "whole"
    TICKETS = "tickets"
    COMMENTS = "comments"


def _half_of(sample: Sample) -> _Half | None:
    if not sample.is_json:
        return None
    for record in sample.records:
        if "ticket_id" in record and "author_id" in record and any(key in record for key in _BODIES):
            return _Half.COMMENTS
        if "requester_id" in record and ("subject" in record or "description" in record):
            return (
                _Half.WHOLE
                if any(isinstance(one.get("comments"), list) for one in sample.records)
                else _Half.TICKETS
            )
    return None


def _read(source: Source) -> Iterator[RawItem]:
    half = _half_of(source.sample)
    if half is _Half.WHOLE:
        for item in read_rows(source):
            yield item if isinstance(item, RowReject) else _whole(*item)
        return
    if half is None:
        msg = f"{source.path.name!r} holds neither Zendesk tickets (`requester_id`, `subject`) nor comments (`ticket_id`)"
        raise InputError(msg, hint="Use `--mapping FILE.toml` for exports of another form.")
    yield from _joined(source, half)


def _whole(row: int, ticket: Row) -> RawRecord | RowReject:
    comments = ticket.get("comments")
    listed = [one for one in comments if isinstance(one, dict)] if isinstance(comments, list) else []
    return _transcript(row, fields.id_of(ticket.get("id")), ticket, listed)


def _joined(source: Source, half: _Half) -> Iterator[RawItem]:
    other = _Half.COMMENTS if half is _Half.TICKETS else _Half.TICKETS
    # An empty name makes a private database on disk that goes away when it is closed.
    with closing(sqlite3.connect("")) as database:
        database.execute("CREATE TABLE tickets (id TEXT PRIMARY KEY, row INTEGER, data BLOB)")
        database.execute("CREATE TABLE comments (ticket TEXT, at TEXT, row INTEGER, data BLOB)")
        broken: UnreadableSourceError | None = None
        try:
            yield from _load(database, half, source)
        except UnreadableSourceError as exc:
            broken = exc
        for path in _counterparts(source.path, other):
            _load_quietly(database, other, path)
        database.execute("CREATE INDEX by_ticket ON comments (ticket)")
        yield from _transcripts(database, half)
    if broken is not None:
        raise broken


def _load(database: sqlite3.Connection, half: _Half, source: Source) -> Iterator[RowReject]:
    for item in read_rows(source):
        if isinstance(item, RowReject):
            yield item
            continue
        row, record = item
        ticket_id = fields.id_of(record.get("id" if half is _Half.TICKETS else "ticket_id"))
        if ticket_id is None:
            yield RowReject(row, "no_id", f"the {half.value.removesuffix('s')} has no ticket id")
        elif half is _Half.TICKETS:
            database.execute("REPLACE INTO tickets VALUES (?, ?, ?)", (ticket_id, row, orjson.dumps(record)))
        else:
            at = fields.text_of(record.get("created_at")) or ""
            database.execute(
                "INSERT INTO comments VALUES (?, ?, ?, ?)", (ticket_id, at, row, orjson.dumps(record))
            )


def _load_quietly(database: sqlite3.Connection, half: _Half, path: Path) -> None:
    """Load the other file of an export; what is wrong with it is reported when it is read itself."""
    try:
        for _ in _load(database, half, Source(path, take_sample(path))):
            pass
    except UnreadableSourceError:
        return


def _counterparts(path: Path, half: _Half) -> list[Path]:
    this = _Half.TICKETS if half is _Half.COMMENTS else _Half.COMMENTS
    named = path.with_name(path.name.replace(this.value, half.value))
    if named != path and named.is_file():
        return [named]
    beside = sorted(
        one for one in path.parent.iterdir() if one.suffix in _SUFFIXES and one.is_file() and one != path
    )
    return [one for one in beside if _holds(one, half)]


def _holds(path: Path, half: _Half) -> bool:
    try:
        return _half_of(take_sample(path)) is half
    except UnreadableSourceError:
        return False


def _transcripts(database: sqlite3.Connection, half: _Half) -> Iterator[RawItem]:
    if half is _Half.TICKETS:
        found = database.execute("SELECT id, row, data FROM tickets ORDER BY row")
    else:
        found = database.execute(
            "SELECT c.ticket, MIN(c.row), t.data FROM comments c LEFT JOIN tickets t ON t.id = c.ticket "
            "GROUP BY c.ticket ORDER BY MIN(c.row)"
        )
    for ticket_id, row, data in found:
        comments = database.execute(
            "SELECT data FROM comments WHERE ticket = ? ORDER BY at, row", (ticket_id,)
        )
        yield _transcript(row, ticket_id, _object(data), [_object(one) for (one,) in comments])


def _object(data: bytes | None) -> Row:
    value = parse(data) if data else None
    return value if isinstance(value, dict) else {}


def _transcript(row: int, ticket_id: str | None, ticket: Row, comments: list[Row]) -> RawRecord | RowReject:
    public = [one for one in comments if one.get("public") is not False]
    requester = fields.id_of(ticket.get("requester_id"))
    if requester is None and public:
        requester = fields.id_of(public[0].get("author_id"))
    turns = tuple(_turns(public, requester)) or tuple(_description(ticket))
    if not turns:
        return RowReject(row, "no_text", "the ticket has no public words")
    via = ticket.get("via") or (public[0].get("via") if public else None)
    score = _inner(ticket.get("satisfaction_rating"), "score")
    attributes = {key: ticket[key] for key in _ATTRIBUTES if key in ticket}
    return RawRecord(
        kind=Kind.TRANSCRIPT,
        source_format=_NAME,
        row=row,
        external_id=ticket_id,
        identifiers=_requester(requester, ticket),
        at=fields.time_of(ticket.get("created_at")) or turns[0].at,
        channel=fields.text_of(_inner(via, "channel")),
        turns=turns,
        attributes=fields.flatten({**attributes, "satisfaction_rating": score}),
    )


def _inner(value: Json, key: str) -> Json:
    return value.get(key) if isinstance(value, dict) else None


def _turns(comments: Iterable[Row], requester: str | None) -> Iterator[RawTurn]:
    for comment in comments:
        key = next((key for key in _BODIES if fields.text_of(comment.get(key))), None)
        if key is not None:
            body = str(comment[key])
            text = plain_text(body) if key == "html_body" else body
            yield RawTurn(_speaker(comment, requester), text, fields.time_of(comment.get("created_at")))


def _speaker(comment: Row, requester: str | None) -> Speaker:
    author = fields.id_of(comment.get("author_id"))
    role = _inner(comment.get("author"), "role")
    if role == "end-user" or (author is not None and author == requester):
        return Speaker.CUSTOMER
    return Speaker.BOT if author == _SYSTEM_AUTHOR else Speaker.AGENT


def _description(ticket: Row) -> Iterator[RawTurn]:
    text = fields.text_of(ticket.get("description"))
    if text is not None:
        yield RawTurn(Speaker.CUSTOMER, text, fields.time_of(ticket.get("created_at")))


def _requester(requester: str | None, ticket: Row) -> tuple[Identifier, ...]:
    known = ticket.get("requester")
    found = [*fields.namespaced(_NAME, requester)]
    for kind, key in (
        (IdentifierKind.USER_ID, "external_id"),
        (IdentifierKind.EMAIL, "email"),
        (IdentifierKind.PHONE, "phone"),
    ):
        value = fields.id_of(_inner(known, key))
        if value is not None:
            found.append(Identifier(kind, value))
    return fields.unique(found)


FORMATS: Final = (
    Format(
        _NAME,
        (SourceKind.TRANSCRIPTS,),
        "Zendesk tickets (`requester_id`, `subject`) or their comments (`ticket_id`, `author_id`, `body`)",
        lambda sample, _kind: _half_of(sample) is not None,
        _read,
    ),
)
