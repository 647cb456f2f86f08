"""Properties of many events, redacted and written as the lake holds them: one JSON object an event.

A value that holds nothing personal is written once however often it occurs; another one once a person who has it.
"""

# PyArrow ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportAttributeAccessIssue=false

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, Self

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from agent.errors import RedactionError
from agent.normalise import RowFault
from agent.prepare.context import PrepareContext, cleaned_value, property_key
from agent.read.columns import Codes, Column, PropertyGroup
from agent.schemas.base import Scalar

UTC_OFFSET: Final = "utc_offset"
"""Property that keeps how far from UTC the source's clock was, so that the local hour can be told."""
_N_REMEMBERED: Final = 200_000
"""Values that are remembered from batch to batch, at most and about."""
_MOST_CHARS_REMEMBERED: Final = 100
_PLAIN_INT: Final = 10**14
"""Longer whole numbers may be those of cards."""
_PROBE: Final = 7


class Fault(NamedTuple):
    """Why a step is not taken."""

    code: str
    message: str

    @classmethod
    def of(cls, fault: RowFault | RedactionError) -> Self:
        """Return what a fault says of a row."""
        return cls(fault.reject_code if isinstance(fault, RowFault) else fault.code, fault.message)


def offset_column(offsets: list[str | None] | None) -> Any | None:  # noqa: ANN401 - an array of PyArrow
    """Return offsets from UTC as the lake writes the property `UTC_OFFSET`."""
    if offsets is None:
        return None
    return pa.array(
        [None if one is None else f',"{UTC_OFFSET}":"{one}"' for one in offsets], type=pa.string()
    )


def written_properties(
    groups: Sequence[PropertyGroup],
    offsets: Any | None,  # noqa: ANN401 - an array of PyArrow
    n: int,
    *,
    who: Codes,
    person_ids: Sequence[str],
    context: PrepareContext,
    faults: dict[int, Fault],
) -> Any:  # noqa: ANN401 - as above
    """Return one JSON object an event; values that cannot be taken are added to `faults`.

    Args:
        groups: The properties; events in none of them have none.
        offsets: What `offset_column` gives.
        n: Number of events.
        who: Of each event, the place of its person in `person_ids`.
        person_ids: The rows' own persons.
        context: Of the source.
        faults: By position of the event.
    """
    if sum(map(len, context.written.values())) > _N_REMEMBERED:
        context.written.clear()
    order: list[NDArray[np.int64]] = []
    parts: list[Any] = []
    left = np.ones(n, dtype=bool)
    for group in groups:
        places = np.arange(n) if group.positions is None else group.positions
        left[places] = False
        writer = _Writer(who[places], person_ids, context)
        written = writer.write(group.columns, None if offsets is None else offsets.take(pa.array(places)))
        for position, fault in writer.faults.items():
            faults.setdefault(int(places[position]), fault)
        order.append(places)
        parts.append(written)
    rest = np.flatnonzero(left)
    order.append(rest)
    bare = pa.nulls(len(rest), pa.string()) if offsets is None else offsets.take(pa.array(rest))
    parts.append(_objects([bare]))
    if len(rest) == n:
        return parts[-1]
    if len(rest) == 0 and len(groups) == 1 and groups[0].positions is None:
        return parts[0]
    places = np.concatenate(order)
    inverse = np.empty(n, dtype=np.int64)
    inverse[places] = np.arange(n)
    return pa.chunked_array(parts).combine_chunks().take(pa.array(inverse))


def _objects(members: Sequence[Any]) -> Any:  # noqa: ANN401 - arrays of PyArrow
    """Return objects of members, which begin with a comma each or are null."""
    # Joined with a comma before each: told to skip nulls, Arrow would skip rows that hold nothing else.
    inner = pc.binary_join_element_wise(*members, "", null_handling="replace", null_replacement="")
    return pc.binary_join_element_wise("{", pc.ascii_ltrim(inner, characters=","), "}", "")


