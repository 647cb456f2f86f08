"""Groups by shape: their number is found, whatever it is, and an earlier run's groups are carried on."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.analyse.identities import identify
from agent.analyse.membership import NONE
from agent.analyse.seeding import carried_on
from agent.analyse.shapes import Labels, Matrix, group_by_shape, silhouettes, unit


def _blobs(n_groups: int, n_each: int, *, spread: float = 0.08, seed: int = 3) -> tuple[Matrix, Labels]:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(n_groups, 40))
    truth = np.repeat(np.arange(n_groups), n_each)
    rows = unit(centres)[truth] + spread * rng.normal(size=(len(truth), 40))
    return unit(rows), truth.astype(np.int64)


@pytest.mark.parametrize(("n_groups", "n_each"), [(3, 30), (12, 20), (40, 15)])
def test_group_by_shape_finds_how_many_there_are(n_groups: int, n_each: int) -> None:
    """The same settings find three groups and forty, and who is in them."""
    rows, truth = _blobs(n_groups, n_each)
    groups = group_by_shape(rows, rows)
    assert len(np.unique(groups)) == n_groups
    assert len(np.unique(np.stack([groups, truth]), axis=1).T) == n_groups


def test_group_by_shape_joins_what_is_said_alike() -> None:
    """Two bunches whose texts are rewordings of one request are one group."""
    rows, _ = _blobs(6, 25)
    near = unit(rows[:25] + 0.5 * unit(np.ones((1, 40))))
    groups = group_by_shape(np.vstack([rows, near]), np.vstack([rows, near]))
    assert len(np.unique(groups)) == 6
    assert set(groups[:25]) == set(groups[-25:])


@given(n=st.integers(1, 12), copies=st.booleans())
@settings(max_examples=20, deadline=None)
def test_group_by_shape_of_a_few_or_equal_texts_gives_each_a_group(*, n: int, copies: bool) -> None:
    """Nothing is too few, and equal texts are one group."""
    rows = unit(np.ones((n, 8))) if copies else unit(np.random.default_rng(n).normal(size=(n, 8)))
    groups = group_by_shape(rows, rows)
    assert groups.shape == (n,)
    assert set(np.unique(groups)) == set(range(len(np.unique(groups))))
    assert not copies or not groups.any()


def test_silhouettes_are_higher_for_the_true_groups_than_for_shuffled_ones() -> None:
    """Compact groups apart from each other are near 1, shuffled ones not above 0."""
    rows, truth = _blobs(5, 20)
    shuffled = np.random.default_rng(0).permutation(truth)
    assert silhouettes(rows, truth).mean() > 0.7
    assert silhouettes(rows, shuffled).mean() < 0.1
    assert not silhouettes(rows, np.zeros(len(rows), dtype=np.int64)).any()


def test_carried_on_keeps_the_groups_and_takes_in_what_is_new() -> None:
    """New texts join the earlier groups, though grouping anew would cut them otherwise."""
    rows, truth = _blobs(5, 20)
    before = truth.copy()
    before[::10] = NONE
    halves = truth * 2 + (np.arange(len(truth)) % 2)
    assert np.array_equal(carried_on(rows, halves, before), truth)


def test_carried_on_gives_a_new_matter_a_group_of_its_own() -> None:
    """A bunch of which the earlier run had nothing is not swallowed by its nearest neighbour."""
    rows, truth = _blobs(5, 20)
    before = np.where(truth == 4, NONE, truth)
    assert np.array_equal(carried_on(rows, truth, before), truth)


def test_carried_on_gives_way_to_clearly_better_groups() -> None:
    """Earlier groups that the texts contradict are not kept."""
    rows, truth = _blobs(5, 20)
    wrong = np.random.default_rng(1).integers(0, 5, size=len(truth))
    assert np.array_equal(carried_on(rows, truth, wrong), truth)


def test_identify_says_what_was_split_merged_new_and_gone() -> None:
    """An id goes to the theme with most shared members; the others say where they come from."""
    old = {"t_a": list("abcdef"), "t_b": list("ghij"), "t_c": list("kl"), "t_d": list("mn")}
    ids, lineage = identify([list("abcd"), list("ef"), list("ghijkl"), list("xyz")], old)
    assert (ids[0], ids[2]) == ("t_a", "t_b")
    assert {note.theme_id: note.fate for note in lineage} == {
        "t_a": "kept",
        ids[1]: "split",
        "t_b": "merged",
        ids[3]: "new",
        "t_c": "gone",
        "t_d": "gone",
    }
