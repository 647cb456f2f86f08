"""Signing in with a password and out again: what is told, what is not, and what the cookie is."""

import pytest
from argon2 import PasswordHasher

from agent.schemas.accounts import AuditFilter, Role
from tests.api.web.security.site import CHEAP, GOOD, OTHER, ROOT, Site


def test_sign_in_with_right_password_leads_on_and_sets_a_session(site: Site) -> None:
    """The address asked for first is where one goes on."""
    site.account("Anna@Example.org")
    browser = site.browser()
    asked = browser.get("/account?changed=1")
    assert asked.status_code == 303
    assert asked.headers["location"] == "/sign-in?next=%2Faccount%3Fchanged%3D1"
    answer = browser.sign_in("ANNA@example.ORG ", next_path="/account?changed=1")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/account?changed=1"
    assert browser.get("/").json() == {"login": "anna@example.org"}


@pytest.mark.parametrize(
    ("login", "password"),
    [("anna", OTHER), ("nobody", GOOD), ("anna", ""), ("disabled", GOOD), ("invited", GOOD), ("a b", GOOD)],
    ids=["wrong", "unknown", "empty", "disabled", "no-password-yet", "no-login"],
)
def test_refusal_is_the_same_whatever_is_wrong(site: Site, login: str, password: str) -> None:
    """Words, status and work are those of a wrong password, so that nobody learns which accounts exist."""
    site.account("anna")
    site.account("boss", is_admin=True)
    disabled = site.account("disabled")
    site.accounts.disable(disabled.account_id, by=ROOT, now=site.clock())
    site.accounts.invite("invited", by=ROOT, now=site.clock())
    expected = site.browser().sign_in("anna", "not the password at all")
    before = site.passwords.n_checked
    answer = site.browser().sign_in(login, password)
    if password:
        assert site.passwords.n_checked - before == 1
        assert answer.status_code == expected.status_code == 401
        assert "do not belong together" in answer.text
        assert answer.text.count("do not belong") == expected.text.count("do not belong")
    else:
        assert answer.status_code in {401, 422}
    assert "journey" not in answer.cookies


def test_failed_sign_in_keeps_where_one_was_going(site: Site) -> None:
    """The second try leads to the same page, and the password is not sent back."""
    site.account("anna")
    browser = site.browser()
    browser.get("/sign-in?next=/account")
    answer = browser.post("/sign-in", login="anna", password=OTHER, next="/account")
    assert 'name="next" value="/account"' in answer.text
    assert 'value="anna"' in answer.text
    assert OTHER not in answer.text


def test_session_cookie_is_kept_from_scripts_and_other_sites(site: Site) -> None:
    """Over https it also has the prefix that keeps other hosts from setting it."""
    site.account("anna")
    plain = site.browser().sign_in("anna").headers.get_list("set-cookie")
    session = next(cookie for cookie in plain if cookie.startswith("journey="))
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(session.split("; "))
    assert "Domain" not in session
    secure = site.browser(scheme="https").sign_in("anna").headers.get_list("set-cookie")
    kept = next(cookie for cookie in secure if cookie.startswith("__Host-journey="))
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(kept.split("; "))


def test_token_is_not_in_the_database(site: Site) -> None:
    """Whoever reads the file cannot sign in with what stands there."""
    site.account("anna")
    browser = site.signed_in("anna")
    assert browser.cookie
    site.accounts.close()
    folder = site.app.state.services.settings.home
    stored = b"".join(path.read_bytes() for path in folder.glob("accounts.db*"))
    assert browser.cookie.encode() not in stored
    assert GOOD.encode() not in stored


def test_session_of_before_does_not_become_the_signed_in_one(site: Site) -> None:
    """Somebody who plants a cookie before the sign-in has nothing of it afterwards."""
    site.account("anna")
    browser = site.browser()
    browser.client.cookies.set("journey", "planted-by-somebody")
    browser.sign_in("anna")
    cookies = {cookie.value for cookie in browser.client.cookies.jar if cookie.name == "journey"}
    assert cookies != {"planted-by-somebody"}
    other = site.browser()
    other.client.cookies.set("journey", "planted-by-somebody")
    assert other.get("/").status_code == 303


