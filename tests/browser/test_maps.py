"""Maps, pain points and variants in a real browser: one step to the evidence, keyboard, phone, nothing that runs."""

from playwright.sync_api import Browser, Dialog, expect

from tests.agent.maps import HOSTILE, journey_map
from tests.api.web.site import WORKSPACE
from tests.browser.axe import violations_of
from tests.browser.conftest import Served


def _map_id(served: Served) -> str:
    maps = served.services.brands.get(WORKSPACE).workspace.store.results.maps()
    return next(one.map_id for one in maps if one.map_id != "map_hostile")


def test_claim_opens_beside_the_map_by_keyboard_and_gives_the_focus_back(
    served: Served, chromium: Browser
) -> None:
    """Enter on a claim shows its evidence and takes the focus there; Escape leads back to the claim."""
    context = served.signed_in(chromium)
    page = context.new_page()
    page.goto(f"{served.address}/w/{WORKSPACE}/maps/{_map_id(served)}")
    claim = page.locator("a.claim.observed").first
    claim.focus()
    page.keyboard.press("Enter")
    heading = page.locator("#side h2")
    expect(heading).to_be_focused()
    expect(page.locator("#side")).to_contain_text("Counted")
    assert violations_of(page) == []
    page.keyboard.press("Escape")
    expect(claim).to_be_focused()
    expect(page.locator("#side")).to_be_empty()
    context.close()


def test_hostile_map_runs_nothing_and_asks_nobody(served: Served, chromium: Browser) -> None:
    """No dialog opens, no request leaves the site, and the words stand there as words."""
    results = served.services.brands.get(WORKSPACE).workspace.store.results
    results.save_map(journey_map(HOSTILE).model_copy(update={"map_id": "map_hostile", "version": 1}))
    context = served.signed_in(chromium)
    page = context.new_page()
    dialogs: list[str] = []
    asked: list[str] = []

    def refuse(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", refuse)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{served.address}/w/{WORKSPACE}/maps/map_hostile")
    page.locator("a.claim").nth(5).click()
    expect(page.locator("#side h2")).to_be_focused()
    assert dialogs == []
    assert [url for url in asked if not url.startswith(served.address)] == []
    assert "<script>alert(1)</script>" in page.inner_text("main")
    context.close()
