"""The term that a request asks to have explained."""

import re
from typing import Final

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


def _trimmed(term: str) -> str:
    before = None
    term = term.strip(" ?!.,;:\"'“”")
    while before != term:
        before, term = term, _EDGES.sub("", term).strip(" ?!.,;:\"'“”")
    return term
