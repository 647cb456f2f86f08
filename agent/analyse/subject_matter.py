"""Tells groups of complaints about something from groups that only say how displeased somebody is."""

from collections.abc import Sequence

from agent.analyse.phrase_words import VERDICTS
from agent.analyse.phrases import stem, telling_stems

_MAX_BARE = 0.2
"""Share of bare wordings at which a group has no subject; groups about something had less than half of that."""

_VERDICT_STEMS = frozenset(stem(word) for word in VERDICTS)


def is_about_something(texts: Sequence[str]) -> bool:
    """Tell whether a group's texts say what is wrong, and not only that something is; repeats count once.

    A few bare verdicts ("not good enough") are drawn into any group; where many are, it is their tone that the group
    shares, and nobody could mend what it names.
    """
    wordings = {telling_stems(text) for text in texts}
    return sum(words <= _VERDICT_STEMS for words in wordings) < _MAX_BARE * len(wordings)
