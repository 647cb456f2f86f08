"""How far persons get in a funnel: the one attempt of each person that gets furthest, exact for every mode.

Of several attempts that get equally far, the earliest start counts, and from it every step as early as it can be.
"""

# Ibis ships no types for its expressions.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportArgumentType=false, reportOperatorIssue=false, reportUnknownParameterType=false
# pyright: reportAttributeAccessIssue=false, reportUnknownLambdaType=false

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import add, or_
from typing import Any, Literal

import ibis
import ibis.expr.types as ir
from ibis import _

from agent.events.asking import answers_of
from agent.events.flow import visits_of
from agent.events.steps import BY_PERSON, milliseconds

FunnelMode = Literal["strict", "loose"]
"""Whether each step has to follow the one before it directly, or other events may come between."""

_OF_PERSON = ibis.window(group_by="person_id")
_SO_FAR = ibis.window(group_by="person_id", order_by="place", preceding=None, following=0)
_BACKWARDS = ibis.window(group_by="person_id", order_by=ibis.desc("place"))
_FROM_HERE = ibis.window(group_by="person_id", order_by=ibis.desc("place"), preceding=None, following=0)


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """One step: an event of a name, or the entering of a stage."""

    column: Literal["name", "stage"]
    value: str


@dataclass(frozen=True, slots=True)
class FunnelPlan:
    """What to look for; where every step is a stage, a run of events in one stage is one step."""

    steps: tuple[FunnelStep, ...]
    mode: FunnelMode = "loose"
    within: timedelta | None = None
    """How long the whole may take from its first step on, in whole milliseconds and inclusive; None means any time."""


@dataclass(frozen=True, slots=True)
class StepCount:
    """Who got to a step."""

    reached: int
    n_open: int
    """Of those who got no further, those whose time is not over yet."""
    median_s: float | None
    """From the step before, over those who got here; None at the first step and without anybody."""
    p90_s: float | None
    total_median_s: float | None
    """From the first step."""


def count_funnel(steps: ir.Table, plan: FunnelPlan, *, as_of: datetime) -> list[StepCount]:
    """Return who got how far, one entry a step of the plan.

    Args:
        steps: `Journeys.steps`, or some of its rows.
        plan: At least one step.
        as_of: Until when events are known.
    """
    row = answers_of(steps, _reached, plan, as_of)[0]
    return [
        StepCount(
            reached=int(row[f"reached_{k}"] or 0),
            n_open=int(row.get(f"open_{k}") or 0),
            median_s=_seconds(row.get(f"median_{k}")),
            p90_s=_seconds(row.get(f"p90_{k}")),
            total_median_s=_seconds(row.get(f"total_{k}")),
        )
        for k in range(1, len(plan.steps) + 1)
    ]


def count_leavers(steps: ir.Table, plan: FunnelPlan) -> list[dict[str | None, int]]:
    """Return for each step what came right after it for those who got no further; None where nothing did.

    The last step has no leavers. Counts are of persons, most frequent first.
    """
    found: list[dict[str | None, int]] = [{} for _step in plan.steps]
    for row in sorted(answers_of(steps, _left, plan), key=lambda row: (-row["n"], row["following"] or "")):
        found[int(row["depth"]) - 1][row["following"]] = int(row["n"])
    return found


def _reached(steps: ir.Table, plan: FunnelPlan, as_of: datetime) -> ir.Table:
    attempts = attempts_of(steps, plan)
    return attempts.aggregate(**_figures(attempts, plan, as_of))


def _left(steps: ir.Table, plan: FunnelPlan) -> ir.Table:
    rows = _rows_for(steps, plan)
    column = "stage" if _is_staged(plan) else "name"
    followed = rows.select("person_id", "place", following=rows[column].lead().over(BY_PERSON))
    stopped = attempts_of(steps, plan).filter(_.depth < len(plan.steps))
    stopped = stopped.select("depth", who=_.person_id, stop=_.place)
    joined = stopped.inner_join(followed, [stopped.who == followed.person_id, stopped.stop == followed.place])
    return joined.group_by(["depth", "following"]).agg(n=_.count())


