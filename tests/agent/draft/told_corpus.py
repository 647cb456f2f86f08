"""A small corpus in which several customers say the like of one thing."""

from dataclasses import replace

from agent.corpus import Corpus
from agent.draft.cells import StageFacts
from agent.schemas.evidence import Evidence
from agent.schemas.records import Kind, Record
from agent.testing import HashEncoder
from tests.agent.analyse.theme_corpus import passage, reading

STATEMENT = "Customers cancel their order at the Leeds shop."
SAID = "I cancel my order at the Leeds shop"


def told_corpus(texts: list[str], ratings: list[float] | None = None) -> Corpus:
    """Return a corpus of reviews that all speak of the decision stage, one a person."""
    passages = tuple(passage(f"r{i}", f"p{i}", text) for i, text in enumerate(texts))
    readings = tuple(replace(reading(p, complaint=False), stage="decision") for p in passages)
    records = {
        f"r{i}": Record(
            record_id=f"r{i}", kind=Kind.REVIEW, source_format="t", external_id=f"x{i}", person_id=f"p{i}", at=None,
            channel=None, text=text, source_id="s", row=i, content_key="k", rating=ratings[i] if ratings else None,
        )
        for i, text in enumerate(texts)
    }  # fmt: skip
    return Corpus(
        records=records, passages=passages, readings=readings, vectors=HashEncoder(64).encode(texts), themes=(),
        journeys=None, population="customers", event_population="customers", unidentified=frozenset(), start=None,
        end=None,
    )  # fmt: skip


def quote_at(corpus: Corpus, position: int) -> Evidence:
    """Return a passage as a quote."""
    at = corpus.passages[position]
    return Evidence(
        record_id=at.record_id, start=at.start, end=at.end, quote=at.text, text_sha256=at.text_sha256
    )


def facts_of(corpus: Corpus) -> StageFacts:
    """Return the facts of the decision stage."""
    return StageFacts(
        "decision", corpus, (), lambda at, limit: tuple(quote_at(corpus, i) for i in list(at)[:limit])
    )
