"""What a request says beside its kind: order, number, outcome, steps told in usual words, and talk around it."""

from datetime import date
from typing import Any

import pytest

from agent.chat.understand import Understood
from agent.chat.understand.concepts import concepts_of
from agent.chat.understand.refining import limit_in
from agent.chat.understand.splitting import parts_of
from agent.chat.understand.times import spans_in
from tests.agent.chat.shop_names import asked


def _only(understood: Understood) -> dict[str, Any]:
    (request,) = understood.requests
    return request.model_dump(exclude_defaults=True) | {"tool": request.tool}


@pytest.mark.parametrize(
    ("words", "n"),
    [
        ("the seven subjects raised most", 7),
        ("complaints in order of size, six of them", 6),
        ("show me a dozen quotes on parking", 12),
        ("what happened in the last 3 weeks", None),
        ("compare the two groups", None),
    ],
)
def test_limit_in_numbers_of_things_are_limits_and_others_are_not(words: str, n: int | None) -> None:
    """A number limits a list where it counts what is listed."""
    assert limit_in(words) == n


def test_understand_order_that_is_excluded_is_not_the_order() -> None:
    """What somebody does not want to be ordered by orders nothing."""
    found = _only(asked("biggest problems by number of people affected, not by severity"))
    assert found == {"tool": "list_pain_points", "order": "reach"}


def test_understand_two_stages_people_leave_between_are_steps() -> None:
    """Leaving on the way from one stage to another is a way from step to step."""
    found = _only(asked("how many drop out between awareness and consideration"))
    assert found == {"tool": "show_funnel", "steps": ("awareness", "consideration")}


@pytest.mark.parametrize(
    ("utterance", "event"),
    [
        ("what do people do after putting something in their basket", "product_added"),
        ("what do customers do after they have opened a ticket", "support_ticket_opened"),
        ("where do people go after asking for a return", "return_requested"),
    ],
)
def test_understand_steps_in_usual_words_are_the_steps_of_the_data(utterance: str, event: str) -> None:
    """What people call a step stands for its name."""
    assert _only(asked(utterance)) == {"tool": "show_paths", "from_step": event}


def test_understand_outcome_in_usual_words_is_the_outcome() -> None:
    """Sending something back is the outcome of a return."""
    found = _only(asked("which experiences go along with sending things back?"))
    assert found == {"tool": "list_moments", "outcome": "return"}


def test_understand_retention_since_a_step_begins_at_the_step() -> None:
    """Those who come back are counted from the step that is named."""
    found = _only(asked("weekly retention after the first store visit"))
    assert found == {"tool": "show_retention", "since": "store_visited"}


def test_understand_month_against_the_time_before_it_parts_there() -> None:
    """A month and the time before it meet at its first day."""
    found = _only(asked("complaints in may versus before may"))
    assert found == {"tool": "compare_periods", "at": "2026-05-01"}


def test_spans_in_quarters_are_three_months() -> None:
    """A quarter is found with its year."""
    (span,) = spans_in("what changed in q1 2026", last=date(2026, 6, 30))
    assert (span.first, span.last) == (date(2026, 1, 1), date(2026, 3, 31))


@pytest.mark.parametrize(
    "message",
    [
        "I run the help desk and my boss wants to know which problems are getting worse",
        "For tomorrow's meeting: which problems are getting worse",
        "I could not care less about the rest. Which problems are getting worse?",
        "which problems are getting worse, so that I can brief the team",
    ],
)
def test_parts_of_why_somebody_asks_is_not_what_is_asked(message: str) -> None:
    """Reasons and what is not wanted are left out."""
    assert [part.text for part in parts_of(message.lower())] == ["which problems are getting worse"]


def test_understand_label_anywhere_in_a_request_is_the_pain_point() -> None:
    """Words of a label are the subject without a word that leads to them."""
    found = _only(asked("delivery fee shown at the end: how many customers?"))
    assert found == {"tool": "show_pain_point", "name": "pp_fee", "aspect": "reach"}


def test_understand_idiom_names_no_topic() -> None:
    """Words that mean something only together are not looked up one by one."""
    assert _only(asked("who is about to jump ship?")) == {"tool": "predict", "target": "exit"}


def test_understand_quoted_copy_is_the_control_as_it_was_written() -> None:
    """Copy to set others against keeps its capitals."""
    found = _only(asked("write two e-mails about failed payments; our current one says “Try Again Soon”"))
    assert (found["tool"], found["control"], found["n"]) == ("propose_variants", "Try Again Soon", 2)


@pytest.mark.parametrize(
    "utterance",
    [
        "are we better than Muji at delivery",
        "what do the held-out people complain about",
        "are late parcels causal for churn? I need causation",
        "what do helicopter owners complain about",
        "what do customers do after renting a kayak",
    ],
)
def test_understand_near_misses_are_not_answered_with_something_else(utterance: str) -> None:
    """Other brands, customers kept unseen, causes, groups and steps that are not there."""
    assert not asked(utterance).requests


def test_concepts_of_idioms_carry_what_plain_words_do() -> None:
    """Sayings count as what they mean."""
    assert "leave" in concepts_of("where do they throw in the towel")
    assert "pain" in concepts_of("what drives people up the wall")
