"""One column of texts out of any table or JSON, for what stores nothing."""

from collections.abc import Iterator
from pathlib import Path

from agent.errors import InputError
from agent.read.fields import text_of
from agent.read.rows import read_rows, require_columns
from agent.read.source import Source, take_sample
from agent.schemas.records import RowReject

_USUAL = ("text", "body", "utterance", "review", "comment", "message", "content", "query")


def read_texts(path: Path, *, field: str | None = None) -> Iterator[tuple[int, str | None]]:
    """Yield `(row, text)` for each row of CSV, JSON lines, a JSON array or Parquet, gzipped or not.

    Args:
        path: The file.
        field: Column or key of the text; None takes the first there is of the usual ones.

    Yields:
        Rows count from 0; the text is None where the row has none or is broken.

    Raises:
        InputError: The file cannot be read, has no rows, or lacks the column.
    """
    source = Source(path, take_sample(path))
    name = text_column(source, field)
    for item in read_rows(source):
        if isinstance(item, RowReject):
            yield item.row, None
        else:
            yield item[0], text_of(item[1].get(name))


def text_column(source: Source, field: str | None) -> str:
    """Return the column or key that texts stand in: the one named, else the first there is of the usual ones.

    Raises:
        InputError: The file has no such column.
    """
    try:
        require_columns(source, (field,) if field is not None else _USUAL)
    except InputError as error:
        raise InputError(error.message, hint="Name the column of the texts with --text-field.") from error
    return field if field is not None else next(usual for usual in _USUAL if usual in source.sample.keys)
