"""Reading rows as a mapping file says."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from agent.read import fields
from agent.read.fitting import check_fits
from agent.read.formats import SourceKind
from agent.read.jsons import Json, Row
from agent.read.mapping import Events, FileMapping, TimeForm, Turns
from agent.read.paths import Getter, fits, getter_of, lookup
from agent.read.rows import read_rows
from agent.read.source import Source
from agent.read.speakers import OTHERS, speakers_of
from agent.schemas.base import Scalar
from agent.schemas.records import (
    Identifier,
    Kind,
    RawEvent,
    RawItem,
    RawRecord,
    RawTime,
    RawTurn,
    RowReject,
    Speaker,
    item_row,
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECONDS: Final = {"s": 1_000_000, "ms": 1000, "us": 1}
_KINDS: Final = {
    SourceKind.TRANSCRIPTS: Kind.TRANSCRIPT,
    SourceKind.REVIEWS: Kind.REVIEW,
    SourceKind.SURVEYS: Kind.SURVEY,
    SourceKind.INTERVIEWS: Kind.INTERVIEW,
}


class RowFaultError(Exception):
    """A row does not fit the mapping."""

    def __init__(self, *, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def read_mapped(source: Source, mapping: FileMapping, *, default_name: str) -> Iterator[RawItem]:
    """Yield a file's rows as the mapping says; `default_name` is the source format of a mapping that has no name.

    Raises:
        MappingError: The mapping names fields that the head of the file does not have.
    """
    check_fits(source.sample, mapping)
    name = mapping.name or default_name
    if mapping.events is not None:
        read_one = _EventReader(mapping, mapping.events, name).read
    else:
        read_one = _RecordReader(mapping, name).read
    for item in read_rows(source):
        if isinstance(item, RowReject):
            yield item
            continue
        try:
            yield from read_one(*item)
        except RowFaultError as fault:
            yield RowReject(item[0], fault.code, str(fault))


def _identifier_getters(mapping: FileMapping) -> Callable[[Json, Row], tuple[Identifier, ...]]:
    getters = [(kind, getter_of(field)) for kind, field in mapping.identifiers.items()]

    def find(item: Json, row: Row) -> tuple[Identifier, ...]:
        pairs = ((kind, fields.id_of(get(item, row))) for kind, get in getters)
        return tuple(Identifier(kind, value) for kind, value in pairs if value)

    return find


def mapped_value(value: Json, names: Mapping[str, Scalar] | None) -> Json:
    """Return our word for a source's, or the value as it is where it has none."""
    if not names:
        return value
    text = fields.text_of(value)
    return names.get(text, value) if text is not None else value


class _Scalars:
    """Finds named scalars in an item: a mapping's attributes, or an event's properties."""

    def __init__(self, named: Mapping[str, str], values: Mapping[str, Mapping[str, Scalar]]) -> None:
        self._getters = [(name, getter_of(field), values.get(name)) for name, field in named.items()]

    def find(self, item: Json, row: Row) -> dict[str, Scalar]:
        return fields.flatten(
            {name: mapped_value(get(item, row), words) for name, get, words in self._getters}
        )


class _RecordReader:
    """Makes one record of a row."""

    def __init__(self, mapping: FileMapping, name: str) -> None:
        own = mapping.fields
        self._name = name
        self._kind = _KINDS[mapping.kind]
        self._id, self._text, self._at = getter_of(own.id), getter_of(own.text), getter_of(own.at)
        self._channel, self._locale = getter_of(own.channel), getter_of(own.locale)
        self._rating, self._consent = getter_of(own.rating), getter_of(own.consent)
        self._rating_max = None if mapping.rating is None else mapping.rating.max
        self._constants, self._values = mapping.constants, mapping.values
        self._identifiers = _identifier_getters(mapping)
        self._attributes = _Scalars(mapping.attributes, mapping.values)
        self._time = time_reader(mapping.time)
        self._turns = (
            None if mapping.turns is None else _TurnReader(mapping.turns, mapping.speakers, self._time)
        )

    def read(self, number: int, row: Row) -> Iterator[RawItem]:
        """Yield the row's record.

        Raises:
            RowFaultError: The row has no words, or a time or speaker that the mapping does not explain.
        """
        text = fields.text_of(self._text(row, row))
        turns = () if self._turns is None else self._turns.read(row)
        if text is None and not turns:
            raise RowFaultError(
                code="no_text", message="the row has no words where the mapping looks for them"
            )
        rating = fields.number_of(mapped_value(self._rating(row, row), self._values.get("rating")))
        at = self._time(self._at(row, row))
        yield RawRecord(
            kind=self._kind,
            source_format=self._name,
            row=number,
            external_id=fields.id_of(self._id(row, row)),
            identifiers=self._identifiers(row, row),
            at=turns[0].at if at is None and turns else at,
            channel=self._word("channel", self._channel, row) or self._constants.channel,
            text=text,
            turns=turns,
            rating=rating,
            rating_max=None if rating is None else self._rating_max,
            locale=self._word("locale", self._locale, row) or self._constants.locale,
            attributes=self._attributes.find(row, row),
            consent=_purposes(self._consent(row, row)),
        )

    def _word(self, field: str, get: Getter, row: Row) -> str | None:
        return fields.text_of(mapped_value(get(row, row), self._values.get(field)))


def _purposes(value: Json) -> tuple[str, ...] | None:
    if isinstance(value, list):
        return tuple(text for text in map(fields.text_of, value) if text)
    text = fields.text_of(value)
    return None if text is None else tuple(text.replace(",", " ").replace(";", " ").split())


