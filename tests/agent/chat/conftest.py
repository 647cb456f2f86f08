"""One small simulated brand, read in and computed once for all tests that ask it."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.chat.context import RequestContext
from agent.chat.toolbox import Toolbox
from agent.pipeline.snapshot import Snapshot
from agent.pipeline.snapshots import Snapshots
from agent.pipeline.workspace import Workspace, open_workspace
from agent.schemas.accounts import Role
from agent.settings import Settings
from tests.api.brand import Brand, shared_brand

NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Brand:
    """A brand with a drafted map, in a home that tests copy before they change it."""
    return shared_brand(tmp_path_factory)


@pytest.fixture(scope="session")
def brand_workspace(simulated: Brand, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The brand's workspace, open for as long as tests run."""
    with opened(simulated, tmp_path_factory.mktemp("chat-home")) as workspace:
        yield workspace


def opened(brand: Brand, folder: Path) -> Workspace:
    """Open a copy of a brand's home."""
    home = folder / "home"
    shutil.copytree(brand.home, home, ignore=shutil.ignore_patterns("lock"))
    return open_workspace(Settings().model_copy(update={"home": home}), now=NOW)


@pytest.fixture(scope="session")
def brand_snapshot(brand_workspace: Workspace) -> Snapshot:
    """Everything computed of the brand."""
    return Snapshots(brand_workspace).refresh()


@pytest.fixture(scope="session")
def toolbox(brand_snapshot: Snapshot) -> Toolbox:
    """The tools over the brand."""
    return Toolbox(lambda: brand_snapshot)


@pytest.fixture(scope="session")
def asked_by() -> RequestContext:
    """Somebody who may read."""
    return RequestContext(workspace="default", account_id="a_1", role=Role.VIEWER, now=NOW)
