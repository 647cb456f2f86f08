"""The only reader of the vault: held-out customers' words, for checking and for nothing else.

What is read here never goes into the store, the index, a prompt or a log. Vectors of held-out texts live as long as
the check.
"""

from collections.abc import Iterator
from typing import Any

import pyarrow.parquet as pq
import sqlalchemy as sa

from agent.schemas.records import Record
from agent.store.engine import open_engine
from agent.store.home import Home
from agent.store.vault_tables import excluded_persons, excluded_records, records

_parquet: Any = pq  # PyArrow ships no types


class HeldOut:
    """The held-out records of one workspace that are fit for checking.

    Args:
        home: Folder of the stores.
        workspace: Brand.
    """

    def __init__(self, home: Home, workspace: str) -> None:
        self._workspace = workspace
        self._events = home.vault_events_of(workspace)
        self._path = home.vault_database
        self._engine = open_engine(self._path) if self._path.exists() else None

    def records(self) -> Iterator[Record]:
        """Yield the records that are fit for checking, in the order of their ids."""
        out_records, out_persons = self._excluded(excluded_records), self._excluded(excluded_persons)
        for record in self._all():
            if record.record_id not in out_records and record.person_id not in out_persons:
                yield record

    def person_ids(self) -> frozenset[str]:
        """Return the persons with a record or an event that is fit for checking."""
        with_records = {record.person_id for record in self.records()}
        return frozenset(with_records | self._event_person_ids()) - self._excluded(excluded_persons)

    def excluded_record_ids(self) -> frozenset[str]:
        """Return the records that are unfit for checking."""
        return self._excluded(excluded_records)

    def close(self) -> None:
        """Close the vault."""
        if self._engine is not None:
            self._engine.dispose()

    def _event_person_ids(self) -> set[str]:
        found: set[str] = set()
        for part in sorted(self._events.glob("*.parquet")) if self._events.is_dir() else ():
            column: Any = _parquet.read_table(part, columns=["person_id"]).column("person_id")
            found.update(column.to_pylist())
        return found

    def _all(self) -> Iterator[Record]:
        if self._engine is None:
            return
        query = sa.select(records.c.body).where(records.c.workspace == self._workspace)
        with self._engine.connect() as connection:
            for row in connection.execute(query.order_by(records.c.record_id)):
                yield Record.model_validate_json(row.body)

    def _excluded(self, table: sa.Table) -> frozenset[str]:
        if self._engine is None:
            return frozenset()
        key = table.c[1]
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(key).where(table.c.workspace == self._workspace))
            return frozenset(row[0] for row in rows)
