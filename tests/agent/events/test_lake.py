"""The event lake on real Parquet parts."""

from datetime import timedelta
from pathlib import Path

import pytest

from agent.events.lake import EventLake, EventWindow
from agent.events.lake_writer import LakeWriter
from tests.agent.events.builders import START, event, lake_of

# Ibis 12 calls what DuckDB has deprecated since: https://github.com/ibis-project/ibis/issues
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")


def test_lake_without_folder_is_empty(tmp_path: Path) -> None:
    """Nothing stored is no error."""
    lake = EventLake(tmp_path / "none", canonical={"p_old": "p_1"}, scratch=tmp_path)
    assert lake.is_empty()
    assert (lake.count(), lake.persons(), lake.window()) == (0, frozenset(), EventWindow(None, None))
    assert lake.table().to_pyarrow().num_rows == 0  # pyright: ignore[reportUnknownMemberType]
    lake.close()


def test_lake_counts_all_parts_and_their_window(tmp_path: Path) -> None:
    """Parts are one table; times are UTC."""
    events = [event(f"p_{n % 2}", 3_600 * n, "look_page", n) for n in range(4)]
    lake = lake_of(tmp_path / "events", events)
    assert not lake.is_empty()
    assert lake.count() == 4
    assert lake.window() == EventWindow(START, START + timedelta(hours=3))
    lake.close()


def test_lake_resolves_aliases(tmp_path: Path) -> None:
    """Persons joined later are one; those without an alias stay who they are."""
    events = [
        event("p_old", 0, "look_page", 0),
        event("p_new", 1, "look_page", 1),
        event("p_x", 2, "buy_pay", 2),
    ]
    lake = lake_of(tmp_path / "events", events, canonical={"p_old": "p_new", "p_gone": "p_new"})
    assert lake.persons() == {"p_new", "p_x"}
    assert lake.count() == 3
    lake.close()


@pytest.mark.parametrize(
    "name", ["my brand [new]", "what?", "a*b", "percent %41", "quote ' and \" it", "日本"]
)
def test_lake_folder_with_any_name_is_read(tmp_path: Path, name: str) -> None:
    """A folder's name is no pattern."""
    lake = lake_of(
        tmp_path / name / "events", [event("p_1", 0, "look_page", 0), event("p_2", 0, "look_page", 1)]
    )
    assert lake.count() == 2
    lake.close()


def test_lake_does_not_read_unfinished_parts(tmp_path: Path) -> None:
    """A part that a crash left half written is no part."""
    LakeWriter(tmp_path / "events").append("a.parquet", [event("p_1", 0, "look_page", 0)])
    (tmp_path / "events" / ".b.parquet.unfinished").write_bytes(b"half")
    lake = EventLake(tmp_path / "events", canonical={}, scratch=tmp_path)
    assert lake.count() == 1
    lake.close()


def test_part_written_again_is_replaced(tmp_path: Path) -> None:
    """Reading a source twice does not double its events."""
    writer = LakeWriter(tmp_path / "events")
    for n in (3, 2):
        writer.append("a.parquet", [event("p_1", second, "look_page", second) for second in range(n)])
    lake = EventLake(tmp_path / "events", canonical={}, scratch=tmp_path)
    assert lake.count() == 2
    lake.close()
