"""The steps that a request names, put into the slots of paths, funnels, what brought customers back and what came before."""

import re
from typing import Any, Final

from agent.chat.understand.index import Mention
from agent.chat.understand.outcomes import outcome_in
from agent.chat.understand.parsing import Parsed
from agent.chat.understand.refining import NUMBER, number_of
from agent.chat.understand.rows import in_time
from agent.chat.understand.slots import Asked, Slots, unknown_thing
from agent.chat.understand.words import words_in
from agent.schemas.chat import Missing

_DAYS: Final = re.compile(
    rf"\b(?:within|inside|in under|in less than|in (?:at most|no more than|up to)|not later than|no later than)\s+(?:(?:the|a|an|of|its|their|first|same|next|following|space|full)\s+)*(?:{NUMBER}|one|a|an)?[\s-]*(?P<unit>hour|day|week|fortnight|month|quarter|year)s?\b"
)


_DAYS_AT_MOST: Final = re.compile(
    rf"\b(?:{NUMBER}|one|a|an)[\s-]*(?P<unit>hour|day|week|fortnight|month|quarter|year)s?\s+(?:max|maximum|at (?:the )?most|or (?:less|fewer|sooner|quicker)|tops|(?:conversion |time )?window|limit|cut.?off|of (?:each other|it|that|that))\b"
)


_UNIT_DAYS: Final = {
    "hour": 1 / 24, "day": 1.0, "week": 7.0, "fortnight": 14.0, "month": 30.0, "quarter": 91.0, "year": 365.0,
}  # fmt: skip


def paths_asked(asked: Asked) -> Slots:
    """Return between which steps paths are asked, all of them where none is named."""
    parsed, kind = asked.parsed, asked.kind
    steps = list(parsed.all("event"))
    level: dict[str, Any] = {}
    by_stage = "level" in kind.takes or kind.arguments.get("level") == "stage"
    if not steps and parsed.all("stage") and by_stage:
        steps, level = list(parsed.all("stage")), {"level": "stage"}
    ends = _ends(asked, steps)
    aspect = kind.arguments.get("aspect")
    if aspect == "durations" and not level and ends.keys() == {"from_step"}:
        return Slots(kind.tool, missing=_no_end(parsed, steps[0]) if steps else None)
    if aspect in {"starts", "ends"} and steps:
        # Paths that start at a step are what follows it, and those that end at one what leads to it.
        ends = {"aspect": "transitions", "from_step" if aspect == "starts" else "to_step": steps[0].value}
    return Slots(kind.tool, level | ends, notes=tuple(rough_steps(parsed, *parsed.all("event"))))


def _ends(asked: Asked, steps: list[Mention]) -> dict[str, Any]:
    """Return where paths begin and end."""
    purchase = asked.vocabulary.purchase()
    is_way = len({one.value for one in steps}) > 1
    if asked.kind.id == "paths_before" and steps and not is_way:
        return {"to_step": steps[0].value}
    if is_way:
        way = in_time(asked.parsed.tokens, steps)
        return {"from_step": way[0].value, "to_step": way[-1].value}
    if steps:
        return {"to_step" if _leads_to(asked.parsed, steps[0]) else "from_step": steps[0].value}
    if asked.parsed.all("after") and purchase is not None:
        return {"from_step": purchase}
    return {}


def _no_end(parsed: Parsed, step: Mention) -> Missing:
    """Return that a time begins at a step and ends at none that is known: the length of whole journeys is another."""
    return unknown_thing(
        f"Until which step the time from “{parsed.words(step)}” is meant is not clear.",
        "Name both steps, such as from checkout started to order completed.",
    )


def _leads_to(parsed: Parsed, step: Mention) -> bool:
    """Tell whether the way to a step is asked for, not the way on from it."""
    before = [token.text for token in parsed.tokens[: step.start]]
    while before and before[-1] in words_in("mentions_determiners") | words_in("people") | {
        "they",
        "he",
        "she",
        "someone",
        "somebody",
    }:
        before.pop()
    near = set(before[-5:])
    if not before or near & {"after", "from", "following", "once"}:
        return False
    is_infinitive = before[-1] == "to" and before[-2:-1] and before[-2] in _WISHING
    return before[-1] in {"to", "into", "onto", "until", "till", "before"} and not is_infinitive


_WISHING: Final = frozenset(
    {"had", "have", "has", "having", "want", "wanted", "wants", "need", "needed", "try", "tried", "able"}
)


def funnel_asked(asked: Asked) -> Slots:
    """Return the steps of a funnel, in the order of time, and within how many days they are taken."""
    parsed = asked.parsed
    events = parsed.all("event")
    # Steps by their names before words such as "purchase", which sum up where it leads.
    named = tuple(one for one in events if not one.plain)
    events = named if len({one.value for one in named}) > 1 else events
    steps = tuple(one.value for one in in_time(parsed.tokens, (*events, *parsed.all("stage"))))
    arguments: dict[str, Any] = {"steps": tuple(dict.fromkeys(steps))} if len(set(steps)) > 1 else {}
    match = _DAYS.search(parsed.text) or _DAYS_AT_MOST.search(parsed.text)
    if match is not None and "within" in asked.kind.takes:
        n = number_of(match["n"]) if match["n"] else 1
        arguments["within_days"] = n * _UNIT_DAYS[match["unit"]]
    notes = rough_steps(parsed, *events)
    if len(set(steps)) == 1 and not arguments.get("steps"):
        notes.append("One step alone is no funnel, so all stages are shown.")
    return Slots(asked.kind.tool, arguments, notes=tuple(notes))


def retention_asked(asked: Asked) -> Slots:
    """Return by which spans and since which step it is asked who comes back."""
    text = asked.parsed.text
    by = next((unit for unit, words in _BY_TIME if words.search(text)), None)
    arguments: dict[str, Any] = {} if by is None else {"by": by}
    events = [one for one in asked.parsed.all("event") if not one.plain]
    if events:
        arguments["since"] = events[0].value
    elif asked.parsed.all("after") and asked.vocabulary.purchase() is not None:
        arguments["since"] = asked.vocabulary.purchase()
    return Slots(asked.kind.tool, arguments, notes=tuple(rough_steps(asked.parsed, *events)))


_BY_TIME: Final = (
    ("day", re.compile(r"\b(?:daily|day (?:by|to|over|after) day|per day|by day|each day|every day|next day|following days?|a day later|day after|day one)\b")),
    ("month", re.compile(r"\b(?:monthly|months?|30 days?|thirty days?)\b")),
    ("week", re.compile(r"\b(?:weekly|weeks?)\b")),
)  # fmt: skip


def moments_asked(asked: Asked) -> Slots:
    """Return the outcome that moments are asked to go with."""
    parsed = asked.parsed
    outcome = outcome_in(parsed, asked.vocabulary)
    arguments = {} if outcome is None else {"outcome": outcome}
    return Slots(asked.kind.tool, arguments, notes=tuple(rough_steps(parsed, *parsed.all("event"))))


def conversion_asked(asked: Asked) -> Slots:
    """Return the step that channels are asked to lead to."""
    events = asked.parsed.all("event")
    return Slots(asked.kind.tool, {"conversion": events[-1].value} if events else {})


def rough_steps(parsed: Parsed, *mentions: Mention) -> list[str]:
    """Return a note on each step that was told by other words than its name."""
    return [f"“{parsed.words(one)}” was taken as the step {one.value}." for one in mentions if one.rough]
