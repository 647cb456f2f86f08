"""Funnels against a plain reading of every attempt."""

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import product
from pathlib import Path
from statistics import median

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.events.funnels import FunnelMode, FunnelPlan, FunnelStep, count_funnel, count_leavers
from agent.events.journeys import Journeys
from agent.schemas.records import Event
from tests.agent.events.builders import SCOPE, PlainJourneys, event, lake_of

_PERSONS = st.integers(1, 8).map("p_{}".format)
_NAMES = st.sampled_from(["look_page", "buy_cart", "buy_pay", "keep_use", "other_thing"])
_SECONDS = st.one_of(st.integers(0, 12), st.integers(0, 100), st.integers(0, 400).map(lambda k: k / 8))
_LOGS = st.lists(st.tuples(_PERSONS, _SECONDS, _NAMES), max_size=60).map(
    lambda rows: [event(person, at, name, row) for row, (person, at, name) in enumerate(rows)]
)
_EVENT_STEPS = _NAMES.map(lambda name: FunnelStep("name", name))
_STAGE_STEPS = st.sampled_from(["look", "buy", "keep"]).map(lambda name: FunnelStep("stage", name))
_STEPS = st.one_of(
    st.lists(_EVENT_STEPS, min_size=1, max_size=4),
    st.lists(_STAGE_STEPS, min_size=1, max_size=3),
    st.lists(st.one_of(_EVENT_STEPS, _STAGE_STEPS), min_size=2, max_size=3),
).map(tuple)
_WITHIN = st.one_of(st.none(), st.integers(0, 30).map(lambda seconds: timedelta(seconds=seconds)))

_Attempt = tuple[int, ...]
"""Positions of the steps taken."""


def _opened(events: Sequence[Event], ask: Callable[[Journeys], None]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = lake_of(Path(folder) / "events", events)
        ask(Journeys(lake, SCOPE))
        lake.close()


def _walk(plain: PlainJourneys, events: Sequence[Event], plan: FunnelPlan) -> list[tuple[Event, str | None]]:
    """Return a person's events with their stages; runs of one stage where all steps are stages."""
    rows = [(one, plain.stage(one)) for one in events]
    if any(step.column == "name" for step in plan.steps):
        return rows
    staged = [row for row in rows if row[1] is not None]
    return [row for k, row in enumerate(staged) if k == 0 or staged[k - 1][1] != row[1]]


def _attempts(walk: Sequence[tuple[Event, str | None]], plan: FunnelPlan) -> list[_Attempt]:
    """Return every attempt there is, by trying all positions for all steps."""

    def fits(step: FunnelStep, position: int) -> bool:
        one, stage = walk[position]
        return (one.name if step.column == "name" else stage) == step.value

    def allowed(early: int, late: int, first: int) -> bool:
        if late <= early or (plan.mode == "strict" and late != early + 1):
            return False
        return plan.within is None or walk[late][0].at - walk[first][0].at <= plan.within

    found: list[_Attempt] = [(k,) for k in range(len(walk)) if fits(plan.steps[0], k)]
    every = list(found)
    for step in plan.steps[1:]:
        found = [
            (*attempt, k)
            for attempt, k in product(found, range(len(walk)))
            if fits(step, k) and allowed(attempt[-1], k, attempt[0])
        ]
        every += found
    return every


def _best(attempts: Sequence[_Attempt]) -> _Attempt:
    return min(attempts, key=lambda attempt: (-len(attempt), attempt))


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_LOGS, _STEPS, st.sampled_from(["strict", "loose"]), _WITHIN)
def test_count_funnel_equals_trying_every_attempt(
    events: list[Event], steps: tuple[FunnelStep, ...], mode: FunnelMode, within: timedelta | None
) -> None:
    """For every mode, each person counts by the earliest of the attempts that get furthest."""
    plan = FunnelPlan(steps, mode, within)
    plain = PlainJourneys(events, SCOPE, {})
    walks = {person: _walk(plain, own, plan) for person, own in plain.by_person.items()}
    best = {person: _best(found) for person, walk in walks.items() if (found := _attempts(walk, plan))}
    times = {person: [walks[person][k][0].at for k in attempt] for person, attempt in best.items()}

    def check(journeys: Journeys) -> None:
        counts = count_funnel(journeys.steps, plan, as_of=SCOPE.as_of)
        assert len(counts) == len(steps)
        for k, count in enumerate(counts, start=1):
            took = [(at[k - 1] - at[k - 2]).total_seconds() for at in times.values() if len(at) >= k > 1]
            total = [(at[k - 1] - at[0]).total_seconds() for at in times.values() if len(at) >= k > 1]
            assert count.reached == sum(len(at) >= k for at in times.values())
            assert count.median_s == (pytest.approx(median(took)) if took else None)
            assert count.total_median_s == (pytest.approx(median(total)) if total else None)
        for k, leavers in enumerate(count_leavers(journeys.steps, plan), start=1):
            assert leavers == _leavers(walks, best, plan, k)

    _opened(events, check)


