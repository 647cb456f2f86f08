"""Puts what people decide, take out and bring in into the audit log of the home."""

from fastapi import Request

from api.web.security.access import actor
from api.web.visits import Visit


def log(request: Request, visit: Visit, action: str, what: str) -> None:
    """Add what somebody did in a workspace to the audit log.

    Args:
        request: By which it was asked.
        visit: Who and where.
        action: Such as `map.approve`.
        what: It was done to.
    """
    visit.services.accounts.audit.append(
        action,
        what,
        by=actor(request, visit.signed_in),
        workspace=visit.brand.name,
        now=visit.services.clock(),
    )
