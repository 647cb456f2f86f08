"""Calibrated probabilities, and whether they are better than the base rate on persons they were not fitted on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from agent.analyse.statistics import Estimate, quantity
from agent.schemas.base import Frozen
from agent.schemas.evidence import Quantity

N_FOLDS = 5
"""Every person is predicted by a model that was fitted on the other four fifths."""
N_INNER = 3
N_BOOTSTRAP = 1_000
MIN_ISOTONIC = 1_000
"""Persons of the rarer answer from which the curve of calibration may have any rising form; two parameters below."""
PENALTY = 0.03
"""Inverse strength of the ridge on standardised features."""
_PLATT_PENALTY = 10.0
_LEAST = 1e-4
"""No probability is nearer than this to 0 or 1: a certain error would cost without bound."""
_MAX_BINS = 10
_MIN_BIN = 40
_AT_ONCE = 100

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# scikit-learn ships no types.
_logistic: Any = LogisticRegression
_isotonic: Any = IsotonicRegression


class Improvement(Frozen):
    """How much smaller a loss is than that of the base rate; above 0 is better. Bounds of 95 % over persons."""

    model: float
    baseline: float
    difference: float
    low: float
    high: float


class CalibrationBin(Frozen):
    """Persons who were told about the same probability, and how many of them did it."""

    predicted: float
    """Mean of the probabilities."""
    observed: Quantity


@dataclass(frozen=True, slots=True)
class Examples:
    """What is learnt from: one row a person and time, shape `(n, ...)`."""

    features: Floats
    label: Ints
    """Class, from 0 on."""
    person: Ints
    n_classes: int

    def where(self, kept: NDArray[np.bool_]) -> "Examples":
        """Return some of the rows."""
        return Examples(self.features[kept], self.label[kept], self.person[kept], self.n_classes)


@dataclass(frozen=True, slots=True)
class CalibratedModel:
    """A logistic regression whose scores are turned into probabilities."""

    mean: Floats
    scale: Floats
    logistic: Any
    curves: tuple[Any, ...]
    """One a class, or the one of class 1 where there are two."""

    def probabilities(self, features: Floats) -> Floats:
        """Return the probability of each class, shape `(n, n_classes)`."""
        scores = _scores(self.logistic, (features - self.mean) / self.scale)
        columns = [curve(scores[:, place]) for place, curve in enumerate(self.curves)]
        if len(columns) == 1:
            columns = [1 - columns[0], columns[0]]
        found = np.clip(np.column_stack(columns), _LEAST, 1 - _LEAST)
        return found / found.sum(axis=1, keepdims=True)

    @property
    def weights(self) -> Floats:
        """Change of the log-odds of class 1 with one standard deviation of each feature; of two classes only."""
        return np.asarray(self.logistic.coef_[0], dtype=np.float64)


def folds_of(person: Ints, label: Ints, n_folds: int, *, seed: int) -> Ints:
    """Return the fold of each row; all rows of a person are in one, and answers are spread evenly."""
    persons, code = np.unique(person, return_inverse=True)
    highest = np.zeros(len(persons), dtype=np.int64)
    np.maximum.at(highest, code, label)
    order = np.lexsort((np.random.default_rng(seed).permutation(len(persons)), highest))
    fold = np.empty(len(persons), dtype=np.int64)
    fold[order] = np.arange(len(persons)) % n_folds
    return fold[code]


def fit_calibrated(examples: Examples, *, seed: int) -> CalibratedModel:
    """Fit a logistic regression, and its calibration on scores of persons it was not fitted on.

    Source:
        Platt (1999) for the sigmoid, Zadrozny and Elkan (2002) for the isotonic curve and the scaling of several classes.
    """
    mean = examples.features.mean(axis=0)
    scale = examples.features.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    matrix = (examples.features - mean) / scale
    fold = folds_of(examples.person, examples.label, N_INNER, seed=seed)
    n_scores = examples.n_classes if examples.n_classes > 2 else 1  # noqa: PLR2004 - two classes have one score
    scores = np.zeros((len(matrix), n_scores))
    for held in range(N_INNER):
        inside = fold == held
        scores[inside] = _scores(_fitted(matrix[~inside], examples.label[~inside]), matrix[inside])
    classes = range(n_scores) if n_scores > 1 else (1,)
    curves = tuple(
        _curve(scores[:, place], examples.label == kind, examples.person)
        for place, kind in enumerate(classes)
    )
    return CalibratedModel(mean, scale, _fitted(matrix, examples.label), curves)


def _fitted(matrix: Floats, label: Ints) -> Any:  # noqa: ANN401 - scikit-learn ships no types
    return _logistic(C=PENALTY, max_iter=2_000).fit(matrix, label)


def _scores(logistic: Any, matrix: Floats) -> Floats:  # noqa: ANN401 - scikit-learn ships no types
    found = np.asarray(logistic.decision_function(matrix), dtype=np.float64)
    return found[:, None] if found.ndim == 1 else found


def _curve(scores: Floats, is_it: NDArray[np.bool_], person: Ints) -> Any:  # noqa: ANN401 - as above
    rarer = min(len(np.unique(person[is_it])), len(np.unique(person[~is_it])))
    if rarer >= MIN_ISOTONIC:
        return _isotonic(out_of_bounds="clip").fit(scores, is_it.astype(np.float64)).predict
    centre, spread = float(scores.mean()), max(float(scores.std()), 1e-9)
    sigmoid = _logistic(C=_PLATT_PENALTY).fit((scores[:, None] - centre) / spread, is_it)

    def probability(values: Floats) -> Floats:
        return np.asarray(sigmoid.predict_proba((values[:, None] - centre) / spread)[:, 1])

    return probability


def out_of_fold(examples: Examples, *, seed: int) -> tuple[Floats, Floats]:
    """Return probabilities of persons that nothing was fitted on, and the base rates known there, shape `(n, n_classes)`."""
    fold = folds_of(examples.person, examples.label, N_FOLDS, seed=seed)
    found, base = (np.zeros((len(fold), examples.n_classes)) for _ in range(2))
    for held in range(N_FOLDS):
        inside = fold == held
        rest = examples.where(~inside)
        found[inside] = fit_calibrated(rest, seed=seed + 1).probabilities(examples.features[inside])
        base[inside] = frequencies(rest.label, examples.n_classes)
    return found, base


def frequencies(label: Ints, n_classes: int) -> Floats:
    """Return the share of each class, half a row added to each, shape `(n_classes,)`."""
    n = np.bincount(label, minlength=n_classes) + 0.5
    return n / n.sum()


def log_losses(probabilities: Floats, label: Ints) -> Floats:
    """Return the log-loss of each row in nats."""
    return -np.log(np.clip(probabilities[np.arange(len(label)), label], _LEAST, 1.0))


def brier_losses(probabilities: Floats, label: Ints) -> Floats:
    """Return the Brier score of each row; of two classes the square of one error, of more the sum over classes."""
    errors = (probabilities - np.eye(probabilities.shape[1])[label]) ** 2
    return errors[:, 1] if errors.shape[1] == 2 else errors.sum(axis=1)  # noqa: PLR2004 - two classes


def improvement(model: Floats, baseline: Floats, person: Ints, *, seed: int) -> Improvement:
    """Return how much smaller a mean loss is, with an interval from resampled persons.

    Args:
        model: Loss of each row, shape `(n,)`.
        baseline: Loss of the base rate, shape `(n,)`.
        person: Who the row is of, shape `(n,)`.
        seed: Of the resamples.
    """
    _, code = np.unique(person, return_inverse=True)
    gain = np.bincount(code, weights=baseline - model).astype(np.float64)
    rows = np.bincount(code).astype(np.float64)
    bounds = _bootstrap(gain, rows, seed=seed)
    return Improvement(
        model=float(model.mean()),
        baseline=float(baseline.mean()),
        difference=float(baseline.mean() - model.mean()),
        low=bounds.low or 0.0,
        high=bounds.high or 0.0,
    )


def _bootstrap(gain: Floats, rows: Floats, *, seed: int) -> Estimate:
    rng = np.random.default_rng(seed)
    n = len(gain)
    means: list[Floats] = []
    for _ in range(N_BOOTSTRAP // _AT_ONCE):
        drawn = rng.integers(0, n, (_AT_ONCE, n))
        means.append(gain[drawn].sum(axis=1) / rows[drawn].sum(axis=1))
    low, high = np.quantile(np.concatenate(means), [0.025, 0.975])
    return Estimate(float(gain.sum() / rows.sum()), float(low), float(high))


def calibration_bins(
    probability: Floats, did: NDArray[np.bool_], *, population: str
) -> tuple[CalibrationBin, ...]:
    """Return groups of persons by what they were told, least likely first; one row a person, shape `(n,)` both."""
    order = np.argsort(probability, kind="stable")
    n_bins = max(1, min(_MAX_BINS, len(order) // _MIN_BIN))
    parts: Sequence[Ints] = np.array_split(order, n_bins)
    return tuple(
        CalibrationBin(
            predicted=float(probability[part].mean()),
            observed=quantity(int(did[part].sum()), len(part), population),
        )
        for part in parts
    )
