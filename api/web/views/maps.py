"""What the list of maps shows, and what the form for a new one offers and refuses."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from agent.draft.scope import make_scope
from agent.pipeline.drafting import DraftRequest
from agent.pipeline.freshness import Freshness
from agent.pipeline.snapshot import Snapshot
from agent.pipeline.workspace import Workspace
from agent.schemas.evidence import ClaimStatus
from agent.schemas.journey import JourneyMap
from agent.schemas.notes import MapNote, MapState
from api.web.views.groups import told_trait

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
    moved: tuple[str, ...]
    """What came since it was drafted, a sentence part each; another draft would count it."""

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

    def request(self, snapshot: Snapshot) -> DraftRequest:
        """Return what to draft.

        Raises:
            ScopeError: A part is empty or names several things.
            InputError: The filter cannot be read, or is of too few customers to be told.
        """
        where = told_trait(snapshot, self.trait)
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
    freshness = Freshness(workspace)
    notes = workspace.store.notes
    return [map_row(one, notes.map(one.map_id), now=now, freshness=freshness) for one in maps]


def map_row(journey_map: JourneyMap, note: MapNote, *, now: datetime, freshness: Freshness) -> MapRow:
    """Return a map as the list shows it."""
    cells = [cell for stage in journey_map.stages for cell in stage.cells.values()]
    resting = sum(any(claim.status in _RESTING for claim in cell) for cell in cells)
    moved = freshness.moved(journey_map)
    return MapRow(journey_map, note, note.overdue(now), resting, len(cells), moved)


def known_traits(snapshot: Snapshot) -> list[tuple[str, list[tuple[str, int]]]]:
    """Return what customers can be filtered by: key, its most frequent values, and customers who have them."""
    return [(key, list(values.items())[:_MOST_VALUES]) for key, values in snapshot.traits.items()]
