"""Times in a request, worked out from the last day that the data covers and never from today."""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_MONTH = (
    r"(?P<month>"
    + "|".join(f"{name[:3]}(?:{name[3:]})?" if name != "may" else "may" for name in _MONTHS)
    + ")"
)
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_NUMBERS: Final = {
    "a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "twelve": 12,
}  # fmt: skip
_UNIT = r"(?P<unit>day|week|month|quarter|year)s?"
_LEAD = (
    r"(?P<lead>(?:since|from|starting|before|after|until|till|up to|prior to|in|during|on|over|within|of|for|as of|by|this is)\s+)?"
    r"(?:the\s+)?(?:start of\s+|beginning of\s+|early\s+|month of\s+)?"
)


@dataclass(frozen=True, slots=True)
class Span:
    """A time that words name.

    Attributes:
        start: Place of the words in the text, in characters.
        end: First character behind them.
        words: The words.
        first: First day.
        last: Last day.
        lead: Whether the time begins there, ends there, or is meant as a whole.
    """

    start: int
    end: int
    words: str
    first: date
    last: date
    lead: Literal["since", "until", "within"]


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    days: Callable[[re.Match[str], date], tuple[date, date] | None]


def spans_in(text: str, *, last: date) -> tuple[Span, ...]:
    """Return the times in a plain text (lower case), in order.

    Args:
        text: What was asked.
        last: Last day of the data, which "last month" and the like are counted back from.
    """
    found: list[Span] = []
    for rule in _RULES:
        for match in rule.pattern.finditer(text):
            if any(match.start() < span.end and span.start < match.end() for span in found):
                continue
            days = rule.days(match, last)
            if days is not None:
                found.append(Span(match.start(), match.end(), match[0].strip(), *days, _lead_of(match)))
    return tuple(sorted(found, key=lambda span: span.start))


def _lead_of(match: re.Match[str]) -> Literal["since", "until", "within"]:
    lead = (match.groupdict().get("lead") or "").strip()
    if lead in {"since", "from", "starting", "after", "as of"}:
        return "since"
    return "until" if lead in {"before", "until", "till", "up to", "prior to", "by"} else "within"


def _day(match: re.Match[str], last: date) -> tuple[date, date] | None:
    parts = match.groupdict()
    month = _month_number(parts["month"])
    year = int(parts["year"]) if parts.get("year") else _year_of(month, last)
    return _safe_day(year, month, int(parts["day"]))


def _iso(match: re.Match[str], last: date) -> tuple[date, date] | None:  # noqa: ARG001 - one shape for all rules
    return _safe_day(int(match["year"]), int(match["number"]), int(match["day"]))


def _safe_day(year: int, month: int, day: int) -> tuple[date, date] | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found, found


def _month(match: re.Match[str], last: date) -> tuple[date, date] | None:
    # "may" is a verb wherever nothing makes it a month.
    if match["month"] == "may" and not (match["lead"] or match["year"]):
        return None
    month = _month_number(match["month"])
    year = int(match["year"]) if match["year"] else _year_of(month, last)
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _quarter(match: re.Match[str], last: date) -> tuple[date, date]:
    words = ("first", "second", "third", "fourth")
    number = int(match["quarter"]) if match["quarter"] else words.index(match["word"]) + 1
    first_month = 3 * number - 2
    year = int(match["year"]) if match["year"] else _year_of(first_month, last)
    return date(year, first_month, 1), date(year, first_month + 2, monthrange(year, first_month + 2)[1])


def _year(match: re.Match[str], last: date) -> tuple[date, date]:  # noqa: ARG001
    return date(int(match["year"]), 1, 1), date(int(match["year"]), 12, 31)


def _back(match: re.Match[str], last: date) -> tuple[date, date] | None:
    number = match.groupdict().get("n")
    n = int(number) if number and number.isdigit() else _NUMBERS.get(number or "one", 1)
    days = {"day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}[match["unit"]] * n
    if days > 20_000:  # noqa: PLR2004 - half a century; dates end somewhere
        return None
    return last - timedelta(days=days - 1), last


def _ago(match: re.Match[str], last: date) -> tuple[date, date] | None:
    """Return the piece of time that lies so far back: one unit of it."""
    number = match["n"]
    n = int(number) if number and number.isdigit() else _NUMBERS.get(number or "", 1 if number else 2)
    unit = {"day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365, "decade": 3_652}[match["unit"]]
    if n * unit > 20_000:  # noqa: PLR2004 - half a century; dates end somewhere
        return None
    start = last - timedelta(days=n * unit)
    return start, start + timedelta(days=unit - 1)


def _yesterday(match: re.Match[str], last: date) -> tuple[date, date]:
    day = last - timedelta(days=match["word"] == "yesterday")
    return day, day


def _month_number(name: str) -> int:
    return next(n for n, month in enumerate(_MONTHS, 1) if month.startswith(name[:3]))


def _year_of(month: int, last: date) -> int:
    """Return the year of the latest such month that the data reaches."""
    return last.year if month <= last.month else last.year - 1


_RULES: Final = (
    _Rule(re.compile(rf"\b{_LEAD}{_YEAR}-(?P<number>[01]?\d)-(?P<day>[0-3]?\d)\b"), _iso),
    _Rule(re.compile(rf"\b{_LEAD}{_DAY}\s+(?:of\s+)?{_MONTH}\b(?:,?\s+{_YEAR})?"), _day),
    _Rule(re.compile(rf"\b{_LEAD}{_MONTH}\s+{_DAY}\b(?:,?\s+{_YEAR})?"), _day),
    _Rule(re.compile(rf"\b{_LEAD}{_MONTH}\b(?:,?\s+{_YEAR})?"), _month),
    _Rule(
        re.compile(
            rf"\b{_LEAD}(?:q(?P<quarter>[1-4])|(?P<word>first|second|third|fourth) quarter)\b(?:\s+(?:of\s+)?{_YEAR})?"
        ),
        _quarter,
    ),
    _Rule(re.compile(rf"\b{_LEAD}{_YEAR}\b"), _year),
    _Rule(
        re.compile(
            rf"\b{_LEAD}(?:last|past|previous|latest|recent|this|most recent)\s+"
            rf"(?:(?P<n>\d+|one|two|three|four|five|six|seven|eight|nine|ten|twelve)\s+)?{_UNIT}\b"
        ),
        _back,
    ),
    _Rule(re.compile(rf"\b{_LEAD}(?P<word>yesterday|today)\b"), _yesterday),
    _Rule(
        re.compile(
            rf"\b{_LEAD}(?:(?P<n>\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve)\s+)?(?:whole\s+)?"
            r"(?P<unit>day|week|month|quarter|year|decade)s?\s+(?:ago|back|earlier)\b"
        ),
        _ago,
    ),
)
