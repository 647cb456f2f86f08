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

_SENTENCE = re.compile(r"[^.!?…\x01]+[.!?…]*\x01?")
_QUOTED = re.compile(r"[“\"«„][^”\"»“]{8,}[”\"»“]|‘[^‘’]{8,}’")
_HIDDEN = re.compile(r"\x00(\d+)\x00")
_SAYING = re.compile(
    r"\b(?:customers|people|shoppers|users|buyers|clients|guests|members|reviewers|readers) "
    r"(?:say|tell|told|said|wrote|write|call|report|describe|agree)\b|\bvoiced by\b",
    re.IGNORECASE,
)
_OFFER = re.compile(
    r"(?<![-\w])(?<!feel )free(?! (?:of(?! charge)|from|time)\b)|\b(?:discounts?|vouchers?|coupons?|guarantee[ds]?|"
    r"(?:we(?:'ll| will)?|full|instant|you get a|and a) refunds?|trials?|gifts?|bonus|complimentary|cashback|(?:is|are) on us|no (?:extra )?(?:charge|cost)|"
    r"money[ -]back|half[ -]price|price match|sav(?:e|ing)s? (?:money|on)|"
    r"keep (?:the|your) money|we(?:'ll| will)? pay|pay (?:nothing|half)|(?:money|percent|\d|%) ?off|"
    r"off (?:your|the|any|every) (?:\w+ )?(?:order|purchase|price))\b",
    re.IGNORECASE,
)
_SAME_MEANING = 0.5
"""Share of a new sentence's content words that stood in what it replaces, from which it only says that again."""
_MIN_TERMS = 2
"""Content words a sentence needs to name anything; one with less is an interjection."""
_CLEARLY_FEWER = 0.8
"""Share of the content words replaced under which saying it again is saying it shorter."""


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


def promises_of(text: str) -> frozenset[str]:
    """Return the words of a text that promise something in return, in small letters; quoted ones promise nothing."""
    return frozenset(match[0].lower() for match in _OFFER.finditer(_QUOTED.sub(" ", text)))


def quotations_of(text: str) -> list[str]:
    """Return what stands between quotation marks, with them; single words aside."""
    return _QUOTED.findall(text)


def _body_factors(before: str, after: str) -> set[Factor]:
    old, new = _sentences(before), _sentences(after)
    added = [sentence for sentence in new if sentence not in old]
    removed = " ".join(sentence for sentence in old if sentence not in new)
    if not added:
        return {Factor.LENGTH} if removed else {Factor.TONE}
    kinds = {sentence: _kind(sentence, removed) for sentence in added}
    again = " ".join(sentence for sentence, kind in kinds.items() if kind is None)
    said_again = {Factor.LENGTH if _is_shortened(removed, again) else Factor.TONE} if again else set[Factor]()
    return said_again | {kind for kind in kinds.values() if kind is not None}


def _kind(sentence: str, removed: str) -> Factor | None:
    """Return what a new sentence brings in, or None where it says again what was removed."""
    if (_QUOTED.search(sentence) or _SAYING.search(sentence)) and sentence not in removed:
        return Factor.PROOF
    if promises_of(sentence) - promises_of(removed):
        return Factor.OFFER
    terms, before = set(terms_of(sentence)), set(terms_of(removed))
    is_new = len(terms) >= _MIN_TERMS and len(terms & before) / len(terms) < _SAME_MEANING
    return Factor.BENEFIT if is_new else None


def _sentences(text: str) -> list[str]:
    """Split into sentences, keeping quotations whole; one that ends as a sentence does ends the sentence it is in."""
    text = text.replace("\x00", " ").replace("\x01", " ")
    quotes: list[str] = []

    def hide(match: re.Match[str]) -> str:
        quotes.append(match[0])
        ends = match[0][-2] in ".!?…" and not text[match.end() :].lstrip()[:1].islower()
        return f"\x00{len(quotes) - 1}\x00{chr(1) if ends else ''}"

    hidden = _QUOTED.sub(hide, text)
    found = [part.strip(" \t\n\x01") for part in _SENTENCE.findall(hidden)]
    return [_HIDDEN.sub(lambda match: quotes[int(match[1])], part) for part in found if part]


def _is_shortened(before: str, after: str) -> bool:
    """Tell whether every content word stood in the control already and there are clearly fewer of them."""
    old, new = terms_of(before), terms_of(after)
    return set(new) <= set(old) and len(new) < _CLEARLY_FEWER * len(old)
