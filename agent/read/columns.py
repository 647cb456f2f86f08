"""Events as columns: what one batch of rows holds, so that each distinct name, person and value is worked on once.

Position `i` of every column is one step of a journey; calls that only say who somebody is stand apart.
"""

# PyArrow ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Literal, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from agent.schemas.base import Scalar
from agent.schemas.records import Identifier, RawEvent, RawItem, RawRecord, RawTime, RowReject

ValueT = TypeVar("ValueT")

EventType = Literal["track", "page", "screen", "identify", "group", "alias"]
"""Segment's kinds of calls."""
Codes = NDArray[np.int32]
Column = Any
"""A column of values: a list, or an array of PyArrow, which has no types of its own."""
Mark = str | tuple[str | None, ...]
"""What stands for a row's identifiers in a dictionary: kind and value in one text, or in one for each of several."""

IDENTITY_TYPES: Final = frozenset(("identify", "group", "alias"))
"""Calls that carry identifiers and traits and are no step of a journey."""
_ROWS_LOOSE: Final = 4_096
_ARRAYS: Final[Mapping[type, Any]] = {str: pa.string(), float: pa.float64(), int: pa.int64()}
"""Of values of one type, the array that gives them back as they were."""


@dataclass(slots=True)
class Coded(Generic[ValueT]):
    """A column of few distinct values: `values[codes[i]]` is the value at position `i`."""

    codes: Codes
    values: list[ValueT]


@dataclass(slots=True)
class PropertyGroup:
    """Properties of events that have the same keys."""

    positions: NDArray[np.int64] | None
    """Of the events, in order; None for all of a batch."""
    columns: list[tuple[str, Column]]
    """Key and values, one an event of the group; None where an event lacks the property."""


@dataclass(slots=True)
class EventColumns:
    """The events of a batch of rows."""

    rows: NDArray[np.int64]
    """Of the source, counted from 0."""
    types: Coded[EventType]
    names: Coded[str]
    """As the source wrote them."""
    who: Codes
    """Place in `people` of whoever did it."""
    people: Sequence[tuple[Identifier, ...]]
    """Distinct sets of identifiers in the order of the rows that have them first, of steps and identity calls."""
    marks: list[Mark]
    """Of each; equal ones stand for equal sets, in other batches too."""
    people_rows: list[int]
    """Of each, the first row that has it."""
    times: Column
    """`RawTime` each, or an array of texts or timestamps."""
    event_ids: Column | None
    """The source's own, None where no row has one."""
    channels: Coded[str | None]
    properties: list[PropertyGroup]
    identity: list[tuple[RawEvent, int]] = field(default_factory=list[tuple[RawEvent, int]])
    """Identity calls with their places in `people`."""

    def __len__(self) -> int:
        """Return how many steps there are."""
        return len(self.rows)


@dataclass(slots=True)
class Batch:
    """What a run of a source's rows holds."""

    n_items: int
    """Rows, refused ones included."""
    records: list[RawRecord]
    events: EventColumns | None
    rejects: list[RowReject]


def batch_of(items: Sequence[RawItem]) -> Batch:
    """Sort rows as read into records, columns of events, and rejects."""
    records: list[RawRecord] = []
    events: list[RawEvent] = []
    rejects: list[RowReject] = []
    for item in items:
        if isinstance(item, RawEvent):
            events.append(item)
        elif isinstance(item, RawRecord):
            records.append(item)
        else:
            rejects.append(item)
    return Batch(len(items), records, columns_of(events) if events else None, rejects)


def columns_of(events: Sequence[RawEvent]) -> EventColumns:
    """Turn events as read into columns."""
    builder = EventBuilder()
    for event in events:
        builder.see(event.row, event.identifiers)
        if event.type in IDENTITY_TYPES:
            builder.add_identity(event)
        else:
            builder.add(event.row, event.type, event.name)
            builder.tell(event.at, event.event_id, event.channel, event.properties)
    return builder.build()


