"""Joining persons from identifiers: sets that depend on which identifiers stood together, not on the order of rows.

A user id, a device and an anonymous id are each a person of their own, and so is whatever else comes alone; an e-mail
address, a phone number or an order first seen beside a surer identifier belongs to that one, a number or an order until
somebody else has it too. Identifiers of one row link their persons, the surest one to each other. Links join, with these exceptions:

- A person took the link back.
- An account is a user id or an e-mail address. Two sets that both hold user ids, or both hold e-mail addresses, are
  joined by what names an account alone: an e-mail address, or a row with both user ids (an alias). A phone number, an
  order, a device or an anonymous id never joins them.
- A phone number, an order, a device or an anonymous id that meets two such sets is shared, and belongs to neither.
- An e-mail address beside more than `MOST_ACCOUNTS` user ids is a till's or a desk's, and joins nobody.

The root of a set is its first person by: settled before not, working before held out, then id. So whoever was seen
as working stays working, and a person's id does not change when another file is read first.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from agent.identify import kind_of, person_id_of
from agent.schemas.records import IdentifierKind, Side
from agent.store.recent import Recent

SideOf = Callable[[str], Side]
"""The split: canonical person id to side."""

MOST_ACCOUNTS = 5
"""User ids that one e-mail address may belong to."""

_USER, _EMAIL = IdentifierKind.USER_ID, IdentifierKind.EMAIL
_FREED = frozenset({IdentifierKind.PHONE, IdentifierKind.ORDER_ID})
_BELONGING = _FREED | {_EMAIL}
_ACCOUNTS = frozenset({_USER, _EMAIL, None})


@dataclass(frozen=True, slots=True)
class Link:
    """Identifier keys that stood on one row and so belong to one person; at least one, the surest first."""

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
class Edge:
    """Two persons whose identifiers stood on one row, the surer one on the left."""

    row: int
    left_id: str
    right_id: str
    left_key: str
    right_key: str
    source_id: str = ""
    """Of the row; empty for the source that is being read."""

    @property
    def merge_id(self) -> str:
        """`m_` and 24 hexadecimal digits over the two persons' own ids, in either order."""
        return merge_id_of(self.left_id, self.right_id)

    @property
    def names_accounts(self) -> bool:
        """True where both identifiers are accounts; one of no known kind counts as such."""
        return kind_of(self.left_key) in _ACCOUNTS and kind_of(self.right_key) in _ACCOUNTS


def merge_id_of(left_id: str, right_id: str) -> str:
    """Return the id of the merge of two persons, which does not depend on their order."""
    pair = "\n".join(sorted((left_id, right_id)))
    return f"m_{hashlib.sha256(pair.encode()).hexdigest()[:24]}"


def rank(person_id: str, side: Side | None) -> tuple[bool, bool, str]:
    """Return the order among persons of one set; the first is the one all are read under."""
    return (side is None, side is not Side.WORKING, person_id)


class Accounts(NamedTuple):
    """How many accounts a person or a set of persons holds."""

    n_users: int = 0
    n_emails: int = 0

    def plus(self, other: "Accounts") -> "Accounts":
        """Return the accounts of both."""
        return Accounts(self.n_users + other.n_users, self.n_emails + other.n_emails)

    def differ(self, other: "Accounts") -> bool:
        """Tell whether the two cannot be one without an account in common."""
        return bool((self.n_users and other.n_users) or (self.n_emails and other.n_emails))


def accounts_of(keys: Iterable[str]) -> Accounts:
    """Return how many accounts keys stand for."""
    kinds = [kind_of(key) for key in keys]
    return Accounts(kinds.count(_USER), kinds.count(_EMAIL))


@dataclass(slots=True)
class Drawn:
    """What a batch of links says that was not known."""

    new_persons: list[str] = field(default_factory=list[str])
    new_identifiers: dict[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])
    """Key to the person it belongs to and the row it was first read on."""
    freed: dict[str, str] = field(default_factory=dict[str, str])
    """Key that somebody else has too, and so becomes a person of its own, to the person it belonged to."""
    edges: dict[str, Edge] = field(default_factory=dict[str, Edge])
    """By merge id; of several between two persons the first."""

    def add_edge(self, edge: Edge) -> None:
        """Add an edge between two persons who have none yet."""
        self.edges.setdefault(edge.merge_id, edge)


def draw(links: Iterable[Link], known: Mapping[str, Member]) -> Drawn:
    """Return the persons, identifiers and edges of links over what is known of their keys."""
    drawn = Drawn()
    own = {key: member.person_id for key, member in known.items()}
    for link in links:
        centre = link.keys[0]
        for key in link.keys:
            alone = person_id_of(key)
            if key not in own:
                belongs = key != centre and kind_of(key) in _BELONGING
                own[key] = own[centre] if belongs else alone
                drawn.new_identifiers[key] = (own[key], link.row)
                if not belongs:
                    drawn.new_persons.append(alone)
            elif kind_of(key) in _FREED and own[key] not in {own[centre], alone}:
                drawn.freed[key] = own[key]
                own[key] = alone
                drawn.new_persons.append(alone)
            if own[key] != own[centre]:
                drawn.add_edge(Edge(link.row, own[centre], own[key], centre, key))
    return drawn


