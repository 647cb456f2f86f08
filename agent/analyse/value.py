"""What customers of high value did that the others did not: the top quarter by lifetime value beside the rest.

Who is worth more has often done more of everything, because they came more often; each difference is therefore also given
among customers with about as many steps. Nothing here says what makes a customer valuable.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from pydantic import Field

from agent.analyse.adjustment import adjusted_effect
from agent.analyse.outcomes import OUTCOMES, outcomes_among
from agent.analyse.persona_facts import MIN_GROUP, SIGNIFICANT
from agent.analyse.statistics import benjamini_hochberg, quantity, risk_difference, two_proportion_test
from agent.events.journeys import Journeys
from agent.events.source import EventSource
from agent.events.values import Floats, NamedWorth, Orders, SideCount, Sides, Worth, worth_by_property
from agent.schemas.base import Frozen, Scalar
from agent.schemas.evidence import Quantity

TOP_SHARE = 0.25
"""Customers of high value: those with the highest quarter of values."""
MIN_SIDE = 20
"""Customers on a side, below whom nothing is put beside each other."""
MOST_AT_TOP = 0.4
"""Equal values at the bound may make the top larger than a quarter, up to this share."""
_TOP, _REST = "customers of high value", "the other customers whose value is known"

What = Literal["touchpoint", "stage", "channel", "first step", "complaint"]
Verdict = Literal["differs", "differs with activity", "not shown"]
Cells = Counter[tuple[bool, int]]
"""Customers by side, true for the top, and class of activity."""


class ValueRule(Frozen):
    """How the value of customers was told."""

    basis: Literal["purchases", "event property", "customer attribute"]
    names: tuple[str, ...]
    """The property or attribute; of purchases the events that are one."""
    n_by_property: dict[str, int] = Field(default_factory=dict[str, int])
    """Orders by the property that their amount was read from."""
    n_without: int = 0
    """Orders without an amount; they add nothing."""
    currency: str | None = None


class ValueDifference(Frozen):
    """Something that customers did at least once, of both sides."""

    what: What
    name: str
    verdict: Verdict
    """`differs with activity`: not shown among customers with about as many steps."""
    top: Quantity
    rest: Quantity
    difference: float
    """Top minus rest, as a share, with its 95 % interval."""
    low: float | None
    high: float | None
    p_value: float
    """Adjusted for everything that was tested (Benjamini-Hochberg)."""
    equal_difference: float | None
    """The same among customers with about as many steps (Mantel-Haenszel); None where nobody can be compared."""
    equal_low: float | None
    equal_high: float | None


class ValueContrast(Frozen):
    """The top quarter beside the rest; associated with, never caused by."""

    verdict: Literal["shown", "nothing differs", "unknown"]
    reason: str | None
    """Why nothing is told."""
    rule: ValueRule | None
    n_persons: int
    """Customers with events."""
    n_valued: int = 0
    """Those of them whose value is known; the others are on neither side."""
    n_top: int = 0
    at_least: float | None = None
    """Least value of the top."""
    top_median: float | None = None
    rest_median: float | None = None
    top_share_of_value: float | None = None
    """Share of all value that the top brought, 0 to 1; None where some values are negative."""
    n_tested: int = 0
    n_hidden: int = 0
    """Further things that one to four customers of a side did; not shown."""
    differences: tuple[ValueDifference, ...] = ()
    """Those that differ first, largest first."""
    population: str


@dataclass(frozen=True)
class Known:
    """What is known of customers beside their events."""

    traits: Mapping[str, Mapping[str, Scalar]] = field(default_factory=dict[str, Mapping[str, Scalar]])
    """Person to their attributes."""
    complaints: Mapping[str, Collection[str]] = field(default_factory=dict[str, Collection[str]])
    """Person to the themes they complained of; who said something and complained of none has none."""


@dataclass(frozen=True, slots=True)
class _Unknown:
    """Why there is no value, and how it was looked for."""

    reason: str
    rule: ValueRule | None = None


def value_contrast(
    journeys: Journeys,
    events: EventSource,
    *,
    column: str | None = None,
    known: Known | None = None,
    population: str,
) -> ValueContrast:
    """Put the quarter of the customers with the highest value beside the rest.

    Args:
        journeys: What they did.
        events: Where the steps come from; holds what orders are worth.
        column: Attribute of customers, or property of events to add up, that is the value; the amounts of purchases where
            None.
        known: What else is known of them.
        population: Who they are, as a sentence part.

    Raises:
        StoreError: The events cannot be read.
    """
    known = known or Known()
    n = journeys.n_persons()
    found = _by_purchases(journeys, events) if column is None else _by_column(journeys, events, column, known)
    if isinstance(found, _Unknown):
        return ValueContrast(
            verdict="unknown", reason=found.reason, rule=found.rule, n_persons=n, population=population
        )
    rule, worth = found
    base = ValueContrast(
        verdict="unknown",
        reason=None,
        rule=rule,
        n_persons=n,
        n_valued=len(worth.values),
        population=population,
    )
    return _split(base, worth, known)


def _by_purchases(journeys: Journeys, events: EventSource) -> tuple[ValueRule, Worth] | _Unknown:
    names = outcomes_among(journeys.names()).get("purchase", ())
    if not names:
        return _Unknown(
            "no event is a purchase; --column names an attribute or property that holds the value"
        )
    orders = Orders(events, journeys, names)
    rule = ValueRule(
        basis="purchases",
        names=names,
        n_by_property=orders.n_by_source,
        n_without=orders.n_without,
        currency=next(iter(orders.n_by_currency), None),
    )
    if not orders.n_by_source:
        return _Unknown("no purchase carries an amount; --column names what holds the value", rule)
    if len(orders.n_by_currency) > 1:
        currencies = " and ".join(orders.n_by_currency)
        return _Unknown(f"amounts in {currencies} cannot be added up", rule)
    return rule, orders.worth()


def _by_column(
    journeys: Journeys, events: EventSource, column: str, known: Known
) -> tuple[ValueRule, Worth] | _Unknown:
    numbers = {person: _number(traits.get(column)) for person, traits in known.traits.items()}
    named = {person: number for person, number in numbers.items() if number is not None}
    by_trait = NamedWorth(events, journeys, named)
    if len(by_trait.values):
        return ValueRule(basis="customer attribute", names=(column,)), by_trait
    worth = worth_by_property(events, journeys, column)
    if len(worth.values):
        return ValueRule(basis="event property", names=(column,)), worth
    return _Unknown(
        f"{column!r} is a number in no attribute of these customers and no property of their events"
    )


def _number(value: Scalar | None) -> float | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def _split(base: ValueContrast, worth: Worth, known: Known) -> ValueContrast:
    """Return the contrast at the bound of the top quarter, or why there is none."""
    values = worth.values
    n_least = int(np.ceil(MIN_SIDE / TOP_SHARE))
    if len(values) < n_least:
        reason = f"the value of {len(values):,} customers is known, {n_least} are needed"
        return base.model_copy(update={"reason": reason})
    at = _bound(values)
    if at is None or min(at, len(values) - at) < MIN_SIDE:
        reason = "too many customers are worth the same for a top to be told from the rest"
        return base.model_copy(update={"reason": reason})
    rest, top = values[:at], values[at:]
    # To buy more often is the value itself, and no activity that goes along with it.
    sides = worth.sides(float((rest[-1] + top[0]) / 2), apart=OUTCOMES["purchase"])
    share = float(top.sum() / values.sum()) if values[0] >= 0 else None
    facts = {
        "n_top": len(top),
        "at_least": round(float(top[0]), 2),
        "top_median": round(float(np.median(top)), 2),
        "rest_median": round(float(np.median(rest)), 2),
        "top_share_of_value": None if share is None else round(share, 4),
    }
    return _contrasted(base.model_copy(update=facts), sides, known)


def _bound(values: Floats) -> int | None:
    """Return where the top begins in ascending values: never between equal ones, as near to a quarter as may be."""
    steps = np.flatnonzero(values[1:] > values[:-1]) + 1
    wanted = len(values) * (1 - TOP_SHARE)
    allowed = [int(step) for step in steps if step >= len(values) * (1 - MOST_AT_TOP)]
    return min(allowed, key=lambda step: (abs(step - wanted), step), default=None)


def _contrasted(base: ValueContrast, sides: Sides, known: Known) -> ValueContrast:
    rows = _rows(sides.counts()) + _complaints(sides.persons(), known.complaints)
    tested = [row for row in rows if row.is_tested]
    shown = [row for row in tested if row.may_be_shown]
    adjusted = benjamini_hochberg([row.p_value for row in tested]).tolist()
    p_values = {id(row): p_value for row, p_value in zip(tested, adjusted, strict=True)}
    differences = sorted((row.difference(p_values[id(row)]) for row in shown), key=_order)
    any_differs = any(one.verdict == "differs" for one in differences)
    return base.model_copy(
        update={
            "verdict": "shown" if any_differs else "nothing differs",
            "reason": None
            if any_differs
            else "nothing differs beyond chance also among equally active customers",
            "n_tested": len(tested),
            "n_hidden": len(tested) - len(shown),
            "differences": tuple(differences),
        }
    )


_VERDICTS: tuple[Verdict, ...] = ("differs", "differs with activity", "not shown")


def _order(one: ValueDifference) -> tuple[int, float, str, str]:
    return _VERDICTS.index(one.verdict), -abs(one.difference), one.what, one.name


@dataclass(frozen=True)
class _Row:
    """Customers by side and class of activity, and those of them who did something."""

    what: What
    name: str
    did: Cells
    of: Cells

    def n(self, cells: Cells, *, top: bool) -> int:
        return sum(n for (is_top, _), n in cells.items() if is_top is top)

    @property
    def _table(self) -> tuple[int, int, int, int]:
        return (
            self.n(self.did, top=True), self.n(self.of, top=True), self.n(self.did, top=False), self.n(self.of, top=False)
        )  # fmt: skip

    @property
    def is_tested(self) -> bool:
        """Whether both sides are large enough, and not all customers alike."""
        n, total, other_n, other_total = self._table
        return min(total, other_total) >= MIN_SIDE and 0 < n + other_n < total + other_total

    @property
    def may_be_shown(self) -> bool:
        """Whether it is about five customers at least of each side, but for nobody at all."""
        return all(not 0 < n < MIN_GROUP for n in self._table[::2])

    @property
    def p_value(self) -> float:
        return two_proportion_test(*self._table)

    def difference(self, p_value: float) -> ValueDifference:
        """Return the two shares beside each other.

        Args:
            p_value: Adjusted for everything that was tested.
        """
        n, total, other_n, other_total = self._table
        found = risk_difference(n, total, other_n, other_total)
        equal = self._among_equals()
        holds = equal is not None and equal[1] * equal[2] > 0 and equal[0] * found.value > 0
        verdict: Verdict = "differs with activity" if p_value < SIGNIFICANT else "not shown"
        value, low, high = (None, None, None) if equal is None else equal
        return ValueDifference(
            what=self.what,
            name=self.name,
            verdict="differs" if p_value < SIGNIFICANT and holds else verdict,
            top=quantity(n, total, _TOP),
            rest=quantity(other_n, other_total, _REST),
            difference=found.value,
            low=found.low,
            high=found.high,
            p_value=p_value,
            equal_difference=value,
            equal_low=low,
            equal_high=high,
        )

    def _among_equals(self) -> tuple[float, float, float] | None:
        cells = sorted(self.of)
        sizes = [[self.did[cell], self.of[cell] - self.did[cell]] for cell in cells]
        repeats = np.array(sizes).ravel()
        side, activity = (np.repeat(np.array(part), 2) for part in zip(*cells, strict=True))
        did = np.tile([True, False], len(cells))
        found = adjusted_effect(
            np.repeat(activity, repeats), np.repeat(side, repeats), np.repeat(did, repeats)
        )
        if found is None or found.risk_difference.low is None or found.risk_difference.high is None:
            return None
        return found.risk_difference.value, found.risk_difference.low, found.risk_difference.high


def _rows(counts: Sequence[SideCount]) -> list[_Row]:
    everyone: Cells = Counter()
    did: dict[tuple[What, str], Cells] = {}
    for one in counts:
        cells = everyone if one.what is None else did.setdefault((one.what, one.name), Counter())
        cells[one.is_top, one.activity] += one.n
    return [_Row(what, name, cells, everyone) for (what, name), cells in sorted(did.items())]


def _complaints(
    persons: Mapping[str, tuple[bool, int]], complaints: Mapping[str, Collection[str]]
) -> list[_Row]:
    """Return who complained of what, among those who said something: the others neither did nor did not."""
    of: Cells = Counter()
    did: dict[str, Cells] = {}
    for person, cell in persons.items():
        if person in complaints:
            of[cell] += 1
            for name in set(complaints[person]):
                did.setdefault(name, Counter())[cell] += 1
    return [_Row("complaint", name, cells, of) for name, cells in sorted(did.items())]
