"""Groups texts by how they lie together alone, and finds from their lie how many groups there are.

For texts of which each has its own writer: nothing but meaning and words can tell what belongs together. Small nodes are
merged step by step, and of all the steps the one is taken whose groups are the most compact beside their neighbours. No
threshold decides how fine the groups are, so that ten topics and a hundred and fifty are found by the same settings. Only
groups whose texts are as alike across as rewordings of one request are then still joined.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.cluster import hierarchy

Matrix = NDArray[np.float32]
Labels = NDArray[np.int64]

# SciPy ships no types.
_sparse: Any = sparse
_hierarchy: Any = hierarchy

_NEIGHBOURS = 8
_NEIGHBOURS_FOR = 900
_LEAST_NEIGHBOURS = 4
_SMOOTHING_STEPS = 2
_MAX_NODES = 400
_TEXTS_PER_NODE = 3
_CUT_WEIGHT = 0.16
_CUT_FLOOR = 0.003
_LEADING = 64
_DOUBT = 2.0
"""Over the number of texts: so much less compact groups may be where there are fewer of them."""
_ROOTS_PER_GROUP = 6
_REWORDINGS = 0.58
"""Mean cosine of two groups' texts from which they ask for the same."""
_ABOVE_USUAL = 0.2
"""So far that must be above the mean of all texts, which is high in some encoders and some corpora."""
_MIN_TEXTS = 3
_TINY = 1e-9
_SAME = 1e-5


def unit(matrix: NDArray[np.floating]) -> Matrix:
    """Return rows scaled to length 1; a zero row stays zero."""
    return (matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), _TINY)).astype(np.float32)


