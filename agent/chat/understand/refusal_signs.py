"""What the words of a request say for and against refusals, each of which is near to requests that can be answered."""

import re
from collections.abc import Mapping
from typing import Final

from agent.chat.understand.concepts import concepts_of
from agent.chat.understand.parsing import Parsed
from agent.chat.understand.words import words_in

STRONGEST: Final = 0.5
"""For words that hardly ever mean anything else."""
SURELY: Final = 0.8
"""For whole clauses that mean nothing else."""

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
_WORDS_OF_REFUSALS: Final[Mapping[str, re.Pattern[str]]] = {
    "weather": re.compile(r"\b(?:weather|rain\w*|sun|sunny|temperature|snow\w*|bank|account balance|reminder|remind|timer|alarm|milk|recipe|cook|pizza|taxi|flight|traffic|news|football|match|calorie\w*|song|music|capital|holiday|dinner|lunch|restaurant|movie|film|card|loan|credit|bill|bills|car|translate|spell|insurance|transfer|balance|pay|paid|time is it|what day)\b"),
    "settings": re.compile(r"\b(?:password|passwords|profile|settings?|log ?in|log ?out|sign ?in|sign ?out|dark mode|theme|font|account|language|preferences?|notification|notifications|username|my (?:e-?mail|name|picture|account))\b"),
    "jokes": re.compile(r"\b(?:jokes?|sing|song|songs|poem|poems|riddle|story|stories|rhyme|haiku|funny|fun fact|limerick|dance|game|play|meaning of life|tell me something)\b"),
    "greeting": re.compile(r"\b(?:good (?:morning|afternoon|evening|day|night)|hello|hi|hey|hiya|how are you|nice to meet|greetings|howdy)\b"),
    "thanks": re.compile(r"\b(?:thanks?|thank|cheers|great|well done|nice|brilliant|perfect|awesome|bye|goodbye|appreciate|good (?:job|answer|work)|lovely|super|ta|helpful)\b"),
    "injection": re.compile(r"\b(?:ignore|disregard|forget|override|bypass|prompt|rules?|your (?:instructions|orders|programming)|(?:previous|above|these|those|all|my) instructions|pretend|jailbreak|api key|keys?|passwords?|secrets?|developer|admin|root|act as|you are|mode|token|credentials?|workspaces?)\b"),
    "advice_legal": re.compile(r"\b(?:allowed|legal\w*|law|laws|lawful|sue|compliant|compliance|gdpr|consent|liable|liability|lawyer|contract|court|rights?|regulat\w*|permitted|privacy|data protection)\b"),
}  # fmt: skip
"""Likeness alone is too little for these: a request that has none of the words is another, however near it sounds."""
_WITHOUT_WORDS: Final = -0.4
_OF_THE_WORLD: Final = (
    "operations", "weather", "advice_legal", "web_metrics", "settings", "strategy", "send", "picture", "schedule", "change_data", "causal",
    "injection", "sql", "revenue",
)  # fmt: skip
_INSIDERS: Final = rf"(?:{'|'.join(sorted(words_in('insiders')))})"
_MADE_INSIDE: Final = re.compile(
    rf"\bwhy (?:do|does|did|is|are|was|were|has|have|can|could) (?:(?:our|the|my|your|that|this|those|these|some|so many|\w+ing) )*(?:\w+ )?{_INSIDERS}\b(?!s? (?:complaints?|problems?|issues?|gripes?|pain))"
    rf"|\b(?:is|are|was|were) (?:(?:our|the|my) )(?:\w+ )?{_INSIDERS} (?:\w+ )?(?:under|over|too|badly|poorly|not|short|at fault|to blame|paid|trained|careless|sloppy|lazy|overworked|understaffed|incompetent|stressed|rushed)\b"
    rf"|\bhow (?:often|many times|fast|quickly|well|much|long) (?:do|does|did|is|are|can) (?:(?:our|the|my) )?(?:\w+ )?{_INSIDERS}\b(?! (?:\w+ )?(?:come up|comes up|get (?:\w+ )?(?:complaints?|mentioned|named|blamed|praised)|appear|feature|annoy|upset))"
    r"|\bhow (?:many|much)\b.*\b(?:did|do|have|had|can|will) we (?:\w+ )?(?:issue|pay|ship|send|process|handle|sell|deliver|grant|hire|pack|produce|stock|restock|spend)(?:ed|d)?\b"
)
"""Why, how often or how well those do what they do who work for or with the brand: no customer knows."""
_SPEAK: Final = re.compile(
    r"\b(?:their (?:own )?words|horror stories|(?:un)?happy (?:about|with)|blam\w+|moans?|grievances?|prais\w+|gripes?|evidence|died down|"
    r"(?:customers?|people|shoppers?|buyers?|clients?|users|members|folks|they|anyone|anybody|someone|somebody|reviews?|reviewers|callers)\b"
    r"(?: \w+){0,4}? (?:say|says|said|saying|write|wrote|writing|mention\w*|talk\w*|speak|think|complain\w*|comment\w*|bring up|brought up|reckon|moan\w*|grumbl\w*|report\w*)"
    r"|(?:complaints?|comments?|feedback|quotes?|opinions?|remarks?|views?|reviews) (?:about|on|of|regarding|concerning|that))\b"
)
_MONEY: Final = re.compile(
    r"\b(?:how much|how many (?:dollars|euros?|pounds|bucks)|dollars|euros?|pounds|revenue|profit|turnover|margins?|sales|cost(?:s|ing)? us|we (?:lose|lost|make|made|spend|spent|earn))\b"
)
_MONEY_ASKED: Final = re.compile(
    r"\b(?:how (?:much|many)|what|which) (?:\w+ )?(?:money|revenue|profit|sales|turnover|margins?|dollars|euros?|pounds)\b(?! (?:messages?|problems?|issues?|complaints?|worries|matters|staff|teams?|people|pitch\w*|talk|e-?mails?|calls?|tax))|\b(?:cost(?:s|ing)?|saves?|earns?) us\b(?! (?:\w+ )?(?:customers?|people|shoppers|buyers|time|trust|goodwill|loyalty))|\b(?:roi|roas|return on (?:investment|ad spend))\b"
    r"|^(?:(?:our|the|my|total|monthly|weekly|daily|yearly|annual|average|net|gross|show|give|tell|me|us) )*(?:revenues?|turnover|profits?|(?:profit |gross |net |contribution )?margins?|ltv|clv|cac|aov|(?:average )?(?:order|basket) value|ad spend)\b(?! (?:messages?|problems?|issues?|complaints?))"
)
_WHO_COUNT: Final = re.compile(
    r"\b(?:how many|headcount|number|share|proportion|percentage|fraction|part|what kind|which) (?:of |for )?(?:the |our |all )?(?:customers?|people|shoppers|users|folks|buyers|clients|members|them)\b"
)
_SPOKEN_OF: Final = -0.3
"""Of whatever in the world customers speak, what they say of it is in the data."""


def refusal_signs(parsed: Parsed) -> dict[str, float]:
    """Return by how much the words of a request speak for refusals, or against them, by the kind's id."""
    ideas = concepts_of(parsed.text)
    found = {kind: _WITHOUT for kind, needed in _IDEAS_OF_REFUSALS.items() if not ideas & needed}
    found |= {
        kind: _WITHOUT_WORDS for kind, words in _WORDS_OF_REFUSALS.items() if not words.search(parsed.text)
    }
    if parsed.subject is not None and _SPEAK.search(parsed.text):
        found |= {kind: found.get(kind, 0.0) + _SPOKEN_OF for kind in _OF_THE_WORLD}
    if _MONEY_ASKED.search(parsed.text):
        found["revenue"] = STRONGEST
    elif parsed.subject is not None and parsed.subject.led and not _MONEY.search(parsed.text):
        # Whom costs or charges bother is counted; the money itself is not.
        found["revenue"] = found.get("revenue", 0.0) + _SPOKEN_OF * bool(_WHO_COUNT.search(parsed.text))
    if _MADE_INSIDE.search(parsed.text) and not _SPEAK.search(parsed.text):
        found["operations"] = SURELY
    return found
