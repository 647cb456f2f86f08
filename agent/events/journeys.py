"""Paths, stages, durations and drop-off of the persons in scope; every count is of distinct persons.

Persons still active in a stage are censored: they have not dropped off, the data just ends.
"""

# Ibis ships no types for its expressions.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportArgumentType=false, reportOperatorIssue=false
# pyright: reportUnknownParameterType=false, reportUnknownLambdaType=false

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Self

import ibis
import ibis.expr.types as ir
from ibis import _

from agent.events import flow
from agent.events.asking import Question, answers_of, table_of
from agent.events.counted import Level, PathCount, TimedMove
from agent.events.outcomes import OutcomeTimes
from agent.events.source import EventSource, EventWindow, Steps
from agent.events.steps import BY_PERSON, JourneyScope, milliseconds, steps_of

_MIN_QUIET = timedelta(days=14)
"""A person counts as gone after at least this long without an event."""


@dataclass(frozen=True, slots=True)
class StageExit:
    """What became of the persons who reached a stage: `reached = went on + left + censored`."""

    reached: int
    left: int
    """Went to no later stage and have been quiet for longer than the inactivity window."""
    censored: int
    """Went to no later stage yet, but were active lately."""


@dataclass(frozen=True, slots=True)
class StageDuration:
    """Seconds from entering a stage to entering the next one, over completed visits; None without one."""

    n_visits: int
    median_s: float | None
    p90_s: float | None


def quiet_of(steps: ir.Table) -> timedelta:
    """Return the inactivity window: two weeks, or the 90th percentile of pauses where people come back later."""
    return max(_MIN_QUIET, timedelta(seconds=_summed_up(steps, _pauses).p90_s or 0))


def _pauses(steps: ir.Table) -> ir.Table:
    pause = milliseconds(_.at) - milliseconds(_.at.lag().over(BY_PERSON))
    return steps.select(ms=pause).filter(_.ms.notnull())


