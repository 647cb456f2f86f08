"""The vector index on a real Chroma folder."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import agent.index
from agent.errors import EmbeddingMismatchError, IndexCorruptError, StoreError
from agent.index import ChromaIndex, rebuilt_folder
from agent.ports import Vectors

_DIM = 16


def _vectors(n: int, *, seed: int = 0, dim: int = _DIM) -> Vectors:
    vectors = np.random.default_rng(seed).normal(size=(n, dim)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _ids(n: int) -> list[str]:
    return [f"r_{number}:0-5" for number in range(n)]


Open = Callable[..., ChromaIndex]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder that is not there yet."""
    return tmp_path / "home" / "index"


@pytest.fixture
def opened(folder: Path) -> Iterator[Open]:
    """Give a way to open indices that are closed in the end."""
    indices: list[ChromaIndex] = []

    def open_index(
        workspace: str = "brand", *, model_id: str = "model-v1", dim: int = _DIM, at: Path = folder
    ) -> ChromaIndex:
        indices.append(ChromaIndex(at, workspace=workspace, model_id=model_id, dim=dim))
        return indices[-1]

    yield open_index
    for index in indices:
        index.close()


def test_index_new_is_empty_and_answers_nothing(opened: Open) -> None:
    """An empty index has no ids and no neighbours."""
    index = opened()
    assert (index.count(), index.ids(), index.nearest(_vectors(1)[0], 5)) == (0, frozenset(), [])


def test_upsert_twice_replaces_and_never_doubles(opened: Open) -> None:
    """An id holds the vector it was given last."""
    index = opened()
    index.upsert(_ids(3), _vectors(3))
    replaced = _vectors(3, seed=1)
    index.upsert(_ids(3), replaced)
    assert index.count() == 3
    assert index.ids() == frozenset(_ids(3))
    held = index.vectors([*_ids(3), "r_none:0-1"])
    assert {key: value.tolist() for key, value in held.items()} == {
        key: value.tolist() for key, value in zip(_ids(3), replaced, strict=True)
    }


def test_upsert_of_nothing_changes_nothing(opened: Open) -> None:
    """No passages are no error."""
    index = opened()
    index.upsert([], np.zeros((0, _DIM), dtype=np.float32))
    index.remove([])
    assert index.count() == 0


@pytest.mark.parametrize("shape", [(2, _DIM), (3, _DIM + 1)])
def test_upsert_wrong_shape_is_refused(opened: Open, shape: tuple[int, int]) -> None:
    """Vectors that do not fit the ids or the dimension are refused before anything is written."""
    index = opened()
    with pytest.raises(EmbeddingMismatchError, match="was expected"):
        index.upsert(_ids(3), np.zeros(shape, dtype=np.float32))
    assert index.count() == 0


def test_remove_takes_out_known_ids_and_passes_over_others(opened: Open) -> None:
    """Removing what is not there is no error."""
    index = opened()
    index.upsert(_ids(5), _vectors(5))
    index.remove([*_ids(2), "r_none:0-1"])
    assert index.ids() == frozenset(_ids(5)[2:])


