"""Tells texts that give orders to a machine from what customers say of their own experience.

A label stands at the head of a page and is read by language models, so that nobody must be able to word one by writing
orders into a review. Words that complaints need as well ("the instructions were missing", "it ignores me", "support told me to
ignore it") are no order by themselves.
"""

import re

_TO_FORGET = r"(?:ignore|disregard|forget|override|overrule|bypass|discard|skip|delete|drop)"
_TOLD = r"(?:instructions?|prompts?)"
_RULES = r"(?:rules|guidelines|directives|directions|commands?|guardrails|context|training|policies)"
_WHICH = (
    r"(?:(?:all|any|every|each|the|your|these|those|of|other|previous|prior|earlier|preceding|above|system) )"
)
_EARLIER = r"(?:all|any|every|your|previous|prior|earlier|preceding|above|system|safety)"
_THIS = r"(?:this|that|it|the|these|those|your|my|our|every|all)"
_OURS = r"(?:themes?|labels?|topics?|categor(?:y|ies)|clusters?|headings?|summary|summaries|analys[ei]s|classification|sentiment|pain points?)"
_TO_CALL = r"(?:call|name|rename|label|relabel|title|tag|classify|categori[sz]e|mark|rate|rank|score|describe|summari[sz]e)"
_MACHINE = r"(?:ai|a\.i\.|llm|gpt|chatgpt|(?:large )?language model|ai (?:assistant|model|system))"

_ORDER = re.compile(
    rf"\b{_TO_FORGET} {_WHICH}{{1,5}}{_TOLD}\b"
    rf"|\b{_TO_FORGET} (?:the |of ){{0,2}}{_EARLIER} (?:of )?{_WHICH}{{0,4}}{_RULES}\b"
    rf"|\b{_TO_FORGET} (?:everything|anything|what(?:ever)?) (?:\w+ ){{0,4}}(?:above|before|earlier|previously)\b"
    rf"|\b{_TO_CALL} {_THIS} (?:\w+ ){{0,2}}{_OURS}\b"
    rf"|\b(?:new|updated|hidden|secret|following) (?:system )?(?:instructions?|prompt)\b(?= (?:for|to) (?:you|the (?:ai|model|assistant))\b|:)"
    r"|\bsystem (?:prompt|message|instructions?)\b"
    rf"|\b(?:you are|act as|pretend to be|you're|behave (?:as|like)) (?:now )?(?:an? |the )?(?:\w+ )?{_MACHINE}\b"
    rf"|\b(?:as|dear|attention|hey|note to|to) (?:an? |the |any |all )?{_MACHINE}\b(?= ?[,:]| (?:reading|processing|analy))"
    r"|(?:^|\n)\s*(?:#+\s*)?(?:system|assistant)\s*:"
    r"|<\|?/?(?:system|im_start|im_end|assistant|instructions?)\b"
    r"|\[/?inst\]|\bjailbreak\b|\bprompt injection\b",
    re.IGNORECASE,
)


def commands_machine(text: str) -> bool:
    """Tell whether a text orders a machine about, in English; case, spaces and line breaks between words do not matter."""
    return _ORDER.search(text) is not None or _ORDER.search(" ".join(text.split())) is not None
