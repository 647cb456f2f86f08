"""Whether what many say is a complaint at all: a theme is judged as a whole, by more than the readings of its passages.

One reading in four or so calls a complaint what is none. Over passages in many words such errors thin out; a sentence
that many repeat is misread each time alike, so it counts as one reading, and something else has to agree with it: low
ratings, words that complain outright, or that nearly everybody says it in words of their own.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from agent.analyse.cues import cue_names, lexical_of
from agent.analyse.statistics import mean_interval, wilson
from agent.ports import Vectors
from agent.schemas.insight import Reading
from agent.schemas.records import Passage

_MAJORITY = 0.5
_MANY_WORDINGS = 10
"""From so many wordings on the readings alone decide: that most of so many are misread is as good as impossible."""
_SAME_WORDING = 0.9
"""Cosine from which on two passages are one wording, whatever name, product or date stands in it."""
_MIN_RATED = 3
_MID_SCALE = 0.5
_OWN_WORDS = 0.75
_COMPLAINING = ("bad", "good_negated", "smiley_bad", "broken", "cannot", "blocked_hard")
"""Cues that complain by themselves."""


def is_complained_of(passages: Sequence[Passage], readings: Sequence[Reading], vectors: Vectors) -> bool:
    """Tell whether the members of a theme complain, rather than being misread as complaints.

    Args:
        passages: Members, at least one.
        readings: One a passage.
        vectors: Unit rows, one a passage.
    """
    persons = {passage.person_id for passage in passages}
    complaining = {
        passage.person_id for passage, reading in zip(passages, readings, strict=True) if reading.complaint
    }
    if wilson(len(complaining), len(persons)).low <= _MAJORITY:
        return False
    wordings = _wordings(vectors)
    if len(wordings) >= _MANY_WORDINGS:
        return True
    rated = _ratings(passages)
    estimate = mean_interval(rated) if len(rated) >= _MIN_RATED else None
    if estimate is not None and estimate.high is not None and estimate.high < _MID_SCALE:
        return True
    if _outright([passage.text for passage in passages]) >= _MAJORITY:
        return True
    is_liked = estimate is not None and estimate.value > _MID_SCALE
    return not is_liked and len(wordings) >= _OWN_WORDS * len(persons)


def _wordings(vectors: Vectors) -> list[int]:
    """Return rows of which each is worded otherwise than those before, as many as matter at most."""
    chosen: list[int] = []
    for row in range(len(vectors)):
        if not chosen or float((vectors[chosen] @ vectors[row]).max()) < _SAME_WORDING:
            chosen.append(row)
        if len(chosen) >= _MANY_WORDINGS:
            break
    return chosen


def _ratings(passages: Sequence[Passage]) -> list[float]:
    """Return the mean rating of each person who rated, 0 to 1."""
    rated: dict[str, dict[str, float]] = defaultdict(dict)
    for passage in passages:
        if passage.rating is not None:
            rated[passage.person_id][passage.record_id] = passage.rating
    return [float(np.mean(list(values.values()))) for _, values in sorted(rated.items())]


def _outright(texts: Sequence[str]) -> float:
    """Return the share of texts with words that complain by themselves."""
    columns = [cue_names().index(name) for name in _COMPLAINING]
    return float((lexical_of(texts).cues[:, columns].sum(axis=1) > 0).mean())
