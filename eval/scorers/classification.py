"""Scores of classifications: error, balanced error, F1, agreement; None of them hides a class."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

LabelT = TypeVar("LabelT", bound=Hashable)
_N_STEPS = 10


def error_rate(expected: Sequence[object], given: Sequence[object]) -> float:
    """Return the share of wrong labels; 0 for no labels."""
    pairs = list(zip(expected, given, strict=True))
    return sum(want != got for want, got in pairs) / len(pairs) if pairs else 0.0


def balanced_error(expected: Sequence[LabelT], given: Sequence[LabelT]) -> float:
    """Return the mean over classes of the share of wrong labels."""
    pairs = list(zip(expected, given, strict=True))
    classes = dict.fromkeys(expected)
    rates = [error_rate(*zip(*[p for p in pairs if p[0] == name], strict=True)) for name in classes]
    return sum(rates) / len(rates) if rates else 0.0


def f1_of_class(expected: Sequence[LabelT], given: Sequence[LabelT], *, name: LabelT) -> float:
    """Return the F1 of one class; 0 where it is never right."""
    pairs = list(zip(expected, given, strict=True))
    hits = sum(want == got == name for want, got in pairs)
    n_named = sum(want == name for want, _ in pairs) + sum(got == name for _, got in pairs)
    return 2 * hits / n_named if n_named else 0.0


@dataclass(frozen=True, slots=True)
class DetectionScore:
    """How well probabilities of one class find it."""

    n: int
    n_positive: int
    precision: float
    """Of those at or above one half; 0 where there are none."""
    recall: float
    auc: float
    """Chance that a positive has a higher probability than a negative; one half where a side is empty."""
    brier: float
    calibration_error: float
    """Mean distance of probability and share over ten equal steps of probability, each by its size."""

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 where both are."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def detection_score(expected: NDArray[np.bool_], chances: NDArray[np.float64]) -> DetectionScore:
    """Score probabilities, shape `(n,)`, of the class that `expected` marks."""
    named = chances >= 0.5  # noqa: PLR2004
    hits = int((named & expected).sum())
    steps = np.minimum((chances * _N_STEPS).astype(np.int64), _N_STEPS - 1)
    gaps = np.bincount(steps, weights=chances - expected, minlength=_N_STEPS)
    n = max(len(expected), 1)
    return DetectionScore(
        n=len(expected),
        n_positive=int(expected.sum()),
        precision=hits / max(int(named.sum()), 1),
        recall=hits / max(int(expected.sum()), 1),
        auc=_area_under_curve(expected, chances),
        brier=float(((chances - expected) ** 2).sum()) / n,
        calibration_error=float(np.abs(gaps).sum()) / n,
    )


def _area_under_curve(expected: NDArray[np.bool_], chances: NDArray[np.float64]) -> float:
    """Return the Mann-Whitney statistic over all pairs, equal probabilities counted half."""
    ordered = np.sort(chances[~expected])
    positive = chances[expected]
    n_pairs = len(ordered) * len(positive)
    if n_pairs == 0:
        return 0.5
    below = np.searchsorted(ordered, positive, side="left").sum()
    up_to = np.searchsorted(ordered, positive, side="right").sum()
    return float(below + up_to) / 2 / n_pairs


def macro_f1(expected: Sequence[LabelT], given: Sequence[LabelT]) -> float:
    """Return the mean F1 over the classes that stand in `expected`."""
    classes = list(dict.fromkeys(expected))
    return sum(f1_of_class(expected, given, name=name) for name in classes) / len(classes) if classes else 0.0


def mean_absolute_error(expected: NDArray[np.float64], given: NDArray[np.float64]) -> float:
    """Return the mean absolute difference."""
    return float(np.mean(np.abs(expected - given))) if len(expected) else 0.0
