"""Writes a variant of a control copy that changes one factor, from the control's own words and the facts given.

Nothing is invented: what a variant states is a fact on offer, the control's own text, or what customers with the pain
point wish for, of which it says that they do and not that the brand has it. A complaint is never told, neither in the
words of those who complain nor with their number: nobody could send that. Where a factor needs a fact and there is none,
the control's text is returned unchanged.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from agent.firewall import unresolved_quantities
from agent.lexical import sentences
from agent.offline.wishes import wish_of
from agent.schemas.creative import Factor
from agent.schemas.writing import CopyBrief, CopyDraft, FactItem, SlotItem


@dataclass(frozen=True, slots=True)
class _Proposal:
    text: str
    fact_ids: tuple[str, ...] = ()


_Proposer = Callable[[CopyBrief, SlotItem], Iterator[_Proposal]]

_IMPERATIVE = re.compile(
    r"^(?:buy|shop|order|book|try|start|get|see|find|learn|read|discover|call|join|sign|check|choose|compare|download|"
    r"visit|ask|explore|save|switch|apply|click|open|request|talk|contact|subscribe|upgrade|reserve|plan|view)\b",
    re.IGNORECASE,
)
_CALLS = (
    "See how it works", "Find out more", "Take a look", "See the details", "Read more", "Ask us", "Look inside",
    "Have a closer look", "See for yourself", "Learn more",
)  # fmt: skip
_OPENERS = ("In plain words", "Good to know", "Quite simply", "Between us")
_CONTRACTIONS = (
    ("do not", "don't"), ("does not", "doesn't"), ("cannot", "can't"), ("is not", "isn't"), ("are not", "aren't"),
    ("will not", "won't"), ("it is", "it's"), ("we are", "we're"), ("you are", "you're"), ("we will", "we'll"),
    ("you will", "you'll"), ("we have", "we've"), ("you have", "you've"), ("that is", "that's"), ("let us", "let's"),
)  # fmt: skip
_OFFER = re.compile(
    r"\b(?:free|trial|discount|off|save|voucher|gift|bonus|guarantee|return|refund|cancel|delivery|deal)\w*",
    re.IGNORECASE,
)
_TROUBLE = re.compile(
    r"\b(?:no|not|never|nobody|without|can(?:no|')t|late|later|delay\w*|slow\w*|overdue|wait\w*|queues?|weeks|ages|forever|too \w+|"
    r"fail\w*|broke\w*|break\w*|damaged?|defect\w*|faulty|torn|leak\w*|crash\w*|freez\w*|frozen|stuck|errors?|bugs?|lost|los(?:es?|ing)|"
    r"missing|wrong\w*|incorrect|refus\w*|declin\w*|reject\w*|denied|block\w*|locked|cancel\w*|expired?|hidden|unexpected|extra|twice|"
    r"double|unclear|confus\w*|mislead\w*|complicated|difficult|hard|trouble|problems?|issues?|rude|unfriendly|unhelpful|ignor\w*|"
    r"unanswered|dirty|noisy|loud|cold|poor|bad|expensive|overpriced|out of stock|sold out|unavailable|disappoint\w*)\b|n't\b",
    re.IGNORECASE,
)
"""Words by which a name says what is wrong."""
_FRAGMENT = re.compile(
    r"^(?:not|least|but|and|or|then|so|who|which|that|would|could|should|to|of|by|from|with|than|as|be|been|being)\b|"
    r"\b(?:i|i'm|i've|me|my|mine|we|our|us|you|your|he|she|his|her|him|they|them|their|it|its)\b|\b(?:but|and|or) then\b|"
    r"\b(?:a|an|and|at|but|by|for|from|in|of|on|or|than|that|the|then|to|with)$|^mixed remarks\b|:",
    re.IGNORECASE,
)
"""Signs of a name cut out of a sentence, which says something only to those who know the sentence."""
_COMMAND = re.compile(
    r"\b(?:ignore|disregard|instructions?|prompts?|system message|assistant|https?|www)\b", re.IGNORECASE
)
"""Customers' words that address a machine or lead elsewhere."""
_MIN_TROUBLE_WORDS = 2
_SAID = re.compile(r"“[^”]+”")
_MEASURED = re.compile(r"\{\{m:|\d")
_MIN_SHORTENED = 3


