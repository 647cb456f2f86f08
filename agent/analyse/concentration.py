"""Tells whether a pain point is voiced in one place more than other complaints are.

A place is a stage, a channel, a switch of channels or a segment of customers.
Each person counts once, by one of their mentions. Those who voice a pain point are compared with those who voice other
complaints and not this one, so that a place where everybody complains more is no concentration.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from agent.analyse.statistics import benjamini_hochberg, quantity, risk_difference, two_proportion_test
from agent.analyse.trends import SIGNIFICANT
from agent.schemas.base import Scalar
from agent.schemas.evidence import Quantity
from agent.schemas.insight import Concentration, Reading
from agent.schemas.records import Passage

MIN_KNOWN = 20
"""Persons on either side, with a known place, below which nothing is said."""
SWITCH_WITHIN = timedelta(days=14)
"""A mention is at a switch of channels where the person's nearest other contact, at most so far off, was over another."""

_LEAST = 0.05
_WORTH = 0.15
_MIN_VALUE_PERSONS = 10
_MAX_VALUES = 12
_MAX_ATTRIBUTES = 12
_SWITCH, _NO_SWITCH = "at a switch", "no switch"

Segments = Mapping[str, Mapping[str, str]]
"""Attribute to person to value."""

_Dimension = Literal["stage", "channel", "channel_switch", "segment"]
_VOICES = "customers who voice it"
_OTHERS = "customers who voice other complaints and not this one"


@dataclass(frozen=True, slots=True)
class _Place:
    """One way to tell places apart: the place of each passage, None where it is not known."""

    dimension: _Dimension
    attribute: str | None
    of: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class _Tested:
    """One value of one place, for one theme."""

    value: str
    here: Quantity
    elsewhere: Quantity
    difference: float
    low: float
    high: float
    p_value: float


def concentrations_of(
    members: Sequence[Sequence[int]],
    passages: Sequence[Passage],
    readings: Sequence[Reading],
    *,
    persons: Collection[str],
    segments: Segments,
) -> list[tuple[Concentration, ...]]:
    """Return for each theme where it is concentrated; everything is tested together.

    Args:
        members: Rows of each theme's passages, of persons in scope.
        passages: Complaints or not.
        readings: One a passage, in the same order.
        persons: Persons in scope; passages of others are passed over.
        segments: What is known of the persons.
    """
    complaints = (
        row
        for row, reading in enumerate(readings)
        if reading.complaint and passages[row].person_id in persons
    )
    complaint_of = _one_a_person(complaints, passages)
    places = list(_places(passages, readings, segments))
    complained = [_known(place, complaint_of.values()) for place in places]
    tested = [
        [
            _tests(place, voices, complaint_of, everybody)
            for place, everybody in zip(places, complained, strict=True)
        ]
        for voices in (_one_a_person(rows, passages) for rows in members)
    ]
    p_values = [test.p_value for theme in tested for tests in theme for test in tests or ()]
    adjusted = iter(benjamini_hochberg(p_values).tolist())
    return [
        tuple(
            _concentration(place, tests, [next(adjusted) for _ in tests or ()])
            for place, tests in zip(places, theme, strict=True)
        )
        for theme in tested
    ]


def segments_of(known: Iterable[tuple[str, Mapping[str, Scalar]]]) -> dict[str, dict[str, str]]:
    """Return the attributes that part customers into groups, from (person, attributes) pairs in a fixed order.

    An attribute counts where it has two to twelve values that at least `MIN_KNOWN` persons have; what is nearly a number
    or an id of each person parts nobody. A person's first value holds.
    """
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for person_id, attributes in known:
        for name, value in attributes.items():
            if isinstance(value, str | bool):
                found[name].setdefault(person_id, str(value))
    usable = {name: of for name, of in sorted(found.items()) if _parts(Counter(of.values()))}
    return dict(list(usable.items())[:_MAX_ATTRIBUTES])


def _parts(counts: Counter[str]) -> bool:
    large = [value for value, n in counts.items() if n >= MIN_KNOWN]
    return len(large) > 1 and len(counts) <= _MAX_VALUES


def _one_a_person(rows: Iterable[int], passages: Sequence[Passage]) -> dict[str, int]:
    """Return one row a person: the one with the least id, which is as good as drawn, for ids are digests."""
    chosen: dict[str, int] = {}
    for row in rows:
        passage = passages[row]
        known = chosen.get(passage.person_id)
        if known is None or passage.passage_id < passages[known].passage_id:
            chosen[passage.person_id] = row
    return chosen


