"""Recognisers of street addresses and postcodes.

A street needs a number; a city or a country alone is no personal data. Words before it ("my address is", "ship it to")
allow for forms that nothing else gives away.
"""

import re
from collections.abc import Iterator

from agent.redact.spans import PersonalKind, Span

_SURE = r"street|road|avenue|boulevard|blvd|parkway|pkwy|crescent|terrace|turnpike"
_SHORT = r"st|rd|ave|av|drive|dr|lane|ln|court|ct|place|pl|square|sq|way|circle|cir|close|highway|hwy|grove|gardens|mews|hill|row|walk|alley|trail|trl|loop|plaza|quay|green|park|rise|view"
_NO_STREET = (
    r"(?!(?:minutes?|mins?|stars?|times?|hours?|hrs?|days?|weeks?|months?|years?|miles?|km|meters?|metres?|blocks?|of|the|in"
    r"|on|a|an|at|to|from|by|per|and|or|is|are|was|off|down|up|more|other|different|people|percent|dollars?|pounds?|euros?"
    r"|items?|orders?|am|pm|x|th|nd|rd)\b)"
)
_NUMBER = r"(?<![\w.,$€£/\-])(?:\d{1,5}[A-Za-z]?[ ,/\-]{1,2})?\d{1,5}[A-Za-z]?"
_NUMBER_FIRST = re.compile(
    rf"{_NUMBER},? (?:(?:[NSEW]\.?|north|south|east|west) )?(?:{_NO_STREET}[\w'’.\-]{{1,30}} ){{1,4}}?(?i:{_SURE})\b\.?"
    rf"|{_NUMBER},? (?:[NSEW]\.? )?(?:(?:[A-ZÀ-ÞŠŽĐ][\w'’.\-]{{0,30}}|\d{{1,3}}(?:st|nd|rd|th)) ){{1,4}}?(?:{_SHORT.title()}|{_SHORT.upper()}|{_SHORT})\b\.?"
)  # fmt: skip
_CAPITAL = r"[^\W\d_a-zà-þ][\w'’.\-]{0,30}"
_STREET_TYPE = (
    r"(?:rue|via|viale|piazza|calle|avenida|av\.|rua|ulica|ul\.|aleja|al\.|os\.|náměstí|nám\.|plac|plaza|carrer|paseo|corso"
    r"|largo|travessa|chemin|allée|impasse|quai|jalan|jl\.|strada|bulevardul|πλατεία|οδός|улица|ул\.)"
)
_TYPE_FIRST = re.compile(
    rf"(?<![\w.,])(?:\d{{1,5}}[A-Za-z]?[ ,]{{1,2}}){{1,2}}(?!via)(?i:{_STREET_TYPE}) {_CAPITAL}(?: {_CAPITAL}){{0,3}}"
    rf"|\b(?!via)(?i:{_STREET_TYPE}) (?:d[eu] |de la |des |del |della )?{_CAPITAL}(?: {_CAPITAL}){{0,3}},? \d{{1,5}}\b"
)
_COMPOUND = re.compile(
    r"(?<![\w.,])(?:\d{1,5} )?(?:[A-ZÀ-ÞŠŽĐ][\w'’.\-]{0,30} ){0,2}[^\W\d_]\w{1,30}(?:straße|strasse|str\.|gasse|platz|allee|ufer"
    r"|damm|straat|laan|gracht|kade|dijk|plein|gata|gatan|vägen|gade|veien|vejen|katu|gürtel|stræde|stræti|weg|vej|tie|utca)"
    r",? \d{1,5} ?[a-zA-Z]?\b"
    r"|(?<![\w.,])(?:\d{1,5} )?(?:[^\W\d_][\w'’.\-]{0,30} ){1,3}(?:utca|útja|tér|körút|sokak|caddesi|ulice|rkp\.|gürtel|väg"
    r"|straße|str\.|katu|tie) \d{1,5}\b\.?"
)
_CONTEXT = re.compile(
    r"\b(?:address[^.?!\n]{0,40}\? (?:it is|it['’]?s)|address(?:es)?(?: (?:is|are|to|with|as|now|here))?|lives? (?:at|on|in)|lived (?:at|on|in)|living (?:at|on|in)"
    r"|reside[sd]? (?:at|on|in)|located (?:at|on|in)|(?:is|are) (?:at|on)|return(?:ed)? (?:(?:it|them|this|the \w+) )?to"
    r"|(?:ship|send|deliver|mail|post|forward)(?:ed|s|ping|ing)? (?:(?:it|them|this|the \w+|me) )?to|delivery to|here they are"
    r"|mov(?:ed?|ing) to|corner of)\s{0,2}:?[ \t]{0,3}\n{0,2}[ \t]{0,4}",
    re.IGNORECASE,
)
_BLOCK_LINE = re.compile(r"(?:\A|\n)[^\w\n]{0,5}(?=\d{1,5}[ ,/])")
_WORD = re.compile(r"[^\s,;:!?()\"\x00]+")
_UNIT = re.compile(
    r"(?<!\w)(?:apt|apartment|suite|ste|flat|p\.? ?o\.? box|postbox)(?:\.? ?#? ?)(?:no\.? )?\d{1,5}[A-Za-z]?\b(?!%| ?(?:off|star))",
    re.IGNORECASE,
)
_ZIP = re.compile(
    r"\b(?:zip|postal|post|area|pin)[ \-]?(?:code)?(?: is| was|:|,| -|#|=)*\s{0,2}"
    r"(\d{5}(?:-\d{4})?|\d{4,6}|[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})\b",
    re.IGNORECASE,
)
_POSTCODE = re.compile(
    r"(?<![\w\-])(?:(?:GIR ?0AA|[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d|[A-HK-Y]\d\d|\d[A-HJKPS-UW]|[A-HK-Y]\d[ABEHMNPRV-Y])"
    r" ?\d[ABD-HJLNP-UW-Z]{2})|[ABCEGHJ-NPRSTVXY]\d[A-Z] ?\d[A-Z]\d|\d{4} ?[A-Z]{2}(?= [A-Z][a-z]))(?![\w\-])"
)
_STATE_ZIP = re.compile(
    r",? (?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY])"
    r",? (\d{5}(?:-\d{4})?)\b"
)
_CONNECTORS = frozenset(
    [
        "de",
        "la",
        "le",
        "du",
        "des",
        "di",
        "da",
        "del",
        "della",
        "van",
        "der",
        "den",
        "von",
        "zu",
        "zum",
        "zur",
        "of",
        "and",
        "the",
        "nan",
        "st",
        "st.",
        "n.",
        "s.",
        "e.",
        "w.",
    ]
)
_TAIL_LINES = 4
_MAX_WORDS = 16
_MAX_LOWER = 3


