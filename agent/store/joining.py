"""Keeping who is one person up to date: links come in, are taken back or followed again, and the split is kept.

What was seen stays seen: whoever was read as a working customer stays one when a set falls apart, and a held-out one who
turns out to be a working one is excluded from checking for good. What was unseen stays in the vault either way.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from agent.identify import person_id_of
from agent.ports import HeldOutSink
from agent.schemas.records import Side
from agent.store.engine import Scoped
from agent.store.identity import (
    Accounts,
    Drawn,
    Edge,
    Link,
    Member,
    MemberCache,
    Sets,
    SideOf,
    accounts_of,
    arrange,
    draw,
    rank,
)
from agent.store.lineage import MergeLog
from agent.store.recent import Recent
from agent.store.tables import identifiers, persons

_N_MEMBERS = 50_000
"""Of one generation of the cache, some 20 MB; a person who is not in it costs a look-up of 15 microseconds."""
_BECAME_WORKING = "turned out to be a working customer"
_NO_ACCOUNT = Accounts()


@dataclass(frozen=True, slots=True)
class _Person:
    """A person's row, with the side it is read on."""

    person_id: str
    canonical_id: str
    side: Side | None
    """Its own."""
    read_on: Side | None

    @property
    def kept_on(self) -> Side | None:
        """The side it has when it stands by itself: what was seen stays seen."""
        return Side.WORKING if self.side is not None and self.read_on is Side.WORKING else self.side


