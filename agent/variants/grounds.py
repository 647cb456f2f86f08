"""What a variant's words rest on: quotations stand in the material, promises in the control, proof on facts."""

import re
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
        if factor is not Factor.PROOF and any(
            _stands_in(said, _quotes(facts)) for said in quotations_of(text)
        ):
            msg = f"the draft quotes a customer, and is to change {factor.value}"
            raise QuoteMismatchError(msg, hint="Quote customers only as proof.")
        promised = promises_of(text) - promises_of("\n".join(own if factor is Factor.OFFER else material))
        if promised:
            msg = f"the draft promises what nothing bears out: {', '.join(sorted(promised))}"
            raise UncitedClaimError(msg, hint="Promise only what the control promises.")
    if sum(len(quotations_of(text)) for text in draft.slots.values()) > sum(map(_n_quotations, own)) + 1:
        msg = "the draft quotes more than once"
        raise QuoteMismatchError(msg, hint="Quote one customer, once.")
    rests_on = tuple(fact for fact in facts if fact.fact_id in draft.fact_ids or _is_used(fact, draft))
    if factor is Factor.PROOF and not rests_on:
        msg = "the draft proves something by no fact on offer"
        raise UncitedClaimError(msg, hint="Name the fact in fact_ids.")
    return rests_on


def _n_quotations(text: str) -> int:
    return len(quotations_of(text))


def _quotes(facts: Sequence[Fact]) -> list[str]:
    return [item.quote for fact in facts for item in fact.evidence]


def _is_used(fact: Fact, draft: CopyDraft) -> bool:
    offered = {metric.metric_id for metric in fact.metrics}
    said = [item.quote for item in fact.evidence]
    return any(
        offered & set(metric_ids(text)) or any(_stands_in(part, said) for part in quotations_of(text))
        for text in draft.slots.values()
    )


def _stands_in(excerpt: str, texts: Iterable[str]) -> bool:
    """Tell whether an excerpt stands in a text character by character.

    Copy may begin a quote with a capital and end it with its own mark; spaces count as one.
    """
    said = " ".join(excerpt.strip(_MARKS).split())
    return bool(said) and any(_has(" ".join(text.split()), said) for text in texts)


def _has(text: str, said: str) -> bool:
    rest = re.escape(said[1:])
    return (
        re.search(rf"(?<!\w)(?:{re.escape(said[0].lower())}|{re.escape(said[0].upper())}){rest}(?!\w)", text)
        is not None
    )
