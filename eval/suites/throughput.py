"""Suite `throughput`: records a second from a raw file to searchable, beside `langchain_chroma.Chroma.from_texts`.

Ours reads the file, joins persons, removes personal data, stores, cuts passages, encodes in int8 and fills the index.
The peer reads the same file and embeds each whole text in float on the same processors. Both run in turn on the same
records.
"""

import csv
import importlib
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from langchain_core.embeddings import Embeddings

from agent.embed import open_encoder
from agent.pipeline.ingest import ingest
from agent.pipeline.workspace import Workspace
from agent.ports import Encoder
from agent.settings import Settings
from agent.store import Store
from eval.suites.base import Cell, SuiteOptions, SuiteResult, Table
from eval.suites.texts import review_texts

_NOW = datetime(2026, 7, 1, tzinfo=UTC)
_N = 3_500
_N_QUICK = 400
_TURNS = 3


def run(options: SuiteOptions) -> SuiteResult:
    """Measure both ways in turn."""
    try:
        chroma: Any = importlib.import_module("langchain_chroma").Chroma  # of the optional group of peers
    except ImportError:
        note = "not run: the peer is missing; `uv sync --group peers` installs it"
        return SuiteResult("throughput", [], [note])
    texts, note = review_texts(options.data, limit=_N_QUICK if options.quick else _N)
    path = options.work / "reviews.csv"
    _write(path, texts)
    settings = Settings()
    cache_dir = settings.cache_dir.expanduser()
    ours_encoder, float_encoder = open_encoder(cache_dir), open_encoder(cache_dir, precision="float32")
    for encoder in (ours_encoder, float_encoder):
        encoder.encode(texts[:64])

    def ours(turn: int) -> None:
        home = options.work / f"home-{turn}"
        store = Store.create(home, "suite", holdout=0.0, now=_NOW)
        chosen = settings.model_copy(update={"home": home, "workspace": "suite"})
        with Workspace(settings=chosen, store=store, now=_NOW) as workspace:
            workspace.__dict__["encoder"] = ours_encoder
            ingest([path], store=store, vault=workspace.vault, lake=workspace.lake_writer, now=_NOW)
            workspace.update_index()

    def peer(turn: int) -> None:
        with path.open(encoding="utf-8", newline="") as lines:
            read = [row["text"] for row in csv.DictReader(lines)]
        folder = str(options.work / f"peer-{turn}")
        chroma.from_texts(read, _Embeddings(float_encoder), persist_directory=folder)

    rates = _in_turn({"ours": ours, "langchain_chroma, float": peer}, len(texts))
    return SuiteResult("throughput", _tables(rates, len(texts)), [note])


class _Embeddings(Embeddings):
    """The float encoder in LangChain's form."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one vector a text."""
        return self._encoder.encode(texts).tolist()

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a query."""
        return self._encoder.encode([text])[0].tolist()


def _write(path: Path, texts: list[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["id", "text"])
        writer.writerows([f"review-{number:07d}", text] for number, text in enumerate(texts))


def _in_turn(sides: dict[str, Callable[[int], None]], n: int) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(_TURNS):
        for name, measured in sides.items():
            started = time.perf_counter()
            measured(turn)
            rates[name].append(n / (time.perf_counter() - started))
    return rates


def _tables(rates: dict[str, list[float]], n: int) -> list[Table]:
    rows: list[list[Cell]] = [
        [name, round(min(found), 1), round(statistics.median(found), 1), round(max(found), 1)]
        for name, found in rates.items()
    ]
    ours, peer = rates.values()
    pairs = [mine / theirs for mine, theirs in zip(ours, peer, strict=True)]
    return [
        Table(
            f"{n:,} reviews from CSV to searchable, records a second",
            ["side", "minimum", "median", "maximum"],
            rows,
        ),
        Table(
            "Ratio, turn by turn",
            ["figure", "minimum", "median", "maximum"],
            [["ours / peer", round(min(pairs), 2), round(statistics.median(pairs), 2), round(max(pairs), 2)]],
        ),
    ]
