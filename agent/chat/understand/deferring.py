"""Requests that only point at what their message told: "what do I tell her", "may I see this prediction", "would you list them".

What is asked then stands in the statement before: a wish, a claim, or a thing that is said to be there. Politeness that a request
begins with says no more of what is asked, and is left out before the request is compared with others.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from agent.chat.understand.telling import claimed
from agent.chat.understand.words import Token, stems_in, tokens_of, words_in

_MOST: Final = 14
"""Words; more of them say something of their own."""


def only_points(text: str) -> bool:
    """Tell whether a request says nothing of its own: it hands over, or answers with, what was told before."""
    words = [token for token in tokens_of(text) if token.is_word]
    texts = frozenset(token.text for token in words)
    if asks_deed(text):
        return False
    if texts <= _WHICH and texts & {"they", "those", "these"}:
        return True
    if not words or len(words) > _MOST or not all(_is_around(words, at) for at in range(len(words))):
        return False
    if words[0].text in {"what", "how"}:
        # "What do I tell her", "what is the answer"; "what can I do about it" asks for advice.
        notes = texts & words_in("noting") if texts & words_in("papers") else frozenset[str]()
        return bool(notes or texts & words_in("replying")) and bool(texts & {"i", "we", "answer"})
    if "answer" in texts and texts.isdisjoint({"her", "him", "them"}):
        # "Can you answer that"; whom to answer is told for a letter.
        return True
    points = bool(texts & words_in("pointers"))
    return points and any(token.stem in stems_in("handing") for token in words)


def asks_deed(text: str) -> bool:
    """Tell whether a request is for a deed that was told of: "could you do that". None is done from here."""
    return bool(_DO_IT.search(text))


_DO_IT: Final = re.compile(
    r"\b(?:do|make|handle|arrange|organi[sz]e|manage|take care of) (?:it|that|this|so|them)(?: (?:for me|for us|please|now|today|too|happen))*$"
)
_WHICH: Final = frozenset(
    {"which", "who", "what", "ones", "one", "are", "were", "they", "those", "these", "then", "and", "so"}
)


def _is_around(words: Sequence[Token], at: int) -> bool:
    word, before = words[at], words[at - 1].text if at else ""
    around = words_in("pointers") | words_in("replying") | words_in("around_pointers") | words_in("papers")
    if word.text in around | words_in("noting"):
        return True
    # "This prediction" points at one that was told; "the prediction" asks for it.
    return word.stem in stems_in("handing") or (
        word.text in words_in("results") and (before in words_in("pointers") or word.text == "answer")
    )


def names_result(text: str) -> bool:
    """Tell whether a request calls what it points at by more than "answer" or "figure"."""
    return any(token.text in words_in("results") - words_in("any_result") for token in tokens_of(text))


_THERE: Final = re.compile(
    r"^.*\b(?:a (?:quick |first )?look at|access to|a (?:copy|view|glimpse) of|sight of) (?=\w)|^(?:(?:apparently|supposedly|i think|i believe|i guess|somewhere|somehow|but|and|so) )*"
    r"(?:there (?:is|are|was|were|(?:should|must|might|may|could|will) be|has to be|have to be)|(?:we|you|they) (?:have|had|got|hold|keep|store)|i am after|it (?:has|offers|holds)) "
)


def told_request(statement: str) -> str:
    """Return what a statement says that a request might ask: a claim without who claims it, a thing without that it is there."""
    claim = claimed(statement) or statement
    if not words_in("people").isdisjoint(statement.removesuffix(claim).split()):
        # Customers who claim something are those it is about.
        claim = statement
    return _THERE.sub("", claim).strip(" ,") or claim


_POLITE: Final = re.compile(
    r"^(?:(?:and|so|but|then|also|now|please|kindly|ok) )*(?:(?P<you>(?:would|could|will) you(?! (?:say|think|consider|expect|rather|call|agree)\b))|(?P<me>(?:may|might|could|can) (?:i|we)))\b(?P<rest>.*)$"
)
_COURTESIES: Final = re.compile(
    r"^(?:please|kindly|just|maybe|perhaps|possibly|also|then|quickly|briefly|mind|be able to|be so (?:kind|good|nice)(?: as)?(?: to| and)?|be (?:kind|good|nice) enough to|have the kindness to)\b[ ,]*"
)
_SEEING: Final = re.compile(
    r"^(?:(?:see|view|read|have (?:a|another|one) (?:quick |short |brief )?(?:look|glance|peek) at|take a (?:quick )?look at|look at)(?: |$)|(?:have|get) (?=(?:a|an|the|some|any|all|your|our|my|these|those|this|that|\d+|two|three|four|five|ten)\b))"
)
_KNOWING: Final = re.compile(
    r"^(?:know|ask|learn|hear|find out)(?: you)?(?: (?:whether|if|about|for))? (?=(?:what|which|who|how|where|why|the|is|are|do|does)\b)"
)


def unadorned(request: str, *, is_order: Callable[[str], bool]) -> str:
    """Return a request without the politeness that it begins with: "would you be so kind as to list" is "list".

    Args:
        request: In plain lower case.
        is_order: Tells whether words begin with an order.
    """
    match = _POLITE.match(request)
    if match is None:
        return request
    rest, before = match["rest"].strip(" ,"), ""
    while rest != before:
        before, rest = rest, _COURTESIES.sub("", rest)
    if match["me"]:
        shown = _SEEING.sub("show me ", rest) if _SEEING.match(rest) else _KNOWING.sub("", rest)
        return shown if shown != rest else request
    first = rest.split(maxsplit=1)[0] if rest else ""
    is_asked = is_order(rest) or (first.endswith("ing") and "mind" in match["rest"].split())
    return rest if is_asked else request
