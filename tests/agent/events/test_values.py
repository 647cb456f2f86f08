"""What customers are worth: an order counts once, amounts are read where they stand, and sides are counted apart."""

# Ibis ships no types for its expressions.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import cast

import ibis
import ibis.expr.types as ir
import pytest
from ibis import _

from agent.events.journeys import Journeys
from agent.events.lake import EventLake
from agent.events.source import EventSource
from agent.events.values import NamedWorth, Orders, worth_by_property
from tests.agent.events.builders import SCOPE, event, lake_of
from tests.agent.events.engines import on_every_engine

_BUYING = ("order_completed", "payment_completed")
Bought = tuple[str, float, str, Mapping[str, str | float]]
"""Person, seconds, event name, properties."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for a lake."""
    return tmp_path / "events"


def _lake(folder: Path, did: Sequence[Bought]) -> tuple[EventLake, Journeys]:
    rows = [
        replace(event(person, seconds, name, row, channel="web"), properties=dict(properties))
        for row, (person, seconds, name, properties) in enumerate(did)
    ]
    lake = lake_of(folder, rows)
    return lake, Journeys(lake, SCOPE)


class _Said:
    """Steps with what they said, as a warehouse gives them: nothing is written out, and ids are made of names."""

    def __init__(self, journeys: Journeys) -> None:
        self._steps = journeys.steps

    def table(self, source_ids: object = None) -> ir.Table:  # noqa: ARG002 - the source's
        said = ibis.cases(
            (_.name == "order_completed", '{"currency": "EUR", "order_id": "o-1", "total": "12.5"}'),
            (_.name == "payment_completed", '{"order_id": "o-1", "revenue": 14}'),
            (_.name == "store_purchase", '{"price": 2.5, "quantity": 2}'),
            else_="{}",
        )
        return self._steps.mutate(properties=said, event_id=_.name + ":")

    def kept(self, table: ir.Table, name: str) -> ir.Table:  # noqa: ARG002 - the source's
        return table

    def reading(self) -> AbstractContextManager[None]:
        return nullcontext()

    def person_ids(self, keys: Sequence[str]) -> list[str]:
        return list(keys)


@pytest.mark.timeout(240)  # Spark alone takes half of it to start where processors are busy
def test_worth_and_sides_are_alike_on_every_engine() -> None:
    """Amounts, sums, and who of both sides did what are the same wherever the events are."""
    did = [
        ("p_1", 0, "look_page"), ("p_1", 60, "order_completed"), ("p_1", 90, "payment_completed"),
        ("p_2", 0, "store_purchase"), ("p_2", 50, "store_purchase"), ("p_2", 70, "keep_use"),
        ("p_3", 0, "order_completed"), ("p_4", 5, "look_page"),
    ]  # fmt: skip
    rows = [event(who, at, name, row, channel="web") for row, (who, at, name) in enumerate(did)]
    names = ("order_completed", "payment_completed", "store_purchase")

    def question(journeys: Journeys) -> object:
        source = cast("EventSource", _Said(journeys))
        orders = Orders(source, journeys, names)
        worth = orders.worth()
        sides = worth.sides(11.0, apart=names)
        return (
            orders.amounts().tolist(),
            (orders.n_by_source, orders.n_without, orders.n_by_currency),
            worth.values.tolist(),
            sides.persons(),
            sides.counts(),
        )

    amounts, told, values, persons, counts = on_every_engine(rows, question)  # type: ignore[misc]
    assert amounts == [5.0, 5.0, 12.5, 14.0]
    assert told == ({"price × quantity": 2, "revenue": 1, "total": 1}, 0, {"EUR": 2})
    assert values == [10.0, 12.5, 14.0]
    assert {who: is_top for who, (is_top, _class) in persons.items()} == {
        "p_1": True,
        "p_2": False,
        "p_3": True,
    }
    assert sum(one.n for one in counts if one.what is None) == 3


