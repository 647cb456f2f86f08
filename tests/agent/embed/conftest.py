"""The real encoder, built once for all tests of it."""

from pathlib import Path

import pytest

from agent.embed import MiniLMEncoder, open_encoder


@pytest.fixture(scope="session")
def encoder_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder that holds the built graphs."""
    return tmp_path_factory.mktemp("encoder")


@pytest.fixture(scope="session")
def encoder(encoder_cache: Path) -> MiniLMEncoder:
    """The encoder as users get it."""
    return open_encoder(encoder_cache, threads=2)


@pytest.fixture(scope="session")
def float_encoder(encoder_cache: Path) -> MiniLMEncoder:
    """The encoder without quantisation."""
    return open_encoder(encoder_cache, precision="float32", threads=2)
