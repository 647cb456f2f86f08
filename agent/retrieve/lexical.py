"""How many of a query's words a passage has, weighted by rarity, from postings held in flat arrays.

The weight of a word is BM25's inverse document frequency with Lucene's floor, so that none is negative (Robertson and
Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009). BM25's saturation and length are left out:
a passage is a sentence, where they change no ranking for the better, and a share of words can be explained to a reader.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_STOP = frozenset(
    """a about also an and are as at be been but by can could did do does for from had has have he her his how i if in
    is it its just me my of on or our she should so than that the their them then there they this to too us very was
    we were what when where which who why will with would you your""".split()  # noqa: SIM905 - readable
)
_CLITIC = re.compile(r"'(?:s|ll|re|ve|d|m)$")
_MIN_STEM = 3
_VOWEL = re.compile(r"[aeiouy]")
_SIBILANT_PLURAL = re.compile(r"(?:ss|x|ch|sh)es$")
_DOUBLED = re.compile(r"(?<=..)([bdfgmnprt])\1$|(?<=...el)l$")
_SHORT_BASE = re.compile(r"^[^aeiou][aeiou][^aeiouwxy]$")


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case, in order; an apostrophe is left out."""
    return [word.replace("’", "'").replace("'", "") for word in _WORD.findall(text.lower())]


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
    """The words of passages, as postings: for each term, the passages that have it."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._n = len(texts)
        self._vocabulary: dict[str, int] = {}
        # One key a (term, passage) pair, so that a single sort groups the occurrences.
        of_term, self._passages = np.divmod(np.unique(self._keys(texts)), max(1, self._n))
        self._starts = np.searchsorted(of_term, np.arange(len(self._vocabulary) + 1))
        self._idf = _inverse_frequency(np.diff(self._starts), self._n)

    def _keys(self, texts: Sequence[str]) -> Ints:
        terms: list[int] = []
        passages: list[int] = []
        for passage, text in enumerate(texts):
            found = set(terms_of(text))
            terms.extend(self._vocabulary.setdefault(term, len(self._vocabulary)) for term in sorted(found))
            passages.extend([passage] * len(found))
        return np.array(terms, dtype=np.int64) * max(1, self._n) + np.array(passages, dtype=np.int64)

    def coverage(self, query: str) -> NDArray[np.float32]:
        """Return the share of the query's words that each passage has, by weight, shape `(n_passages,)`.

        A word that no passage has counts as the rarest, so that asking for what is not there scores low. A query
        without a content word is covered by nothing.
        """
        has = np.zeros(self._n, dtype=np.float64)
        total = 0.0
        rarest = float(self._idf.max()) if len(self._idf) else 0.0
        for term in dict.fromkeys(terms_of(query)):
            number = self._vocabulary.get(term)
            weight = rarest if number is None else float(self._idf[number])
            total += weight
            if number is not None:
                has[self._passages[self._starts[number] : self._starts[number + 1]]] += weight
        return (has / max(total, 1e-9)).astype(np.float32)


def _inverse_frequency(frequency: Ints, n: int) -> NDArray[np.float64]:
    return np.log1p((n - frequency + 0.5) / (frequency + 0.5))
