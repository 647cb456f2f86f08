"""Suite `encoder`: the int8 encoder beside ONNX Runtime in float: tokens a second, agreement, retrieval.

The float peer gets the same weights, tokenizer, grouping by length and threads, and the best of several run sizes,
of one thread a run or all in one, and of two ways to compute the norms. Sides take turns, so that both see the same machine.
"""

import gzip
import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agent.embed import MiniLMEncoder, open_encoder, weights
from agent.embed.encoder import load_model, n_processors
from agent.embed.session import EncoderSession
from eval.suites.base import Cell, SuiteOptions, SuiteResult, Table
from eval.suites.texts import review_texts

_N_TEXTS = 3_000
_N_TEXTS_QUICK = 300
_N_TUNING = 300
_ROUNDS = 5
_ROUNDS_QUICK = 3
_RUN_SIZES = (256, 512, 1024)
_DEPTH = 10
_OURS = "int8"
_FLOAT = "float, best found"
_FUSED = "float, as ONNX Runtime fuses it"


@dataclass(slots=True)
class _Side:
    """One encoder under measurement and its tokens a second, by the clock and by processor time."""

    encoder: MiniLMEncoder
    wall: list[float] = field(default_factory=list[float])
    processor: list[float] = field(default_factory=list[float])


class Faq(NamedTuple):
    """Documents, queries, and which documents answer each query."""

    documents: list[str]
    queries: list[str]
    relevant: list[set[int]]


def run(options: SuiteOptions) -> SuiteResult:
    """Measure speed, agreement with float and the ranking of FAQs."""
    try:
        texts, source = review_texts(options.data, limit=_N_TEXTS_QUICK if options.quick else _N_TEXTS)
        faq = read_stackfaq(options.data / "retrieval" / "stackfaq.json.gz")
    except FileNotFoundError as exc:
        return SuiteResult("encoder", [], [f"Not measured: {str(exc.filename)!r} is not there."])
    cache_dir = options.work / "encoder"
    ours = open_encoder(cache_dir)
    separate, peer_note = _best_float(cache_dir, texts[:_N_TUNING], fuse_norms=False)
    fused, fused_note = _best_float(cache_dir, texts[:_N_TUNING], fuse_norms=True)
    sides = {_OURS: _Side(ours), _FLOAT: _Side(separate), _FUSED: _Side(fused)}
    n_tokens = _read_tokens(ours, texts)
    for _ in range(_ROUNDS_QUICK if options.quick else _ROUNDS):
        for side in sides.values():
            _measure(side, texts, n_tokens)
    cosines = (ours.encode(texts) * separate.encode(texts)).sum(axis=1)
    tables = [
        _speed_table(sides, n_tokens, len(texts)),
        Table(
            "Cosine of int8 to float",
            ["mean", "1st percentile", "minimum"],
            [
                [
                    round(float(value), 4)
                    for value in (cosines.mean(), np.quantile(cosines, 0.01), cosines.min())
                ]
            ],
        ),
        _ranking_table(faq, ours, separate),
    ]
    notes = [source, f"{_FLOAT}: {peer_note}. {_FUSED}: {fused_note}. Both: {n_processors()} processors."]
    return SuiteResult("encoder", tables, notes)


def read_stackfaq(path: Path) -> Faq:
    """Return the answers of the FAQs as documents and the paraphrased questions as queries.

    Raises:
        FileNotFoundError: The file is not there.
    """
    with gzip.open(path, "rt", encoding="utf-8") as file:
        pairs = json.load(file)["root"]["qapair"]
    faq = Faq([], [], [])
    for pair in pairs:
        first = len(faq.documents)
        faq.documents.extend(answer for answer in pair["answer"] if answer)
        answers = set(range(first, len(faq.documents)))
        queries = [query for query in pair["rephr"] if query and query != "*"]
        faq.queries.extend(queries)
        faq.relevant.extend([answers] * len(queries))
    return faq


