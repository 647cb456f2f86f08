"""Plans beside logs: coverage, deviations, gaps, and what the data cannot show."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from agent.analyse.conformance import Conformance, Coverage, conformance_of, observed_plan
from agent.analyse.high_value import HighValueRule
from agent.analyse.taxonomy import stage_of_event, touchpoint_of_event
from agent.events.journeys import Journeys
from agent.events.steps import JourneyScope
from agent.schemas.journey import DEFAULT_STAGES
from agent.schemas.planned import Flow, PlannedMap, PlannedMove, PlannedStage, PlannedTouchpoint
from agent.schemas.records import Event
from tests.agent.events.builders import SCOPE, event, lake_of

_SCOPE = JourneyScope(
    stages=DEFAULT_STAGES,
    stage_of=stage_of_event,
    touchpoint_of=lambda name, channel: touchpoint_of_event(name, {}, channel),
    as_of=SCOPE.as_of,
)
_LOG = (
    (12, "ad_clicked product_viewed product_viewed cart_viewed order_completed"),
    (6, "ad_clicked cart_viewed order_completed"),
    (5, "ad_clicked product_viewed weird_thing cart_viewed"),
    (3, "product_viewed"),
)


def _moves(*pairs: tuple[str, str], starts: tuple[str, ...] = (), ends: tuple[str, ...] = ()) -> Flow:
    return Flow(moves=tuple(PlannedMove(source=a, target=b) for a, b in pairs), starts=starts, ends=ends)


_PLAN = PlannedMap(
    stages=tuple(PlannedStage(name=name) for name in ("awareness", "consideration", "decision")),
    touchpoints=tuple(
        PlannedTouchpoint(name=name, stages=(stage,))
        for name, stage in (
            ("Ad clicked", "awareness"),
            ("View products", "consideration"),
            ("Ask a friend", "consideration"),
            ("Cart viewed", "decision"),
            ("Order completed", "decision"),
        )
    ),
    touchpoint_flow=_moves(
        ("Ad clicked", "View products"),
        ("View products", "Ask a friend"),
        ("Ask a friend", "Cart viewed"),
        ("Cart viewed", "Order completed"),
        starts=("Ad clicked",),
        ends=("Order completed",),
    ),
)


def _events(log: Sequence[tuple[int, str]]) -> list[Event]:
    steps = [
        (f"p{number}_{one}", place, name)
        for number, (n, path) in enumerate(log)
        for one in range(n)
        for place, name in enumerate(path.split())
    ]
    return [
        replace(
            event(person, place * 60, name, row),
            properties={"total": row} if name == "order_completed" else {},
        )
        for row, (person, place, name) in enumerate(steps)
    ]


def _beside(
    folder: Path, plan: PlannedMap, log: Sequence[tuple[int, str]] = _LOG, rule: HighValueRule | None = None
) -> Conformance:
    lake = lake_of(folder / "events", _events(log))
    try:
        return conformance_of(plan, Journeys(lake, _SCOPE), lake, high_value=rule)
    finally:
        lake.close()


def _level(coverage: Coverage | None) -> Coverage:
    assert coverage is not None
    return coverage


def test_conformance_counts_who_fits_and_where_others_leave(tmp_path: Path) -> None:
    """A touchpoint that the data cannot show is passed; repeats of one are one step."""
    found = _beside(tmp_path, _PLAN)
    level = _level(found.touchpoints)
    assert (level.all.n, level.all.total) == (12, 26)
    assert level.complete is not None
    assert level.complete.n == 12
    left = [(one.before, one.step, one.kind, one.reach.n, one.reach.total) for one in level.deviations]
    assert left == [
        ("Ad clicked", "Cart viewed", "transition", 6, 14),
        ("View products", "weird_thing", "step", 5, 14),
        (None, "View products", "start", 3, 14),
    ]
    assert level.paths[0].path == ("Ad clicked", "Cart viewed", "Order completed")
    assert level.all.low is not None
    assert level.all.low < 12 / 26
    assert found.gaps == ("weird_thing",)
    assert [(one.name, one.reason) for one in found.never_used] == [("Ask a friend", "no event by this name")]


def test_conformance_lists_planned_moves_and_others_apart(tmp_path: Path) -> None:
    """A planned move that nobody made is listed with nobody; a move over an unseen touchpoint is planned."""
    level = _level(
        _beside(tmp_path, _PLAN, [(12, "ad_clicked cart_viewed"), (1, "product_viewed")]).touchpoints
    )
    moves = {(one.source, one.target): (one.planned, one.reach.n) for one in level.transitions}
    assert moves == {
        ("Ad clicked", "View products"): (True, 0),
        ("View products", "Cart viewed"): (True, 0),
        ("Ad clicked", "Cart viewed"): (False, 12),
    }
    assert [(move.source, move.target) for move in level.unseen] == [
        ("View products", "Ask a friend"),
        ("Ask a friend", "Cart viewed"),
        ("Cart viewed", "Order completed"),
    ]


def test_conformance_of_stages_follows_the_touchpoints_of_the_plan(tmp_path: Path) -> None:
    """Stages may follow one another where their touchpoints may; steps of no stage are left out."""
    level = _level(_beside(tmp_path, _PLAN).stages)
    assert (level.all.n, level.all.total) == (17, 26)
    assert [one.path for one in level.paths] == [("awareness", "decision"), ("consideration",)]


def test_conformance_of_an_order_of_stages_allows_the_next_and_the_same(tmp_path: Path) -> None:
    """Where a plan states no transitions, its order is the plan, forwards and without a leap."""
    plan = PlannedMap(
        stages=_PLAN.stages,
        touchpoints=(*_PLAN.touchpoints[:2], _PLAN.touchpoints[3]),
    )
    log = [
        (10, "ad_clicked product_viewed cart_viewed"),
        (4, "ad_clicked cart_viewed"),
        (3, "product_viewed ad_clicked"),
    ]
    level = _level(_beside(tmp_path, plan, log).touchpoints)
    assert (level.all.n, level.complete) == (10, None)
    assert [one.reach.n for one in level.deviations] == [4, 3]
    assert all(not one.planned or one.reach.n for one in level.transitions)


def test_conformance_of_twin_names_keeps_the_ways_of_both(tmp_path: Path) -> None:
    """What the plan says of the second name holds of the events, which the first has; the second is superfluous."""
    plan = PlannedMap(
        touchpoints=tuple(
            PlannedTouchpoint(name=name)
            for name in ("Ad clicked", "View product", "Products viewed", "Cart viewed")
        ),
        touchpoint_flow=_moves(
            ("Ad clicked", "View product"), ("Products viewed", "Cart viewed"), starts=("Ad clicked",)
        ),
    )
    found = _beside(tmp_path, plan, [(11, "ad_clicked product_viewed cart_viewed")])
    assert _level(found.touchpoints).all.n == 11
    assert found.redundancies == ("Products viewed",)


def test_conformance_with_stages_of_other_words_leaves_out_what_has_no_place(tmp_path: Path) -> None:
    """Where no stage is called as the data calls it, only touchpoints of the plan say where a step belongs."""
    plan = PlannedMap(
        stages=(PlannedStage(name="Hook"), PlannedStage(name="Sink")),
        touchpoints=(
            PlannedTouchpoint(name="Ad clicked", stages=("Hook",)),
            PlannedTouchpoint(name="Cart viewed", stages=("Sink",)),
        ),
    )
    found = _beside(tmp_path, plan)
    level = _level(found.stages)
    assert (level.all.n, level.all.total, level.n_left_out) == (23, 23, 3)
    assert _level(found.touchpoints).all.n == 0


def test_conformance_of_high_value_customers_is_by_number_or_top_fifth(tmp_path: Path) -> None:
    """What purchases add up to where nothing is named; unknown where there is no such number."""
    top = _beside(tmp_path / "a", _PLAN).high_value
    assert (top.by, top.reason) == ("purchases", None)
    level = _level(_beside(tmp_path / "b", _PLAN, rule=HighValueRule(name="total", at_least=1)).touchpoints)
    assert level.high_value is not None
    assert (level.high_value.n, level.high_value.total) == (12, 18)
    none = _beside(tmp_path / "c", _PLAN, rule=HighValueRule(name="margin"))
    assert "margin" in (none.high_value.reason or "")
    assert _level(none.touchpoints).high_value is None


def test_conformance_of_too_few_customers_states_no_share(tmp_path: Path) -> None:
    """Counts stand, shares are unknown."""
    level = _level(_beside(tmp_path, _PLAN, [(9, "ad_clicked")]).touchpoints)
    assert (level.all.n, level.all.total, level.all.share, level.all.low) == (9, 9, None, None)


def test_conformance_of_a_map_of_nothing_in_the_data_is_told(tmp_path: Path) -> None:
    """All names are listed as unmatched; who fits is unknown, and nothing fails."""
    plan = PlannedMap(touchpoints=(PlannedTouchpoint(name="Séance"), PlannedTouchpoint(name="Тест")))
    found = _beside(tmp_path, plan)
    assert [match.rule for match in found.touchpoint_matches] == [None, None]
    assert (found.touchpoints, found.stages, found.gaps) == (None, None, ())
    assert len(found.never_used) == 2


def test_conformance_of_a_few_tells_what_they_do_not_use_from_what_nobody_records(tmp_path: Path) -> None:
    """What others did is in the data: those in scope leave the plan by passing it; what nobody ever did is passed."""
    lake = lake_of(tmp_path / "events", _events([(10, "ad_clicked cart_viewed"), (1, "product_viewed")]))
    everyone = Journeys(lake, _SCOPE)
    few = Journeys(lake, replace(_SCOPE, persons=everyone.persons - {"p1_0"}))
    found = conformance_of(_PLAN, few, lake)
    assert (_level(found.touchpoints).all.n, found.redundancies) == (0, ("View products",))
    assert [(one.name, one.level, one.reason) for one in found.never_used] == [
        ("View products", "touchpoint", "nobody was there"),
        ("consideration", "stage", "nobody was there"),
        ("Ask a friend", "touchpoint", "no event by this name"),
        ("Order completed", "touchpoint", "no event by this name"),
    ]
    lake.close()


@pytest.mark.parametrize("log", [_LOG, [(3, "product_viewed")], [(2, "weird_thing")]])
def test_observed_plan_is_fitted_by_everybody_it_was_observed_of(
    log: Sequence[tuple[int, str]], tmp_path: Path
) -> None:
    """The stage graph of a log, laid beside the same log, covers it."""
    lake = lake_of(tmp_path / "events", _events(log))
    journeys = Journeys(lake, _SCOPE)
    plan = observed_plan(journeys)
    if plan.stages:
        level = _level(conformance_of(plan, journeys, lake).stages)
        assert level.complete is not None
        assert level.complete.n == level.all.n == level.all.total
    else:
        assert not journeys.moves("stage")
    lake.close()
