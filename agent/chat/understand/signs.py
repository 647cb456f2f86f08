"""Words that speak for one kind of request whatever else is said, beside likeness to its phrasings."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from agent.chat.understand.concepts import concepts_of
from agent.chat.understand.groups import against_others
from agent.chat.understand.outcomes import names_outcome
from agent.chat.understand.parsing import Parsed
from agent.chat.understand.words import words_in

_STRONGEST: Final = 0.5
"""For words that hardly ever mean anything else."""


@dataclass(frozen=True, slots=True)
class _Sign:
    kinds: frozenset[str]
    words: re.Pattern[str]
    holds: Callable[[Parsed], bool]
    weight: float = 0.35


def _always(parsed: Parsed) -> bool:  # noqa: ARG001 - one shape for all signs
    return True


def _is_anew(parsed: Parsed) -> bool:
    return not _AGAIN.search(parsed.text)


_AGAIN: Final = re.compile(
    r"\b(?:again|anew|once more|refresh|update|redo|redraw|redraft|rebuild|regenerate|renew|changed?|differ\w*|compare|version|versions|old|previous|earlier)\b"
)


def _has_subject(parsed: Parsed) -> bool:
    return parsed.subject is not None


def _sets_groups_apart(parsed: Parsed) -> bool:
    comparing = words_in("comparing")
    if parsed.all("where") and against_others(parsed):
        return True
    return len(parsed.all("where")) > 1 and any(token.text in comparing for token in parsed.tokens)


def _has_stage(parsed: Parsed) -> bool:
    return bool(parsed.all("stage"))


def _has_feeling_alone(parsed: Parsed) -> bool:
    return bool(parsed.all("emotion")) and parsed.subject is None


def _asks_no_time(parsed: Parsed) -> bool:
    return not _HOW_LONG.search(parsed.text)


_HOW_LONG: Final = re.compile(r"\b(?:how long|what makes|why|next (?:step|move|action)|if we|would)\b")


def _does_not_complain(parsed: Parsed) -> bool:
    return not any(token.text in words_in("pain_clues") for token in parsed.tokens)


def _is_to_be_written(parsed: Parsed) -> bool:
    return not _WRITTEN.search(parsed.text)


_WRITTEN: Final = re.compile(
    r"\b(?:map|already|so far|opened|opening|clicked|rates?|which|did|have we|check|test|validate|verify|certificates?|verdicts?|results?|send|feedback|quotes?|comments|verbatims?|say|said|how many|after)\b"
)


def _has_no_subject(parsed: Parsed) -> bool:
    return parsed.subject is None


def _has_outcome(parsed: Parsed) -> bool:
    return names_outcome(parsed)


def _has_two_steps(parsed: Parsed) -> bool:
    return (
        len({one.value for one in parsed.all("event")}) + len({one.value for one in parsed.all("stage")}) > 1
    )


def _has_step(parsed: Parsed) -> bool:
    return bool(parsed.all("event") or parsed.all("after"))


_SIGNS: Final = (
    _Sign(
        frozenset({"funnel"}),
        re.compile(r"\b(?:what|which|how many|how much|number|share|percentage|percent|proportion|fraction|ratio|rate|conversion|convert\w*|funnel|per cent|%)\b(?!.{0,12}\b(?:long|days|time)\b)"),
        _has_two_steps,
    ),
    _Sign(
        frozenset({"funnel"}),
        re.compile(
            r"^(?!.*\b(?:how long|how fast|how quick\w*|days|time|before|after|since|compare|duration|what|which|who|where|why)\b).*(?:\b(?:to|then|and|into)\b|>)"
        ),
        _has_two_steps,
    ),
    _Sign(
        frozenset({"paths_durations"}),
        re.compile(r"\b(?:how long|how (?:many|much) (?:days|hours|weeks|time)|how (?:fast|quick|quickly|slow|slowly|soon)|time (?:between|from|it takes|until|to)|days (?:between|from|until)|duration|median (?:time|days)|average (?:time|days)|lag)\b"),
        _has_step,
    ),
    _Sign(
        frozenset({"opportunities"}),
        re.compile(r"\b(?:do|done|doing) (?:\w+ )?(?:about|to (?:fix|improve|mend|tackle|address|solve))\b|\b(?:room for improvement|quick wins?|low.hanging|opportunit\w+|improve(?:ments?)?|roadmap)\b"),
        _always,
    ),
    _Sign(
        frozenset({"pains_rising"}),
        re.compile(r"\b(?:becom\w+|became|get(?:s|ting)?|got|grow\w*|grew) (?:\w+ )?(?:more (?:frequent|common|of a problem|widespread)|bigger|worse)\b"),
        _has_no_subject,
    ),
    _Sign(
        frozenset({"pains_top"}),
        re.compile(r"\b(?:drives?|driving|drove|makes?|made)\b.{0,25}\b(?:crazy|mad|nuts|bonkers|insane|up the wall|round the bend|furious|cross|unhappy|angry)\b"),
        _has_no_subject,
    ),
    _Sign(
        frozenset({"moments_all"}),
        re.compile(r"\b(?:tends? to (?:precede|come before|go before|go along)|associated|correlat\w+|linked|hand in hand|go(?:es)? along|predict(?:s|ors?) (?:of)?|statistically)\b"),
        _has_outcome,
    ),
    _Sign(
        frozenset({"predict_purchase"}),
        re.compile(r"\b(?:forecast|predict\w*|likely|likelihood|propensity|probab\w+|chances?|going to|about to|will|foresee|foreseen)\b(?!.{0,40}\bnext (?:step|move|action)\b).{0,40}\b(?:buy|buys|buying|order|orders|ordering|purchase|purchases|purchasing|convert|converts)\b"),
        _asks_no_time,
        _STRONGEST,
    ),
    _Sign(
        frozenset({"predict_exit"}),
        re.compile(r"\b(?:forecast|predict\w*|likely|likelihood|probab\w+|chances?|going to|about to|will|risk|verge|foresee|foreseen)\b.{0,40}\b(?:leave|leaving|churn|churning|quit|quitting|bail|jump ship|walk away|cancel|go away|ghost|say goodbye|defect|lose)\b"),
        _asks_no_time,
        _STRONGEST,
    ),
    _Sign(
        frozenset({"variants_list"}),
        re.compile(r"\b(?:which|what|have we|have been|did they|already|so far|existing|results?|verdicts?|won|passed)\b.{0,60}\b(?:variants?|copy|copies|headlines?|creatives?)\b|\b(?:variants?|copy|copies|headlines?|creatives?)\b.{0,60}\b(?:already|so far|did they|have we|won|passed)\b"),
        _has_no_subject,
    ),
    _Sign(
        frozenset({"paths_next"}),
        re.compile(r"^(?:after|once|when|following|having)\b.*\b(?:what|where) (?:do|did|does|happens|comes|next)\b|\bwhat (?:do|did|does) .{2,40}\bdo (?:next |then |right |straight )*(?:after|once|following)\b"),
        _does_not_complain,
    ),
    _Sign(
        frozenset({"emotions_one"}),
        re.compile(r"\b(?:at (?:which|what) (?:point|stage|phase)|where|in which (?:stage|phase)|which stage|when)\b"),
        _has_feeling_alone,
    ),
    _Sign(
        frozenset({"variants_propose"}),
        re.compile(
            r"\b(?:write|writing|draft|compose|need|give me|propose|suggest|create|make|knock up|knock out|come up with|brainstorm|craft|word|whip up|cook up|want|generate|put together|produce|some|new|fresh|more)\b.{0,40}\b(?:ads?|adverts?|copy|e-?mails?|mails?|mailing|headlines?|landing ?pages?|variants?|creatives?|slogans?|captions?|newsletter|subject lines?|posts?)\b"
            r"|^(?:(?:a|an|the|\d+|two|three|four|five|six) )?(?:landing ?page|ad|advert|google|meta|facebook|instagram|e-?mail|newsletter|mail|headline)s? (?:\w+ )?(?:copy|alternatives?|variants?|ideas?|texts?|options|versions|drafts?|for|about|on|ads?|headlines?)\b"
        ),
        _is_to_be_written,
        _STRONGEST,
    ),
    _Sign(
        frozenset({"map_draft"}),
        re.compile(r"\b(?:draft|draw|draw up|create|make|build|generate|sketch|produce|design|put together|set up|prepare|new|fresh|another)\b.{0,30}\b(?:map|journey map)\b(?!.{0,15}\b(?:again|anew|once more)\b)"),
        _is_anew,
        _STRONGEST,
    ),
    _Sign(
        frozenset({"paths_channels", "paths_handoffs"}),
        re.compile(
            r"\b(?:hop|hops|switch|switches|jump|jumps|move|moves|change|changes|swap|go)\b.{0,20}\b(?:between|across|from|among)\b.{0,20}\bchannels?\b"
        ),
        _always,
    ),
    _Sign(
        frozenset({"trend"}),
        re.compile(
            r"\b(?:going (?:up|down)|on the (?:rise|increase|decline|up|wane)|month by month|per month|each month|over time|more and more|less and less)\b"
        ),
        _has_subject,
    ),
    _Sign(frozenset({"groups_paths"}), re.compile(r"\b(?:journeys?|paths?|routes?|behaviours?|steps)\b"), _sets_groups_apart),
    _Sign(frozenset({"groups_funnel"}), re.compile(r"\b(?:conversion|convert|converts|funnel)\b"), _sets_groups_apart),
    _Sign(frozenset({"groups_retention"}), re.compile(r"\b(?:retention|loyal|come back|comes back|return)\b"), _sets_groups_apart),
    _Sign(frozenset({"map_stage"}), re.compile(r"\bmap\b"), _has_stage),
    _Sign(frozenset({"emotions_one"}), re.compile(r"^(?:who|which (?:customers|people)|how many (?:customers|people)|are (?:customers|people))\b"), _has_feeling_alone),
    _Sign(
        frozenset({"pain_concentration"}),
        re.compile(r"^(?:who|whom|which (?:customers|people|group|segment|groups|segments))\b.{0,30}\b(?:hardest|worst|most|hit|affected)\b"),
        _has_subject,
    ),
)  # fmt: skip


_IDEAS_OF_REFUSALS: Final[Mapping[str, frozenset[str]]] = {
    kind: frozenset(ideas.split())
    for kind, ideas in {
        "revenue": "money", "scores": "score", "forecast": "future predict", "competitors": "competitor", "send": "send buy", "delete": "delete",
        "change_data": "edit", "personal": "person", "held_out_look": "held", "sql": "code", "language": "language_", "demographics": "age",
        "picture": "image", "export_file": "file", "schedule": "schedule", "web_metrics": "web copy", "injection": "rule", "causal": "cause whatif why",
    }.items()
}  # fmt: skip
"""What a request has to speak of to be refused as one of a kind."""
_WITHOUT: Final = -0.15


def signs_of(parsed: Parsed) -> dict[str, float]:
    """Return by how much the words of a request speak for kinds, and against some, by the kind's id."""
    ideas = concepts_of(parsed.text)
    found = {kind: _WITHOUT for kind, needed in _IDEAS_OF_REFUSALS.items() if not ideas & needed}
    for sign in _SIGNS:
        if sign.holds(parsed) and sign.words.search(parsed.text):
            found |= dict.fromkeys(sign.kinds, sign.weight)
    if {"predict_purchase", "predict_exit"} & set(found):
        # Buying and leaving are what is foreseen here, whatever else lies in the future.
        found["forecast"] = -_STRONGEST
    return found
