"""Part of suite `chat`: what a question's answer has to be, read from data files, and whether an answer is that.

What has to be asked of the data is compared as the request it is, defaults filled in; numbers are those that the command
line printed, and have to stand in a citation or in a cell of a table.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from math import isclose
from typing import Any, Literal, cast

import yaml
from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from agent.chat.requests import ToolRequest
from agent.schemas.base import Frozen
from agent.schemas.chat import Answer, Outcome

SETS = {
    name: "" if name == "first" else f"_{name}"
    for name in ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")
}
"""Names of the sets and the ends of their files; failures are told of the first alone, so that the others stay unseen."""

_NAMES_OF_PAIN = frozenset({"name", "pain_point"})
_TOKEN = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)")
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_SPACES = re.compile(r"[\s_-]+")
_REQUEST: TypeAdapter[ToolRequest] = TypeAdapter(ToolRequest)
_CLOSE = 1e-6

Command = tuple[str, ...]
"""Words of the command line after `journey`."""
Printed = Mapping[Command, JsonValue]
LabelOf = Callable[[str], str]
"""Gives the label of a pain point's id, and "" for anything else."""


class Number(Frozen):
    """A number that the command line prints."""

    command: Command
    path: str
    """Where it stands in its JSON: `stages[stage=retention].drop_off.left`; `~a|b` keeps what holds one of the words."""


class Ask(Frozen):
    """A request that is right for a question.

    An argument is the value itself, `{any: [...]}` for several, or `{words: [...]}` for a name or text that holds one of them.
    """

    tool: str
    arguments: dict[str, JsonValue] = Field(default_factory=dict[str, JsonValue])
    loose_where: bool = False
    """Whether any filter is right; otherwise one that is not stated has to be empty."""
    numbers: tuple[Number, ...] = ()
    """What has to stand in the answer to it."""


class Answerable(Ask):
    """A question that the data answers."""

    question: str
    otherwise: tuple[Ask, ...] = ()
    outcome: tuple[Outcome, ...] = (Outcome.ANSWERED,)
    """Which ends are right; others than answering where another brand's data may not say."""
    quote: tuple[str, ...] = ()
    """A quote has to hold one of these."""
    text: tuple[str, ...] = ()
    """The sentences have to hold all of these."""

    @property
    def asks(self) -> tuple[Ask, ...]:
        """All requests that are right."""
        return (self, *self.otherwise)


Lack = Literal[
    "place", "trait", "channel", "event", "stage", "period", "product", "topic", "brand", "cause", "future", "money",
    "person", "held_out", "uncounted", "task", "language",
]  # fmt: skip


class Unanswerable(Frozen):
    """A question that the data does not answer."""

    question: str
    why: Lack
    outcome: tuple[Outcome, ...] = (Outcome.UNKNOWN, Outcome.CANNOT, Outcome.CLARIFY)


class QuestionSet(Frozen):
    """Questions with an answer, and without."""

    name: str
    answerable: tuple[Answerable, ...]
    unanswerable: tuple[Unanswerable, ...]

    def commands(self) -> set[Command]:
        """Return the command lines that print the numbers."""
        asks = (ask for one in self.answerable for ask in one.asks)
        return {number.command for ask in asks for number in ask.numbers}


def load_questions(name: str) -> QuestionSet:
    """Read a set of questions; `name` is one of `SETS`."""
    folder = resources.files("eval.questions")

    def read(kind: str) -> object:
        return yaml.safe_load(folder.joinpath(f"{kind}{SETS[name]}.yaml").read_text(encoding="utf-8"))

    return QuestionSet.model_validate(
        {"name": name, "answerable": read("answerable"), "unanswerable": read("unanswerable")}
    )


def fault_of_answer(one: Answerable, answer: Answer, *, printed: Printed, label_of: LabelOf) -> str | None:
    """Return in what way an answer is wrong, as a kind of fault; None where it is right."""
    if answer.outcome not in one.outcome:
        return f"ended {answer.outcome.value}"
    requests = requests_of(answer)
    if answer.outcome is Outcome.CLARIFY and not requests:
        return None
    asked = [ask for ask in one.asks if any(_is_asked(ask, request, label_of) for request in requests)]
    if not asked:
        tools = {ask.tool for ask in one.asks}
        return "wrong arguments" if tools & {request.tool for request in requests} else "wrong tool"
    return None if answer.outcome is Outcome.UNKNOWN else _said_fault(one, asked, answer, printed)


def _said_fault(one: Answerable, asked: Sequence[Ask], answer: Answer, printed: Printed) -> str | None:
    """Return what an answer to the right request does not say."""
    if not any(all(_stands(number, answer, printed) for number in ask.numbers) for ask in asked):
        return "wrong number"
    if one.quote and not _quotes(answer, one.quote):
        return "no such quote"
    said = " ".join(sentence.text for sentence in answer.sentences).lower()
    return None if all(word.lower() in said for word in one.text) else "not said"