def _places(passages: Sequence[Passage], readings: Sequence[Reading], segments: Segments) -> Iterator[_Place]:
    yield _Place("stage", None, {row: r.stage for row, r in enumerate(readings) if r.stage is not None})
    yield _Place("channel", None, {row: p.channel for row, p in enumerate(passages) if p.channel is not None})
    yield _Place("channel_switch", None, _switches(passages))
    for name, of in segments.items():
        held = {row: of[p.person_id] for row, p in enumerate(passages) if p.person_id in of}
        yield _Place("segment", name, held)


def _switches(passages: Sequence[Passage]) -> dict[int, str]:
    """Return for each passage whether the nearest other contact of its person was over another channel.

    Passages without another contact within `SWITCH_WITHIN` are left out, and one contact alone is looked at, so that
    those who write more often do not switch more often by that alone.
    """
    contacts: dict[str, dict[str, tuple[datetime, str]]] = defaultdict(dict)
    for passage in passages:
        if passage.at is not None and passage.channel is not None:
            contacts[passage.person_id].setdefault(passage.record_id, (passage.at, passage.channel))
    found: dict[int, str] = {}
    for row, passage in enumerate(passages):
        if passage.at is None or passage.channel is None:
            continue
        others = [
            (abs(at - passage.at), record_id, channel)
            for record_id, (at, channel) in contacts[passage.person_id].items()
            if record_id != passage.record_id
        ]
        nearest = min(others, default=None)
        if nearest is not None and nearest[0] <= SWITCH_WITHIN:
            found[row] = _NO_SWITCH if nearest[2] == passage.channel else _SWITCH
    return found


def _known(place: _Place, rows: Iterable[int]) -> Counter[str]:
    return Counter(place.of[row] for row in rows if row in place.of)


def _tests(
    place: _Place, voices: Mapping[str, int], complaint_of: Mapping[str, int], complained: Counter[str]
) -> list[_Tested] | None:
    """Return the tests of a theme by a place; None where too few persons have a known one, or all have the same.

    `complained` counts everybody's complaints by the values of the place.
    """
    here = _known(place, voices.values())
    others = complained - _known(place, (complaint_of[one] for one in voices if one in complaint_of))
    n_here, n_others = here.total(), others.total()
    if n_here < MIN_KNOWN or n_others < MIN_KNOWN or len(here + others) < 2:  # noqa: PLR2004 - a place and another
        return None
    return [
        _tested(value, quantity(here[value], n_here, _VOICES), quantity(others[value], n_others, _OTHERS))
        for value in sorted(here + others)
        if here[value] + others[value] >= _MIN_VALUE_PERSONS and value != _NO_SWITCH
    ]


def _tested(value: str, here: Quantity, elsewhere: Quantity) -> _Tested:
    counts = (here.n, here.total, elsewhere.n, elsewhere.total)
    found = risk_difference(*counts)
    return _Tested(
        value, here, elsewhere, found.value, found.low or 0.0, found.high or 0.0, two_proportion_test(*counts)
    )


def _concentration(
    place: _Place, tests: Sequence[_Tested] | None, adjusted: Sequence[float]
) -> Concentration:
    if not tests:
        reason = (
            f"fewer than {MIN_KNOWN} customers on either side with a known place, or all of them in the same"
        )
        return Concentration(
            dimension=place.dimension, attribute=place.attribute, verdict="unknown", reason=reason
        )
    proven = [
        (test, p_value)
        for test, p_value in zip(tests, adjusted, strict=True)
        if p_value < SIGNIFICANT and test.difference >= _LEAST
    ]
    shown = proven or list(zip(tests, adjusted, strict=True))
    test, p_value = max(shown, key=lambda pair: (pair[0].difference, pair[0].value))
    ruled_out = all(other.high <= _WORTH for other in tests)
    verdict = "concentrated" if proven else "spread" if ruled_out else "unknown"
    return Concentration(
        dimension=place.dimension,
        attribute=place.attribute,
        verdict=verdict,
        value=test.value,
        here=test.here,
        elsewhere=test.elsewhere,
        difference=test.difference,
        low=test.low,
        high=test.high,
        p_value=p_value,
        reason="too few customers to tell a concentration from chance" if verdict == "unknown" else None,
    )
