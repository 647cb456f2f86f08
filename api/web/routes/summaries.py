"""Summaries: what can be handed on today of maps, what changed in them, and conversations."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.web.pages import page
from api.web.views.chat import history_of
from api.web.views.summaries import summary_rows
from api.web.visits import VisitDep

router = APIRouter(prefix="/w/{workspace}/summaries")


@router.get("")
def show_summaries(request: Request, visit: VisitDep) -> Response:
    """Show each map's files and changes, and one's own conversations as files."""
    return page(
        request,
        "summaries/summaries.html",
        place="summaries",
        rows=summary_rows(visit.brand.workspace),
        history=history_of(visit),
    )
