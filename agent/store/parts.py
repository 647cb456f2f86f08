"""Parquet parts of events: written beside, then renamed, so that a reader or a crash never meets half of one."""

# PyArrow ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from agent.schemas.records import Event
from agent.store.home import store_error_of

EVENT_SCHEMA = pa.schema(
    [
        pa.field("event_id", pa.string(), nullable=False),
        pa.field("person_id", pa.string(), nullable=False),
        pa.field("at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("type", pa.string(), nullable=False),
        pa.field("channel", pa.string()),
        pa.field("properties", pa.string(), nullable=False),
        pa.field("source_id", pa.string(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
    ]
)
"""Columns of every part; `properties` is a JSON object. Rows are sorted by person, time, event id."""

_REPEATED = ["person_id", "name", "type", "channel", "properties", "source_id"]
"""Columns whose values occur again and again; the others are written as they are."""
_ROWS_IN_GROUP = 20_000
"""Rows are sorted by person: whoever looks for one reads one group of a part, not the whole part."""


def part_name(source_id: str, number: int) -> str:
    """Return the file name of a source's part; the same part always has the same name."""
    return f"{source_id}-{number:06d}.parquet"


def sweep_parts(folder: Path, n_parts: Mapping[str, int]) -> None:
    """Remove the parts that no ledger knows: a run that was stopped wrote them and never committed their rows.

    Args:
        folder: Of the parts; it may be missing. Files that no source made are left alone.
        n_parts: Committed parts by source id.

    Raises:
        StoreError: A part cannot be removed.
    """
    for path in folder.glob("s_*-*.parquet"):
        source_id, _, number = path.stem.rpartition("-")
        if number.isdecimal() and int(number) >= n_parts.get(source_id, 0):
            try:
                path.unlink()
            except OSError as error:
                raise store_error_of(error, path=path) from error


def write_part(folder: Path, part: str, events: Sequence[Event] | Any) -> None:  # noqa: ANN401 - or a table of PyArrow
    """Write events as the part named `part`, replacing that part; without events nothing is written.

    Args:
        folder: Of the parts; made with the first.
        part: File name.
        events: In any order; or a table with the columns of `EVENT_SCHEMA`, its rows in the order of a part.

    Raises:
        StoreFullError: No space is left; the part is as it was.
        StoreError: The folder cannot be written.
    """
    if not len(events):
        return
    table = events if isinstance(events, pa.Table) else _table(events)
    unfinished = folder / f".{part}.unfinished"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with unfinished.open("wb") as file:
            pq.write_table(
                table,
                file,
                compression="zstd",
                use_dictionary=_REPEATED,  # pyright: ignore[reportArgumentType]
                row_group_size=_ROWS_IN_GROUP,
            )
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(folder / part)
        _sync_folder(folder)
    except OSError as error:
        # The first error is the one to tell; where the folder is the trouble, there is nothing to take away.
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise store_error_of(error, path=folder / part) from error


def _table(unsorted: Sequence[Event]) -> pa.Table:
    events = sorted(unsorted, key=lambda event: (event.person_id, event.at, event.event_id))
    columns = {
        "event_id": [event.event_id for event in events],
        "person_id": [event.person_id for event in events],
        "at": [event.at for event in events],
        "name": [event.name for event in events],
        "type": [event.type for event in events],
        "channel": [event.channel for event in events],
        "properties": [
            orjson.dumps(dict(event.properties), option=orjson.OPT_SORT_KEYS).decode() for event in events
        ],
        "source_id": [event.source_id for event in events],
        "row": [event.row for event in events],
    }
    return pa.table(columns, schema=EVENT_SCHEMA)


def _sync_folder(folder: Path) -> None:
    # A rename survives a power cut only once the folder itself is on disk.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
