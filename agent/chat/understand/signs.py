"""Words that speak for one kind of request whatever else is said, beside likeness to its phrasings."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from agent.chat.understand.parsing import Parsed
from agent.chat.understand.words import words_in

_STRONG: Final = 0.25


@dataclass(frozen=True, slots=True)
class _Sign:
    kinds: frozenset[str]
    words: re.Pattern[str]
    holds: Callable[[Parsed], bool]


def _always(parsed: Parsed) -> bool:  # noqa: ARG001 - one shape for all signs
    return True


def _has_subject(parsed: Parsed) -> bool:
    return parsed.subject is not None


def _sets_groups_apart(parsed: Parsed) -> bool:
    comparing = words_in("comparing")
    return len(parsed.all("where")) > 1 and any(token.text in comparing for token in parsed.tokens)


def _has_stage(parsed: Parsed) -> bool:
    return bool(parsed.all("stage"))


def _has_feeling_alone(parsed: Parsed) -> bool:
    return bool(parsed.all("emotion")) and parsed.subject is None


_SIGNS: Final = (
    _Sign(
        frozenset({"paths_channels", "paths_handoffs"}),
        re.compile(
            r"\b(?:hop|hops|switch|switches|jump|jumps|move|moves|change|changes|swap|go)\b.{0,20}\b(?:between|across|from|among)\b.{0,20}\bchannels?\b"
        ),
        _always,
    ),
    _Sign(
        frozenset({"trend"}),
        re.compile(
            r"\b(?:going (?:up|down)|on the (?:rise|increase|decline|up|wane)|month by month|per month|each month|over time|more and more|less and less)\b"
        ),
        _has_subject,
    ),
    _Sign(frozenset({"groups_paths"}), re.compile(r"\b(?:journeys?|paths?|routes?|behaviours?|steps)\b"), _sets_groups_apart),
    _Sign(frozenset({"groups_funnel"}), re.compile(r"\b(?:conversion|convert|converts|funnel)\b"), _sets_groups_apart),
    _Sign(frozenset({"groups_retention"}), re.compile(r"\b(?:retention|loyal|come back|comes back|return)\b"), _sets_groups_apart),
    _Sign(frozenset({"map_stage"}), re.compile(r"\bmap\b"), _has_stage),
    _Sign(frozenset({"emotions_one"}), re.compile(r"^(?:who|which (?:customers|people)|how many (?:customers|people)|are (?:customers|people))\b"), _has_feeling_alone),
    _Sign(
        frozenset({"pain_concentration"}),
        re.compile(r"^(?:who|whom|which (?:customers|people|group|segment|groups|segments))\b.{0,30}\b(?:hardest|worst|most|hit|affected)\b"),
        _has_subject,
    ),
)  # fmt: skip


def signs_of(parsed: Parsed) -> dict[str, float]:
    """Return by how much the words of a request speak for kinds, by the kind's id."""
    found: dict[str, float] = {}
    for sign in _SIGNS:
        if sign.holds(parsed) and sign.words.search(parsed.text):
            found |= dict.fromkeys(sign.kinds, _STRONG)
    return found
