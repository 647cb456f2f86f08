"""Credit by rule: the chain's removal effect by hand, totals that add up, and refusals."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.analyse.attribution import MIN_CONVERSIONS, attribute, attributed, removal_effects
from agent.errors import InputError
from agent.events.journeys import Journeys
from agent.events.touches import TouchMove, touches_of_paths
from agent.schemas.records import Event
from tests.agent.events.builders import SCOPE, event, lake_of

_HOUR_S = 3_600


def test_removal_effects_equal_a_chain_worked_out_by_hand() -> None:
    """Two of three walks convert; without `a` none does, without `b` the direct one is left."""
    moves = [
        TouchMove(None, "a", 2, 1),
        TouchMove("a", "b", 1, 1),
        TouchMove("a", None, 1, 0),
        TouchMove("b", None, 1, 1),
    ]
    assert removal_effects(moves) == pytest.approx({"a": 1.0, "b": 0.5})


def test_removal_effects_do_not_change_with_touches_in_a_row() -> None:
    """Staying at a place is no other way to leave it."""
    plain = [
        TouchMove(None, "a", 3, 2),
        TouchMove("a", "b", 2, 2),
        TouchMove("a", None, 1, 0),
        TouchMove("b", None, 2, 2),
    ]
    assert removal_effects([*plain, TouchMove("a", "a", 5, 4)]) == pytest.approx(removal_effects(plain))


def test_removal_effects_without_conversion_or_moves_are_none() -> None:
    """Where nothing converts, nothing is lost."""
    assert removal_effects([TouchMove(None, "a", 0, 2), TouchMove("a", None, 0, 2)]) == {"a": 0.0}
    assert removal_effects([]) == {}


_PATHS = st.lists(
    st.tuples(
        st.lists(st.sampled_from(["web", "app", "store"]), min_size=1, max_size=5),
        st.integers(0, 4),
        st.integers(0, 4),
    ),
    min_size=1,
    max_size=6,
)


@given(_PATHS)
@settings(max_examples=12, deadline=None)
def test_every_rule_credits_all_conversions(paths: list[tuple[list[str], int, int]]) -> None:
    """First, last, linear, position and the chain each share out the same total; no times, no time decay."""
    counted = [path for path in paths if path[1] + path[2]]
    if not counted:
        return
    found = attributed(touches_of_paths(counted))
    total = sum(conversions for _, conversions, _ in counted)
    for rule in ("first", "last", "linear", "position", "markov"):
        assert sum(getattr(one, rule) for one in found) == pytest.approx(total, abs=1e-6)
    assert all(one.time_decay is None for one in found)
    assert all(-1e-9 <= one.removal_effect <= 1 + 1e-9 for one in found)


@pytest.fixture
def journeys(tmp_path: Path) -> Iterator[Journeys]:
    """Give 20 persons who touch the web and then the app, of whom 12 order, and one who orders out of the blue."""
    events: list[Event] = []
    for number in range(20):
        person = f"p_{number}"
        for hour, name, channel in (
            (1, "look_page", "web"),
            (2, "look_page", "app"),
            (30, "order_placed", "web"),
        ):
            if hour < 30 or number < 12:
                events.append(event(person, hour * _HOUR_S, name, len(events), channel=channel))
    events.append(event("p_blue", 5 * _HOUR_S, "order_placed", len(events)))
    lake = lake_of(tmp_path / "events", events)
    yield Journeys(lake, SCOPE)
    lake.close()


def test_attribution_says_what_it_counts(journeys: Journeys) -> None:
    """Conversions by event name, who converts and who does not, what was touched by nobody, and that it is not causal."""
    found = attribute(journeys, by="channel")
    assert found.label == "not causal: credit by rule"
    assert found.conversion == ("order_placed",)
    assert (found.n_conversions, found.n_untouched, found.n_paths_without) == (13, 1, 8)
    assert (found.n_persons, found.n_converting, found.n_not_converting) == (21, 13, 8)
    credit = {one.key: one for one in found.credits}
    assert (credit["web"].first, credit["web"].last, credit["app"].last) == (12.0, 0.0, 12.0)
    assert (credit["web"].n_converting, credit["web"].n_not_converting) == (12, 8)
    assert credit["app"].time_decay is not None
    assert credit["app"].time_decay > 6.0
    assert attribute(journeys, by="channel", conversion="order_placed") == found


def test_attribution_of_too_few_conversions_is_refused_with_the_reason(tmp_path: Path) -> None:
    """Below the floor nothing is credited."""
    events: list[Event] = []
    for number in range(MIN_CONVERSIONS - 1):
        events.append(event(f"p_{number}", 0, "look_page", len(events), channel="web"))
        events.append(event(f"p_{number}", 60, "purchase", len(events), channel="web"))
    lake = lake_of(tmp_path / "events", events)
    found = attribute(Journeys(lake, SCOPE), by="channel")
    lake.close()
    assert found.credits == ()
    assert found.reason is not None
    assert found.n_conversions == MIN_CONVERSIONS - 1


def test_attribution_of_an_unknown_event_names_those_there_are(journeys: Journeys) -> None:
    """A name that no event has is an error that helps."""
    with pytest.raises(InputError, match="no event 'basket_paid'") as raised:
        attribute(journeys, conversion="basket_paid")
    assert "look_page" in (raised.value.hint or "")
