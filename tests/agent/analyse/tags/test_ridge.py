"""Kernel ridge: the closed forms are what refitting would give."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.analyse.tags.ridge import Matrix, Ridge

_SIZES = st.tuples(st.integers(2, 25), st.integers(1, 4), st.integers(0, 2**32 - 1))


def _problem(size: tuple[int, int, int]) -> tuple[Matrix, Matrix, Matrix]:
    n, k, seed = size
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, 3))
    noise = rng.uniform(0.5, 3, n)
    return (
        np.asarray(rows @ rows.T, np.float32),
        np.asarray(noise, np.float32),
        np.asarray(rng.normal(size=(n, k)), np.float32),
    )


def _fitted(gram: Matrix, noise: Matrix, targets: Matrix) -> Matrix:
    return np.linalg.solve(gram.astype(np.float64) + np.diag(noise.astype(np.float64)), targets)


@given(_SIZES)
@settings(max_examples=40, deadline=None)
def test_left_out_is_what_refitting_without_the_row_says(size: tuple[int, int, int]) -> None:
    """Leave-one-out in closed form equals n fits, each without one row."""
    gram, noise, targets = _problem(size)
    ridge = Ridge.of(gram.copy(), noise)
    found = ridge.left_out(targets, ridge.coefficients(targets))
    for row in range(len(gram)):
        rest = np.arange(len(gram)) != row
        fitted = _fitted(gram[np.ix_(rest, rest)], noise[rest], targets[rest])
        assert found[row] == pytest.approx(gram[row, rest] @ fitted, abs=2e-3)


@given(_SIZES)
@settings(max_examples=40, deadline=None)
def test_without_is_what_refitting_the_rest_gives(size: tuple[int, int, int]) -> None:
    """Rows taken out of the inverse leave no trace of their targets."""
    gram, noise, targets = _problem(size)
    gone = np.arange(len(gram)) % 3 == size[2] % 3
    found = Ridge.of(gram.copy(), noise).without(gone).coefficients(targets[~gone])
    wanted = _fitted(gram[np.ix_(~gone, ~gone)], noise[~gone], targets[~gone])
    assert found == pytest.approx(wanted, abs=2e-3)


@given(_SIZES, st.integers(0, 24))
@settings(max_examples=40, deadline=None)
def test_left_out_never_sees_the_own_target(size: tuple[int, int, int], place: int) -> None:
    """A row's score does not move with its target, however wrong."""
    gram, noise, targets = _problem(size)
    row = place % len(gram)
    ridge, other = Ridge.of(gram, noise), targets.copy()
    other[row] += 5
    before = ridge.left_out(targets, ridge.coefficients(targets))[row]
    assert ridge.left_out(other, ridge.coefficients(other))[row] == pytest.approx(before, abs=1e-3)


def test_more_noise_is_believed_less() -> None:
    """A text's target counts for less where it may be wrong."""
    gram = np.ones((2, 2), np.float32) + np.eye(2, dtype=np.float32)
    targets = np.array([[1.0], [0.0]], np.float32)
    sure = Ridge.of(gram.copy(), np.array([0.1, 0.1], np.float32)).coefficients(targets)
    unsure = Ridge.of(gram.copy(), np.array([5, 0.1], np.float32)).coefficients(targets)
    assert (gram @ unsure)[0] < (gram @ sure)[0]
