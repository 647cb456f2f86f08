"""Words of a request: cut, stemmed, forgiven their spelling. Case and final punctuation never matter."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Final, cast

import yaml

MAX_CHARS: Final = 1_500
"""A question longer than this is read no further than this."""
MAX_WORDS: Final = 300
"""Of a question: what stands where is looked for from every word, which takes seconds for a thousand of one letter."""
TIME_MARK: Final = "timemark"
"""Stands in a request for each time that is named in it."""
_TOKEN = re.compile(r"\w+(?:[-.@+]\w+)*|[,;?!.:\n]")
_CONTRACTIONS = (
    (re.compile(r"\bcan't\b|\bcant\b"), "can not"),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"\bhow(?:'d| d'?) ?(?:you|ya)\b|\bhow d'(?:you|ya)\b"), "how do you"),
    (re.compile(r"\bd'(?:you|ya)\b"), "do you"),
    (re.compile(r"\b(dont|doesnt|didnt|isnt|arent)\b"), "do not"),
    (re.compile(r"\b(it|here|he|she)'s\b"), r"\1 is"),
    (re.compile(r"\b(what|where|who|how|that|there|when|why)'?s\b"), r"\1 is"),
    (re.compile(r"\bwhats\b"), "what is"),
    (re.compile(r"\btl;?dr\b"), "summary"),
    (re.compile(r"\btop-?(?=\d)"), "top "),
    # Whoever works in it is no customer.
    (
        re.compile(
            r"\bcx(?=[ -](?:leads?|teams?|heads?|directors?|managers?|council|department|colleagues?|hat|role|agency|board|guys?|people|programme|strategy)\b)"
        ),
        "experience",
    ),
    (re.compile(r"\bswim[- ]lane"), "swimlane"),
    (re.compile(r"'(?:re)\b"), " are"),
    (re.compile(r"'(?:ve)\b"), " have"),
    (re.compile(r"'(?:ll)\b"), " will"),
    (re.compile(r"'(?:d)\b"), " would"),
    (re.compile(r"'m\b"), " am"),
    (re.compile(r"'s\b|s'(?=\s|[?.!,;]|$)"), "s"),
)
_STATES = re.compile(r"(?<![\w-])(?:US|U\.S\.(?:A\.)?)(?![\w-])")
_ARROW = re.compile(r"\s*(?:[-=]+>|[→➔➜⟶»›]|(?<=\w )>+(?= \w))\s*")
"""How people draw a way from step to step."""
_TEENS = {
    word: n
    for n, word in enumerate(
        (
            "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
        ),
        start=11,
    )
}  # fmt: skip
_TENS = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
_ONES = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}
_NTHS = {
    "first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th", "sixth": "6th", "seventh": "7th",
    "eighth": "8th", "ninth": "9th",
}  # fmt: skip
_NUMBER_WORD = re.compile(
    rf"\b(?:(?P<tens>{'|'.join(_TENS)})(?:[ -](?:(?P<ones>{'|'.join(_ONES)})|(?P<nth>{'|'.join(_NTHS)})))?|(?P<teen>{'|'.join(_TEENS)}))\b"
)
_SHORT_WORD = re.compile(r"(?<![\w/])(?:w/o?|e\.g\.|i\.e\.|no\.(?=\s+of)|[a-z]{1,5})(?![\w'])")
_MIN_STEM: Final = 3
_MOST_LETTERS: Final = 2
"""Letters by which a misspelt word may be longer or shorter."""
_MIN_TYPO = 4
"""Shorter words have too many neighbours to be taken for misspelt ones."""
_LIKE: Final = 0.84


@dataclass(frozen=True, slots=True)
class Token:
    """One word or mark."""

    text: str
    """Lower case, without accents."""
    stem: str
    is_word: bool


def plain(text: str) -> str:
    """Return a text in lower case, without accents and typographic marks, contractions written out."""
    text = unicodedata.normalize("NFKC", text[:MAX_CHARS]).replace("’", "'").replace("‘", "'")
    if any(letter.islower() for letter in text):
        # In capitals it is the country; in small letters "us" is whoever asks.
        text = _STATES.sub("usa", text)
    text = text.casefold()
    text = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
    text = _ARROW.sub(" then ", text)
    for pattern, written in _CONTRACTIONS:
        text = pattern.sub(written, text)
    text = _NUMBER_WORD.sub(_digits, text)
    text = _SHORT_WORD.sub(lambda match: _short_words().get(match[0], match[0]), text)
    return re.sub(r"[ \t\r\f\v]+", " ", text).strip()


def _digits(match: re.Match[str]) -> str:
    """Return the digits of a number in words from eleven on; smaller ones are words of everyday speech."""
    if match["teen"]:
        return str(_TEENS[match["teen"]])
    if match["nth"]:
        return f"{_TENS[match['tens']] // 10}{_NTHS[match['nth']]}"
    return str(_TENS[match["tens"]] + _ONES.get(match["ones"] or "", 0))


def tokens_of(text: str) -> tuple[Token, ...]:
    """Return the tokens of a text."""
    return tuple(
        Token(found, stem(found), found[0].isalnum() or found[0] == "_")
        for found in _TOKEN.findall(plain(text))
    )


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Return a rough stem, good for equality alone."""
    if word in _irregular():
        base = _irregular()[word]
        # "gave" has to end as "give" does.
        return base if base == word else stem(base)
    for suffix, ending in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _MIN_STEM and not word.endswith("ss"):
            word = word.removesuffix(suffix) + ending
            break
    if len(word) > _MIN_STEM and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > _MIN_STEM else word


