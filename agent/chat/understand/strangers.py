"""Things that are named in a request and that the data has not: said so, rather than not understood."""

import re
from typing import Final

from agent.chat.understand.described import stage_clause
from agent.chat.understand.frames import is_asking, is_frame
from agent.chat.understand.parsing import Parsed
from agent.chat.understand.vocabulary import Vocabulary
from agent.chat.understand.words import Token, english_stems, stems_in, stems_of, words_in
from agent.schemas.chat import Missing

_STAGE: Final = frozenset({"stage", "phase"})
_NOT_A_STAGE: Final = frozenset({"trial", "new", "returning", "renewal"})
_LEAST_KNOWN: Final = 0.4
"""Share of the words that have to be ones that requests are made of: less of them is another language or noise."""
_SEASON: Final = re.compile(
    r"\b(?:black friday|cyber monday|christmas|xmas|easter|halloween|thanksgiving|ramadan|eid|diwali|hanukkah|valentine'?s?(?: day)?|mothers? day|fathers? day"
    r"|boxing day|new year'?s?(?: eve| day)?|bank holiday|prime day|singles day|summer sale|winter sale|january sales?|back to school|holiday season)\b"
)


def unknown_stage(parsed: Parsed, vocabulary: Vocabulary) -> Missing | None:
    """Return that a stage is asked for which the journey has not, or None."""
    named = {at for one in parsed.mentions for at in range(one.start, one.end)}
    for at, token in enumerate(parsed.tokens[1:], start=1):
        word = parsed.tokens[at - 1]
        if token.text not in _STAGE or at - 1 in named or not word.is_word:
            continue
        if _names_stage(word):
            return _no_stage(word.text, vocabulary)
    return _undescribed(parsed, named, vocabulary)


def _undescribed(parsed: Parsed, named: set[int], vocabulary: Vocabulary) -> Missing | None:
    """Return that a clause describes a stage which the journey has not; what customers feel or leave describes none."""
    place = stage_clause(parsed.tokens)
    if place is None or named & set(range(*place)):
        return None
    words = parsed.tokens[place[0] + 2 : place[1]]
    does = [
        token for token in words if token.is_word and token.text not in words_in("stop") | words_in("people")
    ]
    if not does or any(token.stem in stems_in("stage_measures") for token in words):
        return None
    return _no_stage(" ".join(token.text for token in words), vocabulary)


def _names_stage(word: Token) -> bool:
    """Tell whether a word before "stage" says which: a noun or a gerund, no adjective and no word of requests."""
    if word.text in _NOT_A_STAGE or not is_frame(word):
        return True
    return not is_asking(word) and word.stem not in english_stems(
        "qualities", "more_qualities", "adverbs", "numbers"
    )


def _no_stage(word: str, vocabulary: Vocabulary) -> Missing:
    names = ", ".join(vocabulary.stages)
    return Missing(
        reason="unknown_thing",
        statement=f"The journey has no stage called “{word}”.",
        needed=f"Ask for one of its stages: {names}; others have to be set up first.",
    )


def unknown_season(parsed: Parsed) -> Missing | None:
    """Return that a season or a holiday is asked for, whose days the data does not tell, or None."""
    match = _SEASON.search(parsed.text)
    if (
        match is None
        or parsed.times
        or (parsed.subject is not None and parsed.subject.led and match[0] in parsed.subject.text)
    ):
        return None
    return Missing(
        reason="unknown_value",
        statement=f"The data does not tell which days “{match[0]}” was, so nothing can be said of it.",
        needed="Name the date, such as 1 May, within the time that the data covers.",
    )