def attempts_of(steps: ir.Table, plan: FunnelPlan) -> ir.Table:
    """Return one row a person who took the first step: `person_id, depth, place, at_1, at_2, ...`.

    `depth` is the number of steps taken, `place` where the last of them stands, `at_k` the time of step k, null where it
    was not taken.
    """
    rows = _rows_for(steps, plan)
    return _strict(rows, plan) if plan.mode == "strict" else _loose(rows, plan)


def _is_staged(plan: FunnelPlan) -> bool:
    return all(step.column == "stage" for step in plan.steps)


def _rows_for(steps: ir.Table, plan: FunnelPlan) -> ir.Table:
    return visits_of(steps) if _is_staged(plan) else steps


def _columns(plan: FunnelPlan) -> list[str]:
    return sorted({step.column for step in plan.steps})


def _is(rows: ir.Table, step: FunnelStep) -> Any:  # noqa: ANN401 - an Ibis value
    return (rows[step.column] == step.value).fill_null(False)  # noqa: FBT003 - an SQL literal


def _strict(rows: ir.Table, plan: FunnelPlan) -> ir.Table:
    """Look from every first step at the rows right after it."""
    n_steps = len(plan.steps)
    ahead = {
        f"{column}_{k}": rows[column].lead(k - 1).over(BY_PERSON)
        for k in range(2, n_steps + 1)
        for column in _columns(plan)
    }
    times = {f"at_{k}": rows["at"].lead(k - 1).over(BY_PERSON) for k in range(2, n_steps + 1)}
    starts = rows.mutate(at_1=rows["at"], **times, **ahead).filter(_is(rows, plan.steps[0]))
    depth = ibis.literal(1)
    so_far: Any = ibis.literal(True)  # noqa: FBT003 - an SQL literal
    for k, step in enumerate(plan.steps[1:], start=2):
        so_far = so_far & (starts[f"{step.column}_{k}"] == step.value).fill_null(False)  # noqa: FBT003
        if plan.within is not None:
            so_far = so_far & _in_time(starts[f"at_{k}"], starts["at_1"], plan.within)
        depth = ibis.ifelse(so_far, k, depth)
    starts = starts.mutate(depth=depth.cast("int64"))
    furthest = starts.mutate(most=_.depth.max().over(_OF_PERSON)).filter(_.depth == _.most)
    first = furthest.mutate(first=_.place.min().over(_OF_PERSON)).filter(_.place == _.first)
    reached = {f"at_{k}": ibis.ifelse(_.depth >= k, _[f"at_{k}"], None) for k in range(1, n_steps + 1)}
    return first.select("person_id", "depth", place=_.place + _.depth - 1, **reached)


def _loose(rows: ir.Table, plan: FunnelPlan) -> ir.Table:
    """Take every step as early as it can be, from the start that gets furthest."""
    is_any = reduce(or_, [_is(rows, step) for step in plan.steps])
    taken = rows.filter(is_any).select("person_id", "place", "at", *_columns(plan))
    taken = taken.mutate(furthest=len(plan.steps), start=0)
    if plan.within is not None:
        taken = _from_best_start(taken, plan.steps, plan.within)
    first = taken.filter(_is(taken, plan.steps[0]) & (_.place >= _.start))
    got = [first.group_by("person_id").agg(place_1=_.place.min(), at_1=_.at.min())]
    for k, step in enumerate(plan.steps[1:], start=2):
        before = got[-1].select(who=_.person_id, before=_[f"place_{k - 1}"])
        fitting = taken.filter(_is(taken, step) & (_.furthest >= k))
        later = fitting.inner_join(before, fitting.person_id == before.who).filter(_.place > _.before)
        got.append(later.group_by("person_id").agg(**{f"place_{k}": _.place.min(), f"at_{k}": _.at.min()}))
    joined = got[0]
    for found in got[1:]:
        joined = joined.left_join(found, "person_id").drop("person_id_right")
    steps = range(1, len(got) + 1)
    depth = reduce(add, [ibis.ifelse(joined[f"place_{k}"].notnull(), 1, 0) for k in steps])
    place = ibis.coalesce(*(joined[f"place_{k}"] for k in reversed(steps)))
    return joined.mutate(depth=depth, place=place).drop(*(f"place_{k}" for k in steps))


