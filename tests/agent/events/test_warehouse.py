"""A table in the user's warehouse: what is read, who is left out, what is refused, and that nothing is written."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import psycopg
import pytest

from agent.errors import ConfigError, StoreError
from agent.events.connections import Connection
from agent.events.counted import PathCount, TimedMove
from agent.events.journeys import Journeys
from agent.events.steps import JourneyScope
from agent.events.warehouse import Warehouse
from agent.schemas.records import Identifier, IdentifierKind
from tests.agent.events.builders import SCOPE, START
from tests.agent.events.engines import (
    Row,
    as_they_are,
    owner_of_postgres,
    postgres_port,
    warehouse_on,
)

_AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def _row(person: str | None, seconds: float | None, name: str | None, message: str | None = None) -> Row:
    return {
        "message_id": message,
        "user_id": person,
        "timestamp": None if seconds is None else _AT + timedelta(seconds=seconds),
        "event": name,
        "channel": None,
        "row": None,
    }


def _open(folder: Path, table: str, *, name: str = "events") -> Warehouse:
    """Return a warehouse over a DuckDB file made by one statement."""
    file = folder / "shop.duckdb"
    if not file.exists():
        with duckdb.connect(str(file)) as connection:
            connection.execute(table)
    return Warehouse(
        Connection(f"duckdb://{file}"),
        name,
        person_ids_of=as_they_are,
        event_name_of=str,
        channel_name_of=str,
    )


@pytest.mark.parametrize("engine", ["duckdb", "polars", "postgres"])
def test_events_sent_twice_count_once(engine: str) -> None:
    """A message id that stands twice is one event; events without one are all kept."""
    rows = [
        _row("p_1", 0, "look_page", "m1"),
        _row("p_1", 0, "look_page", "m1"),
        _row("p_1", 30, "look_page", "m1"),
        _row("p_1", 60, "buy_pay"),
        _row("p_1", 60, "buy_pay"),
    ]
    with warehouse_on(engine, rows) as warehouse:
        found = Journeys(warehouse, SCOPE)
        assert found.variants(5) == [PathCount(("look_page", "buy_pay", "buy_pay"), 1)]


@pytest.mark.parametrize("engine", ["duckdb", "polars", "postgres"])
def test_events_of_nobody_or_no_time_are_counted_apart(engine: str) -> None:
    """Rows that can be in no journey are told, not dropped in silence."""
    rows = [
        _row("p_1", 0, "look_page"),
        _row(None, 0, "look_page"),
        _row("p_2", None, "look_page"),
        _row("p_3", 0, None),
    ]
    with warehouse_on(engine, rows) as warehouse:
        assert Journeys(warehouse, SCOPE).persons == {"p_1"}
        assert warehouse.n_unlinked == 3


@pytest.mark.parametrize("engine", ["duckdb", "polars", "postgres"])
def test_persons_held_out_and_nobodys_ids_are_in_no_answer(engine: str) -> None:
    """Whoever the split leaves out leaves no count, no name and no path behind; one person's two ids are one."""
    rows = [
        _row("ann", 0, "look_page"),
        _row("ANN", 60, "buy_pay"),
        _row("held", 0, "look_secret"),
        _row("null", 0, "look_junk"),
        _row("bob", 0, "look_page"),
    ]
    ids = {"ann": "p_ann", "ANN": "p_ann", "bob": "p_bob"}

    def person_ids_of(identifiers: Sequence[Identifier]) -> list[str | None]:
        assert {identifier.kind for identifier in identifiers} == {IdentifierKind.USER_ID}
        return [ids.get(identifier.value) for identifier in identifiers]

    with warehouse_on(engine, rows, person_ids_of=person_ids_of) as warehouse:
        found = Journeys(warehouse, SCOPE)
        assert found.persons == {"p_ann", "p_bob"}
        assert found.names() == {"look_page": 2, "buy_pay": 1}
        assert found.moves() == [TimedMove("look_page", "buy_pay", 1, 1, 1, 60.0, 60.0)]
        since = {"p_ann": START, "p_bob": START, "p_held": START}
        assert found.outcome_after(["buy_pay"], since, within=timedelta(days=1)) == {"p_ann"}
        assert Journeys(warehouse, _of("p_bob", "p_held")).names() == {"look_page": 1}
        assert Journeys(warehouse, _of()).n_persons() == 0


