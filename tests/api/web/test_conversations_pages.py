"""Conversations as things: found, named, deleted, exported, cut off, and where they begin."""

import pytest

from agent.schemas.accounts import Role
from tests.api.web.asking import HOME, ask, scripted, settled, turn_paths, until
from tests.api.web.site import Site, words_of


def test_empty_workspace_leads_to_its_sources(site: Site) -> None:
    """Where nothing was read in there is nothing to begin with, and the page says what to do."""
    site.services.brands.create("empty", holdout=0.2)
    visitor = site.client_of(Role.ADMIN)
    part = until(lambda: visitor.get("/w/empty/openings").text, lambda text: "busy" not in text, within_s=20)
    assert "Nothing has been read in yet" in words_of(part)
    assert 'href="/w/empty/sources"' in part


def test_conversations_are_found_named_and_deleted_for_good(site: Site) -> None:
    """The list holds one's own, newest first; words find them; a deleted one is gone."""
    visitor, other = site.client_of(), site.client_of()
    scripted(site)
    first = ask(visitor, "Where do parcels get lost?")
    settled(visitor, first)
    site.clock.advance(minutes=1)
    second = ask(visitor, "What do customers praise?")
    settled(visitor, second)
    page = visitor.get(f"{HOME}/conversations").text
    assert page.index("What do customers praise?") < page.index("Where do parcels get lost?")
    assert "parcels" not in other.get(f"{HOME}/conversations").text
    assert visitor.post(f"{first}/rename", {"title": "Lost <b>parcels</b>"}).status_code == 303
    found = visitor.get(f"{HOME}/conversations?find=LOST", hx_request="true").text
    assert "Lost &lt;b&gt;parcels&lt;/b&gt;" in found
    assert "praise" not in found
    assert visitor.post(f"{first}/delete").status_code == 303
    assert visitor.get(first).status_code == 404
    assert (
        "No conversation holds these words"
        in visitor.get(f"{HOME}/conversations?find=parcels", hx_request="true").text
    )


def test_deleting_stops_what_is_being_written(site: Site) -> None:
    """The work ends with the conversation, and nothing of it comes back."""
    visitor = site.client_of()
    analyst = scripted(site)
    analyst.pace.is_open = False
    path = ask(visitor, "Where?")
    analyst.pace.let(1)
    assert visitor.post(f"{path}/delete").status_code == 303
    assert analyst.pace.was_cancelled
    assert visitor.get(path).status_code == 404


def test_answer_cut_off_by_a_restart_says_so_and_can_be_asked_again(site: Site) -> None:
    """A question without an answer, on which nobody works, is shown with a way to ask it again."""
    visitor = site.client_of()
    scripted(site)
    conversations, owner = site.brand.workspace.store.conversations, visitor.account.account_id
    made = conversations.create(owner=owner, now=site.clock()).conversation_id
    conversations.ask(made, "Where?", parent_id=None, owner=owner, now=site.clock())
    path = f"{HOME}/chat/{made}"
    page = visitor.get(path).text
    assert "This answer was cut off" in page
    turn = turn_paths(page)[0]
    assert "This answer was cut off" in visitor.get(f"{turn}/events", last_event_id="3").text
    assert visitor.post(f"{turn}/again").status_code == 303
    assert "Finding 1" in settled(visitor, path)


@pytest.mark.parametrize(("ending", "start"), [("md", b"# Where"), ("pdf", b"%PDF-")])
def test_export_holds_the_branch_with_its_sources(site: Site, ending: str, start: bytes) -> None:
    """It is a file with a name made of the title alone."""
    visitor = site.client_of()
    scripted(site)
    path = ask(visitor, "Where/../do <they> stop?")
    settled(visitor, path)
    file = visitor.get(f"{path}/export.{ending}")
    assert file.status_code == 200
    assert file.content.startswith(start)
    assert file.headers["content-disposition"] == f'attachment; filename="where-do-they-stop.{ending}"'
    if ending == "md":
        assert "The parcel came two weeks late." in file.text


