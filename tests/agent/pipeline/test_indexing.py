"""Filling the index: every passage once, in batches that are encoded while the one before is stored."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.events.lake_writer import LakeWriter
from agent.index import ChromaIndex
from agent.pipeline import indexing
from agent.pipeline.indexing import IndexReport, check_index, update_index
from agent.pipeline.ingest import ingest
from agent.ports import Progress, Vectors
from agent.store import Store, VaultWriter
from agent.testing import HashEncoder

NOW = datetime(2026, 6, 30, tzinfo=UTC)
_N = 23


class CountingEncoder(HashEncoder):
    """Remembers which texts it was given, and fails when told to."""

    def __init__(self, *, fails_after: int | None = None) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._fails_after = fails_after

    def encode(self, texts: Sequence[str], *, on_progress: Progress | None = None) -> Vectors:
        """Encode, remembering the texts."""
        if self._fails_after is not None and len(self.texts) >= self._fails_after:
            msg = "stopped"
            raise RuntimeError(msg)
        self.texts += texts
        return super().encode(texts, on_progress=on_progress)


def _filled(home: Path) -> Store:
    store = Store.create(home, "brand", holdout=0.0, salt="salt", now=NOW)
    # Every third text is the same one, so batches share texts.
    rows = [f"review-{n:07d},{'The same words' if n % 3 == 0 else f'Words of number {n}'}" for n in range(_N)]
    path = home / "reviews.csv"
    path.write_text("id,text\n" + "\n".join(rows) + "\n")
    vault = VaultWriter(store.home, "brand")
    ingest([path], store=store, vault=vault, lake=LakeWriter(store.home.lake_events("brand")), now=NOW)
    vault.close()
    return store


def _index(store: Store, encoder: HashEncoder) -> ChromaIndex:
    folder = store.home.index_of("brand")
    return ChromaIndex(folder, workspace="brand", model_id=encoder.model_id, dim=encoder.dim)


@pytest.mark.parametrize("batch", [1, 4, 100])
def test_update_index_any_batch_size_holds_every_passage_and_encodes_each_text_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """Batches overlap in time, not in what they hold."""
    monkeypatch.setattr(indexing, "_BATCH", batch)
    done: list[int] = []
    with _filled(tmp_path) as store:
        encoder = CountingEncoder()
        index = _index(store, encoder)
        report = update_index(store, encoder=encoder, index=index, on_progress=done.append)
        again = update_index(store, encoder=encoder, index=index)
        holds = check_index(store, encoder=encoder, index=index).holds
        index.close()
    n_texts = len(set(encoder.texts))
    assert report == IndexReport(n_passages=_N, n_encoded=n_texts, n_added=_N, n_removed=0)
    assert (again.n_added, again.n_encoded) == (0, 0)
    assert len(encoder.texts) == n_texts == 16
    assert holds
    assert sum(done) == _N


def test_update_index_that_stopped_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was encoded before an encoder failed is not encoded again."""
    monkeypatch.setattr(indexing, "_BATCH", 4)
    with _filled(tmp_path) as store:
        failing, encoder = CountingEncoder(fails_after=6), CountingEncoder()
        index = _index(store, encoder)
        with pytest.raises(RuntimeError, match="stopped"):
            update_index(store, encoder=failing, index=index)
        report = update_index(store, encoder=encoder, index=index)
        holds = check_index(store, encoder=encoder, index=index).holds
        index.close()
    assert failing.texts
    assert not set(failing.texts) & set(encoder.texts)
    assert report.n_passages == _N
    assert holds
