"""Evidence: every passage behind a map, searched and filtered, and each in its whole text."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.web.pages import MOST_COUNTED, brand_path, page
from api.web.views.evidence import EvidenceQuery, evidence_view, record_view
from api.web.visits import VisitDep
from api.web.waiting import SnapshotDep

router = APIRouter(prefix="/w/{workspace}/evidence")


@router.get("")
def show_evidence(
    request: Request, visit: VisitDep, snapshot: SnapshotDep, query: Annotated[EvidenceQuery, Query()]
) -> Response:
    """Show passages that pass the filters, the best answer to the words first."""
    view = evidence_view(snapshot, query)
    address = f"{brand_path(visit.brand.name, 'evidence')}?{urlencode(query.parameters())}"
    return page(request, "evidence/evidence.html", place="evidence", view=view, address=address)


@router.get("/{record_id}")
def show_record(
    request: Request,
    snapshot: SnapshotDep,
    record_id: str,
    start: Annotated[int | None, Query(ge=0, le=MOST_COUNTED)] = None,
    end: Annotated[int | None, Query(ge=1, le=MOST_COUNTED)] = None,
) -> Response:
    """Show a whole text with the cited passage marked."""
    view = record_view(snapshot, record_id, start=start, end=end)
    template = "evidence/passage.html" if "HX-Request" in request.headers else "evidence/record.html"
    return page(request, template, place="evidence", view=view)
