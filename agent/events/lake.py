"""Reads the event lake: Parquet parts that only ever appear whole."""

# Ibis ships no types for its expressions, and PyArrow none at all.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportArgumentType=false, reportOperatorIssue=false, reportUnknownParameterType=false

import glob
import shutil
import tempfile
import weakref
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from ibis import _
from ibis.common.exceptions import IbisError

from agent.errors import StoreError
from agent.events.connections import keep_quiet
from agent.events.ordered import Dealer, Limits
from agent.events.source import EventKind, EventWindow, Steps
from agent.events.steps import BOT_EVENTS_PER_DAY, SESSION_GAP
from agent.store.parts import EVENT_SCHEMA

_MEMORY_LIMIT = "50%"
"""Of the machine's; sorts of more than this spill to the scratch folder."""


_BATCH_EVENTS = 60 * 2_048
"""A row group of DuckDB's; memory of this size is used again."""


class EventLake:
    """The working customers' events of one workspace.

    Args:
        folder: Folder of the Parquet parts; it may be missing, which is an empty lake.
        canonical: Person id to canonical person id, for persons that were joined after their events were stored.
        scratch: Folder where DuckDB may spill to.
    """

    def __init__(self, folder: Path, *, canonical: Mapping[str, str], scratch: Path) -> None:
        self._folder = folder
        self._canonical = canonical
        self._n_names = 0
        self._scratch = tempfile.mkdtemp(prefix="journey-", dir=scratch)
        # What answers and pages share falls out of use at any time, and nobody knows when to close it.
        self._swept = weakref.finalize(self, shutil.rmtree, self._scratch, ignore_errors=True)
        self.connection = ibis.duckdb.connect(
            memory_limit=_MEMORY_LIMIT,
            temp_directory=self._scratch,
            # Nothing here hangs on the order of rows in a file, and keeping it costs memory.
            preserve_insertion_order=False,
        )
        keep_quiet(self.connection)

    def ordered(self, rows: ir.Table, kinds: Sequence[EventKind]) -> Steps:
        """Put rows in order in memory, and count them on the way; see `EventSource.ordered`."""
        sources = _sources_in(rows)
        dealer = Dealer(sum(sources.values()), kinds, Limits(SESSION_GAP, BOT_EVENTS_PER_DAY))
        for batch in self._batches(_numbered(rows, kinds, sorted(sources))):
            dealer.add(batch)
        found = dealer.in_order()
        name = self._new_name("steps")
        self.connection.con.register(name, found.table)
        return Steps(self.connection.table(name), frozenset(found.bots), found.tally)

    def kept(self, table: ir.Table, name: str) -> ir.Table:
        """Return a table written out once: every question after this scans a narrow file."""
        path = Path(self._scratch) / f"{self._new_name(name)}.parquet"
        table.to_parquet(path)
        return self.connection.read_parquet(glob.escape(str(path)))

    def _new_name(self, name: str) -> str:
        self._n_names += 1
        return f"{name}-{self._n_names}"

    def _batches(self, rows: ir.Table) -> Iterator[pa.RecordBatch]:
        # Ibis 12 asks for batches in a way that DuckDB 2 no longer knows.
        name = self._new_name("events")
        self.connection.create_view(name, rows)
        yield from self.connection.con.table(f'"{name}"').to_arrow_reader(_BATCH_EVENTS)

    def is_empty(self) -> bool:
        """Tell whether there is no event at all."""
        return not self._folder.is_dir() or next(self._folder.glob("*.parquet"), None) is None

    @contextmanager
    def reading(self) -> Generator[None]:
        """Turn what goes wrong inside because a part cannot be read into an error that names the part.

        Raises:
            StoreError: A part is no Parquet file of events.
        """
        try:
            yield
        except (duckdb.Error, IbisError, pa.ArrowException, OSError) as error:
            found = self._broken_part()
            if found is None:
                raise
            part, reason = found
            msg = f"{str(part)!r} cannot be read: {reason}; a Parquet file of events was expected"
            hint = "Put the file back from a copy of the home, or read the exports again into another --home."
            raise StoreError(msg, hint=hint, context={"path": str(part)}) from error

    def table(
        self, source_ids: Collection[str] | None = None, *, persons: Collection[str] | None = None
    ) -> ir.Table:
        """Return events: `event_id, person_id, at, name, type, channel, properties, source_id, row`.

        Args:
            source_ids: Sources whose events count; None means all.
            persons: Ids of the persons whose events count; None means everyone.
        """
        events = self._of_everyone(source_ids)
        return events if persons is None else _among(events, "person_id", persons)

    def _of_everyone(self, source_ids: Collection[str] | None) -> ir.Table:
        if self.is_empty():
            return ibis.memtable(EVENT_SCHEMA.empty_table())
        # The folder's own name may hold what DuckDB reads as a pattern.
        events = self.connection.read_parquet(f"{glob.escape(str(self._folder))}/*.parquet")
        if source_ids is not None:
            events = _among(events, "source_id", source_ids)
        if not self._canonical:
            return events
        joined = ibis.memtable(
            pa.table({"alias_id": list(self._canonical), "canonical_id": list(self._canonical.values())})
        )
        return (
            events.left_join(joined, events.person_id == joined.alias_id)
            .mutate(person_id=ibis.coalesce(_.canonical_id, _.person_id))
            .drop("alias_id", "canonical_id")
        )

    def window(self, source_ids: Collection[str] | None = None) -> EventWindow:
        """Return when the first and the last event happened, of some sources or all."""
        with self.reading():
            times = self.table(source_ids).aggregate(first=_.at.min(), last=_.at.max())
            row = times.to_pyarrow().to_pylist()[0]
        return EventWindow(row["first"], row["last"])

    def count(self) -> int:
        """Return how many events there are."""
        with self.reading():
            return int(self.table().count().to_pyarrow().as_py())

    def persons(self) -> frozenset[str]:
        """Return the distinct persons with events."""
        with self.reading():
            column = self.table().select("person_id").distinct().to_pyarrow().column("person_id")
        return frozenset(column.to_pylist())

    def person_ids(self, keys: Iterable[str]) -> list[str]:
        """Return the same: the lake holds person ids."""
        return list(keys)

    def person_keys(self, person_ids: Iterable[str]) -> dict[str, str]:
        """Return each person's own id."""
        return {person_id: person_id for person_id in person_ids}

    def close(self) -> None:
        """Let go of the engine and remove everything it wrote beside the lake."""
        self.connection.disconnect()
        self._swept()

    def _broken_part(self) -> tuple[Path, str] | None:
        """Return the first part that cannot be read and why, or None where all can."""
        for part in sorted(self._folder.glob("*.parquet")):
            try:
                columns = pq.read_table(part, memory_map=True).schema.names
            except (pa.ArrowException, OSError) as error:
                return part, " ".join(str(error).split())
            if columns != EVENT_SCHEMA.names:
                return part, f"its columns are {', '.join(columns)}"
        return None


