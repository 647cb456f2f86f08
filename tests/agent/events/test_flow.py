"""Moves, entries, skips, loops, bounces, hand-offs, stays and retention against plain readings."""

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import groupby
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.events.flow import (
    bounces_of,
    channel_walk_of,
    entries_of,
    firsts_of,
    folded,
    handoffs_of,
    ladder_of,
    loops_of,
    moves_of,
    n_outside,
    nodes_of,
    skips_of,
    spread_of,
    stops_of,
    variants_of,
    walk_of,
    window_of,
)
from agent.events.journeys import Journeys, quiet_of
from agent.events.retention import PeriodCount, count_retention
from agent.events.slices import between
from agent.events.waiting import Spell, binned_waits, fates_of, stays_of
from agent.schemas.records import Event
from tests.agent.events.builders import SCOPE, STAGES, START, PlainJourneys, event, lake_of

_LOGS = st.lists(
    st.tuples(
        st.integers(1, 8).map("p_{}".format),
        st.integers(0, 60 * 86_400),
        st.sampled_from(["look_page", "look_page2", "buy_cart", "buy_pay", "keep_use", "other_thing"]),
        st.sampled_from([None, "web", "app"]),
    ),
    max_size=50,
).map(
    lambda rows: [
        event(person, at, name, row, channel=channel) for row, (person, at, name, channel) in enumerate(rows)
    ]
)
_DAY = 86_400


def _opened(events: Sequence[Event], ask: Callable[[Journeys], None]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = lake_of(Path(folder) / "events", events)
        ask(Journeys(lake, SCOPE))
        lake.close()


def _log(*rows: tuple[str, float, str] | tuple[str, float, str, str]) -> list[Event]:
    return [
        event(row[0], row[1], row[2], number, channel=row[3] if len(row) > 3 else None)
        for number, row in enumerate(rows)
    ]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_LOGS)
def test_flow_equals_a_plain_reading_of_the_log(events: list[Event]) -> None:
    """Moves with their times, skips, loops, whole walks and entries are what loops over the same events give."""
    plain = PlainJourneys(events, SCOPE, {})
    own = plain.by_person
    stages = {person: [stage for stage, _ in plain.visits(log)] for person, log in own.items()}

    def check(journeys: Journeys) -> None:
        steps = journeys.steps
        for level in ("event", "stage"):
            moves = moves_of(walk_of(steps, level))
            counted = {(m.source, m.target, m.persons, m.leaving, m.n, m.median_s, m.p90_s) for m in moves}
            assert counted == plain.moves(stages=level == "stage")
        for rank, skip in enumerate(skips_of(steps, STAGES)):
            later = [seen for seen in stages.values() if set(seen) & set(STAGES[rank + 1 :])]
            assert (skip.later, skip.skipped) == (len(later), sum(STAGES[rank] not in seen for seen in later))
        for loop in loops_of(walk_of(steps, "stage")):
            again = [seen.count(loop.node) - 1 for seen in stages.values() if seen.count(loop.node) > 1]
            assert (loop.n, loop.persons) == (sum(again), len(again))
        walks = Counter(tuple(seen) for seen in stages.values() if seen)
        assert {one.path: one.n for one in variants_of(walk_of(steps, "stage"), 100)} == walks
        first = Counter((log[0].name, log[0].channel) for log in own.values())
        assert {(entry.event, entry.channel): entry.persons for entry in entries_of(steps)} == first
        began = Counter(seen[0] for seen in stages.values() if seen)
        assert firsts_of(walk_of(steps, "stage")) == began
        rungs = Counter(
            (k, seen[k], seen[k + 1] if k + 1 < len(seen) else None)
            for seen in stages.values()
            for k in range(min(len(seen), 2))
        )
        ladder = ladder_of(walk_of(steps, "stage"), depth=2)
        assert {(rung.place, rung.node, rung.target): rung.persons for rung in ladder} == rungs
        spread = spread_of(walk_of(steps, "stage"))
        assert (spread.n_persons, spread.n_variants) == (walks.total(), len(walks))
        assert spread.n_alone == sum(n == 1 for n in walks.values())
        assert quiet_of(steps) == plain.quiet()

    _opened(events, check)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_LOGS, st.sampled_from([None, "look_page"]), st.sampled_from([_DAY, 7 * _DAY]))
