"""Opens what searches and cites the working customers' passages."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from agent.normalise import passages_of
from agent.pipeline.indexing import vectors_of
from agent.pipeline.workspace import Workspace
from agent.retrieve.citing import Citer
from agent.retrieve.search import Retriever
from agent.retrieve.table import PassageTable
from agent.schemas.base import Scalar
from agent.schemas.records import Passage, Record

_BATCH = 4_096


@dataclass(frozen=True, slots=True)
class _Stored:
    table: PassageTable
    external_ids: Mapping[str, str]


def open_retriever(workspace: Workspace) -> Retriever:
    """Return a retriever over everything stored; the index is used where there are many passages."""
    return _retriever(workspace, _stored(workspace))


def open_citer(workspace: Workspace) -> Citer:
    """Return a citer over everything stored.

    Raises:
        EncoderError: The workspace's encoder is not the one that citing was trained for.
    """
    stored = _stored(workspace)
    return Citer(
        stored.table,
        retriever=_retriever(workspace, stored),
        encoder=workspace.encoder,
        external_ids=stored.external_ids,
    )


def _retriever(workspace: Workspace, stored: _Stored) -> Retriever:
    return Retriever(
        stored.table, index=workspace.index, encoder=workspace.encoder, external_ids=stored.external_ids
    )


def _stored(workspace: Workspace) -> _Stored:
    """Return all passages with their vectors, what they may be filtered by, and their records' own ids."""
    store, encoder = workspace.store, workspace.encoder
    traits = {person.person_id: person.traits for person in store.persons.with_traits()}
    passages: list[Passage] = []
    scalars: list[Mapping[str, Scalar]] = []
    external_ids: dict[str, str] = {}
    for record in store.records.iter():
        external_ids[record.record_id] = record.external_id
        row = _scalars(record, traits.get(record.person_id, {}))
        for passage in passages_of(record):
            passages.append(passage)
            scalars.append(row)
    parts = [
        vectors_of(passages[start : start + _BATCH], store=store, encoder=encoder)
        for start in range(0, len(passages), _BATCH)
    ]
    vectors = np.concatenate(parts) if parts else np.zeros((0, encoder.dim), dtype=np.float32)
    return _Stored(PassageTable.of(passages, vectors, scalars), external_ids)


def _scalars(record: Record, traits: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Return what a record may be filtered by: its person's traits, its attributes, its own fields, the last first."""
    fields: dict[str, Scalar | None] = {
        "kind": record.kind.value,
        "channel": record.channel,
        "locale": record.locale,
        "source_format": record.source_format,
    }
    own = {name: value for name, value in fields.items() if value is not None}
    return {**traits, **record.attributes, **own}
