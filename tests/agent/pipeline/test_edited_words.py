"""What people word on a map: quotations are customers' own words, and nothing else is a number, a link or markup."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.firewall import fill
from agent.pipeline.edited_words import RefusedWording, Worded, Wordings
from agent.schemas.evidence import Claim, ClaimStatus, Lane, Metric, MetricQuery
from agent.verify.quotations import quotations, said_by_customer
from tests.agent.store.builders import record

_SAID = (
    "The app is far from broken. Checkout was quick, and I paid in 3 minutes.",
    "It hung in 3 places, the screen froze. We don't know, it is slow. I thought it was broken, all was fine.",
    "Delivery took ages.",
)
_RECORDS = [record(f"r{n}", text=text) for n, text in enumerate(_SAID)]
_WORDINGS = Wordings(lambda: _RECORDS, {"Late delivery", "decision"})


def _refusal(words: str) -> str:
    found = _WORDINGS.check(words, None)
    assert isinstance(found, RefusedWording), found
    return found.reason


@pytest.mark.parametrize(
    "words",
    [
        "They say “Delivery took ages.”",
        'They say "Delivery took ages" and leave.',
        "One says «the screen froze».",
        "One says 'Delivery took ages'.",
        "The customers' carts aren't kept; see ‘Late delivery’.",
        "They wait, e.g. at the door.",
    ],
)
def test_words_that_customers_said_and_names_of_the_map_may_stand_in_marks(words: str) -> None:
    """Whatever the marks; apostrophes are none."""
    found = _WORDINGS.check(words, None)
    assert isinstance(found, Worded), found
    for one in found.evidence:
        text = next(item.text for item in _RECORDS if item.record_id == one.record_id)
        assert text[one.start : one.end] == one.quote


@pytest.mark.parametrize(
    "words",
    [
        "They say “Delivery is a nightmare”.",
        'They say "Delivery took" ages.',
        "They say „delivery took ages“.",
        "They say 'it is all broken'.",
        "They say “broken”.",
        "They say “it was broken”.",
        "They say “it is slow”.",
        "They say “all was fine”.",
        "They say “”.",
    ],
)
def test_invented_and_cut_quotations_are_refused(words: str) -> None:
    """Not a word of it is changed, and no denial or doubt before it is cut off."""
    assert "no customer says just" in _refusal(words)


@pytest.mark.parametrize(
    "words", ["They say “it is slow", 'A 19" screen?'.replace("19", "wide"), "Slow” they say"]
)
def test_mark_without_a_partner_is_refused(words: str) -> None:
    """Where it ends cannot be told."""
    assert "has no partner" in _refusal(words)


@pytest.mark.parametrize(
    "words",
    [
        "See https://evil.example/x",
        "See www.evil.example",
        "See evil.example for more",
        "Write to help@evil.example",
        "Open javascript:alert(x)",
    ],
)
def test_links_and_addresses_are_refused(words: str) -> None:
    """An exported file would make links of them."""
    assert "a link or an address" in _refusal(words)


@pytest.mark.parametrize(
    "words", ["<script>alert(x)</script>", "a **bold** word", "[see](here)", "a &lt;b&gt; tag", "`code`"]
)
def test_markup_is_refused(words: str) -> None:
    """What an export would read as anything but words."""
    assert "markup" in _refusal(words)


def test_numbers_pass_inside_a_verified_quotation_alone() -> None:
    """A number in a customer's words is theirs; any other is nobody's."""
    assert isinstance(_WORDINGS.check("One says “It hung in 3 places, the screen froze.”", None), Worded)
    assert "numbers cannot be" in _refusal("They pay in 3 minutes.")
    assert "numbers cannot be" in _refusal("Nine in ten leave.")


def test_what_the_claim_said_before_may_stay() -> None:
    """A name out of the data that looks like a link was there before the person came."""
    claim = Claim(
        claim_id="c_1", lane=Lane.TOUCHPOINTS, status=ClaimStatus.OBSERVED, statement="Booking.com is used",
        template="Booking.com is used",
    )  # fmt: skip
    assert isinstance(_WORDINGS.check("Booking.com is what they use", claim), Worded)
    assert isinstance(_WORDINGS.check("Booking.org is what they use", claim), RefusedWording)


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet="abc .,!?\n'", max_size=40), st.text(alphabet="abc .,!?'", max_size=12))
def test_any_evidence_found_is_verbatim(text: str, words: str) -> None:
    """What is found stands in the record as it is."""
    found = said_by_customer(words, [record("r", text=text)] if text else [])
    assert found is None or text[found.start : found.end] == found.quote == words.strip()


def test_quotations_are_found_in_their_order() -> None:
    """Double marks, single marks and other marks."""
    found = quotations("a “b c” d 'e f' g «h» it's and ‘i’")
    assert [(one.words, one.is_name) for one in found] == [
        ("b c", False),
        ("e f", True),
        ("h", False),
        ("i", True),
    ]


@pytest.mark.parametrize(
    "marks",
    [
        "＂＂",
        "❝❞",
        "〝〞",
        "『』",
        "《》",
        "″″",
        "ʺʺ",
        "´´",
        "❛❜",
        "＇＇",
        "ʼʼ",
        "’’",
        "‛’",
        "⹂⹂",
        "‟”",
        "‚‘",
        "﹁﹂",
        "｢｣",
        "〈〉",
        "‵′",
        "״״",
    ],
)
def test_sign_that_looks_like_a_mark_is_no_way_to_quote(marks: str) -> None:
    """Whatever the sign: a reader takes what is between for a customer's words."""
    assert "has no partner" in _refusal(f"They say {marks[0]}This firm stole my money{marks[1]} and leave.")


