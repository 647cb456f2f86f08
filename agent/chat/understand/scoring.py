"""Which kind of request words are: kernel ridge regression on the example phrasings, nothing learnt from any brand."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.chat.understand.kinds import Kind, load_kinds
from agent.chat.understand.parsing import SUBJECT_MASK, TIME_MASK
from agent.chat.understand.words import canonical, plain, stems_of
from agent.ports import Encoder

_FILLERS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "{topic}": ((SUBJECT_MASK, "delivery"), (SUBJECT_MASK, "long waiting times"), (SUBJECT_MASK, "the payment page")),
    "{stage}": (("this stage", "checkout"), ("this stage", "the decision stage")),
    "{event}": (("this step", "ordering"), ("this step", "checkout started")),
    "{persona}": (("this persona", "bargain hunters"),),
    "{map}": (("this map", "first order"),),
    "{term}": ((SUBJECT_MASK, "odds ratio"), ("retention", "retention"), ("a pain point", "a pain point"), ("severity", "severity")),
    "{date}": ((TIME_MASK, "march"),),
    "{trait}": (("this attribute", "device"), ("this attribute", "city"), ("channel", "channel")),
    "{emotion}": (("frustrated", "frustrated"), ("delighted", "delighted"), ("anxious", "anxious")),
    "{lane}": (("thoughts", "thoughts"), ("touchpoints", "touchpoints")),
}  # fmt: skip
"""What stands for a mark in an example: masked, and as somebody might write it."""
_RAW_WEIGHT: Final = 0.45
_WORDS_WEIGHT: Final = 1.2
_RIDGE: Final = 0.2
_SHARPNESS: Final = 2.0
"""Of the radial kernel over vectors; near examples count for more than many far ones."""


@dataclass(frozen=True, slots=True)
class _Example:
    masked: str
    raw: str
    kind: int


@dataclass(frozen=True, slots=True)
class Scores:
    """How well a request fits each kind.

    Attributes:
        by_kind: One score a kind, in order of the kinds; about 1 where it is one, about 0 where not.
        nearest: Likeness of the nearest example, 0 to 1.
    """

    by_kind: NDArray[np.float64]
    nearest: float


class Scorer:
    """Scores requests against every kind.

    Args:
        encoder: Gives the vectors; the same one for examples and requests.
    """

    def __init__(self, encoder: Encoder) -> None:
        self.kinds: tuple[Kind, ...] = load_kinds()
        self._encoder = encoder
        examples = _examples(self.kinds)
        self._idf = _idf([example.masked for example in examples])
        self._vocabulary = {word: at for at, word in enumerate(sorted(self._idf))}
        texts = sorted({text for example in examples for text in (example.masked, example.raw)})
        row = {text: at for at, text in enumerate(texts)}
        vectors = np.asarray(encoder.encode(texts), dtype=np.float64)
        self._masked = vectors[[row[example.masked] for example in examples]]
        self._raw = vectors[[row[example.raw] for example in examples]]
        # Few grams of all are in a request: columns are what is taken out.
        self._words = np.asfortranarray([self._bag(example.masked) for example in examples])
        own = self._kernel(self._masked, self._raw, self._words)
        targets = np.zeros((len(examples), len(self.kinds)))
        targets[np.arange(len(examples)), [example.kind for example in examples]] = 1.0
        # Kinds with more examples would else be preferred for that alone.
        weights = 1.0 / np.sqrt(targets.sum(axis=0))[[example.kind for example in examples]]
        self._weights = np.linalg.solve(own + np.diag(_RIDGE / (weights / weights.mean())), targets)

    def score(self, masked: str, raw: str) -> Scores:
        """Return the scores of a request, given masked and as it was written.

        What cannot be done is recognised by its very words, which a mask would hide.
        """
        as_masked, as_raw = self._score([(canonical(masked), raw), (canonical(raw), raw)])
        can = np.array([bool(kind.tool) for kind in self.kinds])
        by_kind = np.where(can, as_masked.by_kind, np.maximum(as_masked.by_kind, as_raw.by_kind))
        return Scores(by_kind, max(as_masked.nearest, as_raw.nearest))

    def _score(self, requests: Sequence[tuple[str, str]]) -> list[Scores]:
        texts = list(dict.fromkeys(text for pair in requests for text in pair))
        vectors = np.asarray(self._encoder.encode([text or " " for text in texts]), dtype=np.float64)
        row = {text: at for at, text in enumerate(texts)}
        masked = vectors[[row[pair[0]] for pair in requests]]
        raw = vectors[[row[pair[1]] for pair in requests]]
        words = np.stack([self._bag(pair[0]) for pair in requests])
        kernel = self._kernel(masked, raw, words)
        nearest = np.maximum((masked @ self._masked.T).max(axis=1), (raw @ self._raw.T).max(axis=1))
        return [
            Scores(scores, float(near)) for scores, near in zip(kernel @ self._weights, nearest, strict=True)
        ]

    def _kernel(
        self, masked: NDArray[np.float64], raw: NDArray[np.float64], words: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        said = np.flatnonzero(words.any(axis=0))
        return (
            np.exp(_SHARPNESS * (masked @ self._masked.T - 1.0))
            + _RAW_WEIGHT * np.exp(_SHARPNESS * (raw @ self._raw.T - 1.0))
            + _WORDS_WEIGHT * (words[:, said] @ self._words[:, said].T)
        )

    def _bag(self, text: str) -> NDArray[np.float64]:
        bag = np.zeros(len(self._vocabulary))
        for word, n in Counter(_grams(text)).items():
            if word in self._vocabulary:
                bag[self._vocabulary[word]] = n * self._idf[word]
        norm = float(np.linalg.norm(bag))
        return bag / norm if norm else bag


@lru_cache(maxsize=4)
def scorer_of(encoder: Encoder) -> Scorer:
    """Return the scorer of an encoder, made once."""
    return Scorer(encoder)


def _examples(kinds: Sequence[Kind]) -> list[_Example]:
    return [
        _Example(masked, raw, at)
        for at, kind in enumerate(kinds)
        for phrasing in kind.phrasings
        for masked, raw in _filled(phrasing)
    ]


def _filled(phrasing: str) -> list[tuple[str, str]]:
    marks = [mark for mark in _FILLERS if mark in phrasing]
    if not marks:
        return [(canonical(plain(phrasing)), plain(phrasing))]
    n = max(len(_FILLERS[mark]) for mark in marks)
    found: list[tuple[str, str]] = []
    for turn in range(n):
        masked = raw = phrasing.lower()
        for mark in marks:
            filler = _FILLERS[mark][turn % len(_FILLERS[mark])]
            masked, raw = masked.replace(mark, filler[0]), raw.replace(mark, filler[1])
        found.append((canonical(plain(masked)), plain(raw)))
    return found


def _grams(text: str) -> list[str]:
    stems = stems_of(text)
    return [*stems, *(f"{left} {right}" for left, right in pairwise(("", *stems, "")))]


def _idf(texts: Sequence[str]) -> dict[str, float]:
    n_texts = Counter(gram for text in texts for gram in set(_grams(text)))
    return {gram: math.log((1 + len(texts)) / n) for gram, n in n_texts.items()}
