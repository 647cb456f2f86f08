"""What persons did up to some times, as numbers: the features of personas and predictions.

The time of the events is cut into periods. What is so at a cut is summed over the periods before it alone, and what came
after it is another period, so that nothing that is to be predicted can be among what it is predicted from.
"""

# Ibis ships no types for its expressions, and PyArrow none at all.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportArgumentType=false
# pyright: reportOperatorIssue=false

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from operator import itemgetter
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
from ibis import _
from numpy.typing import NDArray

from agent.events.experiences import Bools, Ints, milliseconds_of
from agent.events.journeys import Journeys
from agent.events.source import EventSource
from agent.events.steps import BY_PERSON, milliseconds, rows_of

MAX_PERSONS = 20_000
"""Persons looked at; of more the first ones by id, which is a fair sample as ids say nothing about a person."""
MAX_KINDS = 80
"""Kinds of steps told apart; the rest count as one."""
OTHER = "other"
NOTHING = -1
PARTS_OF_DAY = ("at night", "in the morning", "in the afternoon", "in the evening")
"""Six hours each from midnight on."""
WEEKEND = "at the weekend"

Floats = NDArray[np.float64]
Counts = NDArray[np.float32]
_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_MONDAY = 3
"""1 January 1970 was a Thursday."""
_SATURDAY = 5
_BETWEEN = " → "


@dataclass(frozen=True, slots=True)
class Counted:
    """Counts of steps by person, period and something, shape `(n_persons, n_periods, n_keys)`."""

    keys: tuple[tuple[str, str | None], ...]
    values: Counts

    def until(self, period: int) -> Floats:
        """Return the counts up to the end of a period, shape `(n_persons, n_keys)`."""
        return self.values[:, : period + 1].sum(axis=1, dtype=np.float64)

    def within(self, period: int) -> Floats:
        """Return the counts of a period, shape `(n_persons, n_keys)`."""
        return self.values[:, period].astype(np.float64)


@dataclass(frozen=True)
class History:
    """Steps of persons by period; period `p` ends with the cut `p`, the last one with the data."""

    persons: tuple[str, ...]
    n_all: int
    """Persons with events, of whom `persons` may be a sample."""
    cuts: Ints
    """Milliseconds since 1970, UTC, ascending."""
    kinds: Counted
    """By event name and channel."""
    stages: Counted
    moves: Counted
    """By change from a step of one stage to a step of another directly after it."""
    hours: Counted
    """By part of the day, and whether it is the weekend (UTC)."""
    names: tuple[str, ...]
    first_name: Ints
    """Position in `names` of the first step of each period, `NOTHING` without one, shape `(n_persons, n_periods)`."""
    last_name: Ints
    first_ms: Ints
    last_ms: Ints
    sessions: Ints
    """Sessions begun up to the end of each period."""

    @cached_property
    def channels(self) -> tuple[str, ...]:
        """Channels, in order."""
        return tuple(sorted({channel for _, channel in self.kinds.keys if channel is not None}))

    def steps_within(self, period: int) -> Floats:
        """Return how many steps persons took in a period, shape `(n_persons,)`."""
        return self.kinds.within(period).sum(axis=1)

    def had(self, names: Collection[str], counts: Floats) -> Bools:
        """Return who has a step of one of some names among counts of kinds."""
        wanted = np.array([name in names for name, _ in self.kinds.keys], dtype=bool)
        return counts[:, wanted].sum(axis=1) > 0

    def last_before(self, period: int) -> tuple[Ints, Ints]:
        """Return the name and the time of the last step up to the end of a period, `NOTHING` where there is none."""
        name, at = (np.full(len(self.persons), NOTHING) for _ in range(2))
        for earlier in range(period + 1):
            there = self.last_name[:, earlier] != NOTHING
            name = np.where(there, self.last_name[:, earlier], name)
            at = np.where(there, self.last_ms[:, earlier], at)
        return name, at

    def first_at(self, period: int) -> Ints:
        """Return the time of the first step up to the end of a period, `NOTHING` where there is none."""
        at = np.full(len(self.persons), NOTHING)
        for earlier in range(period, -1, -1):
            at = np.where(self.first_name[:, earlier] != NOTHING, self.first_ms[:, earlier], at)
        return at


