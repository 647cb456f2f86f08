"""Groups texts that mean the same, without being told how many groups there are.

Three views meet: the sentence vectors, the words, and who says what together. Texts are first joined into small tight
nodes; what varies inside a node (a product's name, a date, a way of typing) is noise, so directions along which nodes
vary inside are shrunk; nodes that the same persons use together more often than chance are drawn to each other.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.cluster import hierarchy
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from agent.ports import Vectors

# SciPy and scikit-learn ship no types.
_sparse: Any = sparse
_hierarchy: Any = hierarchy
_tfidf: Any = TfidfVectorizer
_svd: Any = TruncatedSVD

Matrix = NDArray[np.float32]
Labels = NDArray[np.int64]

N_LEXICAL = 100
_LEXICAL_WEIGHT = 0.5
_NODE_DISTANCE = 0.5
_NEIGHBOURS = 10
_DIFFUSION_STEPS = 4
_RIDGE = 0.6
_MIN_NODE = 3
_SAME_MEANING = 0.5
_SMOOTHING_STEPS = 2
_TELLING_SHARE = 0.2
_MIN_EXPECTED = 1.0
_ONE_THING = 1.1
_TINY = 1e-9


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


def group(plain: Matrix, persons: Labels) -> Labels:
    """Return the group of each text, numbered from 0.

    Args:
        plain: Unit rows of `fit_views`, at most a few thousand: time and memory grow with the square.
        persons: Whose text each row is, any integers.

    Source:
        Noise directions as in relevant component analysis (Shental et al., 2002, ECCV); context as positive pointwise
        mutual information (Church and Hanks, 1990).
    """
    n = len(plain)
    if n <= _MIN_NODE:
        return np.zeros(n, dtype=np.int64)
    nodes = _cut_at(_linkage(plain, "average"), _NODE_DISTANCE)
    matrix = _shrink_noise(plain, nodes)
    tree = _linkage(_places(matrix, nodes, persons), "ward")
    return _told_apart(tree, _smooth(plain), persons)


def unit(matrix: NDArray[np.floating]) -> Matrix:
    """Return rows scaled to length 1; a zero row stays zero."""
    return (matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), _TINY)).astype(np.float32)


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
    if n_components < _MIN_NODE:
        return None
    return vectoriser, _svd(n_components, random_state=seed).fit(counts)


def _join(texts: list[str], vectors: Vectors, centre: Matrix, words: tuple[Any, Any] | None) -> Matrix:
    meaning = unit(vectors - centre)
    if words is None:
        return meaning
    vectoriser, components = words
    lexical = unit(np.asarray(components.transform(vectoriser.transform(texts)), dtype=np.float32))
    return unit(np.hstack([meaning, _LEXICAL_WEIGHT * lexical]))


def _linkage(matrix: Matrix, method: str) -> NDArray[np.float64]:
    # On unit rows squared Euclidean distance is twice the cosine distance.
    if method == "ward":
        return _hierarchy.linkage(matrix.astype(np.float64), "ward")
    upper = np.triu_indices(len(matrix), 1)
    distances = np.clip(1.0 - (matrix @ matrix.T)[upper].astype(np.float64), 0.0, 2.0)
    return _hierarchy.linkage(distances, method)


def _cut_at(tree: NDArray[np.float64], height: float) -> Labels:
    return np.unique(_hierarchy.fcluster(tree, height, "distance"), return_inverse=True)[1].astype(np.int64)


def _shrink_noise(matrix: Matrix, nodes: Labels) -> Matrix:
    """Return the rows with the directions shrunk along which texts of one node differ."""
    sizes = np.bincount(nodes)
    inside = sizes[nodes] >= _MIN_NODE
    if inside.sum() <= _NEIGHBOURS:
        return matrix
    centres = _node_means(matrix, nodes)
    residual = matrix[inside] - centres[nodes[inside]]
    scatter = residual.T @ residual / len(residual)
    ridge = _RIDGE * np.trace(scatter) / len(scatter)
    spread, axes = np.linalg.eigh((1 - _RIDGE) * scatter + ridge * np.eye(len(scatter), dtype=np.float32))
    return unit(matrix @ axes / np.sqrt(np.maximum(spread, _TINY)))


def _node_means(matrix: Matrix, nodes: Labels) -> Matrix:
    sizes = np.bincount(nodes)
    picks = _sparse.csr_matrix((np.ones(len(nodes), dtype=np.float32), (nodes, np.arange(len(nodes)))))
    sums = np.asarray(picks @ matrix, dtype=np.float32)
    return (sums / sizes[:, None]).astype(np.float32)


def _places(matrix: Matrix, nodes: Labels, persons: Labels) -> Matrix:
    """Return each text's node after nodes were drawn to like nodes and to nodes said by the same persons."""
    places = unit(_node_means(matrix, nodes))
    links: Any = _neighbours(places) + _said_together(nodes, persons)
    return _diffuse(places, links, _DIFFUSION_STEPS)[nodes]


def _smooth(matrix: Matrix) -> Matrix:
    """Return each text moved towards the texts nearest to it."""
    return _diffuse(matrix, _neighbours(matrix), _SMOOTHING_STEPS)


