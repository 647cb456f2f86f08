"""How figures are written."""

import pytest

from agent.analyse.statistics import quantity
from agent.render.figures import (
    interval_text,
    month_text,
    points_text,
    quantity_text,
    share_text,
    signed,
    tenths_text,
)


def _loose(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("share", "text"),
    [(None, "unknown"), (0.0, "0 %"), (0.004, "0.4 %"), (0.1, "10 %"), (0.999, "99.9 %"), (1.0, "100 %")],
)
def test_share_is_written_as_per_cent(share: float | None, text: str) -> None:
    """A share that is not nobody's and not everybody's does not look so; the sign stays with its number."""
    assert share_text(share) == text.replace(" ", "\N{NO-BREAK SPACE}")


def test_interval_without_bounds_is_nothing() -> None:
    """No interval is not an interval of zero."""
    assert interval_text(None, 0.5) == ""
    assert interval_text(0.05, 0.5) == "5.0–50\N{NO-BREAK SPACE}%"


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [(0.957, 0.9996, "96–99.9 %"), (0.994, 1.0, "99.4–100 %"), (0.99, 0.999, "99–99.9 %")],
)
def test_bound_that_is_not_everybody_does_not_look_so(low: float, high: float, text: str) -> None:
    """Near the whole a decimal matters as much as near nothing."""
    assert _loose(interval_text(low, high)) == text


def test_quantity_says_counts_interval_and_population() -> None:
    """A share never stands without what it is of."""
    assert _loose(quantity_text(quantity(1_200, 2_400, "customers"))) == (
        "50 % (1,200 of 2,400, 95 % interval 48–52 %) of customers"
    )
    assert quantity_text(quantity(0, 0, "customers")) == "unknown (0 of 0) of customers"


def test_signs_are_written_out() -> None:
    """A plus says that zero is the middle; the minus is a minus."""
    assert (signed(0.5), signed(-0.25), signed(None)) == ("+0.50", "−0.25", "unknown")
    assert (signed(0.0), signed(-0.001)) == ("0.00", "0.00")
    assert (tenths_text(0.0), tenths_text(-0.0004), tenths_text(0.012)) == ("0.0", "0.0", "+1.2")
    assert tuple(_loose(points_text(value)) for value in (0.234, -0.05, None)) == (
        "+23 points",
        "−5 points",
        "unknown",
    )


@pytest.mark.parametrize(
    ("difference", "text"),
    [
        (0.052, "+5 points"),
        (0.012, "+1 point"),
        (-0.01, "−1 point"),
        (0.004, "0 points"),
        (-0.004, "0 points"),
    ],
)
def test_points_have_a_sign_where_there_is_one_and_the_number_of_their_word(
    difference: float, text: str
) -> None:
    """One point is one point, and nothing is neither more nor less."""
    assert _loose(points_text(difference)) == text


def test_month_is_written_in_words() -> None:
    """A month that is counted by reads as people write it; what is none is left as it is."""
    assert month_text("2026-05") == "May 2026"
    assert month_text("2025-12", short=True) == "Dec 2025"
    assert month_text("week 7") == "week 7"