def test_sign_in_again_ends_the_session_before(site: Site) -> None:
    """A browser has one session; the token it had signs nobody in any more."""
    site.account("anna")
    browser = site.signed_in("anna")
    first = browser.cookie
    page = browser.get("/account")
    assert page.status_code == 200
    browser.post("/sign-in", login="anna", password=GOOD)
    assert browser.cookie not in {None, first}
    assert site.accounts.sessions.find(first or "", now=site.clock()) is None


@pytest.mark.parametrize(
    ("hours", "used"), [(12.5, False), (24 * 7 + 1, True)], ids=["idle", "used-for-a-week"]
)
def test_session_ends_when_idle_and_at_the_latest_after_a_week(site: Site, hours: float, used: bool) -> None:
    """The page says so, leads back to where one was, and stores nothing for a form sent meanwhile."""
    site.account("anna", acme=Role.EDITOR)
    browser = site.signed_in("anna")
    for _ in range(int(hours)):
        site.clock.advance(hours=1)
        if used:
            browser.get("/")
    site.clock.advance(hours=hours % 1 + 0.01)
    late = browser.get("/account")
    assert late.headers["location"] == "/sign-in?next=%2Faccount&ended=1"
    assert "Your session has ended" in browser.get(late.headers["location"]).text
    sent = browser.post("/w/acme/edit", headers={"referer": "http://testserver/w/acme/maps?x=1"})
    assert sent.status_code == 303
    assert sent.headers["location"] == "/sign-in?next=%2Fw%2Facme%2Fmaps%3Fx%3D1&ended=1"


def test_session_that_is_used_goes_on(site: Site) -> None:
    """Three days of work with a break at night shorter than the idle time."""
    site.account("anna")
    browser = site.signed_in("anna")
    for _ in range(12):
        site.clock.advance(hours=11)
        assert browser.get("/").status_code == 200


def test_sign_out_ends_the_session_on_the_server(site: Site) -> None:
    """A copy of the cookie is worth nothing afterwards."""
    site.account("anna")
    browser = site.signed_in("anna")
    copy = browser.cookie or ""
    answer = browser.post("/sign-out")
    assert answer.headers["location"] == "/sign-in?out=1"
    assert browser.cookie is None
    assert site.accounts.sessions.find(copy, now=site.clock()) is None
    assert "You are signed out" in browser.get("/sign-in?out=1").text
    assert browser.get("/").status_code == 303


def test_sign_out_takes_no_get(site: Site) -> None:
    """A picture on another site must not sign anybody out."""
    site.account("anna")
    browser = site.signed_in("anna")
    assert browser.get("/sign-out").status_code == 405
    assert browser.get("/").status_code == 200


def test_hash_is_renewed_where_its_parameters_are_old(site: Site) -> None:
    """Raising the cost reaches everybody at their next sign-in, and the password stays."""
    account = site.account("anna")
    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(GOOD)
    site.accounts.people.set_password_hash(account.account_id, old)
    site.signed_in("anna")
    renewed = site.accounts.people.password_hash(account.account_id) or ""
    assert renewed != old
    assert not CHEAP.check_needs_rehash(renewed)
    site.signed_in("anna")
    assert site.accounts.people.password_hash(account.account_id) == renewed


def test_refused_sign_in_is_in_the_log_without_what_was_typed(site: Site) -> None:
    """People type passwords into the field for the name."""
    site.account("anna")
    site.browser().sign_in("my secret passphrase", "x")
    site.browser().sign_in("anna", "x")
    refused = site.accounts.audit.entries(AuditFilter(outcome="refused"))
    assert [(entry.who, entry.what, entry.address) for entry in refused] == [
        ("nobody", "anna", "10.0.0.1"),
        ("nobody", "an unknown account", "10.0.0.1"),
    ]
