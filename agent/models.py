"""The one adapter to OpenAI-compatible servers: sends one request, and says what went wrong in our own terms.

No retry happens here, nor in the vendors' clients. `OpenAIChat` never enters LangChain's callback machinery, so that no
environment variable can switch on tracing or routing and carry customer text elsewhere; the agent's loop, which needs
it for `chat_model`, forces tracing off itself.
"""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, cast

import httpx2
import openai
from langchain_core.exceptions import ContextOverflowError
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk
from langchain_openai import ChatOpenAI
from pydantic import PrivateAttr, SecretStr

from agent.errors import (
    BudgetExceededError,
    ConfigError,
    JourneyError,
    MalformedOutputError,
    ModelError,
    ModelRefusedError,
    ModelTimeoutError,
    ModelUnavailableError,
    RateLimitedError,
)
from agent.settings import Settings
from agent.wire import CallFailedError

OPENAI_URL = "https://api.openai.com/v1"
MAX_OUTPUT_TOKENS = 16_000
"""Ends an answer that runs away; drafts take a few hundred, reasoning some thousand."""
MAX_ARGUMENT_CHARS = 8_000
"""Of all calls of tools in one answer: half-written JSON is read again and again, at a cost that grows with its square."""
_WIRE_ERRORS = (
    openai.OpenAIError,
    httpx2.HTTPError,
    ContextOverflowError,
    ConnectionError,
    TimeoutError,
    json.JSONDecodeError,
    # The clients report an answer that is no completion with plain built-in errors.
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    AssertionError,
)
_QUOTA_CODES = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
_TOO_LONG_CODES = frozenset({"context_length_exceeded", "string_above_max_length"})
_SETTINGS_STATUS = frozenset({401, 403, 404})
_TIMEOUT_STATUS = frozenset({408, 504})
_SERVER_FAULT = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer."""

    text: str
    tokens_in: int | None
    """As the server counted; None where it does not say."""
    tokens_out: int | None


class _SilentChatOpenAI(ChatOpenAI):
    """The chat model without callbacks, tracers, caches and debug output around it."""

    def complete(self, messages: list[BaseMessage], response_format: dict[str, Any]) -> ChatGeneration:
        """Return the answer in one piece."""
        result = self._generate(messages, response_format=response_format, stream=False)
        return result.generations[0]

    def stream_parts(
        self, messages: list[BaseMessage], response_format: dict[str, Any]
    ) -> Iterable[ChatGeneration]:
        """Yield the answer as it comes."""
        return self._stream(messages, response_format=response_format)


@dataclass(frozen=True, slots=True)
class _Server:
    """A model on a server, and what went wrong with it."""

    model: str
    base_url: str
    timeout_s: float

    @classmethod
    def of(cls, settings: Settings) -> "_Server":
        """Return the server that is set."""
        return cls(settings.model, settings.openai_base_url or OPENAI_URL, settings.model_timeout_s)

    def failure(self, exc: Exception) -> CallFailedError:
        """Return a vendor's exception in our terms; its own text is left out, for it may repeat what was sent."""
        context: dict[str, object] = {
            "model": self.model,
            "base_url": self.base_url,
            "cause": type(exc).__name__,
        }
        if isinstance(exc, ContextOverflowError):
            return _final(
                BudgetExceededError("the request is longer than the model can read", context=context)
            )
        if isinstance(exc, openai.APIStatusError):
            return self._status_failure(exc, context)
        if isinstance(exc, openai.ContentFilterFinishReasonError):
            return _final(
                ModelRefusedError("the server's content filter held the answer back", context=context)
            )
        if isinstance(exc, openai.LengthFinishReasonError):
            msg = f"the answer of model {self.model!r} was cut off after {MAX_OUTPUT_TOKENS} tokens"
            return _final(MalformedOutputError(msg, context=context))
        return CallFailedError(self._passing_failure(exc, context), retry=True)

    def _passing_failure(self, exc: Exception, context: dict[str, object]) -> ModelError:
        """Return what may be better the next time."""
        if isinstance(exc, openai.APITimeoutError | httpx2.TimeoutException | TimeoutError):
            msg = f"model {self.model!r} did not answer within {self.timeout_s:g} s"
            return ModelTimeoutError(
                msg, hint="Try again, or raise JOURNEY_MODEL_TIMEOUT_S.", context=context
            )
        if isinstance(exc, openai.APIConnectionError | httpx2.TransportError | ConnectionError):
            msg = f"the model server at {self.base_url!r} cannot be reached or broke off"
            return ModelUnavailableError(msg, hint="Check OPENAI_BASE_URL and the network.", context=context)
        if isinstance(exc, openai.APIError) and not isinstance(exc, openai.APIResponseValidationError):
            msg = f"the model server at {self.base_url!r} reported an error while answering"
            return ModelUnavailableError(msg, hint="Try again.", context=context)
        msg = f"the server at {self.base_url!r} did not answer with a chat completion"
        return MalformedOutputError(msg, hint="Check OPENAI_BASE_URL.", context=context)

    def _status_failure(self, exc: openai.APIStatusError, context: dict[str, object]) -> CallFailedError:
        status = exc.status_code
        context = {**context, "status": status, "code": exc.code}
        if isinstance(exc, openai.RateLimitError):
            return self._limited(exc)
        if status in _TIMEOUT_STATUS:
            msg = f"the model server at {self.base_url!r} ran out of time (HTTP {status})"
            return CallFailedError(ModelTimeoutError(msg, context=context), retry=True)
        if status >= _SERVER_FAULT:
            msg = f"the model server at {self.base_url!r} failed with HTTP {status}"
            error = ModelUnavailableError(msg, context=context)
            return CallFailedError(error, retry=True, wait_s=retry_after_s(exc.response.headers))
        return _final(self._request_fault(status, exc.code, context))

    def _request_fault(self, status: int, code: str | None, context: dict[str, object]) -> JourneyError:
        """Return what is wrong with a request that the server will never take."""
        if code in _TOO_LONG_CODES:
            return _too_long(context)
        if code == "content_filter":
            return ModelRefusedError("the server's content filter refused the request", context=context)
        if status in _SETTINGS_STATUS:
            msg = f"the model server at {self.base_url!r} refuses model {self.model!r} with HTTP {status}"
            hint = "Check OPENAI_API_KEY, OPENAI_BASE_URL and JOURNEY_MODEL."
            return ConfigError(msg, hint=hint, context=context)
        msg = f"the model server at {self.base_url!r} does not accept the request: HTTP {status}"
        hint = "The model has to support structured output (response_format json_schema) and tools."
        return ModelError(msg, hint=hint, context=context)

    def _limited(self, exc: openai.RateLimitError) -> CallFailedError:
        wait_s = retry_after_s(exc.response.headers)
        if exc.code in _QUOTA_CODES:
            msg = f"the quota of the account at {self.base_url!r} is used up"
            hint = "Check the account's plan and billing."
            return _final(RateLimitedError(msg, retry_after_s=None, hint=hint))
        msg = f"the model server at {self.base_url!r} asks to send less"
        hint = "Try again later." if wait_s is None else f"Try again in {wait_s:g} s."
        return CallFailedError(
            RateLimitedError(msg, retry_after_s=wait_s, hint=hint), retry=True, wait_s=wait_s
        )


