"""Takes a map back that people edited elsewhere: first as a difference to look at, then as the map's next version.

What people word is an assumption, under their name and for a time: the data did not say it in these words. Numbers stay
those that were computed, quotes those that stand in the data; a file in which either is changed is refused row by row.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta

from pydantic import AwareDatetime, Field

from agent.draft.claims import unknown
from agent.errors import InputError
from agent.firewall import fill
from agent.pipeline.edited_files import EditedFile, EditedRow, is_silent, lane_named, read_file
from agent.pipeline.edited_words import RefusedWording, Wordings, names_on, plain
from agent.pipeline.map_carrying import reworded
from agent.pipeline.workspace import Workspace
from agent.render.exports.rows import claim_rows
from agent.render.letters import shown
from agent.schemas.base import Frozen
from agent.schemas.evidence import Claim, ClaimStatus, Evidence, Lane
from agent.schemas.journey import JourneyMap, Stage

ASSUMED_FOR = timedelta(days=90)
"""How long an assumption stands before somebody has to look at it again."""
_LONGEST_NAME = 80


class ChangedStatement(Frozen):
    """A claim that somebody worded in another way."""

    claim_id: str
    stage: str
    lane: Lane
    before: str
    after: str
    """As it will be shown."""
    template: str
    """The same with its computed numbers by name."""
    evidence: tuple[Evidence, ...] = ()
    """Where customers said what it quotes."""
    stated_by: str | None = None
    """Whose words it had before, where they were a person's."""


class AddedStatement(Frozen):
    """A statement that the map does not have; it can only become an assumption."""

    row: int
    stage: str
    lane: Lane
    statement: str
    evidence: tuple[Evidence, ...] = ()
    """Where customers said what it quotes."""
    expires_at: AwareDatetime | None = None
    """When it has to be looked at again, where that was said before."""


class RemovedStatement(Frozen):
    """An assumption that the file does not have any more."""

    claim_id: str
    stage: str
    lane: Lane
    statement: str
    stated_by: str | None = None
    """Whose words they were."""


class ChangedOwner(Frozen):
    """Another owner."""

    before: str | None
    after: str | None


class EditConflict(Frozen):
    """Something that was changed in the file and, since the file was made, in the map too."""

    claim_id: str
    """`owner` for the owner of the map."""
    in_file: str
    in_map: str | None
    """As the map has it now; None where it is gone."""


class RefusedRow(Frozen):
    """A row that changes nothing, and why."""

    row: int | None
    """Counted from 1; None for what stands in no row."""
    claim_id: str | None
    reason: str


class MapEdit(Frozen):
    """What an edited file would change in a map."""

    map_id: str
    base_version: int
    """The version that the file was made from."""
    current_version: int
    changed: tuple[ChangedStatement, ...]
    added: tuple[AddedStatement, ...]
    removed: tuple[RemovedStatement, ...]
    owner: ChangedOwner | None
    n_unchanged: int
    conflicts: tuple[EditConflict, ...]
    refused: tuple[RefusedRow, ...]
    expires_after_days: int = Field(default=ASSUMED_FOR.days)
    """How long what people worded stands before it has to be looked at again."""

    @property
    def has_changes(self) -> bool:
        """Tell whether applying it makes another version."""
        return bool(self.changed or self.added or self.removed or self.owner)


def read_edited(workspace: Workspace, data: bytes, *, name: str) -> MapEdit:
    """Return what an edited file would change; nothing is stored.

    Args:
        workspace: Where the map is.
        data: The file: JSON or CSV that was exported, or CSV of a Miro board, edited.
        name: What it is called, for messages.

    Raises:
        UnreadableSourceError: It cannot be read at all.
        UnknownFormatError: It is no file of a map.
        SchemaError: It is JSON and no map.
        NotFoundError: The map or version it was made from is not there.
    """
    results = workspace.store.results
    file = read_file(data, name=name, find=results.map)
    current = results.map(file.base.map_id)
    return _Comparison(file, current, wordings_for(workspace, current)).edit()


def wordings_for(workspace: Workspace, journey_map: JourneyMap) -> Wordings:
    """Return what checks wordings of a map: they may quote the customers that it is about."""
    where = journey_map.scope.where or None
    return Wordings(lambda: workspace.store.records.iter(where), names_on(journey_map))


