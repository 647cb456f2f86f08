"""Puts sign-in and its guard in front of an app."""

from dataclasses import dataclass
from typing import Annotated, cast

import anyio
from fastapi import Depends, FastAPI, Request

from agent.errors import NotSignedInError
from agent.settings import Settings
from api.web.security.oidc import OidcProvider, provider_of
from api.web.security.passwords import Passwords
from api.web.security.places import lead_to_sign_in

_OUTSIDE_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Security:
    """What proves who somebody is."""

    passwords: Passwords
    provider: OidcProvider | None
    """Another server that people may sign in with."""
    outside: anyio.CapacityLimiter
    """For threads that wait for that server, so that they never hold up the pages."""


def install(app: FastAPI, settings: Settings, *, passwords: Passwords | None = None) -> None:
    """Give an app what proves identities, and lead who is not signed in to the sign-in.

    Args:
        app: Made with `dependencies=[Depends(guard)]`, so that every route is guarded.
        settings: Name the sign-in server, if there is one.
        passwords: Makes and checks hashes; with full strength where None.

    Raises:
        ConfigError: The sign-in server is only half set up.
    """
    app.state.security = Security(
        passwords=passwords or Passwords(),
        provider=provider_of(settings),
        outside=anyio.CapacityLimiter(_OUTSIDE_AT_ONCE),
    )
    app.add_exception_handler(NotSignedInError, lead_to_sign_in)


def security_of(request: Request) -> Security:
    """Return what the app proves identities with."""
    return cast("Security", request.app.state.security)


SecurityDep = Annotated[Security, Depends(security_of)]
