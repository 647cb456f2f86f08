"""A planned map beside what customers did: what of it is used, what is not, what nobody planned, and who fits it.

A customer fits the plan where every step is a planned touchpoint and every pair of steps a planned transition; staying at one
touchpoint is allowed. Every count is of distinct customers, with Wilson's interval; below `MIN_PERSONS` a share is unknown.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from agent.analyse.high_value import HighValue, HighValueRule, TopCustomers
from agent.analyse.plan_machines import Level, LevelName, stage_level, touchpoint_level
from agent.analyse.plan_names import Match, Names, match_names, nearest_names
from agent.analyse.plan_order import Order, order_of
from agent.analyse.statistics import quantity
from agent.events.conformance import (
    Departure,
    Kind,
    Move,
    Replay,
    kinds_of,
    stage_edges,
)
from agent.events.journeys import Journeys
from agent.events.source import EventSource
from agent.schemas.base import Frozen
from agent.schemas.evidence import Quantity
from agent.schemas.planned import Flow, PlannedMap, PlannedMove, PlannedStage

MIN_PERSONS = 10
"""Customers below whom no share is stated."""
_EVERYONE = "customers with events"


class Usage(Frozen):
    """A touchpoint or stage and how many customers were there."""

    name: str
    planned: bool
    reach: Quantity


class Transition(Frozen):
    """One thing directly following another."""

    source: str = Field(serialization_alias="from")
    target: str = Field(serialization_alias="to")
    planned: bool
    reach: Quantity
    """Of the customers for whom anything followed the source."""


class Deviation(Frozen):
    """Where customers first leave the plan."""

    before: str | None
    """The last thing that fitted; None where the very first step did not."""
    step: str
    kind: Literal["start", "step", "transition"]
    """No planned start; something nobody planned; two planned things in an order nobody planned."""
    reach: Quantity
    """Of the customers who do not fit."""


class UnplannedPath(Frozen):
    """One whole path that fits no planned one."""

    path: tuple[str, ...]
    reach: Quantity
    """Of all customers of the level."""


class Coverage(Frozen):
    """How a plan covers what customers did, on one level."""

    level: LevelName
    all: Quantity
    """Customers whose path so far fits the plan."""
    complete: Quantity | None
    """Those of them who have come to an end of the plan; None where it states none."""
    high_value: Quantity | None
    """Customers of high value whose path fits."""
    n_left_out: int
    """Customers all of whose steps this level says nothing of."""
    usage: tuple[Usage, ...]
    """Planned first, in the plan's order; then what nobody planned, most customers first."""
    transitions: tuple[Transition, ...]
    """Planned ones that the plan states, whether anybody made them or not, and all others that customers made."""
    unseen: tuple[PlannedMove, ...]
    """Transitions the plan states from or to what the data holds nothing of: nobody can tell whether they are made."""
    deviations: tuple[Deviation, ...]
    paths: tuple[UnplannedPath, ...]
    order: Order | None = None
    """Planned order beside observed order; None where fewer than two parts of the plan were seen."""


class StageMatch(Frozen):
    """What a stage of the plan is in the data."""

    stage: str
    data_stages: tuple[str, ...]
    touchpoints: tuple[str, ...]
    """Its touchpoints that the data could show."""
    nearest: tuple[str, ...] = ()


class NeverUsed(Frozen):
    """A part of the plan where no customer was seen."""

    name: str
    level: LevelName
    reason: str
    nearest: tuple[str, ...] = ()
    """Names in the data that come nearest, for an alias."""


class Conformance(Frozen):
    """A planned map beside the data."""

    name: str | None
    population: str
    n_persons: int
    touchpoint_matches: tuple[Match, ...]
    stage_matches: tuple[StageMatch, ...]
    high_value: HighValue
    touchpoints: Coverage | None
    """None where the plan has no touchpoints, or the data shows none of them."""
    stages: Coverage | None
    """None where the plan has no stages, or the data shows none of them."""
    never_used: tuple[NeverUsed, ...]
    """Touchpoints and stages of the plan where no customer was seen, and why."""
    gaps: tuple[str, ...]
    """What customers use and the plan lacks, most customers first."""
    redundancies: tuple[str, ...]
    """Touchpoints of the plan that nobody of these customers uses though the data has their events, and second names."""
    bots: tuple[str, ...] = ()
    """Persons left out because nobody does so much on one day."""


