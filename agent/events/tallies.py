"""Counts moves, paths and sessions while a person's steps stand side by side in memory."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import nsmallest
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agent.events.counted import PathCount, TimedMove

MAX_NAMES: Final = 1_448
"""With more, a pair of names and the time between them do not fit into one whole number."""

NO_MOVE: Final = np.iinfo(np.int64).max
"""Stands after every move."""

_LETTER = np.dtype(">u2")
"""A name in a path: its number, highest byte first, so that bytes are in the order of names."""
_MS_BITS = 42
"""Room for 139 years; nothing older than 1990 is stored."""
_MS = 1_000
_P90 = 0.9

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Pairs(NamedTuple):
    """Numbers, ascending, with counts."""

    pair: Ints
    n: Ints


@dataclass(frozen=True, slots=True)
class ShareTally:
    """What was counted of some persons; no person is in two shares."""

    n_persons: int
    n_sessions: int
    letters: bytes
    """The names of all steps, persons one after the other."""
    bounds: tuple[int, ...]
    """Where each person's begin in `letters`, and where the last one's end."""
    persons: Pairs
    """Distinct persons by pair of names."""
    leaving: Pairs
    """Distinct persons by source."""


def tally_of(
    names: Ints, ms: Ints, starts: Ints, moves: Ints, *, n_names: int, n_sessions: int
) -> ShareTally:
    """Count the steps of some persons.

    Args:
        names: Number of each step's name, persons one after the other, each in order, shape `(n_steps,)`.
        ms: Milliseconds, shape `(n_steps,)`.
        starts: Row of each person's first step, and the number of rows, shape `(n_persons + 1,)`.
        moves: Filled, in no order: of each move the pair of names, and after it, in `_MS_BITS`, how long it took; `NO_MOVE`
            where there are fewer moves.
        n_names: Numbers of names are below; at most `MAX_NAMES`.
        n_sessions: Counted before.
    """
    goes_on = np.ones(len(names), dtype=bool)
    goes_on[starts[1:] - 1] = False
    rows = np.flatnonzero(goes_on)
    pairs = names[rows] * n_names + names[rows + 1]
    # Whose move and which, in one number: that sorts far faster than two columns do.
    whose = np.repeat(np.arange(len(starts) - 1) * n_names**2, np.diff(starts))[rows] + pairs
    whose.sort()
    whose = whose[_differs(whose)]
    sources = whose // n_names
    sources = sources[_differs(sources)]
    np.bitwise_or(pairs << _MS_BITS, ms[rows + 1] - ms[rows], out=moves[: len(rows)])
    moves[len(rows) :] = NO_MOVE
    return ShareTally(
        len(starts) - 1,
        n_sessions,
        names.astype(_LETTER).tobytes(),
        tuple((starts * _LETTER.itemsize).tolist()),
        Pairs(*np.unique(whose % n_names**2, return_counts=True)),
        Pairs(*np.unique(sources % n_names, return_counts=True)),
    )


class StepTally:
    """Moves, paths and sessions of all shares together.

    Args:
        names: What the numbers stand for, in order.
        shares: Of disjoint persons.
        moves: As all shares together filled it; put in order here.
    """

    def __init__(self, names: tuple[str, ...], shares: Sequence[ShareTally], moves: Ints) -> None:
        self._names = names
        self._shares = shares
        moves.sort()
        self._moves = moves[: np.searchsorted(moves, NO_MOVE)]
        self.n_persons = sum(share.n_persons for share in shares)
        self.n_sessions = sum(share.n_sessions for share in shares)

    def moves(self) -> list[TimedMove]:
        """Return what directly followed what, most frequent first."""
        n_names = len(self._names)
        persons = _summed([share.persons for share in self._shares])
        leaving = _summed([share.leaving for share in self._shares])
        known = sorted(persons)
        starts = np.searchsorted(self._moves, np.array(known, dtype=np.int64) << _MS_BITS)
        ends = np.append(starts, len(self._moves))[1:]
        found = [
            TimedMove(
                source=self._names[pair // n_names],
                target=self._names[pair % n_names],
                n=end - start,
                persons=persons[pair],
                leaving=leaving[pair // n_names],
                median_s=_quantile_s(self._moves, start, end, 0.5),
                p90_s=_quantile_s(self._moves, start, end, _P90),
            )
            for pair, start, end in zip(known, starts.tolist(), ends.tolist(), strict=True)
        ]
        return sorted(found, key=lambda move: (-move.n, move.source, move.target))

    def variants(self, limit: int) -> list[PathCount]:
        """Return the most frequent whole paths."""
        counts = np.sort(np.fromiter(self._paths.values(), dtype=np.int64, count=len(self._paths)))
        if not len(counts) or limit < 1:
            return []
        least = int(counts[-min(limit, len(counts))])
        chosen = sorted((-n, path) for path, n in self._paths.items() if n > least)
        # Of equally many the first by name, and nothing is sorted that is not told.
        rest = nsmallest(limit - len(chosen), (path for path, n in self._paths.items() if n == least))
        chosen += [(-least, path) for path in rest]
        return [PathCount(self._named(path), -n) for n, path in chosen]

    @cached_property
    def _paths(self) -> Counter[bytes]:
        total: Counter[bytes] = Counter()
        for share in self._shares:
            total.update(share.letters[low:high] for low, high in pairwise(share.bounds))
        return total

    def _named(self, path: bytes) -> tuple[str, ...]:
        numbers: list[int] = np.frombuffer(path, dtype=_LETTER).tolist()
        return tuple(self._names[number] for number in numbers)


def _differs(values: Ints) -> Bools:
    """Return which values of a column differ from the one before; the first does."""
    found = np.ones(len(values), dtype=bool)
    np.not_equal(values[1:], values[:-1], out=found[1:])
    return found


def _summed(shares: Sequence[Pairs]) -> dict[int, int]:
    total: Counter[int] = Counter()
    for share in shares:
        total.update(dict(zip(share.pair.tolist(), share.n.tolist(), strict=True)))
    return total


def _quantile_s(moves: Ints, start: int, end: int, share: float) -> float:
    """Return a quantile of the times of sorted moves in seconds, between two of them in proportion as engines give it."""
    place = (end - 1 - start) * share
    low = start + int(place)
    near, next_one = (int(moves[row]) & ((1 << _MS_BITS) - 1) for row in (low, min(low + 1, end - 1)))
    return round((near + (next_one - near) * (place - int(place))) / _MS, 6)
