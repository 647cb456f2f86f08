"""A file of conversations with a list of messages in each is proposed as such, and its mapping reads it turn by turn."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.pipeline.proposing import MappedTurns, Proposal, mapping_toml, propose_file
from agent.read import read_file
from agent.read.formats import SourceKind
from agent.schemas.records import RawRecord, Speaker

_NOW = datetime(2026, 6, 1, tzinfo=UTC)
_SAID = (
    ("buyer", "My parcel has not come, and nobody tells me where it is"),
    ("shop", "I am sorry. I look it up for you"),
    ("buyer", "Thank you, that would be kind"),
)


def _talk(number: int, *, who: tuple[str, str] = ("Visitor", "Helpdesk"), **more: Any) -> dict[str, Any]:
    names: dict[str, str] = {"buyer": who[0], "shop": who[1]}
    messages = [
        {
            "party": {"name": names[side]},
            "msg": f"{words} ({number})",
            "sent": f"2026-05-{place + 1:02d}T10:00:00Z",
        }
        for place, (side, words) in enumerate(_SAID)
    ]
    return {
        "nr": f"T-{number}",
        "client": {"ref": f"C{number:03d}"},
        "desk": ("north", "south")[number % 2],
        "log": messages,
        **more,
    }


def _write(path: Path, content: object, *, lines: Sequence[object] = ()) -> Path:
    text = "\n".join(map(json.dumps, lines)) if lines else json.dumps(content)
    path.write_text(text, encoding="utf-8")
    return path


def _read(path: Path, found: Proposal, speakers: dict[str, Speaker] | None = None) -> list[RawRecord]:
    assert found.turns is not None
    turns = MappedTurns(
        found.turns.path, found.turns.speaker, found.turns.text, found.turns.at, speakers or {}
    )
    mapping = path.with_suffix(".toml")
    mapping.write_text(
        mapping_toml(found.kind, found.roles, attributes=found.attributes, turns=turns, rows=found.rows)
    )
    return [item for item in read_file(path, mapping=mapping) if isinstance(item, RawRecord)]


@pytest.mark.parametrize("form", ["lines", "array", "known_wrapper", "unknown_wrapper"])
def test_conversations_in_each_form_are_proposed_and_read(tmp_path: Path, form: str) -> None:
    """Lines, an array, and a document that wraps its rows: list, speaker, words, time and customer are found."""
    talks = [_talk(number) for number in range(8)]
    content: dict[str, object] = {
        "lines": talks, "array": talks, "known_wrapper": {"n": 8, "conversations": talks},
        "unknown_wrapper": {"exported": "2026-05-30", "threads_of_may": talks},
    }  # fmt: skip
    path = _write(tmp_path / "talks.json", content[form], lines=talks if form == "lines" else ())

    found = propose_file(path, now=_NOW)
    rows = _read(path, found)

    assert found.kind is SourceKind.TRANSCRIPTS
    assert found.turns is not None
    assert (found.turns.path, found.turns.speaker, found.turns.text, found.turns.at) == (
        "log",
        "party.name",
        "msg",
        "sent",
    )
    assert found.turns.speakers == {"Visitor": Speaker.CUSTOMER, "Helpdesk": Speaker.AGENT}
    assert found.roles.get("user_id") == "client.ref"
    assert "desk" in found.attributes
    assert len(rows) == 8
    assert [turn.speaker for turn in rows[0].turns] == [Speaker.CUSTOMER, Speaker.AGENT, Speaker.CUSTOMER]
    assert rows[3].turns[0].text == f"{_SAID[0][1]} (3)"
    assert rows[3].identifiers[0].value == "C003"


def test_names_that_do_not_say_who_they_are_are_counted_and_never_told(tmp_path: Path) -> None:
    """Two names of people: the proposal holds neither, and the mapping takes what a person says of them."""
    talks = [_talk(number, who=("Quill", "Brannt")) for number in range(6)]
    path = _write(tmp_path / "talks.jsonl", talks, lines=talks)

    found = propose_file(path, now=_NOW)

    assert found.turns is not None
    assert (found.turns.n_others, found.turns.side_of_others) == (2, None)
    assert found.turns.speakers == {}
    rows = _read(path, found, {"Quill": Speaker.CUSTOMER, "Brannt": Speaker.AGENT})
    assert [turn.speaker for turn in rows[0].turns][:2] == [Speaker.CUSTOMER, Speaker.AGENT]


def test_persons_name_beside_a_role_is_not_told(tmp_path: Path) -> None:
    """The role in a name says who it is; all others together stand for one side, whatever names come later."""
    talks = [_talk(number, who=(f"Ann Quill{number}", "Support (Brannt)")) for number in range(6)]
    path = _write(tmp_path / "talks.jsonl", talks, lines=talks)

    found = propose_file(path, now=_NOW)

    assert found.turns is not None
    assert (dict(found.turns.speakers), found.turns.n_others) == ({}, 6)
    assert found.turns.side_of_others is Speaker.CUSTOMER
    rows = _read(path, found, {"Helpdesk": Speaker.AGENT, "*": Speaker.CUSTOMER})
    assert [turn.speaker for turn in rows[0].turns][:2] == [Speaker.CUSTOMER, Speaker.AGENT]


def test_long_words_in_few_messages_are_not_what_was_said(tmp_path: Path) -> None:
    """A form's question that stands in one message of each talk does not take the place of the words that people said."""
    asked = "Would you kindly tell us all of the days, times and places at which you could meet one of our fitters"
    talks = [_talk(number) for number in range(4)]
    for talk in talks:
        talk["log"][0]["form"] = {"question": asked}

    found = propose_file(_write(tmp_path / "talks.json", talks), now=_NOW).turns

    assert found is not None
    assert found.text == "msg"


def test_interview_is_one(tmp_path: Path) -> None:
    """Where a moderator asks, the rows are interviews."""
    talks = [_talk(number, who=("Participant", "Moderator")) for number in range(4)]

    assert propose_file(_write(tmp_path / "talks.json", talks), now=_NOW).kind is SourceKind.INTERVIEWS


def test_single_conversation_is_read_by_its_list(tmp_path: Path) -> None:
    """A file of one conversation is one row, not as many rows as it has messages."""
    path = _write(tmp_path / "talk.json", _talk(1))

    rows = _read(path, propose_file(path, now=_NOW))

    assert len(rows) == 1
    assert len(rows[0].turns) == 3


def test_remarks_beside_a_review_are_no_conversation(tmp_path: Path) -> None:
    """A review with the shop's answer in a list stays a review: its words are the row's."""
    rows = [
        {
            "opinion": f"The tent leaks at its seams after {n} nights out",
            "answers": [{"by": "shop", "words": "We are sorry to hear it"}],
        }
        for n in range(8)
    ]

    found = propose_file(_write(tmp_path / "posts.json", rows), now=_NOW)

    assert found.turns is None
    assert found.roles["text"] == "opinion"
