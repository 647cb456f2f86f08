"""BM25 as a peer of the product's search.

Source: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with Lucene's floor of
the inverse document frequency. Words are cut and stemmed as the product does it, so that only the ranking differs.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agent.retrieve.lexical import terms_of

_K1 = 1.2
_B = 0.75


def bm25_scores(texts: Sequence[str], queries: Sequence[str]) -> NDArray[np.float32]:
    """Return the score of every text for every query, shape `(n_queries, n_texts)`."""
    documents = [terms_of(text) for text in texts]
    lengths = np.array([len(document) for document in documents], dtype=np.float64)
    norm = _K1 * (1 - _B + _B * lengths / max(float(lengths.mean()), 1e-9))
    counts: dict[str, dict[int, int]] = {}
    for number, document in enumerate(documents):
        for term in document:
            of_term = counts.setdefault(term, {})
            of_term[number] = of_term.get(number, 0) + 1
    scores = np.zeros((len(queries), len(texts)), dtype=np.float32)
    for row, query in enumerate(queries):
        for term in terms_of(query):
            found = counts.get(term, {})
            numbers = np.fromiter(found, dtype=np.int64, count=len(found))
            times = np.fromiter(found.values(), dtype=np.float64, count=len(found))
            idf = np.log1p((len(texts) - len(found) + 0.5) / (len(found) + 0.5))
            scores[row, numbers] += idf * times * (_K1 + 1) / (times + norm[numbers])
    return scores
