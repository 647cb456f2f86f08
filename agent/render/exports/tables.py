"""Tables of a map: one row a claim for spreadsheets, cards for Miro, shapes and lines for Lucidchart."""

from collections.abc import Sequence

from agent.render.csv_cells import csv_text
from agent.render.exports.parts import loss_line
from agent.render.exports.rows import (
    LANE_NAMES,
    ClaimRow,
    claim_rows,
    quoted,
    reference,
    stage_rows,
    standing,
    worded,
)
from agent.render.letters import cut
from agent.schemas.evidence import Evidence
from agent.schemas.journey import JourneyMap

CSV_COLUMNS = (
    "map_id", "version", "stage", "lane", "claim_id", "status", "statement", "n", "total", "share", "low", "high",
    "population", "quotes", "opposing_quotes", "needed", "stated_by", "expires_at", "owner", "review_by",
    "not_in_this_file",
)  # fmt: skip
MIRO_COLUMNS = ("Title", "Description", "Stage", "Lane", "Status", "Reference", "Not in this file")
LUCID_COLUMNS = (
    "Id", "Name", "Shape Library", "Page ID", "Contained By", "Group", "Line Source", "Line Destination",
    "Source Arrow", "Destination Arrow", "Status", "Text Area 1", "Comments", "reference", "lane",
)  # fmt: skip
_DECIMALS = 4
_LUCID_CHARS = 2_000
"""Of a shape's text: more is not read in a diagram."""
_PAGE_ID = 1


def csv_of(journey_map: JourneyMap, loss: tuple[str, ...]) -> bytes:
    """Return one row a claim; the last column of the first row says what is not in the file."""
    rows = [claim_cells(journey_map, row) for row in claim_rows(journey_map)]
    return _table(CSV_COLUMNS, _with_loss(rows, loss))


def claim_cells(journey_map: JourneyMap, row: ClaimRow) -> list[object]:
    """Return the cells of a claim, in the order of `CSV_COLUMNS`, without the last."""
    claim, quantity = row.claim, row.claim.quantity
    figures: list[object] = [None] * 6
    if quantity is not None:
        bounds = (quantity.share, quantity.low, quantity.high)
        figures = [quantity.n, quantity.total, *map(_rounded, bounds), quantity.population]
    return [
        journey_map.map_id,
        journey_map.version,
        row.stage,
        row.lane.value,
        claim.claim_id,
        claim.status.value,
        claim.statement,
        *figures,
        _quotes(claim.evidence),
        _quotes(claim.opposing),
        claim.missing,
        claim.stated_by,
        None if claim.expires_at is None else claim.expires_at.isoformat(),
        journey_map.owner,
        None if journey_map.review_by is None else journey_map.review_by.isoformat(),
    ]


def miro_csv_of(journey_map: JourneyMap, loss: tuple[str, ...]) -> bytes:
    """Return a table whose rows become cards; the reference finds a claim again when it is imported."""
    return _table(
        MIRO_COLUMNS, _with_loss([miro_cells(journey_map, row) for row in claim_rows(journey_map)], loss)
    )


def miro_cells(journey_map: JourneyMap, row: ClaimRow) -> list[object]:
    """Return the cells of a claim, in the order of `MIRO_COLUMNS`, without the last."""
    claim = row.claim
    lines = [standing(claim), *([f"Needed: {claim.missing}"] if claim.missing else [])]
    lines += [quoted(item) for item in claim.evidence]
    lines += [f"Speaks against it: {quoted(item)}" for item in claim.opposing]
    place = [row.stage, LANE_NAMES[row.lane], claim.status.value]
    return [claim.statement, "\n".join(lines), *place, reference(journey_map, claim)]


def lucid_of(journey_map: JourneyMap, loss: tuple[str, ...]) -> bytes:
    """Return the shapes and lines of Lucidchart's import of process diagrams: stages in a row, claims under them."""
    scope = journey_map.scope
    who = f"{scope.journey}: {scope.persona}, who want to {scope.goal}"
    head = f"{who}. About {scope.population}. Purpose: {scope.purpose}"
    shapes = [_lucid(_PAGE_ID, "Page", text=scope.journey), _shape(2, head), _shape(3, loss_line(loss))]
    lines: list[tuple[int, int]] = []
    before: int | None = None
    for stage in journey_map.stages:
        stage_id = len(shapes) + 1
        shapes.append(_shape(stage_id, stage.name, name="Terminator"))
        if before is not None:
            lines.append((before, stage_id))
        before = stage_id
        for row in stage_rows(stage):
            number = len(shapes) + 1
            text = f"{LANE_NAMES[row.lane]}: {worded(row.claim)} ({standing(row.claim)})"
            shapes.append(
                _shape(number, text, reference=reference(journey_map, row.claim), lane=row.lane.value)
            )
            lines.append((stage_id, number))
    first = len(shapes) + 1
    drawn = [_lucid(first + k, "Line", ends=ends) for k, ends in enumerate(lines)]
    return _table(LUCID_COLUMNS, [*shapes, *drawn])


def _shape(
    number: int, text: str, *, name: str = "Process", reference: str = "", lane: str = ""
) -> list[object]:
    return _lucid(number, name, library="Flowchart Shapes", text=text, reference=reference, lane=lane)


def _lucid(
    number: int,
    name: str,
    *,
    library: str = "",
    text: str = "",
    reference: str = "",
    lane: str = "",
    ends: tuple[int, int] | None = None,
) -> list[object]:
    page = None if name == "Page" else _PAGE_ID
    source, target = ends or (None, None)
    arrows = ("None", "Arrow") if ends else (None, None)
    return [
        number, name, library, page, None, None, source, target, *arrows, None, cut(text, _LUCID_CHARS), None,
        reference, lane,
    ]  # fmt: skip


def _with_loss(rows: Sequence[Sequence[object]], loss: tuple[str, ...]) -> list[list[object]]:
    return [[*row, loss_line(loss) if number == 0 else None] for number, row in enumerate(rows)]


def _table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    # Spreadsheets take a file for UTF-8 only where it begins with a byte order mark.
    return csv_text(columns, rows).encode("utf-8-sig")


def _quotes(evidence: Sequence[Evidence]) -> str:
    return "\n".join(map(quoted, evidence))


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, _DECIMALS)
