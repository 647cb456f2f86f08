"""Suite `chat_guard`: lies of a model that the chat's guard lets through, and fair sentences that it keeps, by kind.

The sentences are made up, of invented brands of many industries (`eval/questions/lies.yaml`); those put aside were not
looked at while the guard was mended. A fair sentence that is not kept is lost only where nothing stands in its place:
else the reader sees the tool's own sentence or the quote instead.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from importlib import resources
from typing import Literal

import yaml
from pydantic import TypeAdapter

from agent.chat.guard import Guard
from agent.chat.offers import Offers
from agent.schemas.base import Frozen
from agent.schemas.chat import AnswerCitation, QuoteSource, Sentence, SentenceKind, TableRow, ToolResult
from agent.schemas.chat import Table as Shown
from agent.schemas.evidence import Evidence, Metric, MetricQuery
from agent.schemas.records import Kind
from eval.suites.base import Cell, SuiteOptions, SuiteResult, Table

Fate = Literal["let through", "replaced", "removed"]


class Told(Frozen):
    """A sentence of a model, and what it cites: a customer's words, or a tool's finding."""

    id: str
    kind: str
    industry: str
    is_lie: bool
    is_aside: bool
    quote: str = ""
    finding: str = ""
    text: str


def run(options: SuiteOptions) -> SuiteResult:  # noqa: ARG001 - every suite takes them
    """Put each sentence before the guard and count what becomes of it."""
    told = sentences_told()
    return SuiteResult("chat_guard", [_table(told, is_lie=True), _table(told, is_lie=False)])


def sentences_told() -> list[Told]:
    """Return the sentences of the set."""
    text = resources.files("eval.questions").joinpath("lies.yaml").read_text(encoding="utf-8")
    return TypeAdapter(list[Told]).validate_python(yaml.safe_load(text))


def fate_of(told: Told) -> Fate:
    """Return what becomes of a sentence under a mark of what it cites."""
    offers = Offers()
    offers.add(_result(told))
    own = {sentence.template for sentence in offers.sentences}
    guard = Guard(offers, question="What do customers say?")
    passed = [*guard.feed(f"{told.text} [c1]\n"), *guard.finish(is_answer=True)]
    if not guard.n_removed:
        return "let through"
    assert own or all(told.quote in sentence.text for sentence in passed)  # noqa: S101 - what stands in its place is whole
    return "replaced" if passed else "removed"


def _result(told: Told) -> ToolResult:
    """Return what a tool found: its own sentence, or a quote as a search shows it, in a table."""
    if told.finding:
        metric = Metric(
            metric_id="reach.x", label="Reach", definition="Share of customers.", unit="share", value=0.2,
            query=MetricQuery(op="tool"),
        )  # fmt: skip
        citation = AnswerCitation(citation_id="c1", metric=metric)
        said = Sentence(
            kind=SentenceKind.FINDING, text=told.finding, template=told.finding, citations=("c1",)
        )
        return ToolResult(
            tool="list_pain_points", understood=told.finding, sentences=(said,), citations=(citation,)
        )
    evidence = Evidence(
        record_id="r1", start=0, end=len(told.quote), quote=told.quote,
        text_sha256=hashlib.sha256(told.quote.encode()).hexdigest(),
    )  # fmt: skip
    source = QuoteSource(external_id="x1", kind=Kind.REVIEW, channel=None, at=None)
    shown = Shown(
        title="Quotes",
        columns=("Quote", "Kind"),
        rows=(TableRow(cells=(told.quote, "review"), citations=("c1",)),),
    )
    citation = AnswerCitation(citation_id="c1", evidence=evidence, source=source)
    return ToolResult(
        tool="search_evidence",
        understood="what customers say",
        citations=(citation,),
        tables=(shown,),
    )


def _table(told: Sequence[Told], *, is_lie: bool) -> Table:
    by_kind: dict[str, list[Told]] = defaultdict(list)
    for one in told:
        if one.is_lie is is_lie:
            by_kind[one.kind].append(one)
    every = [one for found in by_kind.values() for one in found]
    rows = [_row(kind, found) for kind, found in by_kind.items()]
    rows.append(_row("all", every))
    rows.append(_row("all put aside", [one for one in every if one.is_aside]))
    title = "Lies of a model" if is_lie else "Fair sentences of a model"
    columns = ["kind", "sentences", "let through", "share let through", "replaced by their source", "removed"]
    return Table(title, columns, rows)


def _row(kind: str, told: Iterable[Told]) -> list[Cell]:
    fates = [fate_of(one) for one in told]
    n = len(fates)
    through = fates.count("let through")
    return [kind, n, through, round(through / n, 3), fates.count("replaced"), fates.count("removed")]
