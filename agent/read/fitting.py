"""Does a mapping file fit its data? Asked of the head of the file, before a row is read."""

from collections.abc import Iterable, Iterator

from agent.errors import MappingError
from agent.read.jsons import Json
from agent.read.mapping import FileMapping, Where
from agent.read.paths import lookup, paths_in
from agent.read.source import Sample


def check_fits(sample: Sample, mapping: FileMapping) -> None:
    """Check that every field of a mapping is somewhere in the head of its file.

    In a table every column must be there. In JSON, where a key may be left out of a record, fields must be found in
    some record of the head; attributes and properties may be missing from it altogether.

    Raises:
        MappingError: Names the key, what it looks for, and what there is.
    """
    if not sample.records and not sample.columns:
        return
    rows: list[Json] = list(sample.records)
    _check(
        _row_fields(mapping, in_table=sample.is_table), rows, sample, "columns" if sample.is_table else "keys"
    )
    for part, path, named, where in _list_parts(mapping):
        items = list(_items(rows, path))
        if not items:
            msg = f"[{part}] path = {path!r} leads to no list in {sample.path.name!r}{_whose(rows, sample, 'keys')}"
            raise MappingError(msg, hint="Name the key under which the list stands.")
        wanted = [*named, *((f"[{part}] where", key) for choice in where for key in choice)]
        _check(((key, field) for key, field in wanted if "$." not in field), items, sample, "items' keys")
        _check(
            ((key, field.replace("$.", "")) for key, field in wanted if "$." in field), rows, sample, "keys"
        )


def _row_fields(mapping: FileMapping, *, in_table: bool) -> Iterator[tuple[str, str]]:
    in_list = mapping.events is not None and mapping.events.path is not None
    for name, field in mapping.fields.model_dump(exclude_none=True).items():
        yield f"[fields] {name}", field
    if not in_list:
        for kind, field in mapping.identifiers.items():
            yield f"[identifiers] {kind.value}", field
    if mapping.events is not None and not in_list:
        yield from _event_fields(mapping)
    if in_table:
        for name, field in mapping.attributes.items():
            yield f"[attributes] {name}", field


def _event_fields(mapping: FileMapping) -> Iterator[tuple[str, str]]:
    if mapping.events is not None:
        own = {key: getattr(mapping.events, key) for key in ("name", "at", "id", "channel")}
        for key, field in own.items():
            if field is not None:
                yield f"[events] {key}", field


def _list_parts(mapping: FileMapping) -> Iterator[tuple[str, str, list[tuple[str, str]], Where]]:
    turns, events = mapping.turns, mapping.events
    if turns is not None:
        named = [("[turns] speaker", turns.speaker), ("[turns] text", turns.text)]
        yield "turns", turns.path, named + ([("[turns] at", turns.at)] if turns.at else []), turns.where
    if events is not None and events.path is not None:
        people = [(f"[identifiers] {kind.value}", field) for kind, field in mapping.identifiers.items()]
        yield "events", events.path, [*_event_fields(mapping), *people], events.where


def _items(rows: Iterable[Json], path: str) -> Iterator[Json]:
    for row in rows:
        items = lookup(row, path)
        if isinstance(items, list):
            yield from items


def _check(named: Iterable[tuple[str, str]], rows: list[Json], sample: Sample, what: str) -> None:
    for key, field in named:
        paths = paths_in(field)
        missing = [path for path in paths if not any(_has(row, path) for row in rows)]
        # A template fills in what is there; a table has all its columns in its header.
        if missing and (sample.is_table or len(missing) == len(paths)):
            if sample.is_table and all(
                _column(path) in sample.columns or path in sample.columns for path in missing
            ):
                continue
            msg = f"{key} = {field!r} is nowhere in {sample.path.name!r}{_whose(rows, sample, what)}"
            raise MappingError(msg, hint="Correct the mapping file; names are compared exactly.")


def _column(path: str) -> str:
    return path.split(".", maxsplit=1)[0]


def _has(row: Json, path: str) -> bool:
    parent, _, last = path.rpartition(".")
    if isinstance(row, dict) and path in row:
        return True
    holder = lookup(row, parent) if parent else row
    if isinstance(holder, list):
        return last.isdecimal()
    return isinstance(holder, dict) and last in holder


def _whose(rows: Iterable[Json], sample: Sample, what: str) -> str:
    names = sample.columns or sorted({key for row in rows if isinstance(row, dict) for key in row})
    return f", whose {what} are {', '.join(map(repr, names))}"
