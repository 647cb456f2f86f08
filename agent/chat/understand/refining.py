"""What a request says of order, number, severity, direction, praise or a feeling, whatever kind it was taken for.

A kind fixes what most of its phrasings say; these words say it in any of them.
"""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from agent.chat.understand.parsing import Parsed
from agent.chat.understand.words import tokens_of, words_in

NUMBERS: Final[Mapping[str, int]] = {
    word: n
    for n, word in enumerate(
        (
            "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
            "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
        ),
        start=1,
    )
} | {"dozen": 12, "half a dozen": 6, "handful": 5, "couple": 2, "a single": 1}  # fmt: skip
NUMBER: Final = r"(?P<n>\d{1,3}|half a dozen|" + "|".join(word for word in NUMBERS if word != "one") + r")"
_MOST: Final = 20
_LIMITS: Final = (
    re.compile(
        r"\b(?:top|first|worst|biggest|main|best|leading|only|just|give me|list|show(?: me)?|name|pick|see|want|need|maximum|max|up to|no more than|limit(?:ed)? to)\s+(?:the\s+|out\s+|of\s+|a\s+|my\s+|our\s+|your\s+)*"
        + NUMBER
        + r"\b(?!\s*(?:%|percent|per cent|star|days?|weeks?|months?|years?|hours?|minutes?|groups?|stages?|steps?\s+(?:before|after)|of the (?:stages|groups)|thousand|hundred))"
    ),
    re.compile(rf"\bthe {NUMBER} (?:with the|that|which|where|most|hardest|strongest|highest|lowest|nastiest|gravest|quickest)\b"),
    re.compile(r"[,(:-]\s*(?:top |max |maximum )?" + NUMBER + r"(?:\s+(?:of them|only|max|please|rows?|results?|entries|items?))?\s*[.)]?$"),
)  # fmt: skip


def limit_in(text: str) -> int | None:
    """Return how many things a request asks for, None where it does not say."""
    for pattern in _LIMITS:
        match = pattern.search(text)
        if match is not None:
            n = number_of(match["n"])
            return min(n, _MOST) if n else None
    n = n_before(text, words_in("listed"))
    return None if n is None else min(n, _MOST)


def n_before(text: str, names: Collection[str]) -> int | None:
    """Return the number that stands before names of things, whatever tells which: "seven original voices"."""
    tokens = tokens_of(text)
    for at, token in enumerate(tokens):
        n = number_of(token.text) if token.text in NUMBERS or token.text.isdigit() else 0
        if not 1 < n <= _MOST_ASKED:
            continue
        for following in tokens[at + 1 : at + 2 + _MOST_BETWEEN]:
            if following.text in names:
                return n
            is_comma = following.text == ","
            if not (following.is_word or is_comma) or following.text in words_in("not_listed") | words_in(
                "people"
            ):
                break
    return None


_MOST_ASKED: Final = 100
_MOST_BETWEEN: Final = 5


def number_of(words: str) -> int:
    """Return the number that digits or a word say."""
    return int(words) if words.isdigit() else NUMBERS[words]