def apply_edit(workspace: Workspace, edit: MapEdit, *, by: str) -> JourneyMap:
    """Store a map with an edit as its next version and return it; without a change it is the version there is.

    Args:
        workspace: Where the map is.
        edit: What `read_edited` returned.
        by: Who worded it.

    Raises:
        InputError: Nobody is named, or the map was changed after the edit was read.
        NotFoundError: The map is not there any more.
    """
    person = " ".join(shown(by).split())
    if not person or len(person) > _LONGEST_NAME:
        msg = f"{by!r} is no name of who edited the map; up to {_LONGEST_NAME} characters were expected"
        raise InputError(msg, hint="Name the person whose words they are.")
    current = workspace.store.results.map(edit.map_id)
    if current.version != edit.current_version:
        msg = f"map {edit.map_id!r} is at version {current.version} by now; the edit was compared with {edit.current_version}"
        raise InputError(msg, hint="Read the file again and look at the difference.")
    if not edit.has_changes:
        return current
    expires_at = workspace.now + timedelta(days=edit.expires_after_days)
    stages = tuple(_edited(stage, edit, by=person, expires_at=expires_at) for stage in current.stages)
    owner = current.owner if edit.owner is None else edit.owner.after
    return workspace.store.results.save_map(current.model_copy(update={"stages": stages, "owner": owner}))


class _Comparison:
    """Compares a file with the map it was made from and with the map as it is now."""

    def __init__(self, file: EditedFile, current: JourneyMap, wordings: Wordings) -> None:
        self._file, self._map, self._wordings = file, current, wordings
        self._base = {row.claim.claim_id: row.claim for row in claim_rows(file.base)}
        self._now = {row.claim.claim_id: row for row in claim_rows(current)}
        self._changed: list[ChangedStatement] = []
        self._added: list[AddedStatement] = []
        self._conflicts: list[EditConflict] = []
        self._refused = [RefusedRow(row=None, claim_id=None, reason=fault) for fault in file.faults]
        self._seen: set[str] = set()
        self._n_unchanged = 0

    def edit(self) -> MapEdit:
        for row in self._file.rows:
            if row.claim_id in self._seen:
                self._refuse(row, "the file has this claim more than once")
            elif row.claim_id is None:
                self._add(row)
            else:
                self._seen.add(row.claim_id)
                self._compare(row, self._base[row.claim_id])
        removed = tuple(self._removed())
        return MapEdit(
            map_id=self._map.map_id,
            base_version=self._file.base.version,
            current_version=self._map.version,
            changed=tuple(self._changed),
            added=tuple(self._added),
            removed=removed,
            owner=self._owner(),
            n_unchanged=self._n_unchanged,
            conflicts=tuple(self._conflicts),
            refused=tuple(self._refused),
        )

    def _compare(self, row: EditedRow, base: Claim) -> None:
        if row.fault is not None:
            self._refuse(row, row.fault)
        elif plain(row.statement) == plain(base.statement):
            self._n_unchanged += 1
        elif is_silent(base):
            self._add(row)
        else:
            self._reword(row, base)

    def _reword(self, row: EditedRow, base: Claim) -> None:
        worded = plain(row.statement)
        now = self._now.get(base.claim_id)
        if now is None or now.claim.statement != base.statement:
            if now is not None and plain(now.claim.statement) == worded:
                self._n_unchanged += 1
                return
            in_map = None if now is None else now.claim.statement
            self._conflicts.append(EditConflict(claim_id=base.claim_id, in_file=worded, in_map=in_map))
            return
        found = self._wordings.check(worded, now.claim)
        if isinstance(found, RefusedWording):
            self._refuse(row, found.reason)
            return
        self._changed.append(
            ChangedStatement(
                claim_id=base.claim_id, stage=now.stage, lane=now.lane, before=base.statement,
                after=fill(found.template, {metric.metric_id: metric for metric in now.claim.metrics}),
                template=found.template, evidence=found.evidence, stated_by=now.claim.stated_by,
            )
        )  # fmt: skip

    def _add(self, row: EditedRow) -> None:
        worded, lane = plain(row.statement), lane_named(row.lane)
        stages = {stage.name for stage in self._map.stages}
        if row.fault is not None:
            self._refuse(row, row.fault)
        elif row.stage not in stages:
            self._refuse(row, f"the map has no stage {row.stage!r}")
        elif lane is None:
            self._refuse(row, f"a map has no lane {row.lane!r}")
        elif isinstance(found := self._wordings.check(worded, None), RefusedWording):
            self._refuse(row, found.reason)
        elif _new_id(row.stage, lane, worded) in self._now:
            self._n_unchanged += 1
        elif any((one.stage, one.lane, one.statement) == (row.stage, lane, worded) for one in self._added):
            self._refuse(row, "the file has this statement more than once in the same cell")
        else:
            added = AddedStatement(
                row=row.row, stage=row.stage, lane=lane, statement=worded, evidence=found.evidence
            )
            self._added.append(added)

    def _removed(self) -> Iterator[RemovedStatement]:
        """Yield the assumptions that the file leaves out; what the data gives stays on the map."""
        for claim_id, base in self._base.items():
            now = self._now.get(claim_id)
            if claim_id in self._seen or now is None:
                continue
            if base.status is not ClaimStatus.ASSUMPTION or base.metrics:
                reason = "the data gives this claim; a map does not leave it out"
                self._refused.append(RefusedRow(row=None, claim_id=claim_id, reason=reason))
            elif now.claim != base:
                self._conflicts.append(
                    EditConflict(claim_id=claim_id, in_file="", in_map=now.claim.statement)
                )
            else:
                yield RemovedStatement(
                    claim_id=claim_id, stage=now.stage, lane=now.lane, statement=base.statement,
                    stated_by=base.stated_by,
                )  # fmt: skip

    def _owner(self) -> ChangedOwner | None:
        before = self._file.base.owner
        named = {_name(owner) for owner in self._file.owners} - {_name(before)}
        if not named:
            return None
        if len(named) > 1:
            self._refused.append(
                RefusedRow(row=None, claim_id=None, reason="the rows name several new owners")
            )
            return None
        (after,) = named
        if after is not None and len(after) > _LONGEST_NAME:
            self._refused.append(RefusedRow(row=None, claim_id=None, reason="the owner's name is too long"))
            return None
        if self._map.owner != before:
            if _name(self._map.owner) != after:
                told = EditConflict(claim_id="owner", in_file=after or "", in_map=self._map.owner)
                self._conflicts.append(told)
            return None
        return ChangedOwner(before=before, after=after)

    def _refuse(self, row: EditedRow, reason: str) -> None:
        self._refused.append(RefusedRow(row=row.row, claim_id=row.claim_id, reason=reason))


