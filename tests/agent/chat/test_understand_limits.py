"""Which words are a limit that the data does not know, which are what is spoken of, and which are neither."""

from dataclasses import replace

import pytest

from agent.chat.understand.parsing import parse
from tests.agent.chat.shop_names import SHOP

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
