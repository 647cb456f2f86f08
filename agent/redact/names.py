"""Recogniser of people's names: by what introduces them, by lists of names, by what the same text said before.

A capitalised word, or a lower-case one that the lists hold or the words before it introduce, is a candidate; the words
around it decide. A name that was introduced is taken out everywhere in the same text.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from agent.redact.lexicon import Lexicon, lexicon
from agent.redact.spans import PersonalKind, Span
from agent.redact.words import AMBIGUOUS, BRANDS, RARELY_NAMES, word_set

_TOKEN = re.compile(r"[^\W\d_]+(?:(?:['’](?!(?:[sSmMdDtT]|ve|re|ll|VE|RE|LL)\b)|-)[^\W\d_]+)*")
_PARTICLES = frozenset(
    [
        "van",
        "von",
        "de",
        "la",
        "del",
        "della",
        "di",
        "da",
        "dos",
        "du",
        "le",
        "der",
        "den",
        "ter",
        "ten",
        "bin",
        "al",
        "el",
        "st",
        "san",
        "ibn",
        "abu",
        "mac",
        "mc",
        "o'",
    ]
)
_GAP = re.compile(r" |\. ?|-")

_TITLE = r"(?:mr|mrs|ms|mx|dr|prof|mister|miss|herr|frau|sra?|señora?|mme|mlle|madame|monsieur|sir|lady|doctor|professor)"
_STRONG = re.compile(
    rf"(?:\b{_TITLE}\.?"
    r"|\b(?:name|surname|nickname)s?(?: (?:is|was)| ?[:=]|['’]s(?: is)?)(?: actually| just)?(?: (?:mr|mrs|ms|dr)\.?)?"
    r"|\b(?:partner|wife|husband|son|daughter|mother|father|mom|dad|boss|brother|sister|friend|owner)['’]?s name"
    r"|\b(?:call|calls|called|calling) (?:me|myself|him|himself|herself)"
    r"|\b(?:was|is|guy|man|woman|lady|person|someone|somebody|agent|rep|representative|manager|employee|colleague|staff member"
    r"|doctor|driver|host|hostess|waiter|waitress|cashier|advisor|adviser|gentleman|girl) (?:called|named|by the name of)"
    r"|\bnamed|\bi go by|\bsigned by|\bcardholder:?|\bpassengers?:|\bcontact:|\battn\.?:?|\bon behalf of"
    r"|\bmy (?:wife|husband|son|daughter|kid|brother|sister|boyfriend|girlfriend|partner|fianc[eé]e?)(?: is|,)?"
    r"|\bname\b[^?\n]{0,40}\?\s{0,2}(?:(?:\w{1,12}: )?(?:it['’]?s|it is|sure,?|yes,?|ok(?:ay)?,?|i['’]?m|i am|of course,?)?))"
    r"[\s\"'“]{0,3}\Z",
    re.IGNORECASE,
)
_WEAK = re.compile(
    r"(?:\b(?:this is|i['’]?m|i am|it['’]?s|it is|that['’]s|here is|here['’]s|with|to|by|from|for|and|or|thanks|thank you|hi|hey"
    r"|hello|dear|bye|cheers|morning|afternoon|evening|told|asked|met|meet|says|said|ask|regards|sincerely|best|starring|early"
    r"|given|featuring|both|agent|rep|representative|manager|advisor|adviser|colleague|assistant|host|owner|ex-\w+)"
    r"|[-–—~]|(?:regards|sincerely|cheers|thanks|best|love),?\s*\n)[\s,!\"'“]{0,3}\Z",
    re.IGNORECASE,
)
_ACTS = re.compile(
    r"['’]s\b|,? (?:said|says|told|asked|answered|replied|shouted|spent|began|lives|lived|here\b|helped|assisted|explained"
    r"|promised|wrote|writes|had given|listed|speaking|will be|from (?:customer|the|support|your)|has been (?:so |very |really )?"
    r"(?:help|great|kind|rude)|(?:was|is) (?:so |very |really |extremely |super |always |such )?(?:helpful|rude|kind|friendly"
    r"|great|amazing|lovely|patient|polite|wonderful|brilliant|professional|excellent|fantastic|able|born|courteous|efficient"
    r"|a (?:very |really |great |lovely )?(?:help|star|gem|credit|pleasure|\d\d)))\b"
)
_ADDRESSED = re.compile(r", (?:can|could|would|will|please|do you|are you|thank you|thanks|you)\b")
_NEVER = word_set(
    "i he she it we you they the a an this that not no yes ok okay hi hello hey dr mr mrs ms but and or on in at for with my "
    "your our his her their is was what how when where why who which please thanks thank also can could would will so if "
    "account bank customer order app customers support service still already just never always only bed"
)
_KIN = re.compile(
    r"['’]s (?:kid|child|son|daughter|wife|husband|mother|father|mom|mum|dad|parents|birthday|brother|sister|name)\b"
)
_BRAND = re.compile(rf"\b(?:{BRANDS})\b", re.IGNORECASE)
_OF_PLACES = word_set("in near at san santa los las st saint fort port porto new mount lake")
_SPEECH = re.compile(r",? (?:said|told|shouted|replied|answered|spent|began|lives|lived|explained)\b")
_LINE_END = re.compile(r"[ \t]*(?:[.,!]?[ \t]*\n|[.!]?[ \t]*\Z|,)")
_ENDED = re.compile(r"[.!?:\n\"“(•*>\x00][\s\"'“(]*\Z")
_SHOUTED_SHARE = 0.5
_WINDOW = 90
_MAX_TOKENS = 4
_MIN_REPEAT_CHARS = 4
_INTRODUCERS = word_set(
    "mr mrs ms mx dr prof mister miss herr frau sr sra señor señora mme mlle madame monsieur sir lady doctor professor name names "
    "surname surnames nickname nicknames is was s just actually me myself him himself herself her called named of by "
    "cardholder passenger passengers contact attn wife husband son daughter kid brother sister boyfriend girlfriend partner "
    "fiance fiancee fiancé fiancée it's its it sure yes ok okay i'm i m am course"
)
_INTRODUCING_SIGN = re.compile(r"[?:=]")


class _Token(NamedTuple):
    start: int
    end: int
    word: str
    low: str
    capital: bool


def find_names(text: str) -> Iterator[Span]:
    """Yield people's names, without titles; placeholders must have been blanked with NUL."""
    words = lexicon()
    if not _may_hold_names(_TOKEN.findall(text), words):
        return
    tokens = [_token(match) for match in _TOKEN.finditer(text)]
    shouted = sum(t.word.isupper() for t in tokens) > _SHOUTED_SHARE * len(tokens)
    certain: set[str] = set()
    taken: set[int] = set()
    i = 0
    while i < len(tokens):
        stop = i + 1
        if _is_candidate(tokens, i, words) and not (shouted and tokens[i].word.isupper()):
            strong = _is_introduced(text, tokens, i)
            if (strong or _is_name(text, tokens, i, words)) and not _is_brand(text, tokens[i]):
                stop = _grown(text, tokens, i, words, strong=strong)
                yield Span(tokens[i].start, tokens[stop - 1].end, PersonalKind.NAME)
                taken.update(range(i, stop))
                if strong:
                    certain.update(t.low for t in tokens[i:stop] if _repeats(t, words))
        i = stop
    if certain:
        for index, token in enumerate(tokens):
            if token.low in certain and index not in taken:
                yield Span(token.start, token.end, PersonalKind.NAME)


