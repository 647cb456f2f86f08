"""Part of suite `chat_hostile`: asks and goes to every page as a signed-in person does, and checks the markup and the files."""

import io
import re
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import httpx

from eval.suites.chat_pages import addresses_of
from eval.suites.chat_serving import BRAND, csrf_in
from eval.suites.hostile_files import CHECKS, check_markup
from eval.suites.hostile_home import SECRET
from eval.suites.hostile_model import NAMED, OBEYS
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
class Form:
    """Exported files of one form."""

    n_files: int = 0
    n_places: int = 0
    """Cells, elements or objects that were looked at."""
    n_shown: int = 0
    """Hostile texts in them, each as often as in different files."""
    n_defused: int = 0
    n_live: int = 0
    n_formulas: int = 0


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
    forms: dict[str, Form] = field(default_factory=dict[str, Form])
    """By the ends of files' names."""
    unchecked: Counter[str] = field(default_factory=Counter[str])
    """Forms of files that no check is for, with how many there were."""
    n_requests: int = 0
    n_shown: int = 0
    """Texts in markup, each as often as in different answers of the server."""
    n_of_model: int = 0
    """Answers of the server in which a sentence of the malicious model stands."""
    n_named: int = 0
    """Answers of the server in which a name or wording of it stands."""
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
    marks = marks_in(text)
    seen.marks |= marks
    seen.n_shown += len(marks)
    seen.n_secrets += SECRET in text
    seen.n_of_model += OBEYS in text
    seen.n_named += NAMED in text
    seen.live += [f"{where}: {one}" for one in check_markup(text).live]


def _read(content: bytes, ending: str | None) -> str:
    """Return the text of a file; what stands in a PDF is drawn and cannot be read so."""
    if ending == "pptx":
        with zipfile.ZipFile(io.BytesIO(content)) as slides:
            return " ".join(slides.read(name).decode("utf-8", "ignore") for name in slides.namelist())
    return content.decode("utf-8", "ignore")


def _check_file(seen: Visited, found: httpx.Response, out: Path) -> None:
    name = (_NAME.findall(found.headers["content-disposition"]) or ["file"])[0]
    ending = max((one for one in CHECKS if name.endswith(f".{one}")), key=len, default=None)
    text = _read(found.content, ending)
    marks = marks_in(text)
    seen.marks_in_files |= marks
    seen.n_secrets += SECRET in text
    seen.n_of_model += OBEYS in text
    seen.n_named += NAMED in text
    if ending is None:
        seen.unchecked[name.rpartition(".")[2]] += 1
        return
    checked = CHECKS[ending](found.content)
    form = seen.forms.setdefault(ending, Form())
    form.n_files += 1
    form.n_places += checked.n_places
    form.n_shown += len(marks)
    form.n_defused += checked.n_defused
    form.n_live += len(checked.live)
    form.n_formulas += len(checked.formulas)
    seen.live_in_files += [f"{ending}: {one}" for one in checked.live]
    seen.formulas += [f"{ending}: {one}" for one in checked.formulas]
    if ending in _SHOWN_ALONE:
        path = out / f"{len(seen.files)}.{ending}"
        path.write_bytes(found.content)
        seen.files.append(path)
