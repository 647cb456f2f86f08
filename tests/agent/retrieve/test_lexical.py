"""BM25 against its formula, written out slowly."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.retrieve.lexical import LexicalIndex, terms_of

_WORDS = st.sampled_from(["parcel", "refund", "late", "courier", "app", "crashes", "login", "the", "and"])
_TEXTS = st.lists(st.lists(_WORDS, max_size=8).map(" ".join), max_size=8)


def _bm25(query: str, position: int, texts: list[str]) -> float:
    """Return the score as Robertson and Zaragoza write it, with Lucene's idf; k1 1.2, b 0.75."""
    documents = [terms_of(text) for text in texts]
    mean_length = sum(map(len, documents)) / len(documents)
    score = 0.0
    for term in terms_of(query):
        n_with = sum(term in document for document in documents)
        idf = math.log(1 + (len(documents) - n_with + 0.5) / (n_with + 0.5))
        count = documents[position].count(term)
        if count:
            norm = 1.2 * (1 - 0.75 + 0.75 * len(documents[position]) / mean_length)
            score += idf * count * 2.2 / (count + norm)
    return score


@settings(deadline=None)
@given(_TEXTS, st.lists(_WORDS, max_size=5).map(" ".join))
def test_scores_equal_the_formula(texts: list[str], query: str) -> None:
    """Every passage has the score that the formula gives it."""
    scores = LexicalIndex(texts).scores(query)
    assert scores.shape == (len(texts),)
    assert scores.tolist() == pytest.approx([_bm25(query, n, texts) for n in range(len(texts))], abs=1e-4)


@settings(deadline=None)
@given(_TEXTS, st.lists(_WORDS, max_size=5).map(" ".join))
def test_scores_never_reach_the_best_possible(texts: list[str], query: str) -> None:
    """The score by which queries compare is a bound on all scores."""
    index = LexicalIndex(texts)
    best = index.best_possible(query)
    assert all(0 <= score <= best + 1e-4 for score in index.scores(query).tolist())
    assert (best > 0) == bool(terms_of(query) and any(terms_of(text) for text in texts))


def test_best_possible_of_a_word_nobody_has_counts_as_the_rarest() -> None:
    """Asking for something that is not there lowers what a passage can reach."""
    index = LexicalIndex(["parcel late", "parcel lost", "parcel lost late"])
    assert index.best_possible("parcel zebra") == pytest.approx(
        index.best_possible("parcel") + index.best_possible("lost")
    )


def test_scores_are_equal_on_every_build() -> None:
    """The same texts give the same bits."""
    texts = [f"parcel {n % 7} late {n}" for n in range(200)]
    first, second = (LexicalIndex(texts).scores("late parcel 3").tobytes() for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    "forms",
    [
        "refuse refused refuses refusing", "class classes", "address addresses addressed", "stop stopped stopping",
        "name named names naming", "cancel cancels cancelled canceled cancelling", "call called calling calls",
        "install installed installing", "try tries tried trying", "delivery deliveries", "charge charged charges",
        "box boxes boxed", "shoe shoes", "size sizes", "refund refunds refunded refunding", "add adds added adding",
        "run runs running", "ask asks asked asking", "ship ships shipped shipping", "string strings", "app apps app's",
    ],
)  # fmt: skip
def test_terms_join_the_forms_of_a_word(forms: str) -> None:
    """Singular, plural and tenses are one term."""
    assert len(set(terms_of(forms))) == 1


@pytest.mark.parametrize(
    "words",
    [
        "app apply", "rep reply", "car care", "cod code", "sit site", "ad add", "bus buse", "pas pass", "sup supply",
        "str string", "spe speed", "not note",
    ],
)  # fmt: skip
def test_terms_keep_different_words_apart(words: str) -> None:
    """A suffix that is part of the word stays."""
    assert len(set(terms_of(words))) == 2


def test_terms_leave_out_stop_words_and_keep_denials() -> None:
    """A text of stop words has no terms; "not" is no stop word."""
    assert terms_of("The one that I was in, and so on: it is") == ["one"]
    assert terms_of("It's not here") == ["not", "here"]
    assert terms_of("don't DON’T") == ["don't", "don't"]
    assert terms_of("We're sure you’ll say I've called the shop's line") == [
        "sure",
        "say",
        "call",
        "shop",
        "line",
    ]
