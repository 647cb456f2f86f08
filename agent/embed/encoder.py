"""Texts to unit vectors, in slices, so that memory stays bounded and a text's vector is its own."""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from agent.embed import cache, graph, weights
from agent.embed.quantise import load_calibration
from agent.embed.session import EncoderSession
from agent.embed.tokenise import WordPieces
from agent.ports import Progress, Vectors

Precision = Literal["int8", "float32"]

_NAME: Final = "all-minilm-l6-v2"
TOKENS_PER_RUN: Final = 512
_TEXTS_PER_SLICE: Final = 8192
# Runs that keep the processors busy while others wait for the interpreter's lock, which an insertion into Chroma holds.
_SPARE_RUNS: Final = 2
# The first 256 tokens of any language end long before; it bounds the work a single huge text can ask for.
_MAX_CHARS: Final = 20_000


@dataclass(frozen=True, slots=True)
class _Batch:
    """Texts of one token count: their rows in the slice and their token ids, int32, shape `(n_texts, n_tokens)`."""

    rows: NDArray[np.int64]
    ids: NDArray[np.int32]


class MiniLMEncoder:
    """All-MiniLM-L6-v2: English sentences and short paragraphs to 384 dimensions.

    The vector of a text depends on nothing but the text, bit for bit on one machine. An empty text, or one of white
    space only, has a vector too: that of the two tokens that frame every text. Text past `max_tokens` tokens is not
    read. Words such as `[SEP]` inside a text are ordinary text. One encoder may be used by several threads.

    Args:
        session: The loaded graph.
        tokenizer_json: Definition of the tokenizer.
        model_id: Name of model, precision and version.
        n_workers: Batches run at the same time.
        cache_dir: Folder of what is worked out once; nothing is kept where None.
        tokens_per_run: About how many tokens a batch holds at most, if it holds more than one text.
    """

    dim: int = graph.DIM
    max_tokens: int = graph.MAX_TOKENS

    def __init__(
        self,
        session: EncoderSession,
        tokenizer_json: str,
        *,
        model_id: str,
        n_workers: int,
        cache_dir: Path | None = None,
        tokens_per_run: int = TOKENS_PER_RUN,
    ) -> None:
        self.model_id = model_id
        self._session = session
        self._n_workers = n_workers
        self._cache_dir = cache_dir
        self._tokens_per_run = tokens_per_run
        self._words = WordPieces(tokenizer_json, max_tokens=self.max_tokens)
        self._whole_words = WordPieces(tokenizer_json, max_tokens=None)

    def encode(self, texts: Sequence[str], *, on_progress: Progress | None = None) -> Vectors:
        """Return one unit vector a text, in order.

        Args:
            texts: Any strings, in any number; lone surrogates count as unknown characters.
            on_progress: Called after each slice with the number of texts in it.

        Returns:
            Shape `(len(texts), 384)`, float32, unit L2 norm.
        """
        vectors = np.empty((len(texts), self.dim), np.float32)
        with ThreadPoolExecutor(self._n_workers) as pool:
            for start in range(0, len(texts), _TEXTS_PER_SLICE):
                part = vectors[start : start + _TEXTS_PER_SLICE]
                batches = self._batches(texts[start : start + _TEXTS_PER_SLICE])
                for batch, found in pool.map(self._run, batches):
                    part[batch.rows] = found
                if on_progress is not None:
                    on_progress(len(part))
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Return how many tokens each whole text has, frame included, shape `(len(texts),)`.

        A text with more than `max_tokens` is cut by `encode`.
        """
        counts = np.empty(len(texts), np.int64)
        for start in range(0, len(texts), _TEXTS_PER_SLICE):
            part = self._whole_words.counts(texts[start : start + _TEXTS_PER_SLICE])
            counts[start : start + len(part)] = part
        return counts

    def kept(self, name: str, build: Callable[[], bytes]) -> bytes:
        """Return what was once worked out from vectors of this encoder; see `agent.ports.Encoder`."""
        if self._cache_dir is None:
            return build()
        path = self._cache_dir / f"{self.model_id}-{name}.kept"
        return cache.load_or_build(path, build, is_needed=False)

    def _batches(self, texts: Sequence[str]) -> Iterator[_Batch]:
        """Yield the texts grouped by token count, longest first so that the workers end together."""
        tokens = self._words.ids([text[:_MAX_CHARS] for text in texts])
        lengths = np.array([len(ids) for ids in tokens])
        for length in sorted(set(lengths.tolist()), reverse=True):
            same = np.flatnonzero(lengths == length)
            n_runs = -(-len(same) * length // self._tokens_per_run)
            for rows in np.array_split(same, min(n_runs, len(same))):
                yield _Batch(rows, np.array([tokens[row] for row in rows], np.int32))

    def _run(self, batch: _Batch) -> tuple[_Batch, Vectors]:
        return batch, self._session.run(batch.ids)


def open_encoder(
    cache_dir: Path, *, precision: Precision = "int8", threads: int | None = None
) -> MiniLMEncoder:
    """Return the encoder, building its graph into `cache_dir` the first time.

    Args:
        cache_dir: Folder of built graphs, made where it is missing; several processes may share it.
        precision: `int8`, or `float32` at about a third of the speed.
        threads: Processor threads to use; all that the process may use when None.

    Raises:
        EncoderError: The weights are missing or not the official ones, or the folder cannot be written.
    """
    tokenizer_json = weights.load_tokenizer_json(weights.model_folder())
    session = EncoderSession(load_model(cache_dir, precision))
    model_id = f"{_NAME}-{precision}-v{graph.GRAPH_VERSION}"
    n_workers = threads or n_processors() + _SPARE_RUNS
    folder = cache_dir.expanduser()
    return MiniLMEncoder(session, tokenizer_json, model_id=model_id, n_workers=n_workers, cache_dir=folder)


def load_model(cache_dir: Path, precision: Precision) -> bytes:
    """Return the serialised graph from `cache_dir`, building it there where it is missing or damaged.

    Raises:
        EncoderError: The weights are missing or not the official ones, or the folder cannot be written.
    """
    calibration = load_calibration()
    scales = calibration.scales if precision == "int8" else None

    def build() -> bytes:
        return graph.build_model(weights.load_weights(weights.model_folder()), scales)

    key = f"{weights.WEIGHTS_SHA256} {graph.GRAPH_VERSION} {calibration.digest if scales else ''}"
    digest = hashlib.sha256(key.encode()).hexdigest()[:16]
    path = cache_dir.expanduser() / f"{_NAME}-{precision}-v{graph.GRAPH_VERSION}-{digest}.model"
    return cache.load_or_build(path, build)


def n_processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
