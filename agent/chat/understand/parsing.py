"""What stands in one request: names of the data, times, the subject it is about, and limits that are in no data.

A word that limits a request and is in no list of names is never dropped: an answer to another question than the one
that was asked is worse than none.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Final

from agent.chat.understand.calling import calling_words
from agent.chat.understand.concepts import idiom_places
from agent.chat.understand.hyphens import apart
from agent.chat.understand.index import Mention, index_of
from agent.chat.understand.kinds import phrasing_words
from agent.chat.understand.labels import complained_of, known_pain, with_thing_named
from agent.chat.understand.limits import unknown_limits
from agent.chat.understand.masking import COVERING, masked_request
from agent.chat.understand.mentions import behind_traits, mentions_in
from agent.chat.understand.passing import told_until
from agent.chat.understand.places import happened_to
from agent.chat.understand.spans import Subject
from agent.chat.understand.subjects import subject_of
from agent.chat.understand.times import Span, spans_in, windowed
from agent.chat.understand.vocabulary import Vocabulary
from agent.chat.understand.words import (
    TIME_MARK,
    Token,
    lexicon,
    plain,
    respelt,
    stems_of,
    tokens_of,
    words_in,
)

_QUOTED: Final = re.compile(r"[\"“”«»]([^\"“”«»]{2,120})[\"“”«»]|(?<![\w'])'([^']{2,120})'(?!\w)")


@dataclass(frozen=True, slots=True)
class Parsed:
    """One request, taken apart.

    Attributes:
        text: As it was asked, in lower case.
        tokens: Its words, put right where one is misspelt; times stand as one token.
        mentions: Names of the data.
        times: Times, in order.
        subject: What it is about beside those; None where nothing is.
        limits: Words that limit it and are in no data.
        masked: The request with names and subject replaced by what they are.
        bare: The same with the subject as it was written, for kinds of request that are about none.
    """

    text: str
    tokens: tuple[Token, ...]
    mentions: tuple[Mention, ...]
    times: tuple[Span, ...]
    subject: Subject | None
    limits: tuple[str, ...]
    masked: str
    bare: str

    def all(self, slot: str) -> tuple[Mention, ...]:
        """Return the mentions of one sort."""
        return tuple(mention for mention in self.mentions if mention.slot == slot)

    def words(self, mention: Mention) -> str:
        """Return the words of a mention."""
        return " ".join(token.text for token in self.tokens[mention.start : mention.end])


def control_in(text: str) -> str | None:
    """Return the copy that a request quotes as the one to set others against, None where it quotes none."""
    match = _control(text)
    return None if match is None else (match["copy"] or match["other"])


def _control(text: str) -> re.Match[str] | None:
    match = _CONTROL.search(text)
    if match is None and not _WRITING.isdisjoint(re.findall(r"[a-z]+", text)):
        match = _CONTROL_OF_COPY.search(text)
    return match


def _without_control(text: str) -> str:
    """Return a request without copy that is quoted to be set against, which is no part of what is asked, whatever it names."""
    match = _control(text)
    return text if match is None else f"{text[: match.start()]} {text[match.end() :]}"


_TITLE: Final = re.compile(
    r"\b(?:for |in |on )?(?:(?:an?|the|my|our|this) (?:\w+ )?)?(?:slides?|deck|chapter|section|talk|film|article|presentation|manifesto|poster|report)\b"
    r"(?: (?:with|under|called|named|titled|entitled|headed|the|a|title|titles|heading|headline|working|that|which|reads|says|is|has)){0,5} ?[:,]?\s*(?:[\"“”][^\"“”]{2,120}[\"“”]|'[^']{2,120}'(?!\w))"
)
"""What somebody works on, by its title, which is nothing that is asked of."""


_COPY: Final = r"(?:[\"“”](?P<copy>[^\"“”]{4,2000})[\"“”]|'(?P<other>[^']{4,2000})')"


_CONTROL: Final = re.compile(
    rf"\b(?:current(?:ly)?|control|existing|present|old|our one|as it is|at the moment|right now|today'?s?)\b[^\"“”']{{0,40}}{_COPY}"
)


_WRITING: Final = words_in("writing") | {"alternative", "alternatives", "options", "line", "lines"}


_CONTROL_OF_COPY: Final = re.compile(
    r"\b(?:opens?(?: with)?|begins?(?: with)?|starts?(?: with)?|opener|reads?|says|goes|runs|headline|subject line|tagline|instead of|alternatives? to|replac\w+|beats?|better than|improv\w+(?: on)?"
    rf"|against|versus|vs|challeng\w+|rather than|compared? (?:to|with)|(?:our|this|the) (?:copy|ad|advert|text|line|banner|e-?mail|mail|newsletter))\b[^\"“”']{{0,25}}{_COPY}"
)
"""What leads to copy that is there, in a request for other copy."""


def parse(request: str, vocabulary: Vocabulary) -> Parsed:
    """Return what stands in a request."""
    index = index_of(vocabulary)
    text = windowed(apart(plain(request), index))
    asked = _TITLE.sub(" ", _without_control(text))
    times = spans_in(asked, last=vocabulary.last or _NO_DATA)
    tokens = respelt(tokens_of(_without_times(asked, times)), _known_words(index.words), kept=_kept_words())
    found = mentions_in(tokens, index)
    new_places = _new_places(tokens, found)
    found = tuple(one for one in found if one.start - 1 not in new_places)
    named = _without_copy((*found, *_numbered_groups(tokens, found)), tokens)
    covered = _places(one for one in named if one.slot in COVERING)
    writes = any(token.text in words_in("writing") for token in tokens)
    copy = _places(one for one in named if writes and one.slot == "creative")
    subject = _subject(
        tokens, named, covered | copy, _quoted_in(asked, tokens, named, vocabulary), vocabulary
    )
    mentions = named
    if subject is not None:
        mentions = tuple(one for one in named if one.end <= subject.start or subject.end <= one.start)
    unknown = unknown_limits(
        tokens,
        covered | copy,
        subject,
        names=index.words,
        said=vocabulary.said,
        groups=_places(one for one in named if one.slot == "where"),
        valued=behind_traits(tokens, index) - covered,
    )
    limits = _with_new(unknown, {tokens[at + 1].text for at in new_places})
    groups = [
        Mention("where", token.text, at, at + 1)
        for at, token in enumerate(tokens)
        if token.text in limits and at not in covered
    ]
    start = told_until(tokens, subject)
    if subject is not None and subject.start < subject.end <= start:
        subject = None
    masked = _masked_from(start, tokens, (*mentions, *groups), subject, times)
    bare = masked if subject is None else _masked_from(start, tokens, (*mentions, *groups), None, times)
    return Parsed(text, tokens, mentions, times, subject, limits, masked, bare)


def _masked_from(
    start: int,
    tokens: Sequence[Token],
    mentions: Sequence[Mention],
    subject: Subject | None,
    times: Sequence[Span],
) -> str:
    """Return a masked request from where its wish begins; what is told before says nothing of what is asked."""
    n_told = sum(token.text == TIME_MARK for token in tokens[:start])
    moved = [
        replace(one, start=one.start - start, end=one.end - start) for one in mentions if one.start >= start
    ]
    if subject is not None and subject.start < subject.end:
        subject = replace(subject, start=subject.start - start, end=subject.end - start)
    return masked_request(tokens[start:], moved, subject, times[n_told:])


def _places(mentions: Iterable[Mention]) -> set[int]:
    return {at for one in mentions for at in range(one.start, one.end)}


def _quoted_in(
    asked: str, tokens: Sequence[Token], mentions: Sequence[Mention], vocabulary: Vocabulary
) -> str | None:
    """Return the words that stand in quotation marks.

    A name in quotation marks is what it names, and no wording; a pain point's label is the pain point.
    """
    match = _QUOTED.search(asked)
    if match is None:
        return None
    quoted = match[1] or match[2]
    if match[0].startswith("«"):
        # So stands what the message told of, where its request points back to it.
        return quoted
    inner = stems_of(quoted)
    if any(stems_of(named.label) == inner for named in vocabulary.pain_points):
        return quoted
    is_name = any(tuple(one.stem for one in tokens[named.start : named.end]) == inner for named in mentions)
    return None if is_name else quoted


def _subject(
    tokens: Sequence[Token],
    mentions: Sequence[Mention],
    covered: set[int],
    quoted: str | None,
    vocabulary: Vocabulary,
) -> Subject | None:
    """Return what a request is about, the pain point that its words name where nothing leads to another subject."""
    degrees = _places(one for one in mentions if one.slot == "severity")
    subject = (
        subject_of(
            tokens,
            covered | degrees,
            idioms=idiom_places(tokens),
            quoted=quoted,
            said=vocabulary.said,
        )
        or _pain_told_as_step(tokens, mentions, vocabulary)
        or complained_of(tokens, mentions, index_of(vocabulary))
    )
    if subject is not None and _is_going_to(tokens, subject):
        subject = None
    if subject is not None and not subject.led and _is_step_again(subject, mentions):
        subject = None
    if subject is None or not subject.led:
        subject = with_thing_named(tokens, known_pain(tokens, mentions, vocabulary), subject, vocabulary)
    return subject


def _is_going_to(tokens: Sequence[Token], subject: Subject) -> bool:
    """Tell whether words only say what somebody is about to do: "who is about to close their account"."""
    return [token.text for token in tokens[max(0, subject.start - 2) : subject.start]] == ["about", "to"]


def _with_new(limits: Sequence[str], places: set[str]) -> tuple[str, ...]:
    """Return limits with the places that "new" makes another one of the data's: "new york"."""
    kept = tuple(one for one in limits if one not in places)
    return kept + tuple(f"new {place}" for place in sorted(places))


