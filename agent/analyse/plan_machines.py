"""What a planned map allows, in labels of steps: touchpoint by touchpoint, and stage by stage.

A touchpoint or stage that nothing in the data is called by cannot be seen there: what may come before it may be followed by
what may come after it. Where a plan states no transitions, its order is the plan: each stage, then the next.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from typing import Literal

from agent.analyse.plan_names import Names
from agent.events.conformance import Kind, KindKey, Machine
from agent.schemas.planned import Flow, PlannedMap, PlannedMove

LevelName = Literal["touchpoint", "stage"]


@dataclass(frozen=True)
class Level:
    """One level of a plan, beside the steps of the data."""

    level: LevelName
    machine: Machine
    name_of: Mapping[str, str]
    """Label to what readers know it by: a name of the plan, or of the data."""
    planned: tuple[str, ...]
    """Labels of the plan that the data could show, in the plan's order."""
    stated_moves: tuple[tuple[str, str], ...]
    """Moves the plan states between those, ways over unseen ones included; empty where it only states an order."""
    unseen: tuple[PlannedMove, ...]
    """Moves the plan states from or to what the data cannot show."""
    states_ends: bool
    left_out: frozenset[KindKey]
    """Kinds of steps that this level says nothing of."""


@dataclass(frozen=True)
class _Rules:
    """Moves, starts and ends by names of the plan; None where the plan allows any."""

    moves: frozenset[tuple[str, str]]
    starts: frozenset[str] | None
    ends: frozenset[str] | None


def touchpoint_level(plan: PlannedMap, names: Names, kinds: Sequence[Kind]) -> Level | None:
    """Return the level of touchpoints; None where the plan has none."""
    if not plan.touchpoints:
        return None
    twin = {match.touchpoint: match.same_as for match in names.matches if match.same_as}
    planned = [one.name for one in plan.touchpoints if one.name in names.seen]
    rules = _folded(_touchpoint_rules(plan), twin)
    stated = bool(plan.touchpoint_flow.moves)
    owner_of = {kind.key: names.touchpoint_of.get(kind.key) for kind in kinds}
    others = {kind.key: kind.name for kind in kinds}
    unseen = _unseen(plan.touchpoint_flow, names.seen | twin.keys())
    found = _level("touchpoint", planned, rules, owner_of, others, states_moves=stated)
    return replace(found, unseen=unseen)


def stage_level(plan: PlannedMap, names: Names, kinds: Sequence[Kind]) -> Level | None:
    """Return the level of stages; None where the plan has none, or the data shows none of them.

    A step is in the stage of its touchpoint, else in the one that the plan calls as the data does. Where no stage of the
    plan is called as one of the data, steps at no touchpoint of the plan are left out: nothing says where they belong.
    """
    if not plan.stages:
        return None
    owner_of = {kind.key: _stage_of(kind, plan, names) for kind in kinds}
    others = {kind.key: kind.stage for kind in kinds} if names.stage_of else {}
    found = {stage for stage in owner_of.values() if stage is not None}
    planned = [stage for stage in plan.stage_names if stage in found]
    if not planned:
        return None
    stated = bool(plan.stage_flow.moves or plan.touchpoint_flow.moves)
    level = _level("stage", planned, _stage_rules(plan), owner_of, others, states_moves=stated)
    return replace(level, unseen=_unseen(plan.stage_flow, found))


def _unseen(flow: Flow, seen: Collection[str]) -> tuple[PlannedMove, ...]:
    return tuple(move for move in flow.moves if move.source not in seen or move.target not in seen)


def _stage_of(kind: Kind, plan: PlannedMap, names: Names) -> str | None:
    said = names.stage_of.get(kind.stage or "")
    touchpoint = names.touchpoint_of.get(kind.key)
    if touchpoint is None:
        return said
    stages = next(one.stages for one in plan.touchpoints if one.name == touchpoint)
    if len(stages) == 1:
        return stages[0]
    return said if not stages or said in stages else None


def _level(
    level: LevelName,
    planned: Sequence[str],
    rules: _Rules,
    owner_of: Mapping[KindKey, str | None],
    others: Mapping[KindKey, str | None],
    *,
    states_moves: bool,
) -> Level:
    """Give every kind of step a label: of the plan's name that owns it, else of its own name."""
    label_of_name = {name: f"p{number}" for number, name in enumerate(planned)}
    unplanned = sorted({name for key, name in others.items() if name and owner_of[key] is None})
    label_of_other = {name: f"u{number}" for number, name in enumerate(unplanned)}
    labels: dict[KindKey, str] = {}
    for key, owner in owner_of.items():
        label = label_of_name.get(owner or "") or (
            label_of_other.get(others.get(key) or "") if owner is None else None
        )
        if label is not None:
            labels[key] = label
    seen = _over_unseen(rules, frozenset(planned))
    moves = {(label_of_name[a], label_of_name[b]) for a, b in seen.moves if a != b}
    anything = frozenset(label_of_name.values())
    starts = anything if seen.starts is None else frozenset(label_of_name[name] for name in seen.starts)
    ends = anything if seen.ends is None else frozenset(label_of_name[name] for name in seen.ends)
    return Level(
        level=level,
        machine=Machine(labels, frozenset(moves), starts, ends),
        name_of={label: name for names in (label_of_name, label_of_other) for name, label in names.items()},
        planned=tuple(label_of_name.values()),
        stated_moves=tuple(sorted(moves, key=_by_number)) if states_moves else (),
        unseen=(),
        states_ends=seen.ends is not None,
        left_out=frozenset(owner_of) - frozenset(labels),
    )