def mean_ndcg(scores: NDArray[np.float32], relevant: Sequence[set[int]], *, depth: int) -> float:
    """Return the mean nDCG of rankings by falling score, with binary relevance.

    Args:
        scores: Shape `(n_queries, n_documents)`.
        relevant: For each query the documents that answer it; none is empty.
        depth: Places of a ranking that count.
    """
    gains = 1 / np.log2(np.arange(2, depth + 2))
    order = np.argsort(-scores, axis=1, kind="stable")[:, :depth]
    found = [
        sum(gains[place] for place, document in enumerate(row) if int(document) in wanted)
        / gains[: len(wanted)].sum()
        for row, wanted in zip(order, relevant, strict=True)
    ]
    return float(np.mean(found))


def _best_float(cache_dir: Path, texts: Sequence[str], *, fuse_norms: bool) -> tuple[MiniLMEncoder, str]:
    """Return the fastest of the settings tried on `texts`, and what it is."""
    model = load_model(cache_dir, "float32")
    tokenizer_json = weights.load_tokenizer_json(weights.model_folder())
    n_threads = n_processors()
    tried: dict[str, MiniLMEncoder] = {}
    for inside, n_workers in {(1, n_threads), (n_threads, 1)}:
        session = EncoderSession(model, n_threads=inside, fuse_norms=fuse_norms)
        for size in _RUN_SIZES:
            label = f"{n_workers} runs at a time of {inside} threads and at most {size} tokens"
            tried[label] = MiniLMEncoder(
                session, tokenizer_json, model_id=label, n_workers=n_workers, tokens_per_run=size
            )
    label = min(tried, key=lambda name: _fastest_s(partial(tried[name].encode, texts)))
    return tried[label], label


def _fastest_s(work: Callable[[], object]) -> float:
    durations: list[float] = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        durations.append(time.perf_counter() - start)
    return min(durations)


def _read_tokens(encoder: MiniLMEncoder, texts: Sequence[str]) -> int:
    return int(np.minimum(encoder.count_tokens(texts), encoder.max_tokens).sum())


def _measure(side: _Side, texts: Sequence[str], n_tokens: int) -> None:
    wall, processor = time.perf_counter(), time.process_time()
    side.encoder.encode(texts)
    side.wall.append(n_tokens / (time.perf_counter() - wall))
    side.processor.append(n_tokens / (time.process_time() - processor))


def _speed_table(sides: Mapping[str, _Side], n_tokens: int, n_texts: int) -> Table:
    ours = sides[_OURS]
    rows: list[list[Cell]] = [
        [
            name,
            round(statistics.median(side.wall)),
            round(min(side.wall)),
            round(max(side.wall)),
            round(statistics.median(side.processor)),
            _ratio(ours.wall, side.wall),
            _ratio(ours.processor, side.processor),
        ]
        for name, side in sides.items()
    ]
    columns = [
        "side",
        "tokens/s, median",
        "min",
        "max",
        "tokens/processor s, median",
        "int8 is faster by",
        "by processor time",
    ]
    rounds = len(ours.wall)
    return Table(f"Encoding {n_texts:,} reviews, {n_tokens:,} tokens, {rounds} rounds in turn", columns, rows)


def _ratio(ours: Sequence[float], other: Sequence[float]) -> float:
    """Return the median over rounds of how many times faster ours was in the same round."""
    return round(statistics.median(a / b for a, b in zip(ours, other, strict=True)), 2)


def _ranking_table(faq: Faq, ours: MiniLMEncoder, peer: MiniLMEncoder) -> Table:
    int8, exact = (
        mean_ndcg(encoder.encode(faq.queries) @ encoder.encode(faq.documents).T, faq.relevant, depth=_DEPTH)
        for encoder in (ours, peer)
    )
    return Table(
        f"StackFAQ: {len(faq.queries):,} paraphrased questions against {len(faq.documents):,} answers",
        [f"nDCG@{_DEPTH} of int8", f"nDCG@{_DEPTH} of float", "int8 / float"],
        [[round(int8, 4), round(exact, 4), round(int8 / exact, 4)]],
    )
