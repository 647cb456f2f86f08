"""Deterministic stand-ins for the ports, for tests and for trying the product without its heavy parts."""

import hashlib
import json
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import numpy as np
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.tool import tool_call, tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import Field

from agent.ports import Progress, Vectors


class HashEncoder:
    """An encoder that hashes words: equal texts get equal vectors, texts that share words get near ones."""

    model_id = "hash-v1"

    def __init__(self, dim: int = 64) -> None:
        self.dim = dim

    def encode(self, texts: Sequence[str], *, on_progress: Progress | None = None) -> Vectors:
        """Return one unit vector a text, shape `(len(texts), dim)`."""
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in ["", *text.lower().split()]:
                digest = hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()
                vectors[row, digest[0] % self.dim] += 1.0 if digest[1] % 2 else -1.0
            if not vectors[row].any():
                vectors[row, 0] = 1.0
        if on_progress is not None:
            on_progress(len(texts))
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    @staticmethod
    def kept(name: str, build: Callable[[], bytes]) -> bytes:  # noqa: ARG004 - of the port
        """Return what is built; nothing is kept."""
        return build()


@dataclass(frozen=True, slots=True)
class ScriptedCall:
    """A call of a tool that a scripted model makes."""

    tool: str
    arguments: Mapping[str, object] | str
    """Text is sent as it is, valid JSON or not."""

    @property
    def text(self) -> str:
        """The arguments as the model would write them."""
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)


@dataclass(frozen=True, slots=True)
class ScriptedAnswer:
    """How the scripted server answers one request.

    Attributes:
        content: Text of the answer; anything but a string is sent as JSON.
        status: HTTP status; from 400 on, `content` is the error's code.
        headers: Further response headers.
        finish_reason: Why the answer ends.
        refusal: What the model declines with, in place of an answer.
        delay_s: Seconds before anything is sent.
        cut_after: Characters of the body (of the content, when streamed) after which the connection breaks off.
        body: Sent as it is, in place of a chat completion.
        calls: Tools it calls.
        part_delay_s: Seconds between two parts of a streamed answer.
    """

    content: object = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    finish_reason: str = "stop"
    refusal: str | None = None
    delay_s: float = 0.0
    cut_after: int | None = None
    body: bytes | None = None
    calls: tuple[ScriptedCall, ...] = ()
    part_delay_s: float = 0.0

    @property
    def text(self) -> str:
        """The content as the model would write it."""
        return self.content if isinstance(self.content, str) else json.dumps(self.content)


Script = Callable[[dict[str, Any]], ScriptedAnswer]


