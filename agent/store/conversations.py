"""Conversations of people with the agent: who asked what, how it was answered, and how it branched.

Nothing is lost: a question is stored before anybody works on it, and what goes on from a turn that was gone on from already
becomes a branch beside the other. Every method takes the owner; a conversation of somebody else is not there.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from agent.errors import InputError, NotFoundError
from agent.schemas.base import Frozen
from agent.schemas.chat import Answer, Conversation, Message
from agent.store.answers import folded, lines_of
from agent.store.engine import Scoped
from agent.store.tables import conversations, turns
from agent.store.texts import clean_line, clean_text, cut_at_word, without_steering
from agent.store.turns import Mention, Turns, new_id

MAX_QUESTION_CHARS = 20_000
MAX_TITLE_CHARS = 60
"""Of a title made from a question."""
MAX_GIVEN_TITLE_CHARS = 120
MAX_QUERY_CHARS = 200
MAX_PAGE = 200
_EXCERPT_CHARS = 160
_UNNAMED = ""
_CURSOR = re.compile(r"(\d{1,17})-(c_[0-9a-f]{32})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class ConversationPage(Frozen):
    """Some of a person's conversations, the one that was gone on with last first."""

    conversations: tuple[Conversation, ...]
    next_cursor: str | None
    """Where the next page begins; None on the last one."""


class FoundConversation(Frozen):
    """A conversation that holds all the words that were looked for."""

    conversation: Conversation
    message_id: str | None
    """The turn that holds most of them, of several the latest; None where only the title does."""
    excerpt: str
    """A line of that turn with one of the words, or the title."""


