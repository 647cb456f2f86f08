"""Suggested stages: by words, by paths, and unknown where neither says enough."""

from collections import Counter

import numpy as np
import pytest

from agent.analyse.stage_suggestions import (
    MIN_CONFIDENCE,
    MIN_PERSONS,
    StagePaths,
    StageSuggestion,
    StageWords,
    combined,
    known_names,
    suggest_stages,
)
from agent.analyse.taxonomy import stage_of_event
from agent.events.neighbours import Neighbours
from agent.normalise.vocabulary import built_in_vocabulary
from agent.schemas.journey import DEFAULT_STAGES
from agent.testing import HashEncoder

_ENCODER = HashEncoder(256)
_ORDER = [
    "ad_clicked",
    "product_viewed",
    "cart_viewed",
    "order_completed",
    "order_delivered",
    "product_reviewed",
]


def _neighbours(strange: dict[str, str], *, n: int = 200) -> Neighbours:
    """Return people who take one way, each strange name beside what stands before it and what comes after."""
    names = list(_ORDER)
    for name, before in strange.items():
        names.insert(names.index(before) + 1, name)
    follows = Counter[tuple[str, str]]()
    for apart in (1, 2, 3):
        follows.update(dict.fromkeys(zip(names, names[apart:], strict=False), n))
    return Neighbours(dict.fromkeys(names, n), follows)


def _suggested(neighbours: Neighbours) -> dict[str, StageSuggestion]:
    found = suggest_stages(neighbours, encoder=_ENCODER, vocabulary=built_in_vocabulary())
    return {each.name: each for each in found}


def test_known_names_hold_what_the_rules_say_and_what_tells_nothing() -> None:
    """Every stage is among them, spellings share a family, and phrases have none."""
    known = known_names()
    assert {each.stage for each in known} == set(range(len(DEFAULT_STAGES) + 1))
    by_text = {each.text: each for each in known}
    assert by_text["view cart"].family == by_text["cart viewed"].family == "cart_viewed"
    assert by_text["pageview"].stage == len(DEFAULT_STAGES)
    assert any(not each.family for each in known)


def test_words_of_a_name_tell_its_stage_without_its_own_family() -> None:
    """A name nobody listed is near the ones that share its words; leaving a family out changes what is learnt."""
    words = StageWords(_ENCODER, known_names())
    [shares] = words.shares(["guest_checkout_reached"])
    assert shares.sum() == pytest.approx(1)
    assert DEFAULT_STAGES[int(shares.argmax())] == "decision"
    own, without = (
        words.shares(["coupon_denied"])[0],
        words.shares(["coupon_denied"], without={"coupon_denied"})[0],
    )
    decision = DEFAULT_STAGES.index("decision")
    assert without[decision] < own[decision]
    assert np.array_equal(words.shares(["coupon_denied"], without={"of no known family"})[0], own)
    assert all(near.name != "coupon_denied" for near in words.nearest("coupon_denied"))


def test_paths_tell_the_stage_of_a_name_that_stands_where_others_of_it_stand() -> None:
    """What comes before and after counts, and the name's own label does not."""
    neighbours = _neighbours({"xyzzy": "cart_viewed"})
    stages = {name: stage for name in _ORDER if (stage := stage_of_event(name)) is not None}
    shares = StagePaths(neighbours, stages).shares("xyzzy")
    assert shares is not None
    assert DEFAULT_STAGES[int(shares.argmax())] == "decision"
    assert StagePaths(neighbours, {}).shares("xyzzy") is None


def test_words_and_paths_together_are_a_probability() -> None:
    """Where paths say nothing, words stand alone."""
    words = np.array([0.5, 0.1, 0.1, 0.1, 0.1, 0.1])
    assert combined(words, None) is words
    both = combined(words, np.array([0.1, 0.6, 0.1, 0.1, 0.1]))
    assert both.sum() == pytest.approx(1)
    assert both[0] / both[1] == pytest.approx(0.5 * 0.1 / (0.1 * 0.6))


def test_unassigned_names_come_first_with_their_reasons() -> None:
    """The suggestion is beside the rule, not instead of it."""
    found = _suggested(_neighbours({"xyzzy_checkout_xyzzy": "cart_viewed", "plugh": "order_completed"}))
    assert next(iter(found)) == "plugh"
    plugh = found["plugh"]
    assert (plugh.stage, plugh.n_persons) == (None, 200)
    assert plugh.before.keys() <= set(DEFAULT_STAGES)
    assert sum(plugh.after.values()) == pytest.approx(1, abs=0.01)
    assert len(plugh.nearest) == 3
    assert (plugh.suggestion is None) == (plugh.unknown is not None)
    assert (plugh.suggestion is not None) == (plugh.confidence >= MIN_CONFIDENCE)
    assert found["cart_viewed"].stage == "decision"


def test_few_customers_give_no_suggestion() -> None:
    """Not even where the words are plain."""
    found = _suggested(_neighbours({"guest_basket_reached_twice": "cart_viewed"}, n=MIN_PERSONS - 1))
    assert all(each.suggestion is None for each in found.values())
    assert all("at least 30 are needed" in (each.unknown or "") for each in found.values())


def test_without_events_there_is_nothing_to_suggest() -> None:
    """An empty lake has no names."""
    assert _suggested(Neighbours()) == {}


def test_a_name_of_every_stage_is_unknown() -> None:
    """A view of a page says nothing, however many there are."""
    neighbours = Neighbours({"page_viewed": 500})
    page = _suggested(neighbours)["page_viewed"]
    assert (page.suggestion, page.unknown) == (None, "it may belong to every stage")
