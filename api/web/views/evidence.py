"""What the evidence explorer shows: passages word for word, what was read out of them, and where they count."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from agent.analyse.languages import language_fit
from agent.errors import NotFoundError
from agent.pipeline.snapshot import Snapshot
from agent.schemas.base import Frozen
from agent.schemas.insight import Reading, Theme
from agent.schemas.records import Passage, Record
from agent.store.filters import fold
from api.web.views.groups import told_groups, trait_filter

PAGE_SIZE = 20
_MOST_FOUND = 100
_PLEASED, _DISPLEASED = 0.25, -0.25
"""Sentiment from which a passage is shown as praise, and down to which as displeasure."""

Tone = Literal["", "praise", "complaint"]


Word = Annotated[str, Field(max_length=500)]


class EvidenceQuery(Frozen):
    """What the explorer is asked for; every field may be empty."""

    words: Word = ""
    kind: Word = ""
    channel: Word = ""
    stage: Word = ""
    theme: Word = ""
    tone: Tone = ""
    trait: Word = ""
    """`key=value`."""
    page: int = Field(default=1, ge=1, le=100_000)

    def where(self) -> dict[str, str]:
        """Return the part of it that is a filter on records and persons.

        Raises:
            InputError: The trait is not of the form `key=value`.
        """
        named = {"kind": self.kind, "channel": self.channel}
        return {name: said for name, said in named.items() if said} | trait_filter(self.trait)

    def parameters(self) -> dict[str, str]:
        """Return it as parameters of an address, without the page."""
        return {name: value for name, value in self.model_dump(exclude={"page"}).items() if value}


@dataclass(frozen=True, slots=True)
class Found:
    """One passage in the list."""

    record_id: str
    external_id: str
    start: int
    end: int
    before: str
    quote: str
    after: str
    kind: str
    channel: str | None
    at: datetime | None
    stage: str | None
    emotion: str | None
    complaint: bool
    themes: tuple[str, ...]
    n_alike: int = 0
    """Other customers who say nearly the same."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What may be filtered by."""

    kinds: tuple[str, ...]
    channels: tuple[str, ...]
    stages: tuple[str, ...]
    themes: tuple[Theme, ...]
    traits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """A page of the explorer."""

    query: EvidenceQuery
    found: tuple[Found, ...]
    n_found: int
    n_pages: int
    n_customers: int
    choices: Choices
    nothing: str
    """Why there is nothing, where there is nothing."""


