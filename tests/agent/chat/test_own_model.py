"""A model of our own: it reads the question as it was typed, and its typed answer is taken; nobody else's is."""

import pytest
from langchain_core.messages import BaseMessage

from agent.chat.context import ANSWER_KEY, asked_of
from agent.schemas.chat import Message, Outcome
from agent.testing import ScriptedAnswer, ScriptedChatModel
from tests.agent.chat.turns import ASK, NOW, OWN, analyst, answered

TEXT = ScriptedAnswer("\n".join(OWN.values()))


class TypedModel(ScriptedChatModel):
    """A model that returns a typed answer beside its text."""

    typed: dict[str, object]

    def _say(self, message: BaseMessage) -> None:
        message.additional_kwargs[ANSWER_KEY] = self.typed

    def _generate(self, *args: object, **kwargs: object) -> object:  # pyright: ignore[reportIncompatibleMethodOverride]
        result = super()._generate(*args, **kwargs)  # pyright: ignore[reportArgumentType]
        self._say(result.generations[0].message)
        return result

    async def _astream(self, *args: object, **kwargs: object) -> object:  # pyright: ignore[reportIncompatibleMethodOverride]
        async for chunk in super()._astream(*args, **kwargs):  # pyright: ignore[reportArgumentType]
            if chunk.text:
                self._say(chunk.message)
            yield chunk


CHOICE = {"label": "The reach", "request": "How many customers?"}
TYPED: dict[str, object] = {"outcome": "clarify", "choices": [CHOICE], "understood": "two things"}


@pytest.mark.parametrize(("trusted", "outcome"), [(True, Outcome.CLARIFY), (False, Outcome.FAILED)])
def test_answer_typed_answer_is_taken_from_a_trusted_model_alone(trusted: bool, outcome: Outcome) -> None:
    """A vendor's model cannot declare an outcome, whatever it sends along."""
    answer = answered(analyst(TypedModel(script=[ScriptedAnswer("Well.")], typed=TYPED), trusted=trusted))
    assert answer.outcome is outcome
    assert len(answer.choices) == trusted


def test_asked_of_messages_gives_question_and_history_to_a_model_of_ours() -> None:
    """The offline model reads the question as it was typed, not the prompt around it."""
    model = ScriptedChatModel(script=[ASK, TEXT])
    turn = Message(message_id="m1", parent_id=None, question="And before?", asked_at=NOW, answer=None)
    answered(analyst(model), "Why <b>?", history=(turn,))
    for messages in model.seen:
        assert asked_of(messages).question == "Why <b>?"
        assert asked_of(messages).history == (turn,)
