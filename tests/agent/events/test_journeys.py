"""Journeys against a plain reference, and the cases that the reference does not reach."""

import tempfile
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import astuple, replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import agent.events.lake
import agent.events.steps
from agent.events import flow
from agent.events.counted import PathCount, TimedMove
from agent.events.journeys import Journeys, StageDuration, StageExit
from agent.events.steps import JourneyScope
from agent.schemas.records import Event
from tests.agent.events.builders import SCOPE, STAGES, START, PlainJourneys, event, lake_of, summed_up

# Ibis 12 calls what DuckDB has deprecated since: https://github.com/ibis-project/ibis/issues
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")

_NAMES = st.sampled_from(["look_page", "look_page2", "buy_cart", "buy_pay", "keep_use", "other_thing"])
_STEPS = st.tuples(
    st.sampled_from(["p_1", "p_2", "p_3", "p_old"]),
    st.one_of(st.integers(0, 5), st.sampled_from([1_800, 1_801, 90_000]), st.integers(0, 89 * 86_400)),
    _NAMES,
    st.sampled_from([None, "web", "app"]),
    st.sampled_from(["s_1", "s_2"]),
)
_LOGS = st.lists(_STEPS, max_size=14).map(
    lambda steps: [
        event(person, seconds, name, row // 2, channel=channel, source=f"{source}{row % 2}")
        for row, (person, seconds, name, channel, source) in enumerate(steps)
    ]
)


@contextmanager
def _journeys(
    events: list[Event], scope: JourneyScope = SCOPE, canonical: dict[str, str] | None = None
) -> Generator[Journeys]:
    with tempfile.TemporaryDirectory() as folder:
        lake = lake_of(Path(folder) / "events", events, canonical=canonical)
        journeys = Journeys(lake, scope)
        yield journeys
        lake.close()


def _told(move: TimedMove) -> tuple[str, str, int, int, int, float | None, float | None]:
    took = (move.median_s, move.p90_s)
    return (move.source, move.target, move.persons, move.leaving, move.n, *took)


def _starts(found: Journeys) -> dict[str, int]:
    return flow.firsts_of(flow.walk_of(found.steps, "event"))


def _ends(found: Journeys) -> dict[str, int]:
    stops = flow.stops_of(flow.walk_of(found.steps, "event"), found.steps, quiet_since=START)
    return {stop.node: stop.left + stop.n_open for stop in stops if stop.left + stop.n_open}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_LOGS, st.sampled_from([None, frozenset({"p_1", "p_2"}), frozenset[str]()]))
def test_journeys_equal_a_plain_reading_of_the_log(
    events: list[Event], persons: frozenset[str] | None
) -> None:
    """Every count, move, path, duration and exit is what loops over the same events give."""
    canonical = {"p_old": "p_1"}
    scope = replace(SCOPE, persons=persons)
    plain = PlainJourneys(events, scope, canonical)
    with _journeys(events, scope, canonical) as found:
        assert found.persons == set(plain.by_person)
        assert found.n_persons() == len(plain.by_person)
        assert found.n_sessions() == plain.n_sessions()
        assert found.names() == plain.counts(lambda one: one.name)
        assert {_told(move) for move in found.moves()} == plain.moves(stages=False)
        assert {_told(move) for move in found.moves("stage")} == plain.moves(stages=True)
        assert _starts(found) == Counter(own[0].name for own in plain.by_person.values())
        assert _ends(found) == Counter(own[-1].name for own in plain.by_person.values())
        paths = Counter(tuple(one.name for one in own) for own in plain.by_person.values())
        assert {one.path: one.n for one in found.variants(10)} == paths
        spans = [(own[-1].at - own[0].at).total_seconds() for own in plain.by_person.values()]
        assert astuple(found.lengths()) == pytest.approx(summed_up(spans))
        for stage in STAGES:
            _check_stage(found, plain, stage)


