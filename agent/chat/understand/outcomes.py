"""The later outcome that a request names: buying, leaving, a return, a call for help."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from agent.analyse.outcomes import OUTCOMES, outcomes_among
from agent.chat.understand.parsing import Parsed
from agent.chat.understand.vocabulary import Vocabulary
from agent.chat.understand.words import lexicon, stems_of


def outcome_in(parsed: Parsed, vocabulary: Vocabulary) -> str | None:
    """Return the outcome that a request names: a step by its name, else what usual words mean; None where it names none."""
    known = outcomes_among(vocabulary.events)
    events = parsed.all("event")
    if events:
        event = events[-1]
        if set(stems_of(parsed.words(event))) == set(stems_of(event.value)):
            return event.value
        return _OUTCOME_OF.get(event.value, event.value)
    return max((place for place in _told(parsed) if place[1] in known), default=(0, None))[1]


def names_outcome(parsed: Parsed) -> bool:
    """Tell whether a request names a step or an outcome by any words."""
    return bool(parsed.all("event") or _told(parsed))


def _told(parsed: Parsed) -> list[tuple[int, str]]:
    """Return the outcomes that usual words name, each with the place of its words."""
    stems = tuple(token.stem for token in parsed.tokens)
    return [
        (at, outcome)
        for outcome, phrases in _phrases().items()
        for phrase in phrases
        for at in range(len(stems) - len(phrase) + 1)
        if stems[at : at + len(phrase)] == phrase
    ]


_OUTCOME_OF: Final[Mapping[str, str]] = {
    event: outcome for outcome, events in OUTCOMES.items() for event in events
}


@cache
def _phrases() -> Mapping[str, frozenset[tuple[str, ...]]]:
    return {
        outcome: frozenset(stems_of(phrase) for phrase in told)
        for outcome, told in lexicon()["outcomes"].items()
    }
