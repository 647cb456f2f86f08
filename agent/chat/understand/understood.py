"""What a request was understood as: requests to tools, or the typed reason why there are none."""

from dataclasses import dataclass
from typing import Literal

from agent.chat.requests import ToolRequest
from agent.schemas.chat import Choice, Missing

ItemKind = Literal["pain_point", "variant_set", "map", "other"]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that the answer before listed, in the order it was shown."""

    kind: ItemKind
    ref: str
    label: str


@dataclass(frozen=True, slots=True)
class Previous:
    """The turn before, which a follow-up leans on.

    Attributes:
        requests: What was asked of tools, in order; empty where nothing was.
        items: What the answer listed.
        choices: What was offered where the answer asked back.
        asked: Every question of the conversation, oldest first.
    """

    requests: tuple[ToolRequest, ...] = ()
    items: tuple[Item, ...] = ()
    choices: tuple[Choice, ...] = ()
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cannot:
    """Something that is not done here, and what can be had in its place."""

    kind: str
    statement: str
    small_talk: bool = False
    """True for a greeting and the like: nothing was refused."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What a request was understood as; at least one of the fields says something.

    Attributes:
        requests: To run, in order.
        choices: What may be meant, where that is open; each is a full request.
        cannot: Parts that are not done here.
        missing: Parts that ask for something that is not in the data.
        notes: How words were taken, such as a time; each a sentence.
        question: What to ask back where there are choices.
    """

    requests: tuple[ToolRequest, ...] = ()
    choices: tuple[Choice, ...] = ()
    cannot: tuple[Cannot, ...] = ()
    missing: tuple[Missing, ...] = ()
    notes: tuple[str, ...] = ()
    question: str = ""
