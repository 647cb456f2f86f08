"""`journey cite`: quotes are slices of stored texts, and nothing is said without them."""

import json
import sqlite3
from pathlib import Path

import pytest

from tests.api.brand import Ran, journey

_SAID = (
    ("Kettle", "The kettle is very loud when it boils. I wake everybody up."),
    ("Kettle", "It boils quickly and the handle stays cool."),
    ("Toaster", "The toaster burns one side. The noise it makes is awful."),
    ("Toaster", "Crumbs fall out at the bottom."),
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a few reviews of two products, none of them held out."""
    folder = tmp_path_factory.mktemp("cite")
    rows = ["id,date,text,rating,product"]
    rows.extend(f'{n},2026-03-0{n + 1},"{text}",3,{product}' for n, (product, text) in enumerate(_SAID))
    export = folder / "reviews.csv"
    export.write_text("\n".join(rows), encoding="utf-8")
    home = folder / "home"
    assert journey(home, "init", "--holdout", "0").code == 0
    assert journey(home, "ingest", str(export), "--kind", "reviews").code == 0
    return home


def _cite(home: Path, *words: str) -> Ran:
    return journey(home, "cite", *words)


def test_cite_answers_word_for_word(home: Path) -> None:
    """What is cited stands in a stored record, most probable first."""
    found = json.loads(_cite(home, "how loud is it", "--json").out)
    with sqlite3.connect(home / "journey.db") as database:
        texts = dict(database.execute("SELECT record_id, text FROM records"))
    assert found["found"]
    assert any("loud" in citation["quote"] for citation in found["citations"])
    for citation in found["citations"]:
        assert texts[citation["record_id"]][citation["start"] : citation["end"]] == citation["quote"]
    probabilities = [citation["probability"] for citation in found["citations"]]
    assert probabilities == sorted(probabilities, reverse=True)
    assert found["citations"][0]["quote"] in _cite(home, "how loud is it").out


def test_cite_says_what_would_be_needed(home: Path) -> None:
    """Nonsense is answered by a typed reason in JSON and by a sentence to a reader."""
    asked = "lattice quantum chromodynamics"
    nothing = json.loads(_cite(home, asked, "--json").out)
    assert (nothing["found"], nothing["citations"], nothing["reason"]) == (False, [], "nothing_said")
    printed = _cite(home, asked).out
    assert printed.startswith("The data does not say.")
    assert nothing["needed"] in printed


def test_cite_about_keeps_to_what_is_named(home: Path) -> None:
    """Where a field says what is spoken of, a question is answered from what it or the talk before it names."""
    unnamed = json.loads(_cite(home, "how loud is it", "--about", "product", "--json").out)
    assert unnamed["reason"] == "subject_not_named"
    named = json.loads(_cite(home, "how loud is the toaster", "--about", "product", "--json").out)
    assert named["subjects"] == ["toaster"]
    assert not any("kettle" in citation["quote"] for citation in named["citations"])
    wrong = _cite(home, "is it any good", "--about", "nonsense")
    assert wrong.code == 1
    assert "'nonsense'" in wrong.err


@pytest.mark.parametrize("asked", ["", "  "])
@pytest.mark.parametrize("command", ["cite", "search"])
def test_asking_nothing_is_wrong_usage(home: Path, command: str, asked: str) -> None:
    """An empty question is no question that the data does not answer."""
    found = journey(home, command, asked)
    assert (found.code, found.out) == (2, "")
    assert "is empty" in found.err


def test_cite_in_another_language_says_what_is_read(home: Path) -> None:
    """It is not the customers who say nothing."""
    asked = "Warum ist der Wasserkocher so laut und was sagen die Kunden dazu?"
    found = json.loads(_cite(home, asked, "--json").out)
    assert "not in English" in found["needed"]
    assert "No customer" not in _cite(home, asked).out


def test_cite_prints_as_many_as_asked_for_and_says_how_many_more(tmp_path: Path) -> None:
    """With --json all are there unless a number is given."""
    said = (
        "The kettle is very loud when it boils.",
        "It is far too loud in the morning.",
        "The noise is loud.",
    )
    rows = ["id,date,text,rating", *(f'{n},2026-03-01,"{text}",2' for n, text in enumerate(said))]
    export, home = tmp_path / "reviews.csv", tmp_path / "home"
    export.write_text("\n".join(rows), encoding="utf-8")
    assert journey(home, "init", "--holdout", "0").code == 0
    assert journey(home, "ingest", str(export), "--kind", "reviews").code == 0
    every = json.loads(_cite(home, "how loud is it", "--json").out)["citations"]
    assert len(every) > 1
    printed = _cite(home, "how loud is it", "--limit", "1")
    assert printed.out.count("review ") == 1
    assert f"--limit {len(every)} prints all" in printed.err
    few = json.loads(_cite(home, "how loud is it", "--limit", "1", "--json").out)
    assert few["citations"] == every[:1]
