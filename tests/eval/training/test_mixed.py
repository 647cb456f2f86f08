"""Scores of mixed feelings, and the examples that the clause head learns from."""

import numpy as np

from agent.analyse.clauses import Part
from eval.training.aspects import AspectSentence, aspect_starts
from eval.training.clauses import clauses_of_review, clauses_of_sentence, sharpened
from eval.training.corpora import Labelled
from eval.training.fit import PLANS, HeadPlan
from eval.training.frictions import FRICTIONS, read_frictions
from eval.training.mixed import apart_score, mixed_score, parts_from

_SENTENCE = AspectSentence(
    "The food was lovely but the waiter was rude.", (("food", "positive"), ("staff", "negative"))
)
_CUT = _SENTENCE.text.index("but")
_END = len(_SENTENCE.text)


def test_apart_score_counts_parts_that_hold_the_words() -> None:
    """Both feelings must be found where their words stand, not anywhere in the text."""
    right = [Part(0, _CUT, 0.8, 1), Part(_CUT, _END, -0.8, -1)]
    swapped = [Part(0, _CUT, -0.8, -1), Part(_CUT, _END, 0.8, 1)]
    assert apart_score([_SENTENCE], [right]).both_found == 1
    assert apart_score([_SENTENCE], [swapped]).both_found == 0
    assert apart_score([_SENTENCE], [[Part(0, _END, 0.1, 1)]]).aspect_f1 < 1


def test_mixed_score_keeps_found_and_false_apart() -> None:
    """Mixed reviews that are found and plain ones that are called mixed are counted by themselves."""
    mixed = Labelled("fabsa", "a", 1.0, tone=(0.5, 0.0, 0.5))
    plain = Labelled("fabsa", "b", 1.0, tone=(0.0, 0.0, 1.0))
    both, one = [Part(0, 1, 0.9, 1), Part(1, 2, -0.9, -1)], [Part(0, 1, 0.9, 1)]
    score = mixed_score([mixed, plain, plain], [both, both, one])
    assert (score.n_mixed, score.found, score.n_plain, score.called) == (1, 1.0, 2, 0.5)


def test_parts_from_puts_tones_back_in_order() -> None:
    """Each clause gets the row that belongs to it."""
    tones = np.array([[0.0, 0.1, 0.9], [0.9, 0.1, 0.0], [0.1, 0.8, 0.1]])
    parts = parts_from([_SENTENCE.text, "Where is it?"], tones)
    assert [[part.polarity for part in own] for own in parts] == [[1, -1], [0]]


def test_clauses_of_sentence_words_of_an_aspect_point_to_their_clause() -> None:
    """A clause that names a good aspect alone is labelled good."""
    assert aspect_starts("food", _SENTENCE.text) == [4]
    first, second = clauses_of_sentence(0, _SENTENCE)
    assert np.argmax(first.tone or ()) == 2
    assert np.argmax(second.tone or ()) == 0


def test_sharpened_open_clauses_take_the_tone_their_words_have_elsewhere() -> None:
    """In a review that is both good and bad the clause with praise comes out good."""
    good = Labelled("fabsa", "It was great and lovely.", 1.0, tone=(0.0, 0.0, 1.0))
    bad = Labelled("fabsa", "It was awful and broken.", 1.0, tone=(1.0, 0.0, 0.0))
    plain = Labelled("fabsa", "It was on a Monday.", 1.0, tone=(0.0, 1.0, 0.0))
    mixed = Labelled("fabsa", "Great and lovely. Awful and broken.", 1.0, tone=(0.5, 0.0, 0.5))
    rows = [clause for review in [*[good, bad, plain] * 10, mixed] for clause in clauses_of_review(review)]
    plan = HeadPlan("clause", PLANS["clause"].classes, n_words=20, balance=0.0)
    examples = sharpened(rows, np.zeros((len(rows), 2), dtype=np.float32), plan)
    praise, blame = examples.targets[-2:]
    assert praise[2] > 0.7
    assert blame[0] > 0.7


def test_read_frictions_every_kind_is_labelled_in_several_industries() -> None:
    """The labelled complaints hold each kind often enough to leave industries out."""
    rows = read_frictions()
    for kind in range(len(FRICTIONS)):
        assert len({row.group for row in rows if row.friction and row.friction[kind]}) >= 6
