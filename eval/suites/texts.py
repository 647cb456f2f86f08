"""Texts that suites measure on, with their labels, read from the data folder and never kept."""

import csv
import gzip
import json
from pathlib import Path

REVIEWS = Path("reviews") / "fabsa.csv"
BANKING = Path("intents") / "banking77_train.csv.gz"
CLINC = Path("intents") / "clinc150_train_val.json.gz"


def review_rows(path: Path) -> list[dict[str, str]]:
    """Read the reviews, whose labels are the text of a list.

    Raises:
        FileNotFoundError: The file is not there.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def review_texts(data: Path, *, limit: int) -> tuple[list[str], str]:
    """Return up to `limit` review texts and a sentence that says where they come from.

    Raises:
        FileNotFoundError: The data folder has no reviews.
    """
    texts = [row["text"] for row in review_rows(data / REVIEWS) if row["text"].strip()]
    return texts[:limit], f"Texts: {min(limit, len(texts))} of reviews/fabsa.csv."


def banking_queries(data: Path) -> list[tuple[str, str]]:
    """Read queries to a bank, each with its label.

    Raises:
        FileNotFoundError: The data folder has none.
    """
    with gzip.open(data / BANKING, "rt", encoding="utf-8", newline="") as lines:
        return [(row["text"], row["category"]) for row in csv.DictReader(lines)]


def clinc_queries(data: Path, part: str) -> list[tuple[str, str]]:
    """Read queries to an assistant, each with its label: of part `train`, `val` or, of no label, `oos_val`.

    Raises:
        FileNotFoundError: The data folder has none.
    """
    with gzip.open(data / CLINC, "rt", encoding="utf-8") as file:
        return [(str(text), str(label)) for text, label in json.load(file)[part]]
