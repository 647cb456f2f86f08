"""Who is one person: what links join, what a rule refuses, what people take back, and which side everybody stays on."""

from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.identify import identifier_keys, kind_of, person_id_of
from agent.schemas.records import Identifier, IdentifierKind, Side
from agent.store import Store
from agent.store.identity import MOST_ACCOUNTS, Link
from tests.agent.store.builders import NOW, MemorySink

_KINDS = {
    "u": IdentifierKind.USER_ID,
    "e": IdentifierKind.EMAIL,
    "p": IdentifierKind.PHONE,
    "o": IdentifierKind.ORDER_ID,
    "d": IdentifierKind.DEVICE_ID,
    "a": IdentifierKind.ANONYMOUS_ID,
}


def _value(name: str) -> str:
    return {"e": f"{name}@example.com", "p": f"+44 20 7946 09{name[1:]:>02}"}.get(name[0], f"{name}-id")


def _keys(row: str) -> tuple[str, ...]:
    return identifier_keys([Identifier(_KINDS[name[0]], _value(name)) for name in row.split()], salt="s")


def _read(store: Store, *rows: str, source_id: str = "s", sink: MemorySink | None = None) -> None:
    links = [Link(number, _keys(row)) for number, row in enumerate(rows)]
    store.persons.resolve(links, source_id=source_id, held_out=sink or MemorySink())


def _sets(store: Store, names: str) -> set[frozenset[str]]:
    found: dict[str, set[str]] = {}
    for name in names.split():
        [key] = _keys(name)
        found.setdefault(store.persons.find([key])[key].canonical_id, set()).add(name)
    return {frozenset(each) for each in found.values()}


def _groups(*groups: str) -> set[frozenset[str]]:
    return {frozenset(group.split()) for group in groups}


def _link(store: Store, one: str, other: str) -> str:
    ends = {store.persons.find(_keys(name))[_keys(name)[0]].person_id for name in (one, other)}
    return next(link.merge_id for link in store.persons.log.all() if {link.left_id, link.right_id} == ends)


def test_key_tells_its_kind_and_sorts_by_how_sure_the_kind_is() -> None:
    """The first key of a row is the one that names a person most surely."""
    kinds = [kind_of(key) for key in _keys("a1 o1 e1 u1 d1 p1")]
    assert kinds == [_KINDS[name] for name in "uepoda"]
    assert kind_of("0" * 32) is kind_of("k1") is None


@pytest.mark.parametrize(
    ("rows", "groups"),
    [
        (["a1", "u1 a1", "u1 a2", "u1 e1", "e1 o1", "a3 o1"], ["u1 a1 a2 e1 o1 a3"]),
        (["u1 a1", "u2 a1"], ["u1", "u2", "a1"]),
        (["u1 a1", "u2 a2", "d1 a1", "d1 a2"], ["u1 a1 d1", "u2 a2"]),
        (["u1 o1", "u2 o1"], ["u1", "u2", "o1"]),
        (["u1 p1", "u2 p1", "p1"], ["u1", "u2", "p1"]),
        (["u1 o1", "e1 o1", "a1 o1"], ["u1 e1 a1 o1"]),
        (["u1 e1 o1", "u1 o1", "a1 o1"], ["u1 e1 a1 o1"]),
        (["u1 e1", "u2 e1"], ["u1 u2 e1"]),
        (["u1 u2 a2", "u2 u3 a3", "u3 u1 a1"], ["u1 u2 u3 a1 a2 a3"]),
        (["u1 e1 a1", "e2 a1"], ["u1 e1 a1", "e2"]),
        (["e1 a1", "e2 a1"], ["e1", "e2", "a1"]),
        (["u1 a1", "e1 a1"], ["u1 e1 a1"]),
        (["u1 a1", "u2 a1", "u1 e1", "u2 e1"], ["u1 u2 e1 a1"]),
    ],
    ids=["chain", "shared device", "shared through two", "order of two", "phone of two", "order joins", "order of one", "one e-mail", "alias loop",
         "guest's address", "guests' device", "no account of that kind", "two ids of one person"],
)  # fmt: skip
def test_links_join_what_the_rules_say(store: Store, rows: list[str], groups: list[str]) -> None:
    """Two accounts are joined by an account alone; what meets two accounts belongs to neither."""
    _read(store, *rows)
    names = " ".join(sorted({name for row in rows for name in row.split()}))
    if groups == ["u1 a1 d1", "u2 a2"]:
        # The device may go to either; it never makes the two one.
        assert _sets(store, names) in (_groups(*groups), _groups("u1 a1", "u2 a2 d1"))
    else:
        assert _sets(store, names) == _groups(*groups)


