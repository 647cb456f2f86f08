"""The accounts of a home: their database, sessions, and what is stored together."""

import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from agent.errors import InputError, NotFoundError, StoreError, StoreVersionError
from agent.schemas.accounts import Account, Actor, AuditFilter, Role
from agent.store import Store
from agent.store.accounts import Accounts
from agent.store.accounts.people import login_of
from agent.store.accounts.sessions import ABSOLUTE, IDLE
from agent.store.accounts.tables import metadata
from agent.store.engine import Database, open_engine
from agent.store.home import Home
from agent.store.migrate import migrate
from tests.agent.store.builders import NOW

_BY = Actor(who="test", address="192.0.2.1")


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    """The accounts of a new home."""
    with Accounts.open(tmp_path / "home") as opened:
        yield opened


def _account(accounts: Accounts, login: str = "anna", **facts: bool) -> Account:
    return accounts.people.add(login, display_name=login.title(), now=NOW, **facts)


def test_migrations_make_exactly_the_declared_tables(tmp_path: Path) -> None:
    """What the shipped migrations make is what the code declares, and migrating again changes nothing."""
    path = tmp_path / "accounts.db"
    database = Database(open_engine(path), path=path)
    migrate(database, family="accounts")
    migrate(database, family="accounts")
    with database.read() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    database.close()
    assert differences == []


