"""Names and meanings: the five stages, touchpoints, kinds of friction, severities; for texts and for events alike.

The lists themselves stand in `taxonomy.yaml`. A name that fits nothing gets None, never the nearest guess.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml

from agent.normalise import RowFault, event_name
from agent.schemas.base import Frozen, Scalar

TAXONOMY_VERSION = "taxonomy-2"
"""Version of `taxonomy.yaml`; stands in every map's provenance."""

_SOURCE_KEYS = ("medium", "source", "referrer", "channel")
_PLAIN_PLACES = frozenset({"website", "mobile app", "personalised e-mail"})
"""Touchpoints that say where a step happened, not what brought the customer: a campaign's medium says more."""
_PLACE_OF_CHANNEL = {
    "web": "website",
    "website": "website",
    "app": "mobile app",
    "mobile": "mobile app",
    "email": "personalised e-mail",
    "store": "store",
    "phone": "support",
    "chat": "support",
    "social": "social media",
    "delivery": "delivery",
    "podcast": "podcast",
}


class Entry(Frozen):
    """One name of a list with its meaning, phrases that mean it, and words that name it outright."""

    name: str
    definition: str
    examples: tuple[str, ...] = ()
    cues: tuple[str, ...] = ()


class StageEntry(Entry):
    """A stage, with the events that belong to it."""

    events: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]


class Touchpoint(Entry):
    """A place or occasion where customer and brand meet, with its stage and its names in events and campaigns."""

    stage: str
    named: bool = False
    """True where only words that name it place a text there: likeness alone mistakes the host of a party for a podcast's."""
    sources: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    words: tuple[tuple[str, ...], ...] = ()


class Taxonomy(Frozen):
    """All lists of one version."""

    version: str
    stages: tuple[StageEntry, ...]
    touchpoints: tuple[Touchpoint, ...]
    frictions: tuple[Entry, ...]
    severities: tuple[Entry, ...]
    none: tuple[str, ...]
    """Phrases that name neither stage nor touchpoint."""


@cache
def taxonomy() -> Taxonomy:
    """Return the built-in lists."""
    source = resources.files("agent.analyse").joinpath("taxonomy.yaml").read_text(encoding="utf-8")
    return Taxonomy.model_validate(yaml.safe_load(source))


def stage_of_event(name: str) -> str | None:
    """Return the stage an event belongs to by its name, in any spelling; None where the name does not say."""
    return _stage_rules().match(_snake(name))


def touchpoint_of_event(name: str, properties: Mapping[str, Scalar], channel: str | None) -> str | None:
    """Return the touchpoint of an event.

    Args:
        name: Event name, in any spelling.
        properties: Of the event; a campaign's medium or source names what brought the customer.
        channel: Where the event happened, the last resort.

    Returns:
        A name of the taxonomy, or None where nothing fits.
    """
    found = _touchpoint_rules().match(_snake(name))
    if found == "personalised e-mail" and _mentions_welcome(properties.values()):
        return "welcome e-mail"
    if found is None or found in _PLAIN_PLACES:
        found = _touchpoint_of_campaign(properties) or found
    return found or _PLACE_OF_CHANNEL.get(_snake(channel or ""))


@dataclass(frozen=True, slots=True)
class _Rules:
    """Names by exact event name, else by words of the event's name, the most words first."""

    exact: Mapping[str, str]
    by_words: tuple[tuple[frozenset[str], str], ...]

    def match(self, event: str) -> str | None:
        if event in self.exact:
            return self.exact[event]
        words = {_singular(word) for word in event.split("_")}
        return next((name for needed, name in self.by_words if needed <= words), None)


def _rules_of(entries: Iterable[StageEntry | Touchpoint]) -> _Rules:
    exact: dict[str, str] = {}
    by_words: list[tuple[frozenset[str], str]] = []
    for entry in entries:
        for event in entry.events:
            exact.setdefault(event, entry.name)
        by_words.extend((frozenset(map(_singular, words)), entry.name) for words in entry.words)
    by_words.sort(key=lambda rule: -len(rule[0]))
    return _Rules(exact, tuple(by_words))


@cache
def _stage_rules() -> _Rules:
    return _rules_of(taxonomy().stages)


@cache
def _touchpoint_rules() -> _Rules:
    return _rules_of(taxonomy().touchpoints)


@cache
def _touchpoint_by_source() -> Mapping[str, str]:
    by_source: dict[str, str] = {}
    for touchpoint in taxonomy().touchpoints:
        for alias in (_snake(touchpoint.name), *touchpoint.sources):
            by_source.setdefault(_snake(alias), touchpoint.name)
    return by_source


def _touchpoint_of_campaign(properties: Mapping[str, Scalar]) -> str | None:
    by_source = _touchpoint_by_source()
    for wanted in _SOURCE_KEYS:
        for key, value in properties.items():
            if re.split(r"[._]", key)[-1] == wanted and (name := by_source.get(_snake(str(value)))):
                return name
    return None


def _mentions_welcome(values: Iterable[Scalar]) -> bool:
    return any(
        isinstance(value, str) and re.search(r"welcome|onboarding|confirm", value, re.IGNORECASE)
        for value in values
    )


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word  # noqa: PLR2004 - "ads" and "gas" stay


def _snake(name: str) -> str:
    try:
        return event_name(name).replace("e_mail", "email")
    except RowFault:
        return ""
