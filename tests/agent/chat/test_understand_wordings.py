"""Kinds of wording that were once taken for something else."""

from typing import Any

import pytest

from agent.chat.understand import Previous, Understood
from tests.agent.chat.shop_names import asked


def _only(understood: Understood) -> dict[str, Any]:
    (request,) = understood.requests
    return request.model_dump(exclude_defaults=True) | {"tool": request.tool}


@pytest.mark.parametrize(
    "utterance",
    [
        "which marketing channels deserve the most credit for conversions?",
        "what annoys ppl the most pls",
        "which complaints make people stop dead in their tracks?",
    ],
)
def test_understand_everyday_words_are_no_unknown_names(utterance: str) -> None:
    """Verbs, politeness and what people type for short limit nothing."""
    assert asked(utterance).requests
    assert not asked(utterance).missing


def test_understand_short_forms_mean_the_words_they_stand_for() -> None:
    """Abbreviated people are people."""
    assert asked("what do ppl complain about in checkout") == asked(
        "what do people complain about in checkout"
    )


def test_understand_verb_and_object_of_a_step_in_a_row_keep_every_step() -> None:
    """Steps told as what people do are steps, in the order they are told; "it" is what the step before was about."""
    found = _only(asked("conversion from viewed a product to adding it to order delivered"))
    assert found["steps"] == ("product_viewed", "product_added", "order_delivered")


def test_understand_step_told_as_doing_is_the_step_to_go_on_from() -> None:
    """The basket stands in no event's name, the verb does."""
    found = _only(asked("where do people go after adding something to their cart?"))
    assert found == {"tool": "show_paths", "from_step": "product_added"}


def test_understand_verb_with_another_object_is_no_step() -> None:
    """A table that is booked is not a product that is added."""
    understood = asked("what do people do after adding an insurance")
    assert all(getattr(one, "from_step", None) is None for one in understood.requests)


def test_understand_time_far_back_is_missing_not_compared() -> None:
    """A time before the data is said to be outside of it."""
    understood = asked("what was retention like eight years ago")
    assert not understood.requests
    assert understood.missing[0].reason == "unknown_value"


def test_understand_holiday_is_missing_with_what_is_needed() -> None:
    """Which days a holiday was stands in no data."""
    understood = asked("did more people complain over Easter?")
    assert not understood.requests
    assert "date" in understood.missing[0].needed


def test_understand_whether_one_caused_the_other_is_refused_with_what_can_be_had() -> None:
    """Causes are not told; what goes along is offered."""
    (cannot,) = asked("Does slow refunding cause customers to quit?").cannot
    assert "go along" in cannot.statement


def test_understand_unknown_stage_is_missing_with_the_stages_there_are() -> None:
    """A stage of another journey is named as unknown."""
    (missing,) = asked("what goes on in the installation phase?").missing
    assert "installation" in missing.statement
    assert "advocacy" in missing.needed


def test_understand_locale_is_a_group_not_a_language_to_answer_in() -> None:
    """A value of a trait that is not known is missing."""
    understood = asked("problems of people whose locale is fr-FR")
    assert not understood.requests
    assert understood.missing


def test_understand_sorts_of_customers_are_groups_not_kinds_of_text() -> None:
    """The word kind is a trait of texts only where it is used as one."""
    assert _only(asked("which kinds of shoppers are there"))["tool"] == "list_personas"


def test_understand_numbered_group_is_a_persona() -> None:
    """Groups without a name are called by their number."""
    assert _only(asked("describe persona 3")) == {"tool": "list_personas", "name": "Group 3"}


def test_understand_new_map_for_a_group_keeps_the_group_in_every_choice() -> None:
    """No choice of a map's scope loses the customers it was asked for."""
    choices = asked("draft a new map for desktop customers").choices
    found = [_only(asked(choice.request, previous=Previous(choices=choices))) for choice in choices]
    assert found
    assert all(one["where"] == {"device_type": "desktop"} for one in found)


def test_understand_whole_scope_over_several_sentences_is_one_draft() -> None:
    """All four parts of a map's scope are enough, however they are set apart."""
    found = _only(
        asked(
            "New map please. Persona: retired couples. Journey: trying us out. Goal: sleep well. Purpose: plan the spring."
        )
    )
    assert found["tool"] == "draft_map"
    assert found["purpose"] == "plan the spring"
