"""Every format holds what it says it holds, loses what it says it loses, and says so inside."""

# python-pptx is typed in part.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportAttributeAccessIssue=false

import csv
import io
import json
import zipfile
from itertools import pairwise

import pytest
from defusedxml import ElementTree
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pptx import Presentation

from agent.render.exports import EXPORTS, ExportFormat, MapPart, export_map
from agent.render.exports.parts import loss_line
from agent.render.letters import shown
from agent.schemas.evidence import ClaimStatus, Lane
from agent.schemas.journey import JourneyMap
from tests.agent.maps import HOSTILE, journey_map
from tests.agent.render.map_parts import CHANGES

_WORDS = ("Alpha beta", "Gamma delta", "Epsilon zeta", "Eta theta")
_KEPT_STAGES = (0, 3, 4)
_SLICES = 4
"""Parts are looked at in so many tests, each of which is quick."""
_WAYS = {ExportFormat.PDF: 1, ExportFormat.PPTX: 1}
"""In how many ways a part is changed, of formats that take long to draw; in all of them else."""
_NOT_BY_BYTES = {
    # A Mermaid file leaves out what is not observed, and pain points where there are actions enough.
    (ExportFormat.MERMAID, MapPart.STATUSES),
    (ExportFormat.MERMAID, MapPart.PAIN_LANE),
    # Journey and persona are there, the rest of the scope is not; a note says so.
    (ExportFormat.MERMAID, MapPart.SCOPE),
}
_HARD = (
    *HOSTILE,
    '=HYPERLINK("https://evil.example")',
    "\u200bzero\u200dwidth\ufeff",
    "a\x00b\x1bc\x0bd",
    "x" * 600,
)
_TEXT_FORMATS = (
    ExportFormat.CSV, ExportFormat.MERMAID, ExportFormat.MARKDOWN, ExportFormat.HTML, ExportFormat.CJML,
    ExportFormat.MIRO_CSV, ExportFormat.MIRO_JSON, ExportFormat.LUCID,
)  # fmt: skip


def _small() -> JourneyMap:
    """Return a map with every status and every list, and few enough cells to be drawn many times."""
    made = journey_map(_WORDS)
    stages = tuple(made.stages[number] for number in _KEPT_STAGES)
    first, *others = stages[1].cells[Lane.ACTIONS]
    opinion = first.model_copy(update={"status": ClaimStatus.ASSUMPTION})
    cells = {**stages[1].cells, Lane.ACTIONS: (*others, opinion)}
    return made.model_copy(
        update={
            "stages": (stages[0], stages[1].model_copy(update={"cells": cells}), stages[2]),
            "emotion_curve": tuple(made.emotion_curve[number] for number in _KEPT_STAGES),
        }
    )


@pytest.mark.parametrize("slice_number", range(_SLICES))
@pytest.mark.parametrize("format_name", [f for f in ExportFormat if f is not ExportFormat.PNG])
def test_format_holds_what_it_says_and_loses_what_it_says(
    format_name: ExportFormat, slice_number: int
) -> None:
    """A change of one part changes the file exactly where the part is not said to be lost."""
    exporter, base = EXPORTS[format_name], _small()
    before = exporter.make(base, ())
    wrong = [
        (part.name, number)
        for part, changes in list(CHANGES.items())[slice_number::_SLICES]
        if (format_name, part) not in _NOT_BY_BYTES
        for number, change in enumerate(changes[: _WAYS.get(format_name)])
        if (exporter.make(change(base), ()) != before) is not (part in exporter.keeps)
    ]
    assert wrong == []


def test_picture_of_dots_holds_what_the_picture_of_lines_holds() -> None:
    """PNG is drawn from the SVG."""
    assert EXPORTS[ExportFormat.PNG].keeps == EXPORTS[ExportFormat.SVG].keeps
    assert set(CHANGES) == set(MapPart)


def test_only_json_is_lossless() -> None:
    """Whatever else says what it loses."""
    assert [name for name, exporter in EXPORTS.items() if not exporter.loss] == [ExportFormat.JSON]
    assert list(EXPORTS) == list(ExportFormat)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.text(max_size=80), min_size=1, max_size=6).map(tuple))
def test_json_of_any_words_comes_back_equal(words: tuple[str, ...]) -> None:
    """The lossless format."""
    made = journey_map(words)
    assert JourneyMap.model_validate_json(export_map(made, ExportFormat.JSON).data) == made


