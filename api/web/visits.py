"""Visits: which workspace a request is about, and what the signed-in person may do there."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from agent.chat.context import RequestContext
from agent.errors import AccessDeniedError
from agent.schemas.accounts import Role, SignedIn
from api.web.brands import Brand
from api.web.security.access import SignedInDep, role_in
from api.web.services import Services, ServicesDep


@dataclass(frozen=True, slots=True)
class Visit:
    """A person in a workspace."""

    brand: Brand
    signed_in: SignedIn
    role: Role
    services: Services

    @property
    def account_id(self) -> str:
        """Who it is."""
        return self.signed_in.account.account_id

    def require(self, least: Role, doing: str) -> None:
        """Refuse what the role does not allow.

        Raises:
            AccessDeniedError: The role is less.
        """
        if self.role < least:
            msg = (
                f"{doing} takes the role {least.value} or more in this workspace; yours is {self.role.value}"
            )
            raise AccessDeniedError(msg, hint="Ask an admin for another role.")

    @property
    def name(self) -> str:
        """Name of the person, as others read it."""
        return self.signed_in.account.display_name

    def context(self) -> RequestContext:
        """Return what goes with a request to the agent."""
        return RequestContext(
            workspace=self.brand.name,
            account_id=self.account_id,
            role=self.role,
            now=self.services.clock(),
        )


def visit(request: Request, workspace: str, signed_in: SignedInDep, services: ServicesDep) -> Visit:
    """Return the visit of a request whose address names a workspace.

    Raises:
        NotFoundError: It does not exist, or not for this person; which of the two is not told.
    """
    role = role_in(signed_in, workspace)
    brand = services.brands.get(workspace)
    request.state.page_values = {
        "workspace": workspace,
        "workspaces": names_of(signed_in, services),
        "role": role,
    }
    return Visit(brand, signed_in, role, services)


def names_of(signed_in: SignedIn, services: Services) -> tuple[str, ...]:
    """Return the workspaces that a person sees."""
    return tuple(name for name in services.brands.names() if signed_in.role_in(name) is not None)


VisitDep = Annotated[Visit, Depends(visit)]