def test_database_is_its_owner_s_alone_and_needs_no_lock(tmp_path: Path) -> None:
    """Whatever the folder's own permissions; while a server holds the home and its accounts, another process sees them."""
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    with (
        Store.create(home, "acme", now=NOW),
        Accounts.open(home) as server,
        Accounts.open(home) as command_line,
    ):
        made = _account(server)
        assert command_line.people.all() == [made]
        for path in home.glob("accounts.db*"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_home_that_is_no_folder_says_so(tmp_path: Path) -> None:
    """In the product's words."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be used"):
        Accounts.open(tmp_path / "file")


def test_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """Nothing of it is touched."""
    Accounts.open(tmp_path).close()
    engine = open_engine(Home(tmp_path).accounts_database)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'r9999_later'"))
    engine.dispose()
    with pytest.raises(StoreVersionError, match="r9999_later"):
        Accounts.open(tmp_path)


def test_logins_are_one_whatever_their_spelling(accounts: Accounts) -> None:
    """Case, spaces around and compatible signs make no other person."""
    made = _account(accounts, " Anna@Example.ORG")
    assert made.login == "anna@example.org"
    assert accounts.people.by_login(login_of("ＡＮＮＡ@example.org ")) == made
    with pytest.raises(InputError, match="already an account"):
        _account(accounts, "ANNA@EXAMPLE.ORG")


@pytest.mark.parametrize("login", ["", "  ", "a b", "a\tb", "a\u200bb", "\u202eanna", "x" * 255, "a\nb"])
def test_login_that_cannot_be_seen_or_typed_is_refused(login: str) -> None:
    """Two names that look the same must not be two."""
    with pytest.raises(InputError, match="no e-mail address or name"):
        login_of(login)


def test_display_name_is_one_visible_line(accounts: Accounts) -> None:
    """It stands in tables and in the navigation."""
    made = accounts.people.add("anna", display_name="An\u202ena\n  Bee" + "x" * 500, now=NOW)
    assert made.display_name.startswith("An na Bee")
    assert len(made.display_name) == 120


def test_deed_and_its_entry_are_stored_together_or_not_at_all(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the log cannot be written nothing is done."""
    account = _account(accounts)

    def fail(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr(accounts.audit, "append", fail)
    for deed in (
        lambda: accounts.invite("ben", by=_BY, now=NOW),
        lambda: accounts.set_role(account.account_id, "acme", Role.EDITOR, by=_BY, now=NOW),
        lambda: accounts.set_admin(account.account_id, is_admin=True, by=_BY, now=NOW),
        lambda: accounts.disable(account.account_id, by=_BY, now=NOW),
        lambda: accounts.change_password(account.account_id, "h", user_agent="", by=_BY, now=NOW),
        lambda: accounts.sign_in(account, replaces=None, user_agent="", address="", now=NOW),
    ):
        with pytest.raises(OSError):  # noqa: PT011 - any
            deed()
    assert accounts.people.all() == [account]
    assert accounts.people.memberships() == []
    assert accounts.people.password_hash(account.account_id) is None
    assert accounts.sessions.of(account.account_id, now=NOW) == []


def test_session_is_found_by_its_token_until_it_is_over(accounts: Accounts) -> None:
    """Idle or absolute, to the second; what is over is swept out at the next sign-in."""
    account = _account(accounts)
    token, session = accounts.sessions.start(account.account_id, user_agent="u" * 999, now=NOW)
    assert len(session.user_agent) == 300
    found = accounts.sessions.find(token, now=NOW)
    assert found is not None
    assert (found.account, found.session, found.roles) == (account, session, {})
    assert accounts.sessions.find(token + "x", now=NOW) is None
    assert accounts.sessions.find(session.session_id, now=NOW) is None
    assert accounts.sessions.find(token, now=NOW + IDLE) is None
    time = NOW
    while time < NOW + ABSOLUTE - timedelta(hours=6):
        time += timedelta(hours=6)
        assert accounts.sessions.find(token, now=time - timedelta(seconds=1)) is not None
    assert accounts.sessions.find(token, now=NOW + ABSOLUTE) is None
    accounts.sessions.start(account.account_id, user_agent="", now=NOW + ABSOLUTE)
    assert len(accounts.sessions.of(account.account_id, now=NOW)) == 1


def test_reading_goes_on_where_the_use_of_a_session_cannot_be_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk keeps nobody from looking at a map."""
    with Accounts.open(tmp_path) as accounts:
        account = _account(accounts)
        token, _ = accounts.sessions.start(account.account_id, user_agent="", now=NOW)

        def full(*_: object) -> None:
            msg = "full"
            raise StoreError(msg)

        monkeypatch.setattr(Database, "begin", full)
        assert accounts.sessions.find(token, now=NOW + timedelta(hours=1)) is not None


def test_unknown_account_is_not_found(accounts: Accounts) -> None:
    """By every way that takes an id; nothing is logged."""
    for deed in (
        lambda: accounts.people.get("a_0"),
        lambda: accounts.reset("a_0", by=_BY, now=NOW),
        lambda: accounts.disable("a_0", by=_BY, now=NOW),
        lambda: accounts.enable("a_0", by=_BY, now=NOW),
        lambda: accounts.set_role("a_0", "acme", Role.VIEWER, by=_BY, now=NOW),
    ):
        with pytest.raises(NotFoundError, match="a_0"):
            deed()
    assert accounts.audit.entries(AuditFilter()) == []


def test_same_role_again_changes_and_logs_nothing(accounts: Accounts) -> None:
    """Saving a form unchanged signs nobody out."""
    account = _account(accounts)
    accounts.set_role(account.account_id, "acme", Role.VIEWER, by=_BY, now=NOW)
    token, _ = accounts.sessions.start(account.account_id, user_agent="", now=NOW)
    accounts.set_role(account.account_id, "acme", Role.VIEWER, by=_BY, now=NOW)
    accounts.set_admin(account.account_id, is_admin=False, by=_BY, now=NOW)
    assert accounts.sessions.find(token, now=NOW) is not None
    assert len(accounts.audit.entries(AuditFilter())) == 1
    accounts.set_role(account.account_id, "acme", None, by=_BY, now=NOW)
    assert accounts.people.memberships() == []
    assert accounts.sessions.find(token, now=NOW) is None


@pytest.mark.parametrize(("workspace", "role"), [("acme", Role.ADMIN), (" ", Role.VIEWER), ("", None)])
def test_role_that_cannot_be_is_refused(accounts: Accounts, workspace: str, role: Role | None) -> None:
    """Admin is of the account; a workspace has a name."""
    account = _account(accounts)
    accounts.people.set_role(account.account_id, "acme", Role.VIEWER)
    with pytest.raises(InputError, match="cannot be given"):
        accounts.people.set_role(account.account_id, workspace, role)
    assert len(accounts.people.memberships()) == 1
