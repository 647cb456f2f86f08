"""Replays of logs on plans against loops over the same events, and what persons are worth."""

# PyArrow ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

import tempfile
from collections import Counter
from dataclasses import replace
from itertools import groupby, pairwise
from pathlib import Path
from typing import cast

import ibis
import ibis.expr.types as ir
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.events.conformance import (
    Departure,
    KindKey,
    Machine,
    PathOutside,
    Replay,
    Totals,
    kinds_of,
    stage_edges,
)
from agent.events.journeys import Journeys
from agent.events.source import EventSource
from agent.events.values import SummedWorth, worth_by_property
from agent.schemas.base import Scalar
from agent.schemas.records import Event
from tests.agent.events.builders import SCOPE, event, lake_of
from tests.agent.events.engines import on_every_engine

_NAMES = ("look_page", "look_list", "buy_cart", "buy_pay", "other_thing")
_LABELS = {"look_page": "p0", "look_list": "p0", "buy_cart": "p1", "buy_pay": "p2", "other_thing": "u0"}
_LOGS = st.dictionaries(
    st.sampled_from([f"p_{n}" for n in range(12)]),
    st.lists(st.sampled_from(_NAMES), min_size=1, max_size=6),
    min_size=6,
)
_MOVES = st.frozensets(st.tuples(*[st.sampled_from(["p0", "p1", "p2"])] * 2), max_size=6)
_EDGES = st.frozensets(st.sampled_from(["p0", "p1", "p2"]))


def _machine(moves: frozenset[tuple[str, str]], starts: frozenset[str], ends: frozenset[str]) -> Machine:
    return Machine({(name, None): label for name, label in _LABELS.items()}, moves, starts, ends)


def _events(log: dict[str, list[str]]) -> list[Event]:
    steps = [(person, place, name) for person, names in log.items() for place, name in enumerate(names)]
    return [event(person, place * 60, name, row) for row, (person, place, name) in enumerate(steps)]


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_LOGS, _MOVES, _EDGES, _EDGES)
def test_replay_equals_loops_over_the_same_steps(
    log: dict[str, list[str]],
    moves: frozenset[tuple[str, str]],
    starts: frozenset[str],
    ends: frozenset[str],
) -> None:
    """Who fits, where others leave, whole paths and moves are what the definition says, person by person."""
    runs = {
        person: [label for label, _ in groupby(_LABELS[name] for name in names)]
        for person, names in log.items()
    }
    outside: Counter[tuple[str, ...]] = Counter()
    departures: Counter[tuple[str | None, str]] = Counter()
    n_complete = 0
    for labels in runs.values():
        steps = [(None, labels[0]), *pairwise(labels)]
        wrong = [
            (before, label)
            for before, label in steps
            if (label not in starts if before is None else (before, label) not in moves)
        ]
        if wrong:
            departures[wrong[0]] += 1
            outside[tuple(labels)] += 1
        else:
            n_complete += labels[-1] in ends
    with tempfile.TemporaryDirectory() as folder:
        lake = lake_of(Path(folder) / "events", _events(log))
        replay = Replay(lake, Journeys(lake, SCOPE).steps, _machine(moves, starts, ends))
        assert replay.totals() == Totals(len(runs), len(runs) - outside.total(), n_complete)
        assert {(one.before, one.label): one.n for one in replay.departures()} == departures
        assert {one.labels: one.n for one in replay.paths_outside(100)} == outside
        made = {(move.source, move.target): move.persons for move in replay.moves()}
        assert made == Counter(pair for labels in runs.values() for pair in set(pairwise(labels)))
        assert replay.visits() == Counter(label for labels in runs.values() for label in set(labels))
        _check_order(replay, [list(dict.fromkeys(labels)) for labels in runs.values()])
        lake.close()


def _check_order(replay: Replay, firsts: list[list[str]]) -> None:
    """Compare orders of first visits with loops over them."""
    ranks = Counter((label, at, len(own)) for own in firsts for at, label in enumerate(own))
    assert {(one.label, one.rank, one.n_labels): one.n for one in replay.first_times()} == ranks
    pairs = [("p0", "p1"), ("p1", "p2"), ("p2", "p0")]
    both = {(a, b): [own for own in firsts if a in own and b in own] for a, b in pairs}
    expected = {
        (a, b): (sum(own.index(a) < own.index(b) for own in found), len(found))
        for (a, b), found in both.items()
    }
    assert replay.in_order(pairs) == expected
    planned = [[label for label in own if label != "u0"] for own in firsts]
    several = [own for own in planned if len(own) > 1]
    assert replay.keeping(["p0", "p1", "p2"]) == (sum(own == sorted(own) for own in several), len(several))


