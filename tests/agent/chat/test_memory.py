"""What of a conversation a model is told."""

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.chat.context import DataDictionary
from agent.chat.memory import QuestionBrief, TurnItem, remembered
from agent.prompting import load_prompt
from agent.schemas.chat import Answer, Message, Outcome, Sentence, SentenceKind
from tests.agent.chat.turns import NOW

PROMPT = load_prompt("answer_question")


def turn(number: int, *texts: str, question: str = "") -> Message:
    """Return a turn that said these things."""
    sentences = tuple(Sentence(kind=SentenceKind.GUIDANCE, text=text, template=text) for text in texts)
    answer = Answer(outcome=Outcome.ANSWERED, understood=f"u{number}", sentences=sentences, writer="w")
    return Message(
        message_id=f"m{number}",
        parent_id=None,
        question=question or f"q{number}",
        asked_at=NOW,
        answer=answer,
    )


def brief(turns: tuple[TurnItem, ...]) -> QuestionBrief:
    """Return the inputs of a prompt with these turns."""
    return QuestionBrief(today="", data=DataDictionary(), n_left_out=0, turns=turns, question="")


def n_bytes(turns: tuple[TurnItem, ...]) -> int:
    """Return what turns take in the prompt as it is sent."""
    return len(PROMPT.render(brief(turns)).user.encode()) - len(PROMPT.render(brief(())).user.encode())


def test_remembered_newest_turns_whole_older_ones_by_their_question() -> None:
    """Within the budget the newest stay whole, then only what was asked, then nothing."""
    history = [turn(number, "x" * 300) for number in range(4)]
    kept = remembered(history, max_bytes=1_200)
    assert [(one.question, len(one.sentences)) for one in kept] == [
        ("q0", 0),
        ("q1", 0),
        ("q2", 1),
        ("q3", 1),
    ]
    assert [one.question for one in remembered(history, max_bytes=600)] == ["q2", "q3"]
    assert remembered(history, max_bytes=0) == ()


def test_remembered_unanswered_turn_is_its_question() -> None:
    """A turn that was cut off was asked all the same."""
    message = Message(message_id="m", parent_id=None, question="q", asked_at=NOW, answer=None)
    assert remembered([message], max_bytes=500) == (TurnItem(question="q", understood=""),)


TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(TEXTS, st.lists(TEXTS, max_size=4)), max_size=6), st.integers(0, 2_000))
def test_remembered_any_history_fits_the_budget_and_cuts_no_turn(
    said: list[tuple[str, list[str]]], max_bytes: int
) -> None:
    """Turns are the last ones in order, each whole or without its sentences, and take no more than they may."""
    history = [
        turn(number, *texts, question=f"{number}{question}") for number, (question, texts) in enumerate(said)
    ]
    kept = remembered(history, max_bytes=max_bytes)
    assert n_bytes(kept) <= max_bytes
    whole = [
        TurnItem(question=m.question, understood=f"u{n}", sentences=tuple(said[n][1]))
        for n, m in enumerate(history)
    ]
    tail = whole[len(whole) - len(kept) :]
    assert [one.question for one in kept] == [one.question for one in tail]
    assert all(
        one in (full, full.model_copy(update={"sentences": ()})) for one, full in zip(kept, tail, strict=True)
    )
