"""A map as sticky notes of a Miro board, in bodies of Miro's bulk creation.

A body is `POST`ed to `/v2/boards/{board_id}/items/bulk`, which creates all of its items or none. Beside every body stand
our references in the same order, so that the ids which Miro answers with can be kept with them; the reference is also the
last line of the note, for boards whose ids were not kept.
"""

from collections.abc import Iterator
from html import escape
from typing import Any

import orjson

from agent.render.exports.rows import (
    LANE_NAMES,
    ClaimRow,
    quote_lines,
    reference,
    stage_rows,
    standing,
    worded,
)
from agent.render.letters import cut, shown
from agent.schemas.evidence import ClaimStatus
from agent.schemas.journey import JourneyMap, Stage

BATCH_ITEMS = 20
"""Miro's limit of items in one body."""
_STATEMENT_CHARS, _QUOTE_CHARS = 2_000, 300
"""A note holds 6,000 characters with its markup; what is longer is cut."""
_COLUMN, _ROW, _NOTE = 900, 260, 240
_COLORS = {
    ClaimStatus.OBSERVED: "light_yellow",
    ClaimStatus.INFERRED: "light_blue",
    ClaimStatus.ASSUMPTION: "light_pink",
    ClaimStatus.UNKNOWN: "gray",
    ClaimStatus.BROKEN: "red",
}
_NOTES_A_ROW = 3


def miro_json_of(journey_map: JourneyMap, loss: tuple[str, ...]) -> bytes:
    """Return the notes of a map in batches, each with the references of its items."""
    notes = list(_notes(journey_map))
    batches = [
        {
            "references": [name for name, _ in notes[at : at + BATCH_ITEMS]],
            "items": [item for _, item in notes[at : at + BATCH_ITEMS]],
        }
        for at in range(0, len(notes), BATCH_ITEMS)
    ]
    body = {
        "map_id": journey_map.map_id,
        "version": journey_map.version,
        "scope": journey_map.scope.model_dump(mode="json"),
        "not_in_this_file": list(loss),
        "batches": batches,
    }
    return orjson.dumps(body, option=orjson.OPT_INDENT_2) + b"\n"


def _notes(journey_map: JourneyMap) -> Iterator[tuple[str, dict[str, Any]]]:
    for column, stage in enumerate(journey_map.stages):
        left = column * _COLUMN
        name = f"{journey_map.map_id}/{journey_map.version}/stage-{column + 1}"
        yield name, _note(f"<p><strong>{_text(stage.name, _QUOTE_CHARS)}</strong></p>", left, 0, "gray")
        yield from _claims(journey_map, stage, left)


def _claims(journey_map: JourneyMap, stage: Stage, left: int) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, row in enumerate(stage_rows(stage)):
        down, across = divmod(number, _NOTES_A_ROW)
        name = reference(journey_map, row.claim)
        color = _COLORS[row.claim.status]
        yield name, _note(_content(row, name), left + across * (_NOTE + 20), (down + 1) * _ROW, color)


def _content(row: ClaimRow, name: str) -> str:
    lines = [
        f"<strong>{LANE_NAMES[row.lane]}</strong>",
        _text(worded(row.claim), _STATEMENT_CHARS),
        _text(standing(row.claim), _QUOTE_CHARS),
        *(_text(line, _QUOTE_CHARS) for line in quote_lines(row.claim)[:1]),
        _text(name, _QUOTE_CHARS),
    ]
    return "".join(f"<p>{line}</p>" for line in lines)


def _text(text: str, longest: int) -> str:
    return escape(cut(shown(text), longest))


def _note(content: str, x: int, y: int, color: str) -> dict[str, Any]:
    return {
        "type": "sticky_note",
        "data": {"content": content, "shape": "square"},
        "style": {"fillColor": color, "textAlign": "left", "textAlignVertical": "top"},
        "position": {"x": x, "y": y},
        "geometry": {"width": _NOTE},
    }
