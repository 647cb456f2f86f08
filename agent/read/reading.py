"""The registry of importers, and the way from a path to its records."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from agent.errors import MappingError, UnknownFormatError
from agent.ports import Progress
from agent.read import (
    event_tables,
    ga4,
    intercom,
    native_chats,
    native_texts,
    segment,
    shop_reviews,
    talks,
    xes,
    zendesk,
)
from agent.read.batches import Bounds, batched
from agent.read.columns import Batch
from agent.read.flat_events import TablePlan, plan_of_columns, plan_of_mapping, read_table
from agent.read.formats import Format, SourceKind
from agent.read.mapped import read_mapped
from agent.read.mapping import FileMapping, load_mapping
from agent.read.parquet import is_flat
from agent.read.source import Sample, Shape, Source, take_sample
from agent.schemas.records import RawItem

_N_NAMES_SHOWN: Final = 30

FORMATS: Final[Mapping[str, Format]] = {
    one.name: one
    for module in (
        zendesk,
        intercom,
        talks,
        native_chats,
        shop_reviews,
        native_texts,
        segment,
        ga4,
        xes,
        event_tables,
    )
    for one in module.FORMATS
}
"""Importers by the name that `--format` takes."""


def read_file(
    path: Path,
    *,
    format: str = "auto",  # noqa: A002  # the command line's word
    kind: str = "auto",
    mapping: Path | None = None,
    on_bytes: Progress | None = None,
) -> Iterator[RawItem]:
    """Read one export.

    Args:
        path: A file; gzipped or not.
        format: A key of `FORMATS`, or `auto` to recognise it by content.
        kind: A `SourceKind`, or `auto`; narrows what `auto` looks for.
        mapping: A mapping file, for tables and JSON of any other form, or one that says only who speaks.
        on_bytes: Called with how many bytes of the file were read since the last call.

    Yields:
        Records, events and rejected rows in the file's order. The file is opened, recognised and checked at the
        first step, and read in constant memory.

    Raises:
        UnreadableSourceError: The file cannot be read at all, or not to its end; rows before the break are yielded.
        UnknownFormatError: No importer, or more than one, recognises it.
        MappingError: The mapping file is wrong or does not fit.
        InputError: A column that the format needs is missing.
    """
    source = Source(path, take_sample(path), kind=_checked_kind(kind), on_bytes=on_bytes)
    if mapping is not None:
        said = load_mapping(mapping)
        source = _told(source, said)
        if said.maps_rows:
            yield from read_mapped(source, said, default_name=mapping.stem)
            return
    chosen = _named_format(format) if format != "auto" else recognise(source.sample, kind=source.kind)
    yield from chosen.read(source)


def read_batches(
    path: Path,
    *,
    format: str = "auto",  # noqa: A002  # the command line's word
    kind: str = "auto",
    mapping: Path | None = None,
    on_bytes: Progress | None = None,
    bounds: Bounds,
    people_only: bool = False,
) -> Iterator[Batch]:
    """Read one export in batches; a table of events is read column by column.

    Args:
        path: A file; gzipped or not.
        format: As in `read_file`, like the three after it.
        kind: As above.
        mapping: As above.
        on_bytes: As above.
        bounds: Of a batch.
        people_only: Whether the caller needs nothing but who is named; of what else rows say, anything may be missing.

    Raises:
        InputError: As `read_file`; rows before a break are yielded.
    """
    source = Source(path, take_sample(path), kind=_checked_kind(kind), on_bytes=on_bytes)
    plan: TablePlan | None = None
    if mapping is not None:
        said = load_mapping(mapping)
        if said.maps_rows:
            plan = plan_of_mapping(_told(source, said), said)
    else:
        chosen = _named_format(format) if format != "auto" else recognise(source.sample, kind=source.kind)
        if chosen.name == segment.NAME:
            yield from segment.read_calls(source, bounds, people_only=people_only)
            return
        if chosen.name == event_tables.NAME:
            plan = plan_of_columns(source.sample)
    if plan is not None and source.sample.shape is Shape.PARQUET:
        plan = plan if is_flat(path, plan.columns(people_only=False)) else None
    if plan is not None:
        yield from read_table(source, plan, bounds, people_only=people_only)
        return
    yield from batched(read_file(path, format=format, kind=kind, mapping=mapping, on_bytes=on_bytes), bounds)


def _told(source: Source, said: FileMapping) -> Source:
    """Return a source with what a mapping file says of it."""
    if source.kind not in ("auto", said.kind.value):
        msg = f"{source.kind} were asked for, and the mapping file makes {said.kind.value}"
        raise MappingError(msg, hint="Leave `--kind` out: the mapping file says it.")
    speakers = {name.strip().casefold(): speaker for name, speaker in said.speakers.items()}
    sample = source.sample
    if said.rows is not None or sample.wrapper is not None:
        lists = [
            part.path.split(".")[0] for part in (said.turns, said.events) if part is not None and part.path
        ]
        sample = take_sample(source.path, wrapper=said.rows, own_lists=lists)
    if said.rows is not None and sample.complete and not (sample.records and f'"{said.rows}"' in sample.text):
        msg = f"rows = {said.rows!r} leads to no list of records in {source.path.name!r}"
        raise MappingError(
            msg, hint="Name the top-level key of a JSON document whose list holds the records."
        )
    return replace(source, sample=sample, speakers=speakers, kind=said.kind.value)


def identify_format(path: Path, *, kind: str = "auto") -> str:
    """Return the name of the format that a file's content has.

    Raises:
        UnreadableSourceError: The file cannot be read.
        UnknownFormatError: No importer, or more than one, recognises it.
    """
    return recognise(take_sample(path), kind=_checked_kind(kind)).name


def recognise(sample: Sample, *, kind: str) -> Format:
    """Return the one importer that recognises a sample; a vendor's format comes before a native one.

    Raises:
        UnknownFormatError: None does, or several do.
    """
    candidates = [one for one in FORMATS.values() if kind == "auto" or SourceKind(kind) in one.kinds]
    fitting = [one for one in candidates if one.recognise(sample, kind)]
    best = [one for one in fitting if one.vendor] or fitting
    if len(best) == 1:
        return best[0]
    if best:
        names = ", ".join(repr(one.name) for one in best)
        msg = f"{sample.path.name!r} could be {names}"
        raise UnknownFormatError(msg, hint="Say which with `--format NAME`, or narrow it with `--kind`.")
    looked_for = "; ".join(f"{one.name}: {one.looks_for}" for one in candidates)
    msg = (
        f"no importer recognises {sample.path.name!r}, which is {_described(sample)}; looked for {looked_for}"
    )
    raise UnknownFormatError(
        msg, hint="Say what its columns mean with `--mapping FILE.toml`, or name a `--format`."
    )


def _described(sample: Sample) -> str:
    names = list(sample.columns or sorted(sample.keys))
    shown = ", ".join(map(repr, names[:_N_NAMES_SHOWN])) + (", ..." if len(names) > _N_NAMES_SHOWN else "")
    return f"{sample.shape}" + (f" with {shown}" if names else "")


def _named_format(name: str) -> Format:
    if name not in FORMATS:
        msg = f"there is no format {name!r}; there are {', '.join(FORMATS)}"
        raise UnknownFormatError(msg, hint="Leave `--format` out to have it recognised.")
    return FORMATS[name]


def _checked_kind(kind: str) -> str:
    if kind != "auto" and kind not in list(SourceKind):
        msg = f"there is no kind {kind!r}; there are auto, {', '.join(SourceKind)}"
        raise UnknownFormatError(msg, hint="Leave `--kind` out to have it recognised.")
    return kind