class _TurnReader:
    """Makes turns of a list in a row."""

    def __init__(
        self, turns: Turns, speakers: Mapping[str, Speaker], time: Callable[[Json], RawTime]
    ) -> None:
        self._path, self._where = turns.path, turns.where
        self._speaker, self._text, self._at = (
            getter_of(turns.speaker),
            getter_of(turns.text),
            getter_of(turns.at),
        )
        self._speakers = {name.strip().casefold(): speaker for name, speaker in speakers.items()}
        self._time = time

    def read(self, row: Row) -> tuple[RawTurn, ...]:
        items = lookup(row, self._path)
        if not isinstance(items, list):
            return ()
        said = [
            (fields.text_of(self._speaker(item, row)) or "", text, self._time(self._at(item, row)))
            for item in items
            if fits(item, self._where) and (text := fields.text_of(self._text(item, row))) is not None
        ]
        names = [name for name, _, _ in said]
        who = speakers_of(names, self._speakers)
        # Where the mapping says who is who, a name it does not know is an oversight, not a customer. It is not told: a
        # name may be a person's.
        is_left_out = bool(self._speakers) and not all(
            name.strip().casefold() in self._speakers or OTHERS in self._speakers for name in names
        )
        if who is None or is_left_out:
            what = (
                "a speaker is not in [speakers]" if is_left_out else "no [speakers] say who the customer is"
            )
            raise RowFaultError(code="speaker_unknown", message=what)
        return tuple(RawTurn(who[name], text, at) for name, text, at in said)


@dataclass(frozen=True, slots=True)
class _Step:
    """An item that an event is made of, and its place in the row's list."""

    item: Json
    index: int | None


class _EventReader:
    """Makes events of a row: one, or one of each item of a list in it."""

    def __init__(self, mapping: FileMapping, events: Events, name: str) -> None:
        self._events = events
        self._source_format = name
        self._name, self._at = getter_of(events.name), getter_of(events.at or mapping.fields.at)
        self._id, self._row_id = getter_of(events.id), getter_of(mapping.fields.id)
        self._channel = getter_of(events.channel or mapping.fields.channel)
        self._values, self._constants = mapping.values, mapping.constants
        self._identifiers = _identifier_getters(mapping)
        self._attributes = _Scalars(mapping.attributes, mapping.values)
        self._properties = _Scalars(events.properties, mapping.values)
        self._time = time_reader(mapping.time)

    def read(self, number: int, row: Row) -> Iterator[RawItem]:
        """Yield the row's events in order.

        Raises:
            RowFaultError: The row names nobody, or an event has no name or a time that cannot be read.
        """
        shared = self._attributes.find(row, row)
        last: RawTime = None
        for step in self._steps(row):
            at = self._time(self._at(step.item, row))
            if at is None and self._events.fill_time:
                at = last
            last = at
            yield self._event(number, row, step, at, shared)

    def _steps(self, row: Row) -> Iterator[_Step]:
        if self._events.path is None:
            if fits(row, self._events.where):
                yield _Step(row, None)
            return
        items = lookup(row, self._events.path)
        for index, item in enumerate(items if isinstance(items, list) else []):
            if fits(item, self._events.where):
                yield _Step(item, index)

    def _event(
        self, number: int, row: Row, step: _Step, at: RawTime, shared: Mapping[str, Scalar]
    ) -> RawEvent:
        name = fields.text_of(mapped_value(self._name(step.item, row), self._values.get("name")))
        identifiers = self._identifiers(step.item, row)
        if name is None:
            raise RowFaultError(
                code="no_name", message=f"an event has nothing at {self._events.name!r} to be named by"
            )
        if not identifiers:
            raise RowFaultError(code="no_person", message="the row names nobody where [identifiers] look")
        channel = fields.text_of(mapped_value(self._channel(step.item, row), self._values.get("channel")))
        return RawEvent(
            row=number if step.index is None else item_row(number, step.index),
            source_format=self._source_format,
            type=self._events.type,
            name=name,
            identifiers=identifiers,
            at=at,
            event_id=self._event_id(row, step),
            channel=channel or self._constants.channel,
            properties={**shared, **self._properties.find(step.item, row)},
        )

    def _event_id(self, row: Row, step: _Step) -> str | None:
        own = fields.id_of(self._id(step.item, row))
        row_id = fields.id_of(self._row_id(row, row))
        if own is not None or row_id is None or step.index is None:
            return own or row_id
        return f"{row_id}#{step.index}"


def time_reader(form: TimeForm) -> Callable[[Json], RawTime]:
    """Return what reads times written in a form; it raises a row fault where a time does not have that form."""
    zone = UTC if form.zone is None else ZoneInfo(form.zone)

    def read(value: Json) -> RawTime:
        raw = fields.time_of(value)
        if raw is None or (form.unit is None and form.format is None and form.zone is None):
            return raw
        try:
            return _timed(str(value).strip(), raw, form, zone)
        except (ValueError, OverflowError) as exc:
            raise RowFaultError(
                code="bad_time", message=f"a time is not written as [time] says: {form.unit or form.format}"
            ) from exc

    return read


def _timed(text: str, raw: RawTime, form: TimeForm, zone: tzinfo) -> RawTime:
    if form.unit is not None:
        return _EPOCH + timedelta(microseconds=round(float(text) * _MICROSECONDS[form.unit]))
    if form.format is not None:
        at = datetime.strptime(text, form.format)  # noqa: DTZ007  # the zone is set below, where the text states none
    elif isinstance(raw, str):
        at = datetime.fromisoformat(text)
    else:
        return raw
    return at if at.tzinfo else at.replace(tzinfo=zone)