class OpenAIChat:
    """Chat completions of one model on one server.

    Args:
        settings: Names the model, the server, the key and the time-out.
    """

    def __init__(self, settings: Settings) -> None:
        self._server = _Server.of(settings)
        self._chat = _SilentChatOpenAI(**_client(settings))

    @property
    def base_url(self) -> str:
        """The server that is asked."""
        return self._server.base_url

    def ask(
        self, system: str, user: Sequence[str], response_format: dict[str, Any], *, stream: bool
    ) -> Answer:
        """Send one request and return the complete answer.

        Args:
            system: Instructions.
            user: Material, and what was wrong with earlier answers, a message each.
            response_format: OpenAI's `json_schema` form.
            stream: Whether the answer comes in parts, so that a silent server is noticed early.

        Raises:
            CallFailedError: There is no complete answer.
        """
        messages: list[BaseMessage] = [SystemMessage(system), *(HumanMessage(text) for text in user)]
        try:
            if stream:
                parts = self._within_time(self._chat.stream_parts(messages, response_format))
            else:
                parts = [self._chat.complete(messages, response_format)]
            return _joined(parts, finished=not stream)
        except _WIRE_ERRORS as exc:
            raise self._server.failure(exc) from exc

    def _within_time(self, parts: Iterable[ChatGeneration]) -> Iterable[ChatGeneration]:
        """Pass parts on until the time for the whole answer is used up: a trickle never times out by itself."""
        deadline = time.monotonic() + self._server.timeout_s
        for part in parts:
            yield part
            if time.monotonic() > deadline:
                raise TimeoutError


