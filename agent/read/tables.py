"""CSV of any common delimiter: its head to recognise it by, and its rows."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from agent.errors import UnreadableSourceError
from agent.read import streams
from agent.read.jsons import Row
from agent.schemas.records import RowReject

MAX_FIELD_CHARS: Final = 1 << 23
_DELIMITERS: Final = (",", ";", "\t", "|")
_NO_DELIMITER: Final = "\x1f"
_N_LINES_TO_WEIGH: Final = 60
_LEAST_SHARE: Final = 0.5
_OPEN_QUOTE: Final = "a quote is opened and never closed"


def csv_head(text: str, *, complete: bool, n_rows: int) -> tuple[str, tuple[str, ...], tuple[Row, ...]]:
    """Return delimiter, columns and first rows of a head of CSV; no columns where the text is no table.

    The delimiter is the one by which most rows have as many fields as the header, then the one that gives most
    columns. A text is a table if its first line holds words that names of columns are made of, be it one word alone, or
    if at least half of its lines have as many fields as the first.
    """
    best: tuple[float, int, str] = (0.0, 0, _NO_DELIMITER)
    for delimiter in _DELIMITERS:
        rows = _head_rows(text, delimiter, complete=complete, n_rows=_N_LINES_TO_WEIGH)
        width = len(rows[0]) if rows else 0
        if width > 1 and any(name.strip() for name in rows[0]):
            body = rows[1:] or rows
            share = sum(1 for row in body if len(row) == width) / len(body)
            best = max(best, (round(share, 1), width, delimiter))
    share, _, delimiter = best
    header = _head_rows(text, delimiter, complete=True, n_rows=1)[:1]
    named = bool(header) and all(map(_is_column_name, header[0]))
    if not header or not (named or (share >= _LEAST_SHARE and delimiter != _NO_DELIMITER)):
        return delimiter, (), ()
    columns = column_names(header[0])
    rows = _head_rows(text, delimiter, complete=complete, n_rows=n_rows + 1)[1:]
    records = tuple(_as_row(columns, row) for row in rows if len(row) == len(columns))
    return delimiter, tuple(name for name in columns if name), records


def _is_column_name(text: str) -> bool:
    return re.fullmatch(r"\s*[\w:.-]{1,40}\s*", text) is not None


def _head_rows(text: str, delimiter: str, *, complete: bool, n_rows: int) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(text.splitlines(keepends=True), delimiter=delimiter):
            if row:
                rows.append(row)
            if len(rows) > n_rows:
                break
    except csv.Error:
        pass
    return rows[:n_rows] if complete or len(rows) > n_rows else rows[:-1] or rows


def column_names(header: list[str]) -> list[str]:
    """Return a header's names, trimmed; a second column of the same name becomes `name_2`, an unnamed one ``""``."""
    seen: Counter[str] = Counter()
    names: list[str] = []
    for raw in header:
        name = raw.strip().lstrip("\ufeff")
        seen[name] += 1
        names.append(name if not name or seen[name] == 1 else f"{name}_{seen[name]}")
    return names


def _as_row(columns: list[str], fields: list[str]) -> Row:
    row: Row = dict(zip(columns, fields, strict=False))
    row.pop("", None)
    return row


class _LineFeed:
    """Hands lines to the CSV reader and remembers those of the record under way, so that an open quote can be undone."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._pushed: list[str] = []
        self.held: list[str] = []
        self.ended_inside = False

    def __iter__(self) -> "_LineFeed":
        return self

    def __next__(self) -> str:
        line = self._pushed.pop() if self._pushed else next(self._lines, None)
        if line is None:
            self.ended_inside = bool(self.held)
            raise StopIteration
        self.held.append(line)
        return line

    def take_back(self) -> None:
        """Give all lines but the record's first to the reader again."""
        self._pushed.extend(reversed(self.held[1:]))
        self.held.clear()
        self.ended_inside = False


def csv_rows(chunks: Iterable[bytes], *, delimiter: str) -> Iterator[tuple[int, Row] | RowReject]:
    """Yield `(row, fields by column)` of UTF-8 CSV with a header; blank lines are no rows.

    A row with more or fewer fields than the header is rejected, but for empty fields after the last column. Where a
    quote is never closed, the row it stands in is rejected and the lines after it are read as rows of their own.
    """
    csv.field_size_limit(MAX_FIELD_CHARS)
    feed = _LineFeed(_csv_lines(chunks))
    reader = csv.reader(feed, delimiter=delimiter)
    header = _next_record(reader, feed)
    if header is None or isinstance(header, str):
        msg = f"the CSV header cannot be read: {header or 'there is none'}"
        raise UnreadableSourceError(msg, hint="The first line must name the columns.")
    columns = column_names(header)
    number = 0
    while (fields := _next_record(reader, feed)) is not None:
        if fields:
            yield _checked(columns, fields, number)
            number += 1


def _csv_lines(chunks: Iterable[bytes]) -> Iterator[str]:
    for line in streams.lines(chunks):
        text = "" if line is None else line.decode("utf-8", "replace")
        yield ("\x00" if line is None else text.replace("\x00", "")) + "\n"


def _next_record(reader: Iterator[list[str]], feed: _LineFeed) -> list[str] | str | None:
    """Return the next record's fields, what is wrong with it, or None at the end."""
    feed.held.clear()
    try:
        fields = next(reader, None)
    except csv.Error as exc:
        n_lines = len(feed.held)
        feed.take_back()
        return f"the CSV is broken ({exc})" if n_lines == 1 else _OPEN_QUOTE
    if feed.ended_inside and fields is not None:
        feed.take_back()
        return _OPEN_QUOTE
    return fields


def _checked(columns: list[str], fields: list[str] | str, number: int) -> tuple[int, Row] | RowReject:
    if isinstance(fields, str):
        return RowReject(number, "csv_broken", fields)
    if fields and fields[0] == "\x00":
        return RowReject(number, "too_long", f"the line is longer than {streams.MAX_LINE_BYTES} bytes")
    n_fields = len(fields)
    if n_fields != len(columns) and (n_fields < len(columns) or any(fields[len(columns) :])):
        return RowReject(
            number, "ragged_row", f"the row has {n_fields} fields, the header has {len(columns)}"
        )
    return number, _as_row(columns, fields)
