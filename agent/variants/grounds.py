"""What a variant's words rest on: quotations stand in the material, promises in the control, proof on facts."""

from collections.abc import Iterable, Sequence

from agent.errors import QuoteMismatchError, UncitedClaimError
from agent.firewall import metric_ids
from agent.schemas.creative import Copy, Fact, Factor
from agent.schemas.writing import CopyDraft
from agent.variants.factors import promises_of, quotations_of

_MARKS = ' \t\n“”"«»„‘’.,!?…'


def grounds_of(
    draft: CopyDraft, facts: Sequence[Fact], *, control: Copy, label: str, factor: Factor
) -> tuple[Fact, ...]:
    """Return the facts a draft rests on: those it names, and those whose quote or number it uses.

    Args:
        draft: What the writer proposes; its numbers are still names.
        facts: On offer.
        control: The brand's own words, which alone may promise anything new.
        label: Of the pain point, which a copy may name.
        factor: What the draft is to change.

    Raises:
        QuoteMismatchError: It quotes words that nobody said.
        UncitedClaimError: It promises what the material does not, or proves something by no fact.
    """
    own = [*control.slots.values()]
    material = [*own, label, *(fact.template for fact in facts)]
    for text in draft.slots.values():
        invented = [said for said in quotations_of(text) if not _stands_in(said, material)]
        if invented:
            msg = "the draft quotes words that stand in no fact on offer"
            raise QuoteMismatchError(msg, hint="Quote a fact word for word, or not at all.")
        promised = promises_of(text) - promises_of("\n".join(own if factor is Factor.OFFER else material))
        if promised:
            msg = f"the draft promises what nothing bears out: {', '.join(sorted(promised))}"
            raise UncitedClaimError(msg, hint="Promise only what the control promises.")
    rests_on = tuple(fact for fact in facts if fact.fact_id in draft.fact_ids or _is_used(fact, draft))
    if factor is Factor.PROOF and not rests_on:
        msg = "the draft proves something by no fact on offer"
        raise UncitedClaimError(msg, hint="Name the fact in fact_ids.")
    return rests_on


def _is_used(fact: Fact, draft: CopyDraft) -> bool:
    offered = {metric.metric_id for metric in fact.metrics}
    said = [item.quote for item in fact.evidence]
    return any(
        offered & set(metric_ids(text)) or any(_stands_in(part, said) for part in quotations_of(text))
        for text in draft.slots.values()
    )


def _stands_in(excerpt: str, texts: Iterable[str]) -> bool:
    plain = _plain(excerpt)
    return bool(plain) and any(f" {plain} " in f" {_plain(text)} " for text in texts)


def _plain(text: str) -> str:
    """Return a text's words in small letters, marks at their edges taken off: copy may begin and end a quote anew."""
    return " ".join(word for word in (word.strip(_MARKS) for word in text.casefold().split()) if word)
