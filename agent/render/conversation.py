"""A branch of a conversation as a document: blocks that say what stands where, and those blocks as Markdown.

Every quote and number stands under the number of its footnote, with its source; the same one has the same number throughout.
The blocks hold plain text; whatever writes them escapes it for its own format.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from agent.firewall import format_metric
from agent.render.figures import quantity_text, tied
from agent.render.markdown_text import plain_markdown
from agent.schemas.chat import (
    Answer,
    AnswerCitation,
    Conversation,
    Message,
    Outcome,
    Sentence,
    SentenceKind,
    Table,
)
from agent.schemas.evidence import Metric

_UNNAMED = "Conversation"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading."""

    text: str
    level: int
    """1 of the document, 2 of a question, 3 below."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of plain text."""

    text: str
    cites: tuple[int, ...] = ()
    """Numbers of the footnotes that it rests on."""
    is_aside: bool = False
    """It is about the document, such as a time, and may be small."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a person asked, as it was typed."""

    text: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; every row has one cell a column."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    cites: tuple[tuple[int, ...], ...]
    """Numbers of the footnotes of each row."""


@dataclass(frozen=True, slots=True)
class Footnote:
    """What a number in the document rests on."""

    number: int
    text: str


Block = Heading | Paragraph | Question | Grid | Footnote


def conversation_blocks(
    conversation: Conversation, messages: Sequence[Message], *, workspace: str, now: datetime
) -> tuple[Block, ...]:
    """Return a branch of a conversation as blocks, footnotes last.

    Args:
        conversation: Whose branch it is.
        messages: The branch, first turn first.
        workspace: The brand whose customers are spoken of.
        now: Time of making it.
    """
    notes = _Notes()
    blocks: list[Block] = [
        Heading(conversation.title or _UNNAMED, 1),
        Paragraph(
            f"Workspace {workspace}. Begun {_time(conversation.created_at)}, last changed "
            f"{_time(conversation.changed_at)}, written out {_time(now)}.",
            is_aside=True,
        ),
    ]
    for number, message in enumerate(messages, start=1):
        blocks.append(Heading(f"Question {number}", 2))
        blocks.append(Paragraph(f"Asked {_time(message.asked_at)}.", is_aside=True))
        blocks.append(Question(message.question))
        blocks.extend(_answer(message, notes))
    if notes.texts:
        blocks.append(Heading("Sources", 2))
        blocks.extend(Footnote(number, text) for number, text in enumerate(notes.texts, start=1))
    return tuple(blocks)


def render_conversation(
    conversation: Conversation, messages: Sequence[Message], *, workspace: str, now: datetime
) -> str:
    """Return a branch of a conversation as Markdown, in which no text of a customer or user can form markup.

    Args:
        conversation: Whose branch it is.
        messages: The branch, first turn first.
        workspace: The brand whose customers are spoken of.
        now: Time of making it.
    """
    blocks = conversation_blocks(conversation, messages, workspace=workspace, now=now)
    return "\n\n".join(map(_markdown, blocks)) + "\n"


@dataclass(slots=True)
class _Notes:
    """Footnotes in the order in which they are first named."""

    texts: list[str] = field(default_factory=list[str])
    _number_of: dict[str, int] = field(default_factory=dict[str, int])

    def of(self, answer: Answer) -> dict[str, int]:
        """Return the footnote's number of each of an answer's citations."""
        return {citation.citation_id: self._number(citation) for citation in answer.citations}

    def _number(self, citation: AnswerCitation) -> int:
        key = citation.model_dump_json(exclude={"citation_id"})
        if key not in self._number_of:
            self.texts.append(_source(citation))
            self._number_of[key] = len(self.texts)
        return self._number_of[key]


def _answer(message: Message, notes: _Notes) -> Iterator[Block]:
    answer = message.answer
    if answer is None:
        state = "the work on it was cut off" if message.cut_off else "it is being worked on"
        yield Paragraph(f"There is no answer: {state}.")
        return
    number_of = notes.of(answer)
    at = "" if message.answered_at is None else f" {_time(message.answered_at)}"
    yield Paragraph(f"Answered{at} by {answer.writer}.", is_aside=True)
    if answer.understood:
        yield Paragraph(f"Understood as: {answer.understood}", is_aside=True)
    for sentence in answer.sentences:
        yield Paragraph(_worded(sentence), _numbers(sentence.citations, number_of))
    for table in answer.tables:
        yield from _table(table, number_of)
    for picture in answer.pictures:
        yield Paragraph(f"Picture: {picture.alt}", is_aside=True)
    yield from _open_ends(answer)


