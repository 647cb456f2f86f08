"""How often sign-in may be tried: waits that double by account and by network, and never become a lock-out.

A try is counted when it begins, so that a hundred at the same time are a hundred and not one.
"""

import hashlib
import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from agent.errors import InputError, TooManyAttemptsError
from agent.store.accounts.people import login_of
from agent.store.accounts.tables import attempts
from agent.store.engine import Database

_SITE_PREFIX = 64
"""Bits of an IPv6 address that one subscriber has at least; the others cost nothing to change."""
_MOST_DOUBLINGS = 20


@dataclass(frozen=True, slots=True)
class Limit:
    """How many failures are free, over which time they count, and the longest wait after them."""

    n_free: int
    window: timedelta
    longest_s: int

    def wait_s(self, n_failed: int) -> int:
        """Return the seconds to wait after the latest of some failures: 1, 2, 4 ... up to the longest."""
        if n_failed < self.n_free:
            return 0
        return min(self.longest_s, 2 ** min(n_failed - self.n_free, _MOST_DOUBLINGS))


BY_ACCOUNT = Limit(n_free=5, window=timedelta(hours=24), longest_s=900)
BY_NETWORK = Limit(n_free=30, window=timedelta(hours=1), longest_s=300)
"""Wider than an account's, because an office shares one address."""


class Attempts:
    """Tries to sign in that failed, or that are under way."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def begin(self, login: str, *, address: str, now: datetime) -> None:
        """Count a try as failed before it is known to succeed.

        Args:
            login: What was typed, whether or not there is such an account.
            address: Network address it comes from.
            now: Time of the try.

        Raises:
            TooManyAttemptsError: It comes too soon after others; it is then not counted.
        """
        digest, network = _login_sha256(login), network_of(address)
        with self._db.begin() as connection:
            connection.execute(sa.delete(attempts).where(attempts.c.at <= now - BY_ACCOUNT.window))
            wait_s = max(
                _wait_s(connection, attempts.c.login_sha256 == digest, BY_ACCOUNT, now),
                _wait_s(connection, attempts.c.network == network, BY_NETWORK, now),
            )
            if wait_s > 0:
                msg = f"too many sign-ins failed under this name or from this address; the next one can be tried in {wait_s} s"
                raise TooManyAttemptsError(
                    msg,
                    retry_after_s=wait_s,
                    hint="Wait, then try again; an admin can also make you a link for a new password.",
                )
            connection.execute(sa.insert(attempts).values(at=now, login_sha256=digest, network=network))

    def succeed(self, login: str) -> None:
        """Forget the failures of a login, because its owner has signed in."""
        with self._db.begin() as connection:
            connection.execute(sa.delete(attempts).where(attempts.c.login_sha256 == _login_sha256(login)))


def network_of(address: str) -> str:
    """Return whom an address stands for: itself, or the network of 64 bits that an IPv6 address is of."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, _SITE_PREFIX), strict=False))


def _wait_s(connection: sa.Connection, condition: sa.ColumnElement[bool], limit: Limit, now: datetime) -> int:
    """Return the whole seconds that are left to wait, 0 where none are."""
    n_failed, latest = connection.execute(
        sa.select(sa.func.count(), sa.func.max(attempts.c.at)).where(
            condition, attempts.c.at > now - limit.window
        )
    ).one()
    if not n_failed:
        return 0
    left = latest + timedelta(seconds=limit.wait_s(n_failed)) - now
    return max(0, math.ceil(left.total_seconds()))


def _login_sha256(login: str) -> bytes:
    # The form an account is found by; otherwise one name written in several ways would be tried that much more often.
    try:
        name = login_of(login)
    except InputError:
        name = login
    return hashlib.sha256(name.encode("utf-8", "replace")).digest()
