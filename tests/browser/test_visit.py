"""A marketer's whole visit, from an empty home to an approved piece of copy, as they see it."""

import csv
from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from eval.simulator import simulate
from tests.api.brand import N_PERSONS
from tests.browser.server import started

_WORDS = "kettle marsh bookcase 7"
"""Of a password."""
_WORK_MS = 120_000
"""How long work may take; machines are shared."""
_HEADERS = {
    "id": "ref", "customer_id": "buyer", "rating": "stars given", "title": "heading", "text": "what they wrote",
    "created_at": "posted", "source": "site", "locale": "tongue", "segment": "group",
}  # fmt: skip
"""Of an export in a form that nobody knows."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Exports of a simulated brand: conversations and events in known forms, and reviews in an unknown one."""
    folder = tmp_path_factory.mktemp("exports")
    made = simulate(folder, n_persons=N_PERSONS, seed=3)
    strange = folder / "voices.csv"
    with (
        made.reviews.open(encoding="utf-8", newline="") as read,
        strange.open("w", encoding="utf-8", newline="") as file,
    ):
        rows = csv.reader(read)
        written = csv.writer(file)
        written.writerow([_HEADERS[name] for name in next(rows)])
        written.writerows(rows)
    return [made.events, made.transcripts, strange]


@pytest.fixture
def page(chromium: Browser) -> Generator[Page]:
    """A window in which nobody is signed in."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    yield context.new_page()
    context.close()


@pytest.mark.timeout(300)
def test_visit_leads_from_an_empty_home_to_approved_copy(
    page: Page, chromium: Browser, files: list[Path], tmp_path: Path
) -> None:
    """First account, upload, mapping, map, evidence, answer, source, variants, approval by somebody else, sign-out."""
    with started(tmp_path / "home") as (address, link):
        _make_first_account(page, link)
        _read_in(page, files)
        _draft_map(page)
        _open_cell(page)
        _ask_and_open_source(page)
        variants = _propose_variants(page)
        invited = _invite_approver(page)
        approver = chromium.new_context(viewport={"width": 1440, "height": 900})
        _approve(approver.new_page(), invited, variants)
        approver.close()
        page.goto(variants)
        expect(page.locator(".cards .badge", has_text="approved")).to_have_count(1)
        _sign_out_and_come_back(page, f"{address}/w/Fernway/maps")


def _heading(page: Page, words: str) -> None:
    expect(page.locator("h1")).to_have_text(words)


def _press(page: Page | Locator, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()


def _wait_for_job(page: Page) -> None:
    """Wait on the page of a piece of work, and go on to what it made."""
    expect(page.locator("#job")).to_contain_text("Done.", timeout=_WORK_MS)
    page.get_by_role("link", name="Show what was made").click()


def _make_first_account(page: Page, link: str) -> None:
    page.goto(link)
    _heading(page, "Make the first account")
    page.get_by_label("E-mail or name to sign in with").fill("maya@example.test")
    page.get_by_label("Name that others see").fill("Maya")
    page.get_by_label("Password", exact=True).fill(_WORDS)
    page.get_by_label("The same password again").fill(_WORDS)
    _press(page, "Make the account")
    _heading(page, "Welcome to Journey Insight")
    expect(page.locator("#navigation")).to_contain_text("Maya")
    again = page.request.get(link)
    assert not again.ok, "the link works once"


def _read_in(page: Page, files: list[Path]) -> None:
    page.get_by_label("Name of the workspace").fill("Fernway")
    _press(page, "Make the workspace")
    _heading(page, "Sources")
    expect(page.locator("main")).to_contain_text("Nothing is read in yet")
    page.get_by_label("Files", exact=True).set_input_files(files)
    _press(page, "Upload and look")
    _heading(page, "Look before reading in")
    for file, form in ((files[0], "segment"), (files[1], "chats")):
        known = page.get_by_role("region", name=file.name, exact=True)
        expect(known).to_contain_text(f"Recognised as {form}")
        expect(known.locator("tbody tr")).to_have_count(20)
    strange = page.get_by_role("region", name=files[2].name, exact=True)
    expect(strange.get_by_label("What the customer wrote")).to_have_value("what they wrote")
    expect(strange.get_by_label("Customer's id")).to_have_value("buyer")
    strange.get_by_label("Its title").select_option("heading")
    strange.get_by_label("group", exact=True).check()
    _press(strange, "Show the first rows this way")
    expect(strange).to_contain_text("Read by your mapping")
    expect(strange.locator("tbody tr")).to_have_count(20)
    expect(strange.locator("table")).to_contain_text("group: ")
    assert "@example.com" not in strange.inner_text(), "addresses are taken out before anybody sees them"
    _press(page, "Read in")
    _heading(page, "Reading files in")
    expect(page.locator("#job progress, #job li").first).to_be_visible()
    _wait_for_job(page)
    table = page.get_by_role("region", name="Files that were read in")
    for file in files:
        expect(table.get_by_role("rowheader", name=file.name)).to_be_visible()


def _draft_map(page: Page) -> None:
    page.get_by_role("link", name="Maps", exact=True).click()
    page.get_by_role("link", name="Draft the first map").click()
    _heading(page, "New map")
    for label, words in (
        ("Persona", "Fernway customers"),
        ("Journey", "From first ad to regular customer"),
        ("Goal", "get gear that fits"),
        ("Purpose", "find what to mend first"),
    ):
        page.get_by_label(label, exact=True).fill(words)
    expect(page.get_by_label("Owner")).to_have_value("Maya")
    _press(page, "Draft the map")
    _wait_for_job(page)
    _heading(page, "Fernway customers: From first ad to regular customer")
    expect(page.locator(".page-head")).to_contain_text("version 1")
    expect(page.locator(".map-stage")).to_have_count(5)
    expect(page.locator("a.claim.observed").first).to_be_visible()


def _open_cell(page: Page) -> None:
    claim = page.locator(".lane-pain_points a.claim.observed").first
    said = claim.locator(".say").inner_text()
    claim.click()
    side = page.locator("#side")
    expect(side.locator("h2")).to_be_focused()
    expect(side.locator("h2")).to_have_text(said)
    expect(side).to_contain_text("Counted")
    expect(side.locator("blockquote").first).not_to_be_empty()
    page.keyboard.press("Escape")
    expect(claim).to_be_focused()


def _ask_and_open_source(page: Page) -> None:
    page.get_by_role("link", name="Ask", exact=True).click()
    _heading(page, "Ask about your customers")
    expect(page.locator("#question")).to_be_focused()
    page.keyboard.type("What are the biggest pain points?")
    page.keyboard.press("Enter")
    expect(page.locator("#announcer")).to_contain_text("Answer ready")
    expect(page.locator(".question")).to_have_text("What are the biggest pain points?")
    source = page.locator(".source:has(blockquote)").first
    name = source.get_attribute("id")
    page.locator(f'.sentence .cite[popovertarget="{name}"]').first.click()
    expect(source).to_be_focused()
    said = source.locator("blockquote").inner_text()
    source.get_by_role("link", name="Open the passage").click()
    expect(page.locator("mark#cited")).to_have_text(said)
    expect(page.locator("main")).to_contain_text("Where it comes from")


def _propose_variants(page: Page) -> str:
    page.get_by_role("link", name="Pain points", exact=True).click()
    first = page.locator(".pains tbody th a").first
    label = first.inner_text()
    first.click()
    _heading(page, label)
    page.get_by_role("link", name="Propose variants").click()
    _heading(page, "Propose variants")
    page.get_by_label("How many variants").fill("3")
    _press(page, "Propose and check")
    _wait_for_job(page)
    _heading(page, f"E-mail: answers to “{label}”")
    control, card = page.locator(".control").bounding_box(), page.locator(".cards li").first.bounding_box()
    assert control is not None
    assert card is not None
    assert control["x"] + control["width"] <= card["x"], "control and variant stand side by side"
    assert abs(control["y"] - card["y"]) < 2
    expect(page.locator(".cards li").first.locator("mark").first).to_be_visible()
    expect(page.locator("main")).to_contain_text("The certificate holds")
    return page.url


def _invite_approver(page: Page) -> str:
    page.get_by_role("link", name="People", exact=True).click()
    page.get_by_label("E-mail or name").fill("april@example.test")
    page.get_by_label("Role", exact=True).select_option("approver")
    page.get_by_label("Workspace", exact=True).select_option("Fernway")
    _press(page, "Invite")
    _heading(page, "One-time link for april@example.test")
    return page.locator("#one-time-link").inner_text()


def _approve(page: Page, invited: str, variants: str) -> None:
    page.goto(invited)
    _heading(page, "Accept your invitation")
    page.get_by_label("Password", exact=True).fill(_WORDS)
    page.get_by_label("The same password again").fill(_WORDS)
    _press(page, "Join")
    expect(page.locator("#navigation")).to_contain_text("april@example.test")
    page.goto(variants)
    # Whether a verdict is "better" hangs on the processor's sums; where it is not, approving takes a reason.
    for reason in page.locator(".cards input[name=despite]").all():
        reason.fill("To be tried on a few customers first")
    page.locator(".cards").get_by_role("button", name="Approve variant").first.click()
    expect(page.locator(".cards .badge", has_text="approved")).to_have_count(1)
    expect(page.get_by_role("button", name="Export 1 as CSV")).to_have_count(1)


def _sign_out_and_come_back(page: Page, wanted: str) -> None:
    _press(page, "Sign out")
    _heading(page, "Sign in")
    expect(page.get_by_role("status")).to_contain_text("You are signed out")
    page.goto(wanted)
    _heading(page, "Sign in")
    page.get_by_label("E-mail or name").fill("maya@example.test")
    page.get_by_label("Password").fill(_WORDS)
    _press(page, "Sign in")
    _heading(page, "Maps")
    assert page.url == wanted
