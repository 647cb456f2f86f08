"""Decides whether passages speak of a topic at all, and which do; a near miss is no mention.

A search ranks, and its best hit for "drone delivery" speaks of delivery. Here every word of a topic has to be there, in itself
or in one that means nearly the same, and the passage as a whole has to be near in meaning.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.ports import Encoder
from agent.retrieve.lexical import terms_of, words_of
from agent.retrieve.table import PassageTable

_SAME_WORD = 0.62
"""Cosine of two words from which one may stand for the other."""
_WORDS, _MEANING, _KNOWN, _BIAS = 3.64, 7.42, 5.32, -10.43
"""Weights of the log-odds that a topic is spoken of, by logistic regression on 215 topics that are and 248 that are not in the
texts of a shop, of reviews of eight industries and of a bank's customers."""
_MOST_SPOKEN = 3
"""The decision rests on the passages that are so many in their order, so that none that is odd decides it alone."""
_ALMOST = 0.8
"""How well a word is known that one passage alone has."""
_VERBATIM = 0.5
"""Cosine from which a passage that holds every word of a topic speaks of it, even if it is the only one."""
_GENERIC_WEIGHT, _GENERIC_KNOWN = 0.4, 0.7
_TOO_ALIKE = 0.92
"""Cosine at which two passages say the same thing; one of them is shown."""

_ASKING = frozenset(
    terms_of(
        "what do customers say about think feel mention complain talk tell speak people anyone everybody user buyer shopper client "
        "thing issue problem trouble topic something opinion view happen"
    )
)
"""Words of a question that are no part of its topic."""
_GENERIC = frozenset(
    terms_of(
        "quality product general item good bad great poor nice really much many some new old way kind sort use using used"
    )
)
"""Words that name no matter by themselves."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was found of a topic."""

    positions: tuple[int, ...]
    """Passages that speak of it, best first; empty where nobody does."""
    shown: tuple[int, ...]
    """The same without those that say nearly the same, and one a record."""


_NOTHING = Spoken((), ())


