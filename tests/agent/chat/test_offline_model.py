"""The offline analyst as a chat model: it plans tool calls, words what tools found, and types what it cannot do."""

from datetime import UTC, datetime
from typing import Any, cast

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from agent.chat.context import ANSWER_KEY, Asked, OwnAnswer, asking
from agent.chat.offline_model import OfflineChatModel, previous_of
from agent.schemas.chat import (
    Answer,
    Message,
    Outcome,
    Sentence,
    SentenceKind,
    Table,
    TableRow,
    Target,
    ToolResult,
    ToolUse,
)
from tests.agent.chat.shop_names import SHOP, bundled_encoder

_NOW = datetime(2026, 7, 1, tzinfo=UTC)


def _model() -> OfflineChatModel:
    return OfflineChatModel(encoder=bundled_encoder(), vocabulary=lambda: SHOP)


def _own(message: AIMessage) -> OwnAnswer:
    said = cast("dict[str, Any]", message.additional_kwargs)[ANSWER_KEY]
    return OwnAnswer.model_validate(said)


def _ask(question: str, *history: Message, after: tuple[BaseMessage, ...] = ()) -> AIMessage:
    return _model().invoke([asking("rendered", Asked(question, history)), *after])


def _result() -> ToolResult:
    finding = Sentence(
        kind=SentenceKind.FINDING, text="4 customers say so.", template="{{m:n:counted}} customers say so.", citations=("c1", "c2")
    )  # fmt: skip
    advice = Sentence(kind=SentenceKind.GUIDANCE, text="Nothing is sent.", template="Nothing is sent.")
    suggested = ("Hello", "Where do we lose customers?", "What are the biggest pain points?")
    return ToolResult(
        tool="list_pain_points", understood="", sentences=(finding, advice), next_questions=suggested
    )


def test_offline_model_question_calls_the_tools_it_understood() -> None:
    """Both parts of a question become calls, in order."""
    message = _ask("where do mobile customers get stuck after buying, and what should we say to them?")
    assert [(call["name"], call["args"]) for call in message.tool_calls] == [
        ("list_pain_points", {"where": {"device_type": "mobile"}, "after_event": "order_completed"}),
        ("suggest_actions", {"where": {"device_type": "mobile"}}),
    ]


def test_offline_model_after_tools_words_their_templates_with_marks() -> None:
    """Nothing is added to what the tools said, and only new questions that are understood are suggested."""
    done = ToolMessage("", tool_call_id="call_1", artifact=_result())
    message = _ask("what are the biggest pain points?", after=(AIMessage(""), done))
    assert message.text == "{{m:n:counted}} customers say so.[c1][c2]\nNothing is sent."
    assert _own(message).next_questions == ("Where do we lose customers?",)
    assert _own(message).outcome is None


def test_offline_model_what_it_cannot_do_is_typed() -> None:
    """Refusals, gaps, questions back and greetings are told apart."""
    outcomes = {
        "delete all customers": Outcome.CANNOT,
        "what do customers in France complain about": Outcome.UNKNOWN,
        "how many people complain about delivery": Outcome.CLARIFY,
        "hello": Outcome.ANSWERED,
    }
    said = {question: _ask(question) for question in outcomes}
    assert {question: _own(message).outcome for question, message in said.items()} == outcomes
    assert not any(message.tool_calls or message.text for message in said.values())
    assert _own(said["how many people complain about delivery"]).choices


def test_offline_model_streams_what_it_answers_in_one_piece() -> None:
    """The parts of a stream add up to the answer, sentence by sentence."""
    done = ToolMessage("", tool_call_id="call_1", artifact=_result())
    messages = [asking("rendered", Asked("what are the biggest pain points?")), AIMessage(""), done]
    chunks = list(_model().stream(messages))
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert len([chunk for chunk in chunks if chunk.text]) == 2
    assert whole.text == _model().invoke(messages).text
    assert whole.additional_kwargs[ANSWER_KEY]


def test_offline_model_bare_message_is_understood_by_its_words() -> None:
    """Without the loop's question, the words of the message are the question."""
    message = _model().invoke([HumanMessage("Where do we lose customers?")])
    assert [call["name"] for call in message.tool_calls] == ["show_stage_times"]
    assert _model().bind_tools([]).invoke([HumanMessage("hello")]).tool_calls == []


def test_previous_of_history_has_requests_and_the_listed_things() -> None:
    """A turn of the store is what a follow-up leans on; calls that no tool takes are left out."""
    row = TableRow(cells=("x",), target=Target(place="pain_point", ref="pp_refund", label="Slow refund"))
    answer = Answer(
        outcome=Outcome.ANSWERED,
        tables=(Table(title="t", columns=("c",), rows=(row,)),),
        tools=(
            ToolUse(tool="list_pain_points", arguments={"where": {"device_type": "mobile"}}, ok=True),
            ToolUse(tool="gone", arguments={}, ok=False),
        ),
        writer="offline analyst",
    )
    turn = Message(message_id="m", parent_id=None, question="q", asked_at=_NOW, answer=answer)
    previous = previous_of([turn])
    assert previous is not None
    assert [request.tool for request in previous.requests] == ["list_pain_points"]
    assert [item.ref for item in previous.items] == ["pp_refund"]
    (call,) = _ask("show me the first one", turn).tool_calls
    assert call["args"] == {"name": "pp_refund"}
