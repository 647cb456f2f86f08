"""Creative variants, the held-out verdict and the certificate that goes with it."""

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, Field

from agent.schemas.base import Frozen
from agent.schemas.evidence import Evidence, Metric

CreativeChannel = Literal["google_rsa", "meta", "email", "landing_page"]


class Factor(StrEnum):
    """The one thing a variant changes against its control."""

    HOOK = "hook"
    BENEFIT = "benefit"
    PROOF = "proof"
    CTA = "cta"
    TONE = "tone"
    OFFER = "offer"
    LENGTH = "length"


class LintFinding(Frozen):
    """Something a channel's limits or our rules say about a copy."""

    code: str
    level: Literal["error", "warning"]
    slot: str | None
    message: str


class Fact(Frozen):
    """Something a copy may state, and why it may."""

    fact_id: str
    statement: str
    template: str
    evidence: tuple[Evidence, ...] = ()
    metrics: tuple[Metric, ...] = ()


class Copy(Frozen):
    """Slots of a channel, filled: slot name to text."""

    channel: CreativeChannel
    slots: dict[str, str] = Field(min_length=1)


class VerdictKind(StrEnum):
    """What the held-out customers' words say about a variant."""

    BETTER = "better"
    WORSE = "worse"
    NO_DIFFERENCE = "no_difference"
    CANNOT_TELL = "cannot_tell"
    INVALID = "invalid"
    """The certificate does not hold, so nothing is said."""


class Verdict(Frozen):
    """Held-out comparison of one variant with its control, over distinct persons."""

    kind: VerdictKind
    n_persons: int
    effect: float | None
    """Mean paired difference of the score, variant minus control."""
    low: float | None
    high: float | None
    method: str
    reason: str


class Variant(Frozen):
    """A copy that differs from the control in exactly one computed factor."""

    variant_id: str
    copy_text: Copy
    control_id: str
    changed_factor: Factor
    changed_slots: tuple[str, ...]
    pain_point_id: str
    facts: tuple[Fact, ...]
    evidence: tuple[Evidence, ...]
    lint: tuple[LintFinding, ...] = ()
    writer: str
    verdict: Verdict | None = None


class VariantSet(Frozen):
    """A control, its variants and what they were checked against."""

    variant_set_id: str
    pain_point_id: str
    control: Copy
    control_id: str
    variants: tuple[Variant, ...]
    drafted_at: AwareDatetime
    certificate: "Certificate | None" = None
    checked_on: str | None = None
    """Revision of the stores that the verdicts were computed on; None where they were not, or nobody noted it."""


class CertificateCheck(Frozen):
    """One thing that was looked at to prove that held-out customers stayed unseen."""

    name: str
    passed: bool
    found: int
    """How many violations; 0 when passed."""
    looked_at: int
    detail: str


class Certificate(Frozen):
    """What proves that the held-out customers were unseen; verifies offline by its own digest and by recounting."""

    certificate_id: str
    split_salt_sha256: str
    holdout_share: float
    n_working: int
    n_held_out: int
    n_held_out_excluded: int
    """Held-out records left out because they nearly duplicate a working text."""
    working_sha256: str
    """Over the sorted working person ids."""
    held_out_sha256: str
    checks: tuple[CertificateCheck, ...]
    valid: bool
    made_at: AwareDatetime
    digest: str
    """SHA-256 over the canonical JSON of all other fields."""
