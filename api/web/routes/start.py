"""The first page: the workspaces one may enter, or how to make the first; and what every page needs."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from agent.errors import InputError, NotFoundError
from agent.schemas.accounts import Role, SignedIn
from agent.store.store import DEFAULT_HOLDOUT
from api.web import assets
from api.web.demo_data import load_demo
from api.web.pages import THEMES, brand_path, page
from api.web.security.access import SignedInDep, actor, require
from api.web.services import Services, ServicesDep
from api.web.visits import names_of

router = APIRouter()

_YEAR_S = 31_536_000
_NAME = re.compile(r"[^\W_][\w .,&+'()-]{0,79}")
"""Of a workspace made here: it stands in addresses."""

AdminDep = Annotated[SignedIn, Depends(require(Role.ADMIN))]


@router.get("/health")
def health() -> dict[str, str]:
    """Say that the server answers."""
    return {"status": "ok"}


@router.get("/assets/{name}")
def asset(name: str) -> Response:
    """Return a script, a style or an icon; its address changes with its content."""
    found = assets.by_path().get(name)
    if found is None:
        msg = f"asset {name!r} is not here"
        raise NotFoundError(msg, hint="Load the page again.")
    headers = {"Cache-Control": f"public, max-age={_YEAR_S}, immutable"}
    return Response(found.data, media_type=found.media_type, headers=headers)


@router.get("/")
def start(request: Request, signed_in: SignedInDep, services: ServicesDep) -> Response:
    """Show the workspaces; who has just one goes there."""
    names = names_of(signed_in, services)
    if len(names) == 1 and not signed_in.account.is_admin:
        return RedirectResponse(brand_path(names[0]), status_code=303)
    return page(request, "start.html", names=names, holdout=DEFAULT_HOLDOUT)


@router.post("/workspaces")
def make_workspace(
    request: Request,
    admin: AdminDep,
    services: ServicesDep,
    name: Annotated[str, Form(max_length=200)],
    holdout_pct: Annotated[int, Form(ge=0, le=50)] = round(DEFAULT_HOLDOUT * 100),
) -> Response:
    """Make a workspace; the share of customers kept unseen is fixed with it."""
    if not _NAME.fullmatch(name.strip()):
        msg = f"{name!r} cannot name a workspace; 1 to 80 letters, digits, spaces or .,&+'()- were expected, a letter or digit first"
        raise InputError(msg, hint="Choose a name such as the brand's.")
    brand = services.brands.create(name.strip(), holdout=holdout_pct / 100)
    _note(request, admin, services, "workspace.create", brand.name)
    return RedirectResponse(brand_path(brand.name, "sources"), status_code=303)


@router.post("/demo")
def make_demo(request: Request, admin: AdminDep, services: ServicesDep) -> Response:
    """Simulate a brand in a workspace of its own, and draft its first map."""
    job, name = load_demo(services, account_id=admin.account.account_id)
    _note(request, admin, services, "workspace.demo", name)
    return RedirectResponse(brand_path(name, "jobs", job.job_id), status_code=303)


@router.post("/theme")
def choose_theme(request: Request, theme: Annotated[str, Form()]) -> Response:
    """Keep dark, light or the system's colours for this browser."""
    back = RedirectResponse("/account", status_code=303)
    if theme in THEMES:
        back.set_cookie(
            "journey-theme",
            theme,
            max_age=_YEAR_S,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
    return back


def _note(request: Request, admin: SignedIn, services: Services, action: str, workspace: str) -> None:
    services.accounts.audit.append(
        action, workspace, by=actor(request, admin), workspace=workspace, outcome="done", now=services.clock()
    )
