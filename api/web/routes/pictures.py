"""Pictures of the data, drawn again from what the snapshot holds; an answer names one by its kind and its parameters."""

from typing import cast, get_args

from fastapi import APIRouter, Request
from fastapi.responses import Response

from agent.chat.pictures import draw
from agent.errors import NotFoundError
from agent.schemas.chat import Picture, PictureKind
from api.web.middleware import PICTURE_POLICY
from api.web.waiting import SnapshotDep

router = APIRouter(prefix="/w/{workspace}/pictures")

_MOST_PARAMETERS = 40


@router.get("/{kind}.svg")
def show_picture(request: Request, snapshot: SnapshotDep, kind: str) -> Response:
    """Draw a picture; parameters that come more than once are lists."""
    if kind not in get_args(PictureKind):
        msg = f"there is no picture of kind {kind!r}"
        raise NotFoundError(msg, hint="Load the page again.")
    pairs = request.query_params.multi_items()[:_MOST_PARAMETERS]
    params = {
        name: one[0] if len(one := tuple(value for key, value in pairs if key == name)) == 1 else one
        for name, _ in pairs
    }
    svg = draw(snapshot, Picture(kind=cast("PictureKind", kind), params=params, alt=kind))
    # A browser may keep it for a moment; the data it shows changes with the next file that is read in.
    headers = {"Content-Security-Policy": PICTURE_POLICY, "Cache-Control": "private, max-age=60"}
    return Response(svg, media_type="image/svg+xml", headers=headers)
