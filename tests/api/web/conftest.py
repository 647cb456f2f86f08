"""The site of the tests of pages: on a copy of the simulated brand, with people signed in."""

import shutil
from collections.abc import Generator

import pytest

from tests.api.brand import Brand
from tests.api.web.site import Site, open_site


@pytest.fixture
def site(copied: Brand) -> Generator[Site]:
    """The site on a home of the test's own."""
    with open_site(copied.home) as opened:
        yield opened


@pytest.fixture(scope="session")
def read_site(brand: Brand, tmp_path_factory: pytest.TempPathFactory) -> Generator[Site]:
    """The site on a home that the tests of this run share, its snapshot ready; tests that change data take `site`."""
    home = tmp_path_factory.mktemp("pages") / "home"
    shutil.copytree(brand.home, home, ignore=shutil.ignore_patterns("lock"))
    with open_site(home) as opened:
        opened.brand.snapshots.current()
        yield opened
