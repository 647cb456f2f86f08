"""Where a person is led: to the sign-in and back, and never off this server."""

from functools import partial
from urllib.parse import urlencode, urlsplit

from anyio import to_thread
from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from agent.errors import NotSignedInError
from api.web.errors import answer
from api.web.pages import page, wants_html
from api.web.security.csrf import SAFE_METHODS, same_origin

HOME = "/"
SIGN_IN = "/sign-in"
_MAX_CHARS = 2000
_FORM = "application/x-www-form-urlencoded"
_TYPED = frozenset(
    {"question", "text", "title", "reason", "persona", "journey", "goal", "purpose", "address"}
)
"""Fields in which people write; what is chosen is chosen again sooner than it is copied."""
_NOWHERE = (SIGN_IN, "/sign-out", "/welcome")


def own_path(text: str) -> str:
    """Return a path of this server to go on to, with its query; the first page where the text is anything else."""
    if not text.startswith("/") or text.startswith("//") or len(text) > _MAX_CHARS:
        return HOME
    if "\\" in text or not text.isprintable() or not text.isascii() or " " in text:
        return HOME
    parts = urlsplit(text)
    if parts.scheme or parts.netloc or parts.path.startswith(_NOWHERE):
        return HOME
    return text


def sign_in_address(request: Request, *, ended: bool) -> str:
    """Return the address of the sign-in that leads back to where the person is."""
    query = {"next": own_path(_here(request))}
    if query["next"] == HOME:
        query.clear()
    if ended:
        query["ended"] = "1"
    return f"{SIGN_IN}?{urlencode(query)}" if query else SIGN_IN


async def lead_to_sign_in(request: Request, error: Exception) -> Response:
    """Answer somebody who is not signed in: a page goes to the sign-in, a program is told.

    A page's own request by htmx moves the whole page, which a redirect would not; it keeps what was typed itself. A plain form
    comes back with what was typed in it.
    """
    if not isinstance(error, NotSignedInError):
        raise error
    if not wants_html(request):
        return answer(request, 401, error.code, error.message, hint=error.hint)
    address = sign_in_address(request, ended=error.ended)
    if "HX-Request" in request.headers:
        return Response(status_code=401, headers={"HX-Redirect": address})
    words = await _typed(request) if error.ended else ()
    if words:
        return await to_thread.run_sync(
            partial(page, request, "sign_in/kept.html", status=401, words=words, address=address)
        )
    return RedirectResponse(address, status_code=303)


async def _typed(request: Request) -> tuple[str, ...]:
    """Return what somebody typed into a form that was sent."""
    if request.method in SAFE_METHODS or not request.headers.get("content-type", "").startswith(_FORM):
        return ()
    form = await request.form()
    named = [(name, value) for name, value in form.items() if isinstance(value, str) and value.strip()]
    return tuple(value for name, value in named if name in _TYPED or name.startswith("slot_"))


def _here(request: Request) -> str:
    """Return the path of the page that a person looks at."""
    shown = request.headers.get("hx-current-url")
    if shown is None and request.method in SAFE_METHODS:
        return _path(str(request.url))
    came = shown or request.headers.get("referer", "")
    return _path(came) if same_origin(request, came) else HOME


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
