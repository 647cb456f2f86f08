"""Hybrid search: cosine and BM25 in a convex combination, with filters, diversity, neighbours and a floor.

A selective filter goes to an exact scan over our own vectors, because Chroma's `where` scans all metadata; a wide
query goes to Chroma. Both rank the same way.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from agent.index import ChromaIndex
from agent.ports import Encoder
from agent.retrieve.lexical import LexicalIndex
from agent.retrieve.table import PassageTable, Selection
from agent.schemas.search import SearchHit, SearchResult

DENSE_WEIGHT = 0.7
"""Weight of the cosine in the convex combination; BM25, scaled by its best possible score, has the rest."""
FLOOR = 0.30
"""Hybrid score under which the data does not say; set by hand on simulated questions, not yet calibrated."""
_SCORE_ALL = 5_000
"""Up to this many passages every one gets its hybrid score; of more, the best candidates of both sides."""
_CANDIDATES = 200
"""Passages taken from each side, by vector and by words, before they are combined."""
_TOO_ALIKE = 0.95
"""Cosine at which two hits say the same thing; the lower one gives way."""

Scores = NDArray[np.float32]


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

        Raises:
            InputError: A key of `where` is in no record and no person.
        """
        if not self._table.passages:
            return SearchResult(found=False, results=(), reason="empty")
        selection = self._table.select(where) if where else None
        if selection is not None and not len(selection.positions):
            return SearchResult(found=False, results=(), reason="filter_matches_nothing")
        positions, scores = self.ranked(query, selection=selection)
        kept = self._diverse(positions[scores >= floor], limit)
        if not kept:
            return SearchResult(found=False, results=(), reason="below_floor")
        score_of = dict(zip(positions.tolist(), scores.tolist(), strict=True))
        hits = tuple(self._hit(position, score_of[position]) for position in kept)
        return SearchResult(found=True, results=hits, reason=None)

    def ranked(self, query: str, *, selection: Selection | None = None) -> tuple[NDArray[np.intp], Scores]:
        """Return positions of candidate passages and their hybrid scores, best first."""
        vector = self._encoder.encode([query])[0]
        lexical = self._lexical.scores(query) / max(self._lexical.best_possible(query), 1e-9)
        candidates = self._candidates(vector, lexical, selection)
        cosines = self._table.vectors[candidates] @ vector
        scores = DENSE_WEIGHT * cosines + (1 - DENSE_WEIGHT) * lexical[candidates]
        order = np.lexsort((candidates, -scores))
        return candidates[order], scores[order].astype(np.float32)

    def _candidates(
        self, vector: NDArray[np.float32], lexical: Scores, selection: Selection | None
    ) -> NDArray[np.intp]:
        """Return positions to score: all that the filter keeps where they are few, else the best of both sides."""
        scope = selection or self._table.everything
        if len(scope.positions) <= _SCORE_ALL:
            return scope.positions
        words = lexical[scope.positions]
        by_words = scope.positions[np.argpartition(-words, _CANDIDATES)[:_CANDIDATES]]
        return np.union1d(self._near(vector, selection), by_words)

    def _near(self, vector: NDArray[np.float32], selection: Selection | None) -> NDArray[np.intp]:
        if selection is not None or self._index is None:
            return (selection or self._table.everything).nearest(vector, _CANDIDATES)
        near = self._index.nearest(vector, _CANDIDATES)
        position_of = self._table.position_of
        positions = [position_of[hit.passage_id] for hit in near if hit.passage_id in position_of]
        return np.array(positions, dtype=np.intp)

    def _diverse(self, positions: NDArray[np.intp], limit: int) -> list[int]:
        """Keep the best hits that do not repeat one kept before."""
        kept: list[int] = []
        for position in positions.tolist():
            if len(kept) >= limit:
                break
            vectors = self._table.vectors[kept]
            if kept and float((vectors @ self._table.vectors[position]).max()) >= _TOO_ALIKE:
                continue
            kept.append(position)
        return kept

    def _hit(self, position: int, score: float) -> SearchHit:
        passage = self._table.passages[position]
        return SearchHit(
            record_id=passage.record_id,
            external_id=self._external_ids.get(passage.record_id, passage.record_id),
            start=passage.start,
            end=passage.end,
            quote=passage.text,
            score=round(score, 4),
            person_id=passage.person_id,
            kind=passage.kind,
            channel=passage.channel,
            at=passage.at,
            before=self._neighbour(position, -1),
            after=self._neighbour(position, 1),
        )

    def _neighbour(self, position: int, step: int) -> str:
        passages = self._table.passages
        other = position + step
        if not 0 <= other < len(passages) or passages[other].record_id != passages[position].record_id:
            return ""
        return passages[other].text
