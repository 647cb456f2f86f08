"""Opens the two sides of a comparison of customers."""

from collections.abc import Mapping
from dataclasses import replace

from agent.errors import ScopeError
from agent.events.journeys import Journeys
from agent.events.slices import Slice, slice_of
from agent.pipeline.scoping import open_journeys
from agent.pipeline.workspace import Workspace


def personas_of(
    workspace: Workspace,
    journeys: Journeys,
    *,
    where: Mapping[str, str],
    versus: Mapping[str, str],
) -> tuple[Slice, Slice]:
    """Return the steps of some customers and those of others; who is in both counts for the others.

    Args:
        workspace: Whose events are read.
        journeys: Of the customers that `where` keeps.
        where: Filter of the first side; without one it is everybody else.
        versus: Filter of the other side.

    Raises:
        ScopeError: A side has nobody with events.
    """
    others = open_journeys(workspace, plan=workspace.plan, where=versus, as_of=journeys.scope.as_of)
    if others is None:
        msg = f"no customer with events matches {dict(versus)!r}"
        raise ScopeError(msg, hint="`journey status` shows what is stored; loosen --versus.")
    first = journeys
    if journeys.persons & others.persons:
        rest = journeys.persons - others.persons
        if not rest:
            msg = f"all customers with events match {dict(versus)!r}; two different groups were expected"
            raise ScopeError(msg, hint="Name the first group by --where.")
        first = Journeys(workspace.events, replace(journeys.scope, persons=rest))
    return slice_of(first, _named(where) or "everybody else"), slice_of(others, _named(versus))


def _named(where: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in where.items())
