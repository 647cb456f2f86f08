"""Files of tables: text that a spreadsheet would work out is shown as text, numbers stay numbers."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import InputError
from api.cli.csv_files import write_csv


def test_formula_is_written_as_text_and_a_number_as_a_number(tmp_path: Path) -> None:
    """A sign before a number of ours is no formula; None is an empty cell."""
    file = tmp_path / "t.csv"
    write_csv(file, ("a", "b"), [["=1+1", -0.25], ["@x", None], ["-x", 3], ["plain, with comma", "\ttab"]])
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.reader(opened))
    assert rows == [
        ["a", "b"], ["'=1+1", "-0.25"], ["'@x", ""], ["'-x", "3"], ["plain, with comma", "'\ttab"],
    ]  # fmt: skip


@given(st.text())
def test_no_text_becomes_a_formula(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Whatever a customer's data says, no cell begins with what a spreadsheet works out."""
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        return
    file = tmp_path_factory.mktemp("csv") / "t.csv"
    write_csv(file, ("a",), [[text]])
    with file.open(encoding="utf-8", newline="") as opened:
        cells = [cell for row in list(csv.reader(opened))[1:] for cell in row]
    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)


def test_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """The file and what to do are named."""
    with pytest.raises(InputError, match="cannot be written"):
        write_csv(tmp_path / "none" / "t.csv", ("a",), [])
