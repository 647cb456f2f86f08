"""Quotes, quantities, metrics and claims: what a reader may believe, and why."""

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, Field, JsonValue

from agent.schemas.base import Frozen


class Evidence(Frozen):
    """A verbatim quote and where it stands: `record.text[start:end] == quote`."""

    record_id: str
    start: int = Field(ge=0)
    end: int = Field(gt=0)
    quote: str = Field(min_length=1)
    text_sha256: str
    """SHA-256 of the record's whole text (UTF-8) when the quote was taken."""


class Quantity(Frozen):
    """A share of distinct persons with its interval."""

    n: int = Field(ge=0)
    """Distinct persons counted."""
    total: int = Field(ge=0)
    """Distinct persons who could have been counted."""
    share: float | None
    """n / total; None where total is 0."""
    low: float | None
    high: float | None
    method: Literal["wilson-95", "wilson-95-membership"] = "wilson-95"
    """How the bounds were computed; `membership` means that doubt about who is counted widens them."""
    population: str
    """Who the total is, as a sentence part: "customers who contacted support, 1 May to 30 June 2026"."""


class MetricQuery(Frozen):
    """How a metric is computed from the stores: a registered operation and its arguments."""

    op: str
    params: dict[str, JsonValue] = Field(default_factory=dict)


class Metric(Frozen):
    """A computed number. Texts name it as `{{m:<metric_id>}}`; code alone writes its digits."""

    metric_id: str
    """Lower-case letters, digits, dots and underscores."""
    label: str
    definition: str
    """One sentence: what is counted, of whom."""
    unit: Literal["persons", "share", "seconds", "score", "count"]
    value: float | None
    """None where it cannot be computed; `reason` then says why."""
    low: float | None = None
    high: float | None = None
    quantity: Quantity | None = None
    reason: str | None = None
    query: MetricQuery


class Lane(StrEnum):
    """A row of the map."""

    ACTIONS = "actions"
    THOUGHTS = "thoughts"
    EMOTIONS = "emotions"
    TOUCHPOINTS = "touchpoints"
    CHANNELS = "channels"
    PAIN_POINTS = "pain_points"
    OPPORTUNITIES = "opportunities"
    METRICS = "metrics"


class ClaimStatus(StrEnum):
    """What a claim rests on."""

    OBSERVED = "observed"
    """Counted or quoted from the data."""
    INFERRED = "inferred"
    """Follows from observed claims; names them."""
    ASSUMPTION = "assumption"
    """Somebody's opinion, with an expiry."""
    UNKNOWN = "unknown"
    """The data does not say; `missing` says what would be needed."""
    BROKEN = "broken"
    """Was true of the data once and is not any more."""


class Claim(Frozen):
    """One checked statement in a cell of a map."""

    claim_id: str
    lane: Lane
    status: ClaimStatus
    statement: str
    """As a reader sees it: every `{{m:...}}` of the template filled by code."""
    template: str
    """As it was worded, numbers still names."""
    evidence: tuple[Evidence, ...] = ()
    opposing: tuple[Evidence, ...] = ()
    """Quotes that speak against the claim, where there are any."""
    metrics: tuple[Metric, ...] = ()
    """All metrics the template names, and no others."""
    quantity: Quantity | None = None
    rests_on: tuple[str, ...] = ()
    """Claim ids an inferred claim follows from."""
    missing: str | None = None
    """For an unknown claim: what data would fill it."""
    stated_by: str | None = None
    """Who worded it, where a person did: always an assumption."""
    expires_at: AwareDatetime | None = None
    """When an assumption has to be looked at again."""
