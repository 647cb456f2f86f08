"""Recogniser of the names under letters: whatever capitalised words close a line that a closing formula leads to.

No list has to know the name: "Kind regards" is followed by who wrote. Where a formula is a word of everyday use, such as
"thanks", the name has to stand on a line of its own or be a given name that the lists hold.
"""

import re
from collections.abc import Iterator
from typing import Final

from agent.redact.lexicon import Lexicon, lexicon
from agent.redact.spans import PersonalKind, Span
from agent.redact.words import AMBIGUOUS, word_set

_READ_CHARS: Final = 400
"""At the end of a text; behind the name come telephone numbers, addresses and what a mail program adds."""
_FORMAL: Final = (
    r"(?:(?:with |my )?(?:kind(?:est)?|warm(?:est)?|best|many|all the best|good)(?:\s+(?:and|&)\s+\w+)?\s+)?(?:regards|wishes|greetings)(?:\s+(?:and|&)\s+(?:many\s+)?thanks)?"
    r"|yours(?:\s+(?:sincerely|faithfully|truly|respectfully|gratefully|in anger|etc))?|(?:very\s+)?(?:sincerely|faithfully|respectfully)(?:\s+yours)?"
    r"|all the best|signed"
)
_EVERYDAY: Final = (
    r"(?:many|with|kind)?\s*thanks(?:\s+(?:again|in advance|a lot|so much|very much|and (?:kind )?regards))?"
    r"|thank you(?:\s+(?:again|in advance|so much|very much|kindly))?|thx|ta|cheers|(?:love|best)(?=[ \t]*[,\n])|take care|speak soon|xx+|[-–—~]"
)
_CLOSING: Final = re.compile(
    rf"(?:^|[\n.!?,;:)…])[ \t]*(?:(?P<formal>{_FORMAL})|(?P<everyday>{_EVERYDAY}))(?P<gap>[ \t]*[,.!:;–—-]*\s*)"
    r"(?=[^\W\d_])",
    re.IGNORECASE,
)
_WORD: Final = r"[^\W\d_]+(?:['’\-][^\W\d_]+)*"
_NAME: Final = re.compile(
    rf"(?:(?:Mr|Mrs|Ms|Mx|Miss|Dr|Prof)\.?[ \t]+)?(?P<name>(?:{_WORD}\.?[ \t]+){{0,3}}{_WORD})\.?[ \t]*(?=[,;!(\x00]|[ \t]*[-–—|]\s|x{{1,5}}\b|\n|\Z)"
)
_PARTICLES: Final = word_set(
    "van von de la del della di da dos du le der den ter ten bin al el ibn abu mac mc"
)
_NOBODY: Final = word_set(
    "team support service services customer customers care department dept staff crew everyone all guys the a an your our my "
    "manager management desk office company shop store ltd limited inc plc gmbh llc group again advance help sent from "
    "buyer shopper client member user subscriber guest anonymous fan"
)


def find_signed(text: str) -> Iterator[Span]:
    """Yield the names that texts are signed with, without titles; placeholders must have been blanked with NUL."""
    begin = max(0, len(text) - _READ_CHARS)
    for closing in _CLOSING.finditer(text, begin):
        signed = _NAME.match(text, closing.end())
        if signed is None:
            continue
        words = re.findall(_WORD, signed["name"])
        is_own_line = "\n" in closing["gap"]
        if _is_name(words, lexicon(), is_sure=closing["formal"] is not None or is_own_line):
            yield Span(*signed.span("name"), PersonalKind.NAME)


def _is_name(words: list[str], known: Lexicon, *, is_sure: bool) -> bool:
    """Tell whether the words that close a line are somebody's name.

    Args:
        words: As they are written.
        known: Names, and the words of everyday language.
        is_sure: Whether what leads to them can hardly be followed by anything else.
    """
    low = [word.lower() for word in words]
    if any(word in _NOBODY for word in low):
        return False
    if not all(word[0].isupper() or word.lower() in _PARTICLES for word in words):
        return False
    given = low[0] in known.first or low[0] in known.given or low[0] in AMBIGUOUS
    if not is_sure:
        return given and len(words) <= 2 and low[0] not in known.places  # noqa: PLR2004 - a given and a family name
    # Initials are no words; everyday words are a name only behind a given one.
    return given or any(
        len(word) > 1 and word not in known.words and word not in known.places for word in low
    )