def _is_step_again(subject: Subject, mentions: Sequence[Mention]) -> bool:
    """Tell whether loose words only say again which step is meant: "the parcel came, those it was delivered to"."""
    steps = {stem for one in mentions if one.slot == "event" for stem in stems_of(one.value)}
    return set(stems_of(subject.text)) <= steps


_NEW: Final = frozenset(
    {
        "york",
        "orleans",
        "hampshire",
        "jersey",
        "delhi",
        "haven",
        "london",
        "plymouth",
        "bedford",
        "england",
        "brunswick",
    }
)
"""Places that another place is called after: "New York" is no new customer of York."""


def _new_places(tokens: Sequence[Token], mentions: Sequence[Mention]) -> list[int]:
    """Return where "new" belongs to a place of its own, which is not the one of the data."""
    return [
        one.start - 1
        for one in mentions
        if one.slot == "where"
        and one.start
        and tokens[one.start - 1].text == "new"
        and one.value.casefold() in _NEW
    ]


def _without_copy(mentions: Sequence[Mention], tokens: Sequence[Token]) -> tuple[Mention, ...]:
    """Return mentions without the channels of customers that are the sort of copy to be written: "draft an e-mail"."""
    if not any(token.text in _WRITES for token in tokens[:_EARLY]):
        return tuple(mentions)
    copy = [one for one in mentions if one.slot == "creative"]
    return tuple(
        one
        for one in mentions
        if not (
            one.slot == "where"
            and any(made.start <= one.start < made.end for made in copy)
            and not (one.end < len(tokens) and tokens[one.end].text in words_in("people"))
        )
    )


