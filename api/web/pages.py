"""Renders pages and parts of pages; all text is escaped, and nothing a customer wrote becomes markup."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FunctionLoader, StrictUndefined, select_autoescape

from agent.schemas.accounts import Role, SignedIn
from api.web import assets
from api.web.filters import FILTERS
from api.web.services import services_of
from api.who import who_is

MOST_COUNTED = 1_000_000_000
"""Of a version, place or number that an address or a form names; more would not fit the stores."""
THEMES = ("auto", "light", "dark")
_THEME_COOKIE = "journey-theme"


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the navigation."""

    name: str
    label: str
    path: str
    """Behind the workspace's own address."""
    icon: str
    role: Role = Role.VIEWER
    """Least role that sees it."""


PLACES: tuple[Place, ...] = (
    Place("ask", "Ask", "", "chat"),
    Place("maps", "Maps", "maps", "map"),
    Place("pain_points", "Pain points", "pain-points", "pain"),
    Place("journeys", "Journeys", "journeys", "path"),
    Place("variants", "Variants", "variants", "variant"),
    Place("evidence", "Evidence", "evidence", "quote"),
    Place("sources", "Sources", "sources", "source"),
    Place("summaries", "Summaries", "summaries", "summary"),
    Place("api", "API", "api", "plug"),
    Place("settings", "Settings", "settings", "settings"),
)
"""The navigation of a workspace, in order."""


def brand_path(workspace: str, *parts: str) -> str:
    """Return the address of a page of a workspace, every part quoted, so that no name can leave it."""
    return "/".join(("", "w", quote(workspace, safe=""), *(quote(part, safe="") for part in parts if part)))


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: object,
) -> HTMLResponse:
    """Render a template with what every page needs.

    Args:
        request: Being answered; `request.state.signed_in` and `request.state.csrf` are set where somebody is signed in.
        template: Path below `api/web/templates`.
        status: HTTP status.
        headers: Further headers.
        values: Names the template uses.
    """
    signed_in: SignedIn | None = getattr(request.state, "signed_in", None)
    theme = request.cookies.get(_THEME_COOKIE, "auto")
    shared: dict[str, Any] = {
        "request": request,
        "signed_in": signed_in,
        "csrf": getattr(request.state, "csrf", ""),
        "theme": theme if theme in THEMES else "auto",
        "workspace": None,
        "workspaces": (),
        "role": None,
        "place": None,
        "places": PLACES,
        "brand_path": brand_path,
        "asset": assets.address,
        "who": who_is(services_of(request).accounts),
        "is_part": "HX-Request" in request.headers,
    }
    shared.update(getattr(request.state, "page_values", {}))
    html = templates().get_template(template).render({**shared, **values})
    return HTMLResponse(html, status_code=status, headers=dict(headers or {}))


def error_page(
    request: Request, *, status: int, message: str, hint: str, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """Render an error: a whole page, or for htmx an alert that is put where the page keeps them."""
    if "HX-Request" in request.headers:
        placed = {"HX-Retarget": "#alerts", "HX-Reswap": "innerHTML", **(headers or {})}
        return page(request, "alert.html", status=status, headers=placed, message=message, hint=hint)
    return page(
        request, "error.html", status=status, headers=headers, message=message, hint=hint, code=status
    )


def wants_html(request: Request) -> bool:
    """Tell whether a person's browser asks for a page."""
    return "text/html" in request.headers.get("accept", "") or "HX-Request" in request.headers


@cache
def templates() -> Environment:
    """Return the environment of the page templates: autoescape on, a missing name is an error."""
    environment = Environment(
        loader=FunctionLoader(_source),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    return environment


def _source(name: str) -> str | None:
    file = resources.files("api.web").joinpath("templates", *name.split("/"))
    return file.read_text(encoding="utf-8") if file.is_file() else None
