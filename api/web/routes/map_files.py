"""A map's versions and what changed between them, its files, and a planned map beside it."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, UploadFile
from fastapi.responses import RedirectResponse, Response

from agent.pipeline.map_diff import map_diff
from agent.pipeline.map_importing import apply_edit
from agent.render.exports import ExportFormat, export_map
from agent.schemas.accounts import Role
from api.web.pages import brand_path, page
from api.web.views.map_files import MAX_FILE_BYTES, carried_file, file_formats, laid_beside, read_edit
from api.web.views.map_page import map_view
from api.web.views.map_versions import version_rows
from api.web.visits import VisitDep

router = APIRouter(prefix="/w/{workspace}/maps/{map_id}")

Version = Annotated[int, Query(ge=1)]
Chosen = Annotated[int | None, Query(ge=1)]


@router.get("/versions")
def show_versions(
    request: Request, visit: VisitDep, map_id: str, earlier: Chosen = None, later: Chosen = None
) -> Response:
    """List the versions; the comparison of two is loaded by itself, as it takes a moment."""
    workspace = visit.brand.workspace
    view = map_view(workspace, map_id, None, now=visit.services.clock())
    rows = version_rows(workspace, view.note)
    chosen = (earlier, later) if earlier and later else view.versions[-2:]
    return page(
        request, "maps/versions.html", place="maps", view=view, tab="versions", rows=rows, chosen=chosen
    )


@router.get("/diff")
def show_diff(request: Request, visit: VisitDep, map_id: str, earlier: Version, later: Version) -> Response:
    """Show what changed between two versions."""
    workspace = visit.brand.workspace
    diff = map_diff(workspace, map_id, earlier=earlier, later=later)
    view = map_view(workspace, map_id, None, now=visit.services.clock())
    template = "maps/diff.html" if "HX-Request" in request.headers else "maps/diff_page.html"
    return page(request, template, place="maps", view=view, diff=diff, tab="versions")


@router.get("/files")
def show_files(request: Request, visit: VisitDep, map_id: str) -> Response:
    """List what the map can be downloaded as, with what each format loses."""
    view = map_view(visit.brand.workspace, map_id, None, now=visit.services.clock())
    return page(
        request, "maps/files.html", place="maps", view=view, tab="files", formats=file_formats(), read=None
    )


@router.get("/files/{file_format}")
def download(
    visit: VisitDep,
    map_id: str,
    file_format: ExportFormat,
    version: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """Send a map as a file."""
    made = export_map(visit.brand.workspace.store.results.map(map_id, version), file_format)
    headers = {"Content-Disposition": f'attachment; filename="{made.file_name}"'}
    return Response(made.data, media_type=made.media_type, headers=headers)


@router.post("/edits/uploads")
def look_at_edit(request: Request, visit: VisitDep, map_id: str, file: UploadFile) -> Response:
    """Show what an edited file would change; nothing is stored yet."""
    visit.require(Role.EDITOR, "bringing back an edited map")
    workspace = visit.brand.workspace
    data = file.file.read(MAX_FILE_BYTES + 1)
    read = read_edit(workspace, data, name=file.filename or "file", map_id=map_id)
    view = map_view(workspace, map_id, None, now=visit.services.clock())
    return page(
        request, "maps/files.html", place="maps", view=view, tab="files", formats=file_formats(), read=read
    )


@router.post("/edits/apply/uploads")
def apply_edits(
    visit: VisitDep,
    map_id: str,
    carried: Annotated[str, Form()],
    name: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """Store an edited file's changes as the next version; the file is read again, whatever the page showed."""
    visit.require(Role.EDITOR, "bringing back an edited map")
    with visit.brand.writing() as workspace:
        read = read_edit(workspace, carried_file(carried), name=name, map_id=map_id)
        apply_edit(workspace, read.edit, by=visit.name)
    return RedirectResponse(brand_path(visit.brand.name, "maps", map_id), status_code=303)


@router.get("/planned")
def show_planned(request: Request, visit: VisitDep, map_id: str) -> Response:
    """Ask for a planned map."""
    view = map_view(visit.brand.workspace, map_id, None, now=visit.services.clock())
    return page(request, "maps/planned.html", place="maps", view=view, tab="planned", planned=None)


@router.post("/planned/uploads")
def lay_beside(request: Request, visit: VisitDep, map_id: str, file: UploadFile) -> Response:
    """Lay a planned map beside what customers did; the plan is not kept."""
    workspace = visit.brand.workspace
    view = map_view(workspace, map_id, None, now=visit.services.clock())
    data = file.file.read(MAX_FILE_BYTES + 1)
    planned = laid_beside(workspace, view.map, data, name=file.filename or "file")
    return page(request, "maps/planned.html", place="maps", view=view, tab="planned", planned=planned)