_WRITES: Final = frozenset(
    {"write", "draft", "compose", "propose", "craft", "generate", "create", "produce", "pen"}
)


_EARLY: Final = 4
"""Within how many words the order to write stands; behind that, writing is what customers do."""


def _numbered_groups(tokens: Sequence[Token], mentions: Sequence[Mention]) -> list[Mention]:
    """Return groups of customers that are called by their number, as those without a name are shown."""
    taken = {at for one in mentions for at in range(one.start, one.end)}
    texts = [token.text for token in tokens]
    for at, text in enumerate(texts):
        if at in taken or text not in _GROUP_WORDS:
            continue
        end = at + 1
        while end < len(texts) and texts[end] in _GROUP_WORDS | {"number", "no", "nr", "."}:
            end += 1
        if end < len(texts) and texts[end].isdigit() and len(texts[end]) < _MOST_DIGITS:
            return [Mention("persona", f"Group {int(texts[end])}", at, end + 1)]
    return []


_GROUP_WORDS: Final = frozenset({"persona", "group", "cluster", "customer", "type"})


_MOST_DIGITS: Final = 3


_NO_DATA: Final = date(2000, 1, 1)
"""Where the data has no dates, no time can be meant; a span is still found, and said to be outside."""


@lru_cache(maxsize=8)
def _known_words(names: frozenset[str]) -> frozenset[str]:
    """Return the words that others may be misspelt forms of; not those that limit, nor the small ones."""
    known = {*names, *words_in("generic"), *words_in("people"), *phrasing_words()}
    return (frozenset(known) | calling_words()) - words_in("stop") - {"whether"}


def _pain_told_as_step(
    tokens: Sequence[Token], mentions: Sequence[Mention], vocabulary: Vocabulary
) -> Subject | None:
    """Return the subject where a step's words are a pain point's label too, and the request is about the pain."""
    if not any(token.text in words_in("pain_clues") for token in tokens):
        return None
    labels = {frozenset(stems_of(named.label)) for named in vocabulary.pain_points}
    for mention in mentions:
        words = tokens[mention.start : mention.end]
        stems = frozenset(token.stem for token in words if token.text not in words_in("stop"))
        if happened_to(tokens, mention.start):
            continue
        if mention.slot == "event" and stems in labels:
            return Subject(" ".join(token.text for token in words), mention.start, mention.end, led=True)
    return None


@lru_cache(maxsize=1)
def _kept_words() -> frozenset[str]:
    limits = {word for words in lexicon()["limits"].values() for word in str(words).split()}
    return frozenset(limits) | words_in("stop") | words_in("excluding")


def _without_times(text: str, times: Sequence[Span]) -> str:
    for span in reversed(times):
        text = f"{text[: span.start]} {TIME_MARK} {text[span.end :]}"
    return text
