"""One batch of rows: prepared, told apart by side, compared with what is stored, and committed together.

The vault and the lake are written first, under names and with content that depend only on the rows; the ledger's
commit comes last. A run that is killed anywhere in between does the batch again and ends in the same state.
"""

# PyArrow ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportAttributeAccessIssue=false

from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

import numpy as np

from agent.errors import RedactionError
from agent.events.lake_writer import LakeWriter
from agent.normalise import RowFault, clean_text
from agent.pipeline.ahead import release_unused
from agent.pipeline.new_steps import NewSteps
from agent.pipeline.people import People, Who
from agent.ports import HeldOutSink
from agent.prepare import PrepareContext, PreparedEvents, prepare_events, prepare_record
from agent.read.columns import Batch, Codes, EventColumns
from agent.schemas.base import Scalar
from agent.schemas.records import RawEvent, RawRecord, Record, RowReject, Side
from agent.split import text_signatures
from agent.store import Store
from agent.store.parts import part_name
from agent.store.recent import Recent
from agent.store.signatures import Signed
from agent.store.sources import Source

_NEAR_DUPLICATE = "nearly duplicates a working text"
_N_NOTED = 50_000
_CONFLICT_CODE = "duplicate_id"
_CONFLICT = "another record with the same id and other content is stored; that one was kept"


@dataclass(slots=True)
class _ReadSteps:
    """The steps of a batch, before they are compared with what is stored."""

    prepared: PreparedEvents
    persons: list[Who]
    who: Codes
    """Of each prepared step, the place of its person."""


@dataclass(slots=True)
class _Sorted:
    """What one batch of rows turned into."""

    records: dict[str, tuple[Record, Who]] = field(default_factory=dict[str, tuple[Record, Who]])
    read: _ReadSteps | None = None
    steps: NewSteps | None = None
    traits: dict[str, dict[str, Scalar]] = field(default_factory=dict[str, dict[str, Scalar]])
    rejects: list[RowReject] = field(default_factory=list[RowReject])
    persons: set[str] = field(default_factory=set[str])
    lone: dict[str, Side] = field(default_factory=dict[str, Side])
    n_unchanged: int = 0
    n_identity: int = 0
    n_conflicts: int = 0


@dataclass(slots=True)
class _Unfinished:
    """A batch whose parts are being written, and which is not committed yet."""

    batch: _Sorted
    signed: list[Signed]
    then: Source
    parts: Future[None] | None


