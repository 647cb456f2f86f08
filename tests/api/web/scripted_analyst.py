"""An analyst that says what a test wrote down, at the pace that the test sets."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from agent.chat.context import RequestContext
from agent.schemas.chat import (
    Answer,
    AnswerCitation,
    AnswerEvent,
    ChatEvent,
    Message,
    Outcome,
    PendingChange,
    QuoteSource,
    Sentence,
    SentenceEvent,
    SentenceKind,
    StatusEvent,
)
from agent.schemas.evidence import Evidence, Metric, MetricQuery, Quantity
from agent.schemas.records import Kind

WRITER = "the scripted analyst"
POPULATION = "customers who wrote, 1 May to 30 June 2026"


@dataclass
class Pace:
    """Lets an answer go on event by event; open from the beginning where nothing waits."""

    is_open: bool = True
    n_let_through: int = 0
    n_sent: int = 0
    """Events the analyst gave away, which is the work it did."""
    was_cancelled: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def let(self, n: int) -> None:
        """Let so many more events through."""
        with self.lock:
            self.n_let_through += n

    def let_all(self) -> None:
        """Wait no more."""
        self.is_open = True

    async def step(self) -> None:
        """Wait for the next event's turn."""
        while not self.is_open and self.n_sent >= self.n_let_through:  # noqa: ASYNC110 - see below
            await asyncio.sleep(0.005)  # the test's thread opens it, which no event of this loop can see
        self.n_sent += 1


@dataclass
class ScriptedAnalyst:
    """Answers every question with one script, or with what a function makes of the question."""

    script: Sequence[ChatEvent] | Callable[[str], Sequence[ChatEvent]]
    pace: Pace = field(default_factory=Pace)
    made: Sequence[ChatEvent] = ()
    """What comes of an approved change."""
    writer: str = WRITER
    asked: list[tuple[str, tuple[Message, ...], RequestContext]] = field(default_factory=list)  # pyright: ignore[reportUnknownVariableType]
    approved: list[PendingChange] = field(default_factory=list[PendingChange])

    async def answer(
        self, question: str, *, history: Sequence[Message] = (), context: RequestContext
    ) -> AsyncGenerator[ChatEvent]:
        """Yield the script."""
        self.asked.append((question, tuple(history), context))
        events = self.script(question) if callable(self.script) else self.script
        try:
            for event in events:
                await self.pace.step()
                yield event
        except asyncio.CancelledError:
            self.pace.was_cancelled = True
            raise

    async def approve(self, pending: PendingChange, *, context: RequestContext) -> AsyncGenerator[ChatEvent]:  # noqa: ARG002
        """Yield what was made."""
        self.approved.append(pending)
        for event in self.made:
            await self.pace.step()
            yield event


def quote_citation(
    number: int, quote: str = "The parcel came two weeks late.", record_id: str = "r1"
) -> AnswerCitation:
    """Return a citation of a customer's words."""
    return AnswerCitation(
        citation_id=f"c{number}",
        evidence=Evidence(record_id=record_id, start=0, end=len(quote), quote=quote, text_sha256="0" * 64),
        source=QuoteSource(
            external_id="R-17", kind=Kind.REVIEW, channel="web", at=datetime(2026, 5, 3, tzinfo=UTC)
        ),
    )


def metric_citation(number: int, label: str = "Late delivery") -> AnswerCitation:
    """Return a citation of a share of customers."""
    quantity = Quantity(n=38, total=412, share=38 / 412, low=0.068, high=0.124, population=POPULATION)
    return AnswerCitation(
        citation_id=f"c{number}",
        metric=Metric(
            metric_id="late.reach",
            label=label,
            definition="Customers who complained about late delivery, of all who wrote.",
            unit="share",
            value=quantity.share,
            low=quantity.low,
            high=quantity.high,
            quantity=quantity,
            query=MetricQuery(op="theme_reach"),
        ),
    )


def finding(text: str, *citations: str) -> Sentence:
    """Return a finding."""
    return Sentence(kind=SentenceKind.FINDING, text=text, template=text, citations=citations)


def streamed(answer: Answer, *, status: str = "Looking at what hurts customers") -> tuple[ChatEvent, ...]:
    """Return the events of an answer: a status, its sentences with the citations each is the first to name, the answer."""
    known = {citation.citation_id: citation for citation in answer.citations}
    events: list[ChatEvent] = [StatusEvent(text=status, tool="list_pain_points")]
    for sentence in answer.sentences:
        new = tuple(known.pop(key) for key in sentence.citations if key in known)
        events.append(SentenceEvent(sentence=sentence, citations=new))
    return (*events, AnswerEvent(answer=answer))


def plain(n_sentences: int = 2, **fields: object) -> Answer:
    """Return an answer of some findings on a number and a quote, with further fields as given."""
    sentences = tuple(
        finding(f"Finding {number} about late delivery.", "c1" if number % 2 else "c2")
        for number in range(1, n_sentences + 1)
    )
    citations = (metric_citation(1), quote_citation(2))[: min(n_sentences, 2)]
    values = {"outcome": Outcome.ANSWERED, "sentences": sentences, "citations": citations, "writer": WRITER}
    return Answer.model_validate({**values, **fields})
