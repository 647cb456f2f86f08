"""Time in stage, drop-off and changes of pace against what is known of them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.analyse.statistics import wilson
from agent.analyse.waiting import drop_off_of, quantile_of, survival_of
from agent.events.waiting import Spell

_SPELLS = st.lists(
    st.builds(Spell, seconds=st.integers(0, 9), n=st.integers(1, 4), went=st.booleans()),
    min_size=1,
    max_size=12,
)


def test_survival_published_example_is_matched() -> None:
    """Six-mercaptopurine, weeks in remission: the curve of Freireich et al. (1963) as textbooks print it."""
    relapsed = {6: 3, 7: 1, 10: 1, 13: 1, 16: 1, 22: 1, 23: 1}
    censored = {6: 1, 9: 1, 10: 1, 11: 1, 17: 1, 19: 1, 20: 1, 25: 1, 32: 2, 34: 1, 35: 1}
    spells = [Spell(week, n, went=True) for week, n in relapsed.items()]
    spells += [Spell(week, n, went=False) for week, n in censored.items()]
    curve = survival_of(spells)
    shares = {int(point.seconds): point.share for point in curve}
    assert shares == pytest.approx(
        {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482}, abs=1e-4
    )
    assert quantile_of(curve, 0.5).value_s == 23
    assert quantile_of(curve, 0.5).low_s == 13
    assert quantile_of(curve, 0.5).high_s is None
    first = curve[0]
    assert (first.low, first.high) == pytest.approx((0.6197, 0.9516), abs=1e-4)


@given(_SPELLS)
def test_survival_never_rises_and_lies_in_its_band(spells: list[Spell]) -> None:
    """The share still there falls, its bounds hold it, and without censoring it is the plain share."""
    curve = survival_of(spells)
    shares = [1.0, *(point.share for point in curve)]
    assert shares == sorted(shares, reverse=True)
    for point in curve:
        assert 0 <= point.low <= point.share + 1e-12
        assert point.share <= point.high + 1e-12 <= 1 + 1e-11
    if all(spell.went for spell in spells):
        total = sum(spell.n for spell in spells)
        for point in curve:
            later = sum(spell.n for spell in spells if spell.seconds > point.seconds)
            assert point.share == pytest.approx(later / total)


def test_quantile_nobody_moved_is_unknown() -> None:
    """With everybody still there, no time can be told."""
    assert survival_of([Spell(100, 7, went=False)]) == ()
    assert quantile_of((), 0.5).value_s is None


@given(st.integers(0, 30), st.integers(0, 30))
def test_drop_off_without_censoring_is_the_plain_share(left: int, went: int) -> None:
    """Where the fate of everybody is known, the share and its interval are Wilson's."""
    fates = [Spell(k, 1, went=False, left=True) for k in range(left)]
    fates += [Spell(k * 2, 1, went=True) for k in range(went)]
    found = drop_off_of(fates)
    assert (found.reached, found.left, found.went_on, found.still_there) == (left + went, left, went, 0)
    if not fates:
        assert (found.share, found.unresolved) == (None, 1.0)
        return
    bounds = wilson(left, left + went)
    assert found.share == pytest.approx(left / (left + went))
    assert (found.low, found.high, found.method) == (bounds.low, bounds.high, "wilson-95")


def test_drop_off_still_there_is_neither_lost_nor_ignored() -> None:
    """Late leavers hidden by the end of the data: the estimate is right where both plain shares are wrong."""
    rng = np.random.default_rng(3)
    fates: list[Spell] = []
    for _ in range(20_000):
        leaves = rng.random() < 0.4
        # Leaving is known later than going on, so that censoring hides more of it.
        known, end = (60 if leaves else 10 * rng.random()), 100 * rng.random()
        is_open = known > end
        fates.append(
            Spell(int(min(known, end)), 1, went=not leaves and not is_open, left=leaves and not is_open)
        )
    found = drop_off_of(fates)
    assert found.share == pytest.approx(0.4, abs=0.02)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.4 < found.high
    assert found.left / (found.left + found.went_on) < 0.3
    assert (found.left + found.still_there) / found.reached > 0.42


def test_drop_off_mostly_unknown_is_not_told() -> None:
    """Where the data ends before most fates are known, no share is given."""
    fates = [Spell(5, 3, went=True), Spell(9, 20, went=False)]
    found = drop_off_of(fates)
    assert found.share is None
    assert found.unresolved == pytest.approx(20 / 23)
    assert not math.isnan(found.unresolved)
