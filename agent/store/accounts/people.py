"""Accounts, their roles in workspaces, and who they are at other sign-in servers."""

import secrets
import unicodedata
from datetime import datetime

import sqlalchemy as sa

from agent.errors import InputError, NotFoundError
from agent.schemas.accounts import Account, Membership, Role
from agent.store.accounts.tables import accounts, identities, memberships
from agent.store.engine import Database

_MAX_LOGIN_CHARS = 254
_MAX_NAME_CHARS = 120
_ID_BYTES = 12


def login_of(text: str) -> str:
    """Return what somebody typed as the login it stands for: one form of every sign, lower case, no space around.

    Raises:
        InputError: It is empty, too long, or has spaces or signs that cannot be seen in it.
    """
    login = unicodedata.normalize("NFKC", text).strip().casefold()
    if not login or len(login) > _MAX_LOGIN_CHARS or " " in login or not login.isprintable():
        msg = f"{text[:80]!r} is no e-mail address or name to sign in with"
        raise InputError(msg, hint=f"Give one without spaces, of at most {_MAX_LOGIN_CHARS} characters.")
    return login


class People:
    """All accounts of the home. Nothing in here writes the audit log; `Accounts` does both together."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, login: str, *, display_name: str, is_admin: bool = False, now: datetime) -> Account:
        """Store an account without a password and return it.

        Raises:
            InputError: The login cannot be used or is taken.
        """
        name = login_of(login)
        with self._db.begin() as connection:
            if self.by_login(name) is not None:
                msg = f"there is already an account {name!r}"
                raise InputError(msg, hint="Change that account instead.")
            account_id = f"a_{secrets.token_hex(_ID_BYTES)}"
            connection.execute(
                sa.insert(accounts).values(
                    account_id=account_id,
                    login=name,
                    display_name=_shown(display_name) or name,
                    is_admin=is_admin,
                    disabled=False,
                    created_at=now,
                )
            )
        return self.get(account_id)

    def get(self, account_id: str) -> Account:
        """Return an account.

        Raises:
            NotFoundError: There is none with this id.
        """
        found = self._one(accounts.c.account_id == account_id)
        if found is None:
            msg = f"there is no account {account_id!r}"
            raise NotFoundError(msg, hint="`journey account list` lists them.")
        return found

    def by_login(self, login: str) -> Account | None:
        """Return the account with a login, as `login_of` gives it, or None."""
        return self._one(accounts.c.login == login)

    def all(self) -> list[Account]:
        """Return all accounts by login."""
        with self._db.read() as connection:
            return [
                account_of(row) for row in connection.execute(sa.select(accounts).order_by(accounts.c.login))
            ]

    def count(self) -> int:
        """Return how many accounts there are, disabled ones among them."""
        with self._db.read() as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(accounts)).scalar_one()

    def password_hash(self, account_id: str) -> str | None:
        """Return the encoded hash of an account's password, or None where it has none."""
        query = sa.select(accounts.c.password_hash).where(accounts.c.account_id == account_id)
        with self._db.read() as connection:
            return connection.execute(query).scalar_one_or_none()

    def set_password_hash(self, account_id: str, encoded: str) -> None:
        """Replace the encoded hash of an account's password."""
        self._change(account_id, password_hash=encoded)

    def set_display_name(self, account_id: str, display_name: str) -> None:
        """Call an account otherwise; an empty name changes nothing."""
        if name := _shown(display_name):
            self._change(account_id, display_name=name)

    def set_admin(self, account_id: str, *, is_admin: bool) -> None:
        """Make an account an admin, or no longer one."""
        self._change(account_id, is_admin=is_admin)

    def set_disabled(self, account_id: str, *, disabled: bool) -> None:
        """Keep an account from signing in, or let it again."""
        self._change(account_id, disabled=disabled)

    def other_admins(self, account_id: str) -> int:
        """Return how many admins beside this account can sign in."""
        query = (
            sa.select(sa.func.count())
            .select_from(accounts)
            .outerjoin(identities, identities.c.account_id == accounts.c.account_id)
            .where(accounts.c.is_admin, ~accounts.c.disabled, accounts.c.account_id != account_id)
            .where(accounts.c.password_hash.is_not(None) | identities.c.subject.is_not(None))
        )
        with self._db.read() as connection:
            return connection.execute(query).scalar_one()

    def memberships(self, account_id: str | None = None) -> list[Membership]:
        """Return the roles of one account, or of all, by account and workspace."""
        query = sa.select(memberships).order_by(memberships.c.account_id, memberships.c.workspace)
        if account_id is not None:
            query = query.where(memberships.c.account_id == account_id)
        with self._db.read() as connection:
            return [
                Membership(account_id=row.account_id, workspace=row.workspace, role=Role(row.role))
                for row in connection.execute(query)
            ]

    def set_role(self, account_id: str, workspace: str, role: Role | None) -> None:
        """Give an account a role in a workspace; None takes it out of it.

        Raises:
            InputError: The role is admin, which is of the account, or the workspace has no name.
        """
        if role is Role.ADMIN or not workspace.strip():
            msg = f"role {role!r} in workspace {workspace!r} cannot be given; viewer, editor or approver was expected"
            raise InputError(msg, hint="Make the account an admin instead, or name the workspace.")
        here = (memberships.c.account_id == account_id) & (memberships.c.workspace == workspace)
        with self._db.begin() as connection:
            connection.execute(sa.delete(memberships).where(here))
            if role is not None:
                connection.execute(
                    sa.insert(memberships).values(account_id=account_id, workspace=workspace, role=role.value)
                )

    def by_identity(self, issuer: str, subject: str) -> Account | None:
        """Return the account of a person at another sign-in server, or None."""
        query = (
            sa.select(accounts)
            .join(identities, identities.c.account_id == accounts.c.account_id)
            .where(identities.c.issuer == issuer, identities.c.subject == subject)
        )
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else account_of(row)

    def add_identity(self, account_id: str, *, issuer: str, subject: str) -> None:
        """Let a person at another sign-in server sign in to an account."""
        with self._db.begin() as connection:
            connection.execute(
                sa.insert(identities).values(account_id=account_id, issuer=issuer, subject=subject)
            )

    def _one(self, condition: sa.ColumnElement[bool]) -> Account | None:
        with self._db.read() as connection:
            row = connection.execute(sa.select(accounts).where(condition)).one_or_none()
        return None if row is None else account_of(row)

    def _change(self, account_id: str, **values: object) -> None:
        with self._db.begin() as connection:
            connection.execute(
                sa.update(accounts).where(accounts.c.account_id == account_id).values(**values)
            )


def account_of(row: sa.Row[tuple[object, ...]]) -> Account:
    """Return a row of the accounts' table without its secret."""
    return Account(
        account_id=row.account_id,
        login=row.login,
        display_name=row.display_name,
        is_admin=row.is_admin,
        disabled=row.disabled,
        has_password=row.password_hash is not None,
        created_at=row.created_at,
    )


def _shown(name: str) -> str:
    """Return a display name as one line that can be seen."""
    visible = "".join(char if char.isprintable() else " " for char in unicodedata.normalize("NFKC", name))
    return " ".join(visible.split())[:_MAX_NAME_CHARS]