def _by_number(move: tuple[str, str]) -> tuple[int, int]:
    return int(move[0][1:]), int(move[1][1:])


def _touchpoint_rules(plan: PlannedMap) -> _Rules:
    flow = plan.touchpoint_flow
    moves = {(move.source, move.target) for move in flow.moves} if flow.moves else _implied(plan)
    return _Rules(
        frozenset(moves),
        _edges(plan, flow.starts, plan.stage_flow.starts),
        _edges(plan, flow.ends, plan.stage_flow.ends),
    )


def _edges(plan: PlannedMap, own: Sequence[str], of_stages: Sequence[str]) -> frozenset[str] | None:
    if own:
        return frozenset(own)
    there = {one.name for one in plan.touchpoints if set(one.stages) & set(of_stages)}
    return frozenset(there) or None


def _implied(plan: PlannedMap) -> set[tuple[str, str]]:
    """Return what the order of the stages allows; a touchpoint without a stage may stand anywhere."""
    steps = {(name, name) for name in plan.stage_names} | _stage_moves(plan)
    return {
        (a.name, b.name)
        for a, b in product(plan.touchpoints, repeat=2)
        if not a.stages or not b.stages or any(step in steps for step in product(a.stages, b.stages))
    }


def _stage_moves(plan: PlannedMap) -> set[tuple[str, str]]:
    """Return which stage may follow which: as stated, else by touchpoints that may, else in their order."""
    if plan.stage_flow.moves:
        return {(move.source, move.target) for move in plan.stage_flow.moves}
    if plan.touchpoint_flow.moves:
        return _moves_by_touchpoints(plan)
    return set(pairwise(plan.stage_names))


def _moves_by_touchpoints(plan: PlannedMap) -> set[tuple[str, str]]:
    stages = {one.name: one.stages for one in plan.touchpoints}
    moves = ((move.source, move.target) for move in plan.touchpoint_flow.moves)
    return {step for a, b in moves for step in product(stages[a], stages[b]) if step[0] != step[1]}


def _stage_rules(plan: PlannedMap) -> _Rules:
    stages = {one.name: one.stages for one in plan.touchpoints}
    flow: Flow = plan.stage_flow
    starts = flow.starts or [stage for name in plan.touchpoint_flow.starts for stage in stages[name]]
    ends = flow.ends or [stage for name in plan.touchpoint_flow.ends for stage in stages[name]]
    return _Rules(frozenset(_stage_moves(plan)), frozenset(starts) or None, frozenset(ends) or None)


def _folded(rules: _Rules, twin: Mapping[str, str]) -> _Rules:
    """Put what is said of a touchpoint to the other one that has its events."""

    def told(names: Iterable[str] | None) -> frozenset[str] | None:
        return None if names is None else frozenset(twin.get(name, name) for name in names)

    moves = frozenset((twin.get(a, a), twin.get(b, b)) for a, b in rules.moves)
    return _Rules(moves, told(rules.starts), told(rules.ends))


def _over_unseen(rules: _Rules, seen: frozenset[str]) -> _Rules:
    """Leave out what the data cannot show, so that the ways over it stay open."""
    after = _ways(rules.moves, seen)
    before = _ways([(b, a) for a, b in rules.moves], seen)
    moves = {(a, b) for a in seen for b in after.get(a, ())}

    def edges(names: frozenset[str] | None, ways: Mapping[str, frozenset[str]]) -> frozenset[str] | None:
        if names is None:
            return None
        shown = names & seen
        return shown | frozenset(other for name in names - seen for other in ways.get(name, ()))

    return _Rules(frozenset(moves), edges(rules.starts, after), edges(rules.ends, before))


def _ways(moves: Iterable[tuple[str, str]], seen: frozenset[str]) -> dict[str, frozenset[str]]:
    """Return what of the seen can be reached from each name with nothing but unseen ones between."""
    following: dict[str, set[str]] = {}
    for source, target in moves:
        following.setdefault(source, set()).add(target)
    found: dict[str, frozenset[str]] = {}
    for source, own in following.items():
        reached: set[str] = set()
        passed = {source}
        ahead = list(own)
        while ahead:
            name = ahead.pop()
            if name in seen:
                reached.add(name)
            elif name not in passed:
                passed.add(name)
                ahead.extend(following.get(name, ()))
        found[source] = frozenset(reached)
    return found
