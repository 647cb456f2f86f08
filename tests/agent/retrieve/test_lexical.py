"""Coverage of a query's words against its definition, written out slowly."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.retrieve.lexical import LexicalIndex, terms_of

_WORDS = st.sampled_from(["parcel", "refund", "late", "courier", "app", "crashes", "login", "the", "and"])
_TEXTS = st.lists(st.lists(_WORDS, max_size=8).map(" ".join), max_size=8)


def _coverage(query: str, position: int, texts: list[str]) -> float:
    """Return the share of the query's weight that a text has; a word that no text has weighs as the rarest."""
    documents = [set(terms_of(text)) for text in texts]

    def idf(n_with: int) -> float:
        return math.log(1 + (len(documents) - n_with + 0.5) / (n_with + 0.5))

    vocabulary = {term for document in documents for term in document}
    n_with = {term: sum(term in document for document in documents) for term in vocabulary}
    rarest = max((idf(n) for n in n_with.values()), default=0.0)
    weights = {term: idf(n_with[term]) if term in n_with else rarest for term in terms_of(query)}
    total = sum(weights.values())
    return (
        sum(weight for term, weight in weights.items() if term in documents[position]) / total
        if total
        else 0.0
    )


@settings(deadline=None)
@given(_TEXTS, st.lists(_WORDS, max_size=5).map(" ".join))
def test_coverage_equals_its_definition(texts: list[str], query: str) -> None:
    """Every passage has the share that the definition gives it."""
    coverage = LexicalIndex(texts).coverage(query)
    assert coverage.shape == (len(texts),)
    assert coverage.tolist() == pytest.approx(
        [_coverage(query, n, texts) for n in range(len(texts))], abs=1e-6
    )


@settings(deadline=None)
@given(_TEXTS, st.lists(_WORDS, max_size=5).map(" ".join))
def test_coverage_is_a_share_and_of_a_text_by_itself_whole(texts: list[str], query: str) -> None:
    """Shares lie from 0 to 1; a text that has all the words has 1; saying a word twice changes nothing."""
    index = LexicalIndex([*texts, query])
    shares = index.coverage(query)
    assert all(0 <= share <= 1 + 1e-6 for share in shares.tolist())
    assert shares[-1] == pytest.approx(1.0 if terms_of(query) else 0.0)
    assert index.coverage(f"{query} {query}").tolist() == pytest.approx(shares.tolist())


def test_coverage_of_a_word_nobody_has_counts_as_the_rarest() -> None:
    """Asking for something that is not there lowers what a passage can reach."""
    index = LexicalIndex(["parcel late", "parcel lost", "parcel lost late"])
    assert index.coverage("parcel zebra")[1] == pytest.approx(index.coverage("parcel late")[1])


def test_coverage_is_equal_on_every_build() -> None:
    """The same texts give the same bits."""
    texts = [f"parcel {n % 7} late {n}" for n in range(200)]
    first, second = (LexicalIndex(texts).coverage("late parcel 3").tobytes() for _ in range(2))
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
