"""What is told around a request: it neither limits nor names the subject, unless the request points back to it."""

from typing import Any

import pytest

from agent.chat.understand.others import written_in
from agent.chat.understand.pointing import told_topic
from agent.chat.understand.telling import claimed, tells
from tests.agent.chat.shop_names import SHOP, asked


def _only(utterance: str) -> dict[str, Any]:
    (found,) = asked(utterance).requests
    return {"tool": found.tool, **found.model_dump(exclude_defaults=True)}


@pytest.mark.parametrize(
    ("utterance", "tool"),
    [
        ("Coming from Mixpanel, I would open a board first. Which events are tracked here?", "data_status"),
        ("Moving over from GA4, my instinct is to open a report. How many customers do we have?", "count_customers"),
        ("Advocacy has always been a black box for me. What are the biggest pain points?", "list_pain_points"),
        ("Before I ask the buying team for a budget: what are the biggest pain points?", "list_pain_points"),
        ("Before we brief the warehouse staff, which pain points are getting worse?", "list_pain_points"),
        ("Procurement wants to talk to the carrier. What are the biggest pain points?", "list_pain_points"),
        ("Finance asked me to put a number on it: how many customers do we have?", "count_customers"),
        ("I'm looking for the equivalent of Amplitude's Pathfinder, so the most common complete journeys.", "show_paths"),
        ("Stuck in a workshop in Hamburg with the brand team. Biggest pain points please?", "list_pain_points"),
        ("Been staring at Mixpanel all morning. How many customers do we have?", "count_customers"),
        ("Cut to the chase, what are the biggest pain points?", "list_pain_points"),
        ("I need a word with my dentist, so short answer please: biggest pain points?", "list_pain_points"),
    ],
)  # fmt: skip
def test_understand_what_is_told_around_neither_limits_nor_refuses(utterance: str, tool: str) -> None:
    """Where somebody comes from and what their request is for is no part of it."""
    found = _only(utterance)
    assert found["tool"] == tool
    assert not {"where", "stage", "after_event", "query"} & set(found)


@pytest.mark.parametrize(
    ("utterance", "held"),
    [
        ("Advocacy has always been a riddle to me. Walk me through that stage", {"stage": "advocacy"}),
        ("Retention has never been my strong suit. What are the pain points in this phase?", {"stage": "retention"}),
        (
            "In Heap I'd build a list of everybody who fired Payment Failed. What are the pain points after that event?",
            {"after_event": "payment_failed"},
        ),
        ("York is where our flagship is. What do customers there complain about?", {"where": {"city": "York"}}),
        ("Sapling members are my job now. What are the pain points of that group?", {"where": {"loyalty_tier": "sapling"}}),
    ],
)  # fmt: skip
def test_understand_name_that_is_pointed_back_to_is_the_one_told(
    utterance: str, held: dict[str, Any]
) -> None:
    """Words such as "that stage", "that event" and "there" mean what the message named before."""
    found = _only(utterance)
    assert {key: found.get(key) for key in held} == held


@pytest.mark.parametrize(
    ("utterance", "words"),
    [
        ("The client swears nobody minds being made to register. Have we got any real quotes on that?", "register"),
        ("There is a rumour going around that people hate the assembly instructions. Any quotes on this?", "assembly instructions"),
        ("Paying twice for shipping, is that a thing customers complain about?", "paying twice"),
        ("Being kept on hold forever: how common is that?", "kept on hold"),
    ],
)  # fmt: skip
def test_understand_subject_that_is_pointed_back_to_is_the_claim(utterance: str, words: str) -> None:
    """Pointing with "on that" asks for what somebody was told to claim, not for the one who claims it."""
    assert words in str(_only(utterance))


@pytest.mark.parametrize(
    "utterance",
    [
        "The agency keeps telling everyone that people moan less and less about late delivery. Does the monthly data back that up?",
        "Our boss says complaints about late delivery are going down. Is that true?",
    ],
)
def test_understand_claim_that_is_to_be_checked_is_asked_as_a_trend(utterance: str) -> None:
    """Whether something told of grows or shrinks is asked of its course over time."""
    assert _only(utterance)["tool"] in {"show_trend", "show_pain_point"}
    assert "elivery" in str(asked(utterance).requests) or "pp_late" in str(asked(utterance).requests)


@pytest.mark.parametrize(
    "utterance",
    [
        "What is Globex's weekly retention?",
        "Globex's biggest pain points vs ours",
        "is our retention better than initech's",
        "how do globexs complaints compare with ours",
        "H&M's complaints by month",
        "We keep losing pitches to Globex. What is their retention?",
        "The deck compares us with Globex. What do their customers complain about?",
    ],
)
def test_understand_other_company_is_refused_whatever_it_is_called(utterance: str) -> None:
    """A name that nobody knows and that owns a measure is a company of whose customers nothing is known."""
    found = asked(utterance)
    assert not found.requests
    assert [one.kind for one in found.cannot] == ["competitors"]


