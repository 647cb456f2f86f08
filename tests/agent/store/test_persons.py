"""Joining persons: the same persons whatever the order, reversible, with the split kept."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.errors import NotFoundError
from agent.identify import person_id_of
from agent.schemas.records import Side
from agent.store import Store
from agent.store.identity import Link, Member, MemberCache
from tests.agent.store.builders import NOW, MemorySink, add_persons, reading, record

_KEYS = [f"k{i}" for i in range(8)]
_ROWS = st.lists(
    st.lists(st.sampled_from(_KEYS), min_size=1, max_size=3, unique=True).map(tuple), max_size=12
)


def _links(rows: Sequence[tuple[str, ...]]) -> list[Link]:
    return [Link(number, keys) for number, keys in enumerate(rows)]


def _canonical(store: Store) -> dict[str, str]:
    return {key: member.canonical_id for key, member in store.persons.find(_KEYS).items()}


def _partition(canonical: dict[str, str]) -> set[frozenset[str]]:
    return {
        frozenset(key for key, other in canonical.items() if other == root)
        for root in set(canonical.values())
    }


def _connected(rows: Sequence[tuple[str, ...]]) -> set[frozenset[str]]:
    """Return the partition a plain reading of the rows gives, one row after the other."""
    sets: list[set[str]] = []
    for keys in rows:
        touched = [each for each in sets if each & set(keys)]
        sets = [each for each in sets if not each & set(keys)] + [set(keys).union(*touched)]
    return {frozenset(each) for each in sets}


@settings(max_examples=20, deadline=None)
@given(rows=_ROWS, size=st.integers(1, 5))
def test_resolve_joins_exactly_what_rows_connect_in_any_batches(
    rows: list[tuple[str, ...]], size: int
) -> None:
    """Persons are the connected sets of identifiers, however rows are batched; a second pass changes nothing."""
    with TemporaryDirectory() as folder, Store.create(Path(folder), "brand", now=NOW) as store:
        for start in range(0, len(rows), size):
            store.persons.resolve(_links(rows)[start : start + size], source_id="s", held_out=MemorySink())
        first, log = _canonical(store), store.persons.merges()
        assert _partition(first) == _connected(rows)
        assert store.persons.count() == len(_connected(rows))
        store.persons.resolve(_links(rows), source_id="s", held_out=MemorySink())
        assert _canonical(store) == first
        assert store.persons.merges() == log


@settings(max_examples=20, deadline=None)
@given(rows=_ROWS)
@example(rows=[("k0",), ("k2",), ("k3",), ("k0", "k1", "k2"), ("k3", "k0")])
def test_undoing_all_merges_gives_back_the_persons_before_them(rows: list[tuple[str, ...]]) -> None:
    """Undo of every merge leaves each person its own, and reading the rows again makes none of them again."""
    with TemporaryDirectory() as folder, Store.create(Path(folder), "brand", now=NOW) as store:
        store.persons.resolve(_links(rows), source_id="s", held_out=MemorySink())
        taken_back = {merge.merge_id for merge in store.persons.merges()}
        for merge_id in taken_back:
            store.persons.undo_merge(merge_id, held_out=MemorySink())
        assert store.persons.aliases() == {}
        assert all(member.person_id == member.canonical_id for member in store.persons.find(_KEYS).values())
        store.persons.resolve(_links(rows), source_id="s", held_out=MemorySink())
        assert {merge.merge_id for merge in store.persons.merges() if merge.undone} == taken_back


def test_undo_of_one_merge_in_a_chain_keeps_the_others(store: Store, sink: MemorySink) -> None:
    """Of a-b-c-d, taking b-c back leaves a-b and c-d."""
    keys = ["a", "b", "c", "d"]
    store.persons.resolve([Link(i, (key,)) for i, key in enumerate(keys)], source_id="s", held_out=sink)
    for row, pair in enumerate(pairwise(keys)):
        store.persons.resolve([Link(row, pair)], source_id="s", held_out=sink)
    middle = {person_id_of("b"), person_id_of("c")}
    [merge] = [merge for merge in store.persons.merges() if {merge.left_id, merge.right_id} == middle]
    store.persons.undo_merge(merge.merge_id, held_out=sink)
    found = {key: member.canonical_id for key, member in store.persons.find(keys).items()}
    assert found["a"] == found["b"] != found["c"] == found["d"]
    assert [merge.undone for merge in store.persons.merges()].count(True) == 1


def test_undo_of_an_unknown_merge_is_not_found(store: Store) -> None:
    """A wrong id says so."""
    with pytest.raises(NotFoundError, match="m_nothing"):
        store.persons.undo_merge("m_nothing", held_out=MemorySink())


def _settle(store: Store, sides: dict[str, Side]) -> None:
    by_person = {person_id_of(key): side for key, side in sides.items()}
    store.persons.settle(lambda person_id: by_person[person_id])


@pytest.mark.parametrize("together", [False, True], ids=["in two batches", "in one batch"])
@pytest.mark.parametrize("order", [("w", "h"), ("h", "w")], ids="-".join)
def test_held_out_person_who_is_a_working_one_becomes_working_and_is_excluded(
    store: Store, sink: MemorySink, order: tuple[str, str], together: bool
) -> None:
    """Whoever was seen stays seen: the working side wins in either order, the vault is told before the merge."""
    store.persons.resolve([Link(0, ("w",)), Link(1, ("h",)), Link(2, ("h2",))], source_id="s", held_out=sink)
    _settle(store, {"w": Side.WORKING, "h": Side.HELD_OUT, "h2": Side.HELD_OUT})
    links = [Link(3, ("h", "h2")), Link(4, order)]
    if not together:
        store.persons.resolve([links.pop(0)], source_id="s", held_out=sink)
        assert sink.excluded_persons == set()
    store.persons.resolve(links, source_id="s", held_out=sink)
    assert sink.excluded_persons == {person_id_of("h"), person_id_of("h2")}
    assert {m.canonical_id for m in store.persons.find(["w", "h", "h2"]).values()} == {person_id_of("w")}
    assert store.persons.get(person_id_of("h2")).side is Side.WORKING
    assert store.persons.count(Side.HELD_OUT) == 0
    assert list(store.persons.ids(Side.WORKING)) == [person_id_of("w")]


def test_side_of_new_persons_is_fixed_once_by_the_person_they_became(store: Store, sink: MemorySink) -> None:
    """Two persons joined before anything was stored get one side, by the canonical id, asked for once."""
    store.persons.resolve(
        [Link(0, ("a",)), Link(1, ("b",)), Link(2, ("a", "b"))], source_id="s", held_out=sink
    )
    asked: list[str] = []

    def side_of(person_id: str) -> Side:
        asked.append(person_id)
        return Side.HELD_OUT

    assert store.persons.settle(side_of) == 2
    assert set(asked) == {min(person_id_of("a"), person_id_of("b"))}
    assert store.persons.settle(lambda _: Side.WORKING) == 0
    assert store.persons.count(Side.HELD_OUT) == 1
    assert sink.excluded_persons == set()


def test_new_person_absorbed_by_a_settled_one_gets_its_side(store: Store, sink: MemorySink) -> None:
    """A new identifier's person that turns out to be a known one keeps the known side, whatever its own would be."""
    store.persons.resolve([Link(0, ("known",))], source_id="s", held_out=sink)
    _settle(store, {"known": Side.HELD_OUT})
    store.persons.resolve([Link(1, ("new",)), Link(2, ("new", "known"))], source_id="s", held_out=sink)
    store.persons.settle(lambda _: Side.WORKING)
    member = store.persons.find(["new"])["new"]
    assert (member.canonical_id, member.side) == (person_id_of("known"), Side.HELD_OUT)
    assert store.persons.get(person_id_of("new")).side is Side.HELD_OUT


