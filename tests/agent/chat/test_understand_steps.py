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


_RECORDED = replace(
    SHOP,
    events=(*SHOP.events, "product_added_to_wishlist", "store_stock_checked", "order_tracking", "report_a_problem", "order_shipped"),
)  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "Typical time from Checkout Started to Order Completed?",
        "How long between starting the checkout and the order, usually?",
        "time to convert from Checkout Started to Order Completed",
        "how many days pass from checkout started until order completed",
        "What is the time to purchase after Checkout Started",
    ],
)
def test_understand_time_between_two_steps_is_asked_of_both(text: str) -> None:
    """The length of whole journeys is another answer, and so is what directly follows."""
    assert _only(asked(text)) == {
        "tool": "show_paths",
        "aspect": "durations",
        "from_step": "checkout_started",
        "to_step": "order_completed",
    }


def test_understand_time_from_a_step_to_none_that_is_known_is_no_time_of_journeys() -> None:
    """Where it ends is not clear, and so nothing is told."""
    assert not asked("How quickly do people who add to the basket cope?").requests


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("with a 7-day conversion window: Product Viewed, then Product Added, then Order Completed", 7.0),
        ("the report I would run in Mixpanel with a 7-day window: Product Viewed, then Product Added, then Order Completed", 7.0),
        ("conversion window 30 days, steps Product Viewed > Product Added > Order Completed", 30.0),
        ("2-week cut-off funnel: Product Viewed, Product Added, Order Completed", 14.0),
    ],
)  # fmt: skip
def test_understand_window_of_time_limits_a_funnel(text: str, days: float) -> None:
    """A window is nothing that is asked about, wherever else people had one."""
    assert _only(asked(text)) == {
        "tool": "show_funnel",
        "steps": ["product_viewed", "product_added", "order_completed"],
        "within_days": days,
    }


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("Once people have a Return Requested behind them, what do they complain about afterwards?", "return_requested"),
        ("I'd build a cohort in Amplitude of everybody who fired Payment Failed. What are the pain points after they hit it?", "payment_failed"),
        ("what do people who fired Product Added to Wishlist grumble about?", "product_added_to_wishlist"),
        ("After somebody has visited the store, which problems do they report?", "store_visited"),
        ("What are the gripes of customers with a Store Stock Checked event?", "store_stock_checked"),
    ],
)  # fmt: skip
def test_understand_complaints_behind_a_recorded_step_are_limited_to_it(text: str, event: str) -> None:
    """However it is said that it lies behind them."""
    found = _only(asked(text, vocabulary=_RECORDED))
    assert found == {"tool": "list_pain_points", "after_event": event}


@pytest.mark.parametrize(
    "text",
    [
        "What hurts customers once they have Coupon Applied behind them?",
        "pain points of people who fired Gift Card Redeemed",
        "what do people moan about after a Wishlist Shared event",
        "Time from Trial Started to Order Completed",
        "Do customers with Loyalty Joined come back more often?",
        "How many customers who fired Quiz Completed placed an order?",
    ],
)
def test_understand_event_that_nobody_recorded_is_unknown_to_every_tool(text: str) -> None:
    """Its name with capitals says that it is one; nothing else is answered instead."""
    found = asked(text)
    assert not found.requests
    assert found.missing


@pytest.mark.parametrize("text", ["shipment tracking complaints over time", "order tracking gripes by month"])
def test_understand_thing_before_complaints_is_what_they_are_about(text: str) -> None:
    """Nobody asks for the complaints of those who tracked."""
    assert _only(asked(text, vocabulary=_RECORDED))["tool"] == "show_trend"


@pytest.mark.parametrize(
    ("clause", "stage"),
    [
        ("the phase where they compare and consider the products", "consideration"),
        ("the phase in which they become aware of us", "awareness"),
        ("the stage where they pay", "decision"),
        ("the stage in which they tell friends", "advocacy"),
    ],
)
def test_understand_stage_is_told_by_what_people_do_there(clause: str, stage: str) -> None:
    """A clause behind "phase" says which."""
    assert _only(asked(f"What hurts customers in {clause}?")) == {"tool": "list_pain_points", "stage": stage}


def test_understand_clause_that_describes_no_stage_is_not_dropped() -> None:
    """The journey has no such stage."""
    assert not asked("emotions at the stage when customers sign the lease").requests


@pytest.mark.parametrize(
    "text",
    [
        "how many reviews, surveys and support transcripts do we have",
        "feedback volume broken down by type",
        "count of surveys versus reviews",
    ],
)
def test_understand_kinds_of_text_that_are_counted_are_told_apart(text: str) -> None:
    """One of several that are named is no limit."""
    assert _only(asked(text)) == {"tool": "count_customers", "of": "texts", "by": "kind"}


