"""Predictions for a workspace: next step, buying, leaving, the best time to write, and the response to an offer."""

from collections.abc import Mapping

from agent.analyse.examples import Target
from agent.analyse.prediction import Prediction, predict
from agent.analyse.sending import OfferResponse, SendTimes, offer_response, send_times
from agent.draft.scope import event_population_of
from agent.errors import ScopeError
from agent.events.features import activity_of
from agent.events.journeys import Journeys
from agent.pipeline.scoping import open_journeys
from agent.pipeline.workspace import Workspace


def current_prediction(
    workspace: Workspace, target: Target, *, where: Mapping[str, str], by: str | None = None
) -> Prediction:
    """Return what is predicted of a scope, and how well.

    Args:
        workspace: Whose stores are read.
        target: What is predicted.
        where: Filter on records or persons; empty means everyone.
        by: Trait of the customers for whose values the mean expectation is told.

    Raises:
        ScopeError: Nobody with events matches the filter, or a key is in no person.
        StoreError: The events cannot be read.
    """
    journeys = _journeys(workspace, where)
    return predict(journeys, target, population=_population(journeys, where), groups=_groups(workspace, by))


def current_send_times(workspace: Workspace, *, where: Mapping[str, str], by: str | None = None) -> SendTimes:
    """Return the best hour and channel of a scope, and of each value of a trait.

    Raises:
        ScopeError: Nobody with events matches the filter, or a key is in no person.
        StoreError: The events cannot be read.
    """
    journeys = _journeys(workspace, where)
    first, last = journeys.window
    n_days = 0 if first is None or last is None else (last - first).days
    return send_times(
        activity_of(journeys, workspace.events),
        n_days=n_days,
        groups=_groups(workspace, by),
        population=_population(journeys, where),
    )


def current_offer_response(workspace: Workspace, *, where: Mapping[str, str]) -> OfferResponse:
    """Return how an offer changed buying in a scope; refused without exposure and control.

    Raises:
        ScopeError: Nobody with events matches the filter, or a key of it is in no record and no person.
        StoreError: The events cannot be read.
    """
    return offer_response(_journeys(workspace, where))


def _journeys(workspace: Workspace, where: Mapping[str, str]) -> Journeys:
    journeys = open_journeys(workspace, plan=workspace.plan, where=where, as_of=None)
    if journeys is None:
        msg = (
            f"no customer with events matches {dict(where)!r}"
            if where
            else "there are no events of customers"
        )
        raise ScopeError(msg, hint="`journey status` shows what is stored; loosen --where.")
    return journeys


def _population(journeys: Journeys, where: Mapping[str, str]) -> str:
    did = journeys.window
    return event_population_of(where, start=did.first, end=did.last)


def _groups(workspace: Workspace, by: str | None) -> dict[str, str] | None:
    """Return the value of a trait by person."""
    if by is None:
        return None
    people = list(workspace.store.persons.with_traits())
    found = {person.person_id: f"{by}={person.traits[by]}" for person in people if by in person.traits}
    if not found:
        known = sorted({key for person in people for key in person.traits})
        msg = f"{by!r} is no trait of any customer; known are {', '.join(known) or 'none'}"
        raise ScopeError(msg, hint="Name one of these: --by KEY.", context={"known": known})
    return found
