"""The ideas that requests are put together from, whatever words carry them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import cast

import yaml

from agent.chat.understand.words import Token, stems_of


def concepts_of(text: str) -> frozenset[str]:
    """Return the ideas that the words of a text carry, by name."""
    stems = stems_of(text)
    return frozenset(
        concept
        for at, stem in enumerate(stems)
        for phrase, concepts in _phrases().get(stem, ())
        if stems[at : at + len(phrase)] == phrase
        for concept in concepts
    )


def idiom_places(tokens: Sequence[Token]) -> frozenset[int]:
    """Return the places of words that carry an idea only together, as "jump ship" does: they name nothing."""
    stems = tuple(token.stem for token in tokens)
    return frozenset(
        place
        for at, stem in enumerate(stems)
        for phrase, _ in _phrases().get(stem, ())
        if len(phrase) > 1 and stems[at : at + len(phrase)] == phrase
        for place in range(at, at + len(phrase))
    )


@cache
def _phrases() -> Mapping[str, tuple[tuple[tuple[str, ...], frozenset[str]], ...]]:
    """Return the phrases by the stem they begin with, each with the ideas it carries."""
    of_phrase: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    for concept, phrases in _lists().items():
        for phrase in phrases.split(","):
            of_phrase[stems_of(phrase)].add(concept)
    found: defaultdict[str, list[tuple[tuple[str, ...], frozenset[str]]]] = defaultdict(list)
    for phrase, concepts in of_phrase.items():
        found[phrase[0]].append((phrase, frozenset(concepts)))
    return {stem: tuple(held) for stem, held in found.items()}


@cache
def _lists() -> dict[str, str]:
    source = resources.files("agent.chat.understand").joinpath("concepts.yaml").read_text(encoding="utf-8")
    return cast("dict[str, str]", yaml.safe_load(source))