def _from_best_start(taken: ir.Table, steps: Sequence[FunnelStep], within: timedelta) -> ir.Table:
    """Add where the attempt that gets furthest in time starts, and how far it gets.

    Forwards, each row learns the latest start from which it can be step k in time; the latest is enough, as any other start
    has had less time left. Backwards, each start learns when its attempt is complete at the earliest.
    """
    taken = taken.mutate(ms=milliseconds(_.at))
    longest = within // timedelta(milliseconds=1)
    taken = taken.mutate(from_1=ibis.ifelse(_is(taken, steps[0]), _.ms, None))
    for k, step in enumerate(steps[1:], start=2):
        taken = taken.mutate(latest=_[f"from_{k - 1}"].max().over(_SO_FAR))
        taken = taken.mutate(latest=_.latest.lag().over(BY_PERSON))
        in_time = _is(taken, step) & (_.ms - _.latest <= longest)
        taken = taken.mutate(**{f"from_{k}": ibis.ifelse(in_time, _.latest, None)})
    depth = ibis.literal(0)
    for k in range(1, len(steps) + 1):
        depth = ibis.ifelse(taken[f"from_{k}"].notnull(), k, depth)
    taken = taken.mutate(depth=depth.cast("int64")).mutate(furthest=_.depth.max().over(_OF_PERSON))
    done: Any = ibis.null("int64")
    for k, step in reversed(list(enumerate(steps, start=1))):
        complete = ibis.ifelse(_.furthest == k, _.ms, ibis.ifelse(_.furthest > k, done, None))
        taken = taken.mutate(done=ibis.ifelse(_is(taken, step), complete, None))
        if k > 1:
            taken = taken.mutate(earliest=_.done.min().over(_FROM_HERE))
            taken = taken.mutate(earliest=_.earliest.lag().over(_BACKWARDS))
            done = _.earliest
    in_time = (_.done - _.ms <= longest).fill_null(False)  # noqa: FBT003
    return taken.mutate(start=_.place.min(where=in_time).over(_OF_PERSON))


def _in_time(late: Any, early: Any, within: timedelta) -> Any:  # noqa: ANN401 - Ibis values
    took = milliseconds(late) - milliseconds(early) <= within // timedelta(milliseconds=1)
    return took.fill_null(False)  # noqa: FBT003 - an SQL literal


def _figures(attempts: ir.Table, plan: FunnelPlan, as_of: datetime) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    n_steps = len(plan.steps)
    for k in range(1, n_steps + 1):
        figures[f"reached_{k}"] = (attempts.depth >= k).sum()
        stopped = (attempts.depth == k) & ibis.literal(k < n_steps)
        if plan.within is not None:
            still = attempts.at_1 > ibis.literal(as_of - plan.within)
            figures[f"open_{k}"] = (stopped & still).sum()
        if k > 1:
            took = (milliseconds(attempts[f"at_{k}"]) - milliseconds(attempts[f"at_{k - 1}"])) / 1000
            total = (milliseconds(attempts[f"at_{k}"]) - milliseconds(attempts["at_1"])) / 1000
            figures |= {f"median_{k}": took.median(), f"p90_{k}": took.quantile(0.9)}
            figures[f"total_{k}"] = total.median()
    return figures


def _seconds(value: object) -> float | None:
    return round(float(value), 6) if isinstance(value, int | float | Decimal) else None
