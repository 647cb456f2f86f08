"""What customers are worth: the amounts of their purchases, and who of two sides of customers did what.

An order counts once however many events carry its number. All sums are made where the events are; nothing but one number a
customer, and counts, leaves the engine.
"""

# Ibis ships no types for its expressions, and PyArrow none at all.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportArgumentType=false, reportOperatorIssue=false
# pyright: reportAttributeAccessIssue=false

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import ibis
import ibis.expr.types as ir
import numpy as np
import orjson
from ibis import _
from numpy.typing import NDArray

from agent.events.journeys import Journeys
from agent.events.source import EventSource
from agent.events.steps import milliseconds, rows_of

AMOUNTS = ("revenue", "total", "value", "amount", "order_total", "order_value")
"""Properties that hold what an order is worth, by their usual names; of several on one event the first counts."""
PRICE, QUANTITY, CURRENCY = "price", "quantity", "currency"
ACTIVITY = (3, 6, 11, 21, 51)
"""Steps from which a class of equally active customers begins; purchases may be left out of them."""

What = Literal["touchpoint", "stage", "channel", "first step"]
Floats = NDArray[np.float64]

_BARE = r"\s*:\s*(-?[0-9][-+.0-9eE]*)\s*[,}]"
_QUOTED = r'\s*:\s*"\s*([^"]*?)\s*"'
"""What stands after its key in a JSON object: a number, or one that was written as text, as a table's are."""
_PLAIN = r"^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$"
_ENGLISH = r"^-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?$"
_CONTINENTAL = r"^-?([0-9]+|[0-9]{1,3}(\.[0-9]{3})+),[0-9]{1,2}$"
"""Thousands by comma, or by point and a decimal comma; what fits none of the three is no number."""
_ORDER = r'"(?:order_id|orderId|transaction_id)"\s*:\s*"?([^",}]+)'
_LETTERS = r'\s*:\s*"([^"]+)"'
_BY_PRICE = f"{PRICE} × {QUANTITY}"


def number_of(properties: Any, name: str) -> Any:  # noqa: ANN401 - Ibis values
    """Return the number that a property holds in a column of JSON objects, null where it holds none."""
    key = re.escape(orjson.dumps(name).decode())
    text = ibis.coalesce(*(properties.re_extract(key + form, 1).nullif("") for form in (_BARE, _QUOTED)))
    written = ibis.cases(
        (text.re_search(_PLAIN), text),
        (text.re_search(_ENGLISH), text.replace(",", "")),
        (text.re_search(_CONTINENTAL), text.replace(".", "").replace(",", ".")),
    )
    return written.cast("float64")


class Orders:
    """The orders of the persons in scope, each with its amount; good for as long as the source of the events is open.

    Args:
        events: Where the steps come from; `properties` is a JSON object there.
        journeys: Whose orders.
        names: Event names that are a purchase.

    Raises:
        StoreError: The events cannot be read.
    """

    def __init__(self, events: EventSource, journeys: Journeys, names: Collection[str]) -> None:
        self._events, self._journeys = events, journeys
        with events.reading():
            self._orders = events.kept(_orders(events, journeys, names), "orders")
            counted = self._orders.group_by(["source", "currency"]).agg(n=_.count())
            rows = rows_of(counted)
        self.n_by_source: dict[str, int] = {}
        """Orders by the property that their amount was read from."""
        self.n_without = 0
        """Orders that no event gives an amount of."""
        self.n_by_currency: dict[str, int] = {}
        """Orders with an amount by currency, of those that name one."""
        for row in sorted(rows, key=lambda row: (row["source"] or "", row["currency"] or "")):
            self._count(row["source"], row["currency"], int(row["n"]))

    def _count(self, source: str | None, currency: str | None, n: int) -> None:
        if source is None:
            self.n_without += n
            return
        self.n_by_source[source] = self.n_by_source.get(source, 0) + n
        if currency is not None:
            self.n_by_currency[currency] = self.n_by_currency.get(currency, 0) + n

    def amounts(self) -> Floats:
        """Return what each order with an amount is worth, ascending."""
        with self._events.reading():
            return _ascending(self._valued.select(value=_.amount))

    def worth(self) -> "SummedWorth":
        """Return what each person's orders add up to, of those who have one with an amount."""
        return SummedWorth(self._events, self._journeys, self._valued.select("person_id", value=_.amount))

    @property
    def _valued(self) -> ir.Table:
        return self._orders.filter(_.amount.notnull())