_SUFFIXES = (
    ("ies", "y"),
    ("ied", "y"),
    ("ings", ""),
    ("ing", ""),
    ("sses", "ss"),
    ("ed", ""),
    ("es", "e"),
    ("s", ""),
)


@lru_cache(maxsize=8_192)
def stems_of(text: str) -> tuple[str, ...]:
    """Return the stems of a name's or a request's words, in order; the same names are looked at for every request."""
    return stems_in_passage(text)


def stems_in_passage(text: str) -> tuple[str, ...]:
    """Return the stems of what a customer wrote, in order; looked at once."""
    return tuple(token.stem for token in tokens_of(text.replace("_", " ")) if token.is_word)


def is_like(word: str, other: str) -> bool:
    """Tell whether a word is another one misspelt: same first letter, most letters in the same order."""
    if (
        min(len(word), len(other)) < _MIN_TYPO
        or abs(len(word) - len(other)) > _MOST_LETTERS
        or word[0] != other[0]
    ):
        return False
    letters = SequenceMatcher(None, word, other, autojunk=False)
    return letters.real_quick_ratio() >= _LIKE and letters.quick_ratio() >= _LIKE and letters.ratio() >= _LIKE


@cache
def lexicon() -> dict[str, Any]:
    """Return the lists of `lexicon.yaml`."""
    source = resources.files("agent.chat.understand").joinpath("lexicon.yaml").read_text(encoding="utf-8")
    return cast("dict[str, Any]", yaml.safe_load(source))


def canonical(text: str) -> str:
    """Return a request with words of one meaning written as one word, so that fewer phrasings say more."""
    return " ".join(_same().get(word, word) for word in text.split())


@cache
def _short_words() -> dict[str, str]:
    return {short: str(written) for short, written in lexicon()["abbreviations"].items()}


def same_words() -> frozenset[str]:
    """Return the words that are read as others of the same meaning."""
    return frozenset(_same())


@cache
def _same() -> dict[str, str]:
    return {word: first for first, words in lexicon()["same"].items() for word in str(words).split()}


def words_in(name: str) -> frozenset[str]:
    """Return a word list of the lexicon."""
    return _words_in(name)


@cache
def _words_in(name: str) -> frozenset[str]:
    return frozenset(str(lexicon()[name]).split())


@cache
def _irregular() -> dict[str, str]:
    pairs = (pair.split(":") for pair in str(lexicon()["irregular"]).split())
    return dict(pairs)


@cache
def common_stems() -> frozenset[str]:
    """Return the stems of everyday English, which name nothing that a request could be about."""
    return frozenset(map(stem, common_words()))


@cache
def common_words() -> frozenset[str]:
    """Return the words of everyday English."""
    return frozenset(word for name, words in _english().items() if name != _THINGS for word in words.split())


