"""Slides: everything can be edited, says what the map says, fits, and has its evidence in the notes."""

# python-pptx is typed in part.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import io
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pptx import Presentation

from agent.render.exports import ExportFormat, export_map
from agent.render.exports.slide_tables import PAD_Y, Paragraph, height_of, paged, row_height
from agent.render.letters import line_starts, shown
from agent.schemas.evidence import ClaimStatus, Lane
from agent.schemas.journey import JourneyMap
from tests.agent.maps import HOSTILE, journey_map

_LONG = ("A sentence that goes on and on, " * 320)[:10_000]


def _slides(made: JourneyMap) -> Any:
    return Presentation(io.BytesIO(export_map(made, ExportFormat.PPTX).data))


def _tables(deck: Any) -> Iterator[tuple[Any, Any]]:
    for slide in deck.slides:
        for shape in slide.shapes:
            if shape.has_table:
                yield slide, shape


def _texts(deck: Any) -> list[str]:
    """Return the first run of every paragraph of the tables: what a claim says, without what it rests on."""
    return [
        paragraph.text.replace("\v", "\n")
        for _, shape in _tables(deck)
        for cell in shape.table.iter_cells()
        for paragraph in cell.text_frame.paragraphs
    ]


def _notes(deck: Any) -> str:
    return "\n".join(
        slide.notes_slide.notes_text_frame.text for slide in deck.slides if slide.has_notes_slide
    )


def _with(made: JourneyMap, statement: str) -> JourneyMap:
    first = made.stages[1]
    action = first.cells[Lane.ACTIONS][0].model_copy(update={"statement": statement})
    cells = {**first.cells, Lane.ACTIONS: (action, *first.cells[Lane.ACTIONS][1:])}
    stage = first.model_copy(update={"cells": cells})
    return made.model_copy(update={"stages": (made.stages[0], stage, *made.stages[2:])})


def test_slides_say_what_the_map_says_with_its_status_in_words() -> None:
    """Every statement stands in a table as it is, and under it what it rests on."""
    made = journey_map(HOSTILE)
    texts = _texts(_slides(made))
    for stage in made.stages:
        for cell in stage.cells.values():
            for claim in cell:
                found = [text for text in texts if text.startswith(shown(claim.statement))]
                assert found
                assert any(claim.status.value in text for text in found)


def test_evidence_stands_in_the_notes_of_the_slide_of_its_claim() -> None:
    """Quotes with their records, counts, interval and whom they are of."""
    made = journey_map(("Alpha", "Beta", "Gamma"))
    deck = _slides(made)
    notes = _notes(deck)
    for stage in made.stages:
        for cell in stage.cells.values():
            for claim in cell:
                assert claim.claim_id in notes
                for item in (*claim.evidence, *claim.opposing):
                    assert f"“{item.quote}” ({item.record_id}:{item.start}–{item.end})" in notes
                if claim.quantity is not None:
                    assert f"{claim.quantity.n:,} of {claim.quantity.total:,}" in notes
    assert "95 % interval" in notes.replace("\N{NO-BREAK SPACE}", " ")
    for slide, shape in _tables(deck):
        if slide.shapes.title.text_frame.text.startswith("What customers do"):
            own = slide.notes_slide.notes_text_frame.text
            words = [cell.text_frame.text for cell in shape.table.iter_cells()]
            assert any(word.split("\v")[0] in own for word in words if word)


def test_every_slide_that_claims_something_has_its_evidence_in_the_notes_and_nothing_outside() -> None:
    """Boxes, tables and the chart are native, stand on the slide, and opportunities rest on quotes too."""
    made = journey_map(("Alpha", "Beta", "Gamma"))
    deck = _slides(made)
    native = {"TEXT_BOX", "PLACEHOLDER", "TABLE", "AUTO_SHAPE", "CHART"}
    for slide in deck.slides:
        for shape in slide.shapes:
            assert shape.shape_type.name in native
            assert shape.left >= 0
            assert shape.top >= 0
            assert shape.left + shape.width <= deck.slide_width
            assert shape.top + shape.height <= deck.slide_height
    (slide,) = [one for one in deck.slides if one.shapes.title.text_frame.text == "Opportunities"]
    pains = {pain.pain_point_id: pain for pain in made.pain_points}
    for item in made.opportunities:
        for quote in pains[item.pain_point_id].evidence:
            assert quote.quote in slide.notes_slide.notes_text_frame.text


def test_curve_is_a_native_chart_with_gaps_where_the_mood_is_unknown() -> None:
    """Its numbers can be edited; nothing is drawn where nothing is known."""
    made = journey_map(("Alpha",))
    charts = [shape.chart for slide in _slides(made).slides for shape in slide.shapes if shape.has_chart]
    (chart,) = charts
    mean, low, high = chart.plots[0].series
    assert list(chart.plots[0].categories) == [stage.name for stage in made.stages]
    assert list(mean.values) == [point.valence for point in made.emotion_curve]
    assert list(low.values) == [point.low for point in made.emotion_curve]
    assert list(high.values) == [point.high for point in made.emotion_curve]


@pytest.mark.parametrize(
    "name", ["=1+1", '=HYPERLINK("https://evil.example")', "https://evil.example", "mailto:a@b.example"]
)
def test_stage_names_are_no_formulas_and_no_links_in_the_table_behind_the_chart(name: str) -> None:
    """Its writer takes texts for what they look like."""
    made = journey_map(("Alpha",))
    stages = tuple(stage.model_copy(update={"name": f"{name}{k}"}) for k, stage in enumerate(made.stages))
    points = tuple(
        point.model_copy(update={"stage": f"{name}{k}"}) for k, point in enumerate(made.emotion_curve)
    )
    data = export_map(
        made.model_copy(update={"stages": stages, "emotion_curve": points}), ExportFormat.PPTX
    ).data
    with zipfile.ZipFile(io.BytesIO(data)) as deck:
        books = [deck.read(entry) for entry in deck.namelist() if entry.endswith(".xlsx")]
    for book in books:
        with zipfile.ZipFile(io.BytesIO(book)) as packed:
            sheet = b"".join(packed.read(entry) for entry in packed.namelist() if "worksheets" in entry)
        assert b"<f>" not in sheet
        assert b"hyperlink" not in sheet.lower()


