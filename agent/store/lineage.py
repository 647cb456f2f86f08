"""The log of links between persons: what joined whom, on which row, what a rule refused and what people took back."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from agent.errors import NotFoundError
from agent.store.engine import Scoped, as_dict
from agent.store.identity import Edge
from agent.store.tables import identity_decisions, merges

SPLIT, REJOIN = "split", "rejoin"


@dataclass(frozen=True, slots=True)
class LoggedMerge:
    """One entry of the log: two persons, the id each was read under before, and where they met."""

    merge_id: str
    left_id: str
    right_id: str
    kept: str
    absorbed: str
    source_id: str
    row: int
    undone: bool
    """A person took it back; it is not followed again."""
    left_key: str | None = None
    """Identifier key that stood on the row; None for what was read before keys were kept here."""
    right_key: str | None = None
    refused: bool = False
    """A rule does not follow it."""

    @property
    def edge(self) -> Edge:
        """The link itself."""
        return Edge(self.row, self.left_id, self.right_id, self.left_key or "", self.right_key or "")


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided about a merge."""

    number: int
    at: datetime
    action: str
    """`split` or `rejoin`."""
    merge_id: str
    by: str
    reason: str


class MergeLog:
    """The workspace's links between persons."""

    def __init__(self, scoped: Scoped) -> None:
        self._db = scoped
        self._refused: dict[str, list[LoggedMerge]] | None = None

    def length(self) -> int:
        """Return how many links and decisions about them there are."""
        tables = (merges, identity_decisions)
        return sum(int(self._db.scalar(self._db.select(table, sa.func.count()))) for table in tables)

    def all(self) -> list[LoggedMerge]:
        """Return all links in the order of their ids."""
        return [_logged(row) for row in self._db.rows(self._db.select(merges).order_by(merges.c.merge_id))]

    def get(self, merge_id: str) -> LoggedMerge:
        """Return a link.

        Raises:
            NotFoundError: It is not in the log.
        """
        found = self._db.rows(self._db.select(merges).where(merges.c.merge_id == merge_id))
        if not found:
            msg = f"merge {merge_id!r} is not in the log"
            raise NotFoundError(
                msg, hint="Merge ids start with 'm_'; `journey identity show PERSON` lists them."
            )
        return _logged(found[0])

    def new_among(self, edges: Mapping[str, Edge]) -> list[Edge]:
        """Return the edges that are not in the log."""
        query = self._db.select(merges, merges.c.merge_id)
        known = {row.merge_id for row in self._db.rows_in(query, merges.c.merge_id, edges)}
        return [edge for merge_id, edge in edges.items() if merge_id not in known]

    def add(self, edges: Iterable[Edge], roots: Mapping[str, str], *, source_id: str) -> None:
        """Log new edges.

        Args:
            edges: To log.
            roots: The id each person was read under before.
            source_id: Source they stood in, where they name no other.
        """
        rows = [
            {
                "merge_id": edge.merge_id,
                "left_id": edge.left_id,
                "right_id": edge.right_id,
                "kept": roots[edge.left_id],
                "absorbed": roots[edge.right_id],
                "source_id": edge.source_id or source_id,
                "row": edge.row,
                "undone": False,
                "left_key": edge.left_key,
                "right_key": edge.right_key,
                "refused": False,
            }
            for edge in sorted(edges, key=lambda edge: edge.merge_id)
        ]
        self._db.add_new(merges, rows)

    def within(self, person_ids: Collection[str]) -> list[LoggedMerge]:
        """Return the links between some persons, in the order of their ids."""
        query = self._db.select(merges)
        found = (_logged(row) for row in self._db.rows_in(query, merges.c.left_id, person_ids))
        return sorted((each for each in found if each.right_id in person_ids), key=lambda each: each.merge_id)

    def of(self, person_ids: Collection[str]) -> list[LoggedMerge]:
        """Return the links of some persons to anybody, in the order of their ids."""
        query = self._db.select(merges)
        found: dict[str, LoggedMerge] = {}
        for column in (merges.c.left_id, merges.c.right_id):
            found.update((row.merge_id, _logged(row)) for row in self._db.rows_in(query, column, person_ids))
        return [found[merge_id] for merge_id in sorted(found)]

    def refused_of(self, person_id: str) -> list[LoggedMerge]:
        """Return the links of a person that a rule does not follow."""
        return self._by_person().get(person_id, [])

    def refused(self) -> Iterator[LoggedMerge]:
        """Yield every link that a rule does not follow, in the order of their ids."""
        found = {each.merge_id: each for links in self._by_person().values() for each in links}
        return (found[merge_id] for merge_id in sorted(found))

    def set_refused(self, links: Iterable[LoggedMerge], refused: Collection[str]) -> None:
        """Remember which of some links are not followed."""
        changed = [
            {"which": each.merge_id, "is_refused": each.merge_id in refused}
            for each in links
            if each.refused != (each.merge_id in refused)
        ]
        statement = self._db.update(merges).where(merges.c.merge_id == sa.bindparam("which"))
        self._db.execute(statement.values(refused=sa.bindparam("is_refused")), changed)
        self.forget()

    def set_undone(self, merge_id: str, *, undone: bool) -> None:
        """Take a link back, or take that back."""
        statement = self._db.update(merges).where(merges.c.merge_id == merge_id)
        self._db.execute(statement.values(undone=undone, refused=False))
        self.forget()

    def forget(self) -> None:
        """Read what is refused anew when it is next asked for."""
        self._refused = None

    def decide(self, action: str, merge_id: str, *, by: str, reason: str, now: datetime) -> Decision:
        """Log a decision."""
        with self._db.database.begin():
            number = len(self.decisions()) + 1
            row = {
                "number": number,
                "at": now,
                "action": action,
                "merge_id": merge_id,
                "by": by,
                "reason": reason,
            }
            self._db.add_new(identity_decisions, [row])
        return Decision(number, now, action, merge_id, by, reason)

    def decisions(self) -> list[Decision]:
        """Return all decisions, oldest first."""
        query = self._db.select(identity_decisions).order_by(identity_decisions.c.number)
        return [Decision(**as_dict(row)) for row in self._db.rows(query)]

    def _by_person(self) -> dict[str, list[LoggedMerge]]:
        if self._refused is None:
            self._refused = {}
            query = self._db.select(merges).where(merges.c.refused).order_by(merges.c.merge_id)
            for row in self._db.rows(query):
                found = _logged(row)
                for person_id in (found.left_id, found.right_id):
                    self._refused.setdefault(person_id, []).append(found)
        return self._refused


def _logged(row: sa.Row[tuple[object, ...]]) -> LoggedMerge:
    return LoggedMerge(**as_dict(row))
