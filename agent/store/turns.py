"""The turns of conversations, whoever they belong to; `Conversations` alone uses it and looks who may see what."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from agent.errors import ConflictError, NotFoundError
from agent.schemas.base import Frozen
from agent.schemas.chat import Answer, Message
from agent.store.answers import (
    ANSWER_VERSION,
    dump_answer,
    folded,
    lines_of,
    load_answer,
    record_ids_of,
    without_pending,
)
from agent.store.engine import Scoped
from agent.store.tables import conversations, turn_records, turns

_ID_BYTES = 16


class Mention(Frozen):
    """A turn whose answer quotes a record or leads to it."""

    conversation_id: str
    message_id: str
    owner: str
    record_id: str


@dataclass(frozen=True)
class Tree:
    """How the turns of a conversation hang together, in the order in which they were asked.

    Its methods raise `NotFoundError` for a turn that was deleted meanwhile.
    """

    parent_of: Mapping[str, str | None]

    def path(self, turn_id: str | None) -> list[str]:
        """Return the turns from the first down to one; none for None."""
        found: list[str] = []
        while turn_id is not None:
            found.append(turn_id)
            turn_id = self._parent(turn_id)
        return found[::-1]

    def branches(self, turn_id: str) -> list[str]:
        """Return all turns with the same parent as one, itself among them."""
        return self._children[self._parent(turn_id)]

    def leaf(self, turn_id: str) -> str:
        """Return the turn that ends the branch through one; where it branches again, the way that was asked last."""
        while children := self._children.get(turn_id):
            turn_id = children[-1]
        return turn_id

    def _parent(self, turn_id: str) -> str | None:
        if turn_id not in self.parent_of:
            raise _gone(turn_id)
        return self.parent_of[turn_id]

    @cached_property
    def _children(self) -> dict[str | None, list[str]]:
        children: dict[str | None, list[str]] = {}
        for turn_id, parent_id in self.parent_of.items():
            children.setdefault(parent_id, []).append(turn_id)
        return children


class Turns:
    """The workspace's turns."""

    def __init__(self, scoped: Scoped) -> None:
        self._db = scoped

    def add(self, conversation_id: str, question: str, *, parent_id: str | None, now: datetime) -> Message:
        """Store a question, before anybody works on it.

        Raises:
            NotFoundError: The conversation has no such parent.
        """
        turn_id = new_id("m")
        with self._db.database.begin():
            if parent_id is not None:
                self._row(conversation_id, parent_id)
            row = {
                "turn_id": turn_id,
                "conversation_id": conversation_id,
                "parent_id": parent_id,
                "number": self._next_number(conversation_id),
                "question": question,
                "asked_at": now,
                "run": self._db.database.run,
                "answer": None,
                "answer_version": None,
                "answered_at": None,
                "words": folded(question),
            }
            self._db.add_new(turns, [row])
        return self.get(conversation_id, turn_id)

    def finish(self, conversation_id: str, turn_id: str, answer: Answer, *, now: datetime) -> Message:
        """Store the answer to a question.

        Raises:
            NotFoundError: The conversation has no such turn.
            ConflictError: It has an answer already.
        """
        with self._db.database.begin():
            row = self._row(conversation_id, turn_id)
            if row.answer is not None:
                msg = f"turn {turn_id!r} was answered at {row.answered_at:%Y-%m-%d %H:%M:%S} UTC already"
                raise ConflictError(msg, hint="Ask again for another answer; the first one stays.")
            values = {
                "answer": dump_answer(answer),
                "answer_version": ANSWER_VERSION,
                "answered_at": now,
                "words": _words_of(row.question, answer),
            }
            self._db.execute(self._db.update(turns).where(turns.c.turn_id == turn_id).values(values))
            links = [{"record_id": key, "turn_id": turn_id} for key in sorted(record_ids_of(answer))]
            self._db.add_new(turn_records, links)
        return self.get(conversation_id, turn_id)

    def get(self, conversation_id: str, turn_id: str) -> Message:
        """Return a turn of a conversation.

        Raises:
            NotFoundError: The conversation has no such turn.
        """
        return self._message(self._row(conversation_id, turn_id))

    def many(self, turn_ids: Sequence[str]) -> list[Message]:
        """Return turns in the order in which they are named.

        Raises:
            NotFoundError: One was deleted meanwhile.
        """
        rows = self._db.rows_in(self._db.select(turns), turns.c.turn_id, turn_ids)
        found = {row.turn_id: self._message(row) for row in rows}
        for turn_id in turn_ids:
            if turn_id not in found:
                raise _gone(turn_id)
        return [found[turn_id] for turn_id in turn_ids]

    def holding(self, words: Sequence[str], conversation_ids: Sequence[str]) -> dict[str, Message]:
        """Return for each conversation the turn that holds most of some folded words, of several the latest.

        A conversation of which no turn holds any is left out.
        """
        n_held = sum(
            (sa.case((turns.c.words.contains(word, autoescape=True), 1), else_=0) for word in words),
            start=sa.literal(0),
        ).label("n_held")
        query = self._db.select(turns, turns.c.conversation_id, turns.c.turn_id, turns.c.number, n_held)
        best: dict[str, tuple[int, int, str]] = {}
        for row in self._db.rows_in(query, turns.c.conversation_id, conversation_ids):
            held = (row.n_held, row.number, row.turn_id)
            if row.n_held and held > best.get(row.conversation_id, (0, 0, "")):
                best[row.conversation_id] = held
        messages = self.many([turn_id for _, _, turn_id in best.values()])
        return dict(zip(best, messages, strict=True))

    def tree(self, conversation_id: str) -> Tree:
        """Return how the turns of a conversation hang together."""
        query = self._db.select(turns, turns.c.turn_id, turns.c.parent_id)
        query = query.where(turns.c.conversation_id == conversation_id).order_by(turns.c.number)
        return Tree({row.turn_id: row.parent_id for row in self._db.rows(query)})

    def copy(self, turn_ids: Sequence[str], *, into: str) -> str | None:
        """Copy a path of turns into a conversation that has none, and return the last one's new id.

        A change that waits in one of them stays where it was proposed, so that nobody decides it twice.
        """
        rows = {
            row.turn_id: row for row in self._db.rows_in(self._db.select(turns), turns.c.turn_id, turn_ids)
        }
        renamed = {turn_id: new_id("m") for turn_id in turn_ids}
        parent_id: str | None = None
        copies: list[dict[str, Any]] = []
        for number, turn_id in enumerate(turn_ids, start=1):
            row = rows[turn_id]
            copied = {column.name: getattr(row, column.name) for column in turns.c if column.name != "ws"}
            own = {
                "turn_id": renamed[turn_id],
                "conversation_id": into,
                "parent_id": parent_id,
                "number": number,
            }
            # Whoever answers the original does not answer the copy.
            copies.append({**copied, **own, **_decided_elsewhere(row), "run": ""})
            parent_id = renamed[turn_id]
        self._db.add_new(turns, copies)
        query = self._db.select(turn_records, turn_records.c.record_id, turn_records.c.turn_id)
        links = list(self._db.rows_in(query, turn_records.c.turn_id, turn_ids))
        self._db.add_new(
            turn_records, [{"record_id": link.record_id, "turn_id": renamed[link.turn_id]} for link in links]
        )
        return parent_id

    def drop(self, conversation_id: str) -> None:
        """Delete all turns of a conversation."""
        ids = list(self.tree(conversation_id).parent_of)
        self._db.execute_in(self._db.delete(turn_records), turn_records.c.turn_id, ids)
        self._db.execute(self._db.delete(turns).where(turns.c.conversation_id == conversation_id))

    def mentioning(self, record_ids: Iterable[str]) -> list[Mention]:
        """Return where answers quote some records or lead to them."""
        query = (
            self._db.select(turns, turns.c.turn_id, turns.c.conversation_id)
            .join(
                turn_records, (turn_records.c.ws == turns.c.ws) & (turn_records.c.turn_id == turns.c.turn_id)
            )
            .join(
                conversations,
                (conversations.c.ws == turns.c.ws)
                & (conversations.c.conversation_id == turns.c.conversation_id),
            )
            .add_columns(turn_records.c.record_id, conversations.c.owner)
            .order_by(turns.c.conversation_id, turns.c.number, turn_records.c.record_id)
        )
        return [
            Mention(
                conversation_id=row.conversation_id,
                message_id=row.turn_id,
                owner=row.owner,
                record_id=row.record_id,
            )
            for row in self._db.rows_in(query, turn_records.c.record_id, record_ids)
        ]

    def _next_number(self, conversation_id: str) -> int:
        query = self._db.select(turns, sa.func.max(turns.c.number))
        return int(self._db.scalar(query.where(turns.c.conversation_id == conversation_id)) or 0) + 1

    def _row(self, conversation_id: str, turn_id: str) -> sa.Row[Any]:
        query = self._db.select(turns).where(
            turns.c.turn_id == turn_id, turns.c.conversation_id == conversation_id
        )
        rows = self._db.rows(query)
        if not rows:
            raise _gone(turn_id)
        return rows[0]

    def _message(self, row: sa.Row[Any]) -> Message:
        return Message(
            message_id=row.turn_id,
            parent_id=row.parent_id,
            question=row.question,
            asked_at=row.asked_at,
            answer=None if row.answer is None else load_answer(row.answer, row.answer_version),
            answered_at=row.answered_at,
            cut_off=row.answer is None and row.run != self._db.database.run,
        )


def new_id(prefix: str) -> str:
    """Return an id that nobody can guess."""
    return f"{prefix}_{secrets.token_hex(_ID_BYTES)}"


def _words_of(question: str, answer: Answer) -> str:
    """Return what a turn is found by."""
    return "\n".join(map(folded, [question, *lines_of(answer)]))


def _decided_elsewhere(row: sa.Row[Any]) -> dict[str, str]:
    """Return what of a turn is otherwise in a copy of it: it has no change that waits."""
    if row.answer is None:
        return {}
    answer = load_answer(row.answer, row.answer_version)
    if answer.pending is None:
        return {}
    left = without_pending(answer)
    return {"answer": dump_answer(left), "words": _words_of(row.question, left)}


def _gone(turn_id: str) -> NotFoundError:
    msg = f"turn {turn_id!r} is not in the conversation"
    return NotFoundError(msg, hint="It may have been deleted in another tab; load the conversation again.")
