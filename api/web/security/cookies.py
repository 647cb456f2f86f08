"""The cookies: one for a session, one for a visit before there is a session, one for a sign-in at another server.

Each holds a random token and nothing else. Over https their names start with `__Host-`, so that no other host can set them.
"""

import hashlib
import hmac

from fastapi import Request
from starlette.responses import Response

from agent.store.accounts.sessions import ABSOLUTE, new_token

_SESSION = "journey"
_VISIT = "journey-visit"
_FLOW = "journey-flow"
_FLOW_S = 600
_CSRF = b"journey csrf"


def session_token(request: Request) -> str | None:
    """Return the token of the session the browser says it has."""
    return request.cookies.get(_named(request, _SESSION))


def set_session(request: Request, response: Response, token: str) -> None:
    """Give the browser a session; its visit is over."""
    _set(request, response, _SESSION, token, max_age_s=int(ABSOLUTE.total_seconds()))
    _drop(request, response, _VISIT)


def end_session(request: Request, response: Response) -> None:
    """Take the browser's session away."""
    _drop(request, response, _SESSION)


def start_visit(request: Request) -> str | None:
    """Make sure that forms for people who are not signed in have a secret; return it where it is a new one."""
    if _secret(request) is not None:
        return None
    token = new_token()
    request.state.csrf = csrf_of(token)
    return token


def keep_visit(request: Request, response: Response, token: str | None) -> None:
    """Give the browser the secret that `start_visit` made."""
    if token is not None:
        _set(request, response, _VISIT, token, max_age_s=None)


def flow(request: Request) -> str:
    """Return what the browser keeps while it is at another sign-in server; empty where it keeps nothing."""
    return request.cookies.get(_named(request, _FLOW), "")


def set_flow(request: Request, response: Response, value: str) -> None:
    """Let the browser keep something for the few minutes that it is at another sign-in server."""
    _set(request, response, _FLOW, value, max_age_s=_FLOW_S)


def end_flow(request: Request, response: Response) -> None:
    """Take that away."""
    _drop(request, response, _FLOW)


def csrf_of(secret: str) -> str:
    """Return what a form proves its origin with: it follows from the cookie's secret, and not the other way round."""
    return hmac.new(secret.encode("utf-8", "replace"), _CSRF, hashlib.sha256).hexdigest()


def csrf_of_request(request: Request) -> str:
    """Return the token that forms of this browser carry; empty where it has no cookie of ours."""
    secret = _secret(request)
    return "" if secret is None else csrf_of(secret)


def _secret(request: Request) -> str | None:
    return session_token(request) or request.cookies.get(_named(request, _VISIT)) or None


def _named(request: Request, name: str) -> str:
    return f"__Host-{name}" if request.url.scheme == "https" else name


def _set(request: Request, response: Response, name: str, value: str, *, max_age_s: int | None) -> None:
    response.set_cookie(
        _named(request, name),
        value,
        max_age=max_age_s,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def _drop(request: Request, response: Response, name: str) -> None:
    response.delete_cookie(
        _named(request, name), path="/", secure=request.url.scheme == "https", httponly=True, samesite="lax"
    )
