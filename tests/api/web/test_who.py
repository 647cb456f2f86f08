"""Who did something: kept as an account, told by the name that the account has now."""

import re

import pytest

from agent.schemas.accounts import Role
from agent.schemas.notes import GIVEN_NAME
from api.who import who_in, who_is
from tests.api.brand import Brand
from tests.api.web.site import WORKSPACE, Site, Visitor, words_of

_HOME = f"/w/{WORKSPACE}"


@pytest.fixture
def map_path(site: Site, copied: Brand) -> str:
    """The page of the brand's map."""
    return f"{_HOME}/maps/{copied.map_id}"


def _comment(visitor: Visitor, map_path: str, text: str) -> None:
    assert visitor.post(f"{map_path}/comments", {"text": text}).status_code == 303


def test_names_of_people_called_alike_are_told_apart(site: Site, map_path: str) -> None:
    """Taking another's display name gives nobody their words: both logins stand beside the name."""
    first, second = site.client_of(Role.EDITOR), site.client_of(Role.EDITOR)
    people = site.services.accounts.people
    _comment(first, map_path, "This step is missing.")
    before = words_of(first.get(map_path).text)
    people.set_display_name(second.account.account_id, first.account.display_name)
    _comment(second, map_path, "I agree.")

    page = words_of(first.get(map_path).text)

    name = first.account.display_name
    assert f"{name} ·" in before
    assert f"{name} ({first.account.login}) ·" in page
    assert f"{name} ({second.account.login}) ·" in page


def test_name_is_the_one_that_the_account_has_now(site: Site, map_path: str) -> None:
    """The store holds the account alone; who is called otherwise is so in what was written before."""
    editor = site.client_of(Role.EDITOR)
    _comment(editor, map_path, "This step is missing.")
    map_id = map_path.rsplit("/", 1)[1]
    kept = site.brand.workspace.store.notes.comments.of_map(map_id)
    assert {comment.author for comment in kept} == {editor.account.account_id}

    site.services.accounts.people.set_display_name(editor.account.account_id, "Zoe <b>Quill</b>")
    page = editor.get(map_path).text

    assert "Zoe &lt;b&gt;Quill&lt;/b&gt;" in page
    assert editor.account.account_id not in words_of(page)


def test_who_was_faster_is_named_and_not_numbered(site: Site, map_path: str) -> None:
    """A change of what somebody changed since tells their name, in the page of the error too."""
    first, second = site.client_of(Role.EDITOR), site.client_of(Role.EDITOR)
    seen = {"seen": "0", "owner": "Quill"}
    assert first.post(f"{map_path}/owner", seen).status_code == 303

    refused = second.post(f"{map_path}/owner", seen)

    assert refused.status_code == 409
    assert first.account.display_name in words_of(refused.text)
    assert not re.search(r"a_[0-9a-f]{24}", words_of(refused.text))


def test_what_is_no_account_is_told_as_it_was_kept(site: Site, copied: Brand) -> None:
    """Names from before, words of ours and accounts that never were are told apart."""
    name_of = who_is(site.services.accounts)
    editor = site.client_of(Role.EDITOR)

    assert name_of(editor.account.account_id) == editor.account.display_name
    assert name_of(f"{GIVEN_NAME}{editor.account.account_id}").endswith("(the name given then)")
    assert name_of("held-out check") == "held-out check"
    assert name_of(f"a_{'0' * 24}") == "somebody without an account"
    apart = who_in(site.brand.workspace.store.home)
    assert apart(editor.account.account_id) == editor.account.display_name