def draft_copy(brief: CopyBrief) -> CopyDraft:
    """Return new text for slots that may change, within their limits.

    A slot for which nothing can be proposed keeps the control's text. An opening, a benefit and a proof stand in one slot
    only, because the same said twice is once too many; the last two where there is most room. `attempt` moves on to the next proposal.
    """
    carried = [slot.text for slot in (*brief.change_slots, *brief.keep_slots)]
    carried += [fact.statement for fact in brief.facts]
    slots: dict[str, str] = {}
    originals: dict[str, str] = {}
    fact_ids: list[str] = []
    roomy = brief.factor in {Factor.BENEFIT, Factor.PROOF}
    for slot in sorted(brief.change_slots, key=lambda slot: -slot.max_chars if roomy else 0):
        taken = {*slots.values(), *(other.text for other in brief.keep_slots), slot.text}
        said = (roomy or brief.factor is Factor.HOOK) and any(
            slots[name] != text for name, text in originals.items()
        )
        proposals = () if said else _PROPOSERS[brief.factor](brief, slot)
        fitting = _fitting(proposals, slot, carried, taken)
        chosen = fitting[brief.attempt % len(fitting)] if fitting else _Proposal(slot.text)
        slots[slot.name] = chosen.text
        originals[slot.name] = slot.text
        fact_ids += chosen.fact_ids
    return CopyDraft(slots=slots, fact_ids=tuple(dict.fromkeys(fact_ids)))


def _fitting(
    proposals: Iterable[_Proposal], slot: SlotItem, carried: list[str], taken: set[str]
) -> list[_Proposal]:
    fitting: dict[str, _Proposal] = {}
    for proposal in proposals:
        text = " ".join(proposal.text.split())
        if (
            len(text) <= slot.max_chars
            and text not in taken
            and not unresolved_quantities(text, carried=carried)
        ):
            fitting.setdefault(text, _Proposal(text, proposal.fact_ids))
    return list(fitting.values())


def _hooks(brief: CopyBrief, slot: SlotItem) -> Iterator[_Proposal]:
    """Open with what is wished for; not at all where the pain point's name does not say what is wrong."""
    if not is_plain_trouble(_bare(brief.pain_point)):
        return
    wish = _wish(brief)
    yield _Proposal(f"Want {wish}?")
    yield _Proposal(f"{_capitalised(wish)} matters" + _stop(slot.text))
    yield _Proposal(f"Looking for {wish}?")
    yield _Proposal(f"Want {wish}? {_closed(slot.text)}")


def _wish(brief: CopyBrief) -> str:
    return wish_of(brief.pain_point, [quote.text for quote in brief.quotes])


def is_plain_trouble(label: str) -> bool:
    """Tell whether a pain point's name can be understood as a complaint by itself, such as "Parcels come late"."""
    return (
        len(label.split()) >= _MIN_TROUBLE_WORDS
        and _TROUBLE.search(label) is not None
        and _FRAGMENT.search(label) is None
        and _COMMAND.search(label) is None
    )


def _sendable(brief: CopyBrief) -> list[FactItem]:
    """Return the facts that may be told: none that tells the complaint, addresses a machine or leads elsewhere."""
    complaints = [_bare(brief.pain_point).lower(), *(_bare(quote.text).lower() for quote in brief.quotes)]
    return [
        fact
        for fact in brief.facts
        if _COMMAND.search(fact.statement) is None
        and not any(complaint in fact.statement.lower() for complaint in complaints if complaint)
    ]


def _own_facts(brief: CopyBrief) -> list[FactItem]:
    """Return the facts about what the brand does, which are in nobody's words; those that count nothing come first."""
    own = [fact for fact in _sendable(brief) if not _SAID.search(fact.statement)]
    return sorted(own, key=lambda fact: bool(_MEASURED.search(fact.statement)))


def _benefits(brief: CopyBrief, slot: SlotItem) -> Iterator[_Proposal]:
    """Say first what the customer gets, as the brand's own facts say it; else what customers wish for."""
    for fact in _own_facts(brief):
        statement = _bare(fact.statement)
        yield _Proposal(f"{_capitalised(statement)}. {slot.text}", (fact.fact_id,))
        yield _Proposal(_capitalised(statement) + _stop(slot.text), (fact.fact_id,))
    if _COMMAND.search(brief.pain_point):
        return
    wish = _wish(brief)
    yield _Proposal(f"You deserve {wish}. {slot.text}")
    yield _Proposal(f"{_closed(slot.text)} If {wish} matters to you, talk to us.")
    yield _Proposal(f"{_capitalised(wish)} should go without saying. {slot.text}")
    yield _Proposal(f"You deserve {wish}" + _stop(slot.text))
    yield _Proposal(_capitalised(wish) + _stop(slot.text))


