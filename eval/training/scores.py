"""What the heads score on texts they were not fitted on: reviews by cross-validation, the others on their own lists."""

# scikit-learn comes without complete types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from agent.analyse.cues import lexical_of
from agent.analyse.heads import open_heads
from agent.analyse.readings import emotions_of
from agent.ports import Vectors
from eval.scorers.classification import (
    DetectionScore,
    balanced_error,
    detection_score,
    error_rate,
    f1_of_class,
    macro_f1,
    mean_absolute_error,
)
from eval.training.corpora import EMOTIONS, Labelled
from eval.training.fit import (
    Examples,
    Folds,
    HeadPlan,
    calibration_line,
    cross_validated,
    fit_and_apply,
    sentences_of,
)
from eval.training.frictions import FRICTIONS

Probabilities = NDArray[np.float64]
_EVEN = 0.5
_N_OWN_FOLDS = 10
_N_INDUSTRY_FOLDS = 6
NO_EMOTION = "unknown"
"""Stands for no emotion among the names of emotions."""


@dataclass(frozen=True, slots=True)
class PolarityScore:
    """How far sentiment is from the polarity of reviews whose aspects all have one polarity."""

    n: int
    error: float
    balanced_error: float
    mean_absolute_error: float


@dataclass(frozen=True, slots=True)
class EmotionScore:
    """How well emotions are told apart on comments of one emotion."""

    n: int
    macro_f1: float
    """Over the classes of the corpus; none is a wrong answer here."""
    error: float
    answered: float
    """Share that got an emotion at all."""
    error_answered: float
    """Share of wrong ones among these."""


@dataclass(frozen=True, slots=True)
class FrictionScore:
    """How well kinds of friction are told apart."""

    n: int
    macro_f1: float
    f1_by_class: dict[str, float]


def polarity_score(rows: Sequence[Labelled], sentiments: NDArray[np.float64]) -> PolarityScore:
    """Score sentiments in [-1, 1] against rows whose tone is wholly negative or wholly positive; others are left out."""
    chosen = [i for i, row in enumerate(rows) if row.corpus == "fabsa" and row.tone in {(1, 0, 0), (0, 0, 1)}]
    expected = np.array([_polarity(rows[i]) for i in chosen])
    given = sentiments[chosen]
    signs = np.where(given < 0, -1.0, 1.0)
    return PolarityScore(
        n=len(chosen),
        error=error_rate(expected.tolist(), signs.tolist()),
        balanced_error=balanced_error(expected.tolist(), signs.tolist()),
        mean_absolute_error=mean_absolute_error(expected, given),
    )


def cross_validated_sentiments(examples: Examples, plan: HeadPlan, how: Folds) -> Probabilities:
    """Return sentiments of reviews from heads fitted without them; nan for other rows."""
    tone = cross_validated(examples, plan, how)
    return tone[:, 2] - tone[:, 0]


def complaint_scores(examples: Examples, log_odds: NDArray[np.float64]) -> dict[str, DetectionScore]:
    """Return how well complaints are found, by set, in texts of industries and organisations not fitted on.

    Args:
        examples: Of the complaint head.
        log_odds: From `held_out_log_odds`; the two numbers that calibrate them are fitted on themselves.
    """
    slope, shift = calibration_line(examples, log_odds)
    chances = 1 / (1 + np.exp(-(slope * log_odds + shift)))
    expected = examples.targets[:, 1] > _EVEN
    sets = {
        "own texts": sentences_of(examples, "own"),
        "FABSA reviews of one sentence": sentences_of(examples, "fabsa"),
        "FABSA reviews": np.array([row.corpus == "fabsa" for row in examples.rows]),
    }
    return {name: detection_score(expected[rows], chances[rows]) for name, rows in sets.items()}


