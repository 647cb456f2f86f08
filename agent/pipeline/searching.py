"""Opens what searches and cites the working customers' passages, and finds the record that somebody names."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from agent.analyse.languages import language_fit
from agent.errors import EncoderError, InputError, NotFoundError
from agent.normalise import passages_of
from agent.pipeline.indexing import vectors_of
from agent.pipeline.stock import Stock
from agent.pipeline.workspace import Workspace
from agent.retrieve.citing import Citer
from agent.retrieve.search import Retriever
from agent.retrieve.table import PassageTable
from agent.retrieve.topics import TopicFinder
from agent.schemas.base import Scalar
from agent.schemas.records import Passage, Record
from agent.schemas.search import CitationResult

_BATCH = 4_096
_MAX_SHOWN = 5
_ASK_IN_ENGLISH = (
    "The question is not in English, which is what the bundled encoder reads; ask it in English."
)


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


def explained(question: str, result: CitationResult) -> CitationResult:
    """Return a result that blames the question's language, where that is why nothing was found, and not the customers."""
    if result.reason != "nothing_said" or language_fit(question).is_english:
        return result
    return result.model_copy(update={"needed": _ASK_IN_ENGLISH})


def record_named(workspace: Workspace, name: str) -> str:
    """Return the id of the working record that an id, or its source's own id, names.

    Raises:
        NotFoundError: No working record has it.
        InputError: Records of several sources have it.
    """
    records = workspace.store.records
    if records.get_many([name]):
        return name
    found = [record for record in records.iter() if record.external_id == name]
    if not found:
        msg = f"record {name!r} is not in the workspace, nor is it the own id of any record"
        raise NotFoundError(msg, hint="`journey search` and `journey themes show` name records.")
    if len(found) > 1:
        shown = ", ".join(f"{one.record_id} ({one.kind.value})" for one in found[:_MAX_SHOWN])
        more = f" and {len(found) - _MAX_SHOWN} more" if len(found) > _MAX_SHOWN else ""
        msg = f"{name!r} is the own id of {len(found):,} records: {shown}{more}"
        raise InputError(msg, hint="Name the one that is meant by its id, which begins with `r_`.")
    return found[0].record_id


class Searching:
    """Finds and cites passages of texts that are held in memory; good for many threads.

    Args:
        retriever: Ranks.
        citer: Decides what answers; None where the encoder is not the one it was trained for.
        topics: Decides whether a topic is spoken of.
    """

    def __init__(self, retriever: Retriever, citer: Citer | None, topics: TopicFinder) -> None:
        self.retriever = retriever
        self.citer = citer
        self.topics = topics
        # Both keep what they were asked last, in plain dictionaries.
        self.lock = threading.RLock()

    def warm(self) -> None:
        """Load what the first question would wait for."""
        with self.lock:
            self.retriever.ranked("delivery")


def searching_of(workspace: Workspace, stock: Stock) -> Searching:
    """Return what finds passages of a stock; every query is an exact scan, beside whatever the index is used for."""
    rows = {
        record_id: _scalars(record, stock.traits.get(record.person_id, {}))
        for record_id, record in stock.records.items()
    }
    table = PassageTable.of(stock.passages, stock.vectors, [rows[one.record_id] for one in stock.passages])
    external_ids = {record_id: record.external_id for record_id, record in stock.records.items()}
    retriever = Retriever(table, index=None, encoder=workspace.encoder, external_ids=external_ids)
    try:
        citer = Citer(table, retriever=retriever, encoder=workspace.encoder, external_ids=external_ids)
    except EncoderError:
        citer = None
    return Searching(retriever, citer, TopicFinder(table, workspace.encoder))


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
