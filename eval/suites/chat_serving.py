"""Part of the suites on chat: a brand behind a real server, in a process of its own on loopback, and people signed in to it.

The first account is made by the one-time link that the server prints, as the first admin does; the others are invited.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from agent.schemas.accounts import Actor, Role
from agent.store.accounts import Accounts
from eval.suites.chat_brand import COMMAND, WORKSPACE

BRAND = f"/w/{WORKSPACE}"
_PASSWORD = "plain walnut ferry tangent"  # noqa: S105 - of accounts that live as long as the run
_TOKEN = re.compile(r'name="csrf"[^>]*value="([^"]+)"')
_WELCOME = re.compile(r"(http://\S+)/welcome/\S+")
_READY_S = 600
_NOT_READY = "Getting ready"
_FIRST_PAGE = f"{BRAND}/pain-points"
_TIMEOUT_S = 120
_POLL_S = 0.1
AS_BROWSER = {"accept": "text/html"}


@dataclass(frozen=True, slots=True)
class Served:
    """A server that is ready, and its first admin."""

    url: str
    home: Path
    admin: httpx.Client
    process: "subprocess.Popen[bytes]"
    log: Path
    """What it printed."""

    def rss_mib(self) -> float:
        """Return the memory that the server's process holds."""
        words = ["ps", "-o", "rss=", "-p", str(self.process.pid)]
        done = subprocess.run(words, capture_output=True, text=True, check=True)  # noqa: S603 - our own words
        return int(done.stdout) / 1024


@contextmanager
def served(
    home: Path, *, command: Iterable[str] = COMMAND, environment: Mapping[str, str] | None = None
) -> Generator[Served]:
    """Serve a home at a free port until the block ends; signed in is the first admin, once the data is ready.

    Args:
        home: Without accounts.
        command: Words of Python that run the command line.
        environment: Beside this process's own.
    """
    words = ["--home", str(home), "--workspace", WORKSPACE, "serve", "--port", "0"]
    log = home.parent / f"{home.name}-server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-u", *command, *words],
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**_offline(), **(environment or {})},
        )
    try:
        link = _welcome(process, log)
        with browser(_origin(link)) as admin:
            _accept(admin, link, "examiner")
            _wait_until_ready(admin)
            yield Served(_origin(link), home, admin, process, log)
    finally:
        process.terminate()
        process.wait()


def _offline() -> dict[str, str]:
    """Return this process's environment without a model server, so that the offline analyst answers."""
    return {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}


def browser(url: str) -> httpx.Client:
    """Return a client that asks as a browser does, and keeps its cookies."""
    return httpx.Client(
        base_url=url, trust_env=False, follow_redirects=True, timeout=_TIMEOUT_S, headers=AS_BROWSER
    )


def sign_in_people(on: Served, n: int, *, role: Role) -> Iterator[str]:
    """Invite people, let each choose a password under the link, and yield the cookies of their sessions."""
    with Accounts.open(on.home) as accounts:
        tokens = [
            accounts.invite(
                f"person{number}",
                workspace=WORKSPACE,
                role=role,
                by=Actor(who="suite"),
                now=datetime.now(UTC),
            ).token
            for number in range(n)
        ]
    for token in tokens:
        with browser(on.url) as client:
            _accept(client, f"{on.url}/welcome/{token}", "")
            yield client.cookies["journey"]


def csrf_in(page: str) -> str:
    """Return the token that a page's forms carry; "" where it has no form."""
    found = _TOKEN.search(page)
    return found.group(1) if found else ""


def _welcome(process: "subprocess.Popen[bytes]", log: Path) -> str:
    deadline = time.monotonic() + _READY_S
    while time.monotonic() < deadline:
        found = _WELCOME.search(log.read_text(encoding="utf-8", errors="replace"))
        if found is not None:
            return found.group()
        if process.poll() is not None:
            break
        time.sleep(_POLL_S)
    said = log.read_text(encoding="utf-8", errors="replace")[-500:]
    msg = f"no link for the first account from the server; a home without accounts was expected: {said}"
    raise RuntimeError(msg)


def _origin(link: str) -> str:
    parts = urlsplit(link)
    return f"{parts.scheme}://{parts.netloc}"


def _accept(client: httpx.Client, link: str, login: str) -> None:
    given = {"login": login, "display_name": login.title(), "password": _PASSWORD, "again": _PASSWORD}
    client.post(link, data={**given, "csrf": csrf_in(client.get(link).text)}).raise_for_status()


def _wait_until_ready(client: httpx.Client) -> None:
    # How long a server takes until it is ready is another figure.
    deadline = time.monotonic() + _READY_S
    while _NOT_READY in client.get(_FIRST_PAGE).text:
        if time.monotonic() > deadline:
            msg = f"the server was not ready within {_READY_S} s"
            raise RuntimeError(msg)
        time.sleep(1)
