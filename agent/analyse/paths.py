"""What customers did, as the published `paths` object: moves with shares and intervals, starts, ends, whole paths."""

from agent.analyse.flow import (
    Flow,
    Spread,
    Stop,
    Transition,
    flow_of,
    require_stages,
    spread_of,
    stops_of,
    transition_of,
)
from agent.analyse.statistics import quantity
from agent.analyse.waiting import Pace, paces_of
from agent.events import flow
from agent.events.counted import Level
from agent.events.journeys import Journeys
from agent.schemas.base import Frozen
from agent.schemas.evidence import Quantity


class Edge(Frozen):
    """Where journeys start or end."""

    event: str
    persons: int
    share: Quantity


class PathVariant(Frozen):
    """One whole path and how many customers took it."""

    path: tuple[str, ...]
    n: int
    share: Quantity


class Durations(Frozen):
    """How long journeys last, from first to last event."""

    n: int
    median_s: float | None
    p90_s: float | None


class Paths(Frozen):
    """What customers did."""

    level: Level
    """Whether nodes are events, or runs of events in one stage."""
    n_persons: int
    n_sessions: int
    transitions: tuple[Transition, ...]
    starts: tuple[Edge, ...]
    ends: tuple[Edge, ...]
    """Last step so far; `stops` tells who has left from who is still active."""
    variants: tuple[PathVariant, ...]
    durations: Durations
    stops: tuple[Stop, ...]
    spread: Spread
    paces: tuple[Pace, ...]
    """Transitions that take longer or shorter in the later half of the data than in the earlier."""
    flow: Flow
    bots: tuple[str, ...]
    """Persons left out because nobody does so much on one day."""


def paths_of(journeys: Journeys, *, limit: int, level: Level = "event") -> Paths:
    """Return what the persons of a scope did; whole paths up to `limit`.

    Raises:
        ScopeError: The level is that of stages, and no event has one.
    """
    if level == "stage":
        require_stages(journeys)
    lengths = journeys.lengths()
    walk = flow.walk_of(journeys.steps, level)
    firsts = flow.firsts_of(walk)
    total = sum(firsts.values())
    stops = stops_of(journeys, level)
    lasts = {stop.node: stop.left.n + stop.n_open for stop in stops}
    ends = sorted(((node, n) for node, n in lasts.items() if n), key=lambda item: (-item[1], item[0]))
    return Paths(
        level=level,
        n_persons=journeys.n_persons(),
        n_sessions=journeys.n_sessions(),
        transitions=tuple(transition_of(move) for move in journeys.moves(level)),
        starts=tuple(_edge(node, n, total) for node, n in firsts.items()),
        ends=tuple(_edge(node, n, total) for node, n in ends),
        variants=tuple(
            PathVariant(path=found.path, n=found.n, share=_share(found.n, total))
            for found in journeys.variants(limit, level)
        ),
        durations=Durations(n=lengths.n_visits, median_s=lengths.median_s, p90_s=lengths.p90_s),
        stops=stops,
        spread=spread_of(journeys, level),
        paces=paces_of(journeys, level),
        flow=flow_of(journeys),
        bots=tuple(sorted(journeys.bots)),
    )


def _edge(node: str, n: int, total: int) -> Edge:
    return Edge(event=node, persons=n, share=_share(n, total))


def _share(n: int, total: int) -> Quantity:
    return quantity(n, total, "customers with a journey")
