"""BM25 over passages, from postings held in flat arrays.

Source: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009); the floor of the
inverse document frequency is Lucene's, so that no score is negative.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

_K1 = 1.2
_B = 0.75
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_STOP = frozenset(
    """a an and are as at be but by did do does for from had has have he her his how i if in is it its me my of on or
    our she so that the their them they this to us was we were what when where which who why will with you
    your""".split()  # noqa: SIM905 - readable
)
_CLITIC = re.compile(r"'(?:s|ll|re|ve|d|m)$")
_MIN_STEM = 3
_VOWEL = re.compile(r"[aeiouy]")
_SIBILANT_PLURAL = re.compile(r"(?:ss|x|ch|sh)es$")
_DOUBLED = re.compile(r"(?<=..)([bdfgmnprt])\1$|(?<=...el)l$")
_SHORT_BASE = re.compile(r"^[^aeiou][aeiou][^aeiouwxy]$")


def terms_of(text: str) -> list[str]:
    """Return the stemmed content words of a text, in order."""
    words = (_CLITIC.sub("", word.replace("’", "'")) for word in _WORD.findall(text.lower()))
    return [_stem(word) for word in words if word not in _STOP]


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    """Strip inflection: enough to join singular, plural and tenses, and hardly ever two words."""
    base = _past_or_progressive(_singular(word))
    return base[:-1] if base.endswith("e") and len(base) - 1 > _MIN_STEM else base


def _singular(word: str) -> str:
    if word.endswith(("ies", "ied")) and len(word) - 2 >= _MIN_STEM:
        return f"{word[:-3]}y"
    if _SIBILANT_PLURAL.search(word):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) - 1 >= _MIN_STEM:
        return word[:-1]
    return word


def _past_or_progressive(word: str) -> str:
    for suffix in ("ing", "ed"):
        base = word.removesuffix(suffix)
        if base != word and len(base) >= _MIN_STEM and _VOWEL.search(base) and not word.endswith("eed"):
            # "stopped" comes from "stop", "named" from "name", "asked" from "ask".
            single = _DOUBLED.sub(lambda found: found[1] or "", base)
            return f"{base}e" if _SHORT_BASE.match(base) else single
    return word


class LexicalIndex:
    """BM25 weights of passages, as postings: for each term, the passages that have it and their weights."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._n = len(texts)
        self._vocabulary: dict[str, int] = {}
        terms, passages, lengths = self._occurrences(texts)
        # One key a (term, passage) pair, so that a single sort counts and groups the occurrences.
        keys, counts = np.unique(terms * max(1, self._n) + passages, return_counts=True)
        of_term, self._passages = np.divmod(keys, max(1, self._n))
        self._starts = np.searchsorted(of_term, np.arange(len(self._vocabulary) + 1))
        self._idf = _inverse_frequency(np.diff(self._starts), self._n)
        norm = _K1 * (1 - _B + _B * lengths / max(float(lengths.mean()) if self._n else 1.0, 1e-9))
        saturated = counts * (_K1 + 1) / (counts + norm[self._passages])
        self._weights = (saturated * self._idf[of_term]).astype(np.float32)

    def _occurrences(self, texts: Sequence[str]) -> tuple[Ints, Ints, NDArray[np.float64]]:
        terms: list[int] = []
        passages: list[int] = []
        lengths = np.zeros(len(texts), dtype=np.float64)
        for passage, text in enumerate(texts):
            found = terms_of(text)
            lengths[passage] = len(found)
            terms.extend(self._vocabulary.setdefault(term, len(self._vocabulary)) for term in found)
            passages.extend([passage] * len(found))
        return np.array(terms, dtype=np.int64), np.array(passages, dtype=np.int64), lengths

    def scores(self, query: str) -> NDArray[np.float32]:
        """Return the BM25 score of every passage, shape `(n_passages,)`."""
        scores = np.zeros(self._n, dtype=np.float32)
        for term in terms_of(query):
            number = self._vocabulary.get(term)
            if number is not None:
                part = slice(self._starts[number], self._starts[number + 1])
                scores[self._passages[part]] += self._weights[part]
        return scores

    def best_possible(self, query: str) -> float:
        """Return the score of an ideal passage, by which scores of different queries compare.

        A word of the query that no passage has counts as the rarest, so that asking for what is not there scores low.
        """
        rarest = float(self._idf.max()) if len(self._idf) else 0.0
        values = [
            float(self._idf[self._vocabulary[term]]) if term in self._vocabulary else rarest
            for term in terms_of(query)
        ]
        return (_K1 + 1) * sum(values)


def _inverse_frequency(frequency: Ints, n: int) -> NDArray[np.float64]:
    return np.log1p((n - frequency + 0.5) / (frequency + 0.5))
