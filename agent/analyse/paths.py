"""What customers did, as the published `paths` object: moves with shares and intervals, starts, ends, whole paths."""

from pydantic import Field

from agent.analyse.statistics import wilson
from agent.events.journeys import Journeys, Move
from agent.schemas.base import Frozen


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


class Edge(Frozen):
    """Where journeys start or end."""

    event: str
    persons: int


class PathVariant(Frozen):
    """One whole path and how many customers took it."""

    path: tuple[str, ...]
    n: int


class Durations(Frozen):
    """How long journeys last, from first to last event."""

    n: int
    median_s: float | None
    p90_s: float | None


class Paths(Frozen):
    """What customers did."""

    n_persons: int
    n_sessions: int
    transitions: tuple[Transition, ...]
    starts: tuple[Edge, ...]
    ends: tuple[Edge, ...]
    variants: tuple[PathVariant, ...]
    durations: Durations
    bots: tuple[str, ...]
    """Persons left out because nobody does so much on one day."""


def paths_of(journeys: Journeys, *, limit: int) -> Paths:
    """Return what the persons of a scope did; whole paths up to `limit`."""
    lengths = journeys.lengths()
    return Paths(
        n_persons=journeys.n_persons(),
        n_sessions=journeys.n_sessions(),
        transitions=tuple(_transition(move) for move in journeys.moves()),
        starts=tuple(Edge(event=name, persons=n) for name, n in journeys.starts().items()),
        ends=tuple(Edge(event=name, persons=n) for name, n in journeys.ends().items()),
        variants=tuple(PathVariant(path=found.path, n=found.n) for found in journeys.variants(limit)),
        durations=Durations(n=lengths.n_visits, median_s=lengths.median_s, p90_s=lengths.p90_s),
        bots=tuple(sorted(journeys.bots)),
    )


def _transition(move: Move) -> Transition:
    bounds = wilson(move.persons, move.leaving)
    return Transition(
        source=move.source,
        target=move.target,
        n=move.n,
        persons=move.persons,
        share=move.persons / move.leaving,
        low=bounds.low,
        high=bounds.high,
    )
