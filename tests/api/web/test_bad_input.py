"""What goes wrong in a day's work: each says so on the page, and nothing that was written is lost."""

from collections.abc import Generator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, event

from agent.chat.agent import Analyst
from agent.chat.loop import Limits
from agent.models import chat_model
from agent.schemas.accounts import Role
from agent.settings import Settings
from agent.testing import ScriptedAnswer, ScriptedCall, ScriptedModelServer
from tests.api.web.asking import HOME, ask, scripted, settled, stored
from tests.api.web.site import WORKSPACE, Site, words_of

_ASKS = ScriptedAnswer(calls=(ScriptedCall("list_pain_points", {}),))


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the client on the loopback whatever the machine's proxy."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@contextmanager
def _modelled(site: Site, url: str) -> Generator[None]:
    """Let a model at an address answer in the brand."""
    settings = Settings.model_validate(
        {"openai_base_url": url, "openai_api_key": "k", "model": "m", "model_timeout_s": 0.5}
    )
    brand = site.brand
    brand.__dict__["analyst"] = Analyst(
        brand.toolbox, chat_model(settings), workspace=WORKSPACE, writer="m", limits=Limits(n_tries=1)
    )
    try:
        yield
    finally:
        del brand.__dict__["analyst"]


@pytest.mark.parametrize(
    ("last", "told"),
    [
        (ScriptedAnswer("", status=500), "HTTP 500"),
        (ScriptedAnswer("slow", delay_s=2.0), "within 0.5 s"),
        (ScriptedAnswer(body=b"<html>Welcome to the hotel's network</html>"), "chat completion"),
    ],
    ids=["failing", "slow", "garbage"],
)
def test_model_server_that_fails_is_told_on_the_page(
    read_site: Site, last: ScriptedAnswer, told: str
) -> None:
    """The answer says what failed and shows what was found before; the question is kept and can be asked again."""
    visitor = read_site.client_of(Role.VIEWER)
    with ScriptedModelServer([_ASKS, last]) as server, _modelled(read_site, server.url):
        path = ask(visitor, "What hurts customers most?")
        page = settled(visitor, path)

    words = words_of(page)
    assert "This could not be answered." in words
    assert told in words
    assert "/again" in page
    assert [turn.question for turn in stored(read_site, visitor, path)] == ["What hurts customers most?"]


def test_model_server_that_is_not_there_is_told_on_the_page(read_site: Site) -> None:
    """Nobody listens at the address: the page names what to check."""
    visitor = read_site.client_of(Role.VIEWER)
    with ScriptedModelServer([]) as server:
        url = server.url
    with _modelled(read_site, url):
        words = words_of(settled(visitor, ask(visitor, "What hurts customers most?")))

    assert "This could not be answered." in words
    assert "OPENAI_BASE_URL" in words


def test_session_that_ends_while_somebody_types_loses_nothing(site: Site) -> None:
    """A plain form comes back with its words and the way to sign in; nothing was asked."""
    visitor = site.client_of()
    analyst = scripted(site)
    path = ask(visitor, "First?")
    settled(visitor, path)
    site.services.accounts.sessions.end_all(visitor.account.account_id)

    kept = visitor.post(path, {"question": "A <b>long</b> thought"}, referer=f"http://testserver{path}")

    assert kept.status_code == 401
    assert ">A &lt;b&gt;long&lt;/b&gt; thought</textarea>" in kept.text
    assert "/sign-in?next=%2Fw%2Fdefault%2Fchat%2F" in kept.text
    assert len(analyst.asked) == 1


def test_session_that_ends_under_script_leads_to_sign_in_and_back(site: Site) -> None:
    """The page's own request moves the whole page, whose tab keeps what was typed."""
    visitor = site.client_of()
    scripted(site)
    path = ask(visitor, "First?")
    settled(visitor, path)
    site.services.accounts.sessions.end_all(visitor.account.account_id)
    here = f"http://testserver{path}"

    answer = visitor.post(path, {"question": "More?"}, hx_request="true", hx_current_url=here)

    assert answer.status_code == 401
    assert answer.headers["hx-redirect"].startswith("/sign-in?next=%2Fw%2Fdefault%2Fchat%2F")


def test_home_that_cannot_be_written_is_told_and_the_question_kept(site: Site) -> None:
    """A question that cannot be stored stays in the composer, with what to look at; reading goes on."""
    visitor = site.client_of()
    analyst = scripted(site)
    engine = site.brand.workspace.store.conversations._db.database.engine  # pyright: ignore[reportPrivateUsage]

    def read_only(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA query_only = 1")

    event.listen(engine, "begin", read_only)
    try:
        refused = visitor.post(f"{HOME}/chat", {"question": "Where do they stop?"})
        part = visitor.post(f"{HOME}/chat", {"question": "Where?"}, hx_request="true")
        listed = visitor.get(f"{HOME}/conversations")
    finally:
        event.remove(engine, "begin", read_only)

    assert refused.status_code == part.status_code == 503
    assert ">Where do they stop?</textarea>" in refused.text
    assert "is read-only; nothing was stored" in words_of(refused.text)
    assert "Traceback" not in refused.text
    assert part.headers["hx-retarget"] == "#alerts"
    assert listed.status_code == 200
    assert analyst.asked == []


def test_uploads_that_cannot_be_written_are_told(site: Site) -> None:
    """Where the home takes no files, the page says so and keeps nothing of them."""
    editor = site.client_of(Role.EDITOR)
    uploads = site.brand.workspace.store.home.uploads
    uploads.mkdir(parents=True, exist_ok=True)
    for folder in uploads.iterdir():
        folder.rmdir()
    uploads.rmdir()
    uploads.write_text("no folder")

    answer = editor.post(f"{HOME}/sources/uploads", files=[("files", ("a.csv", b"text\nx\n", "text/csv"))])

    assert answer.status_code == 503
    assert "cannot be" in words_of(answer.text)


@pytest.mark.parametrize(
    "address",
    [
        "/w/..%2f..%2fetc", "/w/default/maps/..%2f..%2fetc%2fpasswd", "/w/default/evidence/..%2f..%2fvault",
        "/w/default/chat/..%2f..%2fx", "/w/default/chat/../../accounts.db", "/assets/..%2fpages.py",
        "/w/default/sources/..%2f..%2fx/rejects", "/w/default/jobs/..%2fx",
    ],
)  # fmt: skip
def test_dots_in_addresses_lead_nowhere(read_site: Site, address: str) -> None:
    """Names in addresses are looked up in the stores and never walked through the disk."""
    assert read_site.client_of(Role.VIEWER).get(address).status_code == 404


@pytest.mark.parametrize("name", ["../other", "..", "a/b", "a\\b", ".hidden", "x" * 81, "\u202ex"])
def test_workspace_cannot_be_called_a_path(read_site: Site, name: str) -> None:
    """A name that could leave its place is refused with what may stand in one."""
    admin = read_site.client_of(Role.ADMIN)
    before = read_site.services.brands.names()

    answer = admin.post("/workspaces", {"name": name})

    assert answer.status_code == 422
    assert read_site.services.brands.names() == before
