"""What people type, made fit to be stored: whole characters, no invisible steering signs, no more than there is room for."""

import unicodedata

from agent.errors import InputError

_KEPT = frozenset("\n\t")
_BREAKS = frozenset("\u2028\u2029")


def clean_text(what: str, text: str, *, max_chars: int) -> str:
    """Return a text of several lines without what cannot be stored or would steer what shows it.

    Args:
        what: Named in messages, such as "the comment".
        text: As it was typed.
        max_chars: At most so many characters.

    Raises:
        InputError: It is empty or too long.
    """
    if len(text) > max_chars:
        msg = f"{what} has {len(text):,} characters; at most {max_chars:,} were expected"
        raise InputError(msg, hint="Say it shorter, or in several parts.")
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    words = without_steering(plain).strip()
    if not words:
        msg = f"{what} is empty; words were expected"
        raise InputError(msg, hint="Write something.")
    return words


def clean_line(what: str, text: str, *, max_chars: int) -> str:
    """Return a text as one line; otherwise as `clean_text`.

    Raises:
        InputError: It is empty or too long.
    """
    return " ".join(clean_text(what, text, max_chars=max_chars).split())


def without_steering(text: str) -> str:
    """Return a text without control characters, direction marks and half characters; ends of lines and tabs stay."""
    return "".join(char for char in text if char in _KEPT or not _steers(char))


def cut_at_word(text: str, *, max_chars: int) -> str:
    """Return a line of at most so many characters, cut after a whole word where there is one."""
    line = " ".join(text.split())
    if len(line) <= max_chars:
        return line
    room = max_chars - 1
    head = line[: room + 1].rpartition(" ")[0] or line[:room]
    return head.rstrip(" ,;:-–—") + "…"


def _steers(char: str) -> bool:
    """Tell whether a sign is a control, a direction mark, half a character or the like; joiners inside words are none."""
    if char in "\u200c\u200d":
        return False
    return char in _BREAKS or unicodedata.category(char) in {"Cc", "Cf", "Cs"}
