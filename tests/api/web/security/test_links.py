"""One-time links: the first account, invitations and new passwords."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from agent.errors import InputError, JourneyError
from agent.schemas.accounts import Role
from agent.store.accounts import Accounts
from api.web.security.links import first_account_link
from tests.api.web.security.site import CHEAP, GOOD, OTHER, ROOT, Site

_BASE = "http://testserver"


def _first(site: Site) -> str:
    link = first_account_link(site.accounts, now=site.clock(), base_url=f"{_BASE}/")
    assert link is not None
    assert link.startswith(f"{_BASE}/welcome/")
    return link.removeprefix(_BASE)


def _form(**changed: str) -> dict[str, str]:
    return {"login": "anna", "display_name": "Anna", "password": GOOD, "again": GOOD, **changed}


def test_first_account_link_makes_an_admin_and_signs_in(site: Site) -> None:
    """From then on there is no such link any more, and the old one is spent."""
    assert "no account here yet" in site.browser().get("/sign-in").text
    path, browser = _first(site), site.browser()
    assert "Make the first account" in browser.get(path).text
    answer = browser.post(path, _form())
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert browser.get("/").json() == {"login": "anna"}
    assert browser.get("/accounts").status_code == 200
    assert first_account_link(site.accounts, now=site.clock(), base_url=_BASE) is None
    assert site.browser().get(path).status_code == 410
    assert "no account here yet" not in site.browser().get("/sign-in").text


def test_looking_at_a_link_does_not_use_it_up(site: Site) -> None:
    """Mail programs open links on their own."""
    path = _first(site)
    for _ in range(3):
        assert site.browser().get(path).status_code == 200
    browser = site.browser()
    browser.get(path)
    assert browser.post(path, _form()).status_code == 303


def test_first_account_link_is_replaced_by_the_next_start(site: Site) -> None:
    """What stands in the log of an earlier start lets nobody in; after a day this one does not either."""
    earlier, later = _first(site), _first(site)
    assert site.browser().get(earlier).status_code == 410
    assert site.browser().get(later).status_code == 200
    site.clock.advance(hours=24)
    assert site.browser().get(later).status_code == 410


def test_first_account_link_is_void_once_there_is_an_account(site: Site) -> None:
    """However that account came to be."""
    path, browser = _first(site), site.browser()
    browser.get(path)
    site.account("ben")
    refused = browser.post(path, _form())
    assert refused.status_code == 410
    assert "used before, has expired" in refused.text
    assert site.accounts.people.by_login("anna") is None


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"password": "short", "again": "short"}, "12 to 256"),
        ({"again": OTHER}, "not the same"),
        ({"password": "password123456", "again": "password123456"}, "guessed first"),
        ({"login": "marjolein", "password": "marjolein-1990", "again": "marjolein-1990"}, "own name"),
        ({"login": "two words"}, "no e-mail address or name"),
        ({"login": ""}, "no e-mail address or name"),
    ],
    ids=["short", "unequal", "common", "own-name", "spaces", "no-name"],
)
def test_unusable_answer_keeps_the_link_and_says_why(site: Site, changed: dict[str, str], words: str) -> None:
    """A typing mistake must not cost the only way in; the password is not sent back."""
    path, browser = _first(site), site.browser()
    browser.get(path)
    refused = browser.post(path, _form(**changed))
    assert refused.status_code == 422
    assert words in refused.text
    assert changed.get("password", GOOD) not in refused.text
    assert 'value="Anna"' in refused.text
    assert site.accounts.people.count() == 0
    assert browser.post(path, _form()).status_code == 303


def test_invitation_gives_the_role_it_was_made_for(site: Site) -> None:
    """The admin sees the link once; who opens it chooses a password and is in."""
    site.account("root", is_admin=True)
    admin = site.signed_in("root")
    shown = admin.post("/accounts/invite", login="Ben@Example.org", role="editor", workspace="acme")
    assert shown.status_code == 200
    path = re.findall(r"http://testserver(/welcome/[\w-]+)", shown.text)[0]
    assert path not in admin.get("/accounts").text
    ben = site.browser()
    assert "ben@example.org" in ben.get(path).text
    assert ben.post(path, _form(login="somebody-else", display_name="Ben")).status_code == 303
    assert ben.get("/").json() == {"login": "ben@example.org"}
    ben.get("/account")
    assert ben.post("/w/acme/edit").status_code == 200
    assert ben.post("/w/acme/approve").status_code == 403
    assert site.browser().get(path).status_code == 410


def test_second_invitation_replaces_the_first_and_none_reaches_an_account_in_use(site: Site) -> None:
    """Otherwise an invitation would be a way into somebody's account."""
    first = site.accounts.invite("ben", by=ROOT, now=site.clock())
    second = site.accounts.invite("ben", workspace="acme", role=Role.VIEWER, by=ROOT, now=site.clock())
    assert first.account.account_id == second.account.account_id
    assert site.browser().get(f"/welcome/{first.token}").status_code == 410
    browser = site.browser()
    browser.get(f"/welcome/{second.token}")
    assert browser.post(f"/welcome/{second.token}", _form()).status_code == 303
    with pytest.raises(InputError, match="already an account"):
        site.accounts.invite("BEN", by=ROOT, now=site.clock())


def test_reset_ends_the_old_password_and_every_session(site: Site) -> None:
    """Until the link is used the old password works, so that nobody locks others out by asking."""
    account = site.account("anna")
    old = site.signed_in("anna")
    token = site.accounts.reset(account.account_id, by=ROOT, now=site.clock())
    assert old.get("/").status_code == 200
    browser = site.browser()
    assert "Choose another password" in browser.get(f"/welcome/{token}").text
    assert browser.post(f"/welcome/{token}", password=OTHER, again=OTHER).status_code == 303
    assert old.get("/").status_code == 303
    assert site.browser().sign_in("anna", GOOD).status_code == 401
    assert site.browser().sign_in("anna", OTHER).status_code == 303


def test_reset_of_a_disabled_account_is_refused_and_its_links_are_void(site: Site) -> None:
    """A link made before must not open what was closed."""
    account = site.account("anna")
    token = site.accounts.reset(account.account_id, by=ROOT, now=site.clock())
    site.accounts.disable(account.account_id, by=ROOT, now=site.clock())
    assert site.browser().get(f"/welcome/{token}").status_code == 410
    with pytest.raises(InputError, match="disabled"):
        site.accounts.reset(account.account_id, by=ROOT, now=site.clock())


@pytest.mark.parametrize("token", ["x", "a" * 43, "%00", "..%2Fsign-in", "é"])
def test_unknown_link_says_what_to_do(site: Site, token: str) -> None:
    """A page with words, no stack trace."""
    answer = site.browser().get(f"/welcome/{token}")
    assert answer.status_code in {404, 410}
    assert "<h1>" in answer.text


def test_one_of_many_at_the_same_time_uses_a_link(site: Site) -> None:
    """Two clicks make one account."""
    token = site.accounts.first_account_token(now=site.clock()) or ""

    def use(number: int) -> bool:
        with Accounts.open(site.app.state.services.settings.home) as accounts:
            try:
                accounts.accept(
                    token, login=f"a{number}", password_hash=CHEAP.hash(GOOD), address="", now=site.clock()
                )
            except JourneyError:
                return False
            return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(use, range(4))) == 1
    assert site.accounts.people.count() == 1
