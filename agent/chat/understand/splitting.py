"""Several requests in one message, and messages that are none."""

import re
from typing import Final

from agent.chat.understand.parsing import control_in
from agent.chat.understand.understood import Cannot
from agent.chat.understand.words import MAX_CHARS, Token, tokens_of, words_in

_MOST_PARTS: Final = 4
_OPENERS: Final = (
    r"(?:what|how|why|where|which|who|whom|when|is there|are there|show|give|list|tell|compare|write|propose|draft|do (?:they|we|people|customers)"
    r"|does|did|can|could|is|are|find|search|explain|suggest|create|make|predict|send|delete|forecast)\b"
)
_SPLIT: Final = re.compile(
    rf"\s*[?!;\n]+\s*(?:and\s+|also\s+|then\s+)?|\s*\.\s+|\s*,?\s+(?:and|then|but|plus)\s+(?:then\s+|also\s+|please\s+)?(?={_OPENERS})|\s*,\s*(?={_OPENERS})",
)
_SQL: Final = re.compile(
    r"\b(?:select\s+.+\s+from|insert\s+into|update\s+\w+\s+set|delete\s+from|drop\s+(?:table|database)|union\s+select|truncate\s+table|alter\s+table)\b"
    r"|;\s*--|'\s*or\s+'?1'?\s*=\s*'?1|<\s*script|\{\{.*\}\}|\$\{|__import__|\bos\.system\b|\bcurl\s+http|\brm\s+-rf\b"
)
_INJECTION: Final = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:instruction|rule|prompt|guideline|previous|above|everything|restriction|policy|policies)"
    r"|\b(?:system|hidden|initial|developer)\s+(?:prompt|instruction|message|mode)"
    r"|\byou are (?:now|no longer)\b|\bpretend (?:to be|you are|that you)\b|\bact as (?:an?|if)\b|\bjailbreak|\bdan mode\b"
    r"|\b(?:reveal|print|show|tell me|leak)\b.{0,30}\b(?:api key|secret|password|credential|token|environment variable)"
    r"|\b(?:another|other|different|all)\s+workspaces?\b"
)
_CAUSAL: Final = re.compile(
    r"\b(?:causality|causation|causal (?:effect|link|impact|proof)|root causes?)\b|"
    r"^(?:so\s+|and\s+)?(?:did|does|do|is|are|was|were|has|have|had|could|can)\b(?! (?:anyone|anybody|customers|people|they|you)\b).+"
    r"\b(?:cause|caused|causes|causing|to blame for|responsible for|the reason|lead to|led to|result in|resulted in|trigger|triggered)\b"
    r"|\b(?:prove|proof|proves|evidence|certain|sure)\b.{0,60}\b(?:caused|causes|because of|due to|made (?:us|them|people|customers)|(?:is|was) the (?:cause|reason))\b"
)
"""A question of what was the cause of what, answered with yes or no."""
_HELD_OUT: Final = re.compile(
    r"(?:\b(?:say|said|saying|complain\w*|quotes?|read|think|feel|feedback|reviews?|pain points?|problems?|struggle|open|look (?:at|into)|see|show|use|include)\b.{0,40})?"
    r"\b(?:held.?out|hold.?out|holdout|vault)\b(?:.{0,40}\b(?:say|said|saying|complain\w*|quotes?|think|feel|feedback|pain points?|problems?|struggle)\b)"
    r"|\b(?:say|said|saying|complain\w*|quotes?|read|think|feel|feedback|pain points?|problems?|struggle|open)\b.{0,40}\b(?:held.?out|hold.?out|holdout|vault)\b(?!.{0,12}\b(?:check|test|verdict)\b)"
)
_GREETING: Final = re.compile(
    r"^(?:hi|hello|hey|hiya|greetings|howdy|good (?:morning|afternoon|evening|day))(?: (?:there|all|everyone|again|to you))?$"
)
_THANKS: Final = re.compile(
    r"^(?:(?:many |ok |great |perfect )?(?:thanks|thank you|cheers|ta)(?: (?:a lot|so much|very much|again|for that|you))*|bye|goodbye|see you(?: later)?)$"
)
_STATEMENTS: Final = {
    "greeting": "Hello. Ask about what customers said or did.",
    "thanks": "You are welcome.",
    "empty": "Nothing was asked. Ask about what customers said or did.",
    "too_long": "That is too long for a question. Put it in one or two sentences; texts of customers are read in on the Sources page.",
    "nonsense": "That was not understood. Ask in words about what customers said or did.",
    "causal": "What causes what cannot be told from this data; ask which experiences go along with leaving or buying later.",
    "held_out": "Held-out customers stay unseen, so that variants can be checked honestly; ask how many are held out.",
    "sql": "Queries and code are neither written nor run here; ask the question in words.",
    "injection": "That was taken as a text, not as an instruction; ask about what customers said or did.",
}


