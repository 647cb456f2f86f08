"""What no shop records and what this one did not: deeds without a step, customers gone to others, and why something changed.

A step that is named as one is looked for by its name (`strangers`); here a deed is told by its verb, "those who scanned the code",
and an answer without it would be one of other customers.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from agent.chat.understand.deeds import deed_stems
from agent.chat.understand.frames import is_asking, is_frame
from agent.chat.understand.parsing import Parsed
from agent.chat.understand.slots import Asked
from agent.chat.understand.strangers import no_step
from agent.chat.understand.vocabulary import Vocabulary
from agent.chat.understand.words import TIME_MARK, Token, stem, stems_in, thing_stems, words_in
from agent.schemas.chat import Missing

_FREE: Final = frozenset(
    {"explain_term", "show_help", "propose_variants", "list_variants", "check_variants", "draft_map"}
)
"""Tools of which a request may tell anything."""
_OF_DEEDS: Final = frozenset({"show_paths", "show_funnel", "show_retention", "count_customers"})
_ASPECTS_OF_DEEDS: Final = frozenset({"behaviour", "reach"})


def unrecorded(asked: Asked) -> Missing | None:
    """Return what a request asks that is in no data of a shop or not in this one's, or None."""
    kind, parsed, vocabulary = asked.kind, asked.parsed, asked.vocabulary
    if kind.tool in _FREE:
        return None
    cause = unknown_cause(parsed)
    if cause is not None or kind.tool == "search_evidence":
        return cause
    moved = unknown_move(parsed, vocabulary)
    if moved is not None:
        return moved
    aspect = kind.arguments.get("aspect")
    of_deeds = kind.tool in _OF_DEEDS or aspect in _ASPECTS_OF_DEEDS
    if kind.tool == "show_pain_point" and not of_deeds:
        return None
    deed = unknown_deed(parsed, sure=not of_deeds)
    return None if deed is None else no_step(deed, vocabulary)


def told_unrecorded(parsed: Parsed, said: Parsed, vocabulary: Vocabulary) -> Missing | None:
    """Return that "they" are those who did what nobody recorded: "who watched the video, and how many are they"."""
    is_theirs = any(token.text in {"they", "them", "those", "these"} for token in parsed.tokens)
    if not is_theirs or parsed.all("event") or parsed.all("where"):
        return None
    deed = unknown_deed(said, sure=False)
    return None if deed is None else no_step(deed, vocabulary)


_FELL: Final = r"(?:fall(?:s|ing|en)?|fell|drop(?:s|ped|ping)?)\b(?![ -](?:off|out|away|through|for|into))"
_CHANGED: Final = (
    r"(?:increas\w*|ris(?:es?|ing|en)|rose|gr(?:ow|ew|own|owing)s?|growth|uptick|go(?:es|ne)? (?:up|down)|went (?:up|down)|going (?:up|down)"
    r"|climb\w*|spik\w*|jump\w*|surg\w*|soar\w*|worsen\w*|(?:become|became|becoming|get|got|getting) (?:worse|better|more|less|rarer|louder)"
    rf"|{_FELL}|declin\w*|decreas\w*|shr[aiu]nk\w*|improv\w*|peak\w*|plummet\w*)"
)
_OF_WHAT: Final = r"(?:complaints?|problems?|issues?|gripes?|retention|churn|conversions?|orders?|returns?|numbers?|share|rate|trend)"
_WHY_CHANGED: Final = re.compile(
    rf"^(?:so |and |but |tell me |explain(?: to me)? )*(?:why|how come|for what reason)\b(?: (?:did|has|have|had|is|are|was|were)\b.*|.*\b{_OF_WHAT}\b.*)\b{_CHANGED}"
    r"|^(?:so |and |but )*why (?:are|were|do|did|have|is)\b.*\b(?:more|fewer|less)\b.*\b(?:than (?:before|last|in|earlier|they used|it used|we used)|lately|recently|nowadays|these days|since)\b"
    rf"|\bwhat (?:made|drove|pushed|sent|is driving|was driving|has driven|is pushing|is making|has made)\b.*\b{_CHANGED}"
    rf"|\b(?:behind|reasons? (?:for|of|behind)|explains?|explained|explanation (?:for|of)|driving)\b (?:the |this |that |our |recent |sudden |sharp |recently )*{_CHANGED} (?:in|of|for)\b"
)


def unknown_cause(parsed: Parsed) -> Missing | None:
    """Return that it is asked why something became more or less frequent, which what customers say of it does not tell."""
    if not _WHY_CHANGED.search(parsed.text):
        return None
    return Missing(
        reason="not_measured",
        statement="Why something became more or less frequent cannot be told: the data shows when it did, not what caused it.",
        needed="Ask how it developed month by month, or what customers say about it.",
    )


_MOVED: Final = re.compile(
    r"\b(?:moved|moving|moves?|lose|losing|switch(?:ed|es|ing)?|defect(?:ed|s|ing)?|migrat(?:ed|es|ing)|went|gone|going|go|left us|leave us|leaving us|ran|turned|lost|changed|drift(?:ed|ing))"
    r" (?:(?:over|away|across|straight|off|out|from us|back|them|customers?|people) )*(?:to|for) (?P<whom>(?:an?|another|the|some|our|other)(?: (?:other|different))? )?(?P<to>[\w&-]+(?: [\w&-]+)?)"
)
_OTHER: Final = frozenset({"another", "other", "different"})
_EVERYDAY: Final = frozenset({"next", "target", "gap", "habitat", "blacks", "boots", "nordic", "lush", "rei"})
"""Companies whose names stand behind "to" as everyday words as well."""


