"""Conversations: kept, named, found, branched, copied and deleted for good, each seen by its owner alone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agent.errors import ConflictError, InputError, NotFoundError
from agent.schemas.chat import Answer, Outcome, PendingChange
from agent.store import Store
from agent.store.conversations import MAX_QUESTION_CHARS, Conversations
from agent.store.tables import conversations as conversations_table
from agent.store.tables import turn_records, turns
from agent.store.texts import cut_at_word
from tests.agent.answers import answer
from tests.agent.store.builders import NOW


def _asked(talks: Conversations, *questions: str, owner: str = "anna") -> tuple[str, list[str]]:
    """Begin a conversation of some questions one after the other, and return its id and theirs."""
    conversation = talks.create(owner=owner, now=NOW)
    ids: list[str] = []
    for question in questions:
        parent = ids[-1] if ids else None
        made = talks.ask(conversation.conversation_id, question, parent_id=parent, owner=owner, now=NOW)
        ids.append(made.message_id)
    return conversation.conversation_id, ids


def test_question_and_answer_come_back_as_they_were_after_a_restart(tmp_path: Path) -> None:
    """A conversation is there with all its citations when the home is opened again."""
    given_answer = answer(unknown="Nothing is known of prices.")
    with Store.create(tmp_path, "brand", now=NOW) as store:
        talk, (first,) = _asked(store.conversations, "Where do parcels get stuck?")
        store.conversations.answer(talk, first, given_answer, owner="anna", now=NOW + timedelta(seconds=1))
    with Store.open(tmp_path, "brand") as store:
        (message,) = store.conversations.path(talk, owner="anna")
        assert (message.question, message.answer) == ("Where do parcels get stuck?", given_answer)
        assert (message.asked_at, message.answered_at) == (NOW, NOW + timedelta(seconds=1))
        assert not message.cut_off
        assert store.conversations.get(talk, owner="anna").changed_at == NOW + timedelta(seconds=1)


def test_question_without_an_answer_is_cut_off_only_after_a_restart(tmp_path: Path) -> None:
    """While the process lives somebody may be at work on it; afterwards nobody is, and the question is still there."""
    with Store.create(tmp_path, "brand", now=NOW) as store:
        talk, (first,) = _asked(store.conversations, "Why?")
        assert not store.conversations.message(talk, first, owner="anna").cut_off
    with Store.open(tmp_path, "brand") as store:
        (message,) = store.conversations.path(talk, owner="anna")
        assert (message.question, message.answer, message.cut_off) == ("Why?", None, True)
        again = store.conversations.regenerate(talk, first, owner="anna", now=NOW)
        assert (again.question, again.parent_id, again.cut_off) == ("Why?", None, False)
        late = store.conversations.answer(talk, first, answer(), owner="anna", now=NOW)
        assert (late.cut_off, late.answer) == (False, answer())


def test_second_answer_is_refused_and_the_first_stays(store: Store) -> None:
    """Two workers on one question cannot overwrite each other."""
    talk, (first,) = _asked(store.conversations, "Why?")
    store.conversations.answer(talk, first, answer("One."), owner="anna", now=NOW)
    with pytest.raises(ConflictError, match="answered"):
        store.conversations.answer(talk, first, answer("Two."), owner="anna", now=NOW)
    assert store.conversations.message(talk, first, owner="anna").answer == answer("One.")


def test_two_tabs_that_go_on_from_one_turn_make_branches(store: Store) -> None:
    """Neither question is lost; the one asked last is read, and the other can be chosen."""
    talks = store.conversations
    talk, (first,) = _asked(talks, "Why?")
    left = talks.ask(talk, "And mobile?", parent_id=first, owner="anna", now=NOW)
    right = talks.ask(talk, "And desktop?", parent_id=first, owner="anna", now=NOW)
    deeper = talks.ask(talk, "Since when?", parent_id=left.message_id, owner="anna", now=NOW)
    assert [turn.question for turn in talks.branches(talk, left.message_id, owner="anna")] == [
        "And mobile?",
        "And desktop?",
    ]
    talks.choose(talk, right.message_id, owner="anna")
    assert [turn.question for turn in talks.path(talk, owner="anna")] == ["Why?", "And desktop?"]
    chosen = talks.choose(talk, left.message_id, owner="anna")
    assert chosen.head == deeper.message_id
    assert talks.choose(talk, first, owner="anna").head == right.message_id
    talks.choose(talk, left.message_id, owner="anna")
    assert [turn.question for turn in talks.path(talk, owner="anna")] == [
        "Why?",
        "And mobile?",
        "Since when?",
    ]
    assert talks.forks(talk, owner="anna") == {
        first: (first,),
        left.message_id: (left.message_id, right.message_id),
        deeper.message_id: (deeper.message_id,),
    }


def test_questions_of_many_threads_at_once_are_all_kept(store: Store) -> None:
    """Eight requests that go on from one turn at the same moment become eight branches; the head is one of them."""
    talks = store.conversations
    talk, (first,) = _asked(talks, "Why?")

    def go_on(number: int) -> str:
        return talks.ask(talk, f"And {number}?", parent_id=first, owner="anna", now=NOW).message_id

    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(go_on, range(8)))
    branches = talks.branches(talk, next(iter(made)), owner="anna")
    assert {turn.message_id for turn in branches} == made
    assert talks.get(talk, owner="anna").head == branches[-1].message_id


def test_edit_and_regenerate_stand_beside_what_was_asked(store: Store) -> None:
    """An edited first question is a branch of its own; asking again repeats the words."""
    talks = store.conversations
    talk, (first, second) = _asked(talks, "Why?", "And mobile?")
    edited = talks.edit(talk, first, "Why late?", owner="anna", now=NOW)
    again = talks.regenerate(talk, second, owner="anna", now=NOW)
    assert (edited.parent_id, again.parent_id, again.question) == (None, first, "And mobile?")
    assert (
        len(talks.branches(talk, first, owner="anna")) == len(talks.branches(talk, second, owner="anna")) == 2
    )
    assert [turn.message_id for turn in talks.path(talk, owner="anna")] == [first, again.message_id]


def test_fork_copies_the_way_to_a_turn_and_leaves_the_rest(store: Store) -> None:
    """The copy has ids of its own, the same words and answers, and deleting either leaves the other."""
    talks = store.conversations
    talk, (first, second, _) = _asked(talks, "One?", "Two?", "Three?")
    talks.answer(talk, first, answer(record_id="r_7"), owner="anna", now=NOW)
    forked = talks.fork(talk, second, owner="anna", now=NOW + timedelta(hours=1))
    copied = talks.path(forked.conversation_id, owner="anna")
    assert [turn.question for turn in copied] == ["One?", "Two?"]
    assert copied[0].answer == answer(record_id="r_7")
    assert (copied[1].cut_off, copied[1].parent_id) == (True, copied[0].message_id)
    assert not {first, second} & {turn.message_id for turn in copied}
    assert {found.conversation_id for found in talks.mentioning(["r_7"])} == {talk, forked.conversation_id}
    talks.delete(talk, owner="anna")
    assert talks.path(forked.conversation_id, owner="anna") == copied
    assert forked.title == "One?"


def test_change_that_waits_is_not_copied_with_its_turn(store: Store) -> None:
    """It is decided in one place alone; the copy says where, and the first conversation keeps it."""
    talks = store.conversations
    talk, (first,) = _asked(talks, "Draft it")
    pending = PendingChange(change_id="x" * 16, tool="draft_map", arguments={}, summary="A map.")
    waiting = Answer(outcome=Outcome.PENDING, pending=pending, writer="w")
    talks.answer(talk, first, waiting, owner="anna", now=NOW)
    forked = talks.fork(talk, first, owner="anna", now=NOW)
    [copied] = talks.path(forked.conversation_id, owner="anna")
    assert copied.answer is not None
    assert (copied.answer.pending, copied.answer.outcome) == (None, Outcome.ANSWERED)
    assert "in the conversation that this one is a copy of" in copied.answer.sentences[-1].text
    assert talks.message(talk, first, owner="anna").answer == waiting


_Call = Callable[[Conversations, str, str], object]
_CALLS: dict[str, _Call] = {
    "get": lambda talks, talk, _: talks.get(talk, owner="ben"),
    "rename": lambda talks, talk, _: talks.rename(talk, "Mine", owner="ben"),
    "delete": lambda talks, talk, _: talks.delete(talk, owner="ben"),
    "ask": lambda talks, talk, turn: talks.ask(talk, "Hm?", parent_id=turn, owner="ben", now=NOW),
    "ask anew": lambda talks, talk, _: talks.ask(talk, "Hm?", parent_id=None, owner="ben", now=NOW),
    "answer": lambda talks, talk, turn: talks.answer(talk, turn, answer(), owner="ben", now=NOW),
    "edit": lambda talks, talk, turn: talks.edit(talk, turn, "Hm?", owner="ben", now=NOW),
    "regenerate": lambda talks, talk, turn: talks.regenerate(talk, turn, owner="ben", now=NOW),
    "message": lambda talks, talk, turn: talks.message(talk, turn, owner="ben"),
    "path": lambda talks, talk, _: talks.path(talk, owner="ben"),
    "branches": lambda talks, talk, turn: talks.branches(talk, turn, owner="ben"),
    "forks": lambda talks, talk, _: talks.forks(talk, owner="ben"),
    "choose": lambda talks, talk, turn: talks.choose(talk, turn, owner="ben"),
    "fork": lambda talks, talk, turn: talks.fork(talk, turn, owner="ben", now=NOW),
}


@pytest.mark.parametrize("name", _CALLS)
def test_somebody_elses_conversation_is_not_there(store: Store, name: str) -> None:
    """Whatever is tried with another's ids says the same as for ids that never were, and changes nothing."""
    talks = store.conversations
    talk, (first,) = _asked(talks, "Why?")
    before = (talks.get(talk, owner="anna"), talks.path(talk, owner="anna"))
    with pytest.raises(NotFoundError) as theirs:
        _CALLS[name](talks, talk, first)
    never = "c_" + "0" * 32
    with pytest.raises(NotFoundError) as nobodys:
        _CALLS[name](talks, never, first)
    assert theirs.value.message.replace(talk, never) == nobodys.value.message
    assert (talks.get(talk, owner="anna"), talks.path(talk, owner="anna")) == before


