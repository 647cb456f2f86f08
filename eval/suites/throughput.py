"""Suite `throughput`: records a second from a raw file to searchable, beside `langchain_chroma.Chroma.from_texts`.

Ours reads the file, joins persons, removes personal data, stores, cuts passages, encodes in int8 and fills the index.
The peer reads the same file and embeds each whole text in float on the same processors. Both run in turn on the same
records. Processor time is told beside the clock's: it does not depend on what else the machine does.
"""

import csv
import importlib
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

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

    took = _in_turn({"ours": ours, "langchain_chroma, float": peer})
    return SuiteResult("throughput", _tables(took, len(texts)), [note])


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


class _Took(NamedTuple):
    """What one run took."""

    wall_s: float
    processor_s: float


def _in_turn(sides: dict[str, Callable[[int], None]]) -> dict[str, list[_Took]]:
    took: dict[str, list[_Took]] = {name: [] for name in sides}
    for turn in range(_TURNS):
        for name, measured in sides.items():
            started, used = time.perf_counter(), time.process_time()
            measured(turn)
            took[name].append(_Took(time.perf_counter() - started, time.process_time() - used))
    return took


def _tables(took: dict[str, list[_Took]], n: int) -> list[Table]:
    ours, peer = took.values()
    pairs = list(zip(ours, peer, strict=True))
    by_wall = [theirs.wall_s / mine.wall_s for mine, theirs in pairs]
    by_processor = [theirs.processor_s / mine.processor_s for mine, theirs in pairs]
    columns = ["minimum", "median", "maximum"]
    return [
        Table(
            f"{n:,} reviews from CSV to searchable, records a second",
            ["side", *columns],
            [[name, *_spread([n / one.wall_s for one in runs], digits=1)] for name, runs in took.items()],
        ),
        Table(
            "Processor seconds for all records",
            ["side", *columns],
            [[name, *_spread([one.processor_s for one in runs], digits=2)] for name, runs in took.items()],
        ),
        Table(
            "Ours is faster by, turn by turn",
            ["measured by", *columns],
            [
                ["the clock", *_spread(by_wall, digits=2)],
                ["processor time", *_spread(by_processor, digits=2)],
            ],
        ),
    ]


def _spread(figures: list[float], *, digits: int) -> list[Cell]:
    return [round(figure, digits) for figure in (min(figures), statistics.median(figures), max(figures))]
