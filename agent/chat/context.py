"""What comes with every request beside its words, and the forms in which the loop and its models talk to each other.

No model can name or change any of it: a model sees words and tools, never the workspace, the account, the role or the time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast

from langchain_core.messages import BaseMessage, HumanMessage
from pydantic import field_validator

from agent.chat.requests import ToolRequest
from agent.schemas.accounts import Role
from agent.schemas.base import Frozen
from agent.schemas.chat import Choice, Message, Missing, Outcome, Sentence, SentenceKind, ToolResult

ANSWER_KEY = "answer"
"""Key of `additional_kwargs` under which a chat model of our own returns an `OwnAnswer`, as a dict.

The loop reads it only from the class that it trusts with it.
"""
_ASKED_KEY = "asked"


@dataclass(frozen=True, slots=True)
class RequestContext:
    """Who asks, where and when."""

    workspace: str
    account_id: str
    role: Role
    now: datetime
    """Aware."""
    language: str = "en"
    """BCP 47 tag of the reader's language."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """A change as it would be made now."""

    request: ToolRequest
    """With every name replaced by the id of what it means now."""
    summary: str
    """What would be made or changed, in a sentence."""


class Tools(Protocol):
    """What the loop needs of the toolbox."""

    def run(self, request: ToolRequest, *, context: RequestContext) -> ToolResult:
        """Return what a tool that changes nothing finds."""
        ...

    def preview(self, request: ToolRequest) -> Proposed:
        """Return what a change would make, its names and its scope checked and fixed; nothing is stored."""
        ...

    def change(self, request: ToolRequest, *, context: RequestContext) -> ToolResult:
        """Make a change that was approved."""
        ...


class DataName(Frozen):
    """A trait or attribute of customers, with the values it takes."""

    name: str
    values: tuple[str, ...] = ()


class DataDictionary(Frozen):
    """Names that stand in the data; a model needs them to ask for things that exist."""

    window: str = ""
    """Time the data covers, as a sentence part."""
    stages: tuple[str, ...] = ()
    traits: tuple[DataName, ...] = ()
    events: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    """Kinds of texts, such as reviews."""


class OwnAnswer(Frozen):
    """What a chat model of our own says of an answer beside its text; other fields of a dict are an error."""

    outcome: Outcome | None = None
    """None leaves it to what was found."""
    understood: str = ""
    """Stands in place of what the tools understood."""
    sentences: tuple[Sentence, ...] = ()
    """Guidance; stands before what the text says."""
    missing: tuple[Missing, ...] = ()
    choices: tuple[Choice, ...] = ()
    next_questions: tuple[str, ...] = ()
    """Stand in place of what the tools suggest."""

    @field_validator("sentences")
    @classmethod
    def _guides(cls, sentences: tuple[Sentence, ...]) -> tuple[Sentence, ...]:
        if any(one.kind is not SentenceKind.GUIDANCE or one.citations for one in sentences):
            msg = "a model says beside its text only what is guidance and cites nothing"
            raise ValueError(msg)
        return sentences


@dataclass(frozen=True, slots=True)
class Asked:
    """The present question and the turns before it, oldest first."""

    question: str
    history: tuple[Message, ...] = ()


def asking(text: str, asked: Asked) -> HumanMessage:
    """Return the message that opens a turn: `text` for language models, `asked` for a model of our own."""
    return HumanMessage(text, additional_kwargs={_ASKED_KEY: asked})


def asked_of(messages: Sequence[BaseMessage]) -> Asked:
    """Return what is being asked, from the messages a chat model is given; words alone where nothing came with them."""
    for message in reversed(messages):
        if isinstance(message, HumanMessage):
            found: object = cast("dict[str, object]", message.additional_kwargs).get(_ASKED_KEY)
            return found if isinstance(found, Asked) else Asked(str(message.text))
    return Asked("")