@pytest.mark.parametrize(
    ("text", "where", "versus"),
    [
        ("how do complaints from reviewers compare to those from survey respondents", {"kind": "review"}, {"kind": "survey"}),
        ("contrast the complaints of email and chat conversations", {"channel": "email"}, {"channel": "chat"}),
        ("what hurts people in Bath more than people elsewhere", {}, {"city": "Bath"}),
        ("what is different about seedling members", {}, {"loyalty_tier": "seedling"}),
    ],
)  # fmt: skip
def test_understand_both_sides_of_a_comparison_are_kept(
    text: str, where: dict[str, str], versus: dict[str, str]
) -> None:
    """One of them is never dropped, and a group by itself is set beside everybody else."""
    found = _only(asked(text))
    assert (found["tool"], found.get("where", {}), found["versus"]) == ("compare_groups", where, versus)


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("April 1, 2026", "2026-04-01"),
        ("1.4.2026", "2026-04-01"),
        ("04/15/2026", "2026-04-15"),
        ("15.4.", "2026-04-15"),
        ("4/15", "2026-04-15"),
    ],
)
def test_understand_days_in_figures_are_read_in_every_way_of_writing(words: str, day: str) -> None:
    """The month first where no other reading is a day."""
    found = asked(f"Pain points before and after {words}")
    assert _only(found) == {"tool": "compare_periods", "at": day}


def test_understand_day_that_may_be_read_two_ways_says_how_it_was_taken() -> None:
    """Neither reading is silently the right one."""
    found = asked("Pain points before and after 4/1/26")
    assert _only(found)["at"] == "2026-01-04"
    assert any("before the month" in note for note in found.notes)


@pytest.mark.parametrize(
    "text",
    ["tablet complaints", "platinum tier retention", "pain points of customers in the US", "How do tablets compare with mobiles?"],
)  # fmt: skip
def test_understand_group_that_the_data_does_not_know_is_refused_where_it_stands(text: str) -> None:
    """Before what is asked, in capitals, as one of two sides."""
    found = asked(text)
    assert not found.requests
    assert found.missing


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("What do buyers say about our hiking boots?", "hiking boots"),
        ("what do people think of the folding chair", "folding chair"),
        ("quotes about the bed frame", "bed frame"),
        ("do people like the sleeping mats", "sleeping mats"),
        ("opinions on the water filter", "water filter"),
    ],
)
def test_understand_thing_of_two_words_is_looked_for_by_both(text: str, query: str) -> None:
    """What was said of hiking is nothing about boots."""
    assert _only(asked(text)) == {"tool": "search_evidence", "query": query}


@pytest.mark.parametrize("lane", ["swimlane", "swim lane", "lane", "row"])
def test_understand_row_of_the_map_has_many_names(lane: str) -> None:
    """What it is called says nothing of which."""
    assert _only(asked(f"Pull up the touchpoints {lane} of our journey map")) == {
        "tool": "show_map",
        "lane": "touchpoints",
    }


@pytest.mark.parametrize(
    "utterance",
    [
        "how many customers never ordered",
        "how many customers have not opened an email",
        "what hurts customers who have never visited a store",
    ],
)
def test_understand_step_that_was_not_taken_is_not_answered_for_those_who_took_it(utterance: str) -> None:
    """The opposite of what was asked is no answer."""
    found = asked(utterance)
    assert not found.requests
    assert "cannot be picked" in found.missing[0].statement


@pytest.mark.parametrize(
    ("utterance", "expected"),
    [
        (
            "do people who open our emails buy",
            {"tool": "show_funnel", "steps": ("email_opened", "order_completed")},
        ),
        (
            "path from email to purchase",
            {"tool": "show_paths", "from_step": "email_opened", "to_step": "order_completed"},
        ),
        (
            "how do people get from store visit to order",
            {"tool": "show_paths", "from_step": "store_visited", "to_step": "order_completed"},
        ),
        (
            "once the parcel lands on the doormat, what happens?",
            {"tool": "show_paths", "from_step": "order_delivered"},
        ),
        ("do people change to another channel", {"tool": "show_paths", "aspect": "channels"}),
    ],
)
def test_understand_both_ends_of_a_way_are_steps(utterance: str, expected: dict[str, Any]) -> None:
    """Neither end is a group of customers, and a verb alone is no step with a longer name."""
    (request,) = asked(utterance).requests
    assert request.model_dump(exclude_defaults=True) | {"tool": request.tool} == expected
