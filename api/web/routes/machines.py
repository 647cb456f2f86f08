"""What other programs can use today: files that they read, the command line, and a sign of life."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from agent.schemas.journey import JourneyMap
from api.web.pages import page
from api.web.views.machines import COMMANDS
from api.web.visits import VisitDep

router = APIRouter(prefix="/w/{workspace}/api")


@router.get("")
def show_machine_faces(request: Request, visit: VisitDep) -> Response:
    """Show what there is for other programs, and what is not there."""
    maps = visit.brand.workspace.store.results.maps()
    return page(request, "api/api.html", place="api", maps=maps, commands=COMMANDS)


@router.get("/map.schema.json")
def show_map_schema(_visit: VisitDep) -> Response:
    """Return the JSON Schema of a map's JSON file."""
    return JSONResponse(JourneyMap.model_json_schema(), media_type="application/schema+json")
