"""Taking exports in: every row becomes a working record or event, a held-out one, or a counted refusal.

A command reads its files twice. The first pass reads identifiers alone and joins persons, so that the split knows who
is one person before any word of theirs is stored. The second prepares and stores, in batches that are committed whole.
Doing a command again after it was interrupted, or just again, ends in the same stores.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path

from agent.errors import InputError
from agent.events.lake_writer import LakeWriter
from agent.normalise.vocabulary import vocabulary_of
from agent.pipeline.ahead import one_ahead
from agent.pipeline.batches import BatchWriter
from agent.pipeline.cycles import search_young, without_cycle_search
from agent.pipeline.people import FirstKeys, Joining, People, changed_meanwhile
from agent.ports import HeldOutSink, Progress
from agent.prepare import PrepareContext
from agent.read import FORMATS, Bounds, expand_paths, identify_format, read_batches, read_file, source_digest
from agent.read.columns import Batch
from agent.redact import Redactor
from agent.schemas.base import Frozen
from agent.schemas.records import RawItem, RawRecord, RowReject
from agent.store import Store
from agent.store.sources import Source

N_PASSES = 2
"""How often a file that is not yet in the stores is read; a progress bar's total is bytes times this."""
_ROWS_AT_ONCE = 10_000
_EVENTS_AT_ONCE = 100_000
_SMALL_BYTES = 16_000_000
_N_REASONS = 20
_HEAD_ROWS = 100
_EVENTS = "events"


class Refusal(Frozen):
    """One row that was not taken, and why."""

    row: int
    """Of the source, counted from 0."""
    code: str
    message: str


class SourceReport(Frozen):
    """What became of one file; read = stored + held out + unchanged + identity + rejected."""

    name: str
    source_id: str
    format: str
    kind: str
    n_read: int
    n_stored: int
    n_held_out: int
    n_unchanged: int
    """Rows that were stored before with the same content."""
    n_identity: int
    """Rows that only say who somebody is."""
    n_rejected: int
    n_conflicts: int
    """Of the rejected: rows whose id is stored with other content."""
    rejected_by_code: dict[str, int]
    reasons: tuple[Refusal, ...]
    """The first rejected rows."""
    n_persons: int
    n_persons_without_identity: int
    already_read: bool
    """True where the file was in the stores already and was not read again."""
    error: str | None = None
    """Why the file could not be read, or not to its end; the rows before that are stored."""
    hint: str | None = None


class IngestReport(Frozen):
    """What became of all files of one command, in order."""

    sources: tuple[SourceReport, ...]

    @property
    def failed(self) -> bool:
        """True where a file could not be read to its end."""
        return any(source.error is not None for source in self.sources)


@dataclass(frozen=True, slots=True)
class _How:
    """How the files are to be read."""

    kind: str
    format: str
    mapping: Path | None
    mapping_sha256: str
    on_bytes: Progress | None


@dataclass(frozen=True, slots=True)
class _Stores:
    """Where rows go."""

    store: Store
    vault: HeldOutSink
    lake: LakeWriter


@dataclass(slots=True)
class _Reading:
    """One file on its way."""

    path: Path
    source: Source
    done_before: bool
    error: InputError | None = None
    stamp: tuple[int, int] = (0, 0)
    """Size and time of the last change when it was begun."""
    batches: list[Batch] | None = None
    """All rows of a small file that was read to its end, so that the second pass need not read it again."""


