"""The main job through the command line: exports to a checked map, and what happens when the data changes."""

import json
import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from agent.schemas.evidence import Lane
from agent.schemas.insight import PainPoint
from agent.schemas.journey import JourneyMap
from agent.store.results import StoredThemes
from eval.simulator import load_truth
from tests.api.brand import Brand, journey


def _map(brand: Brand) -> JourneyMap:
    shown = brand.journey("map", "show", brand.map_id, "--json")
    assert shown.code == 0, shown.err
    return JourneyMap.model_validate_json(shown.out)


def _texts(home: Path) -> dict[str, str]:
    with sqlite3.connect(home / "journey.db") as database:
        return dict(database.execute("SELECT record_id, text FROM records").fetchall())


def test_map_every_quote_stands_in_the_store_and_every_lane_says_something(brand: Brand) -> None:
    """Checked from outside: plain SQL and slicing, none of the product's own verifying code."""
    drafted, texts = _map(brand), _texts(brand.home)
    claims = [claim for stage in drafted.stages for cell in stage.cells.values() for claim in cell]
    quotes = [item for claim in claims for item in (*claim.evidence, *claim.opposing)]
    assert len(quotes) > 20
    for item in quotes:
        assert texts[item.record_id][item.start : item.end] == item.quote
    assert all(set(stage.cells) == set(Lane) for stage in drafted.stages)


def test_map_reach_equals_a_count_by_plain_sql(brand: Brand) -> None:
    """The denominator is the distinct working customers who said something."""
    drafted = _map(brand)
    with sqlite3.connect(brand.home / "journey.db") as database:
        (total,) = database.execute(
            "SELECT COUNT(DISTINCT p.canonical_id) FROM records r JOIN persons p ON p.person_id = r.person_id"
        ).fetchone()
    assert drafted.pain_points
    assert {pain.reach.total for pain in drafted.pain_points} == {total}


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE records SET text = substr(text, 2) WHERE record_id = ?",
        "UPDATE records SET text = '~' || substr(text, 2) WHERE record_id = ?",
    ],
    ids=["deleted", "replaced"],
)
def test_verify_names_exactly_what_a_changed_character_breaks(copied: Brand, tampering: str) -> None:
    """Claims that rest on the changed text break, counts among them; claims that do not stay."""
    assert copied.journey("map", "verify", copied.map_id).code == 0
    drafted = _map(copied)
    pain, record_id, untouched = _told_apart(drafted, copied)
    with sqlite3.connect(copied.home / "journey.db") as database:
        database.execute(tampering, (record_id,))
    checked = copied.journey("map", "verify", copied.map_id, "--json")
    assert checked.code == 1
    parts = {part["part_id"]: part for part in json.loads(checked.out)["broken"]}
    broken = set(parts)
    assert any(reason.startswith("reach: ") for reason in parts[pain.pain_point_id]["reasons"])
    quoting = {
        claim.claim_id
        for stage in drafted.stages
        for cell in stage.cells.values()
        for claim in cell
        if any(item.record_id == record_id for item in (*claim.evidence, *claim.opposing))
    }
    assert quoting <= broken
    assert not broken & {other.pain_point_id for other in untouched}


def _told_apart(drafted: JourneyMap, brand: Brand) -> tuple[PainPoint, str, list[PainPoint]]:
    """Return a pain point, a record that it alone hangs on for a person, and pain points without that record.

    Who is held out differs from home to home, and with it which themes there are and what they share.
    """
    for pain in drafted.pain_points:
        for record_id in _only_records_of_their_persons(pain.theme_id, brand):
            others = [one for one in drafted.pain_points if _is_untouched(one.theme_id, record_id, brand)]
            if others:
                return pain, record_id, others
    pytest.fail("every record is in all pain points")


def _only_records_of_their_persons(theme_id: str, brand: Brand) -> list[str]:
    """Return the records with passages in a theme whose persons are in the theme by no other record."""
    with sqlite3.connect(brand.home / "journey.db") as database:
        person_of = dict(
            database.execute(
                "SELECT r.record_id, p.canonical_id FROM records r JOIN persons p ON p.person_id = r.person_id"
            ).fetchall()
        )
    theme = next(item for item in _stored_themes(brand).themes if item.theme_id == theme_id)
    records = sorted({key.split(":")[0] for key in theme.passage_ids})
    persons = Counter(person_of[record_id] for record_id in records)
    return [record_id for record_id in records if persons[person_of[record_id]] == 1]


