"""What an order and a customer are worth: the medians of a scope, or why they are unknown."""

import numpy as np

from agent.analyse.action_rules import ValueOf
from agent.analyse.outcomes import outcomes_among
from agent.events.journeys import Journeys
from agent.events.source import EventSource
from agent.events.values import Floats, Orders
from agent.schemas.base import Frozen

MIN_VALUED = 30
"""Customers with an order that has an amount, below whom what orders and customers are worth is unknown."""


class ValueFigure(Frozen):
    """What an order, or a customer, is worth."""

    of: ValueOf
    median: float | None
    n: int
    """Orders, or customers with one."""
    currency: str | None
    reason: str | None
    """Why it is unknown."""


def values_of(journeys: Journeys, events: EventSource) -> dict[ValueOf, ValueFigure]:
    """Return what an order and a customer are worth: the medians of a scope.

    Raises:
        StoreError: The events cannot be read.
    """
    names = outcomes_among(journeys.names()).get("purchase", ())
    if not names:
        return _unvalued("no event is a purchase", None, 0)
    orders = Orders(events, journeys, names)
    currencies = tuple(orders.n_by_currency)
    if len(currencies) > 1:
        return _unvalued(f"amounts in {' and '.join(currencies)} cannot be put beside each other", None, 0)
    currency = next(iter(currencies), None)
    amounts: dict[ValueOf, Floats] = {"order": orders.amounts(), "customer": orders.worth().values}
    n = len(amounts["customer"])
    if n < MIN_VALUED:
        return _unvalued(f"{n} customers have an order with an amount, {MIN_VALUED} are needed", currency, n)
    return {
        of: ValueFigure(
            of=of, median=round(float(np.median(found)), 2), n=len(found), currency=currency, reason=None
        )
        for of, found in amounts.items()
    }


def _unvalued(reason: str, currency: str | None, n: int) -> dict[ValueOf, ValueFigure]:
    kinds: tuple[ValueOf, ...] = ("order", "customer")
    return {of: ValueFigure(of=of, median=None, n=n, currency=currency, reason=reason) for of in kinds}