def _among(events: ir.Table, column: str, ids: Collection[str]) -> ir.Table:
    wanted = pa.table({column: pa.array(sorted(ids), type=pa.string())})
    return events.semi_join(ibis.memtable(wanted), column)


@ibis.udf.scalar.builtin(name="hash", signature=((dt.string,), dt.uint64))
def _hash(text: Any) -> Any:  # noqa: ANN401 - Ibis values
    """Return DuckDB's hash of a text, 64 bits."""


def _sources_in(rows: ir.Table) -> dict[str, int]:
    counted = rows.group_by("source_id").agg(n=_.count()).to_pyarrow()
    return dict(zip(counted["source_id"].to_pylist(), counted["n"].to_pylist(), strict=True))


def _numbered(rows: ir.Table, kinds: Sequence[EventKind], source_ids: Sequence[str]) -> ir.Table:
    """Return rows with numbers in place of text: `person_id, at, kind, row, source, key`."""
    known = pa.table(
        {
            "kind": pa.array(range(len(kinds)), type=pa.int32()),
            "name": pa.array([kind.name for kind in kinds], type=pa.string()),
            "channel": pa.array([kind.channel or "" for kind in kinds], type=pa.string()),
        }
    )
    places = pa.table(
        {
            "source": pa.array(range(len(source_ids)), type=pa.int32()),
            "source_id": pa.array(source_ids, type=pa.string()),
        }
    )
    rows = rows.mutate(channel=_.channel.fill_null(""))
    told = rows.inner_join(ibis.memtable(known), ["name", "channel"])
    told = told.inner_join(ibis.memtable(places), "source_id")
    return told.select("person_id", "at", "kind", "row", "source", key=_hash(_.person_id))
