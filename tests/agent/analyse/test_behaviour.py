"""What persons said, joined to what they did: planted effects are found, and everybody is counted somewhere."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.analyse.behaviour import (
    MIN_LINKED,
    Experience,
    FirstTimes,
    Speakers,
    behaviour_of,
    linkage_of,
)
from agent.analyse.landmarks import FollowUp
from agent.analyse.outcomes import OUTCOME_WINDOW, OUTCOMES, outcomes_among
from agent.events.journeys import Journeys
from agent.schemas.insight import Behaviour, OverlapRow
from agent.schemas.records import Event
from tests.agent.events.builders import SCOPE, START, event, lake_of

_DAY_S = 86_400
_SAID = START + timedelta(days=1)
_LAST_DAY = 190
"""Three times the window and more, so that it is not cut short."""


class _Log:
    """Persons with events; rows number themselves."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def add(self, person: str, day: float, name: str) -> None:
        """Add an event."""
        self.events.append(event(person, day * _DAY_S, name, len(self.events)))


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FollowUp]:
    """Give 60 persons with events: of 30 with a pain 24 leave, of 30 without 6; everybody buys before."""
    log = _Log()
    for number in range(60):
        person, with_pain = f"p_{number}", number < 30
        log.add(person, 0.5, "order_completed")
        if number % 30 < (24 if with_pain else 6):
            log.add(person, 20, "subscription_cancelled")
        if number % 2:
            log.add(person, 30, "checkout_completed")
    log.add("p_last", _LAST_DAY, "page_viewed")
    folder: Path = tmp_path_factory.mktemp("planted")
    lake = lake_of(folder / "events", log.events)
    yield FollowUp(Journeys(lake, SCOPE))
    lake.close()


def _pain(n: int, *, unlinked: int = 0) -> Experience:
    persons = [f"p_{number}" for number in range(n)] + [f"p_silent_{number}" for number in range(unlinked)]
    return Experience("pp_late", "Parcels come late", "retention", dict.fromkeys(persons, _SAID))


_EVERYONE: FirstTimes = {f"p_{number}": _SAID for number in range(60)}


def _behaviour(pain: Experience, everyone: FirstTimes, follow_up: FollowUp) -> dict[str, Behaviour]:
    found = behaviour_of(pain, Speakers(everyone), follow_up, population="customers")
    return {one.outcome: one for one in found}


def test_behaviour_recovers_a_planted_effect(planted: FollowUp) -> None:
    """Shares of both groups are counted exactly; an outcome before the words is not one after them."""
    found = _behaviour(_pain(30), _EVERYONE, planted)
    assert set(found) == {"leaving", "purchase"}
    leaving = found["leaving"]
    assert (leaving.with_pain.n, leaving.with_pain.total) == (24, 30)
    assert (leaving.without_pain.n, leaving.without_pain.total) == (6, 30)
    assert leaving.odds_ratio == pytest.approx(16.0)
    assert leaving.low is not None
    assert leaving.low > 1
    assert (found["purchase"].with_pain.n, found["purchase"].without_pain.n) == (15, 15)
    assert "who voice it and have events, within 60 days" in leaving.with_pain.population


def test_behaviour_among_like_persons_is_the_same_where_all_are_alike(planted: FollowUp) -> None:
    """Everybody was in one state, so that adjusting changes nothing; the E-value is the formula's."""
    adjusted = _behaviour(_pain(30), _EVERYONE, planted)["leaving"].adjusted
    assert adjusted is not None
    assert (adjusted.odds_ratio, adjusted.risk_difference) == pytest.approx((16.0, 0.6))
    assert (adjusted.n_exposed, adjusted.n_compared, adjusted.n_left_out) == (30, 30, 0)
    assert adjusted.e_value == pytest.approx(4 + 12**0.5)
    assert adjusted.e_value_limit is not None
    assert 1 < adjusted.e_value_limit < 4 + 12**0.5


def test_behaviour_is_compared_within_a_state(tmp_path: Path) -> None:
    """Buyers complain and come back; among buyers, who complains comes back no more than who does not."""
    log, said = _Log(), dict[str, object]()
    for number in range(200):
        person = f"p_{number}"
        is_buyer = number < 100
        complains = number % 100 < (80 if is_buyer else 20)
        log.add(person, 0.2, "order_completed" if is_buyer else "page_viewed")
        if number % 10 < (8 if is_buyer else 2):
            log.add(person, 20, "order_completed")
        said[person] = complains
    log.add("p_last", _LAST_DAY, "page_viewed")
    lake = lake_of(tmp_path / "events", log.events)
    everyone = dict.fromkeys(said, _SAID)
    pain = Experience("pp", "x", None, {person: _SAID for person, complains in said.items() if complains})
    found = _behaviour(pain, everyone, FollowUp(Journeys(lake, SCOPE)))["purchase"]
    lake.close()
    assert found.low is not None
    assert found.low > 1.5
    assert found.adjusted is not None
    assert found.adjusted.risk_difference == pytest.approx(0.0, abs=1e-9)


