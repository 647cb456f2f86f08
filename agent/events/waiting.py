"""How long persons stay in a stage and how their time in it ends; who is still there when the data ends is censored."""

# Ibis ships no types for its expressions.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportArgumentType=false, reportOperatorIssue=false, reportAttributeAccessIssue=false
# pyright: reportUnknownLambdaType=false

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from agent.events.asking import answers_of
from agent.events.flow import followed_of, visits_of
from agent.events.steps import BY_PERSON, milliseconds, rows_of

BINS_PER_E = 8
"""Waits are counted in bins of equal ratio, so many to a factor of e: each an eighth longer than the one before."""


@dataclass(frozen=True, slots=True)
class Spell:
    """Persons who stayed equally long and whose stay ended alike."""

    seconds: float
    n: int
    went: bool
    """Went on; else the data ended first."""
    left: bool = False
    """Did not go on and are gone."""


def stays_of(steps: ir.Table, *, as_of: datetime) -> dict[str, list[Spell]]:
    """Return how long each person's first visit to each stage took, until they were in another stage.

    Args:
        steps: `Journeys.steps`, or some of its rows.
        as_of: Until when events are known; who is in the stage then has stayed so long at least.
    """
    found: dict[str, list[Spell]] = {}
    for row in _in_order(answers_of(steps, _stays, as_of), "stage", "ms", "went"):
        spell = Spell(max(int(row["ms"]), 0) / 1000, int(row["n"]), went=bool(row["went"]))
        found.setdefault(row["stage"], []).append(spell)
    return found


def _stays(steps: ir.Table, as_of: datetime) -> ir.Table:
    first = ibis.window(group_by=["person_id", "stage"], order_by="place")
    visits = visits_of(steps).mutate(left_at=_.at.lead().over(BY_PERSON))
    own = visits.mutate(turn=ibis.row_number().over(first)).filter(_.turn == 0)
    until = ibis.coalesce(_.left_at, ibis.literal(as_of))
    timed = own.mutate(
        ms=milliseconds(until) - milliseconds(_.at), went=ibis.ifelse(_.left_at.notnull(), 1, 0)
    )
    return timed.group_by(["stage", "ms", "went"]).agg(n=_.count())


def fates_of(steps: ir.Table, stage: str, rank: int, *, as_of: datetime, quiet: timedelta) -> list[Spell]:
    """Return how long after entering a stage persons went on to a later one, or were known to be gone.

    Args:
        steps: `Journeys.steps`, or some of its rows.
        stage: The stage.
        rank: Its place in the order of stages.
        as_of: Until when events are known.
        quiet: Who has had no event for longer than this is gone, and known to be so at its end.
    """
    return [
        Spell(max(int(row["ms"]), 0) / 1000, int(row["n"]), went=bool(row["went"]), left=bool(row["gone"]))
        for row in _in_order(answers_of(steps, _fates, stage, rank, as_of, quiet), "ms", "went", "gone")
    ]


def _fates(steps: ir.Table, stage: str, rank: int, as_of: datetime, quiet: timedelta) -> ir.Table:
    entered = (
        steps.filter(_.stage == stage).group_by("person_id").agg(entered_at=_.at.min(), entered=_.place.min())
    )
    later = steps.filter(_["rank"] > rank).select("person_id", "place", "at")
    after = later.inner_join(entered, "person_id").filter(_.place > _.entered)
    went = after.group_by("person_id").agg(went_at=_.at.min())
    last = steps.group_by("person_id").agg(last_at=_.at.max())
    own = entered.left_join(went, "person_id").drop("person_id_right").inner_join(last, "person_id")
    is_gone = _.went_at.isnull() & (_.last_at < ibis.literal(as_of - quiet))
    known = ibis.ifelse(
        is_gone,
        milliseconds(_.last_at) + quiet // timedelta(milliseconds=1),
        milliseconds(ibis.coalesce(_.went_at, ibis.literal(as_of))),
    )
    timed = own.mutate(
        ms=known - milliseconds(_.entered_at),
        went=ibis.ifelse(_.went_at.notnull(), 1, 0),
        gone=ibis.ifelse(is_gone, 1, 0),
    )
    return timed.group_by(["ms", "went", "gone"]).agg(n=_.count())


def binned_waits(
    walk: ir.Table, *, middle: datetime, until: datetime, longest: timedelta
) -> dict[tuple[str, str], tuple[dict[int, int], dict[int, int]]]:
    """Return the waits of moves before and after a time, as persons by bin of `BINS_PER_E`.

    Each person counts by their first move of a kind. Only moves that began `longest` or more before `until` and took no longer
    are counted, so that both halves had the same time to be complete.
    """
    followed = followed_of(walk).filter(_.seconds <= int(longest.total_seconds()))
    first = ibis.window(group_by=["person_id", "node", "target"], order_by="place")
    own = followed.mutate(turn=ibis.row_number().over(first)).filter(_.turn == 0)
    own = own.filter(_.at <= ibis.literal(until - longest))
    binned = own.mutate(
        late=ibis.ifelse(_.at >= ibis.literal(middle), 1, 0),
        bin=((_.seconds + 1).ln() * BINS_PER_E).floor().cast("int64"),
    )
    found: dict[tuple[str, str], tuple[dict[int, int], dict[int, int]]] = {}
    counted = binned.group_by(["node", "target", "late", "bin"]).agg(n=_.count())
    for row in _in_order(rows_of(counted), "node", "target", "late", "bin"):
        halves = found.setdefault((row["node"], row["target"]), ({}, {}))
        halves[int(row["late"])][int(row["bin"])] = int(row["n"])
    return found


def _in_order(rows: Iterable[dict[str, Any]], *columns: str) -> list[dict[str, Any]]:
    """Return rows in an order that no engine's collation changes."""
    return sorted(rows, key=lambda row: tuple(row[column] for column in columns))
