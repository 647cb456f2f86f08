"""Conversations at the terminal: stopped answers, approved changes, and going on with an earlier conversation."""

import asyncio
import contextlib
from collections.abc import Generator

import pytest

from agent.errors import InputError
from agent.pipeline.workspace import open_workspace
from agent.schemas.chat import Answer, ChatEvent, Outcome, PendingChange, SentenceEvent
from agent.settings import Settings
from api.cli.talking import Talk
from api.web.brands import Brand
from tests.api.brand import Brand as Simulated
from tests.api.web.scripted_analyst import ScriptedAnalyst, plain, streamed
from tests.api.web.site import WORKSPACE, Clock


class Seen:
    """Keeps what is shown."""

    def __init__(self) -> None:
        self.events: list[ChatEvent] = []

    def show(self, event: ChatEvent) -> None:
        """Keep an event."""
        self.events.append(event)


@pytest.fixture
def brand(copied: Simulated) -> Generator[Brand]:
    """The simulated brand with an analyst that gives four findings."""
    clock = Clock()
    opened = Brand(open_workspace(Settings(home=copied.home, workspace=WORKSPACE), now=clock()), clock=clock)
    opened.__dict__["analyst"] = ScriptedAnalyst(streamed(plain(4)))
    yield opened
    opened.close()


def analyst_of(brand: Brand) -> ScriptedAnalyst:
    """Return the brand's analyst."""
    found = brand.__dict__["analyst"]
    assert isinstance(found, ScriptedAnalyst)
    return found


def test_stopping_ends_the_work_and_keeps_what_was_verified(brand: Brand) -> None:
    """The program goes on, the turn is stored as stopped with the sentences that were shown."""
    analyst, screen = analyst_of(brand), Seen()
    analyst.pace.is_open = False
    analyst.pace.let(3)

    async def interrupted() -> Answer | None:
        talk = Talk(brand, clock=Clock())
        asking = asyncio.create_task(talk.ask("Where?", screen))
        while sum(isinstance(event, SentenceEvent) for event in screen.events) < 2:  # noqa: ASYNC110 - a plain list
            await asyncio.sleep(0.01)
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            return (await asking).answer
        return None

    answer = asyncio.run(interrupted())
    assert answer is not None
    assert answer.outcome is Outcome.STOPPED
    assert len(answer.sentences) == 2
    assert analyst.pace.was_cancelled


def test_approval_makes_the_change_that_waits_and_no_other(brand: Brand) -> None:
    """Without one there is nothing to approve; with one it is made and stands in the conversation."""
    analyst, screen = analyst_of(brand), Seen()
    pending = PendingChange(change_id="x", tool="draft_map", arguments={}, summary="A map.")
    analyst.made = streamed(plain(1))
    talk = Talk(brand, clock=Clock())
    asyncio.run(talk.ask("Where?", screen))
    with pytest.raises(InputError):
        asyncio.run(talk.approve(screen))
    analyst.script = streamed(Answer(outcome=Outcome.PENDING, pending=pending, writer="w"))
    asyncio.run(talk.ask("Draft a map", screen))
    made = asyncio.run(talk.approve(screen))
    assert analyst.approved == [pending]
    assert made.question == "Approved: A map."
    assert made.answer is not None
    assert made.answer.outcome is Outcome.ANSWERED


def test_earlier_conversation_is_gone_on_with(brand: Brand) -> None:
    """Its turns are the history of the next question."""
    analyst, screen = analyst_of(brand), Seen()
    talk = Talk(brand, clock=Clock())
    asyncio.run(talk.ask("First?", screen))
    talk.begin_anew()
    asyncio.run(talk.ask("Another?", screen))
    first = next(one for one in talk.recent() if one.title == "First?")
    assert [turn.question for turn in talk.go_to(first.conversation_id)] == ["First?"]
    asyncio.run(talk.ask("Second?", screen))
    assert [turn.question for turn in analyst.asked[-1][1]] == ["First?"]
