"""The versions of a map, as their list shows them."""

from dataclasses import dataclass

from agent.pipeline.workspace import Workspace
from agent.schemas.journey import JourneyMap
from agent.schemas.notes import MapNote
from api.web.views.maps import STATES


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version in the list."""

    map: JourneyMap
    state: tuple[str, str]
    """How far it is approved, as words and look."""


def version_rows(workspace: Workspace, note: MapNote) -> list[VersionRow]:
    """Return the versions of a map, the latest first."""
    results = workspace.store.results
    versions = reversed(results.map_versions(note.map_id))
    found = [results.map(note.map_id, version) for version in versions]
    return [VersionRow(one, STATES[note.state_of(one.version)]) for one in found]
