"""How answers look in a terminal: coloured where somebody watches, plain where they go into a file or a pipe."""

import sys

import click
from rich.console import Console
from rich.text import Text

from agent.schemas.chat import (
    Answer,
    AnswerCitation,
    AnswerEvent,
    ChatEvent,
    Message,
    Outcome,
    Sentence,
    SentenceEvent,
    StatusEvent,
)
from api.answers import facts_of, mark_of, source_line
from api.cli.output import counted, print_table, say, visible
from api.web.brands import Brand

_AROUND_CHARS = 400
"""Of a text that is shown before and after a quote."""


class Screen:
    """Shows answers as they come.

    Args:
        brand: Whose texts quotes are opened in.
        silent: Show nothing, because the answer is printed as a whole.
    """

    def __init__(self, brand: Brand, *, silent: bool = False) -> None:
        self._brand = brand
        self._silent = silent
        self._watched = sys.stdout.isatty()
        self._shown: list[Sentence] = []

    def show(self, event: ChatEvent) -> None:
        """Show what is being done, a sentence, or what an answer has beside its sentences."""
        if self._silent:
            return
        match event:
            case StatusEvent():
                if self._watched:
                    say(f"{event.text} ...")
            case SentenceEvent():
                self._shown.append(event.sentence)
                self._sentence(event.sentence)
            case AnswerEvent():
                self._finish(event.answer)

    def conversation(self, path: tuple[Message, ...]) -> None:
        """Show the turns of a conversation."""
        for message in path:
            self.line(f"> {message.question}", "bold")
            if message.answer is None:
                self.line("There is no answer: the work on it was cut off. Ask again.", "yellow")
            else:
                self._finish(message.answer)

    def sources(self, answer: Answer) -> None:
        """List all that an answer rests on."""
        if not answer.citations:
            self.line("This answer rests on no quote and no number.")
        for citation in answer.citations:
            self.line(f"[{mark_of(citation.citation_id)}] {source_line(citation)}", "dim")

    def open(self, citation: AnswerCitation) -> None:
        """Show a quote in its text, or how a number was counted."""
        if citation.metric is not None:
            self.line(citation.metric.label, "bold")
            self.line(citation.metric.definition)
            for fact in facts_of(citation.metric):
                self.line(f"{fact.name}: {fact.value}")
        if citation.evidence is None:
            return
        evidence = citation.evidence
        self.line(source_line(citation), "bold")
        record = self._brand.workspace.store.records.get_many([evidence.record_id]).get(evidence.record_id)
        if record is None or record.text[evidence.start : evidence.end] != evidence.quote:
            self.line("Its text is not in the stores any more, or has changed since.", "yellow")
            return
        start, end = max(0, evidence.start - _AROUND_CHARS), evidence.end + _AROUND_CHARS
        before, after = record.text[start : evidence.start], record.text[evidence.end : end]
        self.line(
            f"{'… ' if start else ''}{before}»{evidence.quote}«{after}{' …' if end < len(record.text) else ''}"
        )

    def line(self, text: str, style: str = "") -> None:
        """Print a line; what is in it is text, never markup."""
        if self._watched:
            Console().print(Text(visible(text), style=style))
        else:
            click.echo(visible(text))

    def _sentence(self, sentence: Sentence) -> None:
        marks = "".join(f" [{mark_of(key)}]" for key in sentence.citations)
        self.line(f"{sentence.text}{marks}")

    def _finish(self, answer: Answer) -> None:
        shown, self._shown = tuple(self._shown), []
        if shown != answer.sentences:
            # What was streamed gives way to what stands in the answer.
            if shown:
                self.line("The answer as it stands:", "bold")
            for sentence in answer.sentences:
                self._sentence(sentence)
        for table in answer.tables:
            rows = [[*row.cells[:-1], _with_marks(row.cells[-1], row.citations)] for row in table.rows]
            print_table(table.title, table.columns, rows)
        self._open_ends(answer)
        if answer.citations:
            self.line("")
            self.sources(answer)
        if answer.next_questions:
            self.line("")
            self.line("Ask next: " + " | ".join(answer.next_questions), "dim")
        self.line("")

    def _open_ends(self, answer: Answer) -> None:
        for gap in answer.missing:
            self.line(f"The data does not say: {gap.statement}", "yellow")
            self.line(f"What would be needed: {gap.needed}")
        if answer.choices:
            self.line("What do you mean? Ask one of these:")
            for choice in answer.choices:
                self.line(f"- {choice.request}")
        if answer.pending is not None:
            self.line(f"Waiting for approval: {answer.pending.summary}", "yellow")
            self.line("Nothing has been stored. /approve makes it.")
        if answer.error is not None:
            self.line(f"This could not be answered. {answer.error}", "red")
        if answer.outcome is Outcome.STOPPED:
            self.line("Stopped. What stands here was checked.", "yellow")
        if answer.n_removed:
            self.line(f"Left out because it did not verify: {counted(answer.n_removed, 'sentence')}.", "dim")


def _with_marks(cell: str, citations: tuple[str, ...]) -> str:
    return " ".join([cell, *(f"[{mark_of(key)}]" for key in citations)])