def test_shared_device_of_many_joins_nobody_and_is_listed(store: Store) -> None:
    """A kiosk: each customer stays alone, every refused link is in the log, and reading it again adds nothing."""
    rows = [f"u{number} a1" for number in range(12)]
    for row in rows:
        _read(store, row)
    names = " ".join(f"u{number}" for number in range(12))
    assert _sets(store, f"{names} a1") == _groups(*names.split(), "a1")
    log = store.persons.log.all()
    assert sum(link.refused for link in log) == 12
    assert store.persons.merges() == []
    _read(store, *rows)
    assert store.persons.log.all() == log


def test_email_of_too_many_user_ids_joins_nobody(store: Store) -> None:
    """A till's own address beside every customer is no address of theirs."""
    names = [f"u{number}" for number in range(MOST_ACCOUNTS + 1)]
    _read(store, *(f"{name} e1" for name in names[:-1]))
    assert len(_sets(store, " ".join(names[:-1]))) == 1
    _read(store, f"{names[-1]} e1")
    assert len(_sets(store, " ".join(names))) == len(names)


_NAMES = ["u1", "u2", "u3", "e1", "e2", "a1", "a2", "d1", "o1"]
_ROWS = st.lists(
    st.lists(st.sampled_from(_NAMES), min_size=1, max_size=3, unique=True).map(" ".join), max_size=10
)


@settings(max_examples=10, deadline=None)
@given(rows=_ROWS, size=st.integers(1, 4), order=st.randoms(use_true_random=False))
@example(rows=["a1 e1", "a1 e2", "u1 a1"], size=1, order=None)
def test_persons_do_not_depend_on_the_order_or_the_batches_of_rows(
    rows: list[str], size: int, order: object
) -> None:
    """The same rows in another order and in other batches make the same persons; every identifier stands alone first."""
    first = [*_NAMES, *rows]
    other = list(rows)
    if order is not None:
        order.shuffle(other)  # type: ignore[attr-defined]
    with TemporaryDirectory() as folder, Store.create(Path(folder), "one", now=NOW) as one:
        _read(one, *first)
        found = _sets(one, " ".join(_NAMES))
    with TemporaryDirectory() as folder, Store.create(Path(folder), "two", now=NOW) as two:
        _read(two, *_NAMES)
        for start in range(0, len(other), size):
            _read(two, *other[start : start + size])
        assert _sets(two, " ".join(_NAMES)) == found


def test_taken_back_link_stays_apart_when_its_source_is_read_again(store: Store, sink: MemorySink) -> None:
    """All is as if the link had not been there, for old rows and for new ones of the same two; undo brings it back."""
    rows = ["a1", "u1 a1", "u1 e1"]
    _read(store, *rows)
    link = _link(store, "u1", "a1")
    store.persons.undo_merge(link, held_out=sink)
    apart = _groups("u1 e1", "a1")
    assert _sets(store, "u1 e1 a1") == apart
    _read(store, *rows)
    _read(store, "u1 a1", source_id="later")
    assert _sets(store, "u1 e1 a1") == apart
    store.persons.redo_merge(link, held_out=sink)
    assert _sets(store, "u1 e1 a1") == _groups("u1 e1 a1")


def test_taken_back_link_does_not_part_what_another_link_joins(store: Store, sink: MemorySink) -> None:
    """Of three who met each other, taking one meeting back changes nothing; taking the second back does."""
    _read(store, "a1", "a2", "u1", "u1 a1", "u1 a2", "a1 a2")
    store.persons.undo_merge(_link(store, "u1", "a1"), held_out=sink)
    assert _sets(store, "u1 a1 a2") == _groups("u1 a1 a2")
    store.persons.undo_merge(_link(store, "a1", "a2"), held_out=sink)
    assert _sets(store, "u1 a1 a2") == _groups("u1 a2", "a1")


def test_taking_a_refused_link_back_gives_the_device_to_the_other(store: Store, sink: MemorySink) -> None:
    """Once a person says that the second login was a visitor's, the device is the first one's again."""
    _read(store, "u1 a1", "u2 a1")
    store.persons.undo_merge(_link(store, "u2", "a1"), held_out=sink)
    assert _sets(store, "u1 u2 a1") == _groups("u1 a1", "u2")


def _settle(store: Store, **sides: Side) -> None:
    by_person = {person_id_of(_keys(name)[0]): side for name, side in sides.items()}
    store.persons.settle(lambda person_id: by_person[person_id])


def _sides(store: Store, names: str) -> dict[str, Side | None]:
    return {name: store.persons.find(_keys(name))[_keys(name)[0]].side for name in names.split()}


