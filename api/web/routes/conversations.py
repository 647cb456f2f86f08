"""What is done with conversations and their turns beside asking: names, branches, approvals, pictures, exports, corrections."""

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import RedirectResponse, Response

from agent.schemas.accounts import Role
from api.web.auditing import log
from api.web.middleware import PICTURE_POLICY
from api.web.pages import MOST_COUNTED, brand_path
from api.web.routes.chat import CHAT, TURN, TurnDep, asked, back_to
from api.web.views import asking
from api.web.views.chat import thread_of
from api.web.views.chat_pages import options_page
from api.web.views.conversation_files import Ending, exported
from api.web.views.correcting import about_part, start_correcting
from api.web.views.drawing import picture_of
from api.web.visits import VisitDep
from api.web.waiting import SnapshotDep

router = APIRouter(prefix="/w/{workspace}")

Words = Annotated[str, Form()]
_LIST = "list"


@router.post(CHAT + "/rename")
def rename(visit: VisitDep, conversation_id: str, title: Words, back: Words = "") -> Response:
    """Give a conversation another name; `back` is `list` where that was done in the list of conversations."""
    visit.brand.workspace.store.conversations.rename(conversation_id, title, owner=visit.account_id)
    place = ("conversations",) if back == _LIST else ("chat", conversation_id)
    return RedirectResponse(brand_path(visit.brand.name, *place), status_code=303)


@router.get(CHAT + "/manage")
def show_options(request: Request, visit: VisitDep, conversation_id: str) -> Response:
    """Show what can be done with a conversation of the list: another name, a file of it, deleting it."""
    return options_page(request, visit, thread_of(visit, conversation_id))


@router.post(CHAT + "/delete")
async def delete(visit: VisitDep, conversation_id: str, back: Words = "") -> Response:
    """Delete a conversation for good, and stop what is being written in it."""
    await asking.delete(visit, conversation_id)
    place = ("conversations",) if back == _LIST else ()
    return RedirectResponse(brand_path(visit.brand.name, *place), status_code=303)


@router.get(CHAT + "/export.{ending}")
def export(visit: VisitDep, conversation_id: str, ending: Ending) -> Response:
    """Return the branch that is read as a file, with its sources."""
    file = exported(visit, conversation_id, ending)
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return Response(file.data, media_type=file.media_type, headers=headers)


@router.post(TURN + "/show")
def show_branch(visit: VisitDep, conversation_id: str, message_id: str) -> Response:
    """Read the branch through a turn from now on."""
    visit.brand.workspace.store.conversations.choose(conversation_id, message_id, owner=visit.account_id)
    return back_to(visit, conversation_id, message_id)


@router.post(TURN + "/fork")
async def fork(visit: VisitDep, conversation_id: str, message_id: str) -> Response:
    """Go on from a turn in another conversation; this one stays as it is."""
    made = await asking.fork(visit, conversation_id, message_id)
    return RedirectResponse(brand_path(visit.brand.name, "chat", made), status_code=303)


@router.post(TURN + "/approve")
async def approve(request: Request, visit: VisitDep, conversation_id: str, message_id: str) -> Response:
    """Make the change that waits in a turn."""
    visit.require(Role.EDITOR, "making a change")
    message, tool = await asking.approve(visit, conversation_id, message_id)
    await to_thread.run_sync(log, request, visit, "change.approve", f"{tool} in turn {message.message_id}")
    return await asked(request, visit, conversation_id, message)


@router.post(TURN + "/decline")
async def decline(request: Request, visit: VisitDep, conversation_id: str, message_id: str) -> Response:
    """Leave the change that waits in a turn unmade."""
    message = await asking.decline(visit, conversation_id, message_id)
    return await asked(request, visit, conversation_id, message)


@router.get(TURN + "/pictures/{number}")
def picture(
    turn: TurnDep, snapshot: SnapshotDep, number: Annotated[int, Path(ge=1, le=MOST_COUNTED)]
) -> Response:
    """Draw a picture of an answer."""
    headers = {"Content-Security-Policy": PICTURE_POLICY}
    return Response(picture_of(snapshot, turn, number), media_type="image/svg+xml", headers=headers)


@router.get(TURN + "/sources/{key}/about")
def show_about(request: Request, visit: VisitDep, turn: TurnDep, snapshot: SnapshotDep, key: str) -> Response:
    """Show what a quote is counted as, to be corrected."""
    visit.require(Role.EDITOR, "correcting what a quote is about")
    return about_part(request, visit, snapshot, turn, key)


@router.post(TURN + "/sources/{key}/about")
def correct(
    visit: VisitDep,
    turn: TurnDep,
    snapshot: SnapshotDep,
    *,
    key: str,
    theme: Words,
    about: Annotated[bool, Form()],
) -> Response:
    """Take a quote out of a theme, or put it back, in everything that follows."""
    visit.require(Role.EDITOR, "correcting what a quote is about")
    job = start_correcting(visit, snapshot, turn, key, theme_id=theme, about=about)
    return RedirectResponse(brand_path(visit.brand.name, "jobs", job.job_id), status_code=303)
