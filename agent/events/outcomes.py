"""When each person had one of some events, kept in columns so that one query answers many questions."""

# PyArrow ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_US = 1_000_000
_AT = pa.timestamp("us", tz="UTC")


class OutcomeTimes:
    """Times of some events by person.

    Args:
        rows: Columns `person_id` and `at`, in the order of both.
    """

    def __init__(self, rows: pa.Table) -> None:
        encoded = rows.column("person_id").combine_chunks().dictionary_encode()
        self._persons = encoded.dictionary
        codes = np.asarray(encoded.indices, dtype=np.int64)
        n_persons = len(self._persons)
        self._starts = np.searchsorted(codes, np.arange(n_persons))
        self._ends = np.searchsorted(codes, np.arange(n_persons), side="right")
        self._times = _microseconds(rows.column("at").combine_chunks())

    def after(self, since: Mapping[str, datetime], *, within: timedelta) -> frozenset[str]:
        """Return the persons who had one of the events after their time, within a window of whole seconds."""
        asked = pa.array(list(since), type=pa.string())
        known = np.asarray(pc.fill_null(pc.index_in(asked, value_set=self._persons), -1), dtype=np.int64)
        times = _microseconds(pa.array(list(since.values()), type=_AT))
        positions = np.flatnonzero(known >= 0)
        who, times = known[positions], times[positions]
        first = self._first_after(who, times)
        there = first < self._ends[who]
        happened = self._times[first[there]]
        soon = happened // _US - times[there] // _US <= within.total_seconds()
        return frozenset(asked.take(pa.array(positions[there][soon])).to_pylist())

    def _first_after(
        self,
        who: np.ndarray[tuple[int], np.dtype[np.int64]],
        times: np.ndarray[tuple[int], np.dtype[np.int64]],
    ) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Return where each person's first event after a time stands, by halving all spans at once."""
        low, high = self._starts[who], self._ends[who]
        while (low < high).any():
            middle = (low + high) // 2
            inside = low < high
            later = np.zeros(len(who), dtype=bool)
            later[inside] = self._times[middle[inside]] <= times[inside]
            low = np.where(inside & later, middle + 1, low)
            high = np.where(inside & ~later, middle, high)
        return low


def _microseconds(values: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.asarray(values.cast(_AT).cast(pa.int64()), dtype=np.int64)
