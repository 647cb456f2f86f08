"""`journey map export` and `journey map import`: out, edited by hand, and back as the next version."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.render.exports import ExportFormat
from agent.schemas.evidence import Claim, ClaimStatus
from agent.schemas.journey import JourneyMap
from api.cli.map_files import FORMATS
from tests.api.brand import Brand

Row = dict[str, str]


def _exported(brand: Brand, folder: Path, format_name: str) -> Path:
    told = brand.journey(
        "map", "export", brand.map_id, "--format", format_name, "--out", str(folder), "--json"
    )
    assert told.code == 0, told.err
    return Path(json.loads(told.out)["file"])


def _map(brand: Brand) -> JourneyMap:
    return JourneyMap.model_validate_json(brand.journey("map", "show", brand.map_id, "--json").out)


def _claims(made: JourneyMap) -> dict[str, Claim]:
    return {c.claim_id: c for stage in made.stages for cell in stage.cells.values() for c in cell}


def _rewritten(path: Path, change: Callable[[list[Row]], None], *, delimiter: str = ",") -> Path:
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
    change(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def _read(brand: Brand, path: Path, *words: str) -> dict[str, Any]:
    told = brand.journey("map", "import", str(path), "--json", *words)
    assert told.code == 0, told.err
    return json.loads(told.out)


def _refusals(edit: dict[str, Any]) -> str:
    return " | ".join(item["reason"] for item in edit["refused"])


def test_command_knows_the_formats_of_the_registry() -> None:
    """The list of the command line is the list of formats."""
    assert [item.value for item in ExportFormat] == list(FORMATS)


@pytest.mark.parametrize("format_name", FORMATS)
def test_export_writes_a_file_and_says_what_is_lost(brand: Brand, tmp_path: Path, format_name: str) -> None:
    """The path on stdout, the loss on stderr."""
    told = brand.journey("map", "export", brand.map_id, "--format", format_name, "--out", str(tmp_path))
    assert told.code == 0
    assert Path(told.out.strip()).stat().st_size > 0
    assert ("Nothing of the map is lost." in told.err) is (format_name == "json")


def test_export_into_a_folder_that_is_not_there_is_an_error(brand: Brand, tmp_path: Path) -> None:
    """Named, with what to do."""
    out = str(tmp_path / "none" / "map.csv")
    told = brand.journey("map", "export", brand.map_id, "--format", "csv", "--out", out)
    assert told.code == 1
    assert "cannot be written" in told.err


@pytest.mark.parametrize("format_name", ["json", "csv", "miro-csv"])
def test_file_that_nobody_edited_changes_nothing(brand: Brand, tmp_path: Path, format_name: str) -> None:
    """Out and in again is the same map, and no new version."""
    edit = _read(brand, _exported(brand, tmp_path, format_name), "--apply", "--by", "Ada")
    assert (edit["changed"], edit["added"], edit["removed"], edit["refused"], edit["conflicts"]) == (
        [],
        [],
        [],
        [],
        [],
    )
    assert edit["n_unchanged"] == len(_claims(_map(brand)))
    assert edit["stored_version"] == 1


def test_table_saved_by_another_spreadsheet_is_read(brand: Brand, tmp_path: Path) -> None:
    """Semicolons, decimal commas, other ends of lines and fewer columns are no edits."""

    def saved(rows: list[Row]) -> None:
        for row in rows:
            for column in ("share", "low", "high"):
                row[column] = row[column].replace(".", ",")
            row["quotes"] = row["quotes"].replace("\n", "\r\n")
            del row["not_in_this_file"], row["opposing_quotes"]

    path = _rewritten(_exported(brand, tmp_path, "csv"), saved, delimiter=";")
    edit = _read(brand, path)
    assert (edit["changed"], edit["refused"]) == ([], [])


def test_reworded_claim_becomes_an_assumption_that_keeps_its_numbers(copied: Brand, tmp_path: Path) -> None:
    """Shown first, then stored under a name and for a time; the map verifies with it."""
    before = next(
        c
        for c in _claims(_map(copied)).values()
        if c.status is ClaimStatus.OBSERVED and c.evidence and c.metrics
    )
    number = before.statement.rpartition(": ")[2]

    def reword(rows: list[Row]) -> None:
        row = next(row for row in rows if row["claim_id"] == before.claim_id)
        row["statement"] = f"In other words: {number}"
        for row in rows:
            row["owner"] = "Ada"

    path = _rewritten(_exported(copied, tmp_path, "csv"), reword)
    edit = _read(copied, path)
    assert [item["claim_id"] for item in edit["changed"]] == [before.claim_id]
    assert edit["owner"]["after"] == "Ada"
    assert edit["stored_version"] is None
    assert _map(copied).version == 1
    assert _read(copied, path, "--apply", "--by", "Ada")["stored_version"] == 2
    stored = _map(copied)
    after = _claims(stored)[before.claim_id]
    assert (after.status, after.stated_by, after.statement) == (
        ClaimStatus.ASSUMPTION,
        "Ada",
        f"In other words: {number}",
    )
    assert after.expires_at is not None
    assert (after.metrics, after.quantity, after.evidence) == (
        before.metrics,
        before.quantity,
        before.evidence,
    )
    assert stored.owner == "Ada"
    checked = copied.journey("map", "verify", copied.map_id)
    assert checked.code == 0, checked.out
    assert "worded by Ada" in copied.journey("map", "show", copied.map_id).out
    assert _read(copied, path)["changed"] == []


def test_numbers_and_quotes_cannot_be_edited_or_added_by_hand(brand: Brand, tmp_path: Path) -> None:
    """Refused row by row, with the reason; nothing else of the file is lost for it."""
    ids = [c.claim_id for c in _claims(_map(brand)).values() if c.evidence and c.quantity]

    def tamper(rows: list[Row]) -> None:
        by_id = {row["claim_id"]: row for row in rows}
        by_id[ids[0]]["n"] = "99999"
        by_id[ids[1]]["quotes"] = "“They never said this” (r_1:0–5)"
        by_id[ids[2]]["statement"] = "Nine in ten leave: 91 %"
        by_id[ids[3]]["status"] = "inferred"
        rows.append(
            {
                **dict.fromkeys(rows[0], ""),
                "stage": "decision",
                "lane": "thoughts",
                "statement": "Half of them leave",
            }
        )
        rows.append(
            {
                **dict.fromkeys(rows[0], ""),
                "stage": "decision",
                "lane": "thoughts",
                "statement": "They leave",
                "n": "5",
            }
        )
        rows.append(
            {**dict.fromkeys(rows[0], ""), "stage": "nowhere", "lane": "thoughts", "statement": "They leave"}
        )

    edit = _read(brand, _rewritten(_exported(brand, tmp_path, "csv"), tamper))
    assert (edit["changed"], edit["added"]) == ([], [])
    said = _refusals(edit)
    for reason in (
        "n cannot be changed",
        "quotes cannot be changed",
        "'91",
        "status cannot be changed",
        "Half",
        "added by hand: n",
        "no stage 'nowhere'",
    ):
        assert reason in said


def test_added_rows_are_assumptions_and_can_be_removed_while_claims_of_the_data_cannot(
    copied: Brand, tmp_path: Path
) -> None:
    """A row of the file that is missing takes out an opinion, never what was counted."""
    hostile = "=HYPERLINK(A:A) they hope"

    def add(rows: list[Row]) -> None:
        rows.append(
            {
                **dict.fromkeys(rows[0], ""),
                "stage": "decision",
                "lane": "thoughts",
                "statement": f"'{hostile}",
            }
        )
        del rows[0]

    first = _rewritten(_exported(copied, tmp_path, "csv"), add)
    edit = _read(copied, first, "--apply", "--by", "Ada")
    assert [item["statement"] for item in edit["added"]] == [hostile]
    assert edit["removed"] == []
    assert "does not leave it out" in _refusals(edit)
    stored = _map(copied)
    (opinion,) = [c for c in _claims(stored).values() if c.stated_by == "Ada"]
    assert (opinion.status, opinion.evidence, opinion.metrics, opinion.quantity) == (
        ClaimStatus.ASSUMPTION,
        (),
        (),
        None,
    )
    assert copied.journey("map", "verify", copied.map_id).code == 0
    second = _rewritten(
        _exported(copied, tmp_path, "csv"),
        lambda rows: rows.remove(next(row for row in rows if row["claim_id"] == opinion.claim_id)),
    )
    edit = _read(copied, second, "--apply", "--by", "Ada")
    assert [item["claim_id"] for item in edit["removed"]] == [opinion.claim_id]
    assert opinion.claim_id not in _claims(_map(copied))


def test_words_that_quote_link_or_hold_markup_are_checked_like_any_quote(
    copied: Brand, tmp_path: Path
) -> None:
    """Customers' own words come in with the place where they stand; invented ones, links and markup do not."""
    said = next(
        item.quote
        for claim in _claims(_map(copied)).values()
        for item in claim.evidence
        if item.quote.replace(" ", "").replace(".", "").isalpha() and len(item.quote.split()) > 3
    )
    invented = "They say “this is the worst shop in the world”."
    words = [
        f"One says “{said}”",
        invented,
        "See https://evil.example",
        "<b>Bold</b> claims",
    ]

    def add(rows: list[Row]) -> None:
        place = {**dict.fromkeys(rows[0], ""), "stage": "decision", "lane": "thoughts"}
        rows.extend({**place, "statement": one} for one in words)

    edit = _read(copied, _rewritten(_exported(copied, tmp_path, "csv"), add), "--apply", "--by", "Ada")
    assert [item["statement"] for item in edit["added"]] == words[:1]
    reasons = _refusals(edit)
    for reason in ("no customer says just", "a link or an address", "markup"):
        assert reason in reasons
    (stored,) = [claim for claim in _claims(_map(copied)).values() if claim.stated_by == "Ada"]
    assert [item.quote for item in stored.evidence] == [said]
    checked = copied.journey("map", "verify", copied.map_id)
    assert checked.code == 0, checked.out


