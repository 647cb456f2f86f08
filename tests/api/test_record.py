"""`journey record`: a text is found by the product's id and by its source's own."""

import json
from pathlib import Path

import pytest

from tests.api.brand import journey


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with reviews of two shops that number theirs alike."""
    folder = tmp_path_factory.mktemp("record")
    home = folder / "home"
    assert journey(home, "init", "--holdout", "0").code == 0
    for shop, said in (("east", "The kettle is loud."), ("west", "The toaster burns one side.")):
        rows = ["id,date,text,rating", f'1,2026-03-01,"{said}",3']
        if shop == "east":
            rows.append('301979513,2026-03-02,"It boils quickly.",5')
        export = folder / f"{shop}.csv"
        export.write_text("\n".join(rows), encoding="utf-8")
        assert journey(home, "ingest", str(export), "--kind", "reviews").code == 0
    return home


def test_record_is_found_by_the_id_that_a_search_prints(home: Path) -> None:
    """Both ids of a hit show the same text."""
    hit = json.loads(journey(home, "search", "does it boil quickly", "--json").out)["results"][0]
    shown = [
        json.loads(journey(home, "record", "show", hit[name], "--json").out)["text"]
        for name in ("external_id", "record_id")
    ]
    assert shown == ["It boils quickly."] * 2


def test_record_whose_id_several_sources_gave_is_asked_back(home: Path) -> None:
    """None of them is taken for the one that is meant."""
    found = journey(home, "record", "show", "1")
    assert "the own id of 2 records" in found.err
    assert found.err.count("r_") >= 2


def test_record_that_nobody_has_is_said_to_be_missing(home: Path) -> None:
    """Neither id is known."""
    found = journey(home, "record", "show", "999")
    assert found.code == 1
    assert "'999' is not in the workspace" in found.err
