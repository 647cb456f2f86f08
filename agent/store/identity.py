"""Joining persons from identifiers: a union of sets whose root depends on the set, not on the order of rows.

The root of a set is its first person by: settled before not, working before held out, then id. So whoever was seen
as working stays working, and a person's id does not change when another file is read first.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agent.identify import person_id_of
from agent.schemas.records import Side
from agent.store.recent import Recent


@dataclass(frozen=True, slots=True)
class Link:
    """Identifier keys that stood on one row and so belong to one person; at least one."""

    row: int
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """A person as an identifier leads to it: its own id, the id it is read under, and that one's side."""

    person_id: str
    canonical_id: str
    side: Side | None
    """None while nothing of the person is stored yet."""


@dataclass(frozen=True, slots=True)
class Merge:
    """Two persons found to be one."""

    row: int
    left_id: str
    right_id: str
    kept: str
    absorbed: str

    @property
    def merge_id(self) -> str:
        """`m_` and 24 hexadecimal digits over the two persons' own ids, in either order."""
        return merge_id_of(self.left_id, self.right_id)


def merge_id_of(left_id: str, right_id: str) -> str:
    """Return the id of the merge of two persons, which does not depend on their order."""
    pair = "\n".join(sorted((left_id, right_id)))
    return f"m_{hashlib.sha256(pair.encode()).hexdigest()[:24]}"


def rank(person_id: str, side: Side | None) -> tuple[bool, bool, str]:
    """Return the order among persons of one set; the first is the one all are read under."""
    return (side is None, side is not Side.WORKING, person_id)


@dataclass(slots=True)
class Joined:
    """What one batch of links changes."""

    new_persons: list[str] = field(default_factory=list[str])
    new_identifiers: dict[str, str] = field(default_factory=dict[str, str])
    merges: list[Merge] = field(default_factory=list[Merge])
    roots: dict[str, str] = field(default_factory=dict[str, str])
    """Canonical id before the batch to canonical id after it, where it changed."""
    crossed: list[str] = field(default_factory=list[str])
    """Canonical ids before the batch of held-out persons who are working ones after it."""


class Joiner:
    """Joins a batch of links over what is known of their keys.

    Args:
        known: Every stored identifier among the links' keys.
        undone: Ids of merges that somebody took back; they are not made again.
    """

    def __init__(self, known: dict[str, Member], *, undone: frozenset[str]) -> None:
        self._own = {key: member.person_id for key, member in known.items()}
        self._root = {member.person_id: member.canonical_id for member in known.values()}
        self._side = {member.canonical_id: member.side for member in known.values()}
        self._parent: dict[str, str] = {}
        self._undone = undone
        self._joined = Joined()

    def join(self, links: Iterable[Link]) -> Joined:
        """Return what the links change, in their order."""
        for link in links:
            self._join(link)
        self._joined.roots = {root: self._find(root) for root in self._parent}
        # Looked at after the whole batch: a held-out person may be absorbed by another one first.
        self._joined.crossed = [
            old
            for old, new in self._joined.roots.items()
            if self._side[old] is Side.HELD_OUT and self._side[new] is Side.WORKING
        ]
        return self._joined

    @property
    def sides(self) -> Mapping[str, Side | None]:
        """Side of every canonical person that the batch touched."""
        return self._side

    def member(self, key: str) -> Member:
        """Return the person a key leads to after the batch."""
        own = self._own[key]
        canonical = self._find(self._root[own])
        return Member(person_id=own, canonical_id=canonical, side=self._side[canonical])

    def _join(self, link: Link) -> None:
        stored = [key for key in link.keys if key in self._own]
        first = self._own[stored[0]] if stored else self._start(link.keys[0])
        for key in link.keys:
            own = self._own.get(key)
            if own is None:
                self._own[key] = self._joined.new_identifiers[key] = first
            elif own != first:
                self._merge(first, own, row=link.row)

    def _start(self, key: str) -> str:
        person_id = person_id_of(key)
        self._joined.new_persons.append(person_id)
        self._root[person_id] = person_id
        self._side[person_id] = None
        return person_id

    def _merge(self, left_id: str, right_id: str, *, row: int) -> None:
        left, right = self._find(self._root[left_id]), self._find(self._root[right_id])
        if left == right or merge_id_of(left_id, right_id) in self._undone:
            return
        kept, absorbed = sorted((left, right), key=lambda root: rank(root, self._side[root]))
        self._joined.merges.append(Merge(row, left_id, right_id, kept, absorbed))
        self._parent[absorbed] = kept

    def _find(self, root: str) -> str:
        while root in self._parent:
            root = self._parent[root]
        return root


class MemberCache(Recent[str, Member]):
    """The members that identifier keys led to last."""

    def move(self, roots: Mapping[str, str], sides: Mapping[str, Side | None]) -> None:
        """Follow merges: members read under an old root are read under the new one."""
        for generation in (self._young, self._old):
            for key, member in generation.items():
                root = roots.get(member.canonical_id)
                if root is not None:
                    generation[key] = Member(member.person_id, root, sides[root])


def components(persons: Sequence[str], edges: Iterable[tuple[str, str]]) -> Iterator[list[str]]:
    """Yield the sets of persons that edges connect; each person is in exactly one."""
    parent = {person: person for person in persons}

    def find(person: str) -> str:
        while parent[person] != person:
            parent[person] = parent[parent[person]]
            person = parent[person]
        return person

    for left, right in edges:
        parent[find(left)] = find(right)
    sets: dict[str, list[str]] = {}
    for person in persons:
        sets.setdefault(find(person), []).append(person)
    yield from sets.values()
