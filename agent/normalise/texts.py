"""Bring texts into one form in which everything that is there can be seen."""

import re
import unicodedata

from agent.normalise.faults import RejectCode, RowFault

MAX_TEXT_CHARS = 200_000
"""Longer texts are no single customer's words but a whole file in one cell."""

_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u2800]")
# Zero-width and direction marks, soft hyphens, fillers, tag characters and selectors can hide words from the reader
# while a model sees them; lone surrogates and controls break encoders. The joiner stays inside emoji, where it is
# visible.
_HIDDEN = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c"
    r"\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\uffff\ud800-\udfff\ufdd0-\ufdef"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    r"|(?<![\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])\u200d|\u200d(?![\u2600-\u27bf\u2190-\u2bff\U0001f000-\U0001faff])"
)
_PLAIN = re.compile(r"[\n\t\x20-\x7e]*")


def clean_text(text: str) -> str:
    """Return text in NFC with nothing in it that cannot be seen, line ends as LF, outer space removed.

    Idempotent. Markup is left as it is: it is what the customer wrote, and whoever renders it escapes it.

    Raises:
        RowFault: More than `MAX_TEXT_CHARS` characters are left (`text.too_long`).
    """
    if _PLAIN.fullmatch(text) is None:
        text = _LINE_ENDS.sub("\n", text)
        text = _SPACES.sub(" ", _HIDDEN.sub("", text))
        text = unicodedata.normalize("NFC", text)
    text = text.strip()
    if len(text) > MAX_TEXT_CHARS:
        raise RowFault(
            RejectCode.TEXT_TOO_LONG, f"text has {len(text)} characters; at most {MAX_TEXT_CHARS} are taken"
        )
    return text
