"""Part of suite `chat_latency`: how long the pages of a served brand take to load over the loopback.

Signs in by the one-time link, as the first admin does, then follows every link from page to page, each kind of address a few
times; an id in an address makes no other kind.
"""

import re
import time
from collections import Counter, deque
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import httpx
import numpy as np

from eval.suites.base import Cell, Table
from eval.suites.chat_serving import BRAND, served

_LINK = re.compile(r'(?:href|src)="(/[^"#]*)"')
_FIRST_PAGE = f"{BRAND}/pain-points"
_MOST_OF_A_KIND = 5
_N_LOADS = 5
_NOT_FOUND = 404


class Loaded(NamedTuple):
    """How an address was loaded."""

    seconds: float
    is_page: bool
    """Whether it is a page; otherwise it is a picture or a file."""


def pages_table(home: Path) -> Table:
    """Return seconds a kind of page, the slowest first."""
    loads: dict[str, list[float]] = {}
    pages: list[float] = []
    failed: Counter[str] = Counter()
    with served(home) as on:
        client = on.admin
        addresses = addresses_of(client)
        for address in addresses:
            kind = kind_of(address)
            for _ in range(_N_LOADS):
                begun = time.perf_counter()
                found = client.get(address)
                seconds = time.perf_counter() - begun
                loads.setdefault(kind, []).append(seconds)
                failed[kind] += found.is_error
                if "html" in found.headers.get("content-type", ""):
                    pages.append(seconds)
    first = [one.seconds for one in addresses.values() if one.is_page]
    rows: list[list[Cell]] = [[kind, *_row(each), failed[kind]] for kind, each in loads.items()]
    rows.sort(key=lambda row: -float(row[3] or 0))
    columns = ["address", "loads", "p50 s", "p95 s", "longest s", "failed"]
    return Table(
        "Page loads over the loopback",
        columns,
        [
            ["all pages, without pictures and files", *_row(pages), sum(failed.values())],
            ["these, each for the first time", *_row(first), None],
            *rows,
        ],
    )


def addresses_of(client: httpx.Client, *, most_of_a_kind: int = _MOST_OF_A_KIND) -> dict[str, Loaded]:
    """Return the addresses that pages lead to, a few of each kind, each with how it was loaded for the first time."""
    waiting, seen = deque(["/", _FIRST_PAGE]), {"/", _FIRST_PAGE}
    kinds: Counter[str] = Counter()
    found: dict[str, Loaded] = {}
    while waiting:
        address = waiting.popleft()
        begun = time.perf_counter()
        page = client.get(address)
        seconds = time.perf_counter() - begun
        if page.status_code == _NOT_FOUND:
            continue
        is_page = "html" in page.headers.get("content-type", "")
        found[address] = Loaded(seconds, is_page)
        for link in _LINK.findall(page.text) if is_page else ():
            further = urljoin(address, link.replace("&amp;", "&"))
            if further not in seen and kinds[kind_of(further)] < most_of_a_kind:
                seen.add(further)
                waiting.append(further)
                kinds[kind_of(further)] += 1
    return found


def kind_of(address: str) -> str:
    """Return an address without its ids and without what is asked of it."""
    parts = urlsplit(address).path.strip("/").split("/")
    return "/" + "/".join("…" if re.search(r"\d|_[0-9a-f]{6}|%", part) else part for part in parts)


def _row(seconds: list[float]) -> list[Cell]:
    times = [float(np.percentile(seconds, at)) for at in (50, 95)]
    return [len(seconds), *(round(one, 3) for one in (*times, max(seconds)))]
