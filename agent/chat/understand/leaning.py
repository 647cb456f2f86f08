"""Requests that lean on what the same message said before them: "they", "there", "after that"."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from agent.chat.understand.index import Mention
from agent.chat.understand.masking import SUBJECT_MASK, TIME_MASK
from agent.chat.understand.parsing import Parsed
from agent.chat.understand.refining import severity_in
from agent.chat.understand.spans import Subject
from agent.chat.understand.words import Token, stems_in, words_in

_THEM: Final = frozenset(
    {"they", "them", "their", "theirs", "those", "these", "she", "he", "her", "his", "there"}
)
_POINTS: Final = frozenset(
    {"who", "that", "which", "whose", "with", "without", "in", "on", "from", "of", "using"}
)
"""Words behind "those" that say which themselves."""
_THAT: Final = re.compile(
    r"\b(?:(?:after|following|before|from|post|since) (?:that|this|it)|after ?wards|and then|then|next|the (?:one|first) to the (?:other|second)|one to the other|in between|between the two|how (?:long|much time|many (?:days|weeks|hours))|there|do so|doing (?:that|so|this)|that|it)\b"
)
_SO_BAD: Final = re.compile(
    r"\b(?:that|so|this|equally|as) (?:bad|serious|severe|grave|nasty|strong|drastic|harmless|mild|minor|trivial)\b"
    r"|\b(?:like|of) (?:that|this)\b|\b(?:that|this) (?:kind|sort|type|category|class)\b|\bsuch\b|\b(?:are|is|do|does) (?:those|these|that)\b|\bthose\b"
)
"""Words for how bad something is that was told before."""
_THEN: Final = re.compile(
    r"\b(?:(?:before|after) and (?:after|before)|since(?: then| that)?|post that|after (?:that|it)|from then on|before (?:that|it)|then|chang\w*|differ\w*)\b"
)
_SINCE_IT: Final = re.compile(r"^(?:since|after|before|ever since|from)\b[^.]*$")
"""A clause that says since when: "since we moved on 2 March"."""
OWN_GROUP: Final = re.compile(
    r"\b(?:specific|unique|limited|confined|exclusive|particular|peculiar|restricted|down) to\b|\b(?:mostly|mainly|only|just|chiefly|largely|more (?:than|often)|harder|hardest)\b"
    r"|\b(?:a|an) [\w-]+ (?:matter|thing|problem|issue|affair|topic)\b"
)
"""Words that a trouble may be one group's own: the group behind them limits nothing."""
_QUOTED: Final = re.compile(
    r"\b(?:quotes?|verbatims?|comments|examples|excerpts|voices|sentences|statements|remarks|evidence)\b"
)


def leaning(parsed: Parsed, said: Parsed, *, points_back: bool = False) -> Parsed:
    """Return a request with what it leaves to what was said before it.

    Args:
        parsed: The request.
        said: What the message told before.
        points_back: Whether the request asks of what was told: then it is about the groups that it was told of.

    Returns:
        The request with the groups that "they" means, the steps and the stage that "that" and "there" mean, the time that
        "before and after" means and the subject that quotes are asked of; the request itself where it names its own.
    """
    taken = [
        one
        for one in (*said.mentions, *_told_severity(said))
        if _is_meant(one, parsed, said.text, points_back=points_back)
    ]
    is_then = _THEN.search(parsed.text) or _SINCE_IT.match(said.text)
    times = said.times if not parsed.times and is_then else ()
    told = said.subject if said.subject is not None and said.subject.led else _claimed(said)
    subject = told if parsed.subject is None and _leaves_subject(parsed, said, told) else None
    is_there = _means_place(parsed) or (points_back and not parsed.all("where"))
    limits = said.limits if is_there and not taken else ()
    if not taken and not times and subject is None and not limits:
        return parsed
    offset = len(said.tokens) + 1
    moved = (replace(one, start=one.start + offset, end=one.end + offset) for one in parsed.mentions)
    own = parsed.subject
    if own is not None:
        own = replace(own, start=own.start + offset, end=own.end + offset)
    slots = {one.slot for one in taken} | ({"time"} if times else frozenset[str]())
    return replace(
        parsed,
        tokens=(*_blanked(said, (*taken, *([subject] if subject else []))), _MARK, *parsed.tokens),
        mentions=(*_apart(taken, subject), *moved),
        times=(*times, *parsed.times),
        subject=own or subject,
        limits=tuple(dict.fromkeys((*limits, *parsed.limits))),
        masked=_of_complaint(parsed, said)
        if subject is not None and _after_complaint(parsed, said)
        else _masked(parsed.masked, slots | ({"subject"} if subject else frozenset[str]())),
        bare=_masked(parsed.bare, slots),
    )


