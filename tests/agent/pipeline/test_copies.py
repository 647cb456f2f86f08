"""One review under many names, from a file to a map that holds."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.pipeline.drafting import DraftRequest, draft, verify
from agent.pipeline.ingest import ingest
from agent.pipeline.workspace import Workspace, open_workspace
from agent.settings import Settings
from agent.store import Store

_NOW = datetime(2026, 7, 1, tzinfo=UTC)
_SAME = "The zinc watering can leaked from its seam on the first morning and nobody at the shop took it back."
_COMPLAINTS = (
    "My parcel was late again, {} days after the promise.",
    "Delivery took {} days longer than you said, far too late.",
    "The order came {} days late and nobody told me why.",
)
_REQUEST = DraftRequest(persona="Buyers", journey="First order", goal="get it", purpose="mend it")


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    """Thirty customers with a complaint, and forty postings of one text under forty names."""
    path = tmp_path / "reviews.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "customer_id", "rating", "text", "created_at"])
        for i in range(30):
            text = _COMPLAINTS[i % 3].format(i + 2)
            writer.writerow([f"a{i}", f"customer-{i}", 2, text, f"2026-0{1 + i % 6}-11T10:00:00Z"])
        for i in range(40):
            writer.writerow([f"b{i}", f"guest-{i}", 1, _SAME, f"2026-05-{1 + i % 28:02d}T10:00:00Z"])
    return path


def _read(home: Path, path: Path) -> Workspace:
    """Read a file into a workspace that holds nobody out."""
    settings = Settings().model_copy(update={"home": home})
    Store.create(home, settings.workspace, holdout=0.0, salt="copies", now=_NOW).close()
    workspace = open_workspace(settings, now=_NOW)
    report = ingest(
        [path], store=workspace.store, vault=workspace.vault, lake=workspace.lake_writer, now=_NOW
    )
    assert not report.failed
    return workspace


def test_forty_copies_count_for_one_customer_and_the_map_holds(tmp_path: Path, reviews: Path) -> None:
    """The fold is in the totals of every share and in the map's provenance, and the map is verified with it."""
    with _read(tmp_path / "home", reviews) as workspace:
        made = draft(workspace, _REQUEST)
        assert (made.provenance.n_copies, made.provenance.n_copied_texts) == (39, 1)
        assert made.pain_points
        assert {pain.reach.total for pain in made.pain_points} == {31}
        assert all(pain.reach.n <= 30 for pain in made.pain_points)
        assert verify(workspace, made.map_id).holds
