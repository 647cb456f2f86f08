"""The steps of the persons in scope: their events in order, each with its stage, touchpoint and session.

Every question about journeys starts from this table. It is made of expressions that every engine knows: what names mean
is looked up by `CASE`, not by a joined table, since a warehouse may allow nothing but reading.
"""

# Ibis ships no types for its expressions, and PyArrow none at all.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportArgumentType=false, reportUnknownParameterType=false

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _

from agent.events.source import EventSource

SESSION_GAP = timedelta(minutes=30)
"""A pause longer than this starts a new session; the convention of web analytics."""
BOT_EVENTS_PER_DAY = 5_000
"""More events than this on one day are no person's; such persons are named in `bots` and left out."""
BY_PERSON = ibis.window(group_by="person_id", order_by="place")

_BETWEEN = "\x1f"
"""Stands in no event name and no channel."""

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


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of a scope."""

    table: ir.Table
    """`person_id, at, place, session, name, channel, touchpoint, stage, rank`.

    Sorted by person and `place`, which counts a person's steps from 0; `session` counts their sessions from 0; `stage` and
    `touchpoint` are null where a name means none; `rank` is the place of the stage in the scope's order.
    """
    bots: frozenset[str]
    """Persons left out because nobody does so much on one day."""


def steps_of(events: EventSource, scope: JourneyScope) -> Steps:
    """Return the steps of the persons in scope.

    Raises:
        StoreError: The events cannot be read.
    """
    with events.reading():
        rows = _in_scope(events.table(scope.source_ids), scope.persons)
        bots = _find_bots(rows)
        if bots:
            rows = rows.filter(~_.person_id.isin(sorted(bots)))
        return Steps(events.kept(_read(rows, scope), "steps"), bots)


def rows_of(table: ir.Table) -> list[dict[str, Any]]:
    """Return the rows of a small result."""
    return table.to_pyarrow().to_pylist()


def _in_scope(events: ir.Table, persons: Collection[str] | None) -> ir.Table:
    if persons is None:
        return events
    ids = pa.array(sorted(persons), type=pa.string())
    return events.semi_join(ibis.memtable(pa.table({"person_id": ids})), "person_id")


def _find_bots(events: ir.Table) -> frozenset[str]:
    daily = events.group_by(["person_id", _.at.date().name("day")]).agg(n=_.count())
    busy = daily.filter(_.n > BOT_EVENTS_PER_DAY).select("person_id").distinct()
    return frozenset(busy.to_pyarrow().column("person_id").to_pylist())


def _read(events: ir.Table, scope: JourneyScope) -> ir.Table:
    """Put events in order and add what their names and channels mean; names are few, so Python reads each once."""
    # Events of one moment go in the order of their source, then in any fixed one.
    in_order = ibis.window(group_by="person_id", order_by=["at", "row", "source_id", "event_id"])
    pause = _.at.epoch_seconds() - _.at.lag().over(in_order).epoch_seconds()
    placed = events.mutate(
        place=ibis.row_number().over(in_order),
        channel=_.channel.nullif(""),
        starts=(pause > SESSION_GAP.total_seconds()).fill_null(False).cast("int64"),  # noqa: FBT003 - an SQL literal
    )
    kinds = rows_of(events.select("name", channel=_.channel.nullif("")).distinct())
    stages = {name: scope.stage_of(name) for name in {kind["name"] for kind in kinds}}
    touchpoints = {
        f"{kind['name']}{_BETWEEN}{kind['channel'] or ''}": scope.touchpoint_of(kind["name"], kind["channel"])
        for kind in kinds
    }
    rank = {stage: place for place, stage in enumerate(scope.stages)}
    known = {name: stage for name, stage in stages.items() if stage in rank}
    kind = _.name + _BETWEEN + _.channel.fill_null("")
    running = ibis.window(group_by="person_id", order_by="place", preceding=None, following=0)
    meant = placed.mutate(
        session=_.starts.sum().over(running),
        stage=_meaning(_.name, known, "string"),
        touchpoint=_meaning(kind, touchpoints, "string"),
        rank=_meaning(_.name, {name: rank[stage] for name, stage in known.items()}, "int64"),
    )
    columns = ["person_id", "at", "place", "session", "name", "channel", "touchpoint", "stage", "rank"]
    return meant.select(columns).order_by(["person_id", "place"])


def _meaning(key: Any, meanings: Mapping[str, str | int | None], dtype: str) -> Any:  # noqa: ANN401 - Ibis values
    """Return the meaning of a key, null where it has none; one branch a meaning, not one a key."""
    keys_of: dict[str | int, list[str]] = defaultdict(list)
    for key_value, meaning in sorted(meanings.items(), key=_by_key):
        if meaning is not None:
            keys_of[meaning].append(key_value)
    branches = [(key.isin(keys), ibis.literal(meaning, type=dtype)) for meaning, keys in keys_of.items()]
    return ibis.cases(*branches) if branches else ibis.null(dtype)


def _by_key(item: tuple[str, object]) -> str:
    return item[0]
