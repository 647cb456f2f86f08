"""The one adapter to OpenAI-compatible servers: sends one request, and says what went wrong in our own terms.

No retry happens here, nor in the vendors' clients. LangChain's callback machinery is never entered, so that no
environment variable can switch on tracing or routing and carry customer text elsewhere.
"""

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import openai
from langchain_core.exceptions import ContextOverflowError
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.outputs import ChatGeneration
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

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

OPENAI_URL = "https://api.openai.com/v1"
MAX_OUTPUT_TOKENS = 16_000
"""Ends an answer that runs away; drafts take a few hundred, reasoning some thousand."""
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


class CallFailedError(Exception):
    """A call gave no answer.

    Args:
        error: What to raise when no further try is left.
        retry: Whether the same request may succeed later.
        wait_s: Seconds the server asks to wait, where it said so.
    """

    def __init__(self, error: JourneyError, *, retry: bool, wait_s: float | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.retry = retry
        self.wait_s = wait_s


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


class OpenAIChat:
    """Chat completions of one model on one server.

    Args:
        settings: Names the model, the server, the key and the time-out.
    """

    def __init__(self, settings: Settings) -> None:
        self.model = settings.model
        self.base_url = settings.openai_base_url or OPENAI_URL
        self._timeout_s = settings.model_timeout_s
        self._chat = _SilentChatOpenAI(
            model=settings.model,
            # Given even where it is the default: left out, the client lets the environment route it elsewhere.
            base_url=self.base_url,
            # Servers on the own machine need no key, but the client does.
            api_key=settings.openai_api_key or SecretStr("not-needed"),
            timeout=settings.model_timeout_s,
            max_retries=0,
            max_tokens=MAX_OUTPUT_TOKENS,  # pyright: ignore[reportCallIssue] - alias of max_completion_tokens
            stream_usage=True,
            use_responses_api=False,
            cache=False,
        )

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
            raise self._failure(exc) from exc

    def _within_time(self, parts: Iterable[ChatGeneration]) -> Iterable[ChatGeneration]:
        """Pass parts on until the time for the whole answer is used up: a trickle never times out by itself."""
        deadline = time.monotonic() + self._timeout_s
        for part in parts:
            yield part
            if time.monotonic() > deadline:
                raise TimeoutError

    def _failure(self, exc: Exception) -> CallFailedError:
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
            msg = f"model {self.model!r} did not answer within {self._timeout_s:g} s"
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
        hint = "The model has to support structured output (response_format json_schema)."
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
            raise _final(ModelRefusedError("the model declined to answer"))
        if isinstance(message.content, str):
            text += message.content
        finished = finished or bool((part.generation_info or {}).get("finish_reason"))
    if not finished:
        msg = "the model's answer broke off before its end"
        raise CallFailedError(ModelUnavailableError(msg, hint="Try again."), retry=True)
    return Answer(text, *usage)


def _too_long(context: dict[str, object]) -> BudgetExceededError:
    msg = "the request is longer than the model can read"
    return BudgetExceededError(
        msg, hint="Offer fewer quotes, or set a model that reads more.", context=context
    )


def _final(error: JourneyError) -> CallFailedError:
    return CallFailedError(error, retry=False)