def _of_complaint(parsed: Parsed, said: Parsed) -> str:
    """Return a masked request with the complaint that was told before it."""
    return f"{said.masked}, {parsed.masked}"


def _told_severity(said: Parsed) -> tuple[Mention, ...]:
    """Return how bad the trouble is that was told, where idioms say so: "things that stop people dead in their tracks"."""
    severity = severity_in(said.text)
    return () if severity is None or said.all("severity") else (Mention("severity", severity, 0, 1),)


_MARK: Final = Token(".", ".", is_word=False)


def _blanked(said: Parsed, kept: Iterable[Mention | Subject]) -> Iterable[Token]:
    """Yield the tokens of what was said, marks in place of those that nothing is taken of."""
    places = {at for one in kept for at in range(one.start, one.end)}
    return (token if at in places else _MARK for at, token in enumerate(said.tokens))


def _masked(masked: str, slots: set[str]) -> str:
    """Return a masked request with what it leans on in the place of the words for it."""
    if slots & {"event", "after"}:
        masked = _ONE_TO_OTHER.sub("this step to this step", masked)
        masked = _AFTER_THAT.sub(r"\g<lead> this step", masked).replace("afterwards", "after this step")
    if "subject" in slots and _THIS.search(masked):
        masked = _THIS.sub(SUBJECT_MASK, masked, count=1)
    elif "subject" in slots:
        masked = _IT.sub(lambda match: match[0].replace("it", SUBJECT_MASK, 1), masked, count=1)
    if "stage" in slots:
        masked = re.sub(r"\bthere\b", "in this stage", masked)
    if "time" in slots and TIME_MASK not in masked:
        masked = f"{_POST_THAT.sub('', masked)} since {TIME_MASK}".strip(" ,")
    return masked


_ONE_TO_OTHER: Final = re.compile(
    r"\b(?:from )?(?:the )?(?:one|first) to the (?:other|second)\b|\b(?:in )?between the two\b"
)
_AFTER_THAT: Final = re.compile(r"\b(?P<lead>after|following|before|from|since) (?:that|this|it)\b")
_POST_THAT: Final = re.compile(r"^(?:post|after|since|from) (?:that|then|it)\b[\s,]*")


def _apart(taken: Iterable[Mention], subject: Subject | None) -> tuple[Mention, ...]:
    """Return mentions that do not lie within the subject that was taken with them."""
    if subject is None:
        return tuple(taken)
    return tuple(one for one in taken if one.end <= subject.start or subject.end <= one.start)


def _claimed(said: Parsed) -> Subject | None:
    """Return what a claim is about, which stands before its verb, "tracking has got better"; a bare name is about itself."""
    verb = next((at for at, token in enumerate(said.tokens) if token.text in words_in("claim_verbs")), 0)
    most = _MOST_CLAIMED if said.tokens and said.tokens[0].text.endswith("ing") else _MOST_NAMED
    end = verb or (len(said.tokens) if len(said.tokens) <= most else 0)
    start = 0
    while start < end and said.tokens[start].text in words_in("determiners"):
        start += 1
    head = said.tokens[start:end]
    known = words_in("people") | words_in("stop") | words_in("empty")
    is_named = 0 < len(head) <= _MOST_CLAIMED and not {one.text for one in head} <= known
    if not is_named or not all(token.is_word for token in head) or _is_no_noun(said, range(start, end)):
        return said.subject
    return Subject(" ".join(one.text for one in head), start, end, led=True)


