"""Puts the events of a lake in order by person and time, in memory and without an engine.

A sort of whole numbers takes a tenth of what a window takes that partitions text. Persons are dealt out into shares by a hash
of their id; each share is put in order on its own, so that the machine's processors work side by side, and what is
counted of moves and paths is counted on the way, while a person's steps stand side by side in memory.
"""

# PyArrow ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from agent.events.source import EventKind
from agent.events.tallies import MAX_NAMES, ShareTally, StepTally, tally_of

SHARE_EVENTS = 500_000
"""About how many events a share holds at most: its columns stay within the memory that an allocator uses again."""

_MOST_SHARE_BITS = 8
_KEY_BITS = 64
_MIXING = np.uint64(0x9E3779B97F4A7C15)
"""An odd number whose product spreads every bit to the first ones: Knuth, The Art of Computer Programming 3, 6.4."""
_NONE = -1
_LATEST = np.iinfo(np.int64).max
_DAY_US = 86_400_000_000
_MS_US = 1_000
_AT = pa.timestamp("us", tz="UTC")

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Limits:
    """What makes a session end, and what makes a person a bot."""

    session_gap: timedelta
    bot_events_per_day: int


@dataclass(frozen=True, slots=True)
class OrderedSteps:
    """The steps, who was left out, and what was counted."""

    table: pa.Table
    bots: tuple[str, ...]
    tally: StepTally | None
    """None where there are more than `MAX_NAMES` names."""


@dataclass(frozen=True, slots=True)
class _Share:
    """Some events, in no order: columns of one length."""

    key: NDArray[np.uint64]
    """A hash of the person's id."""
    at: Ints
    """Microseconds since 1970."""
    kind: NDArray[np.int32]
    event: NDArray[np.uint32]
    """Position among all events, as they came."""

    def part(self, low: int, high: int) -> "_Share":
        """Return some rows."""
        return _Share(self.key[low:high], self.at[low:high], self.kind[low:high], self.event[low:high])


@dataclass(frozen=True, slots=True)
class _Walks:
    """Events of some persons in order: columns of one length, and where each person's begin."""

    person: Ints
    """Counts from 0."""
    at: Ints
    kind: NDArray[np.int32]
    event: NDArray[np.uint32]
    starts: Ints
    """Row of each person's first step, and the number of rows."""


