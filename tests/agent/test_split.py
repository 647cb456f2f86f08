"""The split is fair, fixed and blind to everything but the key; copies are recognised."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.schemas.records import Side
from agent.split import NEAR_DUPLICATE, bands, side_of, similar, text_signature, text_signatures

_WORDS = [f"word{i}" for i in range(300)]


def _jaccard(a: list[str], b: list[str]) -> float:
    one, other = ({tuple(t[i : i + 3]) for i in range(len(t) - 2)} for t in (a, b))
    return len(one & other) / len(one | other)


@given(st.text(), st.text(), st.floats(0, 1), st.floats(0, 1))
def test_side_of_larger_holdout_only_adds_held_out(key: str, salt: str, a: float, b: float) -> None:
    """Who is held out at a small share is held out at a larger one; the answer never changes by itself."""
    low, high = sorted((a, b))
    assert side_of(key, salt=salt, holdout=low) == side_of(key, salt=salt, holdout=low)
    if side_of(key, salt=salt, holdout=low) is Side.HELD_OUT:
        assert side_of(key, salt=salt, holdout=high) is Side.HELD_OUT


@settings(max_examples=20)
@given(st.text(min_size=1, max_size=20), st.sampled_from([0.1, 0.2, 0.5]))
def test_side_of_any_salt_holds_out_the_share_asked_for(salt: str, holdout: float) -> None:
    """The held-out share is what was asked for, within five standard errors."""
    n = 4000
    held = sum(side_of(f"p_{i}", salt=salt, holdout=holdout) is Side.HELD_OUT for i in range(n))
    assert abs(held / n - holdout) < 5 * (holdout * (1 - holdout) / n) ** 0.5


def test_side_of_bounds_hold_out_nobody_and_everybody() -> None:
    """A share of 0 holds out nobody, of 1 everybody."""
    assert all(side_of(str(i), salt="s", holdout=0.0) is Side.WORKING for i in range(100))
    assert all(side_of(str(i), salt="s", holdout=1.0) is Side.HELD_OUT for i in range(100))


def test_text_signature_short_text_has_none() -> None:
    """Short praise is alike without being copied."""
    assert text_signature("great app, thanks a lot") is None


@given(st.lists(st.lists(st.sampled_from(_WORDS), max_size=40).map(" ".join), max_size=8))
def test_text_signatures_batch_equals_one_by_one(texts: list[str]) -> None:
    """A text's signature does not depend on the texts beside it."""
    for text, signature in zip(texts, text_signatures(texts), strict=True):
        alone = text_signature(text)
        assert (alone is None) == (signature is None)
        if alone is not None and signature is not None:
            assert np.array_equal(alone, signature)


def test_similar_estimates_jaccard_of_shingles() -> None:
    """The estimate is right on average and close for each pair."""
    generator = np.random.default_rng(7)
    errors: list[float] = []
    for _ in range(200):
        a = [_WORDS[int(generator.integers(0, 300))] for _ in range(60)]
        b = list(a)
        for _ in range(int(generator.integers(0, 12))):
            b[int(generator.integers(0, 60))] = "changed"
        one, other = text_signatures([" ".join(a), " ".join(b)])
        assert one is not None
        assert other is not None
        errors.append(similar(one, other) - _jaccard(a, b))
    assert abs(float(np.mean(errors))) < 0.03
    assert float(np.std(errors)) < 0.1


def test_bands_copies_meet_and_strangers_do_not() -> None:
    """A near copy shares a band, another text does not; placeholders and case make no difference."""
    text = (
        "my parcel came three weeks late and nobody at [NAME-x2f] could tell me where it was in the meantime"
    )
    copy = text.replace("[NAME-x2f]", "[NAME-k7d]").upper().replace("NAME-K7D", "NAME-k7d")
    one, other, stranger = text_signatures(
        [text, copy, "the app logs me out every time I try to change my delivery address"]
    )
    assert one is not None
    assert other is not None
    assert stranger is not None
    assert similar(one, other) >= NEAR_DUPLICATE
    assert set(bands(one)) & set(bands(other))
    assert not set(bands(one)) & set(bands(stranger))
    assert all(0 <= band < 2**63 for band in bands(one))