def test_order_told_by_two_events_counts_once(folder: Path) -> None:
    """The same order id is one order, with the larger amount; another person's order of that id is another."""
    lake, journeys = _lake(
        folder,
        [
            ("p_1", 0, "order_completed", {"order_id": "o-1", "total": 40.0}),
            ("p_1", 9, "payment_completed", {"order_id": "o-1", "total": 42.0}),
            ("p_1", 20, "order_completed", {"total": 8.0}),
            ("p_2", 0, "order_completed", {"order_id": "o-1", "total": 5.0}),
        ],
    )
    with closing(lake):
        orders = Orders(lake, journeys, _BUYING)
        assert orders.amounts().tolist() == [5.0, 8.0, 42.0]
        assert orders.worth().values.tolist() == [5.0, 50.0]


def test_amount_is_read_where_it_stands_and_other_events_add_nothing(folder: Path) -> None:
    """Revenue before total, price by quantity where nothing else is, text as a number; a delivery's total is none."""
    lake, journeys = _lake(
        folder,
        [
            ("p_1", 0, "order_completed", {"revenue": 30.0, "total": 36.0, "currency": "EUR"}),
            ("p_1", 50, "order_delivered", {"total": 36.0}),
            ("p_2", 0, "order_completed", {"price": 4.5, "quantity": 2, "currency": "USD"}),
            ("p_3", 0, "order_completed", {"total": "12.5"}),
            ("p_4", 0, "order_completed", {"product": "tent"}),
            ("p_5", 0, "order_completed", {"total": -9.0}),
        ],
    )
    with closing(lake):
        orders = Orders(lake, journeys, _BUYING)
        assert orders.n_by_source == {"revenue": 1, "total": 1, "price × quantity": 1}
        assert (orders.n_without, orders.n_by_currency) == (2, {"EUR": 1, "USD": 1})
        assert orders.worth().values.tolist() == [9.0, 12.5, 30.0]
        assert worth_by_property(lake, journeys, "total").values.tolist() == [-9.0, 12.5, 72.0]


def test_sides_are_counted_by_what_they_did(folder: Path) -> None:
    """Each side is counted whole, and by touchpoint, stage, channel and first step; a person counts once."""
    did: list[Bought] = []
    for number in range(6):
        who = f"p_{number}"
        did += [(who, 0, "look_page" if number < 4 else "buy_cart", {}), (who, 5, "look_page", {})]
    lake, journeys = _lake(folder, did)
    with closing(lake):
        worth = NamedWorth(lake, journeys, {f"p_{number}": float(number) for number in range(8)})
        assert len(worth.values) == 6
        sides = worth.sides(4.0)
        counts = {(one.what, one.name, one.is_top): one.n for one in sides.counts()}
        assert sides.persons()["p_4"] == (True, 0)
        apart = {one.activity for one in worth.sides(4.0, apart=("look_page",)).counts()}
        assert apart == {0}
    assert (counts[None, "", True], counts[None, "", False]) == (2, 4)
    assert counts["first step", "buy_cart", True] == 2
    assert ("first step", "buy_cart", False) not in counts
    assert (counts["stage", "look", True], counts["stage", "look", False]) == (2, 4)
    assert (counts["touchpoint", "page@web", False], counts["channel", "web", True]) == (4, 2)


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("12,50", 12.5), ("1,234.50", 1234.5), ("1.234,56", 1234.56), (" 7 ", 7.0), ("1,234", 1234.0), ("-4.5", -4.5),
        ("1e3", 1000.0), (1000.0, 1000.0), ("5,", None), ("12 pieces", None), ("1,23,4", None), ("", None),
    ],
)  # fmt: skip
def test_amount_is_read_as_it_is_written_or_not_at_all(
    folder: Path, written: str | float, amount: float | None
) -> None:
    """Thousands and decimals by point or comma; what cannot be told is no number."""
    lake, journeys = _lake(folder, [("p_1", 0, "look_page", {"total": written, "z": 1})])
    with closing(lake):
        found = worth_by_property(lake, journeys, "total").values.tolist()
    assert found == ([] if amount is None else [amount])