@pytest.mark.parametrize(
    "words", [HOSTILE, ("Short",), (_LONG[:1_500],), ("水" * 400, "W" * 900, "a\n" * 60)]
)
def test_nothing_overflows_and_nothing_overlaps(words: tuple[str, ...]) -> None:
    """Every box is on its slide and beside the others; every row is as high as the letters of its cells need."""
    deck = _slides(journey_map(words))
    for slide in deck.slides:
        boxes = [(s.left.pt, s.top.pt, s.left.pt + s.width.pt, s.top.pt + s.height.pt) for s in slide.shapes]
        assert all(x >= 0 and y >= 0 and right <= 960.1 and bottom <= 540.1 for x, y, right, bottom in boxes)
        placed = boxes[1:] if boxes and boxes[0][2] - boxes[0][0] < 20 else boxes
        for number, one in enumerate(placed):
            for other in placed[number + 1 :]:
                across = min(one[2], other[2]) - max(one[0], other[0])
                down = min(one[3], other[3]) - max(one[1], other[1])
                assert across <= 0.5 or down <= 0.5, slide.shapes.title.text_frame.text
    for _, shape in _tables(deck):
        for row in shape.table.rows:
            for cell, column in zip(row.cells, shape.table.columns, strict=True):
                assert _needed(cell, column.width.pt) <= row.height.pt + 0.5


def _needed(cell: Any, width: float) -> float:
    """Return how high a cell's letters are, in the wider font."""
    total = 0.0
    for paragraph in cell.text_frame.paragraphs:
        lines: list[list[Any]] = [[]]
        for child in paragraph._p:
            if child.tag.endswith("}br"):
                lines.append([])
            elif child.tag.endswith("}r"):
                lines[-1].append(child)
        runs = {run._r: run for run in paragraph.runs}
        for line in lines:
            size = max([runs[r].font.size.pt for r in line], default=8.5)
            text = "".join(runs[r].text for r in line)
            bold = any(runs[r].font.bold for r in line)
            total += len(line_starts(text, size, width - 10, bold=bold)) * size * 1.2
    return total


def test_ends_of_lines_and_empty_cells_are_as_high_as_their_letters() -> None:
    """Without a size of their own they would be as high as the master's letters, and rows would grow."""
    made = journey_map(("Alpha\nbeta",))
    for _, shape in _tables(_slides(made)):
        for cell in shape.table.iter_cells():
            for paragraph in cell.text_frame.paragraphs:
                sized = [
                    child for child in paragraph._p if child.tag.rpartition("}")[2] in {"br", "endParaRPr"}
                ]
                assert sized
                assert all(element.xpath("./@sz | ./a:rPr/@sz") for element in sized)
                assert sized[-1].tag.endswith("}endParaRPr")
                assert sized[-1] is paragraph._p[-1]


def test_long_statement_goes_on_over_slides_and_is_whole() -> None:
    """Ten thousand characters, in a row, and nothing is said twice."""
    made = _with(journey_map(("Alpha",)), _LONG)
    texts = [text.split("\nobserved")[0] for text in _texts(_slides(made))]
    pieces = [text for text in texts if "goes on and on" in text]
    assert len(pieces) > 2
    assert "".join(pieces) == _LONG


def test_file_has_a_title_and_the_day_of_drafting_and_no_hidden_person() -> None:
    """What file managers show."""
    made = journey_map(("Alpha",))
    about = _slides(made).core_properties
    assert about.title == made.scope.journey
    assert about.author == about.last_modified_by == "Journey Insight"
    assert about.created is not None
    assert about.created.date() == made.drafted_at.date()


def test_assumption_maps_say_so_on_every_slide() -> None:
    """A map that rests on opinions is marked wherever it goes."""
    made = journey_map(("Alpha",))
    stages = tuple(
        stage.model_copy(
            update={
                "cells": {
                    lane: tuple(claim.model_copy(update={"status": ClaimStatus.ASSUMPTION}) for claim in cell)
                    for lane, cell in stage.cells.items()
                }
            }
        )
        for stage in made.stages
    )
    for slide in _slides(made.model_copy(update={"stages": stages})).slides:
        assert any(
            "ASSUMPTION MAP" in shape.text_frame.text for shape in slide.shapes if shape.has_text_frame
        )


_CELL = st.lists(st.builds(Paragraph, st.text(max_size=300), st.text(max_size=40), st.booleans()), max_size=4)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(_CELL, _CELL, _CELL), max_size=6), st.integers(90, 400))
def test_pages_hold_every_word_once_and_no_more_than_fits(
    rows: Sequence[tuple[list[Paragraph], ...]], room: int
) -> None:
    """The law of the tables, for any words and any page."""
    widths = (60.0, 90.0, 140.0)
    pages = paged(rows, widths, float(room))
    for page in pages:
        assert sum(row.height for row in page) <= room + 1e-6
        for row in page:
            assert row.height == row_height(row.cells, widths)
    for column in (1, 2):
        before = "".join(p.text for row in rows for p in row[column])
        after = "".join(p.text for page in pages for row in page for p in row.cells[column])
        assert after == before
    assert height_of(Paragraph("a"), 90.0) + 2 * PAD_Y < 90
