"""A workspace whose events are in a warehouse: one split, one person, one answer as from the lake."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import orjson
import pytest
from pydantic import SecretStr

from agent.analyse.stages import DEFAULT_PLAN
from agent.errors import ConfigError
from agent.events.journeys import Journeys
from agent.events.lake_writer import LakeWriter
from agent.pipeline.ingest import ingest
from agent.pipeline.scoping import open_journeys
from agent.pipeline.workspace import Workspace, open_workspace
from agent.settings import Settings
from agent.store import Store, VaultWriter

_NOW = datetime(2026, 7, 1, tzinfo=UTC)
_START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
_NAMES = ("Product Viewed", "product_added", "Order Completed", "Viewed Product")


def _events(n_persons: int) -> list[dict[str, str]]:
    return [
        {
            "type": "track",
            "messageId": f"m{person}-{step}",
            "userId": f"user-{person}",
            "timestamp": (_START + timedelta(hours=person, minutes=20 * step)).isoformat(),
            "event": _NAMES[(person + step) % len(_NAMES)],
        }
        for person in range(n_persons)
        for step in range(1 + person % 4)
    ]


def _fill(home: Path, events: list[dict[str, str]]) -> None:
    """Read events into the lake of a workspace."""
    file = home / "events.jsonl"
    home.mkdir(exist_ok=True)
    file.write_bytes(b"\n".join(map(orjson.dumps, events)))
    with Store.create(home, "default", salt="shop", holdout=0.4, now=_NOW) as store:
        vault = VaultWriter(store.home, "default")
        lake = LakeWriter(store.home.lake_events("default"))
        ingest([file], store=store, vault=vault, lake=lake, kind="events", now=_NOW)
        vault.close()


def _warehouse(folder: Path, events: list[dict[str, str]]) -> Settings:
    """Put the same events into a DuckDB file and return settings that lead there."""
    file = folder / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "CREATE TABLE tracks (type TEXT, message_id TEXT, user_id TEXT, timestamp TIMESTAMPTZ, event TEXT)"
        )
        connection.executemany(
            "INSERT INTO tracks VALUES (?, ?, ?, ?, ?)", [list(row.values()) for row in events]
        )
    return Settings(
        home=folder / "home", warehouse_url=SecretStr(f"duckdb://{file}"), warehouse_table="tracks"
    )


def _journeys(workspace: Workspace) -> Journeys:
    found = open_journeys(workspace, plan=DEFAULT_PLAN, where={}, as_of=None)
    assert found is not None
    return found


def test_the_warehouse_answers_as_the_lake_does(tmp_path: Path) -> None:
    """Same persons by the same ids, the same held out, the same names: the lake is only another place."""
    events = _events(40)
    _fill(tmp_path / "home", events)
    settings = _warehouse(tmp_path, events)
    with open_workspace(Settings(home=tmp_path / "home"), now=_NOW) as workspace:
        lake = _journeys(workspace)
        expected = (
            lake.persons,
            lake.moves(),
            lake.variants(50),
            lake.window,
            lake.n_sessions(),
            lake.scope.as_of,
        )
    assert 10 < len(expected[0]) < 35, "some are held out"
    with open_workspace(settings, now=_NOW) as workspace:
        found = _journeys(workspace)
        answers = (found.persons, found.moves(), found.variants(50), found.window, found.n_sessions())
        assert (*answers, found.scope.as_of) == expected


def test_who_is_only_in_the_warehouse_is_split_by_the_same_rule(tmp_path: Path) -> None:
    """Whether a customer was ever read into the store or not, the side is the same."""
    events = _events(40)
    _fill(tmp_path / "home", events[:1])
    _fill(tmp_path / "other", events)
    settings = _warehouse(tmp_path, events)
    with open_workspace(Settings(home=tmp_path / "other"), now=_NOW) as workspace:
        expected = _journeys(workspace).persons
    with open_workspace(settings, now=_NOW) as workspace:
        assert _journeys(workspace).persons == expected


def test_a_customer_held_out_under_another_id_is_held_out_in_the_warehouse(tmp_path: Path) -> None:
    """The side is the person's, however the warehouse spells them; two ids of one person are one customer."""
    rows = [{"messageId": f"i{n}", "type": "identify", "userId": f"user-{n}", "timestamp": _START.isoformat(),
             "traits": {"email": f"user{n}@example.com"}} for n in range(30)]  # fmt: skip
    home = tmp_path / "home"
    _fill(home, [*_events(30), *rows])  # pyright: ignore[reportArgumentType]
    mails = [
        {**row, "userId": row["userId"].replace("user-", "USER") + "@Example.com"} for row in _events(30)
    ]
    by_mail = [{**row, "messageId": f"x{row['messageId']}"} for row in mails]
    settings = _warehouse(tmp_path, [*_events(30), *by_mail])
    with open_workspace(Settings(home=home), now=_NOW) as workspace:
        expected = _journeys(workspace).persons
    with open_workspace(settings, now=_NOW) as workspace:
        assert _journeys(workspace).persons == expected


def test_a_url_without_a_table_is_refused(tmp_path: Path) -> None:
    """Half a setting is no setting."""
    _fill(tmp_path / "home", _events(1))
    settings = Settings(home=tmp_path / "home", warehouse_url=SecretStr("duckdb://x.duckdb"))
    with open_workspace(settings, now=_NOW) as workspace, pytest.raises(ConfigError, match="one is missing"):
        open_journeys(workspace, plan=DEFAULT_PLAN, where={}, as_of=None)
