"""Readers' corrections of what passages are about: kept as labelled examples, with the decision that applied each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from agent.errors import ConflictError, NotFoundError
from agent.schemas.chat import Correction
from agent.store.engine import Scoped
from agent.store.tables import corrections
from agent.store.turns import new_id


@dataclass(frozen=True, slots=True)
class StoredCorrection:
    """A correction, and what became of it."""

    correction: Correction
    entry: int | None
    """Number of the decision about themes that applied it; None where there was nothing to apply."""
    undone_by: str | None
    undone_at: datetime | None


class Corrections:
    """The workspace's corrections."""

    def __init__(self, scoped: Scoped) -> None:
        self._db = scoped

    def add(
        self,
        *,
        record_id: str,
        start: int,
        end: int,
        text_sha256: str,
        theme_id: str,
        about: bool,
        by: str,
        now: datetime,
        entry: int | None,
    ) -> StoredCorrection:
        """Store a correction and return it.

        Args:
            record_id: Record that is spoken of.
            start: Where the words begin in its text.
            end: Where they end.
            text_sha256: Of the record's whole text.
            theme_id: What the words are about, or not.
            about: Whether they are.
            by: Account of who says so.
            now: Time.
            entry: Number of the decision about themes that applied it.
        """
        correction_id = new_id("x")
        row = {
            "correction_id": correction_id,
            "record_id": record_id,
            "start": start,
            "end": end,
            "text_sha256": text_sha256,
            "theme_id": theme_id,
            "about": about,
            "by": by,
            "at": now,
            "entry": entry,
            "undone_by": None,
            "undone_at": None,
        }
        self._db.add_new(corrections, [row])
        return self.get(correction_id)

    def get(self, correction_id: str) -> StoredCorrection:
        """Return a correction.

        Raises:
            NotFoundError: There is no such correction.
        """
        query = self._db.select(corrections).where(corrections.c.correction_id == correction_id)
        rows = self._db.rows(query)
        if not rows:
            msg = f"correction {correction_id!r} is not in the workspace"
            raise NotFoundError(msg, hint="The list of corrections names all of them.")
        return _stored(rows[0])

    def undo(self, correction_id: str, *, by: str, now: datetime) -> StoredCorrection:
        """Note that a correction counts no more; it stays in the list.

        Raises:
            NotFoundError: There is no such correction.
            ConflictError: It was taken back already.
        """
        with self._db.database.begin():
            found = self.get(correction_id)
            if found.undone_at is not None:
                when = f"{found.undone_at:%Y-%m-%d %H:%M} UTC"
                msg = f"{found.undone_by!r} took correction {correction_id!r} back at {when} already"
                context = {"changed_by": found.undone_by}
                raise ConflictError(msg, hint="Correct it again where that was wrong.", context=context)
            update = self._db.update(corrections).where(corrections.c.correction_id == correction_id)
            self._db.execute(update.values(undone_by=by, undone_at=now))
            return self.get(correction_id)

    def all(self, *, theme_id: str | None = None) -> list[StoredCorrection]:
        """Return all corrections, or those of a theme, oldest first, those taken back among them."""
        query = self._db.select(corrections)
        if theme_id is not None:
            query = query.where(corrections.c.theme_id == theme_id)
        ordered = query.order_by(corrections.c.at, corrections.c.correction_id)
        return [_stored(row) for row in self._db.rows(ordered)]


def _stored(row: sa.Row[Any]) -> StoredCorrection:
    correction = Correction(
        correction_id=row.correction_id,
        record_id=row.record_id,
        start=row.start,
        end=row.end,
        text_sha256=row.text_sha256,
        theme_id=row.theme_id,
        about=row.about,
        by=row.by,
        at=row.at,
    )
    return StoredCorrection(correction, row.entry, row.undone_by, row.undone_at)
