"""The chat: asking, reading on, branching, approving, and what is refused."""

import re
import time

import pytest
from anyio.to_thread import current_default_thread_limiter

from agent.schemas.accounts import AuditFilter, Role
from agent.schemas.chat import (
    Answer,
    Choice,
    Missing,
    Outcome,
    PendingChange,
    Sentence,
    SentenceKind,
    ToolUse,
)
from agent.store.conversations import MAX_QUESTION_CHARS
from tests.api.web.asking import HOME, ask, scripted, settled, stored, turn_paths, until
from tests.api.web.scripted_analyst import finding, plain, quote_citation, streamed
from tests.api.web.site import Site, words_of

HOSTILE = (
    "<script>alert(1)</script> [click](https://evil.example) javascript:alert(2) <img src=x onerror=alert(3)>"
)


def test_question_is_answered_with_its_citations_and_stored(site: Site) -> None:
    """What was asked, each sentence, its sources and who wrote it stand on the page and in the store."""
    visitor = site.client_of(Role.VIEWER)
    scripted(
        site, plain(understood="late delivery, everybody", n_removed=2, next_questions=("And in June?",))
    )
    path = ask(visitor, "Where do customers get stuck?")
    page = settled(visitor, path)
    words = words_of(page)
    assert "Where do customers get stuck?" in words
    assert "Understood as: late delivery, everybody" in words
    assert "Finding 1 about late delivery." in words
    assert "2 sentences did not verify and were left out." in words
    assert "And in June?" in words
    assert "The parcel came two weeks late." in words
    assert "38 ÷ 412" in words
    assert f'href="{HOME}/evidence/r1?start=0&amp;end=31"' in page
    answer = stored(site, visitor, path)[0].answer
    assert answer is not None
    assert answer.outcome is Outcome.ANSWERED


def test_stream_ends_with_the_whole_answer_and_resumes_after_the_event_named(site: Site) -> None:
    """Events are numbered; a browser that names the last one it has gets what follows, nothing twice."""
    visitor = site.client_of()
    scripted(site)
    path = ask(visitor, "Where?")
    page = settled(visitor, path)
    events = f"{turn_paths(page)[0]}/events"
    whole = visitor.get(events)
    assert whole.headers["content-type"].startswith("text/event-stream")
    assert re.findall(r"^event: (\w+)$", whole.text, re.MULTILINE) == [
        "status",
        "sentence",
        "sentence",
        "answer",
    ]
    assert re.findall(r"^id: (\d+)$", whole.text, re.MULTILINE) == ["1", "2", "3", "4"]
    rest = visitor.get(events, last_event_id="2").text
    assert re.findall(r"^event: (\w+)$", rest, re.MULTILINE) == ["sentence", "answer"]
    assert "Finding 1" not in rest.partition("event: answer")[0]
    assert (
        re.findall(r"^event: (\w+)$", visitor.get(events, last_event_id="no number").text, re.MULTILINE)[0]
        == "status"
    )


def test_page_opened_while_an_answer_is_written_shows_what_is_there_and_goes_on_from_it(site: Site) -> None:
    """A second tab, or a reload, has the sentences so far and the number to read on from."""
    visitor = site.client_of()
    analyst = scripted(site)
    analyst.pace.is_open = False
    path = ask(visitor, "Where?")
    analyst.pace.let(2)
    page = until(lambda: visitor.get(path).text, lambda text: "Finding 1" in text)
    assert 'data-after="2"' in page
    assert "Finding 2" not in page
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in page
    analyst.pace.let_all()
    assert "Finding 2" in settled(visitor, path)


def test_second_question_while_one_is_answered_is_refused_and_nothing_is_lost(site: Site) -> None:
    """It is told to wait; the first one is answered all the same."""
    visitor = site.client_of()
    analyst = scripted(site)
    analyst.pace.is_open = False
    path = ask(visitor, "First?")
    refused = visitor.post(path, {"question": "Second?"}, hx_request="true")
    assert refused.status_code == 409
    assert "still being written" in refused.text
    assert len(stored(site, visitor, path)) == 1
    analyst.pace.let_all()
    assert "Finding 1" in settled(visitor, path)


