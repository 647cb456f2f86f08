"""Customers who behave like one customer, and what they have in common.

Customers stand where personas find them: in the directions in which they differ more than chance makes them, and by how
much they do. What two have in common is told only where at least `MIN_GROUP` customers share it, so that no feature points
at a person; what is rarer is counted and kept back.
"""

from typing import Literal

import numpy as np
from pydantic import AwareDatetime

from agent.analyse.groups import Bools, Floats, Placed, What, placed_by
from agent.analyse.persona_facts import MIN_GROUP, MIN_STEPS, Looked, looked_at, words_of
from agent.analyse.personas import MIN_PERSONS
from agent.analyse.statistics import quantity
from agent.events.features import history_of
from agent.events.journeys import Journeys
from agent.schemas.base import Frozen
from agent.schemas.evidence import Quantity

MIN_LIKENESS = 0.9
"""Two customers are similar where they are closer than so large a share of all pairs."""
HAS = 1.0
"""A customer has a feature who does it more than the average by so many of the spreads that chance would give it."""
_N_PAIRED = 1_000
"""Customers whose pairs say how far apart any two are; more would give the same."""
_N_FEATURES = 8
_N_OF_EACH = 3


class SharedFeature(Frozen):
    """Something the customer does clearly more than the average, as the neighbours do."""

    what: What
    feature: str
    words: str
    neighbours: Quantity
    """Of the neighbours, those who do so too."""
    everyone: Quantity
    """Of all other customers looked at, those who do so; five at least."""


class Neighbour(Frozen):
    """A customer who behaves alike."""

    person_id: str
    likeness: float
    """Share of all pairs of customers that are further apart than these two, 0 to 1."""
    because: tuple[str, ...]
    """What brings the two together most, in words; of what five customers at least share."""
    n_kept_back: int
    """Further things that both do and too few others to be told."""


class Similar(Frozen):
    """Customers who behave like one."""

    person_id: str
    verdict: Literal["found", "none", "unknown"]
    """`none` where nobody is near enough, `unknown` where nothing can be said."""
    reason: str | None
    neighbours: tuple[Neighbour, ...] = ()
    """Nearest first."""
    features: tuple[SharedFeature, ...] = ()
    """What makes them similar, strongest first."""
    n_kept_back: int = 0
    """Things the customer does that fewer than five others do; not told."""
    as_of: AwareDatetime | None = None
    n_persons: int = 0
    """Customers who did enough to be compared, the customer in question included."""
    min_sharing: int = MIN_GROUP
    """Customers who have to share a feature for it to be told."""
    population: str


def similar_to(journeys: Journeys, person_id: str, *, n: int, population: str, seed: int = 0) -> Similar:
    """Return the customers who behave most like one.

    Args:
        journeys: Of the customers to look among, and of the one in question.
        person_id: Who is in question.
        n: How many at most.
        population: Who the customers are, as a sentence part.
        seed: Of what is drawn by chance.

    Raises:
        StoreError: The events cannot be read.
    """
    last = journeys.window.last
    if last is None or person_id not in journeys.persons:
        done = "more events on one day than any person's" if person_id in journeys.bots else "no events"
        return _nothing(person_id, "unknown", f"this customer has {done}", population)
    looked = looked_at(journeys, history_of(journeys, [last]), {})
    base = _nothing(person_id, "unknown", None, population)
    base = base.model_copy(update={"as_of": last, "n_persons": len(looked.persons)})
    if person_id not in looked.persons:
        return _because(base, f"this customer took fewer than {MIN_STEPS} steps")
    if len(looked.persons) < MIN_PERSONS:
        n_enough = f"{len(looked.persons):,} customers took {MIN_STEPS} steps or more"
        return _because(base, f"{n_enough}, {MIN_PERSONS} are needed")
    placed = placed_by(looked.behaviour, np.random.default_rng(seed))
    if not placed.n_axes:
        return _because(base, "customers do not differ in what they do beyond chance")
    return _found(base, looked, placed, n)


def _nothing(
    person_id: str, verdict: Literal["none", "unknown"], reason: str | None, population: str
) -> Similar:
    return Similar(person_id=person_id, verdict=verdict, reason=reason, population=population)


def _because(base: Similar, reason: str, verdict: Literal["none", "unknown"] = "unknown") -> Similar:
    return base.model_copy(update={"verdict": verdict, "reason": reason})


