"""Features: one definition gives the same numbers on every engine, and as counted by plain loops."""

from datetime import timedelta
from pathlib import Path

import pytest

from agent.events.features import Counted, History, activity_of, first_times, history_of, stage_paths
from agent.events.journeys import Journeys
from agent.events.source import EventSource
from tests.agent.events.builders import SCOPE, START, event, lake_of
from tests.agent.events.engines import ENGINES, rows_of_events, warehouse_on

_CUTS = [START + timedelta(days=1), START + timedelta(days=3)]
_DAY_S = 86_400
_EVENTS = [
    event("p_1", 0, "look_page", 0, channel="web"),
    event("p_1", 60, "buy_cart", 1, channel="app"),
    event("p_1", _DAY_S, "look_page", 2, channel="web"),
    event("p_1", 2 * _DAY_S, "buy_pay", 3),
    event("p_1", 5 * _DAY_S, "other_thing", 4, channel="web"),
    event("p_2", 4 * _DAY_S, "keep_use", 5, channel="web"),
]


def _by_period(counted: Counted) -> list[dict[tuple[str, str | None], float]]:
    """Return what the first person did in each period."""
    return [
        {key: n for key, n in zip(counted.keys, counted.within(period)[0].tolist(), strict=True) if n}
        for period in range(len(_CUTS) + 1)
    ]


def _last_steps(history: History) -> list[str | None]:
    codes: list[int] = history.last_before(1)[0].tolist()
    return [history.names[code] if code >= 0 else None for code in codes]


def _told(history: History) -> object:
    counted = (history.kinds, history.stages, history.moves, history.hours)
    times = (history.last_before(1)[1], history.sessions, history.first_ms, history.last_ms)
    return [_by_period(one) for one in counted], _last_steps(history), [str(one) for one in times]


def _ask(journeys: Journeys) -> object:
    paths = stage_paths(journeys, _CUTS[1], {"p_1", "p_2"})
    return _told(history_of(journeys, _CUTS)), dict(paths), first_times(journeys, ["look_page", "keep_use"])


def test_history_is_as_counted_by_hand(tmp_path: Path) -> None:
    """Six events in three periods; a step at the very cut lies before it."""
    lake = lake_of(tmp_path / "events", _EVENTS)
    journeys = Journeys(lake, SCOPE)
    history = history_of(journeys, _CUTS)
    web, app = ("look_page", "web"), ("buy_cart", "app")
    assert _by_period(history.kinds) == [
        {web: 2, app: 1},
        {("buy_pay", None): 1},
        {("other_thing", "web"): 1},
    ]
    there, back = ("look → buy", None), ("buy → look", None)
    assert _by_period(history.moves) == [{there: 1, back: 1}, {there: 1}, {}]
    assert _last_steps(history) == ["buy_pay", None]
    assert history.sessions.tolist() == [[2, 3, 4], [0, 0, 1]]
    assert dict(stage_paths(journeys, _CUTS[1], {"p_1"})) == {"p_1": ("look", "buy", "look", "buy")}
    lake.close()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("engine", ENGINES)
def test_features_are_the_same_on_every_engine(engine: str, tmp_path: Path) -> None:
    """Counts, edges, hours, paths and activity: all equal, not nearly equal."""
    lake = lake_of(tmp_path / "events", _EVENTS)
    expected = _ask(Journeys(lake, SCOPE)), _active(Journeys(lake, SCOPE), lake)
    lake.close()
    with warehouse_on(engine, rows_of_events(_EVENTS)) as warehouse:
        journeys = Journeys(warehouse, SCOPE)
        assert (_ask(journeys), _active(journeys, warehouse)) == expected


def _active(journeys: Journeys, events: EventSource) -> object:
    found = activity_of(journeys, events)
    columns = (found.person, found.hour, found.n)
    return found.persons, found.name, found.channel, found.offset_share, [one.tolist() for one in columns]
