"""What a request is about beside the names of the data: the words that are neither its frame nor its limits."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from agent.chat.understand.kinds import phrasing_words
from agent.chat.understand.leads import CLAUSES, LEADS, QUOTING_LEADS, told_of, topic_head, topic_tail
from agent.chat.understand.words import (
    Token,
    common_stems,
    common_words,
    lexicon,
    same_words,
    stems_in,
    thing_stems,
    tokens_of,
    words_in,
)


@dataclass(frozen=True, slots=True)
class Subject:
    """The words a request is about.

    Attributes:
        text: The words as they were written, but in lower case.
        start: First token; equal to `end` where the words stood in quotation marks elsewhere.
        end: First token behind it.
        led: True where a word such as "about" leads to it, so that it is meant as the subject whatever it says.
    """

    text: str
    start: int
    end: int
    led: bool


def is_frame(token: Token) -> bool:
    """Tell whether a word belongs to how requests are worded, not to what one is about."""
    return is_asking(token) or token.stem in common_stems() or _is_form(token.text)


@lru_cache(maxsize=20_000)
def _is_form(word: str) -> bool:
    """Tell whether a word is made of everyday ones: "likelier", "stage-skipping"."""
    if "-" in word:
        return all(is_frame(token) for token in tokens_of(word.replace("-", " ")))
    return any(
        word.endswith(ending) and word.removesuffix(ending) + base in common_words()
        for ending, base in (("ier", "y"), ("iest", "y"), ("er", ""), ("est", ""), ("er", "e"), ("est", "e"))
    )


def is_asking(token: Token) -> bool:
    """Tell whether a word is one that requests themselves are made of; other everyday words may belong to a subject."""
    return (
        not token.is_word
        or token.text in words_in("stop") | words_in("generic") | words_in("people") | words_in("groups")
        or token.text in phrasing_words()
        or token.text in _feelings()
        or token.stem in _frame_stems()
        or token.stem in stems_in("everyday", "generic")
        or token.text in same_words() | words_in("analytics")
        or token.text.isdigit()
        or token.text == "timemark"
        or (token.text.endswith("ly") and len(token.text) > _MIN_ADVERB)
    )


_MIN_ADVERB: Final = 6


@cache
def _feelings() -> frozenset[str]:
    return frozenset(word for words in lexicon()["emotions"].values() for word in str(words).split())


def _frame_stems() -> frozenset[str]:
    return stems_in("people", "groups")


def is_limit_word(word: str) -> bool:
    """Tell whether a word commonly limits a request: a place, an age, a platform and the like."""
    return word in _limit_words()


@cache
def _limit_words() -> frozenset[str]:
    # Kinds of people are as often what customers speak of: "the kids were in tears".
    lists = (str(words) for name, words in lexicon()["limits"].items() if name != "life")
    return frozenset(word for words in lists for word in words.split())


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
        or _compound(tokens, covered)
        or _loose(tokens, covered, said)
    )


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
            # An idiom names nothing by itself; within what is spoken of it belongs to that: "items being out of stock".
            found = _span(
                tokens, start, names if _begins_doing(tokens, start) else _barring(tokens, covered, names)
            )
            if found is not None and (
                _leads_on(tokens, found) or (lead[-1] == "on" and is_limit_word(tokens[found.start].text))
            ):
                # "Complaints on TikTok" are not about it.
                continue
            if found is not None and (
                lead[-1] not in _WEAK
                or _is_content(tokens, found)
                or _is_doing(tokens[found.start])
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


_OBJECTS: Final = frozenset({"what", "which", "who", "where", "how", "why"})
_WEAK: Final = frozenset({"point", "by", "against", "when", "of", "up", "for", "into", "is", "are"})
"""Ends of leads after which other things than a subject stand as often."""


def _spoken_on(tokens: Sequence[Token], covered: Collection[int], said: frozenset[str]) -> Subject | None:
    """Return what stands behind "on" where customers can speak of it: "ads on refunds", "the word on the leaflet"."""
    for at in range(len(tokens) - 1, 0, -1):
        if tokens[at - 1].text != "on":
            continue
        found = _span(tokens, at, covered)
        if found is None or is_limit_word(tokens[found.start].text):
            continue
        inside = tokens[found.start : found.end]
        known = said | thing_stems()
        spoken = at > 1 and tokens[at - 2].text in words_in("spoken_on")
        if any(not is_frame(one) and (spoken or one.stem in known) for one in inside):
            return found
        if spoken and any(_is_topic(one, said) for one in inside):
            return found
    return None


def _span(tokens: Sequence[Token], start: int, covered: Collection[int]) -> Subject | None:
    """Return the words from a place on up to where something else begins, without frame words around them."""
    # A clause says with its verb what is wrong: "when the parcel shows up broken".
    is_clause = start > 0 and tokens[start - 1].text in CLAUSES
    while start < len(tokens) and tokens[start].text in words_in("stop") - {"no", "not"} - _DOINGS:
        if tokens[start].text in words_in("pronouns") - {"this", "that", "these", "those"}:
            return None
        start += 1
    # "That being passed around is annoying": the verb says what is said of it, as does how bad it is.
    links = is_clause and not _begins_doing(tokens, start) and not _says_degree(tokens, start)
    end = start
    while (
        end < len(tokens)
        and end not in covered
        and tokens[end].is_word
        and not (_breaks(tokens, start, end) and not (links and tokens[end].text in _LINKING))
    ):
        end += 1
    content = [at for at in range(start, end) if not is_asking(tokens[at])]
    # "Waiting for their money to come back" says with all of its words what is meant.
    if content and not (is_clause or (start < end and _is_doing(tokens[start]))):
        end = _extended(tokens, content[-1] + 1, end)
    elif not content:
        kept = _PARTICLES if start < end and _is_doing(tokens[start]) else frozenset[str]()
        while end > start and tokens[end - 1].text in words_in("stop") - kept:
            end -= 1
        texts = {tokens[at].text for at in range(start, end)}
        if not texts - words_in("people") - words_in("stop") - words_in("empty") and texts != {"points"}:
            return None
    return (
        Subject(" ".join(token.text for token in tokens[start:end]), start, end, led=True)
        if end > start
        else None
    )


def _says_degree(tokens: Sequence[Token], start: int) -> bool:
    """Tell whether a clause says how bad something is: "that missing measurements are a nuisance"."""
    verb = next(
        (at for at in range(start, len(tokens)) if tokens[at].text in {"is", "are", "was", "were"}), None
    )
    if verb is None:
        return False
    return any(token.text in words_in("degrees") for token in tokens[verb + 1 : verb + 5])


def _is_doing(token: Token) -> bool:
    """Tell whether a word begins a clause that has no verb but itself: "being passed around", "having to register"."""
    return token.text.endswith("ing") and (token.text in _DOINGS or not is_asking(token))


def _begins_doing(tokens: Sequence[Token], start: int) -> bool:
    return start < len(tokens) and _is_doing(tokens[start])


_PARTICLES: Final = frozenset({"up", "off", "out", "back", "down", "away", "around", "over", "through", "in"})
_DOINGS: Final = frozenset(
    {"being", "having", "getting", "waiting", "not", "paying", "finding", "trying", "going", "needing"}
)
_LINKING: Final = frozenset({"is", "are", "was", "were", "does", "do", "gets", "get", "has", "have"})


def _breaks(tokens: Sequence[Token], start: int, at: int) -> bool:
    if tokens[at].text in words_in("subjects_breaks"):
        # "Stores not having what the site shows": the clause belongs to the verb before it.
        return not (at > start and tokens[at].text in _OBJECTS and tokens[at - 1].text.endswith("ing"))
    if tokens[at].text in {"in", "from", "on", "via", "at", "for"} and at > start:
        following = [token.text for token in tokens[at + 1 : at + 3]]
        return any(is_limit_word(word) or word in words_in("people") for word in following)
    return (
        tokens[at].text == "and"
        and at + 1 < len(tokens)
        and tokens[at + 1].text in {"what", "how", "why", "who", "where", "which"}
    )


def _loose(tokens: Sequence[Token], covered: Collection[int], said: frozenset[str]) -> Subject | None:
    """Return the longest run of words that are of no list, with what belongs to them on both sides.

    One that customers speak of, or that names an everyday thing, goes before one that nobody knows.
    """
    best: tuple[tuple[bool, int], Subject] | None = None
    known = said | thing_stems()
    at = 0
    while at < len(tokens):
        if at in covered or is_frame(tokens[at]) or is_limit_word(tokens[at].text):
            at += 1
            continue
        start, end = at, at + 1
        while start > 0 and tokens[start - 1].text in words_in("before") and start - 1 not in covered:
            start -= 1
        end = _run_end(tokens, end, covered)
        rank = (any(token.stem in known and not is_frame(token) for token in tokens[start:end]), end - start)
        if (
            not _is_verb(tokens, start, end)
            and not _is_degree(tokens, start, end)
            and (rank[0] or not _is_people(tokens, start, end, covered))
            and (best is None or rank > best[0])
        ):
            text = " ".join(token.text for token in tokens[start:end])
            # "Tracking complaints" are complaints about tracking.
            led = rank[0] and end < len(tokens) and tokens[end].text in words_in("trouble")
            best = (rank, Subject(text, start, end, led=led))
        at = end
    return None if best is None else best[1]


def _is_people(tokens: Sequence[Token], start: int, end: int, covered: Collection[int]) -> bool:
    """Tell whether an unknown word calls the people of a named group: "canopy cardholders", "punters in Bath"."""
    if end - start > 1 or not tokens[start].text.endswith("s"):
        return False
    is_named = start - 1 in covered and start > 0 and tokens[start - 1].is_word
    is_from = end + 1 in covered and tokens[end].text in {"in", "from", "on", "at", "with", "around"}
    return is_named or is_from


def _is_degree(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Tell whether an unknown word only says which of several: "most trodden routes", "the smartest move"."""
    if end - start > 1 or end >= len(tokens) or not is_frame(tokens[end]):
        return False
    before = tokens[start - 1].text if start else ""
    return before in {"most", "least"} or (before in {"the", "our"} and tokens[start].text.endswith("est"))


