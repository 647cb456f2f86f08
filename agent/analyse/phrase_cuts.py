"""Cuts phrases out of what customers wrote, where a sentence can be parted."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from agent.analyse.phrase_words import (
    AFTER_NOT,
    AFTER_PHRASE,
    BAD_END,
    BAD_START,
    BEFORE_PHRASE,
    MODALS,
    SUBJECTS,
)

_MIN_WORDS = 2
_MAX_WORDS = 7
_NAME_SHARE = 0.6

_SIGNS = "".join(
    sign for sign in map(chr, range(0x300, 0x3100)) if unicodedata.category(sign) in {"Mn", "Mc"}
)
"""Vowel signs and accents that stand behind their letter, as in Thai and Hindi: parts of the word, though not `\\w`."""
_LETTERS = rf"[^\W\d_]+(?:[{_SIGNS}]+[^\W\d_]*)*"
_WORD = re.compile(rf"{_LETTERS}(?:'{_LETTERS})*")
_BREAK = re.compile(
    r"</?[A-Za-z][^<>]{0,200}>|&#?\w{2,8};|[Hh]ttps?://\S+|\S+@\S+|\[[A-Z_]+-\w+\]|\w*\d\w*(?:['’]\w+)?|[–—]|\n|_"
    rf"|[^\w\s'’{_SIGNS}-]"
)
"""What ends a phrase; markup and addresses are no words, and a name in an address must not become a label."""
_TOKEN = re.compile(rf"{_LETTERS}(?:['’]{_LETTERS})*")


def words_of(text: str) -> list[str]:
    """Return a text's words in small letters, without digits, markup, addresses and signs."""
    return _WORD.findall(_BREAK.sub(" ", text).lower().replace("’", "'"))


def proper_names(texts: Iterable[str]) -> frozenset[str]:
    """Return words that mostly stand with a capital inside a sentence: names of people, places and products."""
    capital: Counter[str] = Counter()
    inside: Counter[str] = Counter()
    for text in texts:
        if text.isupper():
            continue
        for clause in re.split(r"[.!?:\n]+\s*", text):
            for token in _TOKEN.findall(clause)[1:]:
                word = token.lower().replace("’", "'")
                inside[word] += 1
                capital[word] += token[0].isupper() and not token.isupper()
    return frozenset(word for word, count in inside.items() if capital[word] > _NAME_SHARE * count)


def cuts_of(text: str, names: frozenset[str]) -> Iterable[tuple[tuple[str, ...], bool]]:
    """Return each phrase that may be cut out of a text, and whether it is whole there.

    A phrase is whole where what stands beside it belongs to something else.
    """
    for clause in _BREAK.split(text):
        words = _WORD.findall(clause.lower().replace("’", "'"))
        for start in range(len(words)):
            if not _may_start(words[start], words[start + 1 : start + 2]):
                continue
            for end in range(start + _MIN_WORDS, min(start + _MAX_WORDS, len(words)) + 1):
                if words[end - 1] in names:
                    break
                if words[end - 1] not in BAD_END and words[start] not in names:
                    yield tuple(words[start:end]), _is_whole(words, start, end, names)


def _is_whole(words: Sequence[str], start: int, end: int, names: frozenset[str]) -> bool:
    """Tell whether a phrase is cut between words that a sentence can be parted at, and holds no second subject."""
    return (
        (start == 0 or words[start - 1] in BEFORE_PHRASE or words[start - 1] in names)
        and (end == len(words) or words[end] in AFTER_PHRASE)
        and SUBJECTS.isdisjoint(words[start + 1 : end])
    )


def _may_start(word: str, following: list[str]) -> bool:
    """Tell whether a phrase reads well from here; "not" needs its verb ("could not pay") or something that is not so."""
    after = following[0] if following else ""
    if word == "not":
        return after.endswith("ed") or after in AFTER_NOT
    return word not in BAD_START or (word in MODALS and after == "not")