class Piece(NamedTuple):
    """A run of a text; `marked` where it is what was asked for."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class PassageFacts:
    """A passage of a text with what was read out of it."""

    passage_id: str
    start: int
    end: int
    quote: str
    stage: str | None
    touchpoint: str | None
    emotion: str | None
    severity: str | None
    complaint: bool
    readable: bool
    themes: tuple[Theme, ...]


@dataclass(frozen=True, slots=True)
class RecordView:
    """A whole text with its place in the data."""

    record: Record
    pieces: tuple[Piece, ...]
    passages: tuple[PassageFacts, ...]
    is_copy: bool


def evidence_view(snapshot: Snapshot, query: EvidenceQuery) -> EvidenceView:
    """Return a page of passages.

    Raises:
        InputError: A filter is not in the data, or of too few customers to be told.
    """
    told_groups(snapshot, query.where())
    book = _Book(snapshot)
    found = list(book.searched(query) if query.words.strip() else book.listed(query))
    n_pages = max(1, -(-len(found) // PAGE_SIZE))
    page = min(max(query.page, 1), n_pages)
    shown = found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    return EvidenceView(
        query=query,
        found=tuple(shown),
        n_found=len(found),
        n_pages=n_pages,
        n_customers=len({snapshot.records[one.record_id].person_id for one in found}),
        choices=_choices(snapshot),
        nothing="" if found else _why_nothing(query),
    )


def record_view(snapshot: Snapshot, record_id: str, *, start: int | None, end: int | None) -> RecordView:
    """Return a text with a run of it marked.

    Raises:
        NotFoundError: It is not among the working customers' texts.
    """
    record = snapshot.records.get(record_id)
    if record is None:
        msg = f"text {record_id!r} is not here"
        raise NotFoundError(msg, hint="It may have been erased; search for its words instead.")
    book = _Book(snapshot)
    rows = snapshot.stock.rows_of.get(record_id, range(0))
    return RecordView(
        record=record,
        pieces=_pieces(record.text, start, end),
        passages=tuple(book.facts(row) for row in rows),
        is_copy=record_id in snapshot.stock.copies.person_of,
    )


class _Book:
    """Looks passages up in a snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._stock = snapshot.stock
        self._themes: Mapping[str, list[Theme]] = _themes_by_passage(snapshot)

    def searched(self, query: EvidenceQuery) -> Iterator[Found]:
        searching = self._snapshot.searching
        with searching.lock:
            result = searching.retriever.search(query.words, where=query.where(), limit=_MOST_FOUND)
        for hit in result.results:
            row = self._row_of(hit.record_id, hit.start)
            if row is not None and self._fits(row, query):
                yield self._found(row, n_alike=hit.n_alike)

    def listed(self, query: EvidenceQuery) -> Iterator[Found]:
        where = query.where()
        plan = self._stock.filter_of(where) if where else None
        for record_id, rows in self._stock.rows_of.items():
            if plan is None or self._stock.matches(self._stock.records[record_id], plan):
                yield from (self._found(row) for row in rows if self._fits(row, query))

    def facts(self, row: int) -> PassageFacts:
        passage, reading = self._stock.passages[row], self._stock.readings[row]
        return PassageFacts(
            passage_id=passage.passage_id,
            start=passage.start,
            end=passage.end,
            quote=passage.text,
            stage=reading.stage,
            touchpoint=reading.touchpoint,
            emotion=None if reading.emotion is None else reading.emotion.value,
            severity=None if reading.severity is None else reading.severity.value,
            complaint=reading.complaint,
            readable=reading.readable,
            themes=tuple(self._themes.get(passage.passage_id, ())),
        )

    def _fits(self, row: int, query: EvidenceQuery) -> bool:
        reading = self._stock.readings[row]
        if query.stage and reading.stage != query.stage:
            return False
        if query.tone and not _has_tone(reading, query.tone):
            return False
        themes = self._themes.get(self._stock.passages[row].passage_id, ())
        return not query.theme or any(theme.theme_id == query.theme for theme in themes)

    def _row_of(self, record_id: str, start: int) -> int | None:
        rows = self._stock.rows_of.get(record_id, range(0))
        return next((row for row in rows if self._stock.passages[row].start == start), None)

    def _found(self, row: int, *, n_alike: int = 0) -> Found:
        passage, reading = self._stock.passages[row], self._stock.readings[row]
        record = self._stock.records[passage.record_id]
        return Found(
            record_id=record.record_id,
            external_id=record.external_id,
            start=passage.start,
            end=passage.end,
            before=self._beside(row - 1, passage),
            quote=passage.text,
            after=self._beside(row + 1, passage),
            kind=record.kind.value,
            channel=record.channel,
            at=record.at,
            stage=reading.stage,
            emotion=None if reading.emotion is None else reading.emotion.value,
            complaint=reading.complaint,
            themes=tuple(theme.label for theme in self._themes.get(passage.passage_id, ())),
            n_alike=n_alike,
        )

    def _beside(self, row: int, passage: Passage) -> str:
        if not 0 <= row < len(self._stock.passages):
            return ""
        beside = self._stock.passages[row]
        return beside.text if beside.record_id == passage.record_id else ""


def _themes_by_passage(snapshot: Snapshot) -> dict[str, list[Theme]]:
    found: dict[str, list[Theme]] = {}
    for theme in snapshot.themes:
        for passage_id in theme.passage_ids:
            found.setdefault(passage_id, []).append(theme)
    return found


def _has_tone(reading: Reading, tone: Tone) -> bool:
    if not reading.readable:
        return False
    return (
        reading.sentiment >= _PLEASED
        if tone == "praise"
        else reading.complaint or reading.sentiment <= _DISPLEASED
    )


def _choices(snapshot: Snapshot) -> Choices:
    own = {"kind", "channel"}
    traits = (
        f"{key}={value}" for key, values in snapshot.traits.items() if key not in own for value in values
    )
    return Choices(
        kinds=tuple(snapshot.kinds),
        channels=tuple(snapshot.channels),
        stages=snapshot.stages,
        themes=tuple(sorted(snapshot.themes, key=lambda theme: fold(theme.label))),
        traits=tuple(traits),
    )


def _why_nothing(query: EvidenceQuery) -> str:
    if query.words.strip() and not language_fit(query.words).is_english:
        return "Nothing was found. The bundled encoder reads English; search in English."
    if query.words.strip():
        return "No customer says anything near that" + (
            " within these filters." if query.parameters().keys() - {"words"} else "."
        )
    return "No passage passes these filters."


def _pieces(text: str, start: int | None, end: int | None) -> tuple[Piece, ...]:
    """Return a text with a run of it marked; a run that is not in it marks nothing."""
    if start is None or end is None or not 0 <= start < end <= len(text):
        return (Piece(text, marked=False),)
    pieces = (Piece(text[:start], False), Piece(text[start:end], True), Piece(text[end:], False))  # noqa: FBT003 - a named field
    return tuple(piece for piece in pieces if piece.text)
