"""Which named thing a conversation speaks of: shortened, misspelt, one of several, or none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.retrieve.naming import Names

_VALUES = (
    "The Harbour Inn",
    "Willow Guest House",
    "Juniper & Rye",
    "Old Mill Kitchen",
    "Ask Kitchen",
    "Brightwater",
)
_NAMES = Names(
    _VALUES, is_everyday=lambda word: word in {"ask", "old", "house", "kitchen", "rye", "inn", "the"}
)


def _meant(*said: str) -> list[str]:
    return [_VALUES[name] for name in _NAMES.meant(said)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Is the Harbour Inn quiet?", ["The Harbour Inn"]),
        ("Is the harbour quiet?", ["The Harbour Inn"]),
        ("I stayed at brigthwater", ["Brightwater"]),
        ("I stayed at bright water", []),
        ("the willow guesthouse", ["Willow Guest House"]),
        ("juniper and rye's bread", ["Juniper & Rye"]),
        ("I forgot to ask this", []),
        ("We had the old house", []),
        ("It is at 12 Willow Street", []),
        ("Ask Kitchen or Old Mill Kitchen", ["Ask Kitchen", "Old Mill Kitchen"]),
        ("", []),
    ],
)
def test_mentions_are_told_by_their_telling_words(text: str, names: list[str]) -> None:
    """A name is met in full, in short, misspelt or written as one; everyday words and addresses are none."""
    assert [_VALUES[name] for name in _NAMES.mentions(text)] == names


def test_meant_is_what_was_named_last() -> None:
    """What the question names comes first, else the last that was named before."""
    assert _meant("Tell me of Brightwater.", "It is nice.", "And Juniper & Rye?", "Yes?", "Is it loud?") == [
        "Juniper & Rye"
    ]
    assert _meant("Tell me of Brightwater.", "It is nice.", "Is the Harbour Inn loud?") == ["The Harbour Inn"]
    assert _meant("Hello.", "Hi.") == []
    assert _meant() == []


def test_meant_of_several_are_all_that_are_asked_about() -> None:
    """A list stays a list; a recommendation narrows it; "both" reaches back for the other."""
    both = ["The Harbour Inn", "Brightwater"]
    assert _meant("There are the Harbour Inn and Brightwater.", "Is it loud?") == both
    assert _meant("The Harbour Inn is dear. Brightwater is cheap.", "Is it loud?") == ["Brightwater"]
    assert _meant("The Harbour Inn is dear. Brightwater is cheap.", "Are they both loud?") == both
    assert _meant("We have Brightwater and Harbour Inn, I suggest Harbour Inn", "Is it loud?") == [
        "The Harbour Inn"
    ]
    assert _meant("Harbour Inn?", "Or Brightwater.", "Is either of them loud?") == [
        "Brightwater",
        "The Harbour Inn",
    ]


def test_without_says_it_in_place_of_a_name() -> None:
    """What is asked is the same whatever it is asked of."""
    assert _NAMES.without("Is the Harbour Inn's view good?", [0]) == "Is it view good?"
    assert _NAMES.without("Is Harbour good?", [0]) == "Is it good?"
    assert _NAMES.without("Is Harbour good?", [1]) == "Is Harbour good?"


@given(st.text(max_size=60))
def test_mentions_never_fail_and_are_names(text: str) -> None:
    """Any text has mentions, perhaps none, and every one is a known name."""
    assert set(_NAMES.mentions(text)) <= set(range(len(_VALUES)))
