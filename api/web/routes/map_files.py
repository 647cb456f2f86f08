"""A map's versions and what changed between them, its files, and a planned map beside it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, UploadFile
from fastapi.responses import RedirectResponse, Response

from agent.pipeline.map_diff import map_diff
from agent.render.exports import ExportFormat, export_map
from agent.schemas.accounts import Role
from api.web.auditing import log
from api.web.middleware import PICTURE_POLICY
from api.web.pages import MOST_COUNTED, brand_path, page
from api.web.views.map_files import (
    MAX_FILE_BYTES,
    apply_kept,
    download_name,
    file_formats,
    keep_edit,
    keep_plan,
    kept_plan,
    laid_beside,
    own_order,
    picture_of,
    read_edit,
)
from api.web.views.map_page import map_view
from api.web.views.map_versions import left_of, version_rows
from api.web.visits import Visit, VisitDep
from api.web.waiting import SnapshotDep
from api.who import who_is, with_names

router = APIRouter(prefix="/w/{workspace}/maps/{map_id}")

Form = Literal["svg", "png"]
AsFile = Annotated[bool, Query()]
"""Whether a picture is taken out as a file; a page that shows it writes nothing into the log."""
Version = Annotated[int, Query(ge=1, le=MOST_COUNTED)]
Chosen = Annotated[int | None, Query(ge=1, le=MOST_COUNTED)]


@router.get("/versions")
def show_versions(
    request: Request, visit: VisitDep, map_id: str, earlier: Chosen = None, later: Chosen = None
) -> Response:
    """List the versions; the comparison of two is loaded by itself, as it takes a moment."""
    workspace = visit.brand.workspace
    view = map_view(workspace, map_id, None, now=visit.services.clock())
    rows = version_rows(workspace, view.note)
    chosen = (earlier, later) if earlier and later else view.versions[-2:]
    left = left_of(workspace, view.map)
    return page(
        request,
        "maps/versions.html",
        place="maps",
        view=view,
        tab="versions",
        rows=rows,
        chosen=chosen,
        left=left,
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
    request: Request,
    visit: VisitDep,
    map_id: str,
    file_format: ExportFormat,
    version: Annotated[int | None, Query(ge=1, le=MOST_COUNTED)] = None,
) -> Response:
    """Send a map as a file."""
    found = visit.brand.workspace.store.results.map(map_id, version)
    made = export_map(with_names(found, who_is(visit.services.accounts)), file_format)
    log(request, visit, "map.export", f"version {found.version} of {map_id} as {file_format.value}")
    headers = {"Content-Disposition": f'attachment; filename="{download_name(found, made.file_name)}"'}
    return Response(made.data, media_type=made.media_type, headers=headers)


@router.post("/edits/uploads")
def look_at_edit(request: Request, visit: VisitDep, map_id: str, file: UploadFile) -> Response:
    """Show what an edited file would change; nothing is stored in the map yet."""
    visit.require(Role.EDITOR, "bringing back an edited map")
    workspace = visit.brand.workspace
    data = file.file.read(MAX_FILE_BYTES + 1)
    read = read_edit(workspace, data, name=file.filename or "file", map_id=map_id)
    if read.edit.has_changes:
        read = keep_edit(visit, read, data)
    view = map_view(workspace, map_id, None, now=visit.services.clock())
    return page(
        request, "maps/files.html", place="maps", view=view, tab="files", formats=file_formats(), read=read
    )


@router.post("/edits/{file_id}/apply")
def apply_edits(request: Request, visit: VisitDep, map_id: str, file_id: str) -> Response:
    """Store an edited file's changes as the next version, as they were shown."""
    visit.require(Role.EDITOR, "bringing back an edited map")
    made = apply_kept(visit, map_id, file_id)
    log(request, visit, "map.import", f"version {made.version} of {map_id}")
    return RedirectResponse(brand_path(visit.brand.name, "maps", map_id), status_code=303)


@router.get("/planned")
def show_planned(request: Request, visit: VisitDep, map_id: str) -> Response:
    """Ask for a planned map."""
    view = map_view(visit.brand.workspace, map_id, None, now=visit.services.clock())
    return page(request, "maps/planned.html", place="maps", view=view, tab="planned", planned=None)


@router.post("/planned/uploads")
def lay_beside(request: Request, visit: VisitDep, map_id: str, file: UploadFile) -> Response:
    """Lay a planned map beside what customers did; the plan is kept for two days, for its picture alone."""
    workspace = visit.brand.workspace
    view = map_view(workspace, map_id, None, now=visit.services.clock())
    data = file.file.read(MAX_FILE_BYTES + 1)
    planned = laid_beside(workspace, view.map, data, name=file.filename or "file")
    if planned.order is not None:
        planned = keep_plan(visit, planned, data, map_id=map_id)
    return page(request, "maps/planned.html", place="maps", view=view, tab="planned", planned=planned)


@router.get("/planned/order")
def show_order(request: Request, visit: VisitDep, snapshot: SnapshotDep, map_id: str) -> Response:
    """Show the map's own stages beside the order in which customers came to them; a part of its pages."""
    view = map_view(visit.brand.workspace, map_id, None, now=visit.services.clock())
    planned = own_order(snapshot, view.map)
    template = "maps/order.html" if "HX-Request" in request.headers else "maps/order_page.html"
    return page(request, template, place="maps", view=view, tab="planned", planned=planned)


@router.get("/planned/order.{form}")
def draw_own_order(
    request: Request,
    visit: VisitDep,
    snapshot: SnapshotDep,
    *,
    map_id: str,
    form: Form,
    download: AsFile = False,
) -> Response:
    """Send the picture of the map's own stages."""
    found = visit.brand.workspace.store.results.map(map_id)
    picture = _picture(picture_of(own_order(snapshot, found), form), form, as_file=download)
    return _logged(request, visit, map_id, picture, form) if download else picture


@router.get("/planned/{file_id}/order.{form}")
def draw_order(
    request: Request,
    visit: VisitDep,
    snapshot: SnapshotDep,
    *,
    map_id: str,
    file_id: str,
    form: Form,
    download: AsFile = False,
) -> Response:
    """Send the picture of a plan that the person laid beside the data."""
    found = visit.brand.workspace.store.results.map(map_id)
    planned = kept_plan(visit, snapshot, found, file_id)
    picture = _picture(picture_of(planned, form), form, as_file=download)
    return _logged(request, visit, map_id, picture, form) if download else picture


def _logged(request: Request, visit: Visit, map_id: str, picture: Response, form: Form) -> Response:
    """Return a picture that is taken out as a file, which is an export as others are."""
    log(request, visit, "map.export", f"planned and observed order of {map_id} as {form}")
    return picture


def _picture(data: bytes, form: Form, *, as_file: bool) -> Response:
    headers = {"Content-Security-Policy": PICTURE_POLICY}
    if as_file:
        headers["Content-Disposition"] = f'attachment; filename="planned-and-observed.{form}"'
    return Response(data, media_type="image/svg+xml" if form == "svg" else "image/png", headers=headers)