def test_split_keeps_whoever_was_seen_seen(store: Store, sink: MemorySink) -> None:
    """A held-out customer joined to a working one was read as working from then on, and stays so when they part."""
    _read(store, "u1", "a1", sink=sink)
    _settle(store, u1=Side.WORKING, a1=Side.HELD_OUT)
    _read(store, "u1 a1", sink=sink)
    assert sink.excluded_persons == {person_id_of(_keys("a1")[0])}
    before = _sides(store, "u1 a1")
    store.persons.undo_merge(_link(store, "u1", "a1"), held_out=sink)
    assert _sets(store, "u1 a1") == _groups("u1", "a1")
    assert _sides(store, "u1 a1") == before == {"u1": Side.WORKING, "a1": Side.WORKING}
    assert store.persons.get(person_id_of(_keys("a1")[0])).side is Side.WORKING
    assert sink.excluded_persons == {person_id_of(_keys("a1")[0])}


def test_split_of_held_out_customers_leaves_both_held_out(store: Store, sink: MemorySink) -> None:
    """What was unseen stays unseen, and following the link again changes no side."""
    _read(store, "u1", "a1", sink=sink)
    _settle(store, u1=Side.HELD_OUT, a1=Side.HELD_OUT)
    _read(store, "u1 a1", sink=sink)
    link = _link(store, "u1", "a1")
    store.persons.undo_merge(link, held_out=sink)
    assert set(_sides(store, "u1 a1").values()) == {Side.HELD_OUT}
    store.persons.redo_merge(link, held_out=sink)
    assert set(_sides(store, "u1 a1").values()) == {Side.HELD_OUT}
    assert sink.excluded_persons == set()


_SIDES = st.fixed_dictionaries({name: st.sampled_from(Side) for name in _NAMES})


@settings(max_examples=10, deadline=None)
@given(rows=_ROWS, sides=_SIDES, picks=st.lists(st.integers(0, 50), max_size=4))
def test_no_split_or_undo_ever_moves_anybody_from_one_side_to_the_other(
    rows: list[str], sides: dict[str, Side], picks: list[int]
) -> None:
    """Whatever is taken back: seen stays seen; held out stays held out, unless joined to somebody seen and then excluded."""
    with TemporaryDirectory() as folder, Store.create(Path(folder), "one", now=NOW) as store:
        sink = MemorySink()
        _read(store, *_NAMES, sink=sink)
        _settle(store, **sides)
        _read(store, *rows, sink=sink)
        links = store.persons.log.all()
        names = " ".join(_NAMES)
        seen = [_sides(store, names)]
        for pick in picks if links else []:
            link = store.persons.log.get(links[pick % len(links)].merge_id)
            change = store.persons.redo_merge if link.undone else store.persons.undo_merge
            change(link.merge_id, held_out=sink)
            seen.append(_sides(store, names))
        for before, after in pairwise([dict[str, Side | None](sides), *seen]):
            _check_sides(before, after, sink)


def _check_sides(before: dict[str, Side | None], after: dict[str, Side | None], sink: MemorySink) -> None:
    for name, side in before.items():
        if side is Side.WORKING:
            assert after[name] is Side.WORKING
        elif after[name] is Side.WORKING:
            assert person_id_of(_keys(name)[0]) in sink.excluded_persons


def test_log_names_the_row_and_the_identifiers_of_every_link(store: Store) -> None:
    """Lineage: which row of which source joined which identifiers, and where each identifier was first read."""
    _read(store, "a1", source_id="s_1")
    _read(store, "u1 e1", "u1 a1", source_id="s_2")
    [link] = store.persons.merges()
    assert (link.source_id, link.row, {link.left_key, link.right_key}) == (
        "s_2",
        1,
        {*_keys("u1"), *_keys("a1")},
    )
    person = store.persons.find(_keys("u1"))[_keys("u1")[0]].canonical_id
    known = {each.key: (each.source_id, each.row) for each in store.persons.identifiers_of(person)}
    assert known == {_keys("u1")[0]: ("s_2", 0), _keys("e1")[0]: ("s_2", 0), _keys("a1")[0]: ("s_1", 0)}


def test_two_accounts_with_one_order_are_one_once_a_row_names_both(store: Store) -> None:
    """What was refused for want of a sure link is followed as soon as there is one, the order with it."""
    _read(store, "u1 o1", "u2 o1")
    assert _sets(store, "u1 u2 o1") == _groups("u1", "u2", "o1")
    [first] = [link for link in store.persons.log.refused() if link.left_id == person_id_of(_keys("u1")[0])]
    assert (first.source_id, first.row) == ("s", 0)
    _read(store, "u1 u2", source_id="alias")
    assert _sets(store, "u1 u2 o1") == _groups("u1 u2 o1")
    assert not list(store.persons.log.refused())
