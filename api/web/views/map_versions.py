"""The versions of a map, as their list shows them."""

from dataclasses import dataclass

from agent.pipeline.map_carrying import opinions
from agent.pipeline.words_left import LeftBehind, left_behind
from agent.pipeline.workspace import Workspace
from agent.schemas.journey import JourneyMap
from agent.schemas.notes import MapNote
from api.web.views.map_page import Thread, threads_of
from api.web.views.maps import STATES


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version in the list."""

    map: JourneyMap
    state: tuple[str, str]
    """How far it is approved, as words and look."""


@dataclass(frozen=True, slots=True)
class Left:
    """What people gave earlier versions of a map and the latest has no place for."""

    words: tuple[LeftBehind, ...]
    threads: tuple[Thread, ...]
    """On claims that the latest version does not have."""


def left_of(workspace: Workspace, latest: JourneyMap) -> Left:
    """Return what newer drafts of a map left behind."""
    claims = {claim.claim_id for stage in latest.stages for cell in stage.cells.values() for claim in cell}
    threads = threads_of(workspace.store.notes.comments.of_map(latest.map_id))
    lost = [one for one in threads if one.first.place.claim_id not in {None, *claims}]
    return Left(tuple(left_behind(workspace, latest.map_id)), tuple(lost))


def told_of_words(workspace: Workspace, made: JourneyMap) -> list[str]:
    """Return what became of people's words and comments in a new draft, a sentence each."""
    n_words, left = sum(1 for _ in opinions(made)), left_of(workspace, made)
    lines = [f"{n_words:,} wordings of people were taken over."] if n_words else []
    if left.words or left.threads:
        lines.append(
            f"{len(left.words):,} wordings and {len(left.threads):,} threads of comments found no place in it; they stand under Versions."
        )
    return lines


def version_rows(workspace: Workspace, note: MapNote) -> list[VersionRow]:
    """Return the versions of a map, the latest first."""
    results = workspace.store.results
    versions = reversed(results.map_versions(note.map_id))
    found = [results.map(note.map_id, version) for version in versions]
    return [VersionRow(one, STATES[note.state_of(one.version)]) for one in found]
