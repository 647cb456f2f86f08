"""Builds the corpus of a scope from the stores; drafting and verifying use the same builder."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from agent.analyse.copies import Copies
from agent.analyse.readings import unread
from agent.analyse.stages import StagePlan
from agent.analyse.taxonomy import touchpoint_of_event
from agent.corpus import Corpus
from agent.draft.scope import event_population_of, population_of
from agent.errors import ScopeError
from agent.events.journeys import Journeys
from agent.events.source import EventWindow
from agent.events.steps import JourneyScope
from agent.normalise import passages_of
from agent.pipeline.indexing import vectors_of
from agent.pipeline.workspace import Workspace
from agent.ports import Vectors
from agent.schemas.insight import Reading, Theme
from agent.schemas.records import Passage, Record
from agent.store.results import StoredThemes
from agent.verify.quotes import text_digest


def corpus_of(
    workspace: Workspace,
    themes: StoredThemes,
    *,
    reader_version: str,
    plan: StagePlan,
    where: Mapping[str, str],
    source_ids: Collection[str],
) -> Corpus:
    """Return the corpus of a scope.

    Args:
        workspace: Whose stores are read.
        themes: Themes and the passages that belong to them.
        reader_version: Version whose readings count.
        plan: Stages of the map, and what belongs to each.
        where: The persona's filter on records or persons; empty means everyone.
        source_ids: Sources that count.

    Raises:
        ScopeError: Nobody matches the filter, or a key of it is in no record and no person.
    """
    wanted = frozenset(source_ids)
    named = _records_of(workspace, where, wanted)
    copies = workspace.copies_among(named.values())
    records = counted_once(named, copies)
    read = tuple(_read_passages(workspace, records, reader_version))
    said = Said(
        records=records,
        copies=copies,
        read=read,
        vectors=vectors_of(
            [passage for passage, _ in read], store=workspace.store, encoder=workspace.encoder
        ),
        unidentified=workspace.store.persons.unidentified_ids(),
    )
    journeys = open_journeys(workspace, plan=plan, where=where, as_of=said.window[1], source_ids=wanted)
    return corpus_from(said, themes, plan=plan, where=where, journeys=journeys)


@dataclass(frozen=True)
class Said:
    """The texts in a scope and what was read out of them."""

    records: Mapping[str, Record]
    """Each copy of somebody's text under the person for whom it counts."""
    copies: Copies
    read: Sequence[tuple[Passage, Reading | None]]
    """Passages in the order of their records' ids, with their readings; None where the text changed since."""
    vectors: Vectors
    """One unit row a passage, shape `(n_passages, dim)`."""
    unidentified: frozenset[str]
    """Persons who named no identifier, in scope or not."""

    @cached_property
    def window(self) -> tuple[datetime | None, datetime | None]:
        """When the first and the last of the texts were written."""
        times = [record.at for record in self.records.values() if record.at is not None]
        return (min(times), max(times)) if times else (None, None)


def corpus_from(
    said: Said,
    themes: StoredThemes,
    *,
    plan: StagePlan,
    where: Mapping[str, str],
    journeys: Journeys | None,
) -> Corpus:
    """Return the corpus that texts and journeys of one scope make.

    Args:
        said: Its texts.
        themes: Themes and the passages that belong to them, in scope or not.
        plan: Stages of the map, and what belongs to each.
        where: The filter that made the scope.
        journeys: Of the persons that the filter keeps; None where they have no events.
    """
    start, end = said.window
    did = EventWindow(None, None) if journeys is None else journeys.window
    speakers = frozenset(record.person_id for record in said.records.values())
    return Corpus(
        records=said.records,
        passages=tuple(passage for passage, _ in said.read),
        readings=tuple(_reading(passage, reading, plan) for passage, reading in said.read),
        vectors=said.vectors,
        themes=_still_said(themes.themes, said.read),
        journeys=journeys,
        population=population_of(
            (record.kind for record in said.records.values()), where, start=start, end=end
        ),
        event_population=event_population_of(where, start=did.first, end=did.last),
        unidentified=speakers & said.unidentified,
        start=start,
        end=end,
        copies=said.copies,
    )


