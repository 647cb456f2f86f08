"""Suite `search`: filtered search over 100,000 vectors, ours beside Chroma's own `where`, and the floor of the search.

The filter keeps a tenth. Recall is against a full scan in double precision; both sides answer the same queries in turn.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import chromadb
import numpy as np
from chromadb.config import Settings as ChromaSettings
from numpy.typing import NDArray

from agent.ports import Vectors
from agent.retrieve.table import PassageTable
from agent.schemas.records import Kind, Passage
from eval.suites.base import Cell, SuiteOptions, SuiteResult, Table

_N = 100_000
_N_QUICK = 10_000
_DIM = 384
_CENTRES = 500
_GROUPS = 10
_LIMIT = 10
_QUERIES = 200
_CHROMA_BATCH = 5_000


def run(options: SuiteOptions) -> SuiteResult:
    """Measure recall and latency of a filtered search."""
    n = _N_QUICK if options.quick else _N
    rng = np.random.default_rng(options.seed)
    vectors, queries = _clustered(n, rng), _clustered(_QUERIES, rng)
    groups = [f"g{value}" for value in rng.integers(0, _GROUPS, n)]
    table = _table(vectors, groups)
    client = chromadb.PersistentClient(
        path=str(options.work / "chroma"), settings=ChromaSettings(anonymized_telemetry=False)
    )
    collection = client.create_collection(
        "peer", embedding_function=None, configuration={"hnsw": {"space": "ip"}}
    )
    for start in range(0, n, _CHROMA_BATCH):
        part = slice(start, start + _CHROMA_BATCH)
        collection.add(
            ids=[str(number) for number in range(n)[part]],
            embeddings=vectors[part],
            metadatas=[{"group": group} for group in groups[part]],
        )

    def ours(query: NDArray[np.float32]) -> set[int]:
        return set(table.select({"group": "g3"}).nearest(query, _LIMIT).tolist())

    def first_use(query: NDArray[np.float32]) -> set[int]:
        fresh = replace(table)  # a copy that has no selection yet; it shares the vectors
        return set(fresh.select({"group": "g3"}).nearest(query, _LIMIT).tolist())

    def peer(query: NDArray[np.float32]) -> set[int]:
        got = collection.query(query_embeddings=[query], n_results=_LIMIT, where={"group": "g3"}, include=[])
        return {int(found) for found in got["ids"][0]}

    truth = _truth(vectors, queries, np.array([group == "g3" for group in groups]))
    sides = {"ours": ours, "ours, filter never used before": first_use, "Chroma where": peer}
    measured = _in_turn(sides, queries, truth)
    rows: list[list[Cell]] = [[name, *figures] for name, figures in measured.items()]
    chroma_p95 = measured["Chroma where"][2]
    ratios: list[list[Cell]] = [
        [f"p95 of Chroma / p95 of {name}", round(chroma_p95 / figures[2], 1)]
        for name, figures in measured.items()
        if name != "Chroma where"
    ]
    return SuiteResult(
        "search",
        [
            Table(
                f"Search that keeps a tenth of {n:,} vectors, {_LIMIT} nearest, {_QUERIES} queries",
                ["side", "recall", "median ms", "p95 ms"],
                rows,
            ),
            Table("Ratio", ["figure", "value"], ratios),
        ],
    )


def _clustered(n: int, rng: np.random.Generator) -> Vectors:
    """Return unit vectors around common centres, as those of texts are."""
    centres = np.random.default_rng(1).normal(size=(_CENTRES, _DIM))
    made = centres[rng.integers(0, _CENTRES, n)] + 0.7 * rng.normal(size=(n, _DIM))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def _table(vectors: Vectors, groups: Sequence[str]) -> PassageTable:
    passages = [
        Passage(str(number), "r", "p", 0, 1, "x", "", Kind.REVIEW, None, None, None)
        for number in range(len(vectors))
    ]
    return PassageTable.of(passages, vectors, [{"group": group} for group in groups])


def _truth(vectors: Vectors, queries: Vectors, kept: NDArray[np.bool_]) -> list[set[int]]:
    positions = np.flatnonzero(kept)
    exact = queries.astype(np.float64) @ vectors[positions].astype(np.float64).T
    return [set(positions[np.argsort(-row, kind="stable")[:_LIMIT]].tolist()) for row in exact]


def _in_turn(
    sides: dict[str, Callable[[NDArray[np.float32]], set[int]]], queries: Vectors, truth: list[set[int]]
) -> dict[str, tuple[float, float, float]]:
    """Return recall, median and p95 milliseconds of each side, asked query by query in turn."""
    took: dict[str, list[float]] = {name: [] for name in sides}
    hits = dict.fromkeys(sides, 0)
    for query, expected in zip(queries, truth, strict=True):
        for name, search in sides.items():
            started = time.perf_counter()
            found = search(query)
            took[name].append(1000 * (time.perf_counter() - started))
            hits[name] += len(found & expected)
    return {
        name: (
            round(hits[name] / (len(truth) * _LIMIT), 4),
            round(statistics.median(times), 2),
            round(statistics.quantiles(times, n=20)[-1], 2),
        )
        for name, times in took.items()
    }
