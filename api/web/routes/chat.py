"""The chat: a person's conversations, the thread that is read, questions, and the stream of their answers."""

import json
import re
from collections.abc import AsyncGenerator
from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Form, Header, Query, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from agent.errors import ConflictError, InputError, JourneyError, StoreError, TooBusyError
from agent.schemas.chat import Message
from agent.store.conversations import MAX_QUESTION_CHARS
from api.web.pages import MOST_COUNTED, brand_path
from api.web.views import asking
from api.web.views.chat import Turn, history_of, run_of, thread_of, turn_of
from api.web.views.chat_pages import asked_part, chat_page, conversations_page, openings_part, turn_part
from api.web.views.following import following
from api.web.visits import Visit, VisitDep

router = APIRouter(prefix="/w/{workspace}")

Words = Annotated[str, Form()]
_EVENT_ID = re.compile(r"[0-9]{1,9}")
_KEPT_WORDS = (InputError, ConflictError, TooBusyError, StoreError)
"""After which the composer comes back with what was typed."""
CHAT = "/chat/{conversation_id}"
TURN = CHAT + "/turns/{message_id}"


def one_turn(visit: VisitDep, conversation_id: str, message_id: str) -> Turn:
    """Return the turn that an address names; somebody else's is not there."""
    return turn_of(visit, conversation_id, message_id)


TurnDep = Annotated[Turn, Depends(one_turn)]


@router.get("")
def show_new(request: Request, visit: VisitDep, ask: Annotated[str, Query()] = "") -> Response:
    """Show the workspace's first page: a new conversation, with a question in it where a link brought one."""
    return chat_page(request, visit, None, draft=ask[:MAX_QUESTION_CHARS])


@router.get("/conversations")
def show_conversations(
    request: Request,
    visit: VisitDep,
    find: Annotated[str, Query()] = "",
    cursor: Annotated[str | None, Query()] = None,
) -> Response:
    """Show a part of the person's conversations, or those that hold some words."""
    return conversations_page(request, history_of(visit, find=find, cursor=cursor))


@router.get("/openings")
def show_openings(request: Request, visit: VisitDep) -> Response:
    """Show questions to begin with, once the data is ready."""
    return openings_part(request, visit)


@router.post("/chat")
async def ask_first(request: Request, visit: VisitDep, question: Words) -> Response:
    """Begin a conversation with a question."""
    try:
        conversation_id = await asking.begin_conversation(visit, question)
    except _KEPT_WORDS as error:
        return await _refused(request, visit, None, question, error)
    return _to(request, brand_path(visit.brand.name, "chat", conversation_id))


@router.get(CHAT)
def show_conversation(
    request: Request, visit: VisitDep, conversation_id: str, ask: Annotated[str, Query()] = ""
) -> Response:
    """Show a conversation."""
    return chat_page(request, visit, thread_of(visit, conversation_id), draft=ask[:MAX_QUESTION_CHARS])


@router.post(CHAT)
async def ask(
    request: Request, visit: VisitDep, conversation_id: str, question: Words, parent: Words = ""
) -> Response:
    """Ask a further question, from the turn that the asking tab showed last."""
    try:
        message = await asking.go_on(visit, conversation_id, question, parent_id=parent or None)
    except _KEPT_WORDS as error:
        return await _refused(request, visit, conversation_id, question, error)
    return await asked(request, visit, conversation_id, message)


@router.post(TURN + "/edit")
async def edit(visit: VisitDep, conversation_id: str, message_id: str, question: Words) -> Response:
    """Ask otherwise; what was asked before stays as another version."""
    message = await asking.ask_otherwise(visit, conversation_id, message_id, question)
    return back_to(visit, conversation_id, message.message_id)


@router.post(TURN + "/again")
async def ask_again(visit: VisitDep, conversation_id: str, message_id: str) -> Response:
    """Ask the same again; the answer before stays as another version."""
    message = await asking.ask_again(visit, conversation_id, message_id)
    return back_to(visit, conversation_id, message.message_id)


@router.get(TURN)
def show_turn(request: Request, visit: VisitDep, turn: TurnDep) -> Response:
    """Return a turn's answer as it stands, for a page that lost its stream."""
    return turn_part(request, visit, turn)


@router.get(TURN + "/events", response_class=EventSourceResponse)
async def follow(
    request: Request,
    visit: VisitDep,
    turn: TurnDep,
    after: Annotated[int, Query(ge=0, le=MOST_COUNTED)] = 0,
    last_event_id: Annotated[str, Header()] = "",
) -> AsyncGenerator[ServerSentEvent]:
    """Stream an answer from the event after a number on; a browser that connects again names the last one it has."""
    number = int(last_event_id) if _EVENT_ID.fullmatch(last_event_id) else after
    async for event in following(request, visit, turn, after=number):
        yield event


@router.post(TURN + "/stop")
async def stop(request: Request, visit: VisitDep, conversation_id: str, turn: TurnDep) -> Response:
    """Stop an answer and the work behind it; what was verified stays."""
    run = run_of(visit, turn.key)
    if run is not None:
        await visit.services.runs.stop(run)
    return (
        Response(status_code=204)
        if "HX-Request" in request.headers
        else back_to(visit, conversation_id, turn.key)
    )


def _to(request: Request, path: str) -> Response:
    """Lead to a page; a page with script replaces its content with it."""
    if "HX-Request" not in request.headers:
        return RedirectResponse(path, status_code=303)
    where = {"path": path, "target": "#main", "select": "#main", "swap": "outerHTML"}
    return Response(headers={"HX-Location": json.dumps(where)})


async def asked(request: Request, visit: Visit, conversation_id: str, message: Message) -> Response:
    """Return a turn that was just asked: the part of it, or for who has no script its page."""
    if "HX-Request" not in request.headers:
        return back_to(visit, conversation_id, message.message_id)
    return await to_thread.run_sync(partial(asked_part, request, visit, conversation_id, message.message_id))


async def _refused(
    request: Request, visit: Visit, conversation_id: str | None, question: str, error: JourneyError
) -> Response:
    """Show the page again with the words in it; a page with script still has them, and is told alone."""
    if "HX-Request" in request.headers:
        raise error

    def shown() -> Response:
        thread = None if conversation_id is None else thread_of(visit, conversation_id)
        return chat_page(request, visit, thread, draft=question, error=error)

    return await to_thread.run_sync(shown)


def back_to(visit: Visit, conversation_id: str, message_id: str) -> Response:
    """Lead to a turn of a conversation."""
    path = brand_path(visit.brand.name, "chat", conversation_id)
    return RedirectResponse(f"{path}#turn-{message_id}", status_code=303)
