"""What was stored is known: the same answer as a set gives, whatever was taken back or kept by earlier versions."""

import tempfile
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.store import Store, seen
from agent.store.seen import KEY_BYTES, Keys
from tests.agent.store.builders import NOW


def keys_of(numbers: list[int]) -> Keys:
    """Return keys that share their first bytes more often than chance has it."""
    raw = b"".join((number % 5).to_bytes(8, "big") + number.to_bytes(4, "big") for number in numbers)
    return np.frombuffer(raw, dtype=np.uint8).reshape(-1, KEY_BYTES)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.sets(st.integers(0, 60), max_size=12), max_size=8), st.integers(2, 30))
def test_seen_events_answer_as_a_set_does(batches: list[set[int]], block_keys: int) -> None:
    """Blocks of any size, keys alike in their beginnings, opened again in between: no difference."""
    stored: set[int] = set()
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(seen, "_BLOCK_KEYS", block_keys)
        for batch in batches:
            with Store.create(Path(folder), "brand", salt="s", now=NOW) as store:
                for half in (sorted(batch)[::2], sorted(batch)[1::2]):
                    asked = list(range(61))
                    found = store.seen_events.among(keys_of(asked)).tolist()
                    assert [number for number, known in zip(asked, found, strict=True) if known] == sorted(
                        stored
                    )
                    store.seen_events.add(keys_of([number for number in half if number not in stored]))
                    stored.update(half)
                assert store.seen_events.count() == len(stored)


def test_seen_events_taken_back_are_not_seen(tmp_path: Path) -> None:
    """What was added in a transaction that failed may be added again."""
    with Store.create(tmp_path, "brand", salt="s", now=NOW) as store:
        store.seen_events.add(keys_of([1]))
        with pytest.raises(ZeroDivisionError):
            _add_and_fail(store)
        assert store.seen_events.among(keys_of([1, 2])).tolist() == [True, False]


def test_seen_events_of_an_earlier_version_are_still_known(tmp_path: Path) -> None:
    """Stores of before hold digests of ids; their events are not stored twice."""
    keys = keys_of([1, 2, 3])
    with Store.create(tmp_path, "brand", salt="s", now=NOW) as store:
        home = store.home
    engine = sa.create_engine(f"sqlite:///{home.database}")
    old = sorted(
        blake2b(f"e_{key.tobytes().hex()}".encode(), digest_size=KEY_BYTES).digest() for key in keys[:2]
    )
    with engine.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO seen_blocks (ws, block, scheme, event_keys) VALUES (1, 1, 'digest', :keys)"),
            {"keys": b"".join(old)},
        )
    engine.dispose()
    with Store.open(tmp_path, "brand") as store:
        assert store.seen_events.among(keys).tolist() == [True, True, False]
        store.seen_events.add(keys[2:])
        assert store.seen_events.among(keys).all()
        assert store.seen_events.count() == 3


def _add_and_fail(store: Store) -> None:
    with store.transaction():
        store.seen_events.add(keys_of([2]))
        raise ZeroDivisionError
