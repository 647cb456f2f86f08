"""Quotes of a feeling: only passages in which tone, complaint, words and rating all say the same."""

from dataclasses import replace

import pytest

from agent.analyse.feelings import plainly_felt
from agent.schemas.insight import Emotion
from tests.agent.analyse.theme_corpus import passage, reading


@pytest.mark.parametrize(
    ("emotion", "text", "sentiment", "complaint", "rating", "expected"),
    [
        (Emotion.FRUSTRATED, "The search is terrible.", -0.8, True, None, True),
        (Emotion.FRUSTRATED, "My voucher worked like it should.", -0.8, True, None, False),
        (Emotion.FRUSTRATED, "The search is terrible.", -0.1, True, None, False),
        (Emotion.FRUSTRATED, "The search is terrible.", -0.8, True, 1.0, False),
        (Emotion.DELIGHTED, "Lovely shop.", 0.9, False, 1.0, True),
        (Emotion.DELIGHTED, "Lovely shop.", 0.9, False, 0.25, False),
        (Emotion.DELIGHTED, "Two stars is generous.", 0.4, False, None, False),
        (Emotion.DELIGHTED, "Lovely shop.", 0.9, True, None, False),
        (Emotion.NEUTRAL, "It came on Monday.", -0.2, False, None, True),
    ],
)
def test_only_what_shows_a_feeling_plainly_is_quoted(
    *, emotion: Emotion, text: str, sentiment: float, complaint: bool, rating: float | None, expected: bool
) -> None:
    """Every sign has to agree; a single one that does not keeps a passage from being quoted."""
    said = replace(passage("r", "p", text), rating=rating)
    read = replace(reading(said, complaint=complaint), sentiment=sentiment, emotion=emotion)
    assert plainly_felt(emotion, [said], [read]) == ((0,) if expected else ())
