"""The same id in several files: kept where it is a row's number, else the first is kept and the others are reported."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.events.lake_writer import LakeWriter
from agent.pipeline.ingest import IngestReport, ingest
from agent.store import Store, VaultWriter

NOW = datetime(2026, 6, 30, tzinfo=UTC)
_TEXTS = ("The parcel came late.", "The tent leaks at the seam.", "Nobody answers the phone.")


@contextmanager
def _ingested(folder: Path, rows: Sequence[str], columns: str) -> Generator[tuple[IngestReport, Store]]:
    """Read one CSV of reviews a row; nobody is held out."""
    files = [folder / f"reviews_{number}.csv" for number in range(len(rows))]
    for path, row in zip(files, rows, strict=True):
        path.write_text(f"{columns}\n{row}\n", encoding="utf-8")
    with Store.create(folder / "home", "brand", holdout=0.0, salt="salt", now=NOW) as store:
        vault = VaultWriter(store.home, "brand")
        lake = LakeWriter(store.home.lake_events("brand"))
        try:
            yield ingest(files, store=store, vault=vault, lake=lake, now=NOW), store
        finally:
            vault.close()


@pytest.mark.parametrize(
    ("columns", "rows"),
    [
        ("id,text", [f"1,{text}" for text in _TEXTS]),
        ("id,customer_id,text", [f"1,customer-{n},{text}" for n, text in enumerate(_TEXTS)]),
        (
            "id,customer_id,created_at,text",
            [f"1,customer-1,2026-05-0{n + 1},{t}" for n, t in enumerate(_TEXTS)],
        ),
    ],
    ids=["nobody named", "three customers", "three days"],
)
def test_row_number_as_id_in_several_files_keeps_every_review(
    tmp_path: Path, columns: str, rows: Sequence[str]
) -> None:
    """Exports that each count from 1 are three reviews, not one."""
    with _ingested(tmp_path, rows, columns) as (report, store):
        assert [one.n_stored for one in report.sources] == [1, 1, 1]
        assert [one.n_rejected for one in report.sources] == [0, 0, 0]
        assert sorted(record.text for record in store.records.iter()) == sorted(_TEXTS)


@pytest.mark.parametrize(
    ("columns", "rows"),
    [
        ("id,text", [f"review-2026-1,{text}" for text in _TEXTS]),
        ("id,customer_id,text", [f"1,customer-1,{text}" for text in _TEXTS]),
    ],
    ids=["an id of its own", "same number, customer and no time"],
)
def test_same_id_with_other_content_in_several_files_is_reported_with_its_row(
    tmp_path: Path, columns: str, rows: Sequence[str]
) -> None:
    """The first is kept, and no other is lost without a word."""
    with _ingested(tmp_path, rows, columns) as (report, store):
        assert [one.n_stored for one in report.sources] == [1, 0, 0]
        assert [one.n_conflicts for one in report.sources] == [0, 1, 1]
        assert [one.rejected_by_code for one in report.sources] == [
            {},
            {"duplicate_id": 1},
            {"duplicate_id": 1},
        ]
        assert "row 0" in report.sources[2].reasons[0].message
        assert [record.text for record in store.records.iter()] == [_TEXTS[0]]


def test_same_id_with_same_content_in_several_files_is_unchanged(tmp_path: Path) -> None:
    """The same review exported twice is one."""
    rows = ["review-2026-1,5,Good tent.", "review-2026-1,5,Good tent.\nreview-2026-2,4,Good stove."]
    with _ingested(tmp_path, rows, "id,rating,text") as (report, store):
        assert [(one.n_stored, one.n_unchanged, one.n_rejected) for one in report.sources] == [
            (1, 0, 0),
            (1, 1, 0),
        ]
        assert store.records.count() == 2