class EventBuilder:
    """Gathers events row by row: `see` whose a row is, then `add` and `tell` a step, or `add_identity` a call.

    What was told is put into arrays every few thousand rows, which take a quarter of the memory that objects do.
    """

    def __init__(self) -> None:
        self._codes: dict[Mark, int] = {}
        self._same: dict[int, int] = {}
        self._people: list[tuple[Identifier, ...]] = []
        self._people_rows: list[int] = []
        self._alive: list[tuple[Identifier, ...]] = []
        self._code = 0
        self._rows: list[int] = []
        self._types: list[EventType] = []
        self._names: list[str] = []
        self._who: list[int] = []
        self._times: list[RawTime] = []
        self._ids: list[str | None] = []
        self._channels: list[str | None] = []
        self._properties: list[Mapping[str, Scalar]] = []
        self._identity: list[tuple[RawEvent, int]] = []
        self._told = _Told()

    def see(self, row: int, identifiers: tuple[Identifier, ...]) -> None:
        """Take in whose the next row is; an object that was seen before costs one look-up."""
        code = self._same.get(id(identifiers))
        if code is None:
            code = self._codes.setdefault(mark_of(identifiers), len(self._people))
            if code == len(self._people):
                self._people.append(identifiers)
                self._people_rows.append(row)
            # Held, so that no other object takes its place in memory.
            self._alive.append(identifiers)
            self._same[id(identifiers)] = code
        self._code = code

    def add(self, row: int, kind: EventType, name: str) -> None:
        """Add a step of the row that was seen last."""
        self._rows.append(row)
        self._types.append(kind)
        self._names.append(name)
        self._who.append(self._code)

    def tell(
        self, at: RawTime, event_id: str | None, channel: str | None, properties: Mapping[str, Scalar]
    ) -> None:
        """Say the rest of the step that was added last."""
        self._times.append(at)
        self._ids.append(event_id)
        self._channels.append(channel)
        self._properties.append(properties)
        if len(self._times) == _ROWS_LOOSE:
            self._put_away()

    def add_identity(self, event: RawEvent) -> None:
        """Add a call of the row that was seen last that only says who somebody is."""
        self._identity.append((event, self._code))

    def _put_away(self) -> None:
        told = self._told
        told.add_groups(self._properties)
        told.rows.append(np.array(self._rows, dtype=np.int64))
        told.who.append(np.array(self._who, dtype=np.int32))
        told.types.add(self._types)
        told.names.add(self._names)
        told.channels.add(self._channels)
        told.times.append(_small(self._times))
        told.ids.append(_small(self._ids))
        for column in (self._rows, self._who, self._types, self._names, self._channels):
            column.clear()
        for column in (self._times, self._ids, self._properties):
            column.clear()

    def build(self) -> EventColumns:
        """Return what was gathered; to be called once."""
        self._put_away()
        told = self._told
        ids = _joined(told.ids)
        return EventColumns(
            rows=np.concatenate(told.rows),
            types=told.types.coded(),
            names=told.names.coded(),
            who=np.concatenate(told.who),
            people=self._people,
            marks=list(self._codes),
            people_rows=self._people_rows,
            times=_joined(told.times),
            event_ids=None if isinstance(ids, list) and all(one is None for one in ids) else ids,
            channels=told.channels.coded(),
            properties=told.properties(),
            identity=self._identity,
        )


class _Coding(Generic[ValueT]):
    """A column of few distinct values that comes in parts."""

    def __init__(self) -> None:
        self._seen: dict[ValueT, int] = {}
        self._codes: list[Codes] = []

    def add(self, values: Iterable[ValueT]) -> None:
        seen = self._seen
        self._codes.append(np.array([seen.setdefault(value, len(seen)) for value in values], dtype=np.int32))

    def coded(self) -> Coded[ValueT]:
        """Return the column, its values in the order in which they first stand there."""
        return Coded(np.concatenate(self._codes), list(self._seen))


