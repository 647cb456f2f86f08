"""Peers of the emotion head: logistic regressions on the same vectors and words, with thresholds tuned as well as ours."""

# scikit-learn comes without complete types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import warnings
from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from agent.ports import Vectors
from eval.scorers.classification import macro_f1
from eval.training.corpora import EMOTIONS, Labelled

_SHIFTS = np.linspace(-1, 1, 9)
_SWEEPS = 3
_TUNING_SHARE = 0.25
_MAX_STEPS = 100


def peer_emotions(
    train: Sequence[Labelled],
    test: Sequence[Labelled],
    vectors: tuple[Vectors, Vectors],
    *,
    with_words: bool = False,
    balanced: bool = False,
    seed: int = 0,
) -> dict[str, list[str]]:
    """Return what a logistic regression says of comments, by argmax and with thresholds tuned for macro F1.

    Args:
        train: Comments of one emotion each; a quarter tunes the thresholds, then all are fitted on.
        test: Comments to read.
        vectors: Of both, in that order.
        with_words: Adds TF-IDF of words and word pairs.
        balanced: Weighs the classes alike.
        seed: Of the quarter.
    """
    labels = np.array([int(np.argmax(cast("tuple[float, ...]", row.emotion))) for row in train])
    known, asked = _features(train, test, vectors, with_words=with_words)
    tuning = np.random.default_rng(seed).random(len(labels)) < _TUNING_SHARE
    first = _fit(known[~tuning], labels[~tuning], balanced=balanced)
    shifts = _tuned(_log_chances(first, known[tuning]), labels[tuning])
    chances = _log_chances(_fit(known, labels, balanced=balanced), asked)
    return {"argmax": _names(chances), "thresholds tuned": _names(chances + shifts)}


def _features(
    train: Sequence[Labelled], test: Sequence[Labelled], vectors: tuple[Vectors, Vectors], *, with_words: bool
) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    known, asked = sparse.csr_matrix(vectors[0]), sparse.csr_matrix(vectors[1])
    if not with_words:
        return known, asked
    words = TfidfVectorizer(sublinear_tf=True, min_df=3, ngram_range=(1, 2))
    of_train = words.fit_transform([row.text for row in train])
    of_test = words.transform([row.text for row in test])
    return sparse.csr_matrix(sparse.hstack([of_train, known])), sparse.csr_matrix(
        sparse.hstack([of_test, asked])
    )


def _fit(inputs: sparse.csr_matrix, labels: NDArray[np.int64], *, balanced: bool) -> LogisticRegression:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        weight = "balanced" if balanced else None
        return LogisticRegression(C=2.0, max_iter=_MAX_STEPS, class_weight=weight).fit(inputs, labels)


def _log_chances(model: LogisticRegression, inputs: sparse.csr_matrix) -> NDArray[np.float64]:
    known = cast("NDArray[np.float64]", model.predict_log_proba(inputs))
    chances = np.full((len(known), len(EMOTIONS)), -np.inf)
    chances[:, model.classes_] = known
    return chances


def _tuned(chances: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    shifts = np.zeros(chances.shape[1])
    one = np.eye(chances.shape[1])
    for _ in range(_SWEEPS):
        for k in range(len(shifts)):
            scores = [_f1(chances + shifts + one[k] * step, labels) - abs(step) * 1e-6 for step in _SHIFTS]
            shifts[k] += _SHIFTS[int(np.argmax(scores))]
    return shifts


def _f1(chances: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    return macro_f1(labels.tolist(), chances.argmax(axis=1).tolist())


def _names(chances: NDArray[np.float64]) -> list[str]:
    return [EMOTIONS[k] for k in chances.argmax(axis=1).tolist()]
