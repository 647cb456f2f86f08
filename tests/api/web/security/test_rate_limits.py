"""How often sign-in may be tried: waits grow, are told, and end."""

from hypothesis import given
from hypothesis import strategies as st

from agent.store.accounts.attempts import BY_ACCOUNT, BY_NETWORK, Limit, network_of
from tests.api.web.security.site import GOOD, OTHER, Site


def test_waits_double_after_the_free_failures_and_are_told(site: Site) -> None:
    """The page says how long, and so does the header; the right password has to wait as well."""
    site.account("anna")
    for _ in range(BY_ACCOUNT.n_free):
        assert site.browser().sign_in("anna", OTHER).status_code == 401
    waits: list[int] = []
    for _ in range(4):
        refused = site.browser().sign_in("anna", GOOD)
        assert refused.status_code == 429
        waits.append(int(refused.headers["retry-after"]))
        assert f"{waits[-1]} s" in refused.text
        site.clock.advance(seconds=waits[-1])
        assert site.browser().sign_in("anna", OTHER).status_code == 401
    assert waits == [1, 2, 4, 8]


def test_wait_ends_for_good_and_is_never_a_lock_out(site: Site) -> None:
    """After any number of failures the owner gets in after the longest wait, and then has none."""
    site.account("anna")
    for _ in range(40):
        site.browser().sign_in("anna", OTHER)
        site.clock.advance(seconds=BY_ACCOUNT.longest_s)
    assert site.browser().sign_in("anna", GOOD).status_code == 303
    assert site.browser().sign_in("anna", OTHER).status_code == 401
    assert site.browser().sign_in("anna", GOOD).status_code == 303


def test_refused_tries_do_not_make_the_wait_longer(site: Site) -> None:
    """Impatience costs nothing."""
    site.account("anna")
    for _ in range(BY_ACCOUNT.n_free + 3):
        site.browser().sign_in("anna", OTHER)
    assert site.browser().sign_in("anna", GOOD).headers["retry-after"] == "1"


def test_unknown_names_wait_like_known_ones(site: Site) -> None:
    """The wait must not tell which accounts exist; another spelling of the name is the same name."""
    for number in range(BY_ACCOUNT.n_free):
        assert site.browser().sign_in(" NoBody" if number % 2 else "ｎobody", OTHER).status_code == 401
    assert site.browser().sign_in("nobody", OTHER).status_code == 429


def test_address_waits_after_failures_under_many_names(site: Site) -> None:
    """Guessing one password for everybody is guessing as well; others elsewhere do not notice."""
    site.account("anna")
    for number in range(BY_NETWORK.n_free):
        assert site.browser().sign_in(f"name{number}", OTHER).status_code == 401
    assert site.browser().sign_in("anna").status_code == 429
    assert site.browser(address="10.0.0.2").sign_in("anna").status_code == 303
    site.clock.advance(seconds=1)
    assert site.browser().sign_in("anna").status_code == 303


def test_own_success_does_not_clear_what_failed_under_other_names(site: Site) -> None:
    """Who has an account cannot use it to go on guessing others'."""
    site.account("mallory")
    for number in range(BY_NETWORK.n_free - 1):
        site.browser().sign_in(f"name{number}", OTHER)
    assert site.browser().sign_in("mallory").status_code == 303
    site.browser().sign_in("another", OTHER)
    assert site.browser().sign_in("mallory").status_code == 429


def test_current_password_cannot_be_guessed_at_the_change_either(site: Site) -> None:
    """Whoever finds an open browser does not get unlimited tries."""
    site.account("anna")
    browser = site.signed_in("anna")
    form = {"current": "x", "password": OTHER, "again": OTHER}
    for _ in range(BY_ACCOUNT.n_free):
        assert browser.post("/account/password", form).status_code == 401
    refused = browser.post("/account/password", form)
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "1"


def test_programs_are_told_in_the_one_shape(site: Site) -> None:
    """JSON with the wait in the header."""
    browser, form = site.browser(), {"login": "a", "password": "b"}
    browser.get("/sign-in")
    for _ in range(BY_ACCOUNT.n_free):
        browser.post("/sign-in", form, headers={"accept": "application/json"})
    answer = browser.post("/sign-in", form, headers={"accept": "application/json"})
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "1"
    assert set(answer.json()["error"]) == {"code", "message", "hint", "request_id"}


@given(n_free=st.integers(0, 50), longest_s=st.integers(1, 3600), n_failed=st.integers(0, 10_000))
def test_wait_grows_up_to_its_longest(n_free: int, longest_s: int, n_failed: int) -> None:
    """Never negative, never more than the longest, never less after one more failure."""
    limit = Limit(n_free=n_free, window=BY_ACCOUNT.window, longest_s=longest_s)
    assert 0 <= limit.wait_s(n_failed) <= limit.wait_s(n_failed + 1) <= longest_s
    assert (limit.wait_s(n_failed) == 0) == (n_failed < n_free)


def test_network_of_an_address_is_what_one_subscriber_has() -> None:
    """Changing the last half of an IPv6 address is free; an IPv4 address written as IPv6 is the same."""
    assert (
        network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::9") != network_of("2001:db8:1:3::1")
    )
    assert network_of("::ffff:192.0.2.7") == network_of("192.0.2.7") == "192.0.2.7"
    assert network_of("192.0.2.7") != network_of("192.0.2.8")
    assert network_of("fe80::1%eth0") == network_of("fe80::2%eth1")
    assert network_of("testclient") == "testclient"
