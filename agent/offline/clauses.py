"""Turns what a customer wrote in the first person into a plain statement about customers.

Extractive: the words are the customer's, only persons change ("I called because my order was late" becomes "Customers
called because their order was late"). A sentence that cannot be turned safely is left out: one whose "they" or "it"
points outside of it, that speaks to somebody, states a quantity, swears or runs on.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from agent.firewall import unresolved_quantities
from agent.lexical import content_stems

Lane = Literal["actions", "thoughts"]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement and the verbatim excerpt it was made from."""

    lane: Lane
    text: str
    excerpt: str


_MIN_WORDS, _MAX_WORDS = 4, 26
_SENTENCE = re.compile(r"[^.!?\n;]+[.!?;]*")
_OPENER = re.compile(
    r"^(?:(?:hi|hello|hey|dear|thanks|thank you|yes|no|yeah|ok|okay|well|so|and|but|also|plus|then|now|anyway|actually|"
    r"basically|honestly|sadly|unfortunately|luckily|however|therefore|again|first|finally|please|sorry|oh|today|"
    r"yesterday|recently|hi there|good (?:morning|afternoon|evening|day)|to be honest|the problem is(?: that)?|"
    r"the issue is(?: that)?)\b[\s,:!–-]*)+",
    re.IGNORECASE,
)
_TRAILER = re.compile(
    r"(?:[\s,]+(?:please|thanks|thank you|though|lol|asap|today))?[\s.!?,;:…]*$", re.IGNORECASE
)
_UNFIT = re.compile(
    r"\[[A-Z_]+-\w+\]|[\"“”«»<>{}\[\]()|*_#@/\\]|https?:|www\.|\.\.|"
    r"\b(?:fuck\w*|shit\w*|crap\w*|damn\w*|bastard\w*|bitch\w*|arse\w*|ass|wtf|ffs|idiot\w*|stupid|scum\w*)\b",
    re.IGNORECASE,
)
_THIRD_PERSON = re.compile(r"\b(?:he|she|him|her|his|hers|they|them|their|theirs)\b", re.IGNORECASE)
_SECOND_PERSON = re.compile(r"\b(?:you|your|yours|yourself|u|ur)\b", re.IGNORECASE)
_DANGLING_START = re.compile(r"^(?:it|this|that|these|those|there|which|who|as|same)\b", re.IGNORECASE)
_JOINT = re.compile(
    r",\s+(?:(?:and|but|so|or|yet|which|then)\b\s*)?|\s+(?:but|however|and then|and so|so(?=\s+(?:i|i'm|i've|we|my|our|now)\b))\s+|"
    r"\s+and\s+(?=(?:i|i'm|i've|we|my|our|the|nobody|no one)\b)|\s+[–-]+\s+|:\s+",
    re.IGNORECASE,
)
"""Where one statement ends and the next begins within a sentence."""
_NEEDS_REST = re.compile(
    r"^(?:if|when|whenever|after|before|since|as|because|while|once|although)\b", re.IGNORECASE
)

