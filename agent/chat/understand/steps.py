"""Steps that a request names: whole names of events, parts of them, and words such as "buy" and "leave"."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from agent.chat.understand.deeds import deed_at
from agent.chat.understand.gerunds import done_step
from agent.chat.understand.index import Index, Mention
from agent.chat.understand.places import last_about, spoken_of, word_before
from agent.chat.understand.rows import alone, beside, is_on_a_way
from agent.chat.understand.words import Token, lexicon, stems_in, stems_of, words_in

_MOST_GAP: Final = 2
_MOST_BETWEEN: Final = 4
_HELPERS: Final = frozenset(
    {
        "has",
        "have",
        "had",
        "is",
        "are",
        "was",
        "were",
        "been",
        "being",
        "gets",
        "got",
        "get",
        "just",
        "already",
    }
)
_MIN_WHOLE: Final = 2
"""Words of a name that is found anywhere; a single one may mean anything."""


def step_mentions(
    tokens: Sequence[Token], index: Index, taken: set[int], known: Sequence[Mention] = ()
) -> Iterable[Mention]:
    """Return steps that are named: by their whole name first, else by part of it where the place asks for a step.

    Args:
        tokens: Of the request.
        index: Has the names of steps.
        taken: Places that other names hold; grows.
        known: Steps found so far, in any order.
    """
    steps: list[Mention] = list(known)
    yield from _in_place(tokens, index, taken, steps)
    yield from beside(tokens, index, taken, steps)


def _in_place(
    tokens: Sequence[Token], index: Index, taken: set[int], steps: list[Mention]
) -> Iterable[Mention]:
    for start in range(len(tokens)):
        if start in taken or not tokens[start].is_word or _is_told_of(tokens, start):
            continue
        if _is_wished(tokens, start):
            continue
        found = (
            _longest(
                _longest(_whole_event(tokens, start, index), _told(tokens, start, index)),
                _deed(tokens, start, index),
            )
            or _bought_or_left(tokens, start, index, steps)
            or (done_step(tokens, start, index, steps) if _is_done(tokens, start) else None)
            or alone(tokens, start, index, steps)
            or _part_event(tokens, start, index, steps)
        )
        if found is not None and not taken & set(range(found.start, found.end)):
            taken |= set(range(found.start, found.end))
            steps.append(found)
            yield found


def _is_told_of(tokens: Sequence[Token], start: int) -> bool:
    return last_about(tokens, start) or spoken_of(tokens, start)


def _is_done(tokens: Sequence[Token], start: int) -> bool:
    """Tell whether a verb can be a step: "which problems do they report" asks for what they say."""
    says = tokens[start].stem in stems_in("raising")
    return asks_step(tokens, start) and not (
        says and {"do", "did", "does"} & {one.text for one in tokens[:start][-3:]}
    )


def asks_step(tokens: Sequence[Token], start: int) -> bool:
    """Tell whether the word before a place asks for a step, as "after" and "to" do, and customers who do one."""
    return word_before(tokens, start) in words_in("step_leads") | words_in("people") | {
        "who",
        "they",
        "between",
        "by",
        "once",
        "when",
        "and",
        "many",
        "then",
    }


def _whole_event(tokens: Sequence[Token], start: int, index: Index) -> Mention | None:
    if tokens[start].text in index.vocabulary.events and "_" in tokens[start].text:
        return Mention("event", tokens[start].text, start, start + 1)
    best: Mention | None = None
    for event, stems in index.event_stems:
        if len(stems) < _MIN_WHOLE or tokens[start].stem not in stems:
            continue
        end = _covers(tokens, start, stems)
        if end is not None and (best is None or end - start > best.end - best.start):
            best = Mention("event", event, start, end)
    return best


def _longest(one: Mention | None, other: Mention | None) -> Mention | None:
    if one is None or other is None:
        return one or other
    return other if other.end - other.start > one.end - one.start else one


def _told(tokens: Sequence[Token], start: int, index: Index) -> Mention | None:
    """Return the step that usual words tell of, as "put something in their basket" does; the longest wins."""
    best: Mention | None = None
    for phrase, event in index.told.get(tokens[start].stem, ()):
        end = _in_row(tokens, start, phrase)
        # One word, as "shipping", is a step only where the place asks for one.
        is_noun = start > 0 and tokens[start - 1].text in {"client", "customer", "user", "shopper", "buyer"}
        if end is None or (
            len(phrase) == 1 and (is_noun or not asks_step(tokens, start) or _has_other_object(tokens, end))
        ):
            continue
        if (best is None or end - start > best.end - best.start) and not _runs_on(tokens, end, index):
            best = Mention("event", event, start, end)
    return best


def _has_other_object(tokens: Sequence[Token], end: int) -> bool:
    """Tell whether what follows says that something else was done with the same verb: "looked at the comparison guide"."""
    if end >= len(tokens) or tokens[end].text not in {"at", "for", "through"}:
        return False
    at = end + 1
    while at < len(tokens) and tokens[at].text in words_in("mentions_determiners"):
        at += 1
    return at < len(tokens) and tokens[at].text not in words_in("any_object") | words_in("any_shop")


def told_steps(tokens: Sequence[Token], index: Index) -> Iterable[Mention]:
    """Return the steps that several usual words tell of, wherever no subject is meant."""
    last: Mention | None = None
    for found in _told_anywhere(tokens, index):
        if last is not None and last.value == found.value and found.start < last.end:
            # "The parcel lands on the doormat" tells of it twice.
            last = replace(last, end=max(last.end, found.end))
            continue
        if last is not None:
            yield last
        last = found
    if last is not None:
        yield last


def _told_anywhere(tokens: Sequence[Token], index: Index) -> Iterable[Mention]:
    for start, token in enumerate(tokens):
        if not token.is_word or _is_told_of(tokens, start) or _is_wished(tokens, start):
            continue
        found = _longest(_told(tokens, start, index), _deed(tokens, start, index))
        found = _longest(found, _by_name(tokens, start, index))
        if found is not None and found.end - found.start > 1:
            yield found


def _by_name(tokens: Sequence[Token], start: int, index: Index) -> Mention | None:
    """Return the step whose very name stands here, word by word, and says what was done: "store stock checked"."""
    best: Mention | None = None
    for event, named in index.names.get(tokens[start].text, ()):
        end = start + len(named)
        if tuple(one.text for one in tokens[start:end]) == named and (best is None or end > best.end):
            best = Mention("event", event, start, end)
    return best


def _runs_on(tokens: Sequence[Token], end: int, index: Index) -> bool:
    """Tell whether the last word of a step begins the name of another: "visited the store page" names the page."""
    if end >= len(tokens) or tokens[end].text in words_in("stop"):
        return False
    pair = {tokens[end - 1].stem, tokens[end].stem}
    return any(pair <= stems for _, stems in index.event_stems)


def _is_wished(tokens: Sequence[Token], start: int) -> bool:
    """Tell whether a deed is one that people are made to do, which is what they complain of."""
    return start > 0 and tokens[start - 1].text in {"must", "should", "cannot"}


def _deed(tokens: Sequence[Token], start: int, index: Index) -> Mention | None:
    """Return the step whose deed and thing stand here; what went wrong with a thing is no step."""
    found = deed_at(tokens, start, index.deeds)
    if found is None:
        return None
    event, end = found
    if _runs_on(tokens, end, index):
        return None
    flaws = words_in("flaws") - {"failed", "failing", "failure", "no"} | _DAMAGE
    beside = {tokens[start - 1].text if start else "", tokens[end].text if end < len(tokens) else ""}
    return None if beside & flaws else Mention("event", event, start, end)


_DAMAGE: Final = frozenset(
    {"damaged", "smashed", "slowly", "too", "incomplete", "half", "empty", "soaked", "opened"}
)


def _in_row(tokens: Sequence[Token], start: int, phrase: Sequence[str]) -> int | None:
    """Return where the words of a phrase end that stand in its order from here on, small words between them; else None."""
    at, gap = start, 0
    for stem in phrase:
        while at < len(tokens) and tokens[at].stem != stem:
            is_small = tokens[at].text in words_in("between") | words_in("any_object") | _HELPERS
            if gap == _MOST_BETWEEN or not is_small or at == start:
                return None
            at, gap = at + 1, gap + 1
        if at == len(tokens):
            return None
        at, gap = at + 1, 0
    return at


def _covers(tokens: Sequence[Token], start: int, stems: frozenset[str]) -> int | None:
    """Return where the words end that hold every stem from here on, in any order and with little between; else None."""
    left, gap = set(stems), 0
    for at in range(start, min(len(tokens), start + len(stems) + _MOST_GAP)):
        if tokens[at].stem in left:
            left.discard(tokens[at].stem)
            gap = 0
            if not left:
                return at + 1
        elif tokens[at].text in words_in("stop") - words_in("breaks") - _ASKING_VERBS:
            gap += 1
        else:
            return None
    return None


_ASKING_VERBS: Final = frozenset({"do", "does", "did", "they", "we", "you"})
"""Words of a question between a thing and what is done with it: "which problems do they report" names no step."""


def _bought_or_left(
    tokens: Sequence[Token], start: int, index: Index, steps: Sequence[Mention]
) -> Mention | None:
    after_step = any(one.end <= start for one in steps)
    leads = words_in("event_leads") | {"drives", "influences", "customers", "people"}
    leads |= _RESULT_LEADS if after_step else frozenset()
    said_before = {word_before(tokens, start), tokens[start - 1].text if start and after_step else ""}
    is_next = start > 0 and tokens[start - 1].text == "to" and any(one.end == start - 1 for one in steps)
    is_next |= after_step and _is_asked_of_them(tokens, start)
    for name, event in (("buying", index.vocabulary.purchase()), ("leaving", index.vocabulary.leaving())):
        if event is None or not (said_before & leads or is_next):
            continue
        for phrase in _phrases(name):
            end = start + len(phrase)
            following = tokens[end].text if end < len(tokens) else ""
            if (
                tuple(one.stem for one in tokens[start:end]) == phrase
                and following not in _NO_STEP_BEFORE[name]
            ):
                is_step = word_before(tokens, start) in words_in("step_leads") - {"to"} | {"between", "with"}
                return Mention("event", event, start, end, plain=not (is_step or is_next))
    return None


def _is_asked_of_them(tokens: Sequence[Token], start: int) -> bool:
    """Tell whether a verb at the end asks what became of those who took a step: "do people who open our emails buy"."""
    rest = {token.text for token in tokens[start + 1 :] if token.is_word}
    return tokens[0].text in {"do", "does", "did"} and rest <= {
        "again",
        "more",
        "anything",
        "something",
        "too",
        "later",
    }


_NO_STEP_BEFORE: Final = {
    "buying": frozenset({"out", "over", "behind"}),
    "leaving": frozenset({"out", "over", "behind", "a", "an", "some", "something", "things", "feedback"}),
}
"""What stands behind such a verb where something else is said: "bought out", "left a tip"."""
_RESULT_LEADS: Final = frozenset(
    {
        "share",
        "portion",
        "percentage",
        "proportion",
        "fraction",
        "percent",
        "many",
        "part",
        "up",
        "it",
        "still",
        "go",
        "then",
        "also",
    }
)
"""Words before what became of those who took a step: "which portion bought"."""


@lru_cache(maxsize=8)
def _phrases(name: str) -> tuple[tuple[str, ...], ...]:
    return tuple(sorted({stems_of(phrase) for phrase in lexicon()[name]}, key=lambda one: (-len(one), one)))


def _part_event(
    tokens: Sequence[Token], start: int, index: Index, steps: Sequence[Mention]
) -> Mention | None:
    """Return a step that a word is part of, where the word before it asks for one."""
    at = start - 1
    while at >= 0 and tokens[at].text in words_in("mentions_determiners"):
        at -= 1
    lead = tokens[at].text if at >= 0 else ""
    if lead not in words_in("step_leads"):
        return None
    if lead == "to" and not is_on_a_way(tokens, start, after_step=bool(steps)):
        return None
    end = start
    wanted: set[str] = set()
    while end < len(tokens) and tokens[end].is_word and tokens[end].text not in words_in("stop"):
        wanted.add(tokens[end].stem)
        end += 1
    if not wanted - stems_in("bare_verbs") - stems_in("people") or _acts(tokens, end):
        return None
    wanted = {_same_stem(one, index) for one in wanted}
    ranked = [
        (len(wanted & stems) / len(wanted | stems), event)
        for event, stems in index.event_stems
        if wanted & stems
    ]
    best = max(ranked, key=lambda pair: pair[0], default=None)
    covered = best is not None and wanted <= dict(index.event_stems)[best[1]]
    return Mention("event", best[1], start, end, rough=True) if best is not None and covered else None


def _acts(tokens: Sequence[Token], end: int) -> bool:
    """Tell whether the words before a place are somebody who does something to customers: "support has passed them around"."""
    behind = [one.text for one in tokens[end : end + 4]]
    return behind[:1] in (["has"], ["have"], ["had"]) and not _CUSTOMERS.isdisjoint(behind[1:])


_CUSTOMERS: Final = frozenset({"them", "him", "her", "me", "us", "their"})


def _same_stem(word: str, index: Index) -> str:
    """Return the stem in the names of steps that a word is another form of: "delivery" of "deliver"."""
    stems = {stem for _, event in index.event_stems for stem in event}
    if word in stems or len(word) < _MIN_FORM:
        return word
    return next(
        (
            one
            for one in sorted(stems)
            if len(one) >= _MIN_FORM and (one.startswith(word) or word.startswith(one))
        ),
        word,
    )


_MIN_FORM: Final = 5
