"""Conversations as files to be saved, with their sources."""

import re
from typing import Literal, NamedTuple

from agent.render.conversation import render_conversation
from agent.render.conversation_pdf import conversation_pdf
from api.web.visits import Visit

Ending = Literal["md", "pdf"]
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 60
_MEDIA_TYPES: dict[Ending, str] = {"md": "text/markdown; charset=utf-8", "pdf": "application/pdf"}


class File(NamedTuple):
    """A file to be saved."""

    name: str
    media_type: str
    data: bytes


def exported(visit: Visit, conversation_id: str, ending: Ending) -> File:
    """Return the branch of a conversation that is read as a file.

    Raises:
        NotFoundError: The person has no such conversation.
    """
    stored, now = visit.brand.workspace.store.conversations, visit.services.clock()
    conversation = stored.get(conversation_id, owner=visit.account_id)
    path = stored.path(conversation_id, owner=visit.account_id)
    if ending == "md":
        data = render_conversation(conversation, path, workspace=visit.brand.name, now=now).encode()
    else:
        data = conversation_pdf(conversation, path, workspace=visit.brand.name, now=now)
    return File(_file_name(conversation.title, ending), _MEDIA_TYPES[ending], data)


def _file_name(title: str, ending: Ending) -> str:
    stem = _NOT_IN_NAMES.sub("-", title.casefold()).strip("-")[:_LONGEST_NAME].strip("-")
    return f"{stem or 'conversation'}.{ending}"
