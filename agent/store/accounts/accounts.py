"""What can be done with accounts; each deed and its entry in the audit log are stored together or not at all.

Whoever's role or password changes is signed out everywhere, so no session outlives the rights it was started with.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from agent.errors import InputError
from agent.schemas.accounts import Account, Actor, AuditCheck, LinkPurpose, OneTimeLink, Role
from agent.store.accounts.attempts import Attempts
from agent.store.accounts.audit import AuditLog
from agent.store.accounts.links import Links
from agent.store.accounts.people import People, login_of
from agent.store.accounts.sessions import NewSession, Sessions
from agent.store.engine import Database, open_engine
from agent.store.home import Home, store_error_of
from agent.store.migrate import migrate


class Invited(NamedTuple):
    """An account that was asked to join, and the token of its link."""

    account: Account
    token: str


class Accounts:
    """The accounts of a home. Use it as a context manager or close it; several processes may have it open."""

    def __init__(self, database: Database) -> None:
        """Wrap an open database; call `open`."""
        self.people = People(database)
        self.sessions = Sessions(database)
        self.links = Links(database, self.people)
        self.attempts = Attempts(database)
        self.audit = AuditLog(database)
        self._db = database

    @classmethod
    def open(cls, home: Path) -> Self:
        """Open the accounts of a home, making their database where it is missing, readable by its owner alone.

        Raises:
            StoreVersionError: A newer version of the product wrote it.
            StoreError: The home cannot be read or written.
        """
        place = Home(home)
        place.prepare()
        path = place.accounts_database
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        except OSError as error:
            raise store_error_of(error, path=place.path) from error
        database = Database(open_engine(path), path=path)
        try:
            migrate(database, family="accounts")
        except BaseException:
            database.close()
            raise
        return cls(database)

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Store everything that is done inside together, or nothing of it."""
        with self._db.begin():
            yield

    def close(self) -> None:
        """Close the database; doing so twice changes nothing."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def verify_audit(self) -> AuditCheck:
        """Say whether the audit log is as it was written; see `AuditLog.verify`."""
        return self.audit.verify()

    def first_account_token(self, *, now: datetime) -> str | None:
        """Return the token of a link that makes the first admin, or None where there is an account.

        The tokens made before work no longer.
        """
        with self._db.begin():
            if self.people.count():
                return None
            return self.links.make(LinkPurpose.FIRST_ACCOUNT, account_id=None, now=now)

    def accept(
        self,
        token: str,
        *,
        login: str | None = None,
        display_name: str = "",
        password_hash: str,
        address: str,
        now: datetime,
    ) -> Account:
        """Use a link up: make the first admin, or give its account a password.

        Args:
            token: Of the link.
            login: Of the first admin; of no use for the other purposes, whose account has one.
            display_name: Name on pages; the one there is stays where this is empty.
            password_hash: Encoded hash of the new password.
            address: Network address it comes from.
            now: Time of it.

        Raises:
            SpentLinkError: The link works no longer.
            InputError: The login cannot be used.
        """
        with self._db.begin():
            link = self.links.use(token, now=now)
            account = link.account or self.people.add(
                login or "", display_name=display_name, is_admin=True, now=now
            )
            self.people.set_display_name(account.account_id, display_name)
            self._replace_password(account.account_id, password_hash, now=now)
            by = Actor(who=account.login, address=address)
            self.audit.append(f"account.{link.purpose.value}_used", account.login, by=by, now=now)
            return self.people.get(account.account_id)

    def look(self, token: str, *, now: datetime) -> OneTimeLink:
        """Return what a link is for; see `Links.look`."""
        return self.links.look(token, now=now)

    def invite(
        self,
        login: str,
        *,
        display_name: str = "",
        workspace: str = "",
        role: Role | None = None,
        by: Actor,
        now: datetime,
    ) -> Invited:
        """Make an account that a link lets its owner into, or another link where the first was not used.

        Args:
            login: E-mail address or name.
            display_name: Name on pages; the login where empty.
            workspace: Where it gets a role at once; none where empty.
            role: That role; `Role.ADMIN` makes the account an admin, of all workspaces.
            by: Who invites.
            now: Time of it.

        Raises:
            InputError: The account is in use already, or the login, workspace or role cannot be used.
        """
        with self._db.begin():
            found = self.people.by_login(login_of(login))
            if found is not None and (found.has_password or found.disabled):
                msg = f"there is already an account {found.login!r}"
                raise InputError(msg, hint="Change its roles instead of inviting it again.")
            account = found or self.people.add(login, display_name=display_name, now=now)
            if role is Role.ADMIN:
                self.people.set_admin(account.account_id, is_admin=True)
            elif role is not None:
                self.people.set_role(account.account_id, workspace, role)
            self.sessions.end_all(account.account_id)
            token = self.links.make(LinkPurpose.INVITE, account_id=account.account_id, now=now)
            what = f"{account.login} as {role.value}" if role else account.login
            self.audit.append("account.invite", what, by=by, workspace=workspace, now=now)
            return Invited(self.people.get(account.account_id), token)

    def reset(self, account_id: str, *, by: Actor, now: datetime) -> str:
        """Return the token of a link under which an account gets another password; the old one works until then."""
        with self._db.begin():
            account = self._enabled(account_id)
            token = self.links.make(LinkPurpose.RESET, account_id=account_id, now=now)
            self.audit.append("account.reset", account.login, by=by, now=now)
            return token

    def disable(self, account_id: str, *, by: Actor, now: datetime) -> None:
        """Keep an account from signing in and end its sessions.

        Raises:
            InputError: It is the last admin.
        """
        with self._db.begin():
            account = self.people.get(account_id)
            self._keep_an_admin(account)
            self.people.set_disabled(account_id, disabled=True)
            self.links.revoke(account_id, now=now)
            self.sessions.end_all(account_id)
            self.audit.append("account.disable", account.login, by=by, now=now)

    def enable(self, account_id: str, *, by: Actor, now: datetime) -> None:
        """Let a disabled account sign in again."""
        with self._db.begin():
            account = self.people.get(account_id)
            self.people.set_disabled(account_id, disabled=False)
            self.audit.append("account.enable", account.login, by=by, now=now)

    def set_role(
        self, account_id: str, workspace: str, role: Role | None, *, by: Actor, now: datetime
    ) -> None:
        """Give an account a role in a workspace, or take it out where None; its sessions end.

        Raises:
            InputError: The role is admin or the workspace has no name.
        """
        with self._db.begin():
            account = self.people.get(account_id)
            held = {member.workspace: member.role for member in self.people.memberships(account_id)}
            if held.get(workspace) == role:
                return
            self.people.set_role(account_id, workspace, role)
            self.sessions.end_all(account_id)
            what = f"{account.login} is {role.value if role else 'no member'}"
            self.audit.append("account.role", what, by=by, workspace=workspace, now=now)

    def set_admin(self, account_id: str, *, is_admin: bool, by: Actor, now: datetime) -> None:
        """Make an account an admin, or no longer one; its sessions end.

        Raises:
            InputError: It is the last admin.
        """
        with self._db.begin():
            account = self.people.get(account_id)
            if account.is_admin == is_admin:
                return
            if not is_admin:
                self._keep_an_admin(account)
            self.people.set_admin(account_id, is_admin=is_admin)
            self.sessions.end_all(account_id)
            what = f"{account.login} is {'an admin' if is_admin else 'no admin'}"
            self.audit.append("account.admin", what, by=by, now=now)

    def change_password(
        self, account_id: str, password_hash: str, *, user_agent: str, by: Actor, now: datetime
    ) -> NewSession:
        """Replace a password, end all sessions of the account and return a new one for the browser that asked."""
        with self._db.begin():
            account = self._enabled(account_id)
            self._replace_password(account_id, password_hash, now=now)
            self.audit.append("account.password", account.login, by=by, now=now)
            return self.sessions.start(account_id, user_agent=user_agent, now=now)

    def sign_in(
        self, account: Account, *, replaces: str | None, user_agent: str, address: str, now: datetime
    ) -> NewSession:
        """Start a session for a person whose identity was proved.

        Args:
            account: Whose.
            replaces: Token of the session the browser had, which ends; None where it had none.
            user_agent: What the browser calls itself.
            address: Network address it comes from.
            now: Time of it.
        """
        with self._db.begin():
            enabled = self._enabled(account.account_id)
            if replaces is not None and (held := self.sessions.find(replaces, now=now)) is not None:
                self.sessions.end(held.account.account_id, held.session.session_id)
            self.attempts.succeed(enabled.login)
            by = Actor(who=enabled.login, address=address)
            self.audit.append("session.start", enabled.login, by=by, now=now)
            return self.sessions.start(enabled.account_id, user_agent=user_agent, now=now)

    def known_person(
        self, issuer: str, subject: str, *, verified_email: str | None, name: str, address: str, now: datetime
    ) -> Account:
        """Return the account of a person whom another sign-in server vouches for, making it where there is none.

        A new account has no workspace. An account that is there already is taken where the server says that it verified the
        same e-mail address; an address it did not verify could be anybody's and is never used.

        Raises:
            InputError: No account is in the home yet; the first one is made by the link printed at start.
        """
        with self._db.begin():
            found = self.people.by_identity(issuer, subject)
            if found is not None:
                return found
            if self.people.count() == 0:
                msg = "this home has no admin yet, so nobody can be let in"
                raise InputError(msg, hint="Open the link that `journey serve` prints at start.")
            login = login_of(verified_email or f"{subject}@{issuer}")
            account = self.people.by_login(login) or self.people.add(login, display_name=name, now=now)
            self.people.add_identity(account.account_id, issuer=issuer, subject=subject)
            by = Actor(who=account.login, address=address)
            self.audit.append("account.identity", f"{account.login} at {issuer}", by=by, now=now)
            return account

    def _replace_password(self, account_id: str, encoded: str, *, now: datetime) -> None:
        self.people.set_password_hash(account_id, encoded)
        self.links.revoke(account_id, now=now)
        self.sessions.end_all(account_id)
        self.attempts.succeed(self.people.get(account_id).login)

    def _enabled(self, account_id: str) -> Account:
        account = self.people.get(account_id)
        if account.disabled:
            msg = f"the account {account.login!r} is disabled"
            raise InputError(msg, hint="An admin can enable it again.")
        return account

    def _keep_an_admin(self, account: Account) -> None:
        if account.is_admin and not account.disabled and self.people.other_admins(account.account_id) == 0:
            msg = f"{account.login!r} is the last admin who can sign in"
            raise InputError(msg, hint="Make another account an admin first.")
