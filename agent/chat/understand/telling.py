"""Statements: what a message only tells around its request, and what somebody in it is told to claim."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from agent.chat.understand.words import english_stems, stem, stems_in, words_in

_LEAST: Final = 4
"""Fewer words name something: "device is mobile"."""
_MOST_BEFORE: Final = 7
"""Words that the one who tells takes, before the verb."""
_MOST_TOLD: Final = 4
"""Words that say to whom it was claimed."""


def tells(text: str) -> bool:
    """Tell whether words are a statement: a subject, and behind it a verb of its own that neither asks nor narrows.

    What narrows a request has no such verb ("families only"), or has it within a clause on somebody ("people who have bought").
    """
    words = text.replace(",", "").split()
    if is_circumstance(text) or _mended_it(words) or _DEED_THEN.match(text):
        return True
    if len(words) >= _LEAST and words[0] in words_in("statement_leads"):
        # "Before we brief the agency": what we do narrows nothing.
        return words[1] in words_in("tellers") or words[1] in {"my", "our"}
    if len(words) < _LEAST or words[0] in words_in("clause_leads") | words_in("bare_heads"):
        return False
    for at, word in enumerate(words[: _MOST_BEFORE + 1]):
        if word in words_in("clause_leads"):
            return False
        if at and _is_finite(words, at):
            return True
    return False


_DEED_THEN: Final = re.compile(
    r"^(?:(?:on|in|at|since|around|back in|earlier in|late in) (?!which\b|what\b)[\w ]{2,24}|last \w+|this \w+|yesterday|recently|one day|\w+ (?:weeks?|months?|days?|years?) ago),? (?:we|i|they) (?!(?:do|did|can|have|are|were|will|should)\b (?:we|i|they)\b)\w+ \w+"
)
"""What those who ask did at some time: "on 2 March we got a new head of service"."""


def is_circumstance(text: str) -> bool:
    """Tell whether a clause only says why, or under what circumstances, somebody asks: "with the new agency starting on Monday"."""
    words = text.replace(",", "").split()
    return len(words) >= _LEAST and (_gives_reason(words) or _goes_along(words))


def _goes_along(words: Sequence[str]) -> bool:
    """Tell whether a clause behind "with" has a verb of its own; customers in it may narrow what is asked."""
    of_customers = words_in("people") | words_in("measures")
    doing = any(
        word.endswith("ing")
        and stem(word) in english_stems("verbs", "more_verbs") | stems_in("everyday", "generic")
        for word in words[2:]
    )
    return (
        words[0] == "with"
        and words[1] in words_in("determiners")
        and doing
        and of_customers.isdisjoint(words)
    )


def _gives_reason(words: Sequence[str]) -> bool:
    """Tell whether a clause only says why somebody asks: "as most of our traffic is on phones".

    "Since" and "as" lead to a reason with a verb in the present; "since the relaunch" and "as a customer" narrow what is asked.
    """
    if words[1] == "of":
        # "Because of the fees" narrows what is asked.
        return False
    if words[0] == "as" and (words[1] in {"per", "said", "told"} or words[1].endswith("ed")):
        # "As discussed with the agency".
        return True
    if words[0] in words_in("reasons") or (words[0] in words_in("reasons_that") and words[1] == "that"):
        return True
    if words[:2] == ["even", "though"]:
        return True
    if words[0] not in words_in("reasons_now"):
        return False
    # "Since the relaunch was on 1 April" tells a day, which "before and after" means.
    is_dated = any(word.isdigit() for word in words) and not words_in("past").isdisjoint(words)
    return is_dated or any(_is_present(words, at) for at in range(2, len(words)))


def _mended_it(words: Sequence[str]) -> bool:
    """Tell whether a statement says what was done to a thing by somebody who is no customer: "they redesigned the filters"."""
    is_long = len(words) >= _LEAST
    return is_long and words[0] == "they" and not words_in("mended").isdisjoint(words[1:_MOST_TOLD])


def _is_present(words: Sequence[str], at: int) -> bool:
    word, before = words[at], words[at - 1]
    if before in words_in("determiners") | words_in("prepositions") | {"of", "to", "and", "or"}:
        return False
    if word in words_in("present"):
        return True
    return (
        word.endswith("s")
        and word not in words_in("people")
        and stem(word) in english_stems("verbs", "more_verbs") | stems_in("everyday")
    )


def says_duty(text: str) -> bool:
    """Tell whether a clause says where or when those who ask have to do something: "where people are lost we should speak simply"."""
    return bool(_DUTY.match(text))


_DUTY: Final = re.compile(
    r"^(?:where|when|wherever|whenever)\b (?!(?:is|are|am|do|does|did|can|could|should|would|will|have|has|had|shall|may|might|must|was|were)\b)[^,]*\b(?:we|i) (?:should|must|need to|have to|ought to|had better)\b"
)


def without_welcome(text: str) -> str:
    """Return what is wished without the words that it would be welcome: "a recap of the stage would be handy"."""
    match = _welcome().search(text)
    wished = text[: match.start()].split() if match is not None else []
    is_named = len(wished) > _LEAST_WISHED and wished[0] not in {"it", "that", "this", "which", "what"}
    return " ".join(wished) if is_named else text


_LEAST_WISHED: Final = 1


def _welcome() -> re.Pattern[str]:
    words = "|".join(sorted(words_in("welcome")))
    return re.compile(
        rf" (?:would|will|could) (?:(?:really|certainly|also|surely) )?(?:be (?:(?:so|very|really|super|most) )?(?:{words})(?: to (?:see|have|get|know))?(?: for [\w ]{{2,30}})?"
        r"|help(?: me| us)?(?: a lot| greatly| so much| out)?|save (?:my|our) (?:day|life|bacon|week)|make my day|do the trick|go a long way)$"
    )


def with_teller(text: str) -> str:
    """Return a wish with whoever wishes, where that was left out: "would love the numbers"."""
    return f"i {text}" if _WISHES.match(text) else text


_WISHES: Final = re.compile(r"^(?:would|will) (?:love|like|appreciate|prefer|rather)\b")


def without_state(text: str) -> str:
    """Return a request without the words before it that only say how its writer is placed: "new here", "short on time"."""
    head, _, rest = text.partition(", ")
    return rest if rest and _is_state(head.split()) else text


def _is_state(words: Sequence[str]) -> bool:
    if not words or len(words) > _MOST_OF_STATE:
        return False
    held = words_in("asker_states") | words_in("asker_fillers")
    if words[:1] == ["for"] and not words_in("purposes").isdisjoint(words):
        # "For a first orientation".
        return all(word in words_in("purposes") | words_in("purpose_fillers") for word in words)
    told = list(words[:2]) == ["new", "to"] or not words_in("asker_states").isdisjoint(words)
    return told and all(word in held for word in words)


_MOST_OF_STATE: Final = 6


def _is_deed_of_people(word: str, before: str, following: str) -> bool:
    """Tell whether a verb stands between people and its object: "family customers pay the bills"."""
    is_verb = word not in words_in("stop") | _NO_VERBS and not word.endswith(("ing", "ed", "ly"))
    return before in words_in("people") and following in words_in("determiners") and is_verb


_NO_VERBS: Final = frozenset({"plus", "minus", "like", "unlike", "except", "inside", "outside", "besides"})


_SUFFERING: Final = frozenset({"being", "get", "gets", "getting"})
"""Behind these a deed is done to somebody: "being kept waiting"."""
_OBJECTS: Final = frozenset({"us", "me", "them", "him", "her", "it"})


def _is_finite(words: Sequence[str], at: int) -> bool:
    word, before = words[at], words[at - 1]
    # "The gold tier costs us": what has somebody behind it as its object is a verb.
    following = words[at + 1] if at + 1 < len(words) else ""
    has_object = following in _OBJECTS and word not in words_in("prepositions") | words_in("stop")
    reports = (word in words_in("reporting") and before not in _SUFFERING) or (
        (word.endswith("ed") and following == "that")
        or (word in words_in("reporting_many") and before in words_in("departments"))
    )
    if reports or has_object or _is_deed_of_people(word, before, following):
        return True
    if word in words_in("auxiliaries"):
        return before not in words_in("prepositions") and not _is_clause_on_noun(words, at)
    return before in words_in("tellers") and word not in words_in("stop") and at + 1 < len(words)


def _is_clause_on_noun(words: Sequence[str], at: int) -> bool:
    """Tell whether a verb belongs to a clause on the noun before its people: "problems customers have with checkout"."""
    if at < _NOUN_AND_PEOPLE or words[at - 1] not in words_in("people") | words_in("pronouns"):
        return False
    nouns = words_in("measures") | words_in("empty") | words_in("bare_heads")
    return words[at - 2] in nouns or words[-1] in words_in("prepositions") | {"about"}


_NOUN_AND_PEOPLE: Final = 2


def opens_only(text: str) -> bool:
    """Tell whether words before a request only say where its writer comes from: "coming from retail", "wearing my CX hat"."""
    words = text.split()
    if words[:1] == ["as"]:
        return len(words) > 1 and words[1] in words_in("determiners") | {"someone", "somebody"}
    return bool(words) and words[0] in words_in("openings")


def is_of_work(text: str) -> bool:
    """Tell whether words that name something are of somebody's work alone: "back from a trade show in Lyon"."""
    words = set(text.replace(",", " ").split())
    of_customers = words_in("people") | words_in("measures")
    return bool(words & words_in("gatherings")) and not words & of_customers


