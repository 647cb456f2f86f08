"""Answers being written: each goes on by itself, is followed by any number of tabs, and can be stopped.

A run belongs to the server, not to a connection: who loses the connection reads on from the last event that arrived,
and the finished answer is stored whether somebody watches or not.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import structlog

from agent.chat.answering import stopped_answer
from agent.errors import ConflictError, JourneyError, NotFoundError, TooBusyError
from agent.schemas.chat import Answer, AnswerEvent, ChatEvent, Outcome, StatusEvent
from api.web.turns import FairTurns

_KEPT = 500
MOST_OF_ONE = 3
"""Answers that a person may have in writing, over all their tabs."""
MOST_AT_ONCE = 16
"""Answers that are written at the same time; further ones wait, one of each person in turn."""
MOST_TOGETHER = 240
"""Answers in writing or waiting, of everybody."""
_WAITS = "Waiting for its turn: answers to others are being written"
_UNEXPECTED = "Something went wrong on the server. What you asked is kept; ask again."
_NOT_STORED = "The answer could not be stored. What you asked is kept; ask again."

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
    storing: asyncio.Task[None] | None = None
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
        """Conversations in which a question is being taken, or that are being deleted."""
        self._taken: Counter[str] = Counter()
        """Questions that are being taken, by person."""
        self._turns = FairTurns(MOST_AT_ONCE)

    async def start(self) -> None:
        """Take up work; nothing is left over from an earlier process."""
        self._runs.clear()

    async def close(self) -> None:
        """Stop all that is being written; what was verified is stored."""
        await asyncio.gather(*(_ended(run) for run in list(self._runs.values()) if not run.is_over))

    @asynccontextmanager
    async def taking(self, account_id: str) -> AsyncGenerator[None]:
        """Let a question of a person in, while it is stored and its answer begun.

        Raises:
            TooBusyError: The person, or everybody together, has as many answers in writing as there may be.
        """
        writing = [run.account_id for run in self._runs.values() if not run.is_over]
        if writing.count(account_id) + self._taken[account_id] >= MOST_OF_ONE:
            msg = f"{MOST_OF_ONE} answers are being written for you already, in this and other tabs"
            raise TooBusyError(msg, hint="Wait for one of them, or stop it; then send this again.")
        if len(writing) + self._taken.total() >= MOST_TOGETHER:
            msg = f"{MOST_TOGETHER} answers are being written or waited for, which is all that this server takes"
            raise TooBusyError(msg, hint="Send this again in a minute.")
        self._taken[account_id] += 1
        try:
            yield
        finally:
            self._taken[account_id] -= 1
            self._taken += Counter()  # forgets those who have none

    @asynccontextmanager
    async def claiming(self, conversation_id: str, *, account_id: str) -> AsyncGenerator[None]:
        """Let one question at a time into a conversation, while it is stored and its answer begun.

        A second one is refused, not queued: it would have been asked without having read what it follows.

        Raises:
            ConflictError: An answer is being written in the conversation, or a question being taken.
            TooBusyError: There are as many answers in writing as there may be; see `taking`.
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
            async with self.taking(account_id):
                yield
        finally:
            self._claimed.discard(conversation_id)

    @asynccontextmanager
    async def ending(self, conversation_id: str) -> AsyncGenerator[None]:
        """Stop what is being written in a conversation and let nothing into it, while it is deleted.

        Raises:
            ConflictError: A question is being taken in it, or a change that was approved is being made.
        """
        if conversation_id in self._claimed:
            msg = "a question is being taken in this conversation, in another tab"
            raise ConflictError(msg, hint="Look at that tab; delete the conversation when you have read it.")
        self._claimed.add(conversation_id)
        try:
            for run in self.of_conversation(conversation_id):
                await self.stop(run)
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
        await _ended(run)

    async def _write(self, run: Run, events: Events, writer: str, store: Store) -> None:
        answer: Answer | None = None
        try:
            async with aclosing(events), self._turn_of(run):
                async for event in events:
                    if isinstance(event, AnswerEvent):
                        answer = event.answer
                    await _add(run, event)
        except asyncio.CancelledError:
            answer = answer or stopped_answer(run.events, writer=writer)
        except JourneyError as error:
            answer = _failed(_told_of(error), writer)
        except Exception:  # noqa: BLE001 - the task's last guard; the reader is told, the log has the rest
            structlog.get_logger().exception("answer failed", run_id=run.run_id)
            answer = _failed(_UNEXPECTED, writer)
        finally:
            run.is_ending = True
            run.storing = asyncio.create_task(_finish(run, answer or _failed(_UNEXPECTED, writer), store))
            # By itself, so that nothing that ends this task leaves the run without an end.
            await asyncio.shield(run.storing)

    @asynccontextmanager
    async def _turn_of(self, run: Run) -> AsyncGenerator[None]:
        """Wait until there is room to write; a change takes none, since it waits for the one writer of its workspace."""
        if not run.may_stop:
            yield
            return
        if not self._turns.is_free:
            await _add(run, StatusEvent(text=_WAITS))
        async with self._turns.turn(run.account_id):
            yield

    def _forget_oldest(self) -> None:
        over = [run_id for run_id, run in self._runs.items() if run.is_over]
        for run_id in over[: max(0, len(self._runs) - _KEPT)]:
            del self._runs[run_id]


async def _ended(run: Run) -> None:
    """Stop a run that is being written, and wait until it is stored; one that is being stored is not disturbed."""
    # A task that is cancelled before its first step would never come to what ends its run.
    await asyncio.sleep(0)
    if run.task is not None and not run.is_ending:
        run.task.cancel()
    await run.over()


async def _finish(run: Run, answer: Answer, store: Store) -> None:
    """Keep the answer and tell everybody who follows; a run whose answer cannot be kept ends as failed."""
    try:
        await asyncio.to_thread(store, answer)
    except Exception as error:  # noqa: BLE001 - whatever the store says, the run ends; the log has the rest
        structlog.get_logger().error("answer not stored", run_id=run.run_id, exc_info=error)
        answer = _failed(_told_of(error), answer.writer)
    finally:
        if not run.events or not isinstance(run.events[-1], AnswerEvent):
            run.events.append(AnswerEvent(answer=answer))
        elif answer.outcome is Outcome.FAILED:
            run.events[-1] = AnswerEvent(answer=answer)
        run.is_over = True
        async with run.changed:
            run.changed.notify_all()


def _told_of(error: Exception) -> str:
    return f"{error.message}. {error.hint}" if isinstance(error, JourneyError) else _NOT_STORED


async def _add(run: Run, event: ChatEvent) -> None:
    async with run.changed:
        run.events.append(event)
        run.changed.notify_all()


def _failed(error: str, writer: str) -> Answer:
    return Answer(outcome=Outcome.FAILED, error=error, writer=writer)
