"""One pass over the parts of a lake for one customer's state, without an engine: waking one up takes longer than the pass.

What is counted here is what `StateSource` counts in an engine; tests hold the two equal.
"""

# PyArrow ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from agent.errors import StoreError
from agent.events.state import QUIET, AfterBoth, DoneEvent, Followed, Sample
from agent.store.parts import EVENT_SCHEMA

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ROWS_AT_ONCE = 1_000_000
_NEVER = np.iinfo(np.int64).max
_NARROW = ["person_id", "at", "name"]
_WIDE = ["event_id", "at", "name", "channel", "properties", "row", "source_id"]
_ORDER = [("at", "ascending"), ("row", "ascending"), ("source_id", "ascending"), ("name", "ascending")]

Times = NDArray[np.int64]
"""Microseconds since 1970."""
Places = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LakeScan:
    """What a state needs of a lake, whatever the time asked about."""

    own: pa.Table
    """The customer's events."""
    sampled: pa.Table
    """`person_id, at, name` of the customers of a sample, as they are joined."""
    last: datetime | None
    """Time of the latest event of all."""

    def of_person(self, *, as_of: datetime) -> list[DoneEvent]:
        """Return the customer's events up to a time, in order."""
        rows = self.own.filter(pc.field("at") <= pa.scalar(as_of)).sort_by(_ORDER)
        columns = (rows.column(name).to_pylist() for name in _WIDE[:5])
        return [DoneEvent(*values) for values in zip(*columns, strict=True)]

    def after(
        self, event: str, stage: str | None, stage_of: Callable[[str], str | None], *, as_of: datetime
    ) -> AfterBoth:
        """Return what came next among the sample, counted as `StateSource.after` does."""
        return _Sampled(self.sampled, as_of).after(event, stage, stage_of)


def scan_lake(
    folder: Path, *, keys: Collection[str], canonical: Mapping[str, str], among: Sample
) -> LakeScan:
    """Read the parts of a lake once.

    Args:
        folder: Of the parts; it may be missing, which is an empty lake.
        keys: Every person id under which the customer's events were stored.
        canonical: Person id to canonical person id, where one of the two is in the sample and they differ.
        among: Whose events are counted.

    Raises:
        StoreError: A part cannot be read.
    """
    wanted, chosen = pa.array(sorted(keys), pa.string()), _Chosen(canonical, among)
    own: list[pa.Table] = []
    times: list[datetime] = []
    for path in sorted(folder.glob("*.parquet")):
        with _reading(path):
            file = pq.ParquetFile(path, read_dictionary=["person_id", "name"], memory_map=True)
            for number in range(file.num_row_groups):
                rows = file.read_row_group(number, columns=_NARROW)
                persons = rows.column("person_id").combine_chunks()
                its = np.flatnonzero(_flags(pc.is_in(persons.dictionary, wanted))[_codes(persons)])
                if len(its):
                    own.append(file.read_row_group(number, columns=_WIDE).take(pa.array(its)))
                chosen.add(rows)
                times.append(pc.max(rows.column("at")).as_py())
    return LakeScan(_together(own, _WIDE), chosen.rows(), max(times) if times else None)


class _Chosen:
    """Takes the rows of a sample out of rows that stand under the ids they were stored with."""

    def __init__(self, canonical: Mapping[str, str], among: Sample) -> None:
        self._among = among
        self._stored = pa.array(list(canonical), pa.string())
        self._canonical = pa.array(list(canonical.values()), pa.string())
        self._waiting: list[pa.Table] = []
        self._found: list[pa.Table] = []

    def add(self, rows: pa.Table) -> None:
        """Take rows in; ids are looked up for many at once, as getting ready for that costs more than they do."""
        self._waiting.append(rows)
        if sum(map(len, self._waiting)) >= _ROWS_AT_ONCE:
            self._choose()

    def rows(self) -> pa.Table:
        """Return the rows of the sample's customers, each under the id it is read under."""
        if self._waiting:
            self._choose()
        return _together(self._found, _NARROW)

    def _choose(self) -> None:
        rows = pa.concat_tables(self._waiting)
        self._waiting = []
        persons = rows.column("person_id").combine_chunks()
        ids = persons.dictionary
        ids = pc.coalesce(self._canonical.take(pc.index_in(ids, self._stored)), ids)
        chosen = np.ones(len(rows), dtype=bool)
        if not self._among.is_whole:
            ends = pc.utf8_slice_codeunits(ids, -2)
            chosen = _flags(pc.less(ends, self._among.below))[_codes(persons)]
        its = pa.array(np.flatnonzero(chosen))
        told = ids.take(persons.indices.take(its))
        self._found.append(rows.take(its).set_column(0, "person_id", told))