def history_of(journeys: Journeys, cuts: Sequence[datetime], *, kept: Collection[str] = ()) -> History:
    """Return the steps of a scope by period.

    Args:
        journeys: Whose steps.
        cuts: Times at which periods end, ascending; a step at the very time lies before it.
        kept: Event names that are told apart however rare they are.

    Raises:
        StoreError: The events cannot be read.
    """
    keys = sorted(row["person_id"] for row in rows_of(journeys.steps.select("person_id").distinct()))
    steps = journeys.steps
    if len(keys) > MAX_PERSONS:
        steps = steps.filter(_.person_id.isin(keys[:MAX_PERSONS]))
    period = ibis.cases(
        *((_.at <= ibis.literal(cut), place) for place, cut in enumerate(cuts)), else_=len(cuts)
    )
    steps = steps.mutate(period=period, before=_.stage.lag().over(BY_PERSON))
    used = keys[:MAX_PERSONS]
    code_of = {key: code for code, key in enumerate(used)}
    shape = (len(used), len(cuts) + 1)
    moved = steps.filter(_.before.notnull() & _.stage.notnull() & (_.before != _.stage))
    moved = moved.mutate(move=_.before + _BETWEEN + _.stage)
    return History(
        persons=tuple(journeys.person_ids(used)),
        n_all=len(keys),
        cuts=milliseconds_of(cuts),
        kinds=_counted(steps, ("name", "channel"), code_of, shape, kept),
        stages=_counted(steps.filter(_.stage.notnull()), ("stage",), code_of, shape, ()),
        moves=_counted(moved, ("move",), code_of, shape, ()),
        hours=_hours(steps, code_of, shape),
        **_edges(steps, code_of, shape),
    )


def stage_paths(
    journeys: Journeys, until: datetime, persons: Collection[str]
) -> Mapping[str, tuple[str, ...]]:
    """Return the stages that persons went through up to a time, repeats in a row folded; who was in none is left out."""
    staged = journeys.steps.filter((_.at <= ibis.literal(until)) & _.stage.notnull())
    visits = staged.mutate(before=_.stage.lag().over(BY_PERSON))
    visits = visits.filter(_.before.isnull() | (_.before != _.stage)).select("person_id", "place", "stage")
    found: dict[str, list[tuple[int, str]]] = {}
    for row in rows_of(visits):
        found.setdefault(row["person_id"], []).append((row["place"], row["stage"]))
    keys = sorted(found)
    return {
        person: tuple(stage for _, stage in sorted(found[key]))
        for key, person in zip(keys, journeys.person_ids(keys), strict=True)
        if person in persons
    }


def first_times(journeys: Journeys, names: Collection[str]) -> dict[str, datetime]:
    """Return when persons first had one of some events; who had none is left out."""
    rows = rows_of(journeys.steps.filter(_.name.isin(sorted(names))).group_by("person_id").agg(at=_.at.min()))
    ordered = sorted(rows, key=itemgetter("person_id"))
    ids = journeys.person_ids([row["person_id"] for row in ordered])
    return {person: row["at"] for person, row in zip(ids, ordered, strict=True)}


@dataclass(frozen=True, slots=True)
class Activity:
    """When and where persons did something: one row a person, channel, name, hour; shape `(n,)` each."""

    persons: tuple[str, ...]
    person: Ints
    """Position in `persons`."""
    name: tuple[str, ...]
    channel: tuple[str | None, ...]
    hour: Ints
    """0 to 23, as the clock of the event's own place shows where `offset` was known, else UTC."""
    n: Ints
    """Events."""
    offset_share: float
    """Share of the events whose offset from UTC is known."""


def activity_of(journeys: Journeys, events: EventSource) -> Activity:
    """Return when and where the persons of a scope did something.

    Args:
        journeys: Whose events.
        events: Where they are; the offset from UTC is a property there.

    Raises:
        StoreError: The events cannot be read.
    """
    with events.reading():
        table = events.table(journeys.scope.source_ids, persons=journeys.scope.persons)
        at = table.select(
            "person_id",
            "name",
            channel=_.channel.nullif(""),
            hour=milliseconds(_.at).cast("int64") // _HOUR_MS % 24,
            offset=_.properties.re_extract(r'"utc_offset":"([+-]\d\d:\d\d)"', 1),
        )
        columns = ["person_id", "name", "channel", "hour", "offset"]
        rows = rows_of(at.group_by(columns).agg(n=_.count()))
    bots = set(events.person_keys(journeys.bots).values()) | journeys.bots
    rows = sorted((row for row in rows if row["person_id"] not in bots), key=_in_order)
    keys = sorted({row["person_id"] for row in rows})
    code_of = {key: code for code, key in enumerate(keys)}
    n = np.array([row["n"] for row in rows], dtype=np.int64)
    known = np.array([bool(row["offset"]) for row in rows], dtype=bool)
    hours = [(row["hour"] + _offset_hours(row["offset"])) % 24 for row in rows]
    return Activity(
        persons=tuple(journeys.person_ids(keys)),
        person=np.array([code_of[row["person_id"]] for row in rows], dtype=np.int64),
        name=tuple(row["name"] for row in rows),
        channel=tuple(row["channel"] for row in rows),
        hour=np.array(hours, dtype=np.int64),
        n=n,
        offset_share=float(n[known].sum() / n.sum()) if n.sum() else 0.0,
    )


