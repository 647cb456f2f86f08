"""Names of events in one vocabulary: every spelling of a name, and the names other trackers give it, become one."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Final

import yaml
from pydantic import Field, TypeAdapter, ValidationError, field_validator

from agent.errors import MappingError
from agent.normalise.faults import RowFault
from agent.normalise.names import event_name
from agent.schemas.base import Frozen

_MIN_NEAR_CHARS = 8
"""Shorter ones could mean anything."""
EVENT_NAMES_FILE: Final = "event_names.yaml"
"""Of a home, where its names of events stand; and of the package."""
_HINT: Final = (
    "The form is `order_completed: {means: An order was completed., like: [purchase]}`; see docs/events.md."
)


class NamedEvent(Frozen):
    """What a canonical name means and what else it is called."""

    means: str = ""
    like: tuple[str, ...] = Field(default=())

    @field_validator("like", mode="before")
    @classmethod
    def _nothing(cls, value: object) -> object:
        return () if value is None else value


@dataclass(frozen=True)
class EventVocabulary:
    """Canonical names.

    Args:
        named: By canonical name.
    """

    named: Mapping[str, NamedEvent]
    _canonical: dict[str, str] = field(init=False, default_factory=dict[str, str])
    _near: dict[str, str] = field(init=False, default_factory=dict[str, str])
    """Spellings without a space between the words, or in another tense, that can only mean one name."""

    def __post_init__(self) -> None:
        """Look the spellings up."""
        for name, said in self.named.items():
            for spelling in (name, *said.like):
                self._canonical[event_name(spelling)] = name
        # A canonical name is never another one's spelling.
        self._canonical.update((name, name) for name in self.named)
        meant = [(near, name) for spelling, name in self._canonical.items() for near in _near(spelling)]
        several = {near for near, names in _grouped(meant).items() if len(names) > 1}
        self._near.update((near, name) for near, name in meant if near not in several)

    def canonical(self, raw: str) -> str:
        """Return the canonical name of an event as a tracker wrote it; its own form in snake case where none is known.

        Raises:
            RowFault: Nothing is left of the name (`event.no_name`).
        """
        plain = event_name(raw)
        known = self._canonical.get(plain) or self._near.get(plain.replace("_", ""))
        return known or plain

    def meaning(self, name: str) -> str | None:
        """Return what a canonical name means, None where nobody said."""
        known = self.named.get(name)
        return known.means or None if known is not None else None

    def extended(self, path: Path) -> "EventVocabulary":
        """Return this vocabulary with a file's names on top; a file's spelling wins over one that is known.

        Raises:
            MappingError: The file cannot be read or has another form.
        """
        try:
            own = _loaded(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError, RowFault) as error:
            msg = f"the names of events in {path.name!r} cannot be read: {_reason(error)}"
            raise MappingError(msg, hint=_HINT, context={"path": str(path)}) from error
        named = dict(self.named)
        for name, said in own.items():
            known = named.pop(name, NamedEvent())
            named[name] = NamedEvent(means=said.means or known.means, like=(*known.like, *said.like))
        return EventVocabulary(named)


def _near(name: str) -> set[str]:
    """Return a name in one word: as it is, with its last word in the present tense, with its first in the plural."""
    *objects, last = name.split("_")
    actions = {last}
    if last.endswith("ed"):
        stem = last.removesuffix("ed")
        actions |= {stem, f"{stem}e"}
        actions |= {stem[:-1]} if stem[-1:] == stem[-2:-1] else set()
    first = {"".join(objects)}
    if objects:
        first.add("".join((f"{objects[0]}s", *objects[1:])))
    return {start + action for start in first for action in actions if len(start + action) >= _MIN_NEAR_CHARS}


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for key, value in pairs:
        found.setdefault(key, set()).add(value)
    return found


@lru_cache(maxsize=1)
def built_in_vocabulary() -> EventVocabulary:
    """Return the names that ship with the product."""
    return EventVocabulary(_loaded((files("agent.normalise") / EVENT_NAMES_FILE).read_text(encoding="utf-8")))


def vocabulary_of(folder: Path) -> EventVocabulary:
    """Return the names of the stores in a folder: those that ship with the product and those of its own file.

    Raises:
        MappingError: The file cannot be read or has another form.
    """
    path = folder / EVENT_NAMES_FILE
    return built_in_vocabulary().extended(path) if path.is_file() else built_in_vocabulary()


def _loaded(text: str) -> dict[str, NamedEvent]:
    named = TypeAdapter(dict[str, NamedEvent]).validate_python(yaml.safe_load(text) or {})
    return {event_name(name): said for name, said in named.items()}


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return re.sub(r"\s+", " ", str(error))