def _is_untouched(theme_id: str, record_id: str, brand: Brand) -> bool:
    """Tell whether a theme has no passage of a record."""
    theme = next(item for item in _stored_themes(brand).themes if item.theme_id == theme_id)
    return not any(key.startswith(f"{record_id}:") for key in theme.passage_ids)


def _stored_themes(brand: Brand) -> StoredThemes:
    with sqlite3.connect(brand.home / "journey.db") as database:
        (body,) = database.execute(
            "SELECT body FROM documents WHERE type = 'themes' ORDER BY version DESC LIMIT 1"
        ).fetchone()
    return StoredThemes.model_validate_json(body)


def test_draft_again_on_unchanged_data_is_the_same_version(copied: Brand) -> None:
    """Nothing new to say makes no new version."""
    words = ["--persona", "Fernway customers", "--journey", "First order", "--goal", "get gear that fits"]
    again = copied.journey("map", "draft", *words, "--purpose", "find what to mend first", "--json")
    assert again.code == 0, again.err
    assert json.loads(again.out)["version"] == 1


def test_ingest_again_changes_nothing(copied: Brand) -> None:
    """A file that was read before is recognised by its content."""
    before = _texts(copied.home)
    again = copied.journey("ingest", str(copied.exports.reviews), "--json")
    assert again.code == 0
    assert json.loads(again.out)["sources"][0]["already_read"]
    assert _texts(copied.home) == before


def test_where_makes_a_persona_and_the_population_says_so(copied: Brand) -> None:
    """The sentence under every number names the filter."""
    segment = load_truth(copied.exports.out_dir).personas[0].segment
    words = [
        "--persona",
        "One segment",
        "--journey",
        "First order",
        "--goal",
        "get gear",
        "--purpose",
        "look",
    ]
    drafted = copied.journey("map", "draft", *words, "--where", f"segment={segment}", "--json")
    assert drafted.code == 0, drafted.err
    found = JourneyMap.model_validate_json(drafted.out)
    assert f"segment = {segment}" in found.scope.population
    assert found.provenance.n_persons < _map(copied).provenance.n_persons


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--persona", "Parents and students"], "Draft one map for each persona"),
        (["--persona", "Nobody", "--where", "segment=martians"], "matches"),
        (["--persona", "Nobody", "--where", "shoe_size=44"], "segment"),
        (["--persona", "Nobody", "--where", "segment"], "KEY=VALUE"),
    ],
)
def test_scope_that_is_no_scope_is_refused_with_a_hint(brand: Brand, words: list[str], said: str) -> None:
    """Plural personas, filters that match nobody, keys that do not exist."""
    rest = ["--journey", "First order", "--goal", "get gear", "--purpose", "look"]
    refused = brand.journey("map", "draft", *words, *rest)
    assert refused.code == 1
    assert "Error: " in refused.err
    assert said in refused.err


def test_pain_points_published_form_has_evidence_reach_trend_and_behaviour(brand: Brand) -> None:
    """What others build on stays where it is."""
    printed = brand.journey("pain-points", "--json")
    assert printed.code == 0, printed.err
    said = json.loads(printed.out)
    found = said["pain_points"]
    assert found
    assert set(said["copies"]) == {"n_copies", "n_texts"}
    for pain in found:
        assert {
            "pain_point_id",
            "label",
            "stage",
            "severity",
            "friction_shares",
            "reach",
            "trend",
            "evidence",
            "behaviour",
        } <= set(pain)
        assert pain["rank"]["low"] <= pain["rank"]["score"] <= pain["rank"]["high"]
        assert {share["total"] for share in pain["friction_shares"].values()} == {pain["reach"]["n"]}
        assert {"top", "share", "stable"} <= set(pain["rank"]["stability"])
        assert [place["dimension"] for place in pain["concentration"]][:3] == [
            "stage",
            "channel",
            "channel_switch",
        ]
        assert sum(month["share"]["total"] for month in pain["trend"]["months"]) >= pain["reach"]["n"]
    scores = [pain["rank"]["score"] for pain in found]
    assert scores == sorted(scores, reverse=True)


def test_pain_points_table_says_weights_and_copies(brand: Brand) -> None:
    """The convention of the weights and the folded copies stand with the table."""
    printed = brand.journey("pain-points")
    assert printed.code == 0, printed.err
    assert "blocked 1, costs effort 0.6, annoys 0.3" in printed.err
    assert "Copies: " in printed.err