def ingest(
    paths: Iterable[Path],
    *,
    store: Store,
    vault: HeldOutSink,
    lake: LakeWriter,
    kind: str = "auto",
    format: str = "auto",  # noqa: A002 - the command line's word
    mapping: Path | None = None,
    now: datetime,
    on_progress: Progress | None = None,
) -> IngestReport:
    """Read files into the stores, each row once however often it is read.

    Args:
        paths: Files, and folders whose files are all read.
        store: Open on the workspace.
        vault: Takes what is held out.
        lake: Takes the working customers' events.
        kind: What the files hold, or `auto`.
        format: Key of `agent.read.FORMATS`, or `auto`.
        mapping: Mapping file for tables and JSON of any other form.
        now: Time of reading; later times in rows are refused.
        on_progress: Called with how many bytes were read since the last call, over both passes.

    Returns:
        One report a file. A file that cannot be read, or not to its end, says so in its report; the others are read.

    Raises:
        InputError: None of the files could be read; the first one's reason.
        StoreError: The stores cannot be written; what was committed stays, and the command may be given again.
    """
    how = _How(kind, format, mapping, source_digest(mapping) if mapping else "", on_progress)
    n_parts = {source.source_id: source.n_parts for source in store.sources.all()}
    lake.sweep(n_parts)
    vault.sweep(n_parts)
    readings = [_begin(path, store=store, how=how, now=now) for path in expand_paths(paths)]
    with without_cycle_search():
        first_keys = _join_persons(readings, store=store, vault=vault, how=how)
        people = People(store, first_keys)
        redactor = Redactor(store.workspace.salt)
        for reading in readings:
            if reading.source.source_id and not reading.done_before:
                stores = _Stores(store, vault, lake)
                _store_rows(reading, stores, how=how, people=people, redactor=redactor, now=now)
    failed = [reading.error for reading in readings if reading.error is not None]
    if len(failed) == len(readings) and not any(reading.source.n_read for reading in readings):
        raise failed[0]
    return IngestReport(sources=tuple(_report(reading, store=store) for reading in readings))


def _begin(path: Path, *, store: Store, how: _How, now: datetime) -> _Reading:
    unread = Source(source_id="", name=path.name, format="", kind=how.kind, mapping_sha256="", read_at=now)
    try:
        stamp = _stamp_of(path)
        source_id = source_id_of(path)
        format_name, kind_name = _format_and_kind(path, how)
    except InputError as error:
        return _Reading(path, unread, done_before=False, error=error)
    asked = replace(
        unread, source_id=source_id, format=format_name, kind=kind_name, mapping_sha256=how.mapping_sha256
    )
    found = store.sources.get(source_id)
    if found is not None and (found.kind == _EVENTS) != (kind_name == _EVENTS):
        # What people said and what they did may stand in one file; each is a source of its own.
        asked = replace(asked, source_id=f"s_{sha256(f'{source_id} {kind_name}'.encode()).hexdigest()[:24]}")
        found = store.sources.get(asked.source_id)
    if found is not None and _settings(found) == _settings(asked):
        return _Reading(path, found, done_before=found.complete, stamp=stamp)
    if found is None or not found.n_stored + found.n_held_out:
        return _Reading(path, asked, done_before=False, stamp=stamp)
    return _Reading(path, unread, done_before=False, error=_read_otherwise(path, found))


def source_id_of(path: Path) -> str:
    """Return the id under which a file is a source: by its content, whatever it is called."""
    return f"s_{source_digest(path)[:24]}"


def _stamp_of(path: Path) -> tuple[int, int]:
    try:
        facts = path.stat()
    except OSError:
        return (0, 0)
    return facts.st_size, facts.st_mtime_ns


def _read_otherwise(path: Path, found: Source) -> InputError:
    """Return why a file is not read again: its rows would count twice, held-out customers among them as working ones."""
    msg = (
        f"{path.name!r} was read before as {found.kind} by {found.format!r}; read another way, each of its rows would "
        "count as somebody else's"
    )
    hint = "Give the same --mapping, --format and --kind as then, or read it into another --workspace."
    return InputError(msg, hint=hint, context={"path": str(path)})


def _settings(source: Source) -> tuple[str, str, str]:
    return source.format, source.kind, source.mapping_sha256


def _format_and_kind(path: Path, how: _How) -> tuple[str, str]:
    if how.mapping is not None:
        name, kinds = how.mapping.name, ()
    else:
        name = identify_format(path, kind=how.kind) if how.format == "auto" else how.format
        kinds = FORMATS[name].kinds if name in FORMATS else ()
    if len(kinds) == 1:
        return name, kinds[0].value
    if how.kind != "auto":
        return name, how.kind
    head = islice(_items(path, replace(how, on_bytes=None)), _HEAD_ROWS)
    first = next((item for item in head if not isinstance(item, RowReject)), None)
    if first is None:
        return name, how.kind
    return name, f"{first.kind.value}s" if isinstance(first, RawRecord) else _EVENTS


def _items(path: Path, how: _How) -> Iterator[RawItem]:
    return read_file(path, format=how.format, kind=how.kind, mapping=how.mapping, on_bytes=how.on_bytes)


