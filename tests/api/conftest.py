"""The brand of the command line's tests."""

import shutil
from pathlib import Path

import pytest

from tests.api.brand import Brand, shared_brand


@pytest.fixture(scope="session")
def brand(tmp_path_factory: pytest.TempPathFactory) -> Brand:
    """A brand with a drafted map; tests that change it copy its home first."""
    return shared_brand(tmp_path_factory)


@pytest.fixture
def copied(brand: Brand, tmp_path: Path) -> Brand:
    """The same brand in a home of the test's own."""
    home = tmp_path / "home"
    shutil.copytree(brand.home, home, ignore=shutil.ignore_patterns("lock"))
    return Brand(home, brand.exports, brand.map_id)
