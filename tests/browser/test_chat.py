"""The chat in a real browser: streams that break, two tabs, stop, keyboard, screen reader, phone, and no script at all."""

from collections.abc import Generator

import pytest
from playwright.sync_api import Browser, Page, expect

from agent.schemas.accounts import Role
from agent.schemas.chat import Answer, Choice, Missing, Outcome, PendingChange
from tests.api.web.scripted_analyst import ScriptedAnalyst, finding, plain, quote_citation, streamed
from tests.api.web.site import WORKSPACE
from tests.browser.axe import violations_of
from tests.browser.conftest import Served
from tests.browser.cutting import cutting

HOME = f"/w/{WORKSPACE}"
HOSTILE = "<script>alert(1)</script> [click](https://evil.example) <img src=https://evil.example/x onerror=alert(3)>"


@pytest.fixture
def analyst(served: Served) -> Generator[ScriptedAnalyst]:
    """An analyst in the site's brand that gives two findings at the test's pace."""
    brand = served.services.brands.get(WORKSPACE)
    scripted = ScriptedAnalyst(streamed(plain(2)))
    brand.__dict__["analyst"] = scripted
    yield scripted
    scripted.pace.let_all()
    del brand.__dict__["analyst"]


def _ask(page: Page, question: str) -> None:
    page.locator("#question").fill(question)
    page.keyboard.press("Enter")


def _sentences(page: Page) -> list[str]:
    return page.locator(".sentence > span").all_inner_texts()


def test_answer_streams_and_is_announced_once_it_is_there_by_keyboard_alone(
    served: Served, chromium: Browser, analyst: ScriptedAnalyst
) -> None:
    """The log is not live while it streams, the focus stays in the composer, and a source opens and closes by keys."""
    analyst.pace.is_open = False
    context = served.signed_in(chromium)
    page = context.new_page()
    page.goto(f"{served.address}{HOME}")
    expect(page.locator("#question")).to_be_focused()
    page.keyboard.type("Where do")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("they stop?")
    page.keyboard.press("Enter")
    analyst.pace.let(2)
    expect(page.locator(".sentence")).to_have_count(1)
    expect(page.locator("#question")).to_be_focused()
    expect(page.locator("#stop")).to_be_visible()
    assert page.locator("#thread [aria-live], #thread[aria-live], #thread [role=log]").count() == 0
    assert page.locator("#announcer").inner_text() == ""
    assert violations_of(page) == []
    analyst.pace.let_all()
    expect(page.locator("#announcer")).to_have_text("Answer ready. Finding 1 about late delivery.")
    expect(page.locator("#send")).to_be_visible()
    expect(page.locator("#question")).to_be_focused()
    assert page.locator(".question").inner_text() == "Where do\nthey stop?"
    mark = page.locator(".sentence .cite").nth(1)
    mark.focus()
    page.keyboard.press("Enter")
    source = page.locator(".source:popover-open")
    expect(source).to_be_focused()
    expect(source).to_contain_text("The parcel came two weeks late.")
    assert source.locator("a").first.get_attribute("href") == f"{HOME}/evidence/r1?start=0&end=31"
    assert violations_of(page) == []
    page.keyboard.press("Escape")
    expect(mark).to_be_focused()
    context.close()


