"""Moves, stops, turns, retention and waits are the same on every engine, to the last person."""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest

from agent.events import flow
from agent.events.flow import channel_walk_of, folded, touchpoint_walk_of, walk_of
from agent.events.journeys import Journeys, quiet_of
from agent.events.retention import count_retention
from agent.events.steps import JourneyScope
from agent.events.waiting import binned_waits, fates_of, stays_of
from agent.schemas.records import Event
from tests.agent.events.builders import SCOPE, STAGES, START, event, lake_of
from tests.agent.events.engines import ENGINES, rows_of_events, warehouse_on

_NAMES = ("look_page", "look_page2", "buy_cart", "Buy_pay", "keep_use", "keep_call", "other_thing")
_MIDDLE = START + timedelta(days=20)


def _log() -> list[Event]:
    """Return a log with returns, bouncing, hand-offs, ties, parts of seconds and blank channels, names in both cases."""
    rng = random.Random(11)  # noqa: S311 - a made-up log
    pauses = (0, 0.25, 60, 1_799.9995, 1_801, 7_200, 86_400, 6 * 86_400, 15 * 86_400)
    events: list[Event] = []
    for number in range(12):
        seconds = 0.0
        for _ in range(number + 3):
            seconds += rng.choice(pauses)
            name, channel = rng.choice(_NAMES), rng.choice((None, "", "web", "App", "phone"))
            events.append(
                event(
                    f"p_{number}", seconds, name, len(events) // 2, channel=channel, source=f"s{len(events)}"
                )
            )
    # Back and forth between two places, and a contact after which another channel is tried.
    for k, (name, channel) in enumerate([("look_page", "web"), ("keep_call", "phone")] * 3):
        events.append(event("p_back", 40.0 * k, name, len(events), channel=channel))
    rng.shuffle(events)
    return events


_QUESTIONS: dict[str, Callable[[Journeys], object]] = {
    "moves": lambda found: [flow.moves_of(walk_of(found.steps, level)) for level in ("event", "stage")],
    "moves of channels and touchpoints": lambda found: [
        flow.moves_of(walk(found.steps)) for walk in (channel_walk_of, touchpoint_walk_of)
    ],
    "nodes": lambda found: [list(flow.nodes_of(walk_of(found.steps, "event")).items())],
    "folded": lambda found: (
        flow.moves_of(folded(walk_of(found.steps, "event"), ["look_page", "Buy_pay"], "other")),
        flow.n_outside(walk_of(found.steps, "event"), ["look_page", "Buy_pay"]),
    ),
    "window": lambda found: flow.window_of(found.steps),
    "stops": lambda found: [
        flow.stops_of(walk_of(found.steps, level), found.steps, quiet_since=START + timedelta(days=10))
        for level in ("event", "stage")
    ],
    "firsts": lambda found: list(flow.firsts_of(walk_of(found.steps, "stage")).items()),
    "ladder": lambda found: flow.ladder_of(walk_of(found.steps, "stage"), depth=4),
    "entries": lambda found: flow.entries_of(found.steps),
    "skips": lambda found: flow.skips_of(found.steps, STAGES),
    "loops": lambda found: flow.loops_of(walk_of(found.steps, "stage")),
    "bounces": lambda found: flow.bounces_of(found.steps),
    "handoffs": lambda found: flow.handoffs_of(
        found.steps, ["keep_call", "keep_use"], within=timedelta(days=7)
    ),
    "variants": lambda found: [
        flow.variants_of(walk_of(found.steps, level), limit)
        for level in ("event", "stage")
        for limit in (2, 50)
    ],
    "spread": lambda found: flow.spread_of(walk_of(found.steps, "event")),
    "quiet": lambda found: quiet_of(found.steps),
    "retention": lambda found: [
        count_retention(found.steps, period=timedelta(days=7), as_of=SCOPE.as_of, since=since)
        for since in (None, "look_page")
    ],
    "stays": lambda found: list(stays_of(found.steps, as_of=SCOPE.as_of).items()),
    "fates": lambda found: [
        fates_of(found.steps, stage, rank, as_of=SCOPE.as_of, quiet=timedelta(days=14))
        for rank, stage in enumerate(STAGES)
    ],
    "waits": lambda found: list(
        binned_waits(
            walk_of(found.steps, "event"), middle=_MIDDLE, until=SCOPE.as_of, longest=timedelta(days=20)
        ).items()
    ),
}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What the lake answers, which other tests compare with plain loops."""
    lake = lake_of(tmp_path_factory.mktemp("lake") / "events", _log())
    answers = {name: question(Journeys(lake, SCOPE)) for name, question in _QUESTIONS.items()}
    lake.close()
    return answers


@pytest.mark.timeout(240)  # Spark alone takes half of it to start where processors are busy
@pytest.mark.parametrize("engine", ENGINES)
def test_every_question_of_flow_is_answered_alike(engine: str, expected: dict[str, object]) -> None:
    """Counts, orders, quantiles and limits: all equal, not nearly equal; and none is empty, which would prove nothing."""
    assert all(answer not in ([], None, 0) for answer in expected.values())
    differ: dict[str, object] = {}
    with warehouse_on(engine, rows_of_events(_log())) as warehouse:
        found = Journeys(warehouse, SCOPE)
        for name, question in _QUESTIONS.items():
            answer = question(found)
            if answer != expected[name]:
                differ[name] = (answer, expected[name])
    assert not differ


@pytest.mark.timeout(240)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_scope_of_one_stage_is_answered_on_every_engine(engine: str) -> None:
    """Where there is nothing to skip and nobody came back, answers are empty on every engine, not errors."""
    one = JourneyScope(
        stages=("look",), stage_of=SCOPE.stage_of, touchpoint_of=SCOPE.touchpoint_of, as_of=SCOPE.as_of
    )
    events = [event("p_1", 0, "look_page", 0), event("p_2", 5, "look_page", 1)]
    with warehouse_on(engine, rows_of_events(events)) as warehouse:
        steps = Journeys(warehouse, one).steps
        assert flow.skips_of(steps, one.stages) == []
        assert flow.moves_of(walk_of(steps, "event")) == []
        assert flow.bounces_of(steps) == []
        assert flow.handoffs_of(steps, ["keep_call"], within=timedelta(days=7)) == []
        assert flow.spread_of(walk_of(steps, "event")).n_alone == 0