def refused_outright(utterance: str, text: str) -> Cannot | None:
    """Return why a message is no request at all, or None.

    Args:
        utterance: As it was sent.
        text: The same in plain lower case.
    """
    if not text.strip(" ?!.,;:\n"):
        return _cannot("empty")
    bare = text.strip(" ?!.,;:\n")
    if _GREETING.match(bare) or _THANKS.match(bare):
        kind = "greeting" if _GREETING.match(bare) else "thanks"
        return Cannot(kind, _STATEMENTS[kind], small_talk=True)
    if len(utterance) > MAX_CHARS:
        return _cannot("too_long")
    signs = (("sql", _SQL), ("injection", _INJECTION), ("held_out", _HELD_OUT), ("causal", _CAUSAL))
    found = next((kind for kind, pattern in signs if pattern.search(text)), None)
    return None if found is None else _cannot(found)


def nonsense() -> Cannot:
    """Return that a message has no word that requests are made of."""
    return _cannot("nonsense")


def has_known_word(tokens: tuple[Token, ...]) -> bool:
    """Tell whether a request has any word that requests are made of."""
    known = words_in("generic") | words_in("stop") | words_in("people")
    return any(token.text in known for token in tokens if token.is_word)


def _cannot(kind: str) -> Cannot:
    return Cannot(kind, _STATEMENTS[kind])


def parts_of(text: str) -> tuple[str, ...]:
    """Return the requests of a message, in order; marks within quotation marks do not part."""
    kept: list[str] = []
    text = without_talk(_EXAMPLE.sub("", text))

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"quoted{len(kept) - 1}mark"

    hidden = re.sub(r"[\"“”«»][^\"“”«»]*[\"“”«»]", keep, text)
    parts = [part.strip(" ,;:.!?") for part in _SPLIT.split(hidden) if part and part.strip(" ,;:.!?")]
    shown = [re.sub(r"quoted(\d+)mark", lambda match: kept[int(match[1])], part) for part in parts]
    return tuple(_joined(shown)[:_MOST_PARTS]) or (text,)


_WANTS: Final = re.compile(
    r"^.*\b(?:(?:need|want|wants|wanted|like|love|trying|keen|curious|eager|hoping|asked me|have|got|has) to (?:know|see|understand|find out|learn|hear|figure out|check|get a feel for|look at|work out|tell them|say|show them)|want(?:s)? to know|(?:keep|keeps|kept) asking(?: me| us)?|(?:is|are|was|were|am) (?:asking|wondering)(?: me| us)?|(?:asked|asks|ask) (?:me|us)|wonder(?:ing)?|i am curious|the question is|my question(?: is)?|question:|so tell me|tl;?dr:?)\b[\s,:-]*(?:if you (?:can|could) tell me\s+|about\s+(?=(?:what|which|who|how|where|why)\b))?(?P<rest>.+)$",
    re.DOTALL,
)
_WHAT_FOR: Final = re.compile(
    r"^(?:i|we|people|everyone|everybody|they|the team) (?:keep|keeps|kept|am|are|is) (?:hearing|telling me|going on|reading|seeing|talking) (?:so much |a lot |all the time )?(?:about|of)\s+|"
    r"^(?:ok|okay|so|hi|hello|hey|well|right|quick one|quick question|one more thing|morning|please)[\s,:!-]+(?=\w)"
    r"|^(?:for|before|ahead of|in preparation for|prepping for) (?:my|our|the|a|an|tomorrow|monday|tuesday|wednesday|thursday|friday|next|this|today)\b[^,:;?]{0,60}[:,-]\s*"
    r"|^as (?:a|an|the) [\w -]{3,40}?,?\s+(?=(?:i|we|what|which|how|where|who|why|show|give|list)\b)"
    r"|[\s,-]*\b(?:so (?:that )?(?:i|we|they|my|our) (?:can|could|know|have|may|will)|because (?:i|we|my|our)|as (?:i|we) (?:am|are|have|need|want)|since (?:i|we) (?:am|are|have|need|want)|in order to (?:put|prepare|present|decide))\b[^?]*$"
    r"|[\s,-]*\bfor (?:my|our|the|a|tomorrow'?s?|monday'?s?|next week'?s?) (?:\w+ )?(?:deck|slides?|presentation|meeting|report|board|workshop|stand.?up|review|team|boss|manager|brief|briefing|quarterly|pitch|memo|article|blog|post)\b(?: \w+)?(?=[\s?.!,]*$)"
    r"|[\s,-]+(?:can|could|would) you (?:list|show|tell|give|check|look)(?: me)?(?: that| this| it| them)?(?: up)?(?: please)?(?=[\s?.!]*$)"
)
_NOT_THAT: Final = re.compile(
    r"\b(?:i |we )?(?:could not|do not|can not) care (?:less )?(?:about|for) [^.,;?!]+[.,;?!]\s*|\b(?:never mind|forget(?: about)?|leave|leaving|putting|put|setting) [^.,;?!]{2,40}?(?: aside| out of it)?[.,;]\s*(?=\w)|\b(?:nothing|not interested in) (?:on |about |minor |the )[^.,;?!]{2,40}[.,;]\s*(?=\w)"
)
_LEAST_LEFT: Final = 3


