"""Keeps a theme's identity from run to run: by what it has in common with the earlier ones, never by its name."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

# SciPy ships no types.
_optimize: Any = optimize

Shares = NDArray[np.float64]

Fate = Literal["kept", "split", "merged", "new", "gone"]

_CORE = 8
_SAME_THEME = 0.2


@dataclass(frozen=True, slots=True)
class Lineage:
    """What became of a theme since the earlier run."""

    fate: Fate
    theme_id: str
    others: tuple[str, ...] = ()
    """Themes it was split into or merged from; empty otherwise."""
    shared: float = 0.0
    """Overlap with the earlier theme whose id it took over, among the passages of both runs."""


def identify(
    members: Sequence[Sequence[str]], old: Mapping[str, Collection[str]]
) -> tuple[list[str], tuple[Lineage, ...]]:
    """Return an id for each theme: the earlier one's with most shared members, else one made of its core.

    Args:
        members: Passage ids of each theme, most central first.
        old: Passage ids of the earlier themes by id; empty where there was no earlier run.
    """
    ids = [
        "t_" + hashlib.sha256("\n".join(sorted(rows[:_CORE])).encode()).hexdigest()[:16] for rows in members
    ]
    if not old:
        return ids, tuple(Lineage("new", theme_id) for theme_id in ids)
    old_ids = list(old)
    shared = _shared([set(rows) for rows in members], [set(rows) for rows in old.values()])
    taken: dict[int, int] = {}
    for i, j in zip(*_optimize.linear_sum_assignment(-shared), strict=True):
        if shared[i, j] >= _SAME_THEME:
            taken[int(i)] = int(j)
            ids[int(i)] = old_ids[int(j)]
    return ids, _lineage(ids, taken, shared, old_ids)


def all_gone(old: Collection[str]) -> tuple[Lineage, ...]:
    """Return the lineage of a run that found nothing."""
    return tuple(Lineage("gone", theme_id) for theme_id in old)


def _shared(new_sets: list[set[str]], old_sets: list[set[str]]) -> Shares:
    """Return the overlap of each new with each old theme, among the passages of both runs.

    What was added since must not make a theme look changed.
    """
    everything_new, everything_old = set[str]().union(*new_sets), set[str]().union(*old_sets)
    shared = np.zeros((len(new_sets), len(old_sets)))
    still = [was & everything_new for was in old_sets]
    for i, new in enumerate(new_sets):
        known = new & everything_old
        for j, was in enumerate(still):
            joint = len(known | was)
            shared[i, j] = len(known & was) / joint if joint else 0.0
    return shared


def _lineage(
    ids: list[str], taken: dict[int, int], shared: Shares, old_ids: list[str]
) -> tuple[Lineage, ...]:
    notes: list[Lineage] = []
    for i, theme_id in enumerate(ids):
        fed_by = tuple(
            old_ids[j] for j in range(len(old_ids)) if shared[i, j] >= _SAME_THEME and old_ids[j] != theme_id
        )
        if i not in taken:
            notes.append(Lineage("split", theme_id, fed_by) if fed_by else Lineage("new", theme_id))
        elif fed_by:
            notes.append(Lineage("merged", theme_id, fed_by, float(shared[i, taken[i]])))
        else:
            notes.append(Lineage("kept", theme_id, (), float(shared[i, taken[i]])))
    left = set(range(len(old_ids))) - set(taken.values())
    notes.extend(Lineage("gone", old_ids[j]) for j in sorted(left))
    return tuple(notes)