def _in_order(row: Mapping[str, Any]) -> tuple[str, str, str, int, str]:
    return row["person_id"], row["name"], row["channel"] or "", row["hour"], row["offset"] or ""


def _offset_hours(offset: str | None) -> int:
    """Return an offset in whole hours; half an hour more or less is the same part of the day."""
    return int(offset[:3]) if offset else 0


def _counted(
    steps: ir.Table,
    by: tuple[str, ...],
    code_of: Mapping[str, int],
    shape: tuple[int, int],
    kept: Collection[str],
) -> Counted:
    """Count steps by columns; only the values that most persons have are told apart."""
    rows = rows_of(steps.group_by(["person_id", "period", *by]).agg(n=_.count()))
    keys = [(row[by[0]], row[by[1]] if len(by) > 1 else None) for row in rows]
    persons: dict[tuple[str, str | None], set[str]] = {}
    for key, row in zip(keys, rows, strict=True):
        persons.setdefault(key, set()).add(row["person_id"])
    common = sorted(persons, key=lambda key: (-len(persons[key]), key[0], key[1] or ""))
    named = [key for place, key in enumerate(common) if place < MAX_KINDS or key[0] in kept]
    place_of = {key: place for place, key in enumerate(named)}
    values = np.zeros((*shape, len(named) + 1), dtype=np.float32)
    where = [
        (code_of[row["person_id"]], row["period"], place_of.get(key, len(named)))
        for key, row in zip(keys, rows, strict=True)
    ]
    if where:
        person, period, place = np.array(where, dtype=np.int64).T
        np.add.at(values, (person, period, place), [row["n"] for row in rows])
    return Counted((*named, (OTHER, None)), values)


def _hours(steps: ir.Table, code_of: Mapping[str, int], shape: tuple[int, int]) -> Counted:
    hour = milliseconds(_.at).cast("int64") // _HOUR_MS
    rows = rows_of(
        steps.mutate(hour=hour % 24, day=(hour // 24 + _MONDAY) % 7)
        .group_by(["person_id", "period", "hour", "day"])
        .agg(n=_.count())
    )
    values = np.zeros((*shape, len(PARTS_OF_DAY) + 1), dtype=np.float32)
    for row in rows:
        there = values[code_of[row["person_id"]], row["period"]]
        there[row["hour"] // 6] += row["n"]
        there[-1] += row["n"] * (row["day"] >= _SATURDAY)
    return Counted(tuple((part, None) for part in (*PARTS_OF_DAY, WEEKEND)), values)


def _edges(steps: ir.Table, code_of: Mapping[str, int], shape: tuple[int, int]) -> dict[str, Any]:
    """Return names and times of the first and the last step of each period, and the sessions until its end."""
    within = ibis.window(group_by=["person_id", "period"])
    ends = steps.mutate(low=_.place.min().over(within), high=_.place.max().over(within))
    ends = ends.filter((_.place == _.low) | (_.place == _.high))
    rows = rows_of(
        ends.select("person_id", "period", "name", "session", "place", "low", "high", ms=milliseconds(_.at))
    )
    names = tuple(sorted({row["name"] for row in rows}))
    place_of = {name: place for place, name in enumerate(names)}
    first_name, last_name, first_ms, last_ms = (np.full(shape, NOTHING, dtype=np.int64) for _ in range(4))
    sessions = np.zeros(shape, dtype=np.int64)
    for row in rows:
        at = code_of[row["person_id"]], row["period"]
        if row["place"] == row["low"]:
            first_name[at], first_ms[at] = place_of[row["name"]], row["ms"]
        if row["place"] == row["high"]:
            last_name[at], last_ms[at] = place_of[row["name"]], row["ms"]
            sessions[at] = row["session"] + 1
    return {
        "names": names,
        "first_name": first_name,
        "last_name": last_name,
        "first_ms": first_ms,
        "last_ms": last_ms,
        "sessions": np.maximum.accumulate(sessions, axis=1),
    }


def days_between(later: Ints | int, earlier: Ints) -> Floats:
    """Return days from one time to another, in parts."""
    return (np.asarray(later) - earlier).astype(np.float64) / _DAY_MS
