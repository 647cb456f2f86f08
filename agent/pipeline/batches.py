"""One batch of rows: prepared, told apart by side, compared with what is stored, and committed together.

The vault and the lake are written first, under names and with content that depend only on the rows; the ledger's
commit comes last. A run that is killed anywhere in between does the batch again and ends in the same state.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from agent.errors import RedactionError
from agent.events.lake_writer import LakeWriter
from agent.normalise import RowFault, clean_text
from agent.pipeline.people import People, Who
from agent.ports import HeldOutSink
from agent.prepare import PrepareContext, prepare_event, prepare_record
from agent.schemas.base import Scalar
from agent.schemas.records import Event, RawEvent, RawItem, RawRecord, Record, RowReject, Side
from agent.split import text_signatures
from agent.store import Store
from agent.store.parts import part_name
from agent.store.signatures import Signed
from agent.store.sources import Source

_T = TypeVar("_T")

_NEAR_DUPLICATE = "nearly duplicates a working text"
_CONFLICT_CODE = "duplicate_id"
_CONFLICT = "another record with the same id and other content is stored; that one was kept"


@dataclass(slots=True)
class _Sorted:
    """What one batch of rows turned into."""

    records: dict[str, tuple[Record, Who]] = field(default_factory=dict[str, tuple[Record, Who]])
    events: dict[str, tuple[Event, Who]] = field(default_factory=dict[str, tuple[Event, Who]])
    traits: dict[str, dict[str, Scalar]] = field(default_factory=dict[str, dict[str, Scalar]])
    rejects: list[RowReject] = field(default_factory=list[RowReject])
    persons: set[str] = field(default_factory=set[str])
    lone: dict[str, Side] = field(default_factory=dict[str, Side])
    n_unchanged: int = 0
    n_identity: int = 0
    n_conflicts: int = 0


class BatchWriter:
    """Writes the batches of one source.

    Args:
        store: Of the workspace.
        held_out: The vault.
        lake: The working events.
        people: Says who rows are about.
        context: Of the source.
    """

    def __init__(
        self,
        *,
        store: Store,
        held_out: HeldOutSink,
        lake: LakeWriter,
        people: People,
        context: PrepareContext,
    ) -> None:
        self._store = store
        self._held_out = held_out
        self._lake = lake
        self._people = people
        self._context = context

    def write(self, items: Sequence[RawItem], source: Source) -> Source:
        """Store a batch of a source's rows, and return how far the source then is."""
        batch = self._prepare(items)
        self._drop_known(batch)
        signed = _signed(batch.records.values())
        self._fill_vault(batch, signed, part=part_name(source.source_id, source.n_parts))
        working = [event for event, _ in _of(batch.events.values(), Side.WORKING)]
        self._lake.append(part_name(source.source_id, source.n_parts), working)
        then = _advanced(source, batch, n_items=len(items))
        self._commit(batch, signed, then)
        return then

    def _prepare(self, items: Sequence[RawItem]) -> _Sorted:
        batch = _Sorted(rejects=[item for item in items if isinstance(item, RowReject)])
        rows = [item for item in items if not isinstance(item, RowReject)]
        for row, who in zip(rows, self._people.of(rows, context=self._context), strict=True):
            if isinstance(row, RawRecord):
                self._prepare_record(row, who, batch)
            else:
                self._prepare_event(row, who, batch)
        return batch

    def _prepare_record(self, raw: RawRecord, who: Who, batch: _Sorted) -> None:
        record = prepare_record(raw, person_id=who.person_id, context=self._context)
        if isinstance(record, RowReject):
            batch.rejects.append(record)
            return
        earlier = batch.records.get(record.record_id)
        if earlier is None:
            batch.records[record.record_id] = (record, who)
            _note(batch, who)
        else:
            _note_known(batch, record, content_key=earlier[0].content_key)

    def _prepare_event(self, raw: RawEvent, who: Who, batch: _Sorted) -> None:
        event = prepare_event(raw, person_id=who.person_id, context=self._context)
        if isinstance(event, RowReject):
            batch.rejects.append(event)
        elif event is None:
            self._take_traits(raw, who, batch)
        elif event.event_id in batch.events:
            batch.n_unchanged += 1
        else:
            batch.events[event.event_id] = (event, who)
            _note(batch, who)

    def _take_traits(self, raw: RawEvent, who: Who, batch: _Sorted) -> None:
        # Held-out persons' traits are personal facts of persons who stay unseen: the working side never holds them.
        if raw.properties and who.side is Side.WORKING:
            try:
                cleaned = {key: _cleaned(value) for key, value in raw.properties.items()}
                traits = self._context.redactor.redact_properties(cleaned, person_id=who.person_id)
            except RowFault as fault:
                batch.rejects.append(RowReject(raw.row, fault.reject_code, fault.message))
                return
            except RedactionError as fault:
                batch.rejects.append(RowReject(raw.row, fault.code, fault.message))
                return
            batch.traits.setdefault(who.person_id, {}).update(traits)
        batch.n_identity += 1
        _note(batch, who)

    def _drop_known(self, batch: _Sorted) -> None:
        for record_id, content_key in self._store.records.content_keys(batch.records).items():
            record, _ = batch.records.pop(record_id)
            _note_known(batch, record, content_key=content_key)
        for event_id in self._store.seen_events.among(batch.events):
            del batch.events[event_id]
            batch.n_unchanged += 1

    def _fill_vault(self, batch: _Sorted, signed: Sequence[Signed], *, part: str) -> None:
        # The vault holds canonical persons: whoever reads it has no merge log beside it.
        records = [
            record.model_copy(update={"person_id": who.canonical_id})
            for record, who in _of(batch.records.values(), Side.HELD_OUT)
        ]
        events = [
            replace(event, person_id=who.canonical_id)
            for event, who in _of(batch.events.values(), Side.HELD_OUT)
        ]
        self._held_out.write_records(records)
        self._held_out.exclude_records(
            sorted(self._store.signatures.near_duplicates(signed)), reason=_NEAR_DUPLICATE
        )
        self._held_out.write_events(part, events)

    def _commit(self, batch: _Sorted, signed: Sequence[Signed], then: Source) -> None:
        store = self._store
        with store.transaction():
            store.persons.add_unidentified(batch.lone)
            store.persons.set_traits(batch.traits)
            store.records.add([record for record, _ in _of(batch.records.values(), Side.WORKING)])
            held = _of(batch.records.values(), Side.HELD_OUT)
            store.records.add_held_out({record.record_id: record.content_key for record, _ in held})
            store.signatures.add(signed)
            store.seen_events.add(batch.events)
            store.sources.add_rejects(then.source_id, batch.rejects)
            store.sources.add_persons(then.source_id, batch.persons)
            store.sources.put(then)


