"""Hybrid search: meaning and words in a convex combination, with filters, a floor, folding and neighbours.

A selective filter goes to an exact scan over our own vectors, because Chroma's `where` scans all metadata; a wide
query goes to Chroma. Both rank the same way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agent.index import ChromaIndex
from agent.ports import Encoder
from agent.retrieve.lexical import LexicalIndex
from agent.retrieve.table import PassageTable, Selection
from agent.schemas.search import SearchHit, SearchResult, SearchSpan

DENSE_WEIGHT = 0.8
"""Weight of the cosine; the share of the query's words that a passage has is given the rest. Suite `retrieval`."""
FLOOR = 0.47
"""Score that the best hit has to reach, or the data does not say. Suite `retrieval` takes it where 5 % of questions
about other businesses find something. It belongs to the bundled encoder."""
TAIL = 0.6
"""Share of the best hit's score that every further hit has to reach. Suite `retrieval`, by F1 of selected sentences."""
_SCORE_ALL = 5_000
"""Up to this many passages every one gets its hybrid score; of more, the best candidates of both sides."""
_CANDIDATES = 200
"""Passages taken from each side, by vector and by words, before they are combined; ties come with the last."""
_TOO_ALIKE = 0.92
"""Cosine at which two passages say the same thing; the lower one is folded into the other."""
_MAX_ALSO = 3
"""Further passages shown with a hit of the same record."""

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidate passages, best first; all arrays have shape `(n_candidates,)`."""

    positions: NDArray[np.intp]
    scores: Scores
    cosines: Scores
    coverages: Scores


@dataclass(slots=True)
class _Group:
    """A hit's place in the ranking, and those of further passages of its record."""

    place: int
    also: list[int] = field(default_factory=list[int])