def counted_once(records: Mapping[str, Record], copies: Copies) -> dict[str, Record]:
    """Return the records, each copy under the person for whom it counts."""
    moved = {
        record_id: records[record_id].model_copy(update={"person_id": person_id})
        for record_id, person_id in copies.person_of.items()
        if record_id in records
    }
    return {**records, **moved}


def _records_of(
    workspace: Workspace, where: Mapping[str, str], source_ids: frozenset[str]
) -> dict[str, Record]:
    records = {
        record.record_id: record
        for record in workspace.store.records.iter(where or None)
        if record.source_id in source_ids
    }
    if not records:
        raise no_text(where)
    return records


def no_text(where: Mapping[str, str]) -> ScopeError:
    """Return the error that no text of a customer is in a scope."""
    msg = f"no text of a customer matches {dict(where)!r}" if where else "there is no text of a customer"
    return ScopeError(msg, hint="`journey status` shows what is stored; loosen --where.")


def _read_passages(
    workspace: Workspace, records: Mapping[str, Record], version: str
) -> Iterator[tuple[Passage, Reading | None]]:
    """Yield passages with their readings; None where the text changed since it was read."""
    readings = {
        reading.passage_id: reading for reading in workspace.store.readings.iter(version, record_ids=records)
    }
    for record_id in sorted(records):
        digest = text_digest(records[record_id].text)
        for passage in passages_of(records[record_id]):
            reading = readings.get(passage.passage_id)
            yield passage, reading if reading is not None and reading.text_sha256 == digest else None


def _still_said(themes: Iterable[Theme], read: Iterable[tuple[Passage, Reading | None]]) -> tuple[Theme, ...]:
    """Return the themes without the passages whose words are no longer what was read."""
    said = {passage.passage_id for passage, reading in read if reading is not None}
    return tuple(
        theme.model_copy(
            update={
                "passage_ids": tuple(key for key in theme.passage_ids if key in said),
                "core_passage_ids": tuple(key for key in theme.core_passage_ids if key in said),
            }
        )
        for theme in themes
    )


def _reading(passage: Passage, reading: Reading | None, plan: StagePlan) -> Reading:
    if reading is None:
        return unread(passage)
    stage = plan.stage_of(reading.stage, reading.touchpoint)
    if (stage, passage.person_id) == (reading.stage, reading.person_id):
        return reading
    return replace(reading, stage=stage, person_id=passage.person_id)


def all_sources(workspace: Workspace) -> list[str]:
    """Return the ids of all sources, in order: the scope of whoever names none."""
    return sorted(source.source_id for source in workspace.store.sources.all())


def open_journeys(
    workspace: Workspace,
    *,
    plan: StagePlan,
    where: Mapping[str, str],
    as_of: datetime | None,
    source_ids: Collection[str] | None = None,
) -> Journeys | None:
    """Return the journeys of the persons that the filter keeps; None where they have no events.

    `source_ids` are the sources that count, all where None. An event that stands in several sources counts for the one
    that was read first. Persons are as they are known now: one whom a later source joins to another, or gives the trait
    of the filter, changes what is counted, as an erased one does. Where the events are in a warehouse, it is the one
    source that counts, as it is now.
    """
    events = workspace.events
    if events.is_empty():
        return None
    persons = workspace.store.records.persons_matching(where, source_ids=source_ids)
    return journeys_of(workspace, plan=plan, persons=persons, as_of=as_of, source_ids=source_ids)


def journeys_of(
    workspace: Workspace,
    *,
    plan: StagePlan,
    persons: frozenset[str] | None,
    as_of: datetime | None,
    source_ids: Collection[str] | None = None,
) -> Journeys | None:
    """Return the journeys of some persons, of everyone where None; else as `open_journeys`."""
    events = workspace.events
    if events.is_empty():
        return None
    ends = [at for at in (as_of, events.window(source_ids).last) if at is not None]
    journeys = Journeys(
        events,
        JourneyScope(
            stages=plan.names,
            stage_of=plan.stage_of_event,
            touchpoint_of=lambda name, channel: touchpoint_of_event(name, {}, channel),
            as_of=max(ends, default=workspace.now),
            persons=persons,
            source_ids=source_ids,
        ),
    )
    return journeys if journeys.n_persons() else None
