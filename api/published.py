"""The published form of a set of variants, and the way back; one lossless pair."""

from pydantic import AwareDatetime, ValidationError

from agent.errors import SchemaError
from agent.schemas.base import Frozen
from agent.schemas.creative import (
    Certificate,
    Copy,
    Fact,
    Factor,
    LintFinding,
    Variant,
    VariantSet,
    Verdict,
    VerdictKind,
)
from agent.schemas.evidence import Evidence


class PublishedVariant(Frozen):
    """One variant with its verdict laid flat."""

    variant_id: str
    slots: dict[str, str]
    changed_factor: Factor
    changed_slots: tuple[str, ...]
    facts: tuple[Fact, ...]
    evidence: tuple[Evidence, ...]
    lint: tuple[LintFinding, ...]
    writer: str
    verdict: VerdictKind | None
    """None where it was not checked yet."""
    effect: float | None
    low: float | None
    high: float | None
    n_persons: int | None
    method: str | None
    reason: str | None


class PublishedVariants(Frozen):
    """A set of variants as printed and written into files."""

    variant_set_id: str
    pain_point_id: str
    control: Copy
    control_id: str
    drafted_at: AwareDatetime
    variants: tuple[PublishedVariant, ...]
    certificate: Certificate | None


def publish(made: VariantSet) -> PublishedVariants:
    """Return the published form of a set."""
    return PublishedVariants(
        variant_set_id=made.variant_set_id,
        pain_point_id=made.pain_point_id,
        control=made.control,
        control_id=made.control_id,
        drafted_at=made.drafted_at,
        variants=tuple(_publish(variant) for variant in made.variants),
        certificate=made.certificate,
    )


def read_published(text: str, *, name: str) -> VariantSet:
    """Return the set that a published form says.

    Args:
        text: JSON.
        name: Of the file, for the error.

    Raises:
        SchemaError: It is not in the published form.
    """
    try:
        found = PublishedVariants.model_validate_json(text)
    except ValidationError as error:
        msg = f"{name!r} is no set of variants: {error.error_count()} fields do not fit"
        raise SchemaError(
            msg, hint="Give what `journey variants propose --json` prints, or the id of a set."
        ) from error
    return VariantSet(
        variant_set_id=found.variant_set_id,
        pain_point_id=found.pain_point_id,
        control=found.control,
        control_id=found.control_id,
        drafted_at=found.drafted_at,
        variants=tuple(_read(found, variant) for variant in found.variants),
        certificate=found.certificate,
    )


def _publish(variant: Variant) -> PublishedVariant:
    verdict = variant.verdict
    return PublishedVariant(
        variant_id=variant.variant_id,
        slots=variant.copy_text.slots,
        changed_factor=variant.changed_factor,
        changed_slots=variant.changed_slots,
        facts=variant.facts,
        evidence=variant.evidence,
        lint=variant.lint,
        writer=variant.writer,
        verdict=None if verdict is None else verdict.kind,
        effect=None if verdict is None else verdict.effect,
        low=None if verdict is None else verdict.low,
        high=None if verdict is None else verdict.high,
        n_persons=None if verdict is None else verdict.n_persons,
        method=None if verdict is None else verdict.method,
        reason=None if verdict is None else verdict.reason,
    )


def _read(found: PublishedVariants, variant: PublishedVariant) -> Variant:
    return Variant(
        variant_id=variant.variant_id,
        copy_text=Copy(channel=found.control.channel, slots=variant.slots),
        control_id=found.control_id,
        changed_factor=variant.changed_factor,
        changed_slots=variant.changed_slots,
        pain_point_id=found.pain_point_id,
        facts=variant.facts,
        evidence=variant.evidence,
        lint=variant.lint,
        writer=variant.writer,
        verdict=_verdict(variant),
    )


def _verdict(variant: PublishedVariant) -> Verdict | None:
    if variant.verdict is None:
        return None
    return Verdict(
        kind=variant.verdict,
        n_persons=variant.n_persons or 0,
        effect=variant.effect,
        low=variant.low,
        high=variant.high,
        method=variant.method or "",
        reason=variant.reason or "",
    )
