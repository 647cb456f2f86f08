"""Embeds passages and keeps the index equal to the store; running it again after any interruption goes on."""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agent.normalise import passages_of
from agent.ports import Encoder, Progress, Vectors
from agent.schemas.base import Frozen
from agent.schemas.records import Passage
from agent.store.store import Store

if TYPE_CHECKING:
    from agent.index import ChromaIndex

_BATCH = 1_024
"""Passages embedded and stored together; while one batch is embedded, the one before it is stored."""
_PLACEHOLDER = re.compile(r"\[([A-Z_]+)-[a-z0-9]{3}\]")


class IndexReport(Frozen):
    """What an update of the index did."""

    n_passages: int
    n_encoded: int
    n_added: int
    n_removed: int


class IndexCheck(Frozen):
    """How the index compares with the store."""

    n_passages: int
    n_indexed: int
    missing: int
    """Passages of the store that the index lacks."""
    extra: int
    """Vectors of passages that the store does not have."""
    different: int
    """Vectors that are not the passage's own."""

    @property
    def holds(self) -> bool:
        """True where index and store say the same."""
        return not (self.missing or self.extra or self.different)


def update_index(
    store: Store, *, encoder: Encoder, index: "ChromaIndex", on_progress: Progress | None = None
) -> IndexReport:
    """Add what the index lacks and remove what the store no longer has."""
    before = store.vectors.count(encoder.model_id)
    present = index.ids()
    wanted: set[str] = set()
    n_added = 0
    with ThreadPoolExecutor(1, thread_name_prefix="encode") as pool:
        waiting: _Encoding | None = None
        for batch in _batches(all_passages(store)):
            wanted.update(passage.passage_id for passage in batch)
            new = [passage for passage in batch if passage.passage_id not in present]
            asked = _Asked.of(
                new, store=store, encoder=encoder, under_way=waiting.asked.new if waiting else {}
            )
            started = _Encoding.start(asked, [one.passage_id for one in new], n_done=len(batch), pool=pool)
            n_added += _put(waiting, store=store, index=index, on_progress=on_progress)
            waiting = started
        n_added += _put(waiting, store=store, index=index, on_progress=on_progress)
    gone = present - wanted
    index.remove(gone)
    return IndexReport(
        n_passages=len(wanted),
        n_encoded=store.vectors.count(encoder.model_id) - before,
        n_added=n_added,
        n_removed=len(gone),
    )


def check_index(store: Store, *, encoder: Encoder, index: "ChromaIndex") -> IndexCheck:
    """Compare the index with the store, vector by vector."""
    present = index.ids()
    n_passages = missing = different = 0
    for batch in _batches(all_passages(store)):
        n_passages += len(batch)
        held = [passage for passage in batch if passage.passage_id in present]
        missing += len(batch) - len(held)
        different += _n_different(held, store=store, encoder=encoder, index=index)
    extra = len(present) - (n_passages - missing)
    return IndexCheck(
        n_passages=n_passages, n_indexed=len(present), missing=missing, extra=extra, different=different
    )


def vectors_of(passages: Sequence[Passage], *, store: Store, encoder: Encoder) -> Vectors:
    """Return the passages' vectors, shape `(n_passages, dim)`; those not in the cache are encoded and put there."""
    asked = _Asked.of(passages, store=store, encoder=encoder)
    return asked.vectors(encoder.encode(list(asked.new.values())) if asked.new else None, store=store)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What of some passages' vectors the cache holds and what has to be encoded, by the encoded text's digest."""

    digests: list[str]
    known: Mapping[str, NDArray[np.float32]]
    new: dict[str, str]
    encoder: Encoder

    @classmethod
    def of(
        cls,
        passages: Sequence[Passage],
        *,
        store: Store,
        encoder: Encoder,
        under_way: Collection[str] = (),
    ) -> "_Asked":
        texts = [_encoded_text(passage.text) for passage in passages]
        digests = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        known = store.vectors.get(encoder.model_id, list(dict.fromkeys(digests)))
        new = {
            digest: text
            for digest, text in zip(digests, texts, strict=True)
            if digest not in known and digest not in under_way
        }
        return cls(digests, known, new, encoder)

    def vectors(self, made: Vectors | None, *, store: Store) -> Vectors:
        """Return one vector a passage, in order; `made` are those of `new`, which are put into the cache."""
        known = dict(self.known)
        if made is not None:
            store.vectors.add(self.encoder.model_id, list(self.new), made)
            known.update(zip(self.new, made, strict=True))
        # What the batch before was encoding is in the cache by now.
        missing = [digest for digest in dict.fromkeys(self.digests) if digest not in known]
        known.update(store.vectors.get(self.encoder.model_id, missing))
        if not self.digests:
            return np.zeros((0, self.encoder.dim), dtype=np.float32)
        return np.stack([known[digest] for digest in self.digests])


@dataclass(frozen=True, slots=True)
class _Encoding:
    """A batch that is being encoded in another thread; store and index are touched by the caller's alone."""

    passage_ids: list[str]
    n_done: int
    asked: _Asked
    made: Future[Vectors] | None

    @classmethod
    def start(
        cls, asked: _Asked, passage_ids: list[str], *, n_done: int, pool: ThreadPoolExecutor
    ) -> "_Encoding":
        made = pool.submit(asked.encoder.encode, list(asked.new.values())) if asked.new else None
        return cls(passage_ids, n_done, asked, made)


def _put(
    encoding: _Encoding | None, *, store: Store, index: "ChromaIndex", on_progress: Progress | None
) -> int:
    """Put a batch's vectors into the cache and the index, and return how many passages were new to the index."""
    if encoding is None:
        return 0
    vectors = encoding.asked.vectors(None if encoding.made is None else encoding.made.result(), store=store)
    if encoding.passage_ids:
        index.upsert(encoding.passage_ids, vectors)
    if on_progress is not None:
        on_progress(encoding.n_done)
    return len(encoding.passage_ids)


def all_passages(store: Store) -> Iterator[Passage]:
    """Yield the passages of all working records, in the order of their record ids."""
    for record in store.records.iter():
        yield from passages_of(record)


def _encoded_text(text: str) -> str:
    """Return what is embedded: placeholders without their keyed part, which means nothing to the encoder."""
    return _PLACEHOLDER.sub(lambda match: match[1].lower().replace("_", " "), text)


def _n_different(passages: Sequence[Passage], *, store: Store, encoder: Encoder, index: "ChromaIndex") -> int:
    held = index.vectors([passage.passage_id for passage in passages])
    own = vectors_of(passages, store=store, encoder=encoder)
    return sum(
        not np.array_equal(held[passage.passage_id], vector)
        for passage, vector in zip(passages, own, strict=True)
    )


def _batches(passages: Iterable[Passage]) -> Iterator[list[Passage]]:
    batch: list[Passage] = []
    for passage in passages:
        batch.append(passage)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
