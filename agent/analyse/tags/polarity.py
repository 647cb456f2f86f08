"""Whether a text is for or against what a tag names."""

from dataclasses import dataclass
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from agent.analyse.clauses import part_of
from agent.analyse.cues import lexical_of
from agent.analyse.heads import open_head
from agent.analyse.tags.kernel import TextBatch
from agent.analyse.tags.targets import Targets
from agent.schemas.tags import POLARITIES

Matrix = NDArray[np.float32]
Pairs = NDArray[np.int64]

_MIN_TAUGHT = 200
"""Labelled polarities below which the shipped reading of clauses is surer than what they teach."""
_MIN_OF_EACH = 10
_TONE, _OWN, _NEITHER, _SQUARE, _BIAS = 3.0, 3.0, 6.0, 2.0, 0.5
"""Scales of the inputs, so that one penalty suits them all."""


def polarity_targets(targets: Targets) -> Matrix:
    """Return what the ridge learns about polarity, shape `(n, 2 k + 2)`.

    For each tag the polarity it has in a text (0 where it is absent) and whether that is neutral; then the mean polarity
    of all tags of a text and the share of its tags that are neutral.
    """
    known = ~np.isnan(targets.polarity)
    given = np.where(known, targets.polarity, 0.0)
    neutral = known & (targets.polarity == 0)
    count = np.maximum(known.sum(axis=1), 1)
    return np.column_stack([given, neutral, given.sum(axis=1) / count, neutral.sum(axis=1) / count]).astype(
        np.float32
    )


@dataclass(frozen=True)
class PolarityModel:
    """Tells the polarity of a tag in a text from the ridge's scores of polarity."""

    model: Any
    n_tags: int

    @classmethod
    def learnt(cls, scores: Matrix, targets: Targets) -> Self | None:
        """Learn from scores of texts that were kept out; None where too few polarities were labelled."""
        pairs = np.argwhere(~np.isnan(targets.polarity))
        wanted = np.sign(targets.polarity[pairs[:, 0], pairs[:, 1]]).astype(np.int64)
        counts = [int((wanted == polarity).sum()) for polarity in POLARITIES]
        if len(pairs) < _MIN_TAUGHT or sum(n >= _MIN_OF_EACH for n in counts) < 2:  # noqa: PLR2004 - a choice
            return None
        n_tags = targets.held.shape[1]
        model: Any = LogisticRegression(max_iter=500)
        model.fit(_inputs(scores, pairs, n_tags), wanted)
        return cls(model, n_tags)

    def tell(self, scores: Matrix, pairs: Pairs) -> NDArray[np.int64]:
        """Return the polarities of pairs of text and tag, shape `(n_pairs,)` for pairs of shape `(n_pairs, 2)`."""
        if not len(pairs):
            return np.zeros(0, dtype=np.int64)
        return cast("NDArray[np.int64]", self.model.predict(_inputs(scores, pairs, self.n_tags)))


def read_polarity(parts: TextBatch, *, fits: bool) -> list[int]:
    """Return the polarity of parts as the shipped head reads them; `fits` says whether it knows their vectors."""
    head = open_head("clause")
    texts = list(parts.texts)
    tones = head.probabilities(head.inputs(lexical_of(texts), parts.vectors if fits else None)).tolist()
    return [part_of((0, len(text)), tone).polarity for text, tone in zip(texts, tones, strict=True)]


def _inputs(scores: Matrix, pairs: Pairs, n_tags: int) -> Matrix:
    rows, tags = pairs[:, 0], pairs[:, 1]
    tone, neutral = scores[rows, 2 * n_tags], scores[rows, 2 * n_tags + 1]
    which = np.zeros((len(pairs), n_tags), dtype=np.float32)
    which[np.arange(len(pairs)), tags] = 1
    return np.column_stack(
        [
            _TONE * tone,
            _OWN * scores[rows, tags],
            _NEITHER * scores[rows, n_tags + tags],
            _NEITHER * neutral,
            _SQUARE * tone**2,
            _BIAS * which,
            which * tone[:, None],
        ]
    ).astype(np.float32)