def _name(owner: str | None) -> str | None:
    return None if owner is None else plain(owner) or None


def _new_id(stage: str, lane: Lane, statement: str) -> str:
    return "c_" + hashlib.sha256(f"{stage}\n{lane}\n{statement}\nassumption".encode()).hexdigest()[:16]


def _edited(stage: Stage, edit: MapEdit, *, by: str, expires_at: datetime) -> Stage:
    changed = {item.claim_id: item for item in edit.changed}
    removed = {item.claim_id for item in edit.removed}
    cells: dict[Lane, tuple[Claim, ...]] = {}
    for lane, cell in stage.cells.items():
        kept = [claim for claim in cell if claim.claim_id not in removed]
        worded = [
            _changed(claim, changed.get(claim.claim_id), by=by, expires_at=expires_at) for claim in kept
        ]
        added = [item for item in edit.added if (item.stage, item.lane) == (stage.name, lane)]
        cells[lane] = (*worded, *(_assumed(item, by=by, expires_at=expires_at) for item in added))
    return stage.model_copy(
        update={"cells": {lane: cell or (_silent(stage.name, lane),) for lane, cell in cells.items()}}
    )


def _changed(claim: Claim, change: ChangedStatement | None, *, by: str, expires_at: datetime) -> Claim:
    if change is None:
        return claim
    return reworded(claim, change.template, change.evidence, by=by, expires_at=expires_at)


def _assumed(item: AddedStatement, *, by: str, expires_at: datetime) -> Claim:
    return Claim(
        claim_id=_new_id(item.stage, item.lane, item.statement),
        lane=item.lane,
        status=ClaimStatus.ASSUMPTION,
        statement=item.statement,
        template=item.statement,
        evidence=item.evidence,
        stated_by=by,
        expires_at=item.expires_at or expires_at,
    )


def _silent(stage: str, lane: Lane) -> Claim:
    return unknown(
        stage=stage, lane=lane, missing=f"Data on {lane.value.replace('_', ' ')} in the {stage} stage."
    )