class TopicFinder:
    """Finds what passages speak of a topic; good for many threads.

    Args:
        table: Passages, vectors and filterable scalars.
        encoder: The encoder the vectors came from.
    """

    def __init__(self, table: PassageTable, encoder: Encoder) -> None:
        self._table = table
        self._encoder = encoder
        postings: dict[str, list[int]] = defaultdict(list)
        spelled: dict[str, Counter[str]] = defaultdict(Counter)
        for position, passage in enumerate(table.passages):
            for term in set(terms_of(passage.text)):
                postings[term].append(position)
            for word in set(words_of(passage.text)):
                for term in terms_of(word):
                    spelled[term][word] += 1
        self._terms = sorted(postings)
        self._postings = [np.array(postings[term], dtype=np.intp) for term in self._terms]
        self._number = {term: number for number, term in enumerate(self._terms)}
        words = [_usual(spelled[term], term) for term in self._terms]
        self._word_vectors = encoder.encode(words) if words else np.zeros((0, encoder.dim), np.float32)

    def find(self, topic: str, where: Mapping[str, str] | None = None) -> Spoken:
        """Return the passages that speak of a topic, or none where nobody does.

        Args:
            topic: A few words, or a question about it.
            where: Keeps passages whose fields have these values.

        Raises:
            InputError: A key of `where` is in no record and no person.
        """
        mask = self._table.mask(where or {})
        terms = topic_terms(topic)
        if not mask.any() or not terms:
            return _NOTHING
        covered, known = self._covered(topic, terms, mask)
        positions = np.flatnonzero(mask)
        cosines = (self._table.vectors[positions] @ self._encoder.encode([topic])[0]).astype(np.float64)
        words = (cosines + covered[positions]) / 2
        odds = _WORDS * words + _MEANING * cosines + _KNOWN * known + _BIAS
        last = min(_MOST_SPOKEN, len(positions))
        decisive = _WORDS * _nth(words, last) + _MEANING * _nth(cosines, last) + _KNOWN * known + _BIAS
        verbatim = (covered[positions] >= 1 - 1e-9) & (cosines >= _VERBATIM)
        speaks = (odds >= 0) | verbatim if decisive >= 0 else verbatim
        if decisive >= 0 and not speaks.any():
            speaks[int(np.argmax(odds))] = True
        chosen = np.flatnonzero(speaks)
        order = chosen[np.lexsort((positions[chosen], -odds[chosen]))]
        found: list[int] = positions[order].tolist()
        return Spoken(tuple(found), self._varied(found))

    def _covered(self, topic: str, terms: Sequence[str], mask: NDArray[np.bool_]) -> tuple[Floats, float]:
        """Return which part of a topic each passage says, by the weight of its words, and how well the least known is known."""
        vectors = self._encoder.encode([_said(topic, term) for term in terms])
        covered, total, known = np.zeros(len(mask)), 0.0, 1.0
        n = int(mask.sum())
        for term, vector in zip(terms, vectors, strict=True):
            nearness = self._word_vectors @ vector
            own = self._in_scope(self._number.get(term), mask)
            said = np.zeros(len(mask))
            best = 0.0
            for number in np.flatnonzero(nearness >= _SAME_WORD).tolist():
                there = self._in_scope(number, mask)
                said[there] = np.maximum(said[there], min(float(nearness[number]), 1.0))
                best = max(best, float(nearness[number]) if len(there) > 1 else 0.0)
            if not best:
                best = self._nearest(nearness, mask)
            said[own] = 1.0
            best = 1.0 if len(own) > 1 else max(best, _ALMOST) if len(own) else best
            weight = float(np.log1p((n - len(own) + 0.5) / (len(own) + 0.5)))
            if term in _GENERIC:
                weight, best = _GENERIC_WEIGHT * weight, max(best, _GENERIC_KNOWN)
            covered += weight * said
            total, known = total + weight, min(known, best)
        return covered / max(total, 1e-9), known

    def _nearest(self, nearness: NDArray[np.float32], mask: NDArray[np.bool_]) -> float:
        """Return how near the nearest word of the scope is that more than one passage has."""
        for number in np.argsort(-nearness)[:20].tolist():
            if len(self._in_scope(number, mask)) > 1:
                return max(float(nearness[number]), 0.0)
        return 0.0

    def _in_scope(self, number: int | None, mask: NDArray[np.bool_]) -> NDArray[np.intp]:
        if number is None:
            return np.zeros(0, dtype=np.intp)
        there = self._postings[number]
        return there[mask[there]]

    def _varied(self, found: Sequence[int]) -> tuple[int, ...]:
        """Return passages without those that repeat a better one, or stand in the same record."""
        kept: list[int] = []
        records: set[str] = set()
        for position in found:
            passage = self._table.passages[position]
            alike = (
                kept
                and float((self._table.vectors[kept] @ self._table.vectors[position]).max()) >= _TOO_ALIKE
            )
            if passage.record_id not in records and not alike:
                kept.append(position)
                records.add(passage.record_id)
            if len(kept) == _MOST_SHOWN:
                break
        return tuple(kept)


_MOST_SHOWN = 50


def topic_terms(topic: str) -> tuple[str, ...]:
    """Return the stemmed words that make a topic; those of the question alone where it has no other."""
    terms = tuple(dict.fromkeys(terms_of(topic)))
    return tuple(term for term in terms if term not in _ASKING) or terms


def _usual(spelled: Counter[str], term: str) -> str:
    """Return the most frequent spelling of a term."""
    return min(spelled, key=lambda word: (-spelled[word], word), default=term)


def _said(topic: str, term: str) -> str:
    return next((word for word in words_of(topic) if term in terms_of(word)), term)


def _nth(values: Floats, number: int) -> float:
    """Return the value that is so many in descending order."""
    return float(np.partition(values, -number)[-number])
