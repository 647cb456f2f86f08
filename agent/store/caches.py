"""What was computed once and need not be again: vectors of texts, answers of language models."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from agent.ports import Vectors
from agent.store.engine import Scoped, as_dict
from agent.store.tables import model_calls, vectors


class VectorCache:
    """Vectors of texts by model and SHA-256 of the encoded text (hexadecimal)."""

    def __init__(self, scoped: Scoped) -> None:
        self._db = scoped

    def get(self, model_id: str, text_sha256s: Sequence[str]) -> Mapping[str, NDArray[np.float32]]:
        """Return the vectors that are there, shape `(dim,)` each, by the text's digest."""
        query = self._db.select(vectors, vectors.c.text_sha256, vectors.c.vector).where(
            vectors.c.model_id == model_id
        )
        rows = self._db.rows_in(
            query, vectors.c.text_sha256, (bytes.fromhex(digest) for digest in text_sha256s)
        )
        return {row.text_sha256.hex(): np.frombuffer(row.vector, dtype="<f4") for row in rows}

    def add(self, model_id: str, text_sha256s: Sequence[str], new: Vectors) -> None:
        """Store one vector a digest, in order, shape `(len(text_sha256s), dim)`; one already there stays."""
        data = np.ascontiguousarray(new, dtype="<f4")
        rows = [
            {"model_id": model_id, "text_sha256": bytes.fromhex(digest), "vector": vector.tobytes()}
            for digest, vector in zip(text_sha256s, data, strict=True)
        ]
        self._db.add_new(vectors, rows)

    def count(self, model_id: str) -> int:
        """Return how many vectors of a model there are."""
        return int(
            self._db.scalar(self._db.select(vectors, sa.func.count()).where(vectors.c.model_id == model_id))
        )


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One request that left the machine; `key` is a digest of all that decides the answer."""

    key: str
    request: str
    response: str
    """Empty where the call failed."""
    tokens_in: int
    tokens_out: int


class ModelCalls:
    """The log of all that was ever sent to a language model, and its cache; implements `agent.ports.CallLog`."""

    def __init__(self, scoped: Scoped) -> None:
        self._db = scoped

    def get(self, key: str) -> str | None:
        """Return the answer to an identical request, or None where there is none."""
        return (
            self._db.scalar(
                self._db.select(model_calls, model_calls.c.response).where(model_calls.c.key == key)
            )
            or None
        )

    def put(self, key: str, request: str, response: str, tokens_in: int, tokens_out: int) -> None:
        """Log a call; logging a key again replaces it."""
        self._db.put(model_calls, [asdict(ModelCall(key, request, response, tokens_in, tokens_out))])

    def iter(self) -> Iterator[ModelCall]:
        """Yield all calls in the order of their keys."""
        return (
            ModelCall(**as_dict(row))
            for row in self._db.pages(self._db.select(model_calls), model_calls.c.key)
        )

    def count(self) -> int:
        """Return how many calls there are."""
        return int(self._db.scalar(self._db.select(model_calls, sa.func.count())))
