"""What axe-core finds wrong with a page."""

# The package ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from typing import Any, cast

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def violations_of(page: Page) -> list[str]:
    """Return each violation with the elements that have it."""
    found = cast("list[dict[str, Any]]", Axe().run(page).response["violations"])
    return [f"{one['id']}: {[node['target'] for node in one['nodes']]}" for one in found]
