"""Decides which texts belong to which group, by a model that never saw the text's own person.

Groups come from clustering and are rough at the edges. Each text is judged by a model trained on other persons only, so
that a text cannot vote for itself, and by what else its person said.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from agent.analyse.shapes import Labels, Matrix

# SciPy ships no types.
_optimize: Any = optimize

Chances = NDArray[np.float64]

NONE = -1
"""Label of a text that belongs to no group."""

_FOLDS = 4
_ROUNDS = 4
_PENALTY = 1 / 75
_STEPS = 30
_FLOOR = 1e-6
_PRIOR_TEXTS = 1.0
_SMALL_SHARE = 0.01
_EXPLAINED = 0.52
_SURE_PART = 0.68
_TOGETHER = 0.6
_LEAST_GROUPS = 2
_MIN_WITNESSES = 5
_WITNESS_SHARE = 0.3


def settle(matrix: Matrix, groups: Labels, persons: Labels) -> Chances:
    """Return each text's chance of belonging to each group, after several rounds of mutual correction.

    Args:
        matrix: Unit rows, shape `(n, dim)`.
        groups: Group of each text, 0 to `k - 1`, or `NONE` where it is open.
        persons: Whose text each row is, numbered from 0.

    Returns:
        Chances, shape `(n, k)`; rows sum to 1.
    """
    n_groups = int(groups.max()) + 1
    panel = _Panel(matrix, persons, n_groups)
    shares = shares_of(groups, n_groups)
    chances = np.zeros((len(groups), n_groups))
    for _ in range(_ROUNDS):
        chances = with_context(panel.judge(groups), persons, shares)
        groups = chances.argmax(axis=1).astype(np.int64)
    return chances


def dissolve(matrix: Matrix, groups: Labels, persons: Labels) -> Labels:
    """Give up groups whose texts other groups explain, and return the rest, renumbered.

    Texts may lie together for what they name (a product, a place) and not for what they are about, or apart though they
    are about one thing. Such a group's texts find a home in other groups once what else their persons say is weighed in,
    while the texts of a matter of its own are nowhere at home. A small group is given up where its texts do; a larger
    one only where most of them have the same home. Only persons with several texts can witness to that; without them a
    group stays.

    Args:
        matrix: Unit rows, shape `(n, dim)`.
        groups: Group of each text, 0 to `k - 1`, or `NONE` where it is open.
        persons: Whose text each row is, numbered from 0.
    """
    n_groups = int(groups.max()) + 1
    witness = (np.bincount(persons)[persons] > 1) & (groups != NONE)
    if not witness.any():
        return groups
    chances = _Panel(matrix, persons, n_groups).judge(groups)
    shares = shares_of(groups, n_groups)
    sizes = np.bincount(groups[groups != NONE], minlength=n_groups)
    kept = np.ones(n_groups, dtype=bool)
    for name in np.argsort(sizes, kind="stable"):
        called = np.flatnonzero(witness & (groups == name))
        if kept.sum() > _LEAST_GROUPS and len(called) >= max(_MIN_WITNESSES, _WITNESS_SHARE * sizes[name]):
            kept[name] = False
            sure, together = _homes(chances[:, kept], persons, shares[kept], called)
            is_small = sizes[name] <= _SMALL_SHARE * len(groups)
            is_part = sure >= _SURE_PART and together >= _TOGETHER
            kept[name] = not (is_part or (is_small and sure >= _EXPLAINED))
    homes = with_context(chances[:, kept], persons, shares[kept] / shares[kept].sum()).argmax(axis=1)
    stays = (groups != NONE) & kept[groups]
    renumbered = np.cumsum(kept) - 1
    moved = np.where(groups == NONE, NONE, homes)
    return np.where(stays, renumbered[groups], moved).astype(np.int64)


def _homes(chances: Chances, persons: Labels, shares: Chances, called: Labels) -> tuple[float, float]:
    """Return how sure the other groups are of the called texts, and the share of these that go to the same one."""
    rows = np.flatnonzero(np.isin(persons, persons[called]))
    person = np.unique(persons[rows], return_inverse=True)[1].astype(np.int64)
    alone = chances[rows] / chances[rows].sum(axis=1, keepdims=True)
    weighed = with_context(alone, person, shares / shares.sum())[np.searchsorted(rows, called)]
    most = np.bincount(weighed.argmax(axis=1)).max()
    return float(weighed.max(axis=1).mean()), float(most / len(called))


@dataclass(frozen=True, slots=True)
class Judge:
    """A multinomial logistic model of the groups; `weights` has shape `(dim + 1, k)`, the last row is the offset."""

    weights: Chances

    def chances(self, matrix: Matrix) -> Chances:
        """Return the chances of texts by themselves, shape `(n, k)`; rows sum to 1."""
        scores = matrix @ self.weights[:-1] + self.weights[-1]
        scores = np.exp(scores - scores.max(axis=1, keepdims=True)) + _FLOOR
        return scores / scores.sum(axis=1, keepdims=True)


def teach(matrix: Matrix, groups: Labels, n_groups: int, *, start: Judge | None = None) -> Judge:
    """Fit a judge on texts of known groups.

    Args:
        matrix: Unit rows, shape `(n, dim)`.
        groups: Group of each; `NONE` is left out.
        n_groups: How many groups there are, also those nobody is in.
        start: A judge of much the same texts, to be quicker.
    """
    known = groups != NONE
    rows = matrix[known].astype(np.float64)
    wanted = np.zeros((len(rows), n_groups))
    wanted[np.arange(len(rows)), groups[known]] = 1.0
    shape = (matrix.shape[1] + 1, n_groups)

    def loss(flat: Chances) -> tuple[float, Chances]:
        weights = flat.reshape(shape)
        scores = rows @ weights[:-1] + weights[-1]
        scores -= scores.max(axis=1, keepdims=True)
        logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        error = np.exp(logs) - wanted
        slopes = np.vstack([rows.T @ error + _PENALTY * weights[:-1], error.sum(axis=0)])
        value = -float((wanted * logs).sum()) + 0.5 * _PENALTY * float((weights[:-1] ** 2).sum())
        return value, slopes.ravel()

    first = np.zeros(shape) if start is None else start.weights
    found = _optimize.minimize(loss, first.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": _STEPS})
    return Judge(np.asarray(found.x, dtype=np.float64).reshape(shape))


def with_context(chances: Chances, persons: Labels, shares: Chances) -> Chances:
    """Return the chances weighed by what else each text's person speaks of compared with everybody.

    Args:
        chances: By the text alone, shape `(n, k)`.
        persons: Whose text each row is, numbered from 0.
        shares: Share of each group among all texts, shape `(k,)`.
    """
    total = np.zeros((int(persons.max()) + 1, chances.shape[1]))
    np.add.at(total, persons, chances)
    others = total[persons] - chances
    prior = (others + _PRIOR_TEXTS * shares) / (others.sum(axis=1, keepdims=True) + _PRIOR_TEXTS)
    weighed = chances * prior / shares
    return weighed / weighed.sum(axis=1, keepdims=True)


def shares_of(groups: Labels, n_groups: int) -> Chances:
    """Return the share of each group among the texts that are in one, shape `(k,)`, none quite zero."""
    counts = np.maximum(np.bincount(groups[groups != NONE], minlength=n_groups), _FLOOR)
    return counts / counts.sum()


class _Panel:
    """One judge for each fold of persons, each taught by the other folds."""

    def __init__(self, matrix: Matrix, persons: Labels, n_groups: int) -> None:
        self._matrix = matrix
        self._n_groups = n_groups
        self._fold = persons % min(_FOLDS, int(persons.max()) + 1)
        self._judges: dict[int, Judge] = {}

    def judge(self, groups: Labels) -> Chances:
        chances = np.zeros((len(groups), self._n_groups))
        for fold in np.unique(self._fold):
            out = self._fold == fold
            teachers = ~out & (groups != NONE)
            if not teachers.any():
                teachers = groups != NONE
            judge = teach(
                self._matrix[teachers], groups[teachers], self._n_groups, start=self._judges.get(int(fold))
            )
            self._judges[int(fold)] = judge
            chances[out] = judge.chances(self._matrix[out])
        return chances
