"""Which words are a limit that the data does not know, which are what is spoken of, and which are neither."""

from dataclasses import replace

import pytest

from agent.chat.understand.parsing import parse
from tests.agent.chat.shop_names import SHOP, asked

_TOLD = replace(SHOP, said=frozenset({"bistro", "leaflet", "parcel"}))


@pytest.mark.parametrize(
    "request_",
    [
        "Are tents ever brought up?",
        "tents: any complaints?",
        "the word on the tents",
        "somebody who says the tents fell over",
    ],
)
def test_parse_thing_that_is_spoken_of_is_subject_however_it_is_put(request_: str) -> None:
    """A subject is led to by more than "about"."""
    subject = parse(request_, SHOP).subject
    assert subject is not None
    assert subject.led
    assert subject.text.startswith("tents")


def test_parse_word_that_customers_write_limits_nothing() -> None:
    """What customers speak of is no name of a place."""
    assert parse("broken parts on the bistro", _TOLD).limits == ()
    assert parse("broken parts in brzewo", _TOLD).limits == ("brzewo",)


@pytest.mark.parametrize(
    ("request_", "value"),
    [
        ("pain points of canopy-tier members", "canopy"),
        ("what do Leeds-based shoppers praise", "Leeds"),
        ("what annoys deal-seekers", "deal_seeker"),
        ("the funnel of mobile-only shoppers", "mobile"),
    ],
)
def test_parse_hyphenated_name_is_the_group_it_names(request_: str, value: str) -> None:
    """A hyphen makes no other group of one that the data has."""
    found = parse(request_, SHOP)
    assert [mention.value for mention in found.all("where")] == [value]
    assert found.limits == ()


@pytest.mark.parametrize(
    ("request_", "limits"),
    [
        ("left-handed people", ("left-handed",)),
        ("how do platinum loyalty members differ from canopy", ("platinum",)),
        ("do vegetarians complain more", ("vegetarians",)),
        ("is the table safe for children", ()),
        ("in plain english, what hurts", ()),
        ("english customers", ("english",)),
        ("quotes for the billboard", ()),
        ("what puzzles customers", ()),
    ],
)
def test_parse_limit_counts_only_where_it_limits(request_: str, limits: tuple[str, ...]) -> None:
    """The same word may limit a request, say something of a thing or only be a manner of speaking."""
    assert parse(request_, SHOP).limits == limits


@pytest.mark.parametrize(
    "request_",
    [
        "biggest issues for the deal_seeker segment",
        "what do deal_seekers moan about",
        "retention where segment=deal_seeker",
        "how do dealSeekers feel at decision",
        "pain points of Deal_Seeker customers",
    ],
)
def test_parse_name_as_it_is_written_in_files_is_the_group_it_names(request_: str) -> None:
    """Underscores and capitals within a name make no other group of it."""
    found = parse(request_, SHOP)
    assert [mention.value for mention in found.all("where")] == ["deal_seeker"]
    assert found.limits == ()


def test_understand_names_of_traits_and_steps_written_in_one_are_found() -> None:
    """A step by its name without any mark, a trait as a program has it."""
    (counted,) = asked("count customers by loyaltyTier").requests
    assert counted.model_dump()["by"] == "loyalty_tier"
    (funnel,) = asked("conversion from checkoutStarted to orderCompleted").requests
    assert funnel.model_dump()["steps"] == ("checkout_started", "order_completed")


@pytest.mark.parametrize(
    ("request_", "limits"),
    [
        ("retention for loyalty_tier = platinum", ("platinum",)),
        ("customers with device_type tablet, what hurts them", ("tablet",)),
        ("pain points of segment students", ("students",)),
        ("pain points in the city of Leeds", ()),
        ("which city is worst off", ()),
        ("what kind of customers complain", ()),
    ],
)
def test_parse_word_behind_the_name_of_a_trait_is_a_value_of_it(
    request_: str, limits: tuple[str, ...]
) -> None:
    """A value that the data does not have is said to be unknown; the trait alone would be another question."""
    assert parse(request_, SHOP).limits == limits


@pytest.mark.parametrize(
    ("request_", "limits"),
    [
        ("seedling against bronze loyalty customers", ("bronze",)),
        ("canopy against gold members", ("gold",)),
        ("mobile against tablet complaints", ("tablet",)),
        ("canopy vs emerald on complaints", ("emerald",)),
        ("pensioners against enthusiasts", ("pensioners",)),
        ("canopy against the rest", ()),
        ("mobile vs desktop", ()),
        ("York vs last quarter", ()),
        ("copy against late delivery", ()),
    ],
)
def test_parse_unknown_side_of_a_comparison_is_never_dropped(request_: str, limits: tuple[str, ...]) -> None:
    """Beside a group only another group can stand; against everybody else is another question."""
    assert parse(request_, SHOP).limits == limits


