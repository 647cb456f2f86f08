"""Persons: who is who, on which side, with which traits; merges are logged and can be taken back.

Every row keeps the person it was written for; what is read is always the canonical person of that one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from agent.errors import NotFoundError
from agent.ports import HeldOutSink
from agent.schemas.base import Scalar
from agent.schemas.records import Person, Side
from agent.store.engine import Scoped, as_dict, batched
from agent.store.identity import Joined, Joiner, Link, Member, MemberCache, Merge, components, rank
from agent.store.tables import attribute_keys, identifiers, merges, persons

SideOf = Callable[[str], Side]
"""The split: canonical person id to side."""

TRAIT_SCOPE = "trait"
_SETTLED_AT_ONCE = 2000
_BECAME_WORKING = "turned out to be a working customer"


@dataclass(frozen=True, slots=True)
class LoggedMerge:
    """One entry of the merge log: two persons, the id both were read under, and where they met."""

    merge_id: str
    left_id: str
    right_id: str
    kept: str
    absorbed: str
    source_id: str
    row: int
    undone: bool


class Persons:
    """The workspace's persons."""

    def __init__(self, scoped: Scoped) -> None:
        self._db = scoped
        self._cache = MemberCache()

    def resolve(self, links: Sequence[Link], *, source_id: str, held_out: HeldOutSink) -> None:
        """Join persons over identifiers that stood on one row; doing so twice changes nothing.

        Persons who are new stay without a side until `settle`. Held-out persons who turn out to be working ones
        are excluded in the vault before anything is committed here.
        """
        pending = [link for link in links if not self._is_joined(link)]
        if not pending:
            return
        known = self._members(key for link in pending for key in link.keys)
        joiner = Joiner(known, undone=self._undone())
        joined = joiner.join(pending)
        self._exclude_crossing(joined, held_out)
        self._write(joined, source_id=source_id)
        if joined.roots:
            self._cache.move(joined.roots, joiner.sides)
        for link in pending:
            for key in link.keys:
                self._cache.put(key, joiner.member(key))

    def find(self, keys: Iterable[str]) -> dict[str, Member]:
        """Return the persons that known identifier keys lead to."""
        return self._members(keys)

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
                fixed = self._sides(row.canonical_id for row in rows)
                sides = [
                    {
                        "who": row.person_id,
                        "is_on": (fixed.get(row.canonical_id) or side_of(row.canonical_id)).value,
                    }
                    for row in rows
                ]
                statement = self._db.update(persons).where(persons.c.person_id == sa.bindparam("who"))
                self._db.execute(statement.values(side=sa.bindparam("is_on")), sides)
                n_settled += len(rows)
        if n_settled:
            self._cache.clear()
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
        rows = self._db.rows(self._db.select(persons).where(persons.c.canonical_id == canonical))
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

    def aliases(self) -> dict[str, str]:
        """Return absorbed person id to canonical person id; every id that is not in it is its own."""
        query = self._db.select(persons, persons.c.person_id, persons.c.canonical_id).where(
            persons.c.person_id != persons.c.canonical_id
        )
        return {row.person_id: row.canonical_id for row in self._db.rows(query)}

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
        """Return the log of merges in the order of their ids, with those taken back."""
        return [
            LoggedMerge(**as_dict(row))
            for row in self._db.rows(self._db.select(merges).order_by(merges.c.merge_id))
        ]

    def undo_merge(self, merge_id: str) -> None:
        """Take a merge back: the two are different persons again and stay so when the source is read again.

        A row that links them through a third person joins them again. What was excluded in the vault stays excluded.

        Raises:
            NotFoundError: No such merge is in the log.
        """
        with self._db.database.begin():
            found = self._db.rows(self._db.select(merges).where(merges.c.merge_id == merge_id))
            if not found:
                msg = f"merge {merge_id!r} is not in the log"
                raise NotFoundError(msg, hint="Merge ids start with 'm_'.")
            self._db.execute(self._db.update(merges).where(merges.c.merge_id == merge_id).values(undone=True))
            self._split(self.get(found[0].left_id).person_id)
        self._cache.clear()

    def _is_joined(self, link: Link) -> bool:
        first = self._cache.get(link.keys[0])
        if first is None:
            return False
        return all(
            (member := self._cache.get(key)) is not None and member.canonical_id == first.canonical_id
            for key in link.keys[1:]
        )

    def _members(self, keys: Iterable[str]) -> dict[str, Member]:
        found: dict[str, Member] = {}
        missing: set[str] = set()
        for key in keys:
            member = self._cache.get(key)
            if member is None:
                missing.add(key)
            else:
                found[key] = member
        for key, member in self._stored_members(missing):
            found[key] = member
            self._cache.put(key, member)
        return found

    def _stored_members(self, keys: set[str]) -> Iterator[tuple[str, Member]]:
        own, canonical = persons.alias("own"), persons.alias("canonical")
        query = (
            self._db.select(
                identifiers,
                identifiers.c.identifier_key,
                own.c.person_id,
                own.c.canonical_id,
                canonical.c.side,
            )
            .join(own, (own.c.ws == identifiers.c.ws) & (own.c.person_id == identifiers.c.person_id))
            .join(canonical, (canonical.c.ws == own.c.ws) & (canonical.c.person_id == own.c.canonical_id))
        )
        for row in self._db.rows_in(query, identifiers.c.identifier_key, keys):
            side = None if row.side is None else Side(row.side)
            yield row.identifier_key, Member(row.person_id, row.canonical_id, side)

    def _undone(self) -> frozenset[str]:
        query = self._db.select(merges, merges.c.merge_id).where(merges.c.undone)
        return frozenset(row.merge_id for row in self._db.rows(query))

    def _exclude_crossing(self, joined: Joined, held_out: HeldOutSink) -> None:
        if joined.crossed:
            query = self._db.select(persons, persons.c.person_id)
            members = {
                row.person_id for row in self._db.rows_in(query, persons.c.canonical_id, joined.crossed)
            }
            held_out.exclude_persons(sorted(members), reason=_BECAME_WORKING)

    def _write(self, joined: Joined, *, source_id: str) -> None:
        with self._db.database.begin():
            self._db.add_new(
                persons,
                [
                    {"person_id": new, "canonical_id": new, "side": None, "identified": True}
                    for new in sorted(joined.new_persons)
                ],
            )
            self._db.add_new(
                identifiers,
                [
                    {"identifier_key": key, "person_id": person}
                    for key, person in sorted(joined.new_identifiers.items())
                ],
            )
            self._db.add_new(merges, [_merge_row(merge, source_id=source_id) for merge in joined.merges])
            statement = self._db.update(persons).where(persons.c.canonical_id == sa.bindparam("old"))
            moves = [{"old": old, "new": new} for old, new in joined.roots.items()]
            self._db.execute(statement.values(canonical_id=sa.bindparam("new")), moves)

    def _sides(self, person_ids: Iterable[str]) -> dict[str, Side]:
        query = self._db.select(persons, persons.c.person_id, persons.c.side).where(
            persons.c.side.is_not(None)
        )
        return {
            row.person_id: Side(row.side) for row in self._db.rows_in(query, persons.c.person_id, person_ids)
        }

    def _split(self, canonical_id: str) -> None:
        rows = self._db.rows(self._db.select(persons).where(persons.c.canonical_id == canonical_id))
        sides = {row.person_id: None if row.side is None else Side(row.side) for row in rows}
        log = self._db.select(merges, merges.c.left_id, merges.c.right_id).where(~merges.c.undone)
        edges = {(row.left_id, row.right_id) for row in self._db.rows_in(log, merges.c.left_id, sides)}
        inside = sorted(edge for edge in edges if edge[1] in sides)
        statement = self._db.update(persons).where(persons.c.person_id == sa.bindparam("who"))
        for members in components(sorted(sides), inside):
            root = min(members, key=lambda member: rank(member, sides[member]))
            rewritten = [{"who": member, "root": root} for member in members]
            self._db.execute(statement.values(canonical_id=sa.bindparam("root")), rewritten)


def _merge_row(merge: Merge, *, source_id: str) -> dict[str, object]:
    return {
        "merge_id": merge.merge_id,
        "left_id": merge.left_id,
        "right_id": merge.right_id,
        "kept": merge.kept,
        "absorbed": merge.absorbed,
        "source_id": source_id,
        "row": merge.row,
        "undone": False,
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
