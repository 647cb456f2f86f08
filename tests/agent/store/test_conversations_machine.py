"""Two tabs of one person, and another person, do whatever they like in any order, with restarts between: nothing is lost."""

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from agent.errors import ConflictError, NotFoundError
from agent.store import Store
from tests.agent.answers import answer
from tests.agent.store.builders import NOW

_OWNERS = st.sampled_from(["anna", "ben"])
_TABS = st.sampled_from([0, 1])
_WHICH = st.integers(min_value=0, max_value=10**6)
_WORDS = st.sampled_from(["late parcels", "refunds", "the app"])


@dataclass
class _Turn:
    parent: str | None
    question: str
    said: str | None = None


@dataclass
class _Talk:
    owner: str
    turns: dict[str, _Turn] = field(default_factory=dict[str, _Turn])
    tabs: list[str | None] = field(default_factory=lambda: [None, None])
    """The turn that each tab believes to be the last."""

    def way(self, turn_id: str | None) -> list[str]:
        found: list[str] = []
        while turn_id is not None:
            found.insert(0, turn_id)
            turn_id = self.turns[turn_id].parent
        return found


class _Machine(RuleBasedStateMachine):
    """The store beside a model of dictionaries."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp())
        self.store = Store.create(self.home, "brand", salt="salt", now=NOW)
        self.talks: dict[str, _Talk] = {}
        self.gone: list[tuple[str, str]] = []
        self.waiting: set[str] = set()

    def _pick(self, which: int) -> tuple[str, _Talk]:
        name = list(self.talks)[which % len(self.talks)]
        return name, self.talks[name]

    def _pick_turn(self, which: int) -> tuple[str, _Talk, str] | None:
        name, talk = self._pick(which)
        return (name, talk, list(talk.turns)[which % len(talk.turns)]) if talk.turns else None

    @rule(owner=_OWNERS)
    def create(self, owner: str) -> None:
        made = self.store.conversations.create(owner=owner, now=NOW)
        self.talks[made.conversation_id] = _Talk(owner)

    @precondition(lambda self: self.talks)
    @rule(which=_WHICH, tab=_TABS, words=_WORDS)
    def ask(self, which: int, tab: int, words: str) -> None:
        name, talk = self._pick(which)
        made = self.store.conversations.ask(name, words, parent_id=talk.tabs[tab], owner=talk.owner, now=NOW)
        self._added(talk, made.message_id, _Turn(talk.tabs[tab], words))
        talk.tabs[tab] = made.message_id

    @precondition(lambda self: self.talks)
    @rule(which=_WHICH, words=_WORDS)
    def answer(self, which: int, words: str) -> None:
        picked = self._pick_turn(which)
        if picked is None:
            return
        name, talk, turn_id = picked
        if talk.turns[turn_id].said is None:
            self.store.conversations.answer(name, turn_id, answer(words), owner=talk.owner, now=NOW)
            talk.turns[turn_id].said = words
            self.waiting.discard(turn_id)
        else:
            with pytest.raises(ConflictError):
                self.store.conversations.answer(name, turn_id, answer(words), owner=talk.owner, now=NOW)

    @precondition(lambda self: self.talks)
    @rule(which=_WHICH, words=_WORDS | st.none())
    def edit_or_regenerate(self, which: int, words: str | None) -> None:
        picked = self._pick_turn(which)
        if picked is None:
            return
        name, talk, turn_id = picked
        talks, old = self.store.conversations, talk.turns[turn_id]
        if words is None:
            made = talks.regenerate(name, turn_id, owner=talk.owner, now=NOW)
        else:
            made = talks.edit(name, turn_id, words, owner=talk.owner, now=NOW)
        self._added(talk, made.message_id, _Turn(old.parent, words or old.question))

    @precondition(lambda self: self.talks)
    @rule(which=_WHICH, tab=_TABS)
    def choose(self, which: int, tab: int) -> None:
        picked = self._pick_turn(which)
        if picked is None:
            return
        name, talk, turn_id = picked
        head = self.store.conversations.choose(name, turn_id, owner=talk.owner).head
        expected = turn_id
        while beyond := [name for name, turn in talk.turns.items() if turn.parent == expected]:
            expected = beyond[-1]
        assert head == expected
        talk.tabs[tab] = head

    @precondition(lambda self: self.talks)
    @rule(which=_WHICH)
    def fork(self, which: int) -> None:
        picked = self._pick_turn(which)
        if picked is None:
            return
        name, talk, turn_id = picked
        made = self.store.conversations.fork(name, turn_id, owner=talk.owner, now=NOW)
        copied = _Talk(talk.owner)
        path = self.store.conversations.path(made.conversation_id, owner=talk.owner)
        for message, old in zip(path, talk.way(turn_id), strict=True):
            was = talk.turns[old]
            copied.turns[message.message_id] = _Turn(message.parent_id, was.question, was.said)
        copied.tabs = [made.head, made.head]
        self.talks[made.conversation_id] = copied

    @precondition(lambda self: self.talks)
    @rule(which=_WHICH)
    def delete(self, which: int) -> None:
        name, talk = self._pick(which)
        self.store.conversations.delete(name, owner=talk.owner)
        del self.talks[name]
        self.waiting -= set(talk.turns)
        self.gone.append((name, talk.owner))

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = Store.open(self.home, "brand")
        self.waiting.clear()

    @precondition(lambda self: self.talks)
    @rule(which=_WHICH)
    def somebody_else_tries(self, which: int) -> None:
        name, talk = self._pick(which)
        other = "ben" if talk.owner == "anna" else "anna"
        for turn_id in list(talk.turns)[:1] or [""]:
            with pytest.raises(NotFoundError):
                self.store.conversations.answer(name, turn_id, answer(), owner=other, now=NOW)
            with pytest.raises(NotFoundError):
                self.store.conversations.fork(name, turn_id, owner=other, now=NOW)
        with pytest.raises(NotFoundError):
            self.store.conversations.delete(name, owner=other)

    @invariant()
    def nothing_is_lost_and_every_path_is_valid(self) -> None:
        talks = self.store.conversations
        for name, talk in self.talks.items():
            head = talks.get(name, owner=talk.owner).head
            assert (head is None) == (not talk.turns)
            path = talks.path(name, owner=talk.owner)
            assert [message.message_id for message in path] == talk.way(head)
            for turn_id, turn in talk.turns.items():
                found = talks.message(name, turn_id, owner=talk.owner)
                assert (found.question, found.parent_id) == (turn.question, turn.parent)
                assert found.answer == (None if turn.said is None else answer(turn.said))
                assert found.cut_off == (turn.said is None and turn_id not in self.waiting)
                beside = [other for other, has in talk.turns.items() if has.parent == turn.parent]
                branches = talks.branches(name, turn_id, owner=talk.owner)
                assert [message.message_id for message in branches] == beside

    @invariant()
    def lists_and_searches_hold_what_is_ones_own(self) -> None:
        talks = self.store.conversations
        for owner in ("anna", "ben"):
            own = {name for name, talk in self.talks.items() if talk.owner == owner}
            assert {
                item.conversation_id for item in talks.recent(owner=owner, limit=200).conversations
            } == own
            found = {
                hit.conversation.conversation_id for hit in talks.search("refunds", owner=owner, limit=200)
            }
            said = {
                name
                for name in own
                if any("refunds" in (turn.question, turn.said) for turn in self.talks[name].turns.values())
            }
            assert said <= found <= own
        for name, owner in self.gone:
            with pytest.raises(NotFoundError):
                talks.get(name, owner=owner)

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.home)

    def _added(self, talk: _Talk, turn_id: str, turn: _Turn) -> None:
        talk.turns[turn_id] = turn
        self.waiting.add(turn_id)


TestConversationMachine = _Machine.TestCase
TestConversationMachine.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
