"""Which passages that came in since follow those that a person took out of a theme."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from agent.analyse.membership import teach
from agent.ports import Vectors

_NEIGHBOURS = 3
_LEAST_LIKE = 0.5
_MAX_EXAMPLES = 500
_MOST_TIMES = 60
_SURE = 0.6
"""Chance from which a passage follows a person's examples; about one in a hundred that should stay then follows too."""

_Rows = NDArray[np.int64]
# threadpoolctl ships no types.
_limit_threads: Any = threadpool_limits


def followers(vectors: Vectors, examples: _Rows, left: _Rows, new: _Rows) -> list[int]:
    """Return which new passages belong with the examples rather than with what was left in their theme.

    A judge learns the one from the other, with the examples counted as often as what was left, up to a limit, because a
    person names a few of many. Where nothing was left, those follow that are as near to the examples as one matter is.

    Args:
        vectors: Unit rows.
        examples: Rows a person took out of a theme.
        left: Rows that were in the theme then and that the person left there.
        new: Rows that came into the theme since.

    Returns:
        Positions in `new`.
    """
    if not len(examples) or not len(new):
        return []
    taken, stayed = vectors[_thinned(examples)], vectors[_thinned(left)]
    if not len(stayed):
        nearest = np.sort(vectors[new] @ taken.T, axis=1)[:, -_NEIGHBOURS:].mean(axis=1)
        return [int(i) for i in np.flatnonzero(nearest >= _LEAST_LIKE)]
    times = min(_MOST_TIMES, max(1, len(stayed) // len(taken)))
    matrix = np.vstack([np.repeat(taken, times, axis=0), stayed])
    labels = np.zeros(len(matrix), dtype=np.int64)
    labels[: len(taken) * times] = 1
    # One thread: the same sums on any machine.
    with _limit_threads(limits=1):
        chances = teach(matrix, labels, 2).chances(vectors[new])[:, 1]
    return [int(i) for i in np.flatnonzero(chances >= _SURE)]


def _thinned(rows: _Rows) -> _Rows:
    """Return at most a few hundred rows, evenly from all of them."""
    if len(rows) <= _MAX_EXAMPLES:
        return rows
    return rows[np.linspace(0, len(rows) - 1, _MAX_EXAMPLES).astype(np.int64)]
