"""Tables of events, read column by column: what a column says is looked at once for each distinct value."""

# PyArrow ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from agent.read import fields
from agent.read.batches import Bounds
from agent.read.columns import (
    Batch,
    Coded,
    Codes,
    Column,
    EventColumns,
    EventType,
    Mark,
    PropertyGroup,
    merged_codes,
    taken,
)
from agent.read.event_tables import EventTableColumns
from agent.read.fitting import check_fits
from agent.read.jsons import Json
from agent.read.mapped import RowFaultError, mapped_value, time_reader
from agent.read.mapping import FileMapping
from agent.read.parquet import plain
from agent.read.source import Sample, Source
from agent.read.table_chunks import Chunk, table_chunks
from agent.schemas.base import Scalar
from agent.schemas.records import Identifier, IdentifierKind, RawTime, RowReject

_NOBODY: Final = "the row names nobody"
_NOBODY_MAPPED: Final = "the row names nobody where [identifiers] look"


@dataclass(frozen=True, slots=True)
class TablePlan:
    """Which column of a table of events is which field."""

    event: str
    time: str | None
    people: Sequence[tuple[IdentifierKind, str]]
    event_ids: Sequence[str]
    """Columns of the source's own id; the first one that says something counts."""
    channel: str | None
    properties: Sequence[tuple[str, str]]
    """Key and column."""
    type: EventType = "track"
    constant_channel: str | None = None
    words: Mapping[str, Mapping[str, Scalar]] = field(default_factory=dict[str, Mapping[str, Scalar]])
    """A source's words for ours, by field or property."""
    read_time: Callable[[Json], RawTime] | None = None
    """Set where a mapping says how times are written; may raise `RowFaultError`."""
    no_name: str = ""
    no_person: str = _NOBODY

    def columns(self, *, people_only: bool) -> list[str]:
        """Return the columns that are needed, each once."""
        named = [self.event, *(column for _, column in self.people)]
        if not people_only or self.read_time is not None:
            named += [self.time] if self.time is not None else []
        if not people_only:
            named += [*self.event_ids, *([self.channel] if self.channel else [])]
            named += [column for _, column in self.properties]
        return list(dict.fromkeys(named))


def plan_of_columns(sample: Sample) -> TablePlan | None:
    """Return how a table with columns of the product's or of process mining is read; None for what is no such table."""
    columns = EventTableColumns(sample)
    if not sample.is_table or columns.event is None or columns.time is None or not columns.names_people:
        return None
    return TablePlan(
        event=columns.event,
        time=columns.time,
        people=columns.people,
        event_ids=[] if columns.event_id is None else [columns.event_id],
        channel=columns.channel,
        properties=[(name, name) for name in sample.columns if name not in columns.own],
        no_name=f"the row has no {columns.event!r}",
    )


def plan_of_mapping(source: Source, said: FileMapping) -> TablePlan | None:
    """Return how a mapping reads a table of events; None where it needs more than one column a field.

    Raises:
        MappingError: It does not fit the table.
    """
    events, sample = said.events, source.sample
    if events is None or events.path is not None or events.where or events.fill_time or not sample.is_table:
        return None
    named = [(key, column) for part in (said.attributes, events.properties) for key, column in part.items()]
    own, row_id = events.id, said.fields.id
    time, channel = events.at or said.fields.at, events.channel or said.fields.channel
    single = [events.name, time, channel, own, row_id, *said.identifiers.values(), *(one for _, one in named)]
    if any(one is not None and one not in sample.columns for one in single):
        return None
    check_fits(sample, said)
    form = said.time
    return TablePlan(
        event=events.name,
        time=time,
        people=list(said.identifiers.items()),
        event_ids=[one for one in (own, row_id) if one is not None],
        channel=channel,
        properties=named,
        type=events.type,
        constant_channel=said.constants.channel,
        words=said.values,
        read_time=time_reader(form) if form.unit or form.format or form.zone else None,
        no_name=f"an event has nothing at {events.name!r} to be named by",
        no_person=_NOBODY_MAPPED,
    )


def read_table(source: Source, plan: TablePlan, bounds: Bounds, *, people_only: bool) -> Iterator[Batch]:
    """Yield a table's events in batches.

    Raises:
        UnreadableSourceError: The file breaks off; every row before the break has been yielded by then.
    """
    for chunk in table_chunks(source, plan.columns(people_only=people_only), bounds):
        yield _Reader(chunk, plan, people_only=people_only).batch()


