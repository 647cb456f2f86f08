"""What marks a group of customers off: what it does more of, what it does not share, what followed, how it spreads."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from agent.analyse.groups import Behaviour, Block, Grouping, What
from agent.analyse.statistics import benjamini_hochberg, quantity, risk_difference, two_proportion_test
from agent.events.features import OTHER, Counted, History, days_between
from agent.events.journeys import Journeys
from agent.schemas.base import Frozen
from agent.schemas.evidence import Quantity

MIN_STEPS = 3
"""Steps below which a customer's behaviour says too little to be grouped by."""
MIN_GROUP = 5
"""No group, and no part of one, of fewer customers is shown."""
SIGNIFICANT = 0.05
MIN_MARK = 0.5
"""Standardised difference from the others from which a feature marks a group off (Cohen's medium effect)."""
_MIN_DIFFERENCE = 0.1
_MIN_OUTCOMES = 10
_N_MARKS, _N_CONTRASTS, _N_PATHS = 6, 10, 3
_NAMED_BY = 2

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Voiced = Mapping[str, Mapping[str, int]]
"""Person to how often they voiced something, by its name."""


_SAID = ("theme", "emotion")


class Mark(Frozen):
    """What a group does more or less of than the others."""

    what: What
    feature: str
    difference: float
    """In standard deviations (Cohen's d), positive where the group does more of it."""
    words: str


class Contrast(Frozen):
    """What a group shares with fewer or more of the others: customers who did it at least once, in it and out of it."""

    what: str
    feature: str
    inside: Quantity
    outside: Quantity
    difference: float
    low: float | None
    high: float | None
    p_value: float
    """Adjusted for all features and groups (Benjamini-Hochberg)."""


class Separation(Frozen):
    """How often an outcome followed, among customers that the groups were not found on."""

    outcome: str
    inside: Quantity
    outside: Quantity
    difference: float
    low: float | None
    high: float | None
    p_value: float
    """Adjusted for all outcomes and groups (Benjamini-Hochberg)."""
    apart_from: tuple[int, ...] = ()
    """Numbers of the groups whose share is shown to be another, adjusted for all outcomes and pairs of groups."""


class Spread(Frozen):
    """Quartiles of a measure inside a group: half of its customers lie between the outer two."""

    measure: str
    lower: float
    median: float
    upper: float


class CommonPath(Frozen):
    """A path through the stages, and who took it whole."""

    stages: tuple[str, ...]
    share: Quantity


@dataclass(frozen=True, slots=True)
class Looked:
    """Customers who are grouped, with what they did."""

    persons: tuple[str, ...]
    rows: NDArray[np.int64]
    """Where they stand in the history."""
    behaviour: Behaviour
    history: History

    @property
    def spoke(self) -> Bools:
        """Who said something."""
        counts = [block.counts.sum(axis=1) for block in self.behaviour.blocks if block.what in _SAID]
        return np.sum(counts, axis=0) > 0 if counts else np.zeros(len(self.persons), dtype=bool)

    def there(self, block: Block) -> Bools:
        """Return of whom a block tells: who said nothing neither speaks of a thing nor fails to."""
        return self.spoke if block.what in _SAID else np.ones(len(self.persons), dtype=bool)


def looked_at(journeys: Journeys, history: History, voiced: Mapping[What, Voiced]) -> Looked:
    """Return the customers who took `MIN_STEPS` steps or more in the first period, with what they did and said in it."""
    rows = np.flatnonzero(history.steps_within(0) >= MIN_STEPS)
    persons = tuple(history.persons[row] for row in rows)
    kinds = history.kinds.within(0)[rows]
    keys = history.kinds.keys
    events: list[str | None] = [None if name == OTHER else name for name, _ in keys]
    channels = [channel for _, channel in keys]
    stages = [journeys.scope.stage_of(name) for name, _ in keys]
    of_steps: tuple[tuple[What, list[str | None]], ...]
    of_steps = (("event", events), ("channel", channels), ("stage", stages))
    blocks = [_of_kinds(what, values, kinds) for what, values in of_steps]
    blocks.append(_hours(history.hours, rows))
    blocks += [_said(what, persons, said) for what, said in voiced.items()]
    amounts = np.column_stack([kinds.sum(axis=1), history.sessions[rows, 0].astype(np.float64)])
    kept = tuple(block for block in blocks if len(block.names) > 1 and block.counts.any())
    return Looked(persons, rows, Behaviour(kinds, kept, amounts), history)


def _of_kinds(what: What, values: Sequence[str | None], kinds: Floats) -> Block:
    names = tuple(sorted({value for value in values if value is not None}))
    parts = np.array([[value == name for name in names] for value in values], dtype=np.float64)
    parts = parts.reshape(len(values), len(names))
    return Block(what, names, kinds @ parts, parts)


