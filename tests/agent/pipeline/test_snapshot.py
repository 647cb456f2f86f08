"""Snapshots: built once a revision, shared by threads, and equal to what the stores give."""

import csv
import gc
import threading
import weakref
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from agent.chat.understand.names import vocabulary_of
from agent.errors import ScopeError
from agent.pipeline.drafting import current_insight
from agent.pipeline.ingest import ingest
from agent.pipeline.snapshot import Snapshot
from agent.pipeline.snapshots import Snapshots, revision_of
from agent.pipeline.warming import warm_filters
from agent.pipeline.workspace import Workspace, open_workspace
from agent.settings import Settings
from agent.testing import ScriptedAnswer, ScriptedModelServer

NOW = datetime(2026, 7, 1, tzinfo=UTC)
_SAID = (
    "The parcel came two weeks late and nobody told me.",
    "My delivery is late again, I waited ten days.",
    "Refund never arrived, I am still waiting for my money.",
    "Lovely shop, friendly people and a good tent.",
)


def _reviews(path: Path, start: int, n: int) -> Path:
    """Write reviews of customers of two plans."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "customer_id", "text", "rating", "created_at", "plan"])
        for number in range(start, start + n):
            text = f"{_SAID[number % len(_SAID)]} Order {number} of mine."
            plan = "gold" if number % 2 else "silver"
            rows.writerow(
                [f"r{number}", f"c{number}", text, 1 + number % 5, f"2026-0{1 + number % 6}-10", plan]
            )
    return path


def _read_in(workspace: Workspace, path: Path) -> None:
    ingest(
        [path],
        store=workspace.store,
        vault=workspace.vault,
        lake=workspace.lake_writer,
        kind="reviews",
        now=NOW,
    )


def _opened(home: Path, *, create: bool = False) -> Workspace:
    settings = Settings().model_copy(update={"home": home, "workspace": "shop"})
    return open_workspace(settings, now=NOW, create=create)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A workspace with reviews of a small shop, read in once."""
    folder = tmp_path_factory.mktemp("shop")
    with _opened(folder / "home", create=True) as workspace:
        _read_in(workspace, _reviews(folder / "first.csv", 0, 80))
        yield workspace


@pytest.fixture(scope="module")
def snapshot(shop: Workspace) -> Snapshot:
    """Everything computed of it."""
    return Snapshots(shop).current()


@pytest.fixture
def own_shop(tmp_path: Path) -> Iterator[Workspace]:
    """A smaller one, of the test's own."""
    with _opened(tmp_path / "home", create=True) as workspace:
        _read_in(workspace, _reviews(tmp_path / "first.csv", 0, 24))
        yield workspace


def test_snapshot_is_built_again_after_an_ingest_and_not_otherwise(
    own_shop: Workspace, tmp_path: Path
) -> None:
    """The same revision is the same object; a new source makes a new one with its texts."""
    snapshots = Snapshots(own_shop)
    assert snapshots.latest_ready() is None
    first = snapshots.current()
    assert snapshots.current() is first
    assert snapshots.refresh() is first
    assert first.revision == revision_of(own_shop)
    _read_in(own_shop, _reviews(tmp_path / "second.csv", 200, 40))
    assert revision_of(own_shop) != first.revision
    second = snapshots.current()
    assert second is not first
    assert len(second.records) > len(first.records)
    assert snapshots.latest_ready() is second


def test_stages_of_the_home_are_part_of_the_revision(own_shop: Workspace) -> None:
    """Other stages give other results."""
    before = revision_of(own_shop)
    own_shop.store.home.stages.write_text(
        '[[stage]]\nname = "before"\nstages = ["awareness", "consideration", "decision"]\n\n'
        '[[stage]]\nname = "after"\nstages = ["retention", "advocacy"]\n',
        encoding="utf-8",
    )
    assert revision_of(own_shop) != before
    assert Snapshots(own_shop).current().stages == ("before", "after")


@pytest.mark.parametrize("where", [{}, {"plan": "gold"}, {"plan": "GOLD", "kind": "review"}])
def test_filtered_insight_is_that_of_the_stores(
    shop: Workspace, snapshot: Snapshot, where: dict[str, str]
) -> None:
    """In memory or read again: same corpus, same pain points."""
    expected = current_insight(shop, where=where)
    found = snapshot.insight(where)
    assert found.pain_points == expected.pain_points
    assert found.corpus.population == expected.corpus.population
    assert found.corpus.input_sha256 == expected.corpus.input_sha256
    assert found.corpus.readings == expected.corpus.readings


@pytest.mark.parametrize(
    "where", [{"plan": "gold"}, {"plan": " Silver "}, {"kind": "review", "plan": "gold"}, {"locale": "x"}]
)
def test_filters_keep_the_texts_and_persons_that_match_one_by_one(
    shop: Workspace, snapshot: Snapshot, where: dict[str, str]
) -> None:
    """What is looked up at once is what asking each text and the stores gives."""
    stock = snapshot.stock
    plan = stock.filter_of(where)
    assert stock.texts_matching(where) == {
        key for key, record in stock.records.items() if stock.matches(record, plan)
    }
    assert stock.persons_matching(where) == shop.store.records.persons_matching(where)


