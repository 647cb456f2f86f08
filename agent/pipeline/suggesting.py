"""Suggests next actions for the customers of a workspace; nothing is sent, and nothing is stored."""

from collections.abc import Mapping, Sequence

from agent.analyse.action_rules import ActionRules
from agent.analyse.examples import Target
from agent.analyse.next_action import NextActions, Odds, propensities_of, suggest, targets_of
from agent.analyse.prediction import Prediction, predict
from agent.analyse.state import CustomerState
from agent.analyse.state_rules import StateRules
from agent.analyse.worth import values_of
from agent.draft.scope import event_population_of
from agent.errors import InputError
from agent.events.journeys import Journeys
from agent.pipeline.identities import Held
from agent.pipeline.scoping import open_journeys
from agent.pipeline.state import customer_state, customer_states
from agent.pipeline.workspace import Workspace


def next_action(
    workspace: Workspace, reference: str, *, rules: ActionRules, state_rules: StateRules
) -> NextActions | Held:
    """Return what is suggested for one customer; of a held-out one only that it is held out.

    Args:
        workspace: Whose events count.
        reference: Person id, or `kind=value` of an identifier.
        rules: What may be suggested.
        state_rules: What is held back and recommended.

    Raises:
        NotFoundError: Nobody has the reference.
        InputError: The reference is none, or no event is stored.
        StoreError: The events cannot be read.
    """
    state = customer_state(workspace, reference, rules=state_rules)
    if isinstance(state, Held):
        return state
    return _suggested(workspace, [state], rules, state_rules)


def next_actions(
    workspace: Workspace, *, rules: ActionRules, state_rules: StateRules, where: Mapping[str, str]
) -> NextActions:
    """Return what is suggested for every working customer with events that a filter keeps.

    Args:
        workspace: Whose events count.
        rules: What may be suggested.
        state_rules: What is held back and recommended.
        where: Filter on persons; empty means everyone.

    Raises:
        ScopeError: A key of the filter is in no record and no person.
        InputError: No event is stored.
        StoreError: The events cannot be read.
    """
    states = list(customer_states(workspace, rules=state_rules, where=where))
    return _suggested(workspace, states, rules, state_rules)


def _suggested(
    workspace: Workspace, states: Sequence[CustomerState], rules: ActionRules, state_rules: StateRules
) -> NextActions:
    # Always learnt from everybody, so that a customer is told the same whomever else is asked about.
    journeys = open_journeys(workspace, plan=workspace.plan, where={}, as_of=None)
    if journeys is None:
        msg = "there are no events of customers"
        raise InputError(msg, hint="`journey ingest --kind events` reads them.")
    odds = Odds(
        predictions=_predictions(journeys, targets_of(states, rules)),
        values=values_of(journeys, workspace.events),
    )
    return NextActions(
        as_of=states[0].as_of if states else None,
        rules=rules.version,
        state_rules=state_rules.version,
        propensities=propensities_of(odds.predictions),
        values=tuple(odds.values.values()),
        customers=suggest(states, odds, rules=rules),
    )


def _predictions(journeys: Journeys, targets: frozenset[Target]) -> dict[Target, Prediction]:
    did = journeys.window
    population = event_population_of({}, start=did.first, end=did.last)
    return {target: predict(journeys, target, population=population) for target in sorted(targets)}
