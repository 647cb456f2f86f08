"""Values for tests of the store: short, valid, told apart by a number or a name."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from agent.schemas.base import Scalar
from agent.schemas.insight import Emotion, Reading, Severity
from agent.schemas.records import Event, Kind, Record, Side, Speaker, Turn
from agent.store import Store

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


class MemorySink:
    """A vault that remembers what it was given."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self.events: dict[str, Sequence[Event]] = {}
        self.excluded_records: set[str] = set()
        self.excluded_persons: set[str] = set()

    def sweep(self, n_parts: Mapping[str, int]) -> None:
        """Keep everything: what is remembered here was never stopped half-way."""

    def write_records(self, records: Sequence[Record]) -> None:
        """Remember records."""
        self.records.update((record.record_id, record) for record in records)

    def write_events(self, part: str, events: Sequence[Event]) -> None:
        """Remember a part."""
        self.events[part] = events

    def exclude_records(self, record_ids: Sequence[str], *, reason: str) -> None:  # noqa: ARG002 - the port's
        """Remember exclusions."""
        self.excluded_records.update(record_ids)

    def exclude_persons(self, person_ids: Sequence[str], *, reason: str) -> None:  # noqa: ARG002 - the port's
        """Remember exclusions."""
        self.excluded_persons.update(person_ids)


def record(
    name: str,
    *,
    person: str = "p_a",
    kind: Kind = Kind.REVIEW,
    channel: str | None = "app_store",
    attributes: Mapping[str, Scalar] | None = None,
    text: str = "It never arrived.",
) -> Record:
    """Return a record whose id ends in a name."""
    turns = ()
    if kind is Kind.TRANSCRIPT:
        turns = (
            Turn(speaker=Speaker.CUSTOMER, start=0, end=len(text), at=NOW),
            Turn(speaker=Speaker.BOT, start=0, end=1),
        )
    return Record(
        record_id=f"r_{name}",
        kind=kind,
        source_format="csv",
        external_id=name,
        person_id=person,
        at=NOW,
        channel=channel,
        text=text,
        turns=turns,
        rating=0.25,
        locale="en-GB",
        attributes=dict(attributes or {}),
        consent=("analytics",),
        source_id="s_1",
        row=3,
        content_key=hashlib.sha256(text.encode()).hexdigest(),
    )


def reading(name: str, *, person: str = "p_a", sentiment: float = -0.5) -> Reading:
    """Return a reading of one passage of the record of that name."""
    return Reading(
        passage_id=f"r_{name}:0-5",
        record_id=f"r_{name}",
        person_id=person,
        start=0,
        end=5,
        text_sha256="ab" * 32,
        sentiment=sentiment,
        emotion=Emotion.ANGRY,
        stage="retention",
        touchpoint=None,
        complaint=True,
        severity=Severity.ANNOYS,
        at=NOW,
    )


def add_persons(store: Store, *person_ids: str, side: Side = Side.WORKING) -> None:
    """Store persons without identity."""
    store.persons.add_unidentified(dict.fromkeys(person_ids, side))
