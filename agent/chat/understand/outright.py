"""Messages that are no request: empty ones, greetings, code, orders to the product itself, noise."""

import re
from typing import Final

from agent.chat.understand.understood import Cannot
from agent.chat.understand.words import MAX_CHARS, MAX_WORDS, Token, words_in

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
    r"\b(?:held.?out|hold.?out|holdout|vault)\b(?!.{0,12}\b(?:check|test|verdict)\b)(?:.{0,40}\b(?:say|said|saying|complain\w*|quotes?|think|feel|feedback|pain points?|problems?|struggle)\b)"
    r"|\b(?:(?:keep|kept|keeping|put|set) (?:\w+ ){1,4}?(?:aside|hidden|apart|secret)|hid(?:e|es|ing|den)? (?:\w+ ){0,2}?(?:customers?|people|records|shoppers)|(?:hold|held|holding) (?:\w+ ){1,4}?(?:aside|back))\b.{0,40}\b(?:they|them|their|those|these)\b.{0,40}\b(?:say|said|wrote|written|saying|complain\w*|quotes?|think|feel|feedback|pain points?|problems?|struggle)\b"
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
    if len(utterance) > MAX_CHARS or len(text.split()) > MAX_WORDS:
        return _cannot("too_long")
    signs = (("sql", _SQL), ("injection", _INJECTION), ("held_out", _HELD_OUT), ("causal", _CAUSAL))
    found = next((kind for kind, pattern in signs if pattern.search(text)), None)
    return None if found is None else _cannot(found)


def nonsense() -> Cannot:
    """Return that a message has no word that requests are made of."""
    return _cannot("nonsense")


def has_known_word(tokens: tuple[Token, ...]) -> bool:
    """Tell whether a request has any word that requests are made of."""
    known = (
        words_in("generic")
        | words_in("stop")
        | words_in("people")
        | words_in("groups")
        | words_in("computed")
    )
    return any(token.text in known for token in tokens if token.is_word)


def _cannot(kind: str) -> Cannot:
    return Cannot(kind, _STATEMENTS[kind])
