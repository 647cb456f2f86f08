"""CSV and Parquet as chunks of columns; a part of a CSV that is not written plainly is read with all care, row by row."""

# PyArrow ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from agent.errors import UnreadableSourceError
from agent.read import streams, tables
from agent.read.batches import Bounds
from agent.read.columns import Column
from agent.read.jsons import Row
from agent.read.parquet import parquet_tables
from agent.read.source import Shape, Source
from agent.schemas.records import RowReject

_BLOCK_BYTES: Final = 8_000_000
_N_LINES_BACK: Final = 1000
_END: Final = "\x00end"


@dataclass(slots=True)
class Chunk:
    """Rows of a table by column."""

    first: int
    """Number of the first row."""
    n_items: int
    """Rows, refused ones included."""
    rows: NDArray[np.int64]
    """Numbers of the rows that could be read."""
    columns: Mapping[str, Column]
    rejects: list[RowReject]


def table_chunks(source: Source, columns: Sequence[str], bounds: Bounds) -> Iterator[Chunk]:
    """Yield a table's rows, a chunk at a time, with at least the columns that are asked for.

    Raises:
        UnreadableSourceError: The file breaks off; every row before the break has been yielded by then.
    """
    chunks = (
        _parquet(source, columns, bounds)
        if source.sample.shape is Shape.PARQUET
        else _csv(source, columns, bounds)
    )
    for chunk in chunks:
        yield from _cut(chunk, bounds)


def _cut(chunk: Chunk, bounds: Bounds) -> Iterator[Chunk]:
    end = chunk.first + chunk.n_items
    stops = {*range(chunk.first + bounds.n_events, end, bounds.n_events), end}
    if chunk.first < bounds.ends_at < end:
        stops.add(bounds.ends_at)
    if len(stops) == 1:
        yield chunk
        return
    first = chunk.first
    for stop in sorted(stops):
        low, high = np.searchsorted(chunk.rows, (first, stop)).tolist()
        columns = {name: column[low:high] for name, column in chunk.columns.items()}
        rejects = [one for one in chunk.rejects if first <= one.row < stop]
        yield Chunk(first, stop - first, chunk.rows[low:high], columns, rejects)
        first = stop


def _parquet(source: Source, columns: Sequence[str], bounds: Bounds) -> Iterator[Chunk]:
    number = 0
    for table in parquet_tables(source.path, columns, n_rows=bounds.n_events, on_bytes=source.on_bytes):
        rows = np.arange(number, number + table.num_rows, dtype=np.int64)
        yield Chunk(number, len(rows), rows, {name: _plain_array(table.column(name)) for name in columns}, [])
        number += len(rows)


def _plain_array(column: Any) -> Any:  # noqa: ANN401 - an array of PyArrow
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return column.cast(pa.string()) if pa.types.is_large_string(column.type) else column


def _csv(source: Source, wanted: Sequence[str], bounds: Bounds) -> Iterator[Chunk]:
    blocks = _Blocks(streams.utf8_chunks(source.path, on_bytes=source.on_bytes))
    delimiter = source.sample.delimiter
    header = blocks.header()
    names = _names(header, delimiter)
    number = 0
    while names is not None:
        block = blocks.take()
        if not block:
            blocks.raise_if_broken()
            return
        columns = _columns(block, names, delimiter, wanted)
        if columns is None:
            blocks.give_back(block)
            break
        n = len(next(iter(columns.values())))
        yield Chunk(number, n, np.arange(number, number + n, dtype=np.int64), columns, [])
        number += n
    # From a block on that is not written plainly, a quote that is never closed may say what a row is.
    careful = tables.csv_rows(blocks.rest(header), delimiter=delimiter)
    yield from _carefully(careful, number, bounds, source.sample.columns)


def _carefully(
    items: Iterator[tuple[int, Row] | RowReject], start: int, bounds: Bounds, names: Sequence[str]
) -> Iterator[Chunk]:
    broken: UnreadableSourceError | None = None
    while broken is None:
        found: list[tuple[int, Row] | RowReject] = []
        try:
            found.extend(islice(items, bounds.n_events))
        except UnreadableSourceError as error:
            broken = error
        if not found:
            break
        rejects = [replace(one, row=one.row + start) for one in found if isinstance(one, RowReject)]
        read = [one for one in found if not isinstance(one, RowReject)]
        first = start + (found[0].row if isinstance(found[0], RowReject) else found[0][0])
        rows = np.array([number + start for number, _ in read], dtype=np.int64)
        columns = {name: [row[name] for _, row in read] for name in names}
        yield Chunk(first, len(found), rows, columns, rejects)
    if broken is not None:
        raise broken


