"""How wide tables are, and what of `personas`, `value` and the pictures readers have to be told."""

import json
from pathlib import Path

import pytest

from api.cli.output import print_table
from tests.api.brand import Brand


def test_table_into_a_pipe_is_narrow_and_cuts_no_word(capsys: pytest.CaptureFixture[str]) -> None:
    """Columns of much text give way; the words of the others stay whole."""
    long = " ".join(["understanding"] * 30)
    rows = [["welcome_email_opened", "customers", long, long, 1_000_000, "2026-01-01", "checkout_started"]]
    print_table("Wide", ["event", "who", "a", "b", "n", "since", "then"], rows)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 120
    for cell in ("welcome_email_opened", "customers", "1,000,000", "2026-01-01", "checkout_started"):
        assert any(cell in line for line in lines)
    assert sum(line.count("understanding") for line in lines) == 60


def test_table_without_rows_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Headings over nothing are not printed."""
    print_table("Loops", ["what", "times"], [])
    assert capsys.readouterr().out == "Loops: none\n"


def test_table_too_wide_for_its_words_still_holds_all(capsys: pytest.CaptureFixture[str]) -> None:
    """Where not even the words have room they are folded, and nothing is lost."""
    print_table("Many", [f"column_{n}" for n in range(20)], [["x" * 9] * 20])
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 120
    assert out.count("x") == 180


@pytest.mark.parametrize(
    "words",
    [["events", "dictionary"], ["events", "stages"], ["stages"], ["attribution"], ["personas"]],
    ids=str,
)
def test_widest_tables_fit_a_page(brand: Brand, words: list[str]) -> None:
    """No line of a table that goes into a file is longer than 120 columns."""
    ran = brand.journey(*words)
    assert ran.code == 0, ran.err
    assert max(map(len, ran.out.splitlines())) <= 120


def test_value_calls_only_pain_points_complaints(copied: Brand) -> None:
    """What `pain-points` does not list is no complaint."""
    listed = json.loads(copied.journey("pain-points", "--json").out)["pain_points"]
    found = json.loads(copied.journey("value", "--json").out)["differences"]
    complaints = {one["name"] for one in found if one["what"] == "complaint"}
    assert complaints <= {one["label"] for one in listed}


def test_value_picture_is_in_points(brand: Brand, tmp_path: Path) -> None:
    """A difference of shares is no per cent."""
    ran = brand.journey("value", "--svg", str(tmp_path / "value.svg"))
    assert ran.code == 0, ran.err
    if (tmp_path / "value.svg").exists():
        assert "percentage points" in (tmp_path / "value.svg").read_text(encoding="utf-8")


def test_state_of_a_placeholder_says_that_it_is_one(brand: Brand) -> None:
    """It is the value that stands for nobody, not the workspace that knows nobody."""
    ran = brand.journey("state", "user_id=nobody")
    assert ran.code == 1
    assert "is a placeholder" in ran.err