def test_retention_equals_a_plain_reading(events: list[Event], since: str | None, length_s: int) -> None:
    """A period counts for the persons for whom it is over, and they are active in it with any event."""
    as_of = START + timedelta(days=61, seconds=5)
    after: dict[str, list[float]] = {}
    over: dict[str, int] = {}
    for person, log in PlainJourneys(events, SCOPE, {}).by_person.items():
        origins = [one.at for one in log if since in (None, one.name)]
        if origins:
            over[person] = int((as_of - origins[0]).total_seconds() // length_s)
            after[person] = [(one.at - origins[0]).total_seconds() for one in log if one.at >= origins[0]]
    expected = [
        PeriodCount(
            k,
            sum(n > k and any(s // length_s == k for s in after[p]) for p, n in over.items()),
            sum(n > k for n in over.values()),
        )
        for k in range(max(over.values(), default=0))
    ]

    def check(journeys: Journeys) -> None:
        period = timedelta(seconds=length_s)
        assert count_retention(journeys.steps, period=period, as_of=as_of, since=since) == expected

    _opened(events, check)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_LOGS)
def test_stays_and_fates_equal_a_plain_reading(events: list[Event]) -> None:
    """A first visit lasts until another stage or the end of the data; fates add up to the exits of a stage."""
    plain = PlainJourneys(events, SCOPE, {})
    quiet = plain.quiet()
    expected: Counter[tuple[str, int, bool]] = Counter()
    for log in plain.by_person.values():
        visits = plain.visits(log)
        seen: set[str] = set()
        for k, (stage, at) in enumerate(visits):
            if stage not in seen:
                seen.add(stage)
                went = k + 1 < len(visits)
                until = visits[k + 1][1] if went else SCOPE.as_of
                expected[stage, int((until - at).total_seconds()), went] += 1

    def check(journeys: Journeys) -> None:
        stays = stays_of(journeys.steps, as_of=SCOPE.as_of)
        assert {(s, x.seconds, x.went): x.n for s, found in stays.items() for x in found} == expected
        for rank, stage in enumerate(STAGES):
            fates = fates_of(journeys.steps, stage, rank, as_of=SCOPE.as_of, quiet=quiet)
            reached, went, left, censored = plain.exits(stage)
            assert sum(spell.n for spell in fates) == reached
            assert sum(spell.n for spell in fates if spell.went) == went
            assert sum(spell.n for spell in fates if spell.left) == left
            assert sum(spell.n for spell in fates if not (spell.went or spell.left)) == censored

    _opened(events, check)


def test_fates_time_counts_to_what_is_known() -> None:
    """Going on is known when it happens, being gone only when the quiet time is over."""
    events = _log(("p_1", 0, "look_page"), ("p_1", 90, "buy_pay"), ("p_2", 10, "look_page"))

    def check(journeys: Journeys) -> None:
        as_of = START + timedelta(days=30)
        fates = fates_of(journeys.steps, "look", 0, as_of=as_of, quiet=timedelta(days=14))
        assert fates == [
            Spell(90, 1, went=True, left=False), Spell(14 * _DAY, 1, went=False, left=True)
        ]  # fmt: skip
        early = fates_of(
            journeys.steps, "look", 0, as_of=START + timedelta(seconds=100), quiet=timedelta(days=14)
        )
        assert early[0] == Spell(90, 2, went=True) or {(s.went, s.left) for s in early} == {
            (True, False), (False, False)
        }  # fmt: skip

    _opened(events, check)


def test_bounces_long_back_and_forth_is_one() -> None:
    """A, B, A, B, A between two touchpoints is one bounce of one person; A, B, A is none."""
    rows = [("p_1", 10 * k, f"look_{name}", "web") for k, name in enumerate("abbabaca")]
    rows += [("p_2", 10 * k, f"look_{name}", "web") for k, name in enumerate("aba")]

    def check(journeys: Journeys) -> None:
        found = bounces_of(journeys.steps)
        assert [(one.one, one.other, one.n, one.persons) for one in found] == [("a@web", "b@web", 1, 1)]

    _opened(_log(*rows), check)


def test_handoffs_count_changes_of_channel_between_two_contacts() -> None:
    """A hand-off needs a contact, a change of channel, and another contact in time."""
    events = _log(
        ("p_1", 0, "keep_call", "phone"),
        ("p_1", 10, "look_page", "web"),
        ("p_1", 20, "keep_call", "phone"),
        ("p_2", 0, "keep_call", "phone"),
        ("p_2", 50, "keep_call", "phone"),
        ("p_2", 60, "look_page", "web"),
        ("p_3", 0, "keep_call", "chat"),
        ("p_3", 10, "keep_call", "phone"),
        ("p_4", 0, "keep_call", "chat"),
        ("p_4", 10, "look_page", "web"),
        ("p_4", 10 + 8 * _DAY, "keep_call", "chat"),
    )

    def check(journeys: Journeys) -> None:
        found = handoffs_of(journeys.steps, ["keep_call"], within=timedelta(days=7))
        rows = {(one.source, one.target): (one.n, one.persons, one.in_contact) for one in found}
        assert rows == {("phone", "web"): (1, 1, 3), ("chat", "phone"): (1, 1, 2)}
        assert handoffs_of(journeys.steps, [], within=timedelta(days=7)) == []

    _opened(events, check)


def test_stops_tell_the_gone_from_the_active() -> None:
    """Whose last node it is has left where they are quiet, and is open where they are not."""
    events = _log(
        ("p_1", 0, "look_page"), ("p_2", 50, "look_page"), ("p_3", 0, "look_page"), ("p_3", 9, "buy_pay")
    )

    def check(journeys: Journeys) -> None:
        walk = walk_of(journeys.steps, "event")
        found = stops_of(walk, journeys.steps, quiet_since=START + timedelta(seconds=20))
        rows = {stop.node: (stop.reached, stop.left, stop.n_open) for stop in found}
        assert rows == {"look_page": (3, 1, 1), "buy_pay": (1, 1, 0)}

    _opened(events, check)


def test_walk_folds_the_rest_and_channels_make_a_walk_of_their_own() -> None:
    """Nodes that are not kept share one name; channels are walked without the events that have none."""
    events = _log(
        ("p_1", 0, "look_page", "web"),
        ("p_1", 10, "buy_cart"),
        ("p_1", 20, "buy_pay", "app"),
        ("p_2", 0, "x", "web"),
    )

    def check(journeys: Journeys) -> None:
        walk = walk_of(journeys.steps, "event")
        assert n_outside(walk, ["look_page"]) == 2
        assert nodes_of(folded(walk, ["look_page"], "other (n=2)")) == {"other (n=2)": 2, "look_page": 1}
        moves = moves_of(channel_walk_of(journeys.steps))
        assert [(move.source, move.target, move.n, move.leaving) for move in moves] == [("web", "app", 1, 1)]
        some = between(journeys.steps, START + timedelta(seconds=10), START + timedelta(seconds=20))
        assert nodes_of(walk_of(some, "event")) == {"buy_cart": 1}
        assert window_of(some) == (START + timedelta(seconds=10),) * 2
        assert window_of(between(journeys.steps, START, START)) is None

    _opened(events, check)


def test_binned_waits_give_both_halves_the_same_time() -> None:
    """A move counts by the half it began in, once a person, and only where it had time to be complete."""
    events = _log(
        ("p_1", 0, "a"), ("p_1", 10, "b"), ("p_1", 20, "a"), ("p_1", 21, "b"),
        ("p_2", 100, "a"), ("p_2", 130, "b"), ("p_3", 100, "a"), ("p_3", 151, "b"), ("p_4", 160, "a"), ("p_4", 165, "b"),
    )  # fmt: skip

    def check(journeys: Journeys) -> None:
        walk = walk_of(journeys.steps, "event")
        at = {k: START + timedelta(seconds=k) for k in (50, 200)}
        found = binned_waits(walk, middle=at[50], until=at[200], longest=timedelta(seconds=50))
        early, late = found["a", "b"]
        assert early == {int(8 * np.log(11)): 1}
        assert late == {int(8 * np.log(31)): 1}

    _opened(events, check)


def test_flow_empty_lake_has_nothing() -> None:
    """Without events every question is answered with nothing."""

    def check(journeys: Journeys) -> None:
        steps = journeys.steps
        walk = walk_of(steps, "stage")
        assert (moves_of(walk), entries_of(steps), loops_of(walk), bounces_of(steps)) == ([], [], [], [])
        assert variants_of(walk, 5) == []
        assert (spread_of(walk).n_persons, spread_of(walk).steps) == (0, None)
        assert all((skip.later, skip.skipped) == (0, 0) for skip in skips_of(steps, STAGES))
        assert stays_of(steps, as_of=SCOPE.as_of) == {}
        assert count_retention(steps, period=timedelta(days=7), as_of=SCOPE.as_of) == []

    _opened([], check)


def test_visits_are_runs() -> None:
    """Stage moves skip repetitions and events of no stage."""
    events = _log(
        *[
            ("p_1", 10 * k, name)
            for k, name in enumerate(["look_a", "x", "look_b", "buy_a", "buy_b", "look_c"])
        ]
    )
    runs = [stage for stage, _ in groupby(["look", "look", "buy", "buy", "look"])]

    def check(journeys: Journeys) -> None:
        assert variants_of(walk_of(journeys.steps, "stage"), 3)[0].path == tuple(runs)

    _opened(events, check)