class Worth(Protocol):
    """What persons are worth."""

    values: Floats
    """Of those whose worth is known, ascending, shape `(n_persons,)`."""

    def sides(self, at_least: float, *, apart: Collection[str] = ()) -> "Sides":
        """Return those who are worth at least so much, and the others whose worth is known.

        Args:
            at_least: Where the top begins.
            apart: Event names that do not count as activity.
        """
        ...


class SummedWorth:
    """Sums of a number over rows of persons.

    Args:
        events: Where the steps come from.
        journeys: Whose steps.
        rows: `person_id, value`, any number a person.

    Raises:
        StoreError: The events cannot be read.
    """

    def __init__(self, events: EventSource, journeys: Journeys, rows: ir.Table) -> None:
        self._events, self._journeys = events, journeys
        summed = rows.group_by("person_id").agg(value=_.value.sum())
        with events.reading():
            self._table = events.kept(summed, "customer_values")
            self.values = _ascending(self._table)

    def members(self, at_least: float) -> ir.Table:
        """Return `person_id` of those who are worth at least so much."""
        return self._table.filter(_.value >= at_least).select("person_id")

    def sides(self, at_least: float, *, apart: Collection[str] = ()) -> "Sides":
        """Return those who are worth at least so much, and the others whose worth is known."""
        sides = self._table.select("person_id", is_top=ibis.ifelse(_.value >= at_least, 1, 0))
        return Sides(self._events, self._journeys, sides, apart)


class NamedWorth:
    """What persons are worth, known from elsewhere than the events.

    Args:
        events: Where the steps come from.
        journeys: Whose steps.
        values: Person to worth; those without events do not count.
    """

    def __init__(self, events: EventSource, journeys: Journeys, values: Mapping[str, float]) -> None:
        self._events, self._journeys = events, journeys
        self._values = {person: value for person, value in values.items() if person in journeys.persons}
        self.values = np.sort(np.array(list(self._values.values()), dtype=np.float64))

    def sides(self, at_least: float, *, apart: Collection[str] = ()) -> "Sides":
        """Return those who are worth at least so much, and the others whose worth is known."""
        keys = self._events.person_keys(self._values)
        top = [key for person, key in keys.items() if self._values[person] >= at_least]
        persons = self._journeys.steps.select("person_id").distinct()
        told = persons.filter(_.person_id.isin(sorted(keys.values())))
        is_top = ibis.ifelse(_.person_id.isin(sorted(top)), 1, 0)
        return Sides(self._events, self._journeys, told.mutate(is_top=is_top), apart)


def worth_by_property(events: EventSource, journeys: Journeys, name: str) -> SummedWorth:
    """Return the sum of a numeric property over all events of a person that carry it.

    Raises:
        StoreError: The events cannot be read.
    """
    rows = _in_scope(events, journeys).select("person_id", value=number_of(_.properties, name))
    return SummedWorth(events, journeys, rows.filter(_.value.notnull()))


def _ascending(table: ir.Table) -> Floats:
    column = table.select("value").to_pyarrow().column("value").combine_chunks()
    return np.sort(np.asarray(column, dtype=np.float64))


@dataclass(frozen=True, slots=True)
class SideCount:
    """Persons of one side and class of activity, and how many of them did something."""

    what: What | None
    """None where all persons of the side and class are counted."""
    name: str
    is_top: bool
    activity: int
    n: int


