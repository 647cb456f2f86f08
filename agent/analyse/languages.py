"""Tells whether a text is in the language the reader was made for: English.

Cues, words and the bundled encoder all know English alone; what they make of another language is noise. So a text whose
letters or commonest words are those of another language is marked, and its reading says unknown.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import cast

import yaml

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LATIN_END = "\u0250"
"""The first letter beyond Latin, its supplement and its extensions."""
_MARKED_LETTER = re.compile(r"[À-ɏ]")
_TAG = re.compile(r"<[^<>]{1,200}>|&[a-z]{2,8};|https?://\S+|[^\s@]{1,64}@\S+|\[[A-Z_]+-\w+\]", re.IGNORECASE)
_MOST_WORDS = 200
"""More words say nothing new."""
_MOST_FOREIGN_LETTERS = 0.5
_MIN_FOREIGN_WORDS = 2
_HEAD = 200
"""Characters looked at before anything is counted."""
_MARKED_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class LanguageFit:
    """How far a text is in English."""

    is_english: bool
    """False only on evidence of another language: a name, a number or an emoji alone is no such evidence."""
    has_words: bool
    """Whether there is any word at all."""
    language: str | None
    """The other language where its words give it away, as an ISO 639-1 code; None otherwise."""


def language_fit(text: str) -> LanguageFit:
    """Judge a text by its script and its commonest words; markup, addresses and placeholders do not count."""
    if text.isascii() and _opens_english(text):
        return _ENGLISH
    words = [word.lower() for word in _WORD.findall(_TAG.sub(" ", text))[:_MOST_WORDS]]
    if not words:
        return LanguageFit(is_english=True, has_words=False, language=None)
    letters = "".join(words)
    foreign = sum(letter >= _LATIN_END and letter.isalpha() for letter in letters)
    if foreign > _MOST_FOREIGN_LETTERS * len(letters):
        return LanguageFit(is_english=False, has_words=True, language=None)
    return _by_words(words)


_ENGLISH = LanguageFit(is_english=True, has_words=True, language=None)
_COMMONEST_ENGLISH = frozenset(
    [
        "the",
        "and",
        "is",
        "was",
        "were",
        "my",
        "it",
        "you",
        "your",
        "with",
        "for",
        "that",
        "this",
        "have",
        "had",
        "not",
        "very",
        "they",
        "are",
        "i'm",
        "it's",
        "don't",
        "can't",
        "didn't",
        "of",
        "would",
        "from",
        "when",
        "but",
        "because",
        "been",
        "to",
        "a",
        "on",
        "i",
    ]
)
_ENOUGH = 2


def _opens_english(text: str) -> bool:
    """Say whether some of the commonest English words stand in a text, so that nothing else need be counted."""
    return len(_COMMONEST_ENGLISH.intersection(text[:_HEAD].lower().split())) > _ENOUGH


def _by_words(words: list[str]) -> LanguageFit:
    lists = _common_words()
    distinct = set(words)
    known = len(distinct & lists["en"])
    telling = {word for word in distinct - lists["en"] - lists["shared"] if len(word) > 1}
    counts = {code: len(telling & own) for code, own in lists.items() if code not in {"en", "shared"}}
    best = max(counts, key=lambda code: counts[code])
    marked = sum(_MARKED_LETTER.search(word) is not None for word in words)
    by_words = counts[best] > known and (counts[best] >= _MIN_FOREIGN_WORDS or known == 0)
    by_letters = known == 0 and len(words) >= _MIN_FOREIGN_WORDS and marked > _MARKED_SHARE * len(words)
    if not (by_words or by_letters):
        return _ENGLISH
    return LanguageFit(is_english=False, has_words=True, language=best if counts[best] else None)


@cache
def _common_words() -> Mapping[str, frozenset[str]]:
    source = resources.files("agent.analyse").joinpath("languages.yaml").read_text(encoding="utf-8")
    lists = cast("dict[str, str]", yaml.safe_load(source))
    return {code: frozenset(words.split()) for code, words in lists.items()}
