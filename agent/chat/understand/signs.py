"""Words that speak for one kind of request whatever else is said, beside likeness to its phrasings."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from agent.chat.understand.groups import against_others, is_comparing, two_of_one_trait
from agent.chat.understand.outcomes import names_outcome
from agent.chat.understand.parsing import Parsed
from agent.chat.understand.refusal_signs import STRONGEST, SURELY, refusal_signs
from agent.chat.understand.words import TIME_MARK, words_in


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


def _sets_groups_apart(parsed: Parsed) -> bool:
    if parsed.all("where") and against_others(parsed):
        return True
    return two_of_one_trait(parsed) and is_comparing(parsed)


def _sets_steps_of_groups_apart(parsed: Parsed) -> bool:
    return _has_two_steps(parsed) and _sets_groups_apart(parsed)


def _sets_stages_of_groups_apart(parsed: Parsed) -> bool:
    return _has_stage(parsed) and not _has_two_steps(parsed) and _sets_groups_apart(parsed)


def _has_group_alone(parsed: Parsed) -> bool:
    return bool(parsed.all("where")) and parsed.subject is None and not parsed.times


def _splits_a_trait(parsed: Parsed) -> bool:
    """Tell whether values of a trait are named to be told apart in number: "split of mobile and desktop"."""
    return two_of_one_trait(parsed) and not is_comparing(parsed)


def _is_written_anew(parsed: Parsed) -> bool:
    """Tell whether copy is asked for that is not there yet."""
    return bool(parsed.all("creative") or parsed.subject or parsed.all("event")) and not _WRITTEN.search(
        parsed.text
    )


_WRITTEN: Final = re.compile(
    r"\b(?:which|already|so far|existing|results?|verdicts?|won|passed|did|do we have|have we|how (?:did|do|does)|opened|open|clicked|click|received|get|complain\w*|say)\b"
)


def _has_stage(parsed: Parsed) -> bool:
    return bool(parsed.all("stage"))


def _has_feeling_alone(parsed: Parsed) -> bool:
    return bool(parsed.all("emotion")) and parsed.subject is None


def _asks_no_time(parsed: Parsed) -> bool:
    return not _HOW_LONG.search(parsed.text)


_HOW_LONG: Final = re.compile(r"\b(?:how long|what makes|why|next (?:step|move|action)|if we|would)\b")


def _has_no_subject(parsed: Parsed) -> bool:
    return parsed.subject is None


def _has_subject(parsed: Parsed) -> bool:
    return parsed.subject is not None


def _has_severity_alone(parsed: Parsed) -> bool:
    return bool(parsed.all("severity")) and parsed.subject is None and not parsed.all("stage")


def _is_after_step(parsed: Parsed) -> bool:
    """Tell whether one step is named behind which something hurts, and nothing else is the subject."""
    return (
        bool(parsed.all("event"))
        and parsed.subject is None
        and not _sets_groups_apart(parsed)
        and not parsed.times
    )


def _is_trouble_at_step(parsed: Parsed) -> bool:
    """Tell whether a step is all that a trouble is told of by: "the trouble with the tracking"."""
    return bool(parsed.all("event")) and parsed.subject is None and not _sets_groups_apart(parsed)


def _is_people_alone(parsed: Parsed) -> bool:
    """Tell whether a request is nothing but a group of customers: "customers in York"."""
    held = {at for one in parsed.all("where") for at in range(one.start, one.end)}
    small = (words_in("people") | words_in("group_leads") | words_in("determiners")) - {
        "who",
        "not",
        "is",
        "are",
    }
    left = [
        at
        for at, token in enumerate(parsed.tokens)
        if token.is_word and at not in held and token.text not in small
    ]
    people = any(token.text in words_in("people") for token in parsed.tokens)
    return bool(held) and people and not left and len(parsed.tokens) <= _FEW


_FEW: Final = 6


def _has_outcome(parsed: Parsed) -> bool:
    return names_outcome(parsed)


def _grants_nothing(parsed: Parsed) -> bool:
    """Tell whether no credit is to be paid out: "issue a £10 credit to everybody"."""
    return not re.search(
        r"\b(?:issue|grant|award|pay|refund|give (?:them|him|her|every\w+))\b.{0,14}\bcredits?\b", parsed.text
    )


def _has_two_steps(parsed: Parsed) -> bool:
    return (
        len({one.value for one in parsed.all("event")}) + len({one.value for one in parsed.all("stage")}) > 1
    )


def _counts_steps(parsed: Parsed) -> bool:
    """Tell whether two steps are named and neither the time between them nor what is done there is asked for."""
    return _has_two_steps(parsed) and not (
        _TIME_BETWEEN.search(parsed.text) or _WAY_BETWEEN.search(parsed.text)
    )


_TIME_BETWEEN: Final = re.compile(
    r"\b(?:how (?:long|fast|quick|quickly|soon|slow|slowly)|(?:how many|number of) (?:hours?|days?|weeks?|months?)|durations?|elapsed|speed"
    r"|(?:average|median|mean|typical|usual|normal|the|what|how much|expected) (?:\w+ )?(?:time|delay|gap|wait|lag)(?! (?:window|limit|frame))"
    r"|time (?:to|from|between|until|till|it takes|lag|gap|passes|elapses)|time.to.\w+|(?:days|hours|weeks) (?:from|between|pass\w*|go by|elapse\w*|lie))\b"
)
_WAY_BETWEEN: Final = re.compile(
    r"\b(?:steps|events|paths?|routes?)\b(?: \w+){0,2} (?:between|in between)\b|\b(?:what|which steps|which events|anything|everything)\b.{0,40}\b(?:happens?|happening|do|does|did|goes on|going on|takes? place|occurs?|steps|events)\b.{0,30}\b(?:between|on the way|in between)\b"
)


def _asks_time_between(parsed: Parsed) -> bool:
    return _has_two_steps(parsed) and not two_of_one_trait(parsed) and bool(_TIME_BETWEEN.search(parsed.text))


def _has_one_step(parsed: Parsed) -> bool:
    return (
        len({one.value for one in parsed.all("event")}) == 1
        and not parsed.all("stage")
        and parsed.subject is None
    )


def _is_steps_alone(parsed: Parsed) -> bool:
    """Tell whether a request is nothing but a row of steps."""
    events = parsed.all("event")
    held = {at for one in events for at in range(one.start, one.end)}
    small = words_in("stop") | {"then", "days", TIME_MARK}
    left = [
        at
        for at, token in enumerate(parsed.tokens)
        if token.is_word and at not in held and token.text not in small
    ]
    return len({one.value for one in events}) > 1 and not left


_COPY: Final = r"(?:copy|copies|ads?|adverts?|wordings?|headlines?|e-?mails?|mails?|newsletter|posts?|subject lines?|texts?|messages?|push|banners?|slogans?|taglines?|variants?|landing pages?|(?:ad|page|copy|e-?mail|text) (?:versions?|alternatives?|options?))"
_SIGNS: Final = (
    _Sign(
        frozenset({"variants_propose"}),
        re.compile(rf"\b(?:write|propose|draft|suggest|give|make|create|compose|pen|come up with|have|need|want)\b(?: \w+){{0,5}} {_COPY}\b.{{0,60}}\b(?:for|to|that|about|who|whose|answer\w*|speak\w*|address\w*|on)\b|^(?:\w+ ){{0,3}}{_COPY}\b.{{0,20}}\b(?:that|which|to|for) (?:speaks?|answers?|address\w*|win|calm|reassur\w*|shoppers|people|folks|customers|those)\b"),
        _is_written_anew,
    ),
    _Sign(
        frozenset({"change_data"}),
        re.compile(r"^(?:please |can you |could you |go and |just )?(?:put|drop|raise|lower|cut|knock|refund|credit|charge|ship|cancel|apply|waive|double|extend|reorder|restock|issue|grant|award|reimburse|compensate|give (?!me\b|us\b|an? (?:overview|summary|list|breakdown|idea)))\b.*\b(?:\d+ ?%|off|(?<!pain )points?|fees?|prices?|discounts?|vouchers?|refunds?|stock|orders?|everyone|everybody|delivery|to [£$€]?\d|weekend|for free|shop system)\b"),
        _always,
    ),
    _Sign(
        frozenset({"emotions_all"}),
        re.compile(r"\b(?:which|what|where)\b.{0,30}\b(?:stages?|journey|steps?|point)\b|\b(?:stage|journey|arc)\b"),
        _has_feeling_alone,
        0.25,
    ),
    _Sign(frozenset({"funnel"}), re.compile(r""), _is_steps_alone, STRONGEST),
    _Sign(
        frozenset({"count_event"}),
        re.compile(r"^(?!.*\b(?:active again|still (?:active|around|here|with us)|com(?:e|es|ing) back|came back|retain\w*|retention|return (?:later|again))\b).*\b(?:how many|how often|number|count|headcount|how much|uniques?|unique (?:users|customers|people|visitors))\b"),
        _has_one_step,
        0.3,
    ),
    _Sign(
        frozenset({"personas_all"}),
        re.compile(r"\b(?:carv\w+|divid\w+|split|sort\w*|group\w*|cluster\w*|class\w*|fall|bucket\w*|segment\w*)\b.*\b(?:how they (?:act|behave|shop)|what they do|behaviou?r\w*|their (?:actions|habits))\b|\bbehaviou?ral (?:\w+ )?(?:clusters?|groups?|types?|segments?)\b"),
        _always,
    ),
    *(
        _Sign(
            frozenset({f"retention_{unit}"}),
            re.compile(rf"\b(?:{words})\b.*\b(?:repeat|returning|return rate|active|activity|retention|come ?back|comebacks?)\b"),
            _has_no_subject,
        )
        for unit, words in (("day", "daily"), ("week", "weekly"), ("month", "monthly"))
    ),
    _Sign(
        frozenset({"pains_stage"}),
        re.compile(r"^(?:the |our )?(?:top|biggest|worst|main|\w+ (?:worst|biggest))\b.{0,12}\b(?:gripes?|complaints?|problems?|pain ?points?|issues?|grumbles?|frustrations?)\b"),
        _has_stage,
    ),
    _Sign(
        frozenset({"funnel"}),
        re.compile(r"\b(?:what|which|how many|how much|number|share|percentage|percent|proportion|fraction|ratio|rate|conversion|convert\w*|funnel|per cent|%)\b(?!.{0,12}\b(?:long|days|time)\b)"),
        _counts_steps,
    ),
    _Sign(frozenset({"paths_next"}), re.compile(r"\b(?:touchpoints?|next (?:thing|step|event|stop|move))\b.{0,40}\b(?:after|afterwards|following|follows?|once|when|behind)\b|\bfollows?\b(?! up)"), _has_one_step, 0.3),
    _Sign(frozenset({"paths_before"}), re.compile(r"\b(?:touchpoints?|steps?|events?|stops?)\b.{0,40}\b(?:before|ahead of|prior to|precedes?)\b"), _has_one_step, 0.3),
    _Sign(frozenset({"paths_channels"}), re.compile(r"\bchannels? (?:switch\w*|hop\w*|jump\w*|chang(?:es|ing)|swap\w*|moves?|transitions?|crossings?)\b|\b(?:switch\w*|hop\w*|jump\w*|swap\w*|mov\w+|cross\w*)\b(?: \w+){0,4} channels?\b|\bbetween (?:which|what) channels\b"), _has_no_subject),
    _Sign(
        frozenset({"paths_next"}),
        re.compile(r"\b(?:flows?|paths?|routes?|journeys?|steps?)\b.{0,20}\b(?:from|starting|beginning|after|following)\b"),
        _has_one_step,
    ),
    _Sign(frozenset({"paths_durations"}), _TIME_BETWEEN, _asks_time_between),
    _Sign(frozenset({"paths_next"}), _WAY_BETWEEN, _has_two_steps),
    _Sign(
        frozenset({"moments_all"}),
        re.compile(r"\b(?:tends? to (?:precede|come before|go before|go along)|associated|correlat\w+|linked|hand in hand|go(?:es)? along|predict(?:s|ors?) (?:of)?|statistically)\b"),
        _has_outcome,
    ),
    _Sign(
        frozenset({"predict_purchase"}),
        re.compile(r"\b(?:forecast|predict\w*|likely|likelihood|propensity|probab\w+|chances?|going to|about to|will|foresee|foreseen)\b(?!.{0,40}\bnext (?:step|move|action)\b).{0,40}\b(?:buy|buys|buying|order|orders|ordering|purchase|purchases|purchasing|convert|converts)\b"),
        _asks_no_time,
        STRONGEST,
    ),
    _Sign(
        frozenset({"predict_exit"}),
        re.compile(r"\b(?:forecast|predict\w*|likely|likelihood|probab\w+|chances?|going to|about to|will|risk|verge|foresee|foreseen)\b.{0,40}\b(?:leave|leaving|churn|churning|quit|quitting|bail|jump ship|walk away|cancel|go away|ghost|say goodbye|defect|lose)\b"),
        _asks_no_time,
        STRONGEST,
    ),
    _Sign(
        frozenset({"variants_list"}),
        re.compile(r"\b(?:which|what|have we|have been|did they|already|so far|existing|results?|verdicts?|won|passed)\b.{0,60}\b(?:variants?|copy|copies|headlines?|creatives?)\b|\b(?:variants?|copy|copies|headlines?|creatives?)\b.{0,60}\b(?:already|so far|did they|have we|won|passed)\b"),
        _has_no_subject,
    ),
    _Sign(
        frozenset({"map_draft"}),
        re.compile(r"\b(?:draft|draw|draw up|create|make|build|generate|sketch|produce|design|put together|set up|prepare|new|fresh|another)\b.{0,30}\b(?:map|journey map)\b(?!.{0,15}\b(?:again|anew|once more)\b)"),
        _is_anew,
        STRONGEST,
    ),
    _Sign(
        frozenset({"count_by"}),
        re.compile(r"\b(?:split|breakdown|break down|mix|ratio|shares?|proportions?|percentages?|distribution|divide|how many|headcounts?|numbers? of)\b"),
        _splits_a_trait,
        STRONGEST,
    ),
    _Sign(
        frozenset({"groups_pains"}),
        re.compile(r"^(?:so )?(?:what|how|is anything|anything)\b.{0,40}\b(?:special|different|unusual|peculiar|distinctive|unique)\b"),
        _has_group_alone,
    ),
    _Sign(frozenset({"groups_funnel"}), re.compile(r""), _sets_steps_of_groups_apart, STRONGEST),
    _Sign(frozenset({"groups_paths"}), re.compile(r"\b(?:journeys?|paths?|routes?|behaviours?|steps|travel|navigate|move (?:through|around)|ways?|sequences?)\b"), _sets_groups_apart),
    _Sign(
        frozenset({"groups_stages"}),
        re.compile(r"\b(?:stay\w*|spend\w*|linger\w*|time|longer|drop\w*|leav\w+|lose|quick\w*|fast\w*|slow\w*|stuck|lag\w*|get through)\b"),
        _sets_stages_of_groups_apart,
        0.45,
    ),
    _Sign(frozenset({"groups_funnel"}), re.compile(r"\b(?:conversion|convert|converts|funnel)\b"), _sets_groups_apart),
    _Sign(frozenset({"groups_retention"}), re.compile(r"\b(?:retention|loyal|come back|comes back|coming back|return|returns|sticks? around|stays? (?:longer|with us)|keeps? coming|stickier)\b"), _sets_groups_apart),
    _Sign(
        frozenset({"pains_after"}),
        re.compile(
            r"^(?!.*\b(?:how many|what (?:share|percentage|portion|part)|number of)\b)"
            r"(?=.*\b(?:pains?|pain points?|complain\w*|gripes?|moan\w*|grumbl\w*|struggl\w*|problems?|hurts?|issues|frustrat\w*|annoy\w*|bother\w*|upsets?|criticis\w*)\b)"
            r"(?=.*\b(?:after|afterwards|once|following|behind (?:them|him|her|it)|who|fired|since|upon|whose|having|with an?)\b)"
        ),
        _is_after_step,
        0.3,
    ),
    _Sign(
        frozenset({"attribution"}),
        re.compile(r"\b(?:credits? (?:for|to|goes|go|with|of|by|when|each|per)|(?:gets?|getting|deserves?|earns?|receives?|take|takes|assign\w*|give|share of|split|much|the) (?:\w+ ){0,2}credit|credited|attribut\w+)\b(?! card)"),
        _grants_nothing,
    ),
    _Sign(frozenset({"map_stage"}), re.compile(r"\bmap\b"), _has_stage),
    _Sign(frozenset({"pains_top"}), re.compile(r"\b(?:pain ?points?|complaints?|problems?|issues?|gripes?|troubles?|things|frustrations?|hurdles|grievances)\b"), _has_severity_alone),
    _Sign(frozenset({"search_quotes", "search_topic"}), re.compile(r"^how (?:do|does|did|would) (?:the |our )?(?:\w+ )?(?:\w+) (?:describe|word|put|phrase|express|talk about|speak of|sound|voice)\b"), _has_subject, 0.25),
    _Sign(frozenset({"search_quotes"}), re.compile(r"\b(?:customers?|shoppers?|people|real|actual|original|unfiltered|unedited|literal|raw) (?:own )?(?:\w+ )?(?:lines|words|voices|sentences|quotes|statements|remarks)\b"), _has_subject),
    _Sign(frozenset({"pain_behaviour"}), re.compile(r"\b(?:customers?|people|shoppers|users|buyers|folks|those|clients|anyone|somebody|someone) (?:who|that|with) (?:\w+ )?(?:complain\w*|gripe\w*|moan\w*|grumble\w*|mention\w*|raise\w*|suffer\w*|trouble)\b.*\b(?:likely|leave|leaving|close|quit|churn|still|buy|order|come back|return|again|afterwards|then)\b"), _has_subject, STRONGEST),
    _Sign(frozenset({"picture"}), re.compile(r"^(?!.*\b(?:complaints?|problems?|issues?|quality|feedback|quotes?)\b)(?:please |can you |could you )?(?:show|send|give|get|find|make|draw|create|generate|see)\b.{0,15}\b(?:photos?|photographs?|images?|videos?|screenshots?|gifs?|clips?)\b"), _always, STRONGEST),
    _Sign(frozenset({"variants_check"}), re.compile(r"\b(?:re-?)?(?:check|test|validate|verify|try|run)\b.{0,40}\b(?:variants?|copy|copies|ads|headlines|(?:variant )?sets?)\b.{0,40}\b(?:again|anew|once more|another time|held.?out|hold.?out)\b|\bre-?(?:check|test|validate|run)\b.{0,40}\b(?:variants?|copy|copies|sets?)\b"), _always),
    _Sign(frozenset({"search_anyone"}), re.compile(r"^(?:do|does|did|are|is|have|has)\b.*\b(?:minds?|bothered|fine with|ok(?:ay)? with|cares? about|hates?|loves?|enjoys?)\b"), _has_subject, 0.25),
    _Sign(frozenset({"trend"}), re.compile(r"\b(?:evolv\w*|trend(?:s|ing)?|over time|month (?:by|over|on|after|to) month|per month|each month|every month|up or down|down or up|rise or fall|rising or falling|rose or fell|more or less often|on the (?:rise|up|wane|decline|increase)|less and less|more and more|fewer and fewer|rarer|louder|calm(?:ed|ing)? down|died? down|dying down|fad(?:ing|ed)|(?:mention\w*|com\w+ up|show\w* up|heard|appear\w*|rais\w+|crop\w* up|pop\w* up) (?:any |much |a lot |far )?(?:less|more|rarer|fewer))\b"), _has_subject, 0.3),
    _Sign(frozenset({"pain_concentration"}), re.compile(r"\b(?:(?:specific|unique|particular|exclusive|peculiar) to|(?:mostly|mainly|only|just|chiefly|largely|purely|merely) (?:a|an) [\w-]+ (?:matter|thing|problem|issue|affair|topic)|(?:a )?(?:matter|question) of (?:one|a|an|some|certain|single|every\w+)|(?:\w+-|\w+ )only (?:matter|thing|problem|issue|affair|topic)|concentrat\w+|spread (?:out |across|evenly|over)|evenly (?:spread|distributed)|skew\w*|cluster(?:ed|s)?|confined to|limited to (?:one|a|certain|some)|across the board|disproportionate\w*|(?:certain|particular|specific|some) (?:\w+ )?(?:groups?|segments?|cities|channels?|tiers?))\b"), _has_subject),
    _Sign(frozenset({"pain_concentration"}), re.compile(r"^(?=.*\b(?:troubles?|problems?|hassles?|issues?|complaints?|irritations?|frustrations?|grumbles?|gripes?|pain|annoyances?|mess) (?:with|about|over|around|of|at|in)\b).*\b(?:concentrat\w+|spread|skew\w*|cluster\w*|confined|limited to|strongest|worst|which (?:groups?|segments?|cities|channels?|tiers?|devices?))\b"), _is_trouble_at_step, SURELY + 0.3),
    _Sign(frozenset({"search_anyone"}), re.compile(r"^(?:has|have|did|do|does|is|are|was|were) (?:any(?:one|body)|some(?:one|body)|people|customers?|shoppers|they|buyers|users|members|reviewers|any (?:customer|shopper)s?|any of (?:them|our customers))(?: \w+)? (?:sa(?:y|id|ying)|writ\w+|wrote|mention\w*|complain\w*|tell\w*|told us|report\w*|admit\w*|claim\w*|not(?:e|ed|ing)|stat\w+) that\b"), _has_no_subject, SURELY),
    _Sign(frozenset({"scores"}), re.compile(r"\bknow(?:s|n)? (?:of |about )?(?:this|our|the) (?:brand|shop|company|name)\b|\b(?:aided|unaided|brand|spontaneous|prompted) (?:awareness|recall|recognition|lift|equity)\b|\bshare of (?:voice|search|wallet)\b"), _always, STRONGEST),
    _Sign(frozenset({"count_by"}), re.compile(r"\b(?:more|fewer|most) (?:of (?:our|the) )?(?:customers|people|shoppers|members|buyers|users) (?:live|come|are|sit|shop|use|in|on|from|have)\b"), two_of_one_trait, SURELY),
    _Sign(frozenset({"personal"}), re.compile(r"\b(?:her|his) (?:\w+ )?(?:orders?|purchases?|returns?|parcels?|accounts?|address|details|journey|phone|e-?mail|complaints?|refunds?|data|review|number)\b|\b(?:has|had|did|does) (?:he|she) (?:\w+ )?(?:buy|bought|order|ordered|return|returned|write|written|wrote|complain|complained|say|said|live|purchased?)\b"), _always, STRONGEST),
    _Sign(frozenset({"demographics"}), re.compile(r"\b(?:age|income|gender|ethnic|religious|social) (?:groups?|brackets?|class(?:es)?|ranges?|bands?)\b|\b(?:this|that|these|those) (?:generations?|gender|sex)\b"), _always, STRONGEST),
    _Sign(frozenset({"causal"}), re.compile(r"^(?:and |so |but )*(?:why|for what reason|how come) (?:did|do|does|has|have|had|is|are|was|were)\b.*\b(?:complaints?|problems?|mentions|retention|conversion|churn|orders|sales|numbers?|satisfaction|share|rates?|returns|trend|mood|sentiment)\b.*\b(?:increas\w*|rise[ns]?|rising|rose|gr[eo]w\w*|go(?:es|ing|ne)? (?:up|down)|went (?:up|down)|drop\w*|f[ae]ll\w*|declin\w*|spik\w*|doubl\w*|worsen\w*|improv\w*|decreas\w*|shr[aiu]nk\w*|jump\w*|climb\w*)(?: (?:since|in|after|over|last|this|so|by|from|during)\b.*)?$"), _always, SURELY),
    _Sign(frozenset({"forecast"}), re.compile(r"\bhow (?:will|would) (?:(?:the|our|most|family|these|those|mobile|desktop) )?(?:customers?|people|shoppers?|they|users?|members?|buyers?|families|visitors|audience)\b (?!(?:buy|order|leave|churn|purchase)\b)|\bhow (?:(?:the|our|most) )?(?:customers?|people|shoppers?|they|users?|members?|buyers?|families|visitors) (?:will|would) (?!(?:buy|order|leave|churn|purchase)\b)"), _always, STRONGEST),
    _Sign(frozenset({"count_customers"}), re.compile(r""), _is_people_alone, STRONGEST),
    _Sign(frozenset({"emotions_one"}), re.compile(r"^(?:who|which (?:customers|people)|how many (?:customers|people)|are (?:customers|people))\b"), _has_feeling_alone),
)  # fmt: skip
_FAR_NUMBER: Final = re.compile(
    r"^(?=.*\b(?:rates?|share|level|volume|figures?)\b).*\b(?:next|coming|following) (?:year|quarter|season|summer|winter|spring|autumn)s?\b"
)
"""A rate of a time to come is no more foreseen than anything else of it."""


def signs_of(parsed: Parsed) -> dict[str, float]:
    """Return by how much the words of a request speak for kinds, and against some, by the kind's id."""
    found = refusal_signs(parsed)
    for sign in _SIGNS:
        if sign.holds(parsed) and sign.words.search(parsed.text):
            found |= dict.fromkeys(sign.kinds, sign.weight)
    if "variants_propose" in found and parsed.all("creative"):
        # Copy that is to be written about a fee or a price changes neither.
        found["change_data"] = -STRONGEST
    if {"predict_purchase", "predict_exit"} & set(found):
        # Buying and leaving are what is foreseen here, whatever else lies in the future.
        found["forecast"] = 2 * STRONGEST if _FAR_NUMBER.search(parsed.text) else -STRONGEST
    return found
