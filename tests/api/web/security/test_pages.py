"""One's own account, everybody's, and the log: what the pages show and do."""

import html
import re

import pytest
import sqlalchemy as sa

from agent.schemas.accounts import AuditFilter, Role
from agent.store.engine import open_engine
from agent.store.home import Home
from api.web.security.browsers import browser_name
from tests.api.web.security.site import GOOD, OTHER, ROOT, Browser, Site

_HOSTILE = "<script>alert(1)</script>\"'{{7*7}}"


@pytest.fixture
def admin(site: Site) -> Browser:
    """An admin's browser."""
    site.account("root", is_admin=True)
    return site.signed_in("root")


def test_change_of_password_ends_other_sessions_and_renews_this_one(site: Site) -> None:
    """The browser that asks goes on, under another cookie."""
    site.account("anna")
    here, elsewhere = site.signed_in("anna"), site.signed_in("anna")
    before = here.cookie
    answer = here.post("/account/password", current=GOOD, password=OTHER, again=OTHER)
    assert answer.headers["location"] == "/account?changed=1"
    assert here.cookie not in {None, before}
    assert "Your password was changed" in here.get("/account?changed=1").text
    assert elsewhere.get("/").status_code == 303
    assert site.accounts.sessions.find(before or "", now=site.clock()) is None
    assert site.browser().sign_in("anna", GOOD).status_code == 401
    assert site.browser().sign_in("anna", OTHER).status_code == 303


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        ({"current": OTHER, "password": OTHER, "again": OTHER}, 401, "current password is not"),
        ({"current": GOOD, "password": OTHER, "again": GOOD}, 422, "not the same"),
        ({"current": GOOD, "password": "short", "again": "short"}, 422, "12 to 256"),
    ],
    ids=["wrong", "unequal", "short"],
)
def test_unusable_change_of_password_changes_nothing(
    site: Site, form: dict[str, str], status: int, words: str
) -> None:
    """Said on the page; all sessions go on."""
    site.account("anna")
    here, elsewhere = site.signed_in("anna"), site.signed_in("anna")
    answer = here.post("/account/password", form)
    assert answer.status_code == status
    assert words in answer.text
    assert elsewhere.get("/").status_code == here.get("/").status_code == 200
    assert site.browser().sign_in("anna", GOOD).status_code == 303


def test_own_sessions_are_listed_and_can_be_ended(site: Site) -> None:
    """One of them, all others, and nobody else's."""
    site.account("anna")
    site.account("ben")
    here, phone, ben = site.signed_in("anna"), site.signed_in("anna"), site.signed_in("ben")
    page = here.get("/account").text
    assert page.count("this browser") == 1
    (ended,) = re.findall(r"/account/sessions/(s_\w+)/end", page)
    assert here.post(f"/account/sessions/{ended}/end").status_code == 303
    assert phone.get("/").status_code == 303
    assert here.get("/").status_code == 200
    of_ben = site.accounts.sessions.of(site.accounts.people.by_login("ben").account_id, now=site.clock())  # type: ignore[union-attr]
    assert here.post(f"/account/sessions/{of_ben[0].session_id}/end").status_code == 404
    assert ben.get("/").status_code == 200
    tablet = site.signed_in("anna")
    assert here.post("/account/sessions/end-others").status_code == 303
    assert tablet.get("/").status_code == 303
    assert here.get("/").status_code == 200


def test_admin_changes_roles_and_the_person_has_them_at_the_next_sign_in(site: Site, admin: Browser) -> None:
    """Giving, changing and taking a role."""
    anna = site.account("anna")
    for role, status in (("editor", 200), ("viewer", 403), ("", 404)):
        answer = admin.post(f"/accounts/{anna.account_id}/role", workspace="acme", role=role)
        assert answer.status_code == 303
        assert site.signed_in("anna").post("/w/acme/edit").status_code == status


@pytest.mark.parametrize(
    "form",
    [
        {"workspace": "acme", "role": "admin"},
        {"workspace": "nowhere", "role": "viewer"},
        {"workspace": "acme", "role": "king"},
    ],
    ids=["admin-of-one", "no-such-workspace", "no-such-role"],
)
def test_role_that_cannot_be_is_refused(site: Site, admin: Browser, form: dict[str, str]) -> None:
    """Said on the page; nothing is stored."""
    anna = site.account("anna")
    assert admin.post(f"/accounts/{anna.account_id}/role", form).status_code == 422
    assert site.accounts.people.memberships(anna.account_id) == []


