"""Words of people that are shown beside figures and quotes: a line that steers nothing and claims nothing."""

import re
import unicodedata

from agent.errors import EvidenceError, InputError
from agent.firewall import check_template

MAX_LABEL_CHARS = 80
MAX_WORDS_CHARS = 300
"""Of a definition, a reason, or who decides."""
_MARKUP = frozenset("<>{}[]`|*\\^~#$")
_MARKS = re.compile(r"&#?\w+;|__|https?:|javascript:|www\.", re.IGNORECASE)
_FORMULA = ("=", "+", "-", "@", "!")


def shown_line(what: str, text: str, *, limit: int = MAX_WORDS_CHARS) -> str:
    """Return words as one line that is safe wherever it is shown.

    Raises:
        InputError: They are too long, or hold markup, control characters or what a spreadsheet would run.
    """
    words = " ".join(part for part in unicodedata.normalize("NFC", text).split(" ") if part)
    if len(words) > limit:
        msg = f"{what} has {len(words)} characters; at most {limit} were expected"
        raise InputError(msg, hint="Say it shorter.")
    bad = [
        char
        for char in words
        if char in _MARKUP or unicodedata.category(char)[0] == "C" or char in "\u2028\u2029"
    ]
    found = bad[0] if bad else next((mark.group() for mark in _MARKS.finditer(words)), None)
    if found is None and words.startswith(_FORMULA):
        found = words[0]
    if found is not None:
        msg = (
            f"{what} holds {found!r}, which could steer what shows it; plain words on one line were expected"
        )
        raise InputError(msg, hint="Leave markup, links and control characters out.")
    return words


def check_claim(words: str) -> None:
    """Refuse words that name a person's address or state a quantity: readers would take it for a counted one.

    Raises:
        InputError: They do.
    """
    if "@" in words:
        msg = f"{words!r} cannot be shown: it holds '@', as addresses of persons do"
        raise InputError(msg, hint="Say it without an address.")
    try:
        check_template(words, offered=())
    except EvidenceError as error:
        msg = f"{words!r} cannot be shown: {error.message}"
        raise InputError(msg, hint="Say it without a quantity; counts are shown beside the name.") from error
