"""Replays the steps of the persons in scope on a plan: who fits it, where others leave it, what it lacks.

Steps of one label in a row are one. A person fits a plan where each of their labels is planned, each may follow the one
before it, and the first is a planned start where the plan states any. Counts are of distinct persons.
"""

# Ibis ships no types for its expressions.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportArgumentType=false, reportOperatorIssue=false, reportUnknownParameterType=false
# pyright: reportAttributeAccessIssue=false

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
from ibis import _

from agent.events.journeys import Journeys
from agent.events.source import EventSource
from agent.events.steps import BY_PERSON, meaning_of, rows_of

_BETWEEN = "\x1f"
_OF_PERSON = ibis.window(group_by="person_id")

KindKey = tuple[str, str | None]
"""Event name and touchpoint: what decides which label a step has."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Steps of one event name at one touchpoint."""

    name: str
    touchpoint: str | None
    stage: str | None
    n_persons: int

    @property
    def key(self) -> KindKey:
        """Name and touchpoint."""
        return (self.name, self.touchpoint)


@dataclass(frozen=True, slots=True)
class Machine:
    """What a plan allows, in labels of steps."""

    label_of: Mapping[KindKey, str]
    """Label of each kind of step; steps of other kinds are left out."""
    moves: frozenset[tuple[str, str]]
    """Labels of which the second may directly follow the first."""
    starts: frozenset[str]
    """Labels a journey may begin with."""
    ends: frozenset[str]


@dataclass(frozen=True, slots=True)
class Move:
    """How often steps of one label directly followed those of another."""

    source: str
    target: str
    n: int
    persons: int
    leaving: int
    """Persons for whom anything followed the source: the denominator of a share."""


@dataclass(frozen=True, slots=True)
class Totals:
    """How many persons there are, how many fit the plan, and how many of those have come to an end of it."""

    n: int
    n_fit: int
    n_complete: int


@dataclass(frozen=True, slots=True)
class Departure:
    """Where persons first leave a plan: at `label`, after `before`, which is None at the very first step."""

    before: str | None
    label: str
    n: int


@dataclass(frozen=True, slots=True)
class FirstTime:
    """Persons who came to a label for the first time as the so-and-so-manieth of the labels they came to at all."""

    label: str
    rank: int
    """Counted from 0."""
    n_labels: int
    """That those persons came to."""
    n: int


@dataclass(frozen=True, slots=True)
class PathOutside:
    """One whole path that does not fit the plan."""

    labels: tuple[str, ...]
    n: int


def kinds_of(events: EventSource, journeys: Journeys) -> list[Kind]:
    """Return the kinds of steps in all events, most persons of the journeys first; of some kinds these took none.

    Args:
        events: Where the journeys come from.
        journeys: Whose persons are counted, and by whose scope names are read.
    """
    scope = journeys.scope
    rows = rows_of(events.table().select("name", channel=_.channel.nullif("")).distinct())
    known = {(row["name"], scope.touchpoint_of(row["name"], row["channel"])) for row in rows}
    counted = journeys.steps.group_by(["name", "touchpoint"]).agg(n=_.person_id.nunique())
    n_persons = {(row["name"], row["touchpoint"]): int(row["n"]) for row in rows_of(counted)}
    kinds = [Kind(*key, scope.stage_of(key[0]), n_persons.get(key, 0)) for key in known | n_persons.keys()]
    return sorted(kinds, key=lambda kind: (-kind.n_persons, kind.name, kind.touchpoint or ""))


def stage_edges(steps: ir.Table) -> tuple[dict[str, int], dict[str, int]]:
    """Return persons by the stage their journey begins in and by the one it ends in, most frequent first.

    Args:
        steps: `Journeys.steps`; those of no stage are left out.
    """
    staged = steps.filter(_.stage.notnull())
    edges = (_.place.min(), _.place.max())
    first, last = (
        staged.mutate(edge=edge.over(_OF_PERSON)).filter(_.place == _.edge).group_by("stage").agg(n=_.count())
        for edge in edges
    )
    return _by_stage(first), _by_stage(last)


