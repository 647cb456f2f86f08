"""What the list of maps shows, and what the form for a new one offers and refuses."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from agent.draft.scope import make_scope
from agent.errors import InputError
from agent.pipeline.drafting import DraftRequest
from agent.pipeline.snapshot import Snapshot
from agent.pipeline.workspace import Workspace
from agent.schemas.evidence import ClaimStatus
from agent.schemas.journey import JourneyMap
from agent.schemas.notes import MapNote, MapState

STATES: Mapping[MapState, tuple[str, str]] = {
    MapState.DRAFT: ("draft", ""),
    MapState.IN_REVIEW: ("in review", "info"),
    MapState.APPROVED: ("approved", "good"),
    MapState.SENT_BACK: ("sent back", "warn"),
}
"""How a state is called, and the look of its badge."""

_RESTING = frozenset({ClaimStatus.OBSERVED, ClaimStatus.INFERRED})
_MOST_VALUES = 40


@dataclass(frozen=True, slots=True)
class MapRow:
    """A map in the list."""

    map: JourneyMap
    note: MapNote
    is_overdue: bool
    n_resting: int
    """Cells that rest on evidence."""
    n_cells: int

    @property
    def state(self) -> tuple[str, str]:
        """How far it is approved, as words and look."""
        return STATES[self.note.state]

    @property
    def share(self) -> float:
        """Share of cells that rest on evidence."""
        return self.n_resting / self.n_cells if self.n_cells else 0.0


@dataclass(frozen=True, slots=True)
class NewMap:
    """The form for a map as it is filled in."""

    persona: str = ""
    journey: str = ""
    goal: str = ""
    purpose: str = ""
    trait: str = ""
    """`key=value`, or empty for everybody."""
    owner: str = ""

    @property
    def where(self) -> dict[str, str]:
        """The filter.

        Raises:
            InputError: It is not of the form `key=value`.
        """
        if not self.trait:
            return {}
        key, found, value = self.trait.partition("=")
        if not (key and found and value):
            msg = f"the filter {self.trait!r} is not of the form trait=value"
            raise InputError(msg, hint="Choose one of the list.")
        return {key: value}

    def request(self) -> DraftRequest:
        """Return what to draft.

        Raises:
            ScopeError: A part is empty or names several things.
            InputError: The filter cannot be read.
        """
        where = self.where
        make_scope(
            persona=self.persona, journey=self.journey, goal=self.goal, purpose=self.purpose, where=where, population=""
        )  # fmt: skip
        return DraftRequest(
            persona=self.persona,
            journey=self.journey,
            goal=self.goal,
            purpose=self.purpose,
            where=where,
            owner=self.owner.strip() or None,
        )


def map_rows(workspace: Workspace, *, now: datetime) -> list[MapRow]:
    """Return the latest version of every map, the one drafted last first."""
    maps = sorted(workspace.store.results.maps(), key=lambda one: (one.drafted_at, one.map_id), reverse=True)
    return [map_row(one, workspace.store.notes.map(one.map_id), now=now) for one in maps]


def map_row(journey_map: JourneyMap, note: MapNote, *, now: datetime) -> MapRow:
    """Return a map as the list shows it."""
    cells = [cell for stage in journey_map.stages for cell in stage.cells.values()]
    resting = sum(any(claim.status in _RESTING for claim in cell) for cell in cells)
    return MapRow(journey_map, note, note.overdue(now), resting, len(cells))


def known_traits(snapshot: Snapshot) -> list[tuple[str, list[tuple[str, int]]]]:
    """Return what customers can be filtered by: key, its most frequent values, and customers who have them."""
    return [(key, list(values.items())[:_MOST_VALUES]) for key, values in snapshot.traits.items()]
