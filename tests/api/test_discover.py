"""`journey discover`: themes of a file of which nothing is stored, and of the workspace."""

import json
from collections import defaultdict
from pathlib import Path

import pytest

from tests.api.brand import Brand, journey

_TOPICS = {
    "refund": (
        "my refund has not arrived",
        "still waiting for the refund of order",
        "when will you refund my order",
    ),
    "login": (
        "I cannot log in to my account",
        "the app will not let me log in",
        "log in fails with my password",
    ),
    "size": (
        "the shoes are too small",
        "shoes run too small for the size",
        "size of these shoes is too small",
    ),
}


def _texts() -> list[tuple[str, str]]:
    names = ("please", "again", "today", "since Monday", "in the shop", "on my phone")
    return [
        (topic, f"{wording} {name}") for name in names for topic, said in _TOPICS.items() for wording in said
    ]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_discover_of_a_file_groups_its_rows_and_stores_nothing(tmp_path: Path, form: str) -> None:
    """Every row is accounted for; a row without a text belongs nowhere; quotes stand in the file."""
    texts, path, home = _texts(), tmp_path / f"said.{form}", tmp_path / "home"
    rows = [{"utterance": text} for _, text in texts] + [{"utterance": ""}]
    lines = [json.dumps(row) for row in rows]
    if form == "csv":
        lines = ["no,utterance", *(f"{n},{row['utterance']}" for n, row in enumerate(rows))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = journey(home, "discover", str(path), "--text-field", "utterance", "--json")
    assert found.code == 0, found.err
    said = json.loads(found.out)
    themes = {theme["theme_id"]: theme for theme in said["themes"]}
    assert [one["row"] for one in said["assignments"]] == list(range(len(rows)))
    assert said["assignments"][-1]["theme_id"] is None
    assert all(quote in path.read_text() for theme in themes.values() for quote in theme["quotes"])
    found_in: defaultdict[str, set[str | None]] = defaultdict(set)
    for one, (topic, _) in zip(said["assignments"], texts, strict=False):
        found_in[topic].add(one["theme_id"])
    assert all(len(ids) == 1 for ids in found_in.values())
    assert len({theme_id for ids in found_in.values() for theme_id in ids}) == len(_TOPICS)
    assert not home.exists()


def test_discover_of_a_file_without_the_column_says_which_there_are(tmp_path: Path) -> None:
    """The error names the column that was looked for and those that are there."""
    path = tmp_path / "said.csv"
    path.write_text("no,words\n1,my refund has not arrived\n", encoding="utf-8")
    found = journey(tmp_path / "home", "discover", str(path), "--text-field", "remark")
    assert found.code == 1
    assert "'remark'" in found.err
    assert "'words'" in found.err


def test_discover_of_the_workspace_lists_the_themes_behind_the_pain_points(brand: Brand) -> None:
    """The same themes, with customers counted once."""
    found, pains = brand.journey("discover", "--json"), brand.journey("pain-points", "--json")
    assert (found.code, pains.code) == (0, 0)
    n_of = {theme["theme_id"]: theme["n"] for theme in json.loads(found.out)["themes"]}
    assert {
        p["theme_id"]: p["reach"]["n"] for p in json.loads(pains.out)["pain_points"]
    }.items() <= n_of.items()
    assert "belong to none" in brand.journey("discover").err
