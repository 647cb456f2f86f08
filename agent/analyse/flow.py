"""How customers move: transitions with times, entries, loops, bounces, hand-offs, stops; all shares with intervals."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from pydantic import Field

from agent.analyse.outcomes import outcomes_among
from agent.analyse.statistics import quantity, wilson
from agent.analyse.taxonomy import touchpoint_of_event
from agent.errors import ScopeError
from agent.events import flow
from agent.events.counted import Level
from agent.events.flow import TimedMove
from agent.events.journeys import Journeys, quiet_of
from agent.schemas.base import Frozen
from agent.schemas.evidence import Quantity

HANDOFF_WITHIN = timedelta(days=7)
"""How soon after a change of channel another contact makes it a hand-off."""
MIN_SUPPORT_PERSONS = 5
MIN_SUPPORT_SHARE = 0.01
"""A touchpoint of fewer persons than both is folded into "other"."""
LADDER_DEPTH = 5
"""Visits of a journey that the flow over stages shows."""


class Transition(Frozen):
    """One thing directly following another."""

    source: str = Field(serialization_alias="from")
    target: str = Field(serialization_alias="to")
    n: int
    """Moves."""
    persons: int
    """Distinct customers who made the move."""
    share: float
    """Of the customers for whom anything followed the source."""
    low: float
    high: float
    leaving: int
    """The customers for whom anything followed the source."""
    median_s: float | None = None
    """Seconds between the two, over moves."""
    p90_s: float | None = None


class EntryPoint(Frozen):
    """Where journeys begin."""

    event: str
    channel: str | None
    listed: bool | None
    """Whether the list of touchpoints knows the channel; None where the event has none."""
    share: Quantity


class Stop(Frozen):
    """For how many nothing followed a step."""

    node: str
    reached: int
    left: Quantity
    """Of those who reached it and are not still active there."""
    n_open: int
    """It is their last step so far, and they were active lately."""


class Loop(Frozen):
    """Customers who came back to where they had been."""

    node: str
    n: int
    """Times they came back."""
    share: Quantity
    """Of those who were ever there."""


class Bounce(Frozen):
    """Customers who went back and forth between two touchpoints, at least A, B, A, B."""

    pair: tuple[str, str]
    n: int
    share: Quantity


class Handoff(Frozen):
    """A contact, then another channel, then another contact."""

    source: str = Field(serialization_alias="from")
    target: str = Field(serialization_alias="to")
    n: int
    share: Quantity
    """Of those with a contact on the first channel."""


class Touchpoint(Frozen):
    """How many customers were at a touchpoint; one entry stands for all under the minimum support."""

    name: str
    share: Quantity
    folded: tuple[str, ...] = ()
    """The touchpoints that are folded into it."""


class FlowStep(Frozen):
    """Customers going from one stage to the next at one visit of their journey; None where it ends."""

    visit: int
    source: str = Field(serialization_alias="from")
    target: str | None = Field(serialization_alias="to")
    persons: int


class Spread(Frozen):
    """How much the journeys of these customers differ."""

    n_variants: int
    most_frequent: Quantity
    """Customers on the most frequent path."""
    alone: Quantity
    """Customers whose whole path nobody else took."""
    steps: tuple[float, float, float] | None
    """Quartiles of the number of steps."""
    duration_s: tuple[float, float, float] | None
    """Quartiles of the time from first to last step."""


class Flow(Frozen):
    """How customers move, over the whole data."""

    entries: tuple[EntryPoint, ...]
    touchpoints: tuple[Touchpoint, ...]
    loops: tuple[Loop, ...]
    back_edges: tuple[Transition, ...]
    """Moves to an earlier stage."""
    bounces: tuple[Bounce, ...]
    channels: tuple[Transition, ...]
    """From the channel of one event to that of the next, the same one included."""
    handoffs: tuple[Handoff, ...]
    contacts: tuple[str, ...]
    """Event names that count as a contact with support; without any there are no hand-offs to find."""
    stages: tuple[FlowStep, ...]


def require_stages(journeys: Journeys) -> None:
    """Make sure that some event has a stage, as what is told stage by stage is empty else.

    Raises:
        ScopeError: No event of these customers has one.
    """
    if not any(journeys.persons_in(stage) for stage in journeys.scope.stages):
        n = len(journeys.names())
        msg = (
            "the one event name here has no stage" if n == 1 else f"none of the {n:,} event names has a stage"
        )
        raise ScopeError(msg, hint="`journey events stages --write FILE` suggests some.")


def flow_of(journeys: Journeys) -> Flow:
    """Return how the persons of a scope move."""
    steps, total = journeys.steps, journeys.n_persons()
    visits = flow.walk_of(steps, "stage")
    contacts = outcomes_among(journeys.names()).get("support_contact", ())
    rank = {stage: place for place, stage in enumerate(journeys.scope.stages)}
    moves = [transition_of(move) for move in flow.moves_of(visits)]
    return Flow(
        entries=tuple(_entry(entry, total) for entry in flow.entries_of(steps)),
        touchpoints=_touchpoints(journeys, total),
        loops=tuple(_loop(loop) for loop in flow.loops_of(visits)),
        back_edges=tuple(move for move in moves if rank[move.target] < rank[move.source]),
        bounces=tuple(_bounce(found, total) for found in flow.bounces_of(steps)),
        channels=tuple(transition_of(move) for move in flow.moves_of(flow.channel_walk_of(steps))),
        handoffs=tuple(_handoff(found) for found in flow.handoffs_of(steps, contacts, within=HANDOFF_WITHIN)),
        contacts=contacts,
        stages=tuple(
            FlowStep(visit=rung.place, source=rung.node, target=rung.target, persons=rung.persons)
            for rung in flow.ladder_of(visits, depth=LADDER_DEPTH)
        ),
    )


def transition_of(move: TimedMove) -> Transition:
    """Return a move with its share of the persons leaving the source."""
    bounds = wilson(move.persons, move.leaving)
    return Transition(
        source=move.source,
        target=move.target,
        n=move.n,
        persons=move.persons,
        share=move.persons / move.leaving,
        low=bounds.low,
        high=bounds.high,
        leaving=move.leaving,
        median_s=move.median_s,
        p90_s=move.p90_s,
    )


def stops_of(journeys: Journeys, level: Level) -> tuple[Stop, ...]:
    """Return for how many nothing followed each node, most persons first."""
    steps = journeys.steps
    quiet_since = journeys.scope.as_of - quiet_of(steps)
    return tuple(
        Stop(
            node=stop.node,
            reached=stop.reached,
            left=quantity(
                stop.left,
                stop.reached - stop.n_open,
                f"customers who reached {stop.node!r} and are not still active there",
            ),
            n_open=stop.n_open,
        )
        for stop in flow.stops_of(flow.walk_of(steps, level), steps, quiet_since=quiet_since)
    )


def spread_of(journeys: Journeys, level: Level) -> Spread:
    """Return how much the journeys of a scope differ."""
    found = flow.spread_of(flow.walk_of(journeys.steps, level))
    who = "customers with a journey"
    return Spread(
        n_variants=found.n_variants,
        most_frequent=quantity(found.most, found.n_persons, who),
        alone=quantity(found.n_alone, found.n_persons, who),
        steps=found.steps,
        duration_s=found.seconds,
    )


def supported(nodes: Iterable[tuple[str, int]], total: int) -> list[str]:
    """Return the nodes of enough persons to be shown under their own name."""
    least = max(MIN_SUPPORT_PERSONS, MIN_SUPPORT_SHARE * total)
    return [node for node, persons in nodes if persons >= least]


def fold_label(n_persons: int) -> str:
    """Return the name of everything that is folded."""
    return f"other (n={n_persons:,})"


def is_listed(channel: str | None) -> bool | None:
    """Tell whether the list of touchpoints knows a channel; None where there is none."""
    if channel is None:
        return None
    return touchpoint_of_event("", {"channel": channel}, channel) is not None


def _entry(entry: flow.Entry, total: int) -> EntryPoint:
    return EntryPoint(
        event=entry.event,
        channel=entry.channel,
        listed=is_listed(entry.channel),
        share=quantity(entry.persons, total, "customers with events"),
    )


def _loop(loop: flow.Loop) -> Loop:
    share = quantity(loop.persons, loop.reached, f"customers who were in {loop.node!r}")
    return Loop(node=loop.node, n=loop.n, share=share)


def _bounce(bounce: flow.Bounce, total: int) -> Bounce:
    share = quantity(bounce.persons, total, "customers with events")
    return Bounce(pair=(bounce.one, bounce.other), n=bounce.n, share=share)


def _handoff(found: flow.Handoff) -> Handoff:
    share = quantity(found.persons, found.in_contact, f"customers with a contact by {found.source!r}")
    return Handoff(source=found.source, target=found.target, n=found.n, share=share)


def _touchpoints(journeys: Journeys, total: int) -> tuple[Touchpoint, ...]:
    walk = flow.touchpoint_walk_of(journeys.steps)
    nodes = flow.nodes_of(walk)
    kept = supported(nodes.items(), total)
    who = "customers with events"
    shown = [Touchpoint(name=node, share=quantity(nodes[node], total, who)) for node in kept]
    rest = _without(nodes, kept)
    if rest:
        n = flow.n_outside(walk, kept)
        shown.append(Touchpoint(name=fold_label(n), share=quantity(n, total, who), folded=rest))
    return tuple(shown)


def _without(nodes: Iterable[str], kept: Sequence[str]) -> tuple[str, ...]:
    known = set(kept)
    return tuple(node for node in nodes if node not in known)