class ScriptedModelServer:
    """A model server on the own machine that speaks the OpenAI protocol and answers from a script.

    Serves `/v1/chat/completions`, in one piece and streamed. A token is counted for every four characters.

    Args:
        script: Answers in the order of requests, the last one for all further ones; or a function of the request.

    Attributes:
        requests: Bodies of all requests.
        tokens_in: Tokens received.
        tokens_out: Tokens sent, where all of an answer was taken.
        n_parts_sent: Parts of streamed answers that a client took; none is sent once it is gone.
    """

    def __init__(self, script: Script | Sequence[ScriptedAnswer]) -> None:
        self._script = script
        self.requests: list[dict[str, Any]] = []
        self.tokens_in = 0
        self.tokens_out = 0
        self.n_parts_sent = 0
        self._stopped = threading.Event()
        self._server = _ModelHttpServer(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        """Base URL for a client."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> "ScriptedModelServer":
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def next_answer(self, request: dict[str, Any]) -> ScriptedAnswer:
        """Record a request and return what the script answers to it."""
        self.requests.append(request)
        if callable(self._script):
            answer = self._script(request)
        else:
            answer = self._script[min(len(self.requests), len(self._script)) - 1]
        self._stopped.wait(answer.delay_s)
        return answer

    def sent_part(self, delay_s: float) -> None:
        """Count a part that was sent, and wait before the next."""
        self.n_parts_sent += 1
        self._stopped.wait(delay_s)

    def count(self, request: dict[str, Any], answer: ScriptedAnswer) -> dict[str, int]:
        """Return the usage of one call and add it up."""
        tokens_in, tokens_out = len(json.dumps(request["messages"])) // 4, len(answer.text) // 4
        self.tokens_in += tokens_in
        self.tokens_out += tokens_out
        return {
            "prompt_tokens": tokens_in,
            "completion_tokens": tokens_out,
            "total_tokens": tokens_in + tokens_out,
        }


class _ModelHttpServer(ThreadingHTTPServer):
    def __init__(self, model: ScriptedModelServer) -> None:
        super().__init__(("127.0.0.1", 0), _ModelHandler)
        self.model = model

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent where a client gave up waiting."""


class _ModelHandler(BaseHTTPRequestHandler):
    @property
    def _model(self) -> ScriptedModelServer:
        return cast("_ModelHttpServer", self.server).model

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path != "/v1/chat/completions":
            self._send(404, "application/json", b'{"error": {"code": "unknown_url"}}')
            return
        answer = self._model.next_answer(request)
        if answer.status >= HTTPStatus.BAD_REQUEST:
            error = {"error": {"message": "scripted", "type": "scripted", "code": answer.text or None}}
            self._send(answer.status, "application/json", json.dumps(error).encode(), answer)
        elif answer.body is not None:
            self._send(answer.status, "application/json", answer.body, answer)
        elif request.get("stream"):
            self._send_events(self._events(request, answer), answer)
        else:
            self._send(200, "application/json", self._completion(request, answer), answer)

    def _send(
        self, status: int, content_type: str, body: bytes, answer: ScriptedAnswer | None = None
    ) -> None:
        answer = answer or ScriptedAnswer()
        self._send_head(status, content_type, len(body), answer)
        self.wfile.write(body[: answer.cut_after])

    def _send_head(self, status: int, content_type: str, n_bytes: int, answer: ScriptedAnswer) -> None:
        self.send_response(status)
        self.send_header("content-type", content_type)
        # A promised length that is not kept is how a client sees that a connection broke off.
        self.send_header("content-length", str(n_bytes))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send_events(self, events: list[bytes], answer: ScriptedAnswer) -> None:
        """Send a streamed answer part by part, until the client is gone."""
        self._send_head(200, "text/event-stream", sum(map(len, events)), answer)
        if not answer.part_delay_s:
            self.wfile.write(b"".join(events))
            return
        for event in events:
            try:
                self.wfile.write(event)
            except OSError:
                return
            self._model.sent_part(answer.part_delay_s)

    def _completion(self, request: dict[str, Any], answer: ScriptedAnswer) -> bytes:
        message: dict[str, Any] = {
            "role": "assistant",
            "content": None if answer.refusal else answer.text,
            "refusal": answer.refusal,
        }
        if answer.calls:
            message["tool_calls"] = _wire_calls(answer)
        choice = {"index": 0, "message": message, "finish_reason": answer.finish_reason}
        usage = self._model.count(request, answer)
        return _json({**_HEAD, "object": "chat.completion", "choices": [choice], "usage": usage})

    def _events(self, request: dict[str, Any], answer: ScriptedAnswer) -> list[bytes]:
        """Return the answer as server-sent events; one that is cut off stops without an end."""
        usage = self._model.count(request, answer)
        text = answer.text[: answer.cut_after]
        parts = [text[start : start + _PART] for start in range(0, len(text), _PART)]
        deltas: list[dict[str, Any]] = [{"role": "assistant"}, *({"content": part} for part in parts)]
        if answer.refusal:
            deltas = [{"role": "assistant", "refusal": answer.refusal}]
        deltas += [{"tool_calls": [call]} for call in _wire_calls(answer)]
        events = [_chunk([{"index": 0, "delta": delta, "finish_reason": None}]) for delta in deltas]
        if answer.cut_after is None:
            events.append(_chunk([{"index": 0, "delta": {}, "finish_reason": answer.finish_reason}]))
            events.append(_chunk([], usage=usage))
            events.append(b"data: [DONE]\n\n")
        return events

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Keep quiet: tests read `requests`."""


_PART = 7
_HEAD: dict[str, Any] = {"id": "chatcmpl-scripted", "created": 0, "model": "scripted"}


def _wire_calls(answer: ScriptedAnswer) -> list[dict[str, Any]]:
    return [
        {
            "index": index,
            "id": f"call_{index}",
            "type": "function",
            "function": {"name": call.tool, "arguments": call.text},
        }
        for index, call in enumerate(answer.calls)
    ]


def _chunk(choices: list[dict[str, Any]], **rest: object) -> bytes:
    return (
        b"data: " + _json({**_HEAD, "object": "chat.completion.chunk", "choices": choices, **rest}) + b"\n\n"
    )


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


Says = Callable[[list[BaseMessage]], ScriptedAnswer]


class ScriptedChatModel(BaseChatModel):
    """A chat model that answers from a script, in this process and in parts; of an answer it takes text and calls.

    Attributes:
        script: Answers in order, the last one for all further requests; or a function of the messages.
        seen: Messages of all requests.
    """

    script: Sequence[ScriptedAnswer] | Says
    seen: list[list[BaseMessage]] = Field(default_factory=list[list[BaseMessage]])

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> "ScriptedChatModel":  # noqa: ANN401, ARG002
        """Return itself: the script knows what it calls."""
        return self

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 - the base class's parameters
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,  # noqa: ANN401, ARG002
    ) -> ChatResult:
        answer = self._next(messages)
        calls = [tool_call(name=c.tool, args=json.loads(c.text), id=i) for i, c in self._calls(answer)]
        return ChatResult(
            generations=[ChatGeneration(message=AIMessage(content=answer.text, tool_calls=calls))]
        )

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,  # noqa: ANN401, ARG002
    ) -> AsyncIterator[ChatGenerationChunk]:
        answer = self._next(messages)
        parts = [answer.text[start : start + _PART] for start in range(0, len(answer.text), _PART)] or [""]
        calls = [
            tool_call_chunk(name=call.tool, args=call.text, id=call_id, index=index)
            for index, (call_id, call) in enumerate(self._calls(answer))
        ]
        for message in (
            *(AIMessageChunk(content=part) for part in parts),
            AIMessageChunk(content="", tool_call_chunks=calls),
        ):
            chunk = ChatGenerationChunk(message=message)
            if run_manager is not None:
                await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    def _calls(self, answer: ScriptedAnswer) -> list[tuple[str, ScriptedCall]]:
        return [(f"call_{len(self.seen)}_{index}", call) for index, call in enumerate(answer.calls)]

    def _next(self, messages: list[BaseMessage]) -> ScriptedAnswer:
        self.seen.append(messages)
        if callable(self.script):
            return self.script(messages)
        return self.script[min(len(self.seen), len(self.script)) - 1]


class MemoryCallLog:
    """A log of model calls in memory.

    Attributes:
        calls: Key to request, response, tokens in and tokens out.
    """

    def __init__(self) -> None:
        self.calls: dict[str, tuple[str, str, int, int]] = {}

    def get(self, key: str) -> str | None:
        """Return the logged response of an identical call, or None."""
        return self.calls[key][1] if key in self.calls else None

    def put(self, key: str, request: str, response: str, tokens_in: int, tokens_out: int) -> None:
        """Log a call."""
        self.calls[key] = (request, response, tokens_in, tokens_out)