class _AgentChat(ChatOpenAI):
    """The chat model of the agent's loop: always streams, and fails in our own terms."""

    _server: _Server = PrivateAttr()

    @classmethod
    def of(cls, settings: Settings) -> "_AgentChat":
        """Return the chat model of the settings."""
        http = httpx2.AsyncClient(
            timeout=settings.model_timeout_s,
            follow_redirects=False,
            limits=httpx2.Limits(max_keepalive_connections=0),
        )
        chat = cls(**_client(settings), streaming=True, http_async_client=http)
        chat._server = _Server.of(settings)
        return chat

    async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:  # noqa: ANN401
        started, finished, n_chars = False, False, 0
        deadline = asyncio.get_running_loop().time() + self._server.timeout_s
        try:
            stream = cast("AsyncGenerator[ChatGenerationChunk]", super()._astream(*args, **kwargs))
            async with aclosing(stream) as parts:
                while True:
                    async with asyncio.timeout_at(deadline):
                        part = await anext(parts, None)
                    if part is None:
                        break
                    started = True
                    finished = _check_part(part) or finished
                    n_chars += _n_argument_chars(part)
                    if n_chars > MAX_ARGUMENT_CHARS:
                        raise _too_many_arguments()
                    yield part
            if not finished:
                raise _broken_off() if started else self._server.failure(ValueError())
        except CallFailedError as failure:
            # What was passed on may have been read: it cannot be asked for again.
            raise CallFailedError(failure.error, retry=failure.retry and not started) from failure
        except _WIRE_ERRORS as exc:
            failure = self._server.failure(exc)
            retry = failure.retry and not started
            raise CallFailedError(failure.error, retry=retry, wait_s=failure.wait_s) from exc

    def _convert_chunk_to_generation_chunk(
        self,
        chunk: dict[str, Any],
        default_chunk_class: type,
        base_generation_info: dict[str, Any] | None,
    ) -> ChatGenerationChunk | None:
        # LangChain drops what a model declines with from a stream, and leaves an empty answer.
        choices: list[dict[str, Any]] = chunk.get("choices") or []
        deltas: list[dict[str, Any]] = [choice.get("delta") or {} for choice in choices]
        if any(delta.get("refusal") for delta in deltas):
            raise _declined()
        if len(str([delta.get("tool_calls") for delta in deltas])) > 2 * MAX_ARGUMENT_CHARS:
            raise _too_many_arguments()
        return super()._convert_chunk_to_generation_chunk(  # pyright: ignore[reportUnknownMemberType]
            chunk, default_chunk_class, base_generation_info
        )


