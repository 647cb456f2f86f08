"""When customers are reached best, and how they respond to an offer: told where it is known, refused where it is not."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from agent.analyse.sending import offer_response, send_times
from agent.events.features import Activity, activity_of
from tests.agent.analyse.brands import MakeJourneys, journeys_of


def _activity(hours: list[list[int]], *, name: str = "look_page", offset_share: float = 1.0) -> Activity:
    rows = [(person, hour) for person, own in enumerate(hours) for hour in own]
    return Activity(
        persons=tuple(f"p_{person}" for person in range(len(hours))),
        person=np.array([person for person, _ in rows]),
        name=(name,) * len(rows),
        channel=tuple("app" if hour == 19 else "web" for _, hour in rows),
        hour=np.array([hour for _, hour in rows]),
        n=np.ones(len(rows), dtype=np.int64),
        offset_share=offset_share,
    )


def test_evening_customers_are_best_reached_in_the_evening() -> None:
    """The hour that most customers are active at is told, with its share; who is few has no segment."""
    rng = np.random.default_rng(1)
    hours = [[19, *rng.integers(0, 24, 2).tolist()] for _ in range(150)]
    groups = {f"p_{n}": "few" for n in range(3)} | {f"p_{n}": "some" for n in range(3, 60)}
    found = send_times(_activity(hours), n_days=120, groups=groups, population="customers")
    assert (found.verdict, found.clock, found.basis) == ("shown", "local", "activity")
    best = found.segments[0].hour
    assert best is not None
    assert (best.value, best.share.n, best.alike) == ("19:00 local", 150, ())
    assert [one.segment for one in found.segments] == ["all", "some"]
    assert found.segments[1].hour_reason == "57 customers, 100 are needed"
    assert found.n_hidden == 3


def test_customers_at_any_hour_have_no_best_one() -> None:
    """Where all hours are alike none is told."""
    rng = np.random.default_rng(2)
    hours = [rng.integers(0, 24, 3).tolist() for _ in range(150)]
    found = send_times(_activity(hours), n_days=120, groups=None, population="customers")
    assert found.segments[0].hour is None
    assert found.segments[0].hour_reason == "no hour stands out from the typical one"


def test_short_data_tells_no_time() -> None:
    """Under ninety days nothing is told."""
    found = send_times(_activity([[19]] * 150), n_days=89, groups=None, population="customers")
    assert (found.verdict, found.segments) == ("unknown", ())
    assert found.reason == "the events cover 89 days, 90 are needed"


def test_answers_to_messages_count_where_there_are_any_and_utc_is_said(tmp_path: Path) -> None:
    """Opened messages count before other activity; without offsets the hours are UTC."""
    did = [(f"p_{n:05}", 100 * (n % 2) + 1 / 24, "email_opened", "email") for n in range(120)]
    did += [(f"p_{n:05}", 50 + 10 / 24, "look_page", "web") for n in range(120)]
    lake, journeys = journeys_of(tmp_path / "events", did)
    with closing(lake):
        activity = activity_of(journeys, lake)
    found = send_times(activity, n_days=100, groups=None, population="customers")
    assert (found.basis, found.clock) == ("responses", "UTC")


def test_offer_is_refused_without_control(made: MakeJourneys) -> None:
    """Buyers after an offer prove nothing; what would prove it is told."""
    did = [(f"p_{n:05}", 10.0, "offer_shown", "web") for n in range(150)]
    did += [(f"p_{n:05}", 12.0, "order_completed", "web") for n in range(80)]
    found = offer_response(made(did))
    assert found.verdict == "refused"
    assert "no causal data" in str(found.reason)
    assert [one.split(":")[0] for one in found.needed] == ["control"]


def test_offer_is_told_where_chance_kept_some_from_it(made: MakeJourneys) -> None:
    """With a control the difference of the shares is told with its interval."""
    did = [(f"p_{n:05}", 10.0, "offer_shown" if n % 2 else "offer_withheld", "web") for n in range(400)]
    did += [(f"p_{n:05}", 12.0, "order_completed", "web") for n in range(400) if n % 10 in {0, 1, 3}]
    found = offer_response(made(did))
    assert found.offered is not None
    assert found.withheld is not None
    assert (found.offered.n, found.withheld.n) == (80, 40)
    assert found.difference == pytest.approx(0.2)
    assert found.low is not None
    assert found.low > 0.1