def test_stop_cancels_the_work_and_keeps_what_was_verified(site: Site) -> None:
    """The analyst gives no further event, and the sentence that was there is stored as stopped."""
    visitor = site.client_of()
    analyst = scripted(site, plain(4))
    analyst.pace.is_open = False
    path = ask(visitor, "Where?")
    analyst.pace.let(2)
    page = until(lambda: visitor.get(path).text, lambda text: "Finding 1" in text)
    assert visitor.post(f"{turn_paths(page)[0]}/stop", hx_request="true").status_code == 204
    answer = stored(site, visitor, path)[0].answer
    assert answer is not None
    assert answer.outcome is Outcome.STOPPED
    assert [sentence.text for sentence in answer.sentences] == ["Finding 1 about late delivery."]
    assert analyst.pace.was_cancelled
    analyst.pace.let_all()
    time.sleep(0.05)
    assert analyst.pace.n_sent == 2
    assert "This answer was stopped" in words_of(visitor.get(path).text)


def test_history_is_the_branch_before_the_question(site: Site) -> None:
    """The analyst gets the turns that lead to a question, whichever tab asked, and never others."""
    visitor = site.client_of()
    analyst = scripted(site)
    path = ask(visitor, "First?")
    first = turn_paths(settled(visitor, path))[0].rsplit("/", 1)[1]
    ask(visitor, "Second?", path, parent=first)
    settled(visitor, path)
    ask(visitor, "Beside the second?", path, parent=first)
    page = settled(visitor, path)
    assert [[turn.question for turn in history] for _, history, _ in analyst.asked] == [
        [],
        ["First?"],
        ["First?"],
    ]
    assert "Beside the second?" in page
    assert "2 of 2" in words_of(page)


def test_edit_and_again_make_versions_that_can_be_gone_between(site: Site) -> None:
    """What was asked before stays, and its branch is read again when it is chosen."""
    visitor = site.client_of()
    scripted(site)
    path = ask(visitor, "Frist?")
    turn = turn_paths(settled(visitor, path))[0]
    assert visitor.post(f"{turn}/edit", {"question": "First?"}).status_code == 303
    settled(visitor, path)
    edited = turn_paths(visitor.get(path).text)[0]
    assert visitor.post(f"{edited}/again").status_code == 303
    page = settled(visitor, path)
    assert "3 of 3" in words_of(page)
    assert visitor.post(f"{turn}/show").status_code == 303
    shown = words_of(visitor.get(path).text)
    assert "Frist?" in shown
    assert "1 of 3" in shown


def test_change_is_made_once_and_only_by_who_may(site: Site) -> None:
    """A viewer is told whose it is; an editor approves it, which is logged; a second approval is refused."""
    pending = PendingChange(
        change_id="x1",
        tool="draft_map",
        arguments={"persona": "Mobile customers"},
        summary="A map of mobile customers.",
    )
    waiting = Answer(outcome=Outcome.PENDING, pending=pending, writer="w")
    viewer, editor = site.client_of(Role.VIEWER), site.client_of(Role.EDITOR)
    analyst = scripted(site, waiting)
    made = Sentence(kind=SentenceKind.GUIDANCE, text="The map was drafted.", template="The map was drafted.")
    analyst.made = streamed(Answer(outcome=Outcome.ANSWERED, sentences=(made,), writer="w"))
    seen = ask(viewer, "Draft a map")
    page = settled(viewer, seen)
    assert "takes the role editor" in words_of(page)
    assert viewer.post(f"{turn_paths(page)[0]}/approve").status_code == 403
    path = ask(editor, "Draft a map")
    page = settled(editor, path)
    assert "Mobile customers" in words_of(page)
    turn = turn_paths(page)[0]
    assert editor.post(f"{turn}/approve").status_code == 303
    page = settled(editor, path)
    assert "The map was drafted." in words_of(page)
    assert editor.post(f"{turn}/approve").status_code == 409
    assert editor.post(f"{turn}/decline").status_code == 409
    assert analyst.approved == [pending]
    logged = site.services.accounts.audit.entries(AuditFilter(action="change"))
    assert [(one.action, one.what.split(" in turn ")[0]) for one in logged] == [
        ("change.approve", "draft_map")
    ]


