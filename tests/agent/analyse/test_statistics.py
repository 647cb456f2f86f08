"""Statistics: published values, laws, and what happens at the edges."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.analyse.statistics import (
    benjamini_hochberg,
    mean_interval,
    monthly_slope,
    odds_ratio,
    quantity,
    reach_quantity,
    risk_difference,
    two_proportion_test,
    wilson,
)
from agent.errors import InputError


@pytest.mark.parametrize(
    ("n", "total", "low", "high"),
    [
        (10, 100, 0.055229137060675085, 0.174365661504913462),
        (1, 29, 0.006113214292762660, 0.171755218793202881),
        (3, 7, 0.158219855251469688, 0.749541635472342805),
        (4999, 10000, 0.490102100411125371, 0.509697976388548763),
    ],
)
def test_wilson_for_known_counts_equals_high_precision_values(
    n: int, total: int, low: float, high: float
) -> None:
    """Forty-digit decimal arithmetic gives the same bounds."""
    bounds = wilson(n, total)
    assert bounds.low == pytest.approx(low, abs=1e-12)
    assert bounds.high == pytest.approx(high, abs=1e-12)


@pytest.mark.parametrize(
    ("n", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_for_published_examples_equals_the_table(n: int, total: int, low: float, high: float) -> None:
    """Newcombe (1998), Statist. Med. 17, 857-872, table I, method 3."""
    bounds = wilson(n, total)
    assert (round(bounds.low, 4), round(bounds.high, 4)) == (low, high)


@given(st.integers(1, 10_000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_wilson_for_any_counts_holds_the_share_and_mirrors(counts: tuple[int, int]) -> None:
    """The interval holds the share, stays in 0 to 1, and is the mirror image for the complement."""
    n, total = counts
    bounds, mirrored = wilson(n, total), wilson(total - n, total)
    assert 0 <= bounds.low <= n / total <= bounds.high <= 1
    assert bounds.low == pytest.approx(1 - mirrored.high, abs=1e-12)


def test_wilson_for_impossible_counts_refuses() -> None:
    """More persons counted than there are, or nobody to count, is an error."""
    for n, total in [(3, 2), (-1, 2), (0, 0)]:
        with pytest.raises(InputError):
            wilson(n, total)


def test_quantity_without_anybody_is_unknown() -> None:
    """A share of nobody is unknown, not zero."""
    nobody = quantity(0, 0, "customers who wrote")
    assert (nobody.share, nobody.low, nobody.high) == (None, None, None)
    some = quantity(1, 4, "customers who wrote")
    assert some.share == 0.25
    assert some.low == wilson(1, 4).low


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((10, 10, 0, 20), 0.6791, 1.0),
    ],
)
def test_risk_difference_for_published_examples_equals_the_table(
    counts: tuple[int, int, int, int], low: float, high: float
) -> None:
    """Newcombe (1998), Statist. Med. 17, 873-890, table II, method 10."""
    found = risk_difference(*counts)
    assert found.low is not None
    assert found.high is not None
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_odds_ratio_for_a_full_table_equals_woolf() -> None:
    """12 of 50 against 8 of 90: the ratio of cross products with the interval of its logarithm."""
    found = odds_ratio(12, 50, 8, 90)
    assert found is not None
    assert found.low is not None
    error = math.sqrt(1 / 12 + 1 / 38 + 1 / 8 + 1 / 82)
    assert found.value == pytest.approx(12 * 82 / (38 * 8), abs=1e-12)
    assert found.low == pytest.approx(
        math.exp(math.log(12 * 82 / (38 * 8)) - 1.959963984540054 * error), abs=1e-9
    )


def test_odds_ratio_with_an_empty_cell_adds_half_a_person() -> None:
    """No outcome in one group gives a finite ratio; no outcome at all gives none."""
    found = odds_ratio(5, 10, 0, 10)
    assert found is not None
    assert found.value == pytest.approx((5.5 * 10.5) / (5.5 * 0.5))
    assert odds_ratio(0, 10, 0, 10) is None
    assert odds_ratio(10, 10, 10, 10) is None
    assert odds_ratio(0, 0, 1, 10) is None


def test_two_proportion_test_for_small_groups_is_exact() -> None:
    """Fisher's tea tasting has p = 34/70; large groups follow the pooled z-test."""
    assert two_proportion_test(3, 4, 1, 4) == pytest.approx(34 / 70)
    pooled_z = (0.3 - 0.2) / math.sqrt(0.25 * 0.75 * 2 / 500)
    assert two_proportion_test(150, 500, 100, 500) == pytest.approx(math.erfc(pooled_z / math.sqrt(2)))
    assert two_proportion_test(0, 0, 1, 5) == 1.0


