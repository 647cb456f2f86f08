"""Conversations at the terminal: the same agent, the same store and the same way of working as on the page."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Protocol

from agent.chat.context import RequestContext
from agent.errors import InputError
from agent.schemas.accounts import Role
from agent.schemas.chat import Answer, ChatEvent, Conversation, Message, PendingChange
from api.web.brands import Brand
from api.web.runs import Events, Run, Runs

OWNER = "command line"
_MOST_LISTED = 20


class Shows(Protocol):
    """Shows what an answer brings, as it comes."""

    def show(self, event: ChatEvent) -> None:
        """Show an event."""
        ...


class Talk:
    """A conversation, begun by its first question, and what was answered last.

    Args:
        brand: Whose customers are asked about.
        clock: Time.
    """

    def __init__(self, brand: Brand, *, clock: Callable[[], datetime]) -> None:
        self._brand = brand
        self._clock = clock
        self._runs = Runs()
        self._stored = brand.workspace.store.conversations
        self.conversation_id: str | None = None
        self.last: Message | None = None

    async def ask(self, question: str, screen: Shows) -> Message:
        """Ask, and return the turn once it is answered or stopped.

        Raises:
            InputError: The question is empty or too long.
        """
        message = self._asked(question)
        path = self._stored.path(self.conversation_id or "", owner=OWNER)
        events = self._brand.analyst.answer(message.question, history=path[:-1], context=self._context())
        return await self._work(message, events, screen, may_stop=True)

    async def approve(self, screen: Shows) -> Message:
        """Make the change that the last answer proposed.

        Raises:
            InputError: It proposed none.
        """
        pending = None if self.last is None or self.last.answer is None else self.last.answer.pending
        if pending is None:
            msg = "nothing waits for approval"
            raise InputError(msg, hint="Ask for a change first, such as a map or copy.")
        message = self._asked(f"Approved: {pending.summary}")
        return await self._work(message, self._change(pending), screen, may_stop=False)

    def begin_anew(self) -> None:
        """Let the next question begin a conversation."""
        self.conversation_id, self.last = None, None

    def recent(self) -> tuple[Conversation, ...]:
        """Return the conversations that were gone on with last, newest first."""
        return self._stored.recent(owner=OWNER, limit=_MOST_LISTED).conversations

    def go_to(self, conversation_id: str) -> tuple[Message, ...]:
        """Go on with a conversation, and return its turns.

        Raises:
            NotFoundError: There is no such conversation.
        """
        path = self._stored.path(conversation_id, owner=OWNER)
        self.conversation_id, self.last = conversation_id, path[-1] if path else None
        return path

    async def _change(self, pending: PendingChange) -> Events:
        with self._brand.writing():
            async for event in self._brand.analyst.approve(pending, context=self._context()):
                yield event

    async def _work(self, message: Message, events: Events, screen: Shows, *, may_stop: bool) -> Message:
        conversation_id = self.conversation_id or ""
        run = Run(message.message_id, self._brand.name, OWNER, conversation_id, may_stop=may_stop)
        store = partial(self._keep, conversation_id, message.message_id)
        self._runs.begin(run, events, writer=self._brand.analyst.writer, store=store)
        n_shown = 0
        try:
            async for numbered in self._runs.follow(run):
                screen.show(numbered.event)
                n_shown = numbered.number
        except asyncio.CancelledError:
            # Ctrl-C: the answer ends, the program goes on; a change that was begun is made to its end.
            if may_stop:
                await self._runs.stop(run)
            elif run.task is not None:
                await asyncio.wait([run.task])
            for event in run.events[n_shown:]:
                screen.show(event)
        self.last = self._stored.message(conversation_id, message.message_id, owner=OWNER)
        return self.last

    def _asked(self, question: str) -> Message:
        now = self._clock()
        with self._brand.workspace.store.transaction():
            if self.conversation_id is None:
                self.conversation_id = self._stored.create(owner=OWNER, now=now).conversation_id
            parent_id = None if self.last is None else self.last.message_id
            return self._stored.ask(self.conversation_id, question, parent_id=parent_id, owner=OWNER, now=now)

    def _keep(self, conversation_id: str, message_id: str, answer: Answer) -> None:
        self._stored.answer(conversation_id, message_id, answer, owner=OWNER, now=self._clock())

    def _context(self) -> RequestContext:
        return RequestContext(
            workspace=self._brand.name, account_id=OWNER, role=Role.ADMIN, now=self._clock()
        )
