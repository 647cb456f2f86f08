"""How a tool's result is put to a language model, and its call to a reader: every name and quote fenced."""

from agent.chat.requests import ToolRequest
from agent.errors import JourneyError
from agent.prompting import fence
from agent.schemas.chat import AnswerCitation, Sentence, Table, ToolResult

_DOING = {
    "search_evidence": "Looking for what customers said",
    "list_pain_points": "Ranking pain points",
    "show_pain_point": "Looking into a pain point",
    "list_themes": "Listing what customers speak about",
    "show_emotions": "Reading how customers feel",
    "show_map": "Opening a journey map",
    "compare_maps": "Comparing versions of a map",
    "show_stage": "Looking into a stage",
    "list_personas": "Looking for groups of customers",
    "show_paths": "Following what customers did",
    "show_funnel": "Counting who gets from step to step",
    "show_stage_times": "Measuring time in stages",
    "show_retention": "Counting who comes back",
    "list_moments": "Looking for moments that matter",
    "show_trend": "Looking at a trend",
    "compare_periods": "Comparing two periods",
    "compare_groups": "Comparing two groups",
    "show_attribution": "Crediting conversions",
    "show_value": "Comparing customers by value",
    "predict": "Checking what can be predicted",
    "suggest_actions": "Looking for what could be done",
    "list_opportunities": "Ranking opportunities",
    "count_customers": "Counting",
    "data_status": "Looking at what is in the data",
    "explain_term": "Looking up a term",
    "show_help": "Looking up what can be asked",
    "state_limit": "Saying what is not here",
    "list_variants": "Opening variants",
    "propose_variants": "Preparing variants for approval",
    "check_variants": "Preparing a check for approval",
    "draft_map": "Preparing a map for approval",
}


def doing(request: ToolRequest) -> str:
    """Return what a reader is told while a tool runs."""
    return _DOING[request.tool]


def result_text(result: ToolResult) -> str:
    """Return a result as a model reads it: templates with their marks, quotes and rows, all fenced."""
    lines = [f"<result><tool>{result.tool}</tool>", f"<understood>{fence(result.understood)}</understood>"]
    lines += [_sentence(sentence) for sentence in result.sentences]
    lines += [line for table in result.tables for line in _table(table)]
    lines += [_citation(citation) for citation in result.citations]
    if result.missing is not None:
        missing, needed = fence(result.missing.statement), fence(result.missing.needed)
        lines.append(f"<missing>{missing}<needed>{needed}</needed></missing>")
    return "\n".join([*lines, "</result>"])


def failure_text(error: JourneyError) -> str:
    """Return a failure as a model reads it."""
    return f"<failed>{fence(error.message)} {fence(error.hint)}</failed>"


def _sentence(sentence: Sentence) -> str:
    return f"<{sentence.kind.value}>{fence(sentence.template)} {_marks(sentence.citations)}</{sentence.kind.value}>"


def _table(table: Table) -> list[str]:
    head = " | ".join(table.columns)
    rows = [f"<row>{fence(' | '.join(row.cells))} {_marks(row.citations)}</row>" for row in table.rows]
    return [f"<table><title>{fence(table.title)}</title><columns>{fence(head)}</columns>", *rows, "</table>"]


def _citation(citation: AnswerCitation) -> str:
    if citation.evidence is not None:
        return f"<quote>[{citation.citation_id}] {fence(citation.evidence.quote)}</quote>"
    metric = citation.metric
    if metric is None:
        return ""
    name = "{{m:" + metric.metric_id + "}}"
    return (
        f"<number>[{citation.citation_id}] {name} {fence(metric.label)}: {fence(metric.definition)}</number>"
    )


def _marks(citations: tuple[str, ...]) -> str:
    return "".join(f"[{name}]" for name in citations)