class Conversations:
    """The workspace's conversations."""

    def __init__(self, scoped: Scoped) -> None:
        self._db = scoped
        self._turns = Turns(scoped)

    def create(self, *, owner: str, now: datetime, title: str = _UNNAMED) -> Conversation:
        """Begin a conversation.

        Args:
            owner: Account it belongs to.
            now: Time.
            title: Its name; made from the first question where empty.

        Raises:
            InputError: The title is too long.
        """
        name = _title(title) if title else _UNNAMED
        conversation_id = new_id("c")
        row = {
            "conversation_id": conversation_id,
            "owner": owner,
            "title": name,
            "title_words": folded(name),
            "created_at": now,
            "changed_at": now,
            "head": None,
        }
        self._db.add_new(conversations, [row])
        return self.get(conversation_id, owner=owner)

    def get(self, conversation_id: str, *, owner: str) -> Conversation:
        """Return a conversation.

        Raises:
            NotFoundError: The owner has no such conversation.
        """
        rows = self._db.rows(self._of(owner).where(conversations.c.conversation_id == conversation_id))
        if not rows:
            msg = f"conversation {conversation_id!r} is not in the workspace"
            raise NotFoundError(msg, hint="It may have been deleted; the list of conversations shows yours.")
        return _conversation(rows[0])

    def rename(self, conversation_id: str, title: str, *, owner: str) -> Conversation:
        """Give a conversation another name; its place in the list stays.

        Raises:
            NotFoundError: The owner has no such conversation.
            InputError: The title is empty or too long.
        """
        name = _title(title)
        with self._db.database.begin():
            self.get(conversation_id, owner=owner)
            self._set(conversation_id, title=name, title_words=folded(name))
            return self.get(conversation_id, owner=owner)

    def delete(self, conversation_id: str, *, owner: str) -> None:
        """Delete a conversation with all its turns for good: nothing of its words stays in the database's files.

        Raises:
            NotFoundError: The owner has no such conversation.
        """
        with self._db.database.begin():
            self.get(conversation_id, owner=owner)
            self._turns.drop(conversation_id)
            gone = self._db.delete(conversations).where(conversations.c.conversation_id == conversation_id)
            self._db.execute(gone)
        self._db.database.fold_log()

    def recent(self, *, owner: str, limit: int = 30, cursor: str | None = None) -> ConversationPage:
        """Return a person's conversations, the one that was gone on with last first.

        Args:
            owner: Whose.
            limit: How many, at most `MAX_PAGE`.
            cursor: `next_cursor` of the page before; the first page where None.

        Raises:
            InputError: The cursor is not one of ours.
        """
        changed, key = conversations.c.changed_at, conversations.c.conversation_id
        query = self._of(owner)
        if cursor is not None:
            at, conversation_id = _read_cursor(cursor)
            query = query.where((changed < at) | ((changed == at) & (key < conversation_id)))
        size = max(1, min(limit, MAX_PAGE))
        rows = self._db.rows(query.order_by(changed.desc(), key.desc()).limit(size + 1))
        found = tuple(map(_conversation, rows[:size]))
        return ConversationPage(
            conversations=found, next_cursor=_cursor(found[-1]) if len(rows) > size else None
        )

    def search(self, query: str, *, owner: str, limit: int = 20) -> tuple[FoundConversation, ...]:
        """Return a person's conversations that hold all words of a query, in the title, questions or answers.

        Case does not count, and the beginning, middle or end of a word is enough.

        Args:
            query: Words; a blank one finds nothing.
            owner: Whose.
            limit: How many, at most `MAX_PAGE`; those gone on with last come first.

        Raises:
            InputError: The query is too long.
        """
        if len(query) > MAX_QUERY_CHARS:
            msg = f"the words to look for have {len(query):,} characters; at most {MAX_QUERY_CHARS} were expected"
            raise InputError(msg, hint="Look for fewer words.")
        words = list(dict.fromkeys(folded(without_steering(query)).split()))
        if not words:
            return ()
        changed, key = conversations.c.changed_at, conversations.c.conversation_id
        holding = self._of(owner).where(*[_holds(word) for word in words])
        last = holding.order_by(changed.desc(), key.desc()).limit(max(1, min(limit, MAX_PAGE)))
        found = [_conversation(row) for row in self._db.rows(last)]
        best = self._turns.holding(words, [item.conversation_id for item in found])
        return tuple(_found(item, best.get(item.conversation_id), words) for item in found)

    def ask(
        self, conversation_id: str, question: str, *, parent_id: str | None, owner: str, now: datetime
    ) -> Message:
        """Store a question, which becomes the conversation's head; its answer follows by `answer`.

        Args:
            conversation_id: Where.
            question: As it was typed.
            parent_id: The turn it goes on from, as the asking tab showed it; None begins anew. Where another tab went on
                from that turn already, both stand beside each other as branches.
            owner: Who asks.
            now: Time.

        Raises:
            NotFoundError: The owner has no such conversation, or it has no such turn.
            InputError: The question is empty or too long.
        """
        words = clean_text("the question", question, max_chars=MAX_QUESTION_CHARS)
        with self._db.database.begin():
            conversation = self.get(conversation_id, owner=owner)
            message = self._turns.add(conversation_id, words, parent_id=parent_id, now=now)
            changes: dict[str, object] = {"head": message.message_id, "changed_at": now}
            if conversation.title == _UNNAMED:
                title = cut_at_word(words, max_chars=MAX_TITLE_CHARS)
                changes |= {"title": title, "title_words": folded(title)}
            self._set(conversation_id, **changes)
        return message

    def answer(
        self, conversation_id: str, message_id: str, answer: Answer, *, owner: str, now: datetime
    ) -> Message:
        """Store the finished answer to a question; the first one stays.

        Raises:
            NotFoundError: The owner has no such conversation, or it has no such turn: it may have been deleted meanwhile.
            ConflictError: The question has an answer already.
        """
        with self._db.database.begin():
            self.get(conversation_id, owner=owner)
            message = self._turns.finish(conversation_id, message_id, answer, now=now)
            self._set(conversation_id, changed_at=now)
        return message

    def edit(
        self, conversation_id: str, message_id: str, question: str, *, owner: str, now: datetime
    ) -> Message:
        """Ask otherwise what a turn asked: a new turn with the same parent; the old one stays as a branch.

        Raises:
            NotFoundError: The owner has no such conversation, or it has no such turn.
            InputError: The question is empty or too long.
        """
        with self._db.database.begin():
            parent_id = self.message(conversation_id, message_id, owner=owner).parent_id
            return self.ask(conversation_id, question, parent_id=parent_id, owner=owner, now=now)

    def regenerate(self, conversation_id: str, message_id: str, *, owner: str, now: datetime) -> Message:
        """Ask the same again: a new turn with the same question and parent; the old one stays as a branch.

        Raises:
            NotFoundError: The owner has no such conversation, or it has no such turn.
        """
        with self._db.database.begin():
            question = self.message(conversation_id, message_id, owner=owner).question
            return self.edit(conversation_id, message_id, question, owner=owner, now=now)

    def message(self, conversation_id: str, message_id: str, *, owner: str) -> Message:
        """Return a turn.

        Raises:
            NotFoundError: The owner has no such conversation, or it has no such turn.
        """
        self.get(conversation_id, owner=owner)
        return self._turns.get(conversation_id, message_id)

    def path(self, conversation_id: str, *, owner: str) -> tuple[Message, ...]:
        """Return the branch that is read: the turns from the first down to the head.

        Raises:
            NotFoundError: The owner has no such conversation.
        """
        head = self.get(conversation_id, owner=owner).head
        return tuple(self._turns.many(self._turns.tree(conversation_id).path(head)))

    def branches(self, conversation_id: str, message_id: str, *, owner: str) -> tuple[Message, ...]:
        """Return the turns that go on from the same turn as one does, itself among them, in the order they were asked.

        Raises:
            NotFoundError: The owner has no such conversation, or it has no such turn.
        """
        self.message(conversation_id, message_id, owner=owner)
        return tuple(self._turns.many(self._turns.tree(conversation_id).branches(message_id)))

    def forks(self, conversation_id: str, *, owner: str) -> dict[str, tuple[str, ...]]:
        """Return for each turn of the branch that is read the ids of its branches, itself among them.

        Raises:
            NotFoundError: The owner has no such conversation.
        """
        head = self.get(conversation_id, owner=owner).head
        tree = self._turns.tree(conversation_id)
        return {turn_id: tuple(tree.branches(turn_id)) for turn_id in tree.path(head)}

    def choose(self, conversation_id: str, message_id: str, *, owner: str) -> Conversation:
        """Read the branch through a turn from now on, down to where it was gone on with last.

        Raises:
            NotFoundError: The owner has no such conversation, or it has no such turn.
        """
        with self._db.database.begin():
            self.message(conversation_id, message_id, owner=owner)
            self._set(conversation_id, head=self._turns.tree(conversation_id).leaf(message_id))
            return self.get(conversation_id, owner=owner)

    def fork(self, conversation_id: str, message_id: str, *, owner: str, now: datetime) -> Conversation:
        """Begin another conversation with a copy of the turns down to one; the first conversation stays as it is.

        Raises:
            NotFoundError: The owner has no such conversation, or it has no such turn.
        """
        with self._db.database.begin():
            self.message(conversation_id, message_id, owner=owner)
            title = self.get(conversation_id, owner=owner).title
            made = self.create(owner=owner, now=now, title=title)
            path = self._turns.tree(conversation_id).path(message_id)
            self._set(made.conversation_id, head=self._turns.copy(path, into=made.conversation_id))
            return self.get(made.conversation_id, owner=owner)

    def mentioning(self, record_ids: Iterable[str]) -> tuple[Mention, ...]:
        """Return which turns of anybody's conversations quote some records or lead to them, for erasing those."""
        return tuple(self._turns.mentioning(record_ids))

    def _of(self, owner: str) -> sa.Select[Any]:
        return self._db.select(conversations).where(conversations.c.owner == owner)

    def _set(self, conversation_id: str, **changes: object) -> None:
        update = self._db.update(conversations).where(conversations.c.conversation_id == conversation_id)
        self._db.execute(update.values(**changes))


