"""Rows of steps and ways between them, where a bare name is enough to tell a step: "basket, then checkout, then order"."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

from agent.chat.understand.deeds import alone_at, deed_at, deed_words
from agent.chat.understand.index import Index, Mention
from agent.chat.understand.places import spoken_of
from agent.chat.understand.words import Token, words_in


def beside(tokens: Sequence[Token], index: Index, taken: set[int], steps: list[Mention]) -> Iterable[Mention]:
    """Yield steps that a row of steps begins or goes on with: "basket then checkout, payment and order"."""
    waiting = sorted(steps, key=lambda one: -one.start)
    while waiting:
        step = waiting.pop()
        for found in (_before(tokens, step.start, index), _behind(tokens, step.end, index)):
            if found is not None and not taken & set(range(found.start, found.end)):
                taken |= set(range(found.start, found.end))
                waiting.append(found)
                yield found


def _before(tokens: Sequence[Token], start: int, index: Index) -> Mention | None:
    """Return the step that another is reached from, as "shipped" in "shipped to delivered"; None where none is named."""
    at = start - 1
    while at >= 0 and tokens[at].text in words_in("mentions_determiners") | _ADJECTIVES:
        at -= 1
    if at > 0 and tokens[at].text == "," and tokens[at - 1].text in index.vocabulary.events:
        # "Home, product page": a name of one word is a step where another step follows in the row.
        return Mention("event", tokens[at - 1].text, at - 1, at)
    if at <= 0 or tokens[at].text not in _ON:
        return None
    end = at
    while end > 0 and tokens[end - 1].text in _TURNING:
        end -= 1
    while end > 0 and (not tokens[end - 1].is_word or tokens[end - 1].text in _ORDINALS):
        end -= 1
    for first in range(max(0, end - _MOST), end):
        if spoken_of(tokens, first) or any(not one.is_word or one.text in _ENDS for one in tokens[first:end]):
            continue
        found = deed_at(tokens, first, index.deeds) or alone_at(tokens, first, index.deeds, end=end)
        if found is not None and found[1] == end:
            return Mention("event", found[0], first, end, rough=True)
    return None


def _behind(tokens: Sequence[Token], end: int, index: Index) -> Mention | None:
    at = _behind_link(tokens, end)
    return None if at is None else _segment(tokens, at, index)


def _behind_link(tokens: Sequence[Token], end: int) -> int | None:
    """Return where the next of a row of steps begins, None where the row ends."""
    at = end
    while at < len(tokens) and (tokens[at].text in _ORDINALS | {",", "and", ";"}):
        at += 1
    if at == end or at >= len(tokens):
        return None
    while at < len(tokens) and tokens[at].text in words_in("mentions_determiners") | _ADJECTIVES | _ON:
        at += 1
    return at if at < len(tokens) else None


def _segment(tokens: Sequence[Token], start: int, index: Index) -> Mention | None:
    """Return the step that all the words between two links name."""
    found = deed_at(tokens, start, index.deeds) or alone_at(tokens, start, index.deeds)
    if found is None:
        return None
    event, end = found
    following = tokens[end] if end < len(tokens) else None
    is_whole = (
        following is None or not following.is_word or following.text in _ON | _ORDINALS | {"and", "how"}
    )
    return Mention("event", event, start, end, rough=True) if is_whole else None


_MOST: Final = 4
_TURNING: Final = frozenset({"turn", "turned", "turns", "lead", "leads", "led", "convert", "converts", "converted", "become", "through", "go", "goes", "went", "on", "all", "way"})  # fmt: skip
_ON: Final = frozenset({"to", "then", "till", "until", "before", "into"})
_ORDINALS: Final = frozenset({"first", "then", "next", "finally", "lastly", "second"})
_ADJECTIVES: Final = frozenset({"finished", "paid", "completed", "first", "next", "another"})
_ENDS: Final = frozenset({"to", "then", "till", "until", "and", "or", "who", "how", "what", "which", "do", "does", "did", "people", "customers", "they", "get", "go"})  # fmt: skip


def alone(tokens: Sequence[Token], start: int, index: Index, steps: Sequence[Mention]) -> Mention | None:
    """Return the step that a bare name tells of, as "basket" does, where a way from or to it is asked for."""
    if not is_on_a_way(tokens, start, after_step=bool(steps)):
        return None
    found = alone_at(tokens, start, index.deeds)
    return None if found is None else Mention("event", found[0], start, found[1], rough=True)


def is_on_a_way(tokens: Sequence[Token], start: int, *, after_step: bool) -> bool:
    """Tell whether the words before a place ask for a way from it or to it."""
    at = start - 1
    while (
        at >= 0 and tokens[at].text in words_in("mentions_determiners") | _ADJECTIVES | _ORDINALS | _CARRIED
    ):
        at -= 1
    if at < 0:
        return False
    before = tokens[at].text
    earlier = {token.text for token in tokens[max(0, at - _FAR) : at]}
    if before in {"after", "following", "until", "till", "then", "upon", "since"}:
        return True
    if before in {"from", "between"}:
        return bool(
            {token.text for token in tokens[start : start + _FAR]} & {"to", "till", "until", "and", "into"}
        )
    if before == "and":
        return "between" in earlier
    if before == "in":
        is_container = bool({token.text for token in tokens[start : start + 2]} & words_in("containers"))
        return after_step and is_container
    return before in {"to", "into", "onto"} and (after_step or bool(earlier & deed_words("going")))


_FAR: Final = 6
_CARRIED: Final = frozenset({"it", "they", "was", "were", "is", "been", "has", "had", "got", "being"})


def in_time(tokens: Sequence[Token], steps: Sequence[Mention]) -> list[Mention]:
    """Return steps in the order in which they are done: "a return after delivery" names the later one first."""
    told = sorted(steps, key=lambda one: one.start)
    if len({one.value for one in told}) != _BOTH:
        return told
    first, second = told[0], next(one for one in told if one.value != told[0].value)
    between = [token.text for token in tokens[first.end : second.start]]
    is_turned = bool(_BACK & set(between)) or any(pair in _OF_WHOM for pair in pairwise(between))
    # "Order within a week of viewing": the later one first, too.
    is_turned |= "within" in between and "of" in between[between.index("within") :]
    # Where the first of them is led by such a word too, they stand as they are done.
    before = {token.text for token in tokens[max(0, first.start - 3) : first.start]}
    return [second, first] if is_turned and not before & (_BACK | {"those"}) else told


_BOTH: Final = 2
_BACK: Final = frozenset({"after", "following", "once"})
_OF_WHOM: Final = frozenset({("of", "those"), ("among", "those"), ("of", "people"), ("of", "customers"), ("of", "all"), ("of", "everyone"), ("of", "everybody")})  # fmt: skip
