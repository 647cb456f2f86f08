"""The vault and the Parquet parts: written once, whole or not at all."""

# PyArrow ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from agent.errors import StoreError, StoreFullError
from agent.events.lake_writer import LakeWriter
from agent.ports import HeldOutSink
from agent.schemas.records import Event, Record
from agent.store import Home, VaultWriter, parts
from agent.store.parts import EVENT_SCHEMA, part_name
from tests.agent.store.builders import NOW, record


def _event(name: str, person: str = "p_a", minutes: int = 0) -> Event:
    at = NOW + timedelta(minutes=minutes)
    return Event(
        f"e_{name}", person, at, "order_placed", "track", None, {"b": 1.5, "a": True, "ü": "x"}, "s_1", 7
    )


def _rows(home: Path, table: str) -> list[dict[str, Any]]:
    connection = sqlite3.connect(Home(home).vault_database)
    connection.row_factory = sqlite3.Row
    rows = [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY workspace")]  # noqa: S608
    connection.close()
    return rows


def test_vault_keeps_what_was_written_first_apart_by_workspace(tmp_path: Path) -> None:
    """Writing again changes nothing; another brand's rows with the same ids are other rows."""
    for name in ("one", "two"):
        vault: HeldOutSink = VaultWriter(Home(tmp_path), name)
        vault.write_records([record("1", text=f"of {name}")])
        vault.write_records([record("1", text="changed")])
        vault.write_records([])
        vault.exclude_records(["r_1", "r_1"], reason="first")
        vault.exclude_records(["r_1"], reason="second")
        vault.exclude_persons(["p_a"], reason="first")
        vault.write_events("part.parquet", [_event(name)])
    assert [Record.model_validate_json(row["body"]).text for row in _rows(tmp_path, "records")] == [
        "of one",
        "of two",
    ]
    assert [(row["workspace"], row["reason"]) for row in _rows(tmp_path, "excluded_records")] == [
        ("one", "first"),
        ("two", "first"),
    ]
    assert [row["person_id"] for row in _rows(tmp_path, "excluded_persons")] == ["p_a", "p_a"]
    for name in ("one", "two"):
        [row] = pq.read_table(Home(tmp_path).vault_events_of(name) / "part.parquet").to_pylist()
        assert row["event_id"] == f"e_{name}"


def test_part_is_sorted_by_person_and_time_and_keeps_every_field(tmp_path: Path) -> None:
    """A part has the lake's columns, properties as JSON, rows of one person together in time order."""
    events = [_event("3", "p_b"), _event("2", "p_a", minutes=5), _event("1", "p_a", minutes=1)]
    LakeWriter(tmp_path / "lake").append(part_name("s_1", 3), events)
    table = pq.read_table(tmp_path / "lake" / "s_1-000003.parquet")
    assert table.schema.equals(EVENT_SCHEMA)
    rows = table.to_pylist()
    assert [row["event_id"] for row in rows] == ["e_1", "e_2", "e_3"]
    assert rows[0] == {
        "event_id": "e_1",
        "person_id": "p_a",
        "at": NOW + timedelta(minutes=1),
        "name": "order_placed",
        "type": "track",
        "channel": None,
        "properties": '{"a":true,"b":1.5,"ü":"x"}',
        "source_id": "s_1",
        "row": 7,
    }


def test_part_written_again_is_replaced_and_same_events_give_same_bytes(tmp_path: Path) -> None:
    """A part is replaced whole; the order events come in makes no difference to its bytes."""
    lake = LakeWriter(tmp_path)
    events = [_event(str(number), f"p_{number % 3}") for number in range(50)]
    lake.append("a.parquet", events[:10])
    lake.append("a.parquet", events)
    lake.append("b.parquet", events[::-1])
    lake.append("c.parquet", [])
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.parquet", "b.parquet"]


def test_part_that_cannot_be_finished_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full device in the middle of a part is StoreFullError; readers still see the part as it was."""
    lake = LakeWriter(tmp_path)
    lake.append("a.parquet", [_event("old")])
    before = (tmp_path / "a.parquet").read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(parts.os, "fsync", full)
    with pytest.raises(StoreFullError, match=r"a\.parquet"):
        lake.append("a.parquet", [_event("new")])
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]
    assert (tmp_path / "a.parquet").read_bytes() == before


def test_lake_folder_that_is_a_file_is_a_store_error(tmp_path: Path) -> None:
    """A file in the way is said, not hidden."""
    (tmp_path / "lake").write_text("x")
    with pytest.raises(StoreError, match="lake"):
        LakeWriter(tmp_path / "lake").append("a.parquet", [replace(_event("1"))])
