"""A map as JSON, Markdown, Mermaid and one page, each saying inside what is not in it."""

import orjson

from agent.render.exports.parts import loss_line
from agent.render.markdown import render_markdown
from agent.render.mermaid import render_mermaid
from agent.render.page import render_page
from agent.schemas.journey import JourneyMap


def json_of(journey_map: JourneyMap, _loss: tuple[str, ...]) -> bytes:
    """Return the map as its published schema has it; nothing is lost."""
    return orjson.dumps(journey_map.model_dump(mode="json"), option=orjson.OPT_INDENT_2) + b"\n"


def mermaid_of(journey_map: JourneyMap, loss: tuple[str, ...]) -> bytes:
    """Return the map as a Mermaid user journey with a comment a sentence of its loss."""
    comments = "".join(f"  %% {sentence}\n" for sentence in ("Not in this file:", *loss))
    return (render_mermaid(journey_map) + comments).encode()


def markdown_of(journey_map: JourneyMap, loss: tuple[str, ...]) -> bytes:
    """Return the map as Markdown, with its loss at the end."""
    return f"{render_markdown(journey_map)}\n{loss_line(loss)}\n".encode()


def html_of(journey_map: JourneyMap, loss: tuple[str, ...]) -> bytes:
    """Return the map as one self-contained page, with its loss in the foot."""
    return render_page(journey_map, aside=loss_line(loss)).encode()
