"""Customers of high value beside the rest, in a workspace: what they did, and what they complained of."""

from collections.abc import Mapping

from agent.analyse.readings import READER_VERSION
from agent.analyse.value import Known, ValueContrast, value_contrast
from agent.draft.scope import event_population_of
from agent.errors import ScopeError
from agent.pipeline.scoping import open_journeys
from agent.pipeline.workspace import Workspace


def current_value_contrast(
    workspace: Workspace, *, where: Mapping[str, str], column: str | None = None
) -> ValueContrast:
    """Return what the quarter of the customers with the highest value did that the rest did not.

    Args:
        workspace: Whose stores are read.
        where: Filter on records or persons; empty means everyone.
        column: Attribute of customers, or property of events to add up, that is the value; the amounts of purchases where
            None.

    Raises:
        ScopeError: Nobody with events matches the filter, or a key of it is in no record and no person.
        StoreError: The events cannot be read.
    """
    journeys = open_journeys(workspace, plan=workspace.plan, where=where, as_of=None)
    if journeys is None:
        msg = f"no customer with events matches {dict(where)!r}" if where else "no customer has events"
        raise ScopeError(msg, hint="`journey status` shows what is stored; loosen --where.")
    did = journeys.window
    traits = (
        {} if column is None else {one.person_id: one.traits for one in workspace.store.persons.with_traits()}
    )
    return value_contrast(
        journeys,
        workspace.events,
        column=column,
        known=Known(traits=traits, complaints=_complaints(workspace)),
        population=event_population_of(where, start=did.first, end=did.last),
    )


def _complaints(workspace: Workspace) -> dict[str, set[str]]:
    """Return the themes that persons complained of; who said something else alone has none."""
    stored = workspace.store.results.themes()
    if stored is None:
        return {}
    label_of = {theme.theme_id: theme.label for theme in stored.themes}
    found: dict[str, set[str]] = {}
    for reading in workspace.store.readings.iter(READER_VERSION):
        named = found.setdefault(reading.person_id, set())
        label = label_of.get(stored.assignments.get(reading.passage_id, ""))
        if reading.complaint and label is not None:
            named.add(label)
    return found
