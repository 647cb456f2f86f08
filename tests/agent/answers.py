"""Answers for tests of what keeps and shows them: short, valid, told apart by their words."""

from datetime import UTC, datetime

from agent.schemas.chat import (
    Answer,
    AnswerCitation,
    Missing,
    Outcome,
    QuoteSource,
    Sentence,
    SentenceKind,
    Table,
    TableRow,
    Target,
)
from agent.schemas.evidence import Evidence, Metric, MetricQuery, Quantity
from agent.schemas.records import Kind

AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def quote_citation(number: int, quote: str, record_id: str = "r_1") -> AnswerCitation:
    """Return a citation of words of a customer."""
    evidence = Evidence(record_id=record_id, start=0, end=len(quote), quote=quote, text_sha256="ab" * 32)
    source = QuoteSource(external_id=f"ticket-{number}", kind=Kind.REVIEW, channel="app_store", at=AT)
    return AnswerCitation(citation_id=f"c{number}", evidence=evidence, source=source)


def number_citation(number: int, population: str = "customers who wrote a review") -> AnswerCitation:
    """Return a citation of a share of customers."""
    quantity = Quantity(n=12, total=60, share=0.2, low=0.12, high=0.32, population=population)
    metric = Metric(
        metric_id="reach",
        label="Reach",
        definition="Customers who said so.",
        unit="share",
        value=0.2,
        low=0.12,
        high=0.32,
        quantity=quantity,
        query=MetricQuery(op="reach"),
    )
    return AnswerCitation(citation_id=f"c{number}", metric=metric)


def answer(
    text: str = "Parcels come late.",
    *,
    quote: str = "It never arrived.",
    record_id: str = "r_1",
    led_to: str = "",
    population: str = "customers who wrote a review",
    cell: str = "Late parcels",
    unknown: str = "",
) -> Answer:
    """Return an answer of one finding with a quote, a number and a table."""
    targets = (Target(place="record", ref=led_to, label="The record"),) if led_to else ()
    missing = (Missing(reason="too_few", statement=unknown, needed=unknown),) if unknown else ()
    return Answer(
        outcome=Outcome.ANSWERED,
        understood=f"What customers say: {text}",
        sentences=(
            Sentence(kind=SentenceKind.FINDING, text=text, template=text, citations=("c1", "c2")),
            Sentence(kind=SentenceKind.GUIDANCE, text="See the table.", template="See the table."),
        ),
        citations=(quote_citation(1, quote, record_id), number_citation(2, population)),
        tables=(
            Table(
                title=cell,
                columns=("What", "Share"),
                rows=(TableRow(cells=(cell, "20 %"), citations=("c2",)),),
            ),
        ),
        targets=targets,
        missing=missing,
        writer="offline-analyst",
    )
