"""Variants: sets by pain point, proposing one, control and variants side by side, approving, and taking them out."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from agent.schemas.accounts import Role
from agent.schemas.creative import CreativeChannel
from api.variants import check_again, propose_and_check
from api.web.auditing import log
from api.web.jobs import Job, JobContext
from api.web.pages import MOST_COUNTED, brand_path, page
from api.web.views.pain_points import current_point
from api.web.views.variant_steps import ChangedSinceShownError, approve, mark_checked, send_back, taken_out
from api.web.views.variants import MOST_AT_ONCE, Proposal, proposal, set_rows, set_view
from api.web.visits import Visit, VisitDep
from api.web.waiting import SnapshotDep

router = APIRouter(prefix="/w/{workspace}/variants")

Word = Annotated[str, Query(max_length=200)]
Line = Annotated[str, Form(max_length=600)]
Seen = Annotated[int, Form(ge=0, le=MOST_COUNTED)]
_SLOT = "slot_"
_MOST_SLOT_CHARS = 4_000


async def slots_sent(request: Request) -> dict[str, str]:
    """Return the words of the control's slots as a form sent them."""
    form = await request.form(max_fields=100)
    return {
        name.removeprefix(_SLOT): value[:_MOST_SLOT_CHARS]
        for name, value in form.items()
        if name.startswith(_SLOT) and isinstance(value, str)
    }


@router.get("")
def list_sets(request: Request, snapshot: SnapshotDep) -> Response:
    """List the variant sets by pain point."""
    return page(request, "variants/list.html", place="variants", groups=set_rows(snapshot))


@router.get("/new")
def new_set(
    request: Request,
    visit: VisitDep,
    snapshot: SnapshotDep,
    *,
    pain_point: Word = "",
    channel: CreativeChannel = "email",
) -> Response:
    """Show the form for a new set; another channel has other slots."""
    visit.require(Role.EDITOR, "proposing variants")
    form = proposal(pain_point, channel, 5, None)
    return page(request, "variants/new.html", place="variants", form=form, points=snapshot.pain_points)


@router.post("/new")
def propose(
    request: Request,
    visit: VisitDep,
    snapshot: SnapshotDep,
    *,
    slots: Annotated[dict[str, str], Depends(slots_sent)],
    pain_point: Line,
    channel: Annotated[CreativeChannel, Form()],
    n: Annotated[int, Form(ge=1, le=MOST_AT_ONCE)] = 5,
) -> Response:
    """Propose variants and have them checked, or say why the control cannot be used."""
    visit.require(Role.EDITOR, "proposing variants")
    form, points = proposal(pain_point, channel, n, slots), snapshot.pain_points
    if form.faults:
        return page(request, "variants/new.html", place="variants", status=422, form=form, points=points)
    label = current_point(snapshot, pain_point).label
    job = _start(visit, form, label)
    return RedirectResponse(brand_path(visit.brand.name, "jobs", job.job_id), status_code=303)


@router.get("/{variant_set_id}")
def show_set(request: Request, snapshot: SnapshotDep, variant_set_id: str) -> Response:
    """Show a control and its variants side by side."""
    return page(
        request, "variants/set.html", place="variants", view=set_view(snapshot, variant_set_id), refused=""
    )


@router.post("/{variant_set_id}/{variant_id}/approve")
def approve_variant(
    request: Request,
    visit: VisitDep,
    snapshot: SnapshotDep,
    variant_set_id: str,
    variant_id: str,
    *,
    seen: Seen,
    shown: Annotated[str, Form(max_length=64)] = "",
    despite: Line = "",
) -> Response:
    """Approve a variant as it was shown; what changed since is shown instead."""
    visit.require(Role.APPROVER, "approving a variant")
    try:
        approve(
            visit.brand.workspace,
            variant_set_id,
            variant_id,
            seen=seen,
            shown=shown,
            by=visit.account_id,
            now=visit.services.clock(),
            despite=despite,
        )
    except ChangedSinceShownError as error:
        view = set_view(snapshot, variant_set_id)
        return page(
            request, "variants/set.html", place="variants", status=409, view=view, refused=error.message
        )
    log(request, visit, "variant.approve", f"{variant_id} of {variant_set_id}")
    return _back(visit, variant_set_id)


@router.post("/{variant_set_id}/{variant_id}/send-back")
def send_variant_back(
    request: Request, visit: VisitDep, variant_set_id: str, variant_id: str, *, seen: Seen, reason: Line = ""
) -> Response:
    """Send a variant back."""
    visit.require(Role.APPROVER, "sending a variant back")
    send_back(
        visit.brand.workspace,
        variant_set_id,
        variant_id,
        seen=seen,
        by=visit.account_id,
        reason=reason,
        now=visit.services.clock(),
    )
    log(request, visit, "variant.send_back", f"{variant_id} of {variant_set_id}")
    return _back(visit, variant_set_id)


@router.post("/{variant_set_id}/export")
def take_out(
    request: Request,
    visit: VisitDep,
    variant_set_id: str,
    form: Annotated[Literal["csv", "json"], Form()] = "csv",
) -> Response:
    """Send the approved variants as a file, and note that they were exported."""
    visit.require(Role.EDITOR, "exporting variants")
    data = taken_out(
        visit.brand.workspace, variant_set_id, form, by=visit.account_id, now=visit.services.clock()
    )
    log(request, visit, "variant.export", f"{variant_set_id} as {form}")
    media = "text/csv; charset=utf-8" if form == "csv" else "application/json"
    name = f"variants-{''.join(char for char in variant_set_id if char.isalnum() or char == '_')}.{form}"
    return Response(data, media_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@router.post("/{variant_set_id}/check")
def check_set(visit: VisitDep, variant_set_id: str) -> Response:
    """Compare a set again with what unseen customers say, on the data as it is now."""
    visit.require(Role.EDITOR, "checking variants")
    brand, found = visit.brand, visit.brand.workspace.store.results.variant_set(variant_set_id)
    by = visit.account_id

    def work(context: JobContext) -> str:
        context.step("Checking the variants against unseen customers ...")
        with brand.writing() as workspace:
            mark_checked(workspace, check_again(workspace, found), by=by, before=found)
        return brand_path(brand.name, "variants", variant_set_id)

    title = f"Checking {len(found.variants)} variants again"
    job = visit.services.jobs.start(
        work, workspace=brand.name, account_id=visit.account_id, title=title, place="variants"
    )
    return RedirectResponse(brand_path(brand.name, "jobs", job.job_id), status_code=303)


def _start(visit: Visit, form: Proposal, label: str) -> Job:
    brand = visit.brand

    def work(context: JobContext) -> str:
        context.step("Wording variants and checking them against unseen customers ...")
        with brand.writing() as workspace:
            made = propose_and_check(
                workspace, form.pain_point_id, channel=form.channel, control=form.control.slots, n=form.n
            )
            mark_checked(workspace, made, by="held-out check")
        context.tell(
            f"{len(made.variants)} of {form.n} variants hold: each changes one thing and rests on facts."
        )
        return brand_path(brand.name, "variants", made.variant_set_id)

    title = f"Proposing variants that answer “{label}”"
    return visit.services.jobs.start(
        work, workspace=brand.name, account_id=visit.account_id, title=title, place="variants"
    )


def _back(visit: Visit, variant_set_id: str) -> Response:
    return RedirectResponse(brand_path(visit.brand.name, "variants", variant_set_id), status_code=303)
