"""The analyst on a real model server on the loopback, with the real client: what goes over the wire and what goes wrong."""

import asyncio
import json
import re
import socket
import time
from typing import Any

import pytest

from agent.chat.loop import REQUESTS, Limits
from agent.models import chat_model
from agent.schemas.chat import Answer, AnswerEvent, Outcome, SentenceEvent
from agent.settings import Settings
from agent.testing import MemoryCallLog, ScriptedAnswer, ScriptedCall, ScriptedModelServer
from tests.agent.chat.turns import ASK, CONTEXT, OWN, PAIN_POINTS, KnownTools, analyst, heard

TEXT = ScriptedAnswer("\n".join(OWN.values()))
FOUND = [one.text for one in PAIN_POINTS.sentences]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the client on the loopback whatever the machine's proxy."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def settings(url: str, **given: object) -> Settings:
    """Return settings for a server."""
    return Settings.model_validate({"openai_base_url": url, "openai_api_key": "k", "model": "m", **given})


def asked(
    script: Any,
    *,
    tools: KnownTools | None = None,
    log: MemoryCallLog | None = None,
    n_tries: int = 1,
    **given: object,
) -> tuple[Answer, ScriptedModelServer]:
    """Return the answer that comes of a scripted server, and the server."""
    with ScriptedModelServer(script) as server:
        model = chat_model(settings(server.url, **given))
        asked_one = analyst(model, tools, limits=Limits(n_tries=n_tries), call_log=log)
        event = asyncio.run(heard(asked_one))[-1]
    assert isinstance(event, AnswerEvent)
    return event.answer, server


def test_answer_over_the_wire_calls_tools_and_streams_what_verifies() -> None:
    """Tools are offered with their schemas, results go back fenced, and nothing of the caller goes along."""
    answer, server = asked([ASK, TEXT])
    assert answer.outcome is Outcome.ANSWERED
    assert [one.text for one in answer.sentences] == FOUND[:3]
    first, second = server.requests
    assert first["stream"] is True
    assert {one["function"]["name"] for one in first["tools"]} == set(REQUESTS)
    assert [m["role"] for m in second["messages"]] == ["system", "user", "assistant", "tool"]
    assert set(second["messages"][1]) == {"role", "content"}
    sent = json.dumps(server.requests)
    assert CONTEXT.account_id + '"' not in sent
    assert not re.search(r"\bdemo\b", sent)


def test_answer_two_calls_at_once_go_back_in_order() -> None:
    """Parallel calls are answered each under its id."""
    calls = ScriptedAnswer(
        calls=(ScriptedCall("list_pain_points", {}), ScriptedCall("search_evidence", {"query": "gifts"}))
    )
    answer, server = asked([calls, TEXT])
    assert [m["tool_call_id"] for m in server.requests[1]["messages"][3:]] == ["call_0", "call_1"]
    assert len(answer.tools) == 2


@pytest.mark.parametrize(
    ("last", "told"),
    [
        (ScriptedAnswer("", status=500), "HTTP 500"),
        (ScriptedAnswer("", status=401), "OPENAI_API_KEY"),
        (ScriptedAnswer("", status=429), "asks to send less"),
        (ScriptedAnswer("context_length_exceeded", status=400), "longer than the model can read"),
        (ScriptedAnswer(body=b"<html>Welcome to the hotel's network</html>"), "chat completion"),
        (ScriptedAnswer(body=b'{"choices": "none"}'), "chat completion"),
        (ScriptedAnswer(body=b""), "chat completion"),
        (ScriptedAnswer(refusal="I will not"), "declined"),
        (ScriptedAnswer("Late parcels", finish_reason="length"), "cut off"),
        (ScriptedAnswer("Late parcels", finish_reason="content_filter"), "filter"),
        (ScriptedAnswer("Complaints about late parcels", cut_after=9), "broke off"),
        (ScriptedAnswer("slow", delay_s=2.0), "within 0.3 s"),
        (ScriptedAnswer("slow " * 400, part_delay_s=0.02), "within 0.3 s"),
        (ScriptedAnswer(status=307, body=b"", headers={"location": "http://127.0.0.1:9/v1/x"}), "HTTP 307"),
    ],
    ids=[
        "down", "key", "limited", "too-long", "html", "no-choices", "nothing", "refusal", "length", "filter", "cut",
        "silent", "trickle", "redirect",
    ],
)  # fmt: skip
def test_answer_server_that_fails_is_a_failure_with_what_tools_found(last: ScriptedAnswer, told: str) -> None:
    """Every fault of a server has a clear outcome, and what was found before is shown in the tools' own words."""
    answer, _ = asked([ASK, last], model_timeout_s=0.3 if "within" in told else 30.0)
    assert answer.outcome is Outcome.FAILED
    assert told in str(answer.error)
    assert [one.text for one in answer.sentences] == FOUND
    assert answer.citations


