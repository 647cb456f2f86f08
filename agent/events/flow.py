"""How persons move between events, stages, touchpoints and channels; every question takes the steps it is asked of.

A walk is a table `person_id, place, at, node`: what a person moves between. Counts are of distinct persons.
"""

# Ibis ships no types for its expressions.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportArgumentType=false, reportOperatorIssue=false, reportUnknownParameterType=false
# pyright: reportAttributeAccessIssue=false, reportUnknownLambdaType=false

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from agent.events.counted import Level, PathCount, TimedMove
from agent.events.steps import BY_PERSON, meaning_of, milliseconds, rows_of


@dataclass(frozen=True, slots=True)
class Stop:
    """What came after a node for the persons who were there last."""

    node: str
    reached: int
    left: int
    """Persons whose last node it is, quiet for longer than the inactivity window."""
    n_open: int
    """Persons whose last node it is so far, active lately."""


@dataclass(frozen=True, slots=True)
class Rung:
    """Persons whose walk stands at a node at one place, and goes to another from there; None where it ends."""

    place: int
    node: str
    target: str | None
    persons: int


@dataclass(frozen=True, slots=True)
class Entry:
    """Where journeys begin."""

    event: str
    channel: str | None
    persons: int


@dataclass(frozen=True, slots=True)
class Skip:
    """Persons who reached a stage after this one, and those of them who were never in it."""

    stage: str
    later: int
    skipped: int


@dataclass(frozen=True, slots=True)
class Loop:
    """Persons who came back to a node, and how often they did."""

    node: str
    n: int
    persons: int
    reached: int


@dataclass(frozen=True, slots=True)
class Bounce:
    """Two places that persons went back and forth between, each at least twice."""

    one: str
    other: str
    n: int
    persons: int


@dataclass(frozen=True, slots=True)
class Handoff:
    """Contacts on one channel, after which their persons turned to another and had to make contact again."""

    source: str
    target: str
    n: int
    persons: int
    in_contact: int
    """Persons with a contact on the first channel."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How much the journeys of some persons differ; quartiles are first, second and third."""

    n_persons: int
    n_variants: int
    n_alone: int
    """Persons whose whole path nobody else took."""
    most: int
    """Persons on the most frequent path."""
    steps: tuple[float, float, float] | None
    seconds: tuple[float, float, float] | None


def visits_of(steps: ir.Table) -> ir.Table:
    """Return runs of events in one stage by their first event, `place` counting them from 0; other events left out."""
    return _runs(steps.filter(_.stage.notnull()), "stage").mutate(place=ibis.row_number().over(BY_PERSON))


def walk_of(steps: ir.Table, level: Level) -> ir.Table:
    """Return the walk over events, or over runs of events in one stage.

    Args:
        steps: `Journeys.steps`, or some of its rows.
        level: What persons move between.
    """
    rows = steps.mutate(node=_.name) if level == "event" else visits_of(steps).mutate(node=_.stage)
    return rows.select("person_id", "place", "at", "node")


def touchpoint_walk_of(steps: ir.Table) -> ir.Table:
    """Return the walk over touchpoints; a step without one is its event."""
    rows = steps.mutate(node=ibis.coalesce(_.touchpoint, _.name))
    return rows.select("person_id", "place", "at", "node")


def folded(walk: ir.Table, kept: Collection[str], other: str) -> ir.Table:
    """Return a walk in which the nodes that are not kept share one name."""
    return walk.mutate(node=ibis.ifelse(_.node.isin(sorted(kept)), _.node, other))


def n_outside(walk: ir.Table, kept: Collection[str]) -> int:
    """Return how many persons were at a node that is not kept."""
    outside = walk.filter(~_.node.isin(sorted(kept))).select("person_id").distinct()
    return int(outside.count().to_pyarrow().as_py())


def channel_walk_of(steps: ir.Table) -> ir.Table:
    """Return the walk over the channels of events; events without one left out."""
    rows = steps.filter(_.channel.notnull()).mutate(node=_.channel)
    return rows.select("person_id", "place", "at", "node")


