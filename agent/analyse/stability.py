"""Tells whether pain points keep their places when the persons behind them are drawn again."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import sparse

from agent.schemas.insight import SEVERITY_WEIGHT, Severity, Stability

STABLE = 0.9
"""Share of the resamples in which a pain point keeps its place from which it is stable."""

_TOPS = (5, 10, 20, 50)
_N_RESAMPLES = 400
_RESAMPLES_AT_ONCE = 50
_RESAMPLING_SEED = 0

# SciPy ships no types.
_sparse: Any = sparse


def stabilities_of(worst: Sequence[Mapping[str, Severity | None]], *, min_persons: int) -> list[Stability]:
    """Return for pain points in the order of their rank how often they keep their place when persons are drawn again.

    To keep its place is to stay among the first five, ten, twenty or fifty, as now, voiced by enough persons to be
    reported.

    Args:
        worst: For each pain point, its persons with the worst that they say; None where their words do not tell.
        min_persons: Persons below which a pain point is not reported.

    Source:
        Poisson bootstrap: each person is drawn a Poisson number of times (Chamandy et al., 2012, Google technical report).
    """
    persons = sorted({person for told in worst for person in told})
    column = {person: number for number, person in enumerate(persons)}
    rows = [row for row, said in enumerate(worst) for _ in said]
    columns = [column[person] for said in worst for person in said]
    levels = [severity for said in worst for severity in said.values()]
    shape = (len(worst), len(persons))
    has = _sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)
    told = _sparse.csr_matrix(([float(level is not None) for level in levels], (rows, columns)), shape=shape)
    weights = [0.0 if level is None else SEVERITY_WEIGHT[level] for level in levels]
    weight = _sparse.csr_matrix((weights, (rows, columns)), shape=shape)
    rng = np.random.default_rng(_RESAMPLING_SEED)
    tops = [next((top for top in _TOPS if place < top), len(worst)) for place in range(len(worst))]
    stays = np.zeros(len(worst))
    for _ in range(_N_RESAMPLES // _RESAMPLES_AT_ONCE):
        drawn = rng.poisson(1.0, size=(len(persons), _RESAMPLES_AT_ONCE)).astype(np.float64)
        n = has @ drawn
        score = n * (weight @ drawn) / np.maximum(told @ drawn, 1.0)
        order = np.argsort(-score, axis=0, kind="stable")
        place = np.argsort(order, axis=0, kind="stable")
        stays += ((place < np.array(tops)[:, None]) & (n >= min_persons)).sum(axis=1)
    return [
        Stability(top=top, share=float(share), stable=bool(share >= STABLE))
        for top, share in zip(tops, stays / _N_RESAMPLES, strict=True)
    ]
