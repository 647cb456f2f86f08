"""Places of pain points under resampling of the persons, and the score's interval."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.analyse.stability import stabilities_of
from agent.analyse.statistics import quantity, severity_weighted
from agent.schemas.insight import SEVERITY_WEIGHT, Severity

_WEIGHTS = sorted(SEVERITY_WEIGHT.values())


def _said(prefix: str, n: int) -> dict[str, Severity | None]:
    return {f"{prefix}{i}": Severity.COSTS_EFFORT for i in range(n)}


def test_large_pain_points_are_stable_and_a_planted_weak_one_is_not() -> None:
    """Hundreds of customers keep their place; five at the floor of five fall below it in half of the resamples."""
    found = stabilities_of([_said("a", 400), _said("b", 300), _said("c", 5)], min_persons=5)
    assert [kept.stable for kept in found] == [True, True, False]
    assert [kept.top for kept in found] == [5, 5, 5]
    assert 0.4 < found[2].share < 0.7


def test_neighbours_at_the_edge_of_the_top_are_unstable() -> None:
    """Six equal ones: the fifth and the sixth change places, ten others below keep theirs."""
    found = stabilities_of([_said(f"{i}-", 100) for i in range(6)], min_persons=5)
    assert not found[4].stable
    assert (found[5].top, found[5].stable) == (10, True)


def test_stability_of_nothing_is_nothing() -> None:
    """No pain points, and persons whose words do not tell how bad it is."""
    assert stabilities_of([], min_persons=5) == []
    assert len(stabilities_of([dict.fromkeys("abcdefgh")], min_persons=5)) == 1


@given(st.integers(1, 300), st.integers(0, 700), st.lists(st.sampled_from(_WEIGHTS), min_size=1, max_size=60))
def test_score_lies_within_its_interval_and_the_interval_within_the_reach(
    n: int, more: int, weights: list[float]
) -> None:
    """Reach times mean weight; never above the reach's own upper bound."""
    reach = quantity(n, n + more, "customers")
    score = severity_weighted(reach, weights)
    assert score is not None
    assert score.low is not None
    assert score.high is not None
    assert score.value == pytest.approx(n / (n + more) * float(np.mean(weights)))
    assert 0 < score.low <= score.value + 1e-12
    assert score.value <= score.high + 1e-12
    assert score.high <= 1.0


def test_score_interval_covers_what_was_drawn() -> None:
    """A thousand draws of 40 in 1,000 customers: about 95 % of the intervals hold the true score."""
    rng = np.random.default_rng(1)
    weights, chances = np.array(_WEIGHTS), np.array([0.5, 0.3, 0.2])
    truth = 0.04 * float(weights @ chances)
    inside = 0
    for _ in range(1000):
        k = int(rng.binomial(1000, 0.04))
        score = severity_weighted(quantity(k, 1000, "customers"), rng.choice(weights, k, p=chances))
        assert score is not None
        inside += (score.low or 0.0) <= truth <= (score.high or 0.0)
    assert 930 <= inside <= 990


def test_score_without_customers_or_weights_is_bounded_or_unknown() -> None:
    """Nobody voices it: zero, at most the reach's bound; nobody's words tell how bad: unknown; no population: unknown."""
    nobody = severity_weighted(quantity(0, 50, "customers"), [])
    assert nobody is not None
    assert (nobody.value, nobody.low) == (0.0, 0.0)
    assert severity_weighted(quantity(5, 50, "customers"), []) is None
    assert severity_weighted(quantity(0, 0, "customers"), []) is None
