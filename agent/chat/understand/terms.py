"""The term that a request asks to have explained."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from agent.chat.understand.concepts import concepts_of
from agent.chat.understand.words import stems_of

_TERM: Final = (
    re.compile(r"\bmean(?:s|t)? by (?P<term>.+)"),
    re.compile(r"\b(?:definition|meaning|notion|concept) of (?P<term>.+)"),
    re.compile(r"\bwhat (?:does|do|did) (?P<term>.+?) (?:mean|stand for|measure|tell|say|signify|refer to)\b"),
    re.compile(r"\bwhat (?:is|are) (?:meant|understood) by (?P<term>.+)"),
    re.compile(r"\bhow (?:is|are|was|were) (?P<term>.+?) (?:calculated|computed|measured|defined|worked out|determined|counted|estimated|derived)\b"),
    re.compile(r"\bhow (?:do|did|does) (?:you|we|it|the tool) (?:calculate|compute|measure|define|work out|count|determine|estimate|come up with|derive|arrive at) (?P<term>.+)"),
    re.compile(r"\b(?:define|explain|clarify|what is an?)\s+(?:to me\s+|me\s+)?(?:what\s+)?(?P<term>.+?)(?:\s+(?:is|are|means?))?$"),
    re.compile(r"\b(?:what is|what are|understand)\s+(?:to me\s+|me\s+)?(?:what\s+)?(?P<term>.+?)(?:\s+(?:is|are|means?))?$"),
)  # fmt: skip
_EDGES: Final = re.compile(
    r"^(?:the|a|an|this|your|by|term|word|meaning of|exactly|here)\s+|\s+(?:here|exactly|to me|in this context|in simple terms|please|mean|for)$"
)


def term_in(text: str, *, plainly: bool = False) -> str | None:
    """Return the term that a request asks to have explained, None where it asks for none.

    Args:
        text: What was asked, in lower case.
        plainly: Whether "what are pain points" is too little to tell: it may ask for them.
    """
    text = text.strip(" ?!.,;:\n")
    for pattern in _TERM[:-1] if plainly else _TERM:
        match = pattern.search(text)
        if match is not None and _trimmed(match["term"]):
            return _trimmed(match["term"])[:200]
    return None


_EXPLAINS: Final = re.compile(
    r"\b(?:explain|define|definition|meaning|means?|meant|stand(?:s)? for|plain (?:words|english|terms)|simple (?:words|terms|english)|layman\w*|in a sentence|how (?:is|are|do you|does one|did you) .*(?:calculat\w*|comput\w*|defin\w*|work\w* out|measur\w*|deriv\w*|determin\w*)|calculated|computed|glossary|remind me what|eli5)\b|^what (?:is|are) (?:a|an)\b"
)
_ASKS: Final = re.compile(r"\b(?:how many|how much|show|list|compare|which|where|who)\b")


def asks_term(text: str, terms: Sequence[str]) -> bool:
    """Tell whether a request asks what a term of the glossary is: by the term alone, or with a word for explaining."""
    if _is_alone(text, terms):
        return True
    term = term_in(text, plainly=True)
    if term is not None and stems_of(term) in _stems(tuple(terms)):
        return True
    return bool(_EXPLAINS.search(text)) and not _ASKS.search(text) and known_term(text, terms) is not None


def _is_alone(text: str, terms: Sequence[str]) -> bool:
    """Tell whether a text is a term of the glossary and nothing else, and one that names nothing to be listed or counted."""
    alone = stems_of(text)
    if alone not in {stems_of(term) for term in terms}:
        return False
    ideas = concepts_of(text) - {"reach", "severity", "share", "explain"}
    return bool(alone) and not ideas


def known_term(text: str, terms: Sequence[str]) -> str | None:
    """Return the term of the glossary that a text is on, None where none stands in it: the longest, or the one that another has.

    "The severity of a pain point" is on severity.
    """
    stems = stems_of(text)
    held = [
        (stems[at + len(phrase) : at + len(phrase) + 1] == ("of",), len(one), one)
        for phrase, one in _stems(tuple(terms)).items()
        for at in range(len(stems) - len(phrase) + 1)
        if stems[at : at + len(phrase)] == phrase
    ]
    return max(held, default=(False, 0, None))[2]


@lru_cache(maxsize=4)
def _stems(terms: tuple[str, ...]) -> dict[tuple[str, ...], str]:
    return {stems_of(one): one for one in terms}


def _trimmed(term: str) -> str:
    before = None
    term = term.strip(" ?!.,;:\"'“”")
    while before != term:
        before, term = term, _EDGES.sub("", term).strip(" ?!.,;:\"'“”")
    return term
