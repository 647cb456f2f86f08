"""Answers being written come to their end, whatever is pressed while they are stored and whatever the store says."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable

import pytest

from agent.errors import StoreError
from agent.schemas.chat import Answer, AnswerEvent, ChatEvent, Outcome, StatusEvent
from api.web.runs import Run, Runs

_LONG_S = 60.0


async def _events() -> AsyncGenerator[ChatEvent]:
    yield StatusEvent(text="Looking")
    await asyncio.sleep(_LONG_S)


async def _answered() -> AsyncGenerator[ChatEvent]:
    yield AnswerEvent(answer=Answer(outcome=Outcome.ANSWERED, writer="w"))


def _begun(runs: Runs, store: Callable[[Answer], None], events: AsyncGenerator[ChatEvent]) -> Run:
    return runs.begin(Run("m1", "shop", "ann", "c1"), events, writer="w", store=store)


def _within(work: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(work(), 5))


def test_second_stop_while_the_first_is_stored_leaves_no_run_behind() -> None:
    """Both return when it is stored, once; the conversation and the person's places are free again."""
    kept: list[Answer] = []

    def store(answer: Answer) -> None:
        time.sleep(0.2)
        kept.append(answer)

    async def work() -> None:
        runs = Runs()
        run = _begun(runs, store, _events())
        await asyncio.sleep(0.02)
        first = asyncio.create_task(runs.stop(run))
        await asyncio.sleep(0.05)
        assert run.is_ending
        await asyncio.gather(first, runs.stop(run), runs.close())
        assert run.is_over
        assert [answer.outcome for answer in kept] == [Outcome.STOPPED]
        async with runs.claiming("c1", account_id="ann"):
            pass

    _within(work)


def test_run_that_is_stopped_before_its_first_step_ends() -> None:
    """A stop in the very moment in which it begins is as good as a later one."""
    kept: list[Answer] = []

    async def work() -> None:
        runs = Runs()
        run = _begun(runs, kept.append, _events())
        await runs.stop(run)
        assert run.is_over

    _within(work)
    assert [answer.outcome for answer in kept] == [Outcome.STOPPED]


@pytest.mark.parametrize("error", [StoreError("the disk is gone", hint="Look at it."), RuntimeError("odd")])
def test_answer_that_cannot_be_stored_ends_as_failed(error: Exception) -> None:
    """Whoever follows is told that it was not kept, and the next question is taken."""

    def store(_answer: Answer) -> None:
        raise error

    async def work() -> None:
        runs = Runs()
        run = _begun(runs, store, _answered())
        followed = [numbered.event async for numbered in runs.follow(run)]
        last = run.events[-1]
        assert followed
        assert isinstance(last, AnswerEvent)
        assert last.answer.outcome is Outcome.FAILED
        assert last.answer.error
        async with runs.claiming("c1", account_id="ann"):
            pass

    _within(work)


def test_end_of_its_task_does_not_end_the_storing() -> None:
    """Whatever cancels the task while the answer is stored, the answer is stored and the run over."""
    kept: list[Answer] = []

    def store(answer: Answer) -> None:
        time.sleep(0.1)
        kept.append(answer)

    async def work() -> None:
        run = _begun(Runs(), store, _answered())
        await asyncio.sleep(0.03)
        assert run.task is not None
        run.task.cancel()
        await run.over()

    _within(work)
    assert len(kept) == 1