def test_traits_are_joined_over_merged_persons_and_last_value_wins(store: Store, sink: MemorySink) -> None:
    """A person shows the traits of all it was joined from; after an undo each shows its own again."""
    store.persons.resolve([Link(0, ("a",)), Link(1, ("b",))], source_id="s", held_out=sink)
    a, b = person_id_of("a"), person_id_of("b")
    store.persons.set_traits({a: {"plan": "free", "seats": 1}, b: {"city": "Bonn"}})
    store.persons.set_traits({a: {"plan": "pro"}})
    store.persons.settle(lambda _: Side.WORKING)
    store.persons.resolve([Link(2, ("a", "b"))], source_id="s", held_out=sink)
    assert store.persons.get(b).traits == {"plan": "pro", "seats": 1, "city": "Bonn"}
    [merge] = store.persons.merges()
    store.persons.undo_merge(merge.merge_id, held_out=sink)
    assert store.persons.get(b).traits == {"city": "Bonn"}


def test_every_read_names_the_canonical_person_and_undo_gives_it_back(store: Store, sink: MemorySink) -> None:
    """Records and readings written for an absorbed person are read under the kept one, until the merge is undone."""
    store.persons.resolve([Link(0, ("a",)), Link(1, ("b",))], source_id="s", held_out=sink)
    store.persons.settle(lambda _: Side.WORKING)
    own = {key: person_id_of(key) for key in ("a", "b")}
    for key, person in own.items():
        store.records.add([record(key, person=person)])
        store.readings.add("v", [reading(key, person=person)])
        store.sources.add_persons("s", [person])
    store.persons.resolve([Link(2, ("a", "b"))], source_id="s", held_out=sink)
    kept = min(own.values())
    assert {each.person_id for each in store.records.iter()} == {kept}
    assert {each.person_id for each in store.readings.iter("v")} == {kept}
    assert store.records.n_persons() == store.sources.n_persons("s") == 1
    assert store.persons.aliases() == {max(own.values()): kept}
    store.persons.undo_merge(store.persons.merges()[0].merge_id, held_out=sink)
    assert {each.record_id: each.person_id for each in store.records.iter()} == {
        "r_a": own["a"],
        "r_b": own["b"],
    }


