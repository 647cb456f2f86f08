"""Event logs for tests, and the plainest way to read them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np

from agent.events.journeys import Journeys
from agent.events.lake import EventLake
from agent.events.lake_writer import LakeWriter
from agent.events.steps import JourneyScope
from agent.schemas.records import Event

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
STAGES = ("look", "buy", "keep")
SCOPE = JourneyScope(
    stages=STAGES,
    stage_of=lambda name: name.split("_")[0],
    touchpoint_of=lambda name, channel: f"{name.split('_')[-1]}@{channel}" if channel else None,
    as_of=START + timedelta(days=90),
)
"""Events are named `<stage>_<step>`; those of no stage start with another word."""


def event(
    person: str, seconds: float, name: str, row: int, *, channel: str | None = None, source: str = "s_1"
) -> Event:
    """Return an event some seconds after `START`."""
    return Event(
        event_id=f"{source}-{row}",
        person_id=person,
        at=START + timedelta(seconds=seconds),
        name=name,
        type="track",
        channel=channel,
        properties={},
        source_id=source,
        row=row,
    )


OpenLake = Callable[..., EventLake]
OpenJourneys = Callable[..., Journeys]


def lake_of(
    folder: Path, events: Sequence[Event], *, canonical: Mapping[str, str] | None = None
) -> EventLake:
    """Return a lake that holds events in two parts, later ones first."""
    writer = LakeWriter(folder)
    half = len(events) // 2
    writer.append("b.parquet", events[:half])
    writer.append("a.parquet", events[half:])
    return EventLake(folder, canonical=canonical or {}, scratch=folder.parent)


class PlainJourneys:
    """What `Journeys` answers, in loops over lists."""

    def __init__(self, events: Sequence[Event], scope: JourneyScope, canonical: Mapping[str, str]) -> None:
        self._scope = scope
        self.by_person: dict[str, list[Event]] = {}
        for one in sorted(
            events, key=lambda one: (one.at, one.row, one.source_id, one.name, one.channel or "")
        ):
            person = canonical.get(one.person_id, one.person_id)
            if scope.persons is None or person in scope.persons:
                self.by_person.setdefault(person, []).append(replace(one, person_id=person))

    def stage(self, one: Event) -> str | None:
        """Return an event's stage."""
        found = self._scope.stage_of(one.name)
        return found if found in self._scope.stages else None

    def counts(self, of: Callable[[Event], str | None], stage: str | None = None) -> dict[str, int]:
        """Return distinct persons by what a function says of an event, in a stage."""
        persons: dict[str, set[str]] = {}
        for one in self.all():
            key = of(one)
            if key is not None and stage in (None, self.stage(one)):
                persons.setdefault(key, set()).add(one.person_id)
        return {key: len(found) for key, found in persons.items()}

    def all(self) -> list[Event]:
        """Return all events in order."""
        return [one for events in self.by_person.values() for one in events]

    def quiet(self) -> timedelta:
        """Return the inactivity window."""
        pauses = [
            (late.at - early.at).total_seconds()
            for events in self.by_person.values()
            for early, late in pairwise(events)
        ]
        p90 = float(np.percentile(pauses, 90)) if pauses else 0.0
        return max(timedelta(days=14), timedelta(seconds=p90))

    def exits(self, stage: str) -> tuple[int, int, int, int]:
        """Return who reached a stage, went on, left and is censored."""
        rank = self._scope.stages.index(stage)
        reached = went_on = left = censored = 0
        for events in self.by_person.values():
            stages = [self.stage(one) for one in events]
            if stage not in stages:
                continue
            reached += 1
            after = [s for s in stages[stages.index(stage) :] if s is not None]
            if any(self._scope.stages.index(s) > rank for s in after):
                went_on += 1
            elif events[-1].at < self._scope.as_of - self.quiet():
                left += 1
            else:
                censored += 1
        return reached, went_on, left, censored

    def visits(self, events: Sequence[Event]) -> list[tuple[str, datetime]]:
        """Return a person's runs of events in one stage, each with its beginning."""
        found: list[tuple[str, datetime]] = []
        for one in events:
            stage = self.stage(one)
            if stage is not None and (not found or found[-1][0] != stage):
                found.append((stage, one.at))
        return found

    def durations(self, stage: str) -> tuple[int, float | None, float | None]:
        """Return completed visits to a stage: how many, median and ninth decile of their seconds."""
        seconds = [
            (left_at - at).total_seconds()
            for events in self.by_person.values()
            for (name, at), (_, left_at) in pairwise(self.visits(events))
            if name == stage
        ]
        return summed_up(seconds)

    def moves(self, *, stages: bool) -> set[tuple[str, str, int, int, int, float | None, float | None]]:
        """Return source, target, persons, persons leaving the source, moves, and how long they took."""
        took: dict[tuple[str, str], list[float]] = {}
        persons: dict[tuple[str, str], set[str]] = {}
        leaving: dict[str, set[str]] = {}
        for person, events in self.by_person.items():
            path = self.visits(events) if stages else [(one.name, one.at) for one in events]
            for (source, since), (target, at) in pairwise(path):
                pair = (source, target)
                took.setdefault(pair, []).append((at - since).total_seconds())
                persons.setdefault(pair, set()).add(person)
                leaving.setdefault(pair[0], set()).add(person)
        return {
            (a, b, len(persons[a, b]), len(leaving[a]), *summed_up(seconds))
            for (a, b), seconds in took.items()
        }

    def n_sessions(self) -> int:
        """Return runs of events without a pause of more than half an hour."""
        pauses = [
            late.at - early.at for events in self.by_person.values() for early, late in pairwise(events)
        ]
        return len(self.by_person) + sum(pause > timedelta(minutes=30) for pause in pauses)


def summed_up(seconds: Sequence[float]) -> tuple[int, float | None, float | None]:
    """Return count, median and ninth decile."""
    if not seconds:
        return 0, None, None
    return len(seconds), round(median(seconds), 6), round(float(np.percentile(seconds, 90)), 6)
