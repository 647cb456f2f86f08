"""Zendesk and Intercom exports."""

import json
from pathlib import Path

from agent.read import identify_format, read_file
from agent.schemas.records import Identifier, IdentifierKind, RawRecord, Speaker
from tests.agent.read.builders import lines_of, records_in, rejects_in, write

TICKETS = [
    {"id": 1, "requester_id": 10, "subject": "Late", "description": "Where is it?", "tags": ["a", "b"],
     "created_at": "2024-05-01T10:00:00Z", "via": {"channel": "email"}},
    {"id": 2, "requester_id": 20, "subject": "Hi", "description": "Only this", "created_at": "2024-05-02T10:00:00Z"},
]  # fmt: skip
COMMENTS = [
    {"id": 5, "ticket_id": 1, "author_id": 99, "public": True, "body": "On its way.", "created_at": "2024-05-01T12:00:00Z"},
    {"id": 9, "ticket_id": 3, "author_id": 30, "body": "Hello?", "created_at": "2024-05-03T10:00:00Z"},
    {"id": 4, "ticket_id": 1, "author_id": 10, "public": True, "plain_body": "Where is it?", "body": "x",
     "created_at": "2024-05-01T10:00:00Z"},
    {"id": 6, "ticket_id": 1, "author_id": 99, "public": False, "body": "angry one", "created_at": "2024-05-01T12:01:00Z"},
]  # fmt: skip


def said(record: RawRecord) -> list[tuple[Speaker, str]]:
    """Return who says what."""
    return [(turn.speaker, turn.text) for turn in record.turns]


FIRST = [(Speaker.CUSTOMER, "Where is it?"), (Speaker.AGENT, "On its way.")]


def test_zendesk_comments_beside_their_tickets_are_joined(tmp_path: Path) -> None:
    """Unsorted comments become conversations in order of time; tickets give requester, subject and tags."""
    comments = write(tmp_path / "comments.json", lines_of(*COMMENTS))
    write(tmp_path / "tickets.json", json.dumps({"tickets": TICKETS, "count": 2}, indent=1))
    first, third = records_in(read_file(comments))
    assert (first.external_id, first.channel, said(first)) == ("1", "email", FIRST)
    assert first.attributes == {"subject": "Late", "tags": "a; b"}
    assert first.identifiers == (Identifier(IdentifierKind.USER_ID, "zendesk:10"),)
    assert (third.external_id, said(third)) == ("3", [(Speaker.CUSTOMER, "Hello?")])


def test_zendesk_tickets_beside_their_comments_give_the_same_transcripts(tmp_path: Path) -> None:
    """Whichever file is given, the conversation is whole; a ticket without comments gives its description."""
    tickets = write(tmp_path / "export-a.ndjson", lines_of(*TICKETS))
    write(tmp_path / "export-b.ndjson", lines_of(*COMMENTS), packed=True)
    write(tmp_path / "notes.json", "[]")
    first, second = records_in(read_file(tickets))
    assert (first.external_id, said(first)) == ("1", FIRST)
    assert (second.external_id, said(second)) == ("2", [(Speaker.CUSTOMER, "Only this")])


def test_zendesk_comments_alone_take_the_first_author_as_customer(tmp_path: Path) -> None:
    """Without the ticket the conversation's opener is the requester."""
    path = write(tmp_path / "only.json", json.dumps({"comments": COMMENTS[:1] + COMMENTS[2:3]}))
    [record] = records_in(read_file(path))
    assert said(record) == FIRST
    assert identify_format(path) == "zendesk"


def test_zendesk_comments_inside_tickets_are_read_directly(tmp_path: Path) -> None:
    """An export that nests comments needs no second file."""
    nested = {
        **TICKETS[0],
        "comments": [COMMENTS[2], {"author_id": -1, "html_body": "<p>Auto&amp;matic</p>"}],
    }
    [record] = records_in(read_file(write(tmp_path / "t", lines_of(nested))))
    assert said(record) == [FIRST[0], (Speaker.BOT, "Auto&matic")]


def test_zendesk_rows_without_ticket_id_are_rejected(tmp_path: Path) -> None:
    """A comment that belongs nowhere costs itself."""
    items = list(read_file(write(tmp_path / "c", lines_of(COMMENTS[1], {**COMMENTS[0], "ticket_id": None}))))
    assert [(reject.row, reject.code) for reject in rejects_in(items)] == [(1, "no_id")]


def test_intercom_conversation_parts_become_turns(tmp_path: Path) -> None:
    """HTML is undone, notes are left out, contacts identify."""
    conversation = {
        "type": "conversation",
        "id": "c9",
        "created_at": 1714557600,
        "source": {
            "type": "email",
            "body": "<p>Card <b>declined</b></p><p>twice</p>",
            "author": {"type": "user", "id": "i1", "email": "a@b.example"},
        },
        "contacts": {
            "type": "contact.list",
            "contacts": [{"type": "contact", "id": "i1", "external_id": "u1"}],
        },
        "conversation_rating": {"rating": 2},
        "tags": {"tags": [{"name": "billing"}]},
        "conversation_parts": {
            "conversation_parts": [
                {"part_type": "comment", "body": "<p>Hello</p>", "created_at": 5, "author": {"type": "bot"}},
                {"part_type": "note", "body": "<p>again</p>", "author": {"type": "admin"}},
                {"part_type": "comment", "body": "<p>Sorry</p>", "author": {"type": "admin"}},
                {"part_type": "comment", "body": None, "author": {"type": "user"}},
            ]
        },
    }
    path = write(tmp_path / "x", json.dumps({"type": "conversation.list", "conversations": [conversation]}))
    [record] = records_in(read_file(path))
    assert said(record) == [
        (Speaker.CUSTOMER, "Card declined\ntwice"),
        (Speaker.BOT, "Hello"),
        (Speaker.AGENT, "Sorry"),
    ]
    assert {(one.kind, one.value) for one in record.identifiers} == {
        (IdentifierKind.USER_ID, "intercom:i1"),
        (IdentifierKind.USER_ID, "u1"),
        (IdentifierKind.EMAIL, "a@b.example"),
    }
    assert (record.rating, record.rating_max, record.channel) == (2.0, 5.0, "email")
    assert record.attributes == {"tags": "billing"}
