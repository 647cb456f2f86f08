"""Who gets where: guests, members, roles; and what somebody who is not signed in is told."""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import pytest
from fastapi.routing import APIRoute
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.schemas.accounts import Role
from api.web.security.access import PUBLIC, PUBLIC_UNDER
from api.web.security.places import own_path
from tests.api.web.security.site import GOOD, ROOT, ROUTERS, WORKSPACES, Site, open_site


@pytest.mark.parametrize(
    "path", ["/", "/account", "/accounts", "/audit", "/w/acme/read", "/w/acme/forgotten"]
)
def test_page_for_nobody_redirects_to_the_sign_in(site: Site, path: str) -> None:
    """Also a route that forgot to ask; the sign-in leads back."""
    answer = site.browser().get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")
    assert path == "/" or f"next={path.replace('/', '%2F')}" in answer.headers["location"]


def test_every_route_that_is_not_public_by_name_asks_for_a_session(site: Site) -> None:
    """Walks all routes, whatever their parameters."""
    walked = 0
    for route in chain.from_iterable(router.routes for router in ROUTERS):
        if not isinstance(route, APIRoute) or route.path in PUBLIC or route.path.startswith(PUBLIC_UNDER):
            continue
        path = (
            route.path.replace("{workspace}", "acme")
            .replace("{account_id}", "a")
            .replace("{session_id}", "s")
        )
        for method in route.methods or ():
            answer = site.browser().client.request(method, path, headers={"accept": "application/json"})
            assert answer.status_code == 401, (method, path)
            walked += 1
    assert walked > 15