def test_paths_published_form(brand: Brand) -> None:
    """Shares are of the customers who left the source."""
    printed = brand.journey("paths", "--json")
    found = json.loads(printed.out)
    assert {"transitions", "starts", "ends", "variants", "durations"} <= set(found)
    first = found["transitions"][0]
    assert {"from", "to", "n", "persons", "share", "low", "high"} <= set(first)
    assert all(move["low"] <= move["share"] <= move["high"] for move in found["transitions"])


def test_search_finds_words_and_says_when_there_are_none(brand: Brand) -> None:
    """A hit is a slice of a stored text; nonsense is answered by a reason."""
    printed = brand.journey("search", "my parcel has not arrived", "--json")
    found = json.loads(printed.out)
    texts = _texts(brand.home)
    assert found["found"]
    for hit in found["results"]:
        assert texts[hit["record_id"]][hit["start"] : hit["end"]] == hit["quote"]
    nothing = json.loads(brand.journey("search", "lattice quantum chromodynamics", "--json").out)
    assert (nothing["found"], nothing["results"], nothing["reason"]) == (False, [], "below_floor")


def test_index_check_holds_breaks_and_is_rebuilt(copied: Brand) -> None:
    """The index is only ever a copy."""
    assert copied.journey("index", "check").code == 0
    with sqlite3.connect(copied.home / "journey.db") as database:
        database.execute(
            "UPDATE records SET text = text || ' And nobody ever called me back.' WHERE kind = 'review'"
        )
    broken = copied.journey("index", "check", "--json")
    assert broken.code == 1
    assert copied.journey("index", "rebuild").code == 0
    assert copied.journey("index", "check").code == 0


def test_variants_change_one_factor_and_carry_verdict_and_certificate(copied: Brand, tmp_path: Path) -> None:
    """The printed set can be checked again, and an altered certificate is found out."""
    pain_id = _map(copied).pain_points[0].pain_point_id
    made = copied.journey(
        "variants", "propose", "--pain-point", pain_id, "--channel", "email", "-n", "3", "--json"
    )
    assert made.code == 0, made.err
    found = json.loads(made.out)
    assert found["variants"]
    assert found["certificate"]["valid"]
    for variant in found["variants"]:
        assert variant["verdict"] in {"better", "worse", "no_difference", "cannot_tell"}
        assert variant["slots"] != found["control"]["slots"]
    path = tmp_path / "set.json"
    path.write_text(made.out, encoding="utf-8")
    assert copied.journey("variants", "check", str(path)).code == 0
    assert copied.journey("variants", "certificate", str(path)).code == 0
    found["certificate"]["n_held_out"] += 1
    path.write_text(json.dumps(found), encoding="utf-8")
    assert copied.journey("variants", "certificate", str(path)).code == 1


def test_empty_home_says_what_to_do(tmp_path: Path) -> None:
    """No traceback, an error and a hint."""
    for words in (["status"], ["pain-points"], ["map", "list"], ["search", "x"]):
        refused = journey(tmp_path / "none", *words)
        assert refused.code == 1
        assert "Hint: " in refused.err
        assert "Traceback" not in refused.err


def test_draft_with_stages_of_ones_own_verifies_and_shows_them(copied: Brand, tmp_path: Path) -> None:
    """Passages and events stand in the stages of the file; the default stages are gone."""
    stages = tmp_path / "stages.toml"
    stages.write_text(
        '[[stage]]\nname = "find"\nstages = ["awareness", "consideration"]\n'
        '[[stage]]\nname = "buy"\nstages = ["decision"]\n'
        '[[stage]]\nname = "own"\nstages = ["retention", "advocacy"]\n',
        encoding="utf-8",
    )
    words = ["--persona", "Fernway customers", "--journey", "First order", "--goal", "get gear that fits"]
    drafted = copied.journey(
        "map", "draft", *words, "--purpose", "find what to mend first", "--stages", str(stages), "--json"
    )
    assert drafted.code == 0, drafted.err
    made = JourneyMap.model_validate_json(drafted.out)
    assert [stage.name for stage in made.stages] == ["find", "buy", "own"]
    assert made.map_id != copied.map_id
    speak = {point.stage: point.n_persons for point in made.emotion_curve}
    default = {point.stage: point.n_persons for point in _map(copied).emotion_curve}
    assert speak["buy"] == default["decision"]
    assert speak["own"] >= max(default["retention"], default["advocacy"])
    assert {pain.stage for pain in made.pain_points} <= {"find", "buy", "own", None}
    assert copied.journey("map", "verify", made.map_id).code == 0
