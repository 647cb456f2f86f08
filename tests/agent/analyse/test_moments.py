"""Moments that matter: a planted one is found and ranked, chance and trivial ones are not."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from agent.analyse.behaviour import Experience, Speakers
from agent.analyse.landmarks import FollowUp
from agent.analyse.moments import MomentScope, find_moments, weight_of
from agent.events.journeys import Journeys
from agent.events.lake import EventLake
from agent.schemas.insight import Moment
from agent.schemas.records import Event
from tests.agent.events.builders import SCOPE, START, event, lake_of

_DAY_S = 86_400
_LAST_DAY = 200
Find = Callable[..., tuple[Moment, ...]]
Follow = Callable[[list["Step"]], FollowUp]
Step = tuple[str, float, str]
"""Person, day, name."""


@pytest.fixture
def follow(tmp_path: Path) -> Iterator[Follow]:
    """Give a function from steps to what persons did after a moment."""
    lakes: list[EventLake] = []

    def follow_up(steps: list[Step]) -> FollowUp:
        rows: list[Event] = [
            event(person, day * _DAY_S, name, row)
            for row, (person, day, name) in enumerate([*steps, ("p_last", _LAST_DAY, "look_end")])
        ]
        lakes.append(lake_of(tmp_path / f"events-{len(lakes)}", rows))
        return FollowUp(Journeys(lakes[-1], SCOPE))

    yield follow_up
    for lake in lakes:
        lake.close()


@pytest.fixture
def find(follow: Follow) -> Find:
    """Give a function from steps, and experiences told on day one, to moments."""

    def find_in(steps: list[Step], told: dict[str, set[str]] | None = None) -> tuple[Moment, ...]:
        return _found(follow(steps), told or {}, {person for person, _, _ in steps})

    return find_in


def _found(follow_up: FollowUp, told: dict[str, set[str]], persons: set[str]) -> tuple[Moment, ...]:
    said = START + timedelta(days=1)
    everyone = Speakers(dict.fromkeys(persons if told else (), said))
    experiences = [Experience(name, name, None, dict.fromkeys(who, said)) for name, who in told.items()]
    return find_moments(experiences, MomentScope(everyone, follow_up, follow_up, "customers", "customers"))


def _plain_steps(n: int, rng: np.random.Generator) -> list[Step]:
    """Return persons who look around for forty days; three in ten leave in the end, whatever they did."""
    steps: list[Step] = []
    for number in range(n):
        person = f"p_{number}"
        days = np.sort(rng.uniform(0, 40, rng.integers(4, 12)))
        names = rng.choice(["look_page", "look_list", "look_price", "buy_cart", "buy_form"], len(days))
        steps += [(person, float(day), str(name)) for day, name in zip(days, names, strict=True)]
        if rng.random() < 0.3:
            steps.append((person, 41 + float(rng.uniform(0, 10)), "subscription_cancelled"))
    return steps


def test_planted_event_is_the_first_moment(find: Find) -> None:
    """Who has the event leaves twice as often; nothing else is found, and the effect is about what was planted."""
    rng = np.random.default_rng(1)
    steps: list[Step] = []
    for number in range(600):
        person, is_hit = f"p_{number}", rng.random() < 0.3
        days = np.sort(rng.uniform(0, 40, 8))
        names = [str(name) for name in rng.choice(["look_page", "look_list", "buy_cart"], 8)]
        if is_hit:
            names[int(rng.integers(1, 7))] = "buy_failed"
        steps += [(person, float(day), name) for day, name in zip(days, names, strict=True)]
        if rng.random() < (0.6 if is_hit else 0.25):
            steps.append((person, 45.0, "subscription_cancelled"))
    found = find(steps)
    assert [moment.experience for moment in found if moment.kind == "event"] == ["buy_failed"]
    moment = found[0]
    assert (moment.outcome, moment.stage, moment.relation) == ("leaving", "buy", "associated with")
    assert moment.adjusted is not None
    assert moment.adjusted.low < 0.3 < moment.adjusted.high
    assert moment.reach is not None
    assert (moment.reach.n, moment.reach.total) == (
        len({person for person, _, name in steps if name == "buy_failed"}),
        601,
    )
    assert moment.e_value is not None
    assert moment.e_value > 2
    assert moment.n_compared is not None
    assert moment.n_left_out is not None
    assert moment.p_value < 0.001


def test_time_that_an_event_needs_is_no_effect(find: Find) -> None:
    """Who stays longer has the event more often and leaves less: followed from the event on, there is nothing left."""
    rng = np.random.default_rng(2)
    steps: list[Step] = []
    n = dict.fromkeys([(True, True), (True, False), (False, True), (False, False)], 0)
    for number in range(1_500):
        person, stays = f"p_{number}", int(rng.geometric(0.12))
        names = ["buy_survey" if rng.random() < 0.08 else "look_page" for _ in range(stays)]
        steps += [(person, 3.0 * place, name) for place, name in enumerate(names[:30])]
        leaves = stays < 30
        if leaves:
            steps.append((person, 3.0 * stays, "subscription_cancelled"))
        n["buy_survey" in names[:30], leaves and stays <= 10] += 1
    naive = n[True, True] / (n[True, True] + n[True, False]) - n[False, True] / (
        n[False, True] + n[False, False]
    )
    assert naive < -0.3
    assert not [moment for moment in find(steps) if moment.experience == "buy_survey"]


def test_random_labels_are_rarely_a_moment(follow: Follow) -> None:
    """Told at random, no experience goes along with anything; of thirty searches four may err."""
    rng = np.random.default_rng(4)
    steps = _plain_steps(300, rng)
    persons = sorted({person for person, _, _ in steps})
    follow_up = follow(steps)
    n_found = 0
    for _ in range(30):
        told = {f"e_{k}": {p for p in persons if rng.random() < 0.3} for k in range(4)}
        n_found += bool(_found(follow_up, told, set(persons)))
    assert n_found <= 4


def test_step_on_the_way_to_an_outcome_is_no_moment(find: Find) -> None:
    """Who opens the form buys within minutes: progress, not an experience that matters."""
    rng = np.random.default_rng(5)
    steps: list[Step] = []
    for number in range(400):
        person = f"p_{number}"
        steps += [(person, float(day), "look_page") for day in np.sort(rng.uniform(0, 20, 4))]
        if number % 2:
            steps.append((person, 21.0, "buy_form"))
            steps.append((person, 21.001, "order_completed"))
    assert not [
        moment for moment in find(steps) if moment.outcome == "purchase" and moment.experience == "buy_form"
    ]


def test_long_wait_is_a_moment_of_its_own(find: Find) -> None:
    """Who waits longest in a stage leaves more often; a wait counts from the step that ends it."""
    rng = np.random.default_rng(6)
    steps: list[Step] = []
    for number in range(800):
        person, is_long = f"p_{number}", number % 5 == 0
        wait = rng.uniform(15, 20) if is_long else rng.uniform(1, 10)
        steps += [
            (person, 1.0, "look_page"),
            (person, 2.0, "buy_cart"),
            (person, 2.0 + float(wait), "keep_home"),
        ]
        if rng.random() < (0.7 if is_long else 0.2):
            steps.append((person, 30.0, "subscription_cancelled"))
    found = [moment for moment in find(steps) if moment.kind == "wait"]
    assert [(moment.experience, moment.outcome) for moment in found] == [("a long wait in buy", "leaving")]
    assert found[0].reach is not None
    assert found[0].reach.total == 800
    assert found[0].adjusted is not None
    assert found[0].adjusted.risk_difference > 0.3


def _told_steps(shares: dict[str, tuple[int, float]]) -> tuple[list[Step], dict[str, set[str]]]:
    """Return persons of whom so many told of each experience and that share of them left; of the rest one in ten."""
    steps: list[Step] = []
    told: dict[str, set[str]] = {}
    number = 0
    for name, (n, share) in {**shares, "": (600, 0.1)}.items():
        for k in range(n):
            person = f"p_{number}"
            number += 1
            steps.append((person, 0.5, "look_page"))
            if k < round(n * share):
                steps.append((person, 20.0, "subscription_cancelled"))
            if name:
                told.setdefault(name, set()).add(person)
    return steps, told


def test_moments_are_ranked_by_reach_times_effect(find: Find) -> None:
    """A strong effect on few comes after a lesser one on many; what is not proven is left out."""
    steps, told = _told_steps({"few": (30, 0.9), "many": (400, 0.4), "none": (100, 0.24)})
    found = find(steps, told)
    assert [moment.experience for moment in found] == ["many", "few"]
    assert all(moment.kind == "pain_point" for moment in found)
    assert weight_of(found[0]) > weight_of(found[1])
    assert all(moment.low < moment.risk_difference < moment.high for moment in found)
    assert all(moment.adjusted is not None and moment.adjusted.low > 0 for moment in found)
    assert found == find(steps, dict(reversed(told.items())))


def test_moments_are_adjusted_for_all_pairs_looked_at(find: Find) -> None:
    """What would stand alone falls when it is one of many that were tried."""
    steps, told = _told_steps({"near": (60, 0.2)})
    assert [moment.experience for moment in find(steps, told)] == ["near"]
    rest = sorted({person for person, _, _ in steps} - told["near"])
    rng = np.random.default_rng(7)
    flat = {f"flat_{k}": {str(person) for person in rng.choice(rest, 120, replace=False)} for k in range(25)}
    assert find(steps, {**told, **flat}) == ()


def test_moments_of_nothing_are_none(find: Find) -> None:
    """Without outcomes, or where nobody or everybody has one, there is no moment."""
    persons = [f"p_{number}" for number in range(60)]
    looks: list[Step] = [(person, 0.5, "look_page") for person in persons]
    told = {"e": set(persons[:30])}
    assert find(looks, told) == ()
    assert find([*looks, *((person, 9.0, "subscription_cancelled") for person in persons)], told) == ()
    assert find([]) == ()