def without_talk(text: str) -> str:
    """Return a message without what only tells why somebody asks, or what is not asked for; the whole where little is left."""
    if "map" in text.split():
        # The parts of a map's scope are told in clauses like these.
        return text
    for pattern in (_NOT_THAT, _WHAT_FOR, _WHAT_FOR):
        shorter = pattern.sub(" ", text).strip()
        text = shorter if len(shorter.split()) >= _LEAST_LEFT else text
    match = _WANTS.match(text)
    if match is not None and len(match["rest"].split()) >= _LEAST_LEFT:
        return match["rest"]
    return text


_EXAMPLE: Final = re.compile(r"\s*[,(]\s*(?:for example|for instance|such as|say)\b[^,;?!()]*\)?")
"""An example in passing limits nothing."""
_CONTEXT: Final = re.compile(
    r"^(?:hi|hello|hey|ok|okay|well|so|thanks|thank you|please|good morning|good afternoon|right|great|now|dear \w+|hi there|hey there)$"
)


_OPEN: Final = re.compile(
    r"^(?:out of|after|before|for|in|on|at|since|among|of|when|once|if|during|from|with|regarding|about|concerning|as for)\b|^[^,]{1,40}$"
)
"""A part that only says where or for whom belongs to the part behind it."""
_VERBED: Final = re.compile(
    rf"^(?:{_OPENERS})|\b(?:is|are|do|does|did|want|need|show|tell|give|(?<!only )please|would|can|and|what|how|why)\b|^\w+$"
)


_PREAMBLE: Final = re.compile(
    r"^(?:i|we|my \w+|our \w+) (?:am|are|is|was|were|have|has|work|run|plan|prepare|lead|manage|just|only|read|saw|heard|sell|launched|spoke|met|got)\b"
    r"(?!.*\b(?:interested|wondering|curious|want|need|like|looking|trying|asking|asked)\b)"
)
"""A sentence that tells why somebody asks, and asks nothing."""
_SHORT_TAIL: Final = re.compile(
    r"^(?:and )?what (?:speaks )?(?:for|against)(?: it| this| that)?$"
    r"|^(?:and )?(?:then )?(?:by )?(?:how many|what (?:share|part|percentage)|which share) (?:of (?:those|them|these)\b.*|(?:different |distinct |individual |separate |single )?(?:customers|people|persons|clients|users)(?:,? i mean)?$)"
    r"|^(?:please )?(?:(?:make|do|give me|write|show|i (?:need|want)|say|about|maybe|just|only|let us have)(?: it| me)? )?(?:\d{1,2}|two|three|four|five|six|seven|eight|nine|ten)(?: of (?:them|those|these))?(?: (?:please|versions|variants|will do|is enough|are enough|max))?$"
    r"|^(?:just |only )?(?:the |a )?(?:number|count|figure|total)(?: only| please| will do)?$"
)
"""A part that says how many, for or against of what stands before it."""
_NEXT_TAIL: Final = re.compile(
    r"^(?:and )?(?:then )?(?:what|where)(?: (?:do|did|does|happens|happened|comes|next|then|they|these|people|customers|go|went|on|to|straight|right|directly|immediately|after|afterwards|thereafter|that|it|follows))+$"
)
"""What comes then, of something that was told and not asked."""
_ASKING: Final = re.compile(rf"^(?:and |so |please )*{_OPENERS}")


def _joined(parts: list[str]) -> list[str]:
    """Return parts without mere greetings before a request, and with fragments put back to what they belong to."""
    found: list[str] = []
    for part in parts:
        if (_CONTEXT.match(part) or (_PREAMBLE.match(part) and part != parts[-1])) and len(parts) > 1:
            continue
        is_tail = bool(_SHORT_TAIL.match(part)) or control_in(part) is not None
        if found and (is_tail or (_NEXT_TAIL.match(part) and not _ASKING.match(found[-1]))):
            found[-1] = f"{found[-1]} {part}"
            continue
        words = [token for token in tokens_of(part) if token.is_word]
        if found and _OPEN.match(found[-1]) and not _VERBED.search(found[-1]):
            found[-1] = f"{found[-1]} {part}"
            continue
        if found and len(words) == 1 and words[0].text not in {"why", "how", "who", "where", "when"}:
            found[-1] = f"{found[-1]}, {part}"
        else:
            found.append(part)
    return found