_ACTION: Final = re.compile(
    r"\b(?P<what>pre.?order(?:ed|ing|s)?|(?:cancel(?:led|ling|s)?|cancelled) (?:the |their |an |a |his |her )?(?:order|orders|booking|delivery|appointment|reservation|subscription)|(?:sign(?:ed|ing|s)?[ -]?up|subscrib(?:e|ed|ing)|regist(?:er|ered|ering)) (?:for|to) (?:the |our |a |an )?[\w-]+"
    r"|(?:upgrad|downgrad|renew|redeem|download|install|resubscrib|rent|hir|swap|donat|reserv)(?:e|ed|ing|ped|ping|s|es)?\b|book(?:ed|ing)? (?:a |an |the )?[\w-]+|(?:a |an |the )[\w-]+ (?:has been |have been |was |were |is |gets |got )?booked)\b"
)
_PARTED: Final = re.compile(r"\b(?:an account|account|us|support|help|workshop)\b")


def unknown_action(parsed: Parsed, vocabulary: Vocabulary) -> Missing | None:
    """Return that customers are picked by an action that the data has no step for, such as a booking; or None."""
    match = _ACTION.search(parsed.text)
    if match is None or _PARTED.search(match["what"]) or _is_recorded(match["what"], vocabulary):
        return None
    return no_step(match["what"], vocabulary)


_STEP: Final = re.compile(
    r"\b(?:step|event|action|milestone) [“\"'](?P<quoted>[^“”\"']{2,60})[”\"']"
    r"|\b(?:the|our|an?) (?P<named>[\w-]+(?: [\w-]+)?) (?:step|event|milestone)\b"
)


def unknown_step(parsed: Parsed, vocabulary: Vocabulary) -> Missing | None:
    """Return that a step is named as one, by its name, that nobody recorded; or None."""
    match = _STEP.search(parsed.text)
    if match is None:
        return None
    what = match["quoted"] or match["named"]
    words = set(what.split())
    named = {at for one in parsed.mentions for at in range(one.start, one.end)}
    inside = [at for at, token in enumerate(parsed.tokens) if token.text in words]
    if not inside or any(at in named for at in inside):
        return None
    if match["quoted"] is None and all(is_frame(parsed.tokens[at]) for at in inside):
        return None
    return no_step(what, vocabulary)


def no_step(what: str, vocabulary: Vocabulary) -> Missing:
    """Return that the data has no step of a name."""
    known = ", ".join((vocabulary.events or vocabulary.stages)[:8])
    return Missing(
        reason="unknown_thing",
        statement=f"No step in the data is called “{what}”.",
        needed=f"Ask by a name that is there, such as {known}.",
    )


def _is_recorded(what: str, vocabulary: Vocabulary) -> bool:
    """Tell whether a step's name or a pain point's label has a word of an action and of its object."""
    stems = set(stems_of(what)) - stems_in("stop")
    names = (*vocabulary.events, *(one.label for one in vocabulary.pain_points))
    return any(stems <= set(stems_of(name)) or _alike(stems, set(stems_of(name))) for name in names)


def _alike(stems: set[str], named: set[str]) -> bool:
    return all(any(len(one) > _ROOT and other.startswith(one[:_ROOT]) for other in named) for one in stems)


_ROOT: Final = 4


def unknown_name(parsed: Parsed, vocabulary: Vocabulary) -> Missing | None:
    """Return what a request names that is in no list of names, where it is else made of words of requests; or None."""
    words = [token for token in parsed.tokens if token.is_word]
    named = {at for one in parsed.mentions for at in range(one.start, one.end)}
    strange = [
        token.text
        for at, token in enumerate(parsed.tokens)
        if token.is_word and at not in named and not is_frame(token)
    ]
    small = words_in("stop") | words_in("people")
    if not words or not any(token.text in small for token in words):
        return None
    if not strange or 1 - len(strange) / len(words) < _LEAST_KNOWN:
        return None
    name = parsed.subject.text if parsed.subject is not None else " ".join(strange)
    events = ", ".join((vocabulary.events or vocabulary.stages)[:5])
    return Missing(
        reason="unknown_thing",
        statement=f"The data has nothing by the name of “{name}” to answer this with.",
        needed=f"Data that tells it; or ask what customers say about it, or by a name that is there, such as {events}.",
    )