def test_persons_without_identity_are_counted_apart(store: Store, sink: MemorySink) -> None:
    """A record that named nobody is a person of its own, known as such."""
    add_persons(store, "p_x", "p_y", side=Side.HELD_OUT)
    store.persons.resolve([Link(0, ("a",))], source_id="s", held_out=sink)
    assert store.persons.count(identified=False) == 2
    assert store.persons.count(identified=True) == 1
    assert not store.persons.get("p_x").identified
    with pytest.raises(NotFoundError, match="p_z"):
        store.persons.get("p_z")


def test_member_cache_keeps_at_most_two_generations() -> None:
    """Memory stays flat, and what is used stays."""
    cache = MemberCache(size=10)
    member = Member("p", "p", None)
    cache.put("used", member)
    for number in range(100):
        cache.put(str(number), member)
        assert cache.get("used") is member
    assert sum(cache.get(str(number)) is not None for number in range(100)) <= 20


def test_member_cache_settled_gives_each_the_side_of_whom_it_is_read_under() -> None:
    """What was fixed stays; who had no side has that of the canonical person, as a reading anew would find."""
    cache = MemberCache(size=2)
    for key, side in (("a", None), ("b", Side.WORKING), ("c", None)):
        cache.put(key, Member(f"p_{key}", "p_root", side))
    cache.settle(lambda person_id: Side.HELD_OUT if person_id == "p_root" else Side.WORKING)
    found = cache.get_all(["c", "nobody", "b", "a"])
    assert [one and one.side for one in found] == [Side.HELD_OUT, None, Side.WORKING, Side.HELD_OUT]
