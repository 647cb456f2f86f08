"""Copies: long and rare texts under other names fold onto the first posting; what many say in few words does not."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.analyse.copies import Copies, WrittenText, find_copies
from eval.simulator.copying import edited

_START = datetime(2026, 1, 5, tzinfo=UTC)
_REVIEW = (
    "Ordered the oak bench for our hallway and two of the four legs were shorter than the others. "
    "The courier left it in the rain, and the shop only offered a voucher."
)
_WORDS = [
    "garden",
    "lamp",
    "window",
    "copper",
    "quilt",
    "harbour",
    "ladder",
    "marble",
    "ticket",
    "violin",
    "cactus",
    "puddle",
    "saddle",
    "walnut",
    "turnip",
    "beacon",
    "cellar",
    "dragon",
    "engine",
    "feather",
    "glacier",
    "hammer",
    "island",
    "jacket",
    "kettle",
    "lantern",
    "mirror",
    "needle",
    "orchard",
    "pepper",
]


def _text(number: int, text: str, *, person: str | None = None, day: float = 0) -> WrittenText:
    return WrittenText(f"r{number:04d}", person or f"p{number}", _START + timedelta(days=day), text)


def _others(n: int = 300) -> list[WrittenText]:
    rng = random.Random(1)  # noqa: S311 - a test draws the same each time
    return [_text(1000 + i, " ".join(rng.choices(_WORDS, k=rng.randrange(5, 30))), day=i) for i in range(n)]


@pytest.mark.parametrize(
    "again",
    [
        _REVIEW,
        _REVIEW.upper(),
        _REVIEW.replace(".", "!").replace(",", ""),
        _REVIEW.replace("courier", "delivery man"),
        _REVIEW.replace("hallway", "halway") + " Never again.",
        _REVIEW[:110] + "... Read more",
    ],
    ids=["same", "capitals", "points", "word", "typo", "cut"],
)
def test_review_posted_at_two_places_counts_for_the_first_poster(again: str) -> None:
    """A trivial edit or months between do not hide a copy; nothing else is touched."""
    copies = find_copies([*_others(), _text(2, again, day=150), _text(1, _REVIEW)])
    assert copies == Copies({"r0002": "p1"}, 1)


@pytest.mark.parametrize("text", ["Good app", "Thanks!", "ok", "Great app, easy to use", ""])
def test_short_common_words_stay_everybodys_own(text: str) -> None:
    """Fifty customers who say thanks are fifty customers."""
    common = [
        _text(500 + i, f"great app and easy to use for the {word}") for i, word in enumerate(_WORDS * 3)
    ]
    copies = find_copies([*common, *(_text(i, text, day=i / 10) for i in range(50))])
    assert not [record_id for record_id in copies.person_of if record_id < "r0050"]


def test_hundred_copies_of_a_short_text_are_one_customer() -> None:
    """A flood of one rare sentence folds though it is short; a pair of it is left alone."""
    flood = "My ceramic teapot arrived in pieces"
    many = find_copies([*_others(), *(_text(i, flood, day=i / 3) for i in range(100))])
    assert (many.n_copies, many.n_texts) == (99, 1)
    assert set(many.person_of.values()) == {"p0"}
    assert find_copies([*_others(), *(_text(i, flood, day=60 * i) for i in range(2))]).n_copies == 0


def test_hundred_copies_with_edits_are_nearly_one_customer() -> None:
    """Each with another trivial edit."""
    rng = random.Random(4)  # noqa: S311 - a test draws the same each time
    copies = find_copies([*_others(), *(_text(i, edited(_REVIEW, rng), day=i / 3) for i in range(100))])
    assert copies.n_copies >= 95
    assert copies.n_texts == 1
    assert all(record_id < "r1000" for record_id in copies.person_of)


def test_form_letter_that_everybody_sends_is_no_copy() -> None:
    """Sentences that stand in many different texts are set phrases, put together by each customer anew."""
    openings = [
        "Hello, I would like to know where my order is please.",
        "Could you tell me when my order will be here?",
    ]
    endings = ["Thank you very much for your help with this.", "I look forward to hearing from you soon."]
    rng = random.Random(2)  # noqa: S311 - a test draws the same each time
    texts = [
        _text(
            i,
            " ".join(
                [
                    rng.choice(openings),
                    rng.choice(["", "It is for a birthday.", "No hurry."]),
                    rng.choice(endings),
                ]
            ),
        )
        for i in range(200)
    ]
    assert find_copies(texts).n_copies <= 190
    pair = [*texts[:2], *_others()]
    assert find_copies([t for t in pair if t.text != texts[0].text or t is texts[0]]).n_copies == 0


def test_own_repetitions_are_no_copies() -> None:
    """A person counts once anyway."""
    mine = [_text(i, _REVIEW, person="p1", day=i) for i in range(20)]
    assert find_copies([*_others(), *mine]) == Copies()


def test_personal_details_do_not_hide_a_copy() -> None:
    """Placeholders of one value differ from person to person."""
    first = _REVIEW + " My order is [ORDER-a1b]."
    assert (
        find_copies([*_others(), _text(1, first), _text(2, first.replace("a1b", "z9y"), day=3)]).n_copies == 1
    )


def test_nothing_and_texts_without_words_have_no_copies() -> None:
    """Emoji, other scripts, markup and nothing at all pass through."""
    odd = ["", "👍👍👍", "<b></b>", "…", "谢谢你们的帮助", "شكرا", "\u200b"]
    assert find_copies([]) == Copies()
    assert find_copies([_text(i, text) for i, text in enumerate(odd * 3)]) == Copies()


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_copies_do_not_depend_on_the_order_of_texts(rng: random.Random) -> None:
    """The same texts in any order fold in the same way."""
    texts = [
        *_others(80),
        *(_text(i, _REVIEW.replace(" ", f" {word} ", 1 + i % 3), day=i) for i, word in enumerate(_WORDS[:8])),
    ]
    expected = find_copies(texts)
    rng.shuffle(texts)
    assert find_copies(texts) == expected
