"""The address of every page of the site, made from the app's own routes, so that no new page can be forgotten."""

from collections.abc import Mapping, Sequence
from itertools import chain, product
from string import Formatter

from fastapi.routing import APIRoute

from api.web.routes import ROUTERS

_W = "/w/{workspace}"
_MAP = f"{_W}/maps/{{map_id}}"
_TURN = f"{_W}/chat/{{conversation_id}}/turns/{{message_id}}"

NOT_PAGES = frozenset(
    {
        "/health",
        "/assets/{name}",
        "/sign-in/oidc",
        "/sign-in/oidc/callback",
        f"{_W}/openings",
        f"{_W}/journeys",
        _TURN,
        f"{_TURN}/events",
        f"{_TURN}/pictures/{{number}}",
        f"{_W}/chat/{{conversation_id}}/export.{{ending}}",
        f"{_W}/pictures/{{kind}}.svg",
        f"{_MAP}/files/{{file_format}}",
        f"{_MAP}/planned/order.{{form}}",
        f"{_MAP}/planned/{{file_id}}/order.{{form}}",
        f"{_W}/pain-points/{{pain_point_id}}/afterwards.svg",
        f"{_W}/api/map.schema.json",
    }
)
"""Routes that lead on, or that give a part of a page, a picture or a file."""

_QUERIES = {f"{_MAP}/diff": "?earlier=1&later=2", f"{_W}/evidence/{{record_id}}": "?start=0&end=20"}
"""What an address says behind its path."""


def routes() -> list[str]:
    """Return the templates of all addresses that can be opened."""
    found = chain.from_iterable(router.routes for router in ROUTERS)
    return [route.path for route in found if isinstance(route, APIRoute) and "GET" in (route.methods or ())]


def places(values: Mapping[str, Sequence[str]], route: str) -> list[str]:
    """Return the addresses of a route.

    Args:
        values: For each parameter of an address the values it is opened with.
        route: Template of the addresses.

    Raises:
        KeyError: It has a parameter that no value is known of.
    """
    names = [name for _, name, _, _ in Formatter().parse(route) if name]
    chosen = product(*(values[name] for name in names))
    return [route.format(**dict(zip(names, one, strict=True))) + _QUERIES.get(route, "") for one in chosen]
