"""Every page there is, on a phone and on a desk, in dark and in light: readable by everybody, whole, and of this server alone."""

from collections.abc import Generator, Mapping, Sequence
from typing import Literal, NamedTuple

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, expect

from agent.schemas.accounts import Role
from tests.api.brand import Brand
from tests.api.web.site import WORKSPACE
from tests.browser.axe import violations_of
from tests.browser.conftest import Served
from tests.browser.filled import Filler
from tests.browser.places import NOT_PAGES, places, routes

_OUTSIDE = ("/sign-in", "/welcome/{token}")
"""Pages for who is not signed in."""
_CONTRAST = ("color-contrast",)
_LAYOUT = (*_CONTRAST, "target-size", "scrollable-region-focusable")
"""Rules on what another width changes; the markup is the same."""


class Look(NamedTuple):
    """A way to look at a page, and the rules that it can break; all where none is named."""

    width: int
    scheme: Literal["light", "dark"]
    rules: Sequence[str]


LOOKS = (
    Look(1440, "light", ()),
    Look(1440, "dark", _CONTRAST),
    Look(390, "dark", _LAYOUT),
    Look(390, "light", _CONTRAST),
)


class Window:
    """A page of a browser that notes what goes wrong in it."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.faults: list[str] = []
        self._address = address
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("response", self._answered)
        page.on("request", lambda sent: self._asked(sent.url))

    def open(self, path: str) -> None:
        """Open a page and wait for the parts that it fetches by itself."""
        self.page.set_viewport_size({"width": LOOKS[0].width, "height": 900})
        answer = self.page.goto(self._address + path)
        assert answer is not None
        if not answer.headers.get("content-type", "").startswith("text/html"):
            self.faults.append(f"it is no page but {answer.headers.get('content-type')}")
        expect(self.page.locator(".htmx-request")).to_have_count(0)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.faults.append(message.text)

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.status} {response.url}")

    def _asked(self, url: str) -> None:
        if not url.startswith((f"{self._address}/", "data:", "blob:")):
            self.faults.append(f"another server was asked: {url}")


@pytest.fixture(scope="module")
def token(served: Served) -> str:
    """Of an admin's session."""
    return served.token_of(Role.ADMIN)


@pytest.fixture(scope="module")
def values(served: Served, token: str, brand: Brand) -> Generator[Mapping[str, Sequence[str]]]:
    """What to open every address with: one of each thing there is."""
    filler = Filler(served.address, token, served.services, WORKSPACE, brand.map_id)
    yield filler.fill()
    filler.close()


@pytest.fixture(scope="module")
def windows(served: Served, token: str, chromium: Browser) -> Generator[dict[bool, Window]]:
    """A window of the admin, and one of who is not signed in."""
    inside, outside = chromium.new_context(), chromium.new_context()
    inside.add_cookies([{"name": "journey", "value": token, "url": served.address}])
    yield {
        True: Window(inside.new_page(), served.address),
        False: Window(outside.new_page(), served.address),
    }
    inside.close()
    outside.close()


def _looked_at(page: Page, look: Look) -> list[str]:
    page.set_viewport_size({"width": look.width, "height": 900})
    page.emulate_media(color_scheme=look.scheme, reduced_motion="reduce")
    found = violations_of(page, rules=look.rules)
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if over > 0:
        found.append(f"it scrolls sideways by {over} px")
    return [f"{look.width} px, {look.scheme}: {fault}" for fault in found]


@pytest.mark.parametrize("route", [route for route in routes() if route not in NOT_PAGES])
def test_page_is_accessible_and_whole_at_every_width_and_in_every_colour(
    windows: dict[bool, Window], values: Mapping[str, Sequence[str]], route: str
) -> None:
    """WCAG 2.2 AA by axe, one heading, a title of its own, no sideways scroll, no error, nobody else's server."""
    window = windows[route not in _OUTSIDE]
    for place in places(values, route):
        window.faults.clear()
        window.open(place)
        page = window.page
        assert page.locator("h1").count() == 1, place
        title = page.title().removesuffix(f" · {WORKSPACE}")
        assert title, place
        assert title != "Journey Insight", place
        seen = [fault for look in LOOKS for fault in _looked_at(page, look)]
        assert [*window.faults, *seen] == [], place


def test_missing_page_is_a_page_too(windows: dict[bool, Window]) -> None:
    """Who follows an old link reads what happened, in the same frame as everywhere."""
    window = windows[True]
    window.open(f"/w/{WORKSPACE}/nothing-here")
    page = window.page
    assert page.locator("h1").inner_text() == "There is no such page"
    assert [fault for look in LOOKS for fault in _looked_at(page, look)] == []


def test_routes_that_are_no_pages_are_routes() -> None:
    """What is left out is named by an address that there is."""
    assert set(routes()) >= NOT_PAGES