def conformance_of(
    plan: PlannedMap,
    journeys: Journeys,
    events: EventSource,
    *,
    high_value: HighValueRule | None = None,
    limit: int = 20,
) -> Conformance:
    """Lay a plan beside what the persons of a scope did.

    Args:
        plan: The planned map.
        journeys: What they did.
        events: Where the journeys come from; holds what orders are worth.
        high_value: Who is of high value; None looks for what is usual.
        limit: Whole paths that are listed.
    """
    with events.reading():
        kinds = kinds_of(events, journeys)
        names = match_names(plan, kinds, journeys.scope.stages)
        worth = TopCustomers(journeys, events, high_value)
        touchpoints = touchpoint_level(plan, names, kinds) if names.seen else None
        stages = stage_level(plan, names, kinds)
        n = journeys.n_persons()
        by_touchpoint, by_stage = (
            None if level is None else _Reading(level, journeys, events, worth, n).coverage(limit)
            for level in (touchpoints, stages)
        )
    return Conformance(
        name=plan.name,
        population=_EVERYONE,
        n_persons=n,
        touchpoint_matches=names.matches,
        stage_matches=_stage_matches(plan, names, kinds),
        high_value=worth.told,
        touchpoints=by_touchpoint,
        stages=by_stage,
        never_used=_never_used(plan, names, kinds, (by_touchpoint, by_stage)),
        gaps=_gaps(by_touchpoint or by_stage),
        redundancies=_redundancies(names, by_touchpoint),
        bots=tuple(sorted(journeys.bots)),
    )


class _Reading:
    """The steps of one level beside the plan, in words."""

    def __init__(
        self, level: Level, journeys: Journeys, events: EventSource, worth: TopCustomers, n_persons: int
    ) -> None:
        self._level, self._worth, self._n_persons = level, worth, n_persons
        self._replay = Replay(events, journeys.steps, level.machine)
        self._totals = self._replay.totals()

    def coverage(self, limit: int) -> Coverage:
        total = self._totals
        valued = self._worth.totals(self._replay)
        return Coverage(
            level=self._level.level,
            all=_share(total.n_fit, total.n, _EVERYONE),
            complete=_share(total.n_complete, total.n, _EVERYONE) if self._level.states_ends else None,
            high_value=None
            if valued is None
            else _share(valued.n_fit, valued.n, f"{_EVERYONE} and of high value"),
            n_left_out=self._n_persons - total.n,
            usage=self._usage(),
            transitions=self._transitions(),
            unseen=self._level.unseen,
            deviations=self._deviations(),
            paths=self._paths(limit),
            order=order_of(self._replay, self._level, share=_share),
        )

    def _usage(self) -> tuple[Usage, ...]:
        visits = self._replay.visits()
        others = sorted(
            (label for label in visits if not self._is_planned(label)), key=lambda one: (-visits[one], one)
        )
        return tuple(
            Usage(
                name=self._level.name_of[label],
                planned=self._is_planned(label),
                reach=_share(visits.get(label, 0), self._totals.n, _EVERYONE),
            )
            for label in (*self._level.planned, *others)
        )

    def _transitions(self) -> tuple[Transition, ...]:
        made = {(move.source, move.target): move for move in self._replay.moves()}
        stated = self._level.stated_moves
        leaving = {move.source: move.leaving for move in made.values()}
        others = [pair for pair in made if pair not in stated]
        return tuple(self._transition(pair, made.get(pair), leaving) for pair in (*stated, *others))

    def _transition(self, pair: tuple[str, str], move: Move | None, leaving: Mapping[str, int]) -> Transition:
        source, target = pair
        population = f"customers for whom anything followed {self._level.name_of[source]!r}"
        return Transition(
            source=self._level.name_of[source],
            target=self._level.name_of[target],
            planned=pair in self._level.machine.moves,
            reach=_share(0 if move is None else move.persons, leaving.get(source, 0), population),
        )

    def _deviations(self) -> tuple[Deviation, ...]:
        n = self._totals.n - self._totals.n_fit
        return tuple(
            Deviation(
                before=None if one.before is None else self._level.name_of[one.before],
                step=self._level.name_of[one.label],
                kind=self._kind(one),
                reach=_share(one.n, n, "customers who do not fit the plan"),
            )
            for one in self._replay.departures()
        )

    def _kind(self, one: Departure) -> Literal["start", "step", "transition"]:
        if not self._is_planned(one.label):
            return "step"
        return "start" if one.before is None else "transition"

    def _paths(self, limit: int) -> tuple[UnplannedPath, ...]:
        return tuple(
            UnplannedPath(
                path=tuple(self._level.name_of[label] for label in one.labels),
                reach=_share(one.n, self._totals.n, _EVERYONE),
            )
            for one in self._replay.paths_outside(limit)
        )

    def _is_planned(self, label: str) -> bool:
        return label in self._level.planned