def _proofs(brief: CopyBrief, slot: SlotItem) -> Iterator[_Proposal]:
    """Back the control's words with a fact, one that counts something where there is one."""
    for fact in sorted(_sendable(brief), key=lambda fact: not _MEASURED.search(fact.statement)):
        statement = _capitalised(_bare(fact.statement))
        yield _Proposal(f"{_closed(slot.text)} {_closed(statement)}", (fact.fact_id,))
        yield _Proposal(f"{_closed(sentences(slot.text)[0])} {_closed(statement)}", (fact.fact_id,))
        yield _Proposal(f"The facts: {_lowered(statement)}", (fact.fact_id,))


def _calls(brief: CopyBrief, slot: SlotItem) -> Iterator[_Proposal]:  # noqa: ARG001 - proposers share one signature
    """Ask for something else than the control does, at the place where it asks."""
    said = sentences(slot.text)
    asks = bool(_IMPERATIVE.match(said[-1]))
    kept = said[:-1] if asks else said
    for call in _CALLS:
        if asks and not kept:
            yield _Proposal(call + _stop(slot.text))
        else:
            yield _Proposal(f"{_closed(' '.join(kept))} {call}.")


def _tones(brief: CopyBrief, slot: SlotItem) -> Iterator[_Proposal]:  # noqa: ARG001 - proposers share one signature
    """Say the same less formally, or more calmly where the control shouts."""
    calm = re.sub(r"!+", ".", slot.text)
    relaxed = calm
    for formal, spoken in _CONTRACTIONS:
        relaxed = re.sub(rf"\b{formal}\b", spoken, relaxed)
        relaxed = re.sub(rf"\b{_capitalised(formal)}\b", _capitalised(spoken), relaxed)
    yield _Proposal(relaxed)
    yield _Proposal(calm)
    for opener in _OPENERS:
        yield _Proposal(f"{opener}: {_lowered(relaxed)}")


def _offers(brief: CopyBrief, slot: SlotItem) -> Iterator[_Proposal]:
    """Put forward what the facts say is on offer."""
    for fact in _own_facts(brief):
        if _OFFER.search(fact.statement):
            statement = _capitalised(_bare(fact.statement))
            yield _Proposal(f"On offer: {_lowered(statement)}. {slot.text}", (fact.fact_id,))
            yield _Proposal(f"On offer: {_lowered(statement)}", (fact.fact_id,))


def _lengths(brief: CopyBrief, slot: SlotItem) -> Iterator[_Proposal]:  # noqa: ARG001 - proposers share one signature
    """Say the same in fewer words."""
    shorter = [sentences(slot.text)[0], *re.split(r"[,:;–]| - ", slot.text)[:1]]
    for text in shorter:
        if _MIN_SHORTENED <= len(text.split()) < len(slot.text.split()):
            yield _Proposal(text.strip())


_PROPOSERS: dict[Factor, _Proposer] = {
    Factor.HOOK: _hooks,
    Factor.BENEFIT: _benefits,
    Factor.PROOF: _proofs,
    Factor.CTA: _calls,
    Factor.TONE: _tones,
    Factor.OFFER: _offers,
    Factor.LENGTH: _lengths,
}


def _bare(text: str) -> str:
    return " ".join(text.split()).strip(" .!?:;")


def _closed(text: str) -> str:
    text = text.strip()
    return text if not text or text.rstrip("”’\"'")[-1:] in ".!?…" else f"{text}."


def _stop(control: str) -> str:
    """Return the full stop a text needs to end as the control does."""
    return "." if control.rstrip().endswith((".", "!")) else ""


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lowered(text: str) -> str:
    """Return a text to stand within a sentence; names in capitals and "I" stay."""
    first = text.split(maxsplit=1)[0] if text.split() else ""
    return (
        text
        if first == "I" or first.startswith("I'") or first[1:] != first[1:].lower()
        else text[:1].lower() + text[1:]
    )
