"""What a search finds, or the reason why it finds nothing."""

from typing import Literal

from pydantic import AwareDatetime

from agent.schemas.base import Frozen
from agent.schemas.records import Kind

NoCitation = Literal["empty", "filter_matches_nothing", "nothing_asked", "subject_not_named", "nothing_said"]
"""Why nothing is cited: nothing is stored; nothing passes the filter; the turn asks for nothing that customers tell; it does
not say of which thing; or no customer tells it."""


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


class Citation(Frozen):
    """A passage that answers a question, word for word: `record.text[start:end] == quote`."""

    record_id: str
    external_id: str
    person_id: str
    start: int
    end: int
    quote: str
    probability: float
    """That it answers, from 0 to 1, as often as it did in what the head was trained on."""
    subject: str | None
    """Which of the things the question speaks of this is about; None where they were not told apart."""
    kind: Kind
    channel: str | None
    at: AwareDatetime | None
    before: str
    """The same customer's passage just before it in the record, or nothing."""
    after: str
    """The same customer's passage just after it in the record, or nothing."""


class CitationResult(Frozen):
    """All passages that answer a question, or why none is cited and what would be needed."""

    found: bool
    citations: tuple[Citation, ...]
    """Most probable first."""
    subjects: tuple[str, ...]
    """What the conversation speaks of, such as places, where the subject's field was given."""
    reason: NoCitation | None
    needed: str | None
    """What would have to be asked, named or read for an answer; None where something was found."""
