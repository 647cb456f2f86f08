"""What people decided about themes, as a log that only grows: nothing in here changes or deletes an entry."""

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from agent.errors import SchemaError
from agent.schemas.curation import CurationEntry, Edit
from agent.store.engine import Scoped
from agent.store.tables import curations

_EDIT: TypeAdapter[Edit] = TypeAdapter(Edit)


class CurationLog:
    """The workspace's decisions about themes, oldest first."""

    def __init__(self, scoped: Scoped) -> None:
        self._db = scoped

    def append(self, edit: Edit, *, by: str, reason: str, theme_set: int, now: datetime) -> CurationEntry:
        """Store a decision as the next entry and return it.

        Args:
            edit: What is decided.
            by: Who decides.
            reason: Why; may be empty.
            theme_set: Version of the themes it is decided about.
            now: Time of the decision.
        """
        with self._db.database.begin():
            entry = CurationEntry(
                number=self.length() + 1, at=now, by=by, reason=reason, theme_set=theme_set, edit=edit
            )
            row = entry.model_dump(include={"number", "at", "by", "reason", "theme_set"})
            self._db.add_new(curations, [{**row, "edit": _EDIT.dump_json(edit).decode()}])
        return entry

    def length(self) -> int:
        """Return how many entries there are, which is the number of the latest."""
        return int(self._db.scalar(self._db.select(curations, sa.func.count())))

    def entries(self) -> Iterator[CurationEntry]:
        """Yield all entries, oldest first.

        Raises:
            SchemaError: An entry does not fit this version of the product.
        """
        for row in self._db.rows(self._db.select(curations, *curations.c).order_by(curations.c.number)):
            yield _entry(row)


def _entry(row: sa.Row[tuple[object, ...]]) -> CurationEntry:
    try:
        return CurationEntry(
            number=row.number,
            at=row.at,
            by=row.by,
            reason=row.reason,
            theme_set=row.theme_set,
            edit=_EDIT.validate_json(row.edit),
        )
    except ValidationError as error:
        msg = f"entry {row.number} of the themes' history does not fit this version: {error.error_count()} fields are off"
        raise SchemaError(msg, hint="Use the version of the product that wrote it.") from error
