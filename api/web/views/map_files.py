"""Files of a map: exports with what each loses, edited files that come back, planned maps laid beside what customers did."""

import hashlib
import re
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from markupsafe import Markup

from agent.analyse.conformance import Conformance, Coverage
from agent.analyse.plan_order import Order
from agent.errors import ConflictError, InputError, NotFoundError, TooLargeError
from agent.pipeline.conforming import conform
from agent.pipeline.map_importing import MapEdit, apply_edit, read_edited
from agent.pipeline.snapshot import Snapshot
from agent.pipeline.workspace import Workspace
from agent.read.plans import read_plan
from agent.render.exports import EXPORTS, ExportFormat
from agent.render.order_picture import order_of_coverages, order_png, order_svg
from agent.schemas.journey import JourneyMap
from agent.schemas.planned import PlannedMap, PlannedStage
from api.web.kept_files import KeptFiles
from api.web.views.map_page import threads_of
from api.web.visits import Visit

MAX_FILE_BYTES = 10 * 1024**2
_EDITS, _PLANS = "edits", "plans"
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
_MOST_OF_NAME = 60
"""Characters of what a file is about, in its name."""
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
    n_wordings: int
    """People's wordings that it takes away or puts others in the place of."""
    n_notes: int
    """Open threads of comments on what it takes away; they stay with the version before."""
    file_id: str = ""
    """Under which the file is kept; what is applied is read again from it."""

    @property
    def digest(self) -> str:
        """Of all that it would change, as a person sees it."""
        return hashlib.sha256(self.edit.model_dump_json().encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Planned:
    """A planned map beside what customers did."""

    name: str
    form: str
    found: Conformance | None
    """None where the customers of the map have no events."""
    file_id: str = ""
    """Under which the plan is kept for pictures; empty for the map's own stages."""

    @property
    def coverages(self) -> tuple[Coverage, ...]:
        """By stage and by touchpoint, as far as the plan has them."""
        if self.found is None:
            return ()
        return tuple(one for one in (self.found.touchpoints, self.found.stages) if one is not None)

    @property
    def picture(self) -> Markup:
        """The order that was planned beside the one that customers came in; empty where it cannot be told.

        It is made as XML, every name escaped, and holds no rule of style, script or link.
        """
        found = order_of_coverages(self.coverages)
        return Markup() if found is None else Markup(order_svg(*found))  # noqa: S704 - see above

    @property
    def order(self) -> Order | None:
        """What the picture shows."""
        found = order_of_coverages(self.coverages)
        return None if found is None else found[0]


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
    removed = {one.claim_id for one in edit.removed}
    threads = threads_of(workspace.store.notes.comments.of_map(map_id))
    return ReadEdit(
        edit,
        name,
        n_wordings=sum(one.stated_by is not None for one in (*edit.changed, *edit.removed)),
        n_notes=sum(one.is_open and one.first.place.claim_id in removed for one in threads),
    )


def download_name(found: JourneyMap, file_name: str) -> str:
    """Return what a map's file is called on the machine of who takes it: by whom and what it is about, not by an id."""
    about = _NOT_IN_NAMES.sub("-", f"{found.scope.persona} {found.scope.journey}".lower()).strip("-")
    ending = file_name.removeprefix(found.map_id)
    return f"{about[:_MOST_OF_NAME].strip('-') or found.map_id}{ending}"


def keep_edit(visit: Visit, read: ReadEdit, data: bytes) -> ReadEdit:
    """Keep the file of an edit for the person who looks at it, and return the edit with the file's id."""
    kept = _kept(visit, _EDITS)
    file_id = kept.keep(
        data, name=read.name, account_id=visit.account_id, subject=read.edit.map_id, now=visit.services.clock(),
        shown=read.digest,
    )  # fmt: skip
    return replace(read, file_id=file_id)


def apply_kept(visit: Visit, map_id: str, file_id: str) -> JourneyMap:
    """Store what a kept file changes as the map's next version, as far as it is what the person was shown.

    Raises:
        NotFoundError: The file is not there any more, or is somebody else's.
        ConflictError: It would change something else by now.
    """
    kept = _kept(visit, _EDITS)
    file = kept.get(file_id, account_id=visit.account_id, subject=map_id)
    with visit.brand.writing_soon() as workspace:
        read = read_edit(workspace, file.data, name=file.name, map_id=map_id)
        if read.digest != file.shown:
            msg = "the map was changed since you looked, so the file would change something else now"
            raise ConflictError(msg, hint="Upload the file again and look at its changes as they are now.")
        made = apply_edit(workspace, read.edit, by=visit.account_id)
    kept.drop(file_id)
    return made


def _kept(visit: Visit, kind: str) -> KeptFiles:
    return KeptFiles(visit.brand.workspace, kind)


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


def keep_plan(visit: Visit, planned: Planned, data: bytes, *, map_id: str) -> Planned:
    """Keep a plan for who laid it beside the data, for the files of its picture."""
    file_id = _kept(visit, _PLANS).keep(
        data, name=planned.name, account_id=visit.account_id, subject=map_id, now=visit.services.clock()
    )
    return replace(planned, file_id=file_id)


def kept_plan(visit: Visit, snapshot: Snapshot, journey_map: JourneyMap, file_id: str) -> Planned:
    """Return a plan that somebody laid beside the data, laid beside it again, once for all pictures of a state of the data.

    Raises:
        NotFoundError: It is not there any more, or is somebody else's.
    """
    file = _kept(visit, _PLANS).get(file_id, account_id=visit.account_id, subject=journey_map.map_id)

    def work() -> Planned:
        return laid_beside(snapshot.workspace, journey_map, file.data, name=file.name)

    return snapshot.scope(journey_map.scope.where).asked(("kept plan", file_id), work)


def own_order(snapshot: Snapshot, journey_map: JourneyMap) -> Planned:
    """Return the stages of a map, as they stand in it, beside the order in which its customers came to them."""
    stages = tuple(PlannedStage(name=stage.name) for stage in journey_map.stages)
    where = journey_map.scope.where

    def work() -> Conformance | None:
        plan = PlannedMap(name="The stages of this map", stages=stages)
        return conform(snapshot.workspace.apart(), plan, where=where)

    found = snapshot.scope(where).asked(("order of stages", *(stage.name for stage in stages)), work)
    return Planned("The stages of this map", "the map itself", found)


def picture_of(planned: Planned, form: Literal["svg", "png"]) -> bytes:
    """Return the picture of a plan beside the data as a file.

    Raises:
        NotFoundError: There is nothing to draw.
    """
    found = order_of_coverages(planned.coverages)
    if found is None:
        msg = "there is no order to draw: fewer than two parts of the plan are in the data"
        raise NotFoundError(msg, hint="Upload events, or a plan with names that are in the data.")
    return order_svg(*found).encode() if form == "svg" else order_png(*found)


def _check_size(data: bytes) -> None:
    if len(data) > MAX_FILE_BYTES:
        msg = f"the file has {len(data):,} bytes; {MAX_FILE_BYTES:,} at most are taken"
        raise TooLargeError(msg, hint="Upload the map's own file and nothing else.")
