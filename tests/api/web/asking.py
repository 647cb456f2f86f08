"""Asks on the site as a page without script does, and reads what came of it."""

import re
import time
from collections.abc import Callable

from agent.schemas.chat import Answer, Message
from tests.api.web.scripted_analyst import ScriptedAnalyst, plain, streamed
from tests.api.web.site import WORKSPACE, Site, Visitor, words_of

HOME = f"/w/{WORKSPACE}"


def scripted(site: Site, answer: Answer | None = None, **fields: object) -> ScriptedAnalyst:
    """Put an analyst into the brand that gives one answer."""
    analyst = ScriptedAnalyst(streamed(answer or plain(**fields)))  # pyright: ignore[reportArgumentType]
    site.brand.__dict__["analyst"] = analyst
    return analyst


def ask(visitor: Visitor, question: str, path: str = f"{HOME}/chat", **form: str) -> str:
    """Ask as a page without script does, and return the address of the conversation."""
    answer = visitor.post(path, {"question": question, **form})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).partition("#")[0]


def settled(visitor: Visitor, path: str) -> str:
    """Return the conversation's page once nothing is being written in it."""
    return until(lambda: visitor.get(path).text, lambda page: "data-events" not in page)


def until(look: Callable[[], str], holds: Callable[[str], bool], within_s: float = 5.0) -> str:
    """Look again and again until something holds."""
    end = time.monotonic() + within_s
    while not holds(found := look()):
        assert time.monotonic() < end, words_of(found)
        time.sleep(0.02)
    return found


def turn_paths(page: str) -> list[str]:
    """Return the addresses of the turns on a page, in order."""
    return [
        f"{HOME}/chat/{found[0]}/turns/{found[1]}"
        for found in re.findall(rf'action="{HOME}/chat/([^/"]+)/turns/([^/"]+)/edit"', page)
    ]


def stored(site: Site, visitor: Visitor, path: str) -> tuple[Message, ...]:
    """Return the branch of a conversation as it is stored."""
    return site.brand.workspace.store.conversations.path(
        path.rsplit("/", 1)[1], owner=visitor.account.account_id
    )
