"""A home of which something is gone or spoilt: every command that needs it says so, and none goes on as if it were there."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.api.brand import Brand

_SCOPE = ["--persona", "p", "--journey", "j", "--goal", "g", "--purpose", "u"]


def _spoilt_part(brand: Brand) -> Path:
    part = min((brand.home / "lake" / "events" / "default").glob("*.parquet"))
    part.write_bytes(b"\x93no parquet" * 9)
    return part


@pytest.mark.parametrize("words", [["status"], ["paths"], ["map", "draft", *_SCOPE], ["pain-points"]])
def test_spoilt_part_of_the_lake_is_named_with_what_to_do(copied: Brand, words: list[str]) -> None:
    """An error of ours, with the file, and no traceback of the engine."""
    part = _spoilt_part(copied)
    refused = copied.journey(*words)
    assert refused.code == 1
    assert part.name in refused.err
    assert "Hint: Put the file back" in refused.err


def test_spoilt_part_of_the_lake_stops_ingest_and_doctor(copied: Brand) -> None:
    """Nothing is added to a lake that cannot be read."""
    part = _spoilt_part(copied)
    refused = copied.journey("ingest", str(copied.exports.survey))
    assert refused.code == 1
    assert part.name in refused.err
    looked = copied.journey("doctor", "--json")
    assert looked.code == 1
    assert [check["name"] for check in json.loads(looked.out)["checks"] if not check["ok"]] == ["home"]


def test_status_of_a_whole_home_misses_nothing(brand: Brand) -> None:
    """What is held out is counted, and nothing is missing."""
    found = json.loads(brand.journey("status", "--json").out)
    assert found["missing"] is None
    assert found["counts"]["texts held out"] > 0
    assert brand.journey("doctor").code == 0


def test_deleted_vault_is_missed_by_status_doctor_and_ingest(copied: Brand, tmp_path: Path) -> None:
    """The ledger knows how many were held out; a new and empty vault in the old one's place would hide that."""
    shutil.rmtree(copied.home / "vault")
    looked = copied.journey("status", "--json")
    assert looked.code == 1
    assert "held-out records are not in the vault" in json.loads(looked.out)["missing"]
    assert "Hint: Put the folders 'vault' and 'lake' back" in looked.err
    assert copied.journey("doctor").code == 1
    more = tmp_path / "more.csv"
    more.write_text("id,customer_id,text\nreview-900,c-1,The zip broke on the first day.\n", encoding="utf-8")
    refused = copied.journey("ingest", str(more))
    assert refused.code == 1
    assert "held-out records are not in the vault" in refused.err
    pains = json.loads(copied.journey("pain-points", "--json").out)["pain_points"]
    words = ["--pain-point", pains[0]["pain_point_id"], "--channel", "email"]
    unchecked = copied.journey("variants", "propose", *words)
    assert unchecked.code == 1
    assert "held-out records are not in the vault" in unchecked.err
    assert not (copied.home / "vault").exists()


def test_vault_that_lost_its_events_alone_is_missed(copied: Brand) -> None:
    """Events count too, though the vault's database is whole."""
    shutil.rmtree(copied.home / "vault" / "events")
    looked = copied.journey("status", "--json")
    assert looked.code == 1
    assert "events are in neither lake nor vault" in json.loads(looked.out)["missing"]


def test_vault_of_which_some_records_were_deleted_is_missed(copied: Brand) -> None:
    """How many of how many is said."""
    with sqlite3.connect(copied.home / "vault" / "vault.db") as database:
        (n_records,) = database.execute("SELECT COUNT(*) FROM records").fetchone()
        database.execute("DELETE FROM records WHERE record_id = (SELECT MIN(record_id) FROM records)")
    database.close()
    looked = copied.journey("status", "--json")
    assert looked.code == 1
    assert f"1 of {n_records} held-out records" in json.loads(looked.out)["missing"]


def test_spoilt_reading_is_named_and_gives_no_traceback(copied: Brand) -> None:
    """A value that no reader writes is damage, said as such."""
    with sqlite3.connect(copied.home / "journey.db") as database:
        database.execute("UPDATE readings SET emotion = 'zzz'")
    refused = copied.journey("map", "verify", copied.map_id)
    assert refused.code == 1
    assert "is damaged" in refused.err
    assert "Hint:" in refused.err
