"""Part of suite `chat_hostile`: pages and exported files in a real browser, with what they ask for and what comes alive."""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Page, Request, sync_playwright

from eval.suites.hostile_texts import marks_in

_SETTLES_MS = 50
_ABSENT = "status of 404"
_NOWHERE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
_LIVE = """() => {
  const found = [], linked = ["href", "src", "action", "formaction", "srcset", "data", "poster", "ping", "xlink:href"];
  for (const one of document.querySelectorAll("*")) {
    const tag = one.tagName.toLowerCase();
    if (["iframe", "object", "embed", "base", "marquee", "foreignobject"].includes(tag)) found.push(tag);
    for (const {name, value} of one.attributes) {
      if (name.startsWith("on") || name === "srcdoc") found.push(`${tag} ${name}`);
      if (!linked.includes(name) || !value) continue;
      const to = new URL(value, location.href);
      const own = to.origin === location.origin && to.protocol === location.protocol;
      if (!own && !value.startsWith("data:image/png") && !value.startsWith("data:font/")) found.push(`${tag} ${name}=${value}`);
    }
  }
  return found;
}"""
"""Elements and attributes in the page's tree that run or lead elsewhere, as the browser has built it."""


@dataclass(slots=True)
class Looked:
    """What was seen while pages were looked at."""

    n_pages: int = 0
    n_elements: int = 0
    n_requests: int = 0
    n_shown: int = 0
    """Texts that were shown, each as often as on different pages."""
    marks: set[str] = field(default_factory=set[str])
    """Of the hostile texts that were shown."""
    elsewhere: list[str] = field(default_factory=list[str])
    """Requests that went to anywhere but the server."""
    live: list[str] = field(default_factory=list[str])
    dialogs: list[str] = field(default_factory=list[str])
    console: list[str] = field(default_factory=list[str])
    """What the browser complained of: errors of scripts, and what the page's policy stopped."""
    at: str = ""
    """The page that is open."""


def has_browser() -> bool:
    """Tell whether there is a Chromium to look with."""
    return _path() is not None


def look_at(url: str, cookie: str, addresses: Iterable[str], files: Sequence[Path], seen: Looked) -> None:
    """Open pages of a server, then exported files, each by itself.

    Args:
        url: Of the server.
        cookie: Of the session of who looks.
        addresses: Of the pages.
        files: HTML and SVG.
        seen: What is seen is added to.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_path(), args=["--no-sandbox", _NOWHERE])
        context = browser.new_context()
        context.add_cookies([{"name": "journey", "value": cookie, "url": url}])
        page = _watched(context, seen, urlsplit(url).netloc)
        for address in (*(f"{url}{one}" for one in addresses), *(path.as_uri() for path in files)):
            _open(page, address, seen)
        browser.close()


def _path() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


def _watched(context: BrowserContext, seen: Looked, own: str) -> Page:
    def asked(request: Request) -> None:
        seen.n_requests += 1
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob", "file"} and parts.netloc != own:
            seen.elsewhere.append(request.url)

    def told(message: ConsoleMessage) -> None:
        # That a page which is not there is not there is no complaint of the page.
        is_absent = message.location.get("url") == seen.at and _ABSENT in message.text
        if message.type in {"error", "warning"} and not is_absent:
            seen.console.append(message.text)

    def asks(dialog: Dialog) -> None:
        seen.dialogs.append(dialog.message)
        dialog.dismiss()

    page = context.new_page()
    context.on("request", asked)
    page.on("console", told)
    page.on("pageerror", lambda error: seen.console.append(error.message))
    page.on("dialog", asks)
    return page


def _open(page: Page, address: str, seen: Looked) -> None:
    seen.at = address
    page.goto(address, wait_until="load")
    # What a text brought with it would run now.
    page.wait_for_timeout(_SETTLES_MS)
    content = page.content()
    seen.n_pages += 1
    seen.n_elements += content.count("<") // 2
    marks = marks_in(content)
    seen.marks |= marks
    seen.n_shown += len(marks)
    seen.live += [f"{address}: {found}" for found in page.evaluate(_LIVE)]