def _share(n: int, total: int, population: str) -> Quantity:
    if total < MIN_PERSONS:
        return Quantity(n=n, total=total, share=None, low=None, high=None, population=population)
    return quantity(n, total, population)


def _stage_matches(plan: PlannedMap, names: Names, kinds: Sequence[Kind]) -> tuple[StageMatch, ...]:
    seen = names.seen
    known = sorted({kind.stage for kind in kinds if kind.stage})
    found: list[StageMatch] = []
    for stage in plan.stages:
        own = tuple(one.name for one in plan.touchpoints if stage.name in one.stages and one.name in seen)
        called = tuple(name for name, planned in names.stage_of.items() if planned == stage.name)
        nearest = () if called or own else nearest_names(stage.aliases or (stage.name,), known)
        found.append(StageMatch(stage=stage.name, data_stages=called, touchpoints=own, nearest=nearest))
    return tuple(found)


def _never_used(
    plan: PlannedMap, names: Names, kinds: Sequence[Kind], found: Sequence[Coverage | None]
) -> tuple[NeverUsed, ...]:
    """Return what is in the data and not used, what is not in the data, and what is under another name."""
    lost = [
        NeverUsed(name=match.touchpoint, level="touchpoint", reason=match.reason or "", nearest=match.nearest)
        for match in names.matches
        if match.rule is None
    ]
    by_stage = [coverage for coverage in found if coverage is not None and coverage.level == "stage"]
    seen = {one.name for coverage in by_stage for one in coverage.usage if one.planned}
    lost += [
        NeverUsed(name=stage.stage, level="stage", reason=_stage_reason(stage), nearest=stage.nearest)
        for stage in _stage_matches(plan, names, kinds)
        if stage.stage not in seen
    ]
    left = [
        NeverUsed(name=one.name, level=coverage.level, reason="nobody was there")
        for coverage in found
        if coverage is not None
        for one in coverage.usage
        if one.planned and not one.reach.n
    ]
    return (*left, *lost)


def _stage_reason(stage: StageMatch) -> str:
    return "no event in this stage" if stage.data_stages or stage.touchpoints else "no stage by this name"


def _gaps(coverage: Coverage | None) -> tuple[str, ...]:
    return () if coverage is None else tuple(one.name for one in coverage.usage if not one.planned)


def _redundancies(names: Names, coverage: Coverage | None) -> tuple[str, ...]:
    unused = (
        {one.name for one in coverage.usage if one.planned and one.reach.n == 0} if coverage else set[str]()
    )
    return tuple(
        match.touchpoint for match in names.matches if match.same_as is not None or match.touchpoint in unused
    )


def observed_plan(journeys: Journeys) -> PlannedMap:
    """Return the stage graph of what customers did as a map: stages, moves with their counts, starts and ends."""
    order = [stage for stage in journeys.scope.stages if journeys.persons_in(stage)]
    moves = journeys.moves("stage")
    starts, ends = stage_edges(journeys.steps)
    return PlannedMap(
        name="Observed journeys by stage",
        stages=tuple(PlannedStage(name=stage) for stage in order),
        stage_flow=Flow(
            moves=tuple(
                PlannedMove(
                    source=move.source,
                    target=move.target,
                    label=f"{move.persons:,} of {move.leaving:,} customers",
                )
                for move in moves
            ),
            starts=tuple(starts),
            ends=tuple(ends),
        ),
    )
