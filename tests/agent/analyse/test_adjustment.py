"""Effects within strata: textbook values, laws, confounding that is taken away, intervals that hold."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.analyse.adjustment import Adjusted, adjusted_effect, e_value, e_values
from agent.analyse.statistics import Estimate, odds_ratio

Table = tuple[int, int, int, int]
"""First group with and without the outcome, other group with and without."""


def _persons(tables: Sequence[Table]) -> Adjusted | None:
    rows = [
        (stratum, exposed, outcome)
        for stratum, (a, b, c, d) in enumerate(tables)
        for exposed, outcome, n in ((True, True, a), (True, False, b), (False, True, c), (False, False, d))
        for _ in range(n)
    ]
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    return adjusted_effect(
        np.array(columns[0], dtype=np.int64),
        np.array(columns[1], dtype=bool),
        np.array(columns[2], dtype=bool),
    )


def _plain(tables: Sequence[Table]) -> dict[str, tuple[float, float]]:
    """Compute the estimates and variances as the papers print them, table by table."""
    sums = dict.fromkeys(
        ("w", "rd", "p", "q", "rr1", "rr0", "rrv", "r", "s", "pr", "ps", "qs", "obs", "exp", "var"), 0.0
    )
    for a, b, c, d in tables:
        n1, n0 = a + b, c + d
        n = n1 + n0
        if not n1 or not n0:
            continue
        sums["w"] += n1 * n0 / n
        sums["rd"] += (a * n0 - c * n1) / n
        sums["p"] += (n1**2 * c - n0**2 * a + n1 * n0 * (n0 - n1) / 2) / n**2
        sums["q"] += (a * (n0 - c) + c * (n1 - a)) / (2 * n)
        sums["rr1"] += a * n0 / n
        sums["rr0"] += c * n1 / n
        sums["rrv"] += ((a + c) * n1 * n0 - a * c * n) / n**2
        r, s, p, q = a * d / n, b * c / n, (a + d) / n, (b + c) / n
        sums["r"] += r
        sums["s"] += s
        sums["pr"] += p * r
        sums["ps"] += p * s + q * r
        sums["qs"] += q * s
        sums["obs"] += a
        sums["exp"] += (a + c) * n1 / n
        sums["var"] += n1 * n0 * (a + c) * (b + d) / (n**2 * (n - 1))
    difference = sums["rd"] / sums["w"]
    return {
        "rd": (difference, (difference * sums["p"] + sums["q"]) / sums["w"] ** 2),
        "rr": (sums["rr1"] / sums["rr0"], sums["rrv"] / (sums["rr1"] * sums["rr0"])),
        "or": (
            sums["r"] / sums["s"],
            sums["pr"] / (2 * sums["r"] ** 2)
            + sums["ps"] / (2 * sums["r"] * sums["s"])
            + sums["qs"] / (2 * sums["s"] ** 2),
        ),
        "z": (sums["obs"] - sums["exp"], sums["var"]),
    }


_TABLES: list[Table] = [(12, 8, 30, 70), (3, 17, 4, 36), (25, 5, 60, 40), (0, 6, 2, 9)]
_Z = 1.959963984540054


def test_effects_equal_the_formulas_as_they_are_printed() -> None:
    """Estimates, intervals and the test agree with plain loops over the tables."""
    found, plain = _persons(_TABLES), _plain(_TABLES)
    assert found is not None
    assert found.risk_ratio is not None
    assert found.odds_ratio is not None
    difference, variance = plain["rd"]
    half = _Z * math.sqrt(variance)
    assert _bounds(found.risk_difference) == pytest.approx((difference, difference - half, difference + half))
    for estimate, name in ((found.risk_ratio, "rr"), (found.odds_ratio, "or")):
        value, variance = plain[name]
        spread = math.exp(_Z * math.sqrt(variance))
        assert _bounds(estimate) == pytest.approx((value, value / spread, value * spread), abs=1e-6)
    gap, variance = plain["z"]
    assert found.p_value == pytest.approx(math.erfc(abs(gap) / math.sqrt(variance) / math.sqrt(2)))


def _bounds(estimate: Estimate) -> tuple[float | None, float | None, float | None]:
    return estimate.value, estimate.low, estimate.high


def test_one_stratum_is_the_plain_odds_ratio() -> None:
    """With one table the estimate and its interval are those of the table alone."""
    found, alone = _persons([(24, 6, 6, 24)]), odds_ratio(24, 30, 6, 30)
    assert found is not None
    assert found.odds_ratio is not None
    assert alone is not None
    assert found.odds_ratio.value == pytest.approx(16.0)
    assert found.odds_ratio.low == pytest.approx(alone.low)
    assert found.odds_ratio.high == pytest.approx(alone.high)


def test_confounding_by_the_stratum_is_taken_away() -> None:
    """Without any effect in either stratum, the pooled table shows one and the adjusted effect none."""
    tables: list[Table] = [(144, 16, 36, 4), (4, 36, 16, 144)]
    pooled = odds_ratio(148, 200, 52, 200)
    found = _persons(tables)
    assert pooled is not None
    assert pooled.low is not None
    assert pooled.low > 3
    assert found is not None
    assert found.risk_difference.value == pytest.approx(0.0, abs=1e-12)
    assert found.odds_ratio is not None
    assert found.odds_ratio.value == pytest.approx(1.0)
    assert found.p_value == pytest.approx(1.0)


def test_strata_of_one_group_are_left_out_and_counted() -> None:
    """Who has nobody to be compared with is counted, by group."""
    found = _persons([*_TABLES, (4, 3, 0, 0), (0, 0, 5, 6)])
    alone = _persons(_TABLES)
    assert found is not None
    assert alone is not None
    assert (found.n_left_out, found.exposed_left_out, found.n_strata) == (18, 7, 4)
    assert found.risk_difference == alone.risk_difference
    assert alone.n_left_out == 0


@pytest.mark.parametrize("tables", [[], [(3, 4, 0, 0)], [(3, 4, 0, 0), (0, 0, 2, 2)]], ids=str)
def test_nobody_to_compare_with_is_no_effect(tables: list[Table]) -> None:
    """Without a stratum of both groups there is no estimate."""
    assert _persons(tables) is None


def test_small_tables_are_not_tested() -> None:
    """Where the table could hardly have come out otherwise, there is no p-value."""
    found = _persons([(3, 3, 2, 4)])
    assert found is not None
    assert found.p_value is None


_CELL = st.integers(0, 30)


@given(st.lists(st.tuples(_CELL, _CELL, _CELL, _CELL), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_everybody_is_compared_or_left_out(tables: list[Table]) -> None:
    """Counts add up, estimates lie in their intervals, and swapping the groups turns every effect round."""
    found = _persons(tables)
    if found is None:
        return
    assert found.n_exposed + found.n_compared + found.n_left_out == sum(map(sum, tables))
    swapped = _persons([(c, d, a, b) for a, b, c, d in tables])
    assert swapped is not None
    assert swapped.risk_difference.value == pytest.approx(-found.risk_difference.value, abs=1e-12)
    assert found.risk_difference.low is not None
    assert found.risk_difference.high is not None
    assert -1 <= found.risk_difference.low <= found.risk_difference.value <= found.risk_difference.high <= 1
    if found.odds_ratio is not None:
        assert swapped.odds_ratio is not None
        assert swapped.odds_ratio.value == pytest.approx(1 / found.odds_ratio.value)
    if found.p_value is not None:
        assert swapped.p_value == pytest.approx(found.p_value)


def test_intervals_cover_a_planted_effect_in_sparse_strata() -> None:
    """With two to six persons a stratum the difference's interval still holds its share."""
    rng = np.random.default_rng(3)
    inside = 0
    for _ in range(300):
        strata = np.repeat(np.arange(150), rng.integers(2, 7, 150))
        exposed = rng.random(len(strata)) < 0.3
        chance = 0.2 + 0.3 * (strata % 3) / 2 + 0.2 * exposed
        found = adjusted_effect(strata, exposed, rng.random(len(strata)) < chance)
        assert found is not None
        low, high = found.risk_difference.low, found.risk_difference.high
        assert low is not None
        assert high is not None
        inside += low <= 0.2 <= high
    assert 0.92 <= inside / 300 <= 0.98


def test_e_values_are_those_of_the_paper() -> None:
    """The published example: a ratio of 3.9 (1.8 to 8.7) needs 7.26, its limit 3.0; protective effects are turned round."""
    assert e_value(3.9) == pytest.approx(7.26, abs=0.01)
    assert e_value(1 / 3.9) == pytest.approx(e_value(3.9))
    assert e_value(1.0) == 1.0
    assert e_values(Estimate(3.9, 1.8, 8.7)) == pytest.approx((7.26, 3.0), abs=0.01)
    assert e_values(Estimate(0.8, 0.6, 1.1)) == pytest.approx((1.809, 1.0), abs=0.001)
    assert e_values(Estimate(0.5, 0.4, 0.8)) == pytest.approx((3.414, 1.809), abs=0.001)
    assert e_values(None) is None