def _open_ends(answer: Answer) -> Iterator[Block]:
    """Yield what an answer did not say, and why."""
    for missing in answer.missing:
        yield Paragraph(f"The data does not say: {missing.statement}")
        yield Paragraph(f"Needed for it: {missing.needed}")
    if answer.choices:
        meanings = "; ".join(choice.label for choice in answer.choices)
        yield Paragraph(f"It may be meant as: {meanings}.")
    if answer.pending is not None:
        yield Paragraph(f"Waited for approval: {answer.pending.summary}")
    if answer.error is not None:
        yield Paragraph(f"It failed: {answer.error}")
    if answer.outcome is Outcome.STOPPED:
        yield Paragraph("The answer was stopped; what stands here had been verified.", is_aside=True)
    if answer.n_removed:
        what = "1 sentence" if answer.n_removed == 1 else f"{answer.n_removed:,} sentences"
        yield Paragraph(f"Left out because it did not verify: {what}.", is_aside=True)


def _worded(sentence: Sentence) -> str:
    is_marked = sentence.kind is SentenceKind.SUGGESTION
    return f"Suggestion: {sentence.text}" if is_marked else sentence.text


def _table(table: Table, number_of: dict[str, int]) -> Iterator[Block]:
    yield Heading(table.title, 3)
    width = len(table.columns)
    # A row that was stored with too few or too many cells must not shift the others.
    rows = tuple((*row.cells[:width], *[""] * (width - len(row.cells))) for row in table.rows)
    yield Grid(table.columns, rows, tuple(_numbers(row.citations, number_of) for row in table.rows))


def _numbers(citations: Sequence[str], number_of: dict[str, int]) -> tuple[int, ...]:
    return tuple(sorted({number_of[name] for name in citations}))


def _source(citation: AnswerCitation) -> str:
    evidence, source, metric = citation.evidence, citation.source, citation.metric
    if evidence is not None and source is not None:
        told = [source.kind.value, source.channel, None if source.at is None else _time(source.at)]
        where = ", ".join(part for part in told if part)
        place = f"record {evidence.record_id}, {evidence.start}–{evidence.end}"
        return f"“{evidence.quote}” — source {source.external_id} ({where}), {place}."
    return "" if metric is None else _counted(metric)


def _counted(metric: Metric) -> str:
    """Return what was counted, of whom, with its interval; or why it could not be."""
    value = format_metric(metric) if metric.quantity is None else quantity_text(metric.quantity)
    reason = f" ({metric.reason})" if metric.reason else ""
    return f"{metric.label} — {tied(value)}{reason}. {metric.definition}"


def _time(at: datetime) -> str:
    utc = at.astimezone(UTC)
    return f"{utc.day} {utc:%B %Y, %H:%M} UTC"


def _markdown(block: Block) -> str:
    match block:
        case Heading():
            return f"{'#' * block.level} {plain_markdown(block.text)}"
        case Paragraph():
            text = plain_markdown(block.text)
            return f"*{text}*" if block.is_aside else f"{text}{_marks(block.cites)}"
        case Question():
            return f"> {plain_markdown(block.text)}"
        case Grid():
            return _markdown_table(block)
        case Footnote():
            return f"[^{block.number}]: {plain_markdown(block.text)}"


def _markdown_table(grid: Grid) -> str:
    columns = [*map(plain_markdown, grid.columns), "Sources"]
    rows = [
        [*map(plain_markdown, cells), _marks(cites).strip()]
        for cells, cites in zip(grid.rows, grid.cites, strict=True)
    ]
    rule = ["---"] * len(columns)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [columns, rule, *rows])


def _marks(cites: Sequence[int]) -> str:
    return "".join(f"[^{number}]" for number in cites)
