"""What a request only tells before its wish: "since our budget goes into placements, I would like to see the personas".

Sentences are parted before; what is left here is told within the sentence that asks.
"""

import re
from collections.abc import Sequence
from typing import Final

from agent.chat.understand.sentences import begins_request
from agent.chat.understand.spans import Subject
from agent.chat.understand.telling import tells
from agent.chat.understand.words import Token, words_in

_WISHES: Final = re.compile(
    r"^(?:(?:and|so|therefore|thus|hence|but|now|then|that is why) )*(?:(?:i|we) (?:would|want|need|wish|should|must|have to|am|are|hope)\b"
    r"|(?:can|could|would|may|might) (?:you|i|we)\b|please\b|let (?:me|us)\b)"
)
_SO: Final = re.compile(
    r"^(?:and )?(?:so|therefore|thus|hence|that is why) (?:i|we|could|can|would|may|please)\b"
)
"""What stands before it says why something is wished."""
_POINTS: Final = re.compile(
    r"\b(?:it|that|this|these|those|them|they)\b(?! (?:date|day|tool|time|page|moment|point|year|month|week|brand|company|shop|data|period|quarter)\b)"
)
_MOST_TOLD: Final = 60
"""Words within which a wish begins; nothing longer is told within one sentence."""
_PAST: Final = frozenset({"went", "came", "began", "left", "was", "were", "had", "did", "took", "got", "made", "ran", "saw"})  # fmt: skip


def told_until(tokens: Sequence[Token], subject: Subject | None) -> int:
    """Return where the wish begins behind what is only told; 0 where nothing is, or where the wish is about what is told.

    Args:
        tokens: Of the request.
        subject: Where it stands in what is told and a word leads to it, or the wish points back to it, it is asked of.
    """
    start = next((at + 1 for at in range(min(len(tokens), _MOST_TOLD)) if _parts(tokens, at)), 0)
    rest = " ".join(token.text for token in tokens[start:])
    if not start or subject is None or subject.start >= start or subject.start == subject.end:
        return start
    names_all = any(token.text in words_in("asked_whole") for token in tokens[start:])
    return start if names_all and not subject.led and not _POINTS.search(rest) else 0


def _parts(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a mark stands between what is told and a wish."""
    if tokens[at].text not in {",", "."} or not at or at + 1 == len(tokens):
        return False
    head, rest = (" ".join(one.text for one in part) for part in (tokens[:at], tokens[at + 1 :]))
    if not _wishes(rest) or _wishes(head):
        return False
    return bool(_SO.match(rest)) or _is_told(head.split())


def _wishes(text: str) -> bool:
    return bool(_WISHES.match(text)) or begins_request(text)


def _is_told(words: Sequence[str]) -> bool:
    if words[0] in words_in("clause_reasons"):
        # "Since we launched them": a time, and so no mere reason.
        return not any(word.endswith("ed") or word in _PAST for word in words)
    return tells(" ".join(words))