def test_htmx_is_told_to_move_the_whole_page(site: Site) -> None:
    """A redirect would put the sign-in into a part of the page; the page it is on is where one comes back to."""
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/w/acme/maps?sort=1"}
    answer = site.browser().client.get("/w/acme/read", headers=headers)
    assert answer.headers["hx-redirect"] == "/sign-in?next=%2Fw%2Facme%2Fmaps%3Fsort%3D1"
    assert "location" not in answer.headers
    assert answer.text == ""
    elsewhere = {"HX-Request": "true", "HX-Current-URL": "http://evil.example/x"}
    assert site.browser().client.get("/w/acme/read", headers=elsewhere).headers["hx-redirect"] == "/sign-in"


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream", "*/*"])
def test_programs_and_streams_get_401_in_the_one_shape(site: Site, accept: str) -> None:
    """An event stream cannot follow a redirect to a page."""
    answer = site.browser().client.get("/w/acme/read", headers={"accept": accept})
    assert answer.status_code == 401
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "hint", "request_id"}
    assert error["code"] == "access.not_signed_in"
    assert error["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("role", "statuses"),
    [
        (None, (404, 404, 404, 404)),
        (Role.VIEWER, (200, 403, 403, 200)),
        (Role.EDITOR, (200, 200, 403, 200)),
        (Role.APPROVER, (200, 200, 200, 200)),
        (Role.ADMIN, (200, 200, 200, 200)),
    ],
    ids=["none", "viewer", "editor", "approver", "admin"],
)
def test_role_decides_what_may_be_done(site: Site, role: Role | None, statuses: tuple[int, ...]) -> None:
    """In one's workspace as far as the role goes; another workspace is not there at all."""
    given_role = {} if role in {None, Role.ADMIN} else {"acme": role}
    site.account("anna", is_admin=role is Role.ADMIN, **given_role)  # type: ignore[arg-type]
    browser = site.signed_in("anna")
    got = (
        browser.client.get("/w/acme/read").status_code,
        browser.post("/w/acme/edit").status_code,
        browser.post("/w/acme/approve").status_code,
        browser.client.get("/w/acme/forgotten").status_code,
    )
    assert got == statuses
    if role is not Role.ADMIN:
        assert browser.client.get("/w/globex/read").status_code == 404
        assert browser.client.get("/accounts").status_code == 403
        assert browser.client.get("/audit").status_code == 403


def test_workspace_of_others_looks_like_one_that_does_not_exist(site: Site) -> None:
    """Word for word, but for the name and the number of the request."""
    site.account("anna", acme=Role.APPROVER)
    browser = site.signed_in("anna")
    json = {"accept": "application/json"}
    there = browser.client.get("/w/globex/read", headers=json)
    missing = browser.client.get("/w/nowhere/read", headers=json)
    assert there.status_code == missing.status_code == 404
    errors = [answer.json()["error"] for answer in (there, missing)]
    for error, name in zip(errors, ("globex", "nowhere"), strict=True):
        del error["request_id"]
        error["message"] = error["message"].replace(name, "NAME")
    assert errors[0] == errors[1]
    assert browser.post("/w/globex/edit").status_code == 404


Step = tuple[Literal["role", "admin", "disabled", "sign_in"], str, Role | None, bool]

_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["role", "admin", "disabled", "sign_in"]),
        st.sampled_from(WORKSPACES),
        st.sampled_from([None, Role.VIEWER, Role.EDITOR, Role.APPROVER]),
        st.booleans(),
    ),
    max_size=7,
)


@settings(max_examples=8, deadline=None)
@given(steps=_STEPS)
def test_no_sequence_of_changes_lets_anybody_do_more_than_their_role(steps: Sequence[Step]) -> None:
    """After each change every session ever had may do exactly what the roles of that moment allow, or nothing."""
    with TemporaryDirectory() as folder, open_site(Path(folder)) as site:
        site.account("root", is_admin=True)
        account = site.account("anna")
        roles: dict[str, Role | None] = dict.fromkeys(WORKSPACES)
        is_admin = disabled = False
        browsers = [site.signed_in("anna")]
        for kind, workspace, role, flag in steps:
            if kind == "role":
                site.accounts.set_role(account.account_id, workspace, role, by=ROOT, now=site.clock())
                roles[workspace] = role
            elif kind == "admin":
                site.accounts.set_admin(account.account_id, is_admin=flag, by=ROOT, now=site.clock())
                is_admin = flag
            elif kind == "disabled":
                change = site.accounts.disable if flag else site.accounts.enable
                change(account.account_id, by=ROOT, now=site.clock())
                disabled = flag
            else:
                browsers.append(site.browser())
                answer = browsers[-1].sign_in("anna", GOOD)
                assert (answer.status_code == 303) is not disabled
            for browser in browsers[-3:]:
                for name in WORKSPACES:
                    role_now = Role.ADMIN if is_admin else roles[name]
                    may = not disabled and role_now is not None and role_now >= Role.APPROVER
                    status = browser.post(f"/w/{name}/approve").status_code
                    assert may if status == 200 else status in {303, 403, 404}
                    if not may:
                        assert status != 200


def test_change_of_role_ends_the_sessions_of_before(site: Site) -> None:
    """Less or more: whoever holds a copy of the old cookie has nothing of the new rights."""
    account = site.account("anna", acme=Role.VIEWER)
    browser = site.signed_in("anna")
    site.accounts.set_role(account.account_id, "acme", Role.APPROVER, by=ROOT, now=site.clock())
    assert browser.post("/w/acme/approve").status_code == 303
    assert site.signed_in("anna").post("/w/acme/approve").status_code == 200


def test_roles_compare_by_what_they_may_and_refuse_anything_else() -> None:
    """As text `viewer` would be more than `editor`."""
    assert sorted(Role, key=list(Role).index) == sorted(Role)
    assert Role.VIEWER < Role.EDITOR < Role.APPROVER < Role.ADMIN
    assert not Role.VIEWER >= Role.EDITOR
    with pytest.raises(TypeError, match="no role"):
        assert Role.VIEWER < "zzz"


@pytest.mark.parametrize(
    "text",
    [
        "//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "evil",
        "", "/ evil", "/\t/evil.example", "/\n/evil", "/sign-in", "/sign-in?next=/x", "/sign-out", "/welcome/x", "/" + "a" * 3000,
        "/ü", "http:/evil", "///evil",
    ],
)  # fmt: skip
def test_next_leads_nowhere_else(text: str) -> None:
    """What is no path of ours leads to the first page."""
    assert own_path(text) == "/"


@given(st.text(max_size=40))
def test_next_is_always_a_path_of_this_server(text: str) -> None:
    """One slash, then no second one, whatever is asked for; and our own paths come through."""
    for asked in (text, f"/{text}", f"//{text}"):
        found = own_path(asked)
        assert found.startswith("/")
        assert not found.startswith(("//", "/\\"))
        assert found in {"/", asked}
    assert own_path("/w/acme/maps?sort=reach&x=%2F") == "/w/acme/maps?sort=reach&x=%2F"
