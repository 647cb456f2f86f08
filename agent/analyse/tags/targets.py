"""Labels as numbers, and scores as decisions: where a score becomes a tag, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from agent.schemas.tags import LabelledText, Taxonomy

Matrix = NDArray[np.float32]
Flags = NDArray[np.bool_]

USUAL_THRESHOLD = 0.35
"""Score from which a tag is given where labels do not say better."""
_THRESHOLD_TRUST = 20.0
"""Labelled texts of a tag at which its own best threshold counts as much as the usual one."""
_USUAL_OFFSET = -1.2
_USUAL_SLOPE, _GUESSING_SLOPE = 6.0, 2.6
"""Of confidence where labels do not say better: as often as tags were right on reviews and queries without labels, after
learning from thousands of texts, and by the list's words alone."""
_MIN_CALIBRATION = 50
"""Labelled texts below which confidence follows the usual curve."""

# SciPy ships no types.
_optimize: Any = optimize
_special: Any = special


@dataclass(frozen=True, slots=True)
class Targets:
    """What labelled texts carry: `held` and `polarity` have shape `(n, k)`; a polarity nobody gave is nan."""

    held: Flags
    polarity: Matrix

    @classmethod
    def of(cls, labelled: Sequence[LabelledText], taxonomy: Taxonomy) -> Self:
        """Write labels as numbers; a tag with several polarities in one text has their mean."""
        column = {tag: number for number, tag in enumerate(taxonomy.names)}
        held = np.zeros((len(labelled), len(column)), dtype=bool)
        total, count = np.zeros(held.shape, dtype=np.float32), np.zeros(held.shape, dtype=np.float32)
        for row, text in enumerate(labelled):
            for label in text.labels:
                place = row, column[label.tag]
                held[place] = True
                if label.polarity is not None:
                    total[place] += label.polarity
                    count[place] += 1
        polarity = np.divide(total, count, out=np.full(held.shape, np.nan, np.float32), where=count > 0)
        return cls(held, polarity)

    def take(self, rows: NDArray[np.int64] | Flags) -> "Targets":
        """Return some of the texts' labels."""
        return Targets(self.held[rows], self.polarity[rows])


@dataclass(frozen=True, slots=True)
class Decision:
    """`thresholds` has shape `(k,)`; confidence is `expit(offset + slope * (score - threshold))`."""

    thresholds: Matrix
    offset: float
    slope: float

    @classmethod
    def usual(cls, n_tags: int, *, trust: float) -> Self:
        """Return the decision without labels, at this weight of what was learnt beside what the list's words say."""
        thresholds = np.full(n_tags, USUAL_THRESHOLD, dtype=np.float32)
        return cls(thresholds, _USUAL_OFFSET, _GUESSING_SLOPE + trust * (_USUAL_SLOPE - _GUESSING_SLOPE))

    @classmethod
    def learnt(cls, scores: Matrix, held: Flags, *, trust: float) -> Self:
        """Learn from scores of texts that were kept out of what gave the scores; the usual decision without any.

        A tag's threshold is the one of best F1 among its labelled texts, drawn to the usual one where they are few.
        """
        n_held = held.sum(axis=0).astype(np.float32)
        own = n_held / (n_held + _THRESHOLD_TRUST)
        best = np.array([_best_threshold(scores[:, tag], held[:, tag]) for tag in range(held.shape[1])])
        thresholds = (own * best + (1 - own) * USUAL_THRESHOLD).astype(np.float32)
        if len(scores) < _MIN_CALIBRATION:
            return replace(cls.usual(len(thresholds), trust=trust), thresholds=thresholds)
        return cls(thresholds, *_curve((scores - thresholds).ravel(), held.ravel()))

    def given(self, scores: Matrix) -> Flags:
        """Return which tags are given, shape `(n, k)`."""
        return scores >= self.thresholds

    def confidence(self, scores: Matrix) -> Matrix:
        """Return the chances that texts carry the tags, shape `(n, k)`."""
        return np.asarray(_special.expit(self.offset + self.slope * (scores - self.thresholds)), np.float32)


def _best_threshold(scores: Matrix, held: Flags) -> float:
    """Return the score, half-way to the next lower one, at which F1 is best; the usual one without a labelled text."""
    if not held.any():
        return USUAL_THRESHOLD
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(held[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + hits[-1])
    last = int(f1.argmax())
    return float((scores[order[last]] + scores[order[min(last + 1, len(order) - 1)]]) / 2)


def _curve(scores: Matrix, held: Flags) -> tuple[float, float]:
    """Fit offset and slope of a logistic curve by maximum likelihood, a little drawn to the usual slope."""
    signs = np.where(held, 1.0, -1.0)

    def loss(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margins = signs * (point[0] + point[1] * scores)
        pull = -signs * _special.expit(-margins)
        value = np.logaddexp(0, -margins).sum() + 0.5 * (point[1] - _USUAL_SLOPE) ** 2
        return float(value), np.array([pull.sum(), (pull * scores).sum() + point[1] - _USUAL_SLOPE])

    found = _optimize.minimize(loss, np.array([0.0, _USUAL_SLOPE]), jac=True, method="L-BFGS-B")
    offset, slope = cast("list[float]", np.asarray(found.x).tolist())
    return offset, max(slope, 0.0)
