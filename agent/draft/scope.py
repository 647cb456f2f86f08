"""The scope of a map: one persona, one journey, one goal, one purpose, and the sentence that says who is counted."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from agent.corpus import Corpus
from agent.errors import ScopeError
from agent.schemas.base import Scalar
from agent.schemas.journey import Scope, StageRule
from agent.schemas.records import Kind

_PLURAL = re.compile(r"\s(?:and|or|und|et|y)\s|[,;/&+]", re.IGNORECASE)

_SAID: dict[Kind, str] = {
    Kind.TRANSCRIPT: "contacted support",
    Kind.REVIEW: "wrote a review",
    Kind.SURVEY: "answered a survey",
    Kind.INTERVIEW: "were interviewed",
}


def make_scope(
    *,
    persona: str,
    journey: str,
    goal: str,
    purpose: str,
    where: Mapping[str, str],
    population: str,
    stage_rules: tuple[StageRule, ...] = (),
) -> Scope:
    """Return a scope that is about one thing.

    Raises:
        ScopeError: A part is empty, or names several things; the hint says how to split it.
    """
    parts = {"persona": persona, "journey": journey, "goal": goal}
    for name, value in {**parts, "purpose": purpose}.items():
        if not value.strip():
            msg = f"{name} is empty; a map needs one persona, one journey, one goal and one purpose"
            raise ScopeError(msg, hint=f"Say what the {name} is.")
    for name, value in parts.items():
        several = [part.strip() for part in _PLURAL.split(value) if part.strip()]
        if len(several) > 1:
            msg = (
                f"{name} {value!r} names several: {', '.join(repr(part) for part in several)}; a map has one"
            )
            raise ScopeError(msg, hint=f"Draft one map for each {name}, then compare them.")
    return Scope(
        persona=persona.strip(),
        where=dict(where),
        journey=journey.strip(),
        goal=goal.strip(),
        purpose=purpose.strip(),
        stage_rules=stage_rules,
        population=population,
    )


def population_of(
    kinds: Iterable[Kind], where: Mapping[str, str], *, start: datetime | None, end: datetime | None
) -> str:
    """Return who is counted, as a sentence part.

    Example: `customers with segment = family who contacted support or wrote a review, 1 May to 30 June 2026`.
    """
    present = set(kinds)
    said = [phrase for kind, phrase in _SAID.items() if kind in present] or ["said something"]
    return f"{_customers(where)} who {_either(said)}{_window(start, end)}"


def event_population_of(where: Mapping[str, str], *, start: datetime | None, end: datetime | None) -> str:
    """Return who is counted from events, as a sentence part.

    Example: `customers with segment = family who have events, 1 May to 30 June 2026`.
    """
    have = "who have events" if where else "with events"
    return f"{_customers(where)} {have}{_window(start, end)}"


def map_id_of(scope: Scope, map_type: str) -> str:
    """Return an id that stays the same for the same scope, so that drafting again makes the next version."""
    parts = [
        map_type,
        scope.persona,
        scope.journey,
        scope.goal,
        scope.purpose,
        *map(str, sorted(scope.where.items())),
        *(rule.model_dump_json() for rule in scope.stage_rules),
    ]
    return "map_" + hashlib.sha256("\n".join(parts).casefold().encode()).hexdigest()[:12]


def attributes_of(corpus: Corpus) -> dict[str, Scalar]:
    """Return the six attributes by which static maps and data-driven maps differ, computed from the data."""
    kinds = sorted({record.kind.value for record in corpus.records.values()})
    channels = sorted({record.channel for record in corpus.records.values() if record.channel})
    has_events = corpus.journeys is not None
    return {
        "source": ", ".join([*kinds, *(["events"] if has_events else [])]),
        "frequency": "on demand; the same data gives the same map",
        "granularity": "person by person, passage by passage",
        "channels": ", ".join(channels) or "unknown",
        "actionability": "each pain point has an opportunity and can be answered by checked variants",
        "adaptability": "drafted again from new data as the next version",
    }


def _customers(where: Mapping[str, str]) -> str:
    with_filter = " and ".join(f"{key} = {value}" for key, value in sorted(where.items()))
    return f"customers with {with_filter}" if with_filter else "customers"


def _either(phrases: list[str]) -> str:
    return phrases[0] if len(phrases) == 1 else f"{', '.join(phrases[:-1])} or {phrases[-1]}"


def _window(start: datetime | None, end: datetime | None) -> str:
    if start is None or end is None:
        return " (without dates)"
    if start.date() == end.date():
        return f", {_day(end)} {end.year}"
    first = _day(start) if start.year == end.year else f"{_day(start)} {start.year}"
    return f", {first} to {_day(end)} {end.year}"


def _day(at: datetime) -> str:
    return f"{at.day} {at.strftime('%B')}"