class _Reader:
    """Reads one chunk of a table."""

    def __init__(self, chunk: Chunk, plan: TablePlan, *, people_only: bool) -> None:
        self._chunk, self._plan, self._people_only = chunk, plan, people_only
        self._n = len(chunk.rows)
        self._refused: dict[int, RowReject] = {}

    def batch(self) -> Batch:
        """Return the chunk's events and the rows that are none."""
        plan = self._plan
        times = self._times()
        names = self._coded(plan.event, "name", fields.text_of)
        self._refuse(names, "no_name", plan.no_name)
        people = [(kind, self._coded(column, None, fields.id_of)) for kind, column in plan.people]
        nobody = np.ones(self._n, dtype=bool)
        for _, column in people:
            says = np.array([value is not None for value in column.values], dtype=bool)
            nobody &= ~says[column.codes] if len(says) else True
        self._refuse_at(np.flatnonzero(nobody), "no_person", plan.no_person)
        kept = np.ones(self._n, dtype=bool)
        kept[list(self._refused)] = False
        places = None if kept.all() else np.flatnonzero(kept)
        events = self._events(places, times, names, people)
        rejects = [*self._chunk.rejects, *(self._refused[place] for place in sorted(self._refused))]
        return Batch(self._chunk.n_items, [], events if len(events) else None, rejects)

    def _events(
        self,
        places: NDArray[np.int64] | None,
        times: Column,
        names: Coded[Any],
        people: Sequence[tuple[IdentifierKind, Coded[Any]]],
    ) -> EventColumns:
        rows = taken(self._chunk.rows, places)
        who, first = merged_codes([taken(column.codes, places) for _, column in people], len(rows))
        if self._people_only:
            names, times, ids, channels, properties = _nothing(len(rows))
        else:
            names = Coded(taken(names.codes, places), [value or "" for value in names.values])
            ids = self._event_ids(places)
            channels = self._channels(places)
            properties = self._properties(places)
        named = _People(people, first if places is None else places[first])
        return EventColumns(
            rows=rows,
            types=Coded(np.zeros(len(rows), dtype=np.int32), [self._plan.type]),
            names=names,
            who=who,
            people=named,
            marks=named.marks(),
            people_rows=rows[first].tolist(),
            times=times if self._people_only else taken(times, places),
            event_ids=ids,
            channels=channels,
            properties=properties,
        )

    def _coded(self, column: str, field_name: str | None, read: Callable[[Json], Any]) -> Coded[Any]:
        """Return what a column says, each distinct value read once."""
        values, codes = distinct(self._chunk.columns[column])
        words = self._plan.words.get(field_name) if field_name is not None else None
        return Coded(codes, [read(mapped_value(value, words)) for value in values])

    def _refuse(self, column: Coded[Any], code: str, message: str) -> None:
        empty = np.array([value is None for value in column.values], dtype=bool)
        if empty.any():
            self._refuse_at(np.flatnonzero(empty[column.codes]), code, message)

    def _refuse_at(self, places: NDArray[np.int64], code: str, message: str) -> None:
        for place in places.tolist():
            self._refused.setdefault(place, RowReject(int(self._chunk.rows[place]), code, message))

    def _times(self) -> Column:
        """Return the column of times: as it is where its texts say what they say, else each as a raw time."""
        plan = self._plan
        if plan.time is None or plan.time not in self._chunk.columns:
            return [None] * self._n
        column = self._chunk.columns[plan.time]
        if plan.read_time is None and _is_plain_time(column):
            return column
        values, codes = distinct(column)
        read = plan.read_time or fields.time_of
        found: list[RawTime] = []
        for code, value in enumerate(values):
            try:
                found.append(read(value))
            except RowFaultError as fault:
                found.append(None)
                self._refuse_at(np.flatnonzero(codes == code), fault.code, str(fault))
        return [found[code] for code in codes.tolist()]

    def _event_ids(self, places: NDArray[np.int64] | None) -> list[str | None] | None:
        found: list[str | None] | None = None
        for name in self._plan.event_ids:
            values = _as_list(taken(self._chunk.columns[name], places))
            ids = [
                value.strip() or None if value.__class__ is str else fields.id_of(value) for value in values
            ]
            found = ids if found is None else [old or new for old, new in zip(found, ids, strict=True)]
        return None if found is None or not any(found) else found

    def _channels(self, places: NDArray[np.int64] | None) -> Coded[str | None]:
        constant = self._plan.constant_channel
        if self._plan.channel is None:
            n = self._n if places is None else len(places)
            return Coded(np.zeros(n, dtype=np.int32), [constant])
        found = self._coded(self._plan.channel, "channel", fields.text_of)
        return Coded(taken(found.codes, places), [value or constant for value in found.values])

    def _properties(self, places: NDArray[np.int64] | None) -> list[PropertyGroup]:
        columns: list[tuple[str, Column]] = []
        for key, name in self._plan.properties:
            column = taken(self._chunk.columns[name], places)
            words = self._plan.words.get(key)
            if words:
                values, codes = distinct(column)
                said = [mapped_value(value, words) for value in values]
                column = [said[code] for code in codes.tolist()]
            columns.append((key, _present(column)))
        return [PropertyGroup(None, columns)] if columns else []


