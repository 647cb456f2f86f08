"""Steps as columns: states and places in time against plain loops."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.events.experiences import NO_STAGE, step_columns
from agent.events.journeys import Journeys
from agent.schemas.records import Event
from tests.agent.events.builders import SCOPE, STAGES, START, PlainJourneys, event, lake_of

_LOGS = st.lists(
    st.tuples(
        st.sampled_from(["p_1", "p_2", "p_3"]),
        st.integers(0, 30),
        st.sampled_from(["look_page", "buy_cart", "keep_use", "other_thing"]),
    ),
    min_size=1,
    max_size=30,
).map(lambda rows: [event(person, at, name, row) for row, (person, at, name) in enumerate(rows)])
_START_MS = int(START.timestamp() * 1000)


@given(_LOGS, st.lists(st.tuples(st.integers(0, 2), st.integers(-1, 31)), max_size=8))
@settings(max_examples=15, deadline=None)
def test_columns_answer_as_plain_loops_do(events: list[Event], asked: list[tuple[int, int]]) -> None:
    """Stage and number of steps before each step, first steps of a name, and where a time stands among steps."""
    plain = PlainJourneys(events, SCOPE, {})
    with tempfile.TemporaryDirectory() as folder:
        lake = lake_of(Path(folder) / "events", events)
        columns = step_columns(Journeys(lake, SCOPE))
        lake.close()
    rows = np.arange(len(columns.at))
    stages = columns.stages_before(columns.person, rows)
    places = columns.places(columns.person, rows)
    firsts = columns.first_rows(columns.is_one_of({"buy_cart"}))
    for code, person in enumerate(columns.persons):
        steps = plain.by_person[person]
        start = int(columns.starts[code])
        for place, one in enumerate(steps):
            before = [stage for stage in map(plain.stage, steps[:place]) if stage is not None]
            expected = STAGES.index(before[-1]) if before else NO_STAGE
            assert (stages[start + place], places[start + place]) == (expected, place)
            assert columns.names[columns.name[start + place]] == one.name
        carts = [place for place, one in enumerate(steps) if one.name == "buy_cart"]
        assert firsts[code] == (start + carts[0] if carts else len(columns.at))
    who = np.array([code % columns.n_persons for code, _ in asked], dtype=np.int64)
    at = np.array([_START_MS + 1000 * second for _, second in asked], dtype=np.int64)
    for after in (False, True):
        found = columns.rows_at(who, at, after=after)
        for code, moment, row in zip(who, at, found, strict=True):
            times = [int(one.at.timestamp() * 1000) for one in plain.by_person[columns.persons[code]]]
            n_before = sum(time <= moment if after else time < moment for time in times)
            assert row == columns.starts[code] + n_before
