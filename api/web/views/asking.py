"""Takes questions: stores each, and begins the answer that goes on by itself."""

from collections.abc import Callable
from functools import partial

from anyio import to_thread

from agent.errors import ConflictError
from agent.schemas.chat import Answer, Message, Outcome, PendingChange, Sentence, SentenceKind, StatusEvent
from api.web.runs import Events, Run
from api.web.views.chat import Turn, thread_of, turn_of
from api.web.visits import Visit

APPROVED = "Approved: {summary}"
DECLINED = "Not now: {summary}"
_WRITER = "Journey Insight"
_WAITS = "Waiting until other data is stored in this workspace"
_LEFT = "Nothing was made or changed. Ask again whenever you want it."

Storing = Callable[[], Message]
Answering = Callable[[tuple[Message, ...]], Events]


async def begin_conversation(visit: Visit, question: str) -> str:
    """Store the first question of a new conversation, begin its answer, and return the conversation's id.

    Raises:
        InputError: The question is empty or too long.
        TooBusyError: As many answers are being written as there may be.
    """

    def store() -> tuple[str, Message]:
        stored, now = visit.brand.workspace.store.conversations, visit.services.clock()
        with visit.brand.workspace.store.transaction():
            made = stored.create(owner=visit.account_id, now=now).conversation_id
            return made, stored.ask(made, question, parent_id=None, owner=visit.account_id, now=now)

    async with visit.services.runs.taking(visit.account_id):
        conversation_id, message = await to_thread.run_sync(store)
        await _answer(visit, conversation_id, message, partial(_events_of, visit, message.question))
    return conversation_id


async def go_on(visit: Visit, conversation_id: str, question: str, *, parent_id: str | None) -> Message:
    """Store a further question of a conversation and begin its answer.

    Raises:
        ConflictError: An answer is being written in the conversation.
        NotFoundError: The person has no such conversation, or it has no such turn.
        InputError: The question is empty or too long.
        TooBusyError: As many answers are being written as there may be.
    """
    stored = visit.brand.workspace.store.conversations
    store = partial(
        stored.ask,
        conversation_id,
        question,
        parent_id=parent_id,
        owner=visit.account_id,
        now=visit.services.clock(),
    )
    return await _take(visit, conversation_id, store)


async def ask_otherwise(visit: Visit, conversation_id: str, message_id: str, question: str) -> Message:
    """Store another wording of a question beside it and begin its answer; raises as `go_on` does."""
    stored = visit.brand.workspace.store.conversations
    store = partial(
        stored.edit, conversation_id, message_id, question, owner=visit.account_id, now=visit.services.clock()
    )
    return await _take(visit, conversation_id, store)


async def ask_again(visit: Visit, conversation_id: str, message_id: str) -> Message:
    """Store the same question again beside it and begin another answer; raises as `go_on` does."""
    stored = visit.brand.workspace.store.conversations
    store = partial(
        stored.regenerate, conversation_id, message_id, owner=visit.account_id, now=visit.services.clock()
    )
    return await _take(visit, conversation_id, store)


async def approve(visit: Visit, conversation_id: str, message_id: str) -> tuple[Message, str]:
    """Begin to make a change that waits in the conversation's last turn, and return its turn and tool; raises as `go_on` does.

    Raises:
        ConflictError: The conversation went on from there, so it was decided, or nothing waits there.
    """
    async with visit.services.runs.claiming(conversation_id, account_id=visit.account_id):
        pending = await to_thread.run_sync(_waiting, visit, conversation_id, message_id)
        message = await to_thread.run_sync(_decide, visit, conversation_id, message_id, APPROVED, pending)
        making = partial(_change_of, visit, pending)
        await _answer(visit, conversation_id, message, making, may_stop=False)
        return message, pending.tool


async def decline(visit: Visit, conversation_id: str, message_id: str) -> Message:
    """Leave a change unmade, which stands in the conversation as said; raises as `approve` does."""
    sentence = Sentence(kind=SentenceKind.GUIDANCE, text=_LEFT, template=_LEFT)
    answer = Answer(outcome=Outcome.ANSWERED, sentences=(sentence,), writer=_WRITER)
    async with visit.services.runs.claiming(conversation_id, account_id=visit.account_id):
        pending = await to_thread.run_sync(_waiting, visit, conversation_id, message_id)
        message = await to_thread.run_sync(_decide, visit, conversation_id, message_id, DECLINED, pending)
        await to_thread.run_sync(_keep, visit, conversation_id, message.message_id, answer)
        return message