def test_last_admin_cannot_be_disabled_or_demoted(site: Site, admin: Browser) -> None:
    """Somebody must stay who can let people in; an invited admin who never came does not count."""
    root = site.accounts.people.by_login("root")
    assert root is not None
    site.accounts.invite("later", role=Role.ADMIN, by=ROOT, now=site.clock())
    for path, form in (("admin", {"is_admin": "false"}), ("disabled", {"disabled": "true"})):
        refused = admin.post(f"/accounts/{root.account_id}/{path}", form)
        assert refused.status_code == 422
        assert "last admin" in refused.text
    site.account("second", is_admin=True)
    assert admin.post(f"/accounts/{root.account_id}/admin", is_admin="false").status_code == 303
    assert admin.get("/accounts").status_code == 403
    assert admin.get("/").status_code == 200


def test_admin_who_changes_an_own_role_goes_on_under_a_new_session(site: Site, admin: Browser) -> None:
    """The token of before is worth nothing."""
    root = site.accounts.people.by_login("root")
    assert root is not None
    before = admin.cookie
    assert admin.post(f"/accounts/{root.account_id}/role", workspace="acme", role="viewer").status_code == 303
    assert admin.cookie not in {None, before}
    assert admin.get("/accounts").status_code == 200
    assert site.accounts.sessions.find(before or "", now=site.clock()) is None


def test_disabled_account_is_out_at_once_and_back_when_enabled(site: Site, admin: Browser) -> None:
    """Sessions end, the password is refused, and both can be given back."""
    anna = site.account("anna")
    browser = site.signed_in("anna")
    assert admin.post(f"/accounts/{anna.account_id}/disabled", disabled="true").status_code == 303
    assert "disabled" in admin.get(f"/accounts/{anna.account_id}").text
    assert browser.get("/").status_code == 303
    assert site.browser().sign_in("anna").status_code == 401
    assert admin.post(f"/accounts/{anna.account_id}/disabled", disabled="false").status_code == 303
    assert site.browser().sign_in("anna").status_code == 303


def test_reset_link_is_shown_once_and_works(site: Site, admin: Browser) -> None:
    """The admin hands it over; the admin does not learn the password."""
    anna = site.account("anna")
    shown = admin.post(f"/accounts/{anna.account_id}/reset")
    path = re.findall(r"http://testserver(/welcome/[\w-]+)", shown.text)[0]
    assert shown.headers["cache-control"] == "no-store"
    assert path not in admin.get(f"/accounts/{anna.account_id}").text
    assert "Choose another password" in site.browser().get(path).text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/accounts"), ("GET", "/accounts/ID"), ("POST", "/accounts/invite"), ("POST", "/accounts/ID/role"),
        ("POST", "/accounts/ID/admin"), ("POST", "/accounts/ID/disabled"), ("POST", "/accounts/ID/reset"),
        ("GET", "/audit"), ("GET", "/audit/check"),
    ],
)  # fmt: skip
def test_pages_of_admins_are_for_admins_alone(site: Site, method: str, path: str) -> None:
    """An approver everywhere is still no admin; nothing happens."""
    anna = site.account("anna", acme=Role.APPROVER, globex=Role.APPROVER)
    browser = site.signed_in("anna")
    form = {
        "csrf": browser.csrf,
        "login": "x",
        "workspace": "acme",
        "role": "approver",
        "is_admin": "true",
        "disabled": "true",
    }
    data = form if method == "POST" else None
    answer = browser.client.request(method, path.replace("ID", anna.account_id), data=data)
    assert answer.status_code == 403
    assert site.accounts.people.get(anna.account_id) == anna
    assert site.accounts.people.count() == 1


