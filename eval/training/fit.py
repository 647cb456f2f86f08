"""Fits the heads of `agent/analyse/heads`, and tests them on reviews they were not fitted on.

Deterministic: rows are taken in the order of the files, the solver
is convex. Words enter a vocabulary only if several texts use them, so no sentence can be read out of the weights.
"""

# scikit-learn and SciPy's sparse matrices come without complete types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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
from eval.scorers.sentences import sentence_spans
from eval.training.corpora import (
    COMPLAINTS,
    EMOTIONS,
    SEVERITIES,
    TONES,
    Labelled,
    label_own,
    label_sentences,
    read_fabsa,
    read_fabsa_praise,
    read_feelings,
    read_goemotions,
    read_mams,
    read_own,
    read_own_sentences,
    read_service_talk,
)
from eval.training.frictions import FRICTIONS

_MIN_TEXTS_PER_WORD = 8
_N_GROUP_FOLDS = 6
_EVEN = 0.5
_PLACEHOLDER = re.compile(r"\d|\b(?:name|religion)\b")
"""Numbers, and what corpora put in place of names: they say something of the corpus alone."""


@dataclass(frozen=True, slots=True)
class HeadPlan:
    """What a head distinguishes, by how many words, and how far rare classes are lifted (0 not at all, 1 fully)."""

    name: HeadName
    classes: tuple[str, ...]
    n_words: int
    balance: float
    penalty_c: float = 0.3
    blend_c: float | None = None
    """Penalty of a fit without vectors; where given, weights with vectors are the mean of both fits. Words alone keep
    vectors from calling every sad text a complaint."""


