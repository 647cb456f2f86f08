"""Rows of notes with their version and the log of states; `Notes` says what may stand in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson
import sqlalchemy as sa

from agent.errors import ConflictError
from agent.schemas.notes import NoteKind, StateChange
from agent.store.engine import Scoped, dump_json
from agent.store.tables import notes, state_changes


@dataclass(frozen=True, slots=True)
class Noted:
    """What is noted on a thing; version 0 where nothing is."""

    body: dict[str, object]
    version: int
    changed_by: str | None
    changed_at: datetime | None


_NOTHING = Noted({}, 0, None, None)


@dataclass(frozen=True, slots=True)
class Seen:
    """The version of a note that somebody saw and now changes, and who and when."""

    version: int
    by: str
    now: datetime


class NoteRows:
    """The workspace's notes by kind and subject."""

    def __init__(self, scoped: Scoped) -> None:
        self._db = scoped

    def get(self, kind: NoteKind, subject_id: str) -> Noted:
        """Return what is noted on a thing."""
        query = self._db.select(notes).where(notes.c.kind == kind, notes.c.subject_id == subject_id)
        rows = self._db.rows(query)
        return _noted(rows[0]) if rows else _NOTHING

    def all(self, kind: NoteKind) -> dict[str, Noted]:
        """Return all notes of a kind by subject."""
        rows = self._db.rows(self._db.select(notes).where(notes.c.kind == kind).order_by(notes.c.subject_id))
        return {row.subject_id: _noted(row) for row in rows}

    def put(self, kind: NoteKind, subject_id: str, changes: Mapping[str, object], *, seen: Seen) -> None:
        """Change parts of a note, which gives it the next version; call it inside a transaction.

        Raises:
            ConflictError: Somebody changed it since it was seen; the message names who and when.
        """
        found = self.get(kind, subject_id)
        check_seen(found, seen.version)
        row = {
            "kind": kind,
            "subject_id": subject_id,
            "version": found.version + 1,
            "changed_by": seen.by,
            "changed_at": seen.now,
            "body": dump_json({**found.body, **changes}),
        }
        self._db.put(notes, [row])

    def step(
        self, kind: NoteKind, subject_id: str, *, subject_version: int | None, to: tuple[str, str], reason: str,
        seen: Seen,
    ) -> None:  # fmt: skip
        """Log a step from state to state, which gives the note the next version; call it inside a transaction.

        Raises:
            ConflictError: Somebody changed the note since it was seen.
        """
        self.put(kind, subject_id, {}, seen=seen)
        row = {
            "kind": kind,
            "subject_id": subject_id,
            "number": len(self.log(kind, subject_id)) + 1,
            "subject_version": subject_version,
            "before": to[0],
            "after": to[1],
            "by": seen.by,
            "at": seen.now,
            "reason": reason,
        }
        self._db.add_new(state_changes, [row])

    def log(self, kind: NoteKind, subject_id: str) -> tuple[StateChange, ...]:
        """Return the steps of a thing from state to state, oldest first."""
        query = self._db.select(state_changes).where(
            state_changes.c.kind == kind, state_changes.c.subject_id == subject_id
        )
        return tuple(_change(row) for row in self._db.rows(query.order_by(state_changes.c.number)))


def check_seen(found: Noted, version: int) -> None:
    """Refuse a change of what was seen in an older version.

    Raises:
        ConflictError: It was changed since; the message names who and when.
    """
    if found.version == version:
        return
    if found.changed_at is None:
        msg = f"version {version} was never there; nobody has noted anything yet"
    else:
        when = f"{found.changed_at:%Y-%m-%d %H:%M} UTC"
        msg = f"{found.changed_by!r} changed this at {when}; it is at version {found.version}, not {version}"
    context = {"version": found.version, "changed_by": found.changed_by}
    raise ConflictError(msg, hint="Look at it as it is now, then change it again.", context=context)


def _noted(row: sa.Row[tuple[object, ...]]) -> Noted:
    return Noted(orjson.loads(row.body), row.version, row.changed_by, row.changed_at)


def _change(row: sa.Row[tuple[object, ...]]) -> StateChange:
    return StateChange(
        number=row.number,
        subject_version=row.subject_version,
        before=row.before,
        after=row.after,
        by=row.by,
        at=row.at,
        reason=row.reason,
    )
