"""Customers of a workspace who behave like one of them; a held-out one is neither shown nor looked at."""

from collections.abc import Mapping
from dataclasses import replace

from agent.analyse.similar import Similar, similar_to
from agent.draft.scope import event_population_of
from agent.errors import ScopeError
from agent.events.features import MAX_PERSONS
from agent.events.journeys import Journeys
from agent.pipeline.identities import Held, person_of
from agent.pipeline.scoping import open_journeys
from agent.pipeline.workspace import Workspace
from agent.schemas.records import Side


def similar_customers(
    workspace: Workspace, reference: str, *, where: Mapping[str, str], n: int = 10
) -> Similar | Held:
    """Return the customers who behave most like one; of a held-out one only that it is held out.

    Args:
        workspace: Whose events count.
        reference: Person id, or `kind=value` of an identifier.
        where: Among whom to look; the customer in question need not be one of them. Empty means everyone.
        n: How many at most.

    Raises:
        NotFoundError: Nobody has the reference.
        InputError: The reference is none.
        ScopeError: Nobody with events matches the filter, or a key of it is in no record and no person.
        StoreError: The events cannot be read.
    """
    person = workspace.store.persons.get(person_of(workspace.store, reference))
    if person.side is Side.HELD_OUT:
        return Held()
    found = open_journeys(workspace, plan=workspace.plan, where=where, as_of=None)
    if found is None:
        msg = f"no customer with events matches {dict(where)!r}" if where else "no customer has events"
        raise ScopeError(msg, hint="`journey status` shows what is stored; loosen --where.")
    journeys = _with(workspace, found, person.person_id)
    did = journeys.window
    population = event_population_of(where, start=did.first, end=did.last)
    return similar_to(journeys, person.person_id, n=n, population=population)


def _with(workspace: Workspace, journeys: Journeys, person_id: str) -> Journeys:
    """Return journeys that the customer is one of, also where they are too many to be looked at all."""
    persons = journeys.persons
    if (person_id in persons and len(persons) <= MAX_PERSONS) or person_id in journeys.bots:
        return journeys
    kept = {*sorted(persons - {person_id})[: MAX_PERSONS - 1], person_id}
    return Journeys(workspace.events, replace(journeys.scope, persons=frozenset(kept)))
