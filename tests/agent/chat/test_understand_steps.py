"""Steps and groups by the words that people have for them, of any brand's names."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.chat.understand import Trait, Understood, Vocabulary
from agent.chat.understand.deeds import deed_at, deeds_of, usual_name
from agent.chat.understand.words import tokens_of
from tests.agent.chat.shop_names import SHOP, asked

_CLINIC = Vocabulary(
    stages=("awareness", "consideration", "decision", "retention", "advocacy"),
    traits=(Trait("plan", ("basic", "premium")),),
    events=("appointment_booked", "invoice_paid", "trial_started", "reminder_sent", "subscription_cancelled"),
)


def _only(understood: Understood) -> dict[str, Any]:
    assert len(understood.requests) == 1, understood
    request = understood.requests[0]
    return {"tool": request.tool, **request.model_dump(mode="json", exclude_defaults=True)}


def _told(text: str, vocabulary: Vocabulary) -> set[str]:
    tokens = tokens_of(text)
    deeds = deeds_of(vocabulary)
    return {found[0] for at in range(len(tokens)) if (found := deed_at(tokens, at, deeds)) is not None}


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("they stuck a thing in the trolley", "product_added"),
        ("an order was finalised", "order_completed"),
        ("a ticket has been logged", "support_ticket_opened"),
        ("they got an error with the payment", "payment_failed"),
        ("the account was shut", "account_closed"),
        ("they took part in our survey", "survey_completed"),
    ],
)
def test_deeds_in_any_order_and_in_other_words_tell_the_step(text: str, event: str) -> None:
    """A step is a deed and a thing, and both have more words than its name."""
    assert _told(text, SHOP) == {event}


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("they booked an appointment", "appointment_booked"),
        ("the invoice was settled", "invoice_paid"),
        ("ended their subscription", "subscription_cancelled"),
        ("kicked off the trial", "trial_started"),
    ],
)
def test_deeds_of_a_brand_whose_names_no_list_holds_are_told_from_the_names(text: str, event: str) -> None:
    """No list of steps is needed: the words of a name say which classes it is told by."""
    assert _told(text, _CLINIC) == {event}


@pytest.mark.parametrize(
    ("own", "usual"), [("add_to_cart", "product_added"), ("cancel_plan", "subscription_cancelled")]
)
def test_usual_name_of_a_step_by_another_convention_is_found(own: str, usual: str) -> None:
    """Other shops write the same step in another way."""
    assert usual_name(own, (own,)) == usual


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.sampled_from(["details", "fee", "page", "the", "of", "about", "late", "cost"]), max_size=5)
)
def test_deeds_in_words_without_a_deed_and_a_thing_are_none(words: list[str]) -> None:
    """A thing alone, whatever stands beside it, is no step."""
    assert not _told(
        " ".join(["parcel", *words]), replace(SHOP, events=("support_ticket_opened", "order_completed"))
    )


@pytest.mark.parametrize("way", ["{} -> {} -> {}", "{}, then {}, then {}", "from {} to {} to {}"])
def test_understand_row_of_bare_names_is_a_funnel_of_them(way: str) -> None:
    """Where the place asks for steps, the bare names of things are enough."""
    found = _only(asked("How many get through: " + way.format("basket", "checkout", "purchase")))
    assert found["tool"] == "show_funnel"
    assert found["steps"] == ["product_added", "checkout_started", "order_completed"]


def test_understand_step_told_after_the_later_one_comes_first() -> None:
    """What stands behind "after" was done first."""
    found = _only(asked("How many sent something back after it was delivered?"))
    assert found == {"tool": "show_funnel", "steps": ["order_delivered", "return_requested"]}


def test_understand_way_from_an_unknown_step_is_not_answered_for_the_other_end() -> None:
    """A way of which one end is nothing that was recorded has no answer."""
    understood = asked("How long does it take from quiz finished to basket?")
    assert not understood.requests
    assert "quiz" in understood.missing[0].statement


@pytest.mark.parametrize(
    ("words", "where"),
    [
        ("bargain hunters", {"segment": "deal_seeker"}),
        ("the home crowd", {"segment": "home"}),
        ("people without a tier", {"loyalty_tier": "none"}),
        ("those who rang us", {"channel": "phone"}),
        ("people on their phones", {"device_type": "mobile"}),
        ("reviewers", {"kind": "review"}),
    ],
)
def test_understand_groups_by_what_people_call_them_limit_the_request(
    words: str, where: dict[str, str]
) -> None:
    """What a group is called beside its value picks it, and not what it might mean elsewhere."""
    assert _only(asked(f"What are the biggest pain points of {words}?"))["where"] == where


@pytest.mark.parametrize(
    "text", ["Do {} and {} have the same problems?", "What do {} complain about that {} do not?"]
)
def test_understand_two_groups_that_are_set_beside_each_other_are_compared(text: str) -> None:
    """Nobody is asked back where two groups are plainly compared, whatever the word for it."""
    found = _only(asked(text.format("families", "enthusiasts")))
    assert found["tool"] == "compare_groups"
    assert (found["where"], found["versus"]) == ({"segment": "family"}, {"segment": "enthusiast"})


def test_understand_values_listed_in_a_count_are_what_it_is_counted_by() -> None:
    """Naming the values of a trait names the trait."""
    found = _only(asked("Split of mobile and desktop among families"))
    assert found == {"tool": "count_customers", "by": "device_type", "where": {"segment": "family"}}


def test_understand_payment_that_failed_for_customers_is_a_step_and_in_a_complaint_a_pain_point() -> None:
    """What happened to people picks them; what they complain of is looked up."""
    after = _only(asked("What are the complaints of those whose payment failed?"))
    assert after == {"tool": "list_pain_points", "after_event": "payment_failed"}
