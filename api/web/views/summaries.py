"""What the page of summaries lists."""

from dataclasses import dataclass

from agent.pipeline.workspace import Workspace
from agent.render.exports import ExportFormat
from agent.schemas.journey import JourneyMap

PRINTED: tuple[tuple[ExportFormat, str], ...] = (
    (ExportFormat.PDF, "PDF"),
    (ExportFormat.PPTX, "PowerPoint"),
    (ExportFormat.MARKDOWN, "Markdown"),
    (ExportFormat.HTML, "one page of HTML"),
)
"""Formats that people read, print or send on."""


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """A map that can be handed on."""

    map: JourneyMap
    before: int | None
    """Version before the latest; None where there is one alone."""

    formats = PRINTED


def summary_rows(workspace: Workspace) -> list[SummaryRow]:
    """Return the maps, the one drafted last first."""
    results = workspace.store.results
    maps = sorted(results.maps(), key=lambda one: (one.drafted_at, one.map_id), reverse=True)
    return [
        SummaryRow(one, max((v for v in results.map_versions(one.map_id) if v < one.version), default=None))
        for one in maps
    ]
