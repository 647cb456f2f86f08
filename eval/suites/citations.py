"""Tables of the suite `retrieval` on citing: which sentences are cited to a turn, beside peers that return the best k."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

import chromadb
import numpy as np
from chromadb.config import Settings as ChromaSettings
from numpy.typing import NDArray

from agent.embed import MiniLMEncoder
from agent.ports import Encoder
from agent.retrieve.citing import Citer
from agent.retrieve.search import Retriever
from agent.retrieve.table import PassageTable
from agent.schemas.base import Scalar
from agent.schemas.records import Kind, Passage
from eval.scorers.bm25 import bm25_scores
from eval.suites.base import Cell, SuiteOptions, Table
from eval.training.citation_fit import Plan
from eval.training.citation_folds import (
    N_FOLDS,
    Corpus,
    Outcome,
    calibration_error,
    f1_of,
    folds_by_dialogue,
    outcomes,
)

Counts = NDArray[np.int64]
Floats = NDArray[np.float32]

_DEPTH = 10
_CHROMA_BATCH = 5_000
_QUICK_PLAN = Plan(epochs=2)


def citation_tables(
    corpus: Corpus, others: Sequence[str], encoder: MiniLMEncoder, peer: MiniLMEncoder, options: SuiteOptions
) -> list[Table]:
    """Return what is cited where something was left out of training, what peers return, and what others are cited."""
    by_fold = outcomes(corpus, _QUICK_PLAN) if options.quick else outcomes(corpus)
    rows = [_row(name, outcome) for name, outcome in by_fold.items()]
    queries = [turn.query for turn in corpus.knowledge.turns]
    documents = corpus.knowledge.documents
    ranked = {
        "BM25, best k of the places meant": _best_in_places(corpus, bm25_scores(documents, queries)),
        "Chroma with where, best k of the places meant": _chroma(corpus, peer, options),
    }
    rows.extend(_peer_row(name, corpus, best) for name, best in ranked.items())
    columns = [
        "left out of training, or peer", "F1, all turns", "F1, turns that need an answer", "precision", "recall",
        "turns that need none cited", "turns that need one cited", "answers taken out, cited", "calibration error",
    ]  # fmt: skip
    title = (
        f"Sentences cited, DSTC11 track 5: {len(queries):,} turns, {int(corpus.asks.sum()):,} need an answer"
    )
    return [Table(title, columns, rows), _others_table(corpus, others, encoder)]


def _row(name: str, outcome: Outcome) -> list[Cell]:
    right, wrong, missed = outcome.counts.sum(axis=0).tolist()
    asks, cites = outcome.asks, outcome.cites
    figures = (
        f1_of(outcome.counts),
        f1_of(outcome.counts[asks]),
        right / max(right + wrong, 1),
        right / max(right + missed, 1),
        cites[~asks].mean(),
        cites[asks].mean(),
        outcome.without_answers[asks].mean(),
        calibration_error(outcome),
    )
    return [name, *(round(float(figure), 3) for figure in figures)]


def _peer_row(name: str, corpus: Corpus, best: Sequence[Sequence[int]]) -> list[Cell]:
    """Return the row of a ranking cut at the k that is best on the other folds."""
    folds = np.array([min(fold) for fold in folds_by_dialogue(corpus)])
    by_k = {k: _counts(corpus, [found[:k] for found in best]) for k in range(1, _DEPTH + 1)}
    counts = np.zeros_like(by_k[1])
    for fold in range(N_FOLDS):
        inside = folds == fold
        k = max(by_k, key=lambda one, kept=~inside: f1_of(by_k[one][kept]))
        counts[inside] = by_k[k][inside]
    right, wrong, missed = counts.sum(axis=0).tolist()
    asks, cites = corpus.asks, counts[:, 0] + counts[:, 1] > 0
    figures = (
        f1_of(counts),
        f1_of(counts[asks]),
        right / max(right + wrong, 1),
        right / max(right + missed, 1),
        cites[~asks].mean(),
        cites[asks].mean(),
        cites[asks].mean(),
    )
    return [name, *(round(float(figure), 3) for figure in figures), None]


def _counts(corpus: Corpus, cited: Sequence[Sequence[int]]) -> Counts:
    rows: list[tuple[int, int, int]] = []
    for turn, found in zip(corpus.knowledge.turns, cited, strict=True):
        right = len(turn.gold.intersection(found))
        rows.append((right, len(found) - right, len(turn.gold) - right))
    return np.array(rows, dtype=np.int64)


def _best_in_places(corpus: Corpus, scores: Floats) -> list[list[int]]:
    best: list[list[int]] = []
    for row, meant in zip(scores, corpus.meant, strict=True):
        inside = np.flatnonzero(np.isin(corpus.knowledge.entities, meant))
        best.append(inside[np.argsort(-row[inside], kind="stable")[:_DEPTH]].tolist())
    return best


def _chroma(corpus: Corpus, encoder: Encoder, options: SuiteOptions) -> list[list[int]]:
    """Return what a plain collection gives each turn, filtered by the places meant."""
    client = chromadb.PersistentClient(
        path=str(options.work / "chroma"), settings=ChromaSettings(anonymized_telemetry=False)
    )
    collection = client.create_collection(
        "peer-places", embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
    )
    documents: list[str] = corpus.knowledge.documents
    places: list[int] = corpus.knowledge.entities.tolist()
    for start in range(0, len(documents), _CHROMA_BATCH):
        part = documents[start : start + _CHROMA_BATCH]
        collection.add(
            ids=[str(start + n) for n in range(len(part))],
            embeddings=encoder.encode(part),
            metadatas=[{"place": places[start + n]} for n in range(len(part))],
        )
    queries = encoder.encode([turn.query for turn in corpus.knowledge.turns])
    best: list[list[int]] = []
    for query, meant in zip(queries, corpus.meant, strict=True):
        if not meant:
            best.append([])
            continue
        got = collection.query(
            query_embeddings=[query], n_results=_DEPTH, where={"place": {"$in": list(meant)}}, include=[]
        )
        best.append([int(number) for number in got["ids"][0]])
    return best


def _others_table(corpus: Corpus, others: Sequence[str], encoder: MiniLMEncoder) -> Table:
    """Return how often the packaged head cites something to questions that were asked of other businesses."""
    citer = _citer(corpus, encoder)
    cited = np.mean([citer.cite(question).found for question in others])
    title = "The packaged head, asked questions to other businesses over all places"
    return Table(title, ["questions", "share cited something"], [[len(others), round(float(cited), 3)]])


def _citer(corpus: Corpus, encoder: MiniLMEncoder) -> Citer:
    knowledge = corpus.knowledge
    passages = [
        replace(_PASSAGE, passage_id=f"{record}:{number}", record_id=record, text=text, end=len(text))
        for number, (record, text) in enumerate(zip(knowledge.records, knowledge.documents, strict=True))
    ]
    scalars: list[Mapping[str, Scalar]] = [{}] * len(passages)
    table = PassageTable.of(passages, encoder.encode(knowledge.documents), scalars)
    retriever = Retriever(table, index=None, encoder=encoder, external_ids={})
    return Citer(table, retriever=retriever, encoder=encoder, external_ids={})


_PASSAGE = Passage(
    passage_id="", record_id="", person_id="p", start=0, end=0, text="", text_sha256=sha256().hexdigest(),
    kind=Kind.REVIEW, at=None, channel=None, rating=None,
)  # fmt: skip
