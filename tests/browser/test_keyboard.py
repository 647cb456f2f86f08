"""The site without a mouse: every stop is seen, nothing loses the focus, and ends are announced, not every step to them."""

from collections.abc import Generator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from agent.schemas.accounts import Role
from agent.schemas.chat import PendingChange
from api.web.jobs import Job, JobContext
from tests.api.web.scripted_analyst import ScriptedAnalyst, plain, streamed
from tests.api.web.site import WORKSPACE
from tests.browser.conftest import Served

HOME = f"/w/{WORKSPACE}"
_MOST_STOPS = 120
_STOP = """() => {
  const at = document.activeElement;
  if (at === document.body) return null;
  const rings = [at, at.closest("form")].filter(Boolean).map((one) => getComputedStyle(one));
  const box = at.getBoundingClientRect();
  return {
    name: at.outerHTML.slice(0, 120),
    is_ringed: rings.some((ring) => ring.outlineStyle !== "none" && parseFloat(ring.outlineWidth) >= 2),
    is_there: box.width > 0 && box.height > 0 && at.checkVisibility({ visibilityProperty: true }),
  };
}"""
"""What has the focus, and whether a person sees that it has."""


@pytest.fixture
def window(served: Served, chromium: Browser) -> Generator[BrowserContext]:
    """A window of an admin."""
    context = served.signed_in(chromium, Role.ADMIN)
    yield context
    context.close()


def _account_in(window: BrowserContext, served: Served) -> str:
    """Return the account that is signed in in a window."""
    (token,) = [one.get("value", "") for one in window.cookies() if one.get("name") == "journey"]
    signed_in = served.services.accounts.sessions.find(token, now=served.services.clock())
    assert signed_in is not None
    return signed_in.account.account_id


@pytest.fixture
def analyst(served: Served) -> Generator[ScriptedAnalyst]:
    """An analyst in the site's brand whose answers ask on."""
    brand = served.services.brands.get(WORKSPACE)
    scripted = ScriptedAnalyst(streamed(plain(2, next_questions=("And why?",))))
    brand.__dict__["analyst"] = scripted
    yield scripted
    del brand.__dict__["analyst"]


def _stops(page: Page) -> list[dict[str, Any]]:
    """Go through a page by Tab and return each stop."""
    found: list[dict[str, Any]] = []
    for _ in range(_MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(_STOP)
        if stop is None:
            break
        found.append(stop)
    return found


@pytest.mark.parametrize("path", ["", "/sources", "/evidence", "/variants/new", "/journeys/paths"])
def test_every_stop_of_tab_is_seen(served: Served, window: BrowserContext, path: str) -> None:
    """A ring of two pixels or more is around what has the focus, or around the form it stands in."""
    page = window.new_page()
    page.goto(f"{served.address}{HOME}{path}")
    page.evaluate("document.querySelector('.skip').focus()")
    stops = _stops(page)
    assert len(stops) > 10
    assert [stop["name"] for stop in stops if not (stop["is_ringed"] and stop["is_there"])] == []


def test_skip_link_leads_past_the_navigation(served: Served, window: BrowserContext) -> None:
    """The first Tab shows it; the next Tab after it stands in the page's content."""
    page = window.new_page()
    page.goto(f"{served.address}{HOME}/maps")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_menu_of_a_phone_opens_and_leads_on_by_keys(served: Served, window: BrowserContext) -> None:
    """Enter opens it and says so; Tab goes into it."""
    page = window.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{served.address}{HOME}/maps")
    menu = page.get_by_role("button", name="Menu")
    expect(menu).to_have_attribute("aria-expanded", "false")
    menu.press("Enter")
    expect(menu).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Tab")
    expect(page.locator("#navigation a:visible").first).to_be_focused()
    page.locator("#navigation").get_by_role("link", name="Sources").press("Enter")
    expect(page.locator("h1")).to_have_text("Sources")


def test_asking_by_a_button_that_goes_away_leaves_the_focus_in_the_composer(
    served: Served, window: BrowserContext, analyst: ScriptedAnalyst
) -> None:
    """Questions to begin with, the next question below an answer, and a change that is declined."""
    change = PendingChange(change_id="x", tool="draft_map", arguments={}, summary="A map is drafted.")
    page = window.new_page()
    page.goto(f"{served.address}{HOME}")
    page.locator("#openings button").first.press("Enter")
    expect(page.locator(".turn-actions")).to_have_count(1)
    expect(page.locator("#question")).to_be_focused()
    analyst.script = streamed(plain(1, pending=change))
    page.get_by_role("button", name="And why?").press("Enter")
    expect(page.locator(".turn-actions")).to_have_count(2)
    expect(page.locator("#question")).to_be_focused()
    page.get_by_role("button", name="Not now").press("Enter")
    expect(page.locator("#question")).to_be_focused()


def test_older_conversations_take_the_focus_where_they_are_asked_for(
    served: Served, window: BrowserContext
) -> None:
    """The first of those that came has it."""
    page = window.new_page()
    page.goto(f"{served.address}{HOME}")
    account_id = _account_in(window, served)
    conversations = served.services.brands.get(WORKSPACE).workspace.store.conversations
    for _ in range(60):
        conversations.create(owner=account_id, now=served.services.clock())
    page.reload()
    entries = page.locator("#entries .entry")
    n_shown = entries.count()
    page.get_by_role("link", name="Show older ones").press("Enter")
    expect(entries.nth(n_shown).locator("a").first).to_be_focused()


def test_work_under_way_keeps_the_focus_and_is_announced_at_its_end(
    served: Served, window: BrowserContext
) -> None:
    """The part of the page that is renewed each second holds the button that stops the work."""
    account_id = _account_in(window, served)

    def work(context: JobContext) -> str:
        context.step("Reading what customers said ...", total=10)
        context.stopping.wait()
        return f"{HOME}/sources"

    jobs = served.services.jobs
    job: Job = jobs.start(work, workspace=WORKSPACE, account_id=account_id, title="Reading files in")
    page = window.new_page()
    page.goto(f"{served.address}{HOME}/jobs/{job.job_id}")
    page.get_by_role("button", name="Stop").focus()
    for _ in range(2):
        with page.expect_response("**/jobs/*"):
            pass
    expect(page.get_by_role("button", name="Stop")).to_be_focused()
    assert page.locator("#announcer").inner_text() == ""
    jobs.stop(job.job_id)
    expect(page.locator("#announcer")).to_have_text("Done.")
    expect(page.get_by_role("link", name="Show what was made")).to_be_focused()
