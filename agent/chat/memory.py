"""What of a conversation goes to a model: the newest turns whole, older ones by what was asked, all within a budget.

A turn is never cut inside: it goes whole, or as its question and how it was understood, or not at all, and how many
were left out is said.
"""

from collections.abc import Sequence

from agent.chat.context import DataDictionary
from agent.schemas.base import Frozen
from agent.schemas.chat import Message

_TURN_BYTES = 120
"""What a turn costs beside its words, at most: its tags."""
_SENTENCE_BYTES = 32


class TurnItem(Frozen):
    """An earlier turn."""

    question: str
    understood: str
    sentences: tuple[str, ...] = ()
    """As the reader saw them; none where only the question is kept."""


class QuestionBrief(Frozen):
    """Inputs of `answer_question`."""

    today: str
    data: DataDictionary
    n_left_out: int
    """Earlier turns that are not among `turns`."""
    turns: tuple[TurnItem, ...]
    question: str


def remembered(history: Sequence[Message], *, max_bytes: int) -> tuple[TurnItem, ...]:
    """Return the newest turns that fit, oldest first.

    Args:
        history: Turns of the branch that is read, oldest first.
        max_bytes: UTF-8 bytes they may take together, tags and escapes included; a token stands for a byte at least.
    """
    kept: list[TurnItem] = []
    left, whole = max_bytes, True
    for message in reversed(history):
        turn = _turn(message)
        if whole and _n_bytes(turn) > left:
            whole = False
        if not whole:
            turn = turn.model_copy(update={"sentences": ()})
        left -= _n_bytes(turn)
        if left < 0:
            break
        kept.append(turn)
    return tuple(reversed(kept))


def _turn(message: Message) -> TurnItem:
    answer = message.answer
    return TurnItem(
        question=message.question,
        understood=answer.understood if answer else "",
        sentences=tuple(sentence.text for sentence in answer.sentences) if answer else (),
    )


def _n_bytes(turn: TurnItem) -> int:
    """Return the bytes a turn takes in a prompt, where each of & < > becomes five at most."""
    texts = (turn.question, turn.understood, *turn.sentences)
    escapes = sum(4 * text.count(character) for text in texts for character in "&<>")
    n_text = sum(len(text.encode("utf-8", "replace")) for text in texts)
    return n_text + escapes + _TURN_BYTES + _SENTENCE_BYTES * len(turn.sentences)