@cache
def english_stems(*names: str) -> frozenset[str]:
    """Return the stems of some of the lists of everyday English."""
    return frozenset(stem(word) for name in names for word in _english()[name].split())


@cache
def thing_stems() -> frozenset[str]:
    """Return the stems of everyday things, which a request may be about and which are no place, channel or person."""
    return frozenset(map(stem, _english()[_THINGS].split()))


@cache
def _english() -> dict[str, str]:
    source = resources.files("agent.chat.understand").joinpath("english.yaml").read_text(encoding="utf-8")
    return cast("dict[str, str]", yaml.safe_load(source))


_THINGS: Final = "things"


@cache
def stems_in(*names: str) -> frozenset[str]:
    """Return the stems of word lists of the lexicon."""
    return frozenset(stem(word) for name in names for word in words_in(name))


def righted(text: str) -> str:
    """Return a plain text with question words put right whose letters stand in another order, as in "waht" and "wich"."""
    return re.sub(r"\b[a-z]{3,10}\b", lambda match: _asking_words().get(match[0], match[0]), text)


@cache
def _asking_words() -> dict[str, str]:
    """Return ways in which the words that begin requests are mistyped: two letters swapped, or one left out."""
    known = common_words() | words_in("stop") | words_in("generic")
    found: dict[str, str] = {}
    for word in ("what", "which", "where", "when", "many", "show", "give", "people", "customers"):
        swapped = (word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(1, len(word) - 1))
        short = (
            (word[:at] + word[at + 1 :] for at in range(1, len(word) - 1)) if len(word) > _MIN_TYPO else ()
        )
        found |= {wrong: word for wrong in (*swapped, *short) if wrong not in known}
    return found


def respelt(tokens: Iterable[Token], known: frozenset[str], *, kept: frozenset[str]) -> tuple[Token, ...]:
    """Return tokens with words of no list put right where one known word is near.

    Args:
        tokens: Of a request.
        known: Words that others may be misspelt forms of.
        kept: Further words that are spelt right.
    """
    return tuple(token if token.text in kept else _respelt(token, known) for token in tokens)


def _respelt(token: Token, known: frozenset[str]) -> Token:
    if not token.is_word or len(token.text) < _MIN_TYPO or not token.text.isalpha():
        return token
    found = _nearest(token.text, known)
    return token if found is None else Token(found, stem(found), is_word=True)


@lru_cache(maxsize=4_096)
def _nearest(word: str, known: frozenset[str]) -> str | None:
    stemmed = stem(word)
    if word in known or word in _irregular() or stemmed in _stems(known) | common_stems() | thing_stems():
        return None
    swapped = [
        other
        for other in words_in("stop")
        if len(other) > _MIN_STEM and other[0] == word[0] and sorted(other) == sorted(word)
    ]
    if swapped:
        return min(swapped)
    mixed = _mixed_up().get((word[0], word[-1], "".join(sorted(word))))
    if mixed is not None:
        return None if mixed == word else mixed
    # Two letters that changed places: the same letters, and so surer than any likeness.
    turned = [
        other
        for other in known
        if other[0] == word[0] and len(other) == len(word) and sorted(other) == sorted(word)
    ]
    if turned:
        return min(turned)
    near = [
        other
        for other in known
        if other[0] == word[0]
        and len(other) > _MIN_TYPO
        and abs(len(other) - len(word)) <= _MOST_LETTERS
        and is_like(word, other)
    ]
    return max(near, key=lambda other: (_likeness(word, other), other), default=None)


def _likeness(word: str, other: str) -> float:
    """Return how like a word is to another one; letters are more often mixed up than left out: "convertion"."""
    return SequenceMatcher(None, word, other).ratio() - _PER_LETTER * abs(len(word) - len(other))


_PER_LETTER: Final = 0.02


@cache
def _mixed_up() -> dict[tuple[str, str, str], str]:
    """Return everyday words by their letters, of which those inside are often typed in another order."""
    return {
        (word[0], word[-1], "".join(sorted(word))): word for word in common_words() if len(word) > _MIN_TYPO
    }


@lru_cache(maxsize=64)
def _stems(known: frozenset[str]) -> frozenset[str]:
    return frozenset(map(stem, known))
