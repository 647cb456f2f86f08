"""The audit log: it only grows, and whoever goes around that is found."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import StoreError
from agent.schemas.accounts import Actor, AuditFilter
from agent.store.accounts import Accounts
from agent.store.engine import Database, open_engine
from agent.store.home import Home
from tests.agent.store.builders import NOW

_BY = Actor(who="anna", address="192.0.2.1")
_COLUMNS = ("at", "who", "action", "what", "workspace", "outcome", "address", "sha256")


def _write(accounts: Accounts, texts: Sequence[str]) -> None:
    for number, text in enumerate(texts):
        accounts.audit.append(
            "map.approve", text, by=_BY, workspace="acme", now=NOW + timedelta(minutes=number)
        )


def _around(home: Path, *statements: str) -> None:
    """Change the file as somebody who has it, but not through the product."""
    engine = open_engine(Home(home).accounts_database)
    with engine.begin() as connection:
        for statement in ("DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete", *statements):
            connection.execute(sa.text(statement))
    engine.dispose()


def test_entries_come_back_as_they_were_written(tmp_path: Path) -> None:
    """Newest first, numbered without gaps, whatever zone the time was given in."""
    with Accounts.open(tmp_path) as accounts:
        assert accounts.verify_audit().n_entries == 0
        there = datetime(2026, 6, 1, 14, 0, tzinfo=timezone(timedelta(hours=2)))
        accounts.audit.append("a.b", "ü\u202e😀\n", by=_BY, outcome="refused", now=there)
        accounts.audit.append("a.c", "x" * 1000, by=_BY, workspace="w", now=NOW)
        second, first = accounts.audit.entries(AuditFilter())
        assert (first.number, first.at, first.who, first.action, first.what, first.workspace, first.outcome) == (
            1, datetime(2026, 6, 1, 12, 0, tzinfo=UTC), "anna", "a.b", "ü\u202e😀\n", "", "refused",
        )  # fmt: skip
        assert (second.number, second.what, second.address) == (2, "x" * 300, "192.0.2.1")
        check = accounts.verify_audit()
        assert (check.n_entries, check.broken_at, check.sha256) == (2, None, second.sha256)


def test_entries_are_filtered_and_paged(tmp_path: Path) -> None:
    """Every field of the filter keeps what it should, alone and with others."""
    with Accounts.open(tmp_path) as accounts:
        _write(accounts, ["one", "two"])
        accounts.audit.append("account.invite", "ben", by=Actor(who="root"), now=NOW + timedelta(days=1))
        accounts.audit.append("accountant", "x", by=_BY, outcome="refused", now=NOW + timedelta(days=2))

        def numbers(**wanted: object) -> list[int]:
            return [entry.number for entry in accounts.audit.entries(AuditFilter.model_validate(wanted))]

        assert numbers() == [4, 3, 2, 1]
        assert numbers(who="root") == [3]
        assert numbers(action="account") == [3]
        assert numbers(action="map.approve") == [2, 1]
        assert numbers(action="map.appro") == numbers(action="m%") == []
        assert numbers(workspace="acme") == [2, 1]
        assert numbers(outcome="refused") == [4]
        assert numbers(since=NOW + timedelta(days=1)) == [4, 3]
        assert numbers(until=NOW + timedelta(days=1), workspace="acme") == [2, 1]
        assert [e.number for e in accounts.audit.entries(AuditFilter(), before=4, limit=2)] == [3, 2]


@pytest.mark.parametrize("statement", ["UPDATE audit SET who = 'x'", "DELETE FROM audit"])
def test_log_refuses_to_be_changed(tmp_path: Path, statement: str) -> None:
    """Also by our own code."""
    with Accounts.open(tmp_path) as accounts:
        _write(accounts, ["one"])
        path = Home(tmp_path).accounts_database
        database = Database(open_engine(path), path=path)
        with pytest.raises(StoreError, match="only grows"), database.begin() as connection:
            connection.execute(sa.text(statement))
        database.close()
        assert accounts.verify_audit().n_entries == 1


@settings(max_examples=25, deadline=None)
@given(
    texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=2, max_size=5),
    place=st.integers(0, 100),
    column=st.sampled_from(_COLUMNS),
)
def test_change_of_any_field_of_any_entry_is_found(texts: list[str], place: int, column: str) -> None:
    """Where it was made, not only that it was."""
    number = place % len(texts) + 1
    with TemporaryDirectory() as folder, Accounts.open(Path(folder)) as accounts:
        _write(accounts, texts)
        assert accounts.verify_audit().broken_at is None
        value = {"at": "'2020-01-01 00:00:00.000000'", "sha256": "zeroblob(32)"}.get(column, "'changed'")
        _around(Path(folder), f"UPDATE audit SET {column} = {value} WHERE number = {number}")  # noqa: S608
        assert accounts.verify_audit().broken_at == number


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("DELETE FROM audit WHERE number = 2", 2),
        ("DELETE FROM audit WHERE number = 1", 1),
        ("UPDATE audit SET number = number + 10 WHERE number = 3", 3),
        (
            "INSERT INTO audit SELECT 4, at, 'mallory', action, what, workspace, outcome, address, sha256 FROM audit WHERE number = 3",
            4,
        ),
    ],
    ids=["taken-out", "first-taken-out", "moved", "put-in"],
)
def test_entry_that_was_taken_out_or_put_in_is_found(tmp_path: Path, statement: str, broken_at: int) -> None:
    """A gap is as telling as a change."""
    with Accounts.open(tmp_path) as accounts:
        _write(accounts, ["one", "two", "three"])
        _around(tmp_path, statement)
        assert accounts.verify_audit().broken_at == broken_at


def test_entries_cut_off_the_end_show_by_the_digest_that_was_kept(tmp_path: Path) -> None:
    """The chain alone cannot tell; the digest of the last entry, noted elsewhere, does."""
    with Accounts.open(tmp_path) as accounts:
        _write(accounts, ["one", "two", "three"])
        kept = accounts.verify_audit()
        _around(tmp_path, "DELETE FROM audit WHERE number = 3")
        cut = accounts.verify_audit()
        assert cut.broken_at is None
        assert cut.sha256 != kept.sha256
        assert cut.n_entries == 2
