"""The agent's loop on LangChain: its tools, its reins, and nothing that outlives a turn.

A tool that changes something is never run in here: it is checked, becomes a pending change, and the turn ends.
"""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, cast, get_args

from langchain.agents import create_agent  # pyright: ignore[reportUnknownVariableType]
from langchain.agents.middleware import (
    AgentMiddleware,
    AgentState,
    ModelCallLimitMiddleware,
    ModelRequest,
    ModelResponse,
    ToolCallLimitMiddleware,
    ToolCallRequest,
    hook_config,
)
from langchain.agents.middleware.model_call_limit import ModelCallLimitExceededError
from langchain.agents.middleware.tool_call_limit import ToolCallLimitExceededError
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import (
    AIMessage,
    AnyMessage,
    BaseMessage,
    ToolMessage,
    convert_to_openai_messages,
)
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool, StructuredTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from langgraph.errors import GraphRecursionError
from langgraph.runtime import Runtime, get_runtime
from langgraph.types import Command
from pydantic import ValidationError

from agent.chat.context import Tools
from agent.chat.requests import CHANGES, ToolRequest
from agent.chat.turn import Turn
from agent.chat.wording import doing, failure_text, result_text
from agent.errors import BudgetExceededError, InputError, JourneyError
from agent.ports import CallLog
from agent.schemas.base import Frozen
from agent.schemas.chat import PendingChange, ToolResult, ToolUse
from agent.settings import Settings
from agent.wire import CallFailedError

