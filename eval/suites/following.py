"""Measures whether new texts follow what a person took out of a theme: two labelled matters that were found as one.

A person names a few texts of one matter; half of the rest is new. Wanted: new texts of that matter follow, and new texts
of the other stay. The peer takes for each new text the side of its nearest neighbour.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.analyse.followers import followers
from agent.ports import Encoder, Vectors
from eval.suites.base import Cell, Table
from eval.suites.texts import BANKING, CLINC, banking_queries, clinc_queries

_N_NAMED = (1, 3, 10, 30)
_N_LEFT = 60
_N_NEW = 40
_N_NEAR = 3
_N_PAIRS, _N_QUICK_PAIRS = 60, 15

_Rows = NDArray[np.int64]
Follow = Callable[[Vectors, _Rows, _Rows, _Rows], list[int]]


def following_table(data: Path, encoder: Encoder, *, seed: int, quick: bool) -> Table | None:
    """Return the shares that follow rightly and wrongly; None where the folder has no labelled queries."""
    if not ((data / BANKING).is_file() and (data / CLINC).is_file()):
        return None
    sets = {"banking77": banking_queries(data), "clinc150": clinc_queries(data, "train")}
    rows: list[list[Cell]] = []
    for name, pairs in sets.items():
        vectors = encoder.encode([text for text, _ in pairs])
        labels = np.array([label for _, label in pairs])
        for n_named in _N_NAMED:
            for way, follow in (("ours", followers), ("nearest neighbour", _nearest)):
                shares = _shares(vectors, labels, follow, n_named=n_named, seed=seed, quick=quick)
                rows.append([name, n_named, way, *(round(share, 3) for share in shares)])
    columns = ["set", "texts named", "way", "of the matter that follow", "of the other that follow"]
    return Table("New texts that follow what a person moved", columns, rows)


def _shares(
    vectors: Vectors, labels: NDArray[np.str_], follow: Follow, *, n_named: int, seed: int, quick: bool
) -> tuple[float, float]:
    rng = np.random.default_rng(seed)
    names = np.unique(labels)
    centres = np.stack([vectors[labels == name].mean(axis=0) for name in names])
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    right: list[float] = []
    wrong: list[float] = []
    for _ in range(_N_QUICK_PAIRS if quick else _N_PAIRS):
        first = int(rng.integers(len(names)))
        near = np.argsort(-(centres @ centres[first]), kind="stable")[1 : 1 + _N_NEAR]
        stays = rng.permutation(np.flatnonzero(labels == names[first]))
        goes = rng.permutation(np.flatnonzero(labels == names[int(rng.choice(near))]))
        left = stays[: min(_N_LEFT, len(stays) // 2)]
        own, other = goes[n_named:][-_N_NEW:], stays[len(left) :][:_N_NEW]
        follows = np.zeros(len(own) + len(other), dtype=bool)
        follows[follow(vectors, goes[:n_named], left, np.concatenate([own, other]))] = True
        if len(own) and len(other):
            right.append(float(follows[: len(own)].mean()))
            wrong.append(float(follows[len(own) :].mean()))
    return float(np.mean(right)), float(np.mean(wrong))


def _nearest(vectors: Vectors, examples: _Rows, left: _Rows, new: _Rows) -> list[int]:
    like = (vectors[new] @ vectors[examples].T).max(axis=1)
    unlike = (vectors[new] @ vectors[left].T).max(axis=1)
    return [int(row) for row in np.flatnonzero(like > unlike)]