_STAFF = re.compile(
    r"\bthey (?=(?:just |never |also |then |finally |even |only |still )?(?:told|tell|said|say|asked|ask|promised|"
    r"refused|refuse|kept|keep|charged|sent|send|gave|give|offered|hung|closed|cancelled|canceled|answered|answer|"
    r"replied|reply|transferred|ignored|ignore|informed|advised|explained|do not|did not|don't|didn't|would not|"
    r"wouldn't|could not|couldn't|cannot|can't)\b)",
    re.IGNORECASE,
)
_CONTRACTION = re.compile(
    r"\b(do|did|does|ca|wo|is|was|would|could|should|have|has|are|were)nt\b", re.IGNORECASE
)
_PERSONS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        (r"\b(?:i|we)(?:'m| am|'re| are)\b", "they are"),
        (r"\bim\b(?= \w+(?:ing|ed)\b)", "they are"),
        (r"\b(?:i|we) (also |still |just |really |never |even |then |only )?(?:was|were)\b", r"they \1were"),
        (r"\b(?:i|we) wasn't\b", "they weren't"),
        (r"\b(?:i|we)(?:'ve| have)\b", "they have"),
        (r"\bive\b", "they have"),
        (r"\b(?:i|we)'ll\b", "they will"),
        (r"\b(?:i|we)'d\b", "they would"),
        (r"\b(?:i|we)\b", "they"),
        (r"\b(?:me|(?-i:us))\b", "them"),
        (r"\b(?:my|our)\b", "their"),
        (r"\b(?:mine|ours)\b", "theirs"),
        (r"\b(?:myself|ourselves)\b", "themselves"),
        (r"\bam\b", "are"),
        (r"\b(and|but) was\b", r"\1 were"),
    )
)
_SUBJECT = r"(?:i|we)(?:'ve|'m|'d|'re| have| had| am| are| was| were)?"
_ADVERBS = r"(?:(?:also|still|just|really|never|even|then|only|finally|always|actually|simply|now|already|recently) )*"
_THINKING = re.compile(
    rf"^{_SUBJECT} {_ADVERBS}(?:(?:would|do not|don't|did not|didn't|cannot|can't|could not|couldn't) )?{_ADVERBS}"
    r"(?:think|thought|want|wanted|need|needed|wish|wished|hope|hoped|hoping|expect|expected|expecting|believe|believed|"
    r"prefer|feel|felt|like|love|hate|know|knew|understand|understood|wonder|wondered|wondering|worry|worried|afraid|"
    r"scared|unsure|not sure|confused|looking for|interested|trust|assumed|assume|decide|see why|tell if|tell whether|"
    r"figure out|remember)\b",
    re.IGNORECASE,
)
_ACTING = re.compile(
    rf"^{_SUBJECT} {_ADVERBS}(?:(?:had|have|need|needed|got|ended up|was forced|were forced|managed) (?:to )?)?{_ADVERBS}"
    r"(?:call(?:ed|ing)?|phon(?:ed|ing)?|rang|ring|email(?:ed|ing)?|e-mailed|wrote|writ(?:e|ing)|messaged|contact(?:ed|ing)?|"
    r"chat(?:ted)?|ask(?:ed|ing)?|tr(?:y|ied|ying)|order(?:ed|ing)?|book(?:ed|ing)?|buy|bought|buying|purchased|paid|"
    r"pay|paying|return(?:ed|ing)?|sen[dt]|sending|cancel(?:l?ed|l?ing)?|wait(?:ed|ing)?|went|go|going|drove|drive|"
    r"walked|visit(?:ed|ing)?|came|come|check(?:ed|ing)?|search(?:ed|ing)?|looked|look|compar(?:ed|ing|e)|"
    r"download(?:ed|ing)?|install(?:ed|ing)?|uninstall(?:ed|ing)?|delet(?:ed|ing|e)|updat(?:ed|ing|e)|sign(?:ed|ing)?|"
    r"register(?:ed|ing)?|log(?:ged|ging)?|switch(?:ed|ing)?|mov(?:ed|ing|e)|left|leave|leaving|g[ai]ve up|gave|"
    r"start(?:ed|ing)?|stopp?(?:ed|ing)?|us(?:ed|ing|e)|chose|choose|pick(?:ed|ing)?|collect(?:ed)?|upload(?:ed|ing)?|"
    r"fill(?:ed|ing)?|enter(?:ed|ing)?|click(?:ed|ing)?|reset|chang(?:ed|ing|e)|ask|request(?:ed|ing)?|claim(?:ed|ing)?|"
    r"report(?:ed|ing)?|complain(?:ed|ing)?|recommend(?:ed|ing)?|t(?:old|ell)|stay(?:ed|ing)?|spent|spend|read|"
    r"explain(?:ed|ing)?|repeat(?:ed|ing)?|reinstall(?:ed|ing)?|open(?:ed|ing)?|transferr?(?:ed|ing)?|withdr[ae]w|"
    r"top(?:ped)? up|pass(?:ed)?|travel(?:l?ed|l?ing)?|check(?:ed)? in|turned up|show(?:ed)? up|pack(?:ed)?|swap(?:ped)?)\b",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"^(?:can|could|would|will) (?:you|u) (?:please |kindly |just )?(?!explain why|be\b)(.+)$", re.IGNORECASE
)
_HOW_TO = re.compile(
    r"^(?:please )?(how|where) (?:do|can|could|should|would|to) ?(?:i|we)? ?(?!\w+ing\b)(.+)$", re.IGNORECASE
)
_WHETHER_CAN = re.compile(r"^(?:can|could|may|should) (?:i|we) (?:please )?(.+)$", re.IGNORECASE)
_WHETHER_IS = re.compile(r"^is it ((?:possible|too late|ok|okay|necessary) .+)$", re.IGNORECASE)
_WHETHER_THERE = re.compile(r"^(is|are) there (.+)$", re.IGNORECASE)
_WHERE_IS = re.compile(r"^(where|when|why) (is|are|was|were) (my(?: \w+){1,2})$", re.IGNORECASE)
_WHY_WAS = re.compile(
    r"^why (is|are|was|were|has|have|will) (my(?: \w+){1,3}?) "
    r"((?:not |still |being |been |always |so |taking )*(?:\w+(?:ing|ed|en)|pending|late|gone|stuck|different|wrong|"
    r"low|high|lower|higher|down|unavailable|inactive)\b(?: .+)?)$",
    re.IGNORECASE,
)
_DANGLING_OBJECT = re.compile(
    r"\b(?:it|this|that|these|those|one|ones|so)\b(?! (?:possible|is|was|are|i|my|the)\b)", re.IGNORECASE
)
_WHEN_WILL = re.compile(
    r"^when (will|can|should) (my(?: [\w-]+){1,3}?|i|we) "
    r"((?:be|get|have|expect|receive|hear|know|arrive|come|reach|clear|ship|show|appear|process|update|go|start|end)\b.*)$",
    re.IGNORECASE,
)
_VERB = (
    r"(?:\b(?:is|are|was|were|has|have|had|does|do|did|will|would|can|could|keeps?|never|always|not|no longer|takes?|took|"
    r"goes|went|needs?|works?|crash\w*|freez\w*)\b|\w+n't\b|(?<!\bthe )(?<!\bmy )(?<!\bour )(?<!\ba )(?<!\ban )(?<!being )\b\w+ed\b)"
)
_EXPERIENCE = re.compile(
    rf"^(?:(?:(?:the|my|our)(?! (?:\w+n't|is|are|was|were|has|have|would|will|can)\b)|nobody|no one)\b(?:(?!\b(?:i|i'm|i've|we|that|which|who|where|when)\b).)*{_VERB}"
    rf"|(?:every time|whenever|when|after)\b[^,]+,.*{_VERB})",
    re.IGNORECASE,
)
_POINTING_OUT = re.compile(
    r"\b(?:this|that|these|those)\b(?=$|[.,]| (?:is|was|are|and|but|to|in|for|at|on)\b)|"
    r"\b(?:it's|is|are|was|were|the|a|an|to|of|and|or|for|with|my|their|they|because|that|so|if|when|than)$",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"\b(?:here|below|above|otherwise|elsewhere|likewise|instead(?! of)|do the same|same again|still same|its (?:not|no|a|an|the|so|too|"
    r"very|been|just|still|really))\b|\bthere\b(?! (?:is|are|was|were|has|have|will|would|should|can|could|may|might|must|isn't|"
    r"aren't|wasn't|weren't|to be|being|seems?|(?:\w+ ){0,2}been)\b)|"
    r"\b(?:these|those)\b|"
    r"\bthis (?!app|application|store|shop|site|website|service|company|brand|bank|hotel|restaurant|place|product)|"
    r"\b(?:about|after|at|before|by|for|from|in|into|like|of|on|over|than|through|to|with|without) that\b|"
    r"\bthat (?:when|if|while|whenever)\b(?!.*,)",
    re.IGNORECASE,
)
"""Words that point out of the statement: to a place, a thing or a choice that only stood in the conversation."""
_SPLICED = re.compile(
    r"(?<=\w )(?<!\bthat )(?<!\bbecause )(?<!\bwhen )(?<!\bif )(?<!\bwhere )(?<!\bwhat )(?<!\bhow )(?<!\bwhy )(?<!\bas )(?<!\bsince )"
    r"(?<!\bwhile )(?<!\bbefore )(?<!\bafter )(?<!\buntil )(?<!\bthan )(?<!\band )(?<!\bbut )(?<!\bso )(?<!\bor )(?<!\bthough )"
    r"(?<!\bwhether )(?<!\bonce )(?<!, )(?:it (?:is|was|has|had|does|did|will|would|can|could|makes?|made|looks?|looked|works?|"
    r"worked|takes?|took|feels?|felt|seems?|seemed|keeps?|kept|says?|said)\b|it's\b|"
    r"(?:i|we) (?:think|guess|suppose|believe|reckon|mean|imagine|presume)\b|"
    r"(?:i|we)(?:'d| would) (?:have|like|love|prefer|say|recommend)\b)|"
    r"\b(?:i|we) (?:think|guess|suppose|believe|reckon|mean|imagine|presume|hope)$",
    re.IGNORECASE,
)
"""A second sentence begun without a mark between, or an afterthought: "to use the card I think"."""
_NOT_DONE = re.compile(r"^(?:i|we)(?:'d| would| (?:\w+ )?never|'ve never)\b", re.IGNORECASE)
"""What somebody would do, would have done or never did is no action."""
_FOR_THE_COMPANY = re.compile(
    r"^(?:activate|add|advise|allow|apply|approve|arrange|block|book|call|cancel|change|charge|check|clarify|close|confirm|contact|"
    r"correct|credit|deactivate|decrease|delete|deliver|do something|email|escalate|exchange|explain|extend|find|fix|give|help|honou?r|increase|"
    r"investigate|issue|let|lift|lower|make|match|move|notify|offer|open|order|process|provide|put|reactivate|recommend|reduce|refund|"
    r"reimburse|remind|remove|reopen|repair|replace|resend|reserve|reset|resolve|restore|return|reverse|review|send|ship|show|solve|"
    r"stop|suggest|take|tell|track|transfer|unblock|unlock|update|verify|waive)\b",
    re.IGNORECASE,
)
"""What a company can be asked to do; anything else is said in passing, such as "can you look there"."""
_IT = re.compile(r"\bit(?:s|'s|'ll)?\b", re.IGNORECASE)
_CLIPPED = re.compile(r"^Customers (?:[A-Z]|\w+,)")
"""A statement that goes on in capitals or breaks off after its verb."""
_ASKED = re.compile(r"Customers ask (?:where|when|why)\b")
_MIN_CONTENT = 2
"""Content words that say what a statement is about, and that have to come before an "it"."""


