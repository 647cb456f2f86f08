"""Chroma as a rebuildable index: ids and vectors, no text.

Chroma's folder has one owner at a time, which the home's lock sees to. The collection's name holds model and
dimension, and no embedding function is ever attached: `get_collection` would attach a default one in silence.
"""

import hashlib
import shutil
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, cast

import chromadb
import numpy as np
from chromadb.api import ClientAPI
from chromadb.api.client import Client
from chromadb.api.models.Collection import Collection
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.api.types import Embeddings
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import ChromaError
from numpy.typing import NDArray

from agent.errors import EmbeddingMismatchError, IndexCorruptError, VectorIndexError
from agent.ports import Vectors
from agent.store.home import store_error_of

_PAGE = 10_000
"""Ids asked for at once; Chroma fails above 32,766 (SQLite's limit of variables)."""
_AT_ONCE = 512
"""Vectors stored by one call, which holds the interpreter's lock; an encoder's threads wait for it meanwhile."""
_CHROMA_FAULTS = (ChromaError, ValueError, RuntimeError)
_MAX_NAME = 60
"""Characters of a workspace's name kept for readers; Chroma takes 512 in all."""
_EF_SEARCH = 200
"""Breadth of the graph search; high enough that wide queries agree with an exact scan."""


class Neighbour(NamedTuple):
    """A passage near a query vector."""

    passage_id: str
    cosine: float


class ChromaIndex:
    """The vectors of one workspace's passages under one encoder.

    Args:
        folder: Chroma's folder; made where it is missing.
        workspace: Brand, part of the collection's name.
        model_id: Encoder whose vectors are held.
        dim: Length of a vector.

    Raises:
        EmbeddingMismatchError: The folder holds vectors of another encoder for this workspace.
        IndexCorruptError: Chroma cannot open the folder; `rebuilt_folder` starts a new one.
        StoreError: The folder cannot be made.
    """

    def __init__(self, folder: Path, *, workspace: str, model_id: str, dim: int) -> None:
        self._folder = folder
        self._dim = dim
        prefix = f"{_keyed(workspace)}--"
        self._name = f"{prefix}{_safe(model_id)}-{dim}"
        with _translated("open", folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._client = _connected(folder)
            try:
                self._refuse_other_encoders(prefix)
                self._collection: Collection = self._client.get_or_create_collection(
                    self._name,
                    embedding_function=None,
                    configuration={"hnsw": {"space": "ip", "ef_search": _EF_SEARCH}},
                )
                self._max_batch = self._client.get_max_batch_size()
            except BaseException:
                self.close()
                raise

    def _refuse_other_encoders(self, prefix: str) -> None:
        others = [item.name for item in self._client.list_collections() if item.name.startswith(prefix)]
        if others and self._name not in others:
            msg = f"the index holds vectors of {others[0].removeprefix(prefix)!r}, not of {self._name.removeprefix(prefix)!r}"
            raise EmbeddingMismatchError(msg, hint="Run `journey index rebuild` to encode everything again.")

    def upsert(self, passage_ids: Sequence[str], vectors: Vectors) -> None:
        """Store vectors, shape `(len(passage_ids), dim)`; one already there is replaced."""
        if vectors.shape != (len(passage_ids), self._dim):
            msg = f"vectors have shape {vectors.shape}; ({len(passage_ids)}, {self._dim}) was expected"
            raise EmbeddingMismatchError(msg, hint="Run `journey index rebuild`.")
        with _translated("write", self._folder):
            for start in range(0, len(passage_ids), _AT_ONCE):
                part = slice(start, start + _AT_ONCE)
                self._collection.upsert(
                    ids=list(passage_ids[part]), embeddings=cast("Embeddings", vectors[part])
                )

    def remove(self, passage_ids: Iterable[str]) -> None:
        """Take vectors out; the ids that are not there are passed over."""
        gone = sorted(passage_ids)
        with _translated("write", self._folder):
            for start in range(0, len(gone), self._max_batch):
                self._collection.delete(ids=gone[start : start + self._max_batch])

    def ids(self) -> frozenset[str]:
        """Return the ids of everything in the index."""
        found: set[str] = set()
        with _translated("read", self._folder):
            for offset in range(0, self._collection.count(), _PAGE):
                found.update(self._collection.get(limit=_PAGE, offset=offset, include=[])["ids"])
        return frozenset(found)

    def vectors(self, passage_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return the stored vectors of ids that are there."""
        found: dict[str, NDArray[np.float32]] = {}
        with _translated("read", self._folder):
            for start in range(0, len(passage_ids), _PAGE):
                got = self._collection.get(
                    ids=list(passage_ids[start : start + _PAGE]), include=["embeddings"]
                )
                embeddings = got["embeddings"]
                if embeddings is not None:
                    for passage_id, vector in zip(got["ids"], embeddings, strict=True):
                        found[passage_id] = np.asarray(vector, dtype=np.float32)
        return found

    def count(self) -> int:
        """Return how many vectors there are."""
        with _translated("read", self._folder):
            return self._collection.count()

    def nearest(self, vector: NDArray[np.float32], limit: int) -> list[Neighbour]:
        """Return the passages nearest to a unit vector, nearest first."""
        with _translated("read", self._folder):
            got = self._collection.query(
                query_embeddings=[vector.tolist()], n_results=limit, include=["distances"]
            )
        distances = got["distances"] or [[]]
        return [
            Neighbour(passage_id, 1.0 - distance)
            for passage_id, distance in zip(got["ids"][0], distances[0], strict=True)
        ]

    def close(self) -> None:
        """Let go of the folder."""
        cast("Client", self._client).close()


@contextmanager
def rebuilt_folder(folder: Path) -> Generator[Path]:
    """Yield an empty folder to build a new index in; it takes the old one's place when the block ends well.

    Deleted vectors stay on Chroma's disk, so both a rebuild and an erasure write a new folder and rename.
    """
    new = folder.with_name(f"{folder.name}.new")
    old = folder.with_name(f"{folder.name}.old")
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)
    new.mkdir(parents=True)
    yield new
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _connected(folder: Path) -> ClientAPI:
    settings = ChromaSettings(anonymized_telemetry=False)
    try:
        return chromadb.PersistentClient(path=str(folder), settings=settings)
    except BaseException:
        # Chroma keeps what failed to start and would hand it out again, also for the folder that replaces this one.
        SharedSystemClient._identifier_to_system.pop(str(folder), None)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        raise


@contextmanager
def _translated(action: str, folder: Path) -> Generator[None]:
    """Turn Chroma's errors, among them the panics of its Rust core, into ours."""
    try:
        yield
    except VectorIndexError:
        raise
    except OSError as error:
        raise store_error_of(error, path=folder) from error
    except BaseException as error:
        # PyO3 derives its panics from BaseException and exports no name to catch them by.
        if not isinstance(error, _CHROMA_FAULTS) and type(error).__name__ != "PanicException":
            raise
        msg = f"the vector index at {folder.name!r} cannot {action}: {error}"
        raise IndexCorruptError(
            msg, hint="Run `journey index rebuild`; it makes the index again from the store."
        ) from error


def _keyed(workspace: str) -> str:
    """Return a part of a collection's name that is the workspace's alone: other names may look alike once safe."""
    digest = hashlib.sha256(workspace.encode()).hexdigest()[:12]
    return f"{digest}-{_safe(workspace)[:_MAX_NAME]}"


def _safe(name: str) -> str:
    """Return a name that Chroma accepts in a collection's name."""
    return "".join(char if char.isascii() and char.isalnum() else "-" for char in name).strip("-") or "x"
