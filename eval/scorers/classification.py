"""Scores of classifications: error, balanced error, F1, agreement; None of them hides a class."""

from collections.abc import Hashable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

LabelT = TypeVar("LabelT", bound=Hashable)


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


def macro_f1(expected: Sequence[LabelT], given: Sequence[LabelT]) -> float:
    """Return the mean F1 over the classes that stand in `expected`."""
    classes = list(dict.fromkeys(expected))
    return sum(f1_of_class(expected, given, name=name) for name in classes) / len(classes) if classes else 0.0


def agreement_with_sets(accepted: Sequence[frozenset[str]], given: Sequence[str]) -> float:
    """Return the share of answers that are among the accepted ones."""
    pairs = list(zip(accepted, given, strict=True))
    return sum(got in want for want, got in pairs) / len(pairs) if pairs else 0.0


def mean_absolute_error(expected: NDArray[np.float64], given: NDArray[np.float64]) -> float:
    """Return the mean absolute difference."""
    return float(np.mean(np.abs(expected - given))) if len(expected) else 0.0
