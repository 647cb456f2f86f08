"""A branch of a conversation as a PDF, written from the same blocks as the Markdown."""

from collections.abc import Sequence
from datetime import datetime

from agent.render.conversation import Block, Footnote, Grid, Heading, Paragraph, Question, conversation_blocks
from agent.render.pdf import PdfDocument
from agent.schemas.chat import Conversation, Message


def conversation_pdf(
    conversation: Conversation, messages: Sequence[Message], *, workspace: str, now: datetime
) -> bytes:
    """Return a branch of a conversation as a PDF file.

    Args:
        conversation: Whose branch it is.
        messages: The branch, first turn first.
        workspace: The brand whose customers are spoken of.
        now: Time of making it.
    """
    blocks = conversation_blocks(conversation, messages, workspace=workspace, now=now)
    title = next(block.text for block in blocks if isinstance(block, Heading))
    document = PdfDocument(title, made_at=now, footer=f"{title}, workspace {workspace}")
    notes = {block.number: block.text for block in blocks if isinstance(block, Footnote)}
    for number, text in notes.items():
        document.cite(str(number), text)
    for block in blocks:
        _write(document, block, is_sources=bool(notes) and block == Heading("Sources", 2))
    return document.finished()


def _write(document: PdfDocument, block: Block, *, is_sources: bool) -> None:
    match block:
        case Heading() if is_sources:
            document.citations(block.text)
        case Heading():
            document.heading(block.text, block.level)
        case Paragraph():
            document.paragraph(block.text, small=block.is_aside, cites=block.cites)
        case Question():
            document.quote(block.text, "")
        case Grid():
            rows = [
                (*cells, ", ".join(map(str, cites)))
                for cells, cites in zip(block.rows, block.cites, strict=True)
            ]
            document.table((*block.columns, "Sources"), rows, [*[2.0] * len(block.columns), 1.0])
        case Footnote():
            """Written by its list."""
