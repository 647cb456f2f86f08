"""The site of the tests of sign-in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.web.security.site import Site, open_site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site without any account."""
    with open_site(tmp_path / "home") as opened:
        yield opened
