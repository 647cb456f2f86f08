"""The arguments of a request: what stands in it, put into the slots that its kind takes."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

from agent.chat.understand.changing import draft_again, draft_anew, propose_variants, which_set
from agent.chat.understand.counting import counted
from agent.chat.understand.index import Mention
from agent.chat.understand.kinds import Kind
from agent.chat.understand.outcomes import outcome_in
from agent.chat.understand.parsing import Parsed
from agent.chat.understand.refining import NUMBER, number_of, refined
from agent.chat.understand.rows import in_time
from agent.chat.understand.slots import Slots, unknown_thing
from agent.chat.understand.subject_slots import about_subject
from agent.chat.understand.terms import known_term, term_in
from agent.chat.understand.things import Things
from agent.chat.understand.vocabulary import Vocabulary
from agent.chat.understand.words import stems_of, words_in
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


@dataclass(frozen=True, slots=True)
class _Request:
    kind: Kind
    parsed: Parsed
    vocabulary: Vocabulary
    things: Things
    arguments: dict[str, Any] = field(default_factory=dict[str, Any])


def slots_of(kind: Kind, parsed: Parsed, vocabulary: Vocabulary, things: Things) -> Slots:
    """Return the arguments of a request of a kind, or why there are none."""
    found = _slots(_Request(kind, parsed, vocabulary, things))
    if found.missing is not None or found.choices:
        return found
    return replace(found, arguments=refined(found.tool, {**_fixed(kind, found), **found.arguments}, parsed))


def _fixed(kind: Kind, found: Slots) -> dict[str, Any]:
    return dict(kind.arguments) if found.tool == kind.tool else {}


def _slots(request: _Request) -> Slots:
    kind, parsed = request.kind, request.parsed
    special = _SPECIAL.get(kind.id)
    if special is not None:
        return special(request)
    if parsed.subject is not None or "topic" in kind.needs:
        return about_subject(kind, parsed, request.vocabulary, request.things)
    fill = _BY_TOOL.get(kind.tool)
    found = fill(request) if fill is not None else Slots(kind.tool)
    return found if found.missing is not None or found.choices else _left_over(request, found)


def _left_over(request: _Request, found: Slots) -> Slots:
    """Refuse where a name of the data was given that the tool has no place for."""
    kind, parsed = request.kind, request.parsed
    taken: set[str] = set()
    for value in found.arguments.values():
        taken |= set(cast("tuple[str, ...]", value)) if isinstance(value, tuple) else {str(value)}
    for mention in (*parsed.all("stage"), *parsed.all("event"), *parsed.all("after")):
        is_taken = mention.value in taken or (
            mention.slot == "after" and bool({"after_event", "stage", "from_step"} & set(found.arguments))
        )
        is_taken |= mention.plain and kind.tool in _LEAVING
        # What people are kept from is no limit: "stops them from buying".
        is_taken |= (
            kind.tool in _LEAVING and _led_by(parsed, mention, {"from"}) and bool(_KEEPS.search(parsed.text))
        )
        if not is_taken and kind.tool not in _EVERYTHING:
            return _cannot_limit(parsed, mention, found)
    return found


_EVERYTHING: Final = frozenset(
    {
        "predict",
        "data_status",
        "show_help",
        "explain_term",
        "list_moments",
        "show_attribution",
        "compare_periods",
        "compare_groups",
        "show_funnel",
    }
)
_LEAVING: Final = frozenset({"show_stage_times", "list_pain_points", "suggest_actions", "list_opportunities"})
"""Tools that are about leaving or buying anyway."""


_KEEPS: Final = re.compile(
    r"\b(?:stop|prevent|keep|kept|hinder|block|deter|discourage|put off|puts off|hold|scare|bar)\w*\b"
)


def _cannot_limit(parsed: Parsed, mention: Mention, found: Slots) -> Slots:
    words = parsed.words(mention)
    return Slots(
        found.tool,
        missing=unknown_thing(
            f"This cannot be limited to “{words}”.",
            "Ask for it in all, or ask what goes wrong or what happens there.",
        ),
    )


def _pain_points(request: _Request) -> Slots:
    parsed, vocabulary, kind = request.parsed, request.vocabulary, request.kind
    arguments: dict[str, Any] = {}
    notes: list[str] = []
    stages = parsed.all("stage")
    if stages:
        arguments["stage"] = stages[0].value
    if parsed.all("after"):
        _add_after_purchase(arguments, vocabulary)
    elif parsed.all("event"):
        event = parsed.all("event")[0]
        if _led_by(parsed, event, {"before", "until", "prior"}):
            return _cannot_limit(parsed, event, Slots(kind.tool))
        if kind.id == "pains_after" or _led_by(parsed, event, {"after", "following", "who", "once", "have"}):
            arguments["after_event"] = event.value
            notes.extend(_rough(parsed, event))
        elif vocabulary.stage_of(event.value) and "stage" not in arguments:
            arguments["stage"] = vocabulary.stage_of(event.value)
            notes.append(f"“{parsed.words(event)}” was taken as the stage {arguments['stage']}.")
    return Slots(kind.tool, {**kind.arguments, **arguments}, notes=tuple(notes))


def _add_after_purchase(arguments: dict[str, Any], vocabulary: Vocabulary) -> None:
    purchase = vocabulary.purchase()
    if purchase is not None:
        arguments["after_event"] = purchase
    elif vocabulary.after_purchase() is not None:
        arguments["stage"] = vocabulary.after_purchase()


def _led_by(parsed: Parsed, mention: Mention, words: set[str]) -> bool:
    return bool({token.text for token in parsed.tokens[max(0, mention.start - 3) : mention.start]} & words)


def _rough(parsed: Parsed, *mentions: Mention) -> list[str]:
    return [f"“{parsed.words(one)}” was taken as the step {one.value}." for one in mentions if one.rough]


def _stage(request: _Request) -> Slots:
    """Fill the one stage that several tools take; the time after a purchase is the stage that begins with it."""
    kind, parsed, vocabulary = request.kind, request.parsed, request.vocabulary
    arguments: dict[str, Any] = {}
    stages = parsed.all("stage")
    if stages:
        arguments["stage"] = stages[0].value
    elif (
        kind.tool in {"list_opportunities", "show_map"}
        and (named := _stage_by_name(parsed, vocabulary)) is not None
    ):
        arguments["stage"] = named
    elif parsed.all("after") and vocabulary.after_purchase() is not None:
        arguments["stage"] = vocabulary.after_purchase()
    elif parsed.all("event"):
        event = parsed.all("event")[0]
        stage = vocabulary.stage_of(event.value)
        if stage is not None and event.rough:
            return Slots(
                kind.tool,
                {"stage": stage},
                notes=(f"“{parsed.words(event)}” was taken as the stage {stage}.",),
            )
    if "stage" in kind.needs and not arguments:
        names = ", ".join(vocabulary.stages)
        missing = unknown_thing(
            "No stage of the journey has that name.", f"Ask for one of the stages: {names}."
        )
        return Slots(kind.tool, missing=missing)
    return Slots(kind.tool, arguments)


def _stage_by_name(parsed: Parsed, vocabulary: Vocabulary) -> str | None:
    """Return the one stage whose very name stands in a request."""
    named = [stage for stage in vocabulary.stages if any(token.text == stage for token in parsed.tokens)]
    return named[0] if len(named) == 1 else None


def _stage_times(request: _Request) -> Slots:
    """Fill a stage; two of them, with leaving on the way, are a way from one to the other."""
    named = (*request.parsed.all("stage"), *request.parsed.all("event"))
    steps = {one.value for one in named if not one.plain or request.vocabulary.leaving() != one.value}
    if len(steps) > 1 and request.kind.id in {"stage_drop_off", "stage_times_all"}:
        return replace(_funnel(request), tool="show_funnel")
    return _stage(request)


def _map(request: _Request) -> Slots:
    found = _stage(request)
    arguments = dict(found.arguments)
    maps, lanes = request.parsed.all("map"), request.parsed.all("lane")
    if maps:
        arguments["map_name"] = maps[0].value
    if lanes:
        arguments["lane"] = lanes[0].value
    return replace(found, arguments=arguments)


def _compare_maps(request: _Request) -> Slots:
    maps = request.parsed.all("map")
    return Slots(request.kind.tool, {"map_name": maps[0].value} if maps else {})


def _personas(request: _Request) -> Slots:
    personas = request.parsed.all("persona")
    return Slots(request.kind.tool, {"name": personas[0].value} if personas else {})


def _paths(request: _Request) -> Slots:
    parsed, kind = request.parsed, request.kind
    events = parsed.all("event")
    arguments: dict[str, Any] = {}
    steps = list(events)
    by_stage = "level" in kind.takes or kind.arguments.get("level") == "stage"
    if not steps and len(parsed.all("stage")) and by_stage:
        steps = list(parsed.all("stage"))
        arguments["level"] = "stage"
    purchase = request.vocabulary.purchase()
    if kind.id == "paths_before" and steps:
        arguments["to_step"] = steps[0].value
    elif len({one.value for one in steps}) > 1:
        way = in_time(parsed.tokens, steps)
        arguments |= {"from_step": way[0].value, "to_step": way[-1].value}
    elif steps:
        arguments["to_step" if _leads_to(parsed, steps[0]) else "from_step"] = steps[0].value
    elif parsed.all("after") and purchase is not None:
        arguments["from_step"] = purchase
    if kind.arguments.get("aspect") == "durations" and arguments.keys() == {"from_step"}:
        return Slots(kind.tool, missing=_no_end(parsed, steps[0]) if steps else None)
    if kind.arguments.get("aspect") in {"starts", "ends"} and steps:
        # Paths that start at a step are what follows it, and those that end at one what leads to it.
        end = "from_step" if kind.arguments["aspect"] == "starts" else "to_step"
        arguments = {"aspect": "transitions", end: steps[0].value} | (
            {"level": arguments["level"]} if "level" in arguments else {}
        )
    return Slots(kind.tool, arguments, notes=tuple(_rough(parsed, *events)))


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


def _funnel(request: _Request) -> Slots:
    parsed = request.parsed
    events = parsed.all("event")
    # Steps by their names before words such as "purchase", which sum up where it leads.
    named = tuple(one for one in events if not one.plain)
    events = named if len({one.value for one in named}) > 1 else events
    steps = tuple(one.value for one in in_time(parsed.tokens, (*events, *parsed.all("stage"))))
    arguments: dict[str, Any] = {"steps": tuple(dict.fromkeys(steps))} if len(set(steps)) > 1 else {}
    match = _DAYS.search(parsed.text) or _DAYS_AT_MOST.search(parsed.text)
    if match is not None and "within" in request.kind.takes:
        n = number_of(match["n"]) if match["n"] else 1
        arguments["within_days"] = n * _UNIT_DAYS[match["unit"]]
    notes = _rough(parsed, *events)
    if len(set(steps)) == 1 and not arguments.get("steps"):
        notes.append("One step alone is no funnel, so all stages are shown.")
    return Slots(request.kind.tool, arguments, notes=tuple(notes))


def _retention(request: _Request) -> Slots:
    text = request.parsed.text
    by = next((unit for unit, words in _BY_TIME if words.search(text)), None)
    arguments: dict[str, Any] = {} if by is None else {"by": by}
    events = [one for one in request.parsed.all("event") if not one.plain]
    if events:
        arguments["since"] = events[0].value
    elif request.parsed.all("after") and request.vocabulary.purchase() is not None:
        arguments["since"] = request.vocabulary.purchase()
    return Slots(request.kind.tool, arguments, notes=tuple(_rough(request.parsed, *events)))


_BY_TIME: Final = (
    ("day", re.compile(r"\b(?:daily|day (?:by|to|over|after) day|per day|by day|each day|every day|next day|following days?|a day later|day after|day one)\b")),
    ("month", re.compile(r"\b(?:monthly|months?|30 days?|thirty days?)\b")),
    ("week", re.compile(r"\b(?:weekly|weeks?)\b")),
)  # fmt: skip


def _moments(request: _Request) -> Slots:
    parsed = request.parsed
    outcome = outcome_in(parsed, request.vocabulary)
    arguments = {} if outcome is None else {"outcome": outcome}
    return Slots(request.kind.tool, arguments, notes=tuple(_rough(parsed, *parsed.all("event"))))


def _conversion(request: _Request) -> Slots:
    events = request.parsed.all("event")
    return Slots(request.kind.tool, {"conversion": events[-1].value} if events else {})


def _term(request: _Request) -> Slots:
    text, terms = request.parsed.text, request.vocabulary.terms
    term = term_in(text)
    known = known_term(text, terms)
    if known is not None and (term is None or stems_of(term) not in {stems_of(one) for one in terms}):
        term = known
    if term is not None:
        return Slots("explain_term", {"term": term})
    return Slots(
        "explain_term",
        missing=unknown_thing("Which term is meant is not clear.", "Ask, for instance, what “reach” means."),
    )


def _variants_list(request: _Request) -> Slots:
    subject = request.parsed.subject
    if subject is None:
        return Slots("list_variants")
    found = request.things.find(subject.text, request.vocabulary.pain_points)
    return Slots("list_variants", {"pain_point": found.one.ref if found.one else subject.text[:200]})


def _variants_propose(request: _Request) -> Slots:
    return propose_variants(request.parsed, request.vocabulary, request.things)


def _variants_check(request: _Request) -> Slots:
    named = request.parsed.all("variant_set")
    if named:
        return Slots("check_variants", {"variant_set": named[0].value})
    return which_set(request.parsed, request.vocabulary, request.things)


def _draft(request: _Request) -> Slots:
    return draft_anew(request.parsed, request.vocabulary)


def _redraft(request: _Request) -> Slots:
    maps = request.parsed.all("map")
    return draft_again(maps[0].value if maps else None, request.vocabulary)


_BY_TOOL: Final[dict[str, Callable[[_Request], Slots]]] = {
    "list_pain_points": _pain_points,
    "show_emotions": _stage,
    "show_map": _map,
    "compare_maps": _compare_maps,
    "show_stage": _stage,
    "show_stage_times": _stage_times,
    "list_opportunities": _stage,
    "list_personas": _personas,
    "show_paths": _paths,
    "show_funnel": _funnel,
    "compare_groups": _funnel,
    "compare_periods": _funnel,
    "show_retention": _retention,
    "list_moments": _moments,
    "show_attribution": _conversion,
    "count_customers": lambda request: counted(request.kind, request.parsed, request.vocabulary),
}
_SPECIAL: Final[dict[str, Callable[[_Request], Slots]]] = {
    "explain": _term,
    "variants_list": _variants_list,
    "variants_propose": _variants_propose,
    "variants_check": _variants_check,
    "map_draft": _draft,
    "map_redraft": _redraft,
}