def test_file_of_an_older_version_conflicts_where_both_were_changed(copied: Brand, tmp_path: Path) -> None:
    """What the map has now stays; what only the file changed is taken."""
    old = _exported(copied, tmp_path, "csv")
    table = csv.DictReader(io.StringIO(old.read_text(encoding="utf-8-sig"), newline=""))
    chosen = [row["claim_id"] for row in table if row["status"] != "unknown"][:2]

    def word(claim_id: str, words: str) -> Callable[[list[Row]], None]:
        return lambda rows: next(row for row in rows if row["claim_id"] == claim_id).update(statement=words)

    theirs = tmp_path / "theirs.csv"
    theirs.write_bytes(old.read_bytes())
    _read(copied, _rewritten(theirs, word(chosen[0], "Their words")), "--apply", "--by", "Ada")
    _rewritten(old, word(chosen[0], "Other words"))
    edit = _read(copied, _rewritten(old, word(chosen[1], "Words of its own")), "--apply", "--by", "Bea")
    assert (edit["base_version"], edit["current_version"], edit["stored_version"]) == (1, 2, 3)
    assert [(c["claim_id"], c["in_map"]) for c in edit["conflicts"]] == [(chosen[0], "Their words")]
    now = _claims(_map(copied))
    assert (now[chosen[0]].statement, now[chosen[1]].statement) == ("Their words", "Words of its own")