class BatchWriter:
    """Writes the batches of one source: the parts of one in another thread, while the next one is prepared.

    The stores themselves are touched by the caller's thread alone, and a batch is compared with them only after the
    one before it was committed. Use it as a context manager; `finish` before the source's last word is stored.

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
        self._noted: Recent[str, bool] = Recent(_N_NOTED)
        """Persons who are known to occur in the source."""
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="parts")
        self._unfinished: _Unfinished | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()

    def write(self, rows: Batch, source: Source) -> Source:
        """Begin to store a batch of a source's rows, and return how far the source is when that is finished."""
        batch = self._prepare(rows)
        self.finish()
        self._drop_known(batch)
        signed = _signed(batch.records.values())
        self._fill_vault(batch, signed)
        then = _advanced(source, batch, n_items=rows.n_items)
        part = part_name(source.source_id, source.n_parts)
        parts = None if batch.steps is None else self._pool.submit(self._write_parts, batch.steps, part)
        release_unused()
        self._unfinished = _Unfinished(batch, signed, then, parts)
        return then

    def finish(self) -> None:
        """Commit the batch that was begun last.

        Raises:
            StoreError: The stores cannot be written.
        """
        begun, self._unfinished = self._unfinished, None
        if begun is None:
            return
        if begun.parts is not None:
            begun.parts.result()
        self._commit(begun.batch, begun.signed, begun.then)

    def _write_parts(self, steps: NewSteps, part: str) -> None:
        self._held_out.write_events(part, steps.part(Side.HELD_OUT))
        self._lake.append(part, steps.part(Side.WORKING))
        release_unused()

    def _prepare(self, rows: Batch) -> _Sorted:
        batch = _Sorted(rejects=list(rows.rejects))
        whos = self._people.of(rows.records, context=self._context)
        for record, who in zip(rows.records, whos, strict=True):
            self._prepare_record(record, who, batch)
        if rows.events is not None:
            self._prepare_events(rows.events, batch)
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

    def _prepare_events(self, events: EventColumns, batch: _Sorted) -> None:
        persons, codes, calls = self._people.of_events(events, context=self._context)
        for (call, _), who in zip(events.identity, calls, strict=True):
            self._take_traits(call, who, batch)
        person_ids = [who.person_id for who in persons]
        prepared = prepare_events(events, who=codes, person_ids=person_ids, context=self._context)
        batch.rejects += prepared.rejects
        who = codes[prepared.places]
        for place in np.flatnonzero(np.bincount(who, minlength=len(persons))).tolist():
            one = persons[place]
            batch.persons.add(one.person_id)
            if one.lone:
                batch.lone[one.person_id] = one.side
        batch.read = _ReadSteps(prepared, persons, who)

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
        read, batch.read = batch.read, None
        if read is not None:
            seen = self._store.seen_events
            batch.steps = NewSteps.of(read.prepared, read.persons, read.who, seen=seen)
            batch.n_unchanged += len(read.who) - len(batch.steps)

    def _fill_vault(self, batch: _Sorted, signed: Sequence[Signed]) -> None:
        # The vault holds canonical persons: whoever reads it has no merge log beside it.
        records = [
            record.model_copy(update={"person_id": who.canonical_id})
            for record, who in _of(batch.records.values(), Side.HELD_OUT)
        ]
        self._held_out.write_records(records)
        self._held_out.exclude_records(
            sorted(self._store.signatures.near_duplicates(signed)), reason=_NEAR_DUPLICATE
        )

    def _commit(self, batch: _Sorted, signed: Sequence[Signed], then: Source) -> None:
        store = self._store
        with store.transaction():
            store.persons.add_unidentified(batch.lone)
            store.persons.set_traits(batch.traits)
            store.records.add([record for record, _ in _of(batch.records.values(), Side.WORKING)])
            held = _of(batch.records.values(), Side.HELD_OUT)
            store.records.add_held_out({record.record_id: record.content_key for record, _ in held})
            store.signatures.add(signed)
            if batch.steps is not None:
                store.seen_events.add(batch.steps.keys)
                store.sources.add_spellings(then.source_id, batch.steps.spellings())
            store.sources.add_rejects(then.source_id, batch.rejects)
            named = list(batch.persons)
            known = self._noted.get_all(named)
            new = [person for person, is_known in zip(named, known, strict=True) if not is_known]
            store.sources.add_persons(then.source_id, new)
            for person in new:
                self._noted.put(person, True)  # noqa: FBT003
            store.sources.put(then)


def _of(pairs: Iterable[tuple[Record, Who]], side: Side) -> list[tuple[Record, Who]]:
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
    sides = [who.side for _, who in batch.records.values()]
    n_held_out, n_kept = sum(side is Side.HELD_OUT for side in sides), len(sides)
    if batch.steps is not None:
        n_held_out += int(batch.steps.held_out.sum())
        n_kept += len(batch.steps)
    return replace(
        source,
        n_items=source.n_items + n_items,
        n_parts=source.n_parts + 1,
        n_read=source.n_read + n_items,
        n_stored=source.n_stored + n_kept - n_held_out,
        n_held_out=source.n_held_out + n_held_out,
        n_unchanged=source.n_unchanged + batch.n_unchanged,
        n_identity=source.n_identity + batch.n_identity,
        n_rejected=source.n_rejected + len(batch.rejects),
        n_conflicts=source.n_conflicts + batch.n_conflicts,
    )
