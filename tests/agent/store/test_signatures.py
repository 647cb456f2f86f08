"""Near-duplicates across the split: found whatever came first, however the texts came in batches."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.schemas.records import Side
from agent.split import N_BANDS, N_ROWS, NEAR_DUPLICATE, bands, similar, text_signature
from agent.store import Store
from agent.store.signatures import Signed
from tests.agent.store.builders import NOW


def _family(base: int, n_changed: int) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
    """Return a signature that differs from its family's in some places at the end."""
    values = np.arange(N_BANDS * N_ROWS, dtype=np.uint32) + np.uint32(1000 * base)
    if n_changed:
        values[-n_changed:] += np.uint32(500 + n_changed)
    return values


_TEXTS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 12), st.sampled_from(Side)), min_size=1, max_size=12
)


@settings(max_examples=15, deadline=None)
@given(texts=_TEXTS, size=st.integers(1, 4))
def test_excluded_are_exactly_held_out_texts_like_a_working_one(
    texts: list[tuple[int, int, Side]], size: int
) -> None:
    """However texts are ordered and batched, the excluded are those a comparison of all pairs finds."""
    signed = [Signed(f"r_{i}", side, _family(base, n)) for i, (base, n, side) in enumerate(texts)]
    excluded: set[str] = set()
    with TemporaryDirectory() as folder, Store.create(Path(folder), "brand", now=NOW) as store:
        for start in range(0, len(signed), size):
            batch = signed[start : start + size]
            excluded |= store.signatures.near_duplicates(batch)
            store.signatures.add(batch)
            store.signatures.add(batch)
        assert store.signatures.count(Side.WORKING) == sum(each.side is Side.WORKING for each in signed)
        again = {
            each.record_id: each.signature.tolist() for side in Side for each in store.signatures.all(side)
        }
    working = [each.signature for each in signed if each.side is Side.WORKING]
    assert excluded == {
        each.record_id
        for each in signed
        if each.side is Side.HELD_OUT
        and any(
            similar(each.signature, other) >= NEAR_DUPLICATE
            and set(bands(each.signature)) & set(bands(other))
            for other in working
        )
    }
    assert again == {each.record_id: each.signature.tolist() for each in signed}


def test_signatures_hold_no_text(tmp_path: Path) -> None:
    """The working side knows that a held-out text exists and not what it says."""
    text = "the quick brown fox jumps over the lazy dog and runs away from everybody"
    signature = text_signature(text)
    assert signature is not None
    with Store.create(tmp_path, "brand", now=NOW) as store:
        store.signatures.add([Signed("r_1", Side.HELD_OUT, signature)])
        path = store.home.database
    content = path.read_bytes()
    assert not any(word.encode() in content for word in ("quick", "jumps", "everybody"))
