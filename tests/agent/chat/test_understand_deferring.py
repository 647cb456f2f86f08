"""Messages whose question only points at what they told, and politeness around requests."""

from typing import Any

import pytest

from agent.chat.understand.deferring import only_points, told_request, unadorned
from agent.chat.understand.sentences import asks
from agent.chat.understand.splitting import parts_of
from agent.chat.understand.telling import claimed, says_duty, tells, without_state
from agent.chat.understand.words import plain
from tests.agent.chat.shop_names import asked


def _only(utterance: str) -> dict[str, Any]:
    (found,) = asked(utterance).requests
    return {"tool": found.tool, **found.model_dump(exclude_defaults=True)}


@pytest.mark.parametrize(
    ("utterance", "tool"),
    [
        ("My director will want the number of customers who requested a return. What do I tell her?", "count_customers"),
        ("The auditor asked me which files were loaded. What may I reply?", "data_status"),
        ("We should know which touchpoints earn the credit. Can you work it out?", "show_attribution"),
        ("I only need the complaints of desktop shoppers. Would you be so kind as to pull them together?", "list_pain_points"),
        ("A colleague mentioned that you can foretell which customers will leave. May I see that forecast?", "predict"),
        ("There should be a journey map somewhere. Can I see it?", "show_map"),
        ("I was told there are personas in the tool. Could you open them?", "list_personas"),
        ("I have the impression that people go round in circles. Would you check whether there are such loops?", "show_paths"),
        ("Our map was redone by the agency. How does it differ from the old one?", "compare_maps"),
    ],
)  # fmt: skip
def test_understand_question_that_only_points_asks_for_what_was_told(utterance: str, tool: str) -> None:
    """A wish, a claim or a thing that is said to be there is asked for by "what do I tell her" and "may I see it"."""
    assert _only(utterance)["tool"] == tool


@pytest.mark.parametrize(
    "utterance",
    [
        "My boss wants to know our revenue per month. What do I tell him?",
        "The board asks how many orders we will have next year. What should I answer?",
        "I have to send the winback mail to all canopy members by noon. Could you do that for me?",
        "A friend swears the angry customers are all on TikTok. Can I see them?",
        "A colleague said the tool can make videos. May I see one?",
        "There is a renewal stage in our process. How do people feel in it?",
    ],
)
def test_understand_question_that_only_points_at_what_cannot_be_told_is_refused(utterance: str) -> None:
    """What cannot be answered where it is asked cannot where it is told."""
    found = asked(utterance)
    assert not found.requests
    assert found.cannot or found.missing


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("what do i tell her", True),
        ("may i see this prediction", True),
        ("would you be so kind to list them", True),
        ("could you put those together for me", True),
        ("what can we do about it", False),
        ("show me the prediction", False),
        ("list them by city", False),
        ("how do they feel", False),
    ],
)
def test_only_points_says_nothing_of_its_own(text: str, points: bool) -> None:
    """A request that names anything asks for that."""
    assert only_points(text) is points


@pytest.mark.parametrize(
    ("statement", "request_told"),
    [
        ("i read in the manual that the tool proposes next actions", "the tool proposes next actions"),
        ("apparently there is a list of opportunities in here", "a list of opportunities in here"),
        ("york customers say that delivery is late", "york customers say that delivery is late"),
    ],
)
def test_told_request_is_the_claim_or_the_thing(statement: str, request_told: str) -> None:
    """Who claims something is left out, unless they are the customers it is about."""
    assert told_request(statement) == request_told


@pytest.mark.parametrize(
    ("request_", "bare"),
    [
        ("would you be so kind as to list the complaints", "list the complaints"),
        ("could you please show me the funnel", "show me the funnel"),
        ("would you mind collecting the praise", "collecting the praise"),
        ("may i see the journey map", "show me the journey map"),
        ("could i have some quotes on fees", "show me some quotes on fees"),
        ("would you say mobile is worse than desktop", "would you say mobile is worse than desktop"),
        ("would customers buy more if it was free", "would customers buy more if it was free"),
    ],
)
def test_unadorned_leaves_out_politeness_alone(request_: str, bare: str) -> None:
    """An order is the same with and without courtesy; what else begins so is left as it is."""
    assert unadorned(request_, is_order=asks) == bare


