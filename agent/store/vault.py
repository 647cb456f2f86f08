"""The way into the vault: held-out records and events go in, nothing comes out.

Only the check of variants opens the vault for reading, and it lives outside of this package.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from agent.schemas.records import Event, Record
from agent.store import vault_tables
from agent.store.engine import Database, open_engine
from agent.store.home import Home
from agent.store.migrate import migrate
from agent.store.parts import sweep_parts, write_part


class VaultWriter:
    """Writes one workspace's held-out data; implements `agent.ports.HeldOutSink`."""

    def __init__(self, home: Home, workspace: str) -> None:
        """Open the vault, making it where it is missing; the caller holds the home's lock through its store.

        Raises:
            StoreError: The vault cannot be opened.
        """
        home.prepare()
        self._workspace = workspace
        self._events = home.vault_events_of(workspace)
        self._database = Database(open_engine(home.vault_database), path=home.vault_database)
        migrate(self._database, family="vault")

    def write_records(self, records: Sequence[Record]) -> None:
        """Store held-out records; one already there stays as it is."""
        rows = [
            {"record_id": record.record_id, "person_id": record.person_id, "body": record.model_dump_json()}
            for record in records
        ]
        self._add(vault_tables.records, rows)

    def write_events(self, part: str, events: Sequence[Event] | Any) -> None:  # noqa: ANN401 - or a table of PyArrow
        """Store held-out events as the part named `part`, replacing that part; see `write_part`."""
        write_part(self._events, part, events)

    def sweep(self, n_parts: Mapping[str, int]) -> None:
        """Remove the parts of events that no ledger knows; see `sweep_parts`."""
        sweep_parts(self._events, n_parts)

    def exclude_records(self, record_ids: Sequence[str], *, reason: str) -> None:
        """Mark held-out records as unfit for checking."""
        self._add(
            vault_tables.excluded_records,
            [{"record_id": record_id, "reason": reason} for record_id in record_ids],
        )

    def exclude_persons(self, person_ids: Sequence[str], *, reason: str) -> None:
        """Mark persons as unfit for checking."""
        self._add(
            vault_tables.excluded_persons,
            [{"person_id": person_id, "reason": reason} for person_id in person_ids],
        )

    def close(self) -> None:
        """Close the vault's database."""
        self._database.close()

    def _add(self, table: sa.Table, rows: Sequence[dict[str, str]]) -> None:
        if rows:
            scoped = [{"workspace": self._workspace, **row} for row in rows]
            with self._database.begin() as connection:
                connection.execute(sqlite.insert(table).on_conflict_do_nothing(), scoped)
