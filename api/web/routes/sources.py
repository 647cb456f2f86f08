"""Sources: what was read in, uploading more, looking at it before it is read, and what was rejected."""

from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import UploadFile

from agent.schemas.accounts import Role
from api.web.pages import brand_path, page
from api.web.uploads import MAX_FILES, Sent, Uploads, read_in
from api.web.views.sources import mapping_form, mapping_of, sources_view
from api.web.visits import Visit, VisitDep

router = APIRouter(prefix="/w/{workspace}/sources")

Number = Annotated[int, Path(ge=0, le=MAX_FILES)]
_MAX_REJECTS = 200


@router.get("")
def show_sources(request: Request, visit: VisitDep) -> Response:
    """Show what was read in and the form to upload more."""
    return page(request, "sources/sources.html", place="sources", view=sources_view(visit))


@router.get("/{source_id}/rejects")
def show_rejects(request: Request, visit: VisitDep, source_id: str) -> Response:
    """Show the rows of a file that were not taken, and why."""
    sources = visit.brand.workspace.store.sources
    source = sources.get(source_id)
    rejects = list(sources.rejects(source_id, limit=_MAX_REJECTS))
    counts = sources.reject_counts(source_id)
    return page(
        request, "sources/rejects.html", place="sources", source=source, rejects=rejects, counts=counts
    )


@router.post("/uploads")
async def upload_files(request: Request, visit: VisitDep) -> Response:
    """Keep files so that they can be looked at before they are read in."""
    visit.require(Role.EDITOR, "uploading files")
    # Read here and not by the framework, which would take in files before it asks who sends them.
    async with request.form(max_files=MAX_FILES + 1) as form:
        files = [one for one in form.getlist("files") if isinstance(one, UploadFile)]
        sent = [Sent(file.filename or "", file.file) for file in files]
        receive = partial(Uploads(visit.brand.workspace).receive, sent, now=visit.services.clock())
        upload = await to_thread.run_sync(receive)
    return RedirectResponse(_path(visit, upload.upload_id), status_code=303)


@router.get("/uploads/{upload_id}")
def show_upload(request: Request, visit: VisitDep, upload_id: str) -> Response:
    """Show how the files of an upload would be read."""
    visit.require(Role.EDITOR, "looking at uploads")
    uploads = Uploads(visit.brand.workspace)
    upload = uploads.get(upload_id)
    now = visit.services.clock()
    looks = [uploads.look(upload, number, now=now) for number in range(len(upload.files))]
    forms = {look.number: mapping_form(look.proposal) for look in looks if look.proposal is not None}
    return page(request, "sources/upload.html", place="sources", upload=upload, looks=looks, forms=forms)


@router.post("/uploads/{upload_id}/{number}/mapping")
async def map_file(request: Request, visit: VisitDep, upload_id: str, number: Number) -> Response:
    """Keep which field is what; the page then shows the first rows as they would be read."""
    visit.require(Role.EDITOR, "mapping files")
    upload = Uploads(visit.brand.workspace).get(upload_id)
    upload.map(upload.file(number), mapping_of(await request.form()))
    return RedirectResponse(f"{_path(visit, upload_id)}#file-{number}", status_code=303)


@router.post("/uploads/{upload_id}/{number}/recognise")
def recognise_file(visit: VisitDep, upload_id: str, number: Number) -> Response:
    """Forget a mapping, so that the file is read by its form again."""
    visit.require(Role.EDITOR, "mapping files")
    upload = Uploads(visit.brand.workspace).get(upload_id)
    upload.map(upload.file(number), None)
    return RedirectResponse(f"{_path(visit, upload_id)}#file-{number}", status_code=303)


@router.post("/uploads/{upload_id}/read")
def read_upload(visit: VisitDep, upload_id: str) -> Response:
    """Read an upload in, in the background."""
    visit.require(Role.EDITOR, "reading files in")
    brand, upload = visit.brand, Uploads(visit.brand.workspace).get(upload_id)
    job = visit.services.jobs.start(
        lambda context: read_in(brand, upload, context),
        workspace=brand.name, account_id=visit.account_id, title="Reading files in",
    )  # fmt: skip
    return RedirectResponse(brand_path(brand.name, "jobs", job.job_id), status_code=303)


@router.post("/uploads/{upload_id}/delete")
def delete_upload(visit: VisitDep, upload_id: str) -> Response:
    """Delete an upload without reading it in."""
    visit.require(Role.EDITOR, "deleting uploads")
    Uploads(visit.brand.workspace).get(upload_id).delete()
    return RedirectResponse(brand_path(visit.brand.name, "sources"), status_code=303)


def _path(visit: Visit, upload_id: str) -> str:
    return brand_path(visit.brand.name, "sources", "uploads", upload_id)
