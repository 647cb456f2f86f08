"""One definition of journeys gives one answer on every engine."""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest

from agent.events.journeys import Journeys
from agent.schemas.records import Event
from tests.agent.events.builders import SCOPE, STAGES, START, event, lake_of
from tests.agent.events.engines import ENGINES, on_every_engine, rows_of_events, warehouse_on

_NAMES = ("look_page", "look_page2", "buy_cart", "Buy_pay", "keep_use", "other_thing")


def _log() -> list[Event]:
    """Return a log with ties, pauses around half an hour, parts of seconds, blank channels, and names in both cases."""
    rng = random.Random(4)  # noqa: S311 - a made-up log
    pauses = (0, 0, 0.25, 1_799.9995, 1_800, 1_800.5, 1_801, 90_000, 20 * 86_400)
    events: list[Event] = []
    for number in range(7):
        seconds = 0.0
        for _ in range(number * 3 + 1):
            seconds += rng.choice(pauses)
            row = len(events)
            source = rng.choice(("s_a", "s_B"))
            channel = rng.choice((None, "", "web", "App"))
            name = rng.choice(_NAMES)
            events.append(
                event(f"p_{number}", seconds, name, row // 3, channel=channel, source=f"{source}{row}")
            )
    rng.shuffle(events)
    return events


_LATER = START + timedelta(days=3)
_SINCE = {f"p_{number}": START + timedelta(hours=number) for number in range(9)}
_QUESTIONS: dict[str, Callable[[Journeys], object]] = {
    "persons": lambda found: (found.persons, found.n_persons(), found.bots),
    "window": lambda found: found.window,
    "sessions": lambda found: found.n_sessions(),
    "names": lambda found: (list(found.names().items()), list(found.name_counts().items())),
    "until": lambda found: [found.until(_LATER).exits(stage) for stage in STAGES],
    "steps": lambda found: (found.n_steps(), found.first_times("Buy_pay"), found.first_times("nothing")),
    "moves": lambda found: (found.moves(), found.moves("stage")),
    "variants": lambda found: (found.variants(3), found.variants(100)),
    "lengths": lambda found: found.lengths(),
    "outcomes": lambda found: found.outcome_after(["Buy_pay", "keep_use"], _SINCE, within=timedelta(days=21)),
    "exits": lambda found: [found.exits(stage) for stage in STAGES],
    "durations": lambda found: [found.duration(stage) for stage in STAGES],
    "stages": lambda found: [
        (
            found.persons_in(stage),
            found.is_last(stage),
            found.step_counts(stage),
            found.channel_counts(stage),
            found.touchpoint_counts(stage),
        )
        for stage in STAGES
    ],
}
"""Every public answer of `Journeys`."""


def test_every_public_answer_is_asked() -> None:
    """A question that is new has to be asked on every engine as well."""
    answers = {name for name in vars(Journeys) if not name.startswith("_")} - {"person_ids"}
    asked = {name for question in _QUESTIONS.values() for name in _names_in(question)}
    assert answers <= asked


def _names_in(question: Callable[[Journeys], object]) -> set[str]:
    codes = [question.__code__, *(c for c in question.__code__.co_consts if hasattr(c, "co_names"))]
    return {name for code in codes for name in code.co_names}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What the lake answers, which other tests compare with plain loops."""
    lake = lake_of(tmp_path_factory.mktemp("lake") / "events", _log())
    found = Journeys(lake, SCOPE)
    answers = {name: question(found) for name, question in _QUESTIONS.items()}
    lake.close()
    return answers


@pytest.mark.timeout(240)  # Spark alone takes half of it to start where processors are busy
@pytest.mark.parametrize("engine", ENGINES)
def test_every_answer_is_the_same_on_every_engine(engine: str, expected: dict[str, object]) -> None:
    """Counts, orders, quantiles and limits: all equal, not nearly equal."""
    with warehouse_on(engine, rows_of_events(_log())) as warehouse:
        found = Journeys(warehouse, SCOPE)
        for name, question in _QUESTIONS.items():
            assert question(found) == expected[name], name


@pytest.mark.timeout(240)
@pytest.mark.parametrize("engine", ENGINES)
def test_events_of_one_moment_go_by_name_where_no_row_is_known(engine: str) -> None:
    """Neither the order of rows nor how an engine sorts letters shows in a path."""
    names = ("look_b", "look_A", "look_a", "look_B")
    ids = ("b", "B", "a", "A")
    rows = [
        {"message_id": key, "user_id": "p_1", "timestamp": START, "event": name, "channel": None, "row": None}
        for key, name in zip(ids, names, strict=True)
    ]
    with warehouse_on(engine, rows) as warehouse:
        (path,) = Journeys(warehouse, SCOPE).variants(5)
        assert path.path == ("look_A", "look_B", "look_a", "look_b")


@pytest.mark.timeout(240)
def test_an_answer_that_differs_is_seen() -> None:
    """The helper that other tests lean on can fail."""
    events = [event("p_1", 0, "look_page", 0), event("p_1", 60, "buy_pay", 1)]
    answers = iter([1, 1, 2])
    with pytest.raises(AssertionError, match="polars"):
        on_every_engine(events, lambda _: next(answers))
    assert on_every_engine(events, lambda found: found.n_persons()) == 1