def _hours(hours: Counted, rows: NDArray[np.int64]) -> Block:
    """Return the parts of the day; the weekend overlaps them and is left to be told, not grouped by."""
    return Block("time", tuple(name for name, _ in hours.keys[:-1]), hours.within(0)[rows][:, :-1])


def _said(what: What, persons: Sequence[str], said: Voiced) -> Block:
    names = tuple(sorted({name for told in said.values() for name in told}))
    counts = [[float(said.get(person, {}).get(name, 0)) for name in names] for person in persons]
    return Block(what, names, np.array(counts, dtype=np.float64).reshape(len(persons), len(names)))


def marks_of(looked: Looked, members: Bools) -> tuple[Mark, ...]:
    """Return what some customers do more or less of than the others, largest standardised difference first."""
    found: list[Mark] = []
    for block in looked.behaviour.blocks:
        there = looked.there(block)
        shares = block.shares()
        for place, feature in enumerate(block.names):
            difference = _standardised(shares[there & members, place], shares[there & ~members, place])
            if abs(difference) >= MIN_MARK:
                found.append(_mark(block.what, feature, difference))
    steps = np.log(looked.behaviour.amounts[:, 0])
    difference = _standardised(steps[members], steps[~members])
    if abs(difference) >= MIN_MARK:
        found.append(_mark("amount", "steps", difference))
    found.sort(key=lambda mark: (-abs(mark.difference), mark.what, mark.feature))
    more = [mark for mark in found if mark.difference > 0][:_N_MARKS]
    less = [mark for mark in found if mark.difference < 0][: _N_MARKS - min(len(more), _N_MARKS // 2)]
    kept = [*more[: _N_MARKS - len(less)], *less]
    return tuple(sorted(kept, key=lambda mark: -abs(mark.difference)))


def _standardised(inside: Floats, outside: Floats) -> float:
    if len(inside) < MIN_GROUP or len(outside) < MIN_GROUP:
        return 0.0
    spread = float(np.sqrt((inside.var(ddof=1) + outside.var(ddof=1)) / 2))
    return float(inside.mean() - outside.mean()) / spread if spread > 0 else 0.0


_WORDS = {
    "event": "{more} {feature}",
    "channel": "{more} by {feature}",
    "stage": "{more} in {feature}",
    "time": "{more} {feature}",
    "theme": "{more} words about {feature}",
    "emotion": "{more} {feature} words",
    "amount": "{more} {feature}",
}


def words_of(what: What, feature: str, *, more: bool) -> str:
    """Return what somebody does more or less of, in words."""
    return _WORDS[what].format(more="more" if more else "less", feature=re.sub(r"[_\s]+", " ", feature))


def _mark(what: What, feature: str, difference: float) -> Mark:
    words = words_of(what, feature, more=difference > 0)
    return Mark(what=what, feature=feature, difference=difference, words=words)


def name_of(marks: Sequence[Mark]) -> str:
    """Return a name of what a group does most of beside the others."""
    most = [mark for mark in marks if mark.difference >= MIN_MARK][:_NAMED_BY]
    words = ", ".join(mark.words for mark in most)
    return words[:1].upper() + words[1:]


def contrasts_of(looked: Looked, found: Grouping, groups: Sequence[int]) -> dict[int, tuple[Contrast, ...]]:
    """Return what each group shares with fewer or more of the others, largest difference first.

    Only what differs beyond chance and by ten points is listed, and nothing that under five customers did.
    """
    rows: list[tuple[int, Contrast]] = []
    for block in looked.behaviour.blocks:
        there = looked.there(block)
        for place, feature in enumerate(block.names):
            did = block.counts[:, place] > 0
            for group in groups:
                inside = there & (found.label == group)
                shares = _compared(did, inside, there & ~inside)
                if shares is not None:
                    rows.append((group, Contrast(what=block.what, feature=feature, **shares)))
    adjusted = benjamini_hochberg([one.p_value for _, one in rows]).tolist()
    kept: dict[int, list[Contrast]] = {group: [] for group in groups}
    for (group, one), p_value in zip(rows, adjusted, strict=True):
        if p_value < SIGNIFICANT and abs(one.difference) >= _MIN_DIFFERENCE and may_be_shown(one):
            kept[group].append(one.model_copy(update={"p_value": p_value}))
    return {
        group: tuple(
            sorted(found, key=lambda one: (-abs(one.difference), one.what, one.feature))[:_N_CONTRASTS]
        )
        for group, found in kept.items()
    }


def separations_of(
    looked: Looked, found: Grouping, number_of: Mapping[int, int], names: Mapping[str, tuple[str, ...]]
) -> dict[int, tuple[Separation, ...]]:
    """Return how often each outcome followed in each group, of customers that the groups were not found on.

    An outcome that fewer than ten of these had, or fewer than ten had not, is not tested.

    Args:
        looked: Customers who are grouped.
        found: Their groups.
        number_of: Group to the number it is shown under.
        names: Outcome to the event names that mean it.
    """
    after = looked.history.kinds.within(1)
    rows: list[tuple[int, Separation]] = []
    pairs: list[tuple[str, int, int, float]] = []
    for outcome, known in sorted(names.items()):
        did = looked.history.had(known, after)[looked.rows]
        n = int(did[found.is_held].sum())
        if min(n, int(found.is_held.sum()) - n) < _MIN_OUTCOMES:
            continue
        held = {group: found.is_held & (found.label == group) for group in number_of}
        for group, inside in held.items():
            shares = _compared(did, inside, found.is_held & ~inside)
            if shares is not None:
                rows.append((group, Separation(outcome=outcome, **shares)))
        for one, other in combinations(held, 2):
            shares = _compared(did, held[one], held[other])
            if shares is not None:
                pairs.append((outcome, one, other, shares["p_value"]))
    adjusted = benjamini_hochberg([one.p_value for _, one in rows]).tolist()
    apart = _apart(pairs)
    by_group: dict[int, list[Separation]] = {group: [] for group in number_of}
    for (group, one), p_value in zip(rows, adjusted, strict=True):
        others = sorted(number_of[other] for other in apart.get((one.outcome, group), ()))
        by_group[group].append(one.model_copy(update={"p_value": p_value, "apart_from": tuple(others)}))
    return {group: tuple(separations) for group, separations in by_group.items()}


def _apart(pairs: Sequence[tuple[str, int, int, float]]) -> dict[tuple[str, int], list[int]]:
    """Return for each outcome and group the groups it differs from."""
    apart: dict[tuple[str, int], list[int]] = {}
    adjusted = benjamini_hochberg([p_value for *_, p_value in pairs]).tolist()
    for (outcome, one, other, _), p_value in zip(pairs, adjusted, strict=True):
        if p_value < SIGNIFICANT:
            apart.setdefault((outcome, one), []).append(other)
            apart.setdefault((outcome, other), []).append(one)
    return apart


class _Shares(TypedDict):
    inside: Quantity
    outside: Quantity
    difference: float
    low: float | None
    high: float | None
    p_value: float


def _compared(did: Bools, inside: Bools, outside: Bools) -> _Shares | None:
    """Return the shares of two sets of customers and their difference; None where one is too small."""
    n, total, other_n, other_total = (
        int(np.count_nonzero(part)) for part in (did & inside, inside, did & outside, outside)
    )
    if min(total, other_total) < MIN_GROUP:
        return None
    estimate = risk_difference(n, total, other_n, other_total)
    return {
        "inside": quantity(n, total, "customers of the group"),
        "outside": quantity(other_n, other_total, "the other customers"),
        "difference": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "p_value": two_proportion_test(n, total, other_n, other_total),
    }


def may_be_shown(one: Contrast | Separation) -> bool:
    """Tell whether nothing in a comparison is about fewer than five customers, but for nobody at all."""
    return all(not 0 < side.n < MIN_GROUP for side in (one.inside, one.outside))


def common_paths(
    looked: Looked, members: Bools, paths: Mapping[str, tuple[str, ...]]
) -> tuple[CommonPath, ...]:
    """Return the paths that most customers of a group took, five of them at least."""
    persons = [person for person, inside in zip(looked.persons, members, strict=True) if inside]
    taken = Counter(paths[person] for person in persons if person in paths)
    ranked = sorted(taken.items(), key=lambda item: (-item[1], item[0]))[:_N_PATHS]
    return tuple(
        CommonPath(stages=path, share=quantity(n, len(persons), "customers of the group"))
        for path, n in ranked
        if n >= MIN_GROUP
    )


def spread_of(looked: Looked, members: Bools) -> tuple[Spread, ...]:
    """Return how different the customers of a group are from each other."""
    rows = looked.rows[members]
    _, last = looked.history.last_before(0)
    days = days_between(last, looked.history.first_at(0))[rows]
    steps, sessions = looked.behaviour.amounts[members].T
    measures = {"steps": steps, "sessions": sessions, "days from first to last step": days}
    measures["steps a session"] = steps / np.maximum(sessions, 1)
    return tuple(
        Spread(measure=name, lower=float(low), median=float(middle), upper=float(high))
        for name, values in measures.items()
        for low, middle, high in [np.quantile(values, [0.25, 0.5, 0.75])]
    )
