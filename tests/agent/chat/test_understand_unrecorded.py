"""What is in no data of a shop, or not in this one's: deeds without a step, customers gone elsewhere, causes."""

from dataclasses import replace

import pytest

from agent.chat.understand import Understood
from tests.agent.chat.shop_names import SHOP, asked


def _said(understood: Understood) -> str:
    return " ".join(missing.statement for missing in understood.missing)


@pytest.mark.parametrize(
    "utterance",
    [
        "What do customers do straight after they install the app?",
        "What share of those who set a price alert went on to order?",
        "What do people do next after they have watched a product video?",
        "How many customers have scanned the code on the box?",
        "which steps follow when somebody plays the tutorial",
        "what do customers who configured their own wardrobe do next",
        "How do customers feel who downloaded the app?",
        "which customers watched the product video to the end, and how many are they",
    ],
)
def test_understand_deed_that_nobody_recorded_is_no_step(utterance: str) -> None:
    """An answer without the deed would be one of other customers."""
    found = asked(utterance)
    assert not found.requests
    assert found.missing or found.cannot


@pytest.mark.parametrize(
    "utterance",
    [
        "how many customers opened an email",
        "how many customers visited the store",
        "what do people do after a support ticket has been opened",
        "how many customers finished checkout",
        "how many customers use a mobile",
        "what do customers do after they returned something",
        "how many customers received a damaged parcel",
        "what do customers do after they complained about tracking",
        "how many customers started at awareness",
        "quotes of customers who tried the tent",
    ],
)
def test_understand_deed_that_is_a_step_or_a_trouble_is_no_unknown_one(utterance: str) -> None:
    """What was recorded, and what customers suffer from, is known."""
    assert "No step" not in _said(asked(utterance))


@pytest.mark.parametrize(
    ("utterance", "whom"),
    [
        ("Which of our customers have moved to John Lewis afterwards?", "john lewis"),
        ("who switched to Wayfair after leaving us", "wayfair"),
        ("Which customers defected to another shop?", "another shop"),
        ("how many customers went over to Globex", "globex"),
    ],
)
def test_understand_customers_gone_to_others_are_in_no_data(utterance: str, whom: str) -> None:
    """The brand's own data ends where another's begins."""
    found = asked(utterance)
    assert not found.requests
    assert f"“{whom}”" in _said(found)


@pytest.mark.parametrize(
    "utterance",
    [
        "how many customers go from basket to checkout",
        "how many customers went to the store",
        "who moved from mobile to desktop",
        "do people go to support after a payment failed",
    ],
)
def test_understand_customers_gone_on_within_the_data_are_known(utterance: str) -> None:
    """Steps, stages and groups are no companies."""
    assert "who went on to" not in _said(asked(utterance))


@pytest.mark.parametrize(
    "utterance",
    [
        "Why did the complaints about tracking increase?",
        "what made the complaints about refunds go up",
        "what's behind the rise in tracking complaints?",
        "why are there more complaints about refunds than before",
    ],
)
def test_understand_cause_of_a_change_is_not_told(utterance: str) -> None:
    """That something rose is shown, why is not."""
    found = asked(utterance)
    assert not found.requests
    assert found.cannot or found.missing[0].reason == "not_measured"


@pytest.mark.parametrize(
    "utterance",
    [
        "why do customers complain about tracking",
        "why do people drop off at checkout",
        "what is behind the complaint about late delivery",
        "what drives repeat purchases",
        "are tracking complaints going up",
    ],
)
def test_understand_why_of_a_trouble_is_what_customers_say_of_it(utterance: str) -> None:
    """What hurts, and what goes along with leaving, is told."""
    assert asked(utterance).requests


def test_understand_own_product_that_customers_write_of_is_no_other_company() -> None:
    """What is said of it is asked of them; figures of its own only a company has."""
    told = replace(SHOP, said=frozenset({"trailblazer"}))
    assert asked("Show me Trailblazer's reviews", vocabulary=told).requests
    assert [one.kind for one in asked("What is Trailblazer's churn?", vocabulary=told).cannot] == [
        "competitors"
    ]
    assert asked("Trailblazer's complaints", vocabulary=told).requests
    assert [one.kind for one in asked("Globex's complaints", vocabulary=told).cannot] == ["competitors"]


@pytest.mark.parametrize("utterance", ["ROAS of the Instagram ads", "CLV of canopy customers", "CPA on Meta"])
def test_understand_short_names_of_money_are_money(utterance: str) -> None:
    """Nothing in the data is money, whatever it is called."""
    assert [one.kind for one in asked(utterance).cannot] == ["revenue"]
