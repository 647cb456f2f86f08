"""Carries an earlier run's groups on: they stay as they were unless the texts now say otherwise.

Grouping anew after a few texts came in may cut a large matter elsewhere, though nothing has changed that anybody would
notice. So the earlier groups stand, new texts join them, and what is new gets a group of its own; only where grouping
anew describes the texts clearly better is everything grouped anew.
"""

import numpy as np

from agent.analyse.membership import NONE, teach
from agent.analyse.shapes import Labels, Matrix, silhouettes

_CLEARLY_BETTER = 0.02
_NEW_SHARE = 0.5
"""A group found anew is a new matter where more than this of it was in no earlier group."""
_MOSTLY_NEW = 0.5
"""With more than this share of texts that no earlier group holds, there is nothing to carry on."""


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
