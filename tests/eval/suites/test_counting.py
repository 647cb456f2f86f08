"""What the counting suite draws and deals out anew."""

import random

import numpy as np
import pytest

from eval.simulator.copying import edited
from eval.simulator.voices import VoicesPlan, draw_voices
from eval.suites.counting import shuffled
from eval.suites.voiced import figures_of, points_of


def test_drawn_shares_and_planted_change_are_what_was_asked_for() -> None:
    """Reach is the share that was asked for; the changed theme rises by about as much as was planted."""
    voices = draw_voices(
        VoicesPlan(4_000, (0.2, 0.05), several=0.0, shift=(1, 0.1)), np.random.default_rng(1)
    )
    points = {point.theme_id: point for point in points_of(voices)}
    assert points["t_0"].reach.share == pytest.approx(0.2, abs=0.03)
    months = [month.share.share or 0.0 for month in points["t_1"].trend.months if month.used]
    assert np.mean(months[-2:]) - np.mean(months[:2]) == pytest.approx(0.1, abs=0.03)


def test_shuffled_dates_keep_everything_but_the_change() -> None:
    """The same texts of the same persons, at each other's times."""
    voices = draw_voices(VoicesPlan(1_500, (0.1, 0.05), shift=(1, 0.15)), np.random.default_rng(2))
    dealt = shuffled(voices, np.random.default_rng(3))
    assert sorted(str(p.at) for p in dealt.passages) == sorted(str(p.at) for p in voices.passages)
    assert [p.person_id for p in dealt.passages] == [p.person_id for p in voices.passages]
    assert figures_of(voices)[1][0].direction == "rising"
    assert figures_of(dealt)[1][0].direction not in {"rising", "falling"}


@pytest.mark.parametrize("text", ["", "One", "The kettle never boiled, and they kept my money."])
def test_edited_text_is_drawn_the_same_for_the_same_seed(text: str) -> None:
    """Twenty edits, none fails on short texts, and equal seeds give equal edits."""
    first, again = ([edited(text, random.Random(i)) for i in range(20)] for _ in range(2))  # noqa: S311
    assert first == again