_NO_ORDER: Final = re.compile(
    r"\b(?:not|rather than|instead of|no matter)\s+(?:sorted |ranked |ordered )?(?:by|in order of)?\s*(?:how\s+)?(?P<what>[\w ]{1,30})"
)
_ORDERS: Final = (
    ("reach", re.compile(
        r"\b(?:by|order of|on|sort(?:ed)?|rank(?:ed)?|order(?:ed)?)\b.{0,25}\b(?:reach|number of|how many|headcount|frequency|share|how common|how often|how widespread|most affected|people affected|volume)"
        r"|\b(?:most common|commonest|most widespread|most frequent(?:ly)?|most often|most prevalent|widest|most people (?:have|complain|mention|affected)|hits? (?:the )?most|affects? (?:the )?most|touch(?:es)? (?:the )?most|(?:touch|affect|hit|concern|reach)(?:es|s)? (?:the )?(?:most|greatest number of|largest number of|more) (?:heads|people|customers|users|shoppers|buyers|of them)|by reach|reach first|(?:largest|biggest|highest|greatest) (?:number|share|part|proportion) of|most heads|by how many|widest (?:reach|spread)|biggest reach)"
    )),
    ("severity", re.compile(
        r"\b(?:by|order of|sort(?:ed)?|rank(?:ed)?|order(?:ed)?|in terms of)\b.{0,25}\b(?:severity|seriousness|gravity|how (?:bad|badly|serious|severe|much)|severe|pain level|damage)"
        r"|\b(?:severity first|most severe first|nastiest (?:\w+ )?first|gravest (?:\w+ )?first|most painful first|severest first|most serious first|gravest first|severity wise|by severity|from (?:the )?most (?:severe|serious))"
    )),
    ("trend", re.compile(
        r"\b(?:by|order of|sort(?:ed)?|rank(?:ed)?|order(?:ed)?)\b.{0,25}\b(?:trend|growth|how fast|momentum|change over time|speed)"
        r"|\b(?:fastest.growing|quickest.growing|fastest rising|fastest risers?|quickest risers?|(?:grow|grew|ris|rose|climb|increas|worsen)\w* (?:the )?(?:fastest|quickest|most)|by trend|trend first)"
    )),
)  # fmt: skip
_TRENDS: Final = (
    ("falling", re.compile(
        r"\b(?:falling|declining|decreasing|diminishing|shrinking|lessening|on the (?:decline|wane|way (?:down|out))|on (?:its|their) way (?:down|out)|going (?:down|away)|gone (?:down|away|quiet)|went (?:down|away|quiet)|gets? better|getting better|got better|get (?:less|rarer)|fad(?:e|es|ed|ing)|eas(?:es|ed|ing)|reced\w+|dwindl\w+|d(?:ying|ied|ie) (?:down|out)"
        r"|trending down(?:wards?)?|downwards?|(?:getting|become|becoming|became|got) (?:smaller|rarer|less|fewer)|cool(?:ing|ed) (?:off|down)|calm(?:ing|ed|s)? down|quiet(?:en|er)?(?:ed|ing)? down|settl(?:ing|ed) down|slow(?:ing|ed) down|tail(?:ing|ed) off|subsid\w+|improv(?:ing|ed)|dropping(?! (?:off|out))|disappearing|vanishing|drying up|dried up|under control|(?:got|getting|have) a (?:grip|handle) on|(?:getting|got|on) top of|less and less|fewer and fewer|(?:less|fewer)(?: \w+){0,4} (?:than (?:before|they used|it used|we used|in the past|earlier|last)|these days|lately|now|recently)|(?:hear\w*|see\w*|complain\w*|moan\w*|talk\w*|getting) (?:\w+ ){0,2}(?:less|fewer)\b|no longer (?:such|as) |used to be worse|(?:was|were) worse)\b"
    )),
    ("rising", re.compile(
        r"\b(?:rising|growing|increasing|climb\w*|on the (?:rise|up|increase|way up|march)|on (?:its|their) way up|going up|gone up|went up|go up|gets? worse|getting worse|got worse|gotten worse|worsen\w*|worse and worse|(?:become|becoming|became|growing) worse|escalat\w+|surg(?:e|ed|es|ing)|spik(?:e|ed|es|ing)|creep\w* up|crept up|gain(?:ing|ed)? (?:ground|traction|pace|steam|momentum)|snowball\w*|mount(?:ing|ed)|deteriorat\w+|soar\w*|pick(?:ing|ed)? up(?: (?:steam|speed|pace|momentum))?|gather(?:ing|ed)? (?:steam|pace|momentum|speed)"
        r"|trending(?: up(?:wards?)?| the wrong way)?|upwards?|(?:getting|become|becoming|got) (?:bigger|louder|more (?:common|frequent|often|of a problem|widespread))|heat(?:ing|ed) up|emerg(?:ing|ed)|(?:in|heading in|going in|moving in) the wrong direction|the wrong way|keeps? (?:growing|rising|increasing|coming up more)|more and more|(?:grow|rise|rose|grew|grown|risen|increase[ds]?)\b|(?:hear\w*|see\w*|complain\w*|moan\w*|talk\w*|getting) (?:\w+ ){0,2}more\b|more (?:\w+ ){0,3}(?:lately|these days|recently|than (?:before|they used|it used|we used|in the past|earlier|last month))|new(?:ly)? (?:arisen|appeared|cropped up)|cropp\w+ up more|getting out of hand|out of control|louder)\b"
    )),
)  # fmt: skip
_SEVERITIES: Final = (
    ("annoys", re.compile(
        r"\b(?:merely|just|only|simply|mildly|slightly)\s+(?:a\s+|an\s+)?(?:annoy\w*|irritat\w*|niggl\w*|nuisances?|bug|bugs)\b|\b(?:petty|trivial|pet peeves?|low severity|minor (?:issues?|problems?|complaints?|annoyances?|irritations?|gripes?|things?|stuff|ones?|pain ?points?)|mild(?:est)? (?:problems?|issues?|complaints?|pain ?points?|ones?))\b"
    )),
    ("blocked", re.compile(
        r"\b(?:show.?stoppers?|deal.?breakers?|blockers?|blocking|(?:stop|prevent|block|halt)(?:s|ping|ing)? .{0,25}(?:outright|altogether|entirely|dead)|dead ends?|road.?blocks?|insurmountable|(?:can(?: ?not)|could not) (?:go on|get past|carry on|continue|proceed)|unable to (?:go on|carry on|continue|proceed|finish)|(?:completely|totally|fully|outright) (?:block\w*|stuck|stop\w*)|high severity|critical (?:issues?|problems?|complaints?|pain ?points?|ones?)|stop(?:s|ped)? (?:people|customers|them|shoppers|users|buyers|folks)\b.{0,20}\b(?:completely|dead|cold|altogether|entirely|in their tracks))\b"
    )),
    ("costs_effort", re.compile(
        r"\b(?:cost(?:s|ing)? (?:\w+ ){0,3}effort|time.?wast\w+|wast\w+ (?:\w+ ){0,3}time|extra work|needless work|laborious|cumbersome|tedious|hoops?|medium severity|a faff|effortful|hard work|a hassle)\b"
    )),
)  # fmt: skip


