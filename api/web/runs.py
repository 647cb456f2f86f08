"""Answers being written: each goes on by itself, is followed by any number of tabs, and can be stopped.

A run belongs to the server, not to a connection: who loses the connection reads on from the last event that arrived,
and the finished answer is stored whether somebody watches or not.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import NamedTuple

import structlog

from agent.chat.answering import stopped_answer
from agent.errors import ConflictError, JourneyError, NotFoundError
from agent.schemas.chat import Answer, AnswerEvent, ChatEvent, Outcome

_KEPT = 500
_UNEXPECTED = "Something went wrong on the server. What you asked is kept; ask again."

Store = Callable[[Answer], None]
Events = AsyncGenerator[ChatEvent]


class Numbered(NamedTuple):
    """An event with its place in the run, counted from 1, which a browser names to read on."""

    number: int
    event: ChatEvent


@dataclass(eq=False)
class Run:
    """One answer being written."""

    run_id: str
    """Id of the turn that it answers."""
    workspace: str
    account_id: str
    conversation_id: str
    may_stop: bool = True
    """False for a change being made, which is not left half made."""
    events: list[ChatEvent] = field(default_factory=list[ChatEvent])
    is_over: bool = False
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    task: asyncio.Task[None] | None = None

    is_ending: bool = False
    """All is written, and being stored."""

    async def over(self) -> None:
        """Wait until it is stored."""
        async with self.changed:
            await self.changed.wait_for(lambda: self.is_over)

    async def events_after(self, number: int) -> list[ChatEvent]:
        """Return the events after a number, waiting for one where there is none yet; none where the run is over."""
        async with self.changed:
            await self.changed.wait_for(lambda: len(self.events) > number or self.is_over)
            return self.events[number:]


class Runs:
    """All answers being written, and the latest that were."""

    def __init__(self) -> None:
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._claimed: set[str] = set()
        """Conversations in which a question is being taken."""

    async def start(self) -> None:
        """Take up work; nothing is left over from an earlier process."""
        self._runs.clear()

    async def close(self) -> None:
        """Stop all that is being written; what was verified is stored."""
        tasks = [run.task for run in self._runs.values() if run.task is not None and not run.is_over]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @asynccontextmanager
    async def claiming(self, conversation_id: str) -> AsyncGenerator[None]:
        """Let one question at a time into a conversation, while it is stored and its answer begun.

        A second one is refused, not queued: it would have been asked without having read what it follows.

        Raises:
            ConflictError: An answer is being written in the conversation, or a question being taken.
        """
        for run in self.of_conversation(conversation_id):
            if run.is_ending:
                # Its answer may be read already, so it is over for whoever asks.
                await run.over()
        if self.of_conversation(conversation_id) or conversation_id in self._claimed:
            msg = "an answer is still being written in this conversation"
            raise ConflictError(msg, hint="Wait for it, or stop it first; then ask again.")
        self._claimed.add(conversation_id)
        try:
            yield
        finally:
            self._claimed.discard(conversation_id)

    def begin(self, run: Run, events: Events, *, writer: str, store: Store) -> Run:
        """Begin to write an answer.

        Args:
            run: What it answers, for whom.
            events: Of the agent.
            writer: Who words it, for an answer that does not come to its end.
            store: Keeps the finished answer.
        """
        self._runs[run.run_id] = run
        self._forget_oldest()
        run.task = asyncio.create_task(self._write(run, events, writer, store))
        return run

    def find(self, run_id: str, *, workspace: str, account_id: str) -> Run:
        """Return a run of a person.

        Raises:
            NotFoundError: It is not in this process, or is somebody else's.
        """
        run = self._runs.get(run_id)
        if run is None or (run.workspace, run.account_id) != (workspace, account_id):
            msg = f"answer {run_id!r} is not being written"
            raise NotFoundError(msg, hint="Ask again.")
        return run

    def of_conversation(self, conversation_id: str) -> list[Run]:
        """Return the answers that are being written in a conversation."""
        return [
            run for run in self._runs.values() if run.conversation_id == conversation_id and not run.is_over
        ]

    def is_running(self, run_id: str) -> bool:
        """Tell whether an answer is being written."""
        run = self._runs.get(run_id)
        return run is not None and not run.is_over

    async def follow(self, run: Run, *, after: int = 0) -> AsyncGenerator[Numbered]:
        """Yield the events of a run from the one after a number on, until it is over."""
        number = max(after, 0)
        while True:
            for event in await run.events_after(number):
                number += 1
                yield Numbered(number, event)
            if run.is_over and number >= len(run.events):
                return

    async def stop(self, run: Run) -> None:
        """Stop an answer, and with it the work behind it; returns when it is stored.

        Raises:
            ConflictError: It is a change being made.
        """
        if not run.may_stop and not run.is_over:
            msg = "a change that was approved is being made, and is not left half made"
            raise ConflictError(
                msg, hint="Wait until it is made; what it makes can be changed or dropped then."
            )
        if run.task is not None and not run.is_over:
            run.task.cancel()
            with suppress(asyncio.CancelledError):
                await run.task

    async def _write(self, run: Run, events: Events, writer: str, store: Store) -> None:
        answer: Answer | None = None
        try:
            async with aclosing(events):
                async for event in events:
                    if isinstance(event, AnswerEvent):
                        answer = event.answer
                    await _add(run, event)
        except asyncio.CancelledError:
            answer = answer or stopped_answer(run.events, writer=writer)
        except JourneyError as error:
            answer = _failed(f"{error.message}. {error.hint}", writer)
        except Exception:  # noqa: BLE001 - the task's last guard; the reader is told, the log has the rest
            structlog.get_logger().exception("answer failed", run_id=run.run_id)
            answer = _failed(_UNEXPECTED, writer)
        finally:
            await self._finish(run, answer or _failed(_UNEXPECTED, writer), store)

    async def _finish(self, run: Run, answer: Answer, store: Store) -> None:
        """Keep the answer and tell everybody who follows."""
        run.is_ending = True
        try:
            await asyncio.to_thread(store, answer)
        except JourneyError as error:
            # Not stored, but not lost for who reads it now.
            structlog.get_logger().error("answer not stored", run_id=run.run_id, error=error.message)
        if not run.events or not isinstance(run.events[-1], AnswerEvent):
            run.events.append(AnswerEvent(answer=answer))
        async with run.changed:
            run.is_over = True
            run.changed.notify_all()

    def _forget_oldest(self) -> None:
        over = [run_id for run_id, run in self._runs.items() if run.is_over]
        for run_id in over[: max(0, len(self._runs) - _KEPT)]:
            del self._runs[run_id]


async def _add(run: Run, event: ChatEvent) -> None:
    async with run.changed:
        run.events.append(event)
        run.changed.notify_all()


def _failed(error: str, writer: str) -> Answer:
    return Answer(outcome=Outcome.FAILED, error=error, writer=writer)
