"""Tables as CSV files that a spreadsheet shows and does not work out."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from agent.errors import InputError

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


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
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows([_cell(value) for value in row] for row in rows)
    except OSError as error:
        msg = f"{str(path)!r} cannot be written: {error.strerror}"
        raise InputError(msg, hint="Choose a file in a folder that exists.") from error


def _cell(value: object) -> str:
    # Numbers are ours, and a sign before one is no formula.
    if isinstance(value, int | float):
        return str(value)
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
