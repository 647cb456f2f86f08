"""Scores of classifications."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from eval.scorers.classification import detection_score

_metrics: Any = metrics  # scikit-learn ships no types
_PAIRS = st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=40)


def test_detection_score_known_case_has_known_figures() -> None:
    """Two of three are found, with one false one."""
    expected = np.array([True, True, True, False, False])
    score = detection_score(expected, np.array([0.9, 0.8, 0.1, 0.6, 0.2]))
    assert (score.n, score.n_positive) == (5, 3)
    assert score.precision == pytest.approx(2 / 3)
    assert score.recall == pytest.approx(2 / 3)
    assert score.f1 == pytest.approx(2 / 3)
    assert score.auc == pytest.approx(4 / 6)
    assert score.brier == pytest.approx((0.01 + 0.04 + 0.81 + 0.36 + 0.04) / 5)
    assert score.calibration_error == pytest.approx((0.1 + 0.2 + 0.9 + 0.6 + 0.2) / 5)


def test_detection_score_certain_and_right_is_perfect() -> None:
    """Right and sure leaves no error, also at the ends of the scale."""
    score = detection_score(np.array([True, False]), np.array([1.0, 0.0]))
    assert (score.precision, score.recall, score.f1, score.auc) == (1, 1, 1, 1)
    assert (score.brier, score.calibration_error) == (0, 0)


def test_detection_score_nothing_to_find_gives_no_error() -> None:
    """A set without positives, or without anything, is scored and does not fail."""
    assert detection_score(np.array([False]), np.array([0.1])).recall == 0
    assert detection_score(np.zeros(0, dtype=np.bool_), np.zeros(0)).auc == 0.5


@given(pairs=_PAIRS)
def test_detection_score_area_equals_the_library(pairs: list[tuple[bool, float]]) -> None:
    """The area under the curve is scikit-learn's, ties included."""
    expected = np.array([label for label, _ in pairs])
    chances = np.array([chance for _, chance in pairs])
    score = detection_score(expected, chances)
    if 0 < expected.sum() < len(expected):
        assert score.auc == pytest.approx(float(_metrics.roc_auc_score(expected, chances)))
    assert 0 <= score.calibration_error <= 1
