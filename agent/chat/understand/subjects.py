"""What a request is about beside the names of the data: the words that are neither its frame nor its limits."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from agent.chat.understand.frames import is_asking, is_frame, is_limit_word
from agent.chat.understand.leads import (
    LEADS,
    QUOTING_LEADS,
    clause_of_writers,
    happening,
    told_of,
    topic_head,
    topic_tail,
)
from agent.chat.understand.loose import compound, loose
from agent.chat.understand.spans import Subject, begins_doing, is_doing, span_from
from agent.chat.understand.words import Token, thing_stems, words_in


def subject_of(
    tokens: Sequence[Token],
    names: Collection[int],
    *,
    quoted: str | None,
    said: frozenset[str],
    idioms: Collection[int] = (),
) -> Subject | None:
    """Return what a request is about, or None.

    Args:
        tokens: Of the request.
        names: Places that name something of the data; no subject runs over one.
        quoted: Words that stood in quotation marks, which are the subject.
        said: Stems of the words that customers write.
        idioms: Places of words that ask only together; a clause such as "waiting for it to come back" keeps them.
    """
    covered = {*names, *idioms}
    if quoted is not None:
        found = _quoted(tokens, quoted)
        if found is not None:
            return found
    return (
        _asked_of(tokens, covered, told_of(tokens))
        or _led(tokens, covered, names, said)
        or _before_feedback(tokens, covered)
        or _asked_of(tokens, covered, topic_head(tokens), said=said)
        or _asked_of(tokens, names, topic_tail(tokens), said=said)
        or _spoken_on(tokens, covered, said)
        or compound(tokens, covered)
        or _asked_of(tokens, (), happening(tokens, names), said=said)
        or _loose_or_told(tokens, covered, said)
    )


def _loose_or_told(tokens: Sequence[Token], covered: Collection[int], said: frozenset[str]) -> Subject | None:
    """Return loose words as the subject; where nobody writes them, what those went through whose words are asked for."""
    found = loose(tokens, covered, said)
    inside = () if found is None else tokens[found.start : found.end]
    if any(not is_frame(token) and token.stem in said | thing_stems() for token in inside):
        return found
    return _asked_of(tokens, (), clause_of_writers(tokens, covered), said=said) or found


def _asked_of(
    tokens: Sequence[Token],
    covered: Collection[int],
    place: tuple[int, int] | None,
    *,
    said: frozenset[str] = frozenset(),
) -> Subject | None:
    """Return the words at a place as the subject, where they say more than requests do and name nothing of the data."""
    if place is None:
        return None
    start, end = place
    while start < end and tokens[start].text in words_in("stop") - {"no", "not"}:
        start += 1
    inside = range(start, end)
    if any(at in covered for at in inside) or not any(_is_topic(tokens[at], said) for at in inside):
        return None
    return Subject(" ".join(tokens[at].text for at in inside), start, end, led=True)


def _is_topic(token: Token, said: frozenset[str]) -> bool:
    plain = (
        words_in("pain_clues")
        | words_in("quoting")
        | words_in("saying")
        | words_in("empty")
        | words_in("stop")
    )
    return not is_asking(token) or (token.stem in said and token.text not in plain | words_in("people"))


def _before_feedback(tokens: Sequence[Token], covered: Collection[int]) -> Subject | None:
    """Return the words before "feedback", "quotes" and the like where a request is nothing else: "parking verbatims"."""
    words = [at for at, token in enumerate(tokens) if token.is_word]
    if not 1 < len(words) <= _SHORT:
        return None
    ends = [at for at in words if tokens[at].text in words_in("quoting")]
    if not ends or ends[0] == words[0] or ends[0] in covered:
        return None
    inside = range(words[0], ends[0])
    if any(at in covered or not tokens[at].is_word for at in inside) or all(
        _is_plain(tokens[at]) for at in inside
    ):
        return None
    return Subject(" ".join(tokens[at].text for at in inside), words[0], ends[0], led=True)


_SHORT: Final = 4


def _is_plain(token: Token) -> bool:
    return is_frame(token) and token.text not in words_in("before")


def _quoted(tokens: Sequence[Token], quoted: str) -> Subject | None:
    words = [part for part in quoted.replace(",", " ").split() if part]
    texts = [token.text for token in tokens]
    for start in range(len(tokens)):
        if texts[start : start + len(words)] == words:
            return Subject(quoted.strip(), start, start + len(words), led=True)
    return Subject(quoted.strip(), 0, 0, led=True) if words else None


def _led(
    tokens: Sequence[Token], covered: Collection[int], names: Collection[int], said: frozenset[str]
) -> Subject | None:
    texts = tuple(token.text for token in tokens)
    quoting = bool({"quote", "quotes", "voices", "comments", "opinion"} & set(texts))
    for lead in (*LEADS, *QUOTING_LEADS) if quoting else LEADS:
        for at in range(len(texts) - len(lead), -1, -1):
            if texts[at : at + len(lead)] != lead:
                continue
            start = at + len(lead)
            if lead == ("about",) and texts[start : start + 1] == ("to",):
                # "Who is about to quit" asks of what comes.
                continue
            # An idiom names nothing by itself; within what is spoken of it belongs to that: "items being out of stock".
            found = span_from(
                tokens, start, names if begins_doing(tokens, start) else _barring(tokens, covered, names)
            )
            if found is not None and (
                _leads_on(tokens, found) or (lead[-1] == "on" and is_limit_word(tokens[found.start].text))
            ):
                # "Complaints on TikTok" are not about it.
                continue
            if found is not None and (
                lead[-1] not in _WEAK
                or _is_content(tokens, found)
                or is_doing(tokens[found.start])
                or (
                    lead[-1] == "when"
                    and any(_is_topic(one, said) for one in tokens[found.start : found.end])
                )
            ):
                return found
    return None


def _barring(tokens: Sequence[Token], covered: Collection[int], names: Collection[int]) -> set[int]:
    """Return the places that no subject runs over: names, and idioms but for their small words."""
    return {at for at in covered if at in names or tokens[at].text not in words_in("stop")}


def _leads_on(tokens: Sequence[Token], found: Subject) -> bool:
    """Tell whether a span only leads to what is spoken of: "trend of complaints about kayaks"."""
    first, second = tokens[found.start], tokens[min(found.start + 1, found.end - 1)]
    return first.text in words_in("trouble") and second.text in {"about", "on", "regarding", "over", "with"}


def _is_content(tokens: Sequence[Token], subject: Subject) -> bool:
    return any(not is_frame(token) for token in tokens[subject.start : subject.end])


_WEAK: Final = frozenset({"point", "by", "against", "when", "of", "up", "for", "into", "is", "are"})
"""Ends of leads after which other things than a subject stand as often."""


def _spoken_on(tokens: Sequence[Token], covered: Collection[int], said: frozenset[str]) -> Subject | None:
    """Return what stands behind "on" where customers can speak of it: "ads on refunds", "the word on the leaflet"."""
    for at in range(len(tokens) - 1, 0, -1):
        if tokens[at - 1].text != "on":
            continue
        found = span_from(tokens, at, covered)
        if found is None or is_limit_word(tokens[found.start].text):
            continue
        inside = tokens[found.start : found.end]
        known = said | thing_stems()
        spoken = at > 1 and tokens[at - 2].text in words_in("spoken_on")
        if any(not is_frame(one) and (spoken or one.stem in known) for one in inside):
            # "Personas on a wall": a thing that something is put on is as often no subject.
            return replace(found, led=spoken or any(one.stem in said for one in inside))
        if spoken and any(_is_topic(one, said) for one in inside):
            return found
    return None
