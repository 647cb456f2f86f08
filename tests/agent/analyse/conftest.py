"""Journeys of made-up customers."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from agent.events.journeys import Journeys
from agent.events.lake import EventLake
from eval.simulator.ways import Did
from tests.agent.analyse.brands import MakeJourneys, journeys_of


@pytest.fixture
def made(tmp_path: Path) -> Iterator[MakeJourneys]:
    """Give a function from steps to journeys."""
    lakes: list[EventLake] = []

    def make(did: Sequence[Did]) -> Journeys:
        lake, journeys = journeys_of(tmp_path / f"events-{len(lakes)}", did)
        lakes.append(lake)
        return journeys

    yield make
    for lake in lakes:
        lake.close()