def _by_stage(counted: ir.Table) -> dict[str, int]:
    return {row["stage"]: int(row["n"]) for row in rows_of(counted.order_by([ibis.desc("n"), "stage"]))}


class Replay:
    """The steps of a scope on a machine.

    Args:
        events: Where the steps come from.
        steps: `Journeys.steps`.
        machine: What the plan allows.
    """

    def __init__(self, events: EventSource, steps: ir.Table, machine: Machine) -> None:
        self._labels = sorted(set(machine.label_of.values()))
        self._runs = events.kept(_runs(steps, machine), "replay")

    def totals(self, members: ir.Table | None = None) -> Totals:
        """Return how many persons fit the plan, of all or of those in a table of `person_id`."""
        persons = self._persons() if members is None else self._persons().semi_join(members, "person_id")
        row = rows_of(
            persons.aggregate(
                n=_.count(),
                fit=ibis.ifelse(_.n_outside == 0, 1, 0).sum(),
                complete=ibis.ifelse((_.n_outside == 0) & (_.at_end == 1), 1, 0).sum(),
            )
        )[0]
        return Totals(int(row["n"]), int(row["fit"] or 0), int(row["complete"] or 0))

    def visits(self) -> dict[str, int]:
        """Return persons by label."""
        counted = self._runs.group_by("label").agg(n=_.person_id.nunique())
        return {row["label"]: int(row["n"]) for row in rows_of(counted)}

    def moves(self) -> list[Move]:
        """Return what followed what, most persons first."""
        followed = self._runs.filter(_.following.notnull())
        leaving = followed.group_by("label").agg(n=_.person_id.nunique())
        n_leaving = {row["label"]: int(row["n"]) for row in rows_of(leaving)}
        counted = followed.group_by(["label", "following"]).agg(n=_.count(), persons=_.person_id.nunique())
        ordered = counted.order_by([ibis.desc("persons"), "label", "following"])
        return [
            Move(row["label"], row["following"], int(row["n"]), int(row["persons"]), n_leaving[row["label"]])
            for row in rows_of(ordered)
        ]

    def first_times(self) -> list[FirstTime]:
        """Return in which order persons came to the labels for the first time."""
        ranked = self._firsts().mutate(
            rank=ibis.row_number().over(ibis.window(group_by="person_id", order_by="first")),
            n_labels=_.count().over(_OF_PERSON),
        )
        counted = ranked.group_by(["label", "rank", "n_labels"]).agg(n=_.count())
        rows = rows_of(counted.order_by(["label", "rank", "n_labels"]))
        return [
            FirstTime(row["label"], int(row["rank"]), int(row["n_labels"]), int(row["n"])) for row in rows
        ]

    def in_order(self, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], tuple[int, int]]:
        """Return for pairs of labels how many persons came to the first before the second, and how many came to both."""
        firsts = self._firsts()
        wanted = [f"{source}{_BETWEEN}{target}" for source, target in pairs]
        others = firsts.rename(other="label", then="first")
        both = firsts.inner_join(others, "person_id").mutate(pair=_.label + _BETWEEN + _.other)
        counted = (
            both.filter(_.pair.isin(wanted))
            .group_by(["label", "other"])
            .agg(before=ibis.ifelse(_.first < _.then, 1, 0).sum(), n=_.count())
        )
        found = {
            (row["label"], row["other"]): (int(row["before"]), int(row["n"])) for row in rows_of(counted)
        }
        return {pair: found.get(pair, (0, 0)) for pair in pairs}

    def keeping(self, order: Sequence[str]) -> tuple[int, int]:
        """Return how many persons came to these labels for the first time in this order, of those who came to two or more."""
        place = meaning_of(_.label, {label: at for at, label in enumerate(order)}, "int64")
        own = self._firsts().mutate(planned=place).filter(_.planned.notnull())
        by_first = ibis.window(group_by="person_id", order_by="first")
        stepped = own.mutate(before=_.planned.lag().over(by_first))
        persons = stepped.group_by("person_id").agg(
            n=_.count(), turned=ibis.ifelse(_.before > _.planned, 1, 0).sum()
        )
        row = rows_of(
            persons.filter(_.n > 1).aggregate(total=_.count(), kept=ibis.ifelse(_.turned == 0, 1, 0).sum())
        )[0]
        return int(row["kept"] or 0), int(row["total"] or 0)

    def _firsts(self) -> ir.Table:
        return self._runs.group_by(["person_id", "label"]).agg(first=_.place.min())

    def departures(self) -> list[Departure]:
        """Return where persons first leave the plan, most persons first."""
        outside = self._runs.filter(~_.fits)
        first = outside.mutate(first=_.place.min().over(_OF_PERSON)).filter(_.place == _.first)
        counted = first.group_by(["before", "label"]).agg(n=_.count())
        rows = rows_of(counted)
        rows.sort(key=lambda row: (-row["n"], row["before"] or "", row["label"]))
        return [Departure(row["before"], row["label"], int(row["n"])) for row in rows]

    def paths_outside(self, limit: int) -> list[PathOutside]:
        """Return the most frequent whole paths that do not fit the plan."""
        # Place and label in one number: a sorted list is in order on engines whose aggregates know none.
        labels = self._labels
        number = _.place.cast("int64") * len(labels) + meaning_of(
            _.label, {one: n for n, one in enumerate(labels)}, "int64"
        )
        paths = (
            self._runs.mutate(number=number)
            .group_by("person_id")
            .agg(path=_.number.collect(), n_outside=ibis.ifelse(_.fits, 0, 1).sum())
        )
        outside = paths.filter(_.n_outside > 0).mutate(path=_.path.sort())
        counted = outside.group_by("path").agg(n=_.count())
        ordered = counted.order_by([ibis.desc("n"), "path"]).limit(limit)
        return [
            PathOutside(tuple(labels[one % len(labels)] for one in row["path"]), int(row["n"]))
            for row in rows_of(ordered)
        ]

    def _persons(self) -> ir.Table:
        return self._runs.group_by("person_id").agg(
            n_outside=ibis.ifelse(_.fits, 0, 1).sum(), at_end=ibis.ifelse(_.is_end, 1, 0).max()
        )


