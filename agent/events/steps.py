"""The steps of the persons in scope: their events in order, each with its stage, touchpoint and session.

Every question about journeys starts from this table. It is made of expressions that every engine knows: what names mean
is looked up by `CASE`, not by a joined table, since a warehouse may allow nothing but reading.
"""

# Ibis ships no types for its expressions.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportArgumentType=false, reportUnknownParameterType=false

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from agent.events.connections import engine_errors
from agent.events.source import EventKind, EventSource, Steps

SESSION_GAP = timedelta(minutes=30)
"""A pause longer than this starts a new session; the convention of web analytics."""
BOT_EVENTS_PER_DAY = 5_000
"""More events than this on one day are no person's; such persons are named in `bots` and left out."""
BY_PERSON = ibis.window(group_by="person_id", order_by="place")

_BETWEEN = "\x1f"
"""Stands in no event name and no channel."""

NOT_ANSWERED = "a question about the events was not answered"

TouchpointOf = Callable[[str, str | None], str | None]
StageOf = Callable[[str], str | None]


@dataclass(frozen=True)
class JourneyScope:
    """Whose events count, and how their names are read."""

    stages: Sequence[str]
    stage_of: StageOf
    touchpoint_of: TouchpointOf
    as_of: datetime
    persons: Collection[str] | None = None
    """Persons in scope; None means everyone."""
    source_ids: Collection[str] | None = None
    """Sources whose events count; None means all."""


def steps_of(events: EventSource, scope: JourneyScope) -> Steps:
    """Return the steps of the persons in scope.

    Raises:
        StoreError: The events cannot be read.
    """
    with events.reading():
        rows = events.table(scope.source_ids, persons=scope.persons)
        return events.ordered(rows, _kinds_in(rows, scope))


def ordered_by_windows(rows: ir.Table, kinds: Sequence[EventKind]) -> Steps:
    """Return steps as an expression that every engine knows; see `EventSource.ordered`."""
    bots = _find_bots(rows)
    if bots:
        rows = rows.filter(~_.person_id.isin(sorted(bots)))
    return Steps(_in_order(rows, kinds), bots)


def rows_of(table: ir.Table) -> list[dict[str, Any]]:
    """Return the rows of a small result.

    Raises:
        StoreError: The engine failed.
    """
    with engine_errors(NOT_ANSWERED):
        return table.to_pyarrow().to_pylist()


def milliseconds(at: Any) -> Any:  # noqa: ANN401 - Ibis values
    """Return a time as whole milliseconds since 1970; engines differ in what they make of a part of a second."""
    # Without its zone, which is UTC everywhere here: calendars of zones are slow.
    plain = at.cast("timestamp")
    return plain.truncate("s").epoch_seconds() * 1_000 + plain.millisecond()


def _find_bots(events: ir.Table) -> frozenset[str]:
    # Few do so much at all: days are counted for those alone.
    much = events.group_by("person_id").agg(n=_.count()).filter(_.n > BOT_EVENTS_PER_DAY)
    busiest = much.select("person_id").to_pyarrow().column("person_id").to_pylist()
    if not busiest:
        return frozenset()
    daily = (
        events.filter(_.person_id.isin(sorted(busiest)))
        .group_by(["person_id", _.at.date().name("day")])
        .agg(n=_.count())
    )
    busy = daily.filter(_.n > BOT_EVENTS_PER_DAY).select("person_id").distinct()
    return frozenset(busy.to_pyarrow().column("person_id").to_pylist())


def _kinds_in(events: ir.Table, scope: JourneyScope) -> list[EventKind]:
    """Return what names and channels mean; these are few, so Python reads each once."""
    rank = {stage: place for place, stage in enumerate(scope.stages)}
    rows = rows_of(events.select("name", channel=_.channel.nullif("")).distinct())
    kinds = [_kind(row["name"], row["channel"], scope, rank) for row in rows]
    return sorted(kinds, key=lambda kind: (kind.name, kind.channel or ""))


def _in_order(events: ir.Table, kinds: Sequence[EventKind]) -> ir.Table:
    # Events of one moment go in the order of their source, then in any fixed one.
    in_order = ibis.window(group_by="person_id", order_by=["at", "row", "source_id", "event_id"])
    pause = _.ms - _.ms.lag().over(in_order)
    timed = events.mutate(ms=milliseconds(_.at))
    placed = timed.mutate(
        place=ibis.row_number().over(in_order),
        starts=ibis.ifelse(pause > SESSION_GAP // timedelta(milliseconds=1), 1, 0),
    )
    placed = placed.drop("event_id", "row", "source_id", "ms")
    running = ibis.window(group_by="person_id", order_by="place", preceding=None, following=0)
    columns = ["person_id", "at", "place", "session", "name", "channel", "touchpoint", "stage", "rank"]
    # Engines differ in how wide a sum of whole numbers is.
    sessions = placed.mutate(session=_.starts.sum().over(running).cast("int64")).drop("starts")
    return _told_by_case(sessions, kinds).select(columns)


def _kind(name: str, channel: str | None, scope: JourneyScope, rank: Mapping[str, int]) -> EventKind:
    stage = scope.stage_of(name)
    known = stage if stage in rank else None
    touchpoint = scope.touchpoint_of(name, channel)
    return EventKind(name, channel, known, touchpoint, None if known is None else rank[known])


def _told_by_case(rows: ir.Table, kinds: Sequence[EventKind]) -> ir.Table:
    """Return rows of `name` and `channel` with `touchpoint, stage, rank`, said inside the expression itself."""
    touchpoints = {f"{kind.name}{_BETWEEN}{kind.channel or ''}": kind.touchpoint for kind in kinds}
    return rows.mutate(
        channel=_.channel.nullif(""),
        touchpoint=meaning_of(_.name + _BETWEEN + _.channel.fill_null(""), touchpoints, "string"),
        stage=meaning_of(_.name, {kind.name: kind.stage for kind in kinds}, "string"),
        rank=meaning_of(_.name, {kind.name: kind.rank for kind in kinds}, "int64"),
    )


def meaning_of(key: Any, meanings: Mapping[str, str | int | None], dtype: str) -> Any:  # noqa: ANN401 - Ibis values
    """Return the meaning of a key, null where it has none; one branch a meaning, not one a key."""
    keys_of: dict[str | int, list[str]] = defaultdict(list)
    for key_value, meaning in sorted(meanings.items(), key=_by_key):
        if meaning is not None:
            keys_of[meaning].append(key_value)
    branches = [(key.isin(keys), ibis.literal(meaning, type=dtype)) for meaning, keys in keys_of.items()]
    return ibis.cases(*branches) if branches else ibis.null(dtype)


def _by_key(item: tuple[str, object]) -> str:
    return item[0]
