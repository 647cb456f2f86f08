"""The journey map, as stored, published and exported."""

from typing import Literal

from pydantic import AwareDatetime, Field, field_validator

from agent.schemas.base import Frozen, Scalar
from agent.schemas.evidence import Claim, Lane, Metric
from agent.schemas.insight import Moment, Opportunity, PainPoint

SCHEMA_VERSION = "1.0"

DEFAULT_STAGES: tuple[str, ...] = ("awareness", "consideration", "decision", "retention", "advocacy")

MapType = Literal["current", "future", "day", "blueprint"]


class StageRule(Frozen):
    """One stage of a map, and what belongs to it by the names of the built-in lists."""

    name: str = Field(min_length=1, max_length=60)
    stages: tuple[str, ...] = ()
    touchpoints: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    """Names of events, as stored; a name decides before the event's touchpoint does."""


class Scope(Frozen):
    """One persona, one journey, one goal, one purpose."""

    persona: str = Field(min_length=1)
    where: dict[str, str] = Field(default_factory=dict)
    """The filter on records or persons that makes the persona; empty means every customer in the data."""
    journey: str = Field(min_length=1)
    goal: str = Field(min_length=1)
    purpose: str = Field(min_length=1)
    stage_rules: tuple[StageRule, ...] = ()
    """Stages that replace the default ones; verifying places texts and events by them."""
    population: str
    """Who the map is about, as a sentence part, with the window."""


class Window(Frozen):
    """The time the data covers."""

    start: AwareDatetime | None
    end: AwareDatetime | None


class EmotionPoint(Frozen):
    """One point of the emotion curve: mean sentiment of persons in a stage, with its interval."""

    stage: str
    valence: float | None
    """-1 to 1; None where too few persons said anything."""
    low: float | None
    high: float | None
    n_persons: int
    metric: Metric


class Stage(Frozen):
    """One column of the map."""

    name: str
    cells: dict[Lane, tuple[Claim, ...]]
    """Every lane is present; a lane without evidence holds one unknown claim."""

    @field_validator("cells")
    @classmethod
    def _every_lane(cls, cells: dict[Lane, tuple[Claim, ...]]) -> dict[Lane, tuple[Claim, ...]]:
        missing = [lane.value for lane in Lane if not cells.get(lane)]
        if missing:
            msg = f"lanes without a claim: {', '.join(missing)}; an empty lane holds one claim of status 'unknown'"
            raise ValueError(msg)
        return cells


class SourceShare(Frozen):
    """How much one family of sources fed the map."""

    kind: str
    n_records: int
    n_persons: int


class Provenance(Frozen):
    """Where a map comes from: enough to make it again."""

    window: Window
    code_version: str
    writer: str
    """Model id of the writer, or the offline analyst's."""
    encoder: str
    prompts: dict[str, str] = Field(default_factory=dict)
    """Prompt id to `id@version#digest`."""
    reader: str
    """Version of the reader and its taxonomy."""
    theme_set: int
    """Version of the themes that the pain points come from."""
    source_ids: tuple[str, ...]
    """Sources the map was drafted from; verifying looks at these and no others."""
    input_sha256: str
    """Over the record ids and texts the map was drafted from."""
    sources: tuple[SourceShare, ...]
    n_records: int
    n_persons: int
    n_persons_without_identity: int
    n_copies: int = 0
    """Texts that repeat another person's and count for that person."""
    n_copied_texts: int = 0
    """Texts that were repeated."""
    seed: int
    n_person_links: int | None = None
    """Links between persons, and decisions about them, that were known then; None where nobody noted it."""
    own_rules_sha256: str | None = None
    """Over the home's own stages and names of events then; None where nobody noted it."""


class JourneyMap(Frozen):
    """A journey map whose every cell is a checked claim."""

    schema_version: str = SCHEMA_VERSION
    map_id: str
    version: int = 1
    type: MapType
    scope: Scope
    stages: tuple[Stage, ...]
    emotion_curve: tuple[EmotionPoint, ...]
    pain_points: tuple[PainPoint, ...]
    opportunities: tuple[Opportunity, ...]
    moments: tuple[Moment, ...]
    owner: str | None = None
    review_by: AwareDatetime | None = None
    drafted_at: AwareDatetime
    attributes: dict[str, Scalar] = Field(default_factory=dict)
    """The six attributes of the header: source, frequency, granularity, channels, actionability, adaptability."""
    provenance: Provenance
