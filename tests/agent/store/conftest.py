"""Stores on a temporary home."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.store import Store
from tests.agent.store.builders import NOW, MemorySink


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Give an empty workspace."""
    with Store.create(tmp_path / "home", "brand", salt="salt", now=NOW) as opened:
        yield opened


@pytest.fixture
def sink() -> MemorySink:
    """Give an empty vault."""
    return MemorySink()