def _runs(steps: ir.Table, machine: Machine) -> ir.Table:
    """Return runs of steps of one label: `person_id, place, label, before, following, fits, is_end`.

    `place` counts a person's runs from 0.
    """
    kind = _.name + _BETWEEN + _.touchpoint.fill_null("")
    labels = {
        f"{name}{_BETWEEN}{touchpoint or ''}": label for (name, touchpoint), label in machine.label_of.items()
    }
    label = meaning_of(kind, labels, "string")
    labelled = steps.mutate(label=label).filter(_.label.notnull()).select("person_id", "place", "label")
    changed = labelled.mutate(before=_.label.lag().over(BY_PERSON))
    runs = changed.filter(_.before.isnull() | (_.before != _.label))
    runs = runs.mutate(
        before=_.label.lag().over(BY_PERSON),
        following=_.label.lead().over(BY_PERSON),
        number=ibis.row_number().over(BY_PERSON),
    )
    runs = runs.drop("place").rename(place="number")
    allowed = [f"{source}{_BETWEEN}{target}" for source, target in sorted(machine.moves)]
    pair = _.before + _BETWEEN + _.label
    return runs.mutate(
        fits=ibis.ifelse(_.before.isnull(), _.label.isin(sorted(machine.starts)), pair.isin(allowed)),
        is_end=_.following.isnull() & _.label.isin(sorted(machine.ends)),
    )
