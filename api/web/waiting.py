"""Gives a route the workspace's snapshot, or tells the person that it is being made ready."""

from typing import Annotated

from fastapi import Depends

from agent.pipeline.snapshot import Snapshot
from api.web.brands import NotReadyError
from api.web.visits import VisitDep


def ready_snapshot(visit: VisitDep) -> Snapshot:
    """Return what pages show of the data.

    Raises:
        NotReadyError: It is being computed for the first time since the server started.
    """
    found = visit.brand.snapshot()
    if found is None:
        raise NotReadyError
    return found


SnapshotDep = Annotated[Snapshot, Depends(ready_snapshot)]