@pytest.mark.parametrize("garbage", [ScriptedAnswer("no JSON"), ScriptedAnswer("down", status=401)])
def test_model_that_fails_does_not_keep_anybody_from_reading(
    own_shop: Workspace, tmp_path: Path, garbage: ScriptedAnswer
) -> None:
    """Themes keep their own phrases; the model is asked a few times, and not again for the same data."""
    _read_in(own_shop, _reviews(tmp_path / "more.csv", 24, 120))
    with ScriptedModelServer([garbage]) as server:
        served = {"openai_api_key": SecretStr("none"), "openai_base_url": server.url}
        own_shop.settings = own_shop.settings.model_copy(update=served)
        snapshots = Snapshots(own_shop)
        found = snapshots.refresh()
        assert found.themes
        assert not server.requests
        snapshots.name_themes()
        n_asked = len(server.requests)
        assert 1 <= n_asked <= own_shop.settings.model_max_retries + 1
        assert snapshots.current() is found
        assert snapshots.refresh() is found
        snapshots.name_themes()
        assert len(server.requests) == n_asked


def test_themes_are_read_before_a_model_has_named_them(own_shop: Workspace, tmp_path: Path) -> None:
    """Nobody waits for names: the next snapshot has them, and the one after a restart has them at once."""
    _read_in(own_shop, _reviews(tmp_path / "more.csv", 24, 120))
    named = ScriptedAnswer(
        '{"label": "Parcels that come late", "definition": "Parcels come later than was said."}'
    )
    with ScriptedModelServer([named]) as server:
        served = {"openai_api_key": SecretStr("none"), "openai_base_url": server.url}
        own_shop.settings = own_shop.settings.model_copy(update=served)
        snapshots = Snapshots(own_shop)
        before = snapshots.refresh()
        snapshots.name_themes()
        after = snapshots.current()
        assert "Parcels that come late" not in {theme.label for theme in before.themes}
        assert "Parcels that come late" in {theme.label for theme in after.themes}
        n_asked = len(server.requests)
        again = Snapshots(own_shop).refresh()
        assert [theme.label for theme in again.themes] == [theme.label for theme in after.themes]
        assert len(server.requests) == n_asked


def test_unknown_filters_say_so(snapshot: Snapshot) -> None:
    """A key that is nowhere is named; a value that nobody has leaves nobody."""
    with pytest.raises(ScopeError, match="planet"):
        snapshot.scope({"planet": "Mars"})
    with pytest.raises(ScopeError, match="no text"):
        snapshot.insight({"plan": "bronze"})
    assert not snapshot.scope({"plan": "bronze"}).has_texts


def test_threads_share_one_computation(shop: Workspace) -> None:
    """Eight threads that ask for the same get the same objects, built once."""
    snapshots = Snapshots(shop)
    found: list[tuple[Snapshot, object]] = []
    errors: list[BaseException] = []

    def ask() -> None:
        try:
            snapshot = snapshots.current()
            found.append((snapshot, snapshot.insight({"plan": "gold"})))
        except BaseException as error:  # noqa: BLE001 - reported by the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not errors
    assert len({id(snapshot) for snapshot, _ in found}) == 1
    assert len({id(insight) for _, insight in found}) == 1


def test_kept_filters_are_bounded(snapshot: Snapshot) -> None:
    """However many filters are asked, only so many are held."""
    for number in range(60):
        snapshot.scope({"locale": f"x{number}"})
    assert snapshot.n_kept <= 40


def test_filters_of_much_data_are_computed_ahead_until_told_to_stop(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the first to ask of a group would wait for is there; of little data nobody waits."""
    small = Snapshots(shop).refresh()
    warm_filters(small)
    assert small.n_kept == 0
    monkeypatch.setattr("agent.pipeline.warming._FEWEST_WARM_ROWS", 0)
    stopped, warm = (Snapshots(shop).refresh() for _ in range(2))
    warm_filters(stopped, is_stopped=lambda: True)
    assert stopped.n_kept == 0
    warm_filters(warm)
    n_kept = warm.n_kept
    assert n_kept >= 2
    assert warm.insight({"plan": "gold"}).pain_points == small.insight({"plan": "gold"}).pain_points
    assert warm.n_kept == n_kept


def test_empty_workspace_has_an_empty_snapshot(tmp_path: Path) -> None:
    """Nothing read in is nothing known, and no error."""
    with _opened(tmp_path / "home", create=True) as workspace:
        snapshot = Snapshots(workspace).current()
        assert snapshot.pain_points == ()
        assert snapshot.events == {}
        assert snapshot.traits == {}
        assert snapshot.window == (None, None)


def test_snapshot_is_prepared_while_the_one_before_is_still_given(
    own_shop: Workspace, tmp_path: Path
) -> None:
    """Who asks meanwhile waits for nothing, and nobody is given one that is not ready."""
    given: list[tuple[Snapshot, Snapshot | None]] = []
    snapshots = Snapshots(own_shop, prepare=lambda made: given.append((made, snapshots.latest_ready())))
    first = snapshots.refresh()
    _read_in(own_shop, _reviews(tmp_path / "second.csv", 200, 40))
    second = snapshots.refresh()
    assert given == [(first, None), (second, first)]


def test_what_users_make_of_a_snapshot_is_made_once_however_many_ask(snapshot: Snapshot) -> None:
    """A crowd that asks at once waits for one of them."""
    made: list[object] = []
    begin = threading.Barrier(8)

    def make() -> object:
        made.append(object())
        return made[-1]

    def ask(found: list[object]) -> None:
        begin.wait()
        found.append(snapshot.once("of a test", make))

    found: list[object] = []
    crowd = [threading.Thread(target=ask, args=(found,)) for _ in range(8)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert len(made) == 1
    assert found == made * 8


def test_snapshot_that_was_replaced_is_given_up(own_shop: Workspace, tmp_path: Path) -> None:
    """A server that reads file after file in does not come to hold them all."""
    snapshots = Snapshots(own_shop, prepare=vocabulary_of)
    before = weakref.ref(snapshots.refresh())
    _read_in(own_shop, _reviews(tmp_path / "second.csv", 200, 40))
    snapshots.refresh()
    gc.collect()
    assert before() is None