class _Writer:
    """Writes the properties of one group of events."""

    def __init__(self, who: Codes, person_ids: Sequence[str], context: PrepareContext) -> None:
        self._who, self._person_ids, self._context = who, person_ids, context
        self.faults: dict[int, Fault] = {}

    def write(self, columns: Sequence[tuple[str, Column]], offsets: Any | None) -> Any:  # noqa: ANN401 - as above
        members: dict[str, Any] = {} if offsets is None else {UTC_OFFSET: offsets}
        for raw_key, column in columns:
            try:
                key = property_key(raw_key)
            except RowFault as fault:
                for position in range(len(self._who)):
                    self.faults.setdefault(position, Fault.of(fault))
                continue
            written = self._column(key, column)
            # Two spellings of one key: the later one counts where it says something.
            members[key] = pc.coalesce(written, members[key]) if key in members else written
        ordered = [members[key] for key in sorted(members, key=_utf8)]
        return _objects(ordered or [pa.nulls(len(self._who), pa.string())])

    def _column(self, key: str, column: Column) -> Any:  # noqa: ANN401 - an array of PyArrow
        start = _start(key)
        numbers = _numbers(column)
        if numbers is not None and self._is_plain(key, _PROBE):
            return pc.binary_join_element_wise(start, numbers, "")
        values, codes = _distinct(column)
        known = self._context.written.setdefault(key, {})
        written: list[str | None] = []
        personal: list[int] = []
        for code, value in enumerate(values):
            # Only texts are remembered: 1 and True are one key of a dictionary.
            text = known.get(value) if isinstance(value, str) else None
            if text is None and value is not None:
                try:
                    text = self._plain(key, value)
                except (RowFault, RedactionError) as fault:
                    self._blame(np.flatnonzero(codes == code), fault)
                    text = ""
                if text is None:
                    personal.append(code)
                elif text and isinstance(value, str) and len(value) <= _MOST_CHARS_REMEMBERED:
                    known[value] = text = start + text
                elif text:
                    text = start + text
            written.append(text or None)
        if personal:
            codes = self._personal(key, values, codes, personal, written)
        return pa.array(written, type=pa.string()).take(pa.array(codes))

    def _plain(self, key: str, value: Scalar) -> str | None:
        """Return a value as JSON, nothing where it is missing, None where it is personal."""
        cleaned = cleaned_value(value)
        if cleaned is None:
            return ""
        return orjson.dumps(cleaned).decode() if self._is_plain(key, cleaned) else None

    def _personal(
        self,
        key: str,
        values: Sequence[Scalar | None],
        codes: Codes,
        personal: list[int],
        written: list[str | None],
    ) -> Codes:
        """Write values that differ from person to person, and return the codes with a code of its own for each."""
        start = _start(key)
        codes = codes.copy()
        known: dict[tuple[int, int], int] = {}
        at = np.flatnonzero(np.isin(codes, personal))
        for position, code, place in zip(
            at.tolist(), codes[at].tolist(), self._who[at].tolist(), strict=True
        ):
            new = known.get((code, place))
            if new is None:
                new = known[code, place] = len(written)
                try:
                    written.append(start + self._redacted(key, values[code], self._person_ids[int(place)]))
                except RedactionError as fault:
                    self._blame(np.array([position]), fault)
                    written.append(None)
            codes[position] = new
        return codes

    def _redacted(self, key: str, value: Scalar | None, person_id: str) -> str:
        cleaned = None if value is None else cleaned_value(value)
        present = {} if cleaned is None else {key: cleaned}
        redacted = self._context.redactor.redact_properties(present, person_id=person_id)
        return orjson.dumps(redacted.get(key)).decode()

    def _blame(self, positions: NDArray[np.int64], fault: RowFault | RedactionError) -> None:
        for position in positions.tolist():
            self.faults.setdefault(position, Fault.of(fault))

    def _is_plain(self, key: str, value: Scalar) -> bool:
        """Tell whether a value stays as it is, whoever's it is."""
        redacted = self._context.redactor.redact_properties({key: value}, person_id="")[key]
        return redacted is value or (type(redacted) is type(value) and redacted == value)


def _start(key: str) -> str:
    return f",{orjson.dumps(key).decode()}:"


def _utf8(key: str) -> bytes:
    return key.encode("utf-8", "surrogatepass")


def _numbers(column: Column) -> Any | None:  # noqa: ANN401 - an array of PyArrow
    """Return a column of plain numbers as JSON writes them; None for any other column."""
    if isinstance(column, pa.Array):
        if pa.types.is_boolean(column.type):
            return pc.if_else(column, "true", "false")
        if not (pa.types.is_integer(column.type) or pa.types.is_float64(column.type)):
            return None
        values = column.to_pylist()
        kinds = {int} if pa.types.is_integer(column.type) else {float}
    else:
        values, kinds = column, set(map(type, column)) - {type(None)}
    if kinds == {float}:
        # What is no number is missing, and orjson writes it as null.
        return _listed(values)
    if kinds == {int} and max((value for value in values if value is not None), default=0) <= _PLAIN_INT:
        return _listed(values)
    return None


def _listed(values: list[Any]) -> Any:  # noqa: ANN401 - an array of PyArrow
    texts = orjson.dumps(values)[1:-1].decode().split(",") if values else []
    array = pa.array(texts, type=pa.string())
    return pc.if_else(pc.equal(array, "null"), pa.scalar(None, pa.string()), array)


def _distinct(column: Column) -> tuple[Sequence[Scalar | None], Codes]:
    if isinstance(column, pa.Array):
        encoded = column.dictionary_encode(null_encoding="encode")
        return encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int32, copy=False)
    if set(map(type, column)) <= {str, type(None)}:
        seen: dict[Scalar | None, int] = {}
        codes = [seen.setdefault(value, len(seen)) for value in column]
        return list(seen), np.array(codes, dtype=np.int32)
    typed: dict[tuple[type, Scalar | None], int] = {}
    codes = [typed.setdefault((type(value), value), len(typed)) for value in column]
    return [value for _, value in typed], np.array(codes, dtype=np.int32)
