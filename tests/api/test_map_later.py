"""Verifying a map later: after new data, under another reader, and where its stored form names another map."""

# PyArrow ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pyarrow.parquet as pq
import pytest

from agent.pipeline import scoping
from agent.schemas.evidence import Claim, Lane
from agent.schemas.journey import JourneyMap
from agent.schemas.records import Passage, Record
from tests.api.brand import Brand


def _map(brand: Brand) -> JourneyMap:
    return JourneyMap.model_validate_json(brand.journey("map", "show", brand.map_id, "--json").out)


def _verified(brand: Brand) -> dict[str, Any]:
    checked = brand.journey("map", "verify", brand.map_id, "--json")
    found = json.loads(checked.out)
    assert checked.code == (0 if found["holds"] else 1)
    return found


def _alter(brand: Brand, change: Callable[[dict[str, Any]], object]) -> None:
    with sqlite3.connect(brand.home / "journey.db") as database:
        (body,) = database.execute("SELECT body FROM documents WHERE type = 'map'").fetchone()
        altered = json.loads(body)
        change(altered)
        database.execute("UPDATE documents SET body = ? WHERE type = 'map'", (json.dumps(altered),))
    database.close()


def _counted_from_events(journey_map: JourneyMap) -> Iterator[Claim]:
    for stage in journey_map.stages:
        for cell in stage.cells.values():
            for claim in cell:
                ops = {metric.query.op for metric in claim.metrics}
                if ops & {"journey_share", "stage_reached", "stage_left"}:
                    yield claim


def test_counts_of_events_are_of_customers_with_events(brand: Brand) -> None:
    """Most customers with events never said anything: their counts are not of those who contacted support."""
    made = _map(brand)
    claims = list(_counted_from_events(made))
    assert claims
    for claim in claims:
        assert claim.quantity is not None
        assert claim.quantity.population.startswith("customers with events, ")
        assert "support" not in claim.quantity.population
    reached = next(c for c in claims if c.metrics[0].query.op == "stage_reached")
    assert reached.quantity is not None
    with sqlite3.connect(brand.home / "journey.db") as database:
        canonical = dict(database.execute("SELECT person_id, canonical_id FROM persons").fetchall())
    database.close()
    parts = (brand.home / "lake" / "events" / "default").glob("*.parquet")
    persons = {canonical[p] for part in parts for p in pq.read_table(part)["person_id"].to_pylist()}
    assert reached.quantity.total == len(persons) > made.provenance.n_persons


def test_last_stage_states_no_drop_off_and_no_cell_names_works_of_the_brand_as_a_channel(
    brand: Brand,
) -> None:
    """Nobody goes further than the last stage, and nobody comes by delivery."""
    made = _map(brand)
    left = [
        stage.name
        for stage in made.stages
        for claim in stage.cells[Lane.METRICS]
        if claim.statement.startswith("Go no further")
    ]
    assert left
    assert made.stages[-1].name not in left
    channels = {
        claim.statement.split(":")[0].lower() for stage in made.stages for claim in stage.cells[Lane.CHANNELS]
    }
    assert {"web", "app"} <= channels
    assert "delivery" not in channels


def test_events_read_after_a_draft_do_not_break_it(copied: Brand, tmp_path: Any) -> None:
    """A map rests on its own sources; a new draft counts the new ones too."""
    calls = [json.loads(line) for line in copied.exports.events.read_text(encoding="utf-8").splitlines()]
    known = [call for call in calls if call.get("userId") and call["type"] == "track"][:400]
    path = tmp_path / "later.jsonl"
    later = [{**call, "messageId": f"later-{n}", "event": "Ad Clicked"} for n, call in enumerate(known)]
    path.write_text("".join(json.dumps(call) + "\n" for call in later), encoding="utf-8")
    assert copied.journey("ingest", str(path)).code == 0
    assert _verified(copied)["holds"]
    before = _map(copied)
    words = ["--persona", "Fernway customers", "--journey", "First order", "--goal", "get gear that fits"]
    again = copied.journey("map", "draft", *words, "--purpose", "find what to mend first", "--json")
    after = JourneyMap.model_validate_json(again.out)
    assert after.version == before.version + 1
    steps = [claim.statement for stage in after.stages for claim in stage.cells[Lane.ACTIONS]]
    assert any(step.startswith("Ad clicked") for step in steps)
    assert _verified(copied)["holds"]


def test_map_of_another_reader_is_named_as_such_and_not_as_broken(copied: Brand) -> None:
    """What this version cannot compute again is no false claim; quotes are still looked at."""
    reader = _map(copied).provenance.reader
    _alter(copied, lambda body: body["provenance"].update(reader="reader-0"))
    found = _verified(copied)
    assert (found["outcome"], found["holds"], found["broken"]) == ("other_reader", False, [])
    assert (found["reader"], found["current_reader"]) == ("reader-0", reader)
    told = copied.journey("map", "verify", copied.map_id).err
    assert f"drafted by reader reader-0, this is reader {reader}" in told
    assert "Hint: `journey map draft`" in told
    with sqlite3.connect(copied.home / "journey.db") as database:
        database.execute("UPDATE records SET text = '~' || text")
    database.close()
    assert _verified(copied)["broken"]


def test_map_whose_texts_are_cut_otherwise_now_is_named_as_such(
    brand: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same reader over other passages is another reader."""
    cut = scoping.passages_of

    def whole(record: Record) -> list[Passage]:
        return [replace(one, passage_id=f"{one.passage_id}-whole") for one in cut(record)]

    assert _verified(brand)["outcome"] == "holds"
    monkeypatch.setattr(scoping, "passages_of", whole)
    found = _verified(brand)
    assert (found["outcome"], found["broken"]) == ("other_reader", [])


@pytest.mark.parametrize("field", ["map_id", "version"])
def test_stored_map_that_names_another_map_is_found_out(copied: Brand, field: str) -> None:
    """Id and version are those of the place it is stored in."""
    _alter(copied, lambda body: body.update({field: "map_0123456789ab" if field == "map_id" else 9}))
    found = _verified(copied)
    assert (found["map_id"], found["version"], found["outcome"]) == (copied.map_id, 1, "broken")
    assert any(part["part"] == "map" and field in part["reasons"][0] for part in found["broken"])


def test_unknown_map_is_answered_with_the_command_that_lists_them(brand: Brand) -> None:
    """The hint is a command there is."""
    refused = brand.journey("map", "verify", "map_none")
    assert refused.code == 1
    assert "`journey map list`" in refused.err
    assert brand.map_id in brand.journey("map", "list").out
