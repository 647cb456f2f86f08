"""Fits the heads of `agent/analyse/heads`, and tests them on reviews they were not fitted on.

Deterministic: rows are taken in the order of the files, the solver
is convex. Words enter a vocabulary only if several texts use them, so no sentence can be read out of the weights.
"""

# scikit-learn and SciPy's sparse matrices come without complete types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_selection import chi2
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import LeaveOneGroupOut, StratifiedKFold

from agent.analyse.cues import Lexical, lexical_of
from agent.analyse.heads import (
    VECTOR_SCALE,
    Head,
    HeadName,
    Inputs,
    Scores,
    Weights,
    softmax,
    word_matrix,
)
from agent.ports import Encoder, Vectors
from eval.training.corpora import (
    COMPLAINTS,
    EMOTIONS,
    SEVERITIES,
    TONES,
    Labelled,
    label_own,
    read_fabsa,
    read_goemotions,
    read_mams,
    read_own,
    read_service_talk,
)

_MIN_TEXTS_PER_WORD = 8
_PENALTY_C = 0.3
_PLACEHOLDER = re.compile(r"\d|\b(?:name|religion)\b")
"""Numbers, and what corpora put in place of names: they say something of the corpus alone."""


@dataclass(frozen=True, slots=True)
class HeadPlan:
    """What a head distinguishes, by how many words, and how far rare classes are lifted (0 not at all, 1 fully)."""

    name: HeadName
    classes: tuple[str, ...]
    n_words: int
    balance: float


PLANS: dict[HeadName, HeadPlan] = {
    "tone": HeadPlan("tone", TONES, n_words=900, balance=0.3),
    "complaint": HeadPlan("complaint", COMPLAINTS, n_words=1200, balance=0.5),
    "severity": HeadPlan("severity", SEVERITIES, n_words=300, balance=0.7),
    "emotion": HeadPlan("emotion", EMOTIONS, n_words=450, balance=0.5),
}


@dataclass(frozen=True, slots=True)
class Examples:
    """Labelled texts with their lexical side and vectors, row by row; `targets` has shape `(n, n_classes)`."""

    rows: list[Labelled]
    targets: NDArray[np.float64]
    lexical: Lexical
    vectors: Vectors

    def take(self, indices: Sequence[int]) -> "Examples":
        """Return the chosen rows."""
        lexical = Lexical(
            cues=self.lexical.cues[indices],
            words=[self.lexical.words[i] for i in indices],
            tokens=[self.lexical.tokens[i] for i in indices],
        )
        rows = [self.rows[i] for i in indices]
        return Examples(rows, self.targets[indices], lexical, self.vectors[indices])


@dataclass(frozen=True, slots=True)
class Folds:
    """How reviews are cut into those fitted on and those tested: five at random, or each organisation left out."""

    seed: int
    by_group: bool = False
    use_vectors: bool = True


def review_rows(data: Path) -> list[Labelled]:
    """Return what tone, complaint and severity learn from: reviews, service talk and the project's own passages."""
    return [*read_fabsa(data), *read_mams(data), *read_service_talk(data), *label_own(read_own())]


def emotion_rows(data: Path) -> list[Labelled]:
    """Return what emotion learns from: comments, and the project's own passages."""
    return [*read_goemotions(data, "train"), *label_own(read_own())]


def examples_of(rows: Sequence[Labelled], head: HeadName, vectors: Vectors) -> Examples:
    """Return the rows that say something for a head; `vectors` has one row for each of `rows`."""
    labels = [cast("tuple[float, ...] | None", getattr(row, head)) for row in rows]
    kept = [index for index, label in enumerate(labels) if label is not None]
    chosen = [rows[index] for index in kept]
    targets = np.array([label for label in labels if label is not None])
    return Examples(chosen, targets, lexical_of([row.text for row in chosen]), vectors[kept])


def vectors_of(rows: Sequence[Labelled], encoder: Encoder) -> Vectors:
    """Encode the texts of rows."""
    return encoder.encode([row.text for row in rows])


def fit_head(examples: Examples, plan: HeadPlan, *, model_id: str) -> Head:
    """Fit both sets of weights of a head."""
    words = _telling_words(examples, plan.n_words)
    return Head(
        name=plan.name,
        model_id=model_id,
        classes=plan.classes,
        words=words,
        with_vectors=_fit_weights(examples, plan, words, use_vectors=True),
        without_vectors=_fit_weights(examples, plan, words, use_vectors=False),
    )


