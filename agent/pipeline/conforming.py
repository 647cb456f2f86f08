"""A planned map beside the events of a workspace."""

from collections.abc import Mapping

from agent.analyse.conformance import Conformance, conformance_of, observed_plan
from agent.analyse.flow import require_stages
from agent.analyse.high_value import HighValueRule
from agent.events.journeys import Journeys
from agent.pipeline.scoping import open_journeys
from agent.pipeline.workspace import Workspace
from agent.schemas.planned import PlannedMap


def conform(
    workspace: Workspace,
    plan: PlannedMap,
    *,
    where: Mapping[str, str],
    high_value: HighValueRule | None = None,
    limit: int = 20,
) -> Conformance | None:
    """Lay a plan beside what the persons did that a filter keeps; None where they have no events.

    Args:
        workspace: Whose events count.
        plan: The planned map.
        where: The filter on records or persons; empty means everyone.
        high_value: Who is of high value; None looks for what is usual.
        limit: Whole paths that are listed.
    """
    journeys = _journeys(workspace, where)
    if journeys is None:
        return None
    return conformance_of(plan, journeys, workspace.events, high_value=high_value, limit=limit)


def observe(workspace: Workspace, *, where: Mapping[str, str]) -> PlannedMap | None:
    """Return the stage graph of what the persons did that a filter keeps; None where they have no events.

    Raises:
        ScopeError: None of their events has a stage.
    """
    journeys = _journeys(workspace, where)
    if journeys is None:
        return None
    require_stages(journeys)
    return observed_plan(journeys)


def _journeys(workspace: Workspace, where: Mapping[str, str]) -> Journeys | None:
    return open_journeys(workspace, plan=workspace.plan, where=where, as_of=None)
