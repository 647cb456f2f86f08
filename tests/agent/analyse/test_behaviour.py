"""What persons said, joined to what they did: planted effects are found, chance is not."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from agent.analyse.behaviour import MIN_LINKED, Experience, behaviour_of, moments_of
from agent.analyse.outcomes import OUTCOME_WINDOW, OUTCOMES, outcomes_among
from agent.analyse.statistics import odds_ratio, quantity
from agent.events.journeys import Journeys
from agent.schemas.insight import Behaviour
from agent.schemas.records import Event
from tests.agent.events.builders import SCOPE, START, event, lake_of

# Ibis 12 calls what DuckDB has deprecated since: https://github.com/ibis-project/ibis/issues
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")

_DAY_S = 86_400
_SAID = START + timedelta(days=1)


class _Log:
    """Persons with events; rows number themselves."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def add(self, person: str, day: float, name: str) -> None:
        """Add an event."""
        self.events.append(event(person, day * _DAY_S, name, len(self.events)))


@pytest.fixture
def planted(tmp_path: Path) -> Iterator[Journeys]:
    """Give 60 persons with events: of 30 with a pain 24 leave, of 30 without 6; everybody buys before."""
    log = _Log()
    for number in range(60):
        person, with_pain = f"p_{number}", number < 30
        log.add(person, 0.5, "order_completed")
        if number % 30 < (24 if with_pain else 6):
            log.add(person, 20, "subscription_cancelled")
        if number % 2:
            log.add(person, 30, "checkout_completed")
    lake = lake_of(tmp_path / "events", log.events)
    journeys = Journeys(lake, SCOPE)
    yield journeys
    lake.close()


def _pain(n: int, *, unlinked: int = 0) -> Experience:
    persons = [f"p_{number}" for number in range(n)] + [f"p_silent_{number}" for number in range(unlinked)]
    return Experience("pp_late", "Parcels come late", "retention", dict.fromkeys(persons, _SAID))


_EVERYONE = {f"p_{number}": _SAID for number in range(60)}


def test_behaviour_recovers_a_planted_effect(planted: Journeys) -> None:
    """Shares of both groups are counted exactly; an outcome before the words is not one after them."""
    found = {one.outcome: one for one in behaviour_of(_pain(30), _EVERYONE, planted, population="customers")}
    assert set(found) == {"leaving", "purchase"}
    leaving = found["leaving"]
    assert (leaving.with_pain.n, leaving.with_pain.total) == (24, 30)
    assert (leaving.without_pain.n, leaving.without_pain.total) == (6, 30)
    assert leaving.odds_ratio == pytest.approx(16.0)
    assert leaving.low is not None
    assert leaving.low > 1
    assert (found["purchase"].with_pain.n, found["purchase"].without_pain.n) == (15, 15)
    assert "who voice it and have events, within 60 days" in leaving.with_pain.population


def test_behaviour_counts_the_unlinked_and_leaves_them_out_of_shares(planted: Journeys) -> None:
    """Persons without events are counted, not dropped in silence and not taken for people who did nothing."""
    pain = _pain(30, unlinked=7)
    everyone = {**_EVERYONE, **pain.persons, "p_other_silent": _SAID}
    leaving = behaviour_of(pain, everyone, planted, population="customers")[0]
    assert (leaving.linked, leaving.unlinked) == (30, 7)
    assert (leaving.with_pain.total, leaving.without_pain.total) == (30, 30)


@pytest.mark.parametrize(("n", "n_others"), [(MIN_LINKED - 1, 30), (30, MIN_LINKED - 1)])
def test_behaviour_of_too_few_on_either_side_is_nothing(planted: Journeys, n: int, n_others: int) -> None:
    """Below the floor there is no comparison, however many have no events."""
    others = {f"p_{59 - number}": _SAID for number in range(n_others)}
    pain = _pain(n, unlinked=50)
    assert behaviour_of(pain, {**others, **pain.persons}, planted, population="customers") == ()


def test_behaviour_at_the_floor_is_compared(planted: Journeys) -> None:
    """The floor itself is enough."""
    others = {f"p_{59 - number}": _SAID for number in range(MIN_LINKED)}
    pain = _pain(MIN_LINKED)
    assert behaviour_of(pain, {**others, **pain.persons}, planted, population="customers")


