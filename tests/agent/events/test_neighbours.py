"""Which names come shortly before which: persons, three steps far, the same on every engine."""

from pathlib import Path

from agent.events.neighbours import Neighbours, neighbours_of
from agent.events.steps import BOT_EVENTS_PER_DAY
from agent.schemas.records import Event
from tests.agent.events.builders import event, lake_of
from tests.agent.events.engines import ENGINES, rows_of_events, warehouse_on

_PATHS = {"p_1": ["a", "b", "b", "c", "d"], "p_2": ["a", "b"]}


def _events() -> list[Event]:
    return [
        event(who, 60 * place, name, 10 * number + place)
        for number, (who, names) in enumerate(_PATHS.items())
        for place, name in enumerate(names)
    ]


def test_names_are_counted_by_persons_up_to_three_steps_apart(tmp_path: Path) -> None:
    """A name never follows itself, and what is four steps away does not count."""
    lake = lake_of(tmp_path / "lake", _events())
    found = neighbours_of(lake)
    lake.close()
    assert list(found.n_persons.items()) == [("a", 2), ("b", 2), ("c", 1), ("d", 1)]
    # Two persons one step apart, and one of them two steps apart as well.
    assert found.follows["a", "b"] == 3
    assert found.follows["a", "c"] == 1
    assert ("b", "b") not in found.follows
    assert ("a", "d") not in found.follows
    assert ("b", "a") not in found.follows


def test_bots_are_left_out_and_an_empty_lake_has_no_names(tmp_path: Path) -> None:
    """Nobody does so much on a day."""
    bot = [event("p_bot", place * 0.5, "scan_page", place) for place in range(BOT_EVENTS_PER_DAY + 1)]
    lake = lake_of(tmp_path / "lake", [*bot, event("p_1", 0, "a", 99_999)])
    assert neighbours_of(lake).n_persons == {"a": 1}
    lake.close()
    empty = lake_of(tmp_path / "empty", [])
    assert neighbours_of(empty) == Neighbours()
    empty.close()


def test_every_engine_counts_the_same_neighbours(tmp_path: Path) -> None:
    """The lake and each warehouse."""
    lake = lake_of(tmp_path / "lake", _events())
    expected = neighbours_of(lake)
    lake.close()
    for engine in ENGINES:
        with warehouse_on(engine, rows_of_events(_events())) as warehouse:
            assert neighbours_of(warehouse) == expected, engine
