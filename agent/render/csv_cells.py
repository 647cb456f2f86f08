"""Tables as CSV that a spreadsheet shows and does not work out; the only place that decides what a cell is."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

_WORKED_OUT = re.compile(r"[\t\r\n]|[\s\u200b-\u200f\u2060\ufeff]*[=+\-@|\uff1d\uff0b\uff0d\uff20]")
"""What a spreadsheet works out where a cell begins with it: signs, with the full-width forms that East Asian ones take, also
after blanks and marks that are not seen, which some drop."""


def csv_cell(value: object) -> str:
    """Return a value as a cell: numbers as they are, text that would be worked out after an apostrophe, None empty."""
    # Numbers are ours, and a sign before one is no formula.
    if isinstance(value, int | float):
        return str(value)
    text = "" if value is None else str(value)
    return f"'{text}" if _is_worked_out(text) else text


def plain_of(cell: str) -> str:
    """Return the text of a cell as it was before `csv_cell`."""
    return cell[1:] if cell.startswith("'") and _is_worked_out(cell[1:]) else cell


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table as CSV with a head line.

    Args:
        columns: Names, the first row.
        rows: One cell a column.
    """
    out = io.StringIO()
    # With both signs in the end of a line, a cell that holds either is quoted.
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([csv_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _is_worked_out(text: str) -> bool:
    return _WORKED_OUT.match(text) is not None
