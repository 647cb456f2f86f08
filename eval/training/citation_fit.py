"""Fits the citation head: a low-rank match of question and passage, by gradient steps on the log-loss of each passage."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from agent.retrieve.heads import Floats, Matrix, PassageHead, Positions, Scope, TurnHead, passage_inputs

_classifier: Any = LogisticRegression  # scikit-learn ships no types

Bools = NDArray[np.bool_]

_FIRST_WEIGHTS = (1.0, 0.2, 0.1, 0.0, 0.0, -5.0, -0.3, 0.0, 0.0)
"""Of the passage head, before training: a passage matches by itself and a little by its neighbours."""
_BATCH = 16
_DECAY_MEAN, _DECAY_SQUARE = 0.9, 0.99
_MATCH, _BEFORE, _AFTER, _ASKS_MATCH, _BEST = 0, 1, 2, 4, 6
_TURN_SCALE = 4.0
"""Unit vectors have small components; scaled so that one penalty suits all inputs."""
_TURN_PENALTY = 1.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How the passage head is fitted.

    Attributes:
        rank: Columns of the two learned matrices.
        rate: First step of each number; it falls to zero along the way.
        epochs: Times that each example is seen.
        dropout: Share of columns left out at each example.
        pull: How strongly the matrices are held to where they start, the main directions of what is written.
        start: Length of the columns at the start.
        cosine: Weight of the plain cosine at the start.
    """

    rank: int = 64
    rate: float = 3e-3
    epochs: int = 8
    dropout: float = 0.2
    pull: float = 1.0
    start: float = 2.0
    cosine: float = 1.0


@dataclass(frozen=True, slots=True)
class Example:
    """A question, passages in scope, and which of them answer."""

    question: Matrix
    scope: Scope
    answers: Bools


@dataclass(slots=True)
class _State:
    """Numbers being fitted, and their running means for Adam (Kingma and Ba, 2015)."""

    values: list[NDArray[Any]]
    means: list[NDArray[Any]]
    squares: list[NDArray[Any]]
    step: int = 0

    def move(self, gradients: Sequence[NDArray[Any]], rates: Sequence[float]) -> None:
        self.step += 1
        for number, (value, gradient, rate) in enumerate(zip(self.values, gradients, rates, strict=True)):
            self.means[number] += (1 - _DECAY_MEAN) * (gradient - self.means[number])
            self.squares[number] += (1 - _DECAY_SQUARE) * (gradient**2 - self.squares[number])
            mean = self.means[number] / (1 - _DECAY_MEAN**self.step)
            square = self.squares[number] / (1 - _DECAY_SQUARE**self.step)
            np.subtract(value, rate * mean / (np.sqrt(square) + 1e-8), out=value, casting="same_kind")


def main_directions(pieces: Matrix, rank: int) -> Matrix:
    """Return the directions in which pieces differ most, orthonormal columns, shape `(dim, rank)`."""
    centred = pieces - pieces.mean(axis=0)
    _, vectors = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    return vectors[:, ::-1][:, :rank].astype(np.float32)


