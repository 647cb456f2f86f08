"""A new matter beside a known one is told from it; more of what is known is not."""

import numpy as np
import pytest

from agent.analyse.membership import NONE
from agent.analyse.seeding import new_matters
from agent.analyse.shapes import Labels, Matrix, unit

N_OLD, N_NEW = 400, 30


def _texts(*, is_new_matter: bool) -> tuple[Matrix, Labels]:
    """Return texts of two known matters, then new ones: of the first matter, or of one beside it."""
    rng = np.random.default_rng(4)
    centres = rng.normal(size=(3, 40))
    centres[2] = centres[0] + 0.8 * centres[2]
    topics = np.repeat([0, 1, 2 if is_new_matter else 0], [N_OLD, N_OLD, N_NEW])
    return unit(centres[topics] + rng.normal(scale=0.5, size=(len(topics), 40))), topics.astype(np.int64)


def _matters(*, is_new_matter: bool, persons: Labels | None = None) -> Labels:
    matrix, _ = _texts(is_new_matter=is_new_matter)
    anew = np.repeat([0, 1, 0], [N_OLD, N_OLD, N_NEW]).astype(np.int64)
    before = np.where(np.arange(len(anew)) < 2 * N_OLD, anew, NONE)
    people = np.arange(len(anew), dtype=np.int64) if persons is None else persons
    return new_matters(matrix, anew, before, people)


def test_new_matter_put_to_its_neighbour_is_told_from_it() -> None:
    """Nearly all its texts are one matter, and no known text is in it."""
    matters = _matters(is_new_matter=True)
    assert (matters[: 2 * N_OLD] == NONE).all()
    counts = np.bincount(matters[2 * N_OLD :][matters[2 * N_OLD :] != NONE])
    assert counts.max() >= 0.9 * N_NEW


def test_more_of_a_known_matter_is_no_new_one() -> None:
    """New texts that lie among known ones stay with them."""
    assert (_matters(is_new_matter=False) == NONE).all()


def test_many_texts_of_one_person_are_no_new_matter() -> None:
    """A person's own further texts do not show that others say it too."""
    persons = np.minimum(np.arange(2 * N_OLD + N_NEW), 2 * N_OLD).astype(np.int64)
    assert (_matters(is_new_matter=True, persons=persons) == NONE).all()


@pytest.mark.parametrize("share_known", [0.0, 1.0])
def test_without_known_or_without_new_texts_there_is_no_new_matter(share_known: float) -> None:
    """Where everything or nothing is new, nothing is set apart."""
    matrix, topics = _texts(is_new_matter=True)
    before = topics if share_known else np.full(len(topics), NONE, dtype=np.int64)
    found = new_matters(matrix, topics, before, np.arange(len(topics), dtype=np.int64))
    assert (found == NONE).all()
