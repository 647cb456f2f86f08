"""Who is asking and what they may do, as dependencies of routes.

`guard` stands before every route: only addresses that are public by name answer somebody who is not signed in, and an address of a
workspace is not there for somebody who is not in it. `require` adds the role that a route needs.
"""

from collections.abc import AsyncGenerator, Callable
from functools import cache
from typing import Annotated, NoReturn

from fastapi import Depends, Request

from agent.errors import AccessDeniedError, NotFoundError, NotSignedInError
from agent.schemas.accounts import Actor, Role, SignedIn
from api.web.security.cookies import csrf_of_request, session_token
from api.web.security.csrf import refuse_forged
from api.web.services import ServicesDep

PUBLIC = ("/sign-in", "/sign-in/oidc", "/sign-in/oidc/callback", "/favicon.ico", "/health")
"""Addresses that answer anybody."""
PUBLIC_UNDER = ("/assets/", "/welcome/")
"""Beginnings of such addresses."""
_WORKSPACE = "workspace"
"""Name of the part of an address that says which workspace it is of."""


def recognise(request: Request, services: ServicesDep) -> SignedIn | None:
    """Return who is signed in, or None; pages find it in `request.state`, with the token for their forms."""
    request.state.csrf = csrf_of_request(request)
    token = session_token(request)
    found = None if token is None else services.accounts.sessions.find(token, now=services.clock())
    request.state.signed_in = found
    return found


VisitorDep = Annotated[SignedIn | None, Depends(recognise)]


def signed_in(request: Request, visitor: VisitorDep) -> SignedIn:
    """Return who is signed in.

    Raises:
        NotSignedInError: Nobody is, or no longer.
    """
    if visitor is not None:
        return visitor
    if session_token(request) is None:
        msg = "nobody is signed in"
        raise NotSignedInError(msg, hint="Sign in first.")
    msg = "your session has ended"
    raise NotSignedInError(msg, ended=True, hint="Sign in again to go on where you were.")


SignedInDep = Annotated[SignedIn, Depends(signed_in)]


async def guard(request: Request, visitor: VisitorDep) -> AsyncGenerator[None]:
    """Stand before every route, until its answer is sent.

    Raises:
        NotSignedInError: The address is not public and nobody is signed in.
        NotFoundError: The address is of a workspace the person is not in.
        ForgedRequestError: The request would change something and does not come from our own page.
    """
    if not _is_public(request.url.path):
        person = signed_in(request, visitor)
        if _WORKSPACE in request.path_params:
            role_in(person, str(request.path_params[_WORKSPACE]))
    try:
        await refuse_forged(request)
        yield
    finally:
        # The token may stand in a form with files; where the route takes no form, nobody else closes them.
        await request.close()


def role_in(person: SignedIn, workspace: str) -> Role:
    """Return a person's role in a workspace.

    Raises:
        NotFoundError: They are not in it; the same as for one that does not exist.
    """
    role = person.role_in(workspace)
    if role is None:
        msg = f"workspace {workspace!r} is not here"
        raise NotFoundError(msg, hint="Choose one of your workspaces, or make one.")
    return role


@cache
def require(least: Role) -> Callable[..., SignedIn]:
    """Return a dependency that lets through who has at least a role, in the workspace of the address or as an admin.

    Raises:
        NotFoundError: When a request comes: the person is not in the workspace.
        AccessDeniedError: When a request comes: the role is less than that.
    """

    def allowed(request: Request, person: SignedInDep) -> SignedIn:
        if _WORKSPACE in request.path_params:
            role = role_in(person, str(request.path_params[_WORKSPACE]))
            if role < least:
                _deny(f"your role here is {role.value}, and this takes {least.value} or more")
        elif not person.account.is_admin:
            _deny("only an admin may do this")
        return person

    return allowed


def address_of(request: Request) -> str:
    """Return the network address a request comes from; empty where it is not known."""
    return request.client.host if request.client else ""


def actor(request: Request, person: SignedIn) -> Actor:
    """Return a person as the audit log names them."""
    return Actor(who=person.account.login, address=address_of(request))


def user_agent_of(request: Request) -> str:
    """Return what the browser calls itself."""
    return request.headers.get("user-agent", "")


def _is_public(path: str) -> bool:
    return path in PUBLIC or path.startswith(PUBLIC_UNDER)


def _deny(message: str) -> NoReturn:
    raise AccessDeniedError(message, hint="Ask an admin for another role.")
