"""Which pain point, theme or thing the words of a request mean."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.chat.understand.vocabulary import Named, Vocabulary
from agent.chat.understand.words import stems_in, words_in
from agent.lexical import content_stems
from agent.ports import Encoder

_NEAR: Final = 0.62
"""Likeness from which on other words mean the same thing."""
_SURE: Final = 0.08
"""By how much the nearest has to be nearer than the next."""
_MOST: Final = 4


@dataclass(frozen=True, slots=True)
class Found:
    """What words mean: one thing, or several that they may mean alike; neither where nothing fits."""

    one: Named | None = None
    several: tuple[Named, ...] = ()


class Things:
    """Finds things by words.

    Args:
        vocabulary: Has the things.
        encoder: Compares their labels with other words.
    """

    def __init__(self, vocabulary: Vocabulary, encoder: Encoder) -> None:
        self._encoder = encoder
        self._vectors: dict[tuple[Named, ...], NDArray[np.float64]] = {}
        self._owners: dict[tuple[Named, ...], NDArray[np.intp]] = {}
        for things in (vocabulary.pain_points, vocabulary.themes):
            told = [(at, words) for at, thing in enumerate(things) for words in _ways(thing)]
            if told:
                self._vectors[things] = np.asarray(
                    encoder.encode([words for _, words in told]), dtype=np.float64
                )
                self._owners[things] = np.array([at for at, _ in told])

    def find(self, words: str, things: tuple[Named, ...]) -> Found:
        """Return the thing that words mean; one named by id or whole label is that one."""
        wanted = words.casefold().strip()
        exact = next((one for one in things if wanted in {one.ref.casefold(), one.label.casefold()}), None)
        if exact is not None:
            return Found(exact)
        stems = content_stems(wanted) or frozenset(wanted.split()) - words_in("stop")
        if not stems or not things:
            return Found()
        found = self._by_label(stems, things) or self._by_meaning(wanted, things)
        bare = stems - stems_in("flaws")
        if found != Found() or not bare or bare == stems:
            return found
        # What is wrong with a thing is put in many ways: "missing measurements" are in "gives no measurements".
        return self._by_label(bare, things) or found

    def _by_label(self, stems: frozenset[str], things: tuple[Named, ...]) -> Found | None:
        """Return by words of the label; one that says no more than the words do is meant before those that do."""
        holding = [(one, content_stems(one.label)) for one in things]
        same = [one for one, label in holding if label == stems]
        if same:
            return Found(same[0])
        inside = [one for one, label in holding if stems <= label]
        if len(inside) == 1:
            return Found(inside[0])
        if inside:
            return Found(several=tuple(inside[:_MOST]))
        around = [one for one, label in holding if len(label) > 1 and label <= stems]
        return Found(around[0]) if len(around) == 1 else None

    def _by_meaning(self, words: str, things: tuple[Named, ...]) -> Found:
        if things not in self._vectors:
            return Found()
        told = self._vectors[things] @ np.asarray(self._encoder.encode([words]), dtype=np.float64)[0]
        scores = np.full(len(things), -1.0)
        np.maximum.at(scores, self._owners[things], told)
        ranked = sorted(
            zip((float(score) for score in scores), things, strict=True), key=lambda pair: -pair[0]
        )[:_MOST]
        best = ranked[0][0]
        if best < _NEAR:
            return Found()
        close = [thing for score, thing in ranked if score > best - _SURE]
        return Found(close[0]) if len(close) == 1 else Found(several=tuple(close))


def _ways(thing: Named) -> list[str]:
    """Return how customers put a thing: its label, and the wordings that its definition lists."""
    listed = (part.strip(" .,“”") for part in _PARTS.split(thing.about))
    n_words = ((part, len(part.split())) for part in listed)
    return [thing.label, *(part for part, n in n_words if _FEWEST <= n <= _MOST_WORDS)]


_PARTS: Final = re.compile(r"[,;“”]|\balong with\b|\bcustomers bring up\b", re.IGNORECASE)
_FEWEST: Final = 2
_MOST_WORDS: Final = 9


@lru_cache(maxsize=8)
def things_of(vocabulary: Vocabulary, encoder: Encoder) -> Things:
    """Return the finder of a vocabulary, made once."""
    return Things(vocabulary, encoder)


def labels(things: Sequence[Named]) -> str:
    """Return the labels of things as a list in words."""
    return ", ".join(f"“{thing.label}”" for thing in things)
