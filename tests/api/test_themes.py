"""Curating themes on the command line: done, shown, undone, kept over new data, and refused with a reason."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.api.brand import Brand, Ran


def _read(brand: Brand, *words: str) -> dict[str, Any]:
    ran = brand.journey(*words, "--json")
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


def _done(brand: Brand, *words: str) -> Ran:
    ran = brand.journey("themes", *words, "--by", "anna")
    assert ran.code == 0, ran.err
    return ran


def _themes(brand: Brand) -> dict[str, dict[str, Any]]:
    return {theme["theme_id"]: theme for theme in _read(brand, "themes", "list")["themes"]}


def test_rename_and_split_are_kept_over_new_data_and_undone_again(copied: Brand, tmp_path: Path) -> None:
    """A name and a split outlive a run on more texts; taking both back leaves the themes as they are found."""
    first, *_ = _themes(copied)
    members = [item["passage_id"] for item in _read(copied, "themes", "show", first)["passages"]]
    _done(copied, "rename", first, "Gear is hard to use", "--reason", "clearer")
    named = [word for key in members[:6] for word in ("--passage", key)]
    split = _read(copied, "themes", "split", first, "Gear comes broken", *named)["entry"]["edit"]["theme"]
    more = tmp_path / "more.jsonl"
    lines = [{"id": f"new{n}", "text": f"The stove broke on evening {n} and nobody answered."} for n in "abc"]
    more.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert copied.journey("ingest", str(more), "--kind", "reviews").code == 0
    themes = _themes(copied)
    assert themes[first]["label"] == "Gear is hard to use"
    assert themes[split["theme_id"]]["label"] == "Gear comes broken"
    held = _read(copied, "themes", "show", split["theme_id"])["passages"]
    assert set(members[:6]) <= {item["passage_id"] for item in held}
    _done(copied, "undo", "1")
    _done(copied, "undo")
    assert split["theme_id"] not in (themes := _themes(copied))
    assert themes[first]["label"] != "Gear is hard to use"
    entries = _read(copied, "themes", "history")["entries"]
    assert [(entry["edit"]["action"], entry["undone_by"]) for entry in entries] == [
        ("rename", 3),
        ("split", 4),
        ("undo", None),
        ("undo", None),
    ]


def test_map_drafted_before_a_decision_still_holds_and_names_it(copied: Brand) -> None:
    """A merge and a name made later break nothing in the map; verifying says that it was drafted before them."""
    first, second, *_ = _themes(copied)
    _done(copied, "merge", first, second)
    _done(copied, "rename", first, "Gear is hard to use")
    verified = _read(copied, "map", "verify", copied.map_id)
    assert verified["holds"]
    assert verified["decisions_since"] == [1, 2]
    points = _read(copied, "pain-points")["pain_points"]
    assert second not in {point["theme_id"] for point in points}
    assert "Gear is hard to use" in {point["label"] for point in points}


def test_lineage_shows_what_became_of_each_theme(copied: Brand) -> None:
    """Versions keep what became of the themes before them."""
    first, second, *_ = _themes(copied)
    assert {fate["fate"] for fate in _read(copied, "themes", "lineage")["lineage"]} == {"new"}
    _done(copied, "merge", first, second)
    fates = {fate["theme_id"]: fate for fate in _read(copied, "themes", "lineage")["lineage"]}
    assert (fates[second]["fate"], fates[second]["into"]) == ("merged", [first])
    assert fates[first]["fate"] == "kept"
    missing = copied.journey("themes", "lineage", "--version", "99")
    assert missing.code == 1
    assert "The latest is 2." in missing.err


def test_show_gives_a_summary_and_quotes_that_stand_in_their_records(brand: Brand) -> None:
    """What is shown of a theme is verbatim, and so is the summary of the record it points to."""
    first, *_ = _themes(brand)
    shown = _read(brand, "themes", "show", first)
    quotes = [*shown["summary"]["sentences"], *shown["evidence"], *shown["opposing"]]
    assert shown["evidence"]
    for quote in (quotes[0], quotes[-1]):
        record = _read(brand, "record", "show", quote["record_id"])
        assert record["text"][quote["start"] : quote["end"]] == quote["quote"]
        assert record["problem"] is None or record["problem"]["text"] in record["text"]
    assert shown["theme"]["label"] in brand.journey("themes", "show", first).out
    assert brand.journey("record", "show", "r_nobody").code == 1


def test_pinned_theme_is_not_merged_away_and_passages_move(copied: Brand) -> None:
    """A pin is refused to break; a moved passage is in its new theme, and in none where it was moved out."""
    first, second, *_ = _themes(copied)
    _done(copied, "pin", second)
    refused = copied.journey("themes", "merge", first, second)
    assert (refused.code, "is pinned" in refused.err) == (1, True)
    key = _read(copied, "themes", "show", first)["passages"][0]["passage_id"]
    _done(copied, "move", key, "--to", second)
    assert key in {item["passage_id"] for item in _read(copied, "themes", "show", second)["passages"]}
    _done(copied, "move", key, "--to", "none")
    assert key not in {item["passage_id"] for item in _read(copied, "themes", "show", second)["passages"]}
    _done(copied, "unpin", second)


_REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "unknown": (("rename", "t_0", "Gear"), "there is no theme 't_0'"),
    "empty": (("rename", "{first}", " "), "cannot be called"),
    "too_long": (("rename", "{first}", "x" * 81), "81 characters; at most 80"),
    "markup": (("rename", "{first}", "<b>Gear</b>"), "'<'"),
    "entity": (("rename", "{first}", "Gear &lt;b"), "'&lt;'"),
    "formula": (("rename", "{first}", "=Gear"), "'='"),
    "control": (("rename", "{first}", "Ge\x1bar"), "could steer"),
    "direction": (("rename", "{first}", "Ge\N{RIGHT-TO-LEFT OVERRIDE}ar"), "could steer"),
    "template": (("rename", "{first}", "Gear {{m:reach}}"), "'{'"),
    "quantity": (("rename", "{first}", "Half of the gear"), "quantities that no metric computed"),
    "address": (("rename", "{first}", "Gear of me@example.org"), "'@'"),
    "taken": (("rename", "{first}", "{second_label}"), "already"),
    "same": (("rename", "{first}", "{first_label}"), "already"),
    "itself": (("merge", "{first}", "{first}"), "merged with itself"),
    "twice": (("merge", "{first}", "{second}", "{second}"), "merged with itself"),
    "no_member": (("split", "{first}", "Gear", "--passage", "r_0:0-1"), "'r_0:0-1' is not a member"),
    "no_passage": (("move", "r_0:0-1", "--to", "{first}"), "'r_0:0-1' is not a passage"),
    "not_pinned": (("unpin", "{first}"), "is not pinned"),
    "nothing_to_undo": (("undo",), "nothing to undo"),
    "no_entry": (("undo", "7"), "there is no entry 7"),
    "nobody": (("pin", "{first}", "--by", ""), "who decides is empty"),
    "long_reason": (("pin", "{first}", "--reason", "x" * 301), "301 characters"),
}


def test_refused_decisions_say_why_and_change_nothing(brand: Brand) -> None:
    """Every mistake has its message and leaves the log empty."""
    themes = list(_themes(brand).values())
    names = {
        "first": themes[0]["theme_id"],
        "second": themes[1]["theme_id"],
        "first_label": themes[0]["label"],
        "second_label": themes[1]["label"].upper(),
    }
    for name, (words, message) in _REFUSED.items():
        filled = [word if "{{" in word else word.format(**names) for word in words]
        ran = brand.journey("themes", *filled)
        assert (ran.code, message in ran.err) == (1, True), f"{name}: {ran.err}"
    assert _read(brand, "themes", "history")["entries"] == []


def test_unknown_theme_names_the_nearest(brand: Brand) -> None:
    """A mistyped name or id is answered with what was probably meant."""
    theme = next(iter(_themes(brand).values()))
    for meant in (theme["label"][:-2], theme["theme_id"][:-2] + "zz"):
        ran = brand.journey("themes", "show", meant)
        assert ran.code == 1
        assert theme["theme_id"] in ran.err


@pytest.mark.parametrize("words", [("themes",), ("themes", "list"), ("record", "show")], ids=" ".join)
def test_help_of_curation_is_there(brand: Brand, words: tuple[str, ...]) -> None:
    """Help is shown without reading anything."""
    assert "Usage" in brand.journey(*words, "--help").out
