"""Proposes variants: the writer words them, code checks limits, facts, numbers, distinctness and the one factor."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher

import structlog

from agent.errors import EvidenceError, InputError
from agent.firewall import check_template, fill
from agent.ports import Writer, WritingTask
from agent.schemas.creative import Copy, Fact, Factor, Variant, VariantSet
from agent.schemas.evidence import Evidence, Metric
from agent.schemas.insight import PainPoint
from agent.schemas.writing import CopyBrief, CopyDraft, FactItem, QuotedItem, SlotItem
from agent.variants.channels import Slot, slots_of
from agent.variants.factors import DEFINITIONS, changed_factors, changed_slots
from agent.variants.grounds import grounds_of
from agent.variants.lint import has_errors, lint_copy

_log = structlog.get_logger(__name__)

MAX_VARIANTS = 100
_ATTEMPTS = 3
"""Tries for one variant before it is given up."""
_TOO_ALIKE = 0.9
"""Similarity of two copies (Ratcliff and Obershelp) from which they are the same one."""
_FACTORS = (Factor.HOOK, Factor.BENEFIT, Factor.CTA, Factor.PROOF, Factor.TONE, Factor.LENGTH, Factor.OFFER)
"""Order in which factors are tried; `offer` comes last because only the control's own words may promise anything."""


@dataclass(frozen=True, slots=True)
class VariantRequest:
    """What to propose: an answer to a pain point, as changes of a control."""

    pain_point: PainPoint
    control: Copy
    facts: tuple[Fact, ...]
    n: int
    now: datetime


def facts_of(pain_point: PainPoint, reach: Metric) -> tuple[Fact, ...]:
    """Return what a copy may state about a pain point: how many voice it, and their own words for and against."""
    template = f"Voiced by {{{{m:{reach.metric_id}}}}} of customers: {pain_point.label}"
    facts = [_fact(template, metrics=(reach,))]
    facts += [_fact(f"A customer says: “{item.quote}”", evidence=(item,)) for item in pain_point.evidence]
    facts += [_fact(f"A customer says: “{item.quote}”", evidence=(item,)) for item in pain_point.opposing]
    return tuple(facts)


def propose_variants(request: VariantRequest, *, writer: Writer) -> VariantSet:
    """Return up to `request.n` variants that each change exactly one factor; fewer where no more hold.

    Raises:
        InputError: The number is out of range, or the control breaks its channel's limits.
        ModelError: The writer could not answer.
    """
    if not 1 <= request.n <= MAX_VARIANTS:
        msg = f"{request.n} variants were asked for; 1 to {MAX_VARIANTS} was expected"
        raise InputError(msg, hint=f"Ask for {'one or more' if request.n < 1 else 'fewer'} with -n.")
    faults = [finding.message for finding in lint_copy(request.control) if finding.level == "error"]
    if faults:
        msg = f"the control does not hold: {'; '.join(faults)}"
        raise InputError(msg, hint="Shorten or complete the control, then propose again.")
    variants: list[Variant] = []
    for factor, attempt in _rounds(request.n):
        if len(variants) == request.n:
            break
        made = _propose(request, factor, attempt, writer=writer, others=[item.copy_text for item in variants])
        if made is not None:
            variants.append(made)
    body = f"{request.pain_point.pain_point_id}\n{_joined(request.control)}\n{request.n}\n{writer.model_id}"
    return VariantSet(
        variant_set_id=f"vs_{_short(body)}",
        pain_point_id=request.pain_point.pain_point_id,
        control=request.control,
        control_id=_control_id(request.control),
        variants=tuple(variants),
        drafted_at=request.now,
    )


