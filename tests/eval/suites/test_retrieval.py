"""What the retrieval suite reads, on small files of the sets' forms."""

import gzip
import json
from pathlib import Path

import pytest

from eval.suites.base import SuiteOptions
from eval.suites.knowledge import read_faq_pairs, read_knowledge
from eval.suites.retrieval import run

_REVIEW = {"sentences": {"0": "The rooms were spotless.", "1": "Breakfast came cold."}}
_PLACES = {
    "hotel": {"3": {"name": "The Blue Heron", "reviews": {"0": _REVIEW}, "faqs": {}}},
    "restaurant": {
        "3": {
            "name": "Otto & Son",
            "reviews": {},
            "faqs": {"1": {"question": "Open on Sundays?", "answer": "Yes."}},
        }
    },
}


def _write(path: Path, content: object) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        json.dump(content, file)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with two places and three turns."""
    said = [
        ["I look for Otto and Son.", "Found it.", "And the blue heron?", "Yes?", "Is it clean?"],
        ["Is otto & son open on Sunday?"],
        ["Thank you, goodbye."],
    ]
    logs = [[{"speaker": "US"[n % 2], "text": text} for n, text in enumerate(log)] for log in said]
    gold = [
        {"domain": "hotel", "entity_id": 3, "doc_type": "review", "doc_id": 0, "sent_id": 0},
        {"domain": "restaurant", "entity_id": 3, "doc_type": "faq", "doc_id": 1},
    ]
    labels = [*({"target": True, "knowledge": [one]} for one in gold), {"target": False}]
    _write(tmp_path / "dstc11_t5_knowledge.json.gz", _PLACES)
    _write(tmp_path / "dstc11_t5_val_logs.json.gz", logs)
    _write(tmp_path / "dstc11_t5_val_labels.json.gz", labels)
    return tmp_path


def test_turns_keep_what_was_said_before(folder: Path) -> None:
    """A turn is the whole dialogue up to it; documents know their place and record."""
    knowledge = read_knowledge(folder)
    assert [len(turn.utterances) for turn in knowledge.turns] == [5, 1, 1]
    assert (knowledge.turns[0].query, knowledge.turns[0].dialogue) == (
        "Is it clean?",
        "I look for Otto and Son.",
    )
    assert knowledge.entities.tolist() == [0, 0, 1]
    assert [place.name for place in knowledge.places] == ["The Blue Heron", "Otto & Son"]
    assert knowledge.records[0] == knowledge.records[1] != knowledge.records[2]


def test_gold_names_the_documents_that_answer(folder: Path) -> None:
    """Sentences of reviews and answered FAQs are documents; a turn that needs no answer has no gold."""
    knowledge = read_knowledge(folder)
    answers = [[knowledge.documents[number] for number in turn.gold] for turn in knowledge.turns]
    assert answers == [["The rooms were spotless."], ["Open on Sundays? Yes."], []]


def test_faq_pairs_have_a_document_an_answer(tmp_path: Path) -> None:
    """Empty answers and the mark for a missing paraphrase are left out; documents and queries know their FAQ."""
    pairs = [
        {"question": "How?", "answer": ["So.", "", "Or so."], "rephr": ["In what way?", "*", ""]},
        {"question": "When?", "answer": ["Now."], "rephr": ["At what time?"]},
    ]
    _write(tmp_path / "faq.json.gz", {"root": {"qapair": pairs}})
    found = read_faq_pairs(tmp_path / "faq.json.gz")
    assert (found.questions, found.answers) == (["How?", "How?", "When?"], ["So.", "Or so.", "Now."])
    assert (found.faqs, found.queries, found.asked) == ([0, 0, 1], ["In what way?", "At what time?"], [0, 1])


def test_suite_without_data_says_what_is_missing(tmp_path: Path) -> None:
    """A machine without the data set gets a note, not an error."""
    result = run(SuiteOptions(data=tmp_path, work=tmp_path))
    assert result.tables == []
    assert "stackfaq.json.gz" in result.notes[0]