def group_by_shape(plain: Matrix, vectors: Matrix) -> Labels:
    """Return the group of each text, numbered from 0.

    Args:
        plain: Unit rows of all views, at most a few thousand: time and memory grow with the square.
        vectors: Unit sentence vectors of the same texts.
    """
    n = len(plain)
    if n <= _MIN_TEXTS:
        return np.zeros(n, dtype=np.int64)
    centred = plain - plain.mean(axis=0)
    if np.abs(centred).max() < _SAME:
        return np.zeros(n, dtype=np.int64)
    rows = unit(centred)
    links = neighbours(rows, _n_neighbours(n))
    smooth = smoothed(rows, _n_neighbours(n), steps=_SMOOTHING_STEPS)
    tree = _hierarchy.linkage(_leading(smooth), "ward")
    n_nodes = min(_MAX_NODES, max(2, n // _TEXTS_PER_NODE))
    nodes = np.unique(_hierarchy.fcluster(tree, n_nodes, "maxclust"), return_inverse=True)[1]
    return _join_rewordings(_Steps(rows, smooth, links, nodes.astype(np.int64)).most_compact(), vectors)


def sums_of(rows: Matrix, groups: Labels) -> Matrix:
    """Return the sum of each group's rows, shape `(n_groups, dim)`; groups are numbered from 0."""
    sums = np.zeros((int(groups.max()) + 1, rows.shape[1]), dtype=np.float32)
    np.add.at(sums, groups, rows)
    return sums


def _join_rewordings(groups: Labels, vectors: Matrix) -> Labels:
    """Join groups while the texts of two are on average as alike as rewordings of one request."""
    centre = vectors.mean(axis=0)
    needed = max(_REWORDINGS, float(centre @ centre) + _ABOVE_USUAL)
    sums = sums_of(vectors, groups).astype(np.float64)
    products, sizes = sums @ sums.T, np.bincount(groups).astype(np.float64)
    names = np.arange(len(sizes))
    np.fill_diagonal(products, -np.inf)
    while len(names) > 1:
        alike = products / np.outer(sizes, sizes)
        into, gone = sorted(int(i) for i in np.unravel_index(int(alike.argmax()), alike.shape))
        if alike[into, gone] < needed:
            break
        products[into] += products[gone]
        products[:, into] += products[:, gone]
        products[gone] = products[:, gone] = -np.inf
        products[into, into] = -np.inf
        sizes[into] += sizes[gone]
        groups = np.where(groups == gone, into, groups)
        names = np.unique(groups)
    return np.unique(groups, return_inverse=True)[1].astype(np.int64)


def silhouettes(rows: Matrix, groups: Labels) -> Matrix:
    """Return how much nearer each text is to its own group's centre, taken without it, than to the nearest other one.

    Args:
        rows: Unit rows, shape `(n, dim)`.
        groups: Group of each, numbered from 0; with one group only, every text's is 0.

    Source:
        Simplified silhouette (Hruschka et al., 2004, ICDM), after Rousseeuw (1987).
    """
    if not groups.any():
        return np.zeros(len(rows), dtype=np.float32)
    sums = sums_of(rows, groups)
    squares = np.asarray((sums * sums).sum(axis=1), dtype=np.float64)
    return _silhouettes(rows @ sums.T, squares, groups, np.einsum("ij,ij->i", rows, rows))


def _silhouettes(to_groups: Matrix, squares: NDArray[np.float64], groups: Labels, own: Matrix) -> Matrix:
    rows = np.arange(len(groups))
    squares = np.maximum(squares, _TINY)
    likeness = to_groups / np.sqrt(squares).astype(np.float32)
    mine = to_groups[rows, groups]
    rest = np.maximum(squares[groups] - 2 * mine + own, _TINY)
    alone = np.bincount(groups)[groups] == 1
    near = 1 - np.where(alone, 0.0, (mine - own) / np.sqrt(rest))
    likeness[rows, groups] = -1.0
    far = 1 - likeness.max(axis=1)
    return np.asarray((far - near) / np.maximum(np.maximum(far, near), _TINY), dtype=np.float32)


def smoothed(rows: Matrix, k: int, *, steps: int) -> Matrix:
    """Return each text moved towards its nearest ones, in steps; `rows` are unit and centred."""
    for _ in range(steps):
        links = neighbours(rows, k)
        weights = np.maximum(np.asarray(links.sum(axis=1)), _TINY).reshape(-1, 1)
        rows = unit(rows + np.asarray(links @ rows) / weights)
    return rows


def neighbours(rows: Matrix, k: int) -> Any:  # noqa: ANN401 - a SciPy matrix
    """Return the cosines of near pairs, each row with its `k` nearest and with those it is nearest to."""
    n = len(rows)
    k = min(k, n - 1)
    likeness = rows @ rows.T
    np.fill_diagonal(likeness, -1.0)
    nearest = np.argpartition(-likeness, k - 1, axis=1)[:, :k]
    values = np.clip(np.take_along_axis(likeness, nearest, axis=1), 0.0, 1.0).ravel()
    links = _sparse.csr_matrix((values, (np.repeat(np.arange(n), k), nearest.ravel())), shape=(n, n))
    return links.maximum(links.T)


def _leading(rows: Matrix) -> Matrix:
    """Return the coordinates along the main directions, which are enough for cutting nodes and quicker."""
    if rows.shape[1] <= _LEADING:
        return rows
    directions = np.linalg.eigh(rows.T @ rows)[1][:, -_LEADING:]
    return rows @ directions


def _n_neighbours(n: int) -> int:
    """Return how many neighbours even out a text: with the root of the number, so that groups stay as coarse."""
    return max(_LEAST_NEIGHBOURS, round(_NEIGHBOURS * (n / _NEIGHBOURS_FOR) ** 0.5))


class _Steps:
    """Nodes on their way to one group: the two are merged that lie nearest, for how spread out each is itself.

    Two groups are near by the cosine of their smoothed texts over what it is inside each, and by the share of the
    smaller one's links to neighbours that lead into the other.
    """

    def __init__(self, rows: Matrix, smooth: Matrix, links: Any, nodes: Labels) -> None:  # noqa: ANN401
        n_nodes = int(nodes.max()) + 1
        member = _sparse.csr_matrix(
            (np.ones(len(nodes), dtype=np.float32), (nodes, np.arange(len(nodes)))),
            shape=(n_nodes, len(nodes)),
        )
        sums, smooth_sums = member @ rows, member @ smooth
        self._nodes = nodes
        self._sizes = np.bincount(nodes).astype(np.float64)
        self._linked = np.asarray((member @ links @ member.T).todense(), dtype=np.float64)
        self._smooth = np.asarray(smooth_sums @ smooth_sums.T, dtype=np.float64)
        self._products = np.asarray(sums @ sums.T, dtype=np.float64)
        self._to_groups = rows @ sums.T
        self._own = np.einsum("ij,ij->i", rows, rows)
        self._open = np.ones(n_nodes, dtype=bool)
        self._groups = np.arange(n_nodes)
        self._costs = np.stack([self._costs_from(node) for node in range(n_nodes)])

    def most_compact(self) -> Labels:
        """Merge step by step and return the fewest groups that are as compact as any; few texts tell less surely.

        Where texts hardly lie in groups, two halves are as good as anything and tell nobody anything: merging ends
        before, the earlier the more texts there are.
        """
        fewest = max(2, int(len(self._nodes) ** 0.5 / _ROOTS_PER_GROUP))
        steps: list[tuple[float, NDArray[np.int64]]] = []
        while True:
            steps.append((self._compactness(), self._groups.copy()))
            if self._open.sum() <= fewest:
                break
            into, gone = np.unravel_index(int(self._costs.argmin()), self._costs.shape)
            self._merge(int(min(into, gone)), int(max(into, gone)))
        enough = max(compactness for compactness, _ in steps) - _DOUBT / len(self._nodes)
        found = next(groups for compactness, groups in reversed(steps) if compactness >= enough)
        return np.unique(found[self._nodes], return_inverse=True)[1].astype(np.int64)

    def _merge(self, into: int, gone: int) -> None:
        for pairs in (self._linked, self._smooth, self._products):
            pairs[into] += pairs[gone]
            pairs[:, into] += pairs[:, gone]
        self._to_groups[:, into] += self._to_groups[:, gone]
        self._sizes[into] += self._sizes[gone]
        self._groups[self._groups == gone] = into
        self._open[gone] = False
        self._costs[gone] = self._costs[:, gone] = np.inf
        self._costs[into] = self._costs[:, into] = self._costs_from(into)

    def _costs_from(self, node: int) -> NDArray[np.float64]:
        inside = np.sqrt(np.maximum(np.diag(self._smooth), _TINY))
        volumes = self._linked[:, self._open].sum(axis=1)
        cut = self._linked[node] / np.maximum(np.minimum(volumes, volumes[node]), _TINY)
        costs = 1 - self._smooth[node] / (inside * inside[node]) - _CUT_WEIGHT * np.log(cut + _CUT_FLOOR)
        costs[~self._open] = np.inf
        costs[node] = np.inf
        return costs

    def _compactness(self) -> float:
        names = np.flatnonzero(self._open)
        place = np.full(len(self._open), -1)
        place[names] = np.arange(len(names))
        groups = place[self._groups[self._nodes]].astype(np.int64)
        squares = self._products[names, names]
        return float(_silhouettes(self._to_groups[:, names], squares, groups, self._own).mean())
