"""Which events the lake and the vault hold: sorted keys in blocks, so that a million events cost a dozen rows.

A block is committed with the ledger's line of the batch it came from, so it never tells of events that are not stored.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from agent.store.engine import Scoped
from agent.store.tables import seen_blocks

KEY_BYTES: Final = 12
OWN: Final = "own"
"""Scheme of keys that are the 12 bytes an event id writes in hexadecimal digits."""
DIGEST: Final = "digest"
"""Scheme of keys that are BLAKE2 digests of event ids, as earlier versions kept them."""
_BLOCK_KEYS: Final = 100_000
_HIGH_BYTES: Final = 8

Keys = NDArray[np.uint8]
"""Shape `(n, 12)`."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Keys in order, cut into numbers that compare fast: the first eight bytes, and the last four."""

    high: NDArray[np.uint64]
    low: NDArray[np.uint32]

    @classmethod
    def of(cls, keys: Keys) -> "_Run":
        return cls(*_numbers(keys[order_of(keys)]))

    def merged(self, other: "_Run") -> "_Run":
        high, low = np.concatenate((self.high, other.high)), np.concatenate((self.low, other.low))
        order = np.argsort(high, kind="stable")
        return _Run(high[order], low[order])

    def holds(self, keys: "_Run") -> NDArray[np.bool_]:
        found = np.zeros(len(keys.high), dtype=bool)
        place = np.searchsorted(self.high, keys.high)
        open_ = np.flatnonzero(place < len(self.high))
        # Two keys hardly ever share their first eight bytes; where they do, each is looked at.
        while len(open_):
            same = self.high[place[open_]] == keys.high[open_]
            open_ = open_[same]
            found[open_] |= self.low[place[open_]] == keys.low[open_]
            place[open_] += 1
            open_ = open_[(place[open_] < len(self.high)) & ~found[open_]]
        return found


class SeenEvents:
    """Which events were stored, on both sides."""

    def __init__(self, scoped: Scoped) -> None:
        self._db = scoped
        self._loaded: tuple[int, int] | None = None
        self._runs: dict[str, list[_Run]] = {}

    def among(self, keys: Keys) -> NDArray[np.bool_]:
        """Return, for each key of an event, whether that event was stored before; shape `(n,)`."""
        self._load()
        found = np.zeros(len(keys), dtype=bool)
        for scheme, runs in self._runs.items():
            wanted = keys if scheme == OWN else _digests(keys)
            asked = _Run(*_numbers(wanted))
            for run in runs:
                found |= run.holds(asked)
        return found

    def add(self, keys: Keys) -> None:
        """Remember events that were not stored before; keys may come in any order."""
        if not len(keys):
            return
        self._load()
        with self._db.database.begin():
            number, n_bytes = self._last()
            last = self._block(number) if 0 < n_bytes <= (_BLOCK_KEYS - len(keys)) * KEY_BYTES else None
            if last is None:
                number, whole = number + 1, keys
            else:
                whole = np.concatenate((last, keys))
            stored = {"block": number, "scheme": OWN, "event_keys": whole[order_of(whole)].tobytes()}
            self._db.put(seen_blocks, [stored])
            self._loaded = self._state()
        self._take(OWN, _Run.of(keys))

    def count(self) -> int:
        """Return how many distinct events were stored, on both sides."""
        n_bytes = sa.func.coalesce(sa.func.sum(sa.func.length(seen_blocks.c.event_keys)), 0)
        return int(self._db.scalar(self._db.select(seen_blocks, n_bytes))) // KEY_BYTES

    def _load(self) -> None:
        # What was added in a transaction that was taken back is forgotten again.
        if self._loaded == self._state():
            return
        self._runs = {}
        for scheme, keys in self._blocks():
            self._take(scheme, _Run.of(keys))
        self._loaded = self._state()

    def _take(self, scheme: str, run: _Run) -> None:
        """Add a run, joining those that are no longer than it: each key is moved a few times only."""
        runs = self._runs.setdefault(scheme, [])
        while runs and len(runs[-1].high) <= len(run.high):
            run = runs.pop().merged(run)
        runs.append(run)

    def _state(self) -> tuple[int, int]:
        number, _ = self._last()
        return number, self.count()

    def _last(self) -> tuple[int, int]:
        """Return the number of the last block and its bytes, none of those where it is of another scheme."""
        columns = (
            seen_blocks.c.block,
            sa.case((seen_blocks.c.scheme == OWN, sa.func.length(seen_blocks.c.event_keys)), else_=0).label(
                "n"
            ),
        )
        query = self._db.select(seen_blocks, *columns).order_by(seen_blocks.c.block.desc()).limit(1)
        rows = self._db.rows(query)
        return (int(rows[0].block), int(rows[0].n)) if rows else (0, 0)

    def _block(self, number: int) -> Keys:
        query = self._db.select(seen_blocks, seen_blocks.c.event_keys).where(seen_blocks.c.block == number)
        return _keys(self._db.scalar(query))

    def _blocks(self) -> Iterator[tuple[str, Keys]]:
        query = self._db.select(seen_blocks)
        for row in self._db.pages(query, seen_blocks.c.block, size=8):
            yield row.scheme, _keys(row.event_keys)


def _keys(stored: bytes) -> Keys:
    return np.frombuffer(stored, dtype=np.uint8).reshape(-1, KEY_BYTES)


def order_of(keys: Keys) -> NDArray[np.int64]:
    """Return the places of keys in the order of their bytes; equal ones in the order they stand in."""
    high, low = _numbers(keys)
    order = np.argsort(high)
    placed = high[order]
    return np.lexsort((low, high)) if (placed[1:] == placed[:-1]).any() else order


def _numbers(keys: Keys) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
    high = np.ascontiguousarray(keys[:, :_HIGH_BYTES]).view(">u8").ravel().astype(np.uint64)
    low = np.ascontiguousarray(keys[:, _HIGH_BYTES:]).view(">u4").ravel().astype(np.uint32)
    return high, low


def _digests(keys: Keys) -> Keys:
    digests = [blake2b(f"e_{bytes(key).hex()}".encode(), digest_size=KEY_BYTES).digest() for key in keys]
    return _keys(b"".join(digests))