class Sets:
    """Disjoint sets of persons, each with the accounts it holds."""

    def __init__(self, accounts: Mapping[str, Accounts]) -> None:
        self._parent = {person: person for person in accounts}
        self._accounts = dict(accounts)

    def find(self, person: str) -> str:
        """Return what stands for the person's set."""
        while self._parent[person] != person:
            self._parent[person] = self._parent[self._parent[person]]
            person = self._parent[person]
        return person

    def accounts(self, person: str) -> Accounts:
        """Return the accounts of the person's set."""
        return self._accounts[self.find(person)]

    def join(self, left: str, right: str) -> None:
        """Make two sets one."""
        left, right = self.find(left), self.find(right)
        if left != right:
            self._parent[right] = left
            self._accounts[left] = self._accounts[left].plus(self._accounts[right])

    def parts(self) -> list[list[str]]:
        """Return the sets, in the order of their first persons."""
        found: dict[str, list[str]] = defaultdict(list)
        for person in self._parent:
            found[self.find(person)].append(person)
        return list(found.values())


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Who is one person, and which links were not followed."""

    parts: list[list[str]]
    refused: frozenset[str]
    """Merge ids."""


def arrange(accounts: Mapping[str, Accounts], edges: Sequence[Edge]) -> Arrangement:
    """Return the sets that edges make under the rules of this module, whatever the order of the edges.

    Args:
        accounts: The accounts that belong to each person itself.
        edges: Between these persons, without those that were taken back.
    """
    sets = Sets(dict(sorted(accounts.items())))
    crowded = _crowded(accounts, edges)
    bridges = sorted((edge for edge in edges if not edge.names_accounts), key=lambda edge: edge.merge_id)
    for edge in edges:
        if edge.names_accounts and edge.right_key not in crowded:
            sets.join(edge.left_id, edge.right_id)
    shared = _shared(accounts, bridges, sets)
    bridges = [edge for edge in bridges if edge.left_id not in shared and edge.right_id not in shared]
    # A guest's other address on a customer's own device must not take the device away from the customer.
    bridges.sort(
        key=lambda edge: not (sets.accounts(edge.left_id).n_users or sets.accounts(edge.right_id).n_users)
    )
    for edge in bridges:
        if not sets.accounts(edge.left_id).differ(sets.accounts(edge.right_id)):
            sets.join(edge.left_id, edge.right_id)
    apart = {edge.merge_id for edge in edges if sets.find(edge.left_id) != sets.find(edge.right_id)}
    return Arrangement(sets.parts(), frozenset(apart))


def _crowded(accounts: Mapping[str, Accounts], edges: Iterable[Edge]) -> frozenset[str]:
    beside: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        if kind_of(edge.right_key) is _EMAIL and accounts[edge.left_id].n_users:
            beside[edge.right_key].add(edge.left_id)
            if accounts[edge.right_id].n_users:
                beside[edge.right_key].add(edge.right_id)
    return frozenset(key for key, persons in beside.items() if len(persons) > MOST_ACCOUNTS)


def _shared(accounts: Mapping[str, Accounts], bridges: Iterable[Edge], sets: Sets) -> frozenset[str]:
    """Return the persons without an account who meet two sets that cannot be one."""
    met: dict[str, set[str]] = defaultdict(set)
    for edge in bridges:
        for person, other in ((edge.left_id, edge.right_id), (edge.right_id, edge.left_id)):
            if not any(accounts[person]):
                met[person].add(sets.find(other))
    return frozenset(person for person, others in met.items() if _cannot_be_one(others, sets))


def _cannot_be_one(others: Iterable[str], sets: Sets) -> bool:
    held = [sets.accounts(other) for other in others]
    n_with_users = sum(bool(each.n_users) for each in held)
    return n_with_users > 1 or (not n_with_users and sum(bool(each.n_emails) for each in held) > 1)


class MemberCache(Recent[str, Member]):
    """The members that identifier keys led to last."""

    def move(self, roots: Mapping[str, str], sides: Mapping[str, Side | None]) -> None:
        """Follow merges: members read under an old root are read under the new one."""
        for generation in (self._young, self._old):
            for key, member in generation.items():
                root = roots.get(member.canonical_id)
                if root is not None:
                    generation[key] = Member(member.person_id, root, sides[root])

    def settle(self, side_of: SideOf) -> None:
        """Give members without a side the one of the person they are read under."""
        for generation in (self._young, self._old):
            for key, member in generation.items():
                if member.side is None:
                    side = side_of(member.canonical_id)
                    generation[key] = Member(member.person_id, member.canonical_id, side)
