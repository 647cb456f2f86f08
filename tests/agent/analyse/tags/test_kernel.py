"""How alike two texts are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.analyse.tags.kernel import TextBatch, TextKernel, batch_of
from agent.testing import HashEncoder
from tests.agent.analyse.tags.corpus import labelled_texts

_ANY = st.text(max_size=80) | st.sampled_from(
    ["late but cheap", "🙂", "The agent, who was rude, left. And he lied."]
)


def _batch(texts: list[str]) -> TextBatch:
    return batch_of(texts, HashEncoder())


@given(st.lists(_ANY, min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_kernel_is_symmetric_and_positive(texts: list[str]) -> None:
    """Any texts, blank ones and copies too, are alike to each other as vectors of some space are."""
    gram = TextKernel(_batch(texts)).gram()
    assert gram == pytest.approx(gram.T, abs=1e-4)
    assert np.linalg.eigvalsh(gram.astype(np.float64)).min() > -1e-3


@given(st.lists(_ANY, min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_batch_has_parts_inside_its_texts(texts: list[str]) -> None:
    """Each text has parts, in order, apart, without space around them."""
    batch = _batch(texts)
    assert batch.starts[0] == 0
    assert (np.diff(batch.starts) >= 1).all()
    assert int(batch.starts[-1]) == len(batch.spans) == len(batch.part_vectors)
    for part, owner, (start, end) in zip(batch.part_texts(), batch.owners(), batch.spans, strict=True):
        assert 0 <= start <= end <= len(texts[owner])
        assert part == part.strip() == texts[owner][start:end]


@given(st.lists(_ANY, min_size=2, max_size=6), st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_batch_taken_in_part_is_the_batch_of_the_part(texts: list[str], first: int) -> None:
    """Taking rows is the same as having cut and encoded these alone."""
    rows = [first % len(texts), 0]
    taken, alone = _batch(texts).take(rows), _batch([texts[row] for row in rows])
    assert (taken.texts, taken.spans, taken.starts.tolist()) == (
        alone.texts,
        alone.spans,
        alone.starts.tolist(),
    )
    assert taken.part_vectors == pytest.approx(alone.part_vectors)


def test_scores_of_learnt_texts_are_the_kernel_times_coefficients() -> None:
    """What words add is summed up beforehand, and says the same."""
    batch = _batch([text.text for text in labelled_texts(60)])
    kernel = TextKernel(batch)
    coefficients = np.random.default_rng(0).normal(size=(len(batch), 3)).astype(np.float32)
    found = kernel.scores(batch, kernel.learnt(coefficients))
    assert found == pytest.approx(kernel.gram() @ coefficients, abs=1e-2)


def test_scores_of_a_text_do_not_depend_on_those_beside_it() -> None:
    """One at a time or many, and whatever the size of the pieces that fit in memory."""
    batch = _batch([text.text for text in labelled_texts(60)])
    kernel = TextKernel(batch)
    learnt = kernel.learnt(np.random.default_rng(1).normal(size=(len(batch), 2)).astype(np.float32))
    new = _batch(["the parcel was late, and the agent was rude", "nothing to say", "🙂"] * 300)
    together = kernel.scores(new, learnt)
    assert together[:3] == pytest.approx(kernel.scores(new.take([0, 1, 2]), learnt), abs=1e-4)
    assert together[-3:] == pytest.approx(together[:3], abs=1e-4)


def test_text_without_end_has_a_bounded_number_of_parts() -> None:
    """Neighbouring clauses of a very long text stay together; all of it still belongs to a part."""
    text = "The parcel is late. " * 5_000
    batch = _batch([text])
    assert len(batch.spans) <= 64
    assert (batch.spans[0][0], batch.spans[-1][1]) == (0, len(text.rstrip()))


def test_kernel_of_texts_without_words_is_of_meaning_alone() -> None:
    """Emoji and marks have no words to count."""
    gram = TextKernel(_batch(["🙂", "!!", "?"])).gram()
    assert np.isfinite(gram).all()