@pytest.mark.parametrize(
    ("utterance", "held"),
    [
        (
            "Since nearly all of our budget goes into search ads, I would like to understand how mobile shoppers feel.",
            {"tool": "show_emotions", "where": {"device_type": "mobile"}},
        ),
        (
            "Given that the family segment pays the bills here, I would like to understand what they praise.",
            {"tool": "list_themes", "sentiment": "praise", "where": {"segment": "family"}},
        ),
        ("New here, what sort of questions can I ask you?", {"tool": "show_help"}),
        ("Short on time, what are the top three problems?", {"tool": "list_pain_points", "limit": 3}),
        (
            "We are redoing the texts and I have to say where to begin. At which points do desktop shoppers feel confused?",
            {"tool": "show_emotions", "emotion": "confused", "where": {"device_type": "desktop"}},
        ),
        ("Which stages get skipped, and how often?", {"tool": "show_stage_times", "aspect": "skips"}),
        ("I need the sample for my footnote: how many texts are there?", {"tool": "count_customers", "of": "texts"}),
        (
            "The new site went live on 1 April 2026, therefore I would like to compare the pain points before and after this date.",
            {"tool": "compare_periods", "at": "2026-04-01"},
        ),
    ],
)  # fmt: skip
def test_understand_reasons_states_and_duties_are_told(utterance: str, held: dict[str, Any]) -> None:
    """Why, when and in what state somebody asks is no part of what is asked."""
    assert _only(utterance) == held


@pytest.mark.parametrize(
    ("utterance", "what"),
    [
        ("Somebody claimed that canopy members come back more faithfully than seedling members. Show me the retention of both tiers.", "retention"),
        ("Our manager swears Leeds has other problems than York. Put the pain points of the two cities next to each other.", "pain_points"),
        ("We argue about families and enthusiasts. How do the journeys of these two segments differ?", "paths"),
    ],
)  # fmt: skip
def test_understand_both_groups_are_those_that_were_told(utterance: str, what: str) -> None:
    """Two groups of one trait may be told before they are set side by side."""
    found = _only(utterance)
    assert (found["tool"], found.get("what", "pain_points")) == ("compare_groups", what)
    assert {*found["where"], *found["versus"]} in ({"loyalty_tier"}, {"city"}, {"segment"})


def test_understand_both_groups_that_nobody_knows_are_said_to_be_unknown() -> None:
    """Two groups that the data does not know stay unknown where "both" means them."""
    found = asked("Manchester and Liverpool always fight. Compare the pain points of the two cities.")
    assert not found.requests
    assert found.missing


@pytest.mark.parametrize(
    ("utterance", "tool"),
    [
        ("The client is convinced that late delivery has become a smaller issue. I'd like to verify this with the evolution over time.", "show_trend"),
        ("Support say they have fixed the endless transfers. Is that coming up less often in what customers tell us?", "show_trend"),
        ("There is a suspicion that our adverts promise more than the shop can give. Would you find me the proof in the verbatims?", "search_evidence"),
        ("Has anybody said that they do not want to view a product before buying?", "search_evidence"),
        ("Which channel switches do we observe most?", "show_paths"),
        ("What is typically the next touchpoint after somebody has viewed a product?", "show_paths"),
        ("can you predict who's about to churn", "predict"),
        ("How many customers per channel do we have?", "count_customers"),
    ],
)  # fmt: skip
def test_understand_kind_of_request_in_other_words(utterance: str, tool: str) -> None:
    """What is asked is told by the words for it, not by those around them."""
    assert _only(utterance)["tool"] == tool


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("as most of our traffic is on phones", True),
        ("because the budget is up for review", True),
        ("since the relaunch was on 1 april", True),
        ("they redesigned the filters in spring", True),
        ("since the relaunch in spring", False),
        ("because of the delivery fees", False),
        ("as customers of the canopy tier", False),
        ("they put something in the basket", False),
    ],
)
def test_tells_reasons_have_a_verb_of_their_own(text: str, told: bool) -> None:
    """What says since when or because of what narrows a request."""
    assert tells(text) is told


