"""`journey map diff`: two versions of a map, measured with one yardstick."""

import json
from datetime import UTC, datetime

from agent.pipeline.workspace import open_workspace
from agent.schemas.evidence import Lane
from agent.schemas.journey import JourneyMap
from agent.settings import Settings
from tests.api.brand import Brand

_NOW = datetime(2026, 7, 1, tzinfo=UTC)


def _with_an_earlier_version(brand: Brand) -> JourneyMap:
    """Store a version that knew fewer sources and had other claims, then the map as it is; return it."""
    with open_workspace(Settings(home=brand.home), now=_NOW) as workspace:
        results = workspace.store.results
        made = results.map(brand.map_id)
        few = made.provenance.model_copy(
            update={"source_ids": made.provenance.source_ids[:2], "input_sha256": "few"}
        )
        cells = {**made.stages[0].cells, Lane.ACTIONS: made.stages[1].cells[Lane.ACTIONS]}
        stages = (made.stages[0].model_copy(update={"cells": cells}), *made.stages[1:])
        changed = made.model_copy(
            update={"provenance": few, "stages": stages, "pain_points": made.pain_points[1:]}
        )
        results.save_map(changed)
        return results.save_map(made)


def test_diff_counts_each_version_by_the_later_ones_themes_and_matches_claims(copied: Brand) -> None:
    """The later side is what the map states; the earlier one is of fewer customers; one claim came and one went."""
    made = _with_an_earlier_version(copied)
    ran = copied.journey("map", "diff", copied.map_id, "--json")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    assert (found["earlier"], found["later"]) == (made.version - 1, made.version)
    assert found["n_both"] == found["n_before"] <= found["n_after"] == made.provenance.n_persons
    stated = {pain.pain_point_id: pain.reach for pain in made.pain_points}
    for one in found["pain_points"]:
        assert one["after"]["n"] == stated[one["pain_point_id"]].n
        assert one["after"]["total"] == stated[one["pain_point_id"]].total
        assert one["before"]["n"] <= one["after"]["n"]
        assert one["shift"]["verdict"] in {"changed", "not proven", "cannot tell"}
        assert (one["shift"]["needed"] is not None) == (one["shift"]["verdict"] == "cannot tell")
    new = [one for one in found["pain_points"] if one["stated_before"] is None]
    assert [one["pain_point_id"] for one in new] == [made.pain_points[0].pain_point_id]
    moods = {point.stage: point for point in made.emotion_curve}
    for one in found["moods"]:
        if (valence := moods[one["stage"]].valence) is not None:
            assert abs(one["after"] - valence) < 1e-9
    assert {one["lane"] for one in found["added"]} == {"actions"}
    assert {one["lane"] for one in found["gone"]} == {"actions"}
    table = copied.journey("map", "diff", copied.map_id, "--earlier", str(made.version - 1))
    assert table.code == 0, table.err
    assert "tested together" in table.err


def test_diff_of_a_map_with_one_version_says_how_to_make_another(brand: Brand) -> None:
    """Nothing is before the first version, and versions stand in their order."""
    alone = brand.journey("map", "diff", brand.map_id)
    assert alone.code == 1
    assert "no version before version 1" in alone.err
    assert brand.journey("map", "diff", brand.map_id, "--earlier", "1", "--later", "1").code == 1
    assert brand.journey("map", "diff", "map_none").code == 1