def test_change_that_is_being_made_is_not_left_half_made(site: Site) -> None:
    """Its turn offers no stop, and asking for one is refused."""
    pending = PendingChange(change_id="x1", tool="draft_map", arguments={}, summary="A map.")
    visitor = site.client_of()
    analyst = scripted(site, Answer(outcome=Outcome.PENDING, pending=pending, writer="w"))
    analyst.made = streamed(plain(1))
    path = ask(visitor, "Draft a map")
    turn = turn_paths(settled(visitor, path))[0]
    analyst.pace.is_open = False
    assert visitor.post(f"{turn}/approve").status_code == 303
    page = visitor.get(path).text
    assert 'data-stop=""' in page
    assert visitor.post(f"{turn_paths(page)[1]}/stop").status_code == 409
    assert visitor.post(f"{path}/delete").status_code == 409
    analyst.pace.let_all()
    assert "Finding 1" in settled(visitor, path)


def test_declined_change_is_not_made_and_says_so(site: Site) -> None:
    """The conversation keeps that it was left, and it can not be approved afterwards."""
    pending = PendingChange(change_id="x1", tool="draft_map", arguments={}, summary="A map.")
    visitor = site.client_of()
    analyst = scripted(site, Answer(outcome=Outcome.PENDING, pending=pending, writer="w"))
    path = ask(visitor, "Draft a map")
    turn = turn_paths(settled(visitor, path))[0]
    assert visitor.post(f"{turn}/decline").status_code == 303
    assert "Nothing was made or changed." in words_of(visitor.get(path).text)
    assert visitor.post(f"{turn}/approve").status_code == 409
    forked = visitor.post(f"{turn}/fork").headers["location"]
    copy = visitor.get(forked).text
    assert "A change was proposed here" in words_of(copy)
    assert visitor.post(f"{turn_paths(copy)[0]}/approve").status_code == 409
    assert analyst.approved == []


def test_change_waits_for_another_writer_without_holding_a_thread(site: Site) -> None:
    """While other data is stored it says that it waits; then it is made."""
    pending = PendingChange(change_id="x1", tool="draft_map", arguments={}, summary="A map.")
    visitor = site.client_of()
    analyst = scripted(site, Answer(outcome=Outcome.PENDING, pending=pending, writer="w"))
    analyst.made = streamed(plain(1))
    path = ask(visitor, "Draft a map")
    turn = turn_paths(settled(visitor, path))[0]
    portal = site.entered.portal
    assert portal is not None
    with site.brand.writing():
        assert visitor.post(f"{turn}/approve").status_code == 303
        until(lambda: visitor.get(path).text, lambda page: "Waiting until other data is stored" in page)
        assert portal.call(lambda: current_default_thread_limiter().borrowed_tokens) == 0
        assert analyst.approved == []
    assert "Finding 1" in settled(visitor, path)


def test_somebody_elses_conversation_is_not_there(site: Site) -> None:
    """Neither its page, stream, exports, pictures nor any of its buttons answers another person, not even an admin."""
    owner = site.client_of()
    scripted(site)
    path = ask(owner, "Mine?")
    turn = turn_paths(settled(owner, path))[0]
    for other in (site.client_of(Role.EDITOR), site.client_of(Role.ADMIN)):
        for address in ("", "/export.md", "/export.pdf"):
            assert other.get(f"{path}{address}").status_code == 404
        for address in ("", "/events", "/pictures/1", "/sources/c1/about"):
            assert other.get(f"{turn}{address}").status_code == 404
        for address in ("/stop", "/edit", "/again", "/show", "/approve", "/decline", "/sources/c1/about"):
            form = {"question": "x", "theme": "t", "about": "false"}
            assert other.post(f"{turn}{address}", form).status_code in {404, 409}
        for address in ("", "/rename", "/delete"):
            assert other.post(f"{path}{address}", {"question": "x", "title": "x"}).status_code == 404
    assert [turn.question for turn in stored(site, owner, path)] == ["Mine?"]


