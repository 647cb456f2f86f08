"""What a writer is given and what it gives back, one pair a prompt.

Customer text enters only as the `text` of a `QuotedItem`. A writer never sees a number it could copy: metrics are
offered by id, and texts name them as `{{m:<metric_id>}}`.
"""

from typing import Literal

from pydantic import Field

from agent.schemas.base import Frozen
from agent.schemas.creative import CreativeChannel, Factor


class QuotedItem(Frozen):
    """A verbatim passage on offer; cited by its id."""

    evidence_id: str
    text: str


class MetricItem(Frozen):
    """A computed number on offer; named by its id, value withheld."""

    metric_id: str
    label: str
    definition: str


class ThemeBrief(Frozen):
    """Inputs of `name_theme`."""

    terms: tuple[str, ...]
    quotes: tuple[QuotedItem, ...]
    taken_labels: tuple[str, ...] = ()
    """Labels of the other themes, which this one must differ from."""


class ThemeName(Frozen):
    """Output of `name_theme`."""

    label: str = Field(min_length=3, max_length=60)
    """Two to seven words, a complaint in the customer's terms."""
    definition: str = Field(min_length=10, max_length=240)
    """One sentence that tells what belongs to it."""


class StageBrief(Frozen):
    """Inputs of `draft_stage`."""

    stage: str
    persona: str
    goal: str
    quotes: tuple[QuotedItem, ...]
    metrics: tuple[MetricItem, ...]


class DraftedClaim(Frozen):
    """One claim as a writer words it; code checks every part of it."""

    lane: Literal["actions", "thoughts"]
    statement: str = Field(min_length=5, max_length=240)
    evidence_ids: tuple[str, ...]
    quotes: tuple[str, ...] = ()
    """Verbatim excerpts of the cited items, in the order of `evidence_ids`."""


class StageDraft(Frozen):
    """Output of `draft_stage`."""

    claims: tuple[DraftedClaim, ...]


class OpportunityBrief(Frozen):
    """Inputs of `word_opportunity`."""

    pain_point: str
    definition: str
    stage: str | None
    quotes: tuple[QuotedItem, ...]
    metrics: tuple[MetricItem, ...]


class OpportunityDraft(Frozen):
    """Output of `word_opportunity`."""

    statement: str | None = Field(min_length=10, max_length=240)
    """None where nothing that can be suggested answers the pain point."""


class FactItem(Frozen):
    """A fact a copy may rest on; cited by its id."""

    fact_id: str
    statement: str


class SlotItem(Frozen):
    """One slot of the control copy with its limit."""

    name: str
    text: str
    max_chars: int


class CopyBrief(Frozen):
    """Inputs of `draft_copy`."""

    channel: CreativeChannel
    factor: Factor
    factor_definition: str
    change_slots: tuple[SlotItem, ...]
    """The only slots that may change."""
    keep_slots: tuple[SlotItem, ...]
    pain_point: str
    facts: tuple[FactItem, ...]
    quotes: tuple[QuotedItem, ...]
    attempt: int = 0
    """Grows when an earlier proposal was too like another one."""


class CopyDraft(Frozen):
    """Output of `draft_copy`."""

    slots: dict[str, str]
    """New text for each of `change_slots`."""
    fact_ids: tuple[str, ...]