class Joiner:
    """Joins the workspace's persons.

    Args:
        scoped: The workspace's database.
        log: Of links between persons.
    """

    def __init__(self, scoped: Scoped, log: MergeLog) -> None:
        self._db = scoped
        self._log = log
        self._cache = MemberCache(_N_MEMBERS)
        self._linked: Recent[tuple[str, str], bool] = Recent()
        """Pairs of persons whose link is logged."""

    def join(self, links: Sequence[Link], *, source_id: str, held_out: HeldOutSink) -> None:
        """Take links of one source in; doing so twice changes nothing."""
        pending = [link for link in links if not self._is_known(link)]
        if not pending:
            return
        known = self.members(key for link in pending for key in link.keys)
        drawn = draw(pending, known)
        members = {member.person_id: member for member in known.values()}
        members.update((person, Member(person, person, None)) for person in drawn.new_persons)
        with self._db.database.begin():
            self._add(drawn, source_id=source_id)
            self._free(drawn, source_id=source_id)
            edges = self._log.new_among(drawn.edges)
            roots = {person: member.canonical_id for person, member in members.items()}
            self._log.add(edges, roots, source_id=source_id)
            moved = self._connect(edges, members, drawn, held_out)
        own = {key: member.person_id for key, member in known.items()}
        own.update((key, person) for key, (person, _) in drawn.new_identifiers.items())
        own.update((key, person_id_of(key)) for key in drawn.freed)
        self._remember(pending, own, members, moved)

    def members(self, keys: Iterable[str]) -> dict[str, Member]:
        """Return the persons that known identifier keys lead to."""
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

    def settle(self, side_of: SideOf) -> None:
        """Take in that every person without a side was given one."""
        self._cache.settle(side_of)

    def forget(self) -> None:
        """Read persons anew when they are next asked for."""
        self._cache.clear()

    def take_back(self, merge_id: str, *, held_out: HeldOutSink) -> None:
        """Go on as if a link had not been there; reading its source again changes nothing."""
        self._set_undone(merge_id, undone=True, held_out=held_out)

    def follow_again(self, merge_id: str, *, held_out: HeldOutSink) -> None:
        """Go on as if a link had never been taken back."""
        self._set_undone(merge_id, undone=False, held_out=held_out)

    def _set_undone(self, merge_id: str, *, undone: bool, held_out: HeldOutSink) -> None:
        with self._db.database.begin():
            link = self._log.get(merge_id)
            beside = [*self._log.refused_of(link.left_id), *self._log.refused_of(link.right_id)]
            ends = {link.left_id, link.right_id} | {
                end for each in beside for end in (each.left_id, each.right_id)
            }
            self._log.set_undone(merge_id, undone=undone)
            self._rearrange(self._roots(ends), held_out)
        self.forget()

    def _is_known(self, link: Link) -> bool:
        first = self._cache.get(link.keys[0])
        if first is None:
            return False
        for key in link.keys[1:]:
            member = self._cache.get(key)
            if member is None:
                return False
            if not (
                member.person_id == first.person_id or self._linked.get((first.person_id, member.person_id))
            ):
                return False
        return True

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
            own_id, read_under = row.person_id, row.canonical_id
            # Most are read under their own id: one text for both takes half the memory.
            canonical_id = own_id if read_under == own_id else read_under
            yield row.identifier_key, Member(own_id, canonical_id, _side(row.side))

    def _add(self, drawn: Drawn, *, source_id: str) -> None:
        self._db.add_new(
            persons,
            [
                {"person_id": new, "canonical_id": new, "side": None, "identified": True}
                for new in sorted(drawn.new_persons)
            ],
        )
        self._db.add_new(
            identifiers,
            [
                {"identifier_key": key, "person_id": person, "source_id": source_id, "row": row}
                for key, (person, row) in sorted(drawn.new_identifiers.items())
            ],
        )

    def _free(self, drawn: Drawn, *, source_id: str) -> None:
        """Make keys that several have persons of their own, each linked to whom it belonged to by its first row."""
        if not drawn.freed:
            return
        query = self._db.select(identifiers)
        first = {
            row.identifier_key: row
            for row in self._db.rows_in(query, identifiers.c.identifier_key, drawn.freed)
        }
        owners = self._db.rows_in(query, identifiers.c.person_id, drawn.freed.values())
        surest: dict[str, str] = {}
        for row in owners:
            surest[row.person_id] = min(row.identifier_key, surest.get(row.person_id, row.identifier_key))
        for key, owner in drawn.freed.items():
            row = first[key]
            edge = Edge(
                row.row or 0, owner, person_id_of(key), surest[owner], key, row.source_id or source_id
            )
            drawn.add_edge(edge)
        statement = self._db.update(identifiers).where(identifiers.c.identifier_key == sa.bindparam("which"))
        moved = [{"which": key, "now": person_id_of(key)} for key in sorted(drawn.freed)]
        self._db.execute(statement.values(person_id=sa.bindparam("now")), moved)

    def _connect(
        self, edges: Iterable[Edge], members: Mapping[str, Member], drawn: Drawn, held_out: HeldOutSink
    ) -> dict[str, Member] | None:
        """Follow new links; return each root that moved with what it became, or None where sets were made anew."""
        sides = {member.canonical_id: member.side for member in members.values()}
        between = [
            edge
            for edge in edges
            if members[edge.left_id].canonical_id != members[edge.right_id].canonical_id
        ]
        accounts = self._accounts(
            {members[end].canonical_id for edge in between for end in _ends(edge)}, drawn
        )
        sets = Sets(accounts)
        unsure: set[str] = set()
        for edge in between:
            left, right = (members[end].canonical_id for end in _ends(edge))
            sets.join(left, right)
            weak = [
                end for end, root in zip(_ends(edge), (left, right), strict=True) if not any(accounts[root])
            ]
            if any(self._log.refused_of(end) for end in weak):
                unsure.add(left)
        torn = {sets.find(root) for root in unsure}
        moved: dict[str, Member] = {}
        anew: set[str] = set()
        for part in sets.parts():
            held = sets.accounts(part[0])
            if held.n_users > 1 or held.n_emails > 1 or sets.find(part[0]) in torn:
                anew.update(part)
                continue
            root = min(part, key=lambda each: rank(each, sides[each]))
            moved.update((each, Member(each, root, sides[root])) for each in part if each != root)
        self._move(moved, sides, held_out)
        if anew:
            self._rearrange(anew, held_out)
        return None if anew else moved

    def _accounts(self, roots: Collection[str], drawn: Drawn) -> dict[str, Accounts]:
        """Return the accounts of whole sets, by root."""
        new = set(drawn.new_persons)
        keys: dict[str, list[str]] = defaultdict(list)
        for key, (person, _) in drawn.new_identifiers.items():
            if person in new:
                keys[person].append(key)
        query = self._db.select(identifiers, identifiers.c.identifier_key, persons.c.canonical_id).join(
            persons, (persons.c.ws == identifiers.c.ws) & (persons.c.person_id == identifiers.c.person_id)
        )
        for row in self._db.rows_in(
            query, persons.c.canonical_id, [root for root in roots if root not in new]
        ):
            keys[row.canonical_id].append(row.identifier_key)
        return {root: accounts_of(keys[root]) for root in sorted(roots)}

    def _move(
        self, moved: Mapping[str, Member], sides: Mapping[str, Side | None], held_out: HeldOutSink
    ) -> None:
        crossed = [
            old for old, now in moved.items() if sides[old] is Side.HELD_OUT and now.side is Side.WORKING
        ]
        if crossed:
            query = self._db.select(persons, persons.c.person_id)
            found = {row.person_id for row in self._db.rows_in(query, persons.c.canonical_id, crossed)}
            held_out.exclude_persons(sorted(found), reason=_BECAME_WORKING)
        statement = self._db.update(persons).where(persons.c.canonical_id == sa.bindparam("old"))
        rows = [{"old": old, "new": now.canonical_id} for old, now in moved.items()]
        self._db.execute(statement.values(canonical_id=sa.bindparam("new")), rows)

    def _rearrange(self, roots: Collection[str], held_out: HeldOutSink) -> None:
        """Make the sets of some roots anew, with those that a refused link leads to."""
        people = self._closure(roots)
        links = [link for link in self._log.within(people) if not link.undone]
        arranged = arrange(self._own_accounts(people), [link.edge for link in links])
        crossed: list[str] = []
        changed: list[dict[str, str | None]] = []
        for part in arranged.parts:
            kept = {person: people[person].kept_on for person in part}
            root = min(part, key=lambda person: rank(person, kept[person]))
            if kept[root] is Side.WORKING:
                crossed.extend(person for person in part if people[person].read_on is Side.HELD_OUT)
            for person in part:
                was, side = people[person], kept[person]
                if (was.canonical_id, was.side) != (root, side):
                    changed.append(
                        {"who": person, "root": root, "is_on": None if side is None else side.value}
                    )
        if crossed:
            held_out.exclude_persons(sorted(crossed), reason=_BECAME_WORKING)
        statement = self._db.update(persons).where(persons.c.person_id == sa.bindparam("who"))
        self._db.execute(
            statement.values(canonical_id=sa.bindparam("root"), side=sa.bindparam("is_on")), changed
        )
        self._log.set_refused(links, arranged.refused)

    def _closure(self, roots: Collection[str]) -> dict[str, _Person]:
        found: dict[str, _Person] = {}
        wanted = set(roots)
        while wanted:
            new = {person.person_id: person for person in self._of_roots(wanted)}
            found.update(new)
            others = {
                end for person in new for link in self._log.refused_of(person) for end in _ends(link.edge)
            }
            wanted = self._roots(others - found.keys())
        return found

    def _of_roots(self, roots: Collection[str]) -> Iterator[_Person]:
        query = self._db.select(persons, persons.c.person_id, persons.c.canonical_id, persons.c.side)
        rows = list(self._db.rows_in(query, persons.c.canonical_id, roots))
        read_on = {row.person_id: _side(row.side) for row in rows if row.person_id == row.canonical_id}
        for row in rows:
            yield _Person(row.person_id, row.canonical_id, _side(row.side), read_on[row.canonical_id])

    def _roots(self, person_ids: Collection[str]) -> set[str]:
        query = self._db.select(persons, persons.c.canonical_id)
        return {row.canonical_id for row in self._db.rows_in(query, persons.c.person_id, person_ids)}

    def _own_accounts(self, person_ids: Collection[str]) -> dict[str, Accounts]:
        keys: dict[str, list[str]] = {person: [] for person in person_ids}
        query = self._db.select(identifiers, identifiers.c.identifier_key, identifiers.c.person_id)
        for row in self._db.rows_in(query, identifiers.c.person_id, person_ids):
            keys[row.person_id].append(row.identifier_key)
        return {person: accounts_of(own) for person, own in keys.items()}

    def _remember(
        self,
        links: Iterable[Link],
        own: Mapping[str, str],
        members: Mapping[str, Member],
        moved: Mapping[str, Member] | None,
    ) -> None:
        if moved is None:
            self.forget()
        else:
            roots = {old: now.canonical_id for old, now in moved.items()}
            self._cache.move(roots, {now.canonical_id: now.side for now in moved.values()})
        for link in links:
            centre = link.keys[0]
            for key in link.keys:
                if moved is not None:
                    self._cache.put(key, _followed(members[own[key]], moved))
                if own[key] != own[centre]:
                    self._linked.put((own[centre], own[key]), True)  # noqa: FBT003


def _ends(edge: Edge) -> tuple[str, str]:
    return edge.left_id, edge.right_id


def _followed(member: Member, moved: Mapping[str, Member]) -> Member:
    now = moved.get(member.canonical_id)
    return member if now is None else Member(member.person_id, now.canonical_id, now.side)


def _side(value: str | None) -> Side | None:
    return None if value is None else Side(value)