def test_edited_json_and_cards_are_read_by_id(copied: Brand, tmp_path: Path) -> None:
    """The same rules for every file that comes back."""
    claim = next(c for c in _claims(_map(copied)).values() if c.status is not ClaimStatus.UNKNOWN)
    path = _exported(copied, tmp_path, "json")
    body = json.loads(path.read_text(encoding="utf-8"))
    body["pain_points"][0]["label"] = "Something else"
    for stage in body["stages"]:
        for cell in stage["cells"].values():
            for item in cell:
                if item["claim_id"] == claim.claim_id:
                    item["statement"] = "Worded in JSON"
    path.write_text(json.dumps(body), encoding="utf-8")
    edit = _read(copied, path)
    assert [item["after"] for item in edit["changed"]] == ["Worded in JSON"]
    assert "pain_points cannot be changed by hand" in _refusals(edit)
    cards = _exported(copied, tmp_path, "miro-csv")

    def reword(rows: list[Row]) -> None:
        row = next(row for row in rows if row["Reference"].endswith(claim.claim_id))
        row["Title"] = "Worded on a board"

    edit = _read(copied, _rewritten(cards, reword))
    assert [(item["claim_id"], item["after"]) for item in edit["changed"]] == [
        (claim.claim_id, "Worded on a board")
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe\x00binary", "no text in UTF-8"),
        (b"a,b\n1,2\n", "no file of a map"),
        (b"", "no file of a map"),
        (b'{"stages": 3}', "is no map"),
        (b"{broken", "is no map"),
        (b"map_id,version,claim_id,statement\nmap_none,1,c_1,x\n", "is not in the workspace"),
        (b"map_id,version,claim_id,statement\nmap_a,1,c_1,x\nmap_b,1,c_2,y\n", "several maps"),
        (b"map_id,version,claim_id,statement\nmap_a,x,c_1,x\n", "a number was expected"),
        (b"claim_id,statement\n,x\n", "no map"),
        (b"Title,Reference\nx,../../etc\n", "no map"),
    ],
)
def test_file_that_is_none_of_a_map_is_named_with_what_to_do(
    brand: Brand, tmp_path: Path, content: bytes, said: str
) -> None:
    """Clear words and a hint, and no trace of Python."""
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    told = brand.journey("map", "import", str(path))
    assert told.code == 1
    assert said in told.err
    assert "Hint: " in told.err
    assert "Traceback" not in told.err
