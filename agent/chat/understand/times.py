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
_ORDINALS: Final = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth",
    "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth",
)  # fmt: skip
_DAY = rf"(?P<day>[0-3]?\d(?:st|nd|rd|th)?|(?:{'|'.join(_ORDINALS)})(?=\s+(?:of\s+)?(?:{'|'.join(name[:3] for name in _MONTHS)})))"
_MID: Final = r"(?P<mid>mid(?:dle)?|late|the end|end)(?:[\s-]+of)?(?:[\s-]+the)?[\s-]+"
_BEGAN: Final = r"(?P<began>\s+(?:began|begins|started|starts|came|kicked off))?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_NUMBERS: Final = {
    "a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "twelve": 12,
}  # fmt: skip
_UNIT = r"(?P<unit>day|week|month|quarter|year)s?"
_LEAD = (
    r"(?P<lead>(?:since|from|starting|before|after|until|till|up to|prior to|in|during|on|at|over|within|of|for|as of|by|this is)\s+)?"
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


def windowed(text: str) -> str:
    """Return a text in which a window of time, as funnels have one, is said as the limit that it is.

    "With a 7-day conversion window" says no more than "within 7 days"; the window itself is nothing that is asked about.
    """
    return _WINDOW_OF.sub(_within, _WINDOW.sub(_within, text))


def _within(match: re.Match[str]) -> str:
    return f" within {match['n']} {match['unit']}s "


_WINDOW_LEAD: Final = (
    r"\b(?:(?:with|within|using|use|set|on|over|in|under|at|for|inside)\s+)?(?:(?:a|an|the|my|our|its)\s+)?"
)
_WINDOW_SORT: Final = r"(?:(?:conversion|attribution|look.?back|time|completion|funnel)[\s-]+)?"
_WINDOW_NOUN: Final = r"(?:window|time ?frame|time ?limit|limit|cut.?off|deadline)s?"
_WINDOW_TIME: Final = rf"(?P<n>\d{{1,3}}|{'|'.join(_NUMBERS)})[\s-]*(?P<unit>hour|day|week|month|quarter)s?"
_WINDOW: Final = re.compile(
    rf"(?<!last )(?<!past ){_WINDOW_LEAD}{_WINDOW_TIME}[\s-]+{_WINDOW_SORT}{_WINDOW_NOUN}\b"
)
_WINDOW_OF: Final = re.compile(
    rf"{_WINDOW_LEAD}{_WINDOW_SORT}{_WINDOW_NOUN}\s*(?:of|:|=|is|set to|at)?\s*{_WINDOW_TIME}\b"
)


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
    parts = match.groupdict()
    if parts.get("opening"):
        return "until"
    lead = (parts.get("lead") or "").strip()
    if parts.get("began") or lead in {"since", "from", "starting", "after", "as of"}:
        return "since"
    return "until" if lead in {"before", "until", "till", "up to", "prior to", "by"} else "within"


def _day(match: re.Match[str], last: date) -> tuple[date, date] | None:
    parts = match.groupdict()
    month = _month_number(parts["month"])
    year = int(parts["year"]) if parts.get("year") else _year_of(month, last)
    return _safe_day(year, month, _day_number(parts["day"]))


def _day_number(words: str) -> int:
    return _ORDINALS.index(words) + 1 if words in _ORDINALS else int(re.sub(r"\D", "", words))


def _numbered(match: re.Match[str], last: date) -> tuple[date, date] | None:  # noqa: ARG001 - one shape for all rules
    """Return a day in figures: the day before the month as they are written here, the month first where no other reading is a day."""
    year = int(match["year"])
    year = year + 2_000 if year < 100 else year  # noqa: PLR2004 - written short
    day, month = int(match["day"]), int(match["number"])
    return _safe_day(year, month, day) or _safe_day(year, day, month)


def _this_years(match: re.Match[str], last: date) -> tuple[date, date] | None:
    """Return a day in figures without a year: the latest that the data reaches."""
    day, month = int(match["day"]), int(match["number"])
    if month > _MOST_MONTHS and match["mark"] == ".":
        # "Until 5.30" is an hour: with a full stop the day comes first.
        return None
    if month > _MOST_MONTHS:
        day, month = month, day
    return _safe_day(_year_of(month, last), month, day) if 0 < month <= _MOST_MONTHS else None


_MOST_MONTHS: Final = 12


def _within_month(match: re.Match[str], last: date) -> tuple[date, date] | None:
    """Return the day that a part of a month begins with: its middle, its last third, its end."""
    month = _month_number(match["month"])
    year = int(match["year"]) if match["year"] else _year_of(month, last)
    end = monthrange(year, month)[1]
    day = _LATE if match["mid"] == "late" else end if "end" in match["mid"] else _MIDDLE
    return _safe_day(year, month, day)


_MIDDLE: Final = 15
_LATE: Final = 21


def _feast(match: re.Match[str], last: date) -> tuple[date, date] | None:
    """Return a feast of a fixed day, where a year or a word such as "since" makes it a day in time."""
    lead = (match["lead"] or "").strip()
    if not match["year"] and lead not in {"since", "before", "after", "from", "until", "till"}:
        return None
    month, day = next(date for name, date in _FEASTS.items() if name in match["feast"])
    return _safe_day(int(match["year"]) if match["year"] else _year_of(month, last), month, day)


_FEASTS: Final = {
    "valentine": (2, 14), "patrick": (3, 17), "halloween": (10, 31), "fawkes": (11, 5), "bonfire": (11, 5),
    "christmas eve": (12, 24), "boxing": (12, 26), "christmas": (12, 25), "xmas": (12, 25), "new year": (1, 1),
}  # fmt: skip


def _opening(match: re.Match[str], last: date) -> tuple[date, date] | None:
    """Return the day on which the first so many months or weeks of a year are over."""
    year = int(match["year"]) if match["year"] else last.year
    n = int(match["n"]) if match["n"].isdigit() else _NUMBERS[match["n"]]
    if match["unit"] == "week":
        day = date(year, 1, 1) + timedelta(weeks=n)
        return day, day
    months = n * (3 if match["unit"] == "quarter" else 1)
    return _safe_day(year, months + 1, 1)


def _half(match: re.Match[str], last: date) -> tuple[date, date]:
    year = int(match["year"]) if match["year"] else last.year
    is_first = match["half"] in {"h1", "first"}
    return (date(year, 1, 1), date(year, 6, 30)) if is_first else (date(year, 7, 1), date(year, 12, 31))


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
    if match["month"] == "may" and not (match["lead"] or match["year"] or match["began"]):
        return None
    month = _month_number(match["month"])
    year = int(match["year"]) if match["year"] else _year_of(month, last)
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _quarter(match: re.Match[str], last: date) -> tuple[date, date]:
    words = ("first", "second", "third", "fourth", "1st", "2nd", "3rd", "4th")
    number = int(match["quarter"]) if match["quarter"] else words.index(match["word"]) % 4 + 1
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


def _this_and_last(match: re.Match[str], last: date) -> tuple[date, date]:
    """Return the unit of the calendar that the data ends in, where it is named beside the one before."""
    start = {
        "week": last - timedelta(days=last.weekday()),
        "month": last.replace(day=1),
        "quarter": date(last.year, 3 * ((last.month - 1) // 3) + 1, 1),
        "year": date(last.year, 1, 1),
    }[match["unit"] or match["unit2"]]
    return start, last


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
    _Rule(re.compile(rf"\b{_LEAD}{_YEAR}[/.](?P<number>[01]?\d)[/.](?P<day>[0-3]?\d)\b"), _numbered),
    _Rule(
        re.compile(rf"\b{_LEAD}(?P<day>[0-3]?\d)[/.-](?P<number>[0-3]?\d)[/.-](?P<year>(?:20)?\d\d)\b"),
        _numbered,
    ),
    _Rule(
        re.compile(
            r"\b(?P<lead>(?:since|from|before|after|until|till|up to|prior to|as of|by)\s+)(?:the\s+)?(?P<day>[0-3]?\d)(?P<mark>[/.])(?P<number>[0-3]?\d)\.?(?![\d/.%])(?!\s*(?:stars?|points?|percent|per cent|k|x|times|million|out|hours?|days?|weeks?|months?|years?|seconds?|minutes?|of|to|am|pm)\b)"
        ),
        _this_years,
    ),
    _Rule(re.compile(rf"\b{_LEAD}{_DAY}\s+(?:of\s+)?{_MONTH}\b(?:,?\s+(?:of\s+)?{_YEAR})?"), _day),
    _Rule(
        re.compile(
            rf"\b{_LEAD}(?:mid[\s-]+)?{_MONTH}(?:\s*[,(]+\s*(?:the\s+)?|\s+the\s+|\s+)(?P<day>[0-3]?\d(?:st|nd|rd|th)?)\b(?![:.]\d)(?:,?\s+{_YEAR})?"
        ),
        _day,
    ),
    _Rule(re.compile(rf"\b{_LEAD}{_MID}{_MONTH}\b(?:,?\s+{_YEAR})?"), _within_month),
    _Rule(
        re.compile(
            rf"\b{_LEAD}(?P<feast>(?:st )?valentine'?s?(?: day)?|(?:st )?patrick'?s day|halloween|guy fawkes(?: night| day)?|bonfire night|christmas(?: eve| day)?|xmas|boxing day|new year'?s?(?: eve| day)?)\b(?:,?\s+(?:of\s+)?{_YEAR})?"
        ),
        _feast,
    ),
    _Rule(
        re.compile(
            rf"\b(?P<lead>(?:in|during|of|for)\s+)?(?:the\s+)?(?P<opening>first)\s+(?P<n>\d+|two|three|four|five|six|nine)\s+(?P<unit>week|month|quarter)s\s+of\s+(?:the year|this year|{_YEAR})(?:\s+(?:with|and|to|against|versus|vs)\s+the\s+(?:next|following|second|other)\s+(?:\w+)(?:\s+months?)?)?"
        ),
        _opening,
    ),
    _Rule(
        re.compile(
            rf"\b{_LEAD}(?P<half>h1|h2|(?:first|second)(?= half of (?:the year|this year|{_YEAR.replace('?P<year>', '?:')})))(?: half)?\b(?:\s+of\s+(?:the year|this year))?(?:\s+(?:of\s+)?{_YEAR})?"
        ),
        _half,
    ),
    _Rule(re.compile(rf"\b{_LEAD}{_MONTH}\b(?:,?\s+{_YEAR})?{_BEGAN}"), _month),
    _Rule(
        re.compile(
            rf"\b{_LEAD}(?:q(?P<quarter>[1-4])|(?P<word>first|second|third|fourth|1st|2nd|3rd|4th) quarter)\b(?:\s+(?:of\s+)?{_YEAR})?"
        ),
        _quarter,
    ),
    _Rule(re.compile(rf"\b{_LEAD}{_YEAR}\b"), _year),
    _Rule(
        re.compile(
            r"\bthis (?P<unit>week|month|quarter|year)\b.{1,40}?\b(?:the )?(?:last|previous|prior) (?P=unit)\b"
            r"|\b(?:the )?(?:last|previous|prior) (?P<unit2>week|month|quarter|year)\b.{1,40}?\bthis (?P=unit2)\b"
        ),
        _this_and_last,
    ),
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
