"""The arguments that were found for a request, or the typed reason why there are none."""

from dataclasses import dataclass, field
from typing import Any

from agent.schemas.chat import Choice, Missing


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
