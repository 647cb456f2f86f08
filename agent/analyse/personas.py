"""Personas: groups of customers who behave alike, named only where they are sure, apart, and differ in what they do later.

Groups are made from what customers did and said until a time; what they do after it is an outcome and no part of that. A
group that fails a threshold stays an unnamed group, and the reason is told.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
from pydantic import Field

from agent.analyse.groups import Grouping, grouped
from agent.analyse.outcomes import OUTCOME_WINDOW, outcomes_among
from agent.analyse.persona_facts import (
    MIN_GROUP,
    MIN_MARK,
    MIN_STEPS,
    SIGNIFICANT,
    CommonPath,
    Contrast,
    Looked,
    Mark,
    Separation,
    Spread,
    Voiced,
    common_paths,
    contrasts_of,
    looked_at,
    marks_of,
    may_be_shown,
    name_of,
    separations_of,
    spread_of,
)
from agent.analyse.statistics import quantity
from agent.events.features import History, history_of, stage_paths
from agent.events.journeys import Journeys
from agent.schemas.base import Frozen
from agent.schemas.evidence import Quantity

MIN_PERSONS = 100
"""Customers who did enough, below whom no groups are looked for."""
MIN_NAMED = 20
"""Customers below whom a group gets no name."""
MIN_STABILITY = 0.75
"""Mean Jaccard overlap with the groups of resamples from which a group counts as stable (Hennig 2007)."""


class Persona(Frozen):
    """A group of customers."""

    persona_id: str
    name: str | None
    """None where the group is under a threshold."""
    reasons: tuple[str, ...]
    """Why it has no name."""
    size: Quantity
    stability: float
    """Mean Jaccard overlap with the most similar group of each resample, 0 to 1."""
    marks: tuple[Mark, ...]
    contrasts: tuple[Contrast, ...]
    """What it does not share with the others, and they not with it, largest difference first."""
    outcomes: tuple[Separation, ...]
    paths: tuple[CommonPath, ...]
    spread: tuple[Spread, ...]
    n_spoke: int | None
    """Customers of the group who said something; None where fewer than five did."""


class Personas(Frozen):
    """The groups of a scope."""

    verdict: Literal["found", "none", "unknown"]
    """`none` where no group passes the thresholds, `unknown` where there is too little data to look."""
    reason: str | None
    personas: tuple[Persona, ...]
    as_of: datetime | None
    """Groups are made from what happened until then, outcomes are what came after."""
    followed_s: float | None
    n_persons: int
    """Customers who were grouped."""
    n_too_little: int
    """Customers who did too little to be grouped."""
    n_held: int = 0
    """Customers that the groups were not found on; of them outcomes are told."""
    n_hidden: int = 0
    """Customers of groups too small to be shown."""
    rand_index: float | None = None
    """Mean adjusted Rand index between the groups and those found on resamples."""
    rand_by_number: dict[int, float] = Field(default_factory=dict[int, float])
    """The same by number of groups tried."""
    thresholds: dict[str, float] = Field(default_factory=dict[str, float])
    population: str


def personas_of(
    journeys: Journeys,
    *,
    population: str,
    themes: Mapping[str, Sequence[tuple[str, datetime]]] | None = None,
    emotions: Mapping[str, Sequence[tuple[str, datetime]]] | None = None,
    seed: int = 0,
) -> Personas:
    """Return the personas of a scope.

    Args:
        journeys: Whose.
        population: Who they are, as a sentence part.
        themes: Person to the themes they voiced and when.
        emotions: Person to the emotions they voiced and when.
        seed: Of everything random.

    Raises:
        StoreError: The events cannot be read.
    """
    first, last = journeys.window
    if first is None or last is None:
        return _unknown("there are no events of these customers", population)
    followed = min(OUTCOME_WINDOW, (last - first) / 3)
    followed -= timedelta(microseconds=followed.microseconds)
    cut = last - followed
    names = outcomes_among(journeys.names())
    kept = [name for known in names.values() for name in known]
    history = history_of(journeys, [cut], kept=kept)
    looked = looked_at(journeys, history, {"theme": _until(themes, cut), "emotion": _until(emotions, cut)})
    base = _base(history, looked, cut, followed, population)
    if base.reason is not None:
        return base
    found = grouped(looked.behaviour, seed=seed)
    paths = stage_paths(journeys, cut, frozenset(looked.persons))
    return _found(base, found, _described(looked, found, names, paths, population))


def _base(history: History, looked: Looked, cut: datetime, followed: timedelta, population: str) -> Personas:
    """Return what is known before groups are looked for, with the reason where they cannot be."""
    n = len(looked.persons)
    few = f"{n:,} customers took {MIN_STEPS} steps or more by {cut:%Y-%m-%d}, {MIN_PERSONS} are needed"
    return Personas(
        verdict="unknown",
        reason=few if n < MIN_PERSONS else None,
        personas=(),
        as_of=cut,
        followed_s=followed.total_seconds(),
        n_persons=n,
        n_too_little=int((history.steps_within(0) > 0).sum()) - n,
        thresholds={"stability": MIN_STABILITY, "outcome p": SIGNIFICANT, "mark": MIN_MARK, "n": MIN_NAMED},
        population=population,
    )


def _found(base: Personas, found: Grouping, personas: tuple[Persona, ...]) -> Personas:
    any_named = any(one.name for one in personas)
    more = {
        "verdict": "found" if any_named else "none",
        "reason": None if any_named else "no group of customers passes the thresholds",
        "personas": personas,
        "n_held": int(found.is_held.sum()),
        "n_hidden": base.n_persons - sum(one.size.n for one in personas),
        "rand_index": found.rand_index,
        "rand_by_number": found.rand_by_number,
    }
    return base.model_copy(update=more)


def _unknown(reason: str, population: str) -> Personas:
    return Personas(
        verdict="unknown",
        reason=reason,
        personas=(),
        as_of=None,
        followed_s=None,
        n_persons=0,
        n_too_little=0,
        population=population,
    )


def _until(said: Mapping[str, Sequence[tuple[str, datetime]]] | None, cut: datetime) -> Voiced:
    voiced: dict[str, dict[str, int]] = {}
    for person, told in (said or {}).items():
        for name, at in told:
            if at <= cut:
                own = voiced.setdefault(person, {})
                own[name] = own.get(name, 0) + 1
    return voiced


def _described(
    looked: Looked,
    found: Grouping,
    names: Mapping[str, tuple[str, ...]],
    paths: Mapping[str, tuple[str, ...]],
    population: str,
) -> tuple[Persona, ...]:
    """Return the groups, largest first, but those too small to be shown."""
    sizes = np.bincount(found.label, minlength=found.n_groups)
    order = [int(group) for group in np.lexsort((np.arange(found.n_groups), -sizes))]
    shown = [group for group in order if sizes[group] >= MIN_GROUP]
    number_of = {group: place for place, group in enumerate(shown, start=1)}
    contrasts = contrasts_of(looked, found, shown)
    outcomes = separations_of(looked, found, number_of, names)
    personas: list[Persona] = []
    for group in shown:
        members = found.label == group
        marks = marks_of(looked, members)
        reasons = _reasons(found, group, number_of, marks, outcomes[group])
        n_spoke = int(looked.spoke[members].sum())
        personas.append(
            Persona(
                persona_id=f"group-{number_of[group]}",
                name=None if reasons else name_of(marks),
                reasons=reasons,
                size=quantity(int(sizes[group]), len(looked.persons), population),
                stability=found.jaccard[group],
                marks=marks,
                contrasts=contrasts[group],
                outcomes=tuple(one for one in outcomes[group] if may_be_shown(one)),
                paths=common_paths(looked, members, paths),
                spread=spread_of(looked, members),
                n_spoke=n_spoke if n_spoke >= MIN_GROUP else None,
            )
        )
    return tuple(personas)


def _reasons(
    found: Grouping,
    group: int,
    number_of: Mapping[int, int],
    marks: Sequence[Mark],
    outcomes: Sequence[Separation],
) -> tuple[str, ...]:
    """Return which thresholds a group is under."""
    size = int((found.label == group).sum())
    reasons: list[str] = []
    if size < MIN_NAMED:
        reasons.append(f"{size} customers, {MIN_NAMED} are needed")
    if found.jaccard[group] < MIN_STABILITY:
        reasons.append(f"stability {found.jaccard[group]:.2f}, {MIN_STABILITY} is needed")
    if group in found.runs_into:
        other = number_of.get(found.runs_into[group])
        into = "a group too small to be shown" if other is None else f"group {other}"
        reasons.append(f"it runs into {into}: as many customers lie between the two as at their centres")
    if not any(mark.difference >= MIN_MARK for mark in marks):
        reasons.append("nothing marks it off from the others")
    if outcomes and not any(one.apart_from for one in outcomes):
        reasons.append("no later outcome is shown to differ from another group's")
    return tuple(reasons)
