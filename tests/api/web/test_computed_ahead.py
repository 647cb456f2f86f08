"""What the first to ask would wait for is computed before, unless a setting spares the machine."""

import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from agent.chat.context import RequestContext
from agent.chat.requests import ToolRequest
from agent.chat.toolbox import Toolbox
from agent.pipeline.ingest import ingest
from agent.pipeline.snapshot import Snapshot
from agent.settings import Settings
from agent.store import Store
from api.web.brands import Brand, Brands
from tests.api.brand import Brand as Made
from tests.api.brand import journey
from tests.api.web.site import WORKSPACE, Clock

_PATIENCE_S = 60
_SAID = (
    "The parcel came two weeks late and nobody told me.",
    "My delivery is late again, I waited ten days.",
    "Refund never arrived, I am still waiting for my money.",
    "Lovely shop, friendly people and a good tent.",
)
Ran = list[tuple[str, Snapshot | None]]
"""Names of tools that ran, each with the snapshot that was shown at that time."""


def _reviews(path: Path, start: int) -> Path:
    rows = [
        f'r{n},c{n},"{_SAID[n % 4]} Order {n} of mine.",{1 + n % 5},2026-05-0{1 + n % 9}'
        for n in range(start, start + 80)
    ]
    path.write_text("\n".join(["id,customer_id,text,rating,created_at", *rows, ""]), encoding="utf-8")
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with what a few customers wrote."""
    made = tmp_path / "home"
    Store.create(made, WORKSPACE, salt="tests", now=Clock().now).close()
    read = journey(made, "ingest", str(_reviews(tmp_path / "first.csv", 0)))
    assert read.code == 0, read.err
    return made


@contextmanager
def _opened(home: Path, *, compute_ahead: bool) -> Generator[Brand]:
    settings = Settings(home=home, workspace=WORKSPACE, compute_ahead=compute_ahead)
    with closing(Brands.open(settings, clock=Clock())) as brands:
        yield brands.get(WORKSPACE)


def _wait_for(brand: Brand) -> None:
    end = time.monotonic() + _PATIENCE_S
    while brand.is_working:
        assert time.monotonic() < end, "it is still computing"
        time.sleep(0.02)


def _note_tools(brand: Brand, monkeypatch: pytest.MonkeyPatch) -> Ran:
    ran: Ran = []
    run = Toolbox.run

    def noted(self: Toolbox, request: ToolRequest, *, context: RequestContext) -> object:
        ran.append((request.tool, brand.snapshots.latest_ready()))
        return run(self, request, context=context)

    monkeypatch.setattr(Toolbox, "run", noted)
    return ran


def test_predictions_are_there_before_anybody_asks_and_before_new_data_is_shown(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first snapshot is shown at once and computed on; the next one is shown when it is ready."""
    with _opened(home, compute_ahead=True) as brand:
        ran = _note_tools(brand, monkeypatch)
        brand.refresh()
        _wait_for(brand)
        first = brand.snapshots.latest_ready()
        assert {tool for tool, _ in ran} >= {"predict", "suggest_actions"}

        ran.clear()
        with brand.writing() as workspace:
            ingest(
                [_reviews(tmp_path / "more.csv", 100)],
                store=workspace.store,
                vault=workspace.vault,
                lake=workspace.lake_writer,
                now=workspace.now,
            )
        brand.refresh()
        _wait_for(brand)
        assert brand.snapshots.latest_ready() is not first
        assert {tool for tool, shown in ran if shown is first} >= {"predict", "suggest_actions"}


def test_setting_leaves_what_nobody_asks(copied: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages and answers are there all the same, and pain points can be looked up by their ids."""
    with _opened(copied.home, compute_ahead=False) as brand:
        ran = _note_tools(brand, monkeypatch)
        brand.refresh()
        _wait_for(brand)
        found = brand.snapshots.current()
        assert ran == []
        assert brand.known_first_questions() is None
        assert brand.first_questions()
        point = found.pain_points[0]
        assert brand.workspace.store.results.pain_point(point.pain_point_id).label == point.label
