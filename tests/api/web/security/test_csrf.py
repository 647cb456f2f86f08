"""Requests that change something: only from our own page, with the token of the session that sends them."""

import pytest

from agent.schemas.accounts import Role
from tests.api.web.security.site import GOOD, Browser, Site


@pytest.fixture
def browser(site: Site) -> Browser:
    """An editor's browser."""
    site.account("anna", acme=Role.EDITOR)
    return site.signed_in("anna")


def test_change_with_token_in_field_or_header_is_let_through(browser: Browser) -> None:
    """Forms send the field, htmx the header, which needs no form."""
    assert browser.post("/w/acme/edit").status_code == 200
    answer = browser.client.post("/w/acme/edit", headers={"X-CSRF-Token": browser.csrf})
    assert answer.status_code == 200
    answer = browser.client.post("/w/acme/edit", json={"any": 1}, headers={"X-CSRF-Token": browser.csrf})
    assert answer.status_code == 200
    many = browser.client.post("/w/acme/edit", data={"csrf": browser.csrf}, files={"file": b"some data"})
    assert many.status_code == 200


@pytest.mark.parametrize("token", ["", "0" * 64, "ü"], ids=["none", "wrong", "no-token-at-all"])
def test_change_without_its_token_is_refused(browser: Browser, token: str) -> None:
    """In the field and in the header alike."""
    refused = browser.post("/w/acme/edit", csrf=token)
    assert refused.status_code == 403
    assert "nothing was changed" in refused.text
    header = token.encode() if token else b""
    assert browser.client.post("/w/acme/edit", headers={b"X-CSRF-Token": header}).status_code == 403
    assert browser.client.post("/w/acme/edit").status_code == 403
    assert browser.client.post("/w/acme/edit", json={"csrf": browser.csrf}).status_code == 403


def test_token_of_another_session_is_refused(site: Site, browser: Browser) -> None:
    """Somebody else's token, another session's of one's own, and that of the visit before the sign-in."""
    site.account("ben", acme=Role.EDITOR)
    assert browser.post("/w/acme/edit", csrf=site.signed_in("ben").csrf).status_code == 403
    assert browser.post("/w/acme/edit", csrf=site.signed_in("anna").csrf).status_code == 403
    visitor = site.browser()
    visitor.get("/sign-in")
    assert visitor.csrf
    assert browser.post("/w/acme/edit", csrf=visitor.csrf).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://testserver"},
        {"Origin": "http://testserver:81"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
        {"Origin": "http://["},
    ],
    ids=["other", "null", "scheme", "port", "cross-site", "same-site", "both", "garbled"],
)
def test_change_from_another_site_is_refused_even_with_the_token(
    browser: Browser, headers: dict[str, str]
) -> None:
    """The browser says where a request comes from, whatever else leaked."""
    assert browser.post("/w/acme/edit", headers=headers).status_code == 403


@pytest.mark.parametrize("site_name", ["same-origin", "none"])
def test_change_from_own_site_is_let_through(browser: Browser, site_name: str) -> None:
    """As browsers send it."""
    headers = {"Origin": "http://testserver", "Sec-Fetch-Site": site_name}
    assert browser.post("/w/acme/edit", headers=headers).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_every_method_that_changes_is_guarded(browser: Browser, site: Site, method: str) -> None:
    """A route of any method, also one whose author thought of nothing."""
    site.app.add_api_route("/w/{workspace}/thing", lambda: {"ok": True}, methods=[method])
    assert browser.client.request(method, "/w/acme/thing").status_code == 403
    answer = browser.client.request(method, "/w/acme/thing", headers={"X-CSRF-Token": browser.csrf})
    assert answer.status_code == 200


def test_sign_in_itself_needs_the_token_of_its_page(site: Site) -> None:
    """Otherwise another site could sign a person in to an account of its own."""
    site.account("anna")
    browser = site.browser()
    assert browser.post("/sign-in", login="anna", password=GOOD).status_code == 403
    browser.get("/sign-in")
    assert browser.post("/sign-in", csrf="", login="anna", password=GOOD).status_code == 403
    assert browser.post("/sign-in", login="anna", password=GOOD).status_code == 303


def test_token_says_nothing_about_the_cookie(browser: Browser) -> None:
    """It stands in every page, so it must not be the session's own token."""
    assert browser.cookie
    assert browser.cookie not in browser.get("/account").text
