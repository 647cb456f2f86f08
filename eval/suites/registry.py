"""The suites by name; a suite's module is imported when it is run."""

import importlib
from typing import NamedTuple, cast

from agent.errors import NotFoundError
from eval.suites.base import Suite


class SuiteEntry(NamedTuple):
    """Where a suite is and what it measures."""

    module: str
    summary: str


SUITES: dict[str, SuiteEntry] = {
    "quotes": SuiteEntry("eval.suites.quotes", "False quotes accepted; checks a second."),
}


def find_suite(name: str) -> Suite:
    """Return a suite's `run`.

    Raises:
        NotFoundError: There is no suite of that name.
    """
    entry = SUITES.get(name)
    if entry is None:
        msg = f"there is no suite {name!r}; there are {', '.join(SUITES)}"
        raise NotFoundError(msg, hint="`journey eval list` says what each measures.")
    return cast("Suite", importlib.import_module(entry.module).run)
