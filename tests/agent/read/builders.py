"""Files to read, made on the spot."""

import gzip
import json
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from agent.read import read_file
from agent.schemas.records import RawEvent, RawItem, RawRecord, RowReject


def write(path: Path, content: str | bytes, *, packed: bool = False) -> Path:
    """Write a file, gzipped on request, and return its path."""
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if packed else data)
    return path


def write_parquet(path: Path, columns: dict[str, list[object]]) -> None:
    """Write columns as Parquet."""
    table = pa.table(columns)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    pq.write_table(table, path)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]


def lines_of(*records: object) -> str:
    """Return JSON lines."""
    return "".join(json.dumps(record) + "\n" for record in records)


def records_in(items: Iterable[RawItem]) -> list[RawRecord]:
    """Return the records among items."""
    return [item for item in items if isinstance(item, RawRecord)]


def events_in(items: Iterable[RawItem]) -> list[RawEvent]:
    """Return the events among items."""
    return [item for item in items if isinstance(item, RawEvent)]


def rejects_in(items: Iterable[RawItem]) -> list[RowReject]:
    """Return the rejected rows among items."""
    return [item for item in items if isinstance(item, RowReject)]


def read_text(
    tmp_path: Path, content: str | bytes, *, name: str = "export", kind: str = "auto"
) -> list[RawItem]:
    """Write content to a file and read it."""
    return list(read_file(write(tmp_path / name, content), kind=kind))
