"""Groups texts that mean the same, without being told how many groups there are.

Three views meet: the sentence vectors, the words, and who says what. Each text is drawn towards its nearest neighbours,
which evens out what does not matter (a product's name, a date, a way of typing); texts that then lie together make small
nodes; nodes are merged while they are near in meaning, the sooner the more often the same persons say both. Where hardly
anybody says two things, how the texts lie decides alone (`shapes`).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.cluster import hierarchy
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from agent.analyse.shapes import Labels, Matrix, group_by_shape, smoothed, unit
from agent.ports import Vectors

# SciPy and scikit-learn ship no types.
_hierarchy: Any = hierarchy
_tfidf: Any = TfidfVectorizer
_svd: Any = TruncatedSVD

N_LEXICAL = 100
_LEXICAL_WEIGHT = 0.5
_NEIGHBOURS = 8
_SMOOTHING_STEPS = 2
_NODE_HEIGHT = 2.0
_SAME_MEANING = 0.5
_PERSONS_WEIGHT = 0.3
_PRIOR_PERSONS = 1.0
_MAX_LIFT = 2.5
_MIN_TEXTS = 3
_COMPANY = 0.1
"""Share of texts whose person says another one, from which persons have a say in what belongs together."""


@dataclass(frozen=True, slots=True)
class Views:
    """Texts as numbers: centred sentence vectors beside the leading components of their words, shape `(n, dim)`."""

    matrix: Matrix
    centre: Matrix
    """Mean sentence vector, which was taken off."""
    words: Any
    """Fitted vectoriser and decomposition, or None where no word recurs."""


def fit_views(texts: list[str], vectors: Vectors, *, seed: int) -> Views:
    """Fit both views on texts; rows are unit vectors."""
    centre = vectors.mean(axis=0)
    words = _fit_words(texts, seed=seed)
    return Views(_join(texts, vectors, centre, words), centre, words)


def apply_views(views: Views, texts: list[str], vectors: Vectors) -> Matrix:
    """Return further texts in the views that `fit_views` fitted, shape `(n, dim)`."""
    return _join(texts, vectors, views.centre, views.words)


def group(plain: Matrix, vectors: Vectors, persons: Labels) -> Labels:
    """Return the group of each text, numbered from 0.

    Args:
        plain: Unit rows of `fit_views`, at most a few thousand: time and memory grow with the square.
        vectors: Unit sentence vectors of the same texts.
        persons: Whose text each row is, numbered from 0.
    """
    if not witnessed(persons):
        return group_by_shape(plain, vectors)
    n = len(plain)
    if n <= _MIN_TEXTS:
        return np.zeros(n, dtype=np.int64)
    smooth = smoothed(unit(plain - plain.mean(axis=0)), _NEIGHBOURS, steps=_SMOOTHING_STEPS)
    tree = _hierarchy.linkage(smooth.astype(np.float64), "ward")
    nodes = np.unique(_hierarchy.fcluster(tree, _NODE_HEIGHT, "distance"), return_inverse=True)[1]
    return _Merging(smooth, nodes.astype(np.int64), persons).merged()


def witnessed(persons: Labels) -> bool:
    """Tell whether enough texts have another one of the same person beside them for persons to have a say."""
    return bool((np.bincount(persons)[persons] > 1).mean() >= _COMPANY)


def _fit_words(texts: list[str], *, seed: int) -> tuple[Any, Any] | None:
    vectoriser = _tfidf(
        sublinear_tf=True, ngram_range=(1, 2), min_df=2, max_features=30_000, dtype=np.float32
    )
    try:
        counts = vectoriser.fit_transform(texts)
    except ValueError:
        # Scikit-learn's way of saying that no word occurs in two texts.
        return None
    n_components = min(N_LEXICAL, counts.shape[0] - 1, counts.shape[1] - 1)
    if n_components < _MIN_TEXTS:
        return None
    # Where all texts share the same recurring words, scikit-learn divides by a variance of nothing for a figure unused here.
    with np.errstate(invalid="ignore", divide="ignore"):
        return vectoriser, _svd(n_components, random_state=seed).fit(counts)


def _join(texts: list[str], vectors: Vectors, centre: Matrix, words: tuple[Any, Any] | None) -> Matrix:
    meaning = unit(vectors - centre)
    if words is None:
        return meaning
    vectoriser, components = words
    lexical = unit(np.asarray(components.transform(vectoriser.transform(texts)), dtype=np.float32))
    return unit(np.hstack([meaning, _LEXICAL_WEIGHT * lexical]))


class _Merging:
    """Nodes, and how far apart each two are: in meaning, less what the same persons say of both.

    The second term is the logarithm of how many more persons say both than if each person's texts were dealt out at
    random; where persons say one text each it is nothing, and meaning alone decides.

    Source:
        Pointwise mutual information with a prior (Church and Hanks, 1990, Computational Linguistics 16).
    """

    def __init__(self, rows: Matrix, nodes: Labels, persons: Labels) -> None:
        n_nodes = int(nodes.max()) + 1
        person = np.unique(persons, return_inverse=True)[1]
        self._nodes = nodes
        sums = np.zeros((n_nodes, rows.shape[1]), dtype=np.float32)
        np.add.at(sums, nodes, rows)
        centres = unit(sums).astype(np.float64)
        self._meaning = 1 - centres @ centres.T
        self._sizes = np.ones(n_nodes)
        self._shares = np.bincount(nodes) / len(nodes)
        self._said = np.zeros((int(person.max()) + 1, n_nodes), dtype=bool)
        self._said[person, nodes] = True
        self._texts, self._persons = np.unique(np.bincount(person), return_counts=True)
        self._open = np.ones(n_nodes, dtype=bool)
        self._distances = np.stack([self._distances_from(node) for node in range(n_nodes)])

    def merged(self) -> Labels:
        """Merge the two nearest nodes until none are near, and return each text's group."""
        groups = np.arange(len(self._open))
        while self._open.sum() > 1:
            first, second = np.unravel_index(int(self._distances.argmin()), self._distances.shape)
            if self._distances[first, second] > _SAME_MEANING:
                break
            self._merge(int(first), int(second))
            groups[groups == second] = first
        return np.unique(groups[self._nodes], return_inverse=True)[1].astype(np.int64)

    def _merge(self, into: int, gone: int) -> None:
        sizes = self._sizes
        mean = sizes[into] * self._meaning[into] + sizes[gone] * self._meaning[gone]
        self._meaning[into] = self._meaning[:, into] = mean / (sizes[into] + sizes[gone])
        sizes[into] += sizes[gone]
        self._shares[into] += self._shares[gone]
        self._said[:, into] |= self._said[:, gone]
        self._open[gone] = False
        self._distances[gone] = self._distances[:, gone] = np.inf
        self._distances[into] = self._distances[:, into] = self._distances_from(into)

    def _distances_from(self, node: int) -> NDArray[np.float64]:
        both = self._said[self._said[:, node]].sum(axis=0)
        lift = np.log((both + _PRIOR_PERSONS) / (self._expected(node) + _PRIOR_PERSONS))
        distances = self._meaning[node] - _PERSONS_WEIGHT * np.clip(lift, -_MAX_LIFT, _MAX_LIFT)
        distances[~self._open] = np.inf
        distances[node] = np.inf
        return distances

    def _expected(self, node: int) -> NDArray[np.float64]:
        """Return how many persons would say a node and each other, were each person's texts drawn at random."""
        neither = np.clip(1 - self._shares - self._shares[node], 0, 1)
        chances = [
            1 - (1 - self._shares) ** n - (1 - self._shares[node]) ** n + neither**n for n in self._texts
        ]
        return np.asarray(self._persons @ np.stack(chances), dtype=np.float64)
