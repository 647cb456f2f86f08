"""From a source's loosely typed fields to the ones records are made of."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from agent.read.jsons import Json, Row
from agent.schemas.base import Scalar
from agent.schemas.records import Identifier, IdentifierKind, RawTime

_IDENTIFIER_COLUMNS: Final[Mapping[str, IdentifierKind]] = {
    "customer_id": IdentifierKind.USER_ID,
    "user_id": IdentifierKind.USER_ID,
    "userid": IdentifierKind.USER_ID,
    "anonymous_id": IdentifierKind.ANONYMOUS_ID,
    "anonymousid": IdentifierKind.ANONYMOUS_ID,
    "email": IdentifierKind.EMAIL,
    "phone": IdentifierKind.PHONE,
    "order_id": IdentifierKind.ORDER_ID,
    "device_id": IdentifierKind.DEVICE_ID,
}
_EPOCH: Final = re.compile(r"\d{9,19}(?:\.\d+)?")
_NUMBER: Final = re.compile(r"-?\d+(?:[.,]\d+)?")


def column_key(name: str) -> str:
    """Return a column's name as it is compared: `Customer ID` and `customer_id` are one."""
    return re.sub(r"[\s\-_]+", "_", name.strip().casefold())


def text_of(value: Json) -> str | None:
    """Return a scalar as text, None where there is nothing in it."""
    if isinstance(value, str):
        return value if value.strip() else None
    if value is None or isinstance(value, list | dict):
        return None
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def id_of(value: Json) -> str | None:
    """Return an id as trimmed text, None where there is none; 17.0, as tables write a nullable 17, is 17."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return text_of(value)


def number_of(value: Json) -> float | None:
    """Return the number a field holds or starts with (`4`, `4,5`, `4 stars`, `4/5`), None where there is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    match = _NUMBER.match(value.strip()) if isinstance(value, str) else None
    return float(match.group().replace(",", ".")) if match else None


def time_of(value: Json) -> RawTime:
    """Return a field as the time it states, digits in text as a number; None where it states none."""
    if isinstance(value, bool) or value is None or isinstance(value, list | dict):
        return None
    if isinstance(value, str):
        if value[4:5] == "-":
            return value
        text = value.strip()
        return (float(text) if "." in text else int(text)) if _EPOCH.fullmatch(text) else text or None
    return value


def flatten(row: Mapping[str, Json], *, prefix: str = "", depth: int = 1) -> dict[str, Scalar]:
    """Return a record's scalars, those of nested objects under dotted names.

    A list of scalars becomes one text, its items joined by `; `; a list of objects says nothing a filter could use
    and is dropped, as are nulls, empty texts and what lies deeper than `depth` objects.
    """
    flat: dict[str, Scalar] = {}
    for key, value in row.items():
        if isinstance(value, str):
            if value:
                flat[prefix + key] = value
        elif isinstance(value, dict):
            if depth > 0:
                flat.update(flatten(value, prefix=f"{prefix}{key}.", depth=depth - 1))
        elif isinstance(value, list):
            joined = "; ".join(text for text in map(text_of, value) if text is not None)
            if joined:
                flat[prefix + key] = joined
        elif value is not None:
            flat[prefix + key] = value
    return flat


def identifiers_of(row: Row, *, by_key: Mapping[str, str] | None = None) -> tuple[Identifier, ...]:
    """Return the identifiers in a row's columns, in the columns' order.

    Args:
        row: The row.
        by_key: The row's column names by `column_key`, where the caller has them at hand.
    """
    names = by_key if by_key is not None else {column_key(name): name for name in row}
    pairs = ((kind, id_of(row.get(name))) for kind, name in identifier_columns(names))
    return unique(Identifier(kind, value) for kind, value in pairs if value)


def identifier_columns(by_key: Mapping[str, str]) -> list[tuple[IdentifierKind, str]]:
    """Return the columns that identify a person with what they identify by, given columns by `column_key`."""
    return [(kind, by_key[key]) for key, kind in _IDENTIFIER_COLUMNS.items() if key in by_key]


def is_identifier(key: str) -> bool:
    """Return whether a column of this `column_key` identifies a person."""
    return key in _IDENTIFIER_COLUMNS


def unique(identifiers: Iterable[Identifier]) -> tuple[Identifier, ...]:
    """Return identifiers without repetitions, in order."""
    return tuple(dict.fromkeys(identifiers))


def namespaced(source: str, value: Json) -> tuple[Identifier, ...]:
    """Return the user id that another company's system gave, marked as theirs so that it meets no id of the brand's."""
    text = id_of(value)
    return (Identifier(IdentifierKind.USER_ID, f"{source}:{text}"),) if text else ()