class Journeys:
    """The journeys of the persons in scope; good for as long as the source of the events is open.

    Raises:
        StoreError: The events cannot be read.
    """

    def __init__(self, events: EventSource, scope: JourneyScope, *, known: Steps | None = None) -> None:
        """Read the steps, or take those that are known of the same scope."""
        self.scope = scope
        # What is no longer referred to is closed, and with it what the steps are read from.
        self._events = events
        self._exits: dict[str, StageExit] = {}
        self._outcomes: dict[tuple[str, ...], OutcomeTimes] = {}
        self._durations: dict[str, StageDuration] = {}
        self._rank = {stage: rank for rank, stage in enumerate(scope.stages)}
        self._known = found = known or steps_of(events, scope)
        self.steps, self.bots = found.table, frozenset(events.person_ids(found.bots))
        self._tally = found.tally

    def until(self, as_of: datetime) -> Self:
        """Return the same steps, known until another time."""
        return type(self)(self._events, replace(self.scope, as_of=as_of), known=self._known)

    @cached_property
    def persons(self) -> frozenset[str]:
        """Persons with events."""
        keys = [row["person_id"] for row in answers_of(self.steps, _persons)]
        return frozenset(self.person_ids(keys))

    def person_ids(self, keys: Iterable[str]) -> list[str]:
        """Return the ids of the persons that values of `person_id` in the steps stand for, in order.

        In a lake they are the same; in a warehouse the steps hold the user's own ids.
        """
        return self._events.person_ids(keys)

    def n_persons(self) -> int:
        """Return how many persons have events."""
        return len(self.persons) if self._tally is None else self._tally.n_persons

    def n_steps(self) -> int:
        """Return how many events there are."""
        return int(answers_of(self.steps, _size)[0]["n"])

    @cached_property
    def window(self) -> EventWindow:
        """When the first and the last event of the persons in scope happened."""
        row = answers_of(self.steps, _window)[0]
        return EventWindow(row["first"], row["last"])

    def is_last(self, stage: str) -> bool:
        """Tell whether no stage comes after this one."""
        return self._rank[stage] == len(self._rank) - 1

    def persons_in(self, stage: str) -> int:
        """Return how many persons have an event in a stage."""
        return self._persons_by_stage.get(stage, 0)

    @cached_property
    def _persons_by_stage(self) -> dict[str, int]:
        return self._counted("stage")

    def step_counts(self, stage: str) -> dict[str, int]:
        """Return distinct persons by event name in a stage."""
        return self._events_by_stage.get(stage, {})

    def channel_counts(self, stage: str) -> dict[str, int]:
        """Return distinct persons by channel in a stage."""
        return self._channels_by_stage.get(stage, {})

    def touchpoint_counts(self, stage: str) -> dict[str, int]:
        """Return distinct persons by touchpoint in a stage."""
        return self._touchpoints_by_stage.get(stage, {})

    @cached_property
    def _events_by_stage(self) -> dict[str, dict[str, int]]:
        return self._counted_by_stage("name")

    @cached_property
    def _channels_by_stage(self) -> dict[str, dict[str, int]]:
        return self._counted_by_stage("channel")

    @cached_property
    def _touchpoints_by_stage(self) -> dict[str, dict[str, int]]:
        return self._counted_by_stage("touchpoint")

    def exits(self, stage: str) -> StageExit:
        """Return what became of the persons who reached a stage."""
        found = self._exits.get(stage)
        if found is None:
            found = self._exits[stage] = self._exits_of(stage)
        return found

    def _exits_of(self, stage: str) -> StageExit:
        quiet_since = self.scope.as_of - self._quiet
        found = answers_of(self.steps, _exits, stage, self._rank[stage], quiet_since)[0]
        return StageExit(int(found["reached"]), int(found["left"] or 0), int(found["censored"] or 0))

    def duration(self, stage: str) -> StageDuration:
        """Return how long completed visits to a stage took."""
        found = self._durations.get(stage)
        if found is None:
            found = self._durations[stage] = self._duration_of(stage)
        return found

    def _duration_of(self, stage: str) -> StageDuration:
        return _summed_up(self.steps, _stays, stage)

    def moves(self, level: Level = "event") -> list[TimedMove]:
        """Return what directly followed what, most frequent first: event by event, or stage by stage."""
        if level == "event" and self._tally is not None:
            return self._tally.moves()
        return flow.moves_of(flow.walk_of(self.steps, level))

    def variants(self, limit: int, level: Level = "event") -> list[PathCount]:
        """Return the most frequent whole paths."""
        if level == "event" and self._tally is not None:
            return self._tally.variants(limit)
        return flow.variants_of(flow.walk_of(self.steps, level), limit)

    def n_sessions(self) -> int:
        """Return how many sessions there are: runs of events without a pause of `SESSION_GAP`."""
        if self._tally is not None:
            return self._tally.n_sessions
        return int(answers_of(self.steps, _sessions)[0]["n"])

    def lengths(self) -> StageDuration:
        """Return how long whole journeys last, from first to last event."""
        return _summed_up(self.steps, _lengths)

    def outcome_after(
        self, events: Collection[str], since: Mapping[str, datetime], *, within: timedelta
    ) -> frozenset[str]:
        """Return the persons of `since` who had one of the events after their time, within a window."""
        if not since or not events:
            return frozenset()
        names = tuple(sorted(events))
        times = self._outcomes.get(names)
        if times is None:
            times = OutcomeTimes(table_of(self.steps, _happened, names))
            self._outcomes[names] = times
        keys = self._events.person_keys(since)
        found = times.after({key: since[person] for person, key in keys.items()}, within=within)
        return frozenset(self.person_ids(found))

    def first_times(self, event: str) -> dict[str, datetime]:
        """Return when each person who did something of this name first did it."""
        rows = answers_of(self.steps, _first_times, event)
        return dict(
            zip(self.person_ids(row["person_id"] for row in rows), (row["at"] for row in rows), strict=True)
        )

    def names(self) -> dict[str, int]:
        """Return distinct persons by event name, over the whole journey."""
        return self._counted("name")

    def name_counts(self) -> dict[str, int]:
        """Return events by event name, over the whole journey."""
        counted = answers_of(self.steps, _times_done)
        return {row["name"]: row["n"] for row in _most_first(counted, "name")}

    @cached_property
    def _quiet(self) -> timedelta:
        return quiet_of(self.steps)

    def _counted(self, column: str) -> dict[str, int]:
        counted = answers_of(self.steps, _persons_by, column)
        return {row[column]: row["n"] for row in _most_first(counted, column)}

    def _counted_by_stage(self, column: str) -> dict[str, dict[str, int]]:
        counted = answers_of(self.steps, _persons_by_stage, column)
        found: dict[str, dict[str, int]] = {}
        for row in _most_first(counted, column):
            found.setdefault(row["stage"], {})[row[column]] = row["n"]
        return found