class Retriever:
    """Searches the working customers' passages.

    Args:
        table: Passages, vectors and filterable scalars.
        index: Chroma over the same passages; wide queries use it.
        encoder: The encoder the vectors came from.
        external_ids: Record id to the source's own id.
    """

    def __init__(
        self,
        table: PassageTable,
        *,
        index: ChromaIndex | None,
        encoder: Encoder,
        external_ids: Mapping[str, str],
    ) -> None:
        self._table = table
        self._index = index
        self._encoder = encoder
        self._external_ids = external_ids
        self._lexical = LexicalIndex([passage.text for passage in table.passages])

    def search(
        self, query: str, *, where: Mapping[str, str] | None = None, limit: int = 10, floor: float = FLOOR
    ) -> SearchResult:
        """Return the passages that answer a query, best first, or the reason why there are none.

        One hit a record: its best passage, with the record's others beside it. Passages that say the same as a
        better one are folded into that hit and counted.

        Raises:
            InputError: A key of `where` is in no record and no person.
        """
        if not self._table.passages:
            return SearchResult(found=False, results=(), reason="empty")
        selection = self._table.select(where) if where else None
        if selection is not None and not len(selection.positions):
            return SearchResult(found=False, results=(), reason="filter_matches_nothing")
        ranking = self.ranked(query, selection=selection)
        best = float(ranking.scores[0])
        if best < floor:
            return SearchResult(found=False, results=(), reason="below_floor")
        n_kept = int(np.count_nonzero(ranking.scores >= min(best, TAIL * best)))
        groups = self._grouped(ranking.positions[:n_kept], limit)
        n_alike = self._n_alike(
            ranking.positions[[group.place for group in groups]], selection or self._table.everything
        )
        hits = tuple(self._hit(ranking, group, n) for group, n in zip(groups, n_alike, strict=True))
        return SearchResult(found=True, results=hits, reason=None)

    def ranked(self, query: str, *, selection: Selection | None = None) -> Ranking:
        """Return candidate passages and their scores, best first."""
        vector = self._encoder.encode([query])[0]
        coverage = self._lexical.coverage(query)
        candidates = self._candidates(vector, coverage, selection)
        cosines = self._table.vectors[candidates] @ vector
        scores = DENSE_WEIGHT * cosines + (1 - DENSE_WEIGHT) * coverage[candidates]
        order = np.lexsort((candidates, -scores))
        found = candidates[order]
        return Ranking(found, scores[order].astype(np.float32), cosines[order], coverage[found])

    def _candidates(
        self, vector: NDArray[np.float32], coverage: Scores, selection: Selection | None
    ) -> NDArray[np.intp]:
        """Return positions to score: all that the filter keeps where they are few, else the best of both sides."""
        scope = selection or self._table.everything
        if len(scope.positions) <= _SCORE_ALL:
            return scope.positions
        words = coverage[scope.positions]
        cut = max(float(np.partition(words, -_CANDIDATES)[-_CANDIDATES]), np.finfo(np.float32).tiny)
        # Short queries cover many passages to the same share; which of those is best is for the vectors to say.
        by_words = scope.positions[np.flatnonzero(words >= cut)[:_SCORE_ALL]]
        return np.union1d(self._near(vector, selection), by_words)

    def _near(self, vector: NDArray[np.float32], selection: Selection | None) -> NDArray[np.intp]:
        if selection is not None or self._index is None:
            return (selection or self._table.everything).nearest(vector, _CANDIDATES)
        near = self._index.nearest(vector, _CANDIDATES)
        position_of = self._table.position_of
        positions = [position_of[hit.passage_id] for hit in near if hit.passage_id in position_of]
        return np.array(positions, dtype=np.intp)

    def _grouped(self, positions: NDArray[np.intp], limit: int) -> list[_Group]:
        """Return the best hits, one a record, without those that repeat a better one."""
        passages, vectors = self._table.passages, self._table.vectors[positions]
        groups: dict[str, _Group] = {}
        folded = np.zeros(len(positions), dtype=np.bool_)
        for place in range(len(positions)):
            record_id = passages[int(positions[place])].record_id
            group = groups.get(record_id)
            if folded[place] or (group is None and len(groups) == limit):
                continue
            if group is None:
                groups[record_id] = _Group(place)
            elif len(group.also) < _MAX_ALSO:
                group.also.append(place)
            folded |= vectors @ vectors[place] >= _TOO_ALIKE
        return list(groups.values())

    def _n_alike(self, positions: NDArray[np.intp], scope: Selection) -> list[int]:
        """Return for each hit how many other customers in scope say nearly the same."""
        alike = scope.vectors @ self._table.vectors[positions].T >= _TOO_ALIKE
        passages = self._table.passages
        counts: list[int] = []
        for column in range(len(positions)):
            rows: list[int] = scope.positions[np.flatnonzero(alike[:, column])].tolist()
            own = passages[int(positions[column])].person_id
            counts.append(len({passages[row].person_id for row in rows} - {own}))
        return counts

    def _hit(self, ranking: Ranking, group: _Group, n_alike: int) -> SearchHit:
        position = int(ranking.positions[group.place])
        passage = self._table.passages[position]
        best = self._span(ranking, group.place)
        before, after = self._table.beside(position)
        return SearchHit(
            **best.model_dump(),
            record_id=passage.record_id,
            external_id=self._external_ids.get(passage.record_id, passage.record_id),
            person_id=passage.person_id,
            kind=passage.kind,
            channel=passage.channel,
            at=passage.at,
            before=before,
            after=after,
            also=tuple(self._span(ranking, place) for place in group.also),
            n_alike=n_alike,
        )

    def _span(self, ranking: Ranking, place: int) -> SearchSpan:
        passage = self._table.passages[int(ranking.positions[place])]
        return SearchSpan(
            start=passage.start,
            end=passage.end,
            quote=passage.text,
            score=round(float(ranking.scores[place]), 4),
            meaning=round(float(ranking.cosines[place]), 4),
            words=round(float(ranking.coverages[place]), 4),
        )
