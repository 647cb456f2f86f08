"""Words and deeds: complaints down while exits go up is said, its mirror image is something else, noise is neither."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from agent.analyse.behaviour import Experience, Speakers
from agent.analyse.join import Joined, linkages_of
from agent.analyse.landmarks import FollowUp
from agent.events.journeys import Journeys
from agent.events.lake import EventLake
from agent.schemas.insight import Agreement
from agent.schemas.records import Event
from tests.agent.events.builders import SCOPE, START, event, lake_of

_DAY_S = 86_400
_N_HALF = 300
_LAST_DAY = 300


@pytest.fixture
def lakes() -> Iterator[list[EventLake]]:
    """Lakes that are closed in the end."""
    opened: list[EventLake] = []
    yield opened
    for lake in opened:
        lake.close()


def _agreement(
    folder: Path,
    lakes: list[EventLake],
    *,
    voiced: tuple[float, float],
    leave: tuple[float, float],
    among: str = "all",
    names_leaving: bool = True,
) -> Agreement:
    """Return whether words and deeds agree where shares of two halves voice something and leave afterwards."""
    events: list[Event] = []
    said: dict[str, datetime] = {}
    pain: dict[str, datetime] = {}
    for half, (share, exits) in enumerate(zip(voiced, leave, strict=True)):
        n_voiced = round(share * _N_HALF)
        for number in range(_N_HALF):
            person, day = f"p_{half}_{number}", 100 * half + 80 * number / _N_HALF
            said[person] = START + timedelta(days=day)
            # Every second one first, so that who voices it leaves no more than the others.
            is_voiced = number < n_voiced
            if is_voiced:
                pain[person] = said[person]
            size = n_voiced if among == "voiced" else _N_HALF
            leaves = (number * 7 % size) < round(exits * size) if is_voiced or among == "all" else False
            events.append(event(person, (day - 0.5) * _DAY_S, "keep_home", len(events)))
            if leaves and names_leaving:
                events.append(event(person, (day + 20) * _DAY_S, "subscription_cancelled", len(events)))
            if not leaves and not names_leaving:
                events.append(event(person, (day + 20) * _DAY_S, "keep_home", len(events)))
    events.append(event("p_last", _LAST_DAY * _DAY_S, "look_end", len(events)))
    lakes.append(lake_of(folder / "events", events))
    found = linkages_of(
        [Joined(Experience("pp", "x", "keep", pain), {person: [at] for person, at in pain.items()})],
        {person: [at] for person, at in said.items()},
        Speakers(said),
        FollowUp(Journeys(lakes[-1], SCOPE)),
        population="customers",
    )
    assert found[0].agreement is not None
    return found[0].agreement


@pytest.mark.parametrize("among", ["all", "voiced"])
@pytest.mark.parametrize("names_leaving", [True, False], ids=["event", "silence"])
def test_complaints_down_and_exits_up_disagree(
    tmp_path: Path, lakes: list[EventLake], among: str, names_leaving: bool
) -> None:
    """Told apart whether exits have an event or are a silence, of all customers or of those who voice it."""
    found = _agreement(
        tmp_path, lakes, voiced=(0.5, 0.25), leave=(0.2, 0.6), among=among, names_leaving=names_leaving
    )
    assert found.verdict == "disagree"
    assert "fewer customers complain of it, and more leave" in found.statement
    assert found.said is not None
    assert found.said.difference == pytest.approx(-0.25)
    rising = [
        one for one in found.exits if one.change.verdict == "changed" and (one.change.difference or 0) > 0
    ]
    assert among in {one.of for one in rising}


def test_mirror_image_is_not_called_the_same(tmp_path: Path, lakes: list[EventLake]) -> None:
    """More complaints and fewer exits is another finding, in other words."""
    found = _agreement(tmp_path, lakes, voiced=(0.25, 0.5), leave=(0.6, 0.2))
    assert found.verdict == "disagree_reversed"
    assert "more customers complain of it, and fewer leave" in found.statement


@pytest.mark.parametrize(
    ("voiced", "leave", "verdict"),
    [
        ((0.5, 0.25), (0.6, 0.2), "agree"),
        ((0.25, 0.5), (0.2, 0.6), "agree"),
        ((0.5, 0.25), (0.3, 0.3), "not_shown"),
        ((0.3, 0.3), (0.2, 0.6), "not_shown"),
        ((0.3, 0.3), (0.3, 0.3), "not_shown"),
    ],
    ids=str,
)
def test_no_disagreement_without_two_opposite_changes(
    tmp_path: Path,
    lakes: list[EventLake],
    voiced: tuple[float, float],
    leave: tuple[float, float],
    verdict: str,
) -> None:
    """The same direction agrees; one proven change alone shows nothing."""
    assert _agreement(tmp_path, lakes, voiced=voiced, leave=leave).verdict == verdict


def test_agreement_without_dates_is_not_shown(tmp_path: Path, lakes: list[EventLake]) -> None:
    """Where nobody knows when anything was said, no half can be told from the other."""
    events = [event("p_1", 0, "keep_home", 0), event("p_1", _DAY_S, "subscription_cancelled", 1)]
    lakes.append(lake_of(tmp_path / "events", events))
    pain = Experience("pp", "x", None, {}, frozenset({"p_1", "p_2"}))
    linkage = linkages_of(
        [Joined(pain, {})],
        {},
        Speakers({}, pain.undated),
        FollowUp(Journeys(lakes[-1], SCOPE)),
        population="customers",
    )[0]
    assert (linkage.n_voiced, linkage.n_linked, linkage.n_unlinked, linkage.n_undated) == (2, 1, 1, 1)
    assert linkage.agreement is not None
    assert linkage.agreement.verdict == "not_shown"
    assert linkage.agreement.split_at is None
