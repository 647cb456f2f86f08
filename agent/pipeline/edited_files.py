"""Reads files of a map that people edited: our JSON, our table, or the cards of a Miro board, to one row a claim.

Only wording and owner are theirs to change. Every row says beside its wording whether anything else in it differs from the
map it was made from; figures are compared as a spreadsheet rounds them.
"""

import csv
import io
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from agent.errors import SchemaError, UnknownFormatError, UnreadableSourceError
from agent.render.csv_cells import csv_cell, plain_of
from agent.render.exports.rows import LANE_NAMES, ClaimRow, claim_rows
from agent.render.exports.tables import CSV_COLUMNS, MIRO_COLUMNS, claim_cells, miro_cells
from agent.schemas.evidence import Claim, ClaimStatus, Lane
from agent.schemas.journey import JourneyMap

MAX_BYTES = 50_000_000
_REFERENCE = re.compile(r"^(?P<map_id>[^/\s]+)/(?P<version>\d{1,9})/(?P<claim_id>[^/\s]+)$")
_TOLERANCE = 1e-6
_NUMBERS = frozenset({"n", "total", "share", "low", "high"})
_NOT_COMPARED = frozenset({"statement", "owner", "map_id", "version", "claim_id", "not_in_this_file"})
FindMap = Callable[[str, int], JourneyMap]


@dataclass(frozen=True, slots=True)
class EditedRow:
    """A claim as somebody's file has it."""

    row: int
    """Counted from 1, without the head."""
    claim_id: str | None
    stage: str
    lane: str
    statement: str
    fault: str | None = None
    """What else differs from the map; numbers, quotes and places cannot be changed by hand."""


@dataclass(frozen=True, slots=True)
class EditedFile:
    """A file with the map it was made from."""

    base: JourneyMap
    rows: tuple[EditedRow, ...]
    owners: frozenset[str | None]
    """Every owner that the file names, empty where it has none to name."""
    faults: tuple[str, ...] = ()
    """What differs in no row."""


def read_file(data: bytes, *, name: str, find: FindMap) -> EditedFile:
    """Read an edited file.

    Args:
        data: The file.
        name: What it is called, for messages.
        find: Returns a version of a map.

    Raises:
        UnreadableSourceError: It is no text in UTF-8, or broken.
        UnknownFormatError: It is no file of a map.
        SchemaError: It is JSON and no map.
        NotFoundError: The map or version it was made from is not there.
    """
    text = _text(data, name)
    if text.lstrip().startswith("{"):
        return _from_json(text, name, find)
    return _from_table(text, name, find)


