"""Labels as numbers, and scores as decisions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.analyse.tags.targets import USUAL_THRESHOLD, Decision, Flags, Matrix, Targets
from agent.schemas.tags import Label, LabelledText
from tests.agent.analyse.tags.corpus import TAXONOMY

_SEED = st.integers(0, 2**32 - 1)


def _scored(seed: int, n: int = 120) -> tuple[Matrix, Flags]:
    rng = np.random.default_rng(seed)
    held = rng.random((n, 2)) < 0.3
    return (held * 0.5 + rng.normal(0, 0.25, (n, 2))).astype(np.float32), held


def test_targets_hold_tags_and_polarities() -> None:
    """A polarity nobody gave is unknown; two in one text have their mean."""
    texts = [
        LabelledText("a", (Label("price", -1), Label("delivery"))),
        LabelledText("b", ()),
        LabelledText("c", (Label("price", -1), Label("price", 1))),
    ]
    targets = Targets.of(texts, TAXONOMY)
    assert targets.held.tolist() == [[True, True, False], [False] * 3, [False, True, False]]
    assert targets.polarity[0, 1] == -1
    assert targets.polarity[2, 1] == 0
    assert np.isnan(targets.polarity).sum() == 7


def test_targets_of_no_text_have_a_column_a_tag() -> None:
    """An empty list keeps its shape."""
    assert Targets.of([], TAXONOMY).held.shape == (0, 3)


def test_decision_without_labels_is_the_usual_one() -> None:
    """Nothing learnt from nothing."""
    learnt = Decision.learnt(np.zeros((0, 3), np.float32), np.zeros((0, 3), bool), trust=0.5)
    assert learnt.thresholds.tolist() == pytest.approx([USUAL_THRESHOLD] * 3)
    usual = Decision.usual(3, trust=0.5)
    assert (learnt.offset, learnt.slope) == (usual.offset, usual.slope)


def test_confidence_is_lower_where_only_the_words_of_the_list_were_seen() -> None:
    """A guess from a definition is right in some two of three texts, and says no more."""
    full = np.ones((1, 1), np.float32)
    guessed, learnt = (float(Decision.usual(1, trust=trust).confidence(full)[0, 0]) for trust in (0.0, 1.0))
    assert 0.5 < guessed < 0.75 < learnt < 1


def test_decision_of_a_tag_without_labelled_texts_keeps_the_usual_threshold() -> None:
    """The other tags' labels say nothing of it."""
    scores, held = _scored(3)
    held[:, 1] = False
    assert Decision.learnt(scores, held, trust=1.0).thresholds[1] == pytest.approx(USUAL_THRESHOLD)


def test_decision_moves_thresholds_where_labels_are_many() -> None:
    """Scores that are all low still separate."""
    scores, held = _scored(0, n=600)
    scores = scores * 0.4
    learnt = Decision.learnt(scores, held, trust=1.0)
    right = (learnt.given(scores) & held).sum() / held.sum()
    usual = (Decision.usual(2, trust=1.0).given(scores) & held).sum() / held.sum()
    assert (learnt.thresholds < USUAL_THRESHOLD).all()
    assert right > usual + 0.2


@given(_SEED)
@settings(max_examples=30, deadline=None)
def test_confidence_rises_with_the_score_and_is_a_chance(seed: int) -> None:
    """A higher score never means less confidence."""
    scores, held = _scored(seed)
    line = np.linspace(-2, 2, 50, dtype=np.float32)[:, None].repeat(2, axis=1)
    confidence = Decision.learnt(scores, held, trust=1.0).confidence(line)
    assert ((confidence >= 0) & (confidence <= 1)).all()
    assert (np.diff(confidence, axis=0) >= 0).all()


def test_confidence_is_right_as_often_as_it_says() -> None:
    """Over many texts the mean chance is the share that carries the tag."""
    scores, held = _scored(5, n=1_000)
    learnt = Decision.learnt(scores, held, trust=1.0)
    fresh, truth = _scored(6, n=1_000)
    assert float(learnt.confidence(fresh).mean()) == pytest.approx(float(truth.mean()), abs=0.03)


def test_decision_takes_the_rows_taken() -> None:
    """Some of the labels are those of these texts."""
    targets = Targets.of([LabelledText("a", (Label("price", 1),)), LabelledText("b", ())], TAXONOMY)
    assert targets.take(np.array([True, False])).held.tolist() == [[False, True, False]]
