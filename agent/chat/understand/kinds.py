"""The kinds of request: what each does, what it needs, and how people ask for it."""

from functools import cache
from importlib import resources
from typing import Literal

import yaml
from pydantic import Field

from agent.chat.understand.words import tokens_of
from agent.schemas.base import Frozen

SlotName = Literal[
    "topic", "stage", "severity", "trend", "after", "emotion", "map", "lane", "persona", "from", "to", "level", "steps",
    "within", "by", "since", "outcome", "at", "versus", "conversion", "count_event", "term", "pain", "creative", "number",
    "variant_set", "persona_name", "journey", "goal", "purpose",
]  # fmt: skip


class Kind(Frozen):
    """One kind of request."""

    id: str
    tool: str = ""
    """Empty for what cannot be done."""
    arguments: dict[str, str] = Field(default_factory=dict)
    takes: tuple[SlotName, ...] = ()
    needs: tuple[SlotName, ...] = ()
    phrasings: tuple[str, ...]
    say: str = ""
    """What can be had instead, of what cannot be done."""
    small_talk: bool = False


@cache
def load_kinds() -> tuple[Kind, ...]:
    """Return every kind, those that can be done first."""
    folder = resources.files("agent.chat.understand")
    found: list[Kind] = []
    for name in ("kinds.yaml", "impossible.yaml"):
        content = yaml.safe_load(folder.joinpath(name).read_text(encoding="utf-8"))
        found.extend(Kind.model_validate(kind) for kind in content["kinds"])
    return tuple(found)


@cache
def phrasing_words() -> frozenset[str]:
    """Return the words in which requests that can be done are worded, marks aside."""
    return frozenset(
        token.text
        for kind in load_kinds()
        if kind.tool
        for phrasing in kind.phrasings
        for token in tokens_of(_without_marks(phrasing))
        if token.is_word
    )


def _without_marks(phrasing: str) -> str:
    return " ".join(part for part in phrasing.split() if not part.startswith("{"))