def test_replay_leaves_out_kinds_without_a_label(tmp_path: Path) -> None:
    """A step that a level says nothing of parts nothing, and a person of such steps alone is not in it."""
    log = {"p_1": ["look_page", "other_thing", "buy_cart"], "p_2": ["other_thing"]}
    lake = lake_of(tmp_path / "events", _events(log))
    labels: dict[KindKey, str] = {("look_page", None): "p0", ("buy_cart", None): "p1"}
    machine = Machine(labels, frozenset({("p0", "p1")}), frozenset({"p0"}), frozenset({"p1"}))
    replay = Replay(lake, Journeys(lake, SCOPE).steps, machine)
    assert replay.totals() == Totals(1, 1, 1)
    assert replay.paths_outside(5) == []
    lake.close()


class _Unkept:
    """Writes nothing out, as a warehouse does."""

    def __init__(self, steps: ir.Table) -> None:
        self._steps = steps

    def table(self, source_ids: object = None) -> ir.Table:  # noqa: ARG002 - the source's
        return self._steps

    def kept(self, table: ir.Table, name: str) -> ir.Table:  # noqa: ARG002 - the source's
        return table


@pytest.mark.timeout(240)  # Spark alone takes half of it to start where processors are busy
def test_replay_answers_alike_on_every_engine() -> None:
    """Counts, places where persons leave, and whole paths are the same wherever the events are."""
    log = {
        "p_1": ["look_page", "look_list", "buy_cart", "buy_pay"],
        "p_2": ["look_page", "buy_pay"],
        "p_3": ["other_thing", "look_page"],
        "p_4": ["look_page", "buy_pay", "buy_cart"],
    }
    machine = _machine(frozenset({("p0", "p1"), ("p1", "p2")}), frozenset({"p0"}), frozenset({"p2"}))

    def question(journeys: Journeys) -> object:
        source = cast("EventSource", _Unkept(journeys.steps))
        replay = Replay(source, journeys.steps, machine)
        members = journeys.steps.filter(ibis._.name == "buy_pay").select("person_id").distinct()
        kinds = [(kind.name, kind.stage, kind.n_persons) for kind in kinds_of(source, journeys)]
        edges = stage_edges(journeys.steps)
        return [
            replay.totals(),
            replay.departures(),
            replay.paths_outside(9),
            replay.moves(),
            kinds,
            edges,
            replay.first_times(),
            sorted(replay.in_order([("p0", "p1"), ("p1", "p2")]).items()),
            replay.keeping(["p0", "p1", "p2"]),
            replay.totals(members),
        ]

    totals, departures, paths, *_others, some = on_every_engine(_events(log), question)  # type: ignore[misc]
    assert totals == Totals(4, 1, 1)
    assert departures == [Departure("p0", "p2", 2), Departure(None, "u0", 1)]
    assert some == Totals(3, 1, 1)
    assert paths[0] == PathOutside(("p0", "p2"), 1)


def _paying(payments: dict[str, list[dict[str, Scalar]]]) -> list[Event]:
    rows = [(person, one) for person, own in payments.items() for one in own]
    return [
        replace(event(person, row, "buy_pay", row), properties=one) for row, (person, one) in enumerate(rows)
    ]


def test_customer_values_are_sums_of_numbers_also_written_as_text(tmp_path: Path) -> None:
    """Numbers count in every spelling of JSON; words, other keys and keys inside of texts do not."""
    payments: dict[str, list[dict[str, Scalar]]] = {
        "p_1": [{"total": 10}, {"total": 2.5}, {"total": -1e1}],
        "p_2": [{"total": "40.25", "z": "x"}],
        "p_3": [{"total": "12 pieces", "subtotal": 99}, {"note": '"total": 77,'}],
        "p_4": [{"a.b": 1, "total": 1e3}],
    }
    lake = lake_of(tmp_path / "events", _paying(payments))
    journeys = Journeys(lake, SCOPE)
    worth = worth_by_property(lake, journeys, "total")
    assert worth.values.tolist() == [2.5, 40.25, 1000.0]
    assert _members(worth, -100) == {"p_1", "p_2", "p_4"}
    assert _members(worth, 40.25) == {"p_2", "p_4"}
    assert not len(worth_by_property(lake, journeys, "revenue").values)
    lake.close()


def _members(worth: SummedWorth, at_least: float) -> set[str]:
    return set(worth.members(at_least).to_pyarrow().column("person_id").to_pylist())
