"""Which factors differ between a control and a variant, computed from the texts and never taken on trust.

Each changed sentence is one factor's: the slot it stands in says whether it is the hook, the call to action or the
body, and inside the body what it brings in (proof, an offer, another tone, fewer words, another benefit).
"""

import re
from collections.abc import Mapping

from agent.retrieve.lexical import terms_of
from agent.schemas.creative import Copy, Factor
from agent.variants.channels import slots_of

DEFINITIONS: Mapping[Factor, str] = {
    Factor.HOOK: "The opening that catches attention; nothing else changes.",
    Factor.BENEFIT: "What the customer gets out of it, named in the body.",
    Factor.PROOF: "Words of customers, quoted, that show what the copy says.",
    Factor.CTA: "What the reader is asked to do.",
    Factor.TONE: "How it is said; what is said stays.",
    Factor.OFFER: "What the brand offers or promises in return.",
    Factor.LENGTH: "Fewer words; nothing new is said.",
}

_SENTENCE = re.compile(r"[^.!?…]+[.!?…]*")
_QUOTED = re.compile(r"[“\"«„][^”\"»“]{8,}[”\"»“]")
_SAYING = re.compile(
    r"\b(?:customers|people|shoppers|users|buyers) (?:say|tell|told|said|wrote|write)\b", re.IGNORECASE
)
_OFFER = re.compile(
    r"\b(?:free|discount|off|voucher|coupon|guarantee[ds]?|refund(?:ed)?|trial|on us|no charge|money back|gift|bonus|"
    r"price match|extra|save|saving)\b",
    re.IGNORECASE,
)
_SAME_MEANING = 0.6
"""Share of content words that a rewording keeps when only its tone changes."""


def changed_slots(control: Copy, variant: Copy) -> tuple[str, ...]:
    """Return the slots whose text differs, in the channel's order."""
    return tuple(
        name for name in slots_of(control.channel) if control.slots.get(name) != variant.slots.get(name)
    )


def changed_factors(control: Copy, variant: Copy) -> frozenset[Factor]:
    """Return the factors in which a variant differs from its control; empty where nothing differs."""
    slots = slots_of(control.channel)
    found: set[Factor] = set()
    for name in changed_slots(control, variant):
        role = slots[name].role
        if role == "hook":
            found.add(Factor.HOOK)
        elif role == "cta":
            found.add(Factor.CTA)
        else:
            found |= _body_factors(control.slots.get(name, ""), variant.slots.get(name, ""))
    return frozenset(found)


def _body_factors(before: str, after: str) -> set[Factor]:
    old, new = _sentences(before), _sentences(after)
    added = [sentence for sentence in new if sentence not in old]
    removed = [sentence for sentence in old if sentence not in new]
    if not added:
        return {Factor.LENGTH} if removed else {Factor.TONE}
    if _is_shortened(before, after):
        return {Factor.LENGTH}
    kinds = {_kind(sentence) for sentence in added}
    if kinds == {None}:
        return {Factor.TONE if _keeps_meaning(before, after) else Factor.BENEFIT}
    return {kind or Factor.BENEFIT for kind in kinds}


def _kind(sentence: str) -> Factor | None:
    """Return the factor that a new sentence announces by its form, or None where it is an ordinary one."""
    if _QUOTED.search(sentence) or _SAYING.search(sentence):
        return Factor.PROOF
    return Factor.OFFER if _OFFER.search(sentence) else None


def _sentences(text: str) -> list[str]:
    """Split into sentences, keeping quotations whole."""
    quotes: list[str] = []

    def hide(match: re.Match[str]) -> str:
        quotes.append(match[0])
        return f"\x00{len(quotes) - 1}\x00"

    hidden = _QUOTED.sub(hide, text)
    found = [part.strip() for part in _SENTENCE.findall(hidden) if part.strip()]
    return [re.sub(r"\x00(\d+)\x00", lambda match: quotes[int(match[1])], part) for part in found]


def _is_shortened(before: str, after: str) -> bool:
    """Tell whether every content word stood in the control already and there are clearly fewer of them."""
    old, new = terms_of(before), terms_of(after)
    return set(new) <= set(old) and len(new) < 0.8 * len(old)


def _keeps_meaning(before: str, after: str) -> bool:
    old, new = set(terms_of(before)), set(terms_of(after))
    return bool(old and new) and len(old & new) / min(len(old), len(new)) >= _SAME_MEANING
