"""Steps that a request names: whole names of events, parts of them, and words such as "buy" and "leave"."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from agent.chat.understand.gerunds import done_step
from agent.chat.understand.index import Index, Mention
from agent.chat.understand.places import last_about, word_before
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


def step_mentions(tokens: Sequence[Token], index: Index, taken: set[int]) -> Iterable[Mention]:
    """Return steps that are named: by their whole name first, else by part of it where the place asks for a step."""
    steps: list[Mention] = []
    for start in range(len(tokens)):
        if start in taken or not tokens[start].is_word or last_about(tokens, start):
            continue
        found = (
            _longest(_whole_event(tokens, start, index), _told(tokens, start, index))
            or _bought_or_left(tokens, start, index)
            or (done_step(tokens, start, index, steps) if asks_step(tokens, start) else None)
            or _part_event(tokens, start, index)
        )
        if found is not None and not taken & set(range(found.start, found.end)):
            taken |= set(range(found.start, found.end))
            steps.append(found)
            yield found


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
        if end is None or (len(phrase) == 1 and not asks_step(tokens, start)):
            continue
        if best is None or end - start > best.end - best.start:
            best = Mention("event", event, start, end)
    return best


def told_steps(tokens: Sequence[Token], index: Index) -> Iterable[Mention]:
    """Return the steps that several usual words tell of, wherever no subject is meant."""
    for start, token in enumerate(tokens):
        found = _told(tokens, start, index) if token.is_word and not last_about(tokens, start) else None
        if found is not None and found.end - found.start > 1:
            yield found


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
        elif tokens[at].text in words_in("stop") and tokens[at].text not in words_in("breaks"):
            gap += 1
        else:
            return None
    return None


def _bought_or_left(tokens: Sequence[Token], start: int, index: Index) -> Mention | None:
    for name, event in (("buying", index.vocabulary.purchase()), ("leaving", index.vocabulary.leaving())):
        if event is None or word_before(tokens, start) not in words_in("event_leads") | {
            "drives",
            "influences",
            "customers",
            "people",
        }:
            continue
        for phrase in _phrases(name):
            end = start + len(phrase)
            following = tokens[end].text if end < len(tokens) else ""
            if tuple(one.stem for one in tokens[start:end]) == phrase and following not in {
                "out",
                "over",
                "behind",
            }:
                is_step = word_before(tokens, start) in words_in("step_leads") - {"to"} | {"between", "with"}
                return Mention("event", event, start, end, plain=not is_step)
    return None


@lru_cache(maxsize=8)
def _phrases(name: str) -> tuple[tuple[str, ...], ...]:
    return tuple(sorted({stems_of(phrase) for phrase in lexicon()[name]}, key=lambda one: (-len(one), one)))


def _part_event(tokens: Sequence[Token], start: int, index: Index) -> Mention | None:
    """Return a step that a word is part of, where the word before it asks for one."""
    if tokens[start - 1].text not in words_in("step_leads") if start else True:
        at = start - 1
        while at >= 0 and tokens[at].text in words_in("mentions_determiners"):
            at -= 1
        if at < 0 or tokens[at].text not in words_in("step_leads"):
            return None
    end = start
    wanted: set[str] = set()
    while end < len(tokens) and tokens[end].is_word and tokens[end].text not in words_in("stop"):
        wanted.add(tokens[end].stem)
        end += 1
    if not wanted - stems_in("bare_verbs"):
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
