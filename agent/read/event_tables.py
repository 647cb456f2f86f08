"""Events as a table: one row an event, with its name, its time and who did it.

Understood are the product's own columns (`event`, `timestamp`, `customer_id`, `channel`) and those of process mining
(`case:concept:name`, `concept:name`, `time:timestamp`); every other column becomes a property.
"""

from collections.abc import Iterator
from typing import Final

from agent.read import fields
from agent.read.formats import Format, SourceKind
from agent.read.jsons import Row
from agent.read.rows import read_rows, require_columns
from agent.read.source import Sample, Source
from agent.schemas.records import Identifier, IdentifierKind, RawEvent, RawItem, RowReject

NAME: Final = "event_table"
_EVENT: Final = ("event", "event_name", "concept:name", "activity", "action")
_TIME: Final = ("timestamp", "time:timestamp", "event_time", "time", "at", "created_at", "datetime", "date")
_CASE: Final = ("case:concept:name", "case_id", "caseid", "case")
_CHANNEL: Final = ("channel", "case:channel")
_ID: Final = ("event_id", "message_id", "messageid")


class EventTableColumns:
    """Which column of a table is which field."""

    def __init__(self, sample: Sample) -> None:
        by_key = {fields.column_key(name): name for name in sample.columns or sorted(sample.keys)}
        self._by_key = by_key
        self.event, self.time = self._first(_EVENT), self._first(_TIME)
        self.case, self.channel, self.event_id = self._first(_CASE), self._first(_CHANNEL), self._first(_ID)
        people = {name for key, name in by_key.items() if fields.is_identifier(key)}
        self.names_people = self.case is not None or bool(people)
        self.own = people | {self.event, self.time, self.case, self.channel, self.event_id}

    def _first(self, keys: tuple[str, ...]) -> str | None:
        return next((self._by_key[key] for key in keys if key in self._by_key), None)

    @property
    def people(self) -> list[tuple[IdentifierKind, str]]:
        """Kinds of identifiers and their columns, in order."""
        case = [] if self.case is None else [(IdentifierKind.USER_ID, self.case)]
        return [*fields.identifier_columns(self._by_key), *case]

    def identifiers(self, row: Row) -> tuple[Identifier, ...]:
        """Return who did what a row tells; a case counts as a user."""
        known = fields.identifiers_of(row, by_key=self._by_key)
        case = None if self.case is None else fields.id_of(row.get(self.case))
        return known if case is None else fields.unique((*known, Identifier(IdentifierKind.USER_ID, case)))


def _is_events(sample: Sample, _kind: str) -> bool:
    columns = EventTableColumns(sample)
    return sample.is_table and None not in (columns.event, columns.time) and columns.names_people


def _read(source: Source) -> Iterator[RawItem]:
    columns = EventTableColumns(source.sample)
    event, time = columns.event, columns.time
    if event is None or time is None or not columns.names_people:
        wanted = ((event, _EVENT), (time, _TIME), (columns.names_people or None, ("customer_id", *_CASE)))
        require_columns(source, *(group for found, group in wanted if found is None))
        return
    for item in read_rows(source):
        yield item if isinstance(item, RowReject) else _event(*item, columns, event, time)


def _event(row: int, record: Row, columns: EventTableColumns, event: str, time: str) -> RawEvent | RowReject:
    name = fields.text_of(record.get(event))
    if name is None:
        return RowReject(row, "no_name", f"the row has no {event!r}")
    identifiers = columns.identifiers(record)
    if not identifiers:
        return RowReject(row, "no_person", "the row names nobody")
    return RawEvent(
        row=row,
        source_format=NAME,
        type="track",
        name=name,
        identifiers=identifiers,
        at=fields.time_of(record.get(time)),
        event_id=None if columns.event_id is None else fields.id_of(record.get(columns.event_id)),
        channel=None if columns.channel is None else fields.text_of(record.get(columns.channel)),
        properties=fields.flatten({name: value for name, value in record.items() if name not in columns.own}),
    )


FORMATS: Final = (
    Format(
        NAME,
        (SourceKind.EVENTS,),
        "a table with `event`, `timestamp` and `customer_id`, or `concept:name`, `time:timestamp` and `case:concept:name`",
        _is_events,
        _read,
        vendor=False,
    ),
)
