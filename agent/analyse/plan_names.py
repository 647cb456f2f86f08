"""Finds what the names of a planned map are called in the data: by event, by the list of touchpoints, by words.

Nothing is guessed: a name that fits nothing is listed with what comes nearest, and an alias in the map settles it.
"""

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Literal

from agent.analyse.taxonomy import taxonomy
from agent.events.conformance import Kind, KindKey
from agent.normalise import RowFault, event_name
from agent.schemas.base import Frozen
from agent.schemas.planned import PlannedMap, PlannedStage, PlannedTouchpoint

MatchRule = Literal["event", "touchpoint", "words"]
_RULES: Final[tuple[MatchRule, ...]] = ("event", "touchpoint", "words")
_UNSAID_WORDS: Final = "a an and are at by customer for from in is my of on or our the their to with your"
_UNSAID: Final = frozenset(_UNSAID_WORDS.split())
_N_NEAREST: Final = 3
_NEAR: Final = 0.5
_MOST_SUGGESTED: Final = 100
"""Names for which the nearest are looked for; a map that fits nothing at all is the wrong map."""
_SHORT: Final = 3
_DOUBLED: Final = frozenset("bdglmnprt")


class Match(Frozen):
    """What a touchpoint of the plan is in the data."""

    touchpoint: str
    rule: MatchRule | None
    """None where nothing in the data is called so."""
    events: tuple[str, ...]
    """Names of events that count for it."""
    same_as: str | None = None
    """Another touchpoint of the plan that means the same events, and has them."""
    reason: str | None = None
    """Why nothing counts for it."""
    nearest: tuple[str, ...] = ()
    """Names in the data that come nearest, for an alias."""


@dataclass(frozen=True)
class Names:
    """Which touchpoint and which stage of the plan a kind of step belongs to."""

    touchpoint_of: Mapping[KindKey, str]
    matches: tuple[Match, ...]
    stage_of: Mapping[str, str]
    """Stage of the data to stage of the plan."""

    @property
    def seen(self) -> frozenset[str]:
        """Touchpoints of the plan that the data could show."""
        return frozenset(match.touchpoint for match in self.matches if match.rule is not None)


def match_names(plan: PlannedMap, kinds: Sequence[Kind], data_stages: Iterable[str]) -> Names:
    """Match the names of a plan with those of the data.

    Args:
        plan: The planned map.
        kinds: Kinds of steps in the data.
        data_stages: Stages that events of the data are put in.
    """
    found = _Matcher(kinds)
    for rule in _RULES:
        for touchpoint in plan.touchpoints:
            found.claim(touchpoint, rule)
    matches = tuple(found.match_of(touchpoint) for touchpoint in plan.touchpoints)
    return Names(found.touchpoint_of, matches, _stages(plan.stages, data_stages))


def _stages(planned: Iterable[PlannedStage], data_stages: Iterable[str]) -> dict[str, str]:
    by_key = {_snake(name): stage.name for stage in planned for name in stage.aliases or (stage.name,)}
    return {stage: by_key[_snake(stage)] for stage in data_stages if _snake(stage) in by_key}


