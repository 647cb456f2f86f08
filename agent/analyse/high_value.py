"""Who of the customers is of high value, and how that was told."""

import math

from pydantic import Field

from agent.analyse.outcomes import outcomes_among
from agent.events.conformance import Replay, Totals
from agent.events.journeys import Journeys
from agent.events.source import EventSource
from agent.events.values import Floats, Orders, SummedWorth, worth_by_property
from agent.schemas.base import Frozen

TOP_SHARE = 0.2
"""Customers of high value, where no bound is given: those with the highest fifth of values above 0."""
_PURCHASES = "purchases"


class HighValueRule(Frozen):
    """Who is of high value: by the sum of a numeric property over all of the customer's events that carry it."""

    name: str = Field(min_length=1)
    at_least: float | None = Field(default=None, allow_inf_nan=False)
    """None means the top fifth."""


class HighValue(Frozen):
    """Customers of high value, as found."""

    by: str
    """The property whose sum tells it, or `purchases`: what a customer's orders add up to, each counted once."""
    at_least: float | None
    reason: str | None
    """Why nobody could be told to be of high value; None where it could."""


class TopCustomers:
    """Who is of high value, and how that was told."""

    def __init__(self, journeys: Journeys, events: EventSource, rule: HighValueRule | None) -> None:
        by, self._worth, reason = _worth_of(journeys, events, rule)
        given = rule.at_least if rule else None
        self._bound = None
        if self._worth is not None and len(self._worth.values):
            self._bound = _bound_of_top(self._worth.values) if given is None else given
        self.told = HighValue(by=by, at_least=self._bound, reason=reason if self._bound is None else None)

    def totals(self, replay: Replay) -> Totals | None:
        """Return who of them fits; None where nobody can be told to be of high value."""
        if self._worth is None or self._bound is None:
            return None
        return replay.totals(self._worth.members(self._bound))


def _worth_of(
    journeys: Journeys, events: EventSource, rule: HighValueRule | None
) -> tuple[str, SummedWorth | None, str]:
    """Return what customers are worth by, their worth, and what it means that nobody has one."""
    if rule is not None:
        worth = worth_by_property(events, journeys, rule.name)
        return rule.name, worth, f"no event of these customers has a number above 0 under {rule.name!r}"
    names = outcomes_among(journeys.names()).get("purchase", ())
    if not names:
        return _PURCHASES, None, "no event of these customers is a purchase"
    return (
        _PURCHASES,
        Orders(events, journeys, names).worth(),
        "no purchase of these customers tells its amount",
    )


def _bound_of_top(values: Floats) -> float | None:
    """Return what the customers with the highest values have at least, of those above 0; None where there are none."""
    positive = values[values > 0]
    return float(positive[-math.ceil(TOP_SHARE * len(positive))]) if len(positive) else None
