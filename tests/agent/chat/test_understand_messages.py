"""Messages of several sentences: what is asked in them, what is told around it, and what a request leaves to what was told."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.chat.understand.refining import limit_in
from agent.chat.understand.splitting import parts_of
from agent.chat.understand.times import spans_in
from agent.chat.understand.words import plain, righted
from tests.agent.chat.shop_names import asked

_END = date(2026, 6, 30)


@pytest.mark.parametrize(
    "message",
    [
        "My manager keeps asking about this: which problems do families have?",
        "I sell lamps for a living and nobody tells me anything. Which problems do families have?",
        "Two things I heard today, neither of them good, but I would love to know which problems do families have",
        "Quick question! Which problems do families have? I need it because the board meets on Friday.",
        "Please don't send me the whole report, just which problems do families have",
        "For the budget meeting on Monday: which problems do families have",
        "Our designers moved the basket, the agency complained, so could you tell me which problems do families have?",
        "Wich problems do families have?",
    ],
)
def test_parts_of_talk_around_a_request_is_left_out(message: str) -> None:
    """One request stays one, whatever is told before or after it."""
    (part,) = parts_of(plain(message), narrows=lambda words: "families" in words)
    assert part.text.removeprefix("tell me ") == "which problems do families have"


@pytest.mark.parametrize(
    ("message", "requests"),
    [
        ("What hurts most, and how many customers are there?", 2),
        ("1) top complaints 2) how many texts by channel", 2),
        ("Which problems stop people, and which not?", 1),
        ("How many accounts were closed? By how many customers?", 1),
        ("Take the first half of the data and tell me what changed", 1),
        ("What do they complain of, which have bought before?", 1),
        ("Tell me, for families only, how they feel", 1),
        ("How do people feel on the phone? I mean in calls with support", 1),
        ("Which lane is empty? Families only.", 1),
    ],
)
def test_parts_of_only_requests_of_their_own_are_parts(message: str, requests: int) -> None:
    """A clause that narrows, rewords or goes on about what is asked is none of its own."""
    assert len(parts_of(plain(message))) == requests


@given(st.text(max_size=300))
def test_parts_of_any_text_is_one_part_at_least_and_four_at_most(text: str) -> None:
    """Whatever is sent, something is there to be understood or refused."""
    assert 1 <= len(parts_of(plain(text))) <= 4


def test_understand_they_are_the_customers_told_of_before() -> None:
    """A group that a statement names is the one that "they" means, in the request behind it."""
    (found,) = asked("Our classic customers worry me. What do they complain about?").requests
    assert found.model_dump(exclude_defaults=True)["where"] == {"segment": "classic"}


def test_understand_people_of_the_request_are_not_those_told_of_before() -> None:
    """Who is named in the request itself is meant, not who was talked of."""
    (found,) = asked("My boss loves families. What do people complain about?").requests
    assert not found.model_dump(exclude_defaults=True).get("where")


def test_understand_before_and_after_a_day_that_was_told() -> None:
    """The day of a statement parts the time of a request that has none."""
    (found,) = asked("We moved warehouse on 12 March 2026. What changed in complaints after that?").requests
    assert found.model_dump(exclude_defaults=True) == {"at": "2026-03-12"}


@pytest.mark.parametrize(
    ("words", "first", "lead"),
    [
        ("since mid-may", date(2026, 5, 15), "since"),
        ("after the fifth of march", date(2026, 3, 5), "since"),
        ("before 12.04.2026", date(2026, 4, 12), "until"),
        ("since march began", date(2026, 3, 1), "since"),
        ("after halloween 2025", date(2025, 10, 31), "since"),
        ("the first two months of the year", date(2026, 3, 1), "until"),
        ("this month against last month", date(2026, 6, 1), "within"),
    ],
)
def test_spans_in_days_told_in_words(words: str, first: date, lead: str) -> None:
    """A day may be told by its month's part, in words, in figures or by a feast of a fixed day."""
    (span,) = spans_in(plain(words), last=_END)
    assert (span.first, span.lead) == (first, lead)


def test_spans_in_feast_without_a_year_or_a_lead_is_no_day() -> None:
    """A feast that is only spoken of is a topic or a season."""
    assert spans_in("what do they say about christmas cards", last=_END) == ()


