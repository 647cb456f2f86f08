"""Whether what the ledger says was held out is still there; only how much, never who or what.

The vault can go missing as a whole, when somebody deletes or forgets to copy its folder. Nothing else would notice: the
core never reads it, and every row of it counts as stored.
"""

# PyArrow ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from agent.errors import StoreError
from agent.store import vault_tables
from agent.store.engine import Database, open_engine
from agent.store.store import Store


@dataclass(frozen=True, slots=True)
class HeldOutGap:
    """What was held out according to the ledger, and what of it is gone."""

    n_records: int
    n_missing_records: int
    n_missing_events: int

    @property
    def is_whole(self) -> bool:
        """True where nothing is gone."""
        return not self.n_missing_records and not self.n_missing_events


def held_out_gap(store: Store) -> HeldOutGap:
    """Compare the ledger with the vault.

    Raises:
        StoreError: The vault's database cannot be read.
    """
    home, workspace = store.home, store.workspace.name
    n_records = store.records.n_held_out()
    n_events = sum(
        _n_rows(folder) for folder in (home.lake_events(workspace), home.vault_events_of(workspace))
    )
    return HeldOutGap(
        n_records=n_records,
        n_missing_records=max(0, n_records - _n_stored(home.vault_database, workspace)),
        n_missing_events=max(0, store.seen_events.count() - n_events),
    )


def require_held_out(store: Store) -> None:
    """Refuse to go on where held-out data is gone.

    Raises:
        StoreError: Some of it is.
    """
    gap = held_out_gap(store)
    if not gap.is_whole:
        raise StoreError(missing_message(gap, store.home.path), hint=MISSING_HINT)


MISSING_HINT = "Put the folders 'vault' and 'lake' back from a copy of the home, or read all exports again into another --home."


def missing_message(gap: HeldOutGap, home: Path) -> str:
    """Return in a sentence what is gone from a home."""
    parts: list[str] = []
    if gap.n_missing_records:
        parts.append(f"{gap.n_missing_records:,} of {gap.n_records:,} held-out records are not in the vault")
    if gap.n_missing_events:
        parts.append(f"{gap.n_missing_events:,} events are in neither lake nor vault")
    return f"{str(home)!r} is not whole: {' and '.join(parts)}"


def _n_stored(path: Path, workspace: str) -> int:
    if not path.is_file():
        return 0
    database = Database(open_engine(path), path=path)
    try:
        if not path.stat().st_size:
            return 0
        with database.read() as connection:
            counted = sa.select(sa.func.count()).select_from(vault_tables.records)
            found = connection.execute(counted.where(vault_tables.records.c.workspace == workspace))
            return int(found.scalar_one())
    finally:
        database.close()


def _n_rows(folder: Path) -> int:
    return sum(_rows_of(folder))


def _rows_of(folder: Path) -> Iterator[int]:
    for part in sorted(folder.glob("*.parquet")):
        try:
            yield int(pq.read_metadata(part).num_rows)
        except (pa.ArrowException, OSError) as error:
            msg = f"{str(part)!r} cannot be read: {' '.join(str(error).split())}; a Parquet file of events was expected"
            hint = "Put the file back from a copy of the home, or read the exports again into another --home."
            raise StoreError(msg, hint=hint, context={"path": str(part)}) from error