def test_form_without_its_token_is_refused(site: Site) -> None:
    """A question from another site is not asked."""
    visitor = site.client_of()
    analyst = scripted(site)
    assert (
        visitor.client.post(f"{HOME}/chat", data={"question": "Where?", "csrf": "0" * 64}).status_code == 403
    )
    assert analyst.asked == []


def test_link_brings_a_question_into_the_composer(site: Site) -> None:
    """It is not asked before somebody sends it."""
    visitor = site.client_of()
    analyst = scripted(site)
    page = visitor.get(f"{HOME}?ask=Who+is+hit+%3Cb%3E%3F").text
    assert ">Who is hit &lt;b&gt;?</textarea>" in page
    assert analyst.asked == []


def test_list_leads_to_options_that_rename_and_delete(site: Site) -> None:
    """Each conversation of the list has a page, which works without script, to name it otherwise and to delete it."""
    visitor, other = site.client_of(), site.client_of()
    scripted(site)
    path = ask(visitor, "Where do parcels get lost?")
    settled(visitor, path)

    listed = visitor.get(f"{HOME}/conversations").text
    assert f'href="{path}/manage"' in listed
    assert "Rename, export or delete Where do parcels get lost?" in words_of(listed)
    options = visitor.get(f"{path}/manage").text
    assert f'action="{path}/rename"' in options
    assert "This cannot be undone" in words_of(options)
    assert other.get(f"{path}/manage").status_code == 404
    renamed = visitor.post(f"{path}/rename", {"title": "Lost parcels", "back": "list"})
    assert renamed.headers["location"] == f"{HOME}/conversations"
    assert "Lost parcels" in words_of(visitor.get(f"{HOME}/conversations").text)
    deleted = visitor.post(f"{path}/delete", {"back": "list"})
    assert deleted.headers["location"] == f"{HOME}/conversations"
    assert visitor.get(path).status_code == 404


def test_conversation_goes_on_elsewhere_from_a_turn(site: Site) -> None:
    """A branch of its own begins with the turns down to one, and the first conversation stays as it is."""
    visitor, other = site.client_of(), site.client_of()
    scripted(site)
    path = ask(visitor, "First?")
    first = turn_paths(settled(visitor, path))[0]
    ask(visitor, "Second?", path, parent=first.rsplit("/", 1)[1])
    page = settled(visitor, path)
    assert f'action="{first}/fork"' in page

    assert other.post(f"{first}/fork").status_code == 404
    made = visitor.post(f"{first}/fork")

    assert made.status_code == 303
    copied = str(made.headers["location"])
    assert copied != path
    words = words_of(visitor.get(copied).text)
    assert "Finding 1" in words
    assert "Question 2" not in words
    assert "Second?" in words_of(visitor.get(path).text)
    ask(visitor, "Otherwise?", copied)
    settled(visitor, copied)
    assert "Otherwise?" not in words_of(visitor.get(path).text)


def test_question_being_answered_is_not_gone_on_from_elsewhere(site: Site) -> None:
    """A copy of a turn without its answer would never get one, so it waits."""
    visitor = site.client_of()
    analyst = scripted(site)
    analyst.pace.is_open = False
    path = ask(visitor, "First?")
    turn = turn_paths(visitor.get(path).text)[0]

    assert visitor.post(f"{turn}/fork").status_code == 409

    analyst.pace.let_all()
    settled(visitor, path)


def test_conversation_in_which_a_question_is_being_taken_is_not_deleted(site: Site) -> None:
    """Another tab's question is stored and answered; deleting says that it is under way, and works afterwards."""
    visitor = site.client_of()
    scripted(site)
    path = ask(visitor, "First?")
    settled(visitor, path)
    taken = site.services.runs._claimed  # pyright: ignore[reportPrivateUsage]
    taken.add(path.rsplit("/", 1)[1])

    refused = visitor.post(f"{path}/delete")

    assert refused.status_code == 409
    assert "in another tab" in words_of(refused.text)
    taken.clear()
    assert visitor.post(f"{path}/delete").status_code == 303
