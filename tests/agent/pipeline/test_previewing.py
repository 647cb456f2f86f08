"""A preview shows rows as they would be stored, and nothing of customers who stay unseen."""

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.errors import InputError
from agent.pipeline.ingest import ingest
from agent.pipeline.previewing import preview
from agent.pipeline.scoping import open_journeys
from agent.pipeline.workspace import Workspace, open_workspace
from agent.settings import Settings
from agent.store import Store

_NOW = datetime(2026, 6, 1, tzinfo=UTC)
_N = 200


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """An empty workspace that keeps half of all customers unseen."""
    home = tmp_path / "home"
    Store.create(home, "shop", holdout=0.5, now=_NOW).close()
    with open_workspace(Settings(home=home, workspace="shop"), now=_NOW) as opened:
        yield opened


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    """Reviews of two hundred customers, each with words of its own; every tenth has none."""
    path = tmp_path / "reviews.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "customer_id", "text", "rating", "created_at"])
        for number in range(_N):
            words = (
                "" if number % 10 == 0 else f"word{number} came late, write to me at person{number}@mail.test"
            )
            writer.writerow([f"review-{number}", f"customer-{number}", words, 3, "2026-05-01"])
    return path


def _stored_names(workspace: Workspace) -> set[str]:
    journeys = open_journeys(workspace, plan=workspace.plan, where={}, as_of=None)
    assert journeys is not None
    return set(journeys.names())


def test_preview_shows_only_customers_who_will_be_working(workspace: Workspace, reviews: Path) -> None:
    """Of those who are held out when the file is read in, the preview shows no row; and it stores nothing."""
    shown = preview(reviews, store=workspace.store, now=_NOW)
    assert workspace.store.sources.all() == []
    ingest([reviews], store=workspace.store, vault=workspace.vault, lake=workspace.lake_writer, now=_NOW)

    working = {record.text.split()[0] for record in workspace.store.records.iter()}
    assert len(shown.rows) == 20
    assert {row.words.split()[0] for row in shown.rows} <= working
    assert shown.n_hidden + shown.n_refused + len(working) == _N


def test_preview_later_file_hides_customers_held_out_before(
    workspace: Workspace, reviews: Path, tmp_path: Path
) -> None:
    """Who is held out by what was read before stays unseen in the preview of another file."""
    ingest([reviews], store=workspace.store, vault=workspace.vault, lake=workspace.lake_writer, now=_NOW)
    later = tmp_path / "later.csv"
    later.write_text(
        reviews.read_text(encoding="utf-8").replace("review-", "later-").replace("late", "soon"),
        encoding="utf-8",
    )

    shown = preview(later, store=workspace.store, now=_NOW)

    working = {record.text.split()[0] for record in workspace.store.records.iter()}
    assert shown.rows
    assert {row.words.split()[0] for row in shown.rows} <= working


def test_preview_removes_personal_data_and_tells_refusals(workspace: Workspace, reviews: Path) -> None:
    """Addresses are gone from what is shown, and rows without words are listed with the reason."""
    shown = preview(reviews, store=workspace.store, now=_NOW)

    assert not any("@mail.test" in row.words for row in shown.rows)
    assert {row.who for row in shown.rows} == {"user id"}
    assert shown.refusals
    assert shown.refusals[0].row == 0


def test_preview_of_nothing_readable_says_so(workspace: Workspace, tmp_path: Path) -> None:
    """A binary file is refused with what to do."""
    path = tmp_path / "sheet.csv"
    path.write_bytes(b"PK\x03\x04" + bytes(range(256)) * 20)

    with pytest.raises(InputError, match="binary data"):
        preview(path, store=workspace.store, now=_NOW)


def test_preview_of_events_without_a_person_hides_those_kept_unseen(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Of events that name nobody, the preview shows none that is held out when the file is read in."""
    path, mapping = tmp_path / "log.jsonl", tmp_path / "log.toml"
    lines = [
        {"did": f"step_{number}", "at": "2026-05-01T10:00:00Z", "who": "unknown"} for number in range(60)
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    steps = '[identifiers]\nuser_id = "who"\n[events]\nname = "did"\nat = "at"\n'
    mapping.write_text(f'kind = "events"\n{steps}', encoding="utf-8")

    shown = preview(path, store=workspace.store, mapping=mapping, now=_NOW)
    ingest(
        [path],
        store=workspace.store,
        vault=workspace.vault,
        lake=workspace.lake_writer,
        mapping=mapping,
        now=_NOW,
    )

    assert shown.rows
    assert {row.words for row in shown.rows} <= _stored_names(workspace)