def test_answer_server_that_is_not_there_is_a_failure() -> None:
    """Nobody listens: the answer says what to check."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    event = asyncio.run(
        heard(analyst(chat_model(settings(f"http://127.0.0.1:{port}/v1")), limits=Limits(n_tries=1)))
    )[-1]
    assert isinstance(event, AnswerEvent)
    assert event.answer.outcome is Outcome.FAILED
    assert "cannot be reached" in str(event.answer.error)


def test_answer_server_that_recovers_is_asked_again_once_per_try() -> None:
    """There is one layer of tries, ours."""
    answer, server = asked(
        [ScriptedAnswer("", status=503, headers={"retry-after": "0"}), ASK, TEXT], n_tries=2
    )
    assert answer.outcome is Outcome.ANSWERED
    assert len(server.requests) == 3
    _, server = asked([ScriptedAnswer("", status=503, headers={"retry-after": "0"})], n_tries=3)
    assert len(server.requests) == 3


def test_answer_that_broke_off_after_it_began_is_not_asked_again() -> None:
    """What the reader may have read is not said twice."""
    answer, server = asked([ASK, ScriptedAnswer(OWN["late"] + "\nand then", cut_after=70)], n_tries=3)
    assert answer.outcome is Outcome.FAILED
    assert [one.text for one in answer.sentences] == FOUND[:1]
    assert len(server.requests) == 2


def test_answer_arguments_that_are_no_json_reach_no_tool() -> None:
    """Garbage in a call is the model's fault, and said to be."""
    tools = KnownTools()
    answer, _ = asked(
        [ScriptedAnswer(calls=(ScriptedCall("search_evidence", "[[["),)), ScriptedAnswer("")], tools=tools
    )
    assert answer.outcome is Outcome.FAILED
    assert tools.asked == []


def test_answer_stopped_server_sends_no_more() -> None:
    """Stop cancels the model's call: the server sends what was in flight and no more."""
    slow = ScriptedAnswer(OWN["late"] + "\n" + "and so on " * 2_000, part_delay_s=0.01)

    async def stopped(url: str) -> None:
        turn = analyst(chat_model(settings(url))).answer("What?", context=CONTEXT)
        async for event in turn:
            if isinstance(event, SentenceEvent):
                break
        await turn.aclose()

    with ScriptedModelServer([ASK, slow]) as server:
        asyncio.run(stopped(server.url))
        at_stop = server.n_parts_sent
        time.sleep(0.3)
        in_flight = server.n_parts_sent - at_stop
        time.sleep(0.3)
        assert server.n_parts_sent - at_stop == in_flight
        assert in_flight <= 3
        assert at_stop < 60


def test_answer_task_cancelled_server_sends_no_more() -> None:
    """A reader whose task ends stops the work as well."""
    slow = ScriptedAnswer("and so on " * 2_000, part_delay_s=0.01)

    async def cancelled(server: ScriptedModelServer) -> None:
        reader = asyncio.create_task(heard(analyst(chat_model(settings(server.url)))))
        async with asyncio.timeout(5):
            while server.n_parts_sent < 5:  # noqa: ASYNC110 - the server has no event loop
                await asyncio.sleep(0.01)
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader

    with ScriptedModelServer([ASK, slow]) as server:
        asyncio.run(cancelled(server))
        at_stop = server.n_parts_sent
        time.sleep(0.3)
        assert server.n_parts_sent - at_stop <= 3


def test_answer_stopped_call_is_logged() -> None:
    """What left is on record also where its answer was never read to the end."""
    log = MemoryCallLog()

    async def stopped(url: str) -> None:
        turn = analyst(chat_model(settings(url)), call_log=log).answer("What?", context=CONTEXT)
        async for event in turn:
            if isinstance(event, SentenceEvent):
                break
        await turn.aclose()

    slow = ScriptedAnswer(OWN["late"] + "\n" + "and so on " * 500, part_delay_s=0.01)
    with ScriptedModelServer([ASK, slow]) as server:
        asyncio.run(stopped(server.url))
    assert [bool(response) for _, response, *_ in log.calls.values()] == [True, False]


def test_chat_model_is_good_for_one_event_loop_after_another() -> None:
    """The terminal runs a loop a question."""
    with ScriptedModelServer([ASK, TEXT, ASK, TEXT]) as server:
        one = analyst(chat_model(settings(server.url)))
        for _ in range(2):
            event = asyncio.run(heard(one))[-1]
            assert isinstance(event, AnswerEvent)
            assert event.answer.outcome is Outcome.ANSWERED
