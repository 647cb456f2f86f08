"""Who says what: how many customers stand behind a phrase, and whether a theme's earlier name is still theirs.

Whoever repeats a sentence, or posts it under many names, is one voice. Several voices differ in person and in what they
wrote around the phrase.
"""

from collections.abc import Iterable
from dataclasses import dataclass

LEAST_VOICES = 2
"""Voices without which a phrase names nothing that more than one speaks of."""
_SEVERAL = 3
_SHARE = 0.1
_WORDY = 6
"""Words from which two customers hardly write the same by chance."""
_MOSTLY_SAME = 0.6


@dataclass(frozen=True, slots=True)
class Said:
    """A member's words without punctuation, in lower case, and whose they are."""

    words: str
    person_id: str


@dataclass(frozen=True, slots=True)
class EarlierName:
    """How a theme was called in the earlier run."""

    label: str
    definition: str
    terms: tuple[str, ...]
    shared: float
    """Share of its members that it has in common with what it was, among the passages of both runs."""


def voices_of(said: Iterable[Said]) -> int:
    """Return how many differ in person and in wording; a few words may well be the same by chance."""
    texts = list(said)
    wordings = {text if len(text.words.split()) < _WORDY else text.words for text in texts}
    return min(len({text.person_id for text in texts}), len(wordings))


def needed_voices(n_voices: int) -> int:
    """Return how many voices a phrase must have to name a theme of so many: a tenth, but two or three, or all of one."""
    return min(n_voices, max(LEAST_VOICES, min(_SEVERAL, int(_SHARE * n_voices))))


def still_holds(earlier: EarlierName, phrase: str, *, is_said: bool, is_mark: bool) -> bool:
    """Tell whether an earlier label still is a good name of a theme.

    Words of customers must still be theirs. Then a theme keeps its name where it is mostly what it was, or where the label
    is among what marks it now.

    Args:
        earlier: How it was called.
        phrase: The words of the label.
        is_said: Whether a member says the phrase, and several its words.
        is_mark: Whether the phrase is among those that set the theme apart now.
    """
    is_theirs = len(earlier.terms) > 1 and phrase in earlier.terms
    if is_theirs and not is_said:
        return False
    return earlier.shared >= _MOSTLY_SAME or (is_said and is_mark)