def _is_verb(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Tell whether an unknown word stands where requests have their verb: "what irks shoppers", "fetch the map"."""
    if end - start > 1:
        return False
    before = tokens[start - 1].text if start else ""
    after = tokens[end].text if end < len(tokens) else ""
    if before == "":
        return after in words_in("subjects_determiners") or after == "me"
    if before in words_in("people"):
        # What was counted is not known where its verb is not.
        return not any(token.text in {"many", "number", "share", "often", "percentage"} for token in tokens)
    if tokens[start].text.endswith("ing") and before in {
        "from",
        "by",
        "for",
        "without",
        "while",
        "when",
        "of",
    }:
        return True
    return before in words_in("verb_leads") and (
        after in words_in("people")
        or after in words_in("generic")
        or after in words_in("stop")
        or before == "they"
    )


def _run_end(tokens: Sequence[Token], end: int, covered: Collection[int]) -> int:
    while end < len(tokens) and end not in covered and tokens[end].is_word:
        if not is_asking(tokens[end]) and not is_limit_word(tokens[end].text):
            end += 1
        elif (
            tokens[end].text in words_in("inner")
            and end + 1 < len(tokens)
            and not is_frame(tokens[end + 1])
            and end + 1 not in covered
        ):
            if is_limit_word(tokens[end + 1].text):
                break
            end += 2
        else:
            break
    return _extended(tokens, end, len(tokens))


def _extended(tokens: Sequence[Token], end: int, limit: int) -> int:
    while end < limit and (tokens[end].text in words_in("after") or _is_head(tokens, end)):
        end += 1
    return end


def _is_head(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a word behind a noun is the thing that both together name: "swim shorts", "phone case"."""
    plain = (
        words_in("stop") | words_in("people") | words_in("groups") | words_in("empty") | words_in("trouble")
    )
    return tokens[at].stem in thing_stems() and tokens[at].text not in plain | words_in("complaint_words")


def _is_for(token: Token, thing: Token) -> bool:
    """Tell whether a word says what a thing is for: a gerund, or a noun before a word that is a thing only behind one."""
    asking = words_in("stop") | words_in("generic") | words_in("computed") | words_in("complaint_words")
    if thing.text in words_in("heads") and token.is_word and token.text not in asking | words_in("people"):
        return True
    is_gerund = token.text.endswith("ing") and token.text not in words_in("no_purpose")
    return is_gerund and thing.text not in words_in("generic")


def _compound(tokens: Sequence[Token], covered: Collection[int]) -> Subject | None:
    """Return a thing that is named with what it is for, though either word may mean another thing: "the walking boots"."""
    for at, token in enumerate(tokens[:-1]):
        before = tokens[at - 1].text if at and tokens[at - 1].is_word else ""
        leads = words_in("determiners") | words_in("prepositions") | words_in("thing_leads")
        if {at, at + 1} & set(covered) or (before and before not in leads):
            continue
        if not (_is_for(token, tokens[at + 1]) and _is_head(tokens, at + 1)):
            continue
        end = at + 2
        end = _extended(tokens, end, len(tokens))
        following = tokens[end].text if end < len(tokens) else ""
        led = following in words_in("complaint_words") | words_in("trouble")
        return Subject(" ".join(one.text for one in tokens[at:end]), at, end, led=led)
    return None
