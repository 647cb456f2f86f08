"""What is counted: customers, texts or events, those who did something, and by what they are told apart."""

import re
from typing import Any, Final

from agent.chat.understand.kinds import Kind
from agent.chat.understand.parsing import Parsed
from agent.chat.understand.slots import Slots, unknown_thing
from agent.chat.understand.vocabulary import Vocabulary

_TIMES_DONE: Final = re.compile(
    r"\b(?:how often|how many times|number of times|total (?:number of )?events?|events? (?:in )?total|occurrences?|not people|events? not|count of events|times over)\b"
)


def counted(kind: Kind, parsed: Parsed, vocabulary: Vocabulary) -> Slots:
    """Return what is to be counted, and by what."""
    arguments: dict[str, Any] = {}
    notes: list[str] = []
    events = [one for one in parsed.all("event") if one.value in vocabulary.events]
    by = _by(parsed) or _listed(parsed)
    if by is not None and (parsed.all("by") or _listed(parsed) or not events):
        arguments["by"] = by
        if by == "kind" and not events and not _PEOPLE.search(parsed.text):
            # Kinds are kinds of text, unless it is people who are counted by them.
            arguments["of"] = "texts"
    elif "by" in kind.takes and not events:
        keys = ", ".join(trait.key.replace("_", " ") for trait in vocabulary.traits)
        statement = "No trait of customers has that name."
        return Slots(kind.tool, missing=unknown_thing(statement, f"Ask by one of: {keys}."))
    if events:
        arguments["event"] = events[0].value
        is_of_times = _TIMES_DONE.search(parsed.text) and not _OF_PERSONS.search(parsed.text)
        arguments["of"] = "events" if is_of_times else "customers"
        if _REPEATED.search(parsed.text):
            notes.append("How often each of them did it is not told apart.")
        if events[0].rough:
            notes.append(f"“{parsed.words(events[0])}” was taken as the step {events[0].value}.")
    elif "count_event" in kind.takes and parsed.all("after") and vocabulary.purchase():
        arguments["event"] = vocabulary.purchase()
    return Slots(kind.tool, arguments, notes=tuple(notes))


_REPEATED: Final = re.compile(
    r"\b(?:twice|again|repeatedly|(?:more than once|(?:two|three|four|several|many|\d+) times))\b"
)
_PEOPLE: Final = re.compile(r"\b(?:customers|people|persons|shoppers|users|clients|buyers|who)\b")
_OF_PERSONS: Final = re.compile(
    r"\b(?:how many|number of) (?:(?:different|distinct|individual|unique|separate|single) )?(?:customers|people|persons|shoppers|users|clients|buyers)\b"
)


def _listed(parsed: Parsed) -> str | None:
    """Return the trait of which several values are named: "mobile and desktop", "by chat, e-mail and so on"."""
    keys = [one.key for one in parsed.all("where") if not one.negated]
    return next((key for key in keys if keys.count(key) > 1), None)


def _by(parsed: Parsed) -> str | None:
    """Return what customers, texts or events are counted by; None where nothing says that they are told apart."""
    bys = parsed.all("by")
    if bys:
        return bys[0].value
    sort = _BY_SORT.search(parsed.text)
    if sort is not None:
        # Events are told apart by their names, texts by what they are.
        return "event" if sort["what"].startswith("event") else "kind"
    match = _BY_WORD.search(parsed.text)
    return None if match is None else _BY_NAMES.get(match["what"], match["what"].removesuffix("s"))


_BY_SORT: Final = re.compile(
    r"\b(?P<what>events?|texts?|feedback|comments?|passages|records?|documents?|messages?|inputs?|voices)\b(?:(?! (?:and|but|then)\b).){0,30}\b(?:by|per|each|every|of (?:each|every))\s+(?:type|kind|sort|form)\b"
)
_BY_WORD: Final = re.compile(
    r"\b(?:by|per|each|every|across|over|which|what)\s+(?:the\s+|different\s+|single\s+|individual\s+)*(?P<what>channels?|kinds?|events?|stages?|actions?)\b(?!\s+of\b)"
    r"(?!\s+(?:do|does|did|goes|go|are|were|is|was|exist|we)\b)"
)
_BY_NAMES: Final = {"action": "event", "actions": "event"}
