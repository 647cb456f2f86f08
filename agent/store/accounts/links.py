"""One-time links: each works once, until a time, for one purpose; stored as a hash alone."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from agent.errors import SpentLinkError
from agent.schemas.accounts import LinkPurpose, OneTimeLink
from agent.store.accounts.people import People
from agent.store.accounts.sessions import new_token, token_sha256
from agent.store.accounts.tables import links
from agent.store.engine import Database

LIFETIMES = {
    LinkPurpose.FIRST_ACCOUNT: timedelta(hours=24),
    LinkPurpose.INVITE: timedelta(days=7),
    LinkPurpose.RESET: timedelta(hours=24),
}
_KEPT = timedelta(days=30)


class Links:
    """All one-time links of the home."""

    def __init__(self, database: Database, people: People) -> None:
        self._db = database
        self._people = people

    def make(self, purpose: LinkPurpose, *, account_id: str | None, now: datetime) -> str:
        """Return the token of a new link; those made before for the same account work no longer."""
        token = new_token()
        with self._db.begin() as connection:
            connection.execute(sa.delete(links).where(links.c.expires_at < now - _KEPT))
            self.revoke(account_id, now=now)
            connection.execute(
                sa.insert(links).values(
                    token_sha256=token_sha256(token),
                    purpose=purpose.value,
                    account_id=account_id,
                    expires_at=now + LIFETIMES[purpose],
                )
            )
        return token

    def revoke(self, account_id: str | None, *, now: datetime) -> None:
        """Make an account's links work no longer; None stands for the first account, which is still to be made."""
        of = links.c.account_id.is_(None) if account_id is None else links.c.account_id == account_id
        with self._db.begin() as connection:
            connection.execute(sa.update(links).where(of, links.c.used_at.is_(None)).values(used_at=now))

    def look(self, token: str, *, now: datetime) -> OneTimeLink:
        """Return what a link is for without using it up.

        Raises:
            SpentLinkError: It was used, has expired, never was, or its account is disabled.
        """
        with self._db.read() as connection:
            row = connection.execute(sa.select(links).where(_works(token, now))).one_or_none()
        account = None if row is None or row.account_id is None else self._people.get(row.account_id)
        taken = row is not None and row.account_id is None and self._people.count() > 0
        if row is None or taken or (account is not None and account.disabled):
            msg = "this link was used before, has expired, or was replaced by a newer one"
            raise SpentLinkError(
                msg, hint="Ask an admin for a new link; `journey account reset` makes one as well."
            )
        return OneTimeLink(purpose=LinkPurpose(row.purpose), account=account, expires_at=row.expires_at)

    def use(self, token: str, *, now: datetime) -> OneTimeLink:
        """Use a link up and return what it is for; of several at the same time one succeeds.

        Raises:
            SpentLinkError: As for `look`.
        """
        with self._db.begin() as connection:
            link = self.look(token, now=now)
            connection.execute(sa.update(links).where(_works(token, now)).values(used_at=now))
        return link


def _works(token: str, now: datetime) -> sa.ColumnElement[bool]:
    return (
        (links.c.token_sha256 == token_sha256(token)) & links.c.used_at.is_(None) & (links.c.expires_at > now)
    )
