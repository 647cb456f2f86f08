"""Times as numbers: Unix seconds drawn around the clock, moved into waking hours, written as ISO 8601.

Draws are uniform over the day because that keeps arithmetic simple; `day_time` moves them between eight and ten in the
evening without changing their order, just before they are written.
"""

from datetime import UTC, datetime
from functools import lru_cache

DAY_S = 86_400
_OPENS_S = 8 * 3600
_AWAKE_S = 14 * 3600
_MINUTES = tuple(f"T{minute // 60:02d}:{minute % 60:02d}:" for minute in range(24 * 60))
_SECONDS = tuple(f"{second:02d}Z" for second in range(60))


def day_time(at: int) -> int:
    """Move a time into waking hours of the same day; order is kept."""
    day, second = divmod(at, DAY_S)
    return day * DAY_S + _OPENS_S + second * _AWAKE_S // DAY_S


def drawn_before(at: int) -> int:
    """Return the latest time whose `day_time` is not after `at`."""
    day, second = divmod(at, DAY_S)
    if second < _OPENS_S:
        return day * DAY_S - 1
    return day * DAY_S + min((second - _OPENS_S) * DAY_S // _AWAKE_S, DAY_S - 1)


def iso(at: int) -> str:
    """Format Unix seconds as ISO 8601 in UTC."""
    day, second = divmod(at, DAY_S)
    minute, second = divmod(second, 60)
    return _day(day) + _MINUTES[minute] + _SECONDS[second]


@lru_cache(maxsize=2048)
def _day(day: int) -> str:
    return datetime.fromtimestamp(day * DAY_S, UTC).strftime("%Y-%m-%d")