class _Told:
    """What steps say, in parts that take little memory."""

    def __init__(self) -> None:
        self.rows: list[NDArray[np.int64]] = []
        self.who: list[Codes] = []
        self.types: _Coding[EventType] = _Coding()
        self.names: _Coding[str] = _Coding()
        self.channels: _Coding[str | None] = _Coding()
        self.times: list[Column] = []
        self.ids: list[Column] = []
        self._groups: dict[tuple[str, ...], tuple[list[NDArray[np.int64]], list[list[Column]]]] = {}
        self._n = 0

    def add_groups(self, rows: Sequence[Mapping[str, Scalar]]) -> None:
        positions: dict[tuple[str, ...], list[int]] = {}
        for position, row in enumerate(rows):
            if row:
                positions.setdefault(tuple(row), []).append(position)
        for keys, places in positions.items():
            parts, columns = self._groups.setdefault(keys, ([], [[] for _ in keys]))
            parts.append(np.array(places, dtype=np.int64) + self._n)
            for key, column in zip(keys, columns, strict=True):
                column.append(_small([rows[place][key] for place in places]))
        self._n += len(rows)

    def properties(self) -> list[PropertyGroup]:
        return [
            PropertyGroup(np.concatenate(parts), list(zip(keys, map(_joined, columns), strict=True)))
            for keys, (parts, columns) in self._groups.items()
        ]


def _small(values: Sequence[Any]) -> Column:
    """Return values as an array where one holds them just as they are, else as a list."""
    kinds = set(map(type, values)) - {type(None)}
    kind = _ARRAYS.get(next(iter(kinds))) if len(kinds) == 1 else None
    if kind is not None:
        try:
            return pa.array(values, type=kind)
        except (
            UnicodeEncodeError,
            OverflowError,
            pa.ArrowInvalid,
        ):  # half a surrogate pair, a number beyond 64 bits
            pass
    return list(values)


def _joined(parts: Sequence[Column]) -> Column:
    """Return the parts of a column as one."""
    arrays = [part for part in parts if isinstance(part, pa.Array)]
    kinds = {array.type for array in arrays}
    empty = [part for part in parts if isinstance(part, list) and all(one is None for one in part)]
    if len(kinds) == 1 and len(arrays) + len(empty) == len(parts):
        kind = kinds.pop()
        return pa.concat_arrays(
            [part if isinstance(part, pa.Array) else pa.nulls(len(part), kind) for part in parts]
        )
    return [value for part in parts for value in listed(part)]


def listed(column: Column) -> list[Any]:
    """Return a column's values as a list."""
    return column.to_pylist() if isinstance(column, pa.Array) else column


def mark_of(identifiers: tuple[Identifier, ...]) -> Mark:
    """Return what stands for a row's identifiers in a dictionary; plain texts hash ten times faster than they do."""
    texts = [one.kind + one.value for one in identifiers]
    return texts[0] if len(texts) == 1 else tuple(texts)


def taken(column: Column, places: NDArray[np.int64] | None) -> Any:  # noqa: ANN401 - as the column
    """Return some values of a column in order; all of them where `places` is None."""
    if places is None:
        return column
    if isinstance(column, list):
        return [column[place] for place in places.tolist()]
    return column[places] if isinstance(column, np.ndarray) else column.take(pa.array(places))


def merged_codes(columns: Sequence[Codes], n: int) -> tuple[Codes, NDArray[np.int64]]:
    """Return one code for what several columns of codes say together, and where each code stands first.

    Args:
        columns: Each of length `n`.
        n: Number of rows.
    """
    merged: Codes = np.zeros(n, dtype=np.int32)
    for codes in columns:
        product = merged.astype(np.int64) * (int(codes.max(initial=0)) + 1) + codes
        # Numbered anew in the order of rows, which is small enough for the next product to fit.
        merged = pa.array(product).dictionary_encode().indices.to_numpy()
    first = np.empty(int(merged.max(initial=-1)) + 1, dtype=np.int64)
    # Of several rows with one code the one that is written last is the first.
    first[merged[::-1]] = np.arange(n - 1, -1, -1)
    return merged, first
