"""Scores of the discovery suite."""

import pytest

from eval.suites.labelled import accuracy, mutual_information


def test_accuracy_matches_groups_to_labels_one_to_one() -> None:
    """A label split in two counts its larger half; a row without a group is wrong."""
    truth = ["a", "a", "a", "b", "b", "c"]
    assert accuracy(truth, ["1", "1", "2", "3", "3", None]) == pytest.approx(4 / 6)
    assert accuracy(truth, ["x"] * 6) == pytest.approx(3 / 6)


def test_mutual_information_ignores_names_of_groups() -> None:
    """Renamed groups tell everything; one group tells nothing."""
    assert mutual_information(["a", "a", "b"], ["2", "2", "1"]) == pytest.approx(1.0)
    assert mutual_information(["a", "a", "b"], ["1", "1", "1"]) == pytest.approx(0.0)
