"""Where customers of a workspace stand, worked out from the stored events each time it is asked."""

from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from agent.analyse.state import CustomerState, Others, state_of
from agent.analyse.state_rules import StateRules
from agent.analyse.taxonomy import stage_of_event
from agent.errors import InputError
from agent.events.lake import EventLake
from agent.events.source import EventSource
from agent.events.state import QUIET, WHOLE, DoneEvent, Followed, Sample, StateSource, came_next, sample_of
from agent.pipeline.identities import Held, person_of
from agent.pipeline.workspace import Workspace
from agent.schemas.records import Side


@dataclass(frozen=True, slots=True)
class _Opened:
    """The events of a workspace as they are now; one opened earlier would not know who was joined since."""

    workspace: Workspace
    stored: EventSource
    """Persons as they were stored."""
    sample: Sample

    def keys_of(self, person_id: str) -> list[str]:
        """Return what a person's events may stand under."""
        if self.workspace.warehouse is not None:
            return list(self.stored.person_keys([person_id]).values())
        return self.workspace.store.persons.own_ids(person_id)

    @contextmanager
    def read_as_one(self, among: Sample) -> Generator[EventSource]:
        """Open the events with persons as they are joined now; those of a sample at least."""
        if self.workspace.warehouse is not None:
            yield self.stored
            return
        below = None if among.is_whole else among.below
        with _lake(self.workspace, self.workspace.store.persons.aliases(below=below)) as lake:
            yield lake


@contextmanager
def _open(workspace: Workspace) -> Generator[_Opened]:
    if workspace.warehouse is not None:
        # The user's own ids are no hashes, so no part of them stands for all.
        yield _Opened(workspace, workspace.warehouse, WHOLE)
        return
    with _lake(workspace, {}) as lake:
        yield _Opened(workspace, lake, sample_of(workspace.store.persons.count(Side.WORKING)))


@contextmanager
def _lake(workspace: Workspace, canonical: Mapping[str, str]) -> Generator[EventLake]:
    lake = EventLake(workspace.lake_folder, canonical=canonical, scratch=workspace.store.home.path)
    try:
        yield lake
    finally:
        lake.close()


def customer_state(
    workspace: Workspace, reference: str, *, rules: StateRules, as_of: datetime | None = None
) -> CustomerState | Held:
    """Return where a customer stands; of a held-out one only that it is held out.

    Args:
        workspace: Whose events count; what was stored a moment ago does.
        reference: Person id, or `kind=value` of an identifier.
        rules: What to hold back and say.
        as_of: The time asked about; that of the latest stored event where None.

    Raises:
        NotFoundError: Nobody has the reference.
        InputError: The reference is none, or no event is stored.
        StoreError: The events cannot be read.
    """
    person = workspace.store.persons.get(person_of(workspace.store, reference))
    if person.side is Side.HELD_OUT:
        return Held()
    with _open(workspace) as opened:
        at = _time(opened.stored, as_of)
        done = StateSource(opened.stored, as_of=at).of_person(opened.keys_of(person.person_id))
        others = _others_here(done, opened, at)
    return state_of(person.person_id, done, others, rules=rules, as_of=at)


def _others_here(done: Sequence[DoneEvent], opened: _Opened, at: datetime) -> Others:
    """Return what came next for those who were where the customer is."""
    if not done:
        return Others({}, {}, opened.sample)
    event = done[-1].name
    stages = (stage_of_event(each.name) for each in reversed(done))
    stage = next((each for each in stages if each is not None), None)
    stage_by_name = {name: stage_of_event(name) for name in StateSource(opened.stored, as_of=at).names()}
    with opened.read_as_one(opened.sample) as events:
        source = StateSource(events, as_of=at)
        after = source.after(event, stage, stage_by_name, among=opened.sample)
    return Others({event: after.event}, {} if stage is None else {stage: after.stage}, opened.sample)


def customer_states(
    workspace: Workspace,
    *,
    rules: StateRules,
    where: Mapping[str, str],
    as_of: datetime | None = None,
) -> Iterator[CustomerState]:
    """Yield where every working customer with events stands, in the order of their ids in the events.

    Args:
        workspace: Whose events count.
        rules: What to hold back and say.
        where: Filter on persons; empty means everyone.
        as_of: The time asked about; that of the latest stored event where None.

    Raises:
        ScopeError: A key of the filter is in no record and no person.
        InputError: No event is stored.
        StoreError: The events cannot be read.
    """
    persons = workspace.store.records.persons_matching(where)
    with _open(workspace) as opened, opened.read_as_one(WHOLE) as events:
        at = _time(opened.stored, as_of)
        source = StateSource(events, as_of=at)
        others = _others_everywhere(source.of_everyone(), opened.sample, at)
        for person_id, done in source.of_everyone():
            if persons is None or person_id in persons:
                yield state_of(person_id, done, others, rules=rules, as_of=at)


def _others_everywhere(
    everyone: Iterable[tuple[str, list[DoneEvent]]], sample: Sample, at: datetime
) -> Others:
    """Return what came next in every situation, counted as for a single customer."""
    found = defaultdict[str, Followed](Followed), defaultdict[str, Followed](Followed)
    for person_id, done in everyone:
        if sample.has(person_id):
            is_quiet = done[-1].at < at - QUIET
            for followed, by_situation in zip(found, came_next(done, stage_of_event), strict=True):
                for situation, then in by_situation.items():
                    followed[situation].add(then, 1, is_quiet=is_quiet)
    return Others(*found, sample)


def _time(events: EventSource, as_of: datetime | None) -> datetime:
    if as_of is not None:
        return as_of
    last = None if events.is_empty() else events.window().last
    if last is None:
        msg = "there are no events of these customers"
        raise InputError(msg, hint="`journey ingest --kind events` reads them.")
    return last
