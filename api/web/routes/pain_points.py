"""Pain points: the sorted table, one with all that belongs to it, opportunities, and what people note on them."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from agent.pipeline.correcting import correct, undo_correction
from agent.render.frame import svg_of
from agent.render.join_chart import join_picture
from agent.schemas.accounts import Role
from agent.schemas.insight import Severity
from api.web.middleware import PICTURE_POLICY
from api.web.pages import MOST_COUNTED, brand_path, page
from api.web.views.maps import known_traits
from api.web.views.pain_points import (
    Direction,
    PainQuery,
    Sort,
    current_point,
    opportunities,
    pain_points,
    pain_view,
)
from api.web.visits import Visit, VisitDep
from api.web.waiting import SnapshotDep

router = APIRouter(prefix="/w/{workspace}/pain-points")

Word = Annotated[str, Query(max_length=300)]
Line = Annotated[str, Form(max_length=2_100)]
Place = Annotated[int, Form(ge=0, le=MOST_COUNTED)]
Seen = Annotated[int, Form(ge=0, le=MOST_COUNTED)]


@router.get("")
def list_pain_points(
    request: Request,
    snapshot: SnapshotDep,
    *,
    sort: Sort = "rank",
    stage: Word = "",
    severity: Severity | Annotated[str, Query(max_length=0)] = "",
    trend: Direction = "",
    trait: Word = "",
) -> Response:
    """List what hurts customers."""
    view = pain_points(snapshot, PainQuery(sort, stage, severity and Severity(severity).value, trend, trait))
    traits = known_traits(snapshot)
    return page(request, "pain_points/list.html", place="pain_points", view=view, traits=traits)


@router.get("/opportunities")
def show_opportunities(request: Request, snapshot: SnapshotDep) -> Response:
    """Show pain points by impact and feasibility."""
    return page(request, "pain_points/opportunities.html", place="pain_points", view=opportunities(snapshot))


@router.get("/{pain_point_id}")
def show_pain_point(
    request: Request, snapshot: SnapshotDep, pain_point_id: str, corrected: Word = ""
) -> Response:
    """Show one pain point."""
    view = pain_view(snapshot, pain_point_id)
    return page(request, "pain_points/pain_point.html", place="pain_points", view=view, corrected=corrected)


@router.get("/{pain_point_id}/afterwards.svg")
def draw_afterwards(snapshot: SnapshotDep, pain_point_id: str) -> Response:
    """Draw what the same customers then did."""
    point = current_point(snapshot, pain_point_id)
    scope = snapshot.everybody
    picture = scope.asked(
        ("afterwards", pain_point_id),
        lambda: svg_of(join_picture([point], population=scope.corpus.population)),
    )
    headers = {"Content-Security-Policy": PICTURE_POLICY, "Cache-Control": "private, max-age=60"}
    return Response(picture, media_type="image/svg+xml", headers=headers)


@router.post("/{pain_point_id}/owner")
def own(visit: VisitDep, pain_point_id: str, seen: Seen, owner: Line = "") -> Response:
    """Say who looks after it."""
    visit.require(Role.EDITOR, "naming the owner of a pain point")
    visit.brand.workspace.store.notes.own_pain_point(
        pain_point_id, owner.strip() or None, version=seen, by=visit.account_id, now=visit.services.clock()
    )
    return _back(visit, pain_point_id)


@router.post("/{pain_point_id}/initiative")
def link(visit: VisitDep, pain_point_id: str, seen: Seen, address: Line = "") -> Response:
    """Say where what is done about it is described."""
    visit.require(Role.EDITOR, "linking an initiative")
    visit.brand.workspace.store.notes.link_pain_point(
        pain_point_id, address.strip() or None, version=seen, by=visit.account_id, now=visit.services.clock()
    )
    return _back(visit, pain_point_id)


@router.post("/{pain_point_id}/feasibility")
def rate(
    visit: VisitDep, pain_point_id: str, seen: Seen, feasibility: Annotated[int, Form(ge=0, le=5)]
) -> Response:
    """Say how feasible it is to do something about it; 0 takes it back."""
    visit.require(Role.EDITOR, "rating feasibility")
    visit.brand.workspace.store.notes.rate_pain_point(
        pain_point_id, feasibility or None, version=seen, by=visit.account_id, now=visit.services.clock()
    )
    return _back(visit, pain_point_id)


@router.post("/{pain_point_id}/not-about")
def take_out(
    visit: VisitDep,
    snapshot: SnapshotDep,
    pain_point_id: str,
    *,
    record_id: Line,
    start: Place,
    end: Place,
    text_sha256: Line,
) -> Response:
    """Take a quote out of a pain point, in everything that follows."""
    visit.require(Role.EDITOR, "correcting what a quote is about")
    point = current_point(snapshot, pain_point_id)
    with visit.brand.writing_soon() as workspace:
        correct(
            workspace,
            record_id=record_id,
            start=start,
            end=end,
            text_sha256=text_sha256,
            theme=point.theme_id,
            about=False,
            by=visit.account_id,
        )
    return _back(visit, pain_point_id, corrected="out")


@router.post("/{pain_point_id}/corrections/{correction_id}/undo")
def put_back(visit: VisitDep, pain_point_id: str, correction_id: str) -> Response:
    """Take a correction back."""
    visit.require(Role.EDITOR, "correcting what a quote is about")
    with visit.brand.writing_soon() as workspace:
        undo_correction(workspace, correction_id, by=visit.account_id)
    return _back(visit, pain_point_id, corrected="back")


def _back(visit: Visit, pain_point_id: str, **query: str) -> Response:
    address = brand_path(visit.brand.name, "pain-points", pain_point_id)
    return RedirectResponse(f"{address}?{urlencode(query)}" if query else address, status_code=303)