def unknown_move(parsed: Parsed, vocabulary: Vocabulary) -> Missing | None:
    """Return that it is asked who went on to another company, which this brand's own data cannot tell; or None.

    Another company is told by its name, which nobody wrote of, or by what it is: "a competitor", "another shop".
    """
    match = _MOVED.search(parsed.text)
    if match is None:
        return None
    whom, to = (match["whom"] or "").split(), match["to"].split()
    is_other = words_in("rivals") & set(to) or (words_in("other_shops") & set(to) and _OTHER & set(whom))
    if not is_other and (whom or not _is_company(to[0], parsed, vocabulary)):
        return None
    to = [word for word in to if word not in words_in("stop")]
    return Missing(
        reason="not_measured",
        statement=f"The data holds what customers do with this brand; who went on to “{' '.join((*whom, *to))}” is not in it.",
        needed="Ask how many leave, at which stage, or what those complained about who did.",
    )


def _is_company(word: str, parsed: Parsed, vocabulary: Vocabulary) -> bool:
    """Tell whether a word that somebody went to is a company: a known one, or a name that nobody uses for anything else."""
    if word in words_in("companies") - _EVERYDAY:
        return True
    held = {at for one in parsed.mentions for at in range(one.start, one.end)}
    places = [(at, token) for at, token in enumerate(parsed.tokens) if token.text == word]
    if not places or any(at in held or is_frame(token) for at, token in places):
        return False
    return stem(word) not in vocabulary.said | thing_stems()


def unknown_deed(parsed: Parsed, *, sure: bool) -> str | None:
    """Return the words of a deed that customers are counted or followed by and that is no step of the data, or None.

    Args:
        parsed: The request.
        sure: Whether only verbs that tell of nothing but a deed count, such as "install"; others, "set" or "finish", tell of
            one with a thing behind them.
    """
    verbs = deed_stems("deeds_alone") if sure else deed_stems("deeds_alone") | deed_stems("deeds_on_things")
    return _deed(parsed, lambda token: token.stem in verbs, _place_of)


def told_deed(parsed: Parsed) -> str | None:
    """Return the words of any deed of customers that has a thing behind it, where nothing else says what is asked; or None."""
    no_deeds = stems_in("saying", "complaining", "reporting", "told_that", "no_deeds", "stop")
    return _deed(parsed, lambda token: token.is_word and token.stem not in no_deeds, _place_of_theirs)


def _deed(
    parsed: Parsed,
    is_verb: Callable[[Token], bool],
    place_of: Callable[[Sequence[Token], int], range | None],
) -> str | None:
    tokens = parsed.tokens
    held = {at for one in parsed.mentions if one.slot not in _SOFT for at in range(one.start, one.end)}
    for at, token in enumerate(tokens):
        if not is_verb(token):
            continue
        place = place_of(tokens, at)
        if place is None:
            continue
        is_thing = token.stem in deed_stems("deeds_alone") or any(
            _is_thing(tokens[one]) for one in place if one != at
        )
        is_trouble = any(tokens[one].text in words_in("flaws") for one in place)
        if is_thing and not is_trouble and not held & set(place):
            return " ".join(tokens[one].text for one in place)
    return None


def _is_thing(token: Token) -> bool:
    """Tell whether a word is something that a deed is done to, and not the shop itself: "use our site" is no step."""
    if token.text in words_in("any_shop") | words_in("people"):
        return False
    return not is_asking(token) or token.stem in thing_stems()


_SOFT: Final = frozenset({"emotion", "severity", "creative", "lane"})
_MOST_OBJECT: Final = 5


def _place_of_theirs(tokens: Sequence[Token], at: int) -> range | None:
    """Return the place of what customers do with the thing behind it, None where it is not theirs."""
    return range(at, _object_end(tokens, at + 1)) if _is_theirs(tokens, at) else None


def _place_of(tokens: Sequence[Token], at: int) -> range | None:
    """Return the same, or the place of what was done to the thing before it: "how often was the finder opened"."""
    theirs = _place_of_theirs(tokens, at)
    if theirs is not None:
        return theirs
    if (
        at < _LEAST_DONE_TO
        or tokens[at - 1].text not in _DONE_TO
        or not tokens[at].text.endswith(("ed", "en", "nt", "de"))
    ):
        return None
    start = at
    while start and at - start < _MOST_OBJECT and tokens[start - 1].is_word:
        if tokens[start - 1].text in _COUNTED:
            return range(start, at + 1)
        start -= 1
    return None


_LEAST_DONE_TO: Final = 3
_DONE_TO: Final = frozenset({"was", "were", "been", "got"})
_COUNTED: Final = frozenset({"many", "often", "times", "number", "share", "percentage"})


def _is_theirs(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a verb is what customers do: "who installed", "they have watched", "how many scanned"."""
    back = at - 1
    while back >= 0 and tokens[back].text in words_in("deed_helpers"):
        back -= 1
    if back < 0:
        return False
    word, before = tokens[back].text, tokens[back - 1].text if back else ""
    if word == "that":
        return before in words_in("people")
    return word in words_in("people") | words_in("doing_persons")


def _object_end(tokens: Sequence[Token], start: int) -> int:
    """Return where the thing that something is done to ends: before a mark, a step on, or another clause."""
    ends = words_in("subjects_breaks") | words_in("object_ends") | {TIME_MARK}
    end = start
    while (
        end < min(len(tokens), start + _MOST_OBJECT) and tokens[end].is_word and tokens[end].text not in ends
    ):
        end += 1
    return end
