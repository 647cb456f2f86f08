"""What is asked of pain points: which aspect, how many, how bad; and what sounds like it and cannot be told."""

from dataclasses import replace
from typing import Any

import pytest

from agent.chat.understand import Understood
from tests.agent.chat.shop_names import SHOP, asked


def _only(understood: Understood) -> dict[str, Any]:
    (request,) = understood.requests
    return request.model_dump(exclude_defaults=True) | {"tool": request.tool}


@pytest.mark.parametrize(
    "utterance",
    [
        "is the complaint about a slow refund trending up or down?",
        "slow refund complaints: rising or falling month by month?",
        "My boss thinks slow refund gripes are growing. Do the numbers say so?",
        "The agency has told us that people moan less and less about slow refunds. Does the monthly data back that up?",
    ],
)
def test_understand_words_of_its_course_are_no_part_of_a_trouble(utterance: str) -> None:
    """A claim that is to be checked is asked as if it were a question."""
    assert _only(asked(utterance)) == {"tool": "show_trend", "topic": "Slow refund"}


@pytest.mark.parametrize(
    "utterance",
    [
        "Once someone has griped about a slow refund, what do they go and do afterwards?",
        "After a shopper moans about a slow refund, do they still buy from us?",
        "are people who complain about a slow refund more likely to close their account?",
    ],
)
def test_understand_what_is_done_after_a_complaint_is_asked_of_its_pain_point(utterance: str) -> None:
    """It is no step that the way goes on from."""
    found = _only(asked(utterance))
    assert found == {"tool": "show_pain_point", "name": "pp_refund", "aspect": "behaviour"}


@pytest.mark.parametrize(
    "utterance",
    [
        "is the slow refund thing concentrated in certain customer groups, or spread evenly?",
        "Somebody claimed that a slow refund is mostly a desktop matter. Where is this pain point concentrated?",
        "is the slow refund mess mostly a desktop thing?",
    ],
)
def test_understand_whether_a_trouble_is_one_groups_own_is_asked_of_all(utterance: str) -> None:
    """The group that it may be the trouble of limits nothing."""
    found = _only(asked(utterance))
    assert found == {"tool": "show_pain_point", "name": "pp_refund", "aspect": "concentration"}


@pytest.mark.parametrize(
    ("utterance", "severity"),
    [
        ("which problems are total deal breakers", "blocked"),
        ("We only fix what stops customers dead in their tracks. Which complaints are that bad?", "blocked"),
        ("complaints that make shoppers give up altogether", "blocked"),
        ("which pain points make people work for it", "costs_effort"),
        ("problems that only mildly irritate", "annoys"),
    ],
)
def test_understand_idioms_say_how_bad_something_is(utterance: str, severity: str) -> None:
    """Three degrees, in any words; what was told before may say which."""
    assert _only(asked(utterance)) == {"tool": "list_pain_points", "severity": severity}


@pytest.mark.parametrize(
    ("utterance", "limit"),
    [
        ("seven original, unedited voices about tracking, word for word", 7),
        ("9 of the most common complete journeys", 9),
        ("top 3 pain points please, worst first", 3),
        ("our four nastiest gripes", 4),
    ],
)
def test_understand_number_stands_before_what_is_listed(utterance: str, limit: int) -> None:
    """Words between tell which, and never another number."""
    found = _only(asked(utterance))
    assert found["limit"] == limit
    assert "order" not in found


@pytest.mark.parametrize(
    "utterance",
    [
        "Finance asked me to put a number on it: how many dollars of profit did we lose to damaged parcels?",
        "how much money do complaints about late deliveries cost us?",
        "Why does our courier damage the goods, are the drivers under too much time pressure?",
        "why do the warehouse people keep mixing up orders?",
        "how often do our agents hang up?",
        "how many refunds did we issue?",
    ],
)
def test_understand_what_is_done_inside_a_brand_is_refused_and_nothing_answered_beside_it(
    utterance: str,
) -> None:
    """Neither money nor the reasons of those who work there are in the data."""
    understood = asked(utterance)
    assert understood.cannot
    assert not understood.requests


@pytest.mark.parametrize(
    "utterance",
    [
        "do customers complain about the courier?",
        "what do people say about our stock information?",
        "how many customers complain that drivers are rude?",
        "Is it true that nobody reads the assembly instructions?",
        "what do they think of our prices?",
    ],
)
def test_understand_what_customers_say_of_anything_is_not_refused_for_the_thing(utterance: str) -> None:
    """Staff, stock and prices are refused where they are asked for, not where customers speak of them."""
    assert not asked(utterance).cannot


