"""One turn of the loop: what its tools found and did, what was let through, and the events a reader is sent."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import cast

from langchain_core.messages import BaseMessage

from agent.chat.context import ANSWER_KEY, OwnAnswer, RequestContext
from agent.chat.guard import Guard
from agent.chat.offers import Offers, renumber
from agent.errors import JourneyError
from agent.schemas.chat import (
    AnswerCitation,
    ChatEvent,
    PendingChange,
    Sentence,
    SentenceEvent,
    StatusEvent,
    ToolResult,
    ToolUse,
)


class Numbering:
    """Numbers citations in the order in which an answer first names them."""

    def __init__(self, offers: Offers) -> None:
        self._offers = offers
        self.numbers: dict[str, str] = {}
        """The turn's marks to the answer's."""

    @property
    def citations(self) -> tuple[AnswerCitation, ...]:
        """All that are named so far, in order."""
        return tuple(self._numbered(mark) for mark in self.numbers)

    def name(self, marks: Iterable[str]) -> tuple[AnswerCitation, ...]:
        """Number these marks, and return the citations that were not named before."""
        new = [mark for mark in dict.fromkeys(marks) if mark not in self.numbers]
        for mark in new:
            self.numbers[mark] = f"c{len(self.numbers) + 1}"
        return tuple(self._numbered(mark) for mark in new)

    def _numbered(self, mark: str) -> AnswerCitation:
        citation = self._offers.citations[mark]
        return citation.model_copy(update={"citation_id": self.numbers[mark]})


@dataclass
class Turn:
    """A turn that is being worked on; the context of the loop, which no model sees."""

    context: RequestContext
    question: str
    offers: Offers = field(default_factory=Offers)
    events: "asyncio.Queue[ChatEvent | None]" = field(default_factory=asyncio.Queue["ChatEvent | None"])
    pending: PendingChange | None = None
    failures: dict[str, JourneyError] = field(default_factory=dict[str, JourneyError])
    """Tools that failed and were not called again with success; under "" what the model did wrong."""
    own: OwnAnswer | None = None
    """What a model of our own said of the outcome."""

    def __post_init__(self) -> None:
        self.guard = Guard(self.offers, question=self.question)
        self.numbering = Numbering(self.offers)
        self.order = CallOrder()
        self._uses: list[ToolUse] = []

    @property
    def tools(self) -> tuple[ToolUse, ...]:
        """Calls of tools as they happened."""
        return tuple(self._uses)

    def status(self, text: str, tool: str | None = None) -> None:
        """Tell the reader what is being done."""
        self.events.put_nowait(StatusEvent(text=text, tool=tool))

    def say(self, sentences: Iterable[Sentence]) -> None:
        """Send the reader verified sentences."""
        for sentence in sentences:
            citations = self.numbering.name(sentence.citations)
            shown = renumber(sentence, self.numbering.numbers)
            self.events.put_nowait(SentenceEvent(sentence=shown, citations=citations))

    def found(self, use: ToolUse, result: ToolResult) -> ToolResult:
        """Take in what a tool found, and return it as the model sees it."""
        offered = self.offers.add(result)
        self._uses.append(use)
        self.failures.pop(use.tool, None)
        self.failures.pop("", None)
        return offered

    def failed(self, use: ToolUse, error: JourneyError, *, by_model: bool = False) -> None:
        """Take in that a tool failed, or that the model called it wrongly."""
        self._uses.append(use)
        self.failures["" if by_model else use.tool] = error

    def take_own(self, messages: Iterable[BaseMessage]) -> None:
        """Take in what a model of our own said of the outcome, where it did."""
        for message in messages:
            said: object = cast("dict[str, object]", message.additional_kwargs).get(ANSWER_KEY)
            if said is not None:
                self.own = OwnAnswer.model_validate(said)

    def awaits(self, use: ToolUse, pending: PendingChange) -> None:
        """Take in a change that waits for approval."""
        self._uses.append(use)
        self.pending = pending


class CallOrder:
    """Lets calls that run at the same time be taken in in the order in which the model made them."""

    def __init__(self) -> None:
        self._done: dict[str, asyncio.Event] = {}

    async def wait(self, call_id: str, of: Sequence[str]) -> None:
        """Wait until the calls before this one are taken in."""
        before = of[: of.index(call_id)] if call_id in of else ()
        for earlier in before:
            if earlier != call_id:
                await self._event(earlier).wait()

    def done(self, call_id: str) -> None:
        """Say that a call is taken in."""
        self._event(call_id).set()

    def _event(self, call_id: str) -> asyncio.Event:
        return self._done.setdefault(call_id, asyncio.Event())
