"""Embeds passages and keeps the index equal to the store; running it again after any interruption goes on."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from agent.index import ChromaIndex
from agent.normalise import passages_of
from agent.ports import Encoder, Progress, Vectors
from agent.schemas.base import Frozen
from agent.schemas.records import Passage
from agent.store.store import Store

_BATCH = 4_096
"""Passages embedded and stored together."""
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
    store: Store, *, encoder: Encoder, index: ChromaIndex, on_progress: Progress | None = None
) -> IndexReport:
    """Add what the index lacks and remove what the store no longer has."""
    before = store.vectors.count(encoder.model_id)
    present = index.ids()
    wanted: set[str] = set()
    n_added = 0
    for batch in _batches(all_passages(store)):
        wanted.update(passage.passage_id for passage in batch)
        new = [passage for passage in batch if passage.passage_id not in present]
        if new:
            index.upsert(
                [passage.passage_id for passage in new], vectors_of(new, store=store, encoder=encoder)
            )
            n_added += len(new)
        if on_progress is not None:
            on_progress(len(batch))
    gone = present - wanted
    index.remove(gone)
    return IndexReport(
        n_passages=len(wanted),
        n_encoded=store.vectors.count(encoder.model_id) - before,
        n_added=n_added,
        n_removed=len(gone),
    )


def check_index(store: Store, *, encoder: Encoder, index: ChromaIndex) -> IndexCheck:
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
    texts = [_encoded_text(passage.text) for passage in passages]
    digests = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    known = dict(store.vectors.get(encoder.model_id, list(dict.fromkeys(digests))))
    new = {digest: text for digest, text in zip(digests, texts, strict=True) if digest not in known}
    if new:
        made = encoder.encode(list(new.values()))
        store.vectors.add(encoder.model_id, list(new), made)
        known.update(zip(new, made, strict=True))
    if not passages:
        return np.zeros((0, encoder.dim), dtype=np.float32)
    return np.stack([known[digest] for digest in digests])


def all_passages(store: Store) -> Iterator[Passage]:
    """Yield the passages of all working records, in the order of their record ids."""
    for record in store.records.iter():
        yield from passages_of(record)


def _encoded_text(text: str) -> str:
    """Return what is embedded: placeholders without their keyed part, which means nothing to the encoder."""
    return _PLACEHOLDER.sub(lambda match: match[1].lower().replace("_", " "), text)


def _n_different(passages: Sequence[Passage], *, store: Store, encoder: Encoder, index: ChromaIndex) -> int:
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
