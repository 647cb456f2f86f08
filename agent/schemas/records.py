"""What customers said and did, before and after personal data is removed.

`Raw...` types live only between reading and redaction: they carry personal data and are never stored. They are
slotted dataclasses because a file may hold millions of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, Field

from agent.schemas.base import Frozen, Scalar

RawTime = str | int | float | datetime | None
"""A time as a source wrote it: ISO text, epoch seconds or milliseconds, or a parsed value."""


class Kind(StrEnum):
    """What sort of thing a text record is."""

    TRANSCRIPT = "transcript"
    REVIEW = "review"
    SURVEY = "survey"
    INTERVIEW = "interview"


class Speaker(StrEnum):
    """Who said a turn of a conversation."""

    CUSTOMER = "customer"
    AGENT = "agent"
    BOT = "bot"


class IdentifierKind(StrEnum):
    """What an identifier identifies a person by."""

    USER_ID = "user_id"
    ANONYMOUS_ID = "anonymous_id"
    EMAIL = "email"
    PHONE = "phone"
    ORDER_ID = "order_id"
    DEVICE_ID = "device_id"


@dataclass(frozen=True, slots=True)
class Identifier:
    """One identifier as the source wrote it; two on one row belong to one person."""

    kind: IdentifierKind
    value: str


@dataclass(frozen=True, slots=True)
class RawTurn:
    """One turn of a conversation as read."""

    speaker: Speaker
    text: str
    at: RawTime = None


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One text as read: a conversation, a review, a survey answer, an interview.

    Exactly one of `text` and `turns` carries the words. `rating` stands as the source wrote it, `rating_max` is the
    top of its scale (5 for stars, 10 for NPS). `attributes` are further columns a filter may use.
    """

    kind: Kind
    source_format: str
    row: int
    external_id: str | None = None
    identifiers: tuple[Identifier, ...] = ()
    at: RawTime = None
    channel: str | None = None
    text: str | None = None
    turns: tuple[RawTurn, ...] = ()
    rating: float | None = None
    rating_max: float | None = None
    locale: str | None = None
    attributes: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])
    consent: tuple[str, ...] | None = None


_ITEM_BITS = 20
_ITEMS = 1 << 60


def item_row(row: int, place: int) -> int:
    """Return the row of an item that stands at a place in a list of its row: no other's, and after those before it."""
    return _ITEMS | row << _ITEM_BITS | min(place, (1 << _ITEM_BITS) - 1)


def source_row(row: int) -> int:
    """Return the row of the file that an event's row stands for: of an item of a list, the row that has the list."""
    return (row & ~_ITEMS) >> _ITEM_BITS if row & _ITEMS else row


@dataclass(frozen=True, slots=True)
class RawEvent:
    """One thing somebody did, as read.

    `type` follows Segment's spec; `identify`, `group` and `alias` carry identifiers and traits and are no step of
    a journey. `event_id` is the source's own (Segment's `messageId`) or None.
    """

    row: int
    source_format: str
    type: Literal["track", "page", "screen", "identify", "group", "alias"]
    name: str
    identifiers: tuple[Identifier, ...]
    at: RawTime
    event_id: str | None = None
    channel: str | None = None
    properties: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])


@dataclass(frozen=True, slots=True)
class RowReject:
    """A row that was not taken, and why: `code` is stable, `message` is for the reader and holds no customer text."""

    row: int
    code: str
    message: str


RawItem = RawRecord | RawEvent | RowReject


class Turn(Frozen):
    """Where one turn stands in its record's text: `text[start:end]`, characters."""

    speaker: Speaker
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    at: AwareDatetime | None = None


class Record(Frozen):
    """One text, redacted, with everything needed to filter it and to find it again at its source."""

    record_id: str
    """`r_` and 24 hexadecimal digits of SHA-256 over workspace, kind, source format and external id (or content)."""
    kind: Kind
    source_format: str
    external_id: str
    """The source's own id, redacted where it was personal; the record id where the source has none."""
    person_id: str
    at: AwareDatetime | None
    """UTC; None where the source does not say."""
    channel: str | None
    text: str
    """Redacted; a conversation's turns joined by newlines."""
    turns: tuple[Turn, ...] = ()
    """Empty for a text that is wholly the customer's."""
    rating: float | None = None
    """0 to 1, from the source's own scale."""
    locale: str | None = None
    attributes: dict[str, Scalar] = Field(default_factory=dict)
    consent: tuple[str, ...] | None = None
    """Purposes consented to; None where the source does not say."""
    source_id: str
    row: int
    """Of the source, counted from 0."""
    content_key: str
    """Keyed hash of the unredacted content, to tell an unchanged row from a changed one."""

    def customer_spans(self) -> tuple[tuple[int, int], ...]:
        """Spans `(start, end)` of the text that the customer wrote; only these may be quoted."""
        if not self.turns:
            return ((0, len(self.text)),) if self.text else ()
        return tuple((t.start, t.end) for t in self.turns if t.speaker is Speaker.CUSTOMER)


@dataclass(frozen=True, slots=True)
class Event:
    """One step of a journey as the lake holds it; identifiers are gone, `properties` are redacted."""

    event_id: str
    person_id: str
    at: datetime
    """UTC."""
    name: str
    """`object_action`, snake case."""
    type: Literal["track", "page", "screen"]
    channel: str | None
    properties: Mapping[str, Scalar]
    source_id: str
    row: int


class Side(StrEnum):
    """On which side of the split a person is."""

    WORKING = "working"
    HELD_OUT = "held_out"


class Person(Frozen):
    """A customer under a pseudonym, joined from identifiers."""

    person_id: str
    """`p_` and 24 hexadecimal digits; keyed by the workspace's salt, so it means nothing elsewhere."""
    side: Side
    traits: dict[str, Scalar] = Field(default_factory=dict)
    identified: bool
    """False where a record named nobody and so stands for a person of its own."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence of one customer turn, with the fragments beside it: the unit that is embedded, found and tagged.

    `text == record.text[start:end]`.
    """

    passage_id: str
    """`<record_id>:<start>-<end>`."""
    record_id: str
    person_id: str
    start: int
    end: int
    text: str
    text_sha256: str
    """Of the record's whole text, UTF-8."""
    kind: Kind
    at: datetime | None
    channel: str | None
    rating: float | None
