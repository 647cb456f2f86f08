"""Mean time in a stage up to a horizon: against a published example, plain means, and its own intervals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.analyse.restricted_means import horizon_of, mean_difference, persons_for, restricted_mean
from agent.events.waiting import Spell

_SPELLS = st.lists(
    st.builds(Spell, seconds=st.integers(0, 9), n=st.integers(1, 4), went=st.booleans()),
    min_size=1,
    max_size=12,
)


def test_published_example_is_matched() -> None:
    """Six-mercaptopurine, weeks in remission (Freireich et al. 1963): mean up to week 35 and its error, as R prints them."""
    relapsed = {6: 3, 7: 1, 10: 1, 13: 1, 16: 1, 22: 1, 23: 1}
    censored = {6: 1, 9: 1, 10: 1, 11: 1, 17: 1, 19: 1, 20: 1, 25: 1, 32: 2, 34: 1, 35: 1}
    spells = [Spell(week, n, went=True) for week, n in relapsed.items()]
    spells += [Spell(week, n, went=False) for week, n in censored.items()]
    found = restricted_mean(spells, 35)
    assert found.n == 21
    assert (found.seconds, math.sqrt(found.variance)) == pytest.approx((23.29, 2.83), abs=0.01)


@given(_SPELLS, st.integers(1, 12))
def test_without_censoring_it_is_the_plain_mean(spells: list[Spell], horizon: int) -> None:
    """Each person counts for no longer than the horizon, and the variance is that of their mean."""
    gone = [Spell(spell.seconds, spell.n, went=True) for spell in spells]
    found = restricted_mean(gone, horizon)
    times = np.repeat([min(spell.seconds, horizon) for spell in gone], [spell.n for spell in gone])
    assert found.seconds == pytest.approx(times.mean())
    assert found.variance == pytest.approx(times.var() / len(times), abs=1e-9)


@given(_SPELLS)
def test_mean_lies_within_the_horizon(spells: list[Spell]) -> None:
    """No more than the horizon, no less than nothing, and who is censored never counts as gone."""
    horizon = 10.0
    found = restricted_mean(spells, horizon)
    assert 0 <= found.seconds <= horizon
    gone = restricted_mean([Spell(spell.seconds, spell.n, went=True) for spell in spells], horizon)
    assert found.seconds >= gone.seconds - 1e-9


def test_horizon_is_where_enough_of_each_group_are_known() -> None:
    """The group that is followed for a shorter time decides; one that all went on from does not; too small a one has none."""
    followed = [Spell(seconds, 1, went=False) for seconds in range(1, 101)]
    gone = [Spell(seconds, 1, went=True) for seconds in range(1, 41)]
    assert horizon_of(followed, gone, least=20) == 81
    assert horizon_of(followed, followed, least=20) == 81
    assert horizon_of(gone, gone, least=20) == 40
    tail = [*gone, *(Spell(60 + k, 1, went=False) for k in range(8))]
    assert horizon_of(tail, gone, least=20) == 63
    assert horizon_of(followed, gone[:19], least=20) is None
    assert horizon_of(followed, [], least=20) is None
    assert horizon_of([Spell(0, 50, went=False)], gone, least=20) is None


def test_difference_finds_nothing_where_nothing_is_and_the_planted_shift() -> None:
    """Under the same law the interval holds nought in 92 to 98 of a hundred draws, as 300 of them can tell; a long shift is found."""
    draw = np.random.default_rng(5)

    def group(mean: float) -> list[Spell]:
        times, ends = draw.exponential(mean, 150), draw.uniform(5, 40, 150)
        return [
            Spell(float(min(time, end)), 1, went=bool(time <= end))
            for time, end in zip(times, ends, strict=True)
        ]

    n_held = 0
    for _ in range(300):
        one, other = group(10), group(10)
        horizon = horizon_of(one, other, least=20)
        assert horizon is not None
        shift, p_value = mean_difference(restricted_mean(one, horizon), restricted_mean(other, horizon))
        assert shift.low is not None
        assert shift.high is not None
        held = shift.low <= 0 <= shift.high
        assert held == (p_value >= 0.05)
        n_held += held
    assert 0.92 <= n_held / 300 <= 0.98
    slow, fast = restricted_mean(group(20), 20), restricted_mean(group(8), 20)
    shift, p_value = mean_difference(slow, fast)
    assert shift.value > 3
    assert p_value < 0.001


def test_more_persons_are_needed_for_a_smaller_change() -> None:
    """Half the change takes four times as many."""
    mean = restricted_mean([Spell(seconds, 5, went=True) for seconds in range(1, 21)], 20)
    few, many = persons_for(mean, mean, 2.0, level=0.05), persons_for(mean, mean, 1.0, level=0.05)
    assert many == pytest.approx(4 * few, abs=4)
    assert mean_difference(mean, mean)[1] == 1.0
