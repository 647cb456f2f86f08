"""The one place that decides what a cell of a table is."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.render.csv_cells import csv_cell, csv_text, plain_of

_SIGNS = ("=", "+", "-", "@", "|", "＝", "＋", "－", "＠")


@pytest.mark.parametrize("sign", _SIGNS)
@pytest.mark.parametrize("before", ["", " ", "\u00a0 ", "\t", "\r", "\n", "\u200b", "\ufeff"])
def test_text_that_would_be_worked_out_stands_after_an_apostrophe(sign: str, before: str) -> None:
    """Blanks before a sign do not hide it."""
    text = f"{before}{sign}cmd|' /C calc'!A0"
    assert csv_cell(text) == f"'{text}"
    assert plain_of(csv_cell(text)) == text


def test_numbers_stay_numbers_and_nothing_is_empty() -> None:
    """A sign before a number of ours is no formula."""
    assert [csv_cell(value) for value in (-0.25, 3, None, "plain", "it's")] == [
        "-0.25",
        "3",
        "",
        "plain",
        "it's",
    ]


@given(st.text())
def test_table_reads_back_as_it_was(text: str) -> None:
    """But for text that looks as if it had been escaped before."""
    rows = list(csv.reader(io.StringIO(csv_text(("a", "b"), [[text, 1]]), newline="")))
    assert len(rows) == 2
    if not text.startswith("'"):
        assert plain_of(rows[1][0]) == text