def _text(data: bytes, name: str) -> str:
    if len(data) > MAX_BYTES:
        msg = f"{name!r} has {len(data):,} bytes; {MAX_BYTES:,} at most were expected"
        raise UnreadableSourceError(msg, hint="Import the file of one map.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{name!r} is no text in UTF-8"
        raise UnreadableSourceError(msg, hint="Save it as JSON, or as CSV in UTF-8.") from error


def _from_json(text: str, name: str, find: FindMap) -> EditedFile:
    try:
        edited = JourneyMap.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        msg = f"{name!r} is no map: {error.error_count()} faults, the first at {place}"
        hint = "`journey map export ID --format json` writes one."
        raise SchemaError(msg, hint=hint) from error
    base = find(edited.map_id, edited.version)
    known = {row.claim.claim_id: row for row in claim_rows(base)}
    rows = tuple(
        _json_row(number, row, known.get(row.claim.claim_id))
        for number, row in enumerate(claim_rows(edited), start=1)
    )
    return EditedFile(base, rows, frozenset({edited.owner}), tuple(_other_faults(edited, base)))


def _json_row(number: int, row: ClaimRow, known: ClaimRow | None) -> EditedRow:
    claim, fault = row.claim, None
    if known is None:
        has_figures = claim.evidence or claim.opposing or claim.metrics or claim.quantity
        fault = "quotes and numbers cannot be added by hand" if has_figures else None
    else:
        worded = {"statement": known.claim.statement}
        if row.stage != known.stage or row.lane is not known.lane:
            fault = "a claim cannot be moved by hand"
        elif claim.model_copy(update=worded) != known.claim:
            fault = "only the statement of a claim can be changed by hand, not its numbers, quotes or status"
    claim_id = None if known is None else claim.claim_id
    return EditedRow(number, claim_id, row.stage, row.lane.value, claim.statement, fault)


def _other_faults(edited: JourneyMap, base: JourneyMap) -> Iterator[str]:
    for field in JourneyMap.model_fields:
        if field not in {"stages", "owner"} and getattr(edited, field) != getattr(base, field):
            yield f"{field} cannot be changed by hand"
    if [stage.name for stage in edited.stages] != [stage.name for stage in base.stages]:
        yield "stages cannot be changed by hand"


def _from_table(text: str, name: str, find: FindMap) -> EditedFile:
    head = text.partition("\n")[0]
    delimiter = max((",", ";", "\t"), key=head.count)
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        msg = f"{name!r} is no table: {error}"
        raise UnreadableSourceError(msg, hint="Save it as CSV in UTF-8.") from error
    columns = {*(rows[0] if rows else ())}
    cells = [{str(k): plain_of(v or "") for k, v in row.items() if isinstance(v, str)} for row in rows]
    if {"claim_id", "statement"} <= columns:
        return _from_csv(cells, name, find, decimal_comma=delimiter == ";")
    if {"Title", "Reference"} <= columns:
        return _from_miro(cells, name, find)
    msg = f"{name!r} is no file of a map: the columns claim_id and statement, or Title and Reference, were expected"
    raise UnknownFormatError(msg, hint="Edit a file that `journey map export` wrote, and keep its head line.")


def _from_csv(
    rows: Sequence[Mapping[str, str]], name: str, find: FindMap, *, decimal_comma: bool
) -> EditedFile:
    named = {(row.get("map_id", ""), row.get("version", "")) for row in rows if row.get("claim_id")}
    base = _base(named, name, find)
    known = {row.claim.claim_id: _table_cells(base, row) for row in claim_rows(base)}
    edited = [
        _csv_row(number, row, known, decimal_comma=decimal_comma) for number, row in enumerate(rows, start=1)
    ]
    owners = {row["owner"].strip() or None for row in rows if "owner" in row and row.get("claim_id") in known}
    return EditedFile(base, tuple(edited), frozenset(owners))


def _table_cells(base: JourneyMap, row: ClaimRow) -> dict[str, str]:
    cells = zip(CSV_COLUMNS, claim_cells(base, row), strict=False)
    return {column: plain_of(csv_cell(value)) for column, value in cells}


def _csv_row(
    number: int, row: Mapping[str, str], known: Mapping[str, Mapping[str, str]], *, decimal_comma: bool
) -> EditedRow:
    claim_id = row["claim_id"].strip()
    stage, lane, statement = row.get("stage", "").strip(), row.get("lane", "").strip(), row["statement"]
    before = known.get(claim_id)
    if before is None:
        given = [c for c in ("n", "total", "share", "quotes", "opposing_quotes") if row.get(c, "").strip()]
        fault = f"quotes and numbers cannot be added by hand: {', '.join(given)}" if given else None
        return EditedRow(number, None, stage, lane, statement, fault)
    changed = [
        column
        for column, value in row.items()
        if column in before and column not in _NOT_COMPARED
        if not _same(column, before[column], value, decimal_comma=decimal_comma)
    ]
    fault = f"{', '.join(changed)} cannot be changed by hand" if changed else None
    return EditedRow(number, claim_id, before["stage"], before["lane"], statement, fault)


def _same(column: str, before: str, after: str, *, decimal_comma: bool) -> bool:
    if column in _NUMBERS and before and after.strip():
        number = after.strip().replace(",", ".") if decimal_comma else after.strip()
        try:
            return math.isclose(float(before), float(number), abs_tol=_TOLERANCE)
        except ValueError:
            return False
    return before.split() == after.split()


def _from_miro(rows: Sequence[Mapping[str, str]], name: str, find: FindMap) -> EditedFile:
    found = [_REFERENCE.match(row["Reference"].strip()) for row in rows]
    base = _base({(item["map_id"], item["version"]) for item in found if item}, name, find)
    known = {row.claim.claim_id: row for row in claim_rows(base)}
    edited = [
        _miro_row(number, row, base, known.get(item["claim_id"]) if item else None)
        for number, (row, item) in enumerate(zip(rows, found, strict=True), start=1)
    ]
    return EditedFile(base, tuple(edited), frozenset())


def _miro_row(number: int, row: Mapping[str, str], base: JourneyMap, known: ClaimRow | None) -> EditedRow:
    if known is None:
        lane = row.get("Lane", "").strip()
        by_name = {name.casefold(): lane.value for lane, name in LANE_NAMES.items()}
        return EditedRow(
            number, None, row.get("Stage", "").strip(), by_name.get(lane.casefold(), lane), row["Title"]
        )
    before = dict(zip(MIRO_COLUMNS, map(csv_cell, miro_cells(base, known)), strict=False))
    changed = [
        column
        for column in ("Description", "Stage", "Lane", "Status")
        if column in row and row[column].split() != plain_of(before[column]).split()
    ]
    fault = f"{', '.join(changed)} cannot be changed by hand" if changed else None
    return EditedRow(number, known.claim.claim_id, known.stage, known.lane.value, row["Title"], fault)


def _base(named: set[tuple[str, str]], name: str, find: FindMap) -> JourneyMap:
    if len(named) != 1:
        told = "no map" if not named else "several maps or versions"
        msg = f"{name!r} names {told}; the rows of one version of one map were expected"
        raise UnknownFormatError(msg, hint="Keep the ids that `journey map export` wrote into the file.")
    ((map_id, version),) = named
    if not version.strip().isdecimal():
        msg = f"{name!r} names version {version!r}; a number was expected"
        raise UnknownFormatError(msg, hint="Keep the ids that `journey map export` wrote into the file.")
    return find(map_id.strip(), int(version))


def is_silent(claim: Claim) -> bool:
    """Tell whether a claim says that the data does not say."""
    return claim.status is ClaimStatus.UNKNOWN


def lane_named(name: str) -> Lane | None:
    """Return a lane by its name in files, or None."""
    return next((lane for lane in Lane if lane.value == name), None)
