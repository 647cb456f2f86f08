"""Scripts, styles and icons: served from the package, named by their content so that browsers keep them for good."""

import hashlib
from functools import cache
from importlib.metadata import files
from importlib.resources import files as resources
from typing import NamedTuple

_OWN = ("journey.css", "journey.js", "chat.js", "maps.js", "icons.svg", "favicon.svg")
_HTMX = "django_htmx/static/django_htmx/htmx-2.min.js"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Asset(NamedTuple):
    """A file as it is served."""

    path: str
    """Last part of its address: name, digest, ending."""
    data: bytes
    media_type: str


@cache
def assets() -> dict[str, Asset]:
    """Return all assets by their plain name."""
    own = resources("api.web").joinpath("static")
    found = {name: own.joinpath(name).read_bytes() for name in _OWN}
    found["htmx.js"] = _htmx()
    return {name: _named(name, data) for name, data in found.items()}


@cache
def by_path() -> dict[str, Asset]:
    """Return all assets by the last part of their address."""
    return {asset.path: asset for asset in assets().values()}


def address(name: str) -> str:
    """Return the address of an asset, such as `/assets/journey.1f3a.css`."""
    return f"/assets/{assets()[name].path}"


def _named(name: str, data: bytes) -> Asset:
    stem, dot, ending = name.rpartition(".")
    digest = hashlib.sha256(data).hexdigest()[:12]
    return Asset(f"{stem}.{digest}{dot}{ending}", data, _TYPES[dot + ending])


def _htmx() -> bytes:
    """Return htmx out of the package that carries it; nothing of that package is imported."""
    for path in files("django-htmx") or ():
        if path.as_posix() == _HTMX:
            return path.read_binary()
    msg = "the package django-htmx has no htmx-2.min.js"
    raise FileNotFoundError(msg)
