"""Making and opening workspaces, migrations, and what one workspace may see of another."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from agent.errors import InputError, SplitFixedError, StoreVersionError
from agent.schemas.records import RowReject, Side
from agent.store import Home, Store, VaultWriter, tables, vault_tables
from agent.store.engine import Database, open_engine
from agent.store.identity import Link
from agent.store.migrate import Family, migrate
from agent.store.results import StoredThemes
from agent.store.sources import Source
from tests.agent.store.builders import NOW, MemorySink, add_persons, reading, record


def test_create_keeps_salt_and_share_and_makes_a_secret_salt(tmp_path: Path) -> None:
    """A salt that is not given is random and long; both it and the share survive, and the salt is not in the repr."""
    with Store.create(tmp_path / "a", "brand", now=NOW) as first:
        salt, share = first.workspace.salt, first.workspace.holdout
        assert salt not in repr(first.workspace)
    with Store.open(tmp_path / "a", "brand") as again:
        assert (again.workspace.salt, again.workspace.holdout) == (salt, share) == (salt, 0.2)
        assert again.workspace.created_at == NOW
    with Store.create(tmp_path / "b", "brand", now=NOW) as other:
        assert other.workspace.salt != salt
        assert len(salt) >= 32


def test_create_of_an_existing_workspace_opens_it_unless_its_split_would_change(tmp_path: Path) -> None:
    """The split is fixed for good: the same one is fine, another share or salt is refused, the lock is given up."""
    Store.create(tmp_path, "brand", holdout=0.3, salt="s", now=NOW).close()
    with Store.create(tmp_path, "brand", now=NOW + timedelta(days=1)) as again:
        assert again.workspace.holdout == 0.3
        assert again.workspace.created_at == NOW
    Store.create(tmp_path, "brand", holdout=0.3, salt="s", now=NOW).close()
    with pytest.raises(SplitFixedError, match=r"0\.3"):
        Store.create(tmp_path, "brand", holdout=0.2, now=NOW)
    with pytest.raises(SplitFixedError, match="salt") as caught:
        Store.create(tmp_path, "brand", salt="t", now=NOW)
    assert "'s'" not in caught.value.message
    Store.open(tmp_path, "brand").close()


@pytest.mark.parametrize(
    ("name", "share"), [(" ", None), ("brand", 1.0), ("brand", -0.1), ("brand", float("nan"))]
)
def test_create_with_impossible_arguments_is_refused(tmp_path: Path, name: str, share: float | None) -> None:
    """An empty name or a share outside of [0, 1) is the caller's mistake."""
    with pytest.raises(InputError):
        Store.create(tmp_path, name, holdout=share, now=NOW)


@pytest.mark.parametrize(
    ("family", "metadata"),
    [("journey", tables.metadata), ("vault", vault_tables.metadata)],
    ids=["journey", "vault"],
)
def test_migrations_make_exactly_the_declared_tables(
    tmp_path: Path, family: Family, metadata: sa.MetaData
) -> None:
    """What the shipped migrations make is what the code declares, and migrating again changes nothing."""
    path = tmp_path / "a folder with 100% odd name.db"
    database = Database(open_engine(path), path=path)
    migrate(database, family=family)
    migrate(database, family=family)
    with database.read() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    database.close()
    assert differences == []


def test_store_of_a_newer_version_is_refused_untouched(tmp_path: Path) -> None:
    """A revision this program does not know means a newer program wrote the store."""
    Store.create(tmp_path, "brand", now=NOW).close()
    path = Home(tmp_path).database
    database = Database(open_engine(path), path=path)
    with database.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'r9999_later'"))
    database.close()
    with pytest.raises(StoreVersionError, match="r9999_later"):
        Store.open(tmp_path, "brand")


def _fill(store: Store, sink: MemorySink) -> None:
    """Put one thing in every table under ids that do not name the workspace."""
    store.persons.resolve([Link(0, ("k1", "k2"))], source_id="s_1", held_out=sink)
    store.persons.resolve([Link(1, ("k3",)), Link(2, ("k1", "k3"))], source_id="s_1", held_out=sink)
    store.persons.settle(lambda _: Side.WORKING)
    add_persons(store, "p_a")
    store.persons.set_traits({"p_a": {"plan": store.workspace.name}})
    text = f"Delivery was late for the {store.workspace.name} parcel and nobody ever told me why."
    store.records.add([record("1", text=text, attributes={"city": "Bonn"})])
    store.records.add_held_out({"r_9": store.workspace.name})
    store.sources.put(Source("s_1", store.workspace.name, "csv", "reviews", "", NOW))
    store.sources.add_rejects("s_1", [RowReject(4, "bad", store.workspace.name)])
    store.sources.add_persons("s_1", ["p_a"])
    store.seen_events.add(np.full((1, 12), 7, dtype=np.uint8))
    store.readings.add("v1", [reading("1")])
    store.results.save_themes(
        StoredThemes(themes=(), assignments={}, unassigned_share=1.0, input_sha256="0"), now=NOW
    )
    store.model_calls.put("k", "q", store.workspace.name, 1, 2)


def test_workspace_never_sees_another_ones_rows(tmp_path: Path) -> None:
    """Two brands share every id and neither reads, replaces or blocks a row of the other."""
    for name in ("one", "two"):
        with Store.create(tmp_path, name, salt="same", now=NOW) as store:
            assert store.persons.count() == store.records.count() == store.seen_events.count() == 0
            assert store.sources.all() == store.sources.rejects() == store.persons.merges() == []
            assert store.results.themes() is None
            assert store.model_calls.count() == store.readings.count("v1") == 0
            assert store.persons.find(["k1"]) == {}
            assert store.records.keys() == ["channel", "kind", "locale", "source_format"]
            _fill(store, MemorySink())
    for name in ("one", "two"):
        with Store.open(tmp_path, name) as store:
            assert name in store.records.get("r_1").text
            assert store.persons.get("p_a").traits == {"plan": name}
            assert store.records.content_keys(["r_9"]) == {"r_9": name}
            assert [source.name for source in store.sources.all()] == [name]
            assert [reject.message for reject in store.sources.rejects()] == [name]
            assert store.model_calls.get("k") == name


def test_transaction_that_fails_keeps_nothing(store: Store) -> None:
    """Writes of several parts inside one transaction stand or fall together."""
    add_persons(store, "p_a")
    message = "stop"

    def write_and_fail() -> None:
        with store.transaction():
            store.records.add([record("1")])
            store.sources.put(Source("s_1", "a.csv", "csv", "reviews", "", NOW))
            assert store.records.count() == 1
            raise ValueError(message)

    with pytest.raises(ValueError, match="stop"):
        write_and_fail()
    assert store.records.count() == 0
    assert store.sources.all() == []


def test_times_come_back_in_utc(tmp_path: Path) -> None:
    """A time in another zone is the same moment when read."""
    at = datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=2)))
    with Store.create(tmp_path, "brand", now=at) as store:
        store.sources.put(Source("s_1", "a.csv", "csv", "reviews", "", at))
    with Store.open(tmp_path, "brand") as store:
        assert store.workspace.created_at == at
        assert store.sources.all()[0].read_at.tzinfo is UTC


def test_vault_writer_has_no_way_to_read() -> None:
    """The only public things of the vault's writer are the port's four and close."""
    public = {name for name in dir(VaultWriter) if not name.startswith("_")}
    assert public == {"write_records", "write_events", "exclude_records", "exclude_persons", "sweep", "close"}
