"""Suite `events`: its parts are there, and its comparisons can fail."""

import importlib
from dataclasses import replace
from pathlib import Path

from eval.suites.base import SuiteOptions
from eval.suites.events import PARTS
from eval.suites.events_pm4py import LogCounts, collapsed_names, compared, counts_of_ours, pm4py_tables

_LOG = """case:concept:name,concept:name,time:timestamp
a,Look Page,2026-03-01 12:00:00+00:00
a,Buy Now,2026-03-01 12:00:01.500000+00:00
b,Look Page,2026-03-01 13:00:00+01:00
"""


def test_every_part_of_the_suite_is_there() -> None:
    """A part that is listed can be run."""
    for module, name in PARTS.items():
        assert callable(getattr(importlib.import_module(module), name))


def test_counts_of_a_log_are_those_of_its_rows(tmp_path: Path) -> None:
    """Through real ingest, to the millisecond."""
    path = tmp_path / "log.csv"
    path.write_text(_LOG)
    found = counts_of_ours(path, tmp_path / "home")
    assert found.n_events == 3
    assert found.follows == {("look_page", "buy_now"): 1}
    assert found.variants == {("look_page", "buy_now"): 1, ("look_page",): 1}
    assert found.durations_ms == {0: 1, 1_500: 1}


def test_a_difference_between_two_readings_is_listed() -> None:
    """Figures that differ say where."""
    counts = LogCounts(2, {("a", "b"): 1}, {("a", "b"): 1}, {"a": 1}, {"b": 1}, {0: 1}, 0.1)
    assert {row[5] for row in compared("log", counts, counts)} == {"yes"}
    other = replace(counts, follows={("a", "c"): 1})
    (row,) = [row for row in compared("log", counts, other) if row[1] == "directly-follows"]
    assert row[4:] == [2, "no", "('a', 'b'): 1 and 0"]


def test_names_that_become_one_are_told() -> None:
    """Otherwise equal totals could hide a merge."""
    assert collapsed_names("log", ["Look Page", "look_page", "buy"]) == [
        "log: 'Look Page', 'look_page' are one event, 'look_page'"
    ]


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    """A suite without its data or its peer says so."""
    tables, notes = pm4py_tables(SuiteOptions(data=tmp_path, work=tmp_path, quick=True))
    assert not any(table.rows for table in tables)
    assert any("no log at" in note or "not installed" in note for note in notes)
