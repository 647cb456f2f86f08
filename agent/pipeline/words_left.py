"""Names people's words that a newer draft of a map has no place for, and puts them back by hand."""

from dataclasses import dataclass

from agent.errors import ConflictError, NotFoundError
from agent.pipeline.edited_words import RefusedWording
from agent.pipeline.map_carrying import opinions
from agent.pipeline.map_importing import AddedStatement, MapEdit, apply_edit, wordings_for
from agent.pipeline.workspace import Workspace
from agent.schemas.evidence import Claim
from agent.schemas.journey import JourneyMap

_MOST_LOOKED_AT = 12
"""Versions that are looked through for people's words; each is large."""


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """Words of a person that a newer draft of the map does not have."""

    version: int
    """Of the map that has them."""
    stage: str
    claim: Claim
    reason: str
    can_return: bool
    """Whether they can be put back as they are: their stage is there and no number of another draft is in them."""


def left_behind(workspace: Workspace, map_id: str) -> list[LeftBehind]:
    """Return people's words that a later draft of a map had no place for and that nobody put back, latest version first.

    Raises:
        NotFoundError: There is no such map.
    """
    results = workspace.store.results
    numbers = results.map_versions(map_id)[-_MOST_LOOKED_AT:]
    if not numbers:
        msg = f"map {map_id!r} is not in the workspace"
        raise NotFoundError(msg, hint="`journey map list` lists the maps.")
    latest = results.map(map_id, numbers[-1])
    there = {claim.statement for _, claim in opinions(latest)}
    found: dict[str, LeftBehind] = {}
    after = latest
    for number in reversed(numbers[:-1]):
        before = results.map(map_id, number)
        # Within one draft people take words out themselves; only another draft leaves them behind.
        if before.drafted_at != after.drafted_at:
            kept = {claim.statement for _, claim in opinions(after)} | {
                c.claim_id for _, c in opinions(after)
            }
            for stage, claim in opinions(before):
                if not {claim.statement, claim.claim_id} & kept and claim.statement not in there:
                    found.setdefault(claim.claim_id, _left(number, stage, claim, latest))
        after = before
    return list(found.values())


def put_back(workspace: Workspace, map_id: str, claim_id: str) -> JourneyMap:
    """Store a map's next version with words that a draft left behind, as those of who said them, until the date that they had.

    Raises:
        NotFoundError: There is no such map, or no such words were left behind.
        ConflictError: They have no place on the map as it is.
    """
    found = next((one for one in left_behind(workspace, map_id) if one.claim.claim_id == claim_id), None)
    if found is None:
        msg = f"no words of claim {claim_id!r} were left behind by a draft of map {map_id!r}"
        raise NotFoundError(msg, hint="Somebody may have put them back already; load the map again.")
    current = workspace.store.results.map(map_id)
    worded = wordings_for(workspace, current).check(found.claim.statement, None)
    if not found.can_return or isinstance(worded, RefusedWording):
        reason = worded.reason if isinstance(worded, RefusedWording) else found.reason
        msg = f"these words cannot be put back: {reason}"
        raise ConflictError(msg, hint="Word them anew for the map as it is.")
    added = AddedStatement(
        row=1, stage=found.stage, lane=found.claim.lane, statement=found.claim.statement, evidence=worded.evidence,
        expires_at=found.claim.expires_at,
    )  # fmt: skip
    edit = MapEdit(
        map_id=map_id, base_version=current.version, current_version=current.version, changed=(), added=(added,),
        removed=(), owner=None, n_unchanged=0, conflicts=(), refused=(),
    )  # fmt: skip
    return apply_edit(workspace, edit, by=found.claim.stated_by or "somebody")


def _left(version: int, stage: str, claim: Claim, latest: JourneyMap) -> LeftBehind:
    if stage not in {one.name for one in latest.stages}:
        return LeftBehind(version, stage, claim, "the map has no such stage any more", can_return=False)
    if claim.metrics:
        reason = "it names numbers that the data does not give for this claim any more"
        return LeftBehind(version, stage, claim, reason, can_return=False)
    return LeftBehind(version, stage, claim, "the newer draft was made without it", can_return=True)
