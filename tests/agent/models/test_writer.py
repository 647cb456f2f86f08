"""The language-model writer against a real server on the loopback, with the real clients."""

import json
import socket
from collections.abc import Sequence
from typing import Any

import pytest

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
from agent.offline.analyst import OfflineAnalyst
from agent.ports import WritingTask
from agent.schemas.creative import Factor
from agent.schemas.writing import (
    CopyBrief,
    CopyDraft,
    QuotedItem,
    SlotItem,
    StageBrief,
    StageDraft,
    ThemeBrief,
    ThemeName,
)
from agent.settings import Settings
from agent.testing import MemoryCallLog, ScriptedAnswer, ScriptedModelServer
from agent.writer import MAX_WAIT_S, LanguageModelWriter, make_writer

NAME = {"label": "Refund never arrives", "definition": "Customers wait for a refund that does not come."}
CLAIM = {
    "lane": "actions",
    "statement": "Customers call again because nobody told them.",
    "evidence_ids": ["e1"],
    "quotes": ["nobody told me"],
}
THEME = WritingTask(
    "name_theme",
    ThemeBrief(
        terms=("refund",), quotes=(QuotedItem(evidence_id="e1", text="No refund & <b>no</b> answer"),)
    ),
    ThemeName,
)
STAGE = WritingTask(
    "draft_stage",
    StageBrief(
        stage="retention",
        persona="P",
        goal="G",
        quotes=(QuotedItem(evidence_id="e1", text="I called again, nobody told me"),),
        metrics=(),
    ),
    StageDraft,
)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the clients on the loopback whatever the machine's proxy."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


class Writing:
    """A writer on a scripted server, with the waits it took."""

    def __init__(self, url: str, log: MemoryCallLog | None = None, **settings: object) -> None:
        self.log = log or MemoryCallLog()
        self.waits: list[float] = []
        chosen = {
            "openai_base_url": url,
            "openai_api_key": "k",
            "model_timeout_s": 5,
            "model": "m",
            **settings,
        }
        self.writer = LanguageModelWriter(
            Settings.model_validate(chosen), call_log=self.log, sleep=self.waits.append
        )

    def write(self, task: WritingTask[Any] = THEME) -> Any:
        """Write a task."""
        return self.writer.write(task)


def run(
    answers: Sequence[ScriptedAnswer], task: WritingTask[Any] = THEME, **settings: object
) -> tuple[Any, ScriptedModelServer, Writing]:
    """Write once with a scripted server; return the result or the error, the server and the writing."""
    with ScriptedModelServer(answers) as server:
        writing = Writing(server.url, None, **settings)
        try:
            result = writing.write(task)
        except JourneyError as error:
            result = error
    return result, server, writing


def test_write_structured_output_asks_for_strict_schema() -> None:
    """The answer's form is asked for strictly, system and material apart."""
    result, server, writing = run([ScriptedAnswer(NAME)])
    assert result == ThemeName.model_validate(NAME)
    (request,) = server.requests
    form = request["response_format"]["json_schema"]
    assert form["strict"] is True
    assert form["schema"]["additionalProperties"] is False
    assert set(form["schema"]["required"]) == {"label", "definition"}
    assert [message["role"] for message in request["messages"]] == ["system", "user"]
    assert "No refund &amp; &lt;b&gt;no&lt;/b&gt; answer" in request["messages"][1]["content"]
    assert writing.writer.tokens_in == server.tokens_in > 0
    assert writing.writer.tokens_out == server.tokens_out > 0


def test_write_draft_is_streamed_and_joined() -> None:
    """A draft comes in parts and is whole at the end."""
    result, server, writing = run([ScriptedAnswer({"claims": [CLAIM]})], STAGE)
    assert result.claims[0].evidence_ids == ("e1",)
    assert server.requests[0]["stream"] is True
    assert writing.writer.tokens_in == server.tokens_in > 0


COPY = WritingTask(
    "draft_copy",
    CopyBrief(
        channel="email",
        factor=Factor.HOOK,
        factor_definition="d",
        change_slots=(SlotItem(name="subject", text="Old", max_chars=30),),
        keep_slots=(),
        pain_point="p",
        facts=(),
        quotes=(),
    ),
    CopyDraft,
)