def _of(*persons: str) -> JourneyScope:
    return replace(SCOPE, persons=persons)


def test_names_and_channels_are_put_into_our_words(tmp_path: Path) -> None:
    """The same vocabulary as ingest, so that a plan's rules hold; names of nothing are no step."""
    table = """CREATE TABLE events AS SELECT * FROM (VALUES
        ('u1', TIMESTAMP '2026-03-01 12:00:00', 'Look Page', 'Web'), ('u1', TIMESTAMP '2026-03-01 12:01:00', '??', 'x'))
        AS t(userId, eventTime, event, Channel)"""
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute(table)
    warehouse = Warehouse(
        Connection(f"duckdb://{tmp_path}/shop.duckdb"),
        "events",
        person_ids_of=as_they_are,
        event_name_of=lambda name: name.lower().replace(" ", "_") if name != "??" else None,
        channel_name_of=str.lower,
    )
    found = Journeys(warehouse, SCOPE)
    assert found.names() == {"look_page": 1}
    assert found.channel_counts("look") == {"web": 1}
    assert found.window.first == _AT, "a time without a zone is UTC"
    assert warehouse.n_unlinked == 1
    warehouse.close()


def test_segment_calls_that_are_no_steps_are_left_out(tmp_path: Path) -> None:
    """Identify, group and alias carry identifiers; they are nothing a customer did."""
    table = """CREATE TABLE events AS SELECT * FROM (VALUES
        ('u1', TIMESTAMPTZ '2026-03-01 12:00:00Z', 'look_page', 'track'), ('u1', TIMESTAMPTZ '2026-03-01 12:00:01Z', 'x', 'identify'))
        AS t(user_id, timestamp, event, type)"""
    warehouse = _open(tmp_path, table)
    assert Journeys(warehouse, SCOPE).names() == {"look_page": 1}
    assert warehouse.n_unlinked == 0
    warehouse.close()


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("1 AS x", "'person_id' and 'at' and 'name'"),
        ("'u' AS user_id, 'a' AS event", "'at'"),
        ("'u' AS user_id, 'a' AS event, 5 AS ts", "'ts' is no timestamp"),
    ],
)
def test_a_table_that_does_not_fit_says_which_column_is_missing(
    tmp_path: Path, columns: str, said: str
) -> None:
    """The hint names the columns that are there."""
    with pytest.raises(StoreError, match=said) as refused:
        _open(tmp_path, f"CREATE TABLE events AS SELECT {columns}")
    assert "make a view" in refused.value.hint


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Nothing is guessed."""
    with pytest.raises(StoreError, match=r"has no table 'sales\.orders'"):
        _open(tmp_path, "CREATE TABLE events AS SELECT 1 AS x", name="sales.orders")
    with pytest.raises(StoreError, match=r"no file .*gone\.parquet"):
        Connection(f"polars://{tmp_path}").table("gone.parquet")
    with pytest.raises(StoreError, match=r"\.parquet.* was expected"):
        Connection(f"polars://{tmp_path}").table("gone.xlsx")


def test_a_url_of_no_engine_and_a_missing_client_are_told() -> None:
    """What can be mended by a setting or an installation says how."""
    for url in ("nothing://x", "events", "connect://x"):
        with pytest.raises(ConfigError, match="names no engine"):
            Connection(url)
    with pytest.raises(ConfigError, match="not installed") as refused:
        Connection("trino://user@127.0.0.1/catalog")
    assert "ibis-framework[trino]" in refused.value.hint


def test_a_warehouse_that_is_away_shows_no_password() -> None:
    """The address stands in the error, the password and the user do not."""
    with pytest.raises(StoreError, match=r"postgres://127\.0\.0\.1:9/shop cannot be opened") as refused:
        Connection("postgres://reader:top%20secret@127.0.0.1:9/shop")
    told = f"{refused.value} {refused.value.hint} {refused.value.context}"
    assert refused.value.hint
    assert refused.value.__cause__ is None
    for secret in ("top%20secret", "top secret"):
        assert secret not in told


def test_a_role_without_rights_is_told_and_shows_no_password() -> None:
    """Denied at the door and denied at the table."""
    rows = [_row("p_1", 0, "look_page")]
    with warehouse_on("postgres", rows), owner_of_postgres() as owner:
        place = f"127.0.0.1:{postgres_port()}/shop"
        with pytest.raises(StoreError, match="cannot be opened") as refused:
            Connection(f"postgres://reader:wrongword@{place}")
        assert "the user or the password was refused" in str(refused.value)
        assert "password" in refused.value.hint
        assert not {"wrongword", "reader"} & set(str(refused.value).replace('"', " ").split())
        owner.execute("REVOKE SELECT ON events FROM reader")
        connection = Connection(f"postgres://reader:open%25sesame@{place}")
        warehouse = Warehouse(
            connection, "events", person_ids_of=as_they_are, event_name_of=str, channel_name_of=str
        )
        with pytest.raises(StoreError, match="permission denied") as refused:
            warehouse.try_reading()
        assert "sesame" not in str(refused.value)
        warehouse.close()


def test_nothing_is_written_to_the_warehouse() -> None:
    """A role that may only SELECT asks everything; the owner asks too and cannot write; the catalog stays as it was."""
    rows = [_row(f"p_{n % 3}", 60 * n, ("look_page", "buy_pay")[n % 2], f"m{n}") for n in range(12)]
    with warehouse_on("postgres", rows) as warehouse, owner_of_postgres() as owner:
        before = _catalog(owner)
        found = Journeys(warehouse, _of("p_0", "p_1"))
        assert found.n_persons() == 2
        assert found.n_sessions() == 2
        assert found.moves()
        assert found.variants(3)
        assert found.lengths().n_visits == 2
        assert [found.exits(stage) for stage in SCOPE.stages]
        assert _catalog(owner) == before
        url = f"postgres://owner:open%25sesame@127.0.0.1:{postgres_port()}/shop"
        connection = Connection(url)
        with pytest.raises(StoreError, match="read-only transaction"), connection.asking():
            connection.table("events").get_backend().raw_sql("CREATE TEMP TABLE copy AS SELECT 1")
        connection.close()


def test_a_file_of_duckdb_is_opened_to_be_read(tmp_path: Path) -> None:
    """The file's bytes stay as they were, and the engine itself refuses to write."""
    warehouse = _open(
        tmp_path,
        "CREATE TABLE events AS SELECT 'u' AS user_id, 'look_page' AS event, TIMESTAMPTZ '2026-03-01 12:00:00Z' AS at",
    )
    before = (tmp_path / "shop.duckdb").read_bytes()
    assert Journeys(warehouse, SCOPE).names() == {"look_page": 1}
    with pytest.raises(StoreError, match="in read-only mode"), warehouse.reading():
        warehouse.connection.table("events").get_backend().raw_sql("CREATE TABLE copy AS SELECT 1")
    warehouse.close()
    assert (tmp_path / "shop.duckdb").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shop.duckdb"]


def _catalog(owner: "psycopg.Connection[object]") -> list[object]:
    """Return everything there is in the database, temporary things included, and what was ever written to."""
    objects = owner.execute("SELECT oid, relname, relnamespace FROM pg_class ORDER BY oid").fetchall()
    functions = owner.execute("SELECT oid, proname FROM pg_proc ORDER BY oid").fetchall()
    types = owner.execute("SELECT oid, typname FROM pg_type ORDER BY oid").fetchall()
    rows = owner.execute("SELECT xmin, ctid FROM events ORDER BY ctid").fetchall()
    return [objects, functions, types, rows]
