"""Words that requests are made of, whatever they are about; a word of another sort is what is asked of, or limits it."""

from functools import cache, lru_cache
from typing import Final

from agent.chat.understand.kinds import phrasing_words
from agent.chat.understand.words import (
    TIME_MARK,
    Token,
    common_stems,
    common_words,
    lexicon,
    same_words,
    stems_in,
    tokens_of,
    words_in,
)


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
        or token.text == TIME_MARK
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