def test_write_copy_asks_for_the_slots_by_name():
    """A model cannot return a slot that may not change."""
    answer: dict[str, Any] = {"slots": {"subject": "Where is my refund?"}, "fact_ids": []}
    result, server, _ = run([ScriptedAnswer(answer)], COPY)
    assert result.slots == {"subject": "Where is my refund?"}
    slots = server.requests[0]["response_format"]["json_schema"]["schema"]["properties"]["slots"]
    assert slots["required"] == ["subject"]
    assert slots["additionalProperties"] is False


@pytest.mark.parametrize(
    ("slots", "told"),
    [
        (
            {"subject": "Where is my refund, and why did nobody tell me?"},
            "subject has 47 characters, at most 30",
        ),
        ({"subject": "Refund?", "body": "More"}, "have to be subject"),
        ({}, "have to be subject"),
    ],
    ids=["too-long", "further-slot", "no-slot"],
)
def test_write_copy_that_does_not_fit_is_corrected(slots: dict[str, str], told: str) -> None:
    """Limits of a channel hold for models too."""
    answers = [
        ScriptedAnswer({"slots": slots, "fact_ids": []}),
        ScriptedAnswer({"slots": {"subject": "Refund?"}, "fact_ids": []}),
    ]
    result, server, _ = run(answers, COPY)
    assert result.slots == {"subject": "Refund?"}
    assert told in server.requests[1]["messages"][-1]["content"]


def test_write_identical_call_costs_nothing() -> None:
    """The second of two identical calls is answered by the log, also in another run."""
    with ScriptedModelServer([ScriptedAnswer(NAME)]) as server:
        first = Writing(server.url)
        second = Writing(server.url, log=first.log)
        assert first.write() == first.write() == second.write()
    assert len(server.requests) == 1
    assert second.writer.n_calls == second.writer.tokens_in == 0


def test_write_other_model_is_another_call() -> None:
    """What another model said is no answer of this one."""
    with ScriptedModelServer([ScriptedAnswer(NAME)]) as server:
        first = Writing(server.url)
        first.write()
        Writing(server.url, log=first.log, model="other").write()
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
        ({}, 0.5),
        ({"retry-after": "soon"}, 0.5),
    ],
    ids=["seconds", "milliseconds", "date-passed", "none", "nonsense"],
)
def test_write_rate_limited_waits_as_asked_and_goes_on(headers: dict[str, str], waited: float) -> None:
    """A limit is waited out, for as long as the server asks."""
    result, server, writing = run([ScriptedAnswer(status=429, headers=headers), ScriptedAnswer(NAME)])
    assert result.label == NAME["label"]
    assert len(server.requests) == 2
    assert writing.waits == [waited]


def test_write_rate_limited_for_too_long_gives_up_at_once() -> None:
    """Nobody is kept waiting for an hour; the error says how long the server asks for."""
    error, server, writing = run([ScriptedAnswer(status=429, headers={"retry-after": str(MAX_WAIT_S + 1)})])
    assert isinstance(error, RateLimitedError)
    assert error.retry_after_s == MAX_WAIT_S + 1
    assert (len(server.requests), writing.waits) == (1, [])


def test_write_quota_used_up_is_not_tried_again() -> None:
    """An empty account does not fill up by asking."""
    error, server, _ = run([ScriptedAnswer("insufficient_quota", status=429)])
    assert isinstance(error, RateLimitedError)
    assert len(server.requests) == 1