def test_broken_connection_is_taken_up_with_nothing_doubled_or_lost(
    served: Served, chromium: Browser, analyst: ScriptedAnalyst
) -> None:
    """Cut after the first, and again after the third sentence: each stands once, in order, and the answer comes."""
    analyst.script = streamed(plain(4))
    analyst.pace.is_open = False
    with cutting(served.address) as proxy:
        context = chromium.new_context()
        context.add_cookies(
            [{"name": "journey", "value": served.token_of(Role.EDITOR), "url": proxy.address}]
        )
        page = context.new_page()
        page.goto(f"{proxy.address}{HOME}")
        with page.expect_response("**/events?**"):
            _ask(page, "Where?")
        wanted = [f"Finding {number} about late delivery." for number in range(1, 5)]
        for n_let, n_shown in ((2, 1), (2, 3)):
            analyst.pace.let(n_let)
            expect(page.locator(".sentence")).to_have_count(n_shown)
            with page.expect_response("**/events?**"):
                proxy.cut()
            assert _sentences(page) == wanted[:n_shown]
        analyst.pace.let(1)
        expect(page.locator(".sentence")).to_have_count(4)
        assert _sentences(page) == wanted
        analyst.pace.let_all()
        expect(page.locator(".turn-actions")).to_be_visible()
        assert _sentences(page) == wanted
        assert proxy.n_cut == 2
        context.close()
    assert len(analyst.asked) == 1


def test_server_that_lost_the_work_says_that_it_was_cut_off_and_asks_again(
    served: Served, chromium: Browser, analyst: ScriptedAnalyst
) -> None:
    """After a restart in the middle the turn offers to ask again, and does."""
    analyst.pace.is_open = False
    with cutting(served.address) as proxy:
        context = chromium.new_context()
        context.add_cookies(
            [{"name": "journey", "value": served.token_of(Role.EDITOR), "url": proxy.address}]
        )
        page = context.new_page()
        page.goto(f"{proxy.address}{HOME}")
        _ask(page, "Where?")
        analyst.pace.let(2)
        expect(page.locator(".sentence")).to_have_count(1)
        served.services.runs._runs.clear()  # pyright: ignore[reportPrivateUsage]
        proxy.cut()
        expect(page.locator(".answer")).to_contain_text("This answer was cut off")
        expect(page.locator("#announcer")).to_contain_text("cut off")
        analyst.pace.let_all()
        page.get_by_role("button", name="Ask again").click()
        expect(page.locator(".sentence")).to_have_count(2)
        expect(page.locator(".branches").first).to_contain_text("2 of 2")
        context.close()


def test_session_that_ends_in_mid_stream_leads_to_sign_in_and_the_answer_is_not_lost(
    served: Served, chromium: Browser, analyst: ScriptedAnalyst
) -> None:
    """Who signs in again reads the answer where it was asked for."""
    analyst.pace.is_open = False
    sessions, now = served.services.accounts.sessions, served.services.clock()
    token = served.token_of(Role.EDITOR)
    signed_in = sessions.find(token, now=now)
    assert signed_in is not None
    with cutting(served.address) as proxy:
        context = chromium.new_context()
        context.add_cookies([{"name": "journey", "value": token, "url": proxy.address}])
        page = context.new_page()
        page.goto(f"{proxy.address}{HOME}")
        # A request for questions to begin with that is under way when the connection is cut would be sent again.
        expect(page.locator("#openings[hx-get]")).to_have_count(0)
        _ask(page, "Where?")
        analyst.pace.let(2)
        expect(page.locator(".sentence")).to_have_count(1)
        asked_at = page.url
        sessions.end_all(signed_in.account.account_id)
        proxy.cut()
        page.wait_for_url("**/sign-in?**")
        analyst.pace.let_all()
        again = sessions.start(signed_in.account.account_id, user_agent="test", now=now).token
        context.add_cookies([{"name": "journey", "value": again, "url": proxy.address}])
        page.goto(page.url)
        expect(page.locator(".sentence")).to_have_count(2)
        assert page.url.partition("#")[0] == asked_at.partition("#")[0]
        context.close()


