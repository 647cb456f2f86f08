"""`journey paths`, `funnel`, `retention` and `stages` from the command line."""

import json
import shutil
from pathlib import Path

import pytest

from tests.api.brand import Brand, journey

_FUNNEL = ["funnel", "--step", "product_viewed", "--step", "checkout_started", "--step", "order_completed"]


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (["paths"], {"transitions", "starts", "ends", "variants", "durations", "flow", "paces", "stops"}),
        (["paths", "--level", "stage"], {"transitions", "spread"}),
        ([*_FUNNEL, "--within", "7d"], {"steps", "conversion"}),
        ([*_FUNNEL, "--mode", "strict"], {"steps", "conversion"}),
        (["retention", "--by", "day"], {"points", "n_persons"}),
        (["stages"], {"stages"}),
        (["paths", "--compare-at", "2026-04-01"], {"differences", "n_tested"}),
        ([*_FUNNEL, "--versus", "channel=web"], {"differences"}),
        (["stages", "--compare-at", "2026-04-01"], {"differences", "times", "n_tested"}),
        (["retention", "--compare-at", "2026-04-01"], {"differences", "n_tested"}),
        (
            ["retention", "--by", "day", "--since", "product_viewed", "--compare-at", "2026-04-01"],
            {"differences"},
        ),
    ],
)
def test_journeys_commands_print_one_object(brand: Brand, words: list[str], keys: set[str]) -> None:
    """Each command prints its figures as one JSON object, or says clearly why it cannot."""
    ran = brand.journey(*words, "--json")
    if ran.code:
        assert ran.err.startswith("Error: ")
        assert "Hint: " in ran.err
        assert "--compare-at" in words or "--versus" in words
        return
    assert keys <= json.loads(ran.out).keys()


@pytest.mark.parametrize(
    "words", [["paths"], ["paths", "--picture", "sankey"], _FUNNEL, ["retention"], ["stages"]], ids=str
)
def test_journeys_commands_draw(brand: Brand, tmp_path: Path, words: list[str]) -> None:
    """Each command prints a table and writes its picture in both forms."""
    ran = brand.journey(*words, "--svg", str(tmp_path / "p.svg"), "--png", str(tmp_path / "p.png"))
    assert ran.code == 0, ran.err
    assert ran.out
    assert (tmp_path / "p.svg").read_bytes().startswith(b"<svg")
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["funnel", "--step", "product_viewd", "--step", "order_completed"], "product_viewed"),
        (["funnel", "--step", "order_completed"], "2 to 12"),
        ([*_FUNNEL, "--within", "0d"], "at least a second"),
        (["retention", "--since", "no_such_thing"], "no_such_thing"),
        (["paths", "--compare-at", "1999-01-01"], "nothing can be compared"),
        (["stages", "--compare-at", "1999-01-01"], "nothing can be compared"),
        (["retention", "--since", "no_such_thing", "--compare-at", "2026-04-01"], "no_such_thing"),
        (["paths", "--compare-at", "2026-01-01", "--versus", "segment=x"], "one of them"),
        (["stages", "--svg", "/no/such/folder/p.svg"], "cannot be written"),
    ],
)
def test_journeys_mistakes_are_explained(brand: Brand, words: list[str], said: str) -> None:
    """A name that is not there, a window of nothing and a comparison without two sides say what to do."""
    ran = brand.journey(*words)
    assert ran.code == 1
    assert said in ran.err
    assert "Hint: " in ran.err


def test_stages_side_by_side_are_a_table_of_times_and_one_of_shares(brand: Brand) -> None:
    """Both tables name their sides, and it is said that all was tested together."""
    ran = brand.journey("stages", "--compare-at", "2026-04-01")
    assert ran.code == 0, ran.err
    assert "Mean time in a stage" in ran.out
    assert ran.out.count("2026-04-01") >= 3
    assert "all were tested together" in ran.out + ran.err


def test_journeys_usage_mistake_is_a_usage_mistake(brand: Brand) -> None:
    """A time without a unit is wrong usage."""
    ran = brand.journey(*_FUNNEL, "--within", "soon")
    assert ran.code == 2
    assert "as in 7d" in ran.err


@pytest.mark.parametrize("words", [["paths"], _FUNNEL, ["retention"], ["stages"]], ids=str)
def test_journeys_empty_lake_is_said(tmp_path: Path, words: list[str]) -> None:
    """Without events there is nothing to show, and no failure."""
    home = tmp_path / "home"
    assert journey(home, "init").code == 0
    ran = journey(home, *words, "--json")
    assert ran.code == 1
    assert "There are no events" in ran.err


def test_journeys_one_person_is_shown(tmp_path: Path) -> None:
    """One customer with two events has a path, and no percentage that claims to know more."""
    home, export = tmp_path / "home", tmp_path / "events.jsonl"
    rows = [
        {
            "type": "track",
            "event": name,
            "userId": "u1",
            "messageId": f"m{k}",
            "timestamp": f"2026-03-01T10:0{k}:00Z",
        }
        for k, name in enumerate(["Product Viewed", "Order Completed"])
    ]
    export.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert journey(home, "init", "--holdout", "0").code == 0
    assert journey(home, "ingest", str(export), "--kind", "events").code == 0
    found = json.loads(journey(home, "paths", "--json").out)
    (move,) = found["transitions"]
    assert (move["from"], move["to"], move["n"], move["share"]) == (
        "product_viewed",
        "order_completed",
        1,
        1.0,
    )
    assert move["low"] < 0.3
    assert journey(home, "stages").code == 0
    assert journey(home, "retention").code == 0
    assert journey(home, "funnel", "--step", "product_viewed", "--step", "decision", "--json").code == 0


def test_journeys_go_by_the_stages_of_the_home(brand: Brand, tmp_path: Path) -> None:
    """A file of stages in the home is what paths, funnels and maps go by, and one that cannot be used is named."""
    home = tmp_path / "home"
    shutil.copytree(brand.home, home, ignore=shutil.ignore_patterns("lock"))
    own = home / "stages.toml"
    own.write_text(
        '[[stage]]\nname = "look"\nstages = ["awareness", "consideration"]\n'
        '[[stage]]\nname = "own"\nstages = ["decision", "retention", "advocacy"]\n'
    )
    ran = journey(home, "paths", "--level", "stage", "--json")
    moves = json.loads(ran.out)["transitions"]
    assert {move["source"] for move in moves} == {"look", "own"}
    own.write_text("[[stage]]\nname = 1\n")
    ran = journey(home, "paths")
    assert ran.code == 2
    assert "stages.toml" in ran.err
