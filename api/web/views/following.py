"""An answer as a stream of parts of the page, each rendered and escaped here."""

from collections.abc import AsyncGenerator

from anyio import to_thread
from fastapi import Request
from fastapi.sse import ServerSentEvent

from agent.schemas.chat import AnswerEvent, ChatEvent, SentenceEvent, StatusEvent
from api.web.views.chat import Turn, run_of, turn_of
from api.web.views.chat_pages import answer_html, sentence_html
from api.web.visits import Visit

_RECONNECT_MS = 1000


async def following(
    request: Request, visit: Visit, turn: Turn, *, after: int
) -> AsyncGenerator[ServerSentEvent]:
    """Yield the events of an answer after a number, and at the end the whole answer, which stands in place of them.

    Where the work is over, or was cut off with the process that did it, the end is all there is.
    """
    number, run = after, run_of(visit, turn.key)
    yield ServerSentEvent(comment="follows", retry=_RECONNECT_MS)
    if run is not None:
        async for numbered in visit.services.runs.follow(run, after=after):
            number = numbered.number
            sent = _sent(request, visit, turn, numbered.event, number)
            if sent is not None:
                yield sent
    # Only now is it stored, so that the next question may be asked as soon as this one is read.
    finished = await to_thread.run_sync(turn_of, visit, turn.conversation_id, turn.key)
    html = await to_thread.run_sync(answer_html, request, visit, finished)
    yield ServerSentEvent(event="answer", raw_data=html, id=str(max(number, after)))


def _sent(
    request: Request, visit: Visit, turn: Turn, event: ChatEvent, number: int
) -> ServerSentEvent | None:
    match event:
        case StatusEvent():
            return ServerSentEvent(event="status", data=event.text, id=str(number))
        case SentenceEvent():
            html = sentence_html(request, visit, turn, event)
            return ServerSentEvent(event="sentence", raw_data=html, id=str(number))
        case AnswerEvent():
            return None