def chat_model(settings: Settings) -> BaseChatModel:
    """Return the chat model of the agent's loop, which streams and never tries twice.

    It raises `agent.wire.CallFailedError`, whose `retry` is true only where nothing of an answer was passed on yet. No
    redirect is followed, and no connection is kept, so that it may be used in one event loop after another.
    """
    return _AgentChat.of(settings)


def _n_argument_chars(part: ChatGenerationChunk) -> int:
    message = part.message
    calls = message.tool_call_chunks if isinstance(message, AIMessageChunk) else []
    return sum(len(call["args"] or "") for call in calls)


def _too_many_arguments() -> CallFailedError:
    msg = f"the model called tools with more than {MAX_ARGUMENT_CHARS} characters of arguments"
    return _final(MalformedOutputError(msg, hint="Ask again, in other words."))


def _check_part(part: ChatGenerationChunk) -> bool:
    """Tell whether a part is the last of its answer; one that was stopped before its end has failed."""
    reason = (part.generation_info or {}).get("finish_reason")
    if reason == "content_filter":
        raise _final(ModelRefusedError("the server's content filter held the answer back"))
    if reason == "length":
        msg = f"the model's answer was cut off after {MAX_OUTPUT_TOKENS} tokens"
        raise _final(MalformedOutputError(msg, hint="Ask for less at once."))
    return bool(reason)


def _client(settings: Settings) -> dict[str, Any]:
    """Return how both clients are set up."""
    return {
        "model": settings.model,
        # Given even where it is the default: left out, the client lets the environment route it elsewhere.
        "base_url": settings.openai_base_url or OPENAI_URL,
        # Servers on the own machine need no key, but the client does.
        "api_key": settings.openai_api_key or SecretStr("not-needed"),
        "timeout": settings.model_timeout_s,
        "max_retries": 0,
        "max_tokens": MAX_OUTPUT_TOKENS,
        "stream_usage": True,
        "use_responses_api": False,
        "cache": False,
    }


def retry_after_s(headers: httpx2.Headers) -> float | None:
    """Return the seconds a server asks to wait, from `retry-after-ms` or `Retry-After`; None where it does not say.

    A date counts from the server's own `Date`, so that no clock of ours is asked.
    """
    try:
        if "retry-after-ms" in headers:
            return max(float(headers["retry-after-ms"]) / 1000, 0.0)
        return max(float(headers["retry-after"]), 0.0)
    except KeyError:
        return None
    except ValueError:
        pass
    try:
        until, now = parsedate_to_datetime(headers["retry-after"]), parsedate_to_datetime(headers["date"])
        return max((until - now).total_seconds(), 0.0)
    except (KeyError, ValueError, TypeError):
        return None


def _joined(parts: Iterable[ChatGeneration], *, finished: bool) -> Answer:
    """Return the whole answer; one that came in parts is whole only where the server said that it had finished."""
    text = ""
    usage: tuple[int | None, int | None] = (None, None)
    for part in parts:
        message = part.message
        if isinstance(message, AIMessage) and message.usage_metadata:
            usage = (message.usage_metadata["input_tokens"], message.usage_metadata["output_tokens"])
        if message.additional_kwargs.get("refusal"):
            raise _declined()
        if isinstance(message.content, str):
            text += message.content
        finished = finished or bool((part.generation_info or {}).get("finish_reason"))
    if not finished:
        raise _broken_off()
    return Answer(text, *usage)


def _declined() -> CallFailedError:
    return _final(ModelRefusedError("the model declined to answer"))


def _broken_off() -> CallFailedError:
    msg = "the model's answer broke off before its end"
    return CallFailedError(ModelUnavailableError(msg, hint="Try again."), retry=True)


def _too_long(context: dict[str, object]) -> BudgetExceededError:
    msg = "the request is longer than the model can read"
    return BudgetExceededError(
        msg, hint="Offer fewer quotes, or set a model that reads more.", context=context
    )


def _final(error: JourneyError) -> CallFailedError:
    return CallFailedError(error, retry=False)