@pytest.mark.parametrize(
    ("utterance", "expected"),
    [
        ("write 4 meta ads that tackle the slow refund complaint", {"channel": "meta", "n": 4}),
        (
            'Our email to people with a slow refund currently opens with "Viewed again". Propose three alternatives to that.',
            {"n": 3, "control": "Viewed again"},
        ),
        (
            'I need 2 landing page versions for people with a slow refund; the present headline reads "Built to last"',
            {"channel": "landing_page", "n": 2, "control": "Built to last"},
        ),
    ],
)
def test_understand_copy_is_asked_for_with_its_channel_number_and_control(
    utterance: str, expected: dict[str, Any]
) -> None:
    """What quoted copy says limits nothing, nor does the sort of copy."""
    found = _only(asked(utterance))
    assert found == {"tool": "propose_variants", "pain_point": "pp_refund", **expected}


def test_understand_set_of_variants_that_is_not_stored_is_asked_back() -> None:
    """Another set is never checked in its place."""
    understood = asked("check the variant set set_late_delivery once more on the held-out customers")
    assert not understood.requests
    assert understood.choices


def test_understand_set_of_variants_is_called_by_what_it_answers() -> None:
    """The only set answers a payment that failed."""
    found = _only(asked("re-test the payment variants on the held-out people"))
    assert found == {"tool": "check_variants", "variant_set": "vs_1"}


def test_understand_quotes_on_a_claim_are_on_what_it_claims() -> None:
    """What was told before is what "that" means."""
    understood = asked(
        "Client swears nobody minds being made to register. Have we any real customer sentences on that?"
    )
    found = _only(understood)
    assert (found["tool"], "register" in found["query"]) == ("search_evidence", True)


@pytest.mark.parametrize(
    ("utterance", "tool"),
    [
        ("how many people complain that the payment fails", "show_pain_point"),
        ("Where is the problem with the payment failing concentrated?", "show_pain_point"),
        ("Has anybody said that they do not want to open an account before buying?", "search_evidence"),
        ("do customers tell us that they cannot return an item", "search_evidence"),
        ("what do people do after a payment has failed", "show_paths"),
    ],
)
def test_understand_deed_that_is_spoken_of_is_no_step(utterance: str, tool: str) -> None:
    """What people say they had to do is what they say, not what they did."""
    assert [request.tool for request in asked(utterance).requests] == [tool]


def test_understand_what_support_did_to_customers_is_no_chat_of_theirs() -> None:
    """Whoever is behind "after" may be one who does something, and no step."""
    found = asked("What do customers go on to do after support has passed them around?")
    assert all(getattr(request, "from_step", None) is None for request in found.requests)


def test_understand_place_that_a_trouble_ends_at_belongs_to_it() -> None:
    """There is no second thing to be asked back."""
    found = asked("How bad is it for people when the delivery fee is only shown at the end of checkout?")
    assert [request.tool for request in found.requests] == ["show_pain_point"]


def test_understand_term_of_another_term_is_the_one_that_has_it() -> None:
    """The reach of a pain point is a matter of reach."""
    terms = replace(SHOP, terms=("reach", "pain point"))
    (request,) = asked("how is the reach of a pain point calculated", vocabulary=terms).requests
    assert request.model_dump()["term"] == "reach"


def test_understand_unknown_set_of_variants_is_no_other_one() -> None:
    """A check is stored: it is asked back which set is meant."""
    assert asked("run the check of variant set VS-3 again").choices
    assert [request.model_dump()["variant_set"] for request in asked("check vs_1 again").requests] == ["vs_1"]


@pytest.mark.parametrize(
    ("utterance", "severity"),
    [
        ("what is the biggest annoyance of families", None),
        ("which niggles keep cropping up at decision", None),
        ("just the minor annoyances please", "annoys"),
        ("things that merely annoy people", "annoys"),
    ],
)
def test_understand_annoyance_is_mild_only_where_it_is_said_to_be(
    utterance: str, severity: str | None
) -> None:
    """The biggest annoyance is whatever hurts most."""
    assert _only(asked(utterance)).get("severity") == severity


@pytest.mark.parametrize(
    "utterance", ["top pain points on the app channel", "pain points of the canopy tier"]
)
def test_understand_name_of_a_trait_behind_its_value_asks_nothing(utterance: str) -> None:
    """Nothing is counted by it."""
    assert _only(asked(utterance))["tool"] == "list_pain_points"
