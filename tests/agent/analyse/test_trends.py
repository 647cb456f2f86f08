"""Trends and periods: false alarms stay rare, planted changes are found, nobody counts twice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.analyse.statistics import persons_needed
from agent.analyse.trends import SIGNIFICANT, Period, SpokenMonths, compare_periods, trends_of
from agent.schemas.insight import Trend
from agent.schemas.records import Passage
from eval.simulator.voices import Voices, VoicesPlan, draw_voices
from tests.agent.analyse.theme_corpus import passage

_SHARES = tuple(float(share) for share in np.geomspace(0.02, 0.2, 12))
_CHANGES = {"rising", "falling"}


def _trends(voices: Voices) -> list[Trend]:
    members = [
        [p for p, said in zip(voices.passages, voices.theme_of, strict=True) if said == theme]
        for theme in range(len(voices.themes))
    ]
    return _of(members, voices.passages)


def _of(members: list[list[Passage]], passages: list[Passage]) -> list[Trend]:
    spoken = SpokenMonths.of(passages, persons={p.person_id for p in passages})
    return trends_of(members, spoken, population="customers")


def test_steady_shares_with_growing_volume_raise_few_alarms() -> None:
    """Forty maps without a change, volume times five: at most five with any change, as chance allows for 5 %."""
    rng = np.random.default_rng(3)
    plan = VoicesPlan(400, _SHARES, growth=5.0, several=0.5)
    alarms = sum(any(t.direction in _CHANGES for t in _trends(draw_voices(plan, rng))) for _ in range(40))
    assert alarms <= 5


def test_planted_change_is_found_and_a_falling_one_falls() -> None:
    """Ten points more, and ten points less, of 300 customers a month."""
    rng = np.random.default_rng(5)
    up = _trends(draw_voices(VoicesPlan(1_800, (*_SHARES, 0.05), shift=(12, 0.1)), rng))
    down = _trends(draw_voices(VoicesPlan(1_800, (*_SHARES, 0.15), shift=(12, -0.1)), rng))
    assert [t.direction for t in up[:12] if t.direction in _CHANGES] == []
    assert (up[12].direction, down[12].direction) == ("rising", "falling")
    assert up[12].p_value is not None
    assert up[12].p_value < SIGNIFICANT
    assert up[12].needed_per_month is None


def test_unknown_trend_states_the_customers_needed() -> None:
    """Too few customers: the number that would do is said, and it is more than there are."""
    trends = _trends(draw_voices(VoicesPlan(150, (0.1, 0.3)), np.random.default_rng(1)))
    for trend in trends:
        assert trend.direction == "unknown"
        assert trend.reason
        assert trend.needed_per_month is not None
        assert trend.needed_per_month > 25


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 60))
def test_one_persons_further_messages_change_no_month(n_more: int) -> None:
    """A loud person is one customer of the month; the test of the others stays as it is."""
    voices = draw_voices(VoicesPlan(300, (0.1, 0.3)), np.random.default_rng(9))
    said = next(p for p, theme in zip(voices.passages, voices.theme_of, strict=True) if theme == 1)
    more = [replace(said, passage_id=f"z{i}:0-4") for i in range(n_more)]
    loud = replace(voices, passages=[*voices.passages, *more], theme_of=[*voices.theme_of, *[1] * n_more])
    assert _trends(loud) == _trends(voices)


def test_writing_more_often_is_no_trend() -> None:
    """Customers send more texts each month, each as likely as ever to tell of it: the share rises, the trend not."""
    rng = np.random.default_rng(2)
    passages: list[Passage] = []
    members: list[Passage] = []
    for month in range(6):
        for person in range(250):
            for text in range(1 + int(rng.poisson(month))):
                at = datetime(2026, 1 + month, 1 + text % 28, tzinfo=UTC)
                passages.append(passage(f"r{month}-{person}-{text}", f"p{month}-{person}", "words", at))
                if rng.random() < 0.05:
                    members.append(passages[-1])
    trend = _of([members], passages)[0]
    shares = [month.share.share or 0.0 for month in trend.months]
    assert shares[-1] > 2 * shares[0]
    assert trend.direction not in _CHANGES


def test_month_that_the_data_hardly_covers_is_shown_and_left_out() -> None:
    """Data from 28 December to 3 May: both ends are shown, neither is used."""
    start = datetime(2025, 12, 28, tzinfo=UTC)
    passages = [passage(f"r{i}", f"p{i}", "words", start + timedelta(hours=6 * i)) for i in range(508)]
    trend = _of([passages[::5]], passages)[0]
    assert [(month.month, month.used) for month in trend.months] == [
        ("2025-12", False),
        ("2026-01", True),
        ("2026-02", True),
        ("2026-03", True),
        ("2026-04", True),
        ("2026-05", False),
    ]
    assert sum(month.share.total for month in trend.months) == 508


def test_texts_without_a_time_give_no_trend() -> None:
    """Nothing is made up where the data has no dates."""
    passages = [passage(f"r{i}", f"p{i}", "words") for i in range(50)]
    trend = _of([passages], passages)[0]
    assert (trend.direction, trend.months) == ("unknown", ())
    assert trend.needed_per_month


def test_one_text_years_ago_makes_no_trend() -> None:
    """A month of one customer, far from all others, is left out."""
    rng = np.random.default_rng(4)
    voices = draw_voices(VoicesPlan(400, (0.2,)), rng)
    old = replace(
        voices.passages[0], passage_id="old:0-4", record_id="old", at=datetime(2011, 3, 3, tzinfo=UTC)
    )
    trends = _trends(replace(voices, passages=[*voices.passages, old], theme_of=[*voices.theme_of, 0]))
    assert trends[0].direction not in _CHANGES
    assert trends[0].months[0].used is False


def _period(prefix: str, n: int, said: dict[str, int]) -> Period:
    names = [f"{prefix}{i}" for i in range(n)]
    return Period(frozenset(names), {key: frozenset(names[:k]) for key, k in said.items()}, "customers")


def test_equal_periods_are_never_changed_and_a_large_change_is() -> None:
    """The same shares twice; one that doubles; one too small to tell."""
    before = _period("a", 800, {"same": 200, "doubled": 80, "rare": 3})
    after = _period("b", 800, {"same": 200, "doubled": 180, "rare": 4})
    found = compare_periods(before, after)
    assert {key: change.verdict for key, change in found.items()} == {
        "same": "unchanged",
        "doubled": "changed",
        "rare": "unknown",
    }
    assert found["doubled"].difference == pytest.approx(100 / 800)
    assert found["rare"].needed is not None
    assert found["rare"].difference is None


@given(st.integers(20, 200), st.integers(20, 200), st.integers(0, 100), st.integers(0, 100))
def test_periods_the_other_way_round_change_the_sign_alone(n: int, m: int, k: int, j: int) -> None:
    """Before and after are treated alike."""
    one, other = _period("a", n, {"t": min(k, n)}), _period("b", m, {"t": min(j, m)})
    there, back = compare_periods(one, other)["t"], compare_periods(other, one)["t"]
    assert there.verdict == back.verdict
    assert there.p_value == pytest.approx(back.p_value)
    if there.difference is not None and back.difference is not None:
        assert there.difference == pytest.approx(-back.difference)


def test_persons_of_both_periods_are_one_voice() -> None:
    """The same customers, who all say the same again, have no change at all."""
    period = _period("a", 300, {"t": 90})
    change = compare_periods(period, period)["t"]
    assert change.verdict != "changed"
    assert change.difference == pytest.approx(0.0)


def test_periods_without_anybody_are_unknown() -> None:
    """An empty period is not enough data, and no error."""
    empty = Period(frozenset(), {}, "customers")
    assert compare_periods(empty, empty) == {}
    assert compare_periods(empty, _period("b", 50, {"t": 30}))["t"].verdict == "unknown"


def test_fewer_customers_are_needed_for_larger_changes_and_fewer_tests() -> None:
    """The stated number goes the way it must, and is about what the textbook gives for two proportions."""
    plain = persons_needed(0.1, 0.08, n_places=2, n_tests=1, level=0.05)
    assert 250 < plain < 320
    assert persons_needed(0.1, 0.04, n_places=2, n_tests=1, level=0.05) > plain
    assert persons_needed(0.1, 0.08, n_places=2, n_tests=30, level=0.05) > plain
    assert persons_needed(0.1, 0.08, n_places=12, n_tests=1, level=0.05) < plain
    assert persons_needed(0.1, 0.08, n_places=2, n_tests=1, level=0.05, design_effect=2.0) == pytest.approx(
        2 * plain, abs=2
    )