def _check_stage(found: Journeys, plain: PlainJourneys, stage: str) -> None:
    touchpoint_of = SCOPE.touchpoint_of
    assert found.persons_in(stage) == plain.counts(plain.stage).get(stage, 0)
    assert found.step_counts(stage) == plain.counts(lambda one: one.name, stage)
    assert found.channel_counts(stage) == plain.counts(lambda one: one.channel, stage)
    assert found.touchpoint_counts(stage) == plain.counts(
        lambda one: touchpoint_of(one.name, one.channel), stage
    )
    reached, went_on, left, censored = plain.exits(stage)
    assert found.exits(stage) == StageExit(reached, left, censored)
    assert reached == went_on + left + censored
    assert astuple(found.duration(stage)) == pytest.approx(plain.durations(stage))


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_LOGS, st.integers(0, 20), st.sampled_from([1, 5, 86_400]))
def test_outcome_after_equals_a_plain_reading(events: list[Event], since_s: int, within_s: int) -> None:
    """An outcome counts after its person's own time, up to the end of the window."""
    since = {"p_1": START + timedelta(seconds=since_s), "p_2": START, "p_nobody": START}
    within = timedelta(seconds=within_s)
    expected = {
        one.person_id
        for one in events
        if one.name in {"buy_pay", "keep_use"}
        and one.person_id in since
        and since[one.person_id] < one.at <= since[one.person_id] + within
    }
    with _journeys(events) as found:
        assert found.outcome_after(["buy_pay", "keep_use"], since, within=within) == expected
        assert found.outcome_after([], since, within=within) == frozenset()
        assert found.outcome_after(["buy_pay"], {}, within=within) == frozenset()


def test_journeys_empty_lake_has_nobody() -> None:
    """A lake without parts answers every question with nothing."""
    with _journeys([]) as found:
        assert (found.n_persons(), found.n_sessions(), found.moves(), found.variants(5)) == (0, 0, [], [])
        assert found.exits("look") == StageExit(0, 0, 0)
        assert found.duration("look") == found.lengths() == StageDuration(0, None, None)
        assert (_starts(found), _ends(found), found.names(), found.persons_in("look")) == ({}, {}, {}, 0)


def test_journeys_one_event_starts_and_ends_a_journey() -> None:
    """The smallest journey there is."""
    with _journeys([event("p_1", 0, "buy_pay", 0)]) as found:
        assert _starts(found) == _ends(found) == {"buy_pay": 1}
        assert found.variants(5) == [PathCount(("buy_pay",), 1)]
        assert found.n_sessions() == 1
        assert found.lengths() == StageDuration(1, 0.0, 0.0)


def test_identical_times_go_by_row() -> None:
    """A source that knows only the day keeps its own order, also where a stage is left at the same moment."""
    events = [event("p_1", 0, name, row) for row, name in [(2, "keep_use"), (0, "look_page"), (1, "buy_pay")]]
    with _journeys(events) as found:
        assert found.variants(1) == [PathCount(("look_page", "buy_pay", "keep_use"), 1)]
        assert _starts(found) == {"look_page": 1}
        assert _ends(found) == {"keep_use": 1}
        assert found.exits("look") == StageExit(reached=1, left=0, censored=0)
        assert found.duration("buy") == StageDuration(1, 0.0, 0.0)


def test_identical_times_and_rows_of_two_sources_go_one_fixed_way() -> None:
    """Whatever the order of the parts, the path is the same."""
    events = [event("p_1", 0, f"look_{source}", 0, source=source) for source in ("s_b", "s_a", "s_c")]
    for given_order in (events, events[::-1]):
        with _journeys(given_order) as found:
            assert found.variants(1) == [PathCount(("look_s_a", "look_s_b", "look_s_c"), 1)]


def test_going_back_is_not_going_on() -> None:
    """A later stage before this one does not count as having gone on from it."""
    events = [event("p_1", 0, "keep_use", 0), event("p_1", 60, "look_page", 1)]
    with _journeys(events) as found:
        assert found.exits("look") == StageExit(reached=1, left=1, censored=0)


def test_persons_active_lately_are_censored_not_gone() -> None:
    """Who did something within two weeks of the end of the data has not left."""
    day = 86_400
    events = [event("p_gone", 10 * day, "look_page", 0), event("p_here", 80 * day, "look_page", 1)]
    with _journeys(events) as found:
        assert found.exits("look") == StageExit(reached=2, left=1, censored=1)


def test_journeys_until_another_time_are_those_read_until_then() -> None:
    """Who was active when the data ended is gone later; the steps are read once."""
    events = [event("p_1", 0, "look_page", 0), event("p_2", 80 * 86_400, "look_page", 1)]
    later = replace(SCOPE, as_of=SCOPE.as_of + timedelta(days=60))
    with _journeys(events) as journeys, _journeys(events, later) as expected:
        found = journeys.until(later.as_of)
        assert found.exits(STAGES[0]) == expected.exits(STAGES[0]) != journeys.exits(STAGES[0])
        assert found.steps is journeys.steps
        assert (found.n_persons(), found.window, found.bots) == (2, expected.window, expected.bots)


