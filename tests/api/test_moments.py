"""`journey moments`, `attribution` and the join of `pain-points` through the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.api.brand import Brand


def test_moments_print_one_object_and_a_picture(brand: Brand, tmp_path: Path) -> None:
    """JSON has what the table shows; the picture is drawn into the files asked for."""
    svg, png = tmp_path / "moments.svg", tmp_path / "moments.png"
    ran = brand.journey("moments", "--json", "--svg", str(svg), "--png", str(png))
    assert ran.code == 0, ran.err
    for moment in json.loads(ran.out)["moments"]:
        assert moment["relation"] == "associated with"
        assert moment["kind"] in {"pain_point", "event", "wait"}
        assert {"effect", "baseline", "risk_difference", "low", "high", "p_value", "stage"} <= set(moment)
        assert {"adjusted", "e_value", "n_compared", "n_left_out", "n_cut_off", "reach"} <= set(moment)
        assert moment["p_value"] < 0.05
    assert svg.read_text(encoding="utf-8").startswith("<svg")
    assert png.read_bytes().startswith(b"\x89PNG")


def test_moments_into_a_folder_that_is_not_there_fail_with_the_name(brand: Brand, tmp_path: Path) -> None:
    """A picture that cannot be written is an error of ours."""
    ran = brand.journey("moments", "--svg", str(tmp_path / "none" / "moments.svg"))
    assert ran.code == 1
    assert "cannot be written" in ran.err


def test_pain_points_count_everybody_in_the_join(brand: Brand) -> None:
    """Linked and unlinked add up to those who voice it, in the object and in every table."""
    ran = brand.journey("pain-points", "--json")
    assert ran.code == 0, ran.err
    points: list[dict[str, Any]] = json.loads(ran.out)["pain_points"]
    assert points
    for point in points:
        linkage = point["linkage"]
        assert linkage["n_linked"] + linkage["n_unlinked"] == linkage["n_voiced"] == point["reach"]["n"]
        assert linkage["agreement"]["verdict"] in {"disagree", "disagree_reversed", "agree", "not_shown"}
        assert point["behaviour"] or linkage["reason"]
        for behaviour in point["behaviour"]:
            overlap = behaviour["overlap"]
            assert sum(overlap["voiced"].values()) == point["reach"]["n"]
            everyone = sum(overlap["voiced"].values()) + sum(overlap["not_voiced"].values())
            assert everyone == point["reach"]["total"]
    shown = brand.journey("pain-points")
    rows = [line.split("│") for line in shown.out.splitlines() if line.startswith("│")]
    cells = [" ".join(row[place] for row in rows if len(row) > place) for place in range(max(map(len, rows)))]
    assert any("have no events" in " ".join(cell.split()) for cell in cells)


@pytest.mark.parametrize("by", ["touchpoint", "channel"])
def test_attribution_credits_by_rule(brand: Brand, by: str) -> None:
    """Every rule gives away the same total, and the label says what it is not."""
    ran = brand.journey("attribution", "--by", by, "--json")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    assert found["label"] == "not causal: credit by rule"
    for rule in ("first", "last", "linear", "position", "time_decay", "markov"):
        given = sum(credit[rule] for credit in found["credits"])
        assert given == pytest.approx(found["n_conversions"] - found["n_untouched"], abs=1e-6)
    shown = brand.journey("attribution", "--by", by)
    assert "not causal: credit by rule" in shown.out


@pytest.mark.parametrize("words", [["attribution"], ["pain-points"]], ids=str)
def test_credit_and_join_are_drawn(brand: Brand, tmp_path: Path, words: list[str]) -> None:
    """Each writes its picture in both forms beside its table."""
    ran = brand.journey(*words, "--svg", str(tmp_path / "p.svg"), "--png", str(tmp_path / "p.png"))
    assert ran.code == 0, ran.err
    assert (tmp_path / "p.svg").read_bytes().startswith(b"<svg")
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


def test_attribution_to_an_unknown_event_helps(brand: Brand) -> None:
    """The error names events there are."""
    ran = brand.journey("attribution", "--conversion", "basket_paid")
    assert ran.code == 1
    assert "no event 'basket_paid'" in ran.err
    assert "order_completed" in ran.err or "There are:" in ran.err
