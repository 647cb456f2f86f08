"""One batch of rows: prepared, told apart by side, compared with what is stored, and committed together.

The vault and the lake are written first, under names and with content that depend only on the rows; the ledger's
commit comes last. A run that is killed anywhere in between does the batch again and ends in the same state.
"""

# PyArrow ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from agent.errors import RedactionError
from agent.events.lake_writer import LakeWriter
from agent.normalise import RowFault, clean_text
from agent.pipeline.people import People, Who
from agent.ports import HeldOutSink
from agent.prepare import PrepareContext, PreparedEvents, prepare_events, prepare_record
from agent.read.columns import Batch, Codes, EventColumns
from agent.schemas.base import Scalar
from agent.schemas.records import RawEvent, RawRecord, Record, RowReject, Side
from agent.split import text_signatures
from agent.store import Store
from agent.store.parts import EVENT_SCHEMA, part_name
from agent.store.seen import Keys, order_of
from agent.store.signatures import Signed
from agent.store.sources import Source

_NEAR_DUPLICATE = "nearly duplicates a working text"
_MOST_SPELLINGS = 1_000
_CONFLICT_CODE = "duplicate_id"
_CONFLICT = "another record with the same id and other content is stored; that one was kept"


@dataclass(slots=True)
class _Steps:
    """The events of a batch that are new."""

    prepared: PreparedEvents
    fresh: NDArray[np.int64]
    """Places of the new ones among the prepared ones, in the order of their ids."""
    persons: list[Who]
    who: Codes
    """Of each new one, the place of its person."""
    held_out: NDArray[np.bool_]
    """Of each new one, whether it is held out."""

    @property
    def keys(self) -> Keys:
        """Keys of the new ones."""
        return self.prepared.keys[self.fresh]


@dataclass(slots=True)
class _Sorted:
    """What one batch of rows turned into."""

    records: dict[str, tuple[Record, Who]] = field(default_factory=dict[str, tuple[Record, Who]])
    steps: _Steps | None = None
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

    def write(self, rows: Batch, source: Source) -> Source:
        """Store a batch of a source's rows, and return how far the source then is."""
        batch = self._prepare(rows)
        self._drop_known(batch)
        signed = _signed(batch.records.values())
        part = part_name(source.source_id, source.n_parts)
        self._fill_vault(batch, signed, part=part)
        if batch.steps is not None:
            self._lake.append(part, _part(batch.steps, Side.WORKING))
        then = _advanced(source, batch, n_items=rows.n_items)
        self._commit(batch, signed, then)
        return then

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
        for place in np.unique(who).tolist():
            _note(batch, persons[place])
        fresh = _without_repeats(prepared.keys)
        fresh = fresh[~self._store.seen_events.among(prepared.keys[fresh])]
        batch.n_unchanged += len(who) - len(fresh)
        sides = np.array([one.side is Side.HELD_OUT for one in persons], dtype=bool)
        batch.steps = _Steps(prepared, fresh, persons, who[fresh], sides[who[fresh]])

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

    def _fill_vault(self, batch: _Sorted, signed: Sequence[Signed], *, part: str) -> None:
        # The vault holds canonical persons: whoever reads it has no merge log beside it.
        records = [
            record.model_copy(update={"person_id": who.canonical_id})
            for record, who in _of(batch.records.values(), Side.HELD_OUT)
        ]
        self._held_out.write_records(records)
        self._held_out.exclude_records(
            sorted(self._store.signatures.near_duplicates(signed)), reason=_NEAR_DUPLICATE
        )
        if batch.steps is not None:
            self._held_out.write_events(part, _part(batch.steps, Side.HELD_OUT))

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
                store.sources.add_spellings(then.source_id, _spellings(batch.steps))
            store.sources.add_rejects(then.source_id, batch.rejects)
            store.sources.add_persons(then.source_id, batch.persons)
            store.sources.put(then)


def _of(pairs: Iterable[tuple[Record, Who]], side: Side) -> list[tuple[Record, Who]]:
    return [pair for pair in pairs if pair[1].side is side]


def _without_repeats(keys: Keys) -> NDArray[np.int64]:
    """Return the places of the first event of each key, in the order of the keys."""
    order = order_of(keys)
    is_first = np.ones(len(keys), dtype=bool)
    is_first[1:] = (keys[order[1:]] != keys[order[:-1]]).any(axis=1)
    return order[is_first]


def _spellings(steps: _Steps) -> dict[tuple[str, str], int]:
    """Count what the source called the new events, most frequent first where names are made up as they come."""
    said, n_each = np.unique(steps.prepared.spellings.codes[steps.fresh], return_counts=True)
    first = {code: place for place, code in zip(*_first_places(steps), strict=True)}
    names = steps.prepared.columns["name"]
    counted: list[tuple[int, str, str]] = [
        (int(n), names[first[code]].as_py(), spelling)
        for code, n in zip(said.tolist(), n_each.tolist(), strict=True)
        if (spelling := steps.prepared.spellings.values[code]) is not None
    ]
    counted.sort(key=_most_first)
    return {(name, spelling): n for n, name, spelling in counted[:_MOST_SPELLINGS]}


def _most_first(counted: tuple[int, str, str]) -> tuple[int, str]:
    return -counted[0], counted[2]


def _first_places(steps: _Steps) -> tuple[list[int], list[int]]:
    codes, places = np.unique(steps.prepared.spellings.codes, return_index=True)
    return places.tolist(), codes.tolist()


def _part(steps: _Steps, side: Side) -> Any:  # noqa: ANN401 - a table of PyArrow
    """Return the events of one side as a part of the lake holds them: by person, time and event id."""
    chosen = np.flatnonzero(steps.held_out == (side is Side.HELD_OUT))
    # The vault holds canonical persons: whoever reads it has no merge log beside it.
    ids = [one.canonical_id if side is Side.HELD_OUT else one.person_id for one in steps.persons]
    rank = np.unique(np.array(ids, dtype="U"), return_inverse=True)[1]
    who, places = steps.who[chosen], steps.fresh[chosen]
    # They stand in the order of their ids, which a stable sort keeps among those of one moment.
    order = np.lexsort((steps.prepared.at_us[places], rank[who]))
    columns = {name: column.take(pa.array(places[order])) for name, column in steps.prepared.columns.items()}
    columns["person_id"] = pa.array(ids, type=pa.string()).take(pa.array(who[order]))
    return pa.table([columns[name] for name in EVENT_SCHEMA.names], schema=EVENT_SCHEMA)


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
        n_kept += len(batch.steps.held_out)
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
