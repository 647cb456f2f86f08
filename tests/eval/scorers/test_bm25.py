"""The BM25 peer against its formula, written out slowly."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.retrieve.lexical import terms_of
from eval.scorers.bm25 import bm25_scores

_WORDS = st.sampled_from(["parcel", "refund", "late", "courier", "app", "crashes", "login", "the", "and"])
_TEXTS = st.lists(st.lists(_WORDS, max_size=8).map(" ".join), min_size=1, max_size=8)


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
@given(_TEXTS, st.lists(st.lists(_WORDS, max_size=5).map(" ".join), min_size=1, max_size=3))
def test_scores_equal_the_formula(texts: list[str], queries: list[str]) -> None:
    """Every text has the score that the formula gives it, for every query."""
    scores = bm25_scores(texts, queries)
    assert scores.shape == (len(queries), len(texts))
    expected = [[_bm25(query, n, texts) for n in range(len(texts))] for query in queries]
    np.testing.assert_allclose(scores, expected, atol=1e-4)