def window_of(steps: ir.Table) -> tuple[datetime, datetime] | None:
    """Return when the first and the last step were; None without any."""
    row = rows_of(steps.aggregate(first=_.at.min(), last=_.at.max()))[0]
    return None if row["first"] is None else (row["first"], row["last"])


def nodes_of(walk: ir.Table) -> dict[str, int]:
    """Return distinct persons by node, most first."""
    return _counted(walk, "node")


def moves_of(walk: ir.Table) -> list[TimedMove]:
    """Return what directly followed what, most frequent first."""
    followed = followed_of(walk)
    leaving = _counted(followed, "node")
    counted = followed.group_by(["node", "target"]).agg(
        n=_.count(), persons=_.person_id.nunique(), median=_.seconds.median(), p90=_.seconds.quantile(0.9)
    )
    return [
        TimedMove(
            source=row["node"],
            target=row["target"],
            n=int(row["n"]),
            persons=int(row["persons"]),
            leaving=leaving[row["node"]],
            median_s=round(float(row["median"]), 6),
            p90_s=round(float(row["p90"]), 6),
        )
        for row in _most_first(counted, "n", "node", "target")
    ]


def stops_of(walk: ir.Table, steps: ir.Table, *, quiet_since: datetime) -> list[Stop]:
    """Return for each node how many reached it and for how many nothing followed.

    Args:
        walk: Of the steps.
        steps: Whose last event tells whether a person is still active.
        quiet_since: Who has no event since then has left.
    """
    reached = _counted(walk, "node")
    last = walk.mutate(later=_.place.lead().over(BY_PERSON)).filter(_.later.isnull())
    active = steps.group_by("person_id").agg(active=_.at.max())
    ended = last.select("person_id", "node").inner_join(active, "person_id")
    is_open = _.active >= ibis.literal(quiet_since)
    counted = ended.group_by("node").agg(n=_.count(), n_open=is_open.sum())
    by_node = {row["node"]: row for row in rows_of(counted)}
    return [_stop(node, n, by_node.get(node)) for node, n in reached.items()]


def firsts_of(walk: ir.Table) -> dict[str, int]:
    """Return persons by the node their walk begins with."""
    before = walk.mutate(before=_.place.lag().over(BY_PERSON))
    return _counted(before.filter(_.before.isnull()), "node")


def ladder_of(walk: ir.Table, *, depth: int) -> list[Rung]:
    """Return where the walk stands at each of its first places and where it goes from there, most persons first.

    Args:
        walk: Its places count from 0.
        depth: How many places.
    """
    ahead = walk.mutate(target=_.node.lead().over(BY_PERSON)).filter(_.place < depth)
    counted = ahead.group_by(["place", "node", "target"]).agg(n=_.count())
    return [
        Rung(int(row["place"]), row["node"], row["target"], int(row["n"]))
        for row in sorted(_most_first(counted, "n", "node", "target"), key=lambda row: row["place"])
    ]


def entries_of(steps: ir.Table) -> list[Entry]:
    """Return where journeys begin, by event and channel."""
    first = steps.mutate(before=_.place.lag().over(BY_PERSON)).filter(_.before.isnull())
    counted = first.group_by(["name", "channel"]).agg(n=_.count())
    return [
        Entry(row["name"], row["channel"], int(row["n"]))
        for row in _most_first(counted, "n", "name", "channel")
    ]


