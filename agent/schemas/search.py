"""What a search finds, or the reason why it finds nothing."""

from pydantic import AwareDatetime

from agent.schemas.base import Frozen
from agent.schemas.records import Kind


class SearchSpan(Frozen):
    """A passage of a record, word for word: `record.text[start:end] == quote`."""

    start: int
    end: int
    quote: str
    score: float
    """Four parts `meaning` and one part `words`: 1 says the same in the same words. No probability."""
    meaning: float
    """Cosine of the passage's vector to the query's: how near they are in meaning."""
    words: float
    """Share of the query's words that the passage has, rare words counting for more, from 0 to 1."""


class SearchHit(SearchSpan):
    """The passage of a record that answers a query best."""

    record_id: str
    external_id: str
    person_id: str
    kind: Kind
    channel: str | None
    at: AwareDatetime | None
    before: str
    """The same customer's passage just before it in the record, or nothing."""
    after: str
    """The same customer's passage just after it in the record, or nothing."""
    also: tuple[SearchSpan, ...]
    """Further passages of the same record that answer the query, best first."""
    n_alike: int
    """Other customers, within the filter, who say nearly the same; they are not shown again."""


class SearchResult(Frozen):
    """Hits, or the reason why the data does not say."""

    found: bool
    results: tuple[SearchHit, ...]
    reason: str | None
    """`empty`, `filter_matches_nothing` or `below_floor`; None where something was found."""
