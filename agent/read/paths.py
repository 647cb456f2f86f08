"""Fields of a mapping file at work: paths and templates of paths, compiled once and looked up for every row."""

import re
from collections.abc import Callable

from agent.read import fields
from agent.read.jsons import Json, Row
from agent.read.mapping import Where

Getter = Callable[[Json, Row], Json]
"""Finds a value in an item; the row that the item stands in comes second."""


def getter_of(field: str | None) -> Getter:
    """Return what finds a field: a path, or a template where braces stand in it; None finds nothing."""
    if field is None:
        return lambda _item, _row: None
    return _template(field) if "{" in field else _path(field)


def _path(path: str) -> Getter:
    if path.startswith("$."):
        inner = path[2:]
        return lambda _item, row: lookup(row, inner)
    return lambda item, _row: lookup(item, path)


def _template(template: str) -> Getter:
    pieces = re.split(r"\{([^{}]*)\}", template)
    getters = [_path(piece) for piece in pieces[1::2]]
    literals = pieces[::2]

    def fill(item: Json, row: Row) -> Json:
        found = [fields.text_of(get(item, row)) for get in getters]
        if not any(found):
            return None
        parts = [literals[0]]
        for value, after in zip(found, literals[1:], strict=True):
            parts += [value or "", after]
        return re.sub(r"[^\S\n]+", " ", "".join(parts)).strip()

    return fill


def lookup(value: Json, path: str) -> Json:
    """Return what a dotted path leads to, None where it leads nowhere; a column whose very name has dots comes first."""
    if isinstance(value, dict) and path in value:
        return value[path]
    for part in path.split("."):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def paths_in(field: str) -> list[str]:
    """Return the paths that a field looks up."""
    return re.findall(r"\{([^{}]*)\}", field) if "{" in field else [field]


def fits(item: Json, where: Where) -> bool:
    """Return whether an item fits one of the alternatives wholly; without alternatives everything fits."""
    return not where or any(
        all(_is_one_of(lookup(item, path), allowed) for path, allowed in choice.items()) for choice in where
    )


def _is_one_of(value: Json, allowed: tuple[str | int | float | bool, ...]) -> bool:
    return isinstance(value, str | int | float) and any(
        value == one and isinstance(value, bool) == isinstance(one, bool) for one in allowed
    )
