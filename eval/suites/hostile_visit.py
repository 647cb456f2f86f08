"""Part of suite `chat_hostile`: asks and goes to every page as a signed-in person does, and checks the markup and the files."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import httpx

from eval.suites.chat_pages import addresses_of
from eval.suites.chat_serving import BRAND, csrf_in
from eval.suites.hostile_files import CHECKS, check_markup
from eval.suites.hostile_home import SECRET
from eval.suites.hostile_texts import marks_in

_EVENTS = re.compile(r'data-events="([^"]+)"')
_NAME = re.compile(r'filename="([^"]+)"')
_DATA = re.compile(r"^data:", re.MULTILINE)
_MOST_OF_A_KIND = 12
_SERVER_ERROR = 500
_LOOKED_FOR = ("alert", "script", "javascript", "Download this tool", "DROP TABLE", "zqh", "=1+1")
"""Words for the explorer, so that hostile texts come first on its pages."""
_SHOWN_ALONE = ("html", "svg")


@dataclass(slots=True)
class Visited:
    """What was seen of a server."""

    pages: list[str] = field(default_factory=list[str])
    files: list[Path] = field(default_factory=list[Path])
    """Exported files that a browser opens."""
    live: list[str] = field(default_factory=list[str])
    live_in_files: list[str] = field(default_factory=list[str])
    formulas: list[str] = field(default_factory=list[str])
    failed: list[str] = field(default_factory=list[str])
    marks: set[str] = field(default_factory=set[str])
    marks_in_files: set[str] = field(default_factory=set[str])
    kinds: set[str] = field(default_factory=set[str])
    """Ends of the names of files that were checked."""
    n_requests: int = 0
    n_cells: int = 0
    n_secrets: int = 0


def ask(client: httpx.Client, question: str, seen: Visited) -> None:
    """Ask in a conversation of its own, and check the page and the stream of the answer."""
    form = client.get(BRAND)
    page = client.post(f"{BRAND}/chat", data={"question": question, "csrf": csrf_in(form.text)})
    _take(seen, page, f"asking {question[:40]!r}")
    streams = _EVENTS.findall(page.text)
    if streams:
        stream = client.get(f"{streams[-1]}?after=0")
        _take(seen, stream, "stream")
    seen.n_requests += 2 + bool(streams)


def visit(client: httpx.Client, seen: Visited, out: Path) -> None:
    """Go to every page that others lead to, and to the explorer's with hostile words in the address; keep and check files."""
    out.mkdir(parents=True, exist_ok=True)
    typed = [f"{BRAND}/evidence?{urlencode({'words': words})}" for words in _LOOKED_FOR]
    typed += [
        f"{BRAND}?{urlencode({'ask': words})}"
        for words in ("<script>alert(1)</script>", "javascript:alert(1)")
    ]
    typed += [f"{BRAND}/{words}" for words in ("%3Cscript%3Ealert(1)%3C/script%3E", "..%2f..%2fjourney.db")]
    for address in dict.fromkeys([*addresses_of(client, most_of_a_kind=_MOST_OF_A_KIND), *typed]):
        found = client.get(address)
        seen.n_requests += 1
        kind = found.headers.get("content-type", "")
        if "attachment" in found.headers.get("content-disposition", ""):
            _check_file(seen, found, out)
        elif "html" in kind or "svg" in kind:
            _take(seen, found, address)
            seen.pages += [address] if "html" in kind else []


def _take(seen: Visited, found: httpx.Response, where: str) -> None:
    if found.status_code >= _SERVER_ERROR:
        seen.failed.append(f"{where}: status {found.status_code}")
    text = _DATA.sub("", found.text)
    seen.marks |= marks_in(text)
    seen.n_secrets += SECRET in text
    seen.live += [f"{where}: {one}" for one in check_markup(text).live]


def _check_file(seen: Visited, found: httpx.Response, out: Path) -> None:
    name = (_NAME.findall(found.headers["content-disposition"]) or ["file"])[0]
    ending = max((one for one in CHECKS if name.endswith(f".{one}")), key=len, default=None)
    text = found.content.decode("utf-8", "ignore")
    seen.marks_in_files |= marks_in(text)
    seen.n_secrets += SECRET in text
    if ending is None:
        return
    checked = CHECKS[ending](found.content)
    seen.kinds.add(ending)
    seen.live_in_files += [f"{ending}: {one}" for one in checked.live]
    seen.formulas += [f"{ending}: {one}" for one in checked.formulas]
    seen.n_cells += checked.n_places if ending.endswith("csv") else 0
    if ending in _SHOWN_ALONE:
        path = out / f"{len(seen.files)}.{ending}"
        path.write_bytes(found.content)
        seen.files.append(path)
