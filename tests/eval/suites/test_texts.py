"""Labelled texts of the data folder: what is in the files, and nothing where there is none."""

import csv
import gzip
import json
from pathlib import Path

import pytest

from eval.suites.texts import (
    BANKING,
    CLINC,
    REVIEWS,
    banking_queries,
    clinc_queries,
    review_rows,
    review_texts,
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with two reviews and a few queries."""
    for part in (REVIEWS, BANKING, CLINC):
        (tmp_path / part).parent.mkdir(exist_ok=True)
    with (tmp_path / REVIEWS).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["text", "labels"], ["late,\nagain", "['x.negative']"], [" ", "[]"]])
    with gzip.open(tmp_path / BANKING, "wt", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["text", "category"], ["my card\nis gone", "lost_card"]])
    with gzip.open(tmp_path / CLINC, "wt", encoding="utf-8") as file:
        json.dump({"train": [["play a song", "music"]], "oos_val": [["what is that", "oos"]]}, file)
    return tmp_path


def test_texts_of_a_data_folder_come_with_their_labels(data: Path) -> None:
    """Line ends inside a text stay; reviews of blanks are no texts."""
    assert [row["labels"] for row in review_rows(data / REVIEWS)] == ["['x.negative']", "[]"]
    assert review_texts(data, limit=5)[0] == ["late,\nagain"]
    assert banking_queries(data) == [("my card\nis gone", "lost_card")]
    assert clinc_queries(data, "oos_val") == [("what is that", "oos")]


def test_texts_of_a_missing_file_raise(tmp_path: Path) -> None:
    """A suite that needs them says so."""
    with pytest.raises(FileNotFoundError):
        banking_queries(tmp_path)
    with pytest.raises(FileNotFoundError):
        clinc_queries(tmp_path, "train")
