"""What stands behind a sentence, as a reader opens it, and an answer as plain words to be copied."""

from typing import NamedTuple

from agent.firewall import format_metric, side_text
from agent.render.figures import tied
from agent.schemas.chat import Answer, AnswerCitation
from agent.schemas.evidence import Metric
from api.web.filters import day

_METHODS = {
    "wilson-95": "Wilson's 95 % interval of a share",
    "wilson-95-membership": "Wilson's 95 % interval of a share, widened by the doubt about who is counted",
}
_UNITS = {
    "persons": "customers",
    "share": "share of customers",
    "seconds": "time",
    "score": "score",
    "count": "count",
}


class Fact(NamedTuple):
    """A line about a number."""

    name: str
    value: str


def mark_of(citation_id: str) -> str:
    """Return the number under which a reader sees a citation."""
    return citation_id.removeprefix("c")


def value_of(metric: Metric) -> str:
    """Return a metric's value as a reader sees it."""
    return tied(format_metric(metric))


def facts_of(metric: Metric) -> tuple[Fact, ...]:
    """Return all that a reader needs to believe a number: how it was counted, of whom, and how sure it is."""
    counted, told = metric.quantity, [Fact("Value", value_of(metric))]
    if metric.reason:
        told.append(Fact("Why there is none", metric.reason))
    if counted is not None:
        told.append(Fact("Counted", f"{counted.n:,} of {counted.total:,} customers"))
        told.append(Fact("Population", counted.population))
    if metric.low is not None and metric.high is not None:
        told.append(Fact("95 % interval", _bounds(metric)))
    told.append(Fact("Computed as", _formula(metric)))
    return tuple(told)


def plain_answer(answer: Answer) -> str:
    """Return an answer as words with numbered sources, for the clipboard and the terminal."""
    lines = [
        " ".join([sentence.text, *(f"[{mark_of(key)}]" for key in sentence.citations)])
        for sentence in answer.sentences
    ]
    lines += [f"{gap.statement} {gap.needed}" for gap in answer.missing]
    lines += [f"{answer.error}"] if answer.error else []
    sources = [f"[{mark_of(one.citation_id)}] {source_line(one)}" for one in answer.citations]
    return "\n".join([*lines, *(["", "Sources", *sources] if sources else [])])


def source_line(citation: AnswerCitation) -> str:
    """Return a citation as one line: the words with where they stand, or the number with how it was counted."""
    if citation.evidence is not None and citation.source is not None:
        source = citation.source
        place = ", ".join(
            filter(None, [f"{source.kind.value} {source.external_id}", source.channel, day(source.at)])
        )
        return f"“{' '.join(citation.evidence.quote.split())}” ({place})"
    if citation.metric is None:
        return ""
    metric = citation.metric
    of = "" if metric.quantity is None else f" ({side_text(metric, 'counted')} {metric.quantity.population})"
    return f"{metric.label}: {tied(side_text(metric, 'spread'))}{of}. {metric.definition}"


def _bounds(metric: Metric) -> str:
    low, high = (
        format_metric(metric.model_copy(update={"value": bound})) for bound in (metric.low, metric.high)
    )
    return tied(f"{low} to {high}")


def _formula(metric: Metric) -> str:
    counted = metric.quantity
    if metric.unit == "share" and counted is not None:
        return f"{counted.n:,} ÷ {counted.total:,}; {_METHODS[counted.method]}"
    return f"{_UNITS[metric.unit]}, {metric.query.op.replace('_', ' ')}"