def claimed(statement: str) -> str:
    """Return what somebody is told to claim: the clause behind "swears" or "claims that", else the statement itself."""
    words = _ACCORDING.sub("", statement).split()
    for at, word in enumerate(words):
        if not at or not _reports(words, at):
            continue
        rest = words[at + 1 :]
        to = rest.index("that") if "that" in rest[: _MOST_TOLD + 1] else 0
        strangers = set(rest[:to]) - words_in("listeners") - words_in("stop")
        # "I keep telling the web team that", "I read in the manual that".
        is_told_to = to and (
            not strangers or rest[to - 1] in words_in("listeners") or word in words_in("learning")
        )
        start = to + 1 if is_told_to or rest[:1] == ["that"] else 0
        claim = " ".join(rest[start:])
        # "Keeps telling everyone that ...": the inner one says what.
        is_inner = not start and rest[:1] and rest[0] in words_in("claiming")
        return claimed(f"x {claim}") if is_inner else claim
    return " ".join(words)


def _reports(words: Sequence[str], at: int) -> bool:
    """Tell whether a word is a verb by which somebody reports or claims; a department does so in the plural: "support say"."""
    word, before = words[at], words[at - 1]
    if before in _SUFFERING:
        return False
    # "I read in the manual that": without that clause a thing was read.
    if word in words_in("learning") and "that" in words[at + 1 : at + _MOST_TOLD + 2]:
        return True
    many = word in words_in("reporting_many") and before in words_in("departments")
    return many or word in words_in("reporting") | words_in("claiming")


