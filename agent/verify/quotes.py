"""Checks quotes character by character against the records they cite.

There is no tolerance: a look-alike character, a joined pair of sentences or a quote from the neighbouring record is
refused. What an agent or a bot said is not a customer's word and is refused too.
"""

import hashlib
from collections.abc import Callable, Iterable
from enum import StrEnum

from agent.schemas.evidence import Evidence
from agent.schemas.records import Record


class QuoteFault(StrEnum):
    """Why a quote is refused."""

    UNKNOWN_RECORD = "unknown_record"
    TEXT_CHANGED = "text_changed"
    OUT_OF_RANGE = "out_of_range"
    NOT_VERBATIM = "not_verbatim"
    NOT_THE_CUSTOMER = "not_the_customer"


class _CheckedText:
    """What is needed of a record to check quotes from it, computed once."""

    __slots__ = ("sha256", "spans", "text")

    def __init__(self, record: Record) -> None:
        self.text = record.text
        self.sha256 = text_digest(record.text)
        self.spans = record.customer_spans()


class QuoteChecker:
    """Checks evidence against records, which it asks for once each.

    Args:
        find: Returns the record of an id as it is stored now, or None.
    """

    def __init__(self, find: Callable[[str], Record | None]) -> None:
        self._find = find
        self._texts: dict[str, _CheckedText | None] = {}

    @classmethod
    def over(cls, records: Iterable[Record]) -> "QuoteChecker":
        """Return a checker over records at hand."""
        return cls({record.record_id: record for record in records}.get)

    def fault(self, evidence: Evidence) -> QuoteFault | None:
        """Return why the quote is refused, or None where it stands verbatim in a customer's words."""
        record_id = evidence.record_id
        try:
            known = self._texts[record_id]
        except KeyError:
            known = self._load(record_id)
        if known is None:
            return QuoteFault.UNKNOWN_RECORD
        if evidence.text_sha256 != known.sha256:
            return QuoteFault.TEXT_CHANGED
        return _span_fault(known, evidence.start, evidence.end, evidence.quote)

    def _load(self, record_id: str) -> _CheckedText | None:
        record = self._find(record_id)
        known = None if record is None else _CheckedText(record)
        self._texts[record_id] = known
        return known


def text_digest(text: str) -> str:
    """Return the SHA-256 of a record's text, the one evidence carries."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _span_fault(known: _CheckedText, start: int, end: int, quote: str) -> QuoteFault | None:
    if not quote or start < 0 or end <= start or end > len(known.text):
        return QuoteFault.OUT_OF_RANGE
    if known.text[start:end] != quote:
        return QuoteFault.NOT_VERBATIM
    for span_start, span_end in known.spans:
        if span_start <= start and end <= span_end:
            return None
    return QuoteFault.NOT_THE_CUSTOMER
