"""The analyst that needs no key and no network: a chat model that plans by understanding and words by the tools' sentences.

It goes through the same loop as a language model. What tools found is said in the tools' own sentences, in order; what
was not asked of a tool comes as a typed answer.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    ToolCall,
    ToolMessage,
)
from langchain_core.messages.tool import ToolCallChunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import ConfigDict, TypeAdapter, ValidationError

from agent.chat.context import ANSWER_KEY, Asked, OwnAnswer, asked_of
from agent.chat.requests import ToolRequest
from agent.chat.understand import Item, Previous, Understood, Vocabulary, understand
from agent.chat.understand.suggesting import next_questions, openings
from agent.ports import Encoder
from agent.schemas.chat import Answer, Message, Outcome, Sentence, SentenceKind, Target, ToolResult

OFFLINE_WRITER = "offline analyst"
"""Name under which its answers are stored."""
_REQUESTS: TypeAdapter[ToolRequest] = TypeAdapter(ToolRequest)
_ITEM_PLACES = {"pain_point": "pain_point", "variant_set": "variant_set", "map": "map"}


class OfflineChatModel(BaseChatModel):
    """Answers by understanding the question and by the tools' own sentences.

    Attributes:
        encoder: Compares questions with the example phrasings.
        vocabulary: Returns the names in the data as they are now.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    encoder: Any
    vocabulary: Callable[[], Vocabulary]

    @property
    def _llm_type(self) -> str:
        return "offline-analyst"

    def bind_tools(self, tools: Sequence[Any], *, tool_choice: str | None = None, **kwargs: Any) -> Any:  # noqa: ANN401, ARG002 - the base class's types
        """Return the model: it knows the tools by their request types."""
        return self

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,  # noqa: ANN401, ARG002
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._answer(messages))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,  # noqa: ANN401, ARG002
    ) -> Iterator[ChatGenerationChunk]:
        for chunk in _chunks(self._answer(messages)):
            if run_manager is not None:
                run_manager.on_llm_new_token(str(chunk.text), chunk=chunk)
            yield chunk

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,  # noqa: ANN401, ARG002
    ) -> AsyncIterator[ChatGenerationChunk]:
        # Understanding takes some milliseconds of the processor, which everybody else's answers would wait for.
        for chunk in _chunks(await asyncio.to_thread(self._answer, messages)):
            if run_manager is not None:
                await run_manager.on_llm_new_token(str(chunk.text), chunk=chunk)
            yield chunk

    def _answer(self, messages: Sequence[BaseMessage]) -> AIMessage:
        asked = asked_of(messages)
        vocabulary = self.vocabulary()
        previous = previous_of(asked.history)
        understood = understand(
            asked.question, vocabulary=vocabulary, encoder=self._own_encoder, previous=previous
        )
        results = _results(messages)
        if understood.requests and results is None:
            return AIMessage("", tool_calls=_calls(understood))
        return self._worded(asked, understood, results or (), vocabulary)

    @property
    def _own_encoder(self) -> Encoder:
        return self.encoder

    def _worded(
        self, asked: Asked, understood: Understood, results: Sequence[ToolResult], vocabulary: Vocabulary
    ) -> AIMessage:
        # Where nothing was found to go on from, the questions to begin with are as good as any.
        suggested = [question for result in results for question in result.next_questions] or openings(
            vocabulary
        )
        own = OwnAnswer(
            outcome=_outcome(understood),
            sentences=_guidance(understood, n_results=len(results)),
            missing=understood.missing,
            choices=understood.choices,
            next_questions=next_questions(
                suggested,
                asked=[*(turn.question for turn in asked.history), asked.question],
                vocabulary=vocabulary,
                encoder=self._own_encoder,
            ),
        )
        text = "\n".join(_marked(sentence) for result in results for sentence in result.sentences)
        return AIMessage(text, additional_kwargs={ANSWER_KEY: own.model_dump(mode="json")})


