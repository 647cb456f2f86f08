"""How much one person, and everybody together, may have under way; what is refused says so and loses no words."""

import asyncio
from threading import Event

import pytest

from agent.errors import TooBusyError
from api.web import runs
from api.web.jobs import MOST_OF_ONE, JobContext, Jobs
from api.web.runs import Runs
from tests.api.web.asking import HOME, ask, scripted, settled, until
from tests.api.web.site import Site, words_of


def test_fourth_answer_of_a_person_is_refused_and_the_question_kept(site: Site) -> None:
    """Three may be in writing over all tabs; the next is told to wait, with its words in the composer; others go on."""
    visitor, other = site.client_of(), site.client_of()
    analyst = scripted(site)
    analyst.pace.is_open = False
    paths = [ask(visitor, f"Question {number}?") for number in range(runs.MOST_OF_ONE)]

    refused = visitor.post(f"{HOME}/chat", {"question": "One more?"})
    part = visitor.post(f"{HOME}/chat", {"question": "One more?"}, hx_request="true")

    assert refused.status_code == part.status_code == 429
    assert "3 answers are being written for you already" in words_of(refused.text)
    assert ">One more?</textarea>" in refused.text
    assert part.headers["hx-retarget"] == "#alerts"
    assert ask(other, "Mine?")
    analyst.pace.let_all()
    for path in paths:
        settled(visitor, path)
    assert ask(visitor, "One more?")


def test_second_question_without_script_keeps_its_words(site: Site) -> None:
    """Where an answer is being written, the page comes back with what was typed."""
    visitor = site.client_of()
    analyst = scripted(site)
    analyst.pace.is_open = False
    path = ask(visitor, "First?")

    refused = visitor.post(path, {"question": "Second <b>?"})

    assert refused.status_code == 409
    assert ">Second &lt;b&gt;?</textarea>" in refused.text
    assert "still being written" in words_of(refused.text)
    analyst.pace.let_all()
    settled(visitor, path)


def test_answer_that_waits_for_room_says_so_and_comes(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one place for all, the second person's answer waits, says that it does, and is written afterwards."""
    monkeypatch.setattr(site.services.runs, "_turns", runs.FairTurns(1))
    first, second = site.client_of(), site.client_of()
    analyst = scripted(site)
    analyst.pace.is_open = False
    begun = ask(first, "First?")
    until(lambda: first.get(begun).text, lambda page: "data-events" in page)

    waiting = ask(second, "Second?")
    page = until(lambda: second.get(waiting).text, lambda text: "Waiting for its turn" in text)

    assert "data-events" in page
    assert len(analyst.asked) == 1
    analyst.pace.let_all()
    assert "Finding 1" in settled(second, waiting)


def test_everybody_together_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond what the server holds, the next person is refused, and let in when there is room again."""
    monkeypatch.setattr(runs, "MOST_TOGETHER", 2)

    async def take() -> None:
        taken = Runs()
        async with taken.taking("a"), taken.taking("b"):
            with pytest.raises(TooBusyError, match="all that this server takes"):
                async with taken.taking("c"):
                    pass
        async with taken.taking("c"):
            pass

    asyncio.run(take())


def test_jobs_of_a_person_are_bounded() -> None:
    """One person cannot fill the line of long work; what is done makes room."""
    jobs, go = Jobs(), Event()

    def work(_context: JobContext) -> str:
        go.wait(5)
        return ""

    for _ in range(MOST_OF_ONE):
        jobs.start(work, workspace="w", account_id="a", title="Work")
    with pytest.raises(TooBusyError, match="pieces of work of yours"):
        jobs.start(work, workspace="w", account_id="a", title="Work")
    jobs.start(work, workspace="w", account_id="b", title="Work")
    go.set()
    jobs.close()
