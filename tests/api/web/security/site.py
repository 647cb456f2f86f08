"""A small site behind the real guard, and browsers that visit it."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, cast

from argon2 import PasswordHasher
from fastapi import APIRouter, Depends, FastAPI
from fastapi.testclient import TestClient

from agent.schemas.accounts import Account, Actor, Role, SignedIn
from agent.settings import Settings
from agent.store.accounts import Accounts
from api.web import errors
from api.web.middleware import Guarding
from api.web.routes import accounts as accounts_routes
from api.web.routes import audit, sign_in
from api.web.security.access import SignedInDep, guard, require
from api.web.security.install import install
from api.web.security.passwords import Passwords
from api.web.services import Services

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
GOOD = "violet harbour ticket"
OTHER = "copper meadow lantern"
ROOT = Actor(who="test")
WORKSPACES = ("acme", "globex")


@dataclass
class Clock:
    """A clock that the test turns."""

    now: datetime = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def advance(self, **duration: float) -> None:
        """Let time go by."""
        self.now += timedelta(**duration)


class FixedBrands:
    """The workspaces of a home without their stores."""

    def names(self) -> list[str]:
        """Return their names."""
        return list(WORKSPACES)


class CountingPasswords(Passwords):
    """Checks cheaply and counts how often."""

    def __init__(self) -> None:
        super().__init__(CHEAP)
        self.n_checked = 0

    def matches(self, encoded: str | None, password: str) -> bool:
        """Count the check."""
        self.n_checked += 1
        return super().matches(encoded, password)


_probes = APIRouter()


@_probes.get("/")
def start(person: SignedInDep) -> dict[str, str]:
    """Say who is signed in."""
    return {"login": person.account.login}


@_probes.get("/w/{workspace}/read")
def read(_person: Annotated[SignedIn, Depends(require(Role.VIEWER))]) -> dict[str, bool]:
    """Need a viewer."""
    return {"ok": True}


@_probes.post("/w/{workspace}/edit")
def edit(_person: Annotated[SignedIn, Depends(require(Role.EDITOR))]) -> dict[str, bool]:
    """Need an editor."""
    return {"ok": True}


@_probes.post("/w/{workspace}/approve")
def approve(_person: Annotated[SignedIn, Depends(require(Role.APPROVER))]) -> dict[str, bool]:
    """Need an approver."""
    return {"ok": True}


@_probes.get("/w/{workspace}/forgotten")
def forgotten() -> dict[str, bool]:
    """Ask for nothing, as a route whose author forgot to."""
    return {"ok": True}


ROUTERS = (sign_in.router, accounts_routes.router, audit.router, _probes)


@dataclass
class Site:
    """The site and what its tests turn and look into."""

    app: FastAPI
    accounts: Accounts
    clock: Clock
    passwords: CountingPasswords

    def account(self, login: str, *, password: str = GOOD, is_admin: bool = False, **roles: Role) -> Account:
        """Make an account with a password and roles."""
        account = self.accounts.people.add(login, display_name=login, is_admin=is_admin, now=self.clock())
        self.accounts.people.set_password_hash(account.account_id, CHEAP.hash(password))
        for workspace, role in roles.items():
            self.accounts.people.set_role(account.account_id, workspace, role)
        return self.accounts.people.get(account.account_id)

    def browser(self, *, scheme: str = "http", address: str = "10.0.0.1") -> "Browser":
        """Open another browser."""
        client = TestClient(
            self.app,
            base_url=f"{scheme}://testserver",
            follow_redirects=False,
            headers={"accept": "text/html"},
            client=(address, 4711),
        )
        return Browser(client)

    def signed_in(self, login: str, *, password: str = GOOD) -> "Browser":
        """Open another browser and sign in there."""
        browser = self.browser()
        answer = browser.sign_in(login, password)
        assert answer.status_code == 303, answer.text
        return browser


@dataclass
class Browser:
    """A browser that sends the token of the page it looks at."""

    client: TestClient
    csrf: str = field(default="", init=False)

    def get(self, path: str, **headers: str) -> Any:
        """Open a page and keep the token of its forms."""
        answer = self.client.get(path, headers=_spelt(headers))
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', answer.text)
        if found:
            self.csrf = found.group(1)
        return answer

    def post(
        self,
        path: str,
        form: dict[str, str] | None = None,
        *,
        csrf: str | None = None,
        headers: dict[str, str] | None = None,
        **fields: str,
    ) -> Any:
        """Send a form of the page."""
        data = {"csrf": self.csrf if csrf is None else csrf, **(form or {}), **fields}
        return self.client.post(path, data=data, headers=headers or {})

    def sign_in(self, login: str, password: str = GOOD, *, next_path: str = "/") -> Any:
        """Fill in the form to sign in; afterwards the browser knows the token of its new session."""
        self.get("/sign-in")
        answer = self.post("/sign-in", login=login, password=password, next=next_path)
        if answer.status_code == 303:
            self.get("/account")
        return answer

    @property
    def cookie(self) -> str | None:
        """Token of the session."""
        return self.client.cookies.get("journey")


def _spelt(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@contextmanager
def open_site(home: Path, settings: Settings | None = None) -> Generator[Site]:
    """Open a site on a home of its own."""
    clock, passwords = Clock(), CountingPasswords()
    accounts = Accounts.open(home)
    chosen = settings or Settings(home=home)
    unused = cast("Any", None)
    services = Services(
        settings=chosen,
        accounts=accounts,
        brands=cast("Any", FixedBrands()),
        jobs=unused,
        runs=unused,
        clock=clock,
    )
    app = FastAPI(dependencies=[Depends(guard)])
    app.state.services = services
    errors.install(app)
    install(app, chosen, passwords=passwords)
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(Guarding, services=services)
    try:
        yield Site(app, accounts, clock, passwords)
    finally:
        accounts.close()
