"""Engines that serve all tests of events and stop with them."""

from collections.abc import Generator

import pytest

from tests.agent.events.engines import stop_engines


@pytest.fixture(scope="session", autouse=True)
def engines() -> Generator[None]:
    """Stop the engines that tests started."""
    yield
    stop_engines()
