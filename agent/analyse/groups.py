"""Groups of persons who behave alike: how many there are, how sure each is, and whether there are any at all.

What persons do is drawn at random to see how different they would look if all were alike but for how much they do; only
directions in which they differ more than that are looked at (parallel analysis). Groups are found on one half of the persons
and looked at on the other: two groups stand apart where fewer of those lie between their centres than at either.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn import metrics
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

MAX_GROUPS = 7
MAX_FITTED = 2_000
"""Persons that groups are found on; more would make them no other."""
N_RESAMPLES = 50
_N_CHOOSING = 12
"""Resamples for each number of groups, to choose among them."""
_AS_STABLE = 0.05
"""Adjusted Rand index within which two numbers of groups are as stable as each other."""
_N_NULL = 20
_MAX_AXES = 6
_PRIOR = 5.0
"""Steps of the average person added to everyone, so that who did little is not taken for extreme."""
_AT_CENTRE = 0.2
"""Of the way between two centres: what lies at most so far from one is at it, as what lies as near to the middle is between."""
_CHANCE = 0.01

What = Literal["event", "channel", "stage", "time", "theme", "emotion", "amount"]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# SciPy and scikit-learn ship no types.
_kmeans: Any = KMeans
_limits: Any = threadpool_limits
_metrics: Any = metrics
_stats: Any = stats


@dataclass(frozen=True, slots=True)
class Block:
    """Features that are parts of a whole, such as channels: counts by person, shape `(n_persons, n_features)`."""

    what: What
    names: tuple[str, ...]
    counts: Floats
    of_kinds: Floats | None = None
    """Which kinds of steps make up each feature, shape `(n_kinds, n_features)`; None where they are counted apart."""

    def drawn(self, kinds: Floats, rng: np.random.Generator) -> "Block":
        """Return the block as chance would fill it, each person as often in it as they are.

        Args:
            kinds: Kinds of steps as chance drew them, shape `(n_persons, n_kinds)`.
            rng: What is drawn with.
        """
        if self.of_kinds is not None:
            return Block(self.what, self.names, kinds @ self.of_kinds, self.of_kinds)
        return Block(self.what, self.names, drawn_alike(self.counts, rng))

    def shares(self) -> Floats:
        """Return the root of each feature's share of the person, drawn to the average; its spread hardly depends on it."""
        total = self.counts.sum(axis=1, keepdims=True)
        mean = self.counts.sum(axis=0) / max(float(self.counts.sum()), 1.0)
        return np.sqrt((self.counts + _PRIOR * mean) / (total + _PRIOR))


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What persons did, as counts."""

    kinds: Floats
    """Steps by kind, shape `(n_persons, n_kinds)`."""
    blocks: tuple[Block, ...]
    amounts: Floats
    """How much persons did, whole numbers, shape `(n_persons, n_amounts)`."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """Groups of persons."""

    label: Ints
    """Group of each person, shape `(n_persons,)`."""
    is_held: Bools
    """Who was left out when the groups were found, shape `(n_persons,)`."""
    n_groups: int
    rand_index: float
    """Mean adjusted Rand index of the groups found on resamples with these."""
    rand_by_number: dict[int, float]
    """The same for each number of groups that was tried."""
    jaccard: tuple[float, ...]
    """By group: mean overlap with the most similar group of each resample."""
    runs_into: dict[int, int]
    """Group to the nearest other group that it does not stand apart from."""
    n_axes: int
    """Directions in which persons differ more than chance makes them."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where persons stand by what they did."""

    points: Floats
    """Directions in which they differ more than chance makes them, then how much they do, shape `(n, n_axes + 1)`."""
    features: Floats
    """Features of all blocks in order, from their mean, in units of their spread by chance, shape `(n, n_features)`;
    0 where chance spreads a feature not at all."""
    n_axes: int


def drawn_alike(counts: Floats, rng: np.random.Generator) -> Floats:
    """Return counts as if all persons were alike but for how much they do."""
    total = counts.sum()
    if not total:
        return counts
    share = counts.sum(axis=0) / total
    return rng.multinomial(counts.sum(axis=1).astype(np.int64), share / share.sum()).astype(np.float64)


def grouped(behaviour: Behaviour, *, seed: int) -> Grouping:
    """Return the groups of persons, as many as come out of resamples alike.

    Args:
        behaviour: Of at least twenty persons.
        seed: Of everything random.

    Source:
        Hennig (2007), Comput. Stat. Data Anal. 52, 258-271, for the stability of a group; Horn (1965), Psychometrika 30,
        179-185, for the number of directions; Ben-Hur, Elisseeff and Guyon (2002) for the number of groups.
    """
    # Threads that wait for each other by turning round take a busy machine's time from those who ask, and gain little on a
    # quiet one.
    with _limits(limits=1, user_api="openmp"):
        return _grouped(behaviour, seed)