def _found(base: Similar, looked: Looked, placed: Placed, n: int) -> Similar:
    own = looked.persons.index(base.person_id)
    distance = np.sqrt(((placed.points - placed.points[own]) ** 2).sum(axis=1))
    likeness = _likeness(placed.points, distance)
    order = [int(row) for row in np.lexsort((np.arange(len(distance)), distance)) if row != own]
    near = [row for row in order if likeness[row] >= MIN_LIKENESS][:n]
    if not near:
        closest = f"nobody is closer to this customer than {MIN_LIKENESS:.0%} of all pairs of customers are"
        return _because(base, f"{closest} to each other", "none")
    features = _Features(looked, placed, own)
    return base.model_copy(
        update={
            "verdict": "found",
            "neighbours": tuple(
                Neighbour(
                    person_id=looked.persons[row],
                    likeness=round(float(likeness[row]), 4),
                    because=features.between(row),
                    n_kept_back=features.n_kept_back(row),
                )
                for row in near
            ),
            "features": features.of_all(near),
            "n_kept_back": features.n_kept_back(own),
        }
    )


def _likeness(points: Floats, distance: Floats) -> Floats:
    """Return of each person the share of all pairs that are further apart than they are from the one in question."""
    # Ids say nothing about a person, so that evenly spaced ones are a fair sample.
    some = points[:: -(-len(points) // _N_PAIRED)]
    squares = (some**2).sum(axis=1)
    apart = squares[:, None] + squares[None, :] - 2 * some @ some.T
    pairs = np.sort(np.sqrt(np.maximum(apart[np.triu_indices(len(some), k=1)], 0)))
    return 1 - np.searchsorted(pairs, distance, side="right") / len(pairs)


class _Features:
    """What the customer in question does clearly more than the average, and who else does."""

    def __init__(self, looked: Looked, placed: Placed, own: int) -> None:
        self._own = own
        # Of what they do more, the part along the directions in which they are near each other; the rest is chance.
        axes = placed.points[:, : placed.n_axes]
        self._along: Floats = axes @ np.linalg.lstsq(axes, placed.features)[0]
        self._names: list[tuple[What, str]] = [
            (block.what, name) for block in looked.behaviour.blocks for name in block.names
        ]
        did = np.hstack([block.counts for block in looked.behaviour.blocks]) > 0
        self._has: Bools = (placed.features >= HAS) & did
        others = self._has.sum(axis=0) - self._has[own]
        self._is_told: Bools = self._has[own] & (others >= MIN_GROUP)
        self._is_kept_back: Bools = self._has[own] & (others < MIN_GROUP)

    def n_kept_back(self, row: int) -> int:
        """Return how many features of the customer somebody has too that may not be told."""
        return int((self._is_kept_back & self._has[row]).sum())

    def between(self, row: int) -> tuple[str, ...]:
        """Return what brings somebody near to the customer most."""
        both = np.where(self._is_told & self._has[row], self._together(row), 0)
        order = np.argsort(-both, kind="stable")[:_N_OF_EACH]
        return tuple(self._words(int(place)) for place in order if both[place] > 0)

    def of_all(self, rows: list[int]) -> tuple[SharedFeature, ...]:
        """Return what brings several near to the customer most, of what half of them have."""
        n_near = self._has[rows].sum(axis=0)
        usual = self._is_told & (2 * n_near >= len(rows))
        strength = np.where(usual, np.mean([self._together(row) for row in rows], axis=0), 0)
        order = np.argsort(-strength, kind="stable")[:_N_FEATURES]
        return tuple(self._shared(int(place), rows) for place in order if strength[place] > 0)

    def _together(self, row: int) -> Floats:
        # What both do more than the average counts by the one who does so less.
        return np.minimum(self._along[self._own], self._along[row])

    def _shared(self, place: int, rows: list[int]) -> SharedFeature:
        what, feature = self._names[place]
        has = self._has[:, place]
        n_others = int(has.sum()) - 1
        return SharedFeature(
            what=what,
            feature=feature,
            words=self._words(place),
            neighbours=quantity(int(has[rows].sum()), len(rows), "the similar customers"),
            everyone=quantity(n_others, len(has) - 1, "all other customers looked at"),
        )

    def _words(self, place: int) -> str:
        return words_of(*self._names[place], more=True)
