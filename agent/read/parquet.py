"""Parquet: its columns and its rows, one batch in memory."""

import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import IO, Final, Protocol, cast

import pyarrow.parquet as pq

from agent.errors import UnreadableSourceError
from agent.ports import Progress
from agent.read import streams
from agent.read.jsons import Json, Row

PARQUET_MAGIC: Final = b"PAR1"
_BATCH_ROWS: Final = 4096


class _Batch(Protocol):
    def to_pylist(self) -> list[dict[str, object]]: ...


class _Schema(Protocol):
    names: Sequence[str]


class _Metadata(Protocol):
    num_rows: int


class _File(Protocol):
    """As much of pyarrow's `ParquetFile`, which has no types of its own, as is used here."""

    schema_arrow: _Schema
    metadata: _Metadata

    def iter_batches(self, batch_size: int) -> Iterator[_Batch]: ...


def parquet_head(path: Path, *, n_rows: int) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    """Return columns and first rows of a Parquet file.

    Raises:
        UnreadableSourceError: The file is no Parquet or is broken.
    """
    with _parquet(path) as file:
        columns = tuple(file.schema_arrow.names)
        batch = next(iter(file.iter_batches(batch_size=n_rows)), None)
        rows = [] if batch is None else batch.to_pylist()
        return columns, tuple(_plain_row(row) for row in rows)


def parquet_rows(path: Path, *, on_bytes: Progress | None = None) -> Iterator[tuple[int, Row]]:
    """Yield `(row, fields by column)` of a Parquet file, one batch in memory; times become ISO text.

    Raises:
        UnreadableSourceError: The file is no Parquet or is broken.
    """
    n_bytes = path.stat().st_size
    number = n_reported = 0
    with _parquet(path) as file:
        n_total = max(1, file.metadata.num_rows)
        for batch in file.iter_batches(batch_size=_BATCH_ROWS):
            for row in batch.to_pylist():
                yield number, _plain_row(row)
                number += 1
            if on_bytes is not None:
                on_bytes(n_bytes * number // n_total - n_reported)
                n_reported = n_bytes * number // n_total


@contextmanager
def _parquet(path: Path) -> Generator[_File]:
    with tempfile.TemporaryFile() as unpacked:
        source: Path | IO[bytes] = path
        if streams.is_gzipped(path):
            unpacked.writelines(streams.raw_chunks(path))
            source = unpacked
        try:
            with pq.ParquetFile(source) as file:
                yield cast("_File", file)
        except (ValueError, TypeError, NotImplementedError, OSError) as exc:
            msg = f"{path.name!r} is no Parquet file that can be read: {exc}"
            raise UnreadableSourceError(msg, hint="Export it again.") from exc


def _plain_row(row: dict[str, object]) -> Row:
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: object) -> Json:
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in cast("dict[object, object]", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in cast("list[object]", value)]
    return None
