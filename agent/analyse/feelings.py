"""Which passages show a feeling plainly: those where feeling, tone, complaint, words and rating all say the same."""

from collections.abc import Sequence

from agent.analyse.cues import cue_names, lexical_of
from agent.schemas.insight import Emotion, Reading
from agent.schemas.records import Passage

_GLAD = frozenset({Emotion.RELIEVED, Emotion.DELIGHTED, Emotion.GRATEFUL})
_SURE_TONE = 0.5
_MID_SCALE = 0.5
_GLAD_WORDS = ("good", "bad_negated", "smiley_good")
_SORE_WORDS = ("bad", "good_negated", "smiley_bad", "broken", "cannot", "blocked_hard")


def plainly_felt(
    emotion: Emotion, passages: Sequence[Passage], readings: Sequence[Reading]
) -> tuple[int, ...]:
    """Return the rows whose passages show an emotion plainly enough to be quoted for it.

    Args:
        emotion: As which all of them were read.
        passages: Where to look.
        readings: One a passage.
    """
    if emotion is Emotion.NEUTRAL:
        return tuple(range(len(passages)))
    glad = emotion in _GLAD
    sure = [
        row
        for row, (passage, reading) in enumerate(zip(passages, readings, strict=True))
        if _agrees(passage, reading, glad=glad)
    ]
    words = {*(_GLAD_WORDS if glad else _SORE_WORDS), emotion.value} & set(cue_names())
    columns = [cue_names().index(name) for name in sorted(words)]
    named = lexical_of([passages[row].text for row in sure]).cues[:, columns].sum(axis=1) > 0
    return tuple(row for row, is_named in zip(sure, named.tolist(), strict=True) if is_named)


def _agrees(passage: Passage, reading: Reading, *, glad: bool) -> bool:
    tone = reading.sentiment if glad else -reading.sentiment
    is_rated_so = passage.rating is None or (
        passage.rating > _MID_SCALE if glad else passage.rating < _MID_SCALE
    )
    return tone >= _SURE_TONE and reading.complaint is not glad and is_rated_so
