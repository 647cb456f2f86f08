"""How alike two texts are: in words, in letters, in meaning as a whole and in meaning part by part."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from agent.analyse.clauses import clause_spans
from agent.analyse.tags.wording import readable
from agent.ports import Encoder, Vectors

# scikit-learn's types know no single precision.
_Vectorizer: Any = TfidfVectorizer

Matrix = NDArray[np.float32]
Span = tuple[int, int]

_SHARPNESS = 3.0
"""Of likeness in meaning: `exp(3 (cosine - 1))`."""
_LETTERS = (2, 5)
_MAX_LETTER_GROUPS = 60_000
_FEW = 50
"""Below so many texts a word counts that stands in one of them only."""
_ROWS_AT_ONCE = 512
_PAIRS_AT_ONCE = 50_000_000
"""Pairs of parts whose likeness is in memory at one time."""
_MAX_PARTS = 64
"""Parts a text is cut into; of a longer one neighbouring clauses stay together."""


@dataclass(frozen=True, slots=True)
class TextBatch:
    """Texts cut into parts, with the vectors of both.

    `vectors` has shape `(n, dim)`; `part_vectors` has shape `(n_parts, dim)`, the parts of text `i` being rows `starts[i]`
    to `starts[i + 1]`, at least one; `spans` says where each stands in its text.
    """

    texts: Sequence[str]
    vectors: Vectors
    part_vectors: Vectors
    starts: NDArray[np.int64]
    spans: Sequence[Span]

    def __len__(self) -> int:
        return len(self.texts)

    def owners(self) -> list[int]:
        """Return the text of each part."""
        return _owners(self.starts)

    def part_texts(self) -> list[str]:
        """Return the words of each part."""
        return _cut(self.texts, self.owners(), self.spans)

    def parts(self) -> "TextBatch":
        """Return the parts as texts of one part each."""
        texts = self.part_texts()
        spans = [(0, len(text)) for text in texts]
        return TextBatch(texts, self.part_vectors, self.part_vectors, np.arange(len(texts) + 1), spans)

    def take(self, rows: Sequence[int] | NDArray[np.int64]) -> "TextBatch":
        """Return some of the texts, in the order given."""
        chosen = [int(row) for row in rows]
        bounds: list[int] = self.starts.tolist()
        kept = [part for row in chosen for part in range(bounds[row], bounds[row + 1])]
        starts = np.cumsum([0, *(bounds[row + 1] - bounds[row] for row in chosen)])
        texts, spans = [self.texts[row] for row in chosen], [self.spans[part] for part in kept]
        return TextBatch(texts, self.vectors[chosen], self.part_vectors[kept], starts, spans)


def batch_of(texts: Sequence[str], encoder: Encoder) -> TextBatch:
    """Cut texts into clauses and encode both; a text of one clause is encoded once.

    Markup and orders to a machine are spaces in what is read, so that spans stand in the texts as they were given.
    """
    texts = [readable(text) for text in texts]
    found = [_part_spans(text) for text in texts]
    spans = [span for own in found for span in own]
    starts = np.cumsum([0, *map(len, found)])
    owners = _owners(starts)
    several = np.array([len(found[row]) > 1 for row in owners], dtype=bool)
    parts = _cut(texts, owners, spans)
    vectors = encoder.encode([*texts, *(part for part, is_cut in zip(parts, several, strict=True) if is_cut)])
    part_vectors = vectors[owners]
    part_vectors[several] = vectors[len(texts) :]
    return TextBatch(texts, vectors[: len(texts)], part_vectors, starts, spans)


def _part_spans(text: str) -> list[Span]:
    """Return a text's clauses, or where it has none the whole of it without the space around."""
    clauses = clause_spans(text)
    if not clauses:
        start = len(text) - len(text.lstrip())
        return [(start, max(start, len(text.rstrip())))]
    together = -(-len(clauses) // _MAX_PARTS)
    groups = (clauses[first : first + together] for first in range(0, len(clauses), together))
    return [(group[0][0], group[-1][1]) for group in groups]


def _owners(starts: NDArray[np.int64]) -> list[int]:
    return np.repeat(np.arange(len(starts) - 1), np.diff(starts)).tolist()


def _cut(texts: Sequence[str], owners: Sequence[int], spans: Sequence[Span]) -> list[str]:
    return [texts[row][start:end] for row, (start, end) in zip(owners, spans, strict=True)]


@dataclass(frozen=True, slots=True)
class Learnt:
    """What the texts of a kernel add to scores: `coefficients` `(n, k)`, `weights` `(n_words, k)` for each word view."""

    coefficients: Matrix
    weights: list[Matrix]


class TextKernel:
    """Likeness of texts to a fixed list of texts.

    The sum of four likenesses and a constant: TF-IDF of words and word pairs, TF-IDF of groups of letters, nearness of
    the whole texts' vectors, and of their parts' vectors (every part with every part, normalised), so that what a text
    says beside other things counts too.
    """

    def __init__(self, rows: TextBatch) -> None:
        self._rows = rows
        self._views = [
            view for view in (_View.fit(rows.texts, kind) for kind in ("word", "char_wb")) if view is not None
        ]
        self._own = _own_sums(rows)

    def gram(self) -> Matrix:
        """Return the likeness of the texts to each other, shape `(n, n)`."""
        found = np.empty((len(self._rows), len(self._rows)), dtype=np.float32)
        for rows in self._slices(self._rows):
            found[rows] = self._in_meaning(self._rows.take(rows))
            for view in self._views:
                found[rows] += (view.rows[rows] @ view.rows.T).toarray()
        return found

    def scores(self, batch: TextBatch, learnt: "Learnt") -> Matrix:
        """Return the likeness of texts to these times what each of these adds, shape `(len(batch), k)`."""
        found = np.empty((len(batch), learnt.coefficients.shape[1]), dtype=np.float32)
        for rows in self._slices(batch):
            found[rows] = self._in_meaning(batch.take(rows)) @ learnt.coefficients
        for view, weights in zip(self._views, learnt.weights, strict=True):
            found += view.vectoriser.transform(batch.texts) @ weights
        return found

    def learnt(self, coefficients: Matrix) -> "Learnt":
        """Prepare coefficients of shape `(n, k)`: what words add is summed up once."""
        return Learnt(coefficients, [np.asarray(view.rows.T @ coefficients) for view in self._views])

    def _slices(self, batch: TextBatch) -> Iterator[NDArray[np.int64]]:
        """Yield runs of rows short enough for their parts beside all of the kernel's to fit in memory."""
        most_parts = max(_PAIRS_AT_ONCE // len(self._rows.spans), _MAX_PARTS)
        start = 0
        while start < len(batch):
            fitting = int(np.searchsorted(batch.starts, int(batch.starts[start]) + most_parts, side="right"))
            end = min(fitting - 1, start + _ROWS_AT_ONCE, len(batch))
            yield np.arange(start, end)
            start = end

    def _in_meaning(self, batch: TextBatch) -> Matrix:
        """Return the constant and the likeness in meaning, shape `(len(batch), n)`."""
        found = _part_sums(batch, self._rows)
        found /= np.sqrt(_own_sums(batch)[:, None] * self._own[None, :])
        found += _nearness(batch.vectors, self._rows.vectors)
        found += 1
        return found


@dataclass(frozen=True, slots=True)
class _View:
    """One TF-IDF view; `rows` are the fixed texts in it."""

    vectoriser: Any
    rows: Any
    """Sparse, shape `(n, n_words)`."""

    @classmethod
    def fit(cls, texts: Sequence[str], kind: str) -> Self | None:
        is_word = kind == "word"
        vectoriser: Any = _Vectorizer(
            analyzer=kind,
            ngram_range=(1, 2) if is_word else _LETTERS,
            min_df=1 if len(texts) < _FEW else 2 if is_word else 3,
            max_features=None if is_word else _MAX_LETTER_GROUPS,
            sublinear_tf=True,
            dtype=np.float32,
        )
        try:
            return cls(vectoriser, vectoriser.fit_transform(texts))
        except ValueError:  # none of the texts has a word: such a list is alike in meaning only
            return None


def _nearness(left: Vectors, right: Vectors) -> Matrix:
    cosines = left @ right.T
    cosines -= 1
    cosines *= _SHARPNESS
    return np.exp(cosines, out=cosines)


def _part_sums(left: TextBatch, right: TextBatch) -> Matrix:
    """Return the summed nearness of all parts of one text to all of another, shape `(n_left, n_right)`."""
    near = _nearness(left.part_vectors, right.part_vectors)
    near = np.add.reduceat(near, right.starts[:-1], axis=1)
    return np.add.reduceat(near, left.starts[:-1], axis=0)


def _own_sums(batch: TextBatch) -> Matrix:
    """Return the summed nearness of each text's parts to each other, shape `(n,)`."""
    bounds = zip(batch.starts[:-1], batch.starts[1:], strict=True)
    parts = (batch.part_vectors[start:end] for start, end in bounds)
    return np.array([_nearness(own, own).sum() for own in parts], dtype=np.float32)