def severity_in(text: str) -> str | None:
    """Return how bad a text says that things are, None where it says nothing of it or more than one thing."""
    said = [value for value, pattern in _SEVERITIES if pattern.search(text)]
    return said[0] if len(said) == 1 else None


_PRAISE: Final = re.compile(
    r"\b(?:prais\w+|compliment\w*|positive|rav(?:e|es|ing)|love[sd]?|happy|kudos|strengths?|delight\w*|appreciat\w+|good things?|nice things?|pleased)\b"
)
_COMPLAINT: Final = re.compile(
    r"\b(?:complain\w*|negative|critici\w+|gripes?|grumbl\w+|moan\w*|unhappy|bad things?|dissatisf\w+)\b"
)


def refined(tool: str, arguments: Mapping[str, Any], parsed: Parsed) -> dict[str, Any]:
    """Return the arguments of a tool with what the words of a request say beside its kind."""
    refine = _REFINE.get(tool)
    found = dict(arguments) | (refine(arguments, parsed) if refine is not None else {})
    found = {name: value for name, value in found.items() if value is not None}
    if tool in _LIMITED:
        limit = limit_in(parsed.text)
        found |= {"limit": limit} if limit is not None else {}
    return found


_OPPOSED: Final = re.compile(r"\b(?:as opposed to|rather than|instead of|and not|unlike)\b.*$")


def _pains(arguments: Mapping[str, Any], parsed: Parsed) -> dict[str, Any]:
    found: dict[str, Any] = {}
    text = _OPPOSED.sub(" ", parsed.text)
    negated = _NO_ORDER.search(text)
    text = text.replace(negated[0], " ") if negated is not None else text
    for name, values in (("order", _ORDERS), ("trend", _TRENDS), ("severity", _SEVERITIES)):
        said = [value for value, pattern in values if pattern.search(text)]
        # What the words say goes before what most phrasings of the kind say, where they say one thing only.
        if said and (name not in arguments or (name == "trend" and len(said) == 1)):
            found[name] = said[0]
    asked = {**arguments, **found}
    severities = parsed.all("severity")
    if severities and "severity" not in asked and asked.get("order") != "severity":
        found["severity"] = severities[0].value
    if asked.get("severity") == "annoys" and not (severities or _MERELY.search(text)):
        # "The biggest annoyance" is whatever hurts most.
        found["severity"] = None
    if asked.get("order") == "trend":
        # Growing ones first are all of them in an order, not the growing ones alone.
        found["trend"] = None
    return found


_MERELY: Final = re.compile(
    r"\b(?:mere|merely|just|only|simply|mildly|slightly|small|smaller|smallest|little|minor|petty|trivial|harmless|low|lowest|bit|rather than|instead of|not|without|mild|tiny|least|lesser|annoys?|annoying|irritates?|irritating|irks?|irksome|bugs?|nuisances?|peeves?)\b"
)


def _themes(arguments: Mapping[str, Any], parsed: Parsed) -> dict[str, Any]:
    praise, complaint = _PRAISE.search(parsed.text), _COMPLAINT.search(parsed.text)
    if "sentiment" in arguments and praise is not None and complaint is not None:
        return {"sentiment": "all"}
    if "sentiment" in arguments or (praise is None) == (complaint is None):
        return {}
    return {"sentiment": "praise" if praise is not None else "complaint"}


