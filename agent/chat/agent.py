"""The analyst that people talk to: one question in, verified sentences as they come, one typed answer at the end.

Nothing of a turn is kept in here: a change that waits for approval is data, and anybody with the role may approve it in
any process. Tracing is off whatever the environment says, so that no text of a customer leaves by it.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import UTC
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage
from langsmith import tracing_context  # pyright: ignore[reportUnknownVariableType]
from pydantic import ValidationError

from agent.chat.answering import answer_of, plain_answer
from agent.chat.context import Asked, DataDictionary, RequestContext, Tools, asking
from agent.chat.loop import OVER_LIMIT, REQUESTS, Limits, build_loop
from agent.chat.memory import QuestionBrief, remembered
from agent.chat.requests import CHANGES, ToolRequest
from agent.chat.turn import Turn
from agent.errors import (
    AccessDeniedError,
    ConflictError,
    InputError,
    JourneyError,
    MalformedOutputError,
    ModelError,
    ModelTimeoutError,
)
from agent.ports import CallLog
from agent.prompting import load_prompt
from agent.schemas.accounts import Role
from agent.schemas.chat import (
    Answer,
    AnswerEvent,
    ChatEvent,
    Message,
    Outcome,
    PendingChange,
    StatusEvent,
    ToolResult,
    ToolUse,
)

MAX_QUESTION_CHARS = 20_000
_HISTORY_SHARE = 4
"""History may take this part of the tokens of a request; the rest is for the rules and for what tools find."""


class Analyst:
    """Answers questions about one workspace.

    Args:
        tools: The workspace's toolbox.
        model: Language model, or a model of our own.
        workspace: Its name; a request that comes with another is refused.
        writer: Name of who words the answers.
        dictionary: Returns the names in the data, as they are at the time of a question; None where the model knows them.
        call_log: Log of all that is sent to a model; None for a model in this process.
        limits: How much one turn may take.
        trusted: Whether the model is of our own making, whose typed answers are taken as they are.
    """

    def __init__(
        self,
        tools: Tools,
        model: BaseChatModel,
        *,
        workspace: str,
        writer: str,
        dictionary: Callable[[], DataDictionary] | None = None,
        call_log: CallLog | None = None,
        limits: Limits | None = None,
        trusted: bool = False,
    ) -> None:
        self._tools = tools
        self._workspace = workspace
        self._dictionary = dictionary
        self._limits = limits or Limits()
        self.writer = writer
        self._prompt = load_prompt("answer_question")
        self._loop: Any = build_loop(tools, model, limits=self._limits, call_log=call_log, trusted=trusted)

    async def answer(
        self, question: str, *, history: Sequence[Message] = (), context: RequestContext
    ) -> AsyncGenerator[ChatEvent]:
        """Yield what is being done, each sentence once it is verified, and last the whole answer.

        Closing the generator, or cancelling the task that reads it, cancels the model's call and the tools that have not
        begun; `agent.chat.answering.stopped_answer` makes an answer of what was sent until then.

        Args:
            question: As the person wrote it.
            history: Turns before it on the branch that is read, oldest first.
            context: Who asks, where and when.

        Raises:
            AccessDeniedError: The context is of another workspace.
        """
        self._check_workspace(context)
        question = question.encode("utf-8", "replace").decode().strip()
        refused = self._refused(question)
        if refused is not None:
            yield AnswerEvent(answer=refused)
            return
        turn = Turn(context, question)
        task = asyncio.create_task(self._work(turn, history))
        try:
            while (event := await turn.events.get()) is not None:
                yield event
            yield AnswerEvent(answer=await task)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def approve(self, pending: PendingChange, *, context: RequestContext) -> AsyncGenerator[ChatEvent]:
        """Make a change that waited, and yield what came of it.

        Args:
            pending: The change; whoever asked for it, whenever that was.
            context: Who approves it.

        Raises:
            AccessDeniedError: The role does not allow it, or the context is of another workspace.
            InputError: It is no change that this product makes.
        """
        self._check_workspace(context)
        if context.role < Role.EDITOR:
            msg = f"a {context.role.value} cannot make this change; it takes an editor"
            raise AccessDeniedError(msg, hint="Ask an editor, an approver or an admin to approve it.")
        request = _change(pending)
        turn = Turn(context, question="")
        yield StatusEvent(text="Making the change", tool=pending.tool)
        use = ToolUse(tool=pending.tool, arguments=pending.arguments, ok=True)
        try:
            turn.found(use, await asyncio.to_thread(self._make, request, pending.summary, context))
        except JourneyError as error:
            turn.failed(use.model_copy(update={"ok": False, "error": error.message}), error)
        yield AnswerEvent(answer=answer_of(turn, writer=self.writer))

    def _make(self, request: ToolRequest, approved: str, context: RequestContext) -> ToolResult:
        """Make a change, as far as it still is what was approved.

        Raises:
            ConflictError: Something else would be made by now.
        """
        now = self._tools.preview(request).summary
        if now != approved:
            msg = f"nothing was made: what was approved is “{approved}”, and by now it would be “{now}”"
            raise ConflictError(msg, hint="Ask for the change again, and look at what it says then.")
        return self._tools.change(request, context=context)

    def _check_workspace(self, context: RequestContext) -> None:
        if context.workspace != self._workspace:
            msg = "this conversation belongs to another workspace"
            raise AccessDeniedError(msg, hint="Open it in its own workspace.")

    def _refused(self, question: str) -> Answer | None:
        """Return the answer to what cannot be asked at all, or None."""
        if not question:
            return plain_answer(Outcome.CLARIFY, "What would you like to know?", writer=self.writer)
        if len(question) > MAX_QUESTION_CHARS:
            text = f"The question is too long: at most {MAX_QUESTION_CHARS:,} characters can be read."
            return plain_answer(Outcome.CANNOT, text, writer=self.writer)
        return None

    async def _work(self, turn: Turn, history: Sequence[Message]) -> Answer:
        try:
            error: JourneyError | None = None
            try:
                await self._run(turn, await self._messages(turn, history))
            except JourneyError as failure:
                error = failure
            except OVER_LIMIT:
                msg = "the model kept calling tools without coming to an answer, and was stopped"
                error = ModelError(msg, hint="Ask about one thing at a time.")
            return answer_of(turn, writer=self.writer, error=error)
        finally:
            turn.events.put_nowait(None)

    async def _run(self, turn: Turn, messages: list[BaseMessage]) -> None:
        """Run the loop to its end, and send on what verifies.

        Raises:
            JourneyError: It came to no end.
        """
        clock = asyncio.timeout(self._limits.turn_s)
        try:
            with tracing_context(enabled=False):
                async with clock:
                    await self._follow(turn, messages)
        except TimeoutError as exc:
            if not clock.expired():
                raise
            msg = f"there was no answer within {self._limits.turn_s:g} s"
            raise ModelTimeoutError(msg, hint="Ask about one thing at a time, or try again.") from exc

    async def _follow(self, turn: Turn, messages: list[BaseMessage]) -> None:
        stream = self._loop.astream(
            {"messages": messages},
            config={"recursion_limit": self._limits.n_steps, "callbacks": []},
            context=turn,
            stream_mode="messages",
        )
        reading = _Reading(turn, self._limits.max_answer_chars)
        async for part in stream:
            reading.take(part)
        reading.end_message()

    async def _messages(self, turn: Turn, history: Sequence[Message]) -> list[BaseMessage]:
        turns = remembered(history, max_bytes=self._limits.max_input_tokens // _HISTORY_SHARE)
        brief = QuestionBrief(
            today=turn.context.now.astimezone(UTC).date().isoformat(),
            data=await asyncio.to_thread(self._dictionary) if self._dictionary else DataDictionary(),
            n_left_out=len(history) - len(turns),
            turns=turns,
            question=turn.question,
        )
        rendered = self._prompt.render(brief)
        asked = Asked(turn.question, tuple(history))
        return [SystemMessage(rendered.system), asking(rendered.user, asked)]


class _Reading:
    """Reads the messages of the loop as they stream."""

    def __init__(self, turn: Turn, max_chars: int) -> None:
        self._turn = turn
        self._max_chars = max_chars
        self._message_id: str | None = None
        self._calls_tools = False
        self._n_chars = 0

    def take(self, part: Any) -> None:  # noqa: ANN401 - what LangGraph streams has no narrower type
        """Take in a part of a message."""
        message = part[0]
        if not isinstance(message, AIMessage) or message.id != self._message_id:
            self.end_message()
        if isinstance(message, AIMessage):
            self._message_id = message.id
            self._read(message)

    def _read(self, message: AIMessage) -> None:
        text = str(message.text)
        self._n_chars += len(text)
        if self._n_chars > self._max_chars:
            msg = f"the model's answer did not end within {self._max_chars} characters"
            raise MalformedOutputError(msg, hint="Ask again, in other words.")
        self._calls_tools |= bool(message.tool_calls or getattr(message, "tool_call_chunks", None))
        self._turn.say(self._turn.guard.feed(text))

    def end_message(self) -> None:
        """Take in that a message is over."""
        is_answer = not self._calls_tools and self._turn.own is None
        self._turn.say(self._turn.guard.finish(is_answer=is_answer))
        self._message_id, self._calls_tools = None, False


def _change(pending: PendingChange) -> ToolRequest:
    """Return the request of a pending change, checked again: it may come from anywhere."""
    if pending.tool not in CHANGES:
        msg = f"{pending.tool!r} is no change that can be approved"
        raise InputError(msg, hint="Ask for the change again.")
    try:
        checked: Any = REQUESTS[pending.tool].model_validate(pending.arguments)
    except ValidationError as exc:
        msg = f"the arguments of the pending {pending.tool!r} do not fit it any more"
        raise InputError(msg, hint="Ask for the change again.") from exc
    return checked
