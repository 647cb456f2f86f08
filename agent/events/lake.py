"""Reads the event lake: Parquet parts that only ever appear whole."""

# Ibis ships no types for its expressions, and PyArrow none at all.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportArgumentType=false, reportOperatorIssue=false

import glob
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _

from agent.store.parts import EVENT_SCHEMA

_MEMORY_LIMIT = "1GB"


class EventWindow(NamedTuple):
    """When the first and the last event happened, UTC; None in an empty lake."""

    first: datetime | None
    last: datetime | None


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
        self._n_scratch = 0
        self._scratch = tempfile.TemporaryDirectory(prefix="journey-", dir=scratch)
        self.connection = ibis.duckdb.connect(memory_limit=_MEMORY_LIMIT, temp_directory=self._scratch.name)

    def scratch_file(self, name: str) -> Path:
        """Return a path for a file that goes when the lake is closed; each call gives another."""
        self._n_scratch += 1
        return Path(self._scratch.name) / f"{name}-{self._n_scratch}.parquet"

    def is_empty(self) -> bool:
        """Tell whether there is no event at all."""
        return not self._folder.is_dir() or next(self._folder.glob("*.parquet"), None) is None

    def table(self) -> ir.Table:
        """Return all events: `event_id, person_id, at, name, type, channel, properties, source_id, row`."""
        if self.is_empty():
            return ibis.memtable(EVENT_SCHEMA.empty_table())
        # The folder's own name may hold what DuckDB reads as a pattern.
        events = self.connection.read_parquet(f"{glob.escape(str(self._folder))}/*.parquet")
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

    def window(self) -> EventWindow:
        """Return when the first and the last event happened."""
        row = self.table().aggregate(first=_.at.min(), last=_.at.max()).to_pyarrow().to_pylist()[0]
        return EventWindow(row["first"], row["last"])

    def count(self) -> int:
        """Return how many events there are."""
        return int(self.table().count().to_pyarrow().as_py())

    def persons(self) -> frozenset[str]:
        """Return the distinct persons with events."""
        column = self.table().select("person_id").distinct().to_pyarrow().column("person_id")
        return frozenset(column.to_pylist())

    def close(self) -> None:
        """Let go of the engine and remove everything it wrote beside the lake."""
        self.connection.disconnect()
        self._scratch.cleanup()