def cross_validated_severity(examples: Examples, plan: HeadPlan, how: Folds) -> tuple[float, int]:
    """Return the agreement with the project's own labels in ten folds, and their number; other rows always train."""
    own = [i for i, row in enumerate(examples.rows) if row.corpus == "own"]
    hits: list[bool] = []
    for fold in range(_N_OWN_FOLDS):
        test = own[fold::_N_OWN_FOLDS]
        train = sorted(set(range(len(examples.rows))) - set(test))
        chances = fit_and_apply(examples.take(train), examples.take(test), plan, use_vectors=how.use_vectors)
        hits.extend((examples.targets[test, chances.argmax(axis=1)] > 0).tolist())
    return sum(hits) / len(hits), len(hits)


def emotion_score(rows: Sequence[Labelled], given: Sequence[str]) -> EmotionScore:
    """Score emotions against rows of one emotion."""
    expected = [EMOTIONS[int(np.argmax(cast("tuple[float, ...]", row.emotion)))] for row in rows]
    named = [(want, got) for want, got in zip(expected, given, strict=True) if got != NO_EMOTION]
    wrong = sum(want != got for want, got in named)
    return EmotionScore(
        len(rows),
        macro_f1(expected, given),
        error_rate(expected, given),
        len(named) / max(len(rows), 1),
        wrong / max(len(named), 1),
    )


def cross_validated_frictions(examples: Examples, plan: HeadPlan, *, use_vectors: bool) -> FrictionScore:
    """Score frictions in industries not fitted on, in six folds; rows of no industry always train."""

    def fit_and_choose(train: Examples, test: Examples) -> list[int]:
        return fit_and_apply(train, test, plan, use_vectors=use_vectors).argmax(axis=1).tolist()

    return _score_frictions(examples, fit_and_choose)


def _score_frictions(
    examples: Examples, fit_and_choose: Callable[[Examples, Examples], list[int]]
) -> FrictionScore:
    industries = list(dict.fromkeys(row.group for row in examples.rows if row.group))
    fold_of = [industries.index(row.group) % _N_INDUSTRY_FOLDS if row.group else -1 for row in examples.rows]
    given: dict[int, str] = {}
    for fold in range(_N_INDUSTRY_FOLDS):
        test = [row for row, its_fold in enumerate(fold_of) if its_fold == fold]
        train = [row for row, its_fold in enumerate(fold_of) if its_fold != fold]
        chosen = fit_and_choose(examples.take(train), examples.take(test))
        given.update((row, FRICTIONS[k]) for row, k in zip(test, chosen, strict=True))
    own = sorted(given)
    expected = [FRICTIONS[int(examples.targets[row].argmax())] for row in own]
    got = [given[row] for row in own]
    by_class = {name: f1_of_class(expected, got, name=name) for name in FRICTIONS}
    return FrictionScore(len(own), macro_f1(expected, got), by_class)


def read_emotions(texts: Sequence[str], vectors: Vectors | None) -> list[str]:
    """Return the emotions the product gives to texts, `NO_EMOTION` where it gives none."""
    heads = open_heads()
    inputs = heads.inputs(lexical_of(texts), vectors)
    return [name or NO_EMOTION for name in emotions_of(heads, inputs, heads.tone.probabilities(inputs))]


def plain_complaints(examples: Examples, vectors: Vectors) -> Probabilities:
    """Return how likely texts complain by a plain logistic regression on the same vectors and rows: the peer."""
    labels = examples.targets[:, 1] > _EVEN
    weights = [row.weight for row in examples.rows]
    model = LogisticRegression(max_iter=300).fit(examples.vectors, labels, sample_weight=weights)
    return cast("Probabilities", model.predict_proba(vectors))[:, 1]


def plain_frictions(examples: Examples) -> FrictionScore:
    """Score a plain logistic regression on the same vectors and rows in the same folds: the peer."""
    return _score_frictions(examples, _plain_frictions)


def _plain_frictions(train: Examples, test: Examples) -> list[int]:
    model = LogisticRegression(max_iter=300, class_weight="balanced")
    model.fit(train.vectors, train.targets.argmax(axis=1))
    return cast("NDArray[np.int64]", model.predict(test.vectors)).tolist()


def _polarity(row: Labelled) -> float:
    tone = cast("tuple[float, ...]", row.tone)
    return tone[2] - tone[0]
