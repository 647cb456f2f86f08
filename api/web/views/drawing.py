"""Pictures of answers, drawn again out of what the stores hold now."""

from agent.chat.pictures import draw
from agent.errors import NotFoundError
from agent.pipeline.snapshot import Snapshot
from api.web.views.chat import Turn


def picture_of(snapshot: Snapshot, turn: Turn, number: int) -> str:
    """Return a picture of an answer as SVG.

    Args:
        snapshot: What is drawn from.
        turn: Whose answer.
        number: Of the picture, counted from 1.

    Raises:
        NotFoundError: The answer has no such picture.
    """
    pictures = turn.answer.pictures if turn.answer is not None else ()
    if number > len(pictures):
        msg = f"picture {number} is not in this answer"
        raise NotFoundError(msg, hint="Load the conversation again.")
    return draw(snapshot, pictures[number - 1])
