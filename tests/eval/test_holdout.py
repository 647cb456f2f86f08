"""The only reader of the vault."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.schemas.records import Event
from agent.store.home import Home
from agent.store.parts import part_name
from agent.store.vault import VaultWriter
from eval.holdout import HeldOut
from tests.agent.store.builders import record

_NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Give a home that is not made yet."""
    return Home(tmp_path / "home")


@pytest.fixture
def vault(home: Home) -> Iterator[VaultWriter]:
    """Give the vault of a workspace."""
    opened = VaultWriter(home, "brand")
    yield opened
    opened.close()


def _ids(home: Home, workspace: str = "brand") -> list[str]:
    held_out = HeldOut(home, workspace)
    found = [one.record_id for one in held_out.records()]
    held_out.close()
    return found


def test_vault_that_is_missing_is_empty(home: Home) -> None:
    """Before anything is held out there is nothing to read, and nothing is made by looking."""
    held_out = HeldOut(home, "brand")
    assert list(held_out.records()) == []
    assert (held_out.person_ids(), held_out.excluded_record_ids()) == (frozenset(), frozenset())
    held_out.close()
    assert not home.path.exists()


def test_records_come_whole_and_in_the_order_of_their_ids(home: Home, vault: VaultWriter) -> None:
    """What went in comes out, field by field."""
    stored = [record("c", person="p_3"), record("a", person="p_1"), record("b", person="p_2")]
    vault.write_records(stored)
    held_out = HeldOut(home, "brand")
    assert list(held_out.records()) == sorted(stored, key=lambda one: one.record_id)
    assert held_out.person_ids() == {"p_1", "p_2", "p_3"}
    held_out.close()


def test_excluded_records_and_persons_are_left_out(home: Home, vault: VaultWriter) -> None:
    """Near-duplicates and persons who turned out to be working ones check nothing."""
    vault.write_records([record(name, person=f"p_{name[0]}") for name in ("a", "a2", "b", "c")])
    vault.exclude_records(["r_a", "r_unknown"], reason="near_duplicate")
    vault.exclude_persons(["p_b"], reason="merged")
    held_out = HeldOut(home, "brand")
    assert [one.record_id for one in held_out.records()] == ["r_a2", "r_c"]
    assert held_out.person_ids() == {"p_a", "p_c"}
    assert held_out.excluded_record_ids() == {"r_a", "r_unknown"}
    held_out.close()


def test_workspaces_do_not_see_each_other(home: Home, vault: VaultWriter) -> None:
    """Records, exclusions and events of another brand stay its own."""
    other = VaultWriter(home, "other")
    vault.write_records([record("a"), record("b")])
    other.write_records([record("c")])
    other.exclude_records(["r_a"], reason="near_duplicate")
    other.exclude_persons(["p_a"], reason="merged")
    other.write_events(part_name("s_1", 0), [_event("p_other")])
    other.close()
    assert _ids(home) == ["r_a", "r_b"]
    assert _ids(home, "other") == []
    assert _ids(home, "nobody") == []
    held_out = HeldOut(home, "brand")
    assert held_out.person_ids() == {"p_a"}
    held_out.close()


def test_persons_with_events_alone_are_held_out_too(home: Home, vault: VaultWriter) -> None:
    """Somebody who never said a word is unseen all the same, unless excluded."""
    vault.write_events(part_name("s_1", 0), [_event()])
    held_out = HeldOut(home, "brand")
    assert held_out.person_ids() == {"p_a"}
    vault.exclude_persons(["p_a"], reason="merged")
    assert held_out.person_ids() == frozenset()
    held_out.close()


def _event(person: str = "p_a") -> Event:
    return Event("e", person, _NOW, "order_placed", "track", None, {}, "s_1", 0)