class Sides:
    """Two sides of customers, and who of them did what.

    Args:
        events: Where the steps come from.
        journeys: What they did.
        sides: `person_id, is_top`.
        apart: Event names that do not count as activity.
    """

    def __init__(
        self, events: EventSource, journeys: Journeys, sides: ir.Table, apart: Collection[str]
    ) -> None:
        steps = journeys.steps
        counts = ibis.ifelse(_.name.isin(sorted(apart)), 0, 1).sum() if apart else _.count()
        n_steps = steps.group_by("person_id").agg(n_steps=counts)
        classes = [(_.n_steps >= least, place) for place, least in reversed(list(enumerate(ACTIVITY, 1)))]
        known = sides.inner_join(n_steps, "person_id")
        known = known.select("person_id", "is_top", activity=ibis.cases(*classes, else_=0))
        self._events, self._steps = events, steps
        self._sides = events.kept(known, "sides")

    def persons(self) -> dict[str, tuple[bool, int]]:
        """Return whether each person is at the top, and their class of activity.

        Raises:
            StoreError: The events cannot be read.
        """
        with self._events.reading():
            rows = rows_of(self._sides)
        ids = self._events.person_ids([row["person_id"] for row in rows])
        return {
            person: (bool(row["is_top"]), int(row["activity"])) for person, row in zip(ids, rows, strict=True)
        }

    def counts(self) -> list[SideCount]:
        """Return how many persons there are, and how many of them did each thing at least once.

        Raises:
            StoreError: The events cannot be read.
        """
        with self._events.reading():
            found = self._counted(None, self._sides.mutate(key=ibis.literal("")))
            for what in ("touchpoint", "stage", "channel"):
                did = self._steps.filter(self._steps[what].notnull())
                found += self._counted(what, self._of(did.select("person_id", key=did[what]).distinct()))
            first = self._steps.filter(_.place == 0).select("person_id", key=_.name)
            found += self._counted("first step", self._of(first))
        return found

    def _of(self, did: ir.Table) -> ir.Table:
        return did.inner_join(self._sides, "person_id")

    def _counted(self, what: What | None, rows: ir.Table) -> list[SideCount]:
        counted = rows.group_by(["key", "is_top", "activity"]).agg(n=_.count())
        ordered = sorted(rows_of(counted), key=lambda row: (row["key"], row["is_top"], row["activity"]))
        return [
            SideCount(what, row["key"], bool(row["is_top"]), int(row["activity"]), int(row["n"]))
            for row in ordered
        ]


def _in_scope(events: EventSource, journeys: Journeys) -> ir.Table:
    persons = journeys.steps.select("person_id").distinct()
    return events.table(journeys.scope.source_ids).semi_join(persons, "person_id")


def _orders(events: EventSource, journeys: Journeys, names: Collection[str]) -> ir.Table:
    """Return `person_id, amount, source, currency`, one row an order; null where nothing tells the amount."""
    bought = _in_scope(events, journeys).filter(_.name.isin(sorted(names)))
    read = bought.mutate(
        order=_.properties.re_extract(_ORDER, 1).nullif(""),
        named=_.properties.re_extract(re.escape(f'"{CURRENCY}"') + _LETTERS, 1).nullif(""),
        **{_column(place): number_of(_.properties, name) for place, name in enumerate(AMOUNTS)},
        price=number_of(_.properties, PRICE) * number_of(_.properties, QUANTITY).fill_null(1.0),
    )
    columns = [(_column(place), name) for place, name in enumerate(AMOUNTS)] + [("price", _BY_PRICE)]
    # A negative amount is no purchase's. Without an id an order is its event; ids of a warehouse may be made of its name.
    told = read.mutate(
        lone=ibis.ifelse(_.order.isnull(), _.event_id, ""),
        lone_at=ibis.ifelse(_.order.isnull(), milliseconds(_.at), 0),
        amount=ibis.coalesce(*(_positive(read[column]) for column, _name in columns)),
        source=_source(read, columns),
    )
    orders = told.group_by(["person_id", "order", "lone", "lone_at"]).agg(
        amount=_.amount.max(), source=_.source.min(), currency=_.named.min()
    )
    return orders.select("person_id", "amount", "source", "currency")


def _source(read: ir.Table, columns: Sequence[tuple[str, str]]) -> Any:  # noqa: ANN401 - Ibis values
    return ibis.cases(*((_positive(read[column]).notnull(), name) for column, name in columns))


def _positive(amount: Any) -> Any:  # noqa: ANN401 - Ibis values
    return ibis.ifelse(amount >= 0, amount, ibis.null("float64"))


def _column(place: int) -> str:
    return f"amount_{place}"
