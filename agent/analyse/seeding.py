"""Carries an earlier run's groups on: they stay as they were unless the texts now say otherwise.

Grouping anew after a few texts came in may cut a large matter elsewhere, though nothing has changed that anybody would
notice. So the earlier groups stand, new texts join them, and what is new gets a group of its own; only where grouping
anew describes the texts clearly better is everything grouped anew.

Few texts about something new beside many about a neighbouring matter are easily grouped with these. What tells them is
that nobody said it before: the texts nearest to theirs are of other persons and new as well, whereas what is more of a
known matter lies among what was known of it.
"""

from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from agent.analyse.membership import NONE, teach
from agent.analyse.shapes import Labels, Matrix, silhouettes

# SciPy ships no types.
_sparse: Any = sparse
_csgraph: Any = csgraph

_CLEARLY_BETTER = 0.02
_NEW_SHARE = 0.5
"""A group found anew is a new matter where more than this of it was in no earlier group."""
_MOSTLY_NEW = 0.5
"""With more than this share of texts that no earlier group holds, there is nothing to carry on."""

_NEAREST = 8
_UNHEARD_OF = 0.75
"""Share of the nearest texts that are new as well, beyond what chance gives, from which a text says what nobody said."""


def new_matters(matrix: Matrix, anew: Labels, before: Labels, persons: Labels) -> Labels:
    """Return which new matter each text is about that grouping anew did not tell from a known one, `NONE` for most.

    Args:
        matrix: Unit rows, shape `(n, dim)`.
        anew: Group of each text as found now, `NONE` where open.
        before: Group of each text in the earlier run, `NONE` where new or open.
        persons: Whose text each row is.
    """
    new = before == NONE
    matters = np.full(len(matrix), NONE, dtype=np.int64)
    told = [g for g in range(int(anew.max()) + 1) if new[anew == g].mean() > _NEW_SHARE]
    rows = np.flatnonzero(new & ~np.isin(anew, told))
    if not 0 < new.mean() <= _MOSTLY_NEW or not len(rows):
        return matters
    likeness = matrix[rows] @ matrix.T
    likeness[persons[rows][:, None] == persons] = -1.0
    k = min(_NEAREST, len(matrix))
    nearest = np.argpartition(-likeness, k - 1, axis=1)[:, :k]
    chance = float(new.mean())
    unheard = (new[nearest].mean(axis=1) - chance) / (1 - chance) >= _UNHEARD_OF
    links = _sparse.csr_matrix(
        (np.ones(nearest.size), (np.repeat(rows, k), nearest.ravel())), shape=(len(matrix),) * 2
    )
    rows = rows[unheard]
    matters[rows] = _csgraph.connected_components(links[rows][:, rows], directed=False)[1]
    return matters


def carried_on(matrix: Matrix, anew: Labels, before: Labels) -> Labels:
    """Return each text's group: the earlier ones with what is new, or those found anew where they are clearly better.

    Args:
        matrix: Unit rows, shape `(n, dim)`.
        anew: Group of each text as found now, `NONE` where open.
        before: Group of each text in the earlier run, `NONE` where new or open.
    """
    known = before != NONE
    if known.mean() < 1 - _MOSTLY_NEW:
        return anew
    groups = _renumbered(np.where(known, before, NONE))
    n_before = int(groups.max()) + 1
    for name in range(int(anew.max()) + 1):
        inside = anew == name
        if (groups[inside] == NONE).mean() > _NEW_SHARE:
            groups[inside & (groups == NONE)] = n_before + name
    groups = _renumbered(groups)
    still_open = groups == NONE
    if still_open.any():
        judge = teach(matrix, groups, int(groups.max()) + 1)
        groups[still_open] = judge.chances(matrix[still_open]).argmax(axis=1)
    if _fit(matrix, anew) > _fit(matrix, groups) + _CLEARLY_BETTER:
        return anew
    return groups


def _fit(matrix: Matrix, groups: Labels) -> float:
    held = groups != NONE
    return float(silhouettes(matrix[held], _renumbered(groups[held])).mean())


def _renumbered(groups: Labels) -> Labels:
    names, numbers = np.unique(groups[groups != NONE], return_inverse=True)
    renumbered = np.full(len(groups), NONE, dtype=np.int64)
    if len(names):
        renumbered[groups != NONE] = numbers
    return renumbered
