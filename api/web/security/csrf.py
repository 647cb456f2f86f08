"""Whether a request that changes something comes from our own page."""

import hmac
from urllib.parse import urlsplit

from fastapi import Request

from agent.errors import ForgedRequestError
from api.web.security.cookies import csrf_of_request

HEADER = "X-CSRF-Token"
FIELD = "csrf"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_OWN_SITES = frozenset({"same-origin", "none"})
"""Of `Sec-Fetch-Site`; `none` is the person at the browser."""


async def refuse_forged(request: Request) -> None:
    """Let a request through that is safe, or whose origin and token are ours.

    Raises:
        ForgedRequestError: It comes from elsewhere, or has no token, or another session's.
    """
    if request.method in SAFE_METHODS:
        return
    if not _from_own_page(request):
        msg = "this request came from another site, so nothing was changed"
        raise ForgedRequestError(msg, hint="Open the page here and do it there.")
    expected = csrf_of_request(request)
    if not expected:
        msg = "the browser sent no cookie, so nothing was changed"
        raise ForgedRequestError(msg, hint="Allow cookies of this site, load the page again and repeat.")
    if not hmac.compare_digest((await _given(request)).encode("utf-8", "replace"), expected.encode()):
        msg = "the page was opened before you signed in, or under another session, so nothing was changed"
        raise ForgedRequestError(msg, hint="Load the page again and repeat.")


def _from_own_page(request: Request) -> bool:
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None and site not in _OWN_SITES:
        return False
    return origin is None or same_origin(request, origin)


def same_origin(request: Request, url: str) -> bool:
    """Tell whether an address is on the server as the browser knows it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return (parts.scheme, parts.netloc) == (request.url.scheme, request.url.netloc)


async def _given(request: Request) -> str:
    header = request.headers.get(HEADER)
    if header is not None:
        return header
    if not request.headers.get("content-type", "").startswith(_FORMS):
        return ""
    field = (await request.form()).get(FIELD)
    return field if isinstance(field, str) else ""
