"""The ledger of what was read: per source how far, how many, and which rows were not taken and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from agent.schemas.records import RowReject
from agent.store.engine import Scoped, as_dict
from agent.store.tables import event_spellings, persons, rejects, source_persons, sources


@dataclass(frozen=True, slots=True)
class Source:
    """What became of one source so far: read = stored + held out + unchanged + identity + rejected."""

    source_id: str
    name: str
    """Of the file, without its folder."""
    format: str
    kind: str
    mapping_sha256: str
    """Of the mapping file; empty without one."""
    read_at: datetime
    n_items: int = 0
    """Rows, refused ones included, that are done with: where reading goes on after an interruption."""
    n_parts: int = 0
    """Batches so far, over all readings of the source: number of the next Parquet part."""
    n_read: int = 0
    n_stored: int = 0
    n_held_out: int = 0
    n_unchanged: int = 0
    """Rows that were stored before with the same content."""
    n_identity: int = 0
    """Rows that only say who somebody is."""
    n_rejected: int = 0
    n_conflicts: int = 0
    """Of the rejected: rows whose id is stored with other content."""
    complete: bool = False


@dataclass(frozen=True, slots=True)
class LoggedReject:
    """A row that was not taken, with its source."""

    source_id: str
    row: int
    code: str
    message: str


class Sources:
    """The workspace's ledger."""

    def __init__(self, scoped: Scoped) -> None:
        self._db = scoped

    def get(self, source_id: str) -> Source | None:
        """Return a source, or None where it was never read."""
        rows = self._db.rows(self._db.select(sources).where(sources.c.source_id == source_id))
        return Source(**as_dict(rows[0])) if rows else None

    def all(self) -> list[Source]:
        """Return all sources in the order of their names."""
        query = self._db.select(sources).order_by(sources.c.name, sources.c.source_id)
        return [Source(**as_dict(row)) for row in self._db.rows(query)]

    def put(self, source: Source) -> None:
        """Store how far a source is, replacing what was stored of it."""
        self._db.put(sources, [asdict(source)])

    def start(self, source: Source) -> None:
        """Store a source that is about to be read, forgetting what an earlier reading of it said about its rows."""
        with self._db.database.begin():
            for table in (rejects, source_persons):
                self._db.execute(self._db.delete(table).where(table.c.source_id == source.source_id))
            self.put(source)

    def add_rejects(self, source_id: str, new: Sequence[RowReject]) -> None:
        """Log rows that were not taken; logging one twice changes nothing."""
        self._db.put(rejects, [{"source_id": source_id, **asdict(reject)} for reject in new])

    def rejects(self, source_id: str | None = None, *, limit: int | None = None) -> list[LoggedReject]:
        """Return the rows that were not taken, of one source or all, in order; the first `limit` of them."""
        query = (
            self._db.select(rejects).order_by(rejects.c.source_id, rejects.c.row, rejects.c.code).limit(limit)
        )
        if source_id is not None:
            query = query.where(rejects.c.source_id == source_id)
        return [LoggedReject(**as_dict(row)) for row in self._db.rows(query)]

    def reject_counts(self, source_id: str | None = None) -> dict[str, int]:
        """Return code to number of rows that were not taken, most frequent first."""
        n_rows = sa.func.count().label("n")
        query = self._db.select(rejects, rejects.c.code, n_rows).group_by(rejects.c.code)
        if source_id is not None:
            query = query.where(rejects.c.source_id == source_id)
        return {row.code: row.n for row in self._db.rows(query.order_by(n_rows.desc(), rejects.c.code))}

    def add_persons(self, source_id: str, person_ids: Iterable[str]) -> None:
        """Remember that persons occur in a source."""
        rows = [{"source_id": source_id, "person_id": person_id} for person_id in sorted(person_ids)]
        self._db.add_new(source_persons, rows)

    def n_persons(self, source_id: str, *, identified: bool | None = None) -> int:
        """Return how many distinct persons occur in a source, those with or without identity or both."""
        # A join would be walked from the persons' side, all of them for a source of one row.
        its = self._db.select(source_persons, source_persons.c.person_id).where(
            source_persons.c.source_id == source_id
        )
        query = self._db.select(persons, sa.func.count(persons.c.canonical_id.distinct()))
        query = query.where(persons.c.person_id.in_(its))
        if identified is not None:
            query = query.where(persons.c.identified == identified)
        return int(self._db.scalar(query))

    def add_spellings(self, source_id: str, counted: Mapping[tuple[str, str], int]) -> None:
        """Count names of events, canonical and as the source wrote them, on top of what is counted."""
        if not counted:
            return
        with self._db.database.begin():
            query = self._db.select(event_spellings).where(event_spellings.c.source_id == source_id)
            known = {
                (row.name, row.spelling): row.n
                for row in self._db.rows_in(query, event_spellings.c.name, {name for name, _ in counted})
            }
            rows = [
                {"name": name, "spelling": said, "source_id": source_id, "n": n + known.get((name, said), 0)}
                for (name, said), n in sorted(counted.items())
            ]
            self._db.put(event_spellings, rows)

    def spellings(self) -> dict[str, dict[str, int]]:
        """Return what sources called events, by canonical name: spelling to number of events, the same name left out."""
        n = sa.func.sum(event_spellings.c.n).label("n")
        columns = (event_spellings.c.name, event_spellings.c.spelling)
        query = self._db.select(event_spellings, *columns, n).group_by(*columns).order_by(*columns)
        found: dict[str, dict[str, int]] = {}
        for row in self._db.rows(query):
            found.setdefault(row.name, {})[row.spelling] = int(row.n)
        return found