def _inside(data: bytes, format_name: ExportFormat) -> str:
    """Return the words of a file, in a row."""
    if format_name is ExportFormat.PPTX:
        slides = Presentation(io.BytesIO(data)).slides
        cells = [
            cell
            for slide in slides
            for shape in slide.shapes
            if shape.has_table
            for cell in shape.table.iter_cells()
        ]
        return " ".join(cell.text_frame.text for cell in cells)
    if format_name in {ExportFormat.SVG, ExportFormat.CJML}:
        return " ".join(ElementTree.fromstring(data).itertext())
    return data.decode("utf-8-sig")


@pytest.mark.parametrize("format_name", [*_TEXT_FORMATS, ExportFormat.PPTX, ExportFormat.SVG])
def test_file_says_its_loss_inside(format_name: ExportFormat) -> None:
    """Who opens the file without what sent it reads the same sentences."""
    exported = export_map(_small(), format_name)
    said = " ".join(_inside(exported.data, format_name).replace("&#39;", "'").split())
    assert exported.loss
    assert [
        sentence
        for sentence in exported.loss
        if " ".join(sentence.split()).replace("\\", "") not in said.replace("\\", "")
    ] == []


@pytest.mark.parametrize("format_name", list(ExportFormat))
def test_same_map_gives_the_same_bytes(format_name: ExportFormat) -> None:
    """No clock and no chance is in a file."""
    made = _small()
    assert export_map(made, format_name) == export_map(made.model_copy(), format_name)


@pytest.mark.parametrize("format_name", list(ExportFormat))
def test_hostile_words_are_only_words(format_name: ExportFormat) -> None:
    """No format breaks, and none of them carries what would be carried out."""
    exported = export_map(journey_map(_HARD), format_name)
    assert exported.data
    assert "/" not in exported.file_name
    if format_name in {ExportFormat.SVG, ExportFormat.CJML, ExportFormat.PPTX}:
        bodies = [exported.data] if format_name is not ExportFormat.PPTX else _parts(exported.data)
        for body in bodies:
            names = {
                element.tag.rpartition("}")[2].lower() for element in ElementTree.fromstring(body).iter()
            }
            assert not names & {"script", "img", "a", "foreignobject", "hlinkclick", "hyperlink", "f_formula"}
    if format_name in {ExportFormat.PPTX, ExportFormat.PDF}:
        body = b"".join(_all(exported.data)) if format_name is ExportFormat.PPTX else exported.data
        assert b"javascript:" not in b"".join(_links(body))
        assert b"/URI" not in body
        assert b'TargetMode="External"' not in body


def _parts(data: bytes) -> list[bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return [
            packed.read(name)
            for name in packed.namelist()
            if name.startswith("ppt/") and name.endswith(".xml")
        ]


def _all(data: bytes) -> list[bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return [packed.read(name) for name in packed.namelist() if name.endswith(".rels")]


def _links(body: bytes) -> list[bytes]:
    return [line for line in body.split(b"<Relationship ") if b"hyperlink" in line]


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(max_size=60), min_size=1, max_size=5).map(tuple))
def test_text_formats_of_any_words_can_be_read(words: tuple[str, ...]) -> None:
    """XML parses, tables are square and worked out nowhere, boards have twenty items a body."""
    made = journey_map(words)
    for format_name in (ExportFormat.SVG, ExportFormat.CJML):
        ElementTree.fromstring(export_map(made, format_name).data)
    for format_name in (ExportFormat.CSV, ExportFormat.MIRO_CSV, ExportFormat.LUCID):
        text = export_map(made, format_name).data.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline="")))
        assert len({len(row) for row in rows}) == 1
        assert not [cell for row in rows for cell in row if cell.lstrip().startswith(("=", "+", "@", "|"))]
    board = json.loads(export_map(made, ExportFormat.MIRO_JSON).data)
    assert all(len(batch["items"]) == len(batch["references"]) <= 20 for batch in board["batches"])
    assert sum(len(batch["items"]) for batch in board["batches"]) > 60


