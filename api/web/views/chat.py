"""What the chat page shows: a person's conversations, the branch that is read, and how each turn of it stands."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from agent.errors import NotFoundError
from agent.schemas.chat import (
    Answer,
    AnswerCitation,
    AnswerEvent,
    ChatEvent,
    Conversation,
    Message,
    SentenceEvent,
    StatusEvent,
)
from agent.store.conversations import ConversationPage
from api.web.pages import brand_path
from api.web.runs import Run
from api.web.visits import Visit

TurnState = Literal["writing", "answered", "cut_off"]
_UNNAMED = "New conversation"


@dataclass(frozen=True, slots=True)
class Branch:
    """Where a turn stands among those that go on from the same turn."""

    number: int
    """Counted from 1."""
    total: int
    before: str | None
    """Turn that was asked before it."""
    after: str | None


@dataclass(frozen=True, slots=True)
class SoFar:
    """What of an answer is there while it is being written."""

    n_events: int
    status: str
    sentences: tuple[SentenceEvent, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """A question with what became of it."""

    conversation_id: str
    message: Message
    number: int
    """In the branch, counted from 1."""
    path: str
    """Address that the turn's own addresses begin with."""
    state: TurnState
    answer: Answer | None
    so_far: SoFar
    may_stop: bool
    branch: Branch
    is_head: bool
    """It ends the branch that is read."""

    @property
    def key(self) -> str:
        """Id of the turn."""
        return self.message.message_id


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation as it is read."""

    conversation: Conversation
    title: str
    path: str
    turns: tuple[Turn, ...]

    @property
    def head(self) -> str:
        """Turn that a question goes on from; empty where there is none."""
        return self.turns[-1].key if self.turns else ""

    @property
    def writing(self) -> Turn | None:
        """The turn that is being answered."""
        return next((turn for turn in self.turns if turn.state == "writing"), None)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the list of conversations."""

    conversation: Conversation
    title: str
    path: str
    excerpt: str = ""
    """Line with the words that were looked for."""


@dataclass(frozen=True, slots=True)
class History:
    """A part of a person's conversations, newest first, or those that hold some words."""

    entries: tuple[Entry, ...]
    find: str = ""
    next_cursor: str | None = None


def thread_of(visit: Visit, conversation_id: str) -> Thread:
    """Return a conversation of the person who visits.

    Raises:
        NotFoundError: They have no such conversation.
    """
    stored, owner = visit.brand.workspace.store.conversations, visit.account_id
    conversation = stored.get(conversation_id, owner=owner)
    messages = stored.path(conversation_id, owner=owner)
    forks = stored.forks(conversation_id, owner=owner)
    return Thread(
        conversation=conversation,
        title=conversation.title or _UNNAMED,
        path=brand_path(visit.brand.name, "chat", conversation_id),
        turns=_turns(visit, conversation_id, messages, forks),
    )


def turn_of(visit: Visit, conversation_id: str, message_id: str) -> Turn:
    """Return one turn, whether it is in the branch that is read or not.

    Raises:
        NotFoundError: The person has no such conversation, or it has no such turn.
    """
    for turn in thread_of(visit, conversation_id).turns:
        if turn.key == message_id:
            return turn
    stored, owner = visit.brand.workspace.store.conversations, visit.account_id
    message = stored.message(conversation_id, message_id, owner=owner)
    return _turn(visit, conversation_id, message, number=1, siblings=(message_id,), is_head=False)


def run_of(visit: Visit, message_id: str) -> Run | None:
    """Return the work on an answer, running or over; None where this process knows of none."""
    with suppress(NotFoundError):
        return visit.services.runs.find(message_id, workspace=visit.brand.name, account_id=visit.account_id)
    return None


def history_of(visit: Visit, *, find: str = "", cursor: str | None = None) -> History:
    """Return a person's conversations.

    Args:
        visit: Whose.
        find: Words that they hold; all where blank.
        cursor: Where the part begins; from the newest where None.

    Raises:
        InputError: The words are too many, or the cursor is not one of ours.
    """
    stored, owner = visit.brand.workspace.store.conversations, visit.account_id
    if find.strip():
        found = stored.search(find, owner=owner)
        entries = tuple(_entry(visit, one.conversation, one.excerpt) for one in found)
        return History(entries, find=find.strip())
    page: ConversationPage = stored.recent(owner=owner, cursor=cursor)
    return History(tuple(_entry(visit, one) for one in page.conversations), next_cursor=page.next_cursor)


def citation_of(answer: Answer | None, key: str) -> AnswerCitation:
    """Return a citation of an answer.

    Raises:
        NotFoundError: The answer has none of that name.
    """
    found = (
        None if answer is None else next((one for one in answer.citations if one.citation_id == key), None)
    )
    if found is None:
        msg = f"source {key!r} is not in this answer"
        raise NotFoundError(msg, hint="Load the conversation again.")
    return found


def _turns(
    visit: Visit, conversation_id: str, messages: Sequence[Message], forks: Mapping[str, Sequence[str]]
) -> tuple[Turn, ...]:
    return tuple(
        _turn(
            visit,
            conversation_id,
            message,
            number=number,
            siblings=forks.get(message.message_id, (message.message_id,)),
            is_head=number == len(messages),
        )
        for number, message in enumerate(messages, start=1)
    )


def _turn(
    visit: Visit,
    conversation_id: str,
    message: Message,
    *,
    number: int,
    siblings: Sequence[str],
    is_head: bool,
) -> Turn:
    run = None if message.answer is not None else run_of(visit, message.message_id)
    events = () if run is None else tuple(run.events)
    # An answer that could not be stored is still there for who reads it now.
    answer = message.answer or _last_answer(events)
    state: TurnState = "answered" if answer is not None else "cut_off" if run is None else "writing"
    return Turn(
        conversation_id=conversation_id,
        message=message,
        number=number,
        path=brand_path(visit.brand.name, "chat", conversation_id, "turns", message.message_id),
        state=state,
        answer=answer,
        so_far=_so_far(events),
        may_stop=run is not None and run.may_stop,
        branch=_branch(message.message_id, siblings),
        is_head=is_head,
    )


def _last_answer(events: Sequence[ChatEvent]) -> Answer | None:
    last = events[-1] if events else None
    return last.answer if isinstance(last, AnswerEvent) else None


def _so_far(events: Sequence[ChatEvent]) -> SoFar:
    told = [event.text for event in events if isinstance(event, StatusEvent)]
    sentences = tuple(event for event in events if isinstance(event, SentenceEvent))
    return SoFar(len(events), told[-1] if told else "", sentences)


def _branch(message_id: str, siblings: Sequence[str]) -> Branch:
    place = siblings.index(message_id)
    return Branch(
        number=place + 1,
        total=len(siblings),
        before=siblings[place - 1] if place else None,
        after=siblings[place + 1] if place + 1 < len(siblings) else None,
    )


def _entry(visit: Visit, conversation: Conversation, excerpt: str = "") -> Entry:
    path = brand_path(visit.brand.name, "chat", conversation.conversation_id)
    return Entry(conversation, conversation.title or _UNNAMED, path, excerpt)