def test_behaviour_after_the_window_does_not_count(planted: Journeys) -> None:
    """What happens later than the window is not put down to the experience."""
    early = SCOPE.as_of - timedelta(days=90) - OUTCOME_WINDOW
    pain = Experience("pp", "x", None, {f"p_{n}": early for n in range(30)})
    everyone = {**dict.fromkeys(_EVERYONE, early), **pain.persons}
    assert all(one.with_pain.n == 0 for one in behaviour_of(pain, everyone, planted, population="customers"))


def test_behaviour_of_everybody_has_nobody_to_compare_with(planted: Journeys) -> None:
    """An experience that all have is not compared."""
    assert behaviour_of(_pain(60), _EVERYONE, planted, population="customers") == ()


def _behaviour(outcome: str, n: int, total: int, other_n: int, other_total: int) -> Behaviour:
    ratio = odds_ratio(n, total, other_n, other_total)
    return Behaviour(
        outcome=outcome,
        with_pain=quantity(n, total, "with"),
        without_pain=quantity(other_n, other_total, "without"),
        odds_ratio=None if ratio is None else ratio.value,
        low=None if ratio is None else ratio.low,
        high=None if ratio is None else ratio.high,
        linked=total,
        unlinked=0,
    )


def _experience(name: str) -> Experience:
    return Experience(name, name, "retention", {})


def test_moments_of_random_labels_are_rare() -> None:
    """With ten experiences and four outcomes and no effect at all, at most one search in twenty finds a moment."""
    n_found = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        followed = [
            (
                _experience(f"e{number}"),
                [
                    _behaviour(outcome, int(rng.binomial(80, 0.3)), 80, int(rng.binomial(320, 0.3)), 320)
                    for outcome in OUTCOMES
                ],
            )
            for number in range(10)
        ]
        n_found += bool(moments_of(followed))
    # 5 % of 200 are 10; 17 is the 98th percentile of a count whose expectation is 10.
    assert n_found <= 17


def test_moments_are_ranked_by_reach_times_effect() -> None:
    """A strong effect on few comes after a lesser one on many; what is not proven is left out."""
    followed = [
        (_experience("few"), [_behaviour("leaving", 18, 20, 100, 1_000)]),
        (_experience("many"), [_behaviour("leaving", 300, 1_000, 100, 1_000)]),
        (_experience("none"), [_behaviour("leaving", 101, 1_000, 100, 1_000)]),
        (_experience("less"), [_behaviour("purchase", 100, 1_000, 250, 1_000)]),
    ]
    found = moments_of(followed)
    assert [one.moment_id for one in found] == ["m_many_leaving", "m_less_purchase", "m_few_leaving"]
    assert [one.risk_difference > 0 for one in found] == [True, False, True]
    assert all(one.p_value < 0.05 for one in found)
    assert all(one.low < one.risk_difference < one.high for one in found)
    assert all(0 not in (one.low, one.high) and (one.low > 0) == (one.high > 0) for one in found)
    assert found == moments_of(followed[::-1])


def test_moments_are_adjusted_for_all_pairs_looked_at() -> None:
    """What would stand alone falls when it is one of many that were tried."""
    near = _behaviour("leaving", 40, 100, 27, 100)
    flat = _behaviour("leaving", 30, 100, 30, 100)
    alone = moments_of([(_experience("near"), [_behaviour("leaving", 42, 100, 27, 100)])])
    assert len(alone) == 1
    assert (
        moments_of([(_experience("near"), [near]), *[(_experience(f"e{n}"), [flat]) for n in range(20)]])
        == ()
    )


def test_moments_of_nothing_are_none() -> None:
    """Without a comparison there is no moment; an outcome nobody has is none either."""
    assert moments_of([]) == ()
    assert moments_of([(_experience("e"), [])]) == ()
    assert moments_of([(_experience("e"), [_behaviour("leaving", 0, 50, 0, 50)])]) == ()
    assert moments_of([(_experience("e"), [_behaviour("leaving", 50, 50, 50, 50)])]) == ()


def test_outcomes_are_known_names_only() -> None:
    """A name that means no outcome is none; names keep their order, which is fixed."""
    assert outcomes_among(["page_viewed", "refund", "order_placed", "purchase", "order_refunded"]) == {
        "purchase": ("order_placed", "purchase"),
        "return": ("order_refunded", "refund"),
    }
    assert outcomes_among([]) == {}
    names = [name for known in OUTCOMES.values() for name in known]
    assert len(names) == len(set(names))
    assert all(name == name.lower().replace("-", "_") for name in names)