@pytest.mark.parametrize("task", [THEME, STAGE], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("answer", "error_type"),
    [
        (ScriptedAnswer(status=500), ModelUnavailableError),
        (ScriptedAnswer(status=503), ModelUnavailableError),
        (ScriptedAnswer(status=429), RateLimitedError),
        (ScriptedAnswer(status=504), ModelTimeoutError),
        (ScriptedAnswer({"claims": [], **NAME}, cut_after=30), ModelUnavailableError),
        (ScriptedAnswer("no json at all"), MalformedOutputError),
        (ScriptedAnswer({"label": "x", "claims": 1}), MalformedOutputError),
        (ScriptedAnswer("[" * 3_000), MalformedOutputError),
        (ScriptedAnswer(body=b"<html>Bad gateway</html>"), JourneyError),
        (ScriptedAnswer(body=b'{"choices": null}'), JourneyError),
        (ScriptedAnswer(body=b'{"choices": []}'), JourneyError),
        (ScriptedAnswer(body=b"{}"), JourneyError),
        (ScriptedAnswer(body=b""), JourneyError),
        (ScriptedAnswer(body=b'data: {"error": {"message": "overloaded"}}\n\n'), JourneyError),
    ],
    ids=[
        "500", "503", "429", "504", "cut-off", "malformed", "mismatch", "nested", "html", "null-choices",
        "no-choices", "empty-object", "empty", "error-event",
    ],
)  # fmt: skip
def test_write_failing_server_is_retried_then_reported(
    task: WritingTask[Any], answer: ScriptedAnswer, error_type: type[JourneyError]
) -> None:
    """Every passing failure gets the allowed tries and then becomes one of our errors."""
    error, server, writing = run([answer], task, model_max_retries=2)
    assert isinstance(error, error_type)
    assert isinstance(error, ModelError)
    assert len(server.requests) == 3
    assert "nobody told me" not in str(error) + str(error.context)
    assert len(writing.log.calls) >= 1


@pytest.mark.parametrize("task", [THEME, STAGE], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("answer", "error_type"),
    [
        (ScriptedAnswer(refusal="I cannot help with that"), ModelRefusedError),
        (ScriptedAnswer(NAME, finish_reason="content_filter"), ModelRefusedError),
        (ScriptedAnswer("content_filter", status=400), ModelRefusedError),
        (ScriptedAnswer(NAME, finish_reason="length"), MalformedOutputError),
        (ScriptedAnswer("context_length_exceeded", status=400), BudgetExceededError),
        (ScriptedAnswer(status=400), ModelError),
        (ScriptedAnswer(status=401), ConfigError),
        (ScriptedAnswer(status=404), ConfigError),
    ],
    ids=["refusal", "content-filter", "filtered-request", "length", "context-length", "400", "401", "404"],
)
def test_write_final_failure_is_not_tried_again(
    task: WritingTask[Any], answer: ScriptedAnswer, error_type: type[JourneyError]
) -> None:
    """What another try cannot better is reported at once."""
    error, server, _ = run([answer], task)
    assert isinstance(error, error_type)
    assert len(server.requests) == 1


@pytest.mark.parametrize("task", [THEME, STAGE], ids=["whole", "streamed"])
def test_write_silent_server_times_out(task: WritingTask[Any]) -> None:
    """A server that says nothing is given up after the set time, as often as allowed."""
    error, server, _ = run([ScriptedAnswer(NAME, delay_s=30)], task, model_timeout_s=0.2, model_max_retries=1)
    assert isinstance(error, ModelTimeoutError)
    assert len(server.requests) == 2


