"""Settings: how this workspace works, and what can be changed about it."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.web.pages import page
from api.web.views.settings import settings_view
from api.web.visits import VisitDep

router = APIRouter(prefix="/w/{workspace}/settings")


@router.get("")
def show_settings(request: Request, visit: VisitDep) -> Response:
    """Show how the workspace works."""
    return page(request, "settings/settings.html", place="settings", view=settings_view(visit))
