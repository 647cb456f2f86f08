"""Passages and sentences of a simulated brand with their truth."""

from pathlib import Path

import pytest

from eval.scorers.planted import PlantedTexts, planted_texts
from eval.scorers.sentences import sentence_spans
from eval.simulator import iter_person_truth, simulate


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a small simulated brand."""
    path = tmp_path_factory.mktemp("brand")
    simulate(path, n_persons=60, seed=3)
    return path


@pytest.fixture(scope="module")
def planted(folder: Path) -> PlantedTexts:
    """Return its texts."""
    return planted_texts(folder)


def test_planted_texts_mentions_stand_in_complaining_passages(folder: Path, planted: PlantedTexts) -> None:
    """Nearly every planted sentence begins in a passage that is marked; redaction may have changed a few."""
    mentions = [mention.text for person in iter_person_truth(folder) for mention in person.mentions]
    marked = [item.text for item in planted.passages if item.complains]
    found = [any(mention[:20] in text for text in marked) for mention in mentions]
    assert mentions
    assert sum(found) >= 0.8 * len(mentions)


def test_planted_texts_has_both_kinds_in_both_units(planted: PlantedTexts) -> None:
    """Complaints and the rest, as passages and as sentences; a pain point is named where something is planted."""
    for items in (planted.passages, planted.sentences):
        assert {item.complains for item in items} == {True, False}
        assert all((item.pain_point_id is not None) == item.complains for item in items)


def test_sentence_spans_cuts_at_marks_before_spaces() -> None:
    """Decimal points and addresses do not end a sentence; a piece without a letter is none."""
    text = "It cost 3.50 at shop.example. Really?! Yes... 12."
    assert [text[start:end] for start, end in sentence_spans(text)] == [
        "It cost 3.50 at shop.example.",
        "Really?!",
        "Yes...",
    ]
