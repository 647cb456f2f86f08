"""Persons: who is who, on which side, with which traits; merges are logged and can be taken back.

Every row keeps the person it was written for; what is read is always the canonical person of that one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from agent.errors import NotFoundError, StoreError
from agent.identify import KIND_MARK, mark_of_kind
from agent.ports import HeldOutSink
from agent.schemas.base import Scalar
from agent.schemas.records import IdentifierKind, Person, Side
from agent.store.engine import Scoped, batched
from agent.store.identity import Link, Member, SideOf
from agent.store.joining import Joiner
from agent.store.lineage import LoggedMerge, MergeLog
from agent.store.tables import attribute_keys, identifiers, merges, persons

TRAIT_SCOPE = "trait"
_SETTLED_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Known:
    """One identifier, by its key: the person it belongs to before any link, and where it was first read."""

    key: str
    person_id: str
    source_id: str | None
    row: int | None


class Persons:
    """The workspace's persons."""

    def __init__(self, scoped: Scoped) -> None:
        self._db = scoped
        self.log = MergeLog(scoped)
        self._joiner = Joiner(scoped, self.log)

    def resolve(self, links: Sequence[Link], *, source_id: str, held_out: HeldOutSink) -> None:
        """Join persons over identifiers that stood on one row; doing so twice changes nothing.

        Persons who are new stay without a side until `settle`. Held-out persons who turn out to be working ones
        are excluded in the vault before anything is committed here.
        """
        self._joiner.join(links, source_id=source_id, held_out=held_out)

    def require_marked_keys(self) -> None:
        """Check that no identifier was stored before keys told their kind.

        Raises:
            StoreError: One was: whoever it names would count as somebody else, perhaps on the other side of the split.
        """
        # The first and the last in order tell of all between them, at the cost of two look-ups.
        ends = (
            self._db.scalar(self._db.select(identifiers, end(identifiers.c.identifier_key)))
            for end in (sa.func.min, sa.func.max)
        )
        if any(key is not None and not key.startswith(KIND_MARK) for key in ends):
            msg = "these customers were read by an earlier version, which kept their identifiers in another form"
            raise StoreError(
                msg, hint="Read the exports into another --home; this one can still be looked at."
            )

    def find(self, keys: Iterable[str]) -> dict[str, Member]:
        """Return the persons that known identifier keys lead to."""
        return self._joiner.members(keys)

    def settle(self, side_of: SideOf) -> int:
        """Give every person without a side the one of its canonical person, and return how many there were.

        A person absorbed by one that has a side gets that side.
        """
        query = self._db.select(persons, persons.c.person_id, persons.c.canonical_id).where(
            persons.c.side.is_(None)
        )
        n_settled = 0
        with self._db.database.begin():
            for rows in batched(self._db.pages(query, persons.c.person_id), _SETTLED_AT_ONCE):
                # Who is read under their own id has no side, or they would not be here.
                fixed = self._sides(row.canonical_id for row in rows if row.canonical_id != row.person_id)
                sides = {
                    row.person_id: fixed.get(row.canonical_id) or side_of(row.canonical_id) for row in rows
                }
                for side in Side:
                    chosen = [person for person, its in sides.items() if its is side]
                    self._db.execute_in(
                        self._db.update(persons).values(side=side.value), persons.c.person_id, chosen
                    )
                n_settled += len(rows)
        if n_settled:
            self._joiner.settle(side_of)
        return n_settled

    def add_unidentified(self, sides: Mapping[str, Side]) -> None:
        """Store persons who stand for one record each, because it named nobody."""
        rows = [
            {"person_id": person_id, "canonical_id": person_id, "side": side.value, "identified": False}
            for person_id, side in sides.items()
        ]
        self._db.add_new(persons, rows)

    def set_traits(self, traits: Mapping[str, Mapping[str, Scalar]]) -> None:
        """Add redacted traits to persons, by their own id; a later value of a trait replaces the earlier one."""
        if not traits:
            return
        query = self._db.select(persons, persons.c.person_id, persons.c.traits)
        with self._db.database.begin():
            found: dict[str, dict[str, Scalar]] = {
                row.person_id: row.traits or {}
                for row in self._db.rows_in(query, persons.c.person_id, traits)
            }
            changed = [
                {"who": person_id, "has": {**old, **traits[person_id]}}
                for person_id, old in found.items()
                if any(old.get(name) != value for name, value in traits[person_id].items())
            ]
            statement = self._db.update(persons).where(persons.c.person_id == sa.bindparam("who"))
            self._db.execute(
                statement.values(traits=sa.bindparam("has", type_=persons.c.traits.type)), changed
            )
            names = {name for values in traits.values() for name in values}
            self._db.add_new(attribute_keys, [{"scope": TRAIT_SCOPE, "key": name} for name in sorted(names)])

    def get(self, person_id: str) -> Person:
        """Return a person; an absorbed id leads to the person it became.

        Raises:
            NotFoundError: No such person is in the workspace.
        """
        canonical = self._db.scalar(
            self._db.select(persons, persons.c.canonical_id).where(persons.c.person_id == person_id)
        )
        if canonical is None:
            msg = f"person {person_id!r} is not in the workspace"
            raise NotFoundError(
                msg, hint="Person ids start with 'p_'; `journey status` says how many there are."
            )
        # By their own ids: SQLite would look for the canonical one among everybody.
        rows = list(self._db.rows_in(self._db.select(persons), persons.c.person_id, self.own_ids(canonical)))
        return _person(canonical, rows)

    def ids(self, side: Side) -> Iterator[str]:
        """Yield the canonical ids of the persons on a side, in order."""
        query = self._db.select(persons, persons.c.person_id).where(
            persons.c.side == side.value, persons.c.person_id == persons.c.canonical_id
        )
        return (row.person_id for row in self._db.pages(query, persons.c.person_id))

    def count(self, side: Side | None = None, *, identified: bool | None = None) -> int:
        """Return how many distinct persons there are, of one side or both, with or without identity."""
        query = self._db.select(persons, sa.func.count()).where(persons.c.person_id == persons.c.canonical_id)
        if side is not None:
            query = query.where(persons.c.side == side.value)
        if identified is not None:
            query = query.where(persons.c.identified == identified)
        return int(self._db.scalar(query))

    def unidentified_ids(self) -> frozenset[str]:
        """Return the persons who stand for one record each, because it named nobody."""
        query = self._db.select(persons, persons.c.person_id).where(persons.c.identified.is_(False))
        return frozenset(row.person_id for row in self._db.rows(query))

    def aliases(self, *, below: str | None = None) -> dict[str, str]:
        """Return absorbed person id to canonical person id; every id that is not in it is its own.

        Args:
            below: Return only those where one of the two ids ends in a pair of digits below this one; all where None.
        """
        # As one text: rows of their own would cost more than finding them.
        pair = persons.c.person_id + " " + persons.c.canonical_id
        query = self._db.select(persons, sa.func.aggregate_strings(pair, " ")).where(
            persons.c.person_id != persons.c.canonical_id
        )
        if below is not None:
            ends = (sa.func.substr(column, -2) for column in (persons.c.person_id, persons.c.canonical_id))
            query = query.where(sa.or_(*(end < below for end in ends)))
        ids = str(self._db.scalar(query) or "").split()
        return dict(zip(ids[::2], ids[1::2], strict=True))

    def with_traits(self) -> Iterator[Person]:
        """Yield the working persons who have traits."""
        held = (
            self._db.select(persons, persons.c.canonical_id).where(persons.c.traits.is_not(None)).distinct()
        )
        canonical_ids = [row.canonical_id for row in self._db.rows(held)]
        grouped: dict[str, list[sa.Row[Any]]] = {}
        for row in self._db.rows_in(self._db.select(persons), persons.c.canonical_id, canonical_ids):
            grouped.setdefault(row.canonical_id, []).append(row)
        for canonical_id in sorted(grouped):
            person = _person(canonical_id, grouped[canonical_id])
            if person.side is Side.WORKING:
                yield person

    def merges(self) -> list[LoggedMerge]:
        """Return the links that join persons, in the order of their ids, with those taken back."""
        return [link for link in self.log.all() if not link.refused]

    def own_ids(self, person_id: str) -> list[str]:
        """Return the ids that a canonical person was joined from, its own among them, in order."""
        query = self._db.select(persons, persons.c.person_id).where(persons.c.canonical_id == person_id)
        return sorted(row.person_id for row in self._db.rows(query))

    def links_of(self, person_id: str) -> list[LoggedMerge]:
        """Return the links of a canonical person, with those refused or taken back, in the order of their ids."""
        return self.log.of(self.own_ids(person_id))

    def identifiers_of(self, person_id: str) -> list[Known]:
        """Return the identifiers of a canonical person, the surest kind first."""
        query = self._with_canonical(
            identifiers.c.identifier_key,
            identifiers.c.person_id,
            identifiers.c.source_id,
            identifiers.c.row,
        )
        rows = self._db.rows(query.where(persons.c.canonical_id == person_id))
        return sorted((Known(*row) for row in rows), key=lambda known: known.key)

    def keys_by_person(self) -> Iterator[tuple[str, list[str]]]:
        """Yield canonical persons with the keys of their identifiers, in order."""
        query = self._with_canonical(persons.c.canonical_id, identifiers.c.identifier_key)
        rows = self._db.rows(query.order_by(persons.c.canonical_id, identifiers.c.identifier_key))
        for person_id, found in groupby(rows, key=lambda row: str(row.canonical_id)):
            yield person_id, [row.identifier_key for row in found]

    def named_as_one(self) -> dict[str, int]:
        """Return how many user ids a row named as another user's, an alias, by canonical person."""
        user = mark_of_kind(IdentifierKind.USER_ID)
        same = (persons.c.ws == merges.c.ws) & (persons.c.person_id == merges.c.left_id)
        query = self._db.select(merges, persons.c.canonical_id, sa.func.count().label("n")).join(
            persons, same
        )
        query = query.where(merges.c.left_key.startswith(user), merges.c.right_key.startswith(user))
        query = query.where(~merges.c.undone, ~merges.c.refused).group_by(persons.c.canonical_id)
        return {row.canonical_id: row.n for row in self._db.rows(query)}

    def undo_merge(self, merge_id: str, *, held_out: HeldOutSink) -> None:
        """Take a link back: all is as if it had not been there, and stays so when its source is read again.

        Other links that lead from one of the two to the other still join them. Whoever was read as a working customer
        stays one, and what was excluded in the vault stays excluded.

        Raises:
            NotFoundError: No such link is in the log.
        """
        self._joiner.take_back(merge_id, held_out=held_out)

    def redo_merge(self, merge_id: str, *, held_out: HeldOutSink) -> None:
        """Follow a link again that was taken back.

        Raises:
            NotFoundError: No such link is in the log.
        """
        self._joiner.follow_again(merge_id, held_out=held_out)

    def _with_canonical(self, *columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
        same = (persons.c.ws == identifiers.c.ws) & (persons.c.person_id == identifiers.c.person_id)
        return self._db.select(identifiers, *columns).join(persons, same)

    def _sides(self, person_ids: Iterable[str]) -> dict[str, Side]:
        query = self._db.select(persons, persons.c.person_id, persons.c.side).where(
            persons.c.side.is_not(None)
        )
        return {
            row.person_id: Side(row.side) for row in self._db.rows_in(query, persons.c.person_id, person_ids)
        }


def _person(canonical_id: str, rows: Sequence[sa.Row[Any]]) -> Person:
    by_id = {row.person_id: row for row in rows}
    canonical = by_id[canonical_id]
    traits: dict[str, Scalar] = {}
    for person_id in sorted(by_id, key=lambda each: (each == canonical_id, each)):
        traits.update(by_id[person_id].traits or {})
    return Person(
        person_id=canonical_id,
        side=Side(canonical.side or Side.HELD_OUT),
        traits=traits,
        identified=canonical.identified,
    )
