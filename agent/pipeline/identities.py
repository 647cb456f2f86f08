"""Who is one person and why: showing it, taking wrong links back, finding suspicious ones. No raw identifier is known here."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import AwareDatetime

from agent.errors import InputError, NotFoundError
from agent.identify import identifier_keys, kind_of
from agent.pipeline.workspace import Workspace
from agent.schemas.base import Frozen
from agent.schemas.records import Identifier, IdentifierKind, Side
from agent.store import Store
from agent.store.identity import MOST_ACCOUNTS
from agent.store.lineage import REJOIN, SPLIT, LoggedMerge
from agent.store.persons import Known

MANY_USERS = 3
"""User ids from which one customer is more likely several."""

LinkState = Literal["joins", "refused", "taken back"]


class Held(Frozen):
    """A held-out customer: that is all there is to tell."""

    held_out: Literal[True] = True


class KnownIdentifier(Frozen):
    """One identifier of a customer, under its pseudonym."""

    key: str
    """Keyed hash; the same in this workspace alone."""
    kind: IdentifierKind | None
    own_id: str
    """The person it is by itself, before any link."""
    source: str | None
    """File on which it was first read."""
    row: int | None


class KnownLink(Frozen):
    """Two identifiers that stood on one row."""

    merge_id: str
    state: LinkState
    left_key: str | None
    left_kind: IdentifierKind | None
    left_id: str
    right_key: str | None
    right_kind: IdentifierKind | None
    right_id: str
    source: str
    row: int
    read_at: AwareDatetime | None
    """When that file was read."""


class Identity(Frozen):
    """Everything that makes a customer one."""

    person_id: str
    identified: bool
    identifiers: tuple[KnownIdentifier, ...]
    links: tuple[KnownLink, ...]
    n_links_held_out: int
    """Further ones that lead to held-out customers; not shown."""


class Shared(Frozen):
    """An identifier that several accounts used, so that it joins none of them."""

    own_id: str
    key: str | None
    kind: IdentifierKind | None
    n_accounts: int
    links: tuple[KnownLink, ...]
    """The first of them."""


class Crowd(Frozen):
    """A customer with more than one user id."""

    person_id: str
    n_user_ids: int
    links: tuple[KnownLink, ...]
    """Those between user ids, the first of them."""


class IdentityCheck(Frozen):
    """What to look at; of held-out customers only how many."""

    n_persons: dict[Side, int]
    n_linked: int
    """Working customers with more than one identifier."""
    n_single: dict[str, int]
    """Working customers with one identifier, which nothing links to another, by its kind."""
    n_unidentified: int
    """Rows that named nobody, each counted as a customer of its own."""
    shared: tuple[Shared, ...]
    crowds: tuple[Crowd, ...]
    n_held_out: int
    """Further findings that involve held-out customers; not shown."""
    many_users: int = MANY_USERS
    most_accounts: int = MOST_ACCOUNTS


class Split(Frozen):
    """What taking a link back, or following it again, came to."""

    merge_id: str
    persons: tuple[str, ...]
    """The customers that the two are now; one where other links still join them."""
    still_joined_by: tuple[str, ...]
    """Merge ids of those links, where they are one."""


_N_LINKS = 10
_HELD_HINT = "Nothing of a held-out customer is shown or changed."


def person_of(store: Store, reference: str) -> str:
    """Return the id of the customer that a person id, or an identifier written as `kind=value`, leads to.

    Raises:
        NotFoundError: Nobody in the workspace has it.
        InputError: The kind is none, or the value identifies nobody.
    """
    kind, equals, value = reference.partition("=")
    if not equals:
        return store.persons.get(reference).person_id
    if kind not in set(map(str, IdentifierKind)):
        msg = f"there is no kind of identifier {kind!r}; there are {', '.join(IdentifierKind)}"
        raise InputError(msg, hint="For example user_id=c-1042, or a person id that starts with 'p_'.")
    keys = identifier_keys([Identifier(IdentifierKind(kind), value)], salt=store.workspace.salt)
    if not keys:
        msg = f"this {kind} is a placeholder that systems write for nobody, as 'null' or 'guest' are; a value of one customer was expected"
        raise InputError(msg, hint="Ask for the customer by the value that stands in their own rows.")
    found = store.persons.find(keys)
    if not found:
        msg = f"no customer of the workspace has this {kind}"
        raise NotFoundError(
            msg, hint="Identifiers compare as they stand in the exports; capitals count in ids."
        )
    return found[keys[0]].canonical_id


def show_identity(store: Store, reference: str) -> Identity | Held:
    """Return what makes a customer one: identifiers, links, and the rows they rest on.

    Raises:
        NotFoundError: Nobody in the workspace has it.
        InputError: The reference is none.
    """
    person = store.persons.get(person_of(store, reference))
    if person.side is Side.HELD_OUT:
        return Held()
    known = store.persons.identifiers_of(person.person_id)
    names = _source_names(store)
    links = store.persons.links_of(person.person_id)
    shown = [link for link in links if _is_working(link, store)]
    return Identity(
        person_id=person.person_id,
        identified=person.identified,
        identifiers=tuple(_identifier(each, names) for each in known),
        links=tuple(_links(shown, store)),
        n_links_held_out=len(links) - len(shown),
    )


def split_identity(workspace: Workspace, reference: str, merge_id: str, *, by: str, reason: str) -> Split:
    """Take a link of a customer back.

    Raises:
        NotFoundError: Nobody has the reference, or it is no link of the customer.
        InputError: The customer is held out, or the link was taken back before.
    """
    store = workspace.store
    person_id = person_of(store, reference)
    _refuse_held_out(store, person_id)
    link = store.persons.log.get(merge_id)
    if link.merge_id not in {each.merge_id for each in store.persons.links_of(person_id)}:
        msg = f"{merge_id!r} is no link of customer {person_id!r}"
        raise NotFoundError(msg, hint="`journey identity show PERSON` lists the links of a customer.")
    if link.undone:
        msg = f"{merge_id!r} was taken back before"
        raise InputError(msg, hint="`journey identity undo` follows the one taken back last again.")
    with store.transaction():
        store.persons.undo_merge(merge_id, held_out=workspace.vault)
        store.persons.log.decide(SPLIT, merge_id, by=by, reason=reason, now=workspace.now)
    return _split(store, link)


def undo_split(workspace: Workspace, *, by: str, reason: str) -> Split:
    """Follow the link again that was taken back last and is not followed yet.

    Raises:
        NotFoundError: There is none.
    """
    store = workspace.store
    taken = [decision.merge_id for decision in store.persons.log.decisions() if decision.action == SPLIT]
    last = next((each for each in reversed(taken) if store.persons.log.get(each).undone), None)
    if last is None:
        msg = "no link is taken back"
        raise NotFoundError(msg, hint="`journey identity split` takes one back.")
    link = store.persons.log.get(last)
    with store.transaction():
        store.persons.redo_merge(last, held_out=workspace.vault)
        store.persons.log.decide(REJOIN, last, by=by, reason=reason, now=workspace.now)
    return _split(store, link)


def check_identities(store: Store) -> IdentityCheck:
    """Return how well customers are known, and the links that a person should look at."""
    working = frozenset(store.persons.ids(Side.WORKING))
    alone: Counter[str] = Counter()
    n_linked = 0
    users: dict[str, int] = {}
    named = store.persons.named_as_one()
    for person, keys in store.persons.keys_by_person():
        n_users = sum(kind_of(key) is IdentifierKind.USER_ID for key in keys)
        if n_users > 1 and (n_users - named.get(person, 0) > 1 or named.get(person, 0) >= MOST_ACCOUNTS):
            users[person] = n_users
        if person in working:
            n_linked += len(keys) > 1
            alone.update([kind_of(keys[0]) or "unknown"] if len(keys) == 1 else [])
    shared = _shared(store)
    shown = [each for each in shared if _ends_of(each, store) <= working]
    crowds = [_crowd(person, n, store) for person, n in users.items() if person in working]
    return IdentityCheck(
        n_persons={side: store.persons.count(side) for side in Side},
        n_linked=n_linked,
        n_single=dict(sorted(alone.items())),
        n_unidentified=store.persons.count(identified=False),
        shared=tuple(sorted(shown, key=lambda each: (-each.n_accounts, each.own_id))),
        crowds=tuple(sorted(crowds, key=lambda each: (-each.n_user_ids, each.person_id))),
        n_held_out=len(shared) + len(users) - len(shown) - len(crowds),
    )


def _ends_of(shared: Shared, store: Store) -> set[str]:
    ends = {end for link in shared.links for end in (link.left_id, link.right_id)}
    return {store.persons.get(end).person_id for end in ends}


def _shared(store: Store) -> list[Shared]:
    """Return what refused links meet in: the identifier that is no account of its own."""
    met: dict[tuple[str, str | None], list[LoggedMerge]] = {}
    for link in store.persons.log.refused():
        met.setdefault((link.right_id, link.right_key), []).append(link)
    return [
        Shared(
            own_id=own_id,
            key=key,
            kind=kind_of(key or ""),
            n_accounts=len({link.left_id for link in links}),
            links=tuple(_links(links[:_N_LINKS], store)),
        )
        for (own_id, key), links in met.items()
    ]


def _crowd(person_id: str, n_user_ids: int, store: Store) -> Crowd:
    between = [link for link in store.persons.links_of(person_id) if not (link.undone or link.refused)]
    between.sort(key=lambda link: (kind_of(link.left_key or "") is not IdentifierKind.USER_ID, link.merge_id))
    return Crowd(person_id=person_id, n_user_ids=n_user_ids, links=tuple(_links(between[:_N_LINKS], store)))


def _is_working(link: LoggedMerge, store: Store) -> bool:
    return all(store.persons.get(end).side is Side.WORKING for end in (link.left_id, link.right_id))


def _refuse_held_out(store: Store, person_id: str) -> None:
    if store.persons.get(person_id).side is Side.HELD_OUT:
        msg = "this customer is held out"
        raise InputError(msg, hint=_HELD_HINT)


def _split(store: Store, link: LoggedMerge) -> Split:
    ends = sorted({store.persons.get(end).person_id for end in (link.left_id, link.right_id)})
    others = store.persons.links_of(ends[0]) if len(ends) == 1 else []
    still = [
        each.merge_id
        for each in others
        if not (each.undone or each.refused) and each.merge_id != link.merge_id
    ]
    return Split(merge_id=link.merge_id, persons=tuple(ends), still_joined_by=tuple(still))


def _source_names(store: Store) -> dict[str, str]:
    return {source.source_id: source.name for source in store.sources.all()}


def _identifier(known: Known, names: Mapping[str, str]) -> KnownIdentifier:
    return KnownIdentifier(
        key=known.key,
        kind=kind_of(known.key),
        own_id=known.person_id,
        source=names.get(known.source_id or ""),
        row=known.row,
    )


def _links(links: Iterable[LoggedMerge], store: Store) -> Iterable[KnownLink]:
    sources = {source.source_id: source for source in store.sources.all()}
    for link in links:
        source = sources.get(link.source_id)
        yield KnownLink(
            merge_id=link.merge_id,
            state="taken back" if link.undone else "refused" if link.refused else "joins",
            left_key=link.left_key,
            left_kind=kind_of(link.left_key or ""),
            left_id=link.left_id,
            right_key=link.right_key,
            right_kind=kind_of(link.right_key or ""),
            right_id=link.right_id,
            source=link.source_id if source is None else source.name,
            row=link.row,
            read_at=None if source is None else source.read_at,
        )
