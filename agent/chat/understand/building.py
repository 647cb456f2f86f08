"""From a kind of request and what stands in it to the request of a tool; nothing that was asked is left out silently."""

import re
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from agent.chat.requests import ToolRequest
from agent.chat.understand.changing import names_whole_scope
from agent.chat.understand.filling import slots_of
from agent.chat.understand.groups import Groups, groups_of
from agent.chat.understand.kinds import Kind
from agent.chat.understand.leaning import OWN_GROUP
from agent.chat.understand.parsing import Parsed
from agent.chat.understand.periods import Period, period_of
from agent.chat.understand.strangers import unknown_stage
from agent.chat.understand.things import Things
from agent.chat.understand.understood import Understood
from agent.chat.understand.vocabulary import Vocabulary
from agent.schemas.chat import Choice, Missing

_WITHOUT_WHERE: Final = frozenset(
    {
        "show_map",
        "compare_maps",
        "data_status",
        "explain_term",
        "show_help",
        "list_variants",
        "propose_variants",
        "check_variants",
    }
)
_WHAT: Final = {
    "list_pain_points": "pain_points",
    "show_pain_point": "pain_points",
    "list_themes": "pain_points",
    "show_paths": "paths",
    "show_stage_times": "stages",
    "show_stage": "stages",
    "show_retention": "retention",
    "show_funnel": "funnel",
    "compare_groups": "",
    "compare_periods": "",
}
"""What of two groups or two periods is compared where a request of a tool names two."""
_REQUESTS: Final[TypeAdapter[ToolRequest]] = TypeAdapter(ToolRequest)


@dataclass(frozen=True, slots=True)
class Context:
    """What a request is read against.

    Attributes:
        vocabulary: Names of the data.
        things: Finds pain points and themes.
        where: Groups that the turn before was limited to and this one still is.
    """

    vocabulary: Vocabulary
    things: Things
    where: dict[str, str] = field(default_factory=dict[str, str])


def request_of(tool: str, arguments: dict[str, Any]) -> ToolRequest | None:
    """Return the typed request, or None where the arguments do not fit it."""
    try:
        return _REQUESTS.validate_python({"tool": tool, **arguments})
    except ValidationError:
        return None


def build(kind: Kind, parsed: Parsed, context: Context) -> Understood:
    """Return what a request of a kind asks for."""
    if kind.tool in {"explain_term", "show_help"}:
        return _filled(kind, parsed, context, Groups(), Period())
    stage = unknown_stage(parsed, context.vocabulary)
    if stage is not None:
        return Understood(missing=(stage,))
    limits = () if kind.id == "map_draft" and names_whole_scope(parsed.text) else parsed.limits
    if limits:
        return Understood(missing=(_unknown(limits, context.vocabulary),))
    groups = groups_of(
        _without_media(parsed) if kind.tool == "propose_variants" else parsed, kind, context.vocabulary
    )
    if groups.choices:
        return Understood(choices=groups.choices, question=groups.question)
    period = period_of(parsed, kind, context.vocabulary)
    if period.missing is not None:
        return Understood(missing=(period.missing,))
    return _filled(kind, parsed, context, groups, period)


_IS_THEIRS: Final = re.compile(
    r"\b(?:specific|unique|limited|confined|exclusive|particular|peculiar|restricted|down) to\b|\bonly (?:matter|thing|problem|issue|affair|topic)\b|\b(?:is|are|was) .*\b(?:a|an) [\w-]+ (?:matter|thing|problem|issue|affair|topic)\b"
    r"|\bmore (?:than|often)\b|\b(?:harder|hardest)\b|\b(?:mostly|mainly|only|just|chiefly|largely) (?:a|an|in|on|with|among|hits?|affects?)\b"
)


def _own_group(parsed: Parsed) -> str | None:
    """Return the trait of the group whose own a trouble may be: the first that is named behind the words that ask so."""
    asks = OWN_GROUP.search(parsed.text)
    start = 0 if asks is None else asks.start()
    groups = parsed.all("where")
    behind = (one.key for one in groups if parsed.text.find(parsed.words(one)) >= start)
    return next(behind, groups[0].key if groups else None)


def _without_media(parsed: Parsed) -> Parsed:
    """Return a request for copy without channels of customers that are the sort of copy: "our e-mail to people who wait"."""
    made = {at for one in parsed.all("creative") for at in range(one.start, one.end)}
    kept = tuple(one for one in parsed.mentions if one.slot != "where" or one.start not in made)
    return replace(parsed, mentions=kept)