def test_table_has_a_row_for_every_claim_with_its_figures_and_quotes() -> None:
    """What a spreadsheet shows is what the map has."""
    made = journey_map(_HARD)
    text = export_map(made, ExportFormat.CSV).data.decode("utf-8-sig")
    rows = {row["claim_id"] + row["stage"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}
    claims = [(stage.name, claim) for stage in made.stages for cell in stage.cells.values() for claim in cell]
    assert len(rows) == len(claims)
    for stage, claim in claims:
        row = rows[claim.claim_id + stage]
        assert row["statement"].removeprefix("'") == claim.statement.removeprefix("'")
        assert row["status"] == claim.status.value
        assert [
            item.quote in row["quotes"] and item.record_id in row["quotes"] for item in claim.evidence
        ] == [True] * len(claim.evidence)
        if claim.quantity is not None:
            assert (int(row["n"]), int(row["total"])) == (claim.quantity.n, claim.quantity.total)
            assert row["population"] == claim.quantity.population


def test_lucid_ids_count_from_one_and_lines_join_shapes_that_are_there() -> None:
    """As Lucidchart's import of process diagrams asks."""
    text = export_map(_small(), ExportFormat.LUCID).data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [int(row["Id"]) for row in rows] == list(range(1, len(rows) + 1))
    shapes = {row["Id"] for row in rows if row["Shape Library"]}
    lines = [row for row in rows if row["Name"] == "Line"]
    assert rows[0]["Name"] == "Page"
    assert all({row["Line Source"], row["Line Destination"]} <= shapes for row in lines)
    assert all(row["Page ID"] == "1" for row in rows[1:])
    stages = [row["Id"] for row in rows if row["Name"] == "Terminator"]
    joined = {(row["Line Source"], row["Line Destination"]) for row in lines}
    assert set(pairwise(stages)) <= joined


def test_cjml_makes_up_no_experience_no_rating_and_no_channel() -> None:
    """Experience is what one person reports, and a map is of many; what the map does not know stays unknown."""
    made = _small()
    actual = ElementTree.fromstring(export_map(made, ExportFormat.CJML).data)
    assert actual.attrib == {"version": "2.0"}
    assert [child.tag for child in actual] == ["actualJourney"]
    assert "unknown" in (actual.findtext("actualJourney/comment") or "")
    assert not [found.tag for found in actual.iter() if "xperience" in found.tag]
    assert "not the journey of one" in (actual.findtext("actualJourney/journeyLongSummary") or "")
    assert {found.text for found in actual.iter("channelName")} == {"Unknown"}
    phases = {phase.get("phaseID") for phase in actual.iter("journeyPhase")}
    assert {found.get("phaseIDref") for found in actual.iter("belongsTo")} <= phases
    actors = {actor.get("actorID") for actor in actual.iter() if actor.tag in {"endUser", "serviceProvider"}}
    assert {found.get("actorIDref") for found in actual.iter("refersTo")} <= actors
    planned = ElementTree.fromstring(
        export_map(made.model_copy(update={"type": "future"}), ExportFormat.CJML).data
    )
    assert [child.tag for child in planned] == ["plannedJourney"]
    assert {found.tag for found in planned.find(".//touchpoints") or ()} == {
        "plannedAction",
        "plannedCommunicationPoint",
    }


def test_board_notes_escape_markup_and_carry_their_reference() -> None:
    """Miro takes the content of a note for HTML."""
    made = journey_map(("<script>alert(1)</script>",))
    board = json.loads(export_map(made, ExportFormat.MIRO_JSON).data)
    for batch in board["batches"]:
        for name, item in zip(batch["references"], batch["items"], strict=True):
            content = item["data"]["content"]
            assert "<script" not in content
            assert len(content) <= 6_000
            assert "/stage-" in name or content.endswith(f"<p>{name}</p>")


def test_long_statement_is_whole_in_documents_and_cut_in_pictures() -> None:
    """Ten thousand characters in a cell."""
    made = _small()
    long = "word " * 2_000
    action = made.stages[1].cells[Lane.ACTIONS][0].model_copy(update={"statement": long})
    cells = {**made.stages[1].cells, Lane.ACTIONS: (action,)}
    stages = (made.stages[0], made.stages[1].model_copy(update={"cells": cells}), made.stages[2])
    made = made.model_copy(update={"stages": stages})
    assert long in export_map(made, ExportFormat.CSV).data.decode("utf-8-sig")
    picture = " ".join(ElementTree.fromstring(export_map(made, ExportFormat.SVG).data).itertext())
    assert 0 < picture.count("word") < 80
    assert export_map(made, ExportFormat.PDF).data.startswith(b"%PDF")


def test_loss_line_of_nothing_is_nothing() -> None:
    """A lossless file says nothing of loss."""
    assert loss_line(()) == ""
    assert shown("a\u202eb") == "a\\u202eb"
