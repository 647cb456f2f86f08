"""Touches before conversions against plain loops, the same on every engine."""

# Neither NumPy's arrays nor Ibis say what comes out of them one by one.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import groupby, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.events.experiences import step_columns
from agent.events.journeys import Journeys
from agent.events.touches import credits_of, moves_of, n_paths, touches_of
from agent.schemas.records import Event
from tests.agent.events.builders import SCOPE, PlainJourneys, event, lake_of
from tests.agent.events.engines import on_every_engine

_HOUR_S = 3_600
_LOGS = st.lists(
    st.tuples(
        st.sampled_from(["p_1", "p_2", "p_3"]),
        st.integers(0, 400),
        st.sampled_from(["look_page", "buy_order", "keep_use"]),
        st.sampled_from(["web", "app", "store", None]),
    ),
    max_size=40,
).map(
    lambda rows: [
        event(person, hour * _HOUR_S, name, row, channel=channel)
        for row, (person, hour, name, channel) in enumerate(rows)
    ]
)

_Path = tuple[list[tuple[str, float]], bool]
"""Channels with hours before the end, and whether the end is a conversion."""


def _plain_paths(events: Sequence[Event], *, lookback_h: float | None, fold: bool) -> list[_Path]:
    found: list[_Path] = []
    for steps in PlainJourneys(events, SCOPE, {}).by_person.values():
        path: list[Event] = []
        for one in [*steps, None]:
            if one is not None and one.name != "buy_order":
                path += [one] if one.channel else []
                continue
            end = one.at if one is not None else path[-1].at if path else None
            touches = [(str(t.channel), (end - t.at).total_seconds() / 3600) for t in path if end is not None]
            kept = [touch for touch in touches if lookback_h is None or touch[1] <= lookback_h]
            if fold:
                kept = [next(same) for _, same in groupby(kept, key=lambda touch: touch[0])]
            if kept:
                found.append((kept, one is not None))
            path = []
    return found


def _plain_credits(paths: Sequence[_Path]) -> dict[str, list[float]]:
    found: defaultdict[str, list[float]] = defaultdict(lambda: [0.0] * 5)
    for path, converts in paths:
        n = len(path)
        decays = [2 ** (-hours / (7 * 24)) for _, hours in path]
        for place, (key, _) in enumerate(path):
            edge = 0.4 if n > 2 else 1 / n
            position = edge if place in (0, n - 1) else 0.2 / (n - 2)
            weights = (place == 0, place == n - 1, 1 / n, position, decays[place] / sum(decays))
            for rule, weight in enumerate(weights):
                found[key][rule] += weight if converts else 0.0
    return dict(found)


def _opened(events: Sequence[Event], ask: Callable[[Journeys], None]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = lake_of(Path(folder) / "events", events)
        try:
            ask(Journeys(lake, SCOPE))
        finally:
            lake.close()


@given(_LOGS, st.sampled_from([None, 24, 100]), st.booleans())
@settings(max_examples=12, deadline=None)
def test_credits_equal_plain_loops(events: list[Event], lookback_h: int | None, fold: bool) -> None:
    """Every rule, moves and counts, with and without lookback and folding; each rule gives away all that was touched."""
    paths = _plain_paths(events, lookback_h=lookback_h, fold=fold)
    moves: Counter[tuple[str | None, str | None, bool]] = Counter()
    for path, converts in paths:
        keys = [None, *(key for key, _ in path), None]
        moves.update((source, target, converts) for source, target in pairwise(keys))

    def ask(journeys: Journeys) -> None:
        lookback = None if lookback_h is None else timedelta(hours=lookback_h)
        touches = touches_of(journeys.steps, ["buy_order"], by="channel", lookback=lookback, fold=fold)
        found = {
            one.key: [one.first, one.last, one.linear, one.position, one.decay]
            for one in credits_of(touches.table)
        }
        expected = _plain_credits(paths)
        assert set(found) == set(expected)
        for key, credit in expected.items():
            assert found[key] == pytest.approx(credit, abs=1e-6)
        assert touches.n_conversions == sum(one.name == "buy_order" for one in events)
        assert n_paths(touches.table) == (sum(c for _, c in paths), sum(not c for _, c in paths))
        counted = {(one.source, one.target): (one.conversions, one.nulls) for one in moves_of(touches.table)}
        for (source, target), (conversions, nulls) in counted.items():
            assert (conversions, nulls) == (moves[source, target, True], moves[source, target, False])
        assert sum(map(sum, counted.values())) == moves.total()

    if events:
        _opened(events, ask)


_FIXED = [
    event(person, hour * _HOUR_S, name, row, channel=channel)
    for row, (person, hour, name, channel) in enumerate(
        [
            ("p_1", 0, "look_page", "web"),
            ("p_1", 1, "look_page", "app"),
            ("p_1", 2, "buy_order", "web"),
            ("p_1", 9, "keep_use", "store"),
            ("p_2", 3, "look_page", "web"),
            ("p_2", 4, "look_page", "web"),
            ("p_2", 5, "other_thing", None),
            ("p_3", 1, "buy_order", "app"),
        ]
    )
]


def test_touches_and_columns_are_the_same_on_every_engine() -> None:
    """Credits, moves, and the steps as columns: one definition, five engines."""

    def ask(journeys: Journeys) -> object:
        touches = touches_of(
            journeys.steps, ["buy_order"], by="channel", lookback=timedelta(days=9), fold=True
        )
        columns = step_columns(journeys)
        person = [columns.persons[code] for code in columns.person]
        names = [columns.names[code] for code in columns.name]
        steps = zip(person, map(int, columns.at), names, map(int, columns.rank), strict=True)
        return (
            [(c.key, c.first, c.last, c.linear, c.position, c.decay) for c in credits_of(touches.table)],
            sorted((m.source or "", m.target or "", m.conversions, m.nulls) for m in moves_of(touches.table)),
            n_paths(touches.table),
            (touches.n_conversions, touches.n_converting, touches.n_persons),
            sorted(steps),
        )

    on_every_engine(_FIXED, ask)
