"""The records of any file as dictionaries with their row numbers, whatever the layout."""

from collections.abc import Iterable, Iterator
from itertools import chain

from agent.errors import InputError, UnknownFormatError
from agent.read import jsons, parquet, streams, tables
from agent.read.jsons import Row
from agent.read.source import Shape, Source, unwrapped
from agent.schemas.records import RowReject


def read_rows(source: Source) -> Iterator[tuple[int, Row] | RowReject]:
    """Yield `(row, record)` for each record of JSON lines, a JSON document, CSV or Parquet.

    Rows count from 0 and include rejected ones; blank lines are no rows.

    Raises:
        UnreadableSourceError: The file breaks off; every record before the break has been yielded by then.
        UnknownFormatError: The file holds no records.
    """
    match source.sample.shape:
        case Shape.CSV:
            chunks = streams.utf8_chunks(source.path, on_bytes=source.on_bytes)
            return tables.csv_rows(chunks, delimiter=source.sample.delimiter)
        case Shape.PARQUET:
            return parquet.parquet_rows(source.path, on_bytes=source.on_bytes)
        case Shape.LINES | Shape.DOCUMENT:
            return _json_rows(source)
        case _:
            msg = f"{source.path.name!r} is {source.sample.shape}, and rows were expected"
            raise UnknownFormatError(
                msg, hint="CSV with a header, JSON lines, a JSON array and Parquet have rows."
            )


def _json_rows(source: Source) -> Iterator[tuple[int, Row] | RowReject]:
    sample = source.sample
    if sample.shape is Shape.LINES:
        yield from rows_of_texts(lines_of(source), wrapper=sample.wrapper)
        return
    chunks = streams.utf8_chunks(source.path, on_bytes=source.on_bytes)
    yield from rows_of_texts(jsons.split_values(chunks, wrapper=sample.wrapper))


def lines_of(source: Source) -> Iterator[bytes | None]:
    """Yield the lines of a file; None for one that is too long."""
    return streams.lines(streams.utf8_chunks(source.path, on_bytes=source.on_bytes))


def rows_of_texts(
    texts: Iterable[bytes | None], *, wrapper: str | None = None
) -> Iterator[tuple[int, Row] | RowReject]:
    """Yield `(row, record)` for each record of JSON texts; one that is blank is none, and None was too long.

    Args:
        texts: A value each.
        wrapper: Key under which each value holds its records; None where it is one.
    """
    number = 0
    for text in texts:
        if text is not None and not text.strip():
            continue
        try:
            value = _parsed(text)
        except ValueError as exc:
            yield RowReject(number, "too_long" if text is None else "json_broken", str(exc))
            number += 1
            continue
        if type(value) is dict and wrapper is None:
            yield number, value
            number += 1
            continue
        for record in unwrapped(value, wrapper):
            yield (number, record) if isinstance(record, dict) else _not_an_object(number)
            number += 1


def _parsed(text: bytes | None) -> jsons.Json:
    if text is None:
        msg = f"the record is longer than {streams.MAX_LINE_BYTES} bytes"
        raise ValueError(msg)
    try:
        return jsons.parse(text)
    except ValueError as exc:
        msg = f"the record is no valid JSON: {exc}"
        raise ValueError(msg) from exc


def _not_an_object(number: int) -> RowReject:
    return RowReject(number, "not_an_object", "the record is JSON but no object with named fields")


def require_columns(source: Source, *any_of: tuple[str, ...]) -> None:
    """Check that of each group at least one column or key is there.

    Raises:
        InputError: Names what was expected and what was found.
    """
    found = source.sample.keys
    missing = [group for group in any_of if not found.intersection(group)]
    if missing:
        wanted = "; ".join(" or ".join(repr(name) for name in group) for group in missing)
        names = list(chain(source.sample.columns or sorted(found)))
        msg = f"{source.path.name!r} has no column {wanted}; its columns are {', '.join(map(repr, names)) or 'none'}"
        raise InputError(msg, hint="Rename the columns, or say which is which with `--mapping FILE.toml`.")