def folds_of(examples: Examples, how: Folds) -> Iterator[tuple[list[int], list[int]]]:
    """Yield five stratified splits of the reviews into train and test rows, or one split per organisation.

    Rows of other corpora are always in train.
    """
    reviews = np.array([i for i, row in enumerate(examples.rows) if row.corpus == "fabsa"])
    others = [i for i, row in enumerate(examples.rows) if row.corpus != "fabsa"]
    labels = examples.targets[reviews].argmax(axis=1)
    groups = [examples.rows[i].group for i in reviews]
    if how.by_group:
        splits = LeaveOneGroupOut().split(reviews, groups=groups)
    else:
        splits = StratifiedKFold(5, shuffle=True, random_state=how.seed).split(reviews, labels)
    for train, test in splits:
        yield [*reviews[train].tolist(), *others], reviews[test].tolist()


def _inputs_of(examples: Examples, words: Sequence[str], *, use_vectors: bool) -> Inputs:
    matrix = word_matrix(examples.lexical.words, _columns(words))
    return Inputs(examples.lexical.cues, matrix, examples.vectors if use_vectors else None)


def _columns(words: Sequence[str]) -> dict[str, int]:
    return {word: column for column, word in enumerate(words)}


def _telling_words(examples: Examples, n_words: int) -> tuple[str, ...]:
    counts = Counter(word for row in examples.lexical.words for word in row)
    vocabulary = sorted(
        word for word, n in counts.items() if n >= _MIN_TEXTS_PER_WORD and not _PLACEHOLDER.search(word)
    )
    present = word_matrix(examples.lexical.words, _columns(vocabulary))
    weights = sparse.diags([row.weight for row in examples.rows])
    strength = np.nan_to_num(chi2(weights @ present, examples.targets.argmax(axis=1))[0])
    strongest = np.argsort(-strength, kind="stable")[:n_words]
    return tuple(sorted(vocabulary[i] for i in strongest))


def _fit_weights(examples: Examples, plan: HeadPlan, words: tuple[str, ...], *, use_vectors: bool) -> Weights:
    parts = [sparse.csr_matrix(examples.lexical.cues), word_matrix(examples.lexical.words, _columns(words))]
    if use_vectors:
        parts.append(sparse.csr_matrix(examples.vectors * VECTOR_SCALE))
    row_indices, labels = np.nonzero(examples.targets)
    inputs = sparse.hstack(parts).tocsr()[row_indices]
    weights = examples.targets[row_indices, labels] * np.array([examples.rows[i].weight for i in row_indices])
    mass = np.bincount(labels, weights=weights, minlength=len(plan.classes))
    weights *= (mass.sum() / len(mass) / mass[labels]) ** plan.balance
    model = LogisticRegression(C=_PENALTY_C, max_iter=300).fit(inputs, labels, sample_weight=weights)
    n_cues = examples.lexical.cues.shape[1]
    return _weights_of(model, len(plan.classes), n_cues, len(words), use_vectors=use_vectors)


def _weights_of(
    model: LogisticRegression, n_classes: int, n_cues: int, n_words: int, *, use_vectors: bool
) -> Weights:
    coefficients = cast("NDArray[np.float64]", model.coef_)
    bias = cast("NDArray[np.float64]", model.intercept_)
    if n_classes == 2:  # noqa: PLR2004 - scikit-learn gives one row for two classes
        coefficients, bias = np.vstack([-coefficients, coefficients]) / 2, np.concatenate([-bias, bias]) / 2
    columns = coefficients.T.astype(np.float32)
    n_lexical = n_cues + n_words
    return Weights(
        bias=bias.astype(np.float32),
        cue=columns[:n_cues],
        word=columns[n_cues:n_lexical],
        vector=columns[n_lexical:] if use_vectors else None,
    )


def fit_and_apply(train: Examples, test: Examples, plan: HeadPlan, *, use_vectors: bool) -> Scores:
    """Fit a head on some examples and return its probabilities for others, shape `(n_test, k)`."""
    words = _telling_words(train, plan.n_words)
    weights = _fit_weights(train, plan, words, use_vectors=use_vectors)
    return softmax(weights.scores(_inputs_of(test, words, use_vectors=use_vectors)))


def cross_validated(examples: Examples, plan: HeadPlan, how: Folds) -> NDArray[np.float64]:
    """Return probabilities of reviews no head was fitted on, shape `(n, k)`; rows that were never tested are nan."""
    probabilities = np.full(examples.targets.shape, np.nan)
    for train, test in folds_of(examples, how):
        part, held = examples.take(train), examples.take(test)
        probabilities[test] = fit_and_apply(part, held, plan, use_vectors=how.use_vectors)
    return probabilities
