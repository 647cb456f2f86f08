"""Parquet: its columns and its rows, one batch in memory."""

import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Final, Protocol, cast

import pyarrow as pa
import pyarrow.parquet as pq

from agent.errors import UnreadableSourceError
from agent.ports import Progress
from agent.read import streams
from agent.read.jsons import Json, Row

PARQUET_MAGIC: Final = b"PAR1"
_BATCH_ROWS: Final = 4096


class _Batch(Protocol):
    def to_pylist(self) -> list[dict[str, object]]: ...

    def column(self, name: str) -> Any: ...  # noqa: ANN401 - PyArrow has no types

    num_rows: int


class _Schema(Protocol):
    names: Sequence[str]

    def field(self, name: str) -> Any: ...  # noqa: ANN401 - PyArrow has no types


class _Metadata(Protocol):
    num_rows: int


class _File(Protocol):
    """As much of pyarrow's `ParquetFile`, which has no types of its own, as is used here."""

    schema_arrow: _Schema
    metadata: _Metadata

    def iter_batches(self, batch_size: int, *, columns: Sequence[str] | None = None) -> Iterator[_Batch]: ...


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


def parquet_tables(
    path: Path, columns: Sequence[str], *, n_rows: int, on_bytes: Progress | None = None
) -> Iterator[_Batch]:
    """Yield some columns of a Parquet file, up to `n_rows` rows at a time.

    Raises:
        UnreadableSourceError: The file is no Parquet or is broken.
    """
    n_bytes = path.stat().st_size
    n_done = n_reported = 0
    with _parquet(path) as file:
        n_total = max(1, file.metadata.num_rows)
        for batch in file.iter_batches(n_rows, columns=list(columns)):
            yield batch
            n_done += batch.num_rows
            if on_bytes is not None:
                on_bytes(n_bytes * n_done // n_total - n_reported)
                n_reported = n_bytes * n_done // n_total


def is_flat(path: Path, columns: Sequence[str]) -> bool:
    """Tell whether each of some columns of a Parquet file holds one plain value a row.

    Raises:
        UnreadableSourceError: The file is no Parquet or is broken.
    """
    with _parquet(path) as file:
        fields = [file.schema_arrow.field(name) for name in columns]
        return not any(pa.types.is_nested(field.type) for field in fields)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]


@contextmanager
def _parquet(path: Path) -> Generator[_File]:
    with tempfile.TemporaryFile() as unpacked:
        source: Path | IO[bytes] = path
        if streams.is_gzipped(path):
            unpacked.writelines(streams.raw_chunks(path))
            source = unpacked
        try:
            # Read ahead by row groups, a file of one group would be in memory whole.
            with pq.ParquetFile(source, pre_buffer=False) as file:
                yield cast("_File", file)
        except (ValueError, TypeError, NotImplementedError, OSError) as exc:
            msg = f"{path.name!r} is no Parquet file that can be read: {exc}"
            raise UnreadableSourceError(msg, hint="Export it again.") from exc


def _plain_row(row: dict[str, object]) -> Row:
    return {name: plain(value) for name, value in row.items()}


def plain(value: object) -> Json:
    """Return a value of a table as JSON has it; times become ISO text."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in cast("dict[object, object]", value).items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in cast("list[object]", value)]
    return None
