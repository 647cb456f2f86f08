"""Journeys of made-up customers, for personas and predictions."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from agent.events.journeys import Journeys
from agent.events.lake import EventLake
from agent.events.steps import JourneyScope
from eval.simulator.ways import N_DAYS, Did
from tests.agent.events.builders import SCOPE, START, event, lake_of

_DAY_S = 86_400
MakeJourneys = Callable[[Sequence[Did]], Journeys]


def journeys_of(folder: Path, did: Sequence[Did]) -> tuple[EventLake, Journeys]:
    """Return the journeys of steps, and the lake they are in."""
    rows = [
        event(person, day * _DAY_S, name, row, channel=channel)
        for row, (person, day, name, channel) in enumerate(did)
    ]
    lake = lake_of(folder, rows)
    scope = JourneyScope(
        stages=SCOPE.stages,
        stage_of=SCOPE.stage_of,
        touchpoint_of=SCOPE.touchpoint_of,
        as_of=START + timedelta(days=N_DAYS + 1),
    )
    return lake, Journeys(lake, scope)
