"""The time a request is limited to, within what the data covers."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from agent.chat.understand.groups import is_comparing
from agent.chat.understand.kinds import Kind
from agent.chat.understand.parsing import Parsed
from agent.chat.understand.times import Span
from agent.chat.understand.vocabulary import Vocabulary
from agent.figures import day_text
from agent.schemas.chat import Missing

_OPEN_DAYS: Final = 3
"""A span that ends so near to the end of the data reaches it."""


@dataclass(frozen=True, slots=True)
class Period:
    """From which day on something is asked.

    Attributes:
        at: First day of the later part; None where no time is named.
        words: How it was put.
        missing: Why that time cannot be told.
        notes: How the words were taken.
    """

    at: date | None = None
    words: str = ""
    missing: Missing | None = None
    notes: tuple[str, ...] = ()


def period_of(parsed: Parsed, kind: Kind, vocabulary: Vocabulary) -> Period:
    """Return the time a request is limited to."""
    if not parsed.times or kind.tool == "data_status":
        return Period()
    first, last, span = vocabulary.first, vocabulary.last, parsed.times[0]
    if first is None or last is None:
        return Period(words=span.words, missing=_undated(span))
    parted = _parting(parsed, kind)
    if parted is not None and first < parted <= last:
        return Period(at=parted, words=span.words, notes=(_halves(parted, last),))
    return _from_day(parsed, kind, first, last)


def _from_day(parsed: Parsed, kind: Kind, first: date, last: date) -> Period:
    span = parsed.times[0]
    start, end = span.first, parsed.times[-1].last
    if start > last or end < first or (span.lead == "since" and start.year < first.year):
        return Period(words=span.words, missing=_outside(span, first, last))
    is_two_sided = len(parsed.times) == 1 and (
        kind.tool == "compare_periods" or bool(_PARTED_AT.search(parsed.text))
    )
    if not is_two_sided and _is_closed(parsed, end, last):
        return Period(words=span.words, missing=_closed(parsed, start))
    if start <= first and not is_two_sided:
        return Period(notes=(f"“{span.words}” is all the time that the data covers.",))
    return Period(at=start, words=span.words, notes=(_taken(span, start, last),))


_PARTED_AT: Final = re.compile(
    r"\b(?:before (?:and|vs|versus|or|v|against) (?:after|since|from)|(?:after|since) (?:and|vs|versus|or|v|against) before|either side|both sides"
    r"|(?:split|cut|divide|part|break|separate)\w*\b.{0,30}\b(?:at|on|by)|turning point|(?:time|days|weeks|months) before|until then|since then)\b"
)
"""Words that set the time before a day beside the time from it on."""


def _parting(parsed: Parsed, kind: Kind) -> date | None:
    """Return the day that parts two times which are set side by side and meet there, such as June and before June."""
    spans = parsed.times
    if len(spans) < _TWO or not (is_comparing(parsed) or kind.tool == "compare_periods"):
        return None
    before = [span for span in spans if span.lead == "until"]
    others = [span for span in spans if span.lead != "until"]
    if before and others and before[0].first == others[0].first:
        return before[0].first
    pieces = sorted({(span.first, span.last) for span in others})
    if len(pieces) == _TWO and (pieces[1][0] - pieces[0][1]).days == 1:
        return pieces[1][0]
    return None


_TWO: Final = 2


def _halves(day: date, last: date) -> str:
    return f"The time before {day_text(day)} was put beside the time from then on; the data ends on {day_text(last)}."


def _is_closed(parsed: Parsed, end: date, last: date) -> bool:
    """Tell whether a time ends before the data does, so that it is a piece out of the middle."""
    lead = parsed.times[0].lead
    return lead == "until" or (lead == "within" and (last - end).days > _OPEN_DAYS) or len(parsed.times) > 1


_EITHER: Final = re.compile(r"\b(?P<day>\d{1,2})/(?P<month>\d{1,2})(?:/\d{2,4})?$")
_MONTHS: Final = 12


def _other_way(words: str) -> str:
    """Return how a day in figures was read, where the month may as well stand first."""
    match = _EITHER.search(words)
    if (
        match is None
        or match["day"] == match["month"]
        or max(int(match["day"]), int(match["month"])) > _MONTHS
    ):
        return ""
    return ", the day read before the month (write the month as a word to mean the other day)"


def _taken(span: Span, start: date, last: date) -> str:
    return f"“{span.words}” was taken as from {day_text(start)} on{_other_way(span.words)}; the data ends on {day_text(last)}."


def _outside(span: Span, first: date, last: date) -> Missing:
    return Missing(
        reason="unknown_value",
        statement=f"The data covers {day_text(first)} to {day_text(last)} and says nothing of “{span.words}”.",
        needed="Read in data of that time, or ask about a time that is covered.",
    )


def _undated(span: Span) -> Missing:
    return Missing(
        reason="unknown_value",
        statement=f"Nothing in the data has a date, so nothing can be said of “{span.words}”.",
        needed="Read in data with dates.",
    )


def _closed(parsed: Parsed, start: date) -> Missing:
    words = " and ".join(span.words for span in parsed.times)
    return Missing(
        reason="not_measured",
        statement=f"A piece of time with an end, “{words}”, cannot be cut out of the data.",
        needed=f"Ask how the time before {day_text(start)} compares with the time from then on.",
    )
