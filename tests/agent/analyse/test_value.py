"""High value beside the rest: a planted difference is found, chance is not, activity is told apart, and doubt is said."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from agent.analyse.value import Known, ValueContrast, value_contrast
from agent.events.journeys import Journeys
from agent.events.lake import EventLake
from agent.events.steps import JourneyScope
from tests.agent.events.builders import SCOPE, START, event, lake_of

_DAY_S = 86_400


class Row(NamedTuple):
    """One event."""

    person: str
    day: float
    name: str
    total: float | None = None
    currency: str = "EUR"


class Brand:
    """Makes lakes and asks them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.lakes: list[EventLake] = []

    def contrast(
        self, rows: Sequence[Row], *, column: str | None = None, known: Known | None = None
    ) -> ValueContrast:
        """Return the contrast of some events."""
        events = [
            replace(
                event(row.person, row.day * _DAY_S, row.name, number, channel="web"),
                properties={} if row.total is None else {"total": row.total, "currency": row.currency},
            )
            for number, row in enumerate(rows)
        ]
        lake = lake_of(self._folder / f"events-{len(self.lakes)}", events)
        self.lakes.append(lake)
        scope = JourneyScope(SCOPE.stages, SCOPE.stage_of, SCOPE.touchpoint_of, START + timedelta(days=400))
        return value_contrast(Journeys(lake, scope), lake, column=column, known=known, population="customers")


@pytest.fixture
def brand(tmp_path: Path) -> Iterator[Brand]:
    """Give a brand."""
    made = Brand(tmp_path)
    yield made
    for lake in made.lakes:
        lake.close()


def _buyers(n: int, rng: np.random.Generator, *, guide: tuple[float, float]) -> list[Row]:
    """Return buyers, a quarter of high value, and who of these and of the rest reads the guide."""
    rows: list[Row] = []
    for number in range(n):
        who, is_top = f"p_{number:04}", number % 4 == 0
        rows += [Row(who, float(day), "look_page") for day in rng.uniform(0, 90, 4 + rng.poisson(3))]
        if rng.random() < guide[0 if is_top else 1]:
            rows.append(Row(who, float(rng.uniform(0, 90)), "keep_guide"))
        for name in ("look_list", "keep_help", "keep_note"):
            if rng.random() < 0.4:
                rows.append(Row(who, float(rng.uniform(0, 90)), name))
        rows.append(_order(who, rng, is_top=is_top))
    return rows


def _order(who: str, rng: np.random.Generator, *, is_top: bool) -> Row:
    return Row(who, 95, "order_completed", round(float((200 if is_top else 50) + 20 * rng.random()), 2))


def _busier(n: int, rng: np.random.Generator) -> list[Row]:
    """Return buyers of whom those of high value take more steps, each of which may be the guide, whoever takes it."""
    rows: list[Row] = []
    for number in range(n):
        who, is_top = f"p_{number:04}", number % 4 == 0
        n_steps = 3 + rng.poisson(rng.exponential(14 if is_top else 5))
        rows += [
            Row(who, float(day), "keep_guide" if rng.random() < 0.04 else "look_page")
            for day in rng.uniform(0, 90, n_steps)
        ]
        rows.append(_order(who, rng, is_top=is_top))
    return rows


def test_planted_touchpoint_differs_and_comes_first(brand: Brand) -> None:
    """Seven in ten of high value read the guide, two in ten of the rest: first in the table, with its interval."""
    found = brand.contrast(_buyers(320, np.random.default_rng(1), guide=(0.7, 0.2)))
    assert (found.verdict, found.n_valued, found.n_top) == ("shown", 320, 80)
    assert found.rule is not None
    assert (found.rule.basis, found.rule.currency) == ("purchases", "EUR")
    first = found.differences[0]
    assert (first.what, first.name, first.verdict) == ("touchpoint", "guide@web", "differs")
    assert first.low is not None
    assert first.low < 0.5 < (first.high or 0)
    assert (first.top.total, first.rest.total) == (80, 240)
    # The guide is a step of the last stage, and the first step of some.
    differs = {one.name for one in found.differences if one.verdict == "differs"}
    assert differs <= {"guide@web", "keep_guide", "keep"}


def test_chance_makes_no_difference(brand: Brand) -> None:
    """Where value goes along with nothing, nothing differs, in at most one search of ten."""
    verdicts = [
        brand.contrast(_buyers(200, np.random.default_rng(seed), guide=(0.4, 0.4))).verdict
        for seed in range(10, 20)
    ]
    assert verdicts.count("nothing differs") >= 9


def test_difference_of_mere_activity_is_told_apart(brand: Brand) -> None:
    """Who takes more steps comes by the guide more often; among equally active customers nothing is shown."""
    found = brand.contrast(_busier(600, np.random.default_rng(3)))
    guide = next(one for one in found.differences if one.name == "guide@web")
    assert guide.p_value < 0.05
    assert guide.verdict == "differs with activity"


def test_complaints_count_among_those_who_spoke(brand: Brand) -> None:
    """Who said nothing is on neither side of a complaint."""
    rows = _buyers(400, np.random.default_rng(4), guide=(0.4, 0.4))
    said = {
        f"p_{number:04}": {"late parcels"} if number % 8 == 0 or number % 40 == 1 else set[str]()
        for number in range(400)
        if number % 4 < 2
    }
    found = brand.contrast(rows, known=Known(complaints=said))
    [one] = [one for one in found.differences if one.what == "complaint"]
    assert (one.top.n, one.top.total, one.rest.n, one.rest.total) == (50, 100, 10, 100)
    assert one.verdict == "differs"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([Row(f"p_{n}", 1, "look_page") for n in range(90)], "no event is a purchase"),
        ([Row(f"p_{n}", 1, "order_completed") for n in range(90)], "no purchase carries an amount"),
        (
            [Row(f"p_{n}", 1, "order_completed", 9.0 + n) for n in range(79)],
            "79 customers is known, 80 are needed",
        ),
        ([Row(f"p_{n}", 1, "order_completed", 9.0) for n in range(90)], "worth the same"),
        (
            [Row(f"p_{n}", 1, "order_completed", 9.0 + n, "EUR" if n % 2 else "USD") for n in range(90)],
            "amounts in EUR and USD cannot be added up",
        ),
    ],
)
def test_without_a_value_nothing_is_told(brand: Brand, rows: list[Row], said: str) -> None:
    """No purchase, no amount, too few, all equal, two currencies: unknown, with the reason."""
    found = brand.contrast(rows)
    assert (found.verdict, found.differences, found.at_least) == ("unknown", (), None)
    assert said in str(found.reason)


def test_named_column_is_an_attribute_before_a_property(brand: Brand) -> None:
    """An attribute with numbers, also written as text, is the value; a property of events else; neither is unknown."""
    rows = [Row(f"p_{n:04}", 1, "look_page", 5.0 + n) for n in range(120)]
    traits = {f"p_{n:04}": {"ltv": f"{n}.5", "name": "x"} for n in range(100)}
    by_trait = brand.contrast(rows, column="ltv", known=Known(traits=traits))
    assert by_trait.rule is not None
    assert (by_trait.rule.basis, by_trait.n_valued, by_trait.n_top) == ("customer attribute", 100, 25)
    by_property = brand.contrast(rows, column="total")
    assert by_property.rule is not None
    assert (by_property.rule.basis, by_property.n_valued, by_property.at_least) == (
        "event property",
        120,
        95.0,
    )
    assert "'name' is a number in no" in str(
        brand.contrast(rows, column="name", known=Known(traits=traits)).reason
    )
