"""`journey variants propose`: copy that a brand could send, and no log lines."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.api.brand import Brand, journey

_CONTROL = "Your order is on its way. We pack it with care."


def _worst(brand: Brand) -> dict[str, Any]:
    return json.loads(brand.journey("pain-points", "--json").out)["pain_points"][0]


@pytest.mark.parametrize("channel", ["email", "google_rsa"])
def test_variants_tell_no_complaint_and_keep_to_the_control(copied: Brand, channel: str) -> None:
    """No count of those who complain, none of their words, nothing of the plain copy beside a control that was given."""
    pain = _worst(copied)
    words = ["variants", "propose", "--pain-point", pain["pain_point_id"], "--channel", channel]
    made = copied.journey(*words, "--control", _CONTROL, "-n", "6", "--json")
    assert made.code == 0, made.err
    assert "variant_dropped" not in made.err
    found = json.loads(made.out)
    assert found["variants"]
    complaints = [pain["label"], *(item["quote"] for item in pain["evidence"])]
    for slots in [found["control"]["slots"], *(variant["slots"] for variant in found["variants"])]:
        copy = " ".join(slots.values())
        assert "%" not in copy
        assert "shop" not in copy.lower()
        assert not any(said in copy for said in complaints)
    if len(found["variants"]) < 6:
        assert "6 variants asked for" in made.err


def test_variants_none_asked_for_says_to_ask_for_one(copied: Brand) -> None:
    """The hint goes the right way."""
    words = ["variants", "propose", "--pain-point", _worst(copied)["pain_point_id"], "--channel", "email"]
    made = copied.journey(*words, "-n", "0")
    assert made.code == 1
    assert "Ask for one or more" in made.err


def test_pain_points_fit_a_window_and_wide_has_the_rest(brand: Brand) -> None:
    """What somebody chooses by stands in 120 columns, a line or two each; --wide breaks no line."""
    narrow, wide = brand.journey("pain-points"), brand.journey("pain-points", "--wide")
    assert max(map(len, narrow.out.splitlines())) <= 120
    n = len(json.loads(brand.journey("pain-points", "--json").out)["pain_points"])
    first, joined, _ = narrow.out.partition("What those who voice it")
    assert joined or "did then is unknown" in narrow.err
    assert len(first.splitlines()) <= 5 + 2 * n
    assert "concentrated in" in wide.out
    assert "concentrated in" not in narrow.out
    assert len(wide.out.partition("What those who voice it")[0].splitlines()) == 5 + n


def test_pain_points_and_maps_that_are_not_there_are_a_sentence(tmp_path: Path) -> None:
    """No empty table, and no silence, where nobody complains and nothing was drafted."""
    export, home = tmp_path / "reviews.csv", tmp_path / "home"
    export.write_text("id,date,text,rating\n1,2026-03-01,A lovely day out.,5\n", encoding="utf-8")
    assert journey(home, "init", "--holdout", "0").code == 0
    assert journey(home, "ingest", str(export), "--kind", "reviews").code == 0
    assert journey(home, "pain-points").out.startswith("No pain points among ")
    assert "There are no maps yet" in journey(home, "map", "list").out
