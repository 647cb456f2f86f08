"""Read many times at once: a column that is written in one common form costs next to nothing a row."""

# PyArrow ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportAttributeAccessIssue=false

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from agent.normalise.faults import RowFault
from agent.normalise.times import EARLIEST, FUTURE, parse_time
from agent.schemas.records import RawTime

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_OFFSET: Final = re.compile(r"([+-])(\d{2}):?(\d{2})\)?$")
_N_OFFSET_CHARS: Final = 6
_UTC_ZONES: Final = frozenset(("UTC", "Etc/UTC", "+00:00", "Z"))


@dataclass(slots=True)
class ReadTimes:
    """Times of one column."""

    at_us: NDArray[np.int64]
    """Microseconds since 1970 in UTC; 0 where there is none."""
    missing: NDArray[np.int64]
    """Positions without a time."""
    faults: dict[int, RowFault]
    """Positions whose time cannot be right."""
    offsets: list[str | None] | None
    """How far from UTC the source's clock was, as `+02:00`, where it says so and it is not UTC; None where none does."""


def read_times(column: Any, *, now: datetime) -> ReadTimes:  # noqa: ANN401 - an array of PyArrow, or a list
    """Read a column of times as `parse_time` reads each.

    Args:
        column: A list of `RawTime`, or an array of texts or timestamps.
        now: Time of reading.
    """
    array = _as_array(column)
    at_us = None if array is None else _cast(array)
    if at_us is None or array is None:
        return _one_by_one(column.to_pylist() if isinstance(column, pa.Array) else column, now)
    faults: dict[int, RowFault] = {}
    suspect = np.flatnonzero((at_us < _micros(EARLIEST)) | (at_us > _micros(now + FUTURE)))
    missing: list[int] = []
    for position in suspect.tolist():
        try:
            if parse_time(_value_at(column, position), now=now) is None:
                missing.append(position)
        except RowFault as fault:
            faults[position] = fault
    return ReadTimes(at_us, np.array(missing, dtype=np.int64), faults, _offsets(array))


def _value_at(column: Any, position: int) -> RawTime:  # noqa: ANN401 - as above
    value = column[position]
    if not isinstance(value, pa.Scalar):
        return value
    try:
        return value.as_py()
    except (OverflowError, ValueError):
        return "a year that no calendar has"


def _as_array(column: Any) -> Any | None:  # noqa: ANN401 - as above
    if isinstance(column, pa.Array):
        return column
    if set(map(type, column)) <= {str, type(None)}:
        try:
            return pa.array(column, type=pa.string())
        except UnicodeEncodeError:  # half a surrogate pair is no part of a time
            return None
    return None


def _cast(array: Any) -> NDArray[np.int64] | None:  # noqa: ANN401 - as above
    """Return microseconds; None where Arrow cannot read every value exactly as `parse_time` would."""
    if pa.types.is_timestamp(array.type):
        found = pc.cast(array, pa.timestamp("us", tz=array.type.tz), safe=False)
        return pc.fill_null(pc.cast(found, pa.int64()), 0).to_numpy(zero_copy_only=False)
    if not pa.types.is_string(array.type):
        return None
    for zone in ("UTC", None):
        try:
            found = pc.cast(array, pa.timestamp("us", tz=zone))
        except pa.ArrowInvalid:
            continue
        return pc.fill_null(pc.cast(found, pa.int64()), 0).to_numpy(zero_copy_only=False)
    return None


def _offsets(array: Any) -> list[str | None] | None:  # noqa: ANN401 - as above
    if pa.types.is_timestamp(array.type):
        zone = array.type.tz
        says = zone is not None and zone not in _UTC_ZONES
    else:
        says = pc.any(pc.match_substring_regex(array, r"[+-]\d{2}:?\d{2}$")).as_py()
    return [_offset_of(value) for value in array.to_pylist()] if says else None


def _one_by_one(values: Sequence[RawTime], now: datetime) -> ReadTimes:
    at_us = np.zeros(len(values), dtype=np.int64)
    missing: list[int] = []
    faults: dict[int, RowFault] = {}
    known: dict[RawTime, tuple[int | None, RowFault | None]] = {}
    for position, value in enumerate(values):
        found = known.get(value)
        # 1, 1.0 and True are one key and three things to a reader of times.
        if found is None or not isinstance(value, str):
            found = _read_one(value, now)
            known[value] = found
        micros, fault = found
        if fault is not None:
            faults[position] = fault
        elif micros is None:
            missing.append(position)
        else:
            at_us[position] = micros
    offsets = [_offset_of(value) for value in values]
    return ReadTimes(at_us, np.array(missing, dtype=np.int64), faults, offsets if any(offsets) else None)


def _read_one(value: RawTime, now: datetime) -> tuple[int | None, RowFault | None]:
    try:
        at = parse_time(value, now=now)
    except RowFault as fault:
        return None, fault
    return (None if at is None else _micros(at)), None


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _offset_of(value: RawTime) -> str | None:
    """Return how far from UTC the clock was that a time was read from, None where the time does not say or it is UTC."""
    if isinstance(value, datetime):
        text = "" if value.tzinfo is None else value.strftime("%z")
    elif isinstance(value, str):
        text = value.rstrip()[-_N_OFFSET_CHARS:]
    else:
        return None
    match = _OFFSET.search(text) if text[-1:].isdigit() else None
    if match is None or match.group(2) + match.group(3) == "0000" or not _follows_clock(value):
        return None
    return f"{match.group(1)}{match.group(2)}:{match.group(3)}"


def _follows_clock(value: RawTime) -> bool:
    # "2024-05-01" ends in what looks like an offset and is none.
    return not isinstance(value, str) or ":" in value.rstrip()[:-3]
