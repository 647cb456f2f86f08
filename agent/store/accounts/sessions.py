"""Sessions: which browsers are signed in; a token is stored as its hash alone."""

import hashlib
import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from agent.errors import StoreError
from agent.schemas.accounts import Role, Session, SignedIn
from agent.store.accounts.people import account_of
from agent.store.accounts.tables import accounts, memberships, sessions
from agent.store.engine import Database

IDLE = timedelta(hours=12)
"""A session that is not used for this long is over."""
ABSOLUTE = timedelta(days=7)
"""A session is over after this long, however much it is used."""
_SEEN_EVERY = timedelta(minutes=1)
_TOKEN_BYTES = 32
_ID_BYTES = 9
_MAX_USER_AGENT_CHARS = 300


class NewSession(NamedTuple):
    """A session that was just started."""

    token: str
    """Signs in whoever has it; not stored, so it cannot be had again."""
    session: Session


def new_token() -> str:
    """Return 256 random bits that may stand in a URL or a cookie."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def token_sha256(token: str) -> bytes:
    """Return what is stored of a token; it is random and long, so a plain digest keeps it."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


class Sessions:
    """All sessions of the home."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def start(self, account_id: str, *, user_agent: str, now: datetime) -> NewSession:
        """Sign an account in under a token that nobody had before; sessions that are over are swept out."""
        token = new_token()
        session = Session(
            session_id=f"s_{secrets.token_hex(_ID_BYTES)}",
            account_id=account_id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + ABSOLUTE,
            user_agent=user_agent[:_MAX_USER_AGENT_CHARS],
        )
        with self._db.begin() as connection:
            connection.execute(sa.delete(sessions).where(~_live(now)))
            connection.execute(
                sa.insert(sessions).values(token_sha256=token_sha256(token), **session.model_dump())
            )
        return NewSession(token, session)

    def find(self, token: str, *, now: datetime) -> SignedIn | None:
        """Return who a token signs in, or None where it is unknown, over, or the account is disabled."""
        with self._db.read() as connection:
            held = connection.execute(
                sa.select(sessions).where(sessions.c.token_sha256 == token_sha256(token), _live(now))
            ).one_or_none()
            if held is None:
                return None
            person = connection.execute(
                sa.select(accounts).where(accounts.c.account_id == held.account_id, ~accounts.c.disabled)
            ).one_or_none()
            if person is None:
                return None
            roles = connection.execute(
                sa.select(memberships.c.workspace, memberships.c.role).where(
                    memberships.c.account_id == held.account_id
                )
            ).all()
        if now - held.last_seen_at >= _SEEN_EVERY:
            self._touch(token, now)
        return SignedIn(
            account=account_of(person),
            session=_session(held),
            roles={workspace: Role(role) for workspace, role in roles},
        )

    def of(self, account_id: str, *, now: datetime) -> list[Session]:
        """Return the sessions of an account that still hold, the last used first."""
        query = (
            sa.select(sessions)
            .where(sessions.c.account_id == account_id, _live(now))
            .order_by(sessions.c.last_seen_at.desc(), sessions.c.session_id)
        )
        with self._db.read() as connection:
            return [_session(row) for row in connection.execute(query)]

    def end(self, account_id: str, session_id: str) -> bool:
        """End a session of an account; False where it has none of this id."""
        return self._delete(sessions.c.account_id == account_id, sessions.c.session_id == session_id) > 0

    def end_all(self, account_id: str, *, but: str | None = None) -> int:
        """End the sessions of an account, but for one of this id, and return how many there were."""
        return self._delete(sessions.c.account_id == account_id, sessions.c.session_id != (but or ""))

    def _delete(self, *conditions: sa.ColumnElement[bool]) -> int:
        with self._db.begin() as connection:
            return connection.execute(sa.delete(sessions).where(*conditions)).rowcount

    def _touch(self, token: str, now: datetime) -> None:
        # A full disk must not keep people from reading; the session then only ends the earlier.
        with suppress(StoreError), self._db.begin() as connection:
            connection.execute(
                sa.update(sessions)
                .where(sessions.c.token_sha256 == token_sha256(token))
                .values(last_seen_at=now)
            )


def _live(now: datetime) -> sa.ColumnElement[bool]:
    return (sessions.c.expires_at > now) & (sessions.c.last_seen_at > now - IDLE)


def _session(row: sa.Row[tuple[object, ...]]) -> Session:
    return Session(**{name: getattr(row, name) for name in Session.model_fields})