REQUESTS: dict[str, type[Frozen]] = {
    str(kind.model_fields["tool"].default): kind for kind in get_args(get_args(ToolRequest)[0])
}
"""Tool to the type of its request."""
OVER_LIMIT = (ModelCallLimitExceededError, ToolCallLimitExceededError, GraphRecursionError)
"""What ends a turn that takes more than its limits."""
_FIRST_WAIT_S = 0.5
_MAX_WAIT_S = 20.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one turn may take before it is ended as a failure."""

    n_model_calls: int = 8
    n_tool_calls: int = 16
    n_steps: int = 40
    """Steps of the graph; a net under the other two."""
    turn_s: float = 180.0
    n_tries: int = 4
    """Tries of one call of a model that failed before it said anything."""
    max_input_tokens: int = 60_000
    """Of one call of a model."""
    max_answer_chars: int = 20_000
    n_threads: int = 6
    """Tools that run at once, of all turns together."""

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        """Return the limits that the settings ask for."""
        return cls(n_tries=settings.model_max_retries + 1, max_input_tokens=settings.max_input_tokens)


def build_loop(
    tools: Tools, model: BaseChatModel, *, limits: Limits, call_log: CallLog | None, trusted: bool
) -> Runnable[Any, Any]:
    """Return the loop; its context is the turn.

    Args:
        tools: What the model may call.
        model: Who calls them.
        limits: How much a turn may take.
        call_log: Log of all that is sent; None where the model runs in this process.
        trusted: Whether the model is our own, whose typed answers are taken.
    """
    # Threads of their own: LangChain's clean-up after a stop waits for one of the event loop's.
    threads = ThreadPoolExecutor(limits.n_threads, thread_name_prefix="tool")
    offered = [_tool(name, kind, tools, threads) for name, kind in REQUESTS.items()]
    # The types of LangChain's own limits do not agree with any context but None.
    reins: list[Any] = [
        ModelCallLimitMiddleware(run_limit=limits.n_model_calls, exit_behavior="error"),
        ToolCallLimitMiddleware(run_limit=limits.n_tool_calls, exit_behavior="error"),
        Reins(limits, call_log, offered, trusted=trusted),
    ]
    loop: Any = create_agent(model, offered, middleware=reins, context_schema=Turn)
    return loop


def _tool(name: str, kind: type[Frozen], tools: Tools, threads: Executor) -> BaseTool:
    async def call(**arguments: object) -> tuple[str, ToolResult | None]:
        turn = get_runtime(Turn).context
        request = cast("ToolRequest", kind.model_validate(arguments))
        if name in CHANGES:
            return await _ask_for_approval(request, turn, tools, threads), None
        turn.status(doing(request), name)
        run = partial(tools.run, request, context=turn.context)
        result = await asyncio.get_running_loop().run_in_executor(threads, run)
        return "", result

    return StructuredTool.from_function(
        coroutine=call,
        name=name,
        description=str(kind.__doc__),
        args_schema=kind,
        response_format="content_and_artifact",
    )


async def _ask_for_approval(request: ToolRequest, turn: Turn, tools: Tools, threads: Executor) -> str:
    if turn.pending is not None:
        msg = "one change at a time can be asked for"
        raise InputError(msg, hint="Approve or drop the first, then ask for the next.")
    turn.status(doing(request), request.tool)
    proposed = await asyncio.get_running_loop().run_in_executor(threads, tools.preview, request)
    arguments = proposed.request.model_dump(mode="json", exclude={"tool"})
    use = ToolUse(tool=request.tool, arguments=arguments, ok=True)
    said = json.dumps([request.tool, arguments, turn.context.account_id, turn.context.now.isoformat()])
    change_id = hashlib.sha256(said.encode()).hexdigest()[:16]
    pending = PendingChange(
        change_id=change_id, tool=request.tool, arguments=arguments, summary=proposed.summary
    )
    turn.awaits(use, pending)
    return "<pending>A person has to approve this. The turn ends here.</pending>"


class Reins(AgentMiddleware[AgentState[Any], Turn, Any]):
    """Checks every call of a tool, logs and bounds every call of a model, and ends a turn that waits for approval."""

    def __init__(
        self, limits: Limits, call_log: CallLog | None, tools: Sequence[BaseTool], *, trusted: bool
    ) -> None:
        super().__init__()
        self._limits = limits
        self._log = call_log
        self._trusted = trusted
        self._n_schema_bytes = len(json.dumps([convert_to_openai_tool(tool) for tool in tools]).encode())

    @hook_config(can_jump_to=["end"])
    async def abefore_model(self, state: AgentState[Any], runtime: Runtime[Turn]) -> dict[str, Any] | None:
        """End the turn where a change waits for approval."""
        del state
        return {"jump_to": "end"} if runtime.context.pending is not None else None

    async def awrap_model_call(
        self,
        request: ModelRequest[Turn],
        handler: Callable[[ModelRequest[Turn]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """Call the model, again where it failed before it said anything; each try is logged."""
        sent = _as_json(request.messages)
        self._check_budget(sent)
        n_tried = 0
        while True:
            n_tried += 1
            try:
                return await self._logged(sent, request, handler)
            except CallFailedError as failure:
                await _wait(failure, n_tried, self._limits.n_tries)

    def _check_budget(self, sent: str) -> None:
        needed = len(sent.encode("utf-8", "replace")) + self._n_schema_bytes
        budget = self._limits.max_input_tokens
        if needed > budget:
            msg = f"the question with what was found for it may need {needed} tokens; {budget} may be sent"
            raise BudgetExceededError(msg, hint="Ask about less at once, or raise JOURNEY_MAX_INPUT_TOKENS.")

    async def _logged(
        self,
        sent: str,
        request: ModelRequest[Turn],
        handler: Callable[[ModelRequest[Turn]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """Call the model once; what was sent is logged whatever becomes of it."""
        received, tokens_in, tokens_out = "", len(sent.encode("utf-8", "replace")), 0
        try:
            response = await handler(request)
            if self._trusted:
                request.runtime.context.take_own(response.result)
            received = json.dumps(convert_to_openai_messages(response.result), ensure_ascii=False)
            usage = next((m.usage_metadata for m in response.result if isinstance(m, AIMessage)), None)
            if usage is not None:
                tokens_in, tokens_out = usage["input_tokens"], usage["output_tokens"]
            return response
        finally:
            if self._log is not None:
                key = hashlib.sha256(sent.encode("utf-8", "replace")).hexdigest()
                self._log.put(key, sent, received, tokens_in, tokens_out)

    async def awrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], Awaitable[ToolMessage | Command[Any]]],
    ) -> ToolMessage | Command[Any]:
        """Run a tool; a failure of ours becomes a typed one, in the order in which the model called."""
        turn = get_runtime(Turn).context
        call_id = request.tool_call["id"] or ""
        try:
            return await self._run(request, handler, turn, call_id)
        finally:
            turn.order.done(call_id)

    async def _run(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], Awaitable[ToolMessage | Command[Any]]],
        turn: Turn,
        call_id: str,
    ) -> ToolMessage:
        name, arguments = request.tool_call["name"], request.tool_call["args"]
        use = ToolUse(tool=name, arguments=arguments, ok=True)
        order = _call_ids(request.state["messages"])
        fault = _fault(name, arguments)
        if fault is not None:
            await turn.order.wait(call_id, order)
            return _failed(turn, use, fault, call_id, by_model=True)
        if name in CHANGES:
            # Which of several changes is the first must not hang on which check is quicker.
            await turn.order.wait(call_id, order)
        try:
            message = cast("ToolMessage", await handler(request))
            await turn.order.wait(call_id, order)
            if name not in CHANGES:
                offered = turn.found(use, cast("ToolResult", message.artifact))
                message = message.model_copy(update={"content": result_text(offered), "artifact": offered})
        except JourneyError as error:
            await turn.order.wait(call_id, order)
            return _failed(turn, use, error, call_id)
        return message


def _fault(name: str, arguments: dict[str, Any]) -> JourneyError | None:
    """Return what is wrong with a call that no tool takes."""
    kind = REQUESTS.get(name)
    if kind is None:
        msg = f"the model called a tool that there is not: {name[:80]!r}"
        return InputError(msg, hint="Ask again, in other words.")
    try:
        kind.model_validate(arguments)
    except ValidationError as exc:
        faults = "; ".join(f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in exc.errors())
        msg = f"the model called {name!r} with arguments that do not fit: {faults[:400]}"
        return InputError(msg, hint="Ask again, in other words.")
    return None


def _failed(
    turn: Turn, use: ToolUse, error: JourneyError, call_id: str, *, by_model: bool = False
) -> ToolMessage:
    told = use.model_copy(update={"ok": False, "error": error.message})
    turn.failed(told, error, by_model=by_model)
    return ToolMessage(failure_text(error), name=use.tool, tool_call_id=call_id, status="error")


def _call_ids(messages: Sequence[AnyMessage]) -> list[str]:
    """Return the ids of the calls the model made last, in its order."""
    last = next((m for m in reversed(messages) if isinstance(m, AIMessage)), None)
    return [call["id"] or "" for call in last.tool_calls] if last is not None else []


def _as_json(messages: Sequence[BaseMessage]) -> str:
    """Return what a call sends as the log keeps it: all but the tools' schemas, which are our own words."""
    sent = {"messages": convert_to_openai_messages(list(messages)), "tools": list(REQUESTS)}
    return json.dumps(sent, ensure_ascii=False, sort_keys=True)


async def _wait(failure: CallFailedError, n_tried: int, n_tries: int) -> None:
    """Wait before the next try, or raise where there is none."""
    asked = failure.wait_s
    if not failure.retry or n_tried >= n_tries or (asked is not None and asked > _MAX_WAIT_S):
        raise failure.error from failure
    await asyncio.sleep(min(_FIRST_WAIT_S * 2 ** (n_tried - 1), _MAX_WAIT_S) if asked is None else asked)