def test_session_that_ends_while_somebody_types_keeps_the_words_for_them_alone(
    served: Served, chromium: Browser, analyst: ScriptedAnalyst
) -> None:
    """Who signs in again finds the words in the composer; somebody else in the same tab does not; once sent they are gone."""
    sessions, now = served.services.accounts.sessions, served.services.clock()
    token = served.token_of(Role.EDITOR)
    signed_in = sessions.find(token, now=now)
    assert signed_in is not None
    context = chromium.new_context()

    def enter(cookie: str) -> None:
        context.add_cookies([{"name": "journey", "value": cookie, "url": served.address}])

    enter(token)
    page = context.new_page()
    page.goto(f"{served.address}{HOME}")
    page.locator("#question").press_sequentially("A long thought")
    sessions.end_all(signed_in.account.account_id)
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in?**")
    back = page.url
    enter(served.token_of(Role.EDITOR))
    page.goto(back)
    expect(page.locator("#question")).to_have_value("")
    enter(sessions.start(signed_in.account.account_id, user_agent="test", now=now).token)
    page.goto(f"{served.address}{HOME}")
    expect(page.locator("#question")).to_have_value("A long thought")
    page.locator("#question").press("Enter")
    expect(page.locator(".sentence")).to_have_count(2)
    page.goto(f"{served.address}{HOME}")
    expect(page.locator("#question")).to_have_value("")
    assert [question for question, _, _ in analyst.asked] == ["A long thought"]
    context.close()


def test_list_of_conversations_leads_to_options_by_keyboard(
    served: Served, chromium: Browser, analyst: ScriptedAnalyst
) -> None:
    """Beside each entry stands the way to rename, export and delete it, reached by keys; the page is accessible, also on phones."""
    context = served.signed_in(chromium)
    page = context.new_page()
    page.goto(f"{served.address}{HOME}")
    _ask(page, "Where do they stop?")
    expect(page.locator(".turn-actions")).to_be_visible()
    page.get_by_role("button", name="New conversation from here").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".entry")).to_have_count(2)
    expect(page.locator(".sentence")).to_have_count(2)
    page.get_by_role("link", name="Rename, export or delete").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/manage")
    page.get_by_label("Name of the conversation").fill("Where parcels stop")
    page.keyboard.press("Enter")
    page.wait_for_url("**/conversations")
    expect(page.get_by_role("link", name="Where parcels stop").first).to_be_visible()
    for place in ("conversations", "summaries", "api", "settings"):
        for width in (390, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(f"{served.address}{HOME}/{place}")
            assert violations_of(page) == [], (place, width)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (place, width)
    context.close()


def test_stop_ends_the_work_and_keeps_what_was_verified(
    served: Served, chromium: Browser, analyst: ScriptedAnalyst
) -> None:
    """The button turns back into Send, and no further event is made."""
    analyst.pace.is_open = False
    context = served.signed_in(chromium)
    page = context.new_page()
    page.goto(f"{served.address}{HOME}")
    _ask(page, "Where?")
    analyst.pace.let(2)
    expect(page.locator(".sentence")).to_have_count(1)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".answer")).to_contain_text("This answer was stopped")
    expect(page.locator("#send")).to_be_visible()
    assert analyst.pace.was_cancelled
    assert analyst.pace.n_sent == 2
    context.close()


def test_two_tabs_follow_one_answer_and_words_of_a_refused_question_stay(
    served: Served, chromium: Browser, analyst: ScriptedAnalyst
) -> None:
    """Both tabs show the same sentences; a second question is refused clearly and stays in the composer."""
    analyst.pace.is_open = False
    context = served.signed_in(chromium)
    first, second = context.new_page(), context.new_page()
    first.goto(f"{served.address}{HOME}")
    _ask(first, "Where?")
    analyst.pace.let(2)
    expect(first.locator(".sentence")).to_have_count(1)
    second.goto(first.url)
    expect(second.locator(".sentence")).to_have_count(1)
    _ask(second, "And why?")
    expect(second.locator("#question-error")).to_contain_text("still being written")
    assert second.locator("#question").input_value() == "And why?"
    analyst.pace.let_all()
    for page in (first, second):
        expect(page.locator(".turn-actions")).to_be_visible()
        assert _sentences(page) == ["Finding 1 about late delivery.", "Finding 2 about late delivery."]
    second.keyboard.press("Enter")
    expect(second.locator(".turn")).to_have_count(2)
    assert second.locator("#question").input_value() == ""
    context.close()


