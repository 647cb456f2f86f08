"""Pain points that a request calls by the words of their labels, wherever they stand in it."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from agent.chat.understand.frames import is_frame
from agent.chat.understand.index import Index, Mention
from agent.chat.understand.places import happened_to, is_complained_of
from agent.chat.understand.spans import Subject
from agent.chat.understand.vocabulary import Vocabulary
from agent.chat.understand.words import Token, plain, stem, stems_in, stems_of, words_in

_LEAST: Final = 2
"""Words of a label that have to stand in a request; a single one may mean anything."""
_SHARE: Final = 0.6
_MOST_BETWEEN: Final = 2


def known_pain(
    tokens: Sequence[Token], mentions: Sequence[Mention], vocabulary: Vocabulary
) -> Subject | None:
    """Return the words that call a pain point by most words of its label, as the subject; None where none does.

    Names of steps and of groups of customers keep their words.
    """
    taken = {at for one in mentions if one.slot in _KEEPING for at in range(one.start, one.end)}
    steps = {at for one in mentions if one.slot in {"event", "after"} for at in range(one.start, one.end)}
    is_complaint = any(token.text in words_in("pain_clues") for token in tokens)
    best: tuple[float, int, int] | None = None
    for label in _labels(vocabulary):
        found = _window(tokens, label, taken)
        if found is None:
            continue
        start, end, held = found
        told = held == label and is_complaint and not happened_to(tokens, start)
        if not _calls(tokens[start:end], held, label) or (
            steps & set(range(start, end)) and len(held) <= _LEAST and not told
        ):
            continue
        if best is None or len(held) > best[0]:
            best = (len(held), start, end)
    if best is None:
        return _thing_called(tokens, mentions, taken, vocabulary)
    _, start, end = best
    # "No reward", "late delivery": what is wrong belongs to it.
    while (
        start > 0
        and start - 1 not in taken
        and tokens[start - 1].text in words_in("flaws") - words_in("stop") | {"no", "not"}
    ):
        start -= 1
    return Subject(" ".join(token.text for token in tokens[start:end]), start, end, led=True)


def with_thing_named(
    tokens: Sequence[Token], pain: Subject | None, loose: Subject | None, vocabulary: Vocabulary
) -> Subject | None:
    """Return a pain point's words with those of a thing beside them that no customer writes of: "kayaks arriving damaged"."""
    if pain is None or loose is None or not vocabulary.said:
        return pain or loose
    start, end = min(pain.start, loose.start), max(pain.end, loose.end)
    gap = max(pain.start, loose.start) - min(pain.end, loose.end)
    outside = [at for at in range(loose.start, loose.end) if not pain.start <= at < pain.end]
    strange = [at for at in outside if not is_frame(tokens[at]) and tokens[at].stem not in vocabulary.said]
    if not strange or gap > _MOST_BETWEEN or any(not one.is_word for one in tokens[start:end]):
        return pain
    return Subject(" ".join(token.text for token in tokens[start:end]), start, end, led=True)


def complained_of(tokens: Sequence[Token], mentions: Sequence[Mention], index: Index) -> Subject | None:
    """Return a step's name, or what a step may be called by, as the subject where complaints of it are asked for."""
    for one in mentions:
        if one.slot == "event" and is_complained_of(tokens, one.start, one.end):
            return Subject(
                " ".join(token.text for token in tokens[one.start : one.end]), one.start, one.end, led=True
            )
    taken = {at for one in mentions for at in range(one.start, one.end)}
    labelled = {one for named in index.vocabulary.pain_points for one in stems_of(named.label)}
    labelled -= frozenset(map(stem, words_in("stop"))) | stems_in("people") | stems_in("flaws")
    for at, token in enumerate(tokens):
        known = (token.stem,) in index.deeds.alone or token.stem in labelled
        is_name = known and token.text not in words_in("before_value") | words_in("raising") | words_in(
            "empty"
        )
        if is_name and at not in taken and is_complained_of(tokens, at, at + 1):
            return Subject(token.text, at, at + 1, led=True)
    return None


def _thing_called(
    tokens: Sequence[Token], mentions: Sequence[Mention], taken: set[int], vocabulary: Vocabulary
) -> Subject | None:
    """Return what calls a pain point by the word after it: "the tracking thing", "shipment tracking complaints"."""
    labels = [frozenset(stems_of(named.label)) for named in vocabulary.pain_points]
    steps = {one.end: one.start for one in mentions if one.slot == "event"}
    for end in range(1, len(tokens)):
        if tokens[end].text not in _CALLED or end - 1 in taken:
            continue
        start = steps.get(end, end - 1)
        words = tokens[start:end]
        if start != end - 1 and (end not in steps or happened_to(tokens, start)):
            continue
        before = tokens[start - 1].text if start else ""
        if before and before not in words_in("determiners") | words_in("before_called"):
            continue
        if any(_is_called(token, labels) for token in words):
            return Subject(" ".join(token.text for token in words), start, end, led=True)
    return None


def _is_called(token: Token, labels: Sequence[frozenset[str]]) -> bool:
    small = words_in("stop") | words_in("people") | words_in("empty") | words_in("any_shop")
    return token.is_word and token.text not in small and sum(token.stem in label for label in labels) == 1


_CALLED: Final = frozenset(
    {
        "pain",
        "thing",
        "problem",
        "issue",
        "stuff",
        "business",
        "mess",
        "situation",
        "trouble",
        "saga",
        "complaint",
        "complaints",
        "problems",
        "issues",
        "fiasco",
        "story",
        "gripe",
        "gripes",
        "moans",
        "grumbles",
        "grievances",
    }
)
_KEEPING: Final = frozenset({"where", "persona", "map", "variant_set", "by"})


def _calls(words: Sequence[Token], held: frozenset[str], label: frozenset[str]) -> bool:
    """Tell whether words are enough of a label: all of it, or most with a word that requests are not made of anyway."""
    if len(held) < _LEAST or len(held) / len(label) < _SHARE:
        return False
    return held == label or any(token.stem in held and not is_frame(token) for token in words)


@lru_cache(maxsize=4)
def _labels(vocabulary: Vocabulary) -> tuple[frozenset[str], ...]:
    small = frozenset(map(stem, words_in("stop"))) | stems_in("people")
    found = (frozenset(stems_of(plain(named.label))) - small for named in vocabulary.pain_points)
    return tuple(label for label in found if len(label) >= _LEAST)


def _window(
    tokens: Sequence[Token], label: frozenset[str], taken: set[int]
) -> tuple[int, int, frozenset[str]] | None:
    """Return the run of words that holds most of a label, with few other words between."""
    best: tuple[int, int, frozenset[str]] | None = None
    for start, token in enumerate(tokens):
        if token.stem not in label or start in taken:
            continue
        held, end, between = {token.stem}, start + 1, 0
        for at in range(start + 1, len(tokens)):
            if at in taken or not tokens[at].is_word or between > _MOST_BETWEEN:
                break
            if tokens[at].stem in label:
                held.add(tokens[at].stem)
                end, between = at + 1, 0
            else:
                between += 1
        if best is None or len(held) > len(best[2]):
            best = (start, end, frozenset(held))
    return best
