"""Tables as CSV files that a spreadsheet shows and does not work out."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from agent.errors import InputError
from agent.render.csv_cells import csv_text


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table; None is an empty cell.

    Args:
        path: The file; one that is there is replaced.
        columns: Names, the first row.
        rows: One cell a column.

    Raises:
        InputError: The file cannot be written.
    """
    try:
        path.write_text(csv_text(columns, rows), encoding="utf-8", newline="")
    except OSError as error:
        msg = f"{str(path)!r} cannot be written: {error.strerror}"
        raise InputError(msg, hint="Choose a file in a folder that exists.") from error
