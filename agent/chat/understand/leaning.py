"""Requests that lean on what the same message said before them: "they", "there", "after that"."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from agent.chat.understand.index import Mention
from agent.chat.understand.parsing import SUBJECT_MASK, TIME_MASK, Parsed
from agent.chat.understand.subjects import Subject
from agent.chat.understand.words import Token, words_in

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
_THEN: Final = re.compile(
    r"\b(?:(?:before|after) and (?:after|before)|since(?: then| that)?|post that|after (?:that|it)|from then on|before (?:that|it)|then|chang\w*|differ\w*)\b"
)
_SINCE_IT: Final = re.compile(r"^(?:since|after|before|ever since|from)\b[^.]*$")
"""A clause that says since when: "since we moved on 2 March"."""
_QUOTED: Final = re.compile(r"\b(?:quotes?|verbatims?|comments|examples|excerpts|voices)\b")


def leaning(parsed: Parsed, said: Parsed) -> Parsed:
    """Return a request with what it leaves to what was said before it.

    Args:
        parsed: The request.
        said: What the message told before.

    Returns:
        The request with the groups that "they" means, the steps and the stage that "that" and "there" mean, the time that
        "before and after" means and the subject that quotes are asked of; the request itself where it names its own.
    """
    taken = [one for one in said.mentions if _is_meant(one, parsed)]
    is_then = _THEN.search(parsed.text) or _SINCE_IT.match(said.text)
    times = said.times if not parsed.times and is_then else ()
    subject = said.subject if parsed.subject is None and _leaves_subject(parsed, said) else None
    limits = said.limits if "there" in parsed.text.split() and not taken else ()
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
        limits=(*limits, *parsed.limits),
        masked=_masked(parsed.masked, slots | ({"subject"} if subject else frozenset[str]())),
        bare=_masked(parsed.bare, slots),
    )


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
    if "subject" in slots:
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


def _leaves_subject(parsed: Parsed, said: Parsed) -> bool:
    """Tell whether a request leaves what it is about to what was said: "is it getting worse", quotes of nothing."""
    if _QUOTED.search(parsed.text):
        return True
    own = parsed.all("event") or parsed.all("stage") or parsed.all("where")
    return said.subject is not None and said.subject.led and not own and bool(_IT.search(parsed.text))


_IT: Final = re.compile(
    r"(?<!is )(?<!was )(?<!would )\bit\b(?! (?:is|was|would|possible|true))|\bis it (?:really |still )?(?:getting|going|growing|becoming|rising)\b|\b(?:about|of|with) (?:that|this|them)\b"
)


def _is_meant(mention: Mention, parsed: Parsed) -> bool:
    if mention.slot == "where":
        return not parsed.all("where") and _means_them(parsed)
    if mention.slot in {"event", "after"}:
        own = parsed.all("event") or parsed.all("after") or parsed.all("stage")
        return not own and not mention.plain and bool(_THAT.search(parsed.text)) and parsed.subject is None
    if mention.slot == "stage":
        return not parsed.all("stage") and not parsed.all("event") and "there" in parsed.text.split()
    return False


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
