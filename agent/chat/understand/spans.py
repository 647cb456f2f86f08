"""The words of a subject: from where they begin up to where something else does."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from agent.chat.understand.frames import is_asking, is_limit_word
from agent.chat.understand.leads import CLAUSES
from agent.chat.understand.words import Token, thing_stems, words_in


@dataclass(frozen=True, slots=True)
class Subject:
    """The words a request is about.

    Attributes:
        text: The words as they were written, but in lower case.
        start: First token; equal to `end` where the words stood in quotation marks elsewhere.
        end: First token behind it.
        led: True where a word such as "about" leads to it, so that it is meant as the subject whatever it says.
    """

    text: str
    start: int
    end: int
    led: bool


def span_from(tokens: Sequence[Token], start: int, covered: Collection[int]) -> Subject | None:
    """Return the words from a place on up to where something else begins, without frame words around them."""
    # A clause says with its verb what is wrong: "when the parcel shows up broken".
    is_clause = start > 0 and tokens[start - 1].text in CLAUSES
    while start < len(tokens) and tokens[start].text in words_in("stop") - {"no", "not"} - _DOINGS:
        if tokens[start].text in words_in("pronouns") - {"this", "that", "these", "those"}:
            return None
        start += 1
    # "That being passed around is annoying": the verb says what is said of it, as does how bad it is.
    links = is_clause and not begins_doing(tokens, start) and not _says_degree(tokens, start)
    end = start
    while (
        end < len(tokens)
        and end not in covered
        and tokens[end].is_word
        and not (_breaks(tokens, start, end) and not (links and tokens[end].text in _LINKING))
    ):
        end += 1
    content = [at for at in range(start, end) if not is_asking(tokens[at])]
    # "Waiting for their money to come back" says with all of its words what is meant.
    if content and not (is_clause or (start < end and is_doing(tokens[start]))):
        end = extended(tokens, content[-1] + 1, end)
    elif not content:
        kept = _PARTICLES if start < end and is_doing(tokens[start]) else frozenset[str]()
        while end > start and tokens[end - 1].text in words_in("stop") - kept:
            end -= 1
        texts = {tokens[at].text for at in range(start, end)}
        if not texts - words_in("people") - words_in("stop") - words_in("empty") and texts != {"points"}:
            return None
    return (
        Subject(" ".join(token.text for token in tokens[start:end]), start, end, led=True)
        if end > start
        else None
    )


def _says_degree(tokens: Sequence[Token], start: int) -> bool:
    """Tell whether a clause says how bad something is: "that missing measurements are a nuisance"."""
    verb = next(
        (at for at in range(start, len(tokens)) if tokens[at].text in {"is", "are", "was", "were"}), None
    )
    if verb is None:
        return False
    return any(token.text in words_in("degrees") for token in tokens[verb + 1 : verb + 5])


def is_doing(token: Token) -> bool:
    """Tell whether a word begins a clause that has no verb but itself: "being passed around", "having to register"."""
    return token.text.endswith("ing") and (token.text in _DOINGS or not is_asking(token))


def begins_doing(tokens: Sequence[Token], start: int) -> bool:
    """Tell whether such a word stands at a place."""
    return start < len(tokens) and is_doing(tokens[start])


def _breaks(tokens: Sequence[Token], start: int, at: int) -> bool:
    if tokens[at].text in words_in("subjects_breaks"):
        # "Stores not having what the site shows": the clause belongs to the verb before it.
        return not (at > start and tokens[at].text in _OBJECTS and tokens[at - 1].text.endswith("ing"))
    if tokens[at].text in {"in", "from", "on", "via", "at", "for"} and at > start:
        following = [token.text for token in tokens[at + 1 : at + 3]]
        return any(is_limit_word(word) or word in words_in("people") for word in following)
    return (
        tokens[at].text == "and"
        and at + 1 < len(tokens)
        and tokens[at + 1].text in {"what", "how", "why", "who", "where", "which"}
    )


def extended(tokens: Sequence[Token], end: int, limit: int) -> int:
    """Return the end of a span with the words behind it that belong to what it names: "swim" and then "shorts"."""
    while end < limit and (tokens[end].text in words_in("after") or is_head(tokens, end)):
        end += 1
    return end


def is_head(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a word behind a noun is the thing that both together name: "swim shorts", "phone case"."""
    plain = (
        words_in("stop") | words_in("people") | words_in("groups") | words_in("empty") | words_in("trouble")
    )
    return tokens[at].stem in thing_stems() and tokens[at].text not in plain | words_in("complaint_words")


_PARTICLES: Final = frozenset({"up", "off", "out", "back", "down", "away", "around", "over", "through", "in"})
_DOINGS: Final = frozenset(
    {"being", "having", "getting", "waiting", "not", "paying", "finding", "trying", "going", "needing"}
)
_LINKING: Final = frozenset({"is", "are", "was", "were", "does", "do", "gets", "get", "has", "have"})
_OBJECTS: Final = frozenset({"what", "which", "who", "where", "how", "why"})