def _filled(kind: Kind, parsed: Parsed, context: Context, groups: Groups, period: Period) -> Understood:
    slots = slots_of(kind, parsed, context.vocabulary, context.things)
    if slots.missing is not None or slots.choices:
        missing = (slots.missing,) if slots.missing is not None else ()
        return Understood(missing=missing, choices=slots.choices, question=slots.question)
    tool, arguments = slots.tool, dict(slots.arguments)
    if period.at is not None and tool == "compare_groups" and groups.versus and not groups.where:
        # One group before and after a day is compared with itself.
        tool, groups = "compare_periods", replace(groups, where=groups.versus, versus={})
    if arguments.get("aspect") == "concentration" and _IS_THEIRS.search(parsed.text):
        # Whether a trouble is one group's own is asked of all groups; what else limits it stays.
        own = _own_group(parsed)
        groups = replace(groups, where={key: value for key, value in groups.where.items() if key != own})
    where = {**context.where, **groups.where}
    if groups.versus:
        return _compared(tool, arguments, groups, notes=(*groups.notes, *slots.notes))
    if period.at is not None:
        found = _since(tool, arguments, period)
        if found is None:
            return Understood(missing=(_no_time(period),))
        tool, arguments = found
    if where and tool in _WITHOUT_WHERE:
        return _not_of_a_group(groups, tool)
    if where:
        arguments["where"] = where
    return _asked(tool, arguments, notes=(*groups.notes, *period.notes, *slots.notes))


def _asked(tool: str, arguments: dict[str, Any], *, notes: tuple[str, ...]) -> Understood:
    request = request_of(tool, arguments)
    if request is None:
        missing = Missing(
            reason="unknown_thing",
            statement="What was asked could not be put as a question to the data.",
            needed="Ask for one thing at a time, by names that are in the data.",
        )
        return Understood(missing=(missing,))
    return Understood(requests=(request,), notes=notes)


def _compared(tool: str, arguments: dict[str, Any], groups: Groups, *, notes: tuple[str, ...]) -> Understood:
    what = arguments.get("what") or _WHAT.get(tool, "")
    if tool == "show_pain_point" and arguments.get("name"):
        # Where one pain point is concentrated says it of every group beside the others.
        return _asked(tool, {"name": arguments["name"], "aspect": "concentration"}, notes=notes)
    put: dict[str, Any] = {"what": what or "pain_points", "versus": groups.versus, "where": groups.where}
    if arguments.get("steps"):
        put["steps"] = arguments["steps"]
    left_out = [
        name for name in _NOT_COMPARED if name in arguments and (name, put["what"]) != ("stage", "stages")
    ]
    if left_out or not (what or tool == "compare_groups"):
        said = str(put["what"]).replace("_", " ")
        notes = (*notes, f"Two groups are put side by side by all of their {said}.")
    return _asked("compare_groups", put, notes=notes)


_NOT_COMPARED: Final = ("stage", "severity", "trend", "after_event", "name", "emotion", "query", "topic")


def _since(tool: str, arguments: dict[str, Any], period: Period) -> tuple[str, dict[str, Any]] | None:
    """Return the request of a tool from a day on; None where no tool can tell."""
    day = period.at.isoformat() if period.at is not None else ""
    if tool == "compare_periods":
        return tool, {**arguments, "at": day}
    if tool == "show_trend":
        return tool, arguments
    what = _WHAT.get(tool, "")
    if not what or arguments.get("name") or arguments.get("stage") or arguments.get("after_event"):
        return None
    kept = {"steps": arguments["steps"]} if arguments.get("steps") else {}
    return "compare_periods", {"what": what, "at": day, **kept}


def _no_time(period: Period) -> Missing:
    return Missing(
        reason="not_measured",
        statement=f"This cannot be limited to {period.words}.",
        needed="Ask for it without a time, or ask how the time before a date compares with the time from it on.",
    )


def _not_of_a_group(groups: Groups, tool: str) -> Understood:
    name = ", ".join(groups.where.values())
    everybody = (
        "Show me the journey map" if tool in {"show_map", "compare_maps"} else "Which variants do we have?"
    )
    choices = (
        Choice(label="For everybody", request=everybody),
        Choice(
            label=f"Pain points of {name} customers",
            request=f"What are the biggest pain points of {name} customers?",
        ),
    )
    return Understood(choices=choices, question="That cannot be limited to a group of customers.")


def _unknown(limits: tuple[str, ...], vocabulary: Vocabulary) -> Missing:
    words = " ".join(limits)
    keys = ", ".join(trait.key.replace("_", " ") for trait in vocabulary.traits)
    known = (
        f"Customers can be told apart by {keys}." if keys else "Nothing is known to tell customers apart by."
    )
    return Missing(
        reason="unknown_value",
        statement=f"“{words}” is no group, place or channel that the data knows, so nothing can be said about it.",
        needed=f"{known} Read in data that tells it, or ask by one of these.",
    )
