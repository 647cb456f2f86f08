"""Turns errors into answers: one JSON shape for programs, a page or a part of one for people."""

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from agent.errors import (
    AccessDeniedError,
    BudgetExceededError,
    ConflictError,
    EvidenceError,
    IdentityProviderError,
    InputError,
    JourneyError,
    ModelError,
    ModelTimeoutError,
    NotFoundError,
    NotSignedInError,
    RateLimitedError,
    SpentLinkError,
    StoreError,
    StoreFullError,
    TooBusyError,
    TooLargeError,
    TooManyAttemptsError,
    VectorIndexError,
)
from api.web.brands import NotReadyError
from api.web.pages import error_page, page, wants_html
from api.web.services import services_of
from api.who import who_is

_STATUS: tuple[tuple[type[JourneyError], int], ...] = (
    (SpentLinkError, 410),
    (NotFoundError, 404),
    (NotSignedInError, 401),
    (AccessDeniedError, 403),
    (TooManyAttemptsError, 429),
    (TooBusyError, 429),
    (IdentityProviderError, 502),
    (ConflictError, 409),
    (TooLargeError, 413),
    (EvidenceError, 422),
    (InputError, 422),
    (ModelTimeoutError, 504),
    (RateLimitedError, 503),
    (BudgetExceededError, 429),
    (ModelError, 502),
    (StoreFullError, 507),
    (StoreError, 503),
    (VectorIndexError, 503),
)
_UNEXPECTED = "something went wrong on the server; nothing stored was lost"
_HTTP_MESSAGES = {
    404: ("there is no such page", "Check the address, or start from the first page."),
    405: ("this address does not take that kind of request", "Go back and use the buttons of the page."),
}


def status_of(error: JourneyError) -> int:
    """Return the HTTP status of an error."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def install(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(JourneyError, _journey)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(NotReadyError, _not_ready)
    app.add_exception_handler(Exception, _unexpected)


def answer(
    request: Request,
    status: int,
    code: str,
    message: str,
    *,
    hint: str,
    headers: dict[str, str] | None = None,
) -> Response:
    """Return an error as the caller reads it: a page, a part of one for htmx, or JSON."""
    request_id = getattr(request.state, "request_id", "")
    if wants_html(request):
        return error_page(request, status=status, message=message, hint=hint, headers=headers)
    body = {"error": {"code": code, "message": message, "hint": hint, "request_id": request_id}}
    return JSONResponse(body, status_code=status, headers=headers)


def _journey(request: Request, error: Exception) -> Response:
    if not isinstance(error, JourneyError):
        raise error
    wait = error.context.get("retry_after_s")
    headers = {"Retry-After": str(int(wait))} if isinstance(wait, int | float) else None
    message = _named(request, error)
    return answer(request, status_of(error), error.code, message, hint=error.hint, headers=headers)


def _named(request: Request, error: JourneyError) -> str:
    """Return an error's message with the name of who was faster in place of the account that the stores know."""
    by = error.context.get("changed_by")
    if not isinstance(by, str):
        return error.message
    return error.message.replace(repr(by), who_is(services_of(request).accounts)(by))


def _validation(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    faults = "; ".join(_fault(fault) for fault in error.errors())
    return answer(
        request,
        422,
        "input.invalid",
        f"the form does not fit: {faults}",
        hint="Correct it and send it again.",
    )


def _not_ready(request: Request, _error: Exception) -> Response:
    headers = {"Retry-After": "2"}
    if wants_html(request):
        return page(request, "not_ready.html", status=503, headers={**headers, "Refresh": "2"})
    return answer(
        request,
        503,
        "not_ready",
        "the workspace is being made ready",
        hint="Try again in a moment.",
        headers=headers,
    )


def _fault(fault: dict[str, Any]) -> str:
    """Say what is wrong with a field, without the value, which may be anything."""
    place = ".".join(str(part) for part in fault["loc"][1:]) or "the request"
    return f"{place}: {fault['msg']}"


def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    message, hint = _HTTP_MESSAGES.get(error.status_code, (str(error.detail), ""))
    return answer(
        request,
        error.status_code,
        f"http.{error.status_code}",
        message,
        hint=hint,
        headers=dict(error.headers or {}),
    )


def _unexpected(request: Request, error: Exception) -> Response:
    structlog.get_logger().error(
        "request failed",
        path=request.url.path,
        exc_info=error,
        request_id=getattr(request.state, "request_id", ""),
    )
    return answer(
        request, 500, "unexpected", _UNEXPECTED, hint="Try again; the server's log says what happened."
    )
