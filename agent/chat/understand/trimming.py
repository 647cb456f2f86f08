"""Sentences without greetings, asides, reasons and what is not wanted."""

import re
from functools import cache
from typing import Final, cast

from agent.chat.understand.telling import (
    with_teller,
    without_programs,
    without_state,
    without_welcome,
)
from agent.chat.understand.words import lexicon

_FREE: Final = (
    r"(?:and|so|but|also|then|plus|ok|okay|well|hi+|hello|hey|hiya|please|pls|kindly|sorry|thanks|thank you|anyway|basically|oh|um+|erm?|omg|lol|hmm+"
    r"|honestly|frankly|actually|bonjour|ciao|hola|hallo|namaste|ta|cheers|yo|argh|ugh|gosh|wow|alright|right then|ok so|do the needful(?: and)?)"
)


SET_OFF: Final = (
    r"(?:now|right|listen|look|again|first(?:ly)?|second(?:ly)?|third(?:ly)?|lastly|finally|(?:good )?(?:morning|afternoon|evening|day)|guys|team|folks|mate|there|everyone|dear \w+|just|same|kindly"
    r"|quick (?:one|question|q|ask|thing)[^,:!-]{0,40}|(?:one|an)?(?: more| other|other| last| final| quick)? ?(?:thing|question)|if (?:this|that|it) is (?:a |an )?(?:silly|stupid|daft|odd|wrong|basic|dumb)[^,:]*|if (?:you please|you do not mind|you can|possible|i may)|when you (?:can|have a moment|get a moment)|no rush|whatever you do"
    r"|in short|long story(?: short)?|short (?:question|version|story)|(?:for |some |a bit of )?(?:context|background)|disclaimer|note|p\.?s\.?|to cut a long story short|tl;?dr|fyi|by the way|out of (?:curiosity|interest)|(?:kinda|kind of|a bit|bit) (?:random|odd|silly)|here is the (?:deal|thing)|just (?:curious|checking|wondering)|(?:my )?question|one number|a straight (?:answer|yes or no)|genuine question|silly question|honest question)"
)


_OPENING: Final = re.compile(
    rf"^(?:{_FREE}(?:[\s,:!.-]+|$)|{SET_OFF}\s*(?:[,:!]|\s-)+\s*|(?:there|all|everyone|team|folks|guys)\s*[,!]+\s*)(?=\w|$)"
)


_CLOSING: Final = re.compile(
    r"(?:\b(?:(?:is |are |s |would be |will be )?(?:good enough|fine|enough) for (?:me|us|now)|(?:much|greatly) appreciated|that is (?:all|it)|asking for (?:a|my) (?:friend|colleague|mate|client|boss|team)"
    r"|(?:thanks )?a (?:million|bunch|ton)|thank you(?: so much| very much)?|(?<!say )(?<!said )thanks(?: a lot| so much| in advance)?|(?<!say )cheers|ta|please|pls|if you (?:have|can|could|please|know)(?: (?:it|them|that|one|some))?|you know|(?:will|would|can|could) you"
    r"|and|po|na|yaar|innit|kind regards|regards|s\.?v\.?p\.?|danke|merci)|(?:^|,\s*)(?:(?:that|this|it|which) )?(?:is |are |would be |will be )?(?:great|nice|lovely|helpful|good enough|fine|enough|nothing (?:else|more|fancy)|no (?:rush|hurry|need|lecture|more)))\s*$"
)


_ENOUGH: Final = re.compile(
    r"(?P<what>(?:^|, )(?:[\w-]+ ){0,5}?[\w-]+)(?<!they)(?<!we)(?<!who)(?<!people)(?<!customers)(?<!shoppers)(?<!users)(?<!buyers) (?:would|will) (?:do|suffice)$"
)
"""Said of what is asked for: "ten will do"."""


_REASON: Final = re.compile(
    r"[\s,-]*\b(?:so (?:that )?(?:i|we|they|my|our) (?:can|could|know|have|may|will|do)|because (?:i|we|my|our|the)|as (?:i|we) (?:am|are|have|need|want|plan)|since (?:i|we) (?:am|are|have|need|want)|in order to)\b[^?]*$"
    r"|[\s,-]*\bfor (?:my|our|the|a|tomorrow'?s?|monday'?s?|next week'?s?) (?:\w+ )?(?:deck|slides?|presentation|meeting|report|board|workshop|stand.?up|review|team|boss|manager|brief|briefing|quarterly|pitch|memo|article|blog|post|newsletter piece|client|intern|agency)\b(?: \w+)?(?=[\s?.!,]*$)"
    r"|[\s,-]+(?:can|could|would) you (?:please )?(?:list|show|tell|give|check|look)(?: me)?(?: that| this| it| them)?(?: up)?(?: please)?(?=[\s?.!]*$)"
)


