"""Whether words that equal a value of a trait limit a request to it, or merely stand in it."""

from collections.abc import Sequence
from typing import Final

from agent.chat.understand.calling import is_crowd
from agent.chat.understand.frames import is_frame, is_limit_word
from agent.chat.understand.index import Index
from agent.chat.understand.places import goes_on, last_about, word_before
from agent.chat.understand.words import Token, stem, stems_in, stems_of, thing_stems, words_in


def fits_value(tokens: Sequence[Token], start: int, end: int, index: Index, *, key: str, value: str) -> bool:
    """Tell whether words that equal a value of a trait limit the request to it, or merely stand in it."""
    after = tokens[end].text if end < len(tokens) else ""
    before = word_before(tokens, start)
    if (value == "phone" and _is_handset(tokens, start)) or _is_of_thing(tokens, start, end, key=key):
        return False
    if _is_end_of_way(tokens, start, after, key=key):
        return False
    is_led_on = is_crowd(after) or after == "only" or stem(after) in stems_of(key)
    if start > 1 and tokens[start - 1].text == ":":
        # "Segment: home".
        before = tokens[start - 2].text
    if is_led_on or stem(before) in stems_of(key) or _is_first_of_two(tokens, end, before):
        return True
    if last_about(tokens, start):
        return False
    word = tokens[start].text
    if key == "kind" and (word in _plurals(value) or after in words_in("pieces")):
        return after in words_in("pieces") or _counts_kind(before, after)
    is_name = (
        end - start > 1
        or (key != "channel" and word in _plurals(value))
        or bool({"versus", "vs"} & {before, after})
    )
    return is_name or _fits_one_word(tokens, start, end, index, key=key)


_CONTACTS: Final = frozenset(
    {"conversations", "contacts", "transcripts", "dialogues", "messages", "reviews", "channels"}
)


def _is_end_of_way(tokens: Sequence[Token], start: int, after: str, *, key: str) -> bool:
    """Tell whether a word is one end of a way: "from e-mail to purchase", "between delivery and review"."""
    before = word_before(tokens, start)
    if key == "channel":
        return before == "from" and after in {"to", "until", "till", "into"}
    return (
        key == "kind"
        and before == "and"
        and "between" in {one.text for one in tokens[max(0, start - 5) : start]}
    )


def _is_of_thing(tokens: Sequence[Token], start: int, end: int, *, key: str) -> bool:
    """Tell whether an everyday word only says which thing is meant or goes wrong: "the app crashing", "phone case", "family tent".

    A place or a device in such a place still says whose it is: "Leeds parcels".
    """
    following = tokens[end] if end < len(tokens) else None
    if following is None or end - start > 1 or is_crowd(following.text):
        return False
    if following.stem in stems_in("breakdowns") and (key == "channel" or "device" in key):
        return True
    if following.text in words_in("places"):
        # "Our Bath store": whose it is.
        return False
    is_thing = following.text in words_in("heads") or (
        following.stem in thing_stems() and not is_frame(following)
    )
    return is_thing and not is_limit_word(tokens[start].text)


def _is_first_of_two(tokens: Sequence[Token], end: int, before: str) -> bool:
    """Tell whether another value and then the customers follow: "mobile and desktop customers"."""
    if end + 1 >= len(tokens) or tokens[end].text not in {
        "and",
        "or",
        "versus",
        "vs",
        "with",
        "to",
        "against",
    }:
        return False
    far = {one.text for one in tokens[end + 1 : end + 4]}
    return bool(far & (words_in("people") | words_in("groups") | _CONTACTS)) or before in {
        "compare",
        "between",
    }


def _fits_one_word(tokens: Sequence[Token], start: int, end: int, index: Index, *, key: str) -> bool:
    word, before = tokens[start].text, word_before(tokens, start)
    is_own = not (word in words_in("generic") or word in words_in("stop"))
    if (
        key not in {"kind", "channel"}
        and is_own
        and not _is_step(word, index)
        and (_ends_or_begins(tokens, start, end) or _stands_alone(tokens, start, end, index))
    ):
        return True
    if before in words_in("before_value"):
        is_last = end == len(tokens) or not tokens[end].is_word
        return is_own or key in {"kind", "channel", "device_type"} or is_last
    if not before and start and _is_step(word, index):
        # "Steps: home, product page": one of a row of steps.
        return False
    return before in {"", "compare", "but", "do", "does", "how", "what", "where", "did"} and is_own


def _is_handset(tokens: Sequence[Token], start: int) -> bool:
    """Tell whether "phone" is what somebody is "on a phone" with, the device, not the line they call on."""
    before = [token.text for token in tokens[max(0, start - 2) : start]]
    after = {token.text for token in tokens[start + 1 : start + 3]}
    beside = {"computer", "computers", "laptop", "desktop", "pc", "tablet"}
    if after & {"or", "and", "vs", "versus"} and after & beside:
        return True
    return len(before) > 1 and before[0] == "on" and before[1] in {"a", "their", "his", "her", "your", "my"}


def _ends_or_begins(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Tell whether a word is the last or first of its request, as in "pain points mobile" and "mobile: pain points"."""
    return all(not one.is_word for one in tokens[end:]) or all(not one.is_word for one in tokens[:start])


def _stands_alone(tokens: Sequence[Token], start: int, end: int, index: Index) -> bool:
    """Tell whether a value is no part of a longer name, as it is in "family tent", nor somebody's own."""
    raw = tokens[start - 1].text if start else ""
    if raw in {"my", "his", "her", "your", "at", "whole"}:
        return False
    following = tokens[end] if end < len(tokens) else None
    values = {
        stems_of(value)[0] for trait in index.vocabulary.traits for value in trait.values if stems_of(value)
    }
    return following is None or following.stem in values or not goes_on(tokens, end)


def _is_step(word: str, index: Index) -> bool:
    """Tell whether a word is the whole name of a step too, such as "home"."""
    return any(stems == frozenset({stem(word)}) for _, stems in index.event_stems)


def _counts_kind(before: str, after: str) -> bool:
    """Tell whether "reviews" limits to them: as a count of them or a place to look, not as a word for feedback."""
    return before in {"many", "in", "from", "only", "of", "count", "number"} and after not in {"and", "or"}


def _plurals(value: str) -> frozenset[str]:
    """Return what several customers of a value are called: "families", "enthusiasts"."""
    word = value.casefold()
    return frozenset({f"{word}s", f"{word}es", f"{word.removesuffix('y')}ies"} - {word})