def fault_of_refusal(one: Unanswerable, answer: Answer) -> str | None:
    """Return in what way an answer to what cannot be answered is wrong; None where it is right."""
    if answer.citations:
        return f"cited, ended {answer.outcome.value}"
    return None if answer.outcome in one.outcome else f"ended {answer.outcome.value}"


def is_refused(answer: Answer) -> bool:
    """Tell whether an answer says that there is none, and cites nothing."""
    refusals = {Outcome.UNKNOWN, Outcome.CANNOT, Outcome.CLARIFY}
    return answer.outcome in refusals and not answer.citations


def requests_of(answer: Answer) -> list[ToolRequest]:
    """Return what was asked of the data, defaults filled in, also a change that waits; not what a tool refused."""
    found: list[ToolRequest] = []
    for use in answer.tools:
        if not use.ok:
            continue
        try:
            found.append(_REQUEST.validate_python({**use.arguments, "tool": use.tool}))
        except ValidationError:
            continue
    return found


def number_at(printed: JsonValue, path: str) -> float | None:
    """Return the number at a path of printed JSON; None where there is none."""
    here: Any = printed
    for inside, name in _TOKEN.findall(path):
        here = _step(here, inside or name)
        if here is None:
            return None
    return float(here) if isinstance(here, int | float) else None


def _step(here: Any, key: str) -> Any:  # noqa: ANN401 - parsed JSON
    if isinstance(here, dict):
        return cast("dict[str, Any]", here).get(key)
    if not isinstance(here, list):
        return None
    rows = cast("list[Any]", here)
    if key.isdigit():
        return rows[int(key)] if int(key) < len(rows) else None
    return next((row for row in rows if all(_keeps(row, part) for part in key.split(","))), None)


def _keeps(row: dict[str, Any], condition: str) -> bool:
    if "~" in condition:
        key, _, words = condition.partition("~")
        return any(word in str(row.get(key)).lower() for word in words.split("|"))
    key, _, value = condition.partition("=")
    return str(row.get(key)) == value


def _is_asked(ask: Ask, request: ToolRequest, label_of: LabelOf) -> bool:
    if request.tool != ask.tool:
        return False
    made = request.model_dump(mode="json")
    wanted = dict(ask.arguments)
    if "where" in made and not ask.loose_where:
        wanted.setdefault("where", {})
    return all(key in made and _fits(value, made[key], key, label_of) for key, value in wanted.items())


def _fits(wanted: JsonValue, made: Any, key: str, label_of: LabelOf) -> bool:  # noqa: ANN401 - dumped argument
    if isinstance(wanted, dict):
        return _fits_mapping(wanted, made, key, label_of)
    if isinstance(wanted, list):
        return (
            isinstance(made, list)
            and len(wanted) == len(cast("list[Any]", made))
            and all(
                _fits(one, other, key, label_of)
                for one, other in zip(wanted, cast("list[Any]", made), strict=True)
            )
        )
    if isinstance(wanted, str):
        return isinstance(made, str) and _folded(wanted) == _folded(made)
    return bool(wanted == made)


def _fits_mapping(wanted: dict[str, JsonValue], made: Any, key: str, label_of: LabelOf) -> bool:  # noqa: ANN401 - as above
    if set(wanted) == {"any"}:
        return any(_fits(one, made, key, label_of) for one in cast("list[JsonValue]", wanted["any"]))
    if set(wanted) == {"words"}:
        text = f"{made} {label_of(str(made)) if key in _NAMES_OF_PAIN else ''}".lower()
        return made is not None and any(str(word) in text for word in cast("list[str]", wanted["words"]))
    if not isinstance(made, dict):
        return False
    named = {_folded(name): value for name, value in cast("dict[str, Any]", made).items()}
    return set(named) == set(wanted) and all(
        _fits(value, named[name], key, label_of) for name, value in wanted.items()
    )


def _folded(text: str) -> str:
    return _SPACES.sub("_", text.strip().lower())


def _stands(number: Number, answer: Answer, printed: Printed) -> bool:
    """Tell whether a number stands in the answer; one that this brand's command line does not print cannot be missed."""
    wanted = number_at(printed[number.command], number.path)
    if wanted is None:
        return True
    return any(isclose(wanted, one, rel_tol=_CLOSE) for one in _numbers_of(answer))


def _numbers_of(answer: Answer) -> list[float]:
    """Return all numbers that the citations hold and the tables show."""
    found: list[float | None] = []
    for metric in (citation.metric for citation in answer.citations if citation.metric is not None):
        found.append(metric.value)
        if metric.quantity is not None:
            found += [metric.quantity.n, metric.quantity.total]
    for table in answer.tables:
        cells = (cell for row in table.rows for cell in row.cells)
        found += [float(text.replace(",", "")) for cell in cells for text in _NUMBER.findall(cell)]
    return [one for one in found if one is not None]


def _quotes(answer: Answer, words: tuple[str, ...]) -> bool:
    quotes = [citation.evidence.quote.lower() for citation in answer.citations if citation.evidence]
    return any(word.lower() in quote for quote in quotes for word in words)
