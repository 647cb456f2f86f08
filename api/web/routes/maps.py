"""Maps: the list, a new one, the page of one, and what stands behind each of its claims."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from agent.errors import InputError, ScopeError
from agent.pipeline.drafting import DraftRequest, draft
from agent.schemas.accounts import Role
from api.web.jobs import Job, JobContext
from api.web.pages import MOST_COUNTED, brand_path, page
from api.web.views.map_page import claim_view, map_view
from api.web.views.map_versions import told_of_words
from api.web.views.maps import NewMap, known_traits, map_rows
from api.web.visits import Visit, VisitDep
from api.web.waiting import SnapshotDep

router = APIRouter(prefix="/w/{workspace}/maps")

Version = Annotated[int | None, Query(ge=1, le=MOST_COUNTED)]
Line = Annotated[str, Form(max_length=300)]


@router.get("")
def list_maps(request: Request, visit: VisitDep) -> Response:
    """List the maps, each in its latest version."""
    rows = map_rows(visit.brand.workspace, now=visit.services.clock())
    return page(request, "maps/list.html", place="maps", rows=rows)


@router.get("/new")
def new_map(
    request: Request,
    visit: VisitDep,
    snapshot: SnapshotDep,
    trait: Annotated[str, Query(max_length=300)] = "",
) -> Response:
    """Show the form for a new map."""
    visit.require(Role.EDITOR, "drafting a map")
    form = NewMap(trait=trait, owner=visit.name)
    return page(request, "maps/new.html", place="maps", form=form, traits=known_traits(snapshot), fault=None)


@router.post("/new")
def draft_new(
    request: Request,
    visit: VisitDep,
    snapshot: SnapshotDep,
    *,
    persona: Line = "",
    journey: Line = "",
    goal: Line = "",
    purpose: Line = "",
    trait: Line = "",
    owner: Line = "",
) -> Response:
    """Draft a map, or say why its scope is refused."""
    visit.require(Role.EDITOR, "drafting a map")
    form = NewMap(persona, journey, goal, purpose, trait, owner)
    try:
        job = start_draft(visit, form.request(snapshot))
    except (ScopeError, InputError) as fault:
        traits = known_traits(snapshot)
        return page(request, "maps/new.html", place="maps", status=422, form=form, traits=traits, fault=fault)
    return RedirectResponse(brand_path(visit.brand.name, "jobs", job.job_id), status_code=303)


@router.get("/{map_id}")
def show_map(request: Request, visit: VisitDep, map_id: str, version: Version = None) -> Response:
    """Show a map."""
    view = map_view(visit.brand.workspace, map_id, version, now=visit.services.clock())
    return page(request, "maps/map.html", place="maps", view=view, tab="map")


@router.get("/{map_id}/claims/{claim_id}")
def show_claim(
    request: Request, visit: VisitDep, map_id: str, claim_id: str, version: Version = None
) -> Response:
    """Show what stands behind a claim: beside the map for htmx, else as a page."""
    view = claim_view(visit.brand.workspace, map_id, claim_id, version)
    template = "maps/claim.html" if "HX-Request" in request.headers else "maps/claim_page.html"
    return page(request, template, place="maps", view=view)


def start_draft(visit: Visit, request: DraftRequest) -> Job:
    """Draft a map in the background; the job leads to it."""
    brand = visit.brand

    def work(context: JobContext) -> str:
        context.step("Reading what customers said and did ...")
        with brand.writing() as workspace:
            made = draft(workspace, request, on_progress=context.advance)
        context.tell(
            f"Version {made.version}: {len(made.pain_points):,} pain points, {len(made.moments):,} moments."
        )
        for line in told_of_words(brand.workspace, made):
            context.tell(line)
        return brand_path(brand.name, "maps", made.map_id)

    title = f"Drafting the map of {request.persona.strip()}: {request.journey.strip()}"
    return visit.services.jobs.start(
        work, workspace=brand.name, account_id=visit.account_id, title=title, place="maps"
    )
