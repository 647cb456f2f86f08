"""What a search finds, or the reason why it finds nothing."""

from pydantic import AwareDatetime

from agent.schemas.base import Frozen
from agent.schemas.records import Kind


class SearchHit(Frozen):
    """One passage that answers a query: `record.text[start:end] == quote`."""

    record_id: str
    external_id: str
    start: int
    end: int
    quote: str
    score: float
    """Of the hybrid ranking; orders results, is no probability."""
    person_id: str
    kind: Kind
    channel: str | None
    at: AwareDatetime | None
    before: str
    """The same customer's passage just before it in the record, or nothing."""
    after: str
    """The same customer's passage just after it in the record, or nothing."""


class SearchResult(Frozen):
    """Hits, or the reason why the data does not say."""

    found: bool
    results: tuple[SearchHit, ...]
    reason: str | None
    """`empty`, `filter_matches_nothing` or `below_floor`; None where something was found."""
