"""One review under many names, from a file to a map that holds."""

import csv
import json
from pathlib import Path

import pytest

from tests.api.brand import journey

_SAME = "The zinc watering can leaked from its seam on the first morning and nobody at the shop took it back."
_COMPLAINTS = (
    "My parcel was late again, {} days after the promise.",
    "Delivery took {} days longer than you said, far too late.",
    "The order came {} days late and nobody told me why.",
)


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


def test_forty_copies_count_for_one_customer_and_the_map_holds(tmp_path: Path, reviews: Path) -> None:
    """The fold is reported, in the totals of every share, in the map's provenance, and verified."""
    home = tmp_path / "home"
    assert journey(home, "init", "--holdout", "0.01").code == 0
    read = journey(home, "ingest", str(reviews))
    assert read.code == 0, read.err
    found = json.loads(journey(home, "pain-points", "--json").out)
    copies = found["copies"]
    assert copies["n_texts"] == 1
    assert copies["n_copies"] >= 37
    assert {pain["reach"]["total"] for pain in found["pain_points"]} <= {29, 30, 31}
    assert all(pain["reach"]["n"] <= 30 for pain in found["pain_points"])
    scope = ["--persona", "Buyers", "--journey", "First order", "--goal", "get it", "--purpose", "mend it"]
    drafted = journey(home, "map", "draft", *scope, "--json")
    assert drafted.code == 0, drafted.err
    made = json.loads(drafted.out)
    assert made["provenance"]["n_copies"] == copies["n_copies"]
    verified = journey(home, "map", "verify", made["map_id"])
    assert verified.code == 0, verified.err
