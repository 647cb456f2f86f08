"""Read the times of many sources as UTC."""

import math
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

from agent.normalise.faults import RejectCode, RowFault
from agent.schemas.records import RawTime

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
FUTURE = timedelta(days=1)
"""What lies further after the time of reading cannot have happened."""
_NO_TIME = frozenset(("", "null", "none", "nan", "nat", "n/a", "na", "-", "undefined"))
_ZONE = re.compile(r"(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}(?::?\d{2})?|[+-]\d{2}|[ECMP][SD]T)\)?$", re.IGNORECASE)
_DATE_ONLY = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_ZONE_WORD = re.compile(r"\s*(?:UTC|GMT)$", re.IGNORECASE)
_NUMBER = re.compile(r"^[+-]?\d+(?:\.\d+)?$")
_MOST_DIGITS = 20
"""Of a count of nanoseconds with its sign."""
_COMPACT_DATE = re.compile(r"^(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b", re.IGNORECASE)
_DATES = (
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%d.%m.%y",
    "%b %d %Y",
    "%B %d %Y",
    "%d %b %Y",
    "%d %B %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%b %Y",
    "%B %Y",
)
_CLOCKS = ("", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p", " %H:%M:%S.%f")


def parse_time(value: RawTime, *, now: datetime) -> datetime | None:
    """Return a source's time in UTC.

    A time without a zone is taken as UTC; `names_zone` tells whether that was assumed. Numbers are seconds,
    milliseconds, microseconds or nanoseconds since 1970 by their size. Of dates that can be read two ways, those with
    slashes are month first where that is possible, those with dots or dashes day first.

    Args:
        value: ISO 8601, RFC 2822, a common written date, an epoch number, a datetime, or nothing.
        now: Time of reading; what lies more than a day after it cannot have happened.

    Raises:
        RowFault: The value is no time (`time.unreadable`), before 1990 (`time.before_1990`) or in the future
            (`time.future`).
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None  # NaN is what spreadsheets put into empty cells
    if isinstance(value, str):
        at = _parse_text(value)
    elif isinstance(value, datetime):
        at = value
    elif isinstance(value, bool):
        raise _unreadable()
    else:
        at = _from_number(value)
    return None if at is None else _checked(at, now)


def names_zone(value: RawTime) -> bool:
    """Tell whether a source's time says in which zone it stands; epoch numbers do by definition."""
    if isinstance(value, datetime):
        return value.tzinfo is not None
    if not isinstance(value, str):
        return value is not None
    text = value.strip()
    if _NUMBER.match(text):
        return _COMPACT_DATE.match(text) is None
    return _DATE_ONLY.match(text) is None and _ZONE.search(text) is not None


def _unreadable() -> RowFault:
    return RowFault(
        "time.unreadable", "time is not readable; expected ISO 8601, a common date or an epoch number"
    )


def _checked(at: datetime, now: datetime) -> datetime:
    try:
        utc = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        raise _unreadable() from None
    if utc < EARLIEST:
        raise RowFault(
            RejectCode.TIME_BEFORE_1990,
            "time lies before 1990, which is a missing value more often than a time",
        )
    if utc > now + FUTURE:
        raise RowFault(RejectCode.TIME_FUTURE, "time lies more than a day in the future")
    return utc


def _from_number(value: float) -> datetime:
    if _COMPACT_DATE.match(str(value)):
        try:
            return datetime.fromisoformat(str(value))
        except ValueError:  # a day that its month does not have
            raise _unreadable() from None
    seconds = float(value)
    for limit, divisor in ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (1e20, 1e9)):
        if abs(seconds) < limit:
            try:
                return datetime.fromtimestamp(seconds / divisor, UTC)
            except (OverflowError, OSError, ValueError):
                break
    raise _unreadable()


def _parse_text(value: str) -> datetime | None:
    text = value.strip()
    if text.lower() in _NO_TIME:
        return None
    if _NUMBER.match(text):
        is_whole = "." not in text and len(text) <= _MOST_DIGITS
        return _from_number(int(text) if is_whole else float(text))
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return _parse_written(text)


@lru_cache(maxsize=4096)
def _parse_written(text: str) -> datetime:
    bare = _ZONE_WORD.sub("", text)
    if bare != text:
        try:
            return datetime.fromisoformat(bare).replace(tzinfo=UTC)
        except ValueError:
            pass
    plain = re.sub(r"\s+", " ", _ORDINAL.sub("", bare).replace(",", " ")).strip().upper()
    for date in _DATES:
        for clock in _CLOCKS:
            try:
                return datetime.strptime(plain, date + clock).replace(tzinfo=UTC)
            except ValueError:
                continue
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        raise _unreadable() from None