def _may_hold_names(found: list[str], words: Lexicon) -> bool:
    """Tell whether any word can be a candidate; true for all texts in which `_is_candidate` holds for one."""
    introduced = False
    for word in found:
        low = word.lower()
        if word[0].isupper():
            if low not in words.words or (introduced and low not in _NEVER):
                return True
        elif low in words.english or (introduced and (low in words.first or low in words.last)):
            return True
        introduced = low in _INTRODUCERS
    return False


def _is_introduced(text: str, tokens: list[_Token], i: int) -> bool:
    start = tokens[i].start
    before = tokens[i - 1].end if i else 0
    if (
        not (i and tokens[i - 1].low in _INTRODUCERS)
        and _INTRODUCING_SIGN.search(text, before, start) is None
    ):
        return False
    return _STRONG.search(text, max(0, start - _WINDOW), start) is not None


def _token(match: re.Match[str]) -> _Token:
    word = match.group()
    return _Token(match.start(), match.end(), word, word.lower(), word[0].isupper())


def _repeats(token: _Token, words: Lexicon) -> bool:
    return (
        len(token.word) >= _MIN_REPEAT_CHARS and token.low not in words.words and token.low not in AMBIGUOUS
    )


def _is_candidate(tokens: list[_Token], i: int, words: Lexicon) -> bool:
    token = tokens[i]
    if len(token.word) < 2:  # noqa: PLR2004
        return False
    if token.low in words.words:
        return token.capital and token.low not in _NEVER and i > 0 and tokens[i - 1].low in _INTRODUCERS
    if token.capital:
        return True
    if token.low in words.english and token.low not in AMBIGUOUS:
        return True
    return (
        i > 0 and tokens[i - 1].low in _INTRODUCERS and (token.low in words.first or token.low in words.last)
    )


