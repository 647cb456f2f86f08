"""Suite `chat`: its questions fit their schema and reach every tool, and its scoring catches what is wrong."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import JsonValue

from agent.chat.requests import MODELS_ONLY, ToolRequest
from agent.schemas.chat import (
    Answer,
    AnswerCitation,
    Outcome,
    QuoteSource,
    Sentence,
    SentenceKind,
    Table,
    TableRow,
    ToolUse,
)
from agent.schemas.evidence import Evidence, Metric, MetricQuery, Quantity
from agent.schemas.records import Kind, Record
from agent.verify.quotes import QuoteChecker, text_digest
from eval.suites.chat import judge, summary
from eval.suites.chat_brand import Timed
from eval.suites.chat_citations import CitationChecker
from eval.suites.chat_questions import (
    SETS,
    Answerable,
    Lack,
    Printed,
    QuestionSet,
    Unanswerable,
    fault_of_answer,
    fault_of_refusal,
    load_questions,
    number_at,
)

_TOOLS = {kind.model_fields["tool"].default for kind in get_args(get_args(ToolRequest)[0])} - MODELS_ONLY
_TEXT = "The parcel came late. My card was declined twice."
_PRINTED: Printed = {("pain-points",): {"pain_points": [{"label": "Card declined", "reach": {"n": 12}}]}}
_QUESTION = Answerable.model_validate(
    {
        "question": "how many had their card declined?",
        "tool": "show_pain_point",
        "arguments": {"name": {"words": ["card"]}},
        "numbers": [{"command": ["pain-points"], "path": "pain_points[label~card].reach.n"}],
    }
)


def _label(name: str) -> str:
    return "Card declined" if name == "pp_1" else ""


def _metric(n: int) -> Metric:
    reach = Quantity(n=n, total=40, share=n / 40, low=0.1, high=0.5, population="customers")
    return Metric(
        metric_id="reach.card", label="Customers", definition="Customers.", unit="share", value=n / 40, low=0.1, high=0.5,
        quantity=reach, query=MetricQuery(op="theme_reach"),
    )  # fmt: skip


def _quote(quote: str, start: int) -> AnswerCitation:
    evidence = Evidence(
        record_id="r_1",
        start=start,
        end=start + len(quote),
        quote=quote,
        text_sha256=text_digest(_TEXT),
    )
    return AnswerCitation(
        citation_id="c2",
        evidence=evidence,
        source=QuoteSource(external_id="1", kind=Kind.REVIEW, channel=None, at=None),
    )


def _answer(
    n: int = 12, *, tool: str = "show_pain_point", quote: AnswerCitation | None = None, **arguments: object
) -> Answer:
    cited = [AnswerCitation(citation_id="c1", metric=_metric(n)), *([quote] if quote else [])]
    marks = tuple(one.citation_id for one in cited)
    given: dict[str, Any] = arguments or {"name": "pp_1"}
    return Answer(
        outcome=Outcome.ANSWERED,
        sentences=(
            Sentence(kind=SentenceKind.FINDING, text="So it is.", template="So it is.", citations=marks),
        ),
        citations=tuple(cited),
        tools=(ToolUse(tool=tool, arguments=given, ok=True),),
        writer="scripted",
    )


def _fault(answer: Answer, question: Answerable = _QUESTION) -> str | None:
    return fault_of_answer(question, answer, printed=_PRINTED, label_of=_label)


def _question(**fields: object) -> Answerable:
    return Answerable.model_validate({"question": "?", "tool": "list_pain_points", **fields})


def _checker(*again: Metric) -> CitationChecker:
    record = Record(
        record_id="r_1", kind=Kind.REVIEW, source_format="reviews", external_id="1", person_id="p_1", at=None, channel=None,
        text=_TEXT, source_id="s", row=1, content_key="",
    )  # fmt: skip

    def recompute(_metric: Metric, _answer: Answer) -> Iterator[Metric]:
        yield from again

    return CitationChecker(QuoteChecker.over([record]), recompute)


def test_questions_of_all_sets_are_all_there_and_none_is_asked_twice() -> None:
    """The files fit their schema."""
    sets = [load_questions(name) for name in SETS]
    answerable = [one.question for each in sets for one in each.answerable]
    unanswerable = [one.question for each in sets for one in each.unanswerable]
    assert (len(answerable), len(unanswerable)) == (509, 489)
    assert len({question.casefold() for question in answerable + unanswerable}) == 998


def test_questions_reach_every_tool_and_every_kind_of_lack() -> None:
    """No tool goes unexamined."""
    sets = [load_questions(name) for name in SETS]
    assert {one.tool for one in sets[0].answerable} == _TOOLS
    assert {ask.tool for each in sets for one in each.answerable for ask in one.asks} <= _TOOLS
    assert {one.why for one in sets[0].unanswerable} == set(get_args(Lack))


def test_arguments_that_are_asked_for_are_those_of_their_tool() -> None:
    """A question cannot ask for what no tool takes."""
    kinds = {kind.model_fields["tool"].default: kind for kind in get_args(get_args(ToolRequest)[0])}
    for name in SETS:
        for one in load_questions(name).answerable:
            for ask in one.asks:
                assert set(ask.arguments) <= set(kinds[ask.tool].model_fields), one.question


def test_answer_of_the_right_tool_and_number_is_right() -> None:
    """A name may be an id whose label has the word."""
    assert _fault(_answer()) is None
    assert _fault(_answer(name="Card declined")) is None


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (_answer(tool="list_pain_points", limit=3), "wrong tool"),
        (_answer(name="late parcel"), "wrong arguments"),
        (_answer(name="card", where={"city": "York"}), "wrong arguments"),
        (_answer(11), "wrong number"),
        (Answer(outcome=Outcome.UNKNOWN, writer="scripted"), "ended unknown"),
    ],
)
def test_answer_that_is_wrong_is_told_how(answer: Answer, fault: str) -> None:
    """Tool, argument, filter, number, refusal."""
    assert _fault(answer) == fault


def test_number_in_a_cell_counts_and_one_not_printed_cannot_be_missed() -> None:
    """Tables show numbers as a reader sees them."""
    table = Table(title="t", columns=("a",), rows=(TableRow(cells=("12 of 1,040",)),))
    assert _fault(_answer(7).model_copy(update={"tables": (table,)})) is None
    other: Printed = {("pain-points",): {"pain_points": []}}
    assert fault_of_answer(_QUESTION, _answer(7), printed=other, label_of=_label) is None


def test_filter_that_was_asked_for_has_to_be_there_in_any_spelling() -> None:
    """A missing filter answers another question."""
    asked = _question(arguments={"where": {"device_type": "mobile"}, "limit": {"any": [5, 10]}})
    assert _fault(_answer(tool="list_pain_points", where={"device type": "Mobile"}), asked) is None
    assert _fault(_answer(tool="list_pain_points", limit=10), asked) == "wrong arguments"


def test_quote_has_to_hold_one_of_the_words() -> None:
    """Any quote will not do."""
    asked = _QUESTION.model_copy(update={"quote": ("declined",)})
    late = _quote("The parcel came late.", 0)
    assert _fault(_answer(quote=late), asked) == "no such quote"
    assert _fault(_answer(quote=_quote("My card was declined twice.", 22)), asked) is None


def test_refusal_is_right_only_without_citations_and_in_a_right_way() -> None:
    """An answer that cites is none."""
    asked = Unanswerable(question="?", why="task", outcome=(Outcome.CANNOT,))
    cannot = Answer(outcome=Outcome.CANNOT, writer="scripted")
    assert fault_of_refusal(asked, cannot) is None
    assert fault_of_refusal(asked, cannot.model_copy(update={"outcome": Outcome.UNKNOWN})) == "ended unknown"
    assert fault_of_refusal(asked, _answer()) == "cited, ended answered"


def test_citation_that_does_not_hold_is_found() -> None:
    """Quotes letter by letter, numbers by what they are when computed again."""
    right = _answer(quote=_quote("My card was declined twice.", 22))
    assert _checker(_metric(12)).faults(right) == []
    assert _checker(_metric(13)).faults(right) == ["c1: number reach.card is not what the data says"]
    assert _checker().faults(right) == ["c1: number reach.card is not what the data says"]
    wrong = _answer(quote=_quote("My card was refused twice!!", 22))
    assert _checker(_metric(12)).faults(wrong) == ["c2: quote not_verbatim"]


def test_verdicts_of_a_set_add_up() -> None:
    """One answered, one refused though it could be answered, one refused rightly, one cited."""
    refused = _QUESTION.model_copy(update={"question": "refused"})
    lacks = [Unanswerable(question=question, why="place") for question in ("lacking", "cited")]
    unknown = Answer(outcome=Outcome.UNKNOWN, writer="scripted")
    answers = {_QUESTION.question: _answer(), "refused": unknown, "lacking": unknown, "cited": _answer(3)}
    verdicts = judge(
        QuestionSet(name="first", answerable=(_QUESTION, refused), unanswerable=tuple(lacks)),
        {question: Timed(answer, 0.1, 0.2) for question, answer in answers.items()},
        printed=_PRINTED,
        label_of=_label,
        checker=_checker(_metric(12)),
    )
    assert summary(verdicts) == [2, 0.5, 0.5, 0.5, 2, 0.5, 0.5, 1]


def test_path_leads_to_a_number_by_key_place_and_condition() -> None:
    """As questions write it."""
    printed: JsonValue = {"a": [{"k": "x", "n": 1}, {"k": "yes", "j": 2, "n": 3}], "b": {"c, d": 4}}
    assert number_at(printed, "a[0].n") == 1
    assert number_at(printed, "a[k=yes,j=2].n") == 3
    assert number_at(printed, "a[k~no|ye].n") == 3
    assert number_at(printed, "b[c, d]") == 4
    assert number_at(printed, "a[7].n") is None
    assert number_at(printed, "a[k=z].n") is None