def distinct(column: Column) -> tuple[list[Json], Codes]:
    """Return a column's distinct values in the order in which they first stand there, and each row's place among them."""
    if isinstance(column, pa.Array):
        encoded = column.dictionary_encode(null_encoding="encode")
        return _as_list(encoded.dictionary), encoded.indices.to_numpy(zero_copy_only=False).astype(
            np.int32, copy=False
        )
    seen: dict[tuple[type, Json], int] = {}
    # 1 and True are one key of a dictionary.
    codes = [seen.setdefault((value.__class__, value), len(seen)) for value in column]
    return [value for _, value in seen], np.array(codes, dtype=np.int32)


class _People(Sequence[tuple[Identifier, ...]]):
    """The sets of identifiers that stand in some places of columns; made when asked for, as most are known by their marks."""

    def __init__(
        self, columns: Sequence[tuple[IdentifierKind, Coded[Any]]], places: NDArray[np.int64]
    ) -> None:
        self._n = len(places)
        self._columns = [(kind, column.values, column.codes[places].tolist()) for kind, column in columns]

    def __len__(self) -> int:
        return self._n

    @overload
    def __getitem__(self, place: int) -> tuple[Identifier, ...]: ...

    @overload
    def __getitem__(self, place: slice) -> list[tuple[Identifier, ...]]: ...

    def __getitem__(self, place: int | slice) -> tuple[Identifier, ...] | list[tuple[Identifier, ...]]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(self._n))]
        if place >= self._n:
            raise IndexError(place)
        named = ((kind, values[codes[place]]) for kind, values, codes in self._columns)
        found = tuple([Identifier(kind, value) for kind, value in named if value is not None])
        return found if len(found) == 1 else fields.unique(found)

    def marks(self) -> list[Mark]:
        """Return what stands for each set."""
        columns: list[list[str | None]] = []
        for kind, values, codes in self._columns:
            texts = [None if value is None else kind + value for value in values]
            columns.append([texts[code] for code in codes])
        return list(zip(*columns, strict=True)) if len(columns) > 1 else [text or () for text in columns[0]]


def _nothing(n: int) -> tuple[Coded[Any], Column, None, Coded[str | None], list[PropertyGroup]]:
    codes = np.zeros(n, dtype=np.int32)
    return Coded(codes, [""]), [], None, Coded(codes, [None]), []


def _as_list(column: Column) -> list[Any]:
    if not isinstance(column, pa.Array):
        return column
    values = column.to_pylist()
    return values if pa.types.is_string(column.type) else [plain(value) for value in values]


def _is_plain_time(column: Column) -> bool:
    """Tell whether a column's times need no look at each: timestamps, or texts that begin like `2024-`."""
    if not isinstance(column, pa.Array):
        return False
    if pa.types.is_timestamp(column.type):
        return True
    if not pa.types.is_string(column.type):
        return False
    fifth = pc.equal(pc.utf8_slice_codeunits(column, 4, 5), "-")
    return bool(pc.all(fifth, skip_nulls=True, min_count=0).as_py())


def _present(column: Column) -> Column:
    """Return a property's values, those that say nothing as None, and what JSON does not know as text."""
    if isinstance(column, pa.Array):
        kind = column.type
        if pa.types.is_string(kind):
            empty = pc.equal(column, "")
            return pc.if_else(empty, pa.scalar(None, kind), column) if pc.any(empty).as_py() else column
        if pa.types.is_integer(kind) or pa.types.is_float64(kind) or pa.types.is_boolean(kind):
            return column
    return [None if value == "" else value for value in _as_list(column)]