def _grouped(behaviour: Behaviour, seed: int) -> Grouping:
    rng = np.random.default_rng(seed)
    placed = placed_by(behaviour, rng)
    order = rng.permutation(len(points := placed.points))
    fitted = np.sort(order[: min(len(points) // 2, MAX_FITTED)])
    inside = points[fitted]
    rand_by_number = {
        k: float(
            np.mean(
                [_metrics.adjusted_rand_score(*pair) for pair in _refits(inside, k, _N_CHOOSING, rng, seed)]
            )
        )
        for k in range(2, min(MAX_GROUPS, len(inside) // 10) + 1)
    }
    k = _number(inside, rand_by_number, seed)
    pairs = list(_refits(inside, k, N_RESAMPLES, rng, seed))
    model = _fit(inside, k, seed)
    label = _nearest(points, model)
    is_held = np.ones(len(points), dtype=bool)
    is_held[fitted] = False
    return Grouping(
        label=label,
        is_held=is_held,
        n_groups=k,
        rand_index=float(np.mean([_metrics.adjusted_rand_score(*pair) for pair in pairs])),
        rand_by_number=rand_by_number,
        jaccard=tuple(float(np.mean([_overlap(pair, group) for pair in pairs])) for group in range(k)),
        runs_into=_runs_into(points[is_held], label[is_held], model),
        n_axes=placed.n_axes,
    )


def _number(points: Floats, rand_by_number: dict[int, float], seed: int) -> int:
    """Return the largest number of groups that is as stable as the best and whose groups all stand apart, if any is so."""
    best = max(rand_by_number.values())
    as_stable = [number for number, index in rand_by_number.items() if index >= best - _AS_STABLE]
    for number in sorted(as_stable, reverse=True):
        centres = _fit(points, number, seed)
        if not _runs_into(points, _nearest(points, centres), centres):
            return number
    return max(as_stable)


def placed_by(behaviour: Behaviour, rng: np.random.Generator) -> Placed:
    """Return where persons stand by what they did.

    Args:
        behaviour: Of at least two persons.
        rng: What chance is drawn with.
    """
    real = np.hstack([block.shares() for block in behaviour.blocks])
    drawn: list[Floats] = []
    for _ in range(_N_NULL):
        kinds = drawn_alike(behaviour.kinds, rng)
        drawn.append(np.hstack([block.drawn(kinds, rng).shares() for block in behaviour.blocks]))
    spread = np.sqrt(np.mean([one.var(axis=0) for one in drawn], axis=0))
    used = spread > 0
    by_chance = [one[:, used] / spread[used] for one in drawn]
    limits = np.max([_eigen(one)[0] for one in by_chance], axis=0)
    matrix = real[:, used] / spread[used]
    values, vectors = _eigen(matrix)
    n_axes = int(np.argmin(np.append(values > limits, False)))
    n_axes = min(n_axes, _MAX_AXES)
    centred = matrix - matrix.mean(axis=0)
    axes = centred @ vectors[:, :n_axes]
    # Whole numbers pile up; spread over the unit they stand for they do not look like groups.
    amounts = np.log(behaviour.amounts + rng.uniform(0, 1, behaviour.amounts.shape))
    amounts = (amounts - amounts.mean(axis=0)) / np.maximum(amounts.std(axis=0), 1e-9)
    _, leading = _eigen(amounts)
    how_much = amounts @ leading[:, :1]
    features = np.zeros(real.shape)
    features[:, used] = centred
    return Placed(np.hstack([axes, how_much / max(float(how_much.std()), 1e-9)]), features, n_axes)


def _eigen(matrix: Floats) -> tuple[Floats, Floats]:
    """Return variances along the main directions, largest first, and the directions; each with a fixed sign."""
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(matrix, rowvar=False)))
    vectors = vectors[:, ::-1]
    signs = np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])])
    return values[::-1], vectors * signs


def _fit(points: Floats, k: int, seed: int) -> Floats:
    """Return the centres of groups, in a fixed order."""
    model = _kmeans(n_clusters=k, n_init=4, random_state=seed).fit(points)
    centres = np.asarray(model.cluster_centers_, dtype=np.float64)
    return centres[np.lexsort(centres.T[::-1])]


def _nearest(points: Floats, centres: Floats) -> Ints:
    distances = ((points[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2)
    return distances.argmin(axis=1).astype(np.int64)


def _refits(
    points: Floats, k: int, n_resamples: int, rng: np.random.Generator, seed: int
) -> Sequence[tuple[Ints, Ints]]:
    """Return the groups of all persons, found on all of them and on each of some resamples."""
    own = _nearest(points, _fit(points, k, seed))
    found: list[tuple[Ints, Ints]] = []
    for _ in range(n_resamples):
        drawn = points[rng.integers(0, len(points), len(points))]
        found.append((own, _nearest(points, _fit(drawn, k, seed))))
    return found


def _overlap(pair: tuple[Ints, Ints], group: int) -> float:
    own, other = pair[0] == group, pair[1]
    best = 0.0
    for again in np.unique(other[own]):
        same = other == again
        best = max(best, float((own & same).sum() / (own | same).sum()))
    return best


def _runs_into(points: Floats, label: Ints, centres: Floats) -> dict[int, int]:
    """Return the groups that do not stand apart from another one, each with the nearest such."""
    near: dict[int, tuple[float, int]] = {}
    for one, other in combinations(range(len(centres)), 2):
        axis = centres[other] - centres[one]
        length = float(axis @ axis)
        among = points[(label == one) | (label == other)]
        place = (among - centres[one]) @ axis / length
        at_one, between, at_other = (
            int((np.abs(place - centre) <= _AT_CENTRE).sum()) for centre in (0.0, 0.5, 1.0)
        )
        fewer = min(at_one, at_other)
        if _stats.binom.cdf(between, between + fewer, 0.5) >= _CHANCE:
            for group, nearest in ((one, other), (other, one)):
                near[group] = min(near.get(group, (length, nearest)), (length, nearest))
    return {group: nearest for group, (_, nearest) in near.items()}
