"""Makes the typed answer of a turn: what verified, else the tools' own sentences, else what the data does not say."""

from collections.abc import Iterable
from typing import TypeVar

from agent.chat.context import OwnAnswer
from agent.chat.guard import is_question
from agent.chat.offers import renumber, renumber_table
from agent.chat.turn import Turn
from agent.errors import JourneyError, MalformedOutputError
from agent.schemas.chat import (
    Answer,
    ChatEvent,
    Missing,
    Outcome,
    Sentence,
    SentenceEvent,
    SentenceKind,
    ToolResult,
)

_MOST_QUESTIONS = 3
_T = TypeVar("_T")


def answer_of(turn: Turn, *, writer: str, error: JourneyError | None = None) -> Answer:
    """Return the answer of a turn; sentences that it falls back on are sent to the reader as well.

    Args:
        turn: What was done.
        writer: Who worded it.
        error: What ended it before its end.
    """
    results = turn.offers.results
    error = error or next(iter(turn.failures.values()), None)
    own = turn.own or OwnAnswer()
    if all(is_question(sentence) for sentence in turn.guard.passed):
        turn.say(turn.guard.add(turn.offers.sentences))
    tables = _each(table for result in results for table in result.tables)
    turn.numbering.name(mark for table in tables for row in table.rows for mark in row.citations)
    numbers = turn.numbering.numbers
    missing = _each([*own.missing, *(one.missing for one in results if one.missing is not None)])
    outcome = _outcome(turn, missing, error)
    if outcome is Outcome.FAILED and error is None:
        msg = "the answer rested on nothing that can be checked, so nothing of it is shown"
        error = MalformedOutputError(msg, hint="Ask again, in other words or about one thing at a time.")
    return Answer(
        outcome=outcome,
        understood=own.understood or "; ".join(_each(one.understood for one in results if one.understood)),
        sentences=(*own.sentences, *(renumber(sentence, numbers) for sentence in turn.guard.passed)),
        citations=turn.numbering.citations,
        tables=tuple(renumber_table(table, numbers) for table in tables),
        pictures=_each(picture for result in results for picture in result.pictures),
        targets=_each(target for result in results for target in result.targets),
        missing=missing,
        choices=own.choices,
        pending=turn.pending,
        error=_told(error),
        next_questions=own.next_questions or _next_questions(turn, results),
        tools=turn.tools,
        writer=writer,
        n_removed=turn.guard.n_removed,
    )


def _outcome(turn: Turn, missing: tuple[Missing, ...], error: JourneyError | None) -> Outcome:
    if turn.pending is not None:
        return Outcome.PENDING
    if error is not None:
        return Outcome.FAILED
    return (turn.own and turn.own.outcome) or _found(turn, missing)


def _found(turn: Turn, missing: tuple[Missing, ...]) -> Outcome:
    """Return what became of a turn that nothing went wrong in."""
    passed, results = turn.guard.passed, turn.offers.results
    if any(one.kind is not SentenceKind.GUIDANCE for one in passed) or any(
        result.tables or result.pictures or result.targets for result in results
    ):
        return Outcome.ANSWERED
    if missing:
        return Outcome.UNKNOWN
    if any(not is_question(one) for one in passed):
        return Outcome.ANSWERED
    return Outcome.CLARIFY if passed else Outcome.FAILED


def stopped_answer(events: Iterable[ChatEvent], *, writer: str) -> Answer:
    """Return the answer that stands where a reader stopped: what was sent, which all verified."""
    sent = [event for event in events if isinstance(event, SentenceEvent)]
    return Answer(
        outcome=Outcome.STOPPED,
        sentences=tuple(event.sentence for event in sent),
        citations=tuple(citation for event in sent for citation in event.citations),
        writer=writer,
    )


def plain_answer(outcome: Outcome, text: str, *, writer: str) -> Answer:
    """Return an answer of one sentence about the product."""
    sentence = Sentence(kind=SentenceKind.GUIDANCE, text=text, template=text)
    return Answer(outcome=outcome, sentences=(sentence,), writer=writer)


def _next_questions(turn: Turn, results: Iterable[ToolResult]) -> tuple[str, ...]:
    suggested = _each(question for result in results for question in result.next_questions)
    return tuple(one for one in suggested if one != turn.question)[:_MOST_QUESTIONS]


def _told(error: JourneyError | None) -> str | None:
    if error is None:
        return None
    text = error.message[:1].upper() + error.message[1:]
    return " ".join(part.rstrip(".") + "." for part in (text, error.hint) if part)


def _each(things: Iterable[_T]) -> tuple[_T, ...]:
    """Return each thing once, in order."""
    found: list[_T] = []
    for thing in things:
        if thing not in found:
            found.append(thing)
    return tuple(found)