PLANS: dict[HeadName, HeadPlan] = {
    "tone": HeadPlan("tone", TONES, n_words=900, balance=0.3),
    "complaint": HeadPlan("complaint", COMPLAINTS, n_words=1200, balance=0.0, penalty_c=0.15, blend_c=0.15),
    "severity": HeadPlan("severity", SEVERITIES, n_words=300, balance=0.7),
    "emotion": HeadPlan("emotion", EMOTIONS, n_words=1200, balance=0.5, penalty_c=0.5, blend_c=2.0),
    "friction": HeadPlan("friction", FRICTIONS, n_words=60, balance=0.5, penalty_c=0.2),
    "clause": HeadPlan("clause", TONES, n_words=1500, balance=0.0),
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
    return [
        *read_fabsa(data),
        *read_fabsa_praise(data),
        *read_mams(data),
        *read_service_talk(data),
        *read_feelings(data),
        *label_own(read_own()),
        *label_sentences(read_own_sentences()),
    ]


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


def calibrated(head: Head, with_vectors: tuple[float, float], without_vectors: tuple[float, float]) -> Head:
    """Return a head of two classes whose log odds are slope times the old plus shift; one line for each set of weights."""
    return replace(
        head,
        with_vectors=_along(head.with_vectors, with_vectors),
        without_vectors=_along(head.without_vectors, without_vectors),
    )


def _along(weights: Weights, line: tuple[float, float]) -> Weights:
    slope, shift = (np.float32(value) for value in line)
    return Weights(
        bias=weights.bias * slope + np.array([-shift / 2, shift / 2], dtype=np.float32),
        cue=weights.cue * slope,
        word=weights.word * slope,
        vector=None if weights.vector is None else weights.vector * slope,
    )


def calibration_line(examples: Examples, log_odds: NDArray[np.float64]) -> tuple[float, float]:
    """Return slope and shift that make held-out log odds true on single sentences (Platt 1999).

    Own sentences and reviews of one sentence count alike as a whole, whatever their number.

    Args:
        examples: Of two classes.
        log_odds: From `held_out_log_odds` of the same examples.
    """
    own, reviews = sentences_of(examples, "own"), sentences_of(examples, "fabsa")
    rows = np.flatnonzero(own | reviews)
    weights = np.where(own[rows], 1 / own.sum(), 1 / reviews.sum()) * len(rows)
    model = LogisticRegression(C=1e4).fit(
        log_odds[rows, None], examples.targets[rows, 1] > _EVEN, sample_weight=weights
    )
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def sentences_of(examples: Examples, corpus: str) -> NDArray[np.bool_]:
    """Mark the rows of a corpus that are a single sentence; own texts are kept as written."""
    return np.array(
        [
            row.corpus == corpus and (corpus == "own" or len(sentence_spans(row.text)) == 1)
            for row in examples.rows
        ]
    )


def held_out_log_odds(examples: Examples, plan: HeadPlan, *, use_vectors: bool) -> NDArray[np.float64]:
    """Return log odds of own texts and reviews from weights fitted without their industry or organisation.

    Industries and organisations are dealt out to six folds, texts of no industry one by one; other rows are nan.
    """
    fold_of = _group_folds(examples)
    tested = np.array([row.corpus in {"own", "fabsa"} for row in examples.rows])
    log_odds = np.full(len(examples.rows), np.nan)
    for fold in range(_N_GROUP_FOLDS):
        part = examples.take(np.flatnonzero(fold_of != fold).tolist())
        test = np.flatnonzero((fold_of == fold) & tested).tolist()
        scores = fit_and_score(part, examples.take(test), plan, use_vectors=use_vectors)
        log_odds[test] = scores[:, 1] - scores[:, 0]
    return log_odds


def _group_folds(examples: Examples) -> NDArray[np.int64]:
    names = [f"{row.group}{i if row.group == 'general' else ''}" for i, row in enumerate(examples.rows)]
    fold_of = {name: i % _N_GROUP_FOLDS for i, name in enumerate(dict.fromkeys(names))}
    return np.array([fold_of[n] if row.group else -1 for n, row in zip(names, examples.rows, strict=True)])


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
        held = {examples.rows[i].review for i in reviews[test]}
        kept = [i for i in others if examples.rows[i].review not in held]
        yield [*reviews[train].tolist(), *kept], reviews[test].tolist()


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
    by_words = replace(plan, penalty_c=plan.blend_c or plan.penalty_c)
    weights = _fit_once(examples, plan if use_vectors else by_words, words, use_vectors=use_vectors)
    if plan.blend_c is None or weights.vector is None:
        return weights
    lexical = _fit_once(examples, by_words, words, use_vectors=False)
    half = np.float32(0.5)
    return Weights(
        bias=(weights.bias + lexical.bias) * half,
        cue=(weights.cue + lexical.cue) * half,
        word=(weights.word + lexical.word) * half,
        vector=weights.vector * half,
    )


def _fit_once(examples: Examples, plan: HeadPlan, words: tuple[str, ...], *, use_vectors: bool) -> Weights:
    parts = [sparse.csr_matrix(examples.lexical.cues), word_matrix(examples.lexical.words, _columns(words))]
    if use_vectors:
        parts.append(sparse.csr_matrix(examples.vectors * VECTOR_SCALE))
    row_indices, labels = np.nonzero(examples.targets)
    inputs = sparse.hstack(parts).tocsr()[row_indices]
    weights = examples.targets[row_indices, labels] * np.array([examples.rows[i].weight for i in row_indices])
    mass = np.bincount(labels, weights=weights, minlength=len(plan.classes))
    weights *= (mass.sum() / len(mass) / mass[labels]) ** plan.balance
    model = LogisticRegression(C=plan.penalty_c, max_iter=600).fit(inputs, labels, sample_weight=weights)
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
    return softmax(fit_and_score(train, test, plan, use_vectors=use_vectors))


def fit_and_score(train: Examples, test: Examples, plan: HeadPlan, *, use_vectors: bool) -> Scores:
    """Fit a head on some examples and return its scores for others, shape `(n_test, k)`, not calibrated."""
    words = _telling_words(train, plan.n_words)
    weights = _fit_weights(train, plan, words, use_vectors=use_vectors)
    return weights.scores(_inputs_of(test, words, use_vectors=use_vectors))


def cross_validated(examples: Examples, plan: HeadPlan, how: Folds) -> NDArray[np.float64]:
    """Return probabilities of reviews no head was fitted on, shape `(n, k)`; rows that were never tested are nan."""
    probabilities = np.full(examples.targets.shape, np.nan)
    for train, test in folds_of(examples, how):
        part, held = examples.take(train), examples.take(test)
        probabilities[test] = fit_and_apply(part, held, plan, use_vectors=how.use_vectors)
    return probabilities