def skips_of(steps: ir.Table, stages: Sequence[str]) -> list[Skip]:
    """Return for each stage how many reached a later one without ever being in it; the last has no later one."""
    flags = {f"in_{rank}": ibis.ifelse(_["rank"] == rank, 1, 0).max() for rank in range(len(stages))}
    by_person = steps.filter(_.stage.notnull()).group_by("person_id").agg(furthest=_["rank"].max(), **flags)
    figures = {}
    for rank in range(len(stages) - 1):
        later = by_person.furthest > rank
        figures[f"later_{rank}"] = later.sum()
        figures[f"skipped_{rank}"] = (later & (by_person[f"in_{rank}"] == 0)).sum()
    if not figures:
        return []
    row = rows_of(by_person.aggregate(**figures))[0]
    return [
        Skip(stage, int(row[f"later_{rank}"] or 0), int(row[f"skipped_{rank}"] or 0))
        for rank, stage in enumerate(stages[:-1])
    ]


def loops_of(walk: ir.Table) -> list[Loop]:
    """Return the nodes that persons came back to, most persons first; `n` counts the times they did."""
    reached = _counted(walk, "node")
    times = walk.group_by(["person_id", "node"]).agg(times=_.count()).filter(_.times > 1)
    counted = times.group_by("node").agg(n=(_.times - 1).sum(), persons=_.count())
    return [
        Loop(row["node"], int(row["n"]), int(row["persons"]), reached[row["node"]])
        for row in _most_first(counted, "persons", "node")
    ]


def bounces_of(steps: ir.Table) -> list[Bounce]:
    """Return the pairs of touchpoints that persons bounced between: A, B, A, B at least; most persons first.

    A step without a touchpoint is its event; a longer back and forth is one bounce.
    """
    rows = touchpoint_walk_of(steps)
    ahead = {f"ahead_{k}": _.node.lead(k).over(BY_PERSON) for k in (1, 2, 3)}
    seen = _runs(rows, "node").mutate(before=_.node.lag().over(BY_PERSON), **ahead)
    begins = seen.before.isnull() | (seen.before != seen.ahead_1)
    found = seen.filter((seen.node == seen.ahead_2) & (seen.ahead_1 == seen.ahead_3) & begins)
    in_order = found.node < found.ahead_1
    pairs = found.mutate(
        one=ibis.ifelse(in_order, found.node, found.ahead_1),
        other=ibis.ifelse(in_order, found.ahead_1, found.node),
    )
    counted = pairs.group_by(["one", "other"]).agg(n=_.count(), persons=_.person_id.nunique())
    return [
        Bounce(row["one"], row["other"], int(row["n"]), int(row["persons"]))
        for row in _most_first(counted, "persons", "one", "other")
    ]


