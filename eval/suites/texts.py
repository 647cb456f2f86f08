"""Texts that suites measure on: real reviews where the data folder has them, the simulator's grammar elsewhere."""

import csv
from pathlib import Path


def review_texts(data: Path, *, limit: int) -> tuple[list[str], str]:
    """Return up to `limit` review texts and a sentence that says where they come from.

    Raises:
        FileNotFoundError: The data folder has no reviews.
    """
    path = data / "reviews" / "fabsa.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        texts = [row["text"] for row in csv.DictReader(lines) if row["text"].strip()]
    return texts[:limit], f"Texts: {min(limit, len(texts))} of reviews/fabsa.csv."