def test_hostile_names_are_words_on_every_page(site: Site, admin: Browser) -> None:
    """Names, browsers and workspaces come from elsewhere; a name that cannot be one is refused."""
    anna = site.account("anna")
    site.accounts.people.set_display_name(anna.account_id, _HOSTILE)
    site.accounts.people.set_role(anna.account_id, _HOSTILE, Role.VIEWER)
    site.accounts.audit.append("x.y", _HOSTILE, by=ROOT, now=site.clock())
    browser = site.browser()
    browser.client.headers["user-agent"] = _HOSTILE
    browser.sign_in("anna")
    pages = [
        browser.get("/account"),
        *(admin.get(p) for p in ("/accounts", f"/accounts/{anna.account_id}", "/audit")),
    ]
    pages.append(site.browser().get(f"/sign-in?next={_HOSTILE}&ended=1"))
    pages.append(admin.post("/accounts/invite", login=_HOSTILE + " x"))
    for page in pages:
        assert "<script>alert" not in page.text
        assert "49" not in re.sub(r"[0-9a-f_]{10,}", "", page.text.replace("{{7*7}}", ""))
    assert html.escape("<script>alert(1)") in pages[0].text


def test_what_was_done_is_in_the_log_with_who_and_from_where(site: Site, admin: Browser) -> None:
    """Every deed of the pages, newest first; no token and no password among it."""
    anna = site.account("anna")
    path = f"/accounts/{anna.account_id}"
    admin.post(f"{path}/role", workspace="acme", role="viewer")
    shown = admin.post(f"{path}/reset").text
    admin.post(f"{path}/disabled", disabled="true")
    entries = site.accounts.audit.entries(AuditFilter(who="root"))
    assert [(e.action, e.what, e.workspace, e.address) for e in entries] == [
        ("account.disable", "anna", "", "10.0.0.1"),
        ("account.reset", "anna", "", "10.0.0.1"),
        ("account.role", "anna is viewer", "acme", "10.0.0.1"),
        ("session.start", "root", "", "10.0.0.1"),
    ]
    token = re.findall(r"/welcome/([\w-]+)", shown)[0]
    assert all(secret not in str(entries) for secret in (token, GOOD, admin.cookie or "-"))


def test_log_page_filters_and_pages(site: Site, admin: Browser) -> None:
    """By who, action, outcome, workspace and day; a day that is none is said."""
    for number in range(60):
        site.accounts.audit.append(
            "map.approve", f"map{number}.", by=ROOT, workspace="acme", now=site.clock()
        )
    site.browser().sign_in("nobody-here", "x")
    assert "map59." in admin.get("/audit?action=map").text
    assert "session.start" not in admin.get("/audit?action=map&workspace=acme&who=test").text
    assert "map59." not in admin.get("/audit?outcome=refused").text
    assert "map59." not in admin.get("/audit?until=2026-05-31").text
    assert "map59." in admin.get("/audit?since=2026-06-01&until=2026-06-01").text
    older = html.unescape(
        re.findall(r'href="(/audit\?[^"]*before=[^"]*)"', admin.get("/audit?action=map").text)[0]
    )
    assert "map9." in admin.get(older).text
    assert "map59." not in admin.get(older).text
    assert "No entry passes" in admin.get("/audit?who=nobody-at-all").text
    assert admin.get("/audit?since=soon").status_code == 422


def test_changed_entry_is_found_on_the_page(site: Site, admin: Browser) -> None:
    """Verified at first; after somebody went around the product, not."""
    assert "verified" in admin.get("/audit/check").text
    part = admin.get("/audit/check", hx_request="true").text
    assert "verified" in part
    assert "<html" not in part
    engine = open_engine(Home(site.app.state.services.settings.home).accounts_database)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TRIGGER audit_no_update"))
        connection.execute(sa.text("UPDATE audit SET who = 'somebody else' WHERE number = 1"))
    engine.dispose()
    assert "from entry 1 on" in admin.get("/audit/check").text


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605 Version/17.0 Mobile Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Android 14; Mobile; rv:120.0) Gecko/120.0 Firefox/120.0", "Firefox on Android"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", "an unknown browser"),
    ],
)  # fmt: skip
def test_browser_is_called_by_the_name_its_owner_knows(user_agent: str, name: str) -> None:
    """Every browser also claims to be its ancestors."""
    assert browser_name(user_agent) == name