async def delete(visit: Visit, conversation_id: str) -> None:
    """Delete a conversation for good, and stop what is being written in it.

    Raises:
        NotFoundError: The person has no such conversation.
        ConflictError: A change that was approved is being made in it, or a question being taken in another tab.
    """
    await to_thread.run_sync(thread_of, visit, conversation_id)
    stored = visit.brand.workspace.store.conversations
    async with visit.services.runs.ending(conversation_id):
        await to_thread.run_sync(partial(stored.delete, conversation_id, owner=visit.account_id))


async def fork(visit: Visit, conversation_id: str, message_id: str) -> str:
    """Begin another conversation that goes on from a turn, and return its id; the first one stays as it is.

    Raises:
        NotFoundError: The person has no such conversation, or it has no such turn.
        ConflictError: The turn is being answered.
    """
    turn = await to_thread.run_sync(turn_of, visit, conversation_id, message_id)
    if turn.state == "writing":
        msg = "this question is still being answered, so nothing can go on from it yet"
        raise ConflictError(msg, hint="Wait for the answer, or stop it.")
    stored, now = visit.brand.workspace.store.conversations, visit.services.clock()
    begin = partial(stored.fork, conversation_id, message_id, owner=visit.account_id, now=now)
    return (await to_thread.run_sync(begin)).conversation_id


def turn_with_change(visit: Visit, conversation_id: str, message_id: str) -> Turn | None:
    """Return the turn whose change waits for a decision; None where none does."""
    turns = thread_of(visit, conversation_id).turns
    last = turns[-1] if turns else None
    if last is None or last.key != message_id or last.answer is None or last.answer.pending is None:
        return None
    return last


def _waiting(visit: Visit, conversation_id: str, message_id: str) -> PendingChange:
    turn = turn_with_change(visit, conversation_id, message_id)
    pending = None if turn is None or turn.answer is None else turn.answer.pending
    if pending is None:
        msg = "this change was decided already, or the conversation went on without it"
        raise ConflictError(msg, hint="Load the conversation again; ask again where you still want it.")
    return pending


def _decide(
    visit: Visit, conversation_id: str, message_id: str, words: str, pending: PendingChange
) -> Message:
    return visit.brand.workspace.store.conversations.ask(
        conversation_id,
        words.format(summary=pending.summary),
        parent_id=message_id,
        owner=visit.account_id,
        now=visit.services.clock(),
    )


async def _take(visit: Visit, conversation_id: str, store: Storing) -> Message:
    async with visit.services.runs.claiming(conversation_id, account_id=visit.account_id):
        message = await to_thread.run_sync(store)
        await _answer(visit, conversation_id, message, partial(_events_of, visit, message.question))
        return message


async def _answer(
    visit: Visit, conversation_id: str, message: Message, answering: Answering, *, may_stop: bool = True
) -> None:
    """Begin the answer to a stored question."""
    owner = visit.account_id

    def prepare() -> tuple[Events, str]:
        path = visit.brand.workspace.store.conversations.path(conversation_id, owner=owner)
        return answering(path[:-1]), visit.brand.analyst.writer

    events, writer = await to_thread.run_sync(prepare)
    run = Run(message.message_id, visit.brand.name, owner, conversation_id, may_stop=may_stop)
    store = partial(_keep, visit, conversation_id, message.message_id)
    visit.services.runs.begin(run, events, writer=writer, store=store)


def _events_of(visit: Visit, question: str, history: tuple[Message, ...]) -> Events:
    return visit.brand.analyst.answer(question, history=history, context=visit.context())


async def _change_of(visit: Visit, pending: PendingChange, _history: tuple[Message, ...]) -> Events:
    """Yield how a change is made, as the one writer of the workspace; what another one stores is waited for."""
    if visit.brand.is_being_written:
        yield StatusEvent(text=_WAITS)
    async with visit.brand.writing_in_turn():
        async for event in visit.brand.analyst.approve(pending, context=visit.context()):
            yield event


def _keep(visit: Visit, conversation_id: str, message_id: str, answer: Answer) -> None:
    visit.brand.workspace.store.conversations.answer(
        conversation_id, message_id, answer, owner=visit.account_id, now=visit.services.clock()
    )