def _names(header: bytes, delimiter: str) -> list[str] | None:
    """Return the names of a header that is written plainly, None of any other."""
    text = header.decode().rstrip("\r\n")
    if text.count('"') % 2 or not text.strip() or "\r" in text or "\x00" in text:
        return None
    rows = list(csv.reader([text], delimiter=delimiter))
    return tables.column_names(rows[0]) if len(rows) == 1 else None


def _columns(
    block: bytes, names: list[str], delimiter: str, wanted: Sequence[str]
) -> dict[str, Column] | None:
    """Return at least the columns that are wanted of whole lines of CSV, None where the lines are not written plainly."""
    if b"\x00" in block or block.count(b"\r") != block.count(b"\r\n") or len(block) > tables.MAX_FIELD_CHARS:
        return None
    if b'"' not in block:
        return _unquoted(block, names, delimiter, wanted)
    found = _quoted(block, len(names), delimiter)
    return (
        None if found is None else {name: column for name, column in zip(names, found, strict=True) if name}
    )


def _unquoted(
    block: bytes, names: list[str], delimiter: str, wanted: Sequence[str]
) -> dict[str, Column] | None:
    # A header may leave columns without a name, and Arrow wants names of its own.
    numbers = [str(number) for number in range(len(names))]
    chosen = {name: number for name, number in zip(names, numbers, strict=True) if name in wanted}
    try:
        table = pa_csv.read_csv(
            pa.BufferReader(block),
            read_options=pa_csv.ReadOptions(column_names=numbers, block_size=len(block) + 1),
            parse_options=pa_csv.ParseOptions(delimiter=delimiter, quote_char=False),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(numbers, pa.string()), include_columns=list(chosen.values())
            ),
        )
    except pa.ArrowInvalid:
        return None
    return {name: table.column(number).combine_chunks() for name, number in chosen.items()}


def _quoted(block: bytes, n_columns: int, delimiter: str) -> list[Column] | None:
    lines = chain(block.decode().split("\n"), (_END,))
    try:
        rows = [row for row in csv.reader(_with_ends(lines), delimiter=delimiter) if row]
    except csv.Error:
        return None
    # A quote that is still open at the end has swallowed the last line.
    if not rows or rows.pop() != [_END] or any(len(row) != n_columns for row in rows):
        return None
    return [list(column) for column in zip(*rows, strict=True)] or None


def _with_ends(lines: Iterable[str]) -> Iterator[str]:
    return (f"{line}\n" for line in lines)


class _Blocks:
    """Cuts a CSV's text into blocks of whole lines, not inside of quotes where that can be told by counting them."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._buffer = b""
        self._broken: UnreadableSourceError | None = None
        self._ended = False

    def header(self) -> bytes:
        """Return the first line."""
        while b"\n" not in self._buffer and self._pull():
            pass
        end = self._buffer.find(b"\n") + 1 or len(self._buffer)
        header, self._buffer = self._buffer[:end], self._buffer[end:]
        return header

    def take(self) -> bytes:
        """Return the next block, nothing at the end; what stands after the last line of a broken file is left out."""
        end, n_wanted = 0, _BLOCK_BYTES
        while not end and not self._ended and len(self._buffer) <= tables.MAX_FIELD_CHARS:
            while len(self._buffer) < n_wanted and self._pull():
                pass
            end = 0 if self._ended else self._end_of_block()
            n_wanted = len(self._buffer) + 1
        if not end:
            end = len(self._buffer) if self._broken is None else self._buffer.rfind(b"\n") + 1
        block, self._buffer = self._buffer[:end], self._buffer[end:]
        return block

    def _end_of_block(self) -> int:
        end = self._buffer.rfind(b"\n") + 1
        is_open = self._buffer.count(b'"', 0, end) % 2
        for _ in range(_N_LINES_BACK if is_open else 0):
            before = self._buffer.rfind(b"\n", 0, end - 1) + 1
            if self._buffer.count(b'"', before, end) % 2:
                return before
            end = before
        return end

    def _pull(self) -> bool:
        try:
            chunk = next(self._chunks, b"")
        except UnreadableSourceError as error:
            self._broken, chunk = error, b""
        self._buffer += chunk
        self._ended = self._ended or not chunk
        return bool(chunk)

    def give_back(self, block: bytes) -> None:
        """Put a block back."""
        self._buffer = block + self._buffer

    def raise_if_broken(self) -> None:
        """Raise what the file breaks off with, if it does."""
        if self._broken is not None:
            raise self._broken

    def rest(self, header: bytes) -> Iterator[bytes]:
        """Yield a header and everything that was not taken."""
        yield header if header.endswith(b"\n") or not header else header + b"\n"
        yield self._buffer
        self.raise_if_broken()
        if not self._ended:
            yield from self._chunks