def test_behaviour_counts_the_unlinked_and_leaves_them_out_of_shares(planted: FollowUp) -> None:
    """Persons without events are counted, not dropped in silence and not taken for people who did nothing."""
    pain = _pain(30, unlinked=7)
    leaving = _behaviour(pain, {**_EVERYONE, **pain.persons, "p_other_silent": _SAID}, planted)["leaving"]
    assert (leaving.linked, leaving.unlinked) == (30, 7)
    assert (leaving.with_pain.total, leaving.without_pain.total) == (30, 30)
    assert leaving.overlap is not None
    assert leaving.overlap.voiced.n_unlinked == 7
    assert leaving.overlap.not_voiced.n_unlinked == 1


def test_behaviour_cut_off_by_the_end_of_the_data_is_not_without_outcome(planted: FollowUp) -> None:
    """Who spoke within the window before the last event counts in no share."""
    late = START + timedelta(days=_LAST_DAY - 59)
    pain = _pain(30)
    cut = Experience(
        "pp", "x", None, {p: late if n < 5 else at for n, (p, at) in enumerate(pain.persons.items())}
    )
    leaving = _behaviour(cut, {**_EVERYONE, **cut.persons}, planted)["leaving"]
    assert leaving.with_pain.total == 25
    assert leaving.overlap is not None
    assert leaving.overlap.voiced.n_cut_off == 5


@pytest.mark.parametrize(("n", "n_others"), [(MIN_LINKED - 1, 30), (30, MIN_LINKED - 1)])
def test_behaviour_of_too_few_on_either_side_is_unknown(planted: FollowUp, n: int, n_others: int) -> None:
    """Below the floor there is no comparison, however many have no events; the reason and the counts are given."""
    others = {f"p_{59 - number}": _SAID for number in range(n_others)}
    pain = _pain(n, unlinked=50)
    everyone = {**others, **pain.persons}
    assert _behaviour(pain, everyone, planted) == {}
    linkage = linkage_of(pain, Speakers(everyone), planted)
    assert (linkage.n_voiced, linkage.n_linked, linkage.n_unlinked) == (n + 50, n, 50)
    assert linkage.reason is not None
    assert "fewer than 10 of those" in linkage.reason


def test_behaviour_at_the_floor_is_compared(planted: FollowUp) -> None:
    """The floor itself is enough."""
    others = {f"p_{59 - number}": _SAID for number in range(MIN_LINKED)}
    pain = _pain(MIN_LINKED)
    everyone = {**others, **pain.persons}
    assert _behaviour(pain, everyone, planted)
    assert linkage_of(pain, Speakers(everyone), planted).reason is None


def test_behaviour_after_the_window_does_not_count(planted: FollowUp) -> None:
    """What happens later than the window is not put down to the experience."""
    early = START - timedelta(days=1) - OUTCOME_WINDOW
    pain = Experience("pp", "x", None, {f"p_{n}": early for n in range(30)})
    everyone = {**dict.fromkeys(_EVERYONE, early), **pain.persons}
    found = _behaviour(pain, everyone, planted)
    assert found
    assert all(one.with_pain.n == 0 for one in found.values())


def test_behaviour_of_everybody_has_nobody_to_compare_with(planted: FollowUp) -> None:
    """An experience that all have is not compared."""
    assert _behaviour(_pain(60), _EVERYONE, planted) == {}


def _placed(row: OverlapRow) -> int:
    return row.n_with + row.n_without + row.n_cut_off + row.n_unlinked + row.n_undated


_WHO = st.dictionaries(
    st.integers(0, 80),
    st.tuples(st.booleans(), st.sampled_from(["early", "late", "undated"])),
    min_size=30,
    max_size=81,
)


@given(_WHO)
@settings(max_examples=40, deadline=None)
def test_everybody_who_spoke_is_in_exactly_one_place(
    planted: FollowUp, who: dict[int, tuple[bool, str]]
) -> None:
    """Voiced or not, linked or not, dated or not, followed or cut off: the table holds every person once.

    Persons from 60 on have no events.
    """
    times = {"early": _SAID, "late": START + timedelta(days=_LAST_DAY - 1)}
    dated = {f"p_{n}": times[when] for n, (_, when) in who.items() if when != "undated"}
    undated = frozenset(f"p_{n}" for n, (_, when) in who.items() if when == "undated")
    voiced = frozenset(f"p_{n}" for n, (voices, _) in who.items() if voices)
    pain = Experience("pp", "x", None, {p: at for p, at in dated.items() if p in voiced}, undated & voiced)
    speakers = Speakers(dated, undated)
    linkage = linkage_of(pain, speakers, planted)
    assert linkage.n_linked + linkage.n_unlinked == linkage.n_voiced == len(voiced)
    assert linkage.n_unlinked == sum(int(person.removeprefix("p_")) >= 60 for person in voiced)
    for found in behaviour_of(pain, speakers, planted, population="customers"):
        assert found.overlap is not None
        assert _placed(found.overlap.voiced) == len(voiced)
        assert _placed(found.overlap.not_voiced) == len(who) - len(voiced)
        assert found.with_pain.total == found.overlap.voiced.n_with + found.overlap.voiced.n_without


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