def handoffs_of(steps: ir.Table, contacts: Collection[str], *, within: timedelta) -> list[Handoff]:
    """Return the changes of channel after a contact that were followed by another contact.

    Args:
        steps: Events without a channel are left out.
        contacts: Event names that are a contact with support.
        within: How soon after the change the other contact comes.
    """
    if not contacts:
        return []
    placed = steps.filter(_.channel.notnull()).mutate(before=_.channel.lag().over(BY_PERSON))
    changed = ibis.ifelse(_.before.isnull() | (_.before != _.channel), 1, 0)
    running = ibis.window(group_by="person_id", order_by="place", preceding=None, following=0)
    runs = placed.mutate(changed=changed).mutate(run=_.changed.sum().over(running).cast("int64"))
    begun = runs.filter(_.changed == 1).select(
        who=_.person_id, before_run=_.run - 1, turned_at=_.at, turned=_.place, target=_.channel
    )
    made = runs.filter(_.name.isin(sorted(contacts)))
    made = made.mutate(again_at=_.at.lead().over(BY_PERSON), again=_.place.lead().over(BY_PERSON))
    joined = made.inner_join(begun, [made.person_id == begun.who, made.run == begun.before_run])
    took = milliseconds(_.again_at) - milliseconds(_.turned_at)
    found = joined.filter((_.again >= _.turned) & (took <= within // timedelta(milliseconds=1)))
    counted = found.group_by(["channel", "target"]).agg(n=_.count(), persons=_.person_id.nunique())
    in_contact = _counted(made, "channel")
    return [
        Handoff(row["channel"], row["target"], int(row["n"]), int(row["persons"]), in_contact[row["channel"]])
        for row in _most_first(counted, "persons", "channel", "target")
    ]


def variants_of(walk: ir.Table, limit: int) -> list[PathCount]:
    """Return the most frequent whole walks."""
    nodes = sorted(nodes_of(walk))
    counted = _paths_of(walk, nodes).group_by("path").agg(n=_.count())
    first = counted.order_by([ibis.desc("n"), "path"]).limit(limit)
    return [
        PathCount(tuple(nodes[number % len(nodes)] for number in row["path"]), int(row["n"]))
        for row in rows_of(first)
    ]


def _paths_of(walk: ir.Table, nodes: Sequence[str]) -> ir.Table:
    """Return one row a person: `person_id, path, steps, first, last`; a path is a list of numbers."""
    # Place and node in one number: a sorted list is in order on engines whose aggregates know none.
    number = _.place.cast("int64") * len(nodes) + meaning_of(
        _.node, {node: n for n, node in enumerate(nodes)}, "int64"
    )
    own = walk.mutate(number=number).group_by("person_id")
    found = own.agg(path=_.number.collect(), steps=_.count(), first=_.at.min(), last=_.at.max())
    return found.mutate(path=_.path.sort())


def spread_of(walk: ir.Table) -> Spread:
    """Return how much the walks of persons differ."""
    own = _paths_of(walk, sorted(nodes_of(walk)))
    own = own.mutate(seconds=(milliseconds(_.last) - milliseconds(_.first)) / 1000)
    counted = own.group_by("path").agg(n=_.count())
    paths = rows_of(
        counted.aggregate(n_persons=_.n.sum(), n_variants=_.count(), n_alone=(_.n == 1).sum(), most=_.n.max())
    )[0]
    figures = {
        f"{column}_{k}": own[column].quantile(k / 4) for column in ("steps", "seconds") for k in (1, 2, 3)
    }
    row = rows_of(own.aggregate(**figures))[0]
    return Spread(
        n_persons=int(paths["n_persons"] or 0),
        n_variants=int(paths["n_variants"]),
        n_alone=int(paths["n_alone"] or 0),
        most=int(paths["most"] or 0),
        steps=_quartiles(row, "steps"),
        seconds=_quartiles(row, "seconds"),
    )


def followed_of(walk: ir.Table) -> ir.Table:
    """Return the moves of a walk: its rows with `target`, `left_at` and the `seconds` until then; its last rows left out."""
    following = walk.mutate(target=_.node.lead().over(BY_PERSON), left_at=_.at.lead().over(BY_PERSON))
    moved = following.filter(_.target.notnull())
    return moved.mutate(seconds=(milliseconds(_.left_at) - milliseconds(_.at)) / 1000)


def _runs(rows: ir.Table, column: str) -> ir.Table:
    before = rows.mutate(before=rows[column].lag().over(BY_PERSON))
    return before.filter(_.before.isnull() | (_.before != _[column])).drop("before")


def _counted(rows: ir.Table, column: str) -> dict[str, int]:
    counted = rows.group_by(column).agg(n=_.person_id.nunique())
    return {row[column]: int(row["n"]) for row in _most_first(counted, "n", column)}


def _most_first(counted: ir.Table, by: str, *names: str) -> list[dict[str, Any]]:
    """Return rows in an order that no engine's collation changes."""
    return sorted(rows_of(counted), key=lambda row: (-row[by], *(row[name] or "" for name in names)))


def _stop(node: str, reached: int, ended: Mapping[str, Any] | None) -> Stop:
    if ended is None:
        return Stop(node, reached, 0, 0)
    n_open = int(ended["n_open"] or 0)
    return Stop(node, reached, int(ended["n"]) - n_open, n_open)


def _quartiles(row: Mapping[str, Any], name: str) -> tuple[float, float, float] | None:
    first, second, third = (row[f"{name}_{k}"] for k in (1, 2, 3))
    return None if first is None else (round(first, 6), round(second, 6), round(third, 6))
