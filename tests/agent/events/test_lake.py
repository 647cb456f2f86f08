"""The event lake on real Parquet parts."""

# PyArrow ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from agent.errors import StoreError
from agent.events.journeys import Journeys
from agent.events.lake import EventLake
from agent.events.lake_writer import LakeWriter
from agent.events.source import EventWindow
from tests.agent.events.builders import SCOPE, START, event, lake_of

# Ibis 12 calls what DuckDB has deprecated since: https://github.com/ibis-project/ibis/issues
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")


def test_lake_without_folder_is_empty(tmp_path: Path) -> None:
    """Nothing stored is no error."""
    lake = EventLake(tmp_path / "none", canonical={"p_old": "p_1"}, scratch=tmp_path)
    assert lake.is_empty()
    assert (lake.count(), lake.persons(), lake.window()) == (0, frozenset(), EventWindow(None, None))
    assert lake.table().to_pyarrow().num_rows == 0
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


def test_lake_draws_no_progress_on_stdout(tmp_path: Path) -> None:
    """A long question may not write into the answer of a command."""
    lake = EventLake(tmp_path / "none", canonical={}, scratch=tmp_path)
    told = lake.connection.raw_sql("SELECT current_setting('enable_progress_bar')").fetchall()
    assert told == [(False,)]
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


@pytest.mark.parametrize("content", [b"\x8f" * 100, b"", b"PAR1" + b"\x00" * 60 + b"PAR1"])
def test_lake_with_a_part_that_is_no_parquet_names_it(tmp_path: Path, content: bytes) -> None:
    """Whatever is asked, the error says which file."""
    folder = tmp_path / "events"
    lake = lake_of(folder, [event("p_1", 0, "look_page", 0), event("p_2", 0, "look_page", 1)])
    (folder / "b.parquet").write_bytes(content)
    for ask in (lake.count, lake.window, lake.persons, lambda: Journeys(lake, SCOPE)):
        with pytest.raises(StoreError, match=r"b\.parquet") as refused:
            ask()
        assert refused.value.hint
    lake.close()


def test_lake_with_a_part_broken_in_the_middle_names_it(tmp_path: Path) -> None:
    """A whole footer over spoilt rows is found when the rows are read."""
    folder = tmp_path / "events"
    lake = lake_of(folder, [event(f"p_{n}", n, "look_page", n) for n in range(2_000)])
    body = bytearray((folder / "b.parquet").read_bytes())
    body[4 : len(body) // 2] = b"\xff" * (len(body) // 2 - 4)
    (folder / "b.parquet").write_bytes(body)
    with pytest.raises(StoreError, match=r"b\.parquet"):
        Journeys(lake, SCOPE)
    lake.close()


def test_lake_with_a_part_of_other_columns_names_it(tmp_path: Path) -> None:
    """A Parquet file of something else is no part either."""
    folder = tmp_path / "events"
    lake = lake_of(folder, [event("p_1", 0, "look_page", 0), event("p_2", 0, "look_page", 1)])
    pq.write_table(pa.table({"x": [1]}), folder / "a.parquet")
    with pytest.raises(StoreError, match=r"a\.parquet.*its columns are x"):
        Journeys(lake, SCOPE)
    lake.close()


def test_journeys_of_some_sources_leave_out_the_events_of_others(tmp_path: Path) -> None:
    """Events carry their source; those read later do not count where they are not asked for."""
    early = [event("p_1", n, "look_page", n, source="s_1") for n in range(3)]
    late = [event("p_2", 9_000 + n, "buy_pay", n, source="s_2") for n in range(3)]
    lake = lake_of(tmp_path / "events", [*early, *late])
    assert lake.window(["s_1"]) == EventWindow(START, START + timedelta(seconds=2))
    assert lake.window([]) == EventWindow(None, None)
    one = Journeys(lake, replace(SCOPE, source_ids=["s_1"]))
    assert (one.persons, one.window) == ({"p_1"}, EventWindow(START, START + timedelta(seconds=2)))
    assert Journeys(lake, SCOPE).persons == {"p_1", "p_2"}
    lake.close()
