"""The kinds of request: what each does, what it needs, and how people ask for it."""

from collections import Counter
from functools import cache
from importlib import resources
from typing import Any, Final, Literal, cast

import yaml
from pydantic import Field

from agent.chat.understand.words import thing_stems, tokens_of
from agent.schemas.base import Frozen

SlotName = Literal[
    "topic", "stage", "severity", "trend", "after", "emotion", "map", "lane", "persona", "from", "to", "level", "steps",
    "within", "by", "since", "outcome", "at", "versus", "conversion", "count_event", "term", "pain", "creative", "number",
    "variant_set", "persona_name", "journey", "goal", "purpose",
]  # fmt: skip

ABOUT: Final[frozenset[SlotName]] = frozenset({"topic", "pain", "term", "journey"})
"""Slots that what a request is about goes into."""


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
    found: list[Kind] = []
    for name, voices in (("kinds.yaml", "voices.yaml"), ("impossible.yaml", "refusals.yaml")):
        more: dict[str, list[str]] = _read(voices)["phrasings"]
        for kind in _read(name)["kinds"]:
            phrasings = dict.fromkeys((*kind["phrasings"], *more.get(kind["id"], ())))
            found.append(Kind.model_validate(kind | {"phrasings": tuple(phrasings)}))
    return tuple(found)


def _read(name: str) -> dict[str, Any]:
    text = resources.files("agent.chat.understand").joinpath(name).read_text(encoding="utf-8")
    # The safe loader in C reads thousands of lines in a tenth of the time.
    return cast("dict[str, Any]", yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))  # noqa: S506 - both are safe


@cache
def phrasing_words() -> frozenset[str]:
    """Return the words in which requests that can be done are worded, marks aside.

    An everyday thing that a few phrasings hold is part of an idiom, such as the towel that is thrown in.
    """
    counted = Counter(
        token
        for kind in load_kinds()
        if kind.tool
        for phrasing in kind.phrasings
        for token in set(tokens_of(_without_marks(phrasing)))
        if token.is_word
    )
    return frozenset(
        token.text for token, n in counted.items() if n >= _USUAL or token.stem not in thing_stems()
    )


_USUAL: Final = 3
"""Phrasings that hold a word which is usual in requests."""


def _without_marks(phrasing: str) -> str:
    return " ".join(part for part in phrasing.split() if not part.startswith("{"))
