"""Passages and retrievers for tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from agent.index import ChromaIndex
from agent.retrieve.search import Retriever
from agent.retrieve.table import PassageTable
from agent.schemas.base import Scalar
from agent.schemas.records import Kind, Passage
from agent.testing import HashEncoder

ENCODER = HashEncoder(dim=256)
_NOW = datetime(2026, 5, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Said:
    """A record of passages and what it may be filtered by."""

    record_id: str
    texts: Sequence[str]
    scalars: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])


def table_of(records: Sequence[Said]) -> PassageTable:
    """Return a table over the records' passages."""
    passages: list[Passage] = []
    scalars: list[Mapping[str, Scalar]] = []
    for record in records:
        at = 0
        for text in record.texts:
            end = at + len(text)
            passages.append(
                Passage(
                    passage_id=f"{record.record_id}:{at}-{end}",
                    record_id=record.record_id,
                    person_id=f"p_{record.record_id}",
                    start=at,
                    end=end,
                    text=text,
                    text_sha256="00" * 32,
                    kind=Kind.REVIEW,
                    at=_NOW,
                    channel="app_store",
                    rating=None,
                )
            )
            scalars.append(record.scalars)
            at = end + 1
    vectors = ENCODER.encode([passage.text for passage in passages])
    return PassageTable.of(passages, vectors.astype(np.float32), scalars)


def retriever_of(table: PassageTable, index: ChromaIndex | None = None) -> Retriever:
    """Return a retriever whose external ids are the record ids in capitals."""
    names = {passage.record_id: passage.record_id.upper() for passage in table.passages}
    return Retriever(table, index=index, encoder=ENCODER, external_ids=names)