def test_workspace_is_invisible_to_who_is_not_in_it(site: Site) -> None:
    """Its chat is not there for somebody without a role, and asking there changes nothing."""
    stranger = site.client_of(None)
    scripted(site)
    assert stranger.get(HOME).status_code == 404
    assert stranger.post(f"{HOME}/chat", {"question": "Where?"}).status_code == 404


@pytest.mark.parametrize("question", ["x" * (MAX_QUESTION_CHARS + 1), "   "])
def test_question_that_cannot_be_taken_is_told_and_kept_in_the_composer(site: Site, question: str) -> None:
    """Without script the page comes back with the words in it; with script the message alone does."""
    visitor = site.client_of()
    scripted(site)
    page = visitor.post(f"{HOME}/chat", {"question": question})
    assert page.status_code == 422
    assert f">{question}</textarea>" in page.text
    assert 'aria-invalid="true"' in page.text
    part = visitor.post(f"{HOME}/chat", {"question": question}, hx_request="true")
    assert part.status_code == 422
    assert part.headers["hx-retarget"] == "#alerts"
    path = ask(visitor, "First?")
    settled(visitor, path)
    assert f">{question}</textarea>" in visitor.post(path, {"question": question}).text


def test_question_of_a_megabyte_is_refused_before_it_is_read(site: Site) -> None:
    """The message says how much is taken."""
    visitor = site.client_of()
    scripted(site)
    refused = visitor.post(f"{HOME}/chat", {"question": "x" * 1_000_000}, hx_request="true")
    assert refused.status_code == 413
    assert "256 KB" in refused.text


def test_customers_words_are_text_alone(site: Site) -> None:
    """Nothing a customer or a person wrote becomes markup, a link or a script, on the page or in the stream."""
    visitor = site.client_of()
    answer = Answer(
        outcome=Outcome.ANSWERED,
        understood=HOSTILE,
        sentences=(finding(HOSTILE, "c1"),),
        citations=(quote_citation(1, HOSTILE, 'r"><script>'),),
        missing=(Missing(reason="not_mentioned", statement=HOSTILE, needed=HOSTILE),),
        choices=(Choice(label=HOSTILE, request=HOSTILE),),
        next_questions=(HOSTILE,),
        tools=(ToolUse(tool="search_evidence", arguments={HOSTILE: [HOSTILE]}, ok=False, error=HOSTILE),),
        writer=HOSTILE,
    )
    scripted(site, answer)
    path = ask(visitor, HOSTILE)
    page = settled(visitor, path)
    for text in (page, visitor.get(f"{turn_paths(page)[0]}/events").text):
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert 'href="https://evil.example' not in text
        assert 'href="javascript:' not in text
        assert "&lt;script&gt;alert(1)" in text


def test_script_gets_the_turn_alone_and_the_first_one_its_page(site: Site) -> None:
    """Htmx appends a further turn; a first question leads to the page of the conversation it began."""
    visitor = site.client_of()
    scripted(site)
    begun = visitor.post(f"{HOME}/chat", {"question": "First?"}, hx_request="true")
    assert f"{HOME}/chat/" in begun.headers["hx-location"]
    path = re.findall(rf"{HOME}/chat/\w+", begun.headers["hx-location"])[0]
    first = turn_paths(settled(visitor, path))[0].rsplit("/", 1)[1]
    part = visitor.post(path, {"question": "Second?", "parent": first}, hx_request="true").text
    assert "<html" not in part
    assert part.count('<li class="turn"') == 1
    assert 'hx-swap-oob="true"' in part