@dataclass
class _Matcher:
    """Gives each kind of step to one touchpoint of the plan: the first that claims it by the most exact rule."""

    kinds: Sequence[Kind]
    touchpoint_of: dict[KindKey, str] = field(default_factory=dict[KindKey, str])
    _rule_of: dict[str, MatchRule] = field(default_factory=dict[str, MatchRule])
    _settled: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """Touchpoints with those of their names that a rule has found, which no looser rule widens."""
    _lost_to: dict[str, str] = field(default_factory=dict[str, str])
    _n_suggested: int = 0

    def __post_init__(self) -> None:
        self._by: dict[MatchRule, dict[object, list[Kind]]] = {rule: {} for rule in _RULES}
        for kind in self.kinds:
            self._by["event"].setdefault(_snake(kind.name), []).append(kind)
            self._by["words"].setdefault(_word_stems(kind.name), []).append(kind)
            if kind.touchpoint is not None:
                self._by["touchpoint"].setdefault(kind.touchpoint, []).append(kind)

    def claim(self, touchpoint: PlannedTouchpoint, rule: MatchRule) -> None:
        if touchpoint.aliases and rule == "words":
            # An alias says which event is meant: nothing that only shares its words is.
            return
        for name in touchpoint.aliases or (touchpoint.name,):
            if (touchpoint.name, name) not in self._settled:
                self._claim_by(touchpoint, name, rule)

    def _claim_by(self, touchpoint: PlannedTouchpoint, name: str, rule: MatchRule) -> None:
        key = _key(name, rule)
        kinds = [] if key is None else self._by[rule].get(key, [])
        free = [kind for kind in kinds if kind.key not in self.touchpoint_of]
        for kind in free:
            self.touchpoint_of[kind.key] = touchpoint.name
        if free:
            self._settled.add((touchpoint.name, name))
            self._rule_of.setdefault(touchpoint.name, rule)
        elif kinds and self.touchpoint_of[kinds[0].key] != touchpoint.name:
            self._lost_to.setdefault(touchpoint.name, self.touchpoint_of[kinds[0].key])

    def match_of(self, touchpoint: PlannedTouchpoint) -> Match:
        name = touchpoint.name
        rule = self._rule_of.get(name)
        if rule is not None:
            events = {key[0] for key, owner in self.touchpoint_of.items() if owner == name}
            return Match(touchpoint=name, rule=rule, events=tuple(sorted(events)))
        if name in self._lost_to:
            other = self._lost_to[name]
            reason = f"its events are those of {other!r}"
            return Match(touchpoint=name, rule=None, events=(), same_as=other, reason=reason)
        names = touchpoint.aliases or (name,)
        is_listed = any(_key(one, "touchpoint") for one in names)
        reason = "no event at this touchpoint" if is_listed else "no event by this name"
        nearest = self._nearest(names)
        return Match(touchpoint=name, rule=None, events=(), reason=reason, nearest=nearest)

    def _nearest(self, names: Iterable[str]) -> tuple[str, ...]:
        if self._n_suggested >= _MOST_SUGGESTED:
            return ()
        self._n_suggested += 1
        known = dict.fromkeys([kind.name for kind in self.kinds])
        known |= dict.fromkeys([kind.touchpoint for kind in self.kinds if kind.touchpoint])
        return nearest_names(names, known)


def nearest_names(names: Iterable[str], known: Collection[str]) -> tuple[str, ...]:
    """Return which known names are most alike to any of some names, in letters or in words."""
    likeness = {one: max((_likeness(name, one) for name in names), default=0.0) for one in known}
    near = sorted((-score, one) for one, score in likeness.items() if score >= _NEAR)
    return tuple(one for _, one in near[:_N_NEAREST])


def _likeness(name: str, other: str) -> float:
    words, others = _word_stems(name), _word_stems(other)
    shared = len(words & others) / max(1, min(len(words), len(others)))
    letters = difflib.SequenceMatcher(None, _snake(name), _snake(other))
    if letters.quick_ratio() < _NEAR:
        return shared
    return max(shared, letters.ratio())


def _key(name: str, rule: MatchRule) -> object:
    if rule == "event":
        return _snake(name)
    if rule == "touchpoint":
        return _listed_touchpoints().get(_snake(name))
    return _word_stems(name) or None


@cache
def _listed_touchpoints() -> Mapping[str, str]:
    """Return the touchpoints of the list by name and by the names of their mediums."""
    found: dict[str, str] = {}
    for entry in taxonomy().touchpoints:
        found.setdefault(_snake(entry.name), entry.name)
    for entry in taxonomy().touchpoints:
        for medium in entry.sources:
            found.setdefault(_snake(medium), entry.name)
    return found


@cache
def _snake(name: str) -> str:
    try:
        return event_name(name).replace("e_mail", "email")
    except RowFault:
        return ""


@cache
def _word_stems(name: str) -> frozenset[str]:
    """Return the words of a name without their endings: "View products" and `product_viewed` are the same."""
    return frozenset(_stem(word) for word in _snake(name).split("_") if word not in _UNSAID)


def _stem(word: str) -> str:
    for ending, instead in (
        ("ies", "y"),
        ("ied", "y"),
        ("ing", ""),
        ("ed", ""),
        ("es", ""),
        ("s", ""),
        ("e", ""),
    ):
        if word.endswith(ending) and len(word) - len(ending) >= _SHORT:
            word = word.removesuffix(ending) + instead
            break
    is_doubled = len(word) > _SHORT and word[-1] == word[-2] and word[-1] in _DOUBLED
    return word[:-1] if is_doubled else word
