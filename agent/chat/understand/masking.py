"""A request with what it names replaced by the sort of thing it is, so that examples are compared by what is asked."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from agent.chat.understand.calling import is_crowd
from agent.chat.understand.index import Mention
from agent.chat.understand.spans import Subject
from agent.chat.understand.times import Span
from agent.chat.understand.words import TIME_MARK, Token, words_in

_MASKS: Final = {
    "stage": "this stage",
    "after": "after this step",
    "event": "this step",
    "persona": "this persona",
    "map": "this map",
    "variant_set": "this set",
    "by": "this attribute",
}


SUBJECT_MASK: Final = "this topic"


TIME_MASK: Final = "that date"


_PLAIN_KEYS: Final = frozenset({"channel", "kind"})
"""Keys that phrasings name as they are."""


COVERING: Final = frozenset({"where", "stage", "after", "event", "persona", "map", "variant_set", "by"})


def masked_request(
    tokens: Sequence[Token], mentions: Sequence[Mention], subject: Subject | None, times: Sequence[Span]
) -> str:
    """Return the request with what it names replaced by the sort of thing it is; groups of customers are taken out."""
    starts = {
        mention.start: (mention.end, mention.slot)
        for mention in mentions
        if mention.slot in COVERING
        and not mention.plain
        and not (mention.slot == "by" and mention.value in _PLAIN_KEYS)
        and not (mention.slot == "where" and mention.key == "kind")
    }
    if subject is not None and subject.start < subject.end:
        starts[subject.start] = (subject.end, "subject")
    leads = [span.words.split()[0] if span.lead != "within" else "" for span in times]
    words: list[str] = []
    at = 0
    while at < len(tokens):
        end, slot = starts.get(at, (at + 1, ""))
        if slot == "where":
            _take_out(words, tokens, at, end)
            while end < len(tokens) and (tokens[end].text in _ALONE or _is_left_over(tokens[end].text)):
                end += 1
            end = _next_group(tokens, end, starts)
        elif slot == "subject":
            words.append(SUBJECT_MASK)
        elif slot:
            words.append(_MASKS[slot])
        elif tokens[at].text == TIME_MARK:
            words.extend(_time_words(leads.pop(0) if leads else ""))
        elif not _is_number(tokens, at) and tokens[at].text not in _POLITE:
            words.append(tokens[at].text)
        at = end
    return re.sub(r" ([,;?!.:])", r"\1", " ".join(words)).strip(" ?!.,;:")


def _next_group(tokens: Sequence[Token], end: int, starts: Mapping[int, tuple[int, str]]) -> int:
    """Return where the next group of a list begins, so that "mobile and desktop customers" is masked as one."""
    at = end
    while at < len(tokens) and tokens[at].text in {"and", "or", ",", "the", "our", "both"}:
        at += 1
    return at if at > end and starts.get(at, (0, ""))[1] == "where" else end


def _is_left_over(word: str) -> bool:
    """Tell whether a word is the rest of what a group is called: "crowd" of "the home crowd"."""
    return (is_crowd(word) and word not in words_in("people")) or word in _OF_TRAITS


def _is_number(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a word is how many things are asked for, which says nothing of what is asked."""
    return tokens[at].text.isdigit() or (tokens[at].text in _NUMBERS and at + 1 < len(tokens))


_POLITE: Final = frozenset({"please", "thanks", "kindly"})


_NUMBERS: Final = frozenset(
    {"three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve", "fifteen", "twenty"}
)


_ALONE: Final = frozenset({"only", "alone", "exclusively"})


def _time_words(lead: str) -> list[str]:
    """Return how a time is masked: one that is only a limit says nothing of what is asked."""
    return [lead, TIME_MASK] if lead in {"since", "before", "after", "from", "until"} else []


def _take_out(words: list[str], tokens: Sequence[Token], start: int, end: int) -> None:
    """Leave out a group: "customers on mobile" becomes "customers", "families" too."""
    following = tokens[end].text if end < len(tokens) else ""
    if following in words_in("people"):
        return
    while words and words[-1] in words_in("group_leads") | words_in("groups"):
        words.pop()
    outside = (*tokens[:start], *tokens[end:])
    if not any(token.text in words_in("people") for token in outside) and "customers" not in words:
        words.append("customers")


_OF_TRAITS: Final = frozenset({"channel", "channels", "device", "devices", "tier", "city"})
