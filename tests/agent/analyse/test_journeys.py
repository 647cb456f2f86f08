"""Paths, funnels, retention, pace and comparisons over small planted logs."""

import random
import tempfile
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from agent.analyse.flow import is_listed
from agent.analyse.funnels import funnel_of, plan_of
from agent.analyse.graph import graph_of, order_of
from agent.analyse.paths import paths_of
from agent.analyse.period_compare import (
    compare_funnels,
    compare_paths,
    compare_retention,
    compare_stages,
    split_at,
)
from agent.analyse.retention import retention_of
from agent.analyse.waiting import stage_times_of
from agent.errors import InputError, NotFoundError
from agent.events.journeys import Journeys
from agent.schemas.records import Event
from tests.agent.events.builders import SCOPE, START, event, lake_of

_HOUR, _DAY = 3_600, 86_400


def _opened(events: Sequence[Event], ask: Callable[[Journeys], None]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = lake_of(Path(folder) / "events", events)
        ask(Journeys(lake, SCOPE))
        lake.close()


def _brand(n_persons: int = 240) -> list[Event]:
    """Everybody looks; half buy; from day 40 on nine in ten do, and take four times as long."""
    draw = random.Random(1)  # noqa: S311 - a simulation
    events: list[Event] = []
    for number in range(n_persons):
        start = number * 80 * _DAY / n_persons
        late = start >= 40 * _DAY
        person, wait = f"p_{number}", (draw.random() + 0.5) * _HOUR * (4 if late else 1)
        rows = [(0.0, "look_page", "web"), (60.0, "look_page2", "web")]
        if draw.random() < (0.9 if late else 0.5):
            rows.append((60.0 + wait, "buy_pay", "carrier pigeon"))
        events += [
            event(person, start + at, name, len(events) + k, channel=channel)
            for k, (at, name, channel) in enumerate(rows)
        ]
    return events


def test_paths_planted_brand_is_described() -> None:
    """Moves, starts, stops, entries and the changed pace of one move are those that were planted."""

    def check(journeys: Journeys) -> None:
        found = paths_of(journeys, limit=5)
        first = found.transitions[0]
        assert (first.source, first.target, first.persons, first.share) == (
            "look_page",
            "look_page2",
            240,
            1.0,
        )
        assert (first.median_s, first.p90_s) == (60.0, 60.0)
        assert [(edge.event, edge.persons) for edge in found.starts] == [("look_page", 240)]
        assert sum(edge.persons for edge in found.ends) == 240
        assert found.flow.entries[0].listed is True
        assert is_listed("carrier pigeon") is False
        assert is_listed(None) is None
        paces = {(pace.source, pace.target): pace for pace in found.paces}
        slow = paces["look_page2", "buy_pay"]
        assert slow.verdict == "stalled"
        assert slow.low is not None
        assert slow.high is not None
        assert slow.low < 4 < slow.high * 1.2
        assert paces["look_page", "look_page2"].verdict == "not proven"
        stage = paths_of(journeys, limit=5, level="stage")
        assert {variant.path for variant in stage.variants} == {("look",), ("look", "buy")}
        assert stage.spread.n_variants == 2
        assert stage.flow.back_edges == ()
        assert {stop.node: stop.left.n + stop.n_open for stop in stage.stops}["buy"] == stage.variants[0].n

    _opened(_brand(), check)


def test_touchpoints_under_minimum_support_are_folded() -> None:
    """What few customers touch is counted together, each customer once."""
    events = [event(f"p_{k}", k, "look_page", k, channel="web") for k in range(10)]
    events += [event("p_1", 100 + k, f"odd_{k}", 20 + k) for k in range(3)]

    def check(journeys: Journeys) -> None:
        shown = paths_of(journeys, limit=5).flow.touchpoints
        assert [(one.name, one.share.n) for one in shown] == [("page@web", 10), ("other (n=1)", 1)]
        assert shown[1].folded == ("odd_0", "odd_1", "odd_2")
        graph = graph_of(journeys, "event")
        assert [(node.name, node.is_folded) for node in graph.nodes] == [
            ("look_page", False),
            ("other (n=1)", True),
        ]

    _opened(events, check)


def test_order_of_follows_most_moves() -> None:
    """A chain with a weak way back is put in the order of the chain."""

    def check(journeys: Journeys) -> None:
        moves = paths_of(journeys, limit=1).transitions
        nodes = {move.source: 1 for move in moves} | {move.target: 1 for move in moves}
        assert order_of(nodes, moves) == ["look_page", "look_page2", "buy_pay"]

    events = _brand(60)
    again = [event("p_1", 70 * _DAY, "buy_pay", 900), event("p_1", 70 * _DAY + 5, "look_page", 901)]
    _opened([*events, *again], check)


def test_comparison_planted_change_is_proven_and_the_rest_is_not() -> None:
    """The move that became more frequent changed; one that did not is not; a rare one cannot be told."""
    events = [*_brand(600), event("p_3", 79 * _DAY, "keep_use", 90_000)]

    def check(journeys: Journeys) -> None:
        sides = split_at(journeys, START + timedelta(days=40))
        found = compare_paths(*sides, "stage")
        assert found.differences[0].verdict == "changed" or found.n_tested == 0
        by_name = {(one.kind, one.name): one for one in found.differences}
        drop = by_name["drop-off", "look"]
        assert drop.difference is None or drop.difference < 0.1
        plan = plan_of(journeys, ["look", "buy"], mode="loose", within=None)
        funnel = compare_funnels(*sides, plan).differences[0]
        assert funnel.verdict == "changed"
        assert funnel.low is not None
        assert funnel.low > 0
        assert by_name["skip", "buy"].verdict == "cannot tell"
        assert (by_name["skip", "buy"].needed or 0) > 100

    _opened(events, check)


def test_comparison_of_stages_and_retention_finds_what_was_planted() -> None:
    """From day 80 on customers leave the first stage twenty times later and come back; both are tested with all else."""
    draw = random.Random(3)  # noqa: S311 - a simulation
    events: list[Event] = []
    for number in range(800):
        start = number * 0.2 * _DAY
        late = start >= 80 * _DAY
        times = [(0.0, "look_page"), (draw.random() * (10 * _DAY if late else _DAY / 2), "buy_pay")]
        if draw.random() < (0.8 if late else 0.1):
            times.append((11.5 * _DAY, "buy_cart"))
        events += [
            event(f"p_{number}", start + at, name, len(events) + k) for k, (at, name) in enumerate(times)
        ]

    def check(journeys: Journeys) -> None:
        sides = split_at(journeys, START + timedelta(days=80))
        found = compare_stages(*sides)
        times = {one.name: one for one in found.times}
        look = times["look"]
        assert look.verdict == "changed"
        assert look.low_s is not None
        assert look.low_s > _DAY
        assert times["keep"].verdict == "cannot tell"
        assert times["keep"].before_s is None
        n_shares = sum(one.p_value is not None for one in found.differences)
        assert found.n_tested == n_shares + sum(one.p_value is not None for one in found.times)
        assert {one.kind for one in found.differences} == {"drop-off", "skip"}
        week = timedelta(days=7)
        weeks = {one.name: one for one in compare_retention(*sides, period=week, unit="week").differences}
        assert "week 0" not in weeks
        back = weeks["week 1"]
        assert back.verdict == "changed"
        assert back.low is not None
        assert back.low > 0.4
        since = compare_retention(*sides, period=week, unit="week", since="buy_cart")
        assert since.n_tested <= 2

    _opened(events, check)


def test_comparison_of_like_periods_finds_nothing() -> None:
    """Where nothing changed, no time and no share is called changed."""
    draw = random.Random(8)  # noqa: S311 - a simulation
    events: list[Event] = []
    for number in range(450):
        rows = [(0.0, "look_page"), (draw.random() * 3 * _DAY, "buy_pay")]
        start = number * 0.25 * _DAY
        events += [
            event(f"p_{number}", start + at, name, len(events) + k) for k, (at, name) in enumerate(rows)
        ]

    def check(journeys: Journeys) -> None:
        # The first days of the data are in no period: nobody came before them.
        for day in (50, 60, 70, 80):
            found = compare_stages(*split_at(journeys, START + timedelta(days=day)))
            changed = [one for one in (*found.differences, *found.times) if one.verdict == "changed"]
            assert not changed
            assert found.n_tested >= 3

    _opened(events, check)


def test_comparison_outside_the_data_is_refused() -> None:
    """A day with nothing on one side cannot split the data."""

    def check(journeys: Journeys) -> None:
        with pytest.raises(InputError, match="nothing can be compared"):
            split_at(journeys, START - timedelta(days=1))

    _opened(_brand(10), check)


def test_funnel_shares_times_and_leavers_are_reported() -> None:
    """Each step has its share of the step before and of the first, and what the others did next."""

    def check(journeys: Journeys) -> None:
        plan = plan_of(journeys, ["look_page", "look_page2", "buy"], mode="strict", within=timedelta(hours=1))
        found = funnel_of(journeys, plan)
        assert [step.n for step in found.steps][:2] == [240, 240]
        assert found.steps[2].of_previous.total == 240
        assert found.conversion.n == found.steps[2].n
        assert found.steps[1].stopped == 240 - found.steps[2].n
        assert sum(later.persons for later in found.steps[1].next) == found.steps[1].stopped
        assert {later.event for later in found.steps[1].next} <= {None, "buy_pay"}
        assert found.steps[1].median_s == 60.0

    _opened(_brand(), check)


@pytest.mark.parametrize(
    ("steps", "within"), [(["look_page"], None), (["look_page", "buy_pay"], timedelta(0))]
)
def test_plan_that_lets_nobody_through_is_refused(steps: list[str], within: timedelta | None) -> None:
    """One step, and a window of no time, are mistakes."""

    def check(journeys: Journeys) -> None:
        with pytest.raises(InputError):
            plan_of(journeys, steps, mode="loose", within=within)

    _opened(_brand(4), check)


def test_plan_unknown_step_names_near_ones() -> None:
    """A step that is not there is answered with names that are."""

    def check(journeys: Journeys) -> None:
        with pytest.raises(NotFoundError) as caught:
            plan_of(journeys, ["Look_pag", "buy_pay"], mode="loose", within=None)
        assert "look_page" in caught.value.hint

    _opened(_brand(4), check)


def test_retention_few_persons_are_left_out() -> None:
    """Periods that are over for few customers are not shown; a period of no time is a mistake."""

    def check(journeys: Journeys) -> None:
        found = retention_of(journeys, period=timedelta(days=7))
        assert found.points[0].active.share == 1.0
        assert all(point.active.total >= 20 for point in found.points)
        assert found.n_left_out >= 1
        with pytest.raises(InputError):
            retention_of(journeys, period=timedelta(0))
        with pytest.raises(NotFoundError):
            retention_of(journeys, period=timedelta(days=1), since="nothing_such")

    _opened(_brand(), check)


def test_stage_times_one_person_is_enough_to_be_honest() -> None:
    """One customer gives wide intervals and no error; the last stage has no drop-off."""
    events = [event("p_1", 0, "look_page", 0), event("p_1", 50, "buy_pay", 1)]

    def check(journeys: Journeys) -> None:
        look, buy, keep = stage_times_of(journeys)
        assert (look.n, look.n_moved, look.median.value_s) == (1, 1, 50.0)
        assert look.drop_off is not None
        assert (look.drop_off.share, look.drop_off.high) == (0.0, pytest.approx(0.793, abs=1e-3))
        assert (buy.n_censored, buy.median.value_s) == (1, None)
        assert keep.drop_off is None
        assert keep.skipped is None

    _opened(events, check)
