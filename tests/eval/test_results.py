"""The results page: one section a suite, replaced by its latest run."""

from pathlib import Path

import pytest

from agent.errors import NotFoundError
from eval.manifest import manifest_of
from eval.results import write_results
from eval.suites.base import SuiteOptions, SuiteResult, Table
from eval.suites.registry import SUITES, find_suite


def _result(suite: str, value: str | float | int | None = 1) -> SuiteResult:
    return SuiteResult(suite, [Table("Accuracy", ["side", "figure"], [["ours", value]])], ["Measured twice."])


def _manifest(suite: str) -> dict[str, object]:
    return {"command": f"journey eval run {suite} --seed 0", "seed": 0}


def test_sections_stand_in_order_and_are_replaced(tmp_path: Path) -> None:
    """Writing a suite again changes its own section and no other."""
    page = tmp_path / "docs" / "results.md"
    for suite in ("search", "quotes"):
        write_results(page, _result(suite), _manifest(suite))
    before = page.read_text(encoding="utf-8")
    write_results(page, _result("quotes", 2), _manifest("quotes"))
    after = page.read_text(encoding="utf-8")
    assert [line for line in after.splitlines() if line.startswith("#")] == [
        "# Results",
        "## quotes",
        "## search",
    ]
    assert after == before.replace("| ours | 1 |", "| ours | 2 |", 1)
    write_results(page, _result("quotes", 2), _manifest("quotes"))
    assert page.read_text(encoding="utf-8") == after


def test_section_names_command_note_and_manifest(tmp_path: Path) -> None:
    """A figure never stands without how it was measured."""
    page = tmp_path / "results.md"
    write_results(page, _result("quotes"), _manifest("quotes"))
    text = page.read_text(encoding="utf-8")
    for part in ("`journey eval run quotes --seed 0`", "**Accuracy**", "- Measured twice.", '"seed": 0'):
        assert part in text


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, "-"), (1_234_567, "1,234,567"), (0.123456, "0.1235"), ("a|b", "a\\|b"), ("two\nlines", "two lines"),
        (float("inf"), "inf"),
    ],
)  # fmt: skip
def test_cells_cannot_break_the_table(tmp_path: Path, value: str | float | None, cell: str) -> None:
    """Bars and line ends stay inside their cell."""
    page = tmp_path / "results.md"
    write_results(page, _result("quotes", value), _manifest("quotes"))
    assert f"| ours | {cell} |\n" in page.read_text(encoding="utf-8")


def test_manifest_says_what_is_needed_to_measure_again(tmp_path: Path) -> None:
    """Command, seed, versions and machine, and nothing that names the machine or its folders."""
    options = SuiteOptions(data=tmp_path, work=tmp_path, seed=7, quick=True)
    made = manifest_of(_result("quotes"), options, command="journey eval run quotes")
    assert (made["suite"], made["seed"], made["quick"]) == ("quotes", 7, True)
    assert {"commit", "python", "machine", "packages"} <= set(made)
    assert str(tmp_path) not in str(made)


def test_suites_are_found_by_name() -> None:
    """Each name that is listed leads to a function; another one is our error with the names there are."""
    for name, entry in SUITES.items():
        assert callable(find_suite(name))
        assert entry.summary
    with pytest.raises(NotFoundError, match=r"'nothing'; there are .*quotes"):
        find_suite("nothing")
