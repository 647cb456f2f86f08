"""Which kind of request words are: kernel ridge regression on the example phrasings, nothing learnt from any brand."""

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from itertools import combinations, pairwise
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve  # pyright: ignore[reportUnknownVariableType]
from scipy.sparse import csr_array

from agent.chat.understand.concepts import concepts_of
from agent.chat.understand.kinds import ABOUT, Kind, load_kinds
from agent.chat.understand.masking import SUBJECT_MASK, TIME_MASK
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
_WORDS_WEIGHT: Final = 0.6
_IDEAS_WEIGHT: Final = 0.6
_RIDGE: Final = 0.2
_SHARPNESS: Final = 2.0
"""Of the radial kernel over vectors; near examples count for more than many far ones. All five chosen on the requests of writers of whom no example is."""


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


_Solved = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
"""Vectors of the examples, masked and raw, and the weight of each for each kind."""


def _packed(solved: _Solved) -> bytes:
    file = BytesIO()
    np.savez(file, masked=solved[0], raw=solved[1], weights=solved[2])
    return file.getvalue()


def _unpacked(content: bytes) -> _Solved:
    with np.load(BytesIO(content), allow_pickle=False) as held:
        return held["masked"], held["raw"], held["weights"]


def _digest(examples: Sequence[_Example], *bags: "_Bag") -> str:
    """Return a digest of all that the vectors and the solution depend on, the encoder aside."""
    digest = hashlib.sha256(repr((_RAW_WEIGHT, _RIDGE, _SHARPNESS, examples)).encode())
    for bag in bags:
        digest.update(bag.content())
    return digest.hexdigest()[:16]


class Scorer:
    """Scores requests against every kind.

    Args:
        encoder: Gives the vectors; the same one for examples and requests.
    """

    def __init__(self, encoder: Encoder) -> None:
        self.kinds: tuple[Kind, ...] = load_kinds()
        self._encoder = encoder
        examples = _examples(self.kinds)
        self._can = np.array([bool(kind.tool) for kind in self.kinds])
        self._about = np.array([bool(ABOUT & set(kind.takes)) for kind in self.kinds])
        self._words = _Bag([_grams(example.masked) for example in examples], _WORDS_WEIGHT)
        self._ideas = _Bag([_ideas(example.masked) for example in examples], _IDEAS_WEIGHT)
        # The vectors and the solution take seconds of processor time: they are worked out once on a machine.
        name = f"requests-{_digest(examples, self._words, self._ideas)}"
        self._masked, self._raw, solved = _unpacked(
            encoder.kept(name, lambda: _packed(self._solved(examples)))
        )
        self._weights: NDArray[np.float32] = np.ascontiguousarray(solved.T)
        self._words.fit(solved)
        self._ideas.fit(solved)

    def _solved(self, examples: Sequence[_Example]) -> _Solved:
        texts = sorted({text for example in examples for text in (example.masked, example.raw)})
        row = {text: at for at, text in enumerate(texts)}
        vectors = np.asarray(self._encoder.encode(texts), dtype=np.float32)
        masked = vectors[[row[example.masked] for example in examples]]
        raw = vectors[[row[example.raw] for example in examples]]
        own = self._spread(masked @ masked.T, raw @ raw.T) + self._words.kernel() + self._ideas.kernel()
        targets = np.zeros((len(examples), len(self.kinds)), dtype=np.float32)
        targets[np.arange(len(examples)), [example.kind for example in examples]] = 1.0
        # Kinds with more examples would else be preferred for that alone.
        weights = 1.0 / np.sqrt(targets.sum(axis=0))[[example.kind for example in examples]]
        own[np.diag_indices_from(own)] += _RIDGE / (weights / weights.mean())
        solved = np.asarray(
            solve(own, targets, assume_a="pos", overwrite_a=True, check_finite=False), dtype=np.float32
        )
        return masked, raw, solved

    def score(self, masked: str, bare: str, raw: str) -> Scores:
        """Return the scores of a request, given masked, masked but for its subject, and as it was written.

        A kind that is about no subject is recognised by all words beside names: what was taken for a subject may be none.
        What cannot be done is recognised by its very words, which a mask would hide.
        """
        ways = [canonical(masked) or " ", canonical(bare) or " ", canonical(raw) or " "]
        texts = list(dict.fromkeys((*ways, raw or " ")))
        vectors = np.asarray(self._encoder.encode(texts), dtype=np.float32)
        row = {text: at for at, text in enumerate(texts)}
        # All ways hold the same words as they were written.
        near_raw = _dots(self._raw, vectors[row[raw or " "]])
        near = {way: _dots(self._masked, vectors[row[way]]) for way in ways}
        found = {
            way: _dots(self._weights, self._spread(one, near_raw)) + self._bags(way)
            for way, one in near.items()
        }
        as_masked, as_bare, as_raw = (found[way] for way in ways)
        can = np.where(self._about, as_masked, as_bare)
        by_kind = np.where(self._can, can, np.maximum(as_masked, as_raw))
        nearest = max(near_raw.max(), near[ways[0]].max(), near[ways[2]].max())
        return Scores(by_kind.astype(np.float64), float(nearest))

    @staticmethod
    def _spread(near: NDArray[np.float32], near_raw: NDArray[np.float32]) -> NDArray[np.float32]:
        kernel = np.exp(_SHARPNESS * (near - 1.0)) + _RAW_WEIGHT * np.exp(_SHARPNESS * (near_raw - 1.0))
        return kernel.astype(np.float32, copy=False)

    def _bags(self, text: str) -> NDArray[np.float32]:
        return self._words.score(_grams(text)) + self._ideas.score(_ideas(text))