def test_write_nobody_listening_is_unavailable() -> None:
    """A refused connection is an outage, not a crash."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with pytest.raises(ModelUnavailableError):
        Writing(url, model_max_retries=0).write()


def test_write_cut_off_stream_is_asked_for_in_one_piece_next() -> None:
    """Half a draft is never taken for a draft; the next try does without the stream."""
    whole = {"claims": [CLAIM]}
    result, server, _ = run([ScriptedAnswer(whole, cut_after=40), ScriptedAnswer(whole)], STAGE)
    assert len(result.claims) == 1
    assert [bool(request.get("stream")) for request in server.requests] == [True, False]


def test_write_unusable_answer_is_corrected_with_the_reason() -> None:
    """The model is told what was wrong, without its own words being repeated, and the log replays the way."""
    answers = [ScriptedAnswer({"label": "SECRET" * 20, "definition": "d"}), ScriptedAnswer(NAME)]
    with ScriptedModelServer(answers) as server:
        writing = Writing(server.url)
        assert writing.write().label == NAME["label"]
        assert Writing(server.url, log=writing.log).write().label == NAME["label"]
    assert len(server.requests) == 2
    correction = server.requests[1]["messages"][-1]["content"]
    assert "label: String should have at most 60 characters" in correction
    assert "SECRET" not in correction


def test_write_theme_name_with_a_number_is_corrected() -> None:
    """A name is shown beside numbers, so it must state none."""
    numbered = {**NAME, "label": "Refund takes 3 weeks"}
    result, server, _ = run([ScriptedAnswer(numbered), ScriptedAnswer(NAME)])
    assert result.label == NAME["label"]
    assert len(server.requests) == 2


def test_write_over_budget_sends_nothing() -> None:
    """A request that may cost more than allowed is not sent."""
    error, server, writing = run([ScriptedAnswer(NAME)], max_input_tokens=100)
    assert isinstance(error, BudgetExceededError)
    assert (server.requests, writing.log.calls) == ([], {})


def test_write_retries_are_paid_from_the_same_budget() -> None:
    """Tries add up: a failing server cannot spend more than the budget."""
    error, server, _ = run([ScriptedAnswer("no json")], max_input_tokens=12_000, model_max_retries=9)
    assert isinstance(error, BudgetExceededError)
    assert 1 <= len(server.requests) < 9
    assert server.tokens_in <= 12_000


def test_write_failed_call_is_logged() -> None:
    """Whatever left the machine is in the log, whether or not an answer came."""
    _, _, writing = run([ScriptedAnswer(status=500)], model_max_retries=0)
    ((request, response, tokens_in, _),) = writing.log.calls.values()
    assert "No refund" in request
    assert json.loads(request)["prompt"].startswith("name_theme@")
    assert (response, tokens_in > 0) == ("", True)


def test_write_markup_in_wording_is_taken_out() -> None:
    """Markup, links, control and invisible characters of a model never reach a reader."""
    dirty = {
        "label": "**Refund** <img src=x onerror=alert()>never\u202e \x07arrives",
        "definition": "Customers [wait](http://evil.example/x?q=1) for `money`, see https://evil.example &lt;b&gt;now&lt;/b&gt;",
    }
    result, _, _ = run([ScriptedAnswer(dirty)])
    assert result.label == "Refund never arrives"
    assert result.definition == "Customers wait for money, see now"


def test_write_quotes_come_back_as_customers_wrote_them() -> None:
    """The fence is undone in quotes, and nothing else is changed in them."""
    claim = {**CLAIM, "quotes": ["&lt;b&gt; **no**  &amp;amp; http://x"]}
    result, _, _ = run([ScriptedAnswer({"claims": [claim]})], STAGE)
    assert result.claims[0].quotes == ("<b> **no**  &amp; http://x",)


@pytest.mark.parametrize(
    "variable", ["LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_HANDLER"]
)
def test_write_tracing_variables_send_nothing_elsewhere(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """No environment variable makes a second receiver of what customers wrote."""
    with (
        ScriptedModelServer([ScriptedAnswer(NAME)]) as server,
        ScriptedModelServer([ScriptedAnswer(NAME)]) as spy,
    ):
        monkeypatch.setenv(variable, "true")
        for name in ("LANGSMITH_ENDPOINT", "LANGCHAIN_ENDPOINT", "LANGSMITH_GATEWAY", "OPENAI_API_BASE"):
            monkeypatch.setenv(name, spy.url)
        monkeypatch.setenv("LANGSMITH_API_KEY", "k")
        assert Writing(server.url).write().label == NAME["label"]
    assert (len(server.requests), spy.requests) == (1, [])


def test_make_writer_follows_the_settings() -> None:
    """A key or a server makes it a language model; without both it is the offline analyst."""
    offline = Settings.model_validate({"openai_api_key": None, "openai_base_url": None})
    online = Settings.model_validate({"openai_base_url": "http://127.0.0.1:9/v1"})
    assert isinstance(make_writer(offline, call_log=MemoryCallLog()), OfflineAnalyst)
    assert isinstance(make_writer(online, call_log=MemoryCallLog()), LanguageModelWriter)
