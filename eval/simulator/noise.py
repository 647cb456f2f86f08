"""Make a clean sentence look typed by a person in a hurry; sense and names stay readable."""

from collections.abc import Callable
from enum import IntEnum

from eval.simulator.person import Style

_MIN_TYPO_LENGTH = 5
_EMPHATIC_SHARE = 0.5
_EMOJI = ("😤", "🙄", "😕", "😡", "👎", "🤷", "😩")
_HAPPY_EMOJI = ("😊", "👍", "🎉", "❤️", "🙌", "⭐")


class _Emphasis(IntEnum):
    EXCLAIM = 0
    EMOJI = 1
    SHOUT = 2


def roughen(text: str, style: Style, rnd: Callable[[], float], *, happy: bool = False) -> str:
    """Return the text in the style of the person.

    Args:
        text: One or more clean sentences.
        style: How the person types.
        rnd: Uniform numbers in [0, 1).
        happy: Whether an emoji, if any, is a glad one.
    """
    if style.typos:
        words = text.split(" ")
        for _ in range(style.typos):
            at = int(rnd() * len(words))
            words[at] = _misspell(words[at], rnd)
        text = " ".join(words)
    if style.lower_case:
        text = text.lower()
    if style.unpunctuated:
        text = text.rstrip(".").replace("'", "").replace(",", "")
    if style.emphatic and rnd() < _EMPHATIC_SHARE:
        text = _emphasise(text, rnd, happy=happy)
    return text


def _misspell(word: str, rnd: Callable[[], float]) -> str:
    if len(word) < _MIN_TYPO_LENGTH or not word.isalpha() or not word.islower():
        return word
    at = 1 + int(rnd() * (len(word) - 2))
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    dropped = word[:at] + word[at + 1 :]
    doubled = word[: at + 1] + word[at:]
    return (swapped, swapped, dropped, dropped, doubled)[int(rnd() * 5)]


def _emphasise(text: str, rnd: Callable[[], float], *, happy: bool) -> str:
    kind = int(rnd() * len(_Emphasis))
    if kind == _Emphasis.EXCLAIM:
        return text.rstrip(".") + ("!" if text.endswith(".") else "") + "!" * int(rnd() * 2)
    emoji = _HAPPY_EMOJI if happy else _EMOJI
    if kind == _Emphasis.EMOJI:
        return f"{text} {emoji[int(rnd() * len(emoji))]}"
    words = text.split(" ")
    longest = max(range(len(words)), key=lambda i: len(words[i]) if words[i].isalpha() else 0)
    words[longest] = words[longest].upper()
    return " ".join(words)