def test_benjamini_hochberg_for_a_known_list_steps_up() -> None:
    """Adjusted values are the running minimum of p * m / rank from the largest down, in the order given."""
    adjusted = benjamini_hochberg([0.04, 0.01, 0.03, 0.5])
    assert adjusted == pytest.approx([0.04 * 4 / 3, 0.04, 0.04 * 4 / 3, 0.5])
    assert len(benjamini_hochberg([])) == 0
    with pytest.raises(InputError):
        benjamini_hochberg([1.2])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_benjamini_hochberg_for_any_list_never_lowers_and_keeps_order(values: list[float]) -> None:
    """An adjusted value is at least the raw one, and order is kept."""
    adjusted = benjamini_hochberg(values)
    assert (adjusted >= np.array(values)).all()
    assert (np.diff(adjusted[np.argsort(values, kind="stable")]) >= 0).all()


def test_mean_interval_for_known_values_is_students() -> None:
    """Four values have three degrees of freedom; one value has no bounds, none has no mean."""
    found = mean_interval([1.0, 2.0, 3.0, 4.0])
    assert found is not None
    assert found.high is not None
    assert found.value == 2.5
    assert found.high - found.value == pytest.approx(3.182446305284263 * math.sqrt(5 / 3) / 2)
    assert mean_interval([]) is None
    single = mean_interval([0.4])
    assert single is not None
    assert single.low is None


def test_monthly_slope_for_a_planted_rise_finds_it() -> None:
    """A share that rises by two points a month is found with the interval around it."""
    rng = np.random.default_rng(3)
    persons = np.arange(6000)
    months = (persons % 6).astype(np.float64)
    said = rng.random(6000) < 0.1 + 0.02 * months
    found = monthly_slope(persons, months, said)
    assert found is not None
    assert found.low < 0.02 < found.high
    assert found.p_value < 1e-6


def test_monthly_slope_when_one_person_repeats_does_not_become_significant() -> None:
    """Repeating each person-month's person many times must not narrow the interval."""
    rng = np.random.default_rng(5)
    persons = np.repeat(np.arange(60), 6)
    months = np.tile(np.arange(6, dtype=np.float64), 60)
    said = rng.random(360) < 0.2
    once = monthly_slope(persons, months, said)
    often = monthly_slope(np.tile(persons, 50), np.tile(months, 50), np.tile(said, 50))
    assert once is not None
    assert often is not None
    assert often.high - often.low == pytest.approx(once.high - once.low, rel=0.01)


def test_monthly_slope_without_change_keeps_its_error_rate() -> None:
    """With persons who lean one way for good, about one test in twenty is below 0.05."""
    rng = np.random.default_rng(7)
    persons = np.repeat(np.arange(150), 4)
    months = rng.integers(0, 6, 600).astype(np.float64)
    below = 0
    for _ in range(300):
        said = rng.random(600) < np.repeat(rng.beta(0.5, 2.0, 150), 4)
        found = monthly_slope(persons, months, said)
        below += found is not None and found.p_value < 0.05
    assert 4 <= below <= 29


def test_monthly_slope_with_two_months_is_unknown() -> None:
    """Two months give a difference, not a trend; a share that never varies gives none either."""
    persons = np.arange(10)
    two = np.array([0.0, 1.0] * 5)
    assert monthly_slope(persons, two, persons % 2 == 0) is None
    assert monthly_slope(persons, persons.astype(np.float64), np.zeros(10, dtype=bool)) is None


@given(st.integers(1, 10_000), st.data())
def test_reach_interval_holds_the_interval_of_chance(total: int, data: st.DataObject) -> None:
    """Doubt about who is counted never narrows, moves the share or leaves the range of a share."""
    n = data.draw(st.integers(0, total))
    plain, reach = quantity(n, total, "customers"), reach_quantity(n, total, "customers")
    assert (reach.n, reach.total, reach.share) == (plain.n, plain.total, plain.share)
    assert plain.low is not None
    assert plain.high is not None
    assert reach.low is not None
    assert reach.high is not None
    assert 0 <= reach.low <= plain.low <= plain.high <= reach.high <= 1
    assert reach.method == ("wilson-95" if n in (0, total) else "wilson-95-membership")
