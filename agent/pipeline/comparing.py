"""Opens the two sides of a comparison of customers."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from agent.errors import ScopeError
from agent.events.journeys import Journeys
from agent.events.slices import Slice, slice_of
from agent.pipeline.known_values import nobody_matches, values_by_person
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
        where: Filter of the first side; without one it is everybody else of whom the keys of `versus` are known. Of whom
            nothing is known may well be like the others, and is on neither side.
        versus: Filter of the other side.

    Raises:
        ScopeError: A side has nobody with events.
    """
    others = open_journeys(workspace, plan=workspace.plan, where=versus, as_of=journeys.scope.as_of)
    if others is None:
        raise nobody_matches(workspace, versus, "--versus")
    first = journeys.persons - others.persons
    n_unknown = 0
    if not where:
        known = first & _known_of(workspace, versus)
        n_unknown = len(first) - len(known)
        first = known
    if not first:
        raise _nobody_else(where, versus, n_unknown)
    if len(first) < len(journeys.persons):
        journeys = Journeys(workspace.events, replace(journeys.scope, persons=first))
    side = slice_of(journeys, _named(where) or "everybody else")
    return replace(side, n_unknown=n_unknown), slice_of(others, _named(versus))


def _known_of(workspace: Workspace, keys: Collection[str]) -> frozenset[str]:
    """Return the persons of whom every key has a value."""
    values = values_by_person(workspace, keys).values()
    return frozenset(
        person for by_person in values for person in by_person if all(person in of_key for of_key in values)
    )


def _nobody_else(where: Mapping[str, str], versus: Mapping[str, str], n_unknown: int) -> ScopeError:
    if where:
        msg = f"all customers with events that match {dict(where)!r} match {dict(versus)!r} too; two different groups were expected"
        return ScopeError(msg, hint="Name another first group by --where.")
    named = " and ".join(repr(key) for key in versus)
    msg = f"no customer with events has another {named} than {_named(versus)}"
    unknown = f"; of {n_unknown:,} it is not known" if n_unknown else ""
    return ScopeError(
        msg + unknown, hint="Compare by a trait with two values or more, or name the first group by --where."
    )


def _named(where: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in where.items())
