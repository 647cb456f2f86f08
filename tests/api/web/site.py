"""The whole site on a copy of the simulated brand, and people who are signed in to it."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from agent.schemas.accounts import Account, Role
from agent.settings import Settings
from agent.store.accounts import Accounts
from api.web.app import create_app
from api.web.brands import Brand, Brands
from api.web.jobs import Jobs
from api.web.runs import Runs
from api.web.security.cookies import csrf_of
from api.web.services import Services

WORKSPACE = "default"
"""Of the brand that the command line's tests simulate."""


@dataclass
class Clock:
    """A clock that the test turns."""

    now: datetime = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def advance(self, **duration: float) -> None:
        """Let time go by."""
        self.now += timedelta(**duration)


@dataclass
class Visitor:
    """A person with a browser, signed in."""

    client: TestClient
    account: Account
    csrf: str
    token: str
    """Of the session, as the cookie `journey` holds it."""

    def get(self, path: str, **headers: str) -> Any:
        """Open a page; `hx_request="true"` asks as htmx does."""
        return self.client.get(path, headers=_spelt(headers))

    def post(
        self, path: str, data: dict[str, Any] | None = None, *, files: Any = None, **headers: str
    ) -> Any:
        """Send a form of a page."""
        form = {"csrf": self.csrf, **(data or {})}
        return self.client.post(path, data=form, files=files, headers=_spelt(headers))


@dataclass
class Site:
    """The site, and what its tests turn and look into."""

    app: FastAPI
    services: Services
    clock: Clock
    entered: TestClient
    """Its event loop is everybody's, so that answers being written outlive the request that began them."""
    _n_accounts: int = field(default=0, init=False)

    @property
    def brand(self) -> Brand:
        """The brand that is read in."""
        return self.services.brands.get(WORKSPACE)

    def signed_in(
        self, role: Role | None = Role.EDITOR, *, workspace: str = WORKSPACE
    ) -> tuple[Account, str]:
        """Make an account with a role, none for one who is in no workspace, and return it with the token of a session."""
        self._n_accounts += 1
        people, now = self.services.accounts.people, self.clock()
        login = f"{role.value if role else 'nobody'}{self._n_accounts}"
        account = people.add(login, display_name=login.title(), is_admin=role is Role.ADMIN, now=now)
        if role is not None and role is not Role.ADMIN:
            people.set_role(account.account_id, workspace, role)
        token = self.services.accounts.sessions.start(account.account_id, user_agent="test", now=now).token
        return account, token

    def client_of(self, role: Role | None = Role.EDITOR, *, workspace: str = WORKSPACE) -> Visitor:
        """Return a browser in which somebody with a role is signed in."""
        account, token = self.signed_in(role, workspace=workspace)
        client = TestClient(
            self.app, follow_redirects=False, headers={"accept": "text/html"}, cookies={"journey": token}
        )
        client.portal = self.entered.portal
        return Visitor(client, account, csrf_of(token), token)


def services_on(home: Path, clock: Clock) -> Services:
    """Return the parts behind the routes, on a home; what nobody asks is not computed, since most tests ask little."""
    settings = Settings(home=home, workspace=WORKSPACE, compute_ahead=False)
    return Services(
        settings=settings,
        accounts=Accounts.open(home),
        brands=Brands.open(settings, clock=clock),
        jobs=Jobs(),
        runs=Runs(),
        clock=clock,
    )


@contextmanager
def open_site(home: Path) -> Generator[Site]:
    """Open the site on a home, for clients in this process; its lifespan runs while it is open."""
    clock = Clock()
    services = services_on(home, clock)
    app = create_app(services)
    with TestClient(app) as entered:
        yield Site(app, services, clock, entered)


def words_of(page: str) -> str:
    """Return what a page says, without its markup."""
    text = re.sub(r"<(script|style).*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def _spelt(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
