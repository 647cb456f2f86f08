"""The arguments of a request: what stands in it, put into the slots that its kind takes."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, cast

from agent.chat.understand.changing import draft_again, draft_anew, propose_variants, which_set
from agent.chat.understand.counting import counted
from agent.chat.understand.index import Mention
from agent.chat.understand.kinds import ABOUT, Kind
from agent.chat.understand.parsing import Parsed
from agent.chat.understand.places import never_done, word_before
from agent.chat.understand.refining import refined
from agent.chat.understand.slots import Asked, Slots, unknown_thing
from agent.chat.understand.step_slots import (
    conversion_asked,
    funnel_asked,
    moments_asked,
    paths_asked,
    retention_asked,
    rough_steps,
)
from agent.chat.understand.subject_slots import about_subject
from agent.chat.understand.terms import known_term, term_in
from agent.chat.understand.things import Things
from agent.chat.understand.unrecorded import unrecorded
from agent.chat.understand.vocabulary import Vocabulary
from agent.chat.understand.words import stems_of, words_in


def slots_of(kind: Kind, parsed: Parsed, vocabulary: Vocabulary, things: Things) -> Slots:
    """Return the arguments of a request of a kind, or why there are none."""
    asked = Asked(kind, parsed, vocabulary, things)
    missing = unrecorded(asked)
    if missing is not None:
        return Slots(kind.tool, missing=missing)
    found = _slots(asked)
    if found.missing is not None or found.choices:
        return found
    return replace(found, arguments=refined(found.tool, {**_fixed(kind, found), **found.arguments}, parsed))


def _fixed(kind: Kind, found: Slots) -> dict[str, Any]:
    return dict(kind.arguments) if found.tool == kind.tool else {}


def _slots(asked: Asked) -> Slots:
    kind, parsed = asked.kind, asked.parsed
    special = _SPECIAL.get(kind.id)
    if special is not None:
        return special(asked)
    if _names_shop_alone(asked):
        asked = replace(asked, parsed=replace(parsed, subject=None))
        parsed = asked.parsed
    if parsed.subject is not None or "topic" in kind.needs:
        return about_subject(kind, parsed, asked.vocabulary, asked.things)
    fill = _BY_TOOL.get(kind.tool)
    found = fill(asked) if fill is not None else Slots(kind.tool)
    return found if found.missing is not None or found.choices else _left_over(asked, found)


def _names_shop_alone(asked: Asked) -> bool:
    """Tell whether the loose words of a request that is about no subject name only the shop: "where do people leave our site"."""
    subject = asked.parsed.subject
    if subject is None or subject.led or asked.kind.tool in _ABOUT_SUBJECTS or ABOUT & set(asked.kind.takes):
        return False
    words = set(subject.text.split())
    is_place = words & _BUILDINGS and word_before(asked.parsed.tokens, subject.start) in words_in(
        "prepositions"
    )
    own = words_in("any_shop") | words_in("doers") | words_in("stop")
    return not is_place and words <= own - {"shops", "stores"}


_BUILDINGS: Final = frozenset({"shop", "store"})
"""Where somebody is in one of these, it is as well a place beside the site."""


_ABOUT_SUBJECTS: Final = frozenset(
    {"search_evidence", "list_pain_points", "show_pain_point", "list_themes", "show_emotions", "show_trend"}
)


def _left_over(asked: Asked, found: Slots) -> Slots:
    """Refuse where a name of the data was given that the tool has no place for."""
    kind, parsed = asked.kind, asked.parsed
    taken: set[str] = set()
    for value in found.arguments.values():
        taken |= set(cast("tuple[str, ...]", value)) if isinstance(value, tuple) else {str(value)}
    for mention in (*parsed.all("stage"), *parsed.all("event"), *parsed.all("after")):
        is_taken = mention.value in taken or (
            mention.slot == "after"
            and bool({"after_event", "stage", "from_step", "since"} & set(found.arguments))
        )
        is_taken |= mention.plain and kind.tool in _LEAVING
        # What people are kept from is no limit: "stops them from buying".
        is_taken |= (
            kind.tool in _LEAVING and _led_by(parsed, mention, {"from"}) and bool(_KEEPS.search(parsed.text))
        )
        if mention.value in taken and kind.tool in _OF_DOERS and never_done(parsed.tokens, mention.start):
            return _cannot_leave_out(parsed, mention, found)
        if not is_taken and kind.tool not in _EVERYTHING:
            return _cannot_limit(parsed, mention, found)
    return found


_OF_DOERS: Final = frozenset({"count_customers", "list_pain_points", "show_paths", "show_retention"})
"""Tools that pick those who took a step, and nobody else."""
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


def _cannot_leave_out(parsed: Parsed, mention: Mention, found: Slots) -> Slots:
    """Refuse those who never took a step: an answer for those who did is the opposite of what was asked."""
    return Slots(
        found.tool,
        missing=unknown_thing(
            f"Customers without the step “{parsed.words(mention)}” cannot be picked, only those who took it.",
            "Ask for those who took it, and for all customers beside them.",
        ),
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


def _pain_points(asked: Asked) -> Slots:
    parsed, vocabulary, kind = asked.parsed, asked.vocabulary, asked.kind
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
            notes.extend(rough_steps(parsed, event))
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


def _stage(asked: Asked) -> Slots:
    """Fill the one stage that several tools take; the time after a purchase is the stage that begins with it."""
    kind, parsed, vocabulary = asked.kind, asked.parsed, asked.vocabulary
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


def _stage_times(asked: Asked) -> Slots:
    """Fill a stage; two of them, with leaving on the way, are a way from one to the other."""
    named = (*asked.parsed.all("stage"), *asked.parsed.all("event"))
    steps = {one.value for one in named if not one.plain or asked.vocabulary.leaving() != one.value}
    if len(steps) > 1 and asked.kind.id in {"stage_drop_off", "stage_times_all"}:
        return replace(funnel_asked(asked), tool="show_funnel")
    return _stage(asked)


def _map(asked: Asked) -> Slots:
    found = _stage(asked)
    arguments = dict(found.arguments)
    maps, lanes = asked.parsed.all("map"), asked.parsed.all("lane")
    if maps:
        arguments["map_name"] = maps[0].value
    if lanes:
        arguments["lane"] = lanes[0].value
    return replace(found, arguments=arguments)


def _compare_maps(asked: Asked) -> Slots:
    maps = asked.parsed.all("map")
    return Slots(asked.kind.tool, {"map_name": maps[0].value} if maps else {})


def _personas(asked: Asked) -> Slots:
    personas = asked.parsed.all("persona")
    return Slots(asked.kind.tool, {"name": personas[0].value} if personas else {})


def _term(asked: Asked) -> Slots:
    text, terms = asked.parsed.text, asked.vocabulary.terms
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


def _variants_list(asked: Asked) -> Slots:
    subject = asked.parsed.subject
    if subject is None:
        return Slots("list_variants")
    found = asked.things.find(subject.text, asked.vocabulary.pain_points)
    return Slots("list_variants", {"pain_point": found.one.ref if found.one else subject.text[:200]})


def _variants_propose(asked: Asked) -> Slots:
    return propose_variants(asked.parsed, asked.vocabulary, asked.things)


def _variants_check(asked: Asked) -> Slots:
    named = asked.parsed.all("variant_set")
    if named:
        return Slots("check_variants", {"variant_set": named[0].value})
    return which_set(asked.parsed, asked.vocabulary, asked.things)


def _draft(asked: Asked) -> Slots:
    return draft_anew(asked.parsed, asked.vocabulary)


def _redraft(asked: Asked) -> Slots:
    maps = asked.parsed.all("map")
    return draft_again(maps[0].value if maps else None, asked.vocabulary)


_BY_TOOL: Final[dict[str, Callable[[Asked], Slots]]] = {
    "list_pain_points": _pain_points,
    "show_emotions": _stage,
    "show_map": _map,
    "compare_maps": _compare_maps,
    "show_stage": _stage,
    "show_stage_times": _stage_times,
    "list_opportunities": _stage,
    "list_personas": _personas,
    "show_paths": paths_asked,
    "show_funnel": funnel_asked,
    "compare_groups": funnel_asked,
    "compare_periods": funnel_asked,
    "show_retention": retention_asked,
    "list_moments": moments_asked,
    "show_attribution": conversion_asked,
    "count_customers": lambda asked: counted(asked.kind, asked.parsed, asked.vocabulary),
}


_SPECIAL: Final[dict[str, Callable[[Asked], Slots]]] = {
    "explain": _term,
    "variants_list": _variants_list,
    "variants_propose": _variants_propose,
    "variants_check": _variants_check,
    "map_draft": _draft,
    "map_redraft": _redraft,
}