def _emotions(arguments: Mapping[str, Any], parsed: Parsed) -> dict[str, Any]:
    emotions = parsed.all("emotion")
    values = {one.value for one in emotions}
    return {"emotion": emotions[0].value} if "emotion" not in arguments and len(values) == 1 else {}


def _paths(arguments: Mapping[str, Any], parsed: Parsed) -> dict[str, Any]:
    return {"level": "stage"} if "level" not in arguments and _STAGE_LEVEL.search(parsed.text) else {}


_STAGE_LEVEL: Final = re.compile(
    r"\b(?:stage.level|level of (?:the )?stages?|by stages?|from stage to stage|stage.to.stage|stage by stage|in terms of stages|between (?:the )?stages|through (?:the )?stages)\b"
)


def _moments(arguments: Mapping[str, Any], parsed: Parsed) -> dict[str, Any]:
    kind = next((kind for kind, pattern in _KINDS if pattern.search(parsed.text)), None)
    return {"kind": kind} if kind is not None and "kind" not in arguments else {}


_KINDS: Final = (
    ("wait", re.compile(r"\b(?:waits?|waiting|delays?)\b")),
    ("pain_point", re.compile(r"\b(?:pain ?points?|problems?|complaints?|gripes?|issues|frustrations?|annoyances?)(?: only| alone| exclusively|, (?:only|nothing else))\b|\b(?:only|just) (?:the |about )?(?:pain ?points?|problems?|complaints?|gripes?)\b|\b(?:which|what|the|any|do|are|of|only)\s+(?:\w+\s+)?(?:pain ?points?|problems?|complaints?|gripes?|issues|frustrations?|annoyances?|irritations?|grievances|troubles|headaches)\b")),
    ("event", re.compile(r"\b(?:which|what|the|any|only)\s+(?:\w+\s+)?(?:actions?|events?|steps?|behaviou?rs?|activit(?:y|ies)|things (?:customers|people|they|shoppers|users) (?:did|do))\b|\bdid \(not sa")),
)  # fmt: skip


def _compared(arguments: Mapping[str, Any], parsed: Parsed) -> dict[str, Any]:
    """Return what of two groups or times is compared, where words say another thing than the kind does."""
    said = [what for what, words in _COMPARED if words.search(parsed.text)]
    if len({one.value for one in parsed.all("event")}) > 1:
        said.insert(0, "funnel")
    elif parsed.all("stage") and "retention" in said:
        # "Stay longer in consideration": how long they stay there.
        said.insert(0, "stages")
    return {"what": said[0]} if said and arguments.get("what") not in said else {}


_COMPARED: Final = (
    ("funnel", re.compile(r"\b(?:funnels?|conver(?:t|ts|sion|sions|ting)|leak\w*|(?:makes?|made|get|gets|got) (?:it )?(?:from|through) .{2,40} to|turn(?:s|ed)? into)\b")),
    ("pain_points", re.compile(
        r"\b(?:complain\w*|complaints?|pain ?points?|problems?|issues?|gripes?|griping|grievances?|troubles?|unhappy|bother\w*|hurts?|struggl\w+|moan\w*|grumbl\w+|annoy\w*|upset|frustrat\w+|wrong|hate|put up with|suffer\w*|difficult\w*|fed up|irritat\w+)\b"
    )),
    ("retention", re.compile(r"\b(?:retention|retain\w*|loyal|loyalty(?! (?:tier|level|card|scheme|programme|points))|com(?:e|es|ing) back|came back|stick(?:s|ing)? (?:with|around)|stay(?:s|ing|ed)? (?:longer |on |loyal )?(?:with|around|longer)|active again|still (?:around|active|here)|returns? more|keep coming)\b")),
    ("stages", re.compile(r"\b(?:stages?|drop.?offs?|time (?:spent|in|per)|how (?:fast|quickly|long)|linger\w*|dwell\w*)\b")),
    ("paths", re.compile(r"\b(?:paths?|routes?|journeys?|travel\w*|steps?|behav\w+|sequences?|(?:do|act|move|go about) (?:\w+ )?(?:differently|alike)|way through|walk)\b")),
)  # fmt: skip


_REFINE: Final[Mapping[str, Callable[[Mapping[str, Any], Parsed], dict[str, Any]]]] = {
    "list_pain_points": _pains,
    "list_themes": _themes,
    "show_emotions": _emotions,
    "show_paths": _paths,
    "list_moments": _moments,
    "compare_groups": _compared,
    "compare_periods": _compared,
}
_LIMITED: Final = frozenset(
    {
        "search_evidence",
        "list_pain_points",
        "list_themes",
        "show_paths",
        "list_moments",
        "suggest_actions",
        "list_opportunities",
    }
)
