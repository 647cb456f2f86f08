"""Pain points that a request calls by other words than their labels, told by what customers wrote of them."""

import weakref
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.chat.understand import Understood, Vocabulary
from agent.chat.understand.vocabulary import Voices
from agent.chat.understand.words import stems_of
from tests.agent.chat.shop_names import SHOP, asked, bundled_encoder

_SAID = {
    "pp_fee": (
        "The delivery fee only came up on the last page.",
        "I was surprised by a fee nobody had told me about.",
        "There were extra charges hidden until the very end.",
        "The price shown was not the price I had to pay in the end.",
        "A shipping charge popped up out of nowhere when I wanted to pay.",
        "Hidden costs at checkout, again.",
        "You only tell people about the delivery charge when they pay.",
        "Suddenly there was a fee on top of the price.",
    ),
    "pp_damaged": (
        "The lamp arrived in pieces.",
        "My parcel was smashed when it came.",
        "The goods were damaged and the box was torn.",
        "One of the plates was cracked.",
        "It was broken when I opened the parcel.",
        "Everything in the box was dented.",
        "The item arrived damaged.",
        "The glass had shattered on the way.",
    ),
    "pp_transfer": (
        "I was passed from one agent to the next.",
        "Support kept transferring me to other departments.",
        "Three people, and each passed me on to somebody else.",
        "They handed me around between teams.",
        "Your service passed me around all morning.",
        "I was transferred four times.",
        "Nobody felt responsible and I was sent from agent to agent.",
        "Passed around by support again.",
    ),
    "pp_late": (
        "My delivery was late.",
        "It came a week after the promised date.",
        "Late delivery once again.",
        "The parcel was not delivered on time.",
    ),
    "pp_refund": (
        "I still wait for my money to come back.",
        "The refund took six weeks.",
        "My money has not been returned.",
        "No refund although you have the goods.",
    ),
    "": (
        "The staff in the shop were lovely.",
        "I like the colour of the chair.",
        "Great quality for the price.",
        "The newsletter comes every day.",
        "I bought a tent for the summer.",
        "The music in the shop is too loud.",
        "My daughter loves the new bed.",
        "Parking is easy at the store.",
    ),
}


@cache
def _vectors() -> NDArray[np.float32]:
    """Of what they wrote, held as a snapshot holds them."""
    texts = [text for written in _SAID.values() for text in written]
    return np.asarray(bundled_encoder().encode(texts), dtype=np.float32)


@cache
def _heard() -> Vocabulary:
    """The shop with what its customers wrote."""
    place = {one.ref: at for at, one in enumerate(SHOP.pain_points)}
    told = [(place.get(ref, -1), text) for ref, texts in _SAID.items() for text in texts]
    words = [
        frozenset(stem for text in _SAID.get(one.ref, ()) for stem in stems_of(text))
        for one in SHOP.pain_points
    ]
    voices = Voices(weakref.ref(_vectors()), np.array([at for at, _ in told], dtype=np.intp), tuple(words))
    said = frozenset(stem for _, text in told for stem in stems_of(text))
    return replace(SHOP, voices=voices, said=said)


def _asked(utterance: str) -> Understood:
    return asked(utterance, vocabulary=_heard())


def _only(understood: Understood) -> dict[str, Any]:
    (request,) = understood.requests
    return request.model_dump(exclude_defaults=True) | {"tool": request.tool}


@pytest.mark.parametrize(
    ("utterance", "pain"),
    [
        ("how many customers moan about surprise fees", "pp_fee"),
        ("how widespread is the smashed parcels problem", "pp_damaged"),
        ("how bad is being passed around by support", "pp_transfer"),
    ],
)
def test_understand_trouble_in_other_words_is_the_pain_point_of_those_who_wrote_them(
    utterance: str, pain: str
) -> None:
    """No label says so; the sentences of customers do."""
    found = _only(_asked(utterance))
    assert (found["tool"], found["name"]) == ("show_pain_point", pain)


@pytest.mark.parametrize(
    "utterance",
    [
        "how many customers moan about loud music",
        "how widespread are complaints about the parking",
        "how bad is the problem with kayak paddles",
    ],
)
def test_understand_trouble_that_no_pain_point_is_of_is_not_taken_for_one(utterance: str) -> None:
    """What nobody complains of in numbers is looked up word for word at most."""
    assert all(one.tool != "show_pain_point" for one in _asked(utterance).requests)


def test_understand_word_that_no_customer_with_it_writes_is_asked_back() -> None:
    """A fee for crypto payments may be another thing than the fee that is known."""
    understood = _asked("how widespread is the problem with crypto fees hidden at the end")
    assert not any(one.tool == "show_pain_point" for one in understood.requests)


def test_understand_trend_of_a_trouble_in_other_words_is_of_its_pain_point() -> None:
    """How it develops is counted for the pain point."""
    found = _only(_asked("is talk of surprise fees growing month over month"))
    assert found == {"tool": "show_trend", "topic": "Delivery fee only shown at the end"}