@pytest.mark.parametrize(
    "utterance",
    [
        "What are Leeds's worst complaints?",
        "What is everyone's biggest complaint?",
        "What is the checkout's biggest pain point?",
        "What are our customers' biggest pain points?",
        "Can you show me something like Mixpanel's retention report?",
    ],
)
def test_understand_owner_that_is_known_is_no_company(utterance: str) -> None:
    """Groups, steps, people and programs own things too."""
    assert asked(utterance).requests


@pytest.mark.parametrize(
    "utterance",
    [
        "In Amplitude I had Snapchat as its own line in the report. How much credit for orders does it get here?",
        "We pour money into TikTok. How many orders does it bring?",
        "The Black Friday campaign was my project. How many orders did it bring in?",
        "The gold tier costs us a fortune. What do they complain about?",
        "Our Birmingham store is struggling. What do customers complain about there?",
        "We target Gen Z. What do they struggle with?",
        "What do Prime members moan about?",
        "Are the customers in Marlow happier?",
        "Only Germany please. What are the biggest pain points?",
        "Our New York store opened. How do shoppers there feel?",
        "Our subscribers on the gold plan are restless. What are their pain points?",
        "In the blueprint there is a step called warranty registered. What share of customers reached this step?",
        "Our map has a stage called onboarding. What hurts in that stage?",
    ],
)
def test_understand_unknown_group_or_step_told_before_stays_unknown(utterance: str) -> None:
    """What the data does not know is not known either where a request only points back to it."""
    found = asked(utterance)
    assert not found.requests
    assert found.missing


def test_understand_complaint_in_a_clause_is_one_subject() -> None:
    """A complaint told with a verb of its own goes up to what is asked of it."""
    found = asked(
        "Is the complaint about the delivery fee being hidden until the end concentrated in certain groups?"
    )
    (request,) = found.requests
    assert (request.tool, getattr(request, "aspect", None)) == ("show_pain_point", "concentration")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("client swears nobody minds the fee", True),
        ("advocacy has always been a riddle", True),
        ("family customers pay the bills here", True),
        ("the gold tier costs us a fortune", True),
        ("problems customers have with the checkout", False),
        ("customers who have bought before", False),
        ("device is mobile", False),
        ("families on mobile", False),
    ],
)
def test_tells_statement_has_a_verb_of_its_own(words: str, told: bool) -> None:
    """Words that narrow a request have no verb, or one in a clause on somebody."""
    assert tells(words) is told


@pytest.mark.parametrize(
    ("statement", "claim"),
    [
        ("the boss keeps telling everyone that parcels are late", "parcels are late"),
        ("client swears nobody minds the fee", "nobody minds the fee"),
        ("according to our warehouse lead, breakages are gone", "breakages are gone"),
        ("parcels are late", "parcels are late"),
    ],
)
def test_claimed_is_the_clause_behind_who_claims_it(statement: str, claim: str) -> None:
    """The one who says something is no part of what is said."""
    assert claimed(statement) == claim


def test_told_topic_of_what_only_sets_the_scene_is_none() -> None:
    """A statement on nothing that customers speak of gives no subject."""
    assert told_topic("i am new here", SHOP) is None


def test_written_in_keeps_apostrophes_and_capitals() -> None:
    """Plain text has neither; both tell a name."""
    found = written_in("Is Globex's retention like Initech or our courier's?")
    assert found.owners == {"globexs"}
    assert {"globex", "initech"} <= found.names


@pytest.mark.parametrize(
    ("message", "where"),
    [
        ("York customers keep saying that delivery is late. Does the data back that up?", {"city": "York"}),
        ("Mobile users claim that refunds are slow. Does the data support that?", {"device_type": "mobile"}),
        ("Refunds are slow in York. Any quotes on that?", {"city": "York"}),
        ("Is late delivery in York mostly a mobile problem?", {"city": "York"}),
        ("In the phase where York customers pay, what hurts?", {"city": "York"}),
    ],
)
def test_understand_groups_that_are_told_limit_what_is_asked(message: str, where: dict[str, str]) -> None:
    """Who a claim is on, and who is named beside it, is never dropped."""
    requests = asked(message).requests
    assert requests
    assert all(one.model_dump().get("where") == where for one in requests)


@pytest.mark.parametrize(
    "message",
    [
        "Madrid customers claim that refunds are slow. Is that true?",
        "Parcels arrive damaged in Madrid. How common is that?",
        "In the phase where Madrid customers pay, what hurts?",
        "Compare canopy with platinum on retention",
    ],
)
def test_understand_unknown_groups_that_are_told_are_said_to_be_unknown(message: str) -> None:
    """An answer on everybody would be one to another question."""
    understood = asked(message)
    assert understood.requests == ()
    assert understood.missing or understood.cannot


@pytest.mark.parametrize(
    "message",
    [
        "How many customers from the United Kingdom come back?",
        "Show product photo complaints",
        "What money problems do customers mention?",
        "How often do couriers come up in complaints?",
    ],
)
def test_understand_words_that_only_sound_like_a_refusal_are_none(message: str) -> None:
    """A name in capitals is no step, a photo that is complained of is no picture to make."""
    understood = asked(message)
    assert understood.cannot == ()
    assert not any("step" in one.statement for one in understood.missing)