def _holds(word: str) -> sa.ColumnElement[bool]:
    """Return the condition that a conversation holds a folded word in its title or in one of its turns."""
    said = sa.exists().where(
        turns.c.ws == conversations.c.ws,
        turns.c.conversation_id == conversations.c.conversation_id,
        turns.c.words.contains(word, autoescape=True),
    )
    return conversations.c.title_words.contains(word, autoescape=True) | said


def _found(conversation: Conversation, message: Message | None, words: Sequence[str]) -> FoundConversation:
    if message is None:
        return FoundConversation(conversation=conversation, message_id=None, excerpt=conversation.title)
    return FoundConversation(
        conversation=conversation, message_id=message.message_id, excerpt=_excerpt(message, words)
    )


def _conversation(row: sa.Row[Any]) -> Conversation:
    return Conversation(
        conversation_id=row.conversation_id,
        owner=row.owner,
        title=row.title,
        created_at=row.created_at,
        changed_at=row.changed_at,
        head=row.head,
    )


def _title(title: str) -> str:
    return clean_line("the title", title, max_chars=MAX_GIVEN_TITLE_CHARS)


def _excerpt(message: Message, words: Sequence[str]) -> str:
    """Return the line of a turn that holds most of some words, from a little before the first of them."""
    lines = [message.question, *lines_of(message.answer)]
    line = " ".join(max(lines, key=lambda text: sum(word in folded(text) for word in words)).split())
    places = [place for word in words if (place := line.casefold().find(word)) >= 0]
    start = line.rfind(" ", 0, max(0, min(places, default=0) - _EXCERPT_CHARS // 3)) + 1
    return ("…" if start else "") + cut_at_word(line[start:], max_chars=_EXCERPT_CHARS)


def _cursor(conversation: Conversation) -> str:
    return f"{(conversation.changed_at - _EPOCH) // _MICROSECOND}-{conversation.conversation_id}"


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    parts = _CURSOR.fullmatch(cursor)
    if parts is None:
        msg = f"{cursor[:60]!r} is no place in a list of conversations"
        raise InputError(msg, hint="Load the list from its beginning.")
    return _EPOCH + int(parts[1]) * _MICROSECOND, parts[2]
