"""Statements about customers: counted, and none where fewer say the like than the evidence floor asks."""

import pytest

from agent.draft.claims import MIN_PERSONS
from agent.draft.told import passages_behind, shown, told_claim
from agent.metrics import alike_positions, rating_scale
from agent.schemas.evidence import Lane
from tests.agent.draft.told_corpus import SAID, STATEMENT, facts_of, quote_at, told_corpus


@pytest.mark.parametrize(("n_alike", "is_told"), [(MIN_PERSONS - 1, False), (MIN_PERSONS, True)])
def test_told_claim_stands_from_the_evidence_floor_on(n_alike: int, is_told: bool) -> None:
    """One customer's words are no statement about customers; from the floor on it is counted, with its interval."""
    corpus = told_corpus([SAID] * n_alike + ["The weather is fine", "I like tea"])
    quote = quote_at(corpus, 0)
    origin = passages_behind(corpus, "decision", [quote])
    made = told_claim(facts_of(corpus), Lane.ACTIONS, STATEMENT, origin, [quote])
    assert (made is not None) is is_told
    if made is not None:
        assert made.quantity is not None
        assert (made.quantity.n, made.quantity.total) == (n_alike, n_alike + 2)
        assert made.statement == f"{STATEMENT[:-1]}: 71 %"
        assert len({item.record_id for item in made.evidence}) == len(made.evidence)


@pytest.mark.parametrize(
    "other",
    [
        "I cancel my order at the York shop",
        "I did not cancel my order at the Leeds shop",
        "A tea please",
    ],
)
def test_alike_positions_other_names_denials_and_matters_are_not_alike(other: str) -> None:
    """Who names another place, denies it or speaks of something else does not say the like."""
    corpus = told_corpus([SAID, other])
    assert alike_positions(corpus, "decision", STATEMENT, [corpus.passages[0].passage_id]) == (0,)


def test_shown_says_nothing_twice_and_most_frequent_first() -> None:
    """Of two statements in nearly the same words the one that more customers bear out stays."""
    corpus = told_corpus([SAID] * 6 + ["I want a blue tent for camping"] * 7)
    claims = [
        told_claim(facts_of(corpus), Lane.THOUGHTS, text, [corpus.passages[at].passage_id], [quote_at(corpus, at)])
        for at, text in ((0, STATEMENT), (0, "Customers cancel the order at the Leeds shop"), (6, "Customers want a blue tent for camping."))
    ]  # fmt: skip
    kept = shown(claim for claim in claims if claim is not None)
    assert [claim.quantity.n for claim in kept if claim.quantity] == [7, 6]


@pytest.mark.parametrize(
    ("ratings", "scale"),
    [([0.25, 1.0, 0.5], (1, 5)), ([0.0, 1.0], (0, 100)), ([0.25, 0.9], (0, 100)), ([], (0, 100))],
)
def test_rating_scale_is_stars_where_all_rate_so(ratings: list[float], scale: tuple[int, int]) -> None:
    """A scale of five points shows in its ratings; thumbs, tenths and nothing do not."""
    assert rating_scale(told_corpus(["a"] * len(ratings), ratings)) == scale


def test_told_claim_cites_only_who_says_the_like() -> None:
    """Of the quotes that a statement was made of, one that says something else stays out; where none says it there is no claim."""
    corpus = told_corpus([SAID] * MIN_PERSONS + ["I like tea"])
    saying, other = quote_at(corpus, 0), quote_at(corpus, MIN_PERSONS)
    origin = passages_behind(corpus, "decision", [other, saying])
    made = told_claim(facts_of(corpus), Lane.ACTIONS, STATEMENT, origin, [other, saying])
    assert made is not None
    assert saying in made.evidence
    assert other not in made.evidence
    assert told_claim(facts_of(corpus), Lane.ACTIONS, STATEMENT, origin, [other]) is None