@pytest.mark.parametrize(
    ("words", "days"), [("within a fortnight", 14), ("within eighteen days", 18), ("in under a week", 7), ("inside of two months", 60)]
)  # fmt: skip
def test_understand_time_limit_of_a_funnel_in_words(words: str, days: float) -> None:
    """Days, weeks and fortnights in words or figures limit a way from step to step."""
    (found,) = asked(f"What share of those who viewed a product placed an order {words}?").requests
    assert found.model_dump()["within_days"] == days


@pytest.mark.parametrize(
    ("words", "written"),
    [("thirty-two reviews", "32 reviews"), ("the twenty-first of may", "the 21st of may")],
)
def test_plain_numbers_from_eleven_on_are_figures(words: str, written: str) -> None:
    """Numbers in words are read as the figures they say."""
    assert plain(words) == written


def test_limit_in_fifteen_is_a_limit() -> None:
    """A number in words counts what is listed."""
    assert limit_in(plain("give me fifteen complaints")) == 15


def test_righted_question_words_with_swapped_letters() -> None:
    """Question words are put right, other words are left."""
    assert righted("waht do poeple say form here") == "what do people say form here"


@pytest.mark.parametrize(
    ("utterance", "trend"),
    [
        ("which complaints are picking up steam", "rising"),
        ("which complaints are on their way out", "falling"),
        ("which complaints have quietened down", "falling"),
    ],
)
def test_understand_direction_of_complaints_in_other_words(utterance: str, trend: str) -> None:
    """More of it is rising, less of it is falling, whatever words say so."""
    (found,) = asked(utterance).requests
    assert found.model_dump()["trend"] == trend


@pytest.mark.parametrize(
    ("utterance", "lane", "stage"),
    [
        ("what stands under touchpoints in the decision column of the map", "touchpoints", "decision"),
        ("map: advocacy thoughts", "thoughts", "advocacy"),
    ],
)
def test_understand_lane_and_stage_of_a_map(utterance: str, lane: str, stage: str) -> None:
    """A lane and a stage that stand beside "map" are those of the map."""
    (found,) = asked(utterance).requests
    assert found.model_dump(exclude_defaults=True) == {"lane": lane, "stage": stage}


@pytest.mark.parametrize(
    ("message", "tool"),
    [
        (
            "Since most of our money goes into mobile placements, I would like to know how mobile shoppers feel.",
            "show_emotions",
        ),
        (
            "We have old personas on a wall. I would rather see the groups of customers who behave alike.",
            "list_personas",
        ),
        (
            "The website went live on 1 April 2026, so I would like to compare the pain points since this date.",
            "compare_periods",
        ),
        (
            "We sell a lot of hammocks, and I would like to know what customers say about them.",
            "search_evidence",
        ),
        ("new here, what sort of questions can I ask you?", "show_help"),
        ("The planner asked me which sources are feeding this tool.", "data_status"),
        ("can you predict who's about to churn", "predict"),
    ],
)
def test_understand_what_is_told_before_a_wish_limits_nothing(message: str, tool: str) -> None:
    """What somebody tells of the reasons for a request is not what is asked, unless the request points back to it."""
    assert [request.tool for request in asked(message).requests] == [tool]


@pytest.mark.parametrize(
    ("message", "limit"),
    [
        ("I would need the three opportunities with the highest impact", 3),
        ("of our pain points I only want the two with the biggest reach", 2),
        ("top5 complaints", 5),
    ],
)
def test_limit_in_number_that_stands_alone_is_how_many_are_wanted(message: str, limit: int) -> None:
    """The things themselves were named before."""
    assert limit_in(plain(message)) == limit


@pytest.mark.parametrize(
    ("message", "query"),
    [
        ("I need some quotes on packaging for a slide titled 'Wrapped in love'.", "packaging"),
        ("quotes for the section 'Voices from the doorstep' on parcels left outside", "parcels left outside"),
    ],
)
def test_understand_title_of_what_somebody_works_on_is_no_subject(message: str, query: str) -> None:
    """A slide's name is neither searched for nor quoted."""
    (request,) = asked(message).requests
    assert request.model_dump()["query"] == query
