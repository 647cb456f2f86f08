"""Writes with a language model where one is set up, else with the offline analyst.

All retries, the token budget and the log of calls are here and nowhere else.
"""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from agent.errors import BudgetExceededError, MalformedOutputError
from agent.offline.analyst import OfflineAnalyst
from agent.ports import CallLog, OutT, Writer, WritingTask
from agent.prompting import load_prompt
from agent.settings import Settings
from agent.wire import CallFailedError, parse_answer, response_format

if TYPE_CHECKING:
    from agent.models import Answer

Sleep = Callable[[float], None]

MAX_WAIT_S = 60.0
"""Longest time to wait between two tries; a server that asks for more gets no further try."""
_FIRST_WAIT_S = 0.5
_ROLE_TOKENS = 16
"""Tokens a message costs beside its text, at most."""


@dataclass(frozen=True, slots=True)
class _Request:
    """One request and all that decides its answer."""

    server: str
    model: str
    prompt: str
    """Provenance of the prompt."""
    system: str
    user: tuple[str, ...]
    response_format: dict[str, Any]

    def as_json(self) -> str:
        fields = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps(fields, ensure_ascii=False, sort_keys=True)

    def token_bound(self) -> int:
        """Return a number of tokens the request cannot exceed: a token stands for a byte of UTF-8 at least."""
        texts = (self.system, *self.user, json.dumps(self.response_format))
        return sum(len(text.encode("utf-8", "replace")) + _ROLE_TOKENS for text in texts)


class LanguageModelWriter:
    """Writes with a language model; an answer that was given once is taken from the log.

    Args:
        settings: Model, server, time-out, retries and token budget. The budget holds for one `write`, with all its
            tries; what the log answers costs nothing.
        call_log: Log of all requests, and cache.
        sleep: Waits between tries.

    Attributes:
        tokens_in: Tokens sent so far, as the server counted them or else at most.
        tokens_out: Tokens received so far.
        n_calls: Requests sent so far.
    """

    def __init__(self, settings: Settings, *, call_log: CallLog, sleep: Sleep = time.sleep) -> None:
        from agent.models import OpenAIChat  # noqa: PLC0415 - two seconds that offline runs spare

        self._chat = OpenAIChat(settings)
        self._settings = settings
        self._log = call_log
        self._sleep = sleep
        self.tokens_in = 0
        self.tokens_out = 0
        self.n_calls = 0

    @property
    def model_id(self) -> str:
        """Name of the model, as set."""
        return self._settings.model

    def write(self, task: WritingTask[OutT]) -> OutT:
        """Return the model's wording, checked for form.

        Raises:
            ModelError: No usable answer after all tries, or the budget does not allow another.
            ConfigError: The server refuses the key or the model, or inputs and prompt do not fit.
        """
        prompt = load_prompt(task.prompt_id)
        rendered = prompt.render(task.inputs)
        request = _Request(
            server=self._chat.base_url,
            model=self._settings.model,
            prompt=prompt.provenance,
            system=rendered.system,
            user=(rendered.user,),
            response_format=response_format(task),
        )
        logged = self._logged(task, request)
        return logged or self._write_anew(task, request, stream=prompt.meta.role == "drafter")

    def _logged(self, task: WritingTask[OutT], first: _Request) -> OutT | None:
        """Return what the model answered to an identical request before, corrections followed, or None."""
        request = first
        for _ in range(self._settings.model_max_retries + 1):
            text = self._log.get(_key(request))
            if not text:
                return None
            try:
                return parse_answer(task, text)
            except MalformedOutputError as exc:
                request = _corrected(first, exc.message)
        return None

    def _write_anew(self, task: WritingTask[OutT], first: _Request, *, stream: bool) -> OutT:
        """Ask until there is a usable answer, telling the model what was wrong with an unusable one."""
        request, spent, tries_left = first, 0, self._settings.model_max_retries
        while True:
            self._check_budget(request, spent)
            spent += request.token_bound()
            try:
                answer = self._send(request, stream=stream)
                return parse_answer(task, answer.text)
            except CallFailedError as failure:
                self._wait(failure, tries_left)
                # Some gateways break streams: the next try asks for the answer in one piece.
                stream = False
            except MalformedOutputError as exc:
                if not tries_left:
                    raise
                request = _corrected(first, exc.message)
            tries_left -= 1

    def _send(self, request: _Request, *, stream: bool) -> "Answer":
        """Send one request; it is logged whatever becomes of it."""
        bound = request.token_bound()
        self.n_calls += 1
        try:
            answer = self._chat.ask(request.system, request.user, request.response_format, stream=stream)
        except CallFailedError:
            self._log.put(_key(request), request.as_json(), "", bound, 0)
            raise
        tokens_in = bound if answer.tokens_in is None else answer.tokens_in
        tokens_out = len(answer.text.encode()) if answer.tokens_out is None else answer.tokens_out
        self.tokens_in += tokens_in
        self.tokens_out += tokens_out
        self._log.put(_key(request), request.as_json(), answer.text, tokens_in, tokens_out)
        return answer

    def _check_budget(self, request: _Request, spent: int) -> None:
        budget, needed = self._settings.max_input_tokens, request.token_bound()
        if spent + needed > budget:
            msg = f"prompt {request.prompt!r} may need {needed} tokens; {spent} of {budget} are spent"
            raise BudgetExceededError(
                msg,
                hint="Offer fewer quotes, or raise JOURNEY_MAX_INPUT_TOKENS.",
                context={"needed": needed, "spent": spent, "budget": budget},
            )

    def _wait(self, failure: CallFailedError, tries_left: int) -> None:
        """Wait before the next try, or raise where there is none."""
        asked = failure.wait_s
        if not failure.retry or not tries_left or (asked is not None and asked > MAX_WAIT_S):
            raise failure.error from failure
        n_tried = self._settings.model_max_retries - tries_left
        self._sleep(min(_FIRST_WAIT_S * 2**n_tried, MAX_WAIT_S) if asked is None else asked)


def make_writer(settings: Settings, *, call_log: CallLog) -> Writer:
    """Return the writer the settings ask for."""
    return LanguageModelWriter(settings, call_log=call_log) if settings.has_model else OfflineAnalyst()


def _key(request: _Request) -> str:
    return hashlib.sha256(request.as_json().encode("utf-8", "replace")).hexdigest()


def _corrected(request: _Request, fault: str) -> _Request:
    note = f"Your last answer was not usable: {fault}. Answer again, in the form asked for."
    return replace(request, user=(*request.user, note))
