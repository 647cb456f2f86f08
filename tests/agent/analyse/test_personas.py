"""Personas: planted groups are found and named, chance is not, and nothing is told of a few customers."""

from collections import Counter
from datetime import timedelta

import numpy as np
import pytest

from agent.analyse.personas import Personas, personas_of
from eval.simulator.ways import alike, in_groups
from tests.agent.analyse.brands import MakeJourneys
from tests.agent.events.builders import START


def _names(found: Personas) -> list[str]:
    return [one.name for one in found.personas if one.name is not None]


def test_planted_two_groups_are_found_and_named(made: MakeJourneys) -> None:
    """Two groups with ways and buying of their own come out as two, with names of what marks them off."""
    did, groups = in_groups(300, np.random.default_rng(1), shares=[0.6, 0.4], buying=[0.1, 0.6])
    found = personas_of(made(did), population="customers")
    assert len(_names(found)) == len(found.personas) == 2
    planted = sorted(Counter(groups).values(), reverse=True)
    assert all(abs(one.size.n - n) <= 6 for one, n in zip(found.personas, planted, strict=True))
    assert "web" in str(found.personas[0].name)
    assert "app" in str(found.personas[1].name)


def test_planted_three_groups_tell_what_they_do_not_share_and_what_followed(made: MakeJourneys) -> None:
    """Each of three groups has a contrast, an outcome on customers it was not found on, and quartiles."""
    did, _ = in_groups(400, np.random.default_rng(2), shares=[0.4, 0.35, 0.25], buying=[0.05, 0.3, 0.8])
    found = personas_of(made(did), population="customers")
    assert len(_names(found)) == 3
    assert 100 < found.n_held < found.n_persons
    phone = next(one for one in found.personas if "phone" in str(one.name))
    assert any(one.feature == "phone" and one.difference > 0.3 for one in phone.contrasts)
    outcome = phone.outcomes[0]
    assert outcome.inside.total + outcome.outside.total == found.n_held
    assert outcome.low is not None
    assert 0.2 < outcome.low <= outcome.difference
    assert outcome.p_value < 0.001
    assert all(each.lower <= each.median <= each.upper for each in phone.spread)


@pytest.mark.parametrize("uneven", [0.0, 1.0])
def test_no_groups_give_no_named_persona(made: MakeJourneys, uneven: float) -> None:
    """Customers who are all alike, or all different without groups, give none that has a name, and reasons."""
    found = personas_of(made(alike(300, np.random.default_rng(3), uneven=uneven)), population="customers")
    assert found.verdict == "none"
    assert all(one.name is None and one.reasons for one in found.personas)


def test_group_without_a_later_difference_has_no_name(made: MakeJourneys) -> None:
    """Stable groups that buy alike later on stay unnamed, and say so."""
    did, _ = in_groups(300, np.random.default_rng(4), shares=[0.5, 0.5], buying=[0.5, 0.5])
    found = personas_of(made(did), population="customers")
    assert _names(found) == []
    assert all("no later outcome" in one.reasons[-1] for one in found.personas)


def test_personas_twice_are_the_same_bytes(made: MakeJourneys) -> None:
    """The same steps give the same personas."""
    did, _ = in_groups(150, np.random.default_rng(5), shares=[0.5, 0.5], buying=[0.1, 0.7])
    first, again = (personas_of(made(did), population="customers").model_dump_json() for _ in range(2))
    assert first == again


def test_few_customers_give_no_groups(made: MakeJourneys) -> None:
    """Under a hundred customers nothing is grouped, and the number that is needed is told."""
    did, _ = in_groups(60, np.random.default_rng(6), shares=[0.5, 0.5], buying=[0.1, 0.7])
    found = personas_of(made(did), population="customers")
    assert (found.verdict, found.personas) == ("unknown", ())
    assert "100 are needed" in str(found.reason)


def test_nothing_is_shown_of_fewer_than_five(made: MakeJourneys) -> None:
    """No group, path or comparison is about one to four customers."""
    did, _ = in_groups(200, np.random.default_rng(7), shares=[0.96, 0.02, 0.02], buying=[0.1, 0.6, 0.6])
    for one in personas_of(made(did), population="customers").personas:
        assert one.size.n >= 5
        assert all(path.share.n >= 5 for path in one.paths)
        shown = [side.n for each in (*one.contrasts, *one.outcomes) for side in (each.inside, each.outside)]
        assert not [n for n in shown if 0 < n < 5]


def test_words_of_the_speakers_mark_a_group_and_later_ones_do_not(made: MakeJourneys) -> None:
    """A theme that one group voices is a mark of it; one that is voiced after the cut is unknown to the groups."""
    rng = np.random.default_rng(8)
    did, groups = in_groups(300, rng, shares=[0.5, 0.5], buying=[0.1, 0.6])
    speakers = [(f"p_{number:05}", group) for number, group in enumerate(groups) if rng.random() < 0.5]
    early, late = START + timedelta(days=20), START + timedelta(days=170)
    themes = {
        person: [("delivery" if group else "price", early), ("afterwards", late)]
        for person, group in speakers
    }
    found = personas_of(made(did), population="customers", themes=themes)
    marks = {mark.feature for one in found.personas for mark in one.marks if mark.what == "theme"}
    contrasts = {each.feature for one in found.personas for each in one.contrasts if each.what == "theme"}
    assert {"delivery", "price"} & (marks | contrasts)
    assert "afterwards" not in marks | contrasts
