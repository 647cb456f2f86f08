"""What a request is taken apart into, and the arguments that were found for it, or the typed reason why there are none."""

from dataclasses import dataclass, field
from typing import Any

from agent.chat.understand.kinds import Kind
from agent.chat.understand.parsing import Parsed
from agent.chat.understand.things import Things
from agent.chat.understand.vocabulary import Vocabulary
from agent.schemas.chat import Choice, Missing


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of a kind.

    Attributes:
        kind: Which says the tool, and what it takes.
        parsed: What stands in it.
        vocabulary: Names of the data.
        things: Finds what words of its own mean.
    """

    kind: Kind
    parsed: Parsed
    vocabulary: Vocabulary
    things: Things


@dataclass(frozen=True, slots=True)
class Slots:
    """Arguments of a tool.

    Attributes:
        tool: Which; another than the kind's own where what was asked is another tool's.
        arguments: By name.
        missing: What is not in the data; then there are no arguments.
        choices: What may be meant; then there are no arguments either.
        question: What to ask back.
        notes: How words were taken.
    """

    tool: str
    arguments: dict[str, Any] = field(default_factory=dict[str, Any])
    missing: Missing | None = None
    choices: tuple[Choice, ...] = ()
    question: str = ""
    notes: tuple[str, ...] = ()


def unknown_thing(statement: str, needed: str) -> Missing:
    """Return that something is asked for which the data has not."""
    return Missing(reason="unknown_thing", statement=statement, needed=needed)
