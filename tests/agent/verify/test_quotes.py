"""Quotes are checked character by character, against the customer's own words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.schemas.evidence import Evidence
from agent.schemas.records import Kind, Record, Speaker, Turn
from agent.verify.quotes import QuoteChecker, QuoteFault, text_digest
from tests.agent.store.builders import record

_TEXT = "Where is it?\nHow may I help?\nIt never came, it’s lost.\nI am a bot."
_ENDS = [12, 28, 53, 64]
_SPEAKERS = [Speaker.CUSTOMER, Speaker.AGENT, Speaker.CUSTOMER, Speaker.BOT]


def _talk() -> Record:
    starts = [0, *[end + 1 for end in _ENDS[:-1]]]
    turns = tuple(
        Turn(speaker=speaker, start=start, end=end)
        for speaker, start, end in zip(_SPEAKERS, starts, _ENDS, strict=True)
    )
    return record("talk", kind=Kind.TRANSCRIPT, text=_TEXT).model_copy(update={"turns": turns})


_TALK = _talk()
_REVIEW = record("review", text="It never came.")


def _evidence(start: int, end: int, /, *, of: Record = _TALK, **changes: object) -> Evidence:
    quoted = Evidence(
        record_id=of.record_id,
        start=start,
        end=end,
        quote=of.text[start:end] or "-",
        text_sha256=text_digest(of.text),
    )
    return quoted.model_copy(update=changes)


def _fault(evidence: Evidence) -> QuoteFault | None:
    return QuoteChecker.over([_TALK, _REVIEW]).fault(evidence)


@pytest.mark.parametrize(
    "evidence", [_evidence(0, 12), _evidence(29, 53), _evidence(32, 42), _evidence(0, 14, of=_REVIEW)]
)
def test_verbatim_words_of_the_customer_are_accepted(evidence: Evidence) -> None:
    """A whole turn, a part of one, a whole review."""
    assert _fault(evidence) is None


@pytest.mark.parametrize(
    ("evidence", "fault"),
    [
        (_evidence(0, 12, record_id="r_none"), QuoteFault.UNKNOWN_RECORD),
        (_evidence(0, 12, text_sha256="00" * 32), QuoteFault.TEXT_CHANGED),
        (_evidence(0, 12, record_id="r_review"), QuoteFault.TEXT_CHANGED),
        (_evidence(60, 70, quote="bot.      "), QuoteFault.OUT_OF_RANGE),
        (_evidence(0, 12, start=-12), QuoteFault.OUT_OF_RANGE),
        (_evidence(0, 12, start=12, end=12), QuoteFault.OUT_OF_RANGE),
        (_evidence(0, 12, quote=""), QuoteFault.OUT_OF_RANGE),
        (_evidence(29, 53, quote="It never came, it's lost."), QuoteFault.NOT_VERBATIM),
        (_evidence(0, 12, quote="where is it?"), QuoteFault.NOT_VERBATIM),
        (_evidence(0, 11, quote="Where is it?"), QuoteFault.NOT_VERBATIM),
        (_evidence(13, 28), QuoteFault.NOT_THE_CUSTOMER),
        (_evidence(54, 64), QuoteFault.NOT_THE_CUSTOMER),
        (_evidence(0, 53), QuoteFault.NOT_THE_CUSTOMER),
        (_evidence(12, 13), QuoteFault.NOT_THE_CUSTOMER),
    ],
    ids=[
        "unknown record", "changed text", "neighbouring record", "beyond the end", "before the start", "empty span",
        "empty quote", "look-alike apostrophe", "other case", "one character short", "agent", "bot", "across turns",
        "line break between turns",
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_its_reason(evidence: Evidence, fault: QuoteFault) -> None:
    """There is no tolerance, and each refusal says why."""
    assert _fault(evidence) is fault


@settings(deadline=None)
@given(st.integers(0, 66), st.integers(0, 66), st.integers(-1, 1))
def test_quote_is_accepted_exactly_where_it_stands_in_a_customer_turn(
    start: int, end: int, moved: int
) -> None:
    """The law over all spans, moved or not."""
    quote = _TEXT[max(0, start + moved) : max(0, end + moved)]
    evidence = _evidence(0, 12, start=start, end=end, quote=quote)
    inside = any(low <= start < end <= high for low, high in _TALK.customer_spans())
    assert (_fault(evidence) is None) == (inside and quote == _TEXT[start:end])


def test_records_are_asked_for_once() -> None:
    """A checker over a store reads each record once, also one that is not there."""
    asked: list[str] = []

    def find(record_id: str) -> Record | None:
        asked.append(record_id)
        return _TALK if record_id == "r_talk" else None

    checker = QuoteChecker(find)
    for _ in range(3):
        checker.fault(_evidence(0, 12))
        checker.fault(_evidence(0, 12, record_id="r_none"))
    assert asked == ["r_talk", "r_none"]
