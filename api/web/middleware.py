"""What holds for every answer: a request id, security headers, and a limit on what is sent to us."""

import re
import secrets
from typing import NamedTuple

from anyio import to_thread
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.errors import AccessDeniedError, JourneyError, NotFoundError, NotSignedInError, TooLargeError
from agent.schemas.accounts import Role
from api.web.errors import answer, status_of
from api.web.security.access import role_in
from api.web.security.cookies import session_token
from api.web.services import Services

MAX_FORM_BYTES = 256 * 1024
"""Of a form or a question; a question is far shorter."""
_MIB = 1024**2


class _Takes(NamedTuple):
    """An address that takes files."""

    path: re.Pattern[str]
    most_bytes: int
    role: Role
    """Least role of who may send any."""


_FILES = "multipart/form-data"
_UPLOADS: tuple[_Takes, ...] = (
    _Takes(re.compile(r"/w/[^/]+/sources/uploads"), 2_048 * _MIB, Role.EDITOR),
    _Takes(re.compile(r"/w/[^/]+/maps/[^/]+/edits/uploads"), 16 * _MIB, Role.EDITOR),
    _Takes(re.compile(r"/w/[^/]+/maps/[^/]+/planned/uploads"), 16 * _MIB, Role.VIEWER),
)
"""What they take goes to the disk piece by piece; everybody else is refused before any of it is read."""

PAGE_POLICY = "; ".join((
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
))  # fmt: skip
PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""Of a picture opened by itself; it may style itself, and nothing else."""

_HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}


class Guarding:
    """Adds the headers and refuses bodies that are too large, before any of them is kept."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app = app
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        request = Request(scope)
        takes = _taking(request)
        limit = MAX_FORM_BYTES if takes is None else takes.most_bytes
        declared = int(request.headers.get("content-length") or 0)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers["X-Request-Id"] = request_id
            await send(message)

        refused = _too_large(limit) if declared > limit else None
        if refused is None and takes is not None:
            refused = await to_thread.run_sync(self._refused, request, takes)
        if refused is not None:
            response = answer(request, status_of(refused), refused.code, refused.message, hint=refused.hint)
            await response(scope, receive, guarded)
            return
        await self._app(scope, _Limited(receive, limit), guarded)

    def _refused(self, request: Request, takes: _Takes) -> JourneyError | None:
        """Return why somebody's files are not taken, before any of them is read: forms are parsed before routes ask."""
        token = session_token(request)
        found = (
            None
            if token is None
            else self._services.accounts.sessions.find(token, now=self._services.clock())
        )
        if found is None:
            return NotSignedInError("nobody is signed in, or no longer", hint="Sign in first.")
        try:
            if role_in(found, request.scope["path"].split("/")[2]) < takes.role:
                msg = f"sending files here takes the role {takes.role.value} or more"
                return AccessDeniedError(msg, hint="Ask an admin for another role.")
        except NotFoundError as error:
            return error
        return None


class _Limited:
    """Passes a body of unknown length on until it exceeds its limit."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._n_bytes = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._n_bytes += len(message.get("body", b""))
            if self._n_bytes > self._limit:
                # The framework lets only its own error through while it reads a body.
                raise HTTPException(413, detail=_too_large(self._limit).message)
        return message


def _taking(request: Request) -> _Takes | None:
    """Return the address that a request sends files to, or None where it sends none."""
    if request.method != "POST":
        return None
    if not request.headers.get("content-type", "").startswith(_FILES):
        return None
    return next((one for one in _UPLOADS if one.path.fullmatch(request.scope["path"])), None)


def _too_large(limit: int) -> TooLargeError:
    size = f"{limit // 1024**2:,} MB" if limit >= 1024**2 else f"{limit // 1024:,} KB"
    msg = f"what was sent is larger than {size}, the most that this address takes"
    return TooLargeError(msg, hint="Send less; files go to Sources, a question needs a few sentences.")
