"""Renders the chat page and its parts."""

from fastapi import Request
from fastapi.responses import Response
from pydantic import JsonValue

from agent.errors import JourneyError
from agent.schemas.accounts import Role
from agent.schemas.chat import Answer, Outcome, SentenceEvent
from agent.store.conversations import MAX_GIVEN_TITLE_CHARS, MAX_QUESTION_CHARS
from api.answers import facts_of, mark_of, plain_answer, source_line
from api.web.errors import status_of
from api.web.pages import page
from api.web.views.chat import History, Thread, Turn, history_of, turn_of
from api.web.views.places import target_path
from api.web.visits import Visit

_ENDS = {
    Outcome.UNKNOWN: "The data does not say.",
    Outcome.CLARIFY: "A question back.",
    Outcome.CANNOT: "This cannot be done here.",
    Outcome.PENDING: "A change waits for your approval.",
    Outcome.FAILED: "This could not be answered.",
    Outcome.STOPPED: "Stopped.",
}


def chat_page(
    request: Request,
    visit: Visit,
    thread: Thread | None,
    *,
    draft: str = "",
    error: JourneyError | None = None,
) -> Response:
    """Render the whole page.

    Args:
        request: Being answered.
        visit: Who reads.
        thread: Conversation that is read; None for a new one.
        draft: What stands in the composer.
        error: Why what stands there was not taken.
    """
    return _page(
        request,
        visit,
        "chat/chat.html",
        status=200 if error is None else status_of(error),
        thread=thread,
        current=None if thread is None else thread.conversation.conversation_id,
        history=history_of(visit),
        openings=None if thread is not None else visit.brand.known_first_questions(),
        draft=draft,
        draft_error="" if error is None else f"{error.message[:1].upper()}{error.message[1:]}. {error.hint}",
        limit=MAX_QUESTION_CHARS,
        title_limit=MAX_GIVEN_TITLE_CHARS,
    )


def conversations_page(request: Request, history: History) -> Response:
    """Render a part of the list of conversations; as a page of its own for who has no script."""
    template = "chat/history.html" if "HX-Request" in request.headers else "chat/conversations.html"
    return page(request, template, place="ask", history=history, current=None)


def options_page(request: Request, visit: Visit, thread: Thread) -> Response:
    """Render what can be done with a conversation of the list."""
    return _page(request, visit, "chat/options.html", thread=thread, title_limit=MAX_GIVEN_TITLE_CHARS)


def openings_part(request: Request, visit: Visit) -> Response:
    """Render questions to begin with."""
    return _page(request, visit, "chat/openings.html", openings=visit.brand.first_questions())


def asked_part(request: Request, visit: Visit, conversation_id: str, message_id: str) -> Response:
    """Render a turn that was just asked, with what the composer goes on from."""
    return _page(request, visit, "chat/asked.html", turn=turn_of(visit, conversation_id, message_id))


def turn_part(request: Request, visit: Visit, turn: Turn) -> Response:
    """Render the answer of a turn as it stands."""
    return _page(request, visit, "chat/answer.html", turn=turn)


def answer_html(request: Request, visit: Visit, turn: Turn) -> str:
    """Return the answer of a turn as it stands, as a part of the page."""
    return bytes(turn_part(request, visit, turn).body).decode()


def sentence_html(request: Request, visit: Visit, turn: Turn, event: SentenceEvent) -> str:
    """Return a sentence with the sources it is the first to name, as a part of the page."""
    made = _page(request, visit, "chat/sentence.html", turn=turn, event=event)
    return bytes(made.body).decode()


def announcement(answer: Answer) -> str:
    """Return what a screen reader says when an answer is there: that it is, and its first sentence."""
    end = _ENDS.get(answer.outcome, "")
    first = answer.sentences[0].text if answer.sentences else ""
    if not first and answer.missing:
        first = answer.missing[0].statement
    return " ".join(filter(None, ["Answer ready.", end, first]))


def argument(value: JsonValue) -> str:
    """Return an argument of a tool as words."""
    if isinstance(value, dict):
        return ", ".join(f"{name}: {argument(part)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(map(argument, value))
    return str(value)


def _page(request: Request, visit: Visit, template: str, *, status: int = 200, **values: object) -> Response:
    may_change = visit.role >= Role.EDITOR
    return page(
        request,
        template,
        status=status,
        headers=None,
        place="ask",
        may_change=may_change,
        may_correct=may_change,
        announcement=announcement,
        argument=argument,
        facts_of=facts_of,
        mark_of=mark_of,
        plain_answer=plain_answer,
        source_line=source_line,
        target_path=target_path,
        **values,
    )