def test_long_usual_pauses_widen_the_inactivity_window() -> None:
    """Where people usually come back after a month, two weeks of silence mean nothing."""
    day = 86_400
    monthly = [
        event(f"p_{n}", month * 30 * day, "look_page", 3 * n + month) for n in range(5) for month in range(3)
    ]
    with _journeys(monthly, replace(SCOPE, as_of=START + timedelta(days=80))) as found:
        assert found.exits("look") == StageExit(reached=5, left=0, censored=5)


def test_aliases_are_one_person() -> None:
    """Events stored before two persons were joined count for the one they are."""
    events = [event("p_old", 0, "look_page", 0), event("p_new", 60, "buy_pay", 1)]
    with _journeys(events, replace(SCOPE, persons={"p_new"}), {"p_old": "p_new"}) as found:
        assert found.persons == {"p_new"}
        assert found.moves() == [TimedMove("look_page", "buy_pay", 1, 1, 1, 60.0, 60.0)]


def test_blank_channel_counts_an_event_once() -> None:
    """An event with an empty channel beside one without is not two events."""
    events = [event("p_1", 0, "look_page", 0, channel=""), event("p_1", 1, "look_page", 1, channel=None)]
    with _journeys(events) as found:
        assert found.variants(1) == [PathCount(("look_page", "look_page"), 1)]
        assert found.channel_counts("look") == found.touchpoint_counts("look") == {}


def test_bots_are_named_and_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who does more in a day than anybody can is no customer; the bound itself is one's right."""
    for module in (agent.events.steps, agent.events.lake):
        monkeypatch.setattr(module, "BOT_EVENTS_PER_DAY", 5)
    busy = [event("p_bot", n, "look_page", n) for n in range(6)]
    spread = [event("p_much", n * 20_000, "look_page", 10 + n) for n in range(9)]
    just = [event("p_just", n, "buy_pay", 20 + n) for n in range(5)]
    with _journeys([*busy, *spread, *just]) as found:
        assert found.bots == {"p_bot"}
        assert found.persons == {"p_much", "p_just"}
        assert found.names() == {"look_page": 1, "buy_pay": 1}


def test_variants_are_most_frequent_first_and_limited() -> None:
    """Equal counts go by the path, so that a limit always keeps the same ones."""
    paths = {"p_1": "ab", "p_2": "ab", "p_3": "ca", "p_4": "ba"}
    events = [
        event(person, second, f"look_{name}", 10 * row + second)
        for row, (person, path) in enumerate(paths.items())
        for second, name in enumerate(path)
    ]
    with _journeys(events) as found:
        assert found.variants(2) == [PathCount(("look_a", "look_b"), 2), PathCount(("look_b", "look_a"), 1)]


def test_moves_are_most_frequent_first_with_who_could_have_made_them() -> None:
    """A share of a move is of the persons for whom anything followed, each counted once."""
    events = [
        event("p_1", 0, "look_a", 0), event("p_1", 1, "look_b", 1), event("p_1", 2, "look_a", 2),
        event("p_1", 3, "look_b", 3), event("p_2", 0, "look_a", 4), event("p_2", 1, "look_c", 5),
        event("p_3", 0, "look_a", 6),
    ]  # fmt: skip
    with _journeys(events) as found:
        assert found.moves() == [
            TimedMove("look_a", "look_b", 2, 1, 2, 1.0, 1.0),
            TimedMove("look_a", "look_c", 1, 1, 2, 1.0, 1.0),
            TimedMove("look_b", "look_a", 1, 1, 1, 1.0, 1.0),
        ]


def test_session_ends_after_more_than_half_an_hour() -> None:
    """A pause of exactly half an hour is still one session."""
    events = [event("p_1", second, "look_page", row) for row, second in enumerate([0, 1_800, 3_601])]
    with _journeys(events) as found:
        assert found.n_sessions() == 2


def test_closing_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written beside the lake goes when it is closed."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    lake = lake_of(tmp_path / "events", [event("p_1", 0, "look_page", 0), event("p_2", 0, "look_page", 1)])
    lake.kept(Journeys(lake, SCOPE).steps, "seen")
    assert list(tmp_path.rglob("seen-*"))
    lake.close()
    assert not list(tmp_path.rglob("seen-*"))