def test_too_long_question_is_told_while_it_is_typed_and_kept(
    served: Served, chromium: Browser, analyst: ScriptedAnalyst
) -> None:
    """It is not sent, and nothing of it is lost."""
    context = served.signed_in(chromium)
    page = context.new_page()
    page.goto(f"{served.address}{HOME}")
    page.locator("#question").fill("x" * 20_050)
    expect(page.locator("#question-error")).to_contain_text("50 characters too long")
    page.keyboard.press("Enter")
    expect(page.locator("#question-count")).to_contain_text("20,050 of 20,000")
    assert len(page.locator("#question").input_value()) == 20_050
    assert analyst.asked == []
    context.close()


def test_phone_shows_every_kind_of_answer_without_scrolling_sideways(
    served: Served, chromium: Browser, analyst: ScriptedAnalyst
) -> None:
    """In dark, with hostile words in all of them: nothing runs, nothing is fetched from elsewhere, axe finds nothing."""
    pending = PendingChange(change_id="x", tool="draft_map", arguments={"persona": HOSTILE}, summary=HOSTILE)
    answers = {
        "cited": Answer(
            outcome=Outcome.ANSWERED,
            sentences=(finding(HOSTILE, "c1"),),
            citations=(quote_citation(1, HOSTILE),),
            writer="w",
        ),
        "unknown": Answer(
            outcome=Outcome.UNKNOWN,
            missing=(Missing(reason="not_mentioned", statement=HOSTILE, needed=HOSTILE),),
            writer="w",
        ),
        "choices": Answer(
            outcome=Outcome.CLARIFY, choices=(Choice(label=HOSTILE, request="cited"),), writer="w"
        ),
        "pending": Answer(outcome=Outcome.PENDING, pending=pending, writer="w"),
    }
    analyst.script = lambda question: streamed(answers[question])
    context = served.signed_in(chromium, width=390)
    page = context.new_page()
    page.emulate_media(color_scheme="dark")
    elsewhere: list[str] = []
    page.on(
        "request", lambda sent: None if sent.url.startswith(served.address) else elsewhere.append(sent.url)
    )
    page.on("dialog", lambda dialog: elsewhere.append(dialog.message))
    page.goto(f"{served.address}{HOME}")
    for number, question in enumerate(answers, start=1):
        _ask(page, question)
        expect(page.locator(".turn-actions")).to_have_count(number)
        expect(page.locator("#send")).to_be_visible()
    assert violations_of(page) == []
    page.get_by_role("button", name="Conversations").click()
    expect(page.locator("#history")).to_be_visible()
    assert violations_of(page) == []
    page.locator("#find").fill("nobody said this")
    expect(page.locator("#entries")).to_have_text("No conversation holds these words.")
    page.locator("#find").fill("")
    expect(page.locator("#entries .entry").first).to_be_visible()
    page.locator("#history").get_by_role("button", name="Close").click()
    expect(page.locator("#history")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert elsewhere == []
    assert page.locator("a[href*='evil']").count() == 0
    context.close()


def test_without_script_the_answer_comes_by_loading_the_page_again(
    served: Served, chromium: Browser, analyst: ScriptedAnalyst
) -> None:
    """Asking, reading and opening a source need no script."""
    analyst.pace.is_open = False
    context = chromium.new_context(java_script_enabled=False)
    context.add_cookies([{"name": "journey", "value": served.token_of(Role.VIEWER), "url": served.address}])
    page = context.new_page()
    page.goto(f"{served.address}{HOME}")
    page.locator("#question").fill("Where?")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".status")).to_be_visible()
    analyst.pace.let_all()
    expect(page.locator(".sentence")).to_have_count(2)
    page.locator(".sentence .cite").nth(1).click()
    expect(page.locator(".source:popover-open")).to_contain_text("The parcel came two weeks late.")
    context.close()
