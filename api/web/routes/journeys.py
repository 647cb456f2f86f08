"""Journeys: what customers did, as pictures with the same figures in tables."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.web.pages import brand_path, page
from api.web.views.journeys import TABS, JourneyQuery, Tab, journey_view, picture_query
from api.web.visits import VisitDep
from api.web.waiting import SnapshotDep

router = APIRouter(prefix="/w/{workspace}/journeys")


@router.get("")
def show_first(visit: VisitDep) -> Response:
    """Go to the first tab."""
    return RedirectResponse(brand_path(visit.brand.name, "journeys", TABS[0][0]), status_code=303)


@router.get("/{tab}")
def show_journeys(
    request: Request, snapshot: SnapshotDep, tab: Tab, query: Annotated[JourneyQuery, Query()]
) -> Response:
    """Show one tab."""
    view = journey_view(snapshot, tab, query)
    drawn = "" if view.picture is None else picture_query(view.picture)
    return page(request, "journeys/journeys.html", place="journeys", view=view, tabs=TABS, drawn=drawn)
