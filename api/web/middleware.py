"""What holds for every answer: a request id, security headers, and a limit on what is sent to us."""

import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.errors import TooLargeError
from api.web.errors import answer, status_of

MAX_FORM_BYTES = 256 * 1024
"""Of a form or a question; a question is far shorter."""
MAX_UPLOAD_BYTES = 2 * 1024**3
"""Of an upload, which goes to the disk piece by piece."""
UPLOAD_PATHS = ("/uploads",)
"""Ends of the addresses that take files."""

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

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        limit = _limit_of(scope["path"])
        declared = int(Headers(scope=scope).get("content-length") or 0)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers["X-Request-Id"] = request_id
            await send(message)

        if declared > limit:
            error = _too_large(limit)
            response = answer(Request(scope), status_of(error), error.code, error.message, hint=error.hint)
            await response(scope, receive, guarded)
            return
        await self._app(scope, _Limited(receive, limit), guarded)


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


def _limit_of(path: str) -> int:
    return MAX_UPLOAD_BYTES if path.endswith(UPLOAD_PATHS) else MAX_FORM_BYTES


def _too_large(limit: int) -> TooLargeError:
    size = f"{limit // 1024**2:,} MB" if limit >= 1024**2 else f"{limit // 1024:,} KB"
    msg = f"what was sent is larger than {size}, the most that this address takes"
    return TooLargeError(msg, hint="Send less; files go to Sources, a question needs a few sentences.")
