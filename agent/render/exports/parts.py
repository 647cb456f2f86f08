"""What a map is made of, as far as a file can hold it or lose it, and how a loss is told."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum

from agent.schemas.base import Frozen
from agent.schemas.journey import JourneyMap


class ExportFormat(StrEnum):
    """A kind of file that a map is exported as."""

    JSON = "json"
    CSV = "csv"
    MERMAID = "mermaid"
    MARKDOWN = "markdown"
    HTML = "html"
    PPTX = "pptx"
    PDF = "pdf"
    PNG = "png"
    SVG = "svg"
    CJML = "cjml"
    MIRO_CSV = "miro-csv"
    """A table that is imported as cards or pasted as notes."""
    MIRO_JSON = "miro-json"
    """Bodies of Miro's bulk creation, 20 items at most each."""
    LUCID = "lucid"


class MapPart(StrEnum):
    """A part of a map that a format holds or loses; the value says in a sentence that it is lost."""

    IDENTITY = "The map's id and version are left out."
    SCOPE = "Persona, goal, purpose and population are left out."
    FILTER = "The filter on customers and the rules of the stages are left out."
    ACTIONS = "The lane of actions is left out."
    PAIN_LANE = "The lane of pain points is left out."
    TOUCHPOINTS = "The lane of touchpoints is left out."
    FURTHER_LANES = "The lanes of thoughts, emotions, channels, opportunities and metrics are left out."
    CLAIM_IDS = "Ids of claims are left out."
    STATUSES = "Whether a claim is observed, inferred, assumed, unknown or broken is left out."
    NEEDS = "What data an unknown cell needs is left out."
    COUNTS = "Counts of customers behind claims are left out."
    INTERVALS = "95 % intervals of claims are left out."
    POPULATIONS = "Whom the counts of claims are of is left out."
    QUOTES = "Quotes of claims, with the ids of their records, are left out."
    OPPOSING = "Quotes that speak against claims are left out."
    PLACES = "Where in a record a quote of a claim stands is left out."
    DIGESTS = "Digests of the texts that are quoted are left out."
    DEFINITIONS = "Definitions of the numbers behind claims are left out."
    COMPUTATION = "How numbers are computed again (templates and queries) is left out."
    LINKS = "Which claims an inferred one follows from is left out."
    OPINIONS = "Who holds an assumption, and until when, is left out."
    MOOD = "The mood of the stages is left out."
    MOOD_INTERVALS = "Intervals of the mood, and of how many customers it is, are left out."
    PAIN_POINTS = "The list of pain points and their reach is left out."
    PAIN_FIGURES = "Severity, trend and rank of pain points are left out."
    PAIN_QUOTES = "Quotes of the list of pain points are left out."
    PAIN_DEEDS = "What those with a pain point did then is left out."
    PAIN_TESTS = "Tests and links of pain points (definitions, months, owners, initiatives, event linkage) are left out."
    OPPORTUNITIES = "The list of opportunities is left out."
    MOMENTS = "The moments that matter are left out."
    MOMENT_TESTS = "Tests of the moments (p-values, e-values, who was left out) are left out."
    OWNER = "The owner is left out."
    REVIEW = "The date of review is left out."
    ATTRIBUTES = "The attributes of the map are left out."
    PROVENANCE = "What the map was made from, and by which versions, is left out."
    SOURCES = "Ids of sources and the seed are left out."
    DRAFTED = "The time of drafting is left out, but for the day where it is told."


class Exported(Frozen):
    """A file, not yet written anywhere."""

    file_name: str
    media_type: str
    data: bytes
    loss: tuple[str, ...]
    """What of the map the format cannot hold, a sentence each; the file says the same. Empty means lossless."""


@dataclass(frozen=True, slots=True)
class Exporter:
    """How a format is made, and what it holds."""

    suffix: str
    """Of the file's name."""
    media_type: str
    keeps: frozenset[MapPart]
    make: Callable[[JourneyMap, tuple[str, ...]], bytes]
    """Makes the file, with the sentences about its loss in it."""
    notes: tuple[str, ...] = ()
    """What is held in part or in another form, a sentence each."""

    @property
    def loss(self) -> tuple[str, ...]:
        """Return what the format cannot hold, a sentence each."""
        return (*(part.value for part in MapPart if part not in self.keeps), *self.notes)


def only(*parts: MapPart) -> frozenset[MapPart]:
    """Return these parts of a map and no others."""
    return frozenset(parts)


def loss_line(loss: Collection[str]) -> str:
    """Return what is lost as one line."""
    return f"Not in this file: {' '.join(loss)}" if loss else ""