def _of(pairs: Iterable[tuple[_T, Who]], side: Side) -> list[tuple[_T, Who]]:
    return [pair for pair in pairs if pair[1].side is side]


def _note(batch: _Sorted, who: Who) -> None:
    batch.persons.add(who.person_id)
    if who.lone:
        batch.lone[who.person_id] = who.side


def _note_known(batch: _Sorted, record: Record, *, content_key: str) -> None:
    if record.content_key == content_key:
        batch.n_unchanged += 1
    else:
        batch.n_conflicts += 1
        batch.rejects.append(RowReject(record.row, _CONFLICT_CODE, f"row {record.row}: {_CONFLICT}"))


def _cleaned(value: Scalar) -> Scalar:
    return clean_text(value) if isinstance(value, str) else value


def _signed(records: Iterable[tuple[Record, Who]]) -> list[Signed]:
    pairs = list(records)
    texts = [
        "\n".join(record.text[start:end] for start, end in record.customer_spans()) for record, _ in pairs
    ]
    return [
        Signed(record.record_id, who.side, signature)
        for (record, who), signature in zip(pairs, text_signatures(texts), strict=True)
        if signature is not None
    ]


def _advanced(source: Source, batch: _Sorted, *, n_items: int) -> Source:
    kept = [who.side for _, who in (*batch.records.values(), *batch.events.values())]
    n_held_out = sum(side is Side.HELD_OUT for side in kept)
    return replace(
        source,
        n_items=source.n_items + n_items,
        n_parts=source.n_parts + 1,
        n_read=source.n_read + n_items,
        n_stored=source.n_stored + len(kept) - n_held_out,
        n_held_out=source.n_held_out + n_held_out,
        n_unchanged=source.n_unchanged + batch.n_unchanged,
        n_identity=source.n_identity + batch.n_identity,
        n_rejected=source.n_rejected + len(batch.rejects),
        n_conflicts=source.n_conflicts + batch.n_conflicts,
    )