def fit_passage_head(
    examples: Sequence[Example], directions: Matrix, plan: Plan, *, seed: int
) -> PassageHead:
    """Return a head fitted to examples.

    Args:
        examples: Of one scope each, with an answer or without.
        directions: Where the matrices start, shape `(dim, plan.rank)`; see `main_directions`.
        plan: How to fit.
        seed: Of the order of examples and of what is dropped.
    """
    rng = np.random.default_rng(seed)
    first = directions * np.float32(plan.start)
    values: list[NDArray[Any]] = [
        first.copy(),
        first.copy(),
        np.array(_FIRST_WEIGHTS),
        np.array([plan.cosine]),
    ]
    state = _State(values, [np.zeros_like(one) for one in values], [np.zeros_like(one) for one in values])
    n_steps = plan.epochs * -(-len(examples) // _BATCH)
    for _ in range(plan.epochs):
        order = rng.permutation(len(examples))
        for start in range(0, len(order), _BATCH):
            numbers: list[int] = order[start : start + _BATCH].tolist()
            batch = [examples[number] for number in numbers]
            rate = plan.rate * (1 - state.step / n_steps)
            state.move(_gradients(batch, values, plan, rng), (rate, rate, 5 * rate, 5 * rate))
            for matrix in values[:2]:
                np.subtract(matrix, np.float32(rate * plan.pull) * (matrix - first), out=matrix)
    return PassageHead(float(values[3][0]), values[0], values[1], values[2])


def _gradients(
    batch: Sequence[Example], values: list[NDArray[Any]], plan: Plan, rng: np.random.Generator
) -> list[NDArray[Any]]:
    total = [np.zeros_like(value) for value in values]
    for example in batch:
        kept = (rng.random(plan.rank) >= plan.dropout) / np.float32(1 - plan.dropout)
        _add_gradients(total, example, values, kept.astype(np.float32))
    return [one / len(batch) for one in total]


def _add_gradients(
    total: list[NDArray[Any]], example: Example, values: list[NDArray[Any]], kept: Matrix
) -> None:
    of_question, of_piece, weights, cosine = values
    scope, question = example.scope, example.question
    wanted = (question @ of_question) * kept
    scores = scope.pieces @ (np.float32(cosine[0]) * question + of_piece @ wanted)
    best = _best_pieces(scores.astype(np.float32), scope.starts)
    matches = scores[best].astype(np.float64)
    inputs = passage_inputs(matches, scope)
    wrong = 1 / (1 + np.exp(-(inputs @ weights))) - example.answers
    total[2] += wrong @ inputs
    of_match = _through_inputs(wrong, matches, scope, weights)
    pull = (of_match @ scope.pieces[best]).astype(np.float32)
    total[0] += np.outer(question, (pull @ of_piece) * kept)
    total[1] += np.outer(pull, wanted)
    total[3] += pull @ question


def _through_inputs(wrong: Floats, matches: Floats, scope: Scope, weights: Floats) -> Floats:
    """Return the loss's slope by each passage's match, through its own log-odds, its neighbours' and the best one's."""
    slope = wrong * (weights[_MATCH] + weights[_ASKS_MATCH] * scope.asks)
    for weight, other in ((weights[_BEFORE], scope.before), (weights[_AFTER], scope.after)):
        there = other >= 0
        np.add.at(slope, other[there], weight * wrong[there])
    slope[int(matches.argmax())] += weights[_BEST] * wrong.sum()
    return slope


def _best_pieces(scores: Matrix, starts: Positions) -> Positions:
    """Return the position of each passage's best piece."""
    highest = np.repeat(np.maximum.reduceat(scores, starts), np.diff(np.append(starts, len(scores))))
    owner = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(scores))))
    winners = np.flatnonzero(scores == highest)
    _, first = np.unique(owner[winners], return_index=True)
    return winners[first]


def fit_turn_head(turns: Matrix, inputs: Floats, asks: Bools) -> TurnHead:
    """Return a head that tells turns which ask for what customers know, by logistic regression.

    Args:
        turns: Unit vectors of the turns, shape `(n_turns, dim)`.
        inputs: Their `turn_inputs`, shape `(n_turns, n_inputs)`.
        asks: Which of them ask.
    """
    wide = np.concatenate([turns * _TURN_SCALE, inputs[:, 1:]], axis=1)
    fitted = _classifier(C=_TURN_PENALTY, max_iter=2_000).fit(wide, asks)
    weights = np.asarray(fitted.coef_[0], dtype=np.float64)
    dim = turns.shape[1]
    return TurnHead(
        np.concatenate([[float(fitted.intercept_[0])], weights[dim:]]),
        (weights[:dim] * _TURN_SCALE).astype(np.float32),
    )
