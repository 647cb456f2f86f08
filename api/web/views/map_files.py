"""Files of a map: exports with what each loses, edited files that come back, planned maps laid beside what customers did."""

import tempfile
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from pathlib import Path

from agent.analyse.conformance import Conformance, Coverage
from agent.errors import InputError, TooLargeError
from agent.pipeline.conforming import conform
from agent.pipeline.map_importing import MapEdit, read_edited
from agent.pipeline.workspace import Workspace
from agent.read.plans import read_plan
from agent.render.exports import EXPORTS, ExportFormat
from agent.schemas.journey import JourneyMap

MAX_FILE_BYTES = 10 * 1024**2
_NAMES = {
    ExportFormat.JSON: ("JSON", "For programs and for bringing it back; the published schema."),
    ExportFormat.CSV: ("CSV", "A claim a row, for a spreadsheet; can be edited and brought back."),
    ExportFormat.PPTX: ("PowerPoint", "Slides with boxes that can be edited, evidence in the notes."),
    ExportFormat.PDF: ("PDF", "To print or send."),
    ExportFormat.HTML: ("Web page", "One file that opens anywhere."),
    ExportFormat.MARKDOWN: ("Markdown", "For a wiki or a repository."),
    ExportFormat.PNG: ("Picture (PNG)", "The grid and the curve."),
    ExportFormat.SVG: ("Picture (SVG)", "The same, sharp at any size."),
    ExportFormat.MERMAID: ("Mermaid", "A journey diagram as text."),
    ExportFormat.CJML: ("CJML 2.0", "The customer journey modelling language, as XML."),
    ExportFormat.MIRO_CSV: ("Miro (CSV)", "Cards or notes on a board; can be edited and brought back."),
    ExportFormat.MIRO_JSON: ("Miro (JSON)", "Bodies of its bulk creation, 20 items each."),
    ExportFormat.LUCID: ("Lucid (CSV)", "Lucidchart's import of process diagrams."),
}


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A format that a map can be downloaded as."""

    format: ExportFormat
    name: str
    purpose: str
    loss: tuple[str, ...]
    """What it cannot hold; empty where it holds everything."""


@dataclass(frozen=True, slots=True)
class ReadEdit:
    """An edited file and what it would change."""

    edit: MapEdit
    name: str
    carried: str
    """The file itself, as a form can carry it: what is applied is read again from it."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A planned map beside what customers did."""

    name: str
    form: str
    found: Conformance | None
    """None where the customers of the map have no events."""

    @property
    def coverages(self) -> tuple[Coverage, ...]:
        """By stage and by touchpoint, as far as the plan has them."""
        if self.found is None:
            return ()
        return tuple(one for one in (self.found.touchpoints, self.found.stages) if one is not None)


def file_formats() -> list[FileFormat]:
    """Return the formats there are, in the order of their use."""
    return [FileFormat(key, *_NAMES[key], EXPORTS[key].loss) for key in _NAMES if key in EXPORTS]


def read_edit(workspace: Workspace, data: bytes, *, name: str, map_id: str) -> ReadEdit:
    """Return what an edited file would change in a map.

    Raises:
        TooLargeError: It is larger than any export of a map.
        InputError: It cannot be read, or is of another map.
        NotFoundError: The map or version it was made from is not there.
    """
    _check_size(data)
    edit = read_edited(workspace, data, name=name)
    if edit.map_id != map_id:
        msg = f"the file {name!r} was made from another map"
        raise InputError(msg, hint="Upload it on the page of that map.")
    return ReadEdit(edit, name, b64encode(data).decode())


def carried_file(carried: str) -> bytes:
    """Return a file that a form carried.

    Raises:
        InputError: The form was altered.
    """
    try:
        return b64decode(carried, validate=True)
    except (Base64Error, ValueError) as error:
        msg = "the form does not hold the file any more"
        raise InputError(msg, hint="Upload the file again.") from error


def laid_beside(workspace: Workspace, journey_map: JourneyMap, data: bytes, *, name: str) -> Planned:
    """Return a planned map laid beside what the map's customers did.

    Raises:
        TooLargeError: The file is too large.
        UnreadableSourceError: It cannot be read.
        UnknownFormatError: It is no planned map that is known.
    """
    _check_size(data)
    with tempfile.TemporaryDirectory(prefix="journey-plan-") as folder:
        path = Path(folder) / "plan"
        path.write_bytes(data)
        read = read_plan(path)
    return Planned(name, read.form, conform(workspace.apart(), read.plan, where=journey_map.scope.where))


def _check_size(data: bytes) -> None:
    if len(data) > MAX_FILE_BYTES:
        msg = f"the file has {len(data):,} bytes; {MAX_FILE_BYTES:,} at most are taken"
        raise TooLargeError(msg, hint="Upload the map's own file and nothing else.")
