"""Part of suite `chat_latency`: how long the pages of a served brand take to load over the loopback.

Signs in by the one-time link, as the first admin does, then follows every link from page to page, each kind of address a few
times; an id in an address makes no other kind.
"""

import re
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import numpy as np

from eval.suites.base import Cell, Table
from eval.suites.chat_brand import COMMAND, WORKSPACE

_PASSWORD = "plain walnut ferry tangent"  # noqa: S105 - of an account that lives as long as the run
_LINK = re.compile(r'(?:href|src)="(/[^"#]*)"')
_TOKEN = re.compile(r'name="csrf"[^>]*value="([^"]+)"')
_WELCOME = re.compile(r"http://\S+/welcome\S*")
_READY_S = 600
_NOT_READY = "Getting ready"
_FIRST_PAGE = f"/w/{WORKSPACE}/pain-points"
_MOST_OF_A_KIND = 5
_N_LOADS = 5
_NOT_FOUND = 404
_AS_BROWSER = {"accept": "text/html"}


def pages_table(home: Path) -> Table:
    """Return seconds a kind of page, the slowest first."""
    loads: dict[str, list[float]] = {}
    pages: list[float] = []
    failed: Counter[str] = Counter()
    with _served(home) as client:
        for address in _addresses(client):
            kind = _kind(address)
            for _ in range(_N_LOADS):
                begun = time.perf_counter()
                found = client.get(address)
                seconds = time.perf_counter() - begun
                loads.setdefault(kind, []).append(seconds)
                failed[kind] += found.is_error
                if "html" in found.headers.get("content-type", ""):
                    pages.append(seconds)
    rows: list[list[Cell]] = [[kind, *_row(each), failed[kind]] for kind, each in loads.items()]
    rows.sort(key=lambda row: -float(row[3] or 0))
    columns = ["address", "loads", "p50 s", "p95 s", "longest s", "failed"]
    return Table(
        "Page loads over the loopback",
        columns,
        [["all pages, without pictures and files", *_row(pages), sum(failed.values())], *rows],
    )


@contextmanager
def _served(home: Path) -> Generator[httpx.Client]:
    """Serve a home at a free port, and give a client that is signed in, once the data is ready."""
    words = ["--home", str(home), "--workspace", WORKSPACE, "serve", "--port", "0"]
    server = subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-u", *COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        with httpx.Client(trust_env=False, follow_redirects=True, timeout=60, headers=_AS_BROWSER) as client:
            _sign_in(client, _welcome(server))
            yield client
    finally:
        server.terminate()
        server.wait()


def _welcome(server: "subprocess.Popen[str]") -> str:
    assert server.stdout is not None  # noqa: S101 - it was asked for
    for line in server.stdout:
        found = _WELCOME.search(line)
        if found is not None:
            return found.group()
    msg = "the server ended without a link for the first account; a home without accounts was expected"
    raise RuntimeError(msg)


def _sign_in(client: httpx.Client, link: str) -> None:
    token = _TOKEN.search(client.get(link).text)
    given = {"login": "examiner", "display_name": "Examiner", "password": _PASSWORD, "again": _PASSWORD}
    client.post(link, data={**given, "csrf": token.group(1) if token else ""}).raise_for_status()
    parts = urlsplit(link)
    client.base_url = httpx.URL(f"{parts.scheme}://{parts.netloc}")
    # How long a server takes until it is ready is another figure.
    deadline = time.monotonic() + _READY_S
    while _NOT_READY in client.get(_FIRST_PAGE).text:
        if time.monotonic() > deadline:
            msg = f"the server was not ready within {_READY_S} s"
            raise RuntimeError(msg)
        time.sleep(1)


def _addresses(client: httpx.Client) -> list[str]:
    """Return the addresses that pages lead to, a few of each kind."""
    waiting, seen = deque(["/", _FIRST_PAGE]), {"/", _FIRST_PAGE}
    kinds: Counter[str] = Counter()
    found: list[str] = []
    while waiting:
        address = waiting.popleft()
        page = client.get(address)
        if page.status_code == _NOT_FOUND:
            continue
        found.append(address)
        for link in _LINK.findall(page.text) if "html" in page.headers.get("content-type", "") else ():
            further = urljoin(address, link.replace("&amp;", "&"))
            if further not in seen and kinds[_kind(further)] < _MOST_OF_A_KIND:
                seen.add(further)
                waiting.append(further)
                kinds[_kind(further)] += 1
    return found


def _kind(address: str) -> str:
    """Return an address without its ids and without what is asked of it."""
    parts = urlsplit(address).path.strip("/").split("/")
    return "/" + "/".join("…" if re.search(r"\d|_[0-9a-f]{6}|%", part) else part for part in parts)


def _row(seconds: list[float]) -> list[Cell]:
    times = [float(np.percentile(seconds, at)) for at in (50, 95)]
    return [len(seconds), *(round(one, 3) for one in (*times, max(seconds)))]
