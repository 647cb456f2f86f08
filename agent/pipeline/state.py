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
from agent.events.lake_scan import scan_lake
from agent.events.source import EventSource
from agent.events.state import (
    QUIET,
    WHOLE,
    AfterBoth,
    DoneEvent,
    Followed,
    Sample,
    StateSource,
    came_next,
    sample_of,
)
from agent.pipeline.cycles import without_cycle_search
from agent.pipeline.identities import Held, person_of
from agent.pipeline.workspace import Workspace
from agent.schemas.records import Side


@dataclass(frozen=True, slots=True)
class _Found:
    """What a state is made of."""

    done: Sequence[DoneEvent]
    others: Others
    at: datetime
    """The time asked about."""


def _sample(workspace: Workspace) -> Sample:
    return sample_of(workspace.store.persons.count(Side.WORKING)) if workspace.warehouse is None else WHOLE


@contextmanager
def _joined(workspace: Workspace) -> Generator[EventSource]:
    """Open the events with persons as they are joined now; a lake opened earlier would not know who was since."""
    if workspace.warehouse is not None:
        yield workspace.warehouse
        return
    lake = EventLake(
        workspace.lake_folder,
        canonical=workspace.store.persons.aliases(),
        scratch=workspace.store.home.scratch,
    )
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
    ask = _ask_lake if workspace.warehouse is None else _ask_warehouse
    with without_cycle_search():
        found = ask(workspace, person.person_id, as_of)
    return state_of(person.person_id, found.done, found.others, rules=rules, as_of=found.at)


def _ask_lake(workspace: Workspace, person_id: str, as_of: datetime | None) -> _Found:
    persons = workspace.store.persons
    sample = _sample(workspace)
    scan = scan_lake(
        workspace.lake_folder,
        keys=persons.own_ids(person_id),
        canonical=persons.aliases(below=None if sample.is_whole else sample.below),
        among=sample,
    )
    at = _time(as_of, scan.last)
    done = scan.of_person(as_of=at)
    event, stage = _situation(done)
    if event is None:
        return _Found(done, Others({}, {}, sample), at)
    after = scan.after(event, stage, stage_of_event, as_of=at)
    return _Found(done, _others(after, event, stage, sample), at)


def _ask_warehouse(workspace: Workspace, person_id: str, as_of: datetime | None) -> _Found:
    events = workspace.events
    at = _time(as_of, None if as_of is not None or events.is_empty() else events.window().last)
    source = StateSource(events, as_of=at)
    done = source.of_person(events.person_keys([person_id]).values())
    event, stage = _situation(done)
    # The user's own ids are no hashes, so no part of them stands for all.
    if event is None:
        return _Found(done, Others({}, {}, WHOLE), at)
    return _Found(
        done, _others(source.after(event, stage, stage_of_event, among=WHOLE), event, stage, WHOLE), at
    )


def _situation(done: Sequence[DoneEvent]) -> tuple[str | None, str | None]:
    """Return the last event's name, and the stage of the last one that tells one."""
    stages = (stage_of_event(each.name) for each in reversed(done))
    return (done[-1].name if done else None), next((each for each in stages if each is not None), None)


def _others(after: AfterBoth, event: str, stage: str | None, sample: Sample) -> Others:
    return Others({event: after.event}, {} if stage is None else {stage: after.stage}, sample)


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
    with _joined(workspace) as events:
        at = _time(as_of, None if as_of is not None or events.is_empty() else events.window().last)
        source = StateSource(events, as_of=at)
        others = _others_everywhere(source.of_everyone(), _sample(workspace), at)
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


def _time(as_of: datetime | None, last: datetime | None) -> datetime:
    at = as_of or last
    if at is None:
        msg = "there are no events of these customers"
        raise InputError(msg, hint="`journey ingest --kind events` reads them.")
    return at
