"""Signing in through another server, played by a real one on loopback."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from joserfc.jwk import RSAKey
from pydantic import SecretStr

from agent.errors import ConfigError
from agent.schemas.accounts import Role
from agent.settings import Settings
from api.web.security.oidc import provider_of
from tests.api.web.security.provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    Claims,
    Provider,
    running,
    signed_by,
    signed_by_secret,
    unsigned,
)
from tests.api.web.security.site import ROOT, Browser, Site, open_site

_SITE = "http://testserver"

Change = Callable[[Claims], Claims]
Sign = Callable[[Claims], str]


@pytest.fixture(scope="module")
def key() -> RSAKey:
    """The server's key; making one takes a while."""
    return RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})


@pytest.fixture
def provider(key: RSAKey) -> Iterator[Provider]:
    """A server that keeps to the protocol."""
    with running(Provider(key=key)) as served:
        yield served


@pytest.fixture
def site(tmp_path: Path, provider: Provider) -> Iterator[Site]:
    """A site that trusts that server, with an admin."""
    settings = Settings(
        home=tmp_path / "home",
        oidc_issuer=provider.url,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=SecretStr(CLIENT_SECRET),
    )
    with open_site(tmp_path / "home", settings) as opened:
        provider.now = lambda: int(opened.clock().timestamp())
        opened.account("root", is_admin=True)
        yield opened


def _there_and_back(browser: Browser, *, next_path: str = "/") -> str:
    """Go to the other server, sign in there, and return the path one comes back to."""
    away = browser.get(f"/sign-in/oidc?next={next_path}")
    assert away.status_code == 303, away.text
    back = httpx2.get(away.headers["location"], follow_redirects=False).headers["location"]
    assert back.startswith(f"{_SITE}/sign-in/oidc/callback?")
    return back.removeprefix(_SITE)


def _sign_in(browser: Browser) -> Any:
    return browser.get(_there_and_back(browser))