def previous_of(history: Sequence[Message]) -> Previous | None:
    """Return the turn before, as a follow-up leans on it; None at the beginning."""
    if not history:
        return None
    asked = tuple(turn.question for turn in history)
    answer = history[-1].answer
    if answer is None:
        return Previous(asked=asked)
    return Previous(
        requests=_requests_of(answer), items=_items_of(answer), choices=answer.choices, asked=asked
    )


def _requests_of(answer: Answer) -> tuple[ToolRequest, ...]:
    found: list[ToolRequest] = []
    for use in answer.tools:
        try:
            found.append(_REQUESTS.validate_python({**use.arguments, "tool": use.tool}))
        except ValidationError:
            # A turn of an earlier version, or one that a language model got wrong, is nothing to lean on.
            continue
    return tuple(found)


def _items_of(answer: Answer) -> tuple[Item, ...]:
    """Return what was listed: the rows that lead somewhere, else the places that were named."""
    rows = [row for table in answer.tables for row in table.rows if row.target is not None]
    listed: list[Target] = [row.target for row in rows if row.target is not None] or list(answer.targets)
    found: list[Item] = []
    for target in listed:
        kind = _ITEM_PLACES.get(target.place)
        if kind is not None and target.ref:
            item = Item(kind, target.ref, target.label)  # pyright: ignore[reportArgumentType]
            found.extend([item] if item not in found else [])
    return tuple(found)


def _results(messages: Sequence[BaseMessage]) -> tuple[ToolResult, ...] | None:
    """Return what the tools found since the question; None where none was called."""
    found: list[ToolResult] | None = None
    for message in reversed(messages):
        if isinstance(message, HumanMessage):
            break
        if isinstance(message, ToolMessage):
            found = [] if found is None else found
            if isinstance(message.artifact, ToolResult):
                found.insert(0, message.artifact)
    return None if found is None else tuple(found)


def _calls(understood: Understood) -> list[ToolCall]:
    return [
        ToolCall(
            name=request.tool,
            args=request.model_dump(mode="json", exclude_defaults=True, exclude={"tool"}),
            id=f"call_{number}",
            type="tool_call",
        )
        for number, request in enumerate(understood.requests, 1)
    ]


def _outcome(understood: Understood) -> Outcome | None:
    if understood.requests:
        return None
    if understood.choices:
        return Outcome.CLARIFY
    if understood.missing:
        return Outcome.UNKNOWN
    return Outcome.ANSWERED if all(one.small_talk for one in understood.cannot) else Outcome.CANNOT


def _guidance(understood: Understood, *, n_results: int) -> tuple[Sentence, ...]:
    lead = ["You asked for more than one thing; here is one after the other."] if n_results > 1 else []
    said = [*lead, *understood.notes, *(one.statement for one in understood.cannot)]
    if understood.choices and understood.question:
        said.append(understood.question)
    return tuple(
        Sentence(kind=SentenceKind.GUIDANCE, text=text, template=text) for text in dict.fromkeys(said)
    )


def _marked(sentence: Sentence) -> str:
    return sentence.template + "".join(f"[{mark}]" for mark in sentence.citations)


def _chunks(message: AIMessage) -> Iterator[ChatGenerationChunk]:
    """Yield a message sentence by sentence; what is typed comes with the last part."""
    *before, last = str(message.text).splitlines(keepends=True) or [""]
    for text in before:
        yield ChatGenerationChunk(message=AIMessageChunk(content=text))
    calls = [
        ToolCallChunk(
            name=call["name"], args=_json(call["args"]), id=call["id"], index=at, type="tool_call_chunk"
        )
        for at, call in enumerate(message.tool_calls)
    ]
    yield ChatGenerationChunk(
        message=AIMessageChunk(
            content=last,
            tool_call_chunks=calls,
            additional_kwargs=message.additional_kwargs,
            chunk_position="last",
        )
    )


def _json(arguments: dict[str, Any]) -> str:
    return json.dumps(arguments)
