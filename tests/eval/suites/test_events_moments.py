"""The part `moments` of the suite `events`: what it takes for planted, and its plain loops."""

import gzip
from pathlib import Path

import pytest

from eval.simulator.catalog import load_catalog
from eval.suites.events_moments import paths_table, strongest_planted


def test_strongest_planted_moment_is_the_widest_reach_times_effect() -> None:
    """Late deliveries reach most and lower what is bought again by thirty points."""
    assert strongest_planted(load_catalog()) == ("late_delivery", "purchase")


def test_paths_are_credited_as_plain_loops_do(tmp_path: Path) -> None:
    """Each rule gives away all conversions, and our sums are the loops'."""
    file = tmp_path / "paths.csv.gz"
    lines = [
        "path;total_conversions;total_conversion_value;total_null",
        "a > b > a;3;1.0;1",
        "b;0;0;4",
        "c > b;2;1.0;0",
    ]
    with gzip.open(file, "wt", encoding="utf-8") as out:
        out.write("\n".join(lines))
    for row in paths_table(file).rows:
        _, credited, conversions, gap, *_ = row
        assert credited == pytest.approx(5)
        assert conversions == 5
        assert gap == pytest.approx(0, abs=1e-8)