@pytest.mark.parametrize(
    ("request_", "value"),
    [
        ("complaints of York in 2026", "York"),
        ("pain points of mobile last month", "mobile"),
        ("family complaints since March", "family"),
    ],
)
def test_parse_time_behind_a_group_leaves_the_group(request_: str, value: str) -> None:
    """The time belongs to the request, and is no longer name of the group's."""
    found = parse(request_, SHOP)
    assert [mention.value for mention in found.all("where")] == [value]
    assert found.limits == ()


@pytest.mark.parametrize(
    "request_", ["how bad is the app crashing", "phone case complaints", "family tent reviews"]
)
def test_parse_word_that_says_which_thing_is_meant_is_no_group(request_: str) -> None:
    """An app that crashes is no channel that the request is limited to."""
    assert parse(request_, SHOP).all("where") == ()


@pytest.mark.parametrize(
    ("utterance", "is_unknown"),
    [
        ("Which percentage of the British population knows us?", True),
        ("pain points of customers who speak Polish", True),
        ("pain points of customers with children", True),
        ("Which emotions dominate in what people tell us over Alexa?", True),
        ("Do canopy customers differ from the general population?", False),
        ("How do people feel over Christmas?", False),
    ],
)
def test_understand_people_beyond_the_data_are_unknown(utterance: str, is_unknown: bool) -> None:
    """A share of all people, of a language or of a family is in no data; everybody else beside a group is."""
    found = asked(utterance)
    assert any("is no group" in missing.statement for missing in found.missing) is is_unknown


@pytest.mark.parametrize(
    ("request_", "limits"),
    [
        ("complaints that came in via the community forum", ("community",)),
        ("complaints via email", ()),
        ("do families or singles complain more", ("singles",)),
        ("is it worse on mobile or desktop", ()),
        ("checkout to order in under 3 days", ()),
        ("customers over 60, complaints", ("60",)),
        ("how many wishlisters end up ordering", ("wishlisters",)),
        ("what do table buyers complain about", ()),
        ("what do dog owners complain about", ("dog",)),
    ],
)
def test_parse_everyday_word_limits_where_its_place_says_so(request_: str, limits: tuple[str, ...]) -> None:
    """A channel behind "via", the other side of an "or", people who are counted; no span of days, and no thing that is bought."""
    assert parse(request_, SHOP).limits == limits


@pytest.mark.parametrize(
    ("request_", "stage"),
    [
        ("pre-purchase complaints", "consideration"),
        ("after-sales pain points", "retention"),
        ("share of people who pre-ordered", None),
    ],
)
def test_parse_stage_of_two_words_is_found_where_a_request_begins(request_: str, stage: str | None) -> None:
    """What is ordered before is a deed of its own, and no stage before the purchase."""
    assert [one.value for one in parse(request_, SHOP).all("stage")] == ([stage] if stage else [])


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("for canopy members, would you list the pain points?", {"loyalty_tier": "canopy"}),
        ("among mobile shoppers, could you show me the biggest pain points", {"device_type": "mobile"}),
        ("Our Bath store is struggling. May I see the pain points there?", {"city": "Bath"}),
        ("pain points except desktop customers", {"device_type": "mobile"}),
    ],
)
def test_group_that_stands_before_or_is_left_out_limits_what_is_asked(
    text: str, where: dict[str, str]
) -> None:
    """Politeness between a group and what is asked of it, a shop of theirs, or a word like another changes nothing."""
    (request,) = asked(text).requests
    assert request.model_dump()["where"] == where


@pytest.mark.parametrize(
    "text",
    [
        "for platinum members, would you list the pain points?",
        "I have a meeting about platinum members tomorrow. What are their top pain points?",
        "Our Manchester store is struggling. May I see the pain points there?",
    ],
)
def test_group_nobody_knows_is_unknown_however_it_is_brought_in(text: str) -> None:
    """It is never answered for everybody."""
    found = asked(text)
    assert not found.requests
    assert found.missing


def test_everybody_but_one_of_many_is_asked_back() -> None:
    """A word for leaving out is no misspelt other one, which would turn the request into its opposite."""
    found = asked("top pain points except Leeds")
    assert not found.requests
    assert found.choices
