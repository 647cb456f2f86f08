"""Readings that say less than others: no emotion, not readable."""

from dataclasses import replace

from agent.schemas.insight import Friction
from agent.store import Store
from tests.agent.store.builders import reading


def test_readings_unread_passage_and_friction_come_back(store: Store) -> None:
    """No emotion, not readable, and a kind of friction survive the store."""
    unread = replace(reading("1"), emotion=None, readable=False, complaint=False, severity=None)
    hitch = replace(reading("2"), friction=Friction.HANDOFF)
    store.readings.add("v1", [unread, hitch])
    assert list(store.readings.iter("v1")) == [unread, hitch]
