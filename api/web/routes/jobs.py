"""How long work stands: a page that keeps itself up to date and leads on when the work is done."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from agent.schemas.accounts import Role
from api.web.pages import PLACES, brand_path, page
from api.web.visits import VisitDep

router = APIRouter(prefix="/w/{workspace}/jobs")


@router.get("/{job_id}")
def show_job(request: Request, visit: VisitDep, job_id: str) -> Response:
    """Show a job; htmx asks for its part again each second while it runs."""
    job = visit.services.jobs.get(job_id, workspace=visit.brand.name)
    template = "jobs/state.html" if "HX-Request" in request.headers else "jobs/job.html"
    back = next(one for one in PLACES if one.name == job.place)
    return page(request, template, job=job, place=job.place, back=back)


@router.post("/{job_id}/stop")
def stop_job(visit: VisitDep, job_id: str) -> Response:
    """Ask a job to stop; what it has stored stays."""
    job = visit.services.jobs.get(job_id, workspace=visit.brand.name)
    if job.account_id != visit.account_id:
        visit.require(Role.ADMIN, "stopping somebody else's work")
    visit.services.jobs.stop(job_id)
    return RedirectResponse(brand_path(visit.brand.name, "jobs", job_id), status_code=303)