def test_turn_of_another_conversation_is_no_parent(store: Store) -> None:
    """A turn's id works in its own conversation only, also between two of one person."""
    talks = store.conversations
    one, (first,) = _asked(talks, "One?")
    two, _ = _asked(talks, "Two?")
    with pytest.raises(NotFoundError):
        talks.ask(two, "Hm?", parent_id=first, owner="anna", now=NOW)
    with pytest.raises(NotFoundError):
        talks.message(two, first, owner="anna")
    assert len(talks.path(one, owner="anna")) == len(talks.path(two, owner="anna")) == 1


def test_workspaces_and_ids_do_not_meet(tmp_path: Path) -> None:
    """The same person sees nothing of a brand's conversations in another brand."""
    with Store.create(tmp_path, "one", now=NOW) as store:
        talk, _ = _asked(store.conversations, "Why?")
    with Store.create(tmp_path, "two", now=NOW) as store:
        assert store.conversations.recent(owner="anna").conversations == ()
        assert store.conversations.search("why", owner="anna") == ()
        with pytest.raises(NotFoundError):
            store.conversations.get(talk, owner="anna")


def test_recent_pages_through_all_in_order_without_gaps(store: Store) -> None:
    """The one gone on with last comes first; pages join without a gap or a repeat, also where times are equal."""
    talks = store.conversations
    made = [talks.create(owner="anna", now=NOW + timedelta(seconds=n // 3), title=f"T{n}") for n in range(11)]
    talks.create(owner="ben", now=NOW, title="Ben's")
    talks.ask(
        made[0].conversation_id, "Back to this?", parent_id=None, owner="anna", now=NOW + timedelta(hours=1)
    )
    seen: list[str] = []
    cursor = None
    while True:
        page = talks.recent(owner="anna", limit=4, cursor=cursor)
        seen += [item.conversation_id for item in page.conversations]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen[0] == made[0].conversation_id
    assert sorted(seen) == sorted(item.conversation_id for item in made)
    times = [talks.get(item, owner="anna").changed_at for item in seen]
    assert times == sorted(times, reverse=True)
    assert talks.recent(owner="ben").next_cursor is None


@pytest.mark.parametrize(
    "cursor", ["", "x", "1-c_1", "-1-c_" + "0" * 32, "9" * 30 + "-c_" + "0" * 32, "../etc"]
)
def test_recent_from_a_made_up_cursor_is_refused(store: Store, cursor: str) -> None:
    """A cursor that we did not write is the caller's mistake, never a failed query."""
    with pytest.raises(InputError):
        store.conversations.recent(owner="anna", cursor=cursor)


def test_title_is_the_first_question_cut_at_a_word(store: Store) -> None:
    """Sixty characters at most; a later question and an edit leave it, a person's name replaces it."""
    talks = store.conversations
    talk, (first,) = _asked(
        talks, "Where do\nmobile customers get stuck after buying, and what should we say to them?"
    )
    assert (
        talks.get(talk, owner="anna").title == "Where do mobile customers get stuck after buying, and what…"
    )
    talks.edit(talk, first, "Else?", owner="anna", now=NOW)
    assert talks.rename(talk, " Stuck\tafter \u202ebuying ", owner="anna").title == "Stuck after buying"
    talks.ask(talk, "And?", parent_id=None, owner="anna", now=NOW)
    assert talks.get(talk, owner="anna").title == "Stuck after buying"
    with pytest.raises(InputError):
        talks.rename(talk, "\u200b \n", owner="anna")


@given(st.text(max_size=200), st.integers(min_value=2, max_value=80))
def test_cut_text_is_short_and_begins_as_the_whole(text: str, max_chars: int) -> None:
    """A cut never exceeds its room and never invents a letter."""
    cut = cut_at_word(text, max_chars=max_chars)
    assert len(cut) <= max_chars
    assert " ".join(text.split()).startswith(cut.removesuffix("…"))


@pytest.mark.parametrize(
    "question", ["", " \n\t", "\x00\u200b", "x" * (MAX_QUESTION_CHARS + 1), "x" * 1_000_000]
)
def test_question_that_says_nothing_or_too_much_is_refused(store: Store, question: str) -> None:
    """It is the caller's mistake, and leaves no turn behind."""
    talk, _ = _asked(store.conversations)
    with pytest.raises(InputError):
        store.conversations.ask(talk, question, parent_id=None, owner="anna", now=NOW)
    assert store.conversations.path(talk, owner="anna") == ()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(), min_size=1, max_size=60))
@example(text="half \ud800 zero \x00 turn \u202e end")
def test_question_of_any_signs_is_stored_or_refused(store: Store, text: str) -> None:
    """Half characters, zero bytes and direction marks never fail in the database; letters come back as they were."""
    talk, _ = _asked(store.conversations)
    try:
        made = store.conversations.ask(talk, text, parent_id=None, owner="anna", now=NOW)
    except InputError:
        assert not any(char.isalnum() for char in text)
        return
    assert [char for char in made.question if char.isalnum()] == [c for c in text if c.isalnum()]
    hits = store.conversations.search(text, owner="anna", limit=200)
    assert not text.isalnum() or any(hit.message_id == made.message_id for hit in hits)


def test_search_finds_words_of_questions_answers_and_titles(store: Store) -> None:
    """All words must be in the conversation, in any turn; case and width do not count; wildcards mean themselves."""
    talks = store.conversations
    talk, (first, second) = _asked(talks, "Where do parcels get stuck?", "Who pays 100 % of ÜBERMASS?")
    talks.answer(
        talk,
        first,
        answer("Customers wait at the Depot.", unknown="Prices are not told."),
        owner="anna",
        now=NOW,
    )
    other, _ = _asked(talks, "What of refunds?")
    talks.rename(other, "Money back", owner="anna")

    def found(query: str) -> list[tuple[str, str | None]]:
        return [
            (hit.conversation.conversation_id, hit.message_id) for hit in talks.search(query, owner="anna")
        ]

    assert found("DEPOT wait") == [(talk, first)]
    assert found("depot übermass") == [(talk, second)]
    assert found("ｐａｒｃｅｌ") == [(talk, first)]
    assert found("prices") == [(talk, first)]
    assert found("money") == [(other, None)]
    assert found("money refunds") == [(other, talks.path(other, owner="anna")[0].message_id)]
    assert found("100 %") == [(talk, second)]
    assert (
        found("_arcels")
        == found("p%s")
        == found("depot nothing")
        == found("  ")
        == found("never arrived")
        == []
    )
    (hit,) = talks.search("depot", owner="anna")
    assert hit.excerpt == "Customers wait at the Depot."


def test_search_never_finds_what_is_somebody_elses(store: Store) -> None:
    """The same words of two people are found by each in the own conversation alone."""
    talks = store.conversations
    mine = {owner: _asked(talks, "Where do parcels get stuck?", owner=owner)[0] for owner in ("anna", "ben")}
    for owner, talk in mine.items():
        assert [hit.conversation.conversation_id for hit in talks.search("parcels stuck", owner=owner)] == [
            talk
        ]
    assert talks.search("parcels", owner="carl") == ()


def test_answer_of_an_unknown_form_is_shown_as_such(store: Store) -> None:
    """One answer that cannot be read spoils neither the path nor the list, and is not changed."""
    talks = store.conversations
    talk, (first, second) = _asked(talks, "One?", "Two?")
    for turn in (first, second):
        talks.answer(talk, turn, answer(), owner="anna", now=NOW)
    broken = {first: {"answer_version": "99"}, second: {"answer": '{"outcome": "guessed"}'}}
    with store._opened.database.begin() as connection:  # pyright: ignore[reportPrivateUsage]
        for turn, values in broken.items():
            connection.execute(sa.update(turns).where(turns.c.turn_id == turn).values(**values))
    shown = talks.path(talk, owner="anna")
    assert [turn.answer.outcome for turn in shown if turn.answer] == [Outcome.FAILED, Outcome.FAILED]
    assert shown[0].answer is not None
    assert "'99'" in (shown[0].answer.error or "")
    assert talks.recent(owner="anna").conversations[0].conversation_id == talk
    assert talks.fork(talk, second, owner="anna", now=NOW).head is not None


def test_deleted_conversation_leaves_nothing_in_the_files(tmp_path: Path) -> None:
    """Neither question, answer, quote nor title stays in the database or its log, though both are open."""
    rare = "zanzibarquestion"
    with Store.create(tmp_path, "brand", now=NOW) as store:
        talks = store.conversations
        kept, _ = _asked(talks, "Keep this perennial question.")
        talk, ids = _asked(talks, *[f"{rare} {n} " + "and so on " * 300 for n in range(5)])
        talks.rename(talk, rare, owner="anna")
        for turn in ids:
            talks.answer(
                talk, turn, answer(rare, quote=rare * 200, record_id=f"r_{rare}"), owner="anna", now=NOW
            )
        assert rare.encode() in b"".join(path.read_bytes() for path in tmp_path.glob("journey.db*"))
        talks.delete(talk, owner="anna")
        left = b"".join(path.read_bytes() for path in tmp_path.glob("journey.db*"))
        assert rare.encode() not in left
        assert b"perennial" in left
        assert talks.mentioning([f"r_{rare}"]) == ()
        with pytest.raises(NotFoundError):
            talks.get(talk, owner="anna")
        assert talks.path(kept, owner="anna")
        with store._opened.database.read() as connection:  # pyright: ignore[reportPrivateUsage]
            for table, n in ((turns, 1), (turn_records, 0), (conversations_table, 1)):
                assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() == n


def test_mentioning_names_turns_that_quote_or_lead_to_a_record(store: Store) -> None:
    """Erasing finds every answer of anybody that holds a customer's words, and no other."""
    talks = store.conversations
    mine, (first, second) = _asked(talks, "One?", "Two?")
    theirs, (third,) = _asked(talks, "Three?", owner="ben")
    talks.answer(mine, first, answer(record_id="r_1", led_to="r_9"), owner="anna", now=NOW)
    talks.answer(mine, second, answer(record_id="r_2"), owner="anna", now=NOW)
    talks.answer(theirs, third, answer(record_id="r_1"), owner="ben", now=NOW)
    found = {
        (item.owner, item.message_id, item.record_id) for item in talks.mentioning(["r_1", "r_9", "r_0"])
    }
    assert found == {("anna", first, "r_1"), ("anna", first, "r_9"), ("ben", third, "r_1")}
    assert talks.mentioning([]) == ()


def test_ids_cannot_be_guessed(store: Store) -> None:
    """Each holds 128 random bits; no two share a run of digits by counting up."""
    made = {store.conversations.create(owner="anna", now=NOW).conversation_id for _ in range(20)}
    assert len(made) == 20
    assert all(len(name) == 34 for name in made)
    assert len({name[:8] for name in made}) == 20
