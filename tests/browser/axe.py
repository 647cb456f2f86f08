"""What axe-core finds wrong with a page."""

# The package ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportMissingTypeStubs=false

from collections.abc import Sequence
from typing import Any, cast

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_RUN = """async (options) => {
  const results = await axe.run(document, options);
  return results.violations.map((one) => `${one.id}: ${JSON.stringify(one.nodes.map((node) => node.target))}`);
}"""


def violations_of(page: Page, *, rules: Sequence[str] = ()) -> list[str]:
    """Return each violation of WCAG 2.2 AA, and of what axe counts as good practice, with the elements that have it.

    Args:
        page: As it stands.
        rules: The rules to look at; all where none is named.
    """
    options: dict[str, Any] = {
        "resultTypes": ["violations"],
        "runOnly": {"type": "rule", "values": list(rules)}
        if rules
        else {"type": "tag", "values": list(_TAGS)},
        # Off by default in axe, as it is new in WCAG 2.2.
        "rules": {"target-size": {"enabled": True}},
    }
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    return cast("list[str]", page.evaluate(_RUN, options))