def statements_in(text: str) -> Iterator[Statement]:
    """Yield statements that a customer's words bear out, in the order of the text."""
    # The replacement keeps every position, so excerpts are cut from the text as it was written.
    plain = text.replace("’", "'")
    for start, end in _segments(plain):
        made = _statement(plain[start:end])
        if made is not None:
            yield Statement(*made, excerpt=text[start:end].strip())


def _segments(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of sentences, long ones cut at joints."""
    for sentence in _SENTENCE.finditer(text):
        start = sentence.start()
        for joint in _JOINT.finditer(text, sentence.start(), sentence.end()):
            head = text[start : joint.start()].strip()
            if len(head.split()) >= _MIN_WORDS and not _NEEDS_REST.match(_OPENER.sub("", head)):
                yield start, joint.start()
                start = joint.end()
        yield start, sentence.end()


def reported(clause: str) -> str:
    """Return a clause with its first person turned into the third: "my order" becomes "their order"."""
    clause = _CONTRACTION.sub(r"\1n't", _STAFF.sub("staff ", clause))
    for pattern, replacement in _PERSONS:
        clause = pattern.sub(replacement, clause)
    return " ".join(clause.split())


def _statement(sentence: str) -> tuple[Lane, str] | None:
    question = sentence.rstrip().endswith("?")
    clause = _TRAILER.sub("", _OPENER.sub("", " ".join(sentence.split()))).strip(" ,:;-–")
    asked = _asked(clause) if question or _REQUEST.match(clause) else None
    if asked is not None:
        return ("thoughts", asked) if _fits(asked, clause) else None
    if question:
        return None
    told = _told(clause)
    return told if told is not None and _fits(told[1], clause) else None


def _told(clause: str) -> tuple[Lane, str] | None:
    third = _THIRD_PERSON.search(_STAFF.sub("staff ", clause))
    if third or _SECOND_PERSON.search(clause) or _DANGLING_START.match(clause):
        return None
    turned = reported(clause)
    if _THINKING.match(clause):
        return "thoughts", _about_customers(turned)
    if _ACTING.match(clause) and not _NOT_DONE.match(clause):
        return "actions", _about_customers(turned)
    if _EXPERIENCE.match(clause):
        return "thoughts", _ended(f"Customers say that {turned[0].lower()}{turned[1:]}")
    return None


def _about_customers(turned: str) -> str:
    rest = re.sub(r"^they (?:just |simply |actually |really )?", "", turned, flags=re.IGNORECASE)
    return _ended(f"Customers {rest}")


def _asked(clause: str) -> str | None:
    """Return a question as reported speech, or None where its form is not known."""
    for pattern, wording in _QUESTIONS:
        found = pattern.match(clause)
        if found and pattern is _REQUEST and not _FOR_THE_COMPANY.match(found[1]):
            return None
        if found:
            rest = wording.format(*(reported(_uncapitalised(group)).strip() for group in found.groups()))
            unclear = (
                _SECOND_PERSON.search(rest) or _THIRD_PERSON.search(clause) or _DANGLING_OBJECT.search(rest)
            )
            return None if unclear else _ended(rest)
    return None


_QUESTIONS: tuple[tuple[re.Pattern[str], str], ...] = (
    (_WHERE_IS, "Customers ask {0} {2} {1}"),
    (_WHY_WAS, "Customers ask why {1} {0} {2}"),
    (_WHEN_WILL, "Customers ask when {1} {0} {2}"),
    (_REQUEST, "Customers ask the company to {0}"),
    (_HOW_TO, "Customers ask {0} to {1}"),
    (_WHETHER_CAN, "Customers ask whether they can {0}"),
    (_WHETHER_IS, "Customers ask whether it is {0}"),
    (_WHETHER_THERE, "Customers ask whether there {0} {1}"),
)


def _uncapitalised(part: str) -> str:
    return part.lower() if " " not in part else part


def _fits(statement: str, clause: str) -> bool:
    asked = _ASKED.match(statement) is not None
    about = content_stems(_IT.split(statement)[0])
    return (
        _MIN_WORDS <= len(statement.split()) <= _MAX_WORDS
        and clause.isascii()
        and not clause.isupper()
        and not (_UNFIT.search(clause) or _SPLICED.search(clause) or _ELSEWHERE.search(statement))
        and not _CLIPPED.match(statement)
        and (asked or not _POINTING_OUT.search(statement.rstrip(".")))
        and len(about) >= (1 if asked else _MIN_CONTENT)
        and not unresolved_quantities(statement)
    )


def _ended(text: str) -> str:
    return text[0].upper() + text[1:].rstrip(" .,!?;:") + "."