class Dealer:
    """Takes events in any order, and puts them in order by person.

    Args:
        n_events: How many events will come, about.
        kinds: What the numbers in `kind` stand for, in the order in which events go that nothing else tells apart.
        limits: See there.
    """

    def __init__(self, n_events: int, kinds: Sequence[EventKind], limits: Limits) -> None:
        self._kinds = kinds
        self._limits = limits
        self._bits = min((n_events // SHARE_EVENTS).bit_length(), _MOST_SHARE_BITS)
        self._shares: list[list[_Share]] = [[] for _ in range(1 << self._bits)]
        self._told = _Told([], [], [])

    def add(self, batch: pa.RecordBatch) -> None:
        """Take events: `key, person_id, at, kind, row, source`.

        `key` is a hash of `person_id`, `source` the place of the event's source among all.
        """
        first = self._told.add(batch)
        share = _Share(
            # DuckDB's hash is told apart by all its bits, not by the first ones alone.
            batch.column("key").to_numpy() * _MIXING,
            batch.column("at").cast(_AT).view(pa.int64()).to_numpy(),
            batch.column("kind").to_numpy(),
            np.arange(first, first + batch.num_rows, dtype=np.uint32),
        )
        if not self._bits:
            self._shares[0].append(share)
            return
        place = (share.key >> np.uint64(_KEY_BITS - self._bits)).astype(np.uint8)
        order = np.argsort(place, kind="stable")
        dealt = _Share(share.key[order], share.at[order], share.kind[order], share.event[order])
        bounds = np.append(0, np.cumsum(np.bincount(place, minlength=len(self._shares))))
        for parts, (low, high) in zip(self._shares, pairwise(bounds.tolist()), strict=True):
            parts.append(dealt.part(low, high))

    def in_order(self) -> OrderedSteps:
        """Return the steps of all events that were taken; a second time there is nothing."""
        shares, self._shares = self._shares, []
        putting = _Putting(self._kinds, self._told, self._limits)
        bounds = np.cumsum([sum(len(part.key) for part in parts) for parts in shares])
        moves = np.empty(bounds[-1], np.int64)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            # What a share was made of is let go with it.
            done = list(pool.map(putting.in_order, shares, np.split(moves, bounds[:-1])))
        tables, bots, tallies = zip(*done, strict=True)
        named = tuple(sorted(bot for found in bots for bot in found))
        counted = [tally for tally in tallies if tally is not None]
        tally = StepTally(putting.names, counted, moves) if counted else None
        return OrderedSteps(pa.concat_tables(tables), named, tally)


@dataclass(frozen=True, slots=True)
class _Told:
    """What is looked up of a few events alone: batches, as they came."""

    persons: list[pa.Array]
    rows: list[pa.Array]
    sources: list[pa.Array]

    def add(self, batch: pa.RecordBatch) -> int:
        """Keep what a batch tells, and return how many events came before it."""
        first = sum(map(len, self.persons))
        for kept, name in ((self.persons, "person_id"), (self.rows, "row"), (self.sources, "source")):
            kept.append(batch.column(name))
        return first

    def of(self, column: Sequence[pa.Array], events: Ints) -> pa.Array:
        """Return the values of a column for some events."""
        starts = np.cumsum([0, *map(len, column)])
        order = np.argsort(events)
        cuts = np.searchsorted(events[order], starts)
        found = [
            batch.take(pa.array(events[order[low:high]] - start))
            for batch, start, (low, high) in zip(column, starts, pairwise(cuts), strict=False)
            if low < high
        ]
        if not found:
            return column[0][:0] if column else pa.array([], pa.string())
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        return pa.concat_arrays(found).take(pa.array(back))


class _Putting:
    """What all shares have in common while they are put in order."""

    def __init__(self, kinds: Sequence[EventKind], told: _Told, limits: Limits) -> None:
        self._told = told
        self._limits = limits
        self.names = tuple(sorted({kind.name for kind in kinds}))
        places = {name: place for place, name in enumerate(self.names)}
        self._name_of = np.array([places[kind.name] for kind in kinds], dtype=np.int64)
        self._texts = {
            column: _encoded([getattr(kind, column) for kind in kinds])
            for column in ("name", "channel", "touchpoint", "stage")
        }
        self._rank = _narrow([_NONE if kind.rank is None else kind.rank for kind in kinds])

    def in_order(self, parts: list[_Share], moves: Ints) -> tuple[pa.Table, list[str], ShareTally | None]:
        """Put a share in order and fill its moves; return its steps, its bots and what was counted. The parts are used up."""
        walks = self._walks(_joined(parts))
        ids = self._told.of(self._told.persons, walks.event[walks.starts[:-1]].astype(np.int64))
        is_bot = _find_bots(walks, self._limits.bot_events_per_day)
        bots = ids.filter(pa.array(is_bot)).to_pylist()
        if bots:
            walks, ids = _without(walks, is_bot), ids.filter(pa.array(~is_bot))
        ms = walks.at // _MS_US
        session = _sessions(ms, walks.starts, self._limits.session_gap)
        table = self._table(walks, ids, session)
        if len(self.names) > MAX_NAMES:
            return table, bots, None
        n_sessions = int(session[walks.starts[1:] - 1].sum()) + len(ids)
        names = self._name_of[walks.kind]
        tally = tally_of(names, ms, walks.starts, moves, n_names=len(self.names), n_sessions=n_sessions)
        return table, bots, tally

    def _walks(self, share: _Share) -> _Walks:
        order, person, at = _ordered(share.key, share.at)
        kind, event = share.kind[order], share.event[order]
        again = np.flatnonzero((person[1:] == person[:-1]) & (at[1:] == at[:-1]))
        if len(again):
            # Events of one moment go in the order of their source, then by name and channel.
            tied = np.union1d(again, again + 1)
            of = event[tied].astype(np.int64)
            row, source = (
                np.asarray(self._told.of(told, of)) for told in (self._told.rows, self._told.sources)
            )
            moved = tied[np.lexsort((kind[tied], source, row, at[tied], person[tied]))]
            kind[tied], event[tied] = kind[moved], event[moved]
        starts = np.flatnonzero(_begins(person))
        return _Walks(person, at, kind, event, np.append(starts, len(person)))

    def _table(self, walks: _Walks, ids: pa.Array, session: Ints) -> pa.Table:
        return pa.table(
            {
                "person_id": pa.DictionaryArray.from_arrays(pa.array(walks.person, pa.int32()), ids),
                "at": pa.array(walks.at).view(_AT),
                "place": pa.array(_places(walks.starts), pa.int32()),
                "session": pa.array(session, pa.int32()),
                **{name: _said(codes, values, walks.kind) for name, (codes, values) in self._texts.items()},
                "rank": _said(self._rank, None, walks.kind),
            }
        )


def _joined(parts: list[_Share]) -> _Share:
    if not parts:
        none = np.zeros(0, dtype=np.int64)
        return _Share(none.astype(np.uint64), none, none.astype(np.int32), none.astype(np.uint32))
    found = _Share(
        np.concatenate([part.key for part in parts]),
        np.concatenate([part.at for part in parts]),
        np.concatenate([part.kind for part in parts]),
        np.concatenate([part.event for part in parts]),
    )
    parts.clear()
    return found


def _ordered(key: NDArray[np.uint64], at: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the order by person and time, and both columns in it; persons are counted from 0."""
    since = at - at.min(initial=_LATEST)
    n_bits = int(since.max(initial=0)).bit_length()
    # One number of both sorts far faster than two columns do; what of the hash finds no room is looked at after.
    bucket = (key << np.uint64(_MOST_SHARE_BITS)) >> np.uint64(n_bits)
    order = np.argsort((bucket << np.uint64(n_bits)) | since.view(np.uint64))
    key, bucket, at = key[order], bucket[order], at[order]
    mixed = np.flatnonzero((bucket[1:] == bucket[:-1]) & (key[1:] != key[:-1]))
    if len(mixed):
        run = np.cumsum(_begins(bucket)) - 1
        is_mixed = np.zeros(run[-1] + 1, dtype=bool)
        is_mixed[run[mixed]] = True
        rows = np.flatnonzero(is_mixed[run])
        apart = rows[np.lexsort((at[rows], key[rows], bucket[rows]))]
        order[rows], key[rows], at[rows] = order[apart], key[apart], at[apart]
    return order, np.cumsum(_begins(key)) - 1, at


def _begins(values: NDArray[Any]) -> Bools:
    """Return which values of a column differ from the one before; the first does."""
    found = np.ones(len(values), dtype=bool)
    np.not_equal(values[1:], values[:-1], out=found[1:])
    return found


def _places(starts: Ints) -> Ints:
    """Return how many steps a person took before each."""
    return np.arange(starts[-1]) - np.repeat(starts[:-1], np.diff(starts))


def _sessions(ms: Ints, starts: Ints, gap: timedelta) -> Ints:
    """Return how many sessions a person had before each step's."""
    begins = np.zeros(len(ms), dtype=bool)
    begins[1:] = ms[1:] - ms[:-1] > gap // timedelta(milliseconds=1)
    begins[starts[:-1]] = False
    so_far = np.cumsum(begins)
    return so_far - np.repeat(so_far[starts[:-1]], np.diff(starts))


def _find_bots(walks: _Walks, most: int) -> Bools:
    """Return which persons have more than so many events on one day."""
    found = np.zeros(len(walks.starts) - 1, dtype=bool)
    for person in np.flatnonzero(np.diff(walks.starts) > most):
        days = walks.at[walks.starts[person] : walks.starts[person + 1]] // _DAY_US
        found[person] = bool((np.bincount(days - days[0]) > most).any())
    return found


def _without(walks: _Walks, left_out: Bools) -> _Walks:
    kept = np.repeat(~left_out, np.diff(walks.starts))
    sizes = np.diff(walks.starts)[~left_out]
    return _Walks(
        np.repeat(np.arange(len(sizes)), sizes),
        walks.at[kept],
        walks.kind[kept],
        walks.event[kept],
        np.append(0, np.cumsum(sizes)),
    )


def _encoded(values: Sequence[str | None]) -> tuple[NDArray[Any], pa.Array]:
    """Return the place of each value among the distinct ones, and these."""
    known = sorted({value for value in values if value is not None})
    places = {value: place for place, value in enumerate(known)}
    return _narrow([_NONE if value is None else places[value] for value in values]), pa.array(
        known, pa.string()
    )


def _narrow(numbers: Sequence[int]) -> NDArray[Any]:
    """Return numbers in the narrowest type: a table of steps holds one for every event."""
    dtype = np.min_scalar_type(-max(numbers, default=0) - 2)
    return np.array(numbers, dtype=dtype)


def _said(codes: NDArray[Any], values: pa.Array | None, kind: NDArray[np.int32]) -> Any:  # noqa: ANN401 - PyArrow ships no types
    """Return what a code says of each kind's steps, null where it says nothing."""
    told = codes[kind]
    column = pa.array(told, mask=told == _NONE) if _NONE in codes else pa.array(told)
    return column if values is None else pa.DictionaryArray.from_arrays(column, values)