def _is_name(text: str, tokens: list[_Token], i: int, words: Lexicon) -> bool:
    token = tokens[i]
    if token.low in words.words:
        return False
    if not token.capital:
        return token.low in words.english and token.low not in AMBIGUOUS
    if _is_headline(text, tokens, i):
        return False
    after = text[token.end : token.end + _WINDOW]
    if token.word.isupper():
        known = token.low in words.english and len(token.word) >= _MIN_REPEAT_CHARS
        return known and (_acts(after) or _is_led_to(text, token))
    leads = i == 0 or _ENDED.search(text, max(0, token.start - 4), token.start) is not None
    return (
        _has_surname(text, tokens, i, words)
        or _is_spoken_of(token, after, leads=leads)
        or _is_listed(text, tokens, i, words, leads=leads)
    )


def _is_listed(text: str, tokens: list[_Token], i: int, words: Lexicon, *, leads: bool) -> bool:
    """Tell whether a capitalised word that the lists hold is a name where it stands."""
    token = tokens[i]
    listed = token.low in words.first or token.low in words.last
    of_place = i > 0 and tokens[i - 1].low in _OF_PLACES and token.low not in words.english
    if not listed or of_place or token.low in words.places:
        return False
    if _acts(text[token.end : token.end + _WINDOW]):
        return True
    if token.low in RARELY_NAMES or (leads and token.low in AMBIGUOUS):
        return False
    return token.low in words.english or (token.low in words.first and not leads) or _is_led_to(text, token)


def _is_led_to(text: str, token: _Token) -> bool:
    return _WEAK.search(text, max(0, token.start - 30), token.start) is not None


def _acts(after: str) -> bool:
    return _ACTS.match(after) is not None


def _is_spoken_of(token: _Token, after: str, *, leads: bool) -> bool:
    """Tell whether what follows a capitalised word that no list knows can only follow a person."""
    if token.low.endswith(("ly", "ing")):
        return False
    return bool(
        _SPEECH.match(after)
        or _KIN.match(after)
        or (leads and token.low not in AMBIGUOUS and _ADDRESSED.match(after))
    )


def _is_brand(text: str, token: _Token) -> bool:
    return any(
        match.start() <= token.start < match.end()
        for match in _BRAND.finditer(text, max(0, token.start - 24), token.end + 24)
    )


def _has_surname(text: str, tokens: list[_Token], i: int, words: Lexicon) -> bool:
    """Tell whether a capitalised word is followed by another so that the lists know both or one as fits."""
    token = tokens[i]
    if i + 1 == len(tokens) or text[token.end : tokens[i + 1].start] != " ":
        return False
    follower = tokens[i + 1]
    if not follower.capital or follower.low in words.words or follower.word.isupper():
        return False
    if token.low in words.first:
        return follower.low not in words.places or token.low in words.english
    return follower.low in words.last and follower.low not in words.places and token.low not in words.places


def _is_headline(text: str, tokens: list[_Token], i: int) -> bool:
    """Tell whether a word stands among many capitalised words, where a capital says nothing."""
    low, high = max(0, i - 4), min(len(tokens), i + 5)
    near = [
        t
        for t in tokens[low:high]
        if "\n" not in text[min(t.end, tokens[i].end) : max(t.start, tokens[i].start)]
    ]
    return len(near) > 5 and sum(t.capital for t in near) > 0.7 * len(near)  # noqa: PLR2004


def _grown(text: str, tokens: list[_Token], i: int, words: Lexicon, *, strong: bool) -> int:
    """Return the index after the last token of the name that starts at token `i`."""
    stop = i + 1
    while stop < len(tokens) and stop - i < _MAX_TOKENS:
        gap = _GAP.fullmatch(text, tokens[stop - 1].end, tokens[stop].start)
        if not gap or (gap.group().startswith(".") and len(tokens[stop - 1].word) > 2):  # noqa: PLR2004
            break
        token = tokens[stop]
        if (
            token.low in _PARTICLES
            and stop + 1 < len(tokens)
            and tokens[stop + 1].capital
            and stop - i < _MAX_TOKENS - 1
        ):
            stop += 2
            continue
        if not _continues(text, tokens[i], token, words, strong=strong):
            break
        stop += 1
    return stop


def _continues(text: str, first: _Token, token: _Token, words: Lexicon, *, strong: bool) -> bool:
    if token.low in words.words:
        # "Emma Stone", but not "Emma Great service".
        return first.capital and token.capital and token.low in words.surnames and not token.word.isupper()
    if first.capital:
        return token.capital and (strong or token.low not in words.places)
    if token.capital or len(token.word) < 3 or token.low in AMBIGUOUS:  # noqa: PLR2004
        return False
    return token.low in words.last or _LINE_END.match(text, token.end) is not None