def _batches(reading: _Reading, how: _How, *, people_only: bool) -> Iterator[Batch]:
    """Yield a file's rows, a batch at a time; those kept from the first pass are not read again."""
    kept, reading.batches = reading.batches, None
    if kept is None or reading.source.n_items:
        yield from read_batches(
            reading.path,
            format=how.format,
            kind=how.kind,
            mapping=how.mapping,
            on_bytes=how.on_bytes,
            bounds=Bounds(_ROWS_AT_ONCE, _EVENTS_AT_ONCE, ends_at=reading.source.n_items),
            people_only=people_only,
        )
        return
    yield from kept
    if how.on_bytes is not None:
        how.on_bytes(reading.path.stat().st_size)


def _join_persons(readings: Sequence[_Reading], *, store: Store, vault: HeldOutSink, how: _How) -> FirstKeys:
    joining = Joining(store, vault)
    room = 1
    for reading in readings:
        if reading.error is not None or reading.done_before:
            continue
        kept: list[Batch] = []
        try:
            # All but the small files are read twice, and the first time for their persons alone.
            small = reading.path.stat().st_size <= _SMALL_BYTES
            for batch in one_ahead(_batches(reading, how, people_only=not small)):
                joining.add_batch(batch, source_id=reading.source.source_id)
                if small and len(kept) <= room:
                    kept.append(batch)
            if small and len(kept) <= room:
                reading.batches, room = kept, room - len(kept)
        except InputError as error:
            reading.error = error
        joining.flush(source_id=reading.source.source_id)
    joining.settle()
    return joining.first_keys


def _store_rows(
    reading: _Reading, stores: _Stores, *, how: _How, people: People, redactor: Redactor, now: datetime
) -> None:
    store = stores.store
    found = _resume(reading, store=store)
    if reading.done_before:
        return
    facts = store.workspace
    context = PrepareContext(
        workspace=facts.name,
        salt=facts.salt,
        source_id=reading.source.source_id,
        now=now,
        redactor=redactor,
        vocabulary=vocabulary_of(store.home.path),
    )
    n_done = reading.source.n_items
    with BatchWriter(
        store=store, held_out=stores.vault, lake=stores.lake, people=people, context=context
    ) as writer:
        try:
            for batch in one_ahead(_batches(reading, how, people_only=False)):
                if n_done:
                    people.pass_over(batch.records, context=context)
                    n_done -= batch.n_items
                    continue
                if not found:
                    store.sources.start(reading.source)
                    found = True
                reading.source = writer.write(batch, reading.source)
                search_young()
        except InputError as error:
            reading.error = error
        writer.finish()
    if reading.error is None and _stamp_of(reading.path) != reading.stamp:
        reading.error = changed_meanwhile()
    if reading.error is None:
        reading.source = replace(reading.source, complete=True)
        store.sources.put(reading.source)


def _resume(reading: _Reading, *, store: Store) -> bool:
    """Return whether an earlier run began the file in the same way; a file given twice is done the second time."""
    found = store.sources.get(reading.source.source_id)
    if found is None or _settings(found) != _settings(reading.source):
        return False
    reading.source = found
    reading.done_before = found.complete
    return True


def _report(reading: _Reading, *, store: Store) -> SourceReport:
    source, error = reading.source, reading.error
    known = source.n_stored + source.n_held_out if reading.done_before else 0
    refused = store.sources.rejects(source.source_id, limit=_N_REASONS)
    return SourceReport(
        name=reading.path.name,
        source_id=source.source_id,
        format=source.format,
        kind=source.kind,
        n_read=source.n_read,
        n_stored=0 if reading.done_before else source.n_stored,
        n_held_out=0 if reading.done_before else source.n_held_out,
        n_unchanged=source.n_unchanged + known,
        n_identity=source.n_identity,
        n_rejected=source.n_rejected,
        n_conflicts=source.n_conflicts,
        rejected_by_code=store.sources.reject_counts(source.source_id),
        reasons=tuple(Refusal(row=one.row, code=one.code, message=one.message) for one in refused),
        n_persons=store.sources.n_persons(source.source_id),
        n_persons_without_identity=store.sources.n_persons(source.source_id, identified=False),
        already_read=reading.done_before,
        error=None if error is None else error.message,
        hint=None if error is None else error.hint,
    )