_ACCORDING: Final = re.compile(
    r"^according to [^,.]{2,40}[,.]\s*|^word (?:is|has it)(?: that)?\s+|^rumou?r has it(?: that)?\s+"
)


def without_programs(text: str) -> str:
    """Return a text without what it says of other makers' programs: "like Mixpanel's", "in Amplitude terms"."""
    for name in words_in("long_programs"):
        text = text.replace(name.replace("-", " "), name)
    return _programs().sub(lambda match: match["keep"] or "", text)


def names_program(text: str) -> bool:
    """Tell whether words hold a program of another maker, in which somebody else would have been asked."""
    held = words_in("programs") | words_in("long_programs")
    return not held.isdisjoint(word.removesuffix("s") for word in re.findall(r"[\w-]+", text))


@cache
def _programs() -> re.Pattern[str]:
    names = (
        rf"(?:{'|'.join(sorted(words_in('programs') | words_in('long_programs'), key=len, reverse=True))})s?"
    )
    feature = r"(?: (?:flows|insights|explorations?|pathfinder|lexicon|boards?|reports?|charts?|tiles?|tabs?|views?|dashboards?|terms|speak|lingo|language)\b)*"
    like = r"(?:(?:(?:something|anything|a thing) )?(?:like|similar to|along the lines of|as)|(?:the |an |your |our )?(?:equivalent|version|counterpart|analogue) (?:of|to|for)|the same as)"
    return re.compile(
        rf"^(?:(?:coming |moving |over |back |straight )*(?:from|in|with)|in) {names}{feature}\s*,\s*(?=\w)"
        rf"|\b{like} (?:in |the |a |an )?{names}{feature}(?: (?:does|do|has|had|would|shows|gives me|gave me))*(?:,? (?:so|i\.e\.|meaning|that is)(?=\s))?\s*,?(?P<keep> ?)"
        rf"|(?<=\w )(?:that |which )?(?:i|we) (?:would |could |used to |normally |usually |always )*\w+ (?:up |out )?(?:in|with|from|on) {names}{feature}\b"
        rf"|\b{names}-(?:style|like|esque)\s+"
    )
