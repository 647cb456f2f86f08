"""A real browser before the real server, on a copy of the simulated brand."""

import shutil
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from agent.schemas.accounts import Role
from api.web.app import create_app
from api.web.services import Services
from tests.api.brand import Brand, shared_brand
from tests.api.web.site import WORKSPACE, Clock, services_on

_PATIENCE_MS = 30_000
"""How long a page may take to show what it should; no test measures time, and machines are shared."""

expect.set_options(timeout=_PATIENCE_MS)


@dataclass(frozen=True)
class Served:
    """The site behind an address on loopback."""

    address: str
    services: Services

    def token_of(self, role: Role) -> str:
        """Make an account with a role and return the token of a session of it."""
        people, now = self.services.accounts.people, self.services.clock()
        login = f"{role.value}{people.count()}"
        account = people.add(login, display_name=login.title(), is_admin=role is Role.ADMIN, now=now)
        if role is not Role.ADMIN:
            people.set_role(account.account_id, WORKSPACE, role)
        return self.services.accounts.sessions.start(account.account_id, user_agent="test", now=now).token

    def signed_in(self, browser: Browser, role: Role = Role.EDITOR, *, width: int = 1440) -> BrowserContext:
        """Return a browser's window in which somebody with a role is signed in."""
        context = browser.new_context(viewport={"width": width, "height": 900})
        context.add_cookies([{"name": "journey", "value": self.token_of(role), "url": self.address}])
        return context


@contextmanager
def serve(home: Path) -> Generator[Served]:
    """Serve a home on loopback until the test is over."""
    services = services_on(home, Clock())
    config = uvicorn.Config(create_app(services), host="127.0.0.1", port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="server")
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Served(f"http://127.0.0.1:{port}", services)
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def brand(tmp_path_factory: pytest.TempPathFactory) -> Brand:
    """A brand with a drafted map."""
    return shared_brand(tmp_path_factory)


@pytest.fixture(scope="session")
def served(brand: Brand, tmp_path_factory: pytest.TempPathFactory) -> Generator[Served]:
    """The site, its snapshot ready."""
    home = tmp_path_factory.mktemp("served") / "home"
    shutil.copytree(brand.home, home, ignore=shutil.ignore_patterns("lock"))
    with serve(home) as running:
        running.services.brands.get(WORKSPACE).snapshots.current()
        yield running


@pytest.fixture(scope="module")
def chromium() -> Generator[Browser]:
    """A browser without a window; closed after each file, as the event loop that drives it would stand in other tests' way."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("there is no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