@pytest.mark.parametrize("words", ["At noon o’clock", "They can’t, don＇t and won't", "The shops’ doors"])
def test_apostrophe_is_no_mark(words: str) -> None:
    """Inside a word, or after the one that owns."""
    assert isinstance(_WORDINGS.check(words, None), Worded)


def _rated(template: str, value: float) -> Claim:
    query = MetricQuery(op="x")
    rating = Metric(metric_id="a.rating", label="x", definition="x", unit="count", value=value, query=query)
    return Claim(
        claim_id="c_2", lane=Lane.METRICS, status=ClaimStatus.OBSERVED, metrics=(rating,), template=template,
        statement=fill(template, {"a.rating": rating}),
    )  # fmt: skip


_RATED = _rated("Mean rating, from 0 to 100: {{m:a.rating}}", 57)


@pytest.mark.parametrize(
    "words",
    [
        "We lose £57m a year", "It takes 57k", "It fell by -57", "It is the 57th", "A 57-fold rise", "Minus 57 now", "57 M now",
        "57 million now", "€ 57 now", "x57 now", "57 € now", "57² now", "57 % now", "57.5 now", "57 hours", "0.57", "~57", "− 57",
        "Mean rating, from 0 to 100: 57k", "It fell to 100", "It went from 0 to 100", "From 0 up, 57",
    ],
)  # fmt: skip
def test_computed_number_is_no_part_of_another(words: str) -> None:
    """Neither a sign nor a unit nor a magnitude makes another number of it; its scale is nobody's finding."""
    found = _WORDINGS.check(words, _RATED)
    assert isinstance(found, RefusedWording), found
    assert "numbers cannot be" in found.reason


@pytest.mark.parametrize(
    "words",
    ["The mean is 57.", "57, all told", "They rate it (57)", "Rating, from 0 to 100: 57", "At 57 it is low"],
)
def test_computed_number_stays_where_it_stands_alone(words: str) -> None:
    """Other words around it, the same number."""
    found = _WORDINGS.check(words, _RATED)
    assert isinstance(found, Worded), found
    assert "{{m:a.rating}}" in found.template


def test_computed_number_may_keep_the_company_that_it_had() -> None:
    """A unit that was beside it may stay beside it."""
    claim = _rated("It takes {{m:a.rating}} minutes", 57)
    assert isinstance(_WORDINGS.check("They wait 57 minutes", claim), Worded)
    assert isinstance(_WORDINGS.check("They wait 57 hours", claim), RefusedWording)