def _dots(rows: NDArray[np.float32], vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the product of a matrix and a vector, without the threads that would wait for each other among many requests."""
    return np.einsum("ij,j->i", rows, vector)


class _Bag:
    """What texts hold, weighed by rarity: a linear part of the kernel, so that a request needs its own features alone.

    Args:
        texts: Features of each example.
        weight: Of this part.
    """

    def __init__(self, texts: Sequence[Sequence[str]], weight: float) -> None:
        n_texts = Counter(feature for text in texts for feature in set(text))
        self._at = {feature: at for at, feature in enumerate(sorted(n_texts))}
        self._idf = np.array([math.log((1 + len(texts)) / n_texts[feature]) for feature in self._at])
        self._weight = weight
        found = [self._features(text) for text in texts]
        ends = np.cumsum([0, *(len(places) for places, _ in found)])
        self._rows: Any = csr_array(
            (np.concatenate([values for _, values in found]), np.concatenate([places for places, _ in found]), ends),
            shape=(len(texts), len(self._at)),
            dtype=np.float32,
        )  # fmt: skip
        self._fitted: NDArray[np.float32] = np.zeros((len(self._at), 0), dtype=np.float32)

    def content(self) -> bytes:
        """Return what tells this part of the kernel from another."""
        rows = (self._rows.indptr, self._rows.indices, self._rows.data)
        return repr(self._weight).encode() + b"".join(np.asarray(part).tobytes() for part in rows)

    def kernel(self) -> NDArray[np.float32]:
        """Return how much the examples share, one with another."""
        return cast("NDArray[np.float32]", self._weight * (self._rows @ self._rows.T).toarray())

    def fit(self, weights: NDArray[np.float32]) -> None:
        """Take what was solved for the examples."""
        self._fitted = np.asarray(self._weight * (self._rows.T @ weights), dtype=np.float32)

    def score(self, text: Sequence[str]) -> NDArray[np.float32]:
        """Return what the features of a request add to each kind."""
        places, values = self._features(text)
        return _dots(np.ascontiguousarray(self._fitted[places].T), values)

    def _features(self, text: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        counts = Counter(self._at[feature] for feature in text if feature in self._at)
        places = np.array(sorted(counts), dtype=np.int32)
        values = np.array([counts[place] * self._idf[place] for place in places], dtype=np.float32)
        return places, values / (float(np.linalg.norm(values)) or 1.0)


@lru_cache(maxsize=4)
def scorer_of(encoder: Encoder) -> Scorer:
    """Return the scorer of an encoder, made once."""
    return Scorer(encoder)


def _examples(kinds: Sequence[Kind]) -> list[_Example]:
    return [
        _Example(*_filled(phrasing, turn), at)
        for at, kind in enumerate(kinds)
        for turn, phrasing in enumerate(kind.phrasings)
    ]


def _filled(phrasing: str, turn: int) -> tuple[str, str]:
    """Return a phrasing masked and as somebody might write it; what stands for a mark takes turns."""
    masked = raw = phrasing.lower()
    for mark, fillers in _FILLERS.items():
        while mark in masked:
            as_mask, as_word = fillers[turn % len(fillers)]
            masked, raw = masked.replace(mark, as_mask, 1), raw.replace(mark, as_word, 1)
            turn += 1
    return canonical(plain(masked)), plain(raw)


def _grams(text: str) -> list[str]:
    stems = stems_of(text)
    return [*stems, *(f"{left} {right}" for left, right in pairwise(("", *stems, "")))]


def _ideas(text: str) -> list[str]:
    """Return the ideas in a text, each alone and with each other."""
    ideas = sorted(concepts_of(text))
    return [*ideas, *(f"{left}+{right}" for left, right in combinations(ideas, 2))]
