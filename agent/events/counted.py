"""What is counted of moves and paths, and who counts them: a question to an engine, or a source on its own."""

from dataclasses import dataclass
from typing import Literal, Protocol

Level = Literal["event", "stage"]
"""What persons move between: events, or runs of events in one stage."""


@dataclass(frozen=True, slots=True)
class TimedMove:
    """How often one node directly followed another, and after how long."""

    source: str
    target: str
    n: int
    persons: int
    leaving: int
    """Persons for whom anything followed the source: the denominator of a share."""
    median_s: float | None
    p90_s: float | None


@dataclass(frozen=True, slots=True)
class PathCount:
    """How many persons took one whole path."""

    path: tuple[str, ...]
    n: int


class Tally(Protocol):
    """What a source counted while it put the steps in order; equal to what the steps give when they are asked."""

    n_persons: int
    n_sessions: int

    def moves(self) -> list[TimedMove]:
        """Return what directly followed what, event by event, most frequent first."""
        ...

    def variants(self, limit: int) -> list[PathCount]:
        """Return the most frequent whole paths of events."""
        ...
