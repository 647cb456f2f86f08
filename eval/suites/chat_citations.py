"""Part of suite `chat`: checks every citation of an answer again, quotes against the stores and numbers against the data.

The answer's own way to a number is not trusted: a registered operation is computed on the corpus of the filters that were
asked for, and what a tool computed is computed by it on a snapshot that no answer has used.
"""

import re
from collections.abc import Callable, Iterator
from itertools import chain
from typing import cast

from pydantic import TypeAdapter

from agent.chat.context import RequestContext
from agent.chat.requests import ToolRequest
from agent.chat.toolbox import Toolbox
from agent.errors import JourneyError
from agent.metrics import compute
from agent.pipeline.snapshot import Snapshot
from agent.pipeline.snapshots import Snapshots
from agent.pipeline.workspace import Workspace
from agent.schemas.chat import Answer, AnswerCitation, ToolResult
from agent.schemas.evidence import Metric
from agent.verify.differences import same_number
from agent.verify.quotes import QuoteChecker
from eval.suites.chat_questions import requests_of

_REQUEST: TypeAdapter[ToolRequest] = TypeAdapter(ToolRequest)

Recompute = Callable[[Metric, Answer], Iterator[Metric]]
"""Yields the numbers that a number may be, computed again."""

_RENAMED = re.compile(r"\.\d+$")


class CitationChecker:
    """Finds citations that do not hold.

    Args:
        quotes: Over the records that are stored.
        recompute: Computes a number again.
    """

    def __init__(self, quotes: QuoteChecker, recompute: Recompute) -> None:
        self._quotes = quotes
        self._recompute = recompute

    def faults(self, answer: Answer) -> list[str]:
        """Return what is wrong with the citations of an answer, without any customer's words."""
        checked = ((citation, self._fault(citation, answer)) for citation in answer.citations)
        return [f"{citation.citation_id}: {fault}" for citation, fault in checked if fault is not None]

    def _fault(self, citation: AnswerCitation, answer: Answer) -> str | None:
        if citation.evidence is not None:
            fault = self._quotes.fault(citation.evidence)
            return None if fault is None else f"quote {fault.value}"
        metric = cast("Metric", citation.metric)
        if any(_is_same(metric, again) for again in self._recompute(metric, answer)):
            return None
        return f"number {metric.metric_id} is not what the data says"


def open_checker(workspace: Workspace, context: RequestContext) -> CitationChecker:
    """Return a checker of a workspace, on a snapshot of its own."""
    snapshot = Snapshots(workspace).refresh()
    stored = QuoteChecker.over(workspace.store.records.iter())
    return CitationChecker(stored, _Again(snapshot, context).metrics)


class _Again:
    """Computes numbers again; a tool's results are kept by request."""

    def __init__(self, snapshot: Snapshot, context: RequestContext) -> None:
        self._snapshot = snapshot
        self._context = context
        self._tools = Toolbox(lambda: snapshot)
        self._results: dict[str, ToolResult] = {}

    def metrics(self, metric: Metric, answer: Answer) -> Iterator[Metric]:
        """Yield what a number may be."""
        if metric.query.op == "tool":
            request = _REQUEST.validate_python(metric.query.params["request"])
            yield from self._of_tool(metric, request)
            return
        for where in self._filters(answer):
            try:
                found = compute(metric.query, self._snapshot.insight(where).corpus)
            except (JourneyError, KeyError):
                continue
            yield metric.model_copy(
                update={
                    "value": found.value,
                    "low": found.low,
                    "high": found.high,
                    "quantity": found.quantity,
                }
            )

    def _of_tool(self, metric: Metric, request: ToolRequest) -> Iterator[Metric]:
        key = request.model_dump_json()
        if key not in self._results:
            self._results[key] = self._tools.run(request, context=self._context)
        cited = (citation.metric for citation in self._results[key].citations)
        # Where two results of a turn have numbers of one name, the answer gives the later one a name with a count.
        names = {metric.metric_id, _RENAMED.sub("", metric.metric_id)}
        yield from (
            one for one in cited if one is not None and one.metric_id in names and one.label == metric.label
        )

    @staticmethod
    def _filters(answer: Answer) -> Iterator[dict[str, str]]:
        """Yield everybody and the filters that were asked for."""
        asked = [request.model_dump() for request in requests_of(answer)]
        named = chain.from_iterable((one.get("where"), one.get("versus")) for one in asked)
        yield {}
        yield from (where for where in named if where)


def _is_same(metric: Metric, again: Metric) -> bool:
    counts = [None if one is None else (one.n, one.total) for one in (metric.quantity, again.quantity)]
    return counts[0] == counts[1] and all(
        same_number(getattr(metric, bound), getattr(again, bound)) for bound in ("value", "low", "high")
    )
