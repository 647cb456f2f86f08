"""Sides of a metric: counts, interval, points and population, each written by code."""

import pytest

from agent.analyse.statistics import quantity
from agent.errors import UnresolvedNumberError
from agent.firewall import check_template, fill, metric_ids
from agent.schemas.evidence import Metric, MetricQuery

SHARE = Metric(
    metric_id="reach.pp_1",
    label="Late",
    definition="Customers.",
    unit="share",
    value=38 / 412,
    low=0.068,
    high=0.124,
    quantity=quantity(38, 412, "customers who wrote a review"),
    query=MetricQuery(op="theme_reach"),
)


def test_sides_of_a_share_are_written_out() -> None:
    """One metric fills counts, value with interval, and who is counted."""
    template = "{{m:reach.pp_1:counted}} customers ({{m:reach.pp_1:spread}}) of {{m:reach.pp_1:population}}"
    check_template(template, offered=["reach.pp_1"])
    assert metric_ids(template) == ["reach.pp_1"]
    assert fill(template, {"reach.pp_1": SHARE}) == (
        "38 of 412 customers (9 %, 95 % interval 6.8 to 12 %) of customers who wrote a review"
    )
    assert fill("{{m:reach.pp_1:basis}}", {"reach.pp_1": SHARE}) == "38 of 412, 95 % interval 6.8 to 12 %"


def test_difference_is_written_in_points_with_its_sign() -> None:
    """A difference of shares is no share."""
    change = SHARE.model_copy(update={"value": -0.012, "low": -0.02, "high": 0.15, "quantity": None})
    assert fill("{{m:reach.pp_1:points}}", {"reach.pp_1": change}) == (
        "\N{MINUS SIGN}1.2 points, 95 % interval \N{MINUS SIGN}2.0 to +15"
    )
    assert fill("{{m:reach.pp_1:counted}}", {"reach.pp_1": change}) == "unknown"


def test_sides_that_there_are_not_are_refused() -> None:
    """A side is one of a closed set."""
    with pytest.raises(UnresolvedNumberError):
        check_template("{{m:reach.pp_1:everything}}", offered=["reach.pp_1"])
