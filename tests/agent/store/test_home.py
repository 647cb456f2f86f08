"""The home folder: its lock, and what a home that cannot be used says."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import NotFoundError, StoreError, StoreFullError, StoreLockedError
from agent.store import OpenHome, Store
from agent.store.engine import Database, open_engine
from agent.store.home import Home, folder_name, former_folder_name
from tests.agent.store.builders import NOW

_HOLD = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from agent.store import OpenHome, Store
Store.create(Path(sys.argv[1]), "brand", now=datetime(2026, 1, 1, tzinfo=UTC))
print("held", flush=True)
time.sleep(60)
"""

_FILL = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from agent.errors import StoreFullError
from agent.schemas.records import Side
from agent.store import OpenHome, Store

now = datetime(2026, 1, 1, tzinfo=UTC)
with Store.create(Path(sys.argv[1]), "brand", now=now) as store:
    store.persons.add_unidentified({"p_before": Side.WORKING})
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
    try:
        store.persons.add_unidentified({f"p_{i:024x}": Side.WORKING for i in range(100_000)})
    except StoreFullError as error:
        print(error.code, error.hint)
"""


def test_lock_held_by_living_process_names_pid_and_path_then_dies_with_it(tmp_path: Path) -> None:
    """Another process's home is refused by pid and path; killing that process is enough to take it over."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "held\n"
        with pytest.raises(StoreLockedError, match=f"process {owner.pid} ") as caught:
            Store.open(tmp_path, "brand")
        assert str(tmp_path) in caught.value.message
        assert caught.value.hint
        owner.send_signal(signal.SIGKILL)
    with Store.open(tmp_path, "brand") as store:
        assert store.workspace.name == "brand"
    assert Home(tmp_path).lock.read_text() == str(os.getpid())


def test_second_store_of_one_process_is_refused_until_first_closes(tmp_path: Path) -> None:
    """The lock also keeps two stores of one process apart, and closing gives it up."""
    first = Store.create(tmp_path, "brand", now=NOW)
    with pytest.raises(StoreLockedError, match=str(os.getpid())):
        Store.open(tmp_path, "brand")
    first.close()
    first.close()
    Store.open(tmp_path, "brand").close()


def test_failed_open_gives_the_lock_up(tmp_path: Path) -> None:
    """A workspace that is not there leaves the home free."""
    Store.create(tmp_path, "brand", now=NOW).close()
    with pytest.raises(NotFoundError, match="'other'"):
        Store.open(tmp_path, "other")
    Store.open(tmp_path, "brand").close()


def test_open_without_a_home_makes_nothing(tmp_path: Path) -> None:
    """Opening a home that is not there says so and leaves no folder behind."""
    with pytest.raises(NotFoundError) as caught:
        Store.open(tmp_path / "home", "brand")
    assert "journey ingest" in caught.value.hint
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("below", [False, True], ids=["is a file", "is below a file"])
def test_home_that_is_no_folder_is_refused(tmp_path: Path, below: bool) -> None:
    """A file in the way is named."""
    file = tmp_path / "file"
    file.write_text("x")
    home = file / "home" if below else file
    with pytest.raises(StoreError, match=str(home)):
        Store.create(home, "brand", now=NOW)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a file system that nobody can write")
def test_home_that_cannot_be_written_is_refused() -> None:
    """A read-only place gives an error of the store with a hint, not one of the operating system."""
    with pytest.raises(StoreError, match="/proc/journey") as caught:
        Store.create(Path("/proc/journey"), "brand", now=NOW)
    assert "--home" in caught.value.hint


def test_database_that_is_none_is_refused(tmp_path: Path) -> None:
    """A file that is no database gives a clear error and keeps the file."""
    Store.create(tmp_path, "brand", now=NOW).close()
    Home(tmp_path).database.write_bytes(b"no database at all, " * 400)
    with pytest.raises(StoreError, match=r"journey\.db"):
        Store.open(tmp_path, "brand")
    Home(tmp_path).database.write_bytes(b"")
    with pytest.raises(NotFoundError):
        Store.open(tmp_path, "brand")


def test_write_beyond_file_size_limit_is_store_full_and_keeps_what_was_there(tmp_path: Path) -> None:
    """A limit on file sizes ends the write with StoreFullError; nothing of it is kept, the rest is intact."""
    done = subprocess.run(
        [sys.executable, "-c", _FILL, str(tmp_path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.startswith("store.full Free some space"), done.stderr
    with Store.open(tmp_path, "brand") as store:
        assert store.persons.count() == 1


def test_full_database_is_store_full(tmp_path: Path) -> None:
    """SQLite's own "disk is full" is StoreFullError, and names the file."""
    path = tmp_path / "small.db"
    database = Database(open_engine(path), path=path)

    def fill() -> None:
        with database.begin() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 3")
            connection.exec_driver_sql("CREATE TABLE t AS SELECT randomblob(100000) AS x")

    with pytest.raises(StoreFullError, match=r"small\.db"):
        fill()
    database.close()


def test_home_folders_are_private(tmp_path: Path) -> None:
    """Only the owner reads the home."""
    Store.create(tmp_path / "home", "brand", now=NOW).close()
    assert (tmp_path / "home").stat().st_mode & 0o077 == 0
    assert (tmp_path / "home" / "vault").stat().st_mode & 0o077 == 0


def test_folder_name_differs_for_different_workspaces() -> None:
    """Names become folder names that cannot leave their folder or collide."""
    names = ["brand", "Brand", "a/b", "a%2fb", "..", "", "ä b", "*b", "ʫ", "*b+", "\t9", "\x99", "Ā0", "က"]
    made = [folder_name(name) for name in names]
    assert len(set(made)) == len(names)
    assert all("/" not in name and name not in {".", ".."} for name in made)


@given(st.text(max_size=8), st.text(max_size=8))
def test_folder_names_are_as_different_as_the_names(one: str, other: str) -> None:
    """No two names share a folder, and names of ordinary letters are spelt as they always were."""
    assert (folder_name(one) == folder_name(other)) == (one == other)
    if all(" " <= sign <= "\xff" for sign in one):
        assert folder_name(one) == former_folder_name(one)


def test_folder_of_an_earlier_version_is_kept_under_its_name_of_now(tmp_path: Path) -> None:
    """A brand with other letters finds its data again; a folder that stands for another brand stays that one's."""
    names = ["Мир", "*b", "ʫ"]
    for name in names:
        Store.create(tmp_path, name, now=NOW).close()
    home = Home(tmp_path)
    for name in names:
        folder = home.lake / "events" / former_folder_name(name)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "part").write_text(name)
    with Store.open(tmp_path, "Мир"):
        pass
    assert (home.lake_events("Мир") / "part").read_text() == "Мир"
    assert (home.lake_events("*b") / "part").exists()
    assert not home.lake_events("ʫ").exists()


def test_what_a_killed_process_left_is_gone_when_the_home_is_opened_again(tmp_path: Path) -> None:
    """Values of customers that were spilled do not lie about; the stores stay."""
    home = Home(tmp_path / "home")
    OpenHome.open(home.path, create=True).close()
    left = [home.scratch / "journey-1" / "values.parquet", home.path / "journey-2" / "values.parquet"]
    for file in left:
        file.parent.mkdir(parents=True)
        file.write_bytes(b"x")
    OpenHome.open(home.path).close()
    assert not [file for file in left if file.exists()]
    assert home.database.exists()