def test_claimed_by_a_department_in_the_plural() -> None:
    """A department reports as several people do."""
    assert claimed("support say the waiting has been fixed") == "the waiting has been fixed"


def test_says_duty_is_no_question() -> None:
    """Where something has to be done by those who ask is told; "where should we" asks."""
    assert says_duty("where people are lost we should speak simply")
    assert not says_duty("where should we begin")


def test_without_state_names_stay() -> None:
    """Only words on the writer are left out."""
    assert without_state("total beginner here, which events are tracked") == "which events are tracked"
    assert without_state("late parcels here, how common") == "late parcels here, how common"


def test_parts_of_wish_is_one_request_whatever_points_at_it() -> None:
    """A question that only points at a wish is none of its own."""
    (part,) = parts_of(plain("They keep asking which complaints are growing. What should I reply?"))
    assert part.text == "which complaints are growing"


@pytest.mark.parametrize(
    ("utterance", "held"),
    [
        ("I've been asked to own the advocacy stage. Fill me in on it.", {"tool": "show_stage", "stage": "advocacy"}),
        ("I'm interested in the loyalty tiers: how many customers are in each?", {"tool": "count_customers", "by": "loyalty_tier"}),
        ("The new map came out on Tuesday. Talk me through the changes.", {"tool": "compare_maps"}),
        ("I nod whenever somebody says reach. What is it, actually?", {"tool": "explain_term", "term": "reach"}),
        ("I've had three coffees and I'm ready for bad news. Hit me with the worst complaints.", {"tool": "list_pain_points"}),
        ("The founders want a single slide: who are our types of customers?", {"tool": "list_personas"}),
        ("With the new agency starting on Monday, a run-through of the awareness stage would be handy.", {"tool": "show_stage", "stage": "awareness"}),
        ("As discussed with Priyanka yesterday, kindly provide the pain points in the decision stage.", {"tool": "list_pain_points", "stage": "decision"}),
        ("I never understood what odds ratio means here.", {"tool": "explain_term", "term": "odds ratio"}),
        ("We have talked enough about seedling members. What do you recommend we do with them?", {"tool": "suggest_actions", "where": {"loyalty_tier": "seedling"}}),
        ("On 2 March 2026 we got a new head of service. Did the journeys change after that?", {"tool": "compare_periods", "at": "2026-03-02", "what": "paths"}),
    ],
)  # fmt: skip
def test_understand_thing_that_was_told_is_meant(utterance: str, held: dict[str, Any]) -> None:
    """A stage, a trait, a map or a word that the message spoke of is what "it" and "each" mean; the rest is talk."""
    assert _only(utterance) == held


@pytest.mark.parametrize(
    "utterance",
    [
        "I have a friend at IKEA. What do their customers complain about?",
        "Our podcast has taken off. How many orders came from it?",
        "There is a loyalty tier called platinum. How many customers are in it?",
        "We call it the reactivation stage. What do customers struggle with in it?",
        "My CRM has an upsell stage. How do customers feel during upsell?",
        "Priya Okafor called again, poor thing. What went wrong with her order?",
        "We agreed to give 10% off to seedling members. Can you do that?",
        "You hide some customers from us for testing. Let me read what they wrote.",
        "I heard the tool predicts next year's churn rate. Could I see this prediction?",
        "Why did the complaints about tracking increase?",
        "Could you tell me how customers will react to the new logo?",
        "ROAS of the spring ads",
        "issue a £10 credit to everybody whose parcel was late",
        "Could I have some verbatims from London, please?",
    ],
)
def test_understand_what_nobody_knows_is_refused_where_it_is_only_pointed_at(utterance: str) -> None:
    """An answer to another question than the one that was asked is worse than none."""
    found = asked(utterance)
    assert not found.requests
    assert found.cannot or found.missing or found.choices