class _Sampled:
    """Rows of a sample up to a time, as numbers."""

    def __init__(self, rows: pa.Table, as_of: datetime) -> None:
        rows = rows.filter(pc.field("at") <= pa.scalar(as_of))
        names = pc.unique(rows.column("name")).sort()
        self._names: list[str] = names.to_pylist()
        self._name = _numbers(pc.index_in(rows.column("name"), names))
        persons = rows.column("person_id").combine_chunks().dictionary_encode()
        self._who, self._n = _codes(persons), len(persons.dictionary)
        self._at: Times = _numbers(rows.column("at").cast(pa.int64()))
        self._quiet_before = (as_of - QUIET - _EPOCH) // _MICROSECOND

    def after(self, event: str, stage: str | None, stage_of: Callable[[str], str | None]) -> AfterBoth:
        """Return what came next after people's first event of a name, and after their first one of a stage."""
        stages = [stage_of(name) for name in self._names]
        named = np.array([name == event for name in self._names], dtype=bool)
        inside = np.array([stage is not None and its == stage for its in stages], dtype=bool)
        other = np.array([its not in {None, stage} for its in stages], dtype=bool)
        return AfterBoth(
            self._followed(named, np.ones_like(named), self._names),
            self._followed(inside, other, stages),
        )

    def _followed(self, situation: Mask, following: Mask, meanings: Sequence[str | None]) -> Followed:
        """Return what the first later moment with a name that may follow brought, the first by name."""
        found = Followed()
        if not len(self._at):
            return found
        first = self._first(self._at, situation[self._name])
        may = following[self._name]
        then_at = self._first(self._at, may & (self._at > first[self._who]))
        then = self._first(self._name, may & (self._at == then_at[self._who]))
        last = np.zeros(self._n, dtype=np.int64)
        np.maximum.at(last, self._who, self._at)
        had = first != _NEVER
        told = np.column_stack([then[had], last[had] < self._quiet_before])
        for (place, is_quiet), n in zip(*np.unique(told, axis=0, return_counts=True), strict=True):
            meaning = None if place == _NEVER else meanings[place]
            found.add(meaning, int(n), is_quiet=bool(is_quiet))
        return found

    def _first(self, values: NDArray[np.int64], chosen: Mask) -> NDArray[np.int64]:
        """Return each person's least value among the chosen rows, `_NEVER` where none is chosen."""
        found = np.full(self._n, _NEVER, dtype=np.int64)
        np.minimum.at(found, self._who[chosen], values[chosen])
        return found


@contextmanager
def _reading(part: Path) -> Generator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, KeyError) as error:
        reason = " ".join(str(error).split())
        msg = f"{str(part)!r} cannot be read: {reason}; a Parquet file of events was expected"
        hint = "Put the file back from a copy of the home, or read the exports again into another --home."
        raise StoreError(msg, hint=hint, context={"path": str(part)}) from error


def _together(tables: Sequence[pa.Table], columns: Sequence[str]) -> pa.Table:
    # Dictionaries differ from part to part; plain words are put together at once.
    plain = pa.schema([_plain(EVENT_SCHEMA.field(name)) for name in columns])
    return pa.concat_tables([plain.empty_table(), *(table.cast(plain) for table in tables)])


def _plain(column: pa.Field) -> pa.Field:
    return pa.field(column.name, column.type)


def _codes(values: pa.DictionaryArray) -> Places:
    return _numbers(values.indices)


def _numbers(values: Any) -> NDArray[np.int64]:  # noqa: ANN401 - an array of PyArrow
    return values.to_numpy().astype(np.int64, copy=False)


def _flags(values: Any) -> Mask:  # noqa: ANN401 - an array of PyArrow
    return values.to_numpy(zero_copy_only=False)
