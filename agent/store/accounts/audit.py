"""The audit log: entries are added and never changed, and each carries the digest of all before it."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from agent.schemas.accounts import Actor, AuditCheck, AuditEntry, AuditFilter, Outcome
from agent.store.accounts.tables import audit
from agent.store.engine import Database, dump_json

_START = bytes(32)
_MAX_CHARS = 300
_PAGE = 2000
_FACTS = tuple(str(column.name) for column in audit.c if column.name != "sha256")


class AuditLog:
    """Who did what and when, in the whole home."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def append(
        self,
        action: str,
        what: str,
        *,
        by: Actor,
        workspace: str = "",
        outcome: Outcome = "done",
        now: datetime,
    ) -> None:
        """Add an entry; inside a transaction it stands or falls with what it tells of."""
        with self._db.begin() as connection:
            last = connection.execute(
                sa.select(audit.c.number, audit.c.sha256).order_by(audit.c.number.desc()).limit(1)
            ).one_or_none()
            entry: dict[str, Any] = {
                "number": 1 if last is None else last.number + 1,
                "at": now.astimezone(UTC),
                "who": by.who[:_MAX_CHARS],
                "action": action,
                "what": what[:_MAX_CHARS],
                "workspace": workspace,
                "outcome": outcome,
                "address": by.address[:_MAX_CHARS],
            }
            digest = _digest(_START if last is None else last.sha256, entry)
            connection.execute(sa.insert(audit).values(**entry, sha256=digest))

    def entries(
        self, wanted: AuditFilter, *, before: int | None = None, limit: int = 100
    ) -> list[AuditEntry]:
        """Return entries that pass a filter, the newest first.

        Args:
            wanted: The filter.
            before: Only entries of a smaller number; None starts at the newest.
            limit: How many at most.
        """
        query = sa.select(audit).where(*_conditions(wanted)).order_by(audit.c.number.desc()).limit(limit)
        if before is not None:
            query = query.where(audit.c.number < before)
        with self._db.read() as connection:
            return [_entry(row) for row in connection.execute(query)]

    def verify(self) -> AuditCheck:
        """Compute every digest again and say where the log stops being as it was written."""
        before, n_entries, broken_at = _START, 0, None
        query = sa.select(audit).order_by(audit.c.number)
        with self._db.read() as connection:
            for row in connection.execution_options(yield_per=_PAGE).execute(query):
                n_entries += 1
                fits = row.number == n_entries and row.sha256 == _digest(before, _facts(row))
                if not fits and broken_at is None:
                    broken_at = n_entries
                before = row.sha256
        return AuditCheck(n_entries=n_entries, broken_at=broken_at, sha256=before.hex())


def _conditions(wanted: AuditFilter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.who is not None:
        found.append(audit.c.who == wanted.who)
    if wanted.action is not None:
        found.append(
            (audit.c.action == wanted.action)
            | audit.c.action.startswith(f"{wanted.action}.", autoescape=True)
        )
    if wanted.workspace is not None:
        found.append(audit.c.workspace == wanted.workspace)
    if wanted.outcome is not None:
        found.append(audit.c.outcome == wanted.outcome)
    if wanted.since is not None:
        found.append(audit.c.at >= wanted.since)
    if wanted.until is not None:
        found.append(audit.c.at < wanted.until)
    return found


def _facts(row: sa.Row[tuple[object, ...]]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _FACTS}


def _digest(before: bytes, entry: dict[str, Any]) -> bytes:
    return hashlib.sha256(before + dump_json(entry).encode()).digest()


def _entry(row: sa.Row[tuple[object, ...]]) -> AuditEntry:
    return AuditEntry(**_facts(row), sha256=row.sha256.hex())