def _leavers(
    walks: dict[str, list[tuple[Event, str | None]]], best: dict[str, _Attempt], plan: FunnelPlan, k: int
) -> dict[str | None, int]:
    staged = all(step.column == "stage" for step in plan.steps)
    found: Counter[str | None] = Counter()
    for person, attempt in best.items():
        if len(attempt) == k < len(plan.steps):
            after = walks[person][attempt[-1] + 1 :]
            found[(after[0][1] if staged else after[0][0].name) if after else None] += 1
    return dict(found)


def test_count_funnel_later_start_in_time_converts() -> None:
    """A first attempt that ran out of time does not hide a later one that made it."""
    rows = [("look_page", 0), ("look_page", 50), ("buy_pay", 60)]
    events = [event("p_1", at, name, row) for row, (name, at) in enumerate(rows)]
    steps = (FunnelStep("name", "look_page"), FunnelStep("name", "buy_pay"))

    def check(journeys: Journeys) -> None:
        plan = FunnelPlan(steps, within=timedelta(seconds=10))
        counts = count_funnel(journeys.steps, plan, as_of=SCOPE.as_of)
        assert [(count.reached, count.median_s) for count in counts] == [(1, None), (1, 10.0)]
        anytime = count_funnel(journeys.steps, FunnelPlan(steps), as_of=SCOPE.as_of)
        assert anytime[1].median_s == 60.0

    _opened(events, check)


def test_count_funnel_unfinished_time_is_open() -> None:
    """Who started less than the window ago and has not got there is open, not lost."""
    events = [event("p_1", 0, "look_page", 0), event("p_2", 95, "look_page", 1)]
    plan = FunnelPlan(
        (FunnelStep("name", "look_page"), FunnelStep("name", "buy_pay")), within=timedelta(seconds=10)
    )

    def check(journeys: Journeys) -> None:
        as_of = events[0].at + timedelta(seconds=100)
        counts = count_funnel(journeys.steps, plan, as_of=as_of)
        assert [(count.reached, count.n_open) for count in counts] == [(2, 1), (0, 0)]

    _opened(events, check)


def test_count_funnel_nobody_has_no_times() -> None:
    """An empty lake and a step that nobody takes give zeros and no times."""
    plan = FunnelPlan((FunnelStep("name", "a"), FunnelStep("name", "b")), within=timedelta(0))

    def check(journeys: Journeys) -> None:
        counts = count_funnel(journeys.steps, plan, as_of=SCOPE.as_of)
        assert [(count.reached, count.median_s) for count in counts] == [(0, None), (0, None)]
        assert count_leavers(journeys.steps, plan) == [{}, {}]

    _opened([], check)
    _opened([event("p_1", 0, "look_page", 0)], check)
