"""Everything the routes share, made once at start and handed to the app."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Request

from agent.settings import Settings
from agent.store.accounts import Accounts
from api.web.brands import Brands
from api.web.jobs import Jobs
from api.web.runs import Runs

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Services:
    """The parts behind the routes."""

    settings: Settings
    accounts: Accounts
    brands: Brands
    jobs: Jobs
    runs: Runs
    clock: Clock


def services_of(request: Request) -> Services:
    """Return the app's services."""
    return cast("Services", request.app.state.services)


ServicesDep = Annotated[Services, Depends(services_of)]
