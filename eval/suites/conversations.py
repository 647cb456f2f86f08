"""Conversations whose request, setbacks and outcome are known; read from the data folder, never kept.

STAR's agents picked most of their answers from a list, and the name of the answer tells whether it was a result or a
setback. What the customer was asked to do is known as one of its tasks, or in tau-bench as an instruction in words.
"""

import gzip
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.schemas.records import Kind, Record, Speaker, Turn

_RESULT = re.compile(
    r"successful$|succeeded|submitted|failed|unavailable|confirmed|confirm_rsvp|[^k]_confirm_booking$|inform_outcome|"
    r"not_available|no_venue|nothing_found|cannot_auth|last_step|instructions_done|provide_driver"
)
_SETBACK = re.compile(r"failed|unavailable|not_available|no_venue|nothing_found|cannot_auth|incorrect")
_MIN_TURNS = 5


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation and what is known of it; numbers are those of turns."""

    record: Record
    request: str
    """Name of the task, or the instruction in words."""
    outcome: int | None = None
    """The last turn that tells a result or a setback; None where none does."""
    setbacks: tuple[int, ...] = ()
    """Turns before the outcome that tell a setback."""


def has_conversations(data: Path) -> bool:
    """Tell whether the folder has both sets."""
    return all(
        (data / "transcripts" / name).is_file() for name in ("star.jsonl.gz", "tau_bench_airline.json.gz")
    )


def read_star(data: Path, *, limit: int, seed: int) -> list[Conversation]:
    """Return up to `limit` of STAR's dialogues of one task, drawn at random.

    Raises:
        FileNotFoundError: The file is not there.
    """
    with gzip.open(data / "transcripts" / "star.jsonl.gz", "rt", encoding="utf-8") as lines:
        found = [made for number, line in enumerate(lines) if (made := _star(number, json.loads(line)))]
    random.Random(seed).shuffle(found)
    return found[:limit]


def read_tau(data: Path) -> list[Conversation]:
    """Return tau-bench's conversations about flights.

    Raises:
        FileNotFoundError: The file is not there.
    """
    with gzip.open(data / "transcripts" / "tau_bench_airline.json.gz", "rt", encoding="utf-8") as file:
        rows: list[dict[str, Any]] = json.load(file)
    speaker = {"user": Speaker.CUSTOMER, "assistant": Speaker.AGENT}
    return [
        Conversation(
            _record(
                number,
                [
                    (speaker[turn["role"]], str(turn["content"]).strip())
                    for turn in row["traj"]
                    if turn["role"] in speaker and str(turn.get("content") or "").strip()
                ],
            ),
            row["info"]["task"]["instruction"],
        )
        for number, row in enumerate(rows)
    ]


def _star(number: int, row: dict[str, Any]) -> Conversation | None:
    tasks = [task["Task"] for task in row["Scenario"]["WizardCapabilities"]]
    said = list(_star_turns(row["Events"]))
    if len(tasks) != 1 or len(said) < _MIN_TURNS:
        return None
    results = [i for i, (_, _, label) in enumerate(said) if _RESULT.search(label) and "_ask_" not in label]
    outcome = results[-1] if results else None
    setbacks = tuple(i for i, (_, _, label) in enumerate(said) if _SETBACK.search(label) and i != outcome)
    turns = [(speaker, text) for speaker, text, _ in said]
    return Conversation(_record(number, turns), tasks[0], outcome, setbacks)


def _star_turns(events: Sequence[dict[str, Any]]) -> Iterator[tuple[Speaker, str, str]]:
    for event in events:
        text = str(event.get("Text") or "").strip()
        if text and event["Agent"] == "User" and event["Action"] == "utter":
            yield Speaker.CUSTOMER, text, ""
        elif text and event["Agent"] == "Wizard" and event["Action"] in {"utter", "pick_suggestion"}:
            yield Speaker.AGENT, text, str(event.get("ActionLabel") or "")


def _record(number: int, turns: Sequence[tuple[Speaker, str]]) -> Record:
    spans: list[Turn] = []
    start = 0
    for speaker, text in turns:
        spans.append(Turn(speaker=speaker, start=start, end=start + len(text)))
        start += len(text) + 1
    return Record(
        record_id=f"r_{number:024x}",
        kind=Kind.TRANSCRIPT,
        source_format="suite",
        external_id=str(number),
        person_id=f"p_{number:024x}",
        at=None,
        channel=None,
        text="\n".join(text for _, text in turns),
        turns=tuple(spans),
        source_id="s",
        row=number,
        content_key="",
    )