def test_ids_and_vectors_over_many_pages_are_whole(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paging loses and repeats nothing, also where the last page is full."""
    monkeypatch.setattr(agent.index, "_PAGE", 7)
    index = opened()
    for n in (21, 25):
        index.upsert(_ids(n), _vectors(n))
        assert index.ids() == frozenset(_ids(n))
        assert set(index.vectors(_ids(n))) == set(_ids(n))


def test_upsert_beyond_chromas_batch_is_whole(opened: Open) -> None:
    """More vectors than Chroma takes at once are written in parts."""
    index = opened()
    n = 6_000
    index.upsert(_ids(n), _vectors(n))
    assert index.count() == n
    index.remove(_ids(n)[1:])
    assert index.ids() == {_ids(n)[0]}


def test_nearest_agrees_with_an_exact_scan(opened: Open) -> None:
    """The graph search finds what a scan finds, in its order, with its cosines."""
    index, vectors, ids = opened(), _vectors(1_500), _ids(1_500)
    index.upsert(ids, vectors)
    for query in _vectors(20, seed=2):
        cosines = vectors @ query
        expected = np.argsort(-cosines)[:10]
        found = index.nearest(query, 10)
        assert [hit.passage_id for hit in found] == [ids[position] for position in expected]
        np.testing.assert_allclose([hit.cosine for hit in found], cosines[expected], atol=1e-5)


def test_nearest_beyond_the_count_returns_everything(opened: Open) -> None:
    """Asking for more than there is gives all there is."""
    index = opened()
    index.upsert(_ids(4), _vectors(4))
    assert len(index.nearest(_vectors(1)[0], 50)) == 4


def test_index_reopened_holds_what_was_stored(opened: Open) -> None:
    """Vectors outlive the process that stored them."""
    first = opened()
    first.upsert(_ids(4), _vectors(4))
    first.close()
    again = opened()
    assert again.ids() == frozenset(_ids(4))
    assert again.nearest(_vectors(4)[2], 1)[0].passage_id == _ids(4)[2]


@pytest.mark.parametrize(("model_id", "dim"), [("model-v2", _DIM), ("model-v1", _DIM * 2)])
def test_index_of_another_encoder_is_refused_by_name(opened: Open, model_id: str, dim: int) -> None:
    """Vectors of two encoders never mix; the error names both and says what to do."""
    opened().upsert(_ids(1), _vectors(1))
    with pytest.raises(
        EmbeddingMismatchError, match=f"'model-v1-{_DIM}', not of '{model_id}-{dim}'"
    ) as caught:
        opened(model_id=model_id, dim=dim)
    assert "rebuild" in caught.value.hint


def test_index_refused_then_rebuilt_opens_in_the_same_process(opened: Open, folder: Path) -> None:
    """A refusal holds on to nothing: the folder that replaces the old one is the one that is read."""
    first = opened()
    first.upsert(_ids(3), _vectors(3))
    first.close()
    with pytest.raises(EmbeddingMismatchError):
        opened(model_id="model-v2")
    with rebuilt_folder(folder) as new:
        index = ChromaIndex(new, workspace="brand", model_id="model-v2", dim=_DIM)
        index.upsert(_ids(2), _vectors(2))
        index.close()
    assert opened(model_id="model-v2").count() == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("brand", "other"),
        ("my brand", "my-brand"),
        ("東京", "大阪"),
        ("a", "a--model-v1"),
        ("", "!"),
        ("Ü" * 900, "Ü" * 901),
        ("x/../y", "x.y"),
    ],
)
def test_workspaces_in_one_folder_do_not_mix(opened: Open, one: str, other: str) -> None:
    """Names that look alike once they are safe still name two workspaces."""
    first, second = opened(one), opened(other, model_id="model-v2")
    first.upsert(_ids(2), _vectors(2))
    assert second.ids() == frozenset()
    second.upsert(_ids(5)[3:], _vectors(5)[3:])
    second.remove(_ids(2))
    assert (first.ids(), second.ids()) == (frozenset(_ids(2)), frozenset(_ids(5)[3:]))


def test_rebuilt_folder_takes_the_old_ones_place(opened: Open, folder: Path) -> None:
    """After a rebuild only the new vectors are there, and nothing is left beside the folder."""
    first = opened()
    first.upsert(_ids(3), _vectors(3))
    first.close()
    with rebuilt_folder(folder) as new:
        assert list(new.iterdir()) == []
        index = opened(at=new)
        index.upsert(_ids(1), _vectors(1))
        index.close()
    assert opened().ids() == {_ids(1)[0]}
    assert [path.name for path in folder.parent.iterdir()] == ["index"]


def _break_off(folder: Path) -> None:
    with rebuilt_folder(folder) as new:
        (new / "half").write_text("made")
        raise ZeroDivisionError


def test_rebuilt_folder_keeps_the_old_one_when_the_block_fails(opened: Open, folder: Path) -> None:
    """A rebuild that breaks off leaves the index as it was, and the next one starts from nothing."""
    first = opened()
    first.upsert(_ids(3), _vectors(3))
    first.close()
    with pytest.raises(ZeroDivisionError):
        _break_off(folder)
    assert opened().ids() == frozenset(_ids(3))
    with rebuilt_folder(folder) as new:
        assert list(new.iterdir()) == []


def test_rebuilt_folder_without_an_old_one_makes_it(folder: Path) -> None:
    """The first build needs no folder to replace, and a block that stores nothing is none the worse."""
    with rebuilt_folder(folder):
        pass
    assert folder.is_dir()


def _garbage(database: Path) -> None:
    database.write_bytes(b"no database" * 500)


def _cut(database: Path) -> None:
    database.write_bytes(database.read_bytes()[:5_000])


def _folder(database: Path) -> None:
    database.unlink()
    database.mkdir()


@pytest.mark.parametrize("damage", [_garbage, _cut, _folder])
def test_index_corrupt_database_is_named_and_can_be_rebuilt(
    opened: Open, folder: Path, damage: Callable[[Path], None]
) -> None:
    """A damaged folder is our error with a hint, and the same process can replace it."""
    first = opened()
    first.upsert(_ids(3), _vectors(3))
    first.close()
    damage(folder / "chroma.sqlite3")
    with pytest.raises(IndexCorruptError, match="'index' cannot open") as caught:
        opened()
    assert "journey index rebuild" in caught.value.hint
    with rebuilt_folder(folder) as new:
        index = opened(at=new)
        index.upsert(_ids(2), _vectors(2))
        index.close()
    assert opened().count() == 2


def test_index_corrupt_graph_is_named(opened: Open, folder: Path) -> None:
    """Damage that shows only when vectors are read is our error too."""
    first = opened()
    first.upsert(_ids(2_000), _vectors(2_000))
    first.nearest(_vectors(1)[0], 1)
    first.close()
    segments = [path for path in folder.iterdir() if path.is_dir()]
    assert segments
    for file in (file for segment in segments for file in segment.iterdir()):
        file.write_bytes(b"zz")
    again = opened()
    with pytest.raises(IndexCorruptError, match="cannot read"):
        again.nearest(_vectors(1)[0], 3)


def test_index_panic_of_the_core_becomes_our_error(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Panics are no exceptions in Python's sense; they must not escape, while an interruption must."""
    index = opened()

    class PanicException(BaseException):
        pass

    def panic() -> int:
        raise PanicException

    def interrupted() -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(index._collection, "count", panic)  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(IndexCorruptError):
        index.count()
    monkeypatch.setattr(index._collection, "count", interrupted)  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(KeyboardInterrupt):
        index.count()


def test_index_folder_that_cannot_be_made_is_a_store_error(opened: Open, tmp_path: Path) -> None:
    """A place that cannot be written is not called a corrupt index."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        opened(at=tmp_path / "file" / "index")