def _is_no_noun(said: Parsed, place: range) -> bool:
    """Tell whether words before a verb are a clause on somebody, or nothing but customers that the data knows."""
    words = [said.tokens[at].text for at in place]
    if not words_in("tellers").isdisjoint(words):
        return True
    groups = {at for one in said.all("where") for at in range(one.start, one.end)}
    plain = words_in("people") | words_in("stop") | words_in("groups")
    return bool(groups & set(place)) and all(at in groups or said.tokens[at].text in plain for at in place)


_MOST_NAMED: Final = 3
_MOST_CLAIMED: Final = 8


def _leaves_subject(parsed: Parsed, said: Parsed, told: Subject | None) -> bool:
    """Tell whether a request leaves what it is about to what was said: "is it getting worse", quotes of nothing."""
    if _QUOTED.search(parsed.text):
        return True
    them = _IT.search(parsed.text)
    if them is not None and them[0].endswith(" them") and said.all("where"):
        # "What would you do with them": the customers that were told of, no trouble of theirs.
        return False
    own = parsed.all("event") or parsed.all("stage") or parsed.all("where")
    if told is None or not told.led or own:
        return False
    return bool(_IT.search(parsed.text) or _THIS.search(parsed.text)) or _after_complaint(parsed, said)


def _after_complaint(parsed: Parsed, said: Parsed) -> bool:
    """Tell whether what customers do after a complaint is asked: "once someone has moaned about it, what do they do then"."""
    moans = any(token.stem in stems_in("complaining") for token in said.tokens)
    return moans and bool(_ONCE.match(said.text)) and bool(_THAT.search(parsed.text) or _means_them(parsed))


_ONCE: Final = re.compile(r"^(?:once|after|when|whenever|if|as soon as|following|having)\b")
_THIS: Final = re.compile(
    r"\b(?:this|that|the) (?:very |same )?(?:pain ?point|problem|complaint|issue|gripe|trouble|grievance|thing|topic|subject|matter)\b"
)
"""Words for a trouble that was told before."""
_IT: Final = re.compile(
    r"(?<!is )(?<!was )(?<!would )\bit\b(?! (?:is|was|would|possible|true))|\bis it (?:really |still )?(?:getting|going|growing|becoming|rising)\b|\b(?:about|of|with) (?:that|this|them)\b|\bis (?:that|this)(?: really| actually| exactly)?$"
)


def _is_meant(mention: Mention, parsed: Parsed, said: str, *, points_back: bool) -> bool:
    if mention.slot == "where":
        is_told_of = points_back and not OWN_GROUP.search(said)
        return not parsed.all("where") and (is_told_of or _means_them(parsed) or _means_place(parsed))
    if mention.slot in {"event", "after"}:
        own = parsed.all("event") or parsed.all("after") or parsed.all("stage")
        return not own and not mention.plain and bool(_THAT.search(parsed.text)) and parsed.subject is None
    if mention.slot == "severity":
        return not parsed.all("severity") and bool(_SO_BAD.search(parsed.text))
    if mention.slot == "stage":
        return not parsed.all("stage") and not parsed.all("event") and _means_place(parsed)
    return False


def _means_place(parsed: Parsed) -> bool:
    """Tell whether "there" means where something happens: not "are there", "how many are there"."""
    texts = ["", *(token.text for token in parsed.tokens), ""]
    return any(
        word == "there" and before not in _BEING and after not in _BEING
        for before, word, after in zip(texts, texts[1:], texts[2:], strict=False)
    )


_BEING: Final = frozenset(
    {"is", "are", "was", "were", "be", "been", "has", "have", "any", "will", "would", "can", "could"}
)


def _means_them(parsed: Parsed) -> bool:
    """Tell whether a word for people stands in a request before any people that it could mean."""
    following = (*(token.text for token in parsed.tokens[1:]), "")
    for token, after in zip(parsed.tokens, following, strict=True):
        if token.text in {"those", "these"} and after in _POINTS:
            return False
        if token.text in _THEM:
            return True
        if token.text in words_in("people") - _THEM:
            return False
    return False


def unquoted(text: str) -> str:
    """Return a text without quotation marks: what is quoted in passing is no subject."""
    return re.sub(r"[\"“”«»]|(?<!\w)'|'(?!\w)", "", text)
