"""Records: stored once, read back as they were, filtered by field, attribute and trait."""

import pytest

from agent.errors import NotFoundError, ScopeError
from agent.schemas.base import Scalar
from agent.schemas.records import Kind, Side
from agent.store import Store
from agent.store.filters import fold
from tests.agent.store.builders import add_persons, record


def test_record_comes_back_as_it_was_stored(store: Store) -> None:
    """Every field survives, turns, odd characters and empty values included."""
    add_persons(store, "p_a")
    full = record("1", kind=Kind.TRANSCRIPT, text="Où est ma commande? 😀\n\u200b'; DROP TABLE records; --")
    bare = full.model_copy(
        update={
            "record_id": "r_2",
            "turns": (),
            "at": None,
            "channel": None,
            "rating": None,
            "locale": None,
            "consent": None,
        }
    )
    none_at_all = full.model_copy(update={"record_id": "r_3", "consent": (), "text": "", "turns": ()})
    assert store.records.add([full, bare, none_at_all]) == 3
    assert list(store.records.iter()) == [full, bare, none_at_all]
    assert store.records.get("r_1") == full
    assert store.records.get_many(["r_3", "r_4"]) == {"r_3": none_at_all}


def test_record_stored_twice_stays_as_it_was(store: Store) -> None:
    """The first text of an id is kept; content keys tell a changed row from an unchanged one, on both sides."""
    add_persons(store, "p_a")
    first = record("1")
    assert store.records.add([first]) == 1
    assert store.records.add([first.model_copy(update={"text": "Changed."})]) == 0
    store.records.add_held_out({"r_9": "key"})
    assert store.records.get("r_1").text == first.text
    assert store.records.content_keys(["r_1", "r_9", "r_0"]) == {"r_1": first.content_key, "r_9": "key"}


def test_unknown_record_is_not_found(store: Store) -> None:
    """A held-out record is as unknown as one that never was."""
    store.records.add_held_out({"r_9": "key"})
    for record_id in ("r_9", "r_none"):
        with pytest.raises(NotFoundError, match=record_id):
            store.records.get(record_id)


def _fill(store: Store) -> None:
    add_persons(store, "p_a", "p_b", "p_c")
    store.persons.set_traits(
        {"p_a": {"segment": "Family", "vip": True}, "p_b": {"segment": "single", "seats": 2.0}}
    )
    store.records.add(
        [
            record("1", person="p_a", channel="Email", attributes={"city": "Köln"}),
            record("2", person="p_b", channel="chat", attributes={"city": "BONN", "segment": "family"}),
            record("3", person="p_c", channel=None, kind=Kind.TRANSCRIPT),
        ]
    )


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({}, "123"),
        ({"channel": "EMAIL"}, "1"),
        ({"kind": "transcript"}, "3"),
        ({"locale": "en-gb"}, "123"),
        ({"source_format": "CSV", "channel": "chat"}, "2"),
        ({"city": "KÖLN"}, "1"),
        ({"city": " bonn "}, "2"),
        ({"segment": "family"}, "12"),
        ({"segment": "single"}, "2"),
        ({"vip": "true"}, "1"),
        ({"vip": "false"}, ""),
        ({"seats": "2"}, "2"),
        ({"segment": "family", "city": "bonn"}, "2"),
        ({"city": "nowhere"}, ""),
    ],
    ids=str,
)
def test_where_matches_fields_attributes_and_traits_as_text_without_case(
    store: Store, where: dict[str, str], found: str
) -> None:
    """A filter finds what it says; ids, records and count agree."""
    _fill(store)
    expected = [f"r_{name}" for name in found]
    assert [each.record_id for each in store.records.iter(where)] == expected
    assert list(store.records.ids(where)) == expected
    assert store.records.count(where) == len(expected)


def test_where_and_kinds_work_together(store: Store) -> None:
    """Kinds narrow a filter down further."""
    _fill(store)
    assert [each.record_id for each in store.records.iter(kinds=[Kind.TRANSCRIPT])] == ["r_3"]
    assert store.records.count({"locale": "en-GB"}, kinds=[Kind.REVIEW]) == 2
    assert store.records.count(kinds=[]) == 0


def test_unknown_where_key_is_refused_at_once_naming_known_ones(store: Store) -> None:
    """A misspelt key never means "everybody" or "nobody"."""
    _fill(store)
    with pytest.raises(
        ScopeError, match=r"'segmnt'.*channel, city, kind, locale, seats, segment, source_format, vip"
    ):
        store.records.iter({"segmnt": "family"})
    assert store.records.keys() == [
        "channel",
        "city",
        "kind",
        "locale",
        "seats",
        "segment",
        "source_format",
        "vip",
    ]


def test_persons_matching_counts_those_with_only_traits(store: Store) -> None:
    """A persona by trait holds persons who said nothing but have events; held-out ones are never among them."""
    _fill(store)
    add_persons(store, "p_silent")
    add_persons(store, "p_held", side=Side.HELD_OUT)
    store.persons.set_traits({"p_silent": {"segment": "family"}, "p_held": {"segment": "family"}})
    assert store.records.persons_matching({"segment": "family"}) == {"p_a", "p_b", "p_silent"}
    assert store.records.persons_matching({"channel": "chat"}) == {"p_b"}
    assert store.records.persons_matching({}) is None


def test_iteration_pages_through_many_records_in_order(store: Store) -> None:
    """More records than a page are all there, each once, filtered or not, while others are being written."""
    add_persons(store, "p_a")
    names = [f"{number:05d}" for number in range(4500)]
    store.records.add([record(name, attributes={"odd": int(name) % 2}) for name in names])
    seen: list[str] = []
    for each in store.records.iter():
        seen.append(each.external_id)
        if len(seen) == 10:
            store.records.add([record("00000a")])
    assert [name for name in seen if name != "00000a"] == names
    assert store.records.count({"odd": "1"}) == 2250
    assert sum(1 for _ in store.records.iter({"odd": "1"})) == 2250


@pytest.mark.parametrize(
    ("value", "folded"),
    [(True, "true"), (1, "1"), (1.0, "1"), (1.5, "1.5"), (" Straße ", "strasse"), ("TRUE", "true")],
)
def test_fold_compares_values_as_people_write_them(value: Scalar, folded: str) -> None:
    """Case, outer space and a float's ".0" make no difference."""
    assert fold(value) == folded
