"""The citation head's gradients and what fitting does."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import eval.training.citation_fit as fit
from agent.retrieve.heads import PassageHead, Scope
from eval.training.citation_fit import Example, Plan, fit_passage_head, fit_turn_head, main_directions

_DIM = 6
_PLAN = Plan(rank=3, epochs=20, rate=0.05, dropout=0.0, pull=0.0)


def _example(rng: np.random.Generator, question: NDArray[np.float32] | None = None) -> Example:
    pieces = rng.standard_normal((9, _DIM)).astype(np.float32)
    pieces /= np.linalg.norm(pieces, axis=1, keepdims=True)
    asked = pieces[rng.integers(len(pieces))] if question is None else question
    scope = Scope(
        pieces=pieces,
        starts=np.array([0, 2, 5, 6], dtype=np.intp),
        before=np.array([-1, 0, -1, 2], dtype=np.intp),
        after=np.array([1, -1, 3, -1], dtype=np.intp),
        asks=np.array([0.0, 1.0, 0.0, 1.0]),
    )
    return Example(asked, scope, np.array([True, False, False, True]))


def _loss(head: PassageHead, examples: list[Example]) -> float:
    total = 0.0
    for example in examples:
        odds = head.log_odds(example.question, example.scope)
        total += float(np.logaddexp(0, np.where(example.answers, -odds, odds)).sum())
    return total


def test_fitting_lowers_the_loss_and_is_repeatable() -> None:
    """The fitted head explains its examples better than one that was hardly moved, to the same bits each time."""
    rng = np.random.default_rng(1)
    examples = [_example(rng) for _ in range(12)]
    directions = main_directions(np.concatenate([one.scope.pieces for one in examples]), _PLAN.rank)
    first = fit_passage_head(examples, directions, Plan(rank=3, epochs=1, rate=1e-9), seed=0)
    fitted = fit_passage_head(examples, directions, _PLAN, seed=0)
    assert _loss(fitted, examples) < 0.7 * _loss(first, examples)
    again = fit_passage_head(examples, directions, _PLAN, seed=0)
    assert again.of_piece.tobytes() == fitted.of_piece.tobytes()


@pytest.mark.parametrize("number", range(4))
def test_gradients_are_those_of_the_loss(number: int) -> None:
    """A small step along each number changes the loss as its gradient says."""
    rng = np.random.default_rng(number)
    example = _example(rng)
    values: list[NDArray[Any]] = [
        rng.standard_normal((_DIM, 3)),
        rng.standard_normal((_DIM, 3)),
        rng.standard_normal(9),
        np.array([0.7]),
    ]
    total = [np.zeros_like(value) for value in values]
    fit._add_gradients(total, example, values, np.ones(3, dtype=np.float32))  # pyright: ignore[reportPrivateUsage]

    def loss() -> float:
        head = PassageHead(float(values[3][0]), values[0], values[1], values[2])
        return _loss(head, [example])

    flat, slope = values[number].reshape(-1), total[number].reshape(-1)
    for place in range(len(flat)):
        kept = flat[place]
        flat[place] = kept + 1e-3
        above = loss()
        flat[place] = kept - 1e-3
        below = loss()
        flat[place] = kept
        assert (above - below) / 2e-3 == pytest.approx(slope[place], rel=0.05, abs=0.02)


def test_main_directions_are_orthonormal_and_lead_with_the_widest() -> None:
    """The first column is where pieces differ most."""
    rng = np.random.default_rng(0)
    pieces = rng.standard_normal((200, _DIM)) * np.array([1, 1, 9, 1, 1, 1])
    found = main_directions(pieces.astype(np.float32), 2)
    np.testing.assert_allclose(found.T @ found, np.eye(2), atol=1e-5)
    assert abs(found[2, 0]) > 0.9


def test_turn_head_tells_what_it_was_shown() -> None:
    """Turns along one direction ask, those against it do not."""
    rng = np.random.default_rng(0)
    turns = rng.standard_normal((60, _DIM)).astype(np.float32)
    turns /= np.linalg.norm(turns, axis=1, keepdims=True)
    asks = turns[:, 0] > 0
    head = fit_turn_head(turns, np.tile([1.0, 0, 0, 0, 0, 0], (60, 1)), asks)
    told = np.array([head.log_odds(turn, np.array([1.0, 0, 0, 0, 0, 0])) > 0 for turn in turns])
    assert (told == asks).mean() > 0.9