_AHEAD: Final = re.compile(
    r"^(?:for|before|ahead of|in preparation for|prepping for|because of) (?:my|our|the|a|an|tomorrow|monday|tuesday|wednesday|thursday|friday|next|this|today)\b[^,:;?]{0,60}?(?:meeting|board|deck|slides?|workshop|report|call|presentation|brief|re-brief|briefing|review|stand.?up|pitch|column|calendar|committee|paper|document|doc|session|sync|retro|planning|plan|summary|podcast|handover|onboarding|piece|offsite|boss|team|client|agency|newsletter|memo|re-brief|rebrief|monday|tuesday|wednesday|thursday|friday|morning|week)\w*(?: on \w+| for \w+)?\s*[:,-]\s*"
    r"|^as (?:a|an|the) [\w -]{3,40}?,?\s+(?=(?:i|we|what|which|how|where|who|why|show|give|list)\b)"
    r"|^(?:i|we|people|everyone|everybody|they|the team) (?:keep|keeps|kept|am|are|is) (?:hearing|telling me|going on|reading|seeing|talking) (?:so much |a lot |all the time )?(?:about|of)\s+"
)


_ASIDE: Final = re.compile(
    r"\b(?:i |we )?(?:could not|do not|can not) care (?:less )?(?:about|for) [^.,;:?!]+[.,;:?!]\s*|(?:^|(?<=[.,;:!])\s*)\b(?:(?:never mind|forget(?: about)?|skip) [^.,;:?!]{2,40}?|(?:leave|leaving|put|putting|set|setting) [^.,;:?!]{2,40}? (?:aside|out of (?:it|this)|out|apart|alone)|(?:leave|leaving|put|putting|set|setting) aside [^.,;:?!]{2,40}?)[.,;:]\s*(?=\w)"
    r"|\b(?:do not|no need to|you need not) (?:give|show|tell|list|send|bore) (?:me|us) [^.,;:?!]{3,50}[.,;]\s*(?:i (?:just |only )?want\s+|just\s+|only\s+)?(?=\w)|\b(?:nothing|not interested in|i do not want|we do not want) (?:on |about |minor |the |a |an )[^.,;?!]{2,40}[.,;]\s*(?=\w)|,\s*(?:ignoring|leaving out|leaving aside) [^.,;:?!]{3,40}$"
)
"""What is said not to be wanted."""


LEAST_WORDS: Final = 2


def shortened(text: str) -> str:
    """Return a sentence without greetings, reasons and what is not wanted; as it was where little is left."""
    text = without_opening(text)
    text = with_teller(without_opening(without_state(without_programs(_lead_ins().sub("", text)))))
    for pattern in (_ASIDE, _AHEAD, _REASON):
        shorter = without_marks(pattern.sub(" ", text))
        text = shorter if len(shorter.split()) > LEAST_WORDS else text
    return without_welcome(without_opening(_closed(text)))


@cache
def _lead_ins() -> re.Pattern[str]:
    phrases = "|".join(cast("list[str]", lexicon()["asides"]))
    return re.compile(
        rf"(?:^|(?<=[,;:] ))(?:(?:and|but|so|ok|okay|well) )?(?:{phrases})\s*(?:[,:;]|\s-|\bon\b|,? but\b)+\s*(?=\w)"
    )


def without_opening(text: str) -> str:
    """Return a text without greetings and words that only lead up to it."""
    before = None
    while before != text:
        before, text = text, _OPENING.sub("", text.strip(" ,:;-!.")).strip()
    return text


def _closed(text: str) -> str:
    before = None
    while before != text:
        before, text = text, _ENOUGH.sub(r"\g<what>", _CLOSING.sub("", text)).rstrip(" ,;:-")
    return text


def without_marks(text: str) -> str:
    """Return a text without the marks around it."""
    return text.strip(" ,;:-")