def find_addresses(text: str) -> Iterator[Span]:
    """Yield streets with numbers, with the city and postcode that follow, and postcodes; for texts with digits."""
    for pattern in (_NUMBER_FIRST, _TYPE_FIRST, _COMPOUND):
        for match in pattern.finditer(text):
            yield Span(match.start(), _tail(text, match.end()), PersonalKind.ADDRESS)
    for match in _CONTEXT.finditer(text):
        end = _walk(text, match.end())
        if end:
            yield Span(match.end(), end, PersonalKind.ADDRESS)
    if text.count("\n") > 1:
        for match in _BLOCK_LINE.finditer(text):
            end = _block(text, match.end())
            if end:
                yield Span(match.end(), end, PersonalKind.ADDRESS)
    yield from _find_parts(text)


def _find_parts(text: str) -> Iterator[Span]:
    for match in _UNIT.finditer(text):
        yield Span(*match.span(), PersonalKind.ADDRESS)
    for pattern, group in ((_ZIP, 1), (_POSTCODE, 0), (_STATE_ZIP, 1)):
        for match in pattern.finditer(text):
            yield Span(*match.span(group), PersonalKind.POSTCODE)


def _walk(text: str, start: int) -> int:
    """Return the end of an address that context announced: words with capitals and numbers; 0 where there is none."""
    lower_allowed = _MAX_LOWER if not re.search(r"[A-ZÀ-Þ]", text) else 0
    end, n_digits, n_words, n_lower = start, 0, 0, 0
    for match in _WORD.finditer(text, start):
        if n_digits + n_words >= _MAX_WORDS or _breaks(text[end : match.start()], first=end == start):
            break
        word = match.group()
        if word[0].isdigit():
            if not re.fullmatch(r"\d{1,6}[A-Za-z]?[.\-]?(?:\d{4})?", word):
                break
            n_digits += 1
        elif word[0].isupper() or (word.lower() in _CONNECTORS and n_words + n_digits):
            n_words += 1
        elif n_lower < lower_allowed and n_digits:
            n_lower += 1
            n_words += 1
        else:
            break
        end = match.end()
        if word.endswith(".") and len(word) > 5 and not word[0].isdigit():  # noqa: PLR2004
            break
    end = len(text[:end].rstrip(" .,"))
    return end if n_digits and n_words else 0


def _breaks(gap: str, *, first: bool) -> bool:
    return not first and (any(c in gap for c in ';:!?"\x00') or gap.count("\n") > 2)  # noqa: PLR2004


def _tail(text: str, end: int) -> int:
    """Return the end of what belongs to a street before it: unit, city, state, postcode."""
    match = _TAIL.match(text, end)
    return match.end() if match else end


_CITY = r"[A-ZÀ-ÞŠŽĐ][\w'’.\-]{1,30}(?: [A-ZÀ-ÞŠŽĐ][\w'’.\-]{1,30}){0,3}"
_TAIL = re.compile(
    r"(?:,? (?i:apt|apartment|suite|ste|flat|unit|floor|fl|room|no)\.? ?#? ?\d{1,5}[A-Za-z]?\b)?"
    rf"(?:\s{{0,2}},\s?\n?\s?{_CITY}){{0,3}}(?:,?\s{{1,2}}[A-Z]{{2,3}})?(?:,?\s{{1,2}}\d{{4,6}}(?:-\d{{4}})?)?(?![\w])"
)


def _block(text: str, start: int) -> int:
    """Return the end of an address written over several short lines, of which one ends in a postcode; else 0."""
    lines = text[start:].split("\n", 7)[:7]
    end = start
    for n_line, line in enumerate(lines):
        words = line.split()
        if len(words) > 6:  # noqa: PLR2004
            return 0
        end += len(line)
        if n_line and words and re.fullmatch(r"\d{4,6}(?:-\d{4})?", words[-1]):
            return end
        end += 1
    return 0