def _rounds(n: int) -> Iterator[tuple[Factor, int]]:
    """Yield factors in turn with a growing attempt number, so that later rounds ask for something else."""
    for attempt in range(_ATTEMPTS * (1 + n // len(_FACTORS))):
        for factor in _FACTORS:
            yield factor, attempt


def _propose(
    request: VariantRequest, factor: Factor, attempt: int, *, writer: Writer, others: Sequence[Copy]
) -> Variant | None:
    """Return one variant, or None where what the writer proposes does not hold."""
    brief = _brief(request, factor, attempt)
    if not brief.change_slots:
        return None
    draft = writer.write(WritingTask("draft_copy", brief, CopyDraft))
    try:
        copy = _filled(request, brief, draft)
        facts = grounds_of(
            draft, request.facts, control=request.control, label=request.pain_point.label, factor=factor
        )
    except EvidenceError as error:
        _log.info("variant_dropped", factor=factor.value, reason=error.code)
        return None
    fault = _fault(request, factor, copy, others)
    if fault is not None:
        _log.info("variant_dropped", factor=factor.value, reason=fault)
        return None
    return Variant(
        variant_id=f"v_{_short(request.pain_point.pain_point_id + _joined(copy))}",
        copy_text=copy,
        control_id=_control_id(request.control),
        changed_factor=factor,
        changed_slots=changed_slots(request.control, copy),
        pain_point_id=request.pain_point.pain_point_id,
        facts=facts,
        evidence=_unique(item for fact in facts for item in fact.evidence),
        lint=lint_copy(copy),
        writer=writer.model_id,
    )


def _fault(request: VariantRequest, factor: Factor, copy: Copy, others: Sequence[Copy]) -> str | None:
    """Return why a copy is no variant of the factor, or None where it is one."""
    computed = changed_factors(request.control, copy)
    if computed != frozenset((factor,)):
        return f"changes {', '.join(sorted(item.value for item in computed)) or 'nothing'}"
    if has_errors(lint_copy(copy)):
        return "breaks a limit or rule"
    return "too like another variant" if _repeats(request.control, copy, others) else None


def _repeats(control: Copy, copy: Copy, others: Sequence[Copy]) -> bool:
    """Tell whether another variant changes the same slots to nearly the same words."""
    changed = changed_slots(control, copy)
    words = "\n".join(copy.slots[name] for name in changed)
    return any(
        changed_slots(control, other) == changed
        and SequenceMatcher(None, words, "\n".join(other.slots[name] for name in changed)).ratio()
        >= _TOO_ALIKE
        for other in others
    )


def _filled(request: VariantRequest, brief: CopyBrief, draft: CopyDraft) -> Copy:
    """Return the control with the draft's slots, numbers filled in by code.

    Raises:
        EvidenceError: The draft fills a slot it was not given, cites an unknown fact or states a number by itself.
    """
    allowed = {slot.name for slot in brief.change_slots}
    if set(draft.slots) - allowed:
        msg = f"the draft fills {', '.join(sorted(set(draft.slots) - allowed))}; only {', '.join(allowed)} may change"
        raise EvidenceError(msg)
    known = {fact.fact_id for fact in request.facts}
    if set(draft.fact_ids) - known:
        msg = "the draft cites facts that were not offered"
        raise EvidenceError(msg)
    metrics = {metric.metric_id: metric for fact in request.facts for metric in fact.metrics}
    carried = [*request.control.slots.values(), *(fact.template for fact in request.facts)]
    for text in draft.slots.values():
        check_template(text, offered=metrics, carried=carried)
    slots = {**request.control.slots, **{name: fill(text, metrics) for name, text in draft.slots.items()}}
    return Copy(channel=request.control.channel, slots=slots)


def _brief(request: VariantRequest, factor: Factor, attempt: int) -> CopyBrief:
    control = request.control
    change = [slot for slot in slots_of(control.channel).values() if _may_change(slot, factor)]
    keep = [slot for slot in slots_of(control.channel).values() if slot not in change]
    return CopyBrief(
        channel=control.channel,
        factor=factor,
        factor_definition=DEFINITIONS[factor],
        change_slots=tuple(_slot_item(control, slot) for slot in change),
        keep_slots=tuple(_slot_item(control, slot) for slot in keep),
        pain_point=request.pain_point.label,
        facts=tuple(FactItem(fact_id=fact.fact_id, statement=fact.template) for fact in request.facts),
        quotes=tuple(
            QuotedItem(evidence_id=f"e{number}", text=item.quote)
            for number, item in enumerate(request.pain_point.evidence, start=1)
        ),
        attempt=attempt,
    )


def _may_change(slot: Slot, factor: Factor) -> bool:
    """A factor may change the slots of its role: the opening, the call to action, or the longest body slots."""
    if factor is Factor.HOOK:
        return slot.role == "hook"
    if factor is Factor.CTA:
        return slot.role == "cta"
    return slot.role == "body"


def _slot_item(control: Copy, slot: Slot) -> SlotItem:
    return SlotItem(name=slot.name, text=control.slots.get(slot.name, ""), max_chars=slot.max_chars)


def _fact(template: str, *, metrics: tuple[Metric, ...] = (), evidence: tuple[Evidence, ...] = ()) -> Fact:
    by_id: Mapping[str, Metric] = {metric.metric_id: metric for metric in metrics}
    return Fact(
        fact_id=f"f_{_short(template)}",
        statement=fill(template, by_id),
        template=template,
        evidence=evidence,
        metrics=metrics,
    )


def _control_id(control: Copy) -> str:
    return f"ctl_{_short(_joined(control))}"


def _joined(copy: Copy) -> str:
    return "\n".join(copy.slots[name] for name in slots_of(copy.channel))


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _unique(items: Iterator[Evidence]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(items))