def test_new_person_is_signed_in_and_has_no_workspace(site: Site) -> None:
    """Until an admin gives one; the second time it is the same account, under whatever e-mail address."""
    assert "Sign in with your organisation" in site.browser().get("/sign-in").text
    browser = site.browser()
    answer = browser.get(_there_and_back(browser, next_path="/account"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    page = browser.get("/account").text
    assert "Anna Provider" in page
    assert "no workspace yet" in page
    assert browser.client.get("/w/acme/read").status_code == 404
    assert site.accounts.people.count() == 2
    (anna,) = (account for account in site.accounts.people.all() if account.login != "root")
    site.accounts.set_role(anna.account_id, "acme", Role.VIEWER, by=ROOT, now=site.clock())
    again = site.browser()
    assert _sign_in(again).status_code == 303
    assert again.client.get("/w/acme/read").status_code == 200
    assert site.accounts.people.count() == 2


def test_verified_address_is_the_account_invited_under_it(site: Site, provider: Provider) -> None:
    """An admin invited Anna; she comes through the organisation's server instead of the link."""
    site.accounts.invite("anna@example.org", workspace="acme", role=Role.EDITOR, by=ROOT, now=site.clock())
    provider.person |= {"email": "Anna@Example.org", "email_verified": True}
    browser = site.browser()
    assert _sign_in(browser).status_code == 303
    assert browser.client.get("/w/acme/read").status_code == 200


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_address_that_is_not_verified_is_nobody_s(site: Site, provider: Provider, verified: object) -> None:
    """Anybody can write somebody else's address into a profile; the account of that name stays out of reach."""
    site.account("boss@example.org", is_admin=True)
    provider.person |= {"email": "boss@example.org", "email_verified": verified}
    browser = site.browser()
    assert _sign_in(browser).status_code == 303
    assert browser.client.get("/accounts").status_code == 403
    assert not any(
        account.login == "boss@example.org" and not account.is_admin for account in site.accounts.people.all()
    )


def test_nobody_comes_in_before_the_first_account(tmp_path: Path, provider: Provider) -> None:
    """Otherwise the printed link would never be made and nobody would be admin."""
    settings = Settings(
        oidc_issuer=provider.url, oidc_client_id=CLIENT_ID, oidc_client_secret=SecretStr(CLIENT_SECRET)
    )
    with open_site(tmp_path / "new", settings) as site:
        provider.now = lambda: int(site.clock().timestamp())
        answer = _sign_in(site.browser())
        assert answer.status_code == 422
        assert "no admin yet" in answer.text
        assert site.accounts.people.count() == 0


def test_disabled_account_stays_out(site: Site) -> None:
    """Whatever the other server says."""
    browser = site.browser()
    _sign_in(browser)
    (anna,) = (account for account in site.accounts.people.all() if account.login != "root")
    site.accounts.disable(anna.account_id, by=ROOT, now=site.clock())
    assert _sign_in(site.browser()).status_code == 422
    assert browser.get("/").status_code == 303


def _with(**changed: object) -> Change:
    def change(claims: Claims) -> Claims:
        return {name: value for name, value in {**claims, **changed}.items() if value is not None}

    return change


def _aged(seconds: int) -> Change:
    def change(claims: Claims) -> Claims:
        return {**claims, "iat": claims["iat"] - seconds, "exp": claims["exp"] - seconds}

    return change


@pytest.mark.parametrize(
    "change",
    [
        _with(iss="https://evil.example"), _with(iss=None), _with(aud="another client"), _with(aud=None),
        _with(aud=[CLIENT_ID, "another"]), _with(azp="another"), _with(nonce="another"), _with(nonce=None), _with(sub=None),
        _with(exp=None), _with(iat=None), _with(exp="soon"), _with(sub=7), _aged(3600), _aged(-3600),
    ],
    ids=[
        "issuer", "no-issuer", "audience", "no-audience", "two-audiences", "azp", "nonce", "no-nonce", "no-subject", "no-expiry", "no-time",
        "expiry-no-number", "subject-no-text", "expired", "of-tomorrow",
    ],
)  # fmt: skip
def test_token_with_a_wrong_claim_lets_nobody_in(site: Site, provider: Provider, change: Change) -> None:
    """Each claim that has to be right is looked at."""
    provider.change_claims = change
    browser = site.browser()
    answer = _sign_in(browser)
    assert answer.status_code == 502
    assert "nobody was signed in" in answer.text
    assert browser.cookie is None
    assert site.accounts.people.count() == 1


def _garbage(_claims: Claims) -> str:
    return "garbage"


def _empty(_claims: Claims) -> str:
    return ""


def _signed_elsewhere(claims: Claims) -> str:
    return signed_by(RSAKey.generate_key(2048, {"kid": "one"}), claims)


@pytest.mark.parametrize(
    "sign", [_signed_elsewhere, signed_by_secret, unsigned, _garbage, _empty],
    ids=["other-key", "client-secret", "none", "garbage", "empty"],
)  # fmt: skip
def test_token_that_the_server_did_not_sign_lets_nobody_in(
    site: Site, provider: Provider, sign: Sign
) -> None:
    """Neither another key of the same name, nor our own secret, nor none at all."""
    provider.sign = sign
    browser = site.browser()
    assert _sign_in(browser).status_code == 502
    assert browser.cookie is None


def test_answer_to_another_browser_is_refused(site: Site, provider: Provider) -> None:
    """Otherwise somebody could sign a person in to an account of their own."""
    theirs = _there_and_back(site.browser())
    victim = site.browser()
    assert victim.get(theirs).status_code == 502
    victim.get("/sign-in/oidc")
    assert victim.get(theirs).status_code == 502
    assert victim.cookie is None
    assert provider.n_token_requests == 0


@pytest.mark.parametrize(
    "answers",
    [
        {"state": "x"},
        {"state": None},
        {"code": None, "error": "access_denied"},
        {"iss": "https://evil.example"},
    ],
)
def test_answer_that_does_not_fit_is_refused(site: Site, provider: Provider, answers: Claims) -> None:
    """Before the code is sent anywhere."""
    provider.answers = answers
    assert _sign_in(site.browser()).status_code == 502
    assert provider.n_token_requests == 0


def test_code_works_once_and_cookie_goes_after_it(site: Site) -> None:
    """Going back in the browser signs nobody in again."""
    browser = site.browser()
    back = _there_and_back(browser)
    assert "journey-flow" in browser.client.cookies
    assert browser.get(back).status_code == 303
    assert "journey-flow" not in browser.client.cookies
    assert browser.get(back).status_code == 502


def test_code_of_another_flow_does_not_redeem(site: Site) -> None:
    """The verifier belongs to one flow, so a code that was stolen is worth nothing in another one."""
    stolen = httpx2.URL(_there_and_back(site.browser())).params["code"]
    thief = site.browser()
    own = httpx2.URL(_there_and_back(thief)).params["state"]
    assert thief.get(f"/sign-in/oidc/callback?code={stolen}&state={own}").status_code == 502


@pytest.mark.parametrize("part", ["openid-configuration", "keys"])
def test_server_that_fails_is_said_and_passwords_still_work(
    site: Site, provider: Provider, part: str
) -> None:
    """Words on a page, no trace of the other server's."""
    browser = site.browser()
    if part == "keys":
        back = _there_and_back(browser)
        provider.broken = part
        answer = browser.get(back)
    else:
        provider.broken = part
        answer = browser.get("/sign-in/oidc")
    assert answer.status_code == 502
    assert "cannot be reached" in answer.text
    assert site.browser().sign_in("root").status_code == 303


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": None},
    ],
    ids=["issuer", "plain-http", "file", "missing"],
)
def test_configuration_that_cannot_be_trusted_is_refused(
    site: Site, provider: Provider, metadata: Claims
) -> None:
    """The server must call itself by the name that was set, and give no address that others can read along."""
    browser = site.browser()
    away = browser.get("/sign-in/oidc")
    provider.metadata = metadata
    if away.status_code == 303:
        back = httpx2.get(away.headers["location"], follow_redirects=False).headers["location"]
        assert browser.get(back.removeprefix(_SITE)).status_code == 502
    assert browser.cookie is None


def test_next_is_a_path_of_ours_after_the_way_back(site: Site) -> None:
    """It goes there and back in a cookie, which a browser's owner can write."""
    browser = site.browser()
    answer = browser.get(_there_and_back(browser, next_path="https://evil.example"))
    assert answer.headers["location"] == "/"


def test_settings_are_all_there_or_none(tmp_path: Path) -> None:
    """Half a set-up is said at start, by the names that are missing."""
    assert provider_of(Settings(home=tmp_path)) is None
    with pytest.raises(ConfigError, match="JOURNEY_OIDC_CLIENT_ID and JOURNEY_OIDC_CLIENT_SECRET"):
        provider_of(Settings(home=tmp_path, oidc_issuer="https://id.example"))
    with pytest.raises(ConfigError, match="https"):
        provider_of(
            Settings(
                home=tmp_path,
                oidc_issuer="http://id.example",
                oidc_client_id="x",
                oidc_client_secret=SecretStr("y"),
            )
        )


def test_without_a_server_there_is_no_such_way_in(tmp_path: Path) -> None:
    """No dead button."""
    with open_site(tmp_path) as site:
        assert "organisation" not in site.browser().get("/sign-in").text
        assert site.browser().get("/sign-in/oidc").status_code == 404
        assert site.browser().get("/sign-in/oidc/callback?code=x&state=y").status_code == 404
