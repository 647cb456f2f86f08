"""Follow-ups, choices and what to ask next."""

import pytest

from agent.chat.requests import (
    ListPainPoints,
    SearchEvidence,
    ShowPainPoint,
    ShowStageTimes,
    ShowTrend,
    ToolRequest,
)
from agent.chat.understand import Item, Previous
from agent.chat.understand.suggesting import next_questions, opening_questions
from tests.agent.chat.shop_names import SHOP, asked, bundled_encoder

_ITEMS = (
    Item("pain_point", "pp_payment", "Payment failed"),
    Item("pain_point", "pp_refund", "Slow refund"),
    Item("pain_point", "pp_late", "Late delivery"),
)
_LISTED = Previous(requests=(ListPainPoints(where={"device_type": "mobile"}),), items=_ITEMS)
_SHOWN = Previous(
    requests=(ShowPainPoint(name="pp_refund"),), items=(Item("pain_point", "pp_refund", "Slow refund"),)
)


@pytest.mark.parametrize(
    ("utterance", "previous", "expected"),
    [
        ("and on desktop?", _LISTED, ListPainPoints(where={"device_type": "desktop"})),
        ("What about Leeds customers?", _LISTED, ListPainPoints(where={"device_type": "mobile", "city": "Leeds"})),
        ("only severe ones", _LISTED, ListPainPoints.model_validate({"where": {"device_type": "mobile"}, "severity": "blocked"})),
        ("only rising ones", _LISTED, ListPainPoints(where={"device_type": "mobile"}, trend="rising")),
        ("and in the decision stage?", _LISTED, ListPainPoints(where={"device_type": "mobile"}, stage="decision")),
        ("more", _LISTED, ListPainPoints(where={"device_type": "mobile"}, limit=10)),
        ("show me the second one", _LISTED, ShowPainPoint(name="pp_refund")),
        ("tell me more about the first one", _LISTED, ShowPainPoint(name="pp_payment")),
        ("number 3", _LISTED, ShowPainPoint(name="pp_late")),
        ("why?", _LISTED, ShowPainPoint(name="pp_payment", where={"device_type": "mobile"})),
        ("why?", _SHOWN, ShowPainPoint(name="pp_refund", aspect="quotes")),
        ("quotes please", _SHOWN, ShowPainPoint(name="pp_refund", aspect="quotes")),
        ("is it getting worse?", _SHOWN, ShowTrend(topic="Slow refund")),
        ("how many customers complain about it?", _SHOWN, ShowPainPoint(name="pp_refund", aspect="reach")),
        ("what about gift cards?", Previous(requests=(SearchEvidence(query="delivery"),)), SearchEvidence(query="gift cards")),
        (
            "and for desktop customers?",
            Previous(requests=(ShowStageTimes(aspect="drop_off"),)),
            ShowStageTimes(aspect="drop_off", where={"device_type": "desktop"}),
        ),
    ],
)  # fmt: skip
def test_understand_follow_up_leans_on_the_turn_before(
    utterance: str, previous: Previous, expected: ToolRequest
) -> None:
    """What is not said again is taken over."""
    assert asked(utterance, previous=previous).requests == (expected,)


def test_understand_follow_up_with_an_unknown_group_is_missing() -> None:
    """A follow-up drops a limit as little as a question does."""
    found = asked("and in France?", previous=_LISTED)
    assert not found.requests
    assert found.missing


def test_understand_whole_question_after_another_stands_by_itself() -> None:
    """A question that says all takes nothing over."""
    assert asked("what are the biggest pain points?", previous=_LISTED).requests == (ListPainPoints(),)


@pytest.mark.parametrize(
    ("utterance", "tool"),
    [
        ("and how do customers feel at checkout?", "show_emotions"),
        ("pain points of mobile customers", "list_pain_points"),
        ("and where do we lose desktop customers?", "show_stage_times"),
    ],
)
def test_understand_question_that_says_what_it_asks_is_no_follow_up(utterance: str, tool: str) -> None:
    """A group or stage in a question of its own changes nothing of the turn before."""
    previous = Previous(requests=(ShowTrend(topic="Slow refund"),))
    assert [one.tool for one in asked(utterance, previous=previous).requests] == [tool]


def test_understand_them_are_the_customers_of_the_turn_before() -> None:
    """A pronoun keeps the group."""
    (request,) = asked("what should we say to them?", previous=_LISTED).requests
    assert request.tool == "suggest_actions"
    assert getattr(request, "where", None) == {"device_type": "mobile"}


@pytest.mark.parametrize("pick", ["1", "the first", "first one", "label", "request"])
def test_understand_choice_is_picked_by_number_place_or_words(pick: str) -> None:
    """However a choice is picked, its request is what is asked."""
    offered = asked("how many people complain about delivery").choices
    assert len(offered) >= 2
    words = {"label": offered[0].label, "request": offered[0].request}.get(pick, pick)
    assert asked(words, previous=Previous(choices=offered)).requests == asked(offered[0].request).requests


def test_next_questions_are_new_and_understood() -> None:
    """What was asked, what is not understood and what asks back is not suggested."""
    suggested = [
        "Hello",
        "What are the biggest pain points?",
        "Where do we lose customers?",
        "What do customers in France say?",
    ]
    found = next_questions(
        suggested, asked=["what are the biggest pain points"], vocabulary=SHOP, encoder=bundled_encoder()
    )
    assert found == ("Where do we lose customers?",)


def test_opening_questions_are_understood_and_name_what_is_in_the_data() -> None:
    """An empty conversation begins with questions out of the data."""
    found = opening_questions(SHOP, encoder=bundled_encoder())
    assert len(found) >= 4
    assert any("mobile" in question for question in found)
    assert all(asked(question).requests for question in found)