def _diffuse(rows: Matrix, links: Any, n_steps: int) -> Matrix:  # noqa: ANN401 - a SciPy matrix
    weights = np.maximum(np.asarray(links.sum(axis=1)).ravel(), _TINY)
    step: Any = _sparse.diags((1 / weights).astype(np.float32)) @ links
    for _ in range(n_steps):
        rows = unit(rows + np.asarray(step @ rows))
    return rows


def _neighbours(rows: Matrix) -> Any:  # noqa: ANN401 - a SciPy matrix
    n = len(rows)
    k = min(_NEIGHBOURS, n - 1)
    if k < 1:
        return _sparse.csr_matrix((n, n), dtype=np.float32)
    likeness = rows @ rows.T
    np.fill_diagonal(likeness, -1.0)
    nearest = np.argpartition(-likeness, k - 1, axis=1)[:, :k]
    values = np.clip(np.take_along_axis(likeness, nearest, axis=1), 0.0, 1.0).ravel()
    links = _sparse.csr_matrix((values, (np.repeat(np.arange(n), k), nearest.ravel())), shape=(n, n))
    return links.maximum(links.T)


def _said_together(nodes: Labels, persons: Labels) -> Any:  # noqa: ANN401 - a SciPy matrix
    """Return how much more often than chance persons who say one node also say another, logarithm, positive only."""
    n_nodes = int(nodes.max()) + 1
    _, person = np.unique(persons, return_inverse=True)
    said = _sparse.csr_matrix((np.ones(len(nodes), dtype=np.float32), (person, nodes)))
    said.data[:] = 1.0
    speakers = np.asarray(said.sum(axis=0)).ravel()
    together = (said.T @ said).tocoo()
    expected = speakers[together.row] * speakers[together.col] / said.shape[0]
    # Half a person of prior keeps one coincidence between two rare nodes from counting as a law.
    lift = np.log(together.data / (expected + 0.5))
    kept = (together.row != together.col) & (lift > 0)
    return _sparse.csr_matrix(
        (lift[kept].astype(np.float32), (together.row[kept], together.col[kept])), shape=(n_nodes, n_nodes)
    )


def _told_apart(tree: NDArray[np.float64], likeness_rows: Matrix, persons: Labels) -> Labels:
    """Cut the tree from the top: a branch is split while its two sides are about different things.

    Where persons say several texts, the sides are one thing if the same persons say both more often than if each
    person's texts were dealt out at random. Where that says nothing, distance in meaning decides.
    """
    n = len(likeness_rows)
    branches = _Branches(tree, likeness_rows, persons)
    labels = np.zeros(n, dtype=np.int64)
    open_branches = [2 * n - 2]
    n_groups = 0
    while open_branches:
        branch = open_branches.pop()
        sides = branches.sides(branch)
        if sides is not None and branches.differ(*sides):
            open_branches.extend(sides)
            continue
        labels[branches.rows(branch)] = n_groups
        n_groups += 1
    return labels


class _Branches:
    """The branches of a tree over texts, and how alike two of them are."""

    def __init__(self, tree: NDArray[np.float64], rows: Matrix, persons: Labels) -> None:
        self._n = len(rows)
        self._tree = tree
        self._rows = rows
        _, self._person = np.unique(persons, return_inverse=True)
        self._texts_of = np.bincount(self._person)
        self._tells = float((self._texts_of[self._person] > 1).mean()) >= _TELLING_SHARE
        self._order = np.asarray(_hierarchy.leaves_list(tree), dtype=np.int64)
        self._spans = self._leaf_spans()

    def _leaf_spans(self) -> NDArray[np.int64]:
        """Return where each branch's leaves stand in the order of leaves, `[start, end)`."""
        spans = np.zeros((2 * self._n - 1, 2), dtype=np.int64)
        spans[self._order, 0] = np.arange(self._n)
        spans[self._order, 1] = np.arange(self._n) + 1
        for step, (left, right) in enumerate(self._tree[:, :2].astype(np.int64)):
            spans[self._n + step] = (
                min(spans[left, 0], spans[right, 0]),
                max(spans[left, 1], spans[right, 1]),
            )
        return spans

    def rows(self, branch: int) -> Labels:
        start, end = self._spans[branch]
        return self._order[start:end]

    def sides(self, branch: int) -> tuple[int, int] | None:
        if branch < self._n:
            return None
        left, right = self._tree[branch - self._n, :2].astype(np.int64)
        return int(left), int(right)

    def differ(self, left: int, right: int) -> bool:
        first, second = self.rows(left), self.rows(right)
        distance = 1.0 - float(self._rows[first].mean(axis=0) @ self._rows[second].mean(axis=0))
        if distance <= _SAME_MEANING:
            return False
        if not self._tells:
            return True
        expected = self._expected(len(first) / self._n, len(second) / self._n)
        if expected < _MIN_EXPECTED:
            return False
        both = np.intersect1d(self._person[first], self._person[second])
        return (len(both) + 0.5) / (expected + 0.5) < _ONE_THING

    def _expected(self, first: float, second: float) -> float:
        """Return how many persons would say both, were each person's texts drawn at random from all."""
        texts = self._texts_of
        either = (1 - first) ** texts + (1 - second) ** texts - (1 - first - second) ** texts
        return float((1 - either).sum())
