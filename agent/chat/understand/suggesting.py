"""Questions to ask next: out of what was found and out of the data, and only such as are understood."""

from collections.abc import Iterable

from agent.chat.understand.understanding import understand
from agent.chat.understand.vocabulary import Vocabulary
from agent.chat.understand.words import plain
from agent.ports import Encoder

_MOST = 3
_MOST_OPENING = 6


def next_questions(
    suggested: Iterable[str], *, asked: Iterable[str], vocabulary: Vocabulary, encoder: Encoder
) -> tuple[str, ...]:
    """Return the questions that are understood without asking back and were not asked before, at most three."""
    seen = {_same(question) for question in asked}
    found: list[str] = []
    for question in suggested:
        if _same(question) in seen or len(found) == _MOST:
            continue
        seen.add(_same(question))
        if _stands(question, vocabulary, encoder):
            found.append(question)
    return tuple(found)


def opening_questions(vocabulary: Vocabulary, *, encoder: Encoder) -> tuple[str, ...]:
    """Return questions to begin with, out of what is in the data; none where nothing is."""
    return tuple(question for question in openings(vocabulary) if _stands(question, vocabulary, encoder))[
        :_MOST_OPENING
    ]


def openings(vocabulary: Vocabulary) -> Iterable[str]:
    """Yield questions out of what is in the data, the broadest first."""
    groups = [one for one in vocabulary.traits if one.key not in {"kind", "channel"} and len(one.values) > 1]
    # Of the fewest values, so that each is a large group.
    trait = min(groups, key=lambda one: (len(one.values), one.key), default=None)
    if vocabulary.pain_points:
        yield "What are the biggest pain points?"
        if trait is not None:
            yield f"Where do {trait.values[0].replace('_', ' ')} customers get stuck?"
        yield f"Tell me about the pain point “{vocabulary.pain_points[0].label}”"
    if vocabulary.events:
        yield "Where do we lose customers?"
        yield "Which experiences go along with buying?"
    if vocabulary.themes:
        yield "What do customers praise?"
    if trait is not None and vocabulary.pain_points:
        first, second = (value.replace("_", " ") for value in trait.values[:2])
        yield f"Compare the pain points of {first} customers and {second} customers"
    if vocabulary.pain_points or vocabulary.events:
        yield "What data do you have?"


def _stands(question: str, vocabulary: Vocabulary, encoder: Encoder) -> bool:
    found = understand(question, vocabulary=vocabulary, encoder=encoder)
    return bool(found.requests) and not (found.choices or found.cannot or found.missing)


def _same(question: str) -> str:
    return plain(question).strip(" ?!.,;:")