def _most_first(counted: Iterable[dict[str, Any]], column: str) -> list[dict[str, Any]]:
    """Return counts in one order on every engine; engines sort letters each in its own way."""
    return sorted(counted, key=lambda row: (-row["n"], row[column]))


def _summed_up(steps: ir.Table, spans: Question, *about: Hashable) -> StageDuration:
    """Sum up a column `ms` of milliseconds that a question gives."""
    row = answers_of(steps, _summary, spans, *about)[0]
    median, p90 = (
        None if row[name] is None else round(float(row[name]) / 1000, 6) for name in ("median", "p90")
    )
    return StageDuration(int(row["n"]), median, p90)


def _summary(steps: ir.Table, spans: Question, *about: Hashable) -> ir.Table:
    return spans(steps, *about).aggregate(n=_.count(), median=_.ms.median(), p90=_.ms.quantile(0.9))


def _persons(steps: ir.Table) -> ir.Table:
    return steps.select("person_id").distinct()


def _size(steps: ir.Table) -> ir.Table:
    return steps.aggregate(n=_.count())


def _window(steps: ir.Table) -> ir.Table:
    return steps.aggregate(first=_.at.min(), last=_.at.max())


def _sessions(steps: ir.Table) -> ir.Table:
    return steps.select("person_id", "session").distinct().aggregate(n=_.count())


def _lengths(steps: ir.Table) -> ir.Table:
    spans = steps.group_by("person_id").agg(first=_.at.min(), last=_.at.max())
    return spans.select(ms=milliseconds(_.last) - milliseconds(_.first))


def _happened(steps: ir.Table, names: tuple[str, ...]) -> ir.Table:
    return steps.filter(_.name.isin(names)).select("person_id", "at").order_by(["person_id", "at"])


def _first_times(steps: ir.Table, event: str) -> ir.Table:
    return steps.filter(_.name == event).group_by("person_id").agg(at=_.at.min())


def _times_done(steps: ir.Table) -> ir.Table:
    return steps.filter(_.name.notnull()).group_by("name").agg(n=_.count())


def _persons_by(steps: ir.Table, column: str) -> ir.Table:
    return steps.filter(steps[column].notnull()).group_by(column).agg(n=_.person_id.nunique())


def _persons_by_stage(steps: ir.Table, column: str) -> ir.Table:
    rows = steps.filter(_.stage.notnull() & steps[column].notnull())
    return rows.group_by(["stage", column]).agg(n=_.person_id.nunique())


def _stays(steps: ir.Table, stage: str) -> ir.Table:
    """Return how long completed runs of events in a stage took."""
    staged = steps.filter(_.stage.notnull()).mutate(before=_.stage.lag().over(BY_PERSON))
    runs = staged.filter(_.before.isnull() | (_.before != _.stage))
    visits = runs.mutate(left_at=_.at.lead().over(BY_PERSON))
    done = visits.filter((_.stage == stage) & _.left_at.notnull())
    return done.select(ms=milliseconds(_.left_at) - milliseconds(_.at))


def _exits(steps: ir.Table, stage: str, rank: int, quiet_since: datetime) -> ir.Table:
    staged = steps.filter(_.stage.notnull())
    entered = staged.filter(_.stage == stage).group_by("person_id").agg(entered=_.place.min())
    later = staged.filter(_.rank > rank).group_by("person_id").agg(later=_.place.max())
    last = steps.group_by("person_id").agg(last=_.at.max())
    went_on = ibis.coalesce(_.later > _.entered, ibis.literal(False))  # noqa: FBT003 - an SQL literal
    return (
        entered.left_join(later, "person_id")
        .drop("person_id_right")
        .inner_join(last, "person_id")
        .aggregate(
            reached=_.count(),
            left=((~went_on) & (_.last < ibis.literal(quiet_since))).sum(),
            censored=((~went_on) & (_.last >= ibis.literal(quiet_since))).sum(),
        )
    )
